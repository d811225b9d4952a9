"""The sync face: ``WhiteBIT`` and the handle of a user."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..access import Access
from ..partner import Partner, Scoped
from ..secret import Secret
from .account import Account

if TYPE_CHECKING:
    from ..engine import Engine
    from ..keys.records import KeyHealth, KeyInfo, Login
    from ..keys.signing import ApiKey
    from ..maintenance import Loss
    from ..oauth.protocol import Callback


class WhiteBIT(Partner):
    """Connect a partner's users to WhiteBIT.

    One object per process does for all users: it can be shared between threads and made before a
    fork. Close it at the end, or use it as a context manager. The arguments are ``Partner``'s.
    """

    def authorize(self, user_id: str) -> Login:
        """Start a login: send the browser to ``url``, keep ``state`` in the browser session.

        Args:
            user_id: The partner's own id of the user who is signed in.
        """
        return self._engine.run(self._engine.authorize(user_id))

    def connect(self, callback: Callback, *, state: str | None, user_id: str) -> User:
        """Finish a login: check the callback, exchange the code, store the tokens.

        Args:
            callback: The callback's URL, or its query parameters as a mapping.
            state: What the browser session kept; take it out of the session for this.
            user_id: The partner's own id of the user who is signed in.

        Raises:
            LoginError: the callback does not finish a login of this user; nothing was stored.
            NotSent: the server could not be reached; the same callback can be tried again.
        """
        flow = self._engine.connect(callback, state, user_id)
        del callback  # it holds the code, and a traceback may show the locals of its frames
        self._engine.run(flow)
        return self.user(user_id)

    def user(self, user_id: str) -> User:
        """Return the handle of a user; cheap, and nothing is looked up for it."""
        return User(self._engine, user_id)

    def adopt(
        self, user_id: str, *, public_key: str, secret: str, external_id: str | None = None
    ) -> User:
        """Store a key that the partner already has, in place of any other of the user."""
        confidential = Secret(secret)
        del secret  # no frame of ours shows it when this raises
        flow = self._engine.adopt(user_id, public_key, confidential, external_id)
        self._engine.run(flow)
        return self.user(user_id)

    def forget(self, user_id: str) -> None:
        """Delete the user's tokens and key from custody; nothing is sent to WhiteBIT.

        Other processes that had read them notice within five minutes.
        """
        self._engine.run(self._engine.forget(user_id))

    def lost(self) -> tuple[Loss, ...]:
        """List the secrets that were lost, taken elsewhere, or never came in a readable form."""
        return self._engine.run(self._engine.lost())

    def key_health(self) -> tuple[KeyHealth, ...]:
        """Judge every stored key: unused for long, refused, or gone; nothing is sent."""
        return self._engine.run(self._engine.key_health())

    def close(self) -> None:
        """Let exchanges end, and close the connections."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class User:
    """A user of the partner.

    Attributes:
        id: The partner's own id of the user.
    """

    __slots__ = ("_engine", "id")

    def __init__(self, engine: Engine, user_id: str) -> None:
        self._engine = engine
        self.id = engine.check_user(user_id)

    def __repr__(self) -> str:
        return f"<User {self.id!r}>"

    @property
    def api_keys(self) -> ApiKeys:
        """The user's OAuth-issued API key."""
        return ApiKeys(self._engine, self.id)

    @property
    def account(self) -> Account:
        """Account reads: signed with the stored key, or Bearer where there is none."""
        return Account(self._engine, self.id, Access.ANY)

    @property
    def signed(self) -> Reads:
        """The same reads, signed with the stored key."""
        return Reads(self._engine, self.id, Access.SIGNED)

    @property
    def bearer(self) -> Reads:
        """The same reads, with the access token; WhiteBIT removes them on 1 November 2026."""
        return Reads(self._engine, self.id, Access.BEARER)


class Reads(Scoped):
    """Reads with one way of access."""

    __slots__ = ()

    @property
    def account(self) -> Account:
        """The account reads."""
        return Account(self._engine, self._user_id, self._access)


class ApiKeys(Scoped):
    """The user's OAuth-issued API key; on the global server only."""

    __slots__ = ()

    def info(self) -> KeyInfo:
        """Ask what there is of the key, and what the user granted."""
        return self._engine.run(self._engine.keys.info(self._user_id))

    def issue(self, timeout: float = 20.0) -> ApiKey:
        """Return the user's key: wait for it, take its secret once, store it.

        What custody holds is returned without asking. It goes on where an earlier call, in any
        process, has stopped.

        Args:
            timeout: Seconds to wait, 0 to 330; at most 29 of them for the key to show.

        Raises:
            KeyPending: the key does not show yet, e.g. since the user is still choosing; call
                again.
            SecretLocked, SecretUnanswered: not decided yet; call again.
            SecretLost, SecretTakenElsewhere, SecretMalformed: the key is of no use any more.
            SecretNotStored: the store failed; the secret is in the error.
        """
        return self._engine.run(self._engine.keys.issue(self._user_id, timeout))

    def health(self) -> KeyHealth:
        """Judge the stored key by custody's record of its use; nothing is sent.

        Raises:
            NotConnected: custody holds no key of this user.
        """
        return self._engine.run(self._engine.keys.health(self._user_id))

    def delete(self) -> None:
        """Delete the key at WhiteBIT, which mails the user, and then from custody.

        Raises:
            NotFound: it was gone already.
        """
        self._engine.run(self._engine.keys.delete(self._user_id))
