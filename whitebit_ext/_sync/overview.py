# Made from whitebit_ext/_async/overview.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""What a partner object says of all users, and does for those who are absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime.rim import rim
from ..settings.checks import check_user

if TYPE_CHECKING:
    from ..custody.journal import JournalEntry
    from ..keys.records import KeyHealth
    from ..keys.status import Connected
    from ..keys.upkeep import MaintenanceReport
    from ..maintenance import Loss
    from .engine import Engine
    from .listing import ConnectedUsers


class Overview:
    """The methods of a partner object that are not about one user."""

    _engine: Engine

    @rim
    def connections(self) -> ConnectedUsers:
        """Iterate over all users who have a row in the store; nothing is sent."""
        from .listing import ConnectedUsers

        return ConnectedUsers(self._engine)

    @rim
    def pending(self) -> tuple[Connected, ...]:
        """List the users whose key is awaited, those whose tokens end first at the beginning."""
        from ..keys.status import StatusState

        found = [one for one in self.connections() if one.state is StatusState.CHOOSING]
        return tuple(sorted(found, key=lambda one: (one.ends_at is None, one.ends_at)))

    @rim
    def maintain(self, budget: int = 50, give_up: float = 1800.0) -> MaintenanceReport:
        """Make one pass of what must happen without a user; call it from a worker.

        Responses that were left over are stored, each ``disconnect()`` that is not finished is
        continued, the keys of users who are still choosing permissions are looked for, with their
        token pairs renewed in time, and keys that were unused for a week sign one read, because
        WhiteBIT disables a key after 14 days. Any number of processes may call it.

        Args:
            budget: The number of users of each kind in one pass.
            give_up: Seconds after the login from which a key is no longer waited for.
        """
        from ..keys.upkeep import check_budget, check_give_up
        from .maintaining import maintain

        check_budget(budget)
        check_give_up(give_up)
        return maintain(self._engine, budget, give_up)

    @rim
    def journal(
        self,
        since: str | None = None,
        *,
        limit: int = 100,
        settle: float = 60.0,
        users: bool = True,
    ) -> tuple[JournalEntry, ...]:
        """Return what happened to connections, in order, after the entry with a cursor.

        Call it again with the last entry's ``cursor``, in any process, until there is none.

        Args:
            since: The cursor of the last entry that was processed; ``None`` for the beginning.
            limit: The maximum number of entries, 1 to 1000.
            settle: Seconds for which an entry is held back. Entries are ordered by the time of the
                process that wrote them, and one that is written late, or with a slow clock, must
                not end up before a cursor. It has to be longer than a write of the store can take
                plus the difference of the machines' clocks.
            users: Whether to look for the user of each entry, which reads connection rows.
        """
        from ..custody.journal import check_journal, read_journal

        check_journal(since, limit, settle)
        custody = self._engine.custody
        return self._engine.waiting.work(
            read_journal, custody, since, limit=limit, settle=settle, users=users
        )

    @rim
    def pseudonym(self, user_id: str) -> str:
        """Return the name that events have for a user, to find the user in logs."""
        return self._engine.custody.events.pseudonym(check_user(user_id))

    @rim
    def lost(self) -> tuple[Loss, ...]:
        """List the secrets that were lost, taken or malformed, and the unreadable rows."""
        from ..maintenance import losses

        return self._engine.waiting.work(losses, self._engine.custody)

    @rim
    def key_health(self) -> tuple[KeyHealth, ...]:
        """Judge every stored key; nothing is sent. ``lost()`` lists the unreadable rows."""
        from ..maintenance import key_health

        return self._engine.waiting.work(key_health, self._engine.custody)
