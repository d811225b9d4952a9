"""How disconnecting changes the row. The requests to WhiteBIT are made by the caller."""

from __future__ import annotations

import attrs

from ..custody import key_changes
from ..custody.connections import Binding, Connections, Held, trouble
from ..custody.leases import Leases
from ..custody.once import OneShots
from ..custody.outcomes import Outcome
from ..custody.values import Standing
from ..errors import NotConnected
from ..regions import operation

CONSENT = 600.0
"""Seconds for which the user's page of permissions can stay open."""


@attrs.frozen
class Disconnection:
    """The result of a disconnecting.

    Attributes:
        is_finished: Whether all data of the user is deleted. If not, the user may still be
            choosing permissions, or a request is under way: call ``disconnect()`` again, or have
            ``maintain()`` do it. Until then every other call raises ``NotConnected``.
        deleted: Ids of the keys that are deleted at WhiteBIT.
        left: Ids of the keys that could not be deleted there, such as a key of an account that the
            user was connected to earlier: only the user can, in the dashboard.
    """

    is_finished: bool
    deleted: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class Leaving:
    """Begins and finishes the disconnecting of a user, in any process.

    Args:
        connections: Where the rows are.
        leases: Which process may send one-shot requests.
        once: Processes the responses stored in the row.
    """

    def __init__(self, connections: Connections, leases: Leases, once: OneShots) -> None:
        self._connections = connections
        self._leases = leases
        self._once = once
        region = connections.custody.server.region.value
        self.has_keys = region in operation("delete_api_key").regions

    def begin(self, binding: Binding) -> Held | None:
        """Reject all further calls of the user; ``None`` where there is no connection."""
        user_id = binding.user_id
        held = self._once.tend(user_id, self._connections.read(user_id))
        try:
            pin = binding.check(held.row).pin
        except NotConnected:
            return None
        made = self._connections.commit(
            user_id, lambda row: key_changes.disconnect_begun(row, pin), held, is_current=True
        )
        if made.row is None:
            return None
        if made.change.outcome not in (Outcome.DONE, Outcome.ALREADY):
            raise trouble(made.change.outcome, made.row)
        return made.held

    def keys(self, held: Held) -> dict[str, bool]:
        """Return the ids of the keys that may exist at WhiteBIT.

        The value is whether the connected account has the key: only then does a 404 mean that it is
        gone, since the server also answers 404 for a key of another account (contract, section 4).
        """
        row = held.row
        if row is None:
            return {}
        return {
            key.external_id: key.standing is Standing.USABLE and key.generation == row.generation
            for key in row.keys
            if key.standing is not Standing.GONE and not key.handmade
        }

    def drop(self, binding: Binding, external_id: str, *, is_deleted: bool) -> None:
        """Record the outcome for a key."""
        pin = binding.pin
        if pin is None:
            return
        if is_deleted:
            self._connections.commit(
                binding.user_id,
                lambda row: key_changes.key_deleted(row, pin.incarnation, external_id),
            )
        outcome = "deleted" if is_deleted else "not deleted at WhiteBIT"
        self._connections.custody.note(
            "disconnect", pin.incarnation, external_id=external_id, outcome=outcome
        )

    def finish(self, binding: Binding, *, may_appear: bool) -> bool:
        """Remove the row, and return whether it is gone.

        Args:
            binding: The connection that is ended.
            may_appear: Whether the account can be queried for a key that the user consents to now.
        """
        pin, user_id = binding.pin, binding.user_id
        if pin is None:
            return True
        held = self._once.tend(user_id, self._connections.read(user_id))
        over = self._leases.abandoned(user_id, held)
        made = self._connections.commit(
            user_id,
            lambda row: key_changes.disconnect_finished(
                row,
                pin,
                now=self._connections.custody.now(),
                consent=CONSENT if may_appear else 0.0,
                over=over,
            ),
            held,
            is_current=True,
        )
        if made.change.outcome is Outcome.STALE:
            raise trouble(made.change.outcome, made.row)
        return made.change.outcome in (Outcome.DONE, Outcome.ALREADY)
