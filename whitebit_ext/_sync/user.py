# Made from whitebit_ext/_async/user.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""The handle of a user."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ..http.requests import Access
from ..runtime.rim import rim
from ..settings.checks import check_user

if TYPE_CHECKING:
    from ..keys.leaving import Disconnection
    from ..keys.status import UserStatus
    from .account import Account
    from .api_key import UserApiKey
    from .engine import Engine


class User:
    """A user of the partner.

    Attributes:
        id: The partner's own id of the user.
    """

    __slots__ = ("_engine", "id")

    @rim
    def __init__(self, engine: Engine, user_id: str) -> None:
        self._engine = engine
        self.id = check_user(user_id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'id', '?')!r}>"

    @rim
    def disconnect(self) -> Disconnection:
        """Delete the user's API key at WhiteBIT, and then all that is stored of the user.

        The id of a key that only the user can delete stays listed, until ``erase()`` or until the
        user is connected again.

        An earlier call that was interrupted, in any process, is continued. A connection that was
        already ended is a success.

        Raises:
            ConnectionChanged: the user has connected again since.
        """
        from .leaving import disconnect

        return disconnect(self._engine, self.id)

    @rim
    def status(self, *, require: Collection[str] = (), forbid: Collection[str] = ()) -> UserStatus:
        """Return the state of the user's connection, as the store has it; nothing is sent.

        Args:
            require: Names of permission groups that the key must have, such as ``trading``.
            forbid: Names of groups that it must not have.
        """
        from ..keys.permissions import Wanted

        engine = self._engine
        return engine.waiting.work(engine.status, self.id, Wanted.of(require, forbid))

    @property
    def api_key(self) -> UserApiKey:
        """The user's OAuth-issued API key."""
        from .api_key import UserApiKey

        return UserApiKey(self._engine, self.id)

    @property
    def account(self) -> Account:
        """Account reads: signed with the stored key, or Bearer where there is none."""
        return Reads(self._engine, self.id, Access.ANY).account

    @property
    def signed(self) -> Reads:
        """The same reads, signed with the stored key."""
        return Reads(self._engine, self.id, Access.SIGNED)

    @property
    def bearer(self) -> Reads:
        """The same reads, with the access token; WhiteBIT removes them on 1 November 2026."""
        return Reads(self._engine, self.id, Access.BEARER)


class Reads:
    """Reads with one way of access."""

    __slots__ = ("_access", "_engine", "_user_id")

    def __init__(self, engine: Engine, user_id: str, access: Access) -> None:
        self._engine = engine
        self._user_id = user_id
        self._access = access

    @property
    def account(self) -> Account:
        """The account reads."""
        from .account import Account

        return Account(self._engine, self._user_id, self._access)
