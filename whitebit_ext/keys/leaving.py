"""How disconnecting changes the row. The requests to WhiteBIT are made by the caller."""

from __future__ import annotations

from collections.abc import Collection

import attrs

from ..custody import key_changes, leaving_changes
from ..custody.connections import Binding, Connections, Held, fresh_id, trouble
from ..custody.journal import note
from ..custody.leases import Leases
from ..custody.once import OneShots
from ..custody.outcomes import Outcome
from ..custody.values import Standing
from ..errors import (
    BadRequest,
    ConnectionFailed,
    Forbidden,
    NotConnected,
    NotFound,
    ReauthorizationRequired,
    ResponseError,
    TokenUnavailable,
    Unauthorized,
    WhiteBITError,
)
from ..regions import operation
from ..runtime.events import EventName

CONSENT = 600.0
"""Seconds for which the user's page of permissions can stay open."""
LONGEST_LEAVING = 86_400.0
"""Seconds for which a key is tried to be deleted at WhiteBIT; the tokens usually die earlier."""


@attrs.frozen
class Disconnection:
    """The result of a disconnecting.

    Attributes:
        is_finished: Whether all data of the user is deleted. If not, the user may still be
            choosing permissions, a request is under way, or WhiteBIT did not answer: call
            ``disconnect()`` again, or have ``maintain()`` do it. Until then every other call raises
            ``NotConnected``.
        deleted: Ids of the keys that this call has deleted at WhiteBIT.
        left: Ids of the keys that could not be deleted there, such as a key of an account that the
            user was connected to earlier: only the user can, in the dashboard. They stay listed.
    """

    is_finished: bool
    deleted: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def is_passing(error: WhiteBITError) -> bool:
    """Return whether a later request may be answered differently.

    Only an answer of the API itself is final: it refused the tokens, or the request.
    """
    refused = isinstance(error, (BadRequest, Unauthorized, Forbidden, NotFound)) and error.from_api
    sent = isinstance(error, (ConnectionFailed, ResponseError, TokenUnavailable))
    return sent and not refused


def is_refusal(error: WhiteBITError) -> bool:
    """Return whether the API has refused the tokens, or the request, for good."""
    answered = isinstance(error, (ReauthorizationRequired, ResponseError))
    return answered and not is_passing(error)


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
            user_id,
            lambda row: leaving_changes.disconnect_begun(
                row, pin, now=self._connections.custody.now()
            ),
            held,
            is_current=True,
        )
        if made.row is None:
            return None
        if made.outcome not in (Outcome.DONE, Outcome.ALREADY):
            raise trouble(made.outcome, made.row)
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
            key.external_id: key.standing is Standing.USABLE
            and key.generation == row.generation
            and not key.handmade
            for key in row.keys
            if key.standing is not Standing.GONE
        }

    def gives_up(self, held: Held) -> bool:
        """Return whether WhiteBIT has been asked for long enough."""
        since = held.row.leaving_since if held.row is not None else None
        return since is not None and self._connections.custody.now() >= since + LONGEST_LEAVING

    def drop(self, binding: Binding, external_id: str, *, is_deleted: bool) -> None:
        """Record the outcome for a key."""
        pin = binding.pinned
        if is_deleted:
            self._connections.commit(
                binding.user_id,
                lambda row: key_changes.key_deleted(row, pin.incarnation, external_id),
            )
        note(
            self._connections.custody,
            EventName.KEY_DELETED if is_deleted else EventName.KEY_LEFT,
            pin.incarnation,
            user_id=binding.user_id,
            external_id=external_id,
            outcome="deleted" if is_deleted else "not deleted at WhiteBIT",
        )

    def left(self, user_id: str) -> tuple[str, ...]:
        """Stop a login that is under way, and return the keys that an ended connection left."""
        made = self._connections.commit(
            user_id, lambda row: leaving_changes.disconnected_again(row, fresh_id())
        )
        return () if made.row is None else tuple(key.external_id for key in made.row.left)

    def finish(self, binding: Binding, left: Collection[str], *, may_appear: bool) -> bool:
        """End the connection, and return whether it has ended.

        Args:
            binding: The connection that is ended.
            left: The ids of the keys that only the user can delete; they stay listed.
            may_appear: Whether the account can be queried for a key that the user consents to now.
        """
        pin, user_id = binding.pinned, binding.user_id
        held = self._once.tend(user_id, self._connections.read(user_id))
        over, incarnation = self._leases.abandoned(user_id, held), fresh_id()
        made = self._connections.commit(
            user_id,
            lambda row: leaving_changes.disconnect_finished(
                row,
                pin,
                now=self._connections.custody.now(),
                consent=CONSENT if may_appear else 0.0,
                over=over,
                left=left,
                incarnation=incarnation,
            ),
            held,
            is_current=True,
        )
        if made.outcome is Outcome.STALE:
            raise trouble(made.outcome, made.row)
        if made.outcome is Outcome.DONE:
            note(
                self._connections.custody,
                EventName.CONNECTION_REMOVED,
                pin.incarnation,
                user_id=user_id,
                outcome="disconnected",
            )
        return made.outcome in (Outcome.DONE, Outcome.ALREADY)
