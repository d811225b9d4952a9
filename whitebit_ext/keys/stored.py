"""The keys in a user's connection row: found, adopted, confirmed, deleted."""

from __future__ import annotations

from collections.abc import Callable

from ..custody import key_changes
from ..custody.connection import Connection
from ..custody.connections import Binding, Connections, Held, fresh_id, trouble
from ..custody.journal import note
from ..custody.once import OneShots
from ..custody.outcomes import Outcome
from ..custody.values import Granted, Key
from ..custody.waiting_changes import waiting_ended
from ..http.signing import ApiKey, Guard
from ..regions import operation
from ..runtime.events import EventName
from ..secret import Secret
from .health import KeyUse


class StoredKeys:
    """The stored keys of each user.

    Args:
        connections: Where keys are stored.
        once: Processes responses stored in the row or in the spill directory.
        use: The record of each key's use.
        guard: Makes the check of ``ApiKey.auth()`` before each signature.
    """

    def __init__(
        self,
        connections: Connections,
        once: OneShots,
        use: KeyUse,
        guard: Callable[[Binding], Guard],
    ) -> None:
        self._connections = connections
        self._custody = connections.custody
        self._once = once
        self._use = use
        self._guard = guard

    def begin(self, binding: Binding) -> tuple[ApiKey | None, Connection]:
        """Return the user's usable key, if there is one, and the row."""
        user_id = binding.user_id
        held = self._once.tend(user_id, self._connections.read(user_id))
        row = binding.check(held.row)
        return self.api_key(user_id, row, row.signing_key), row

    def api_key(self, user_id: str, row: Connection | None, key: Key | None) -> ApiKey | None:
        """Return a stored key as the value for the caller."""
        if row is None or key is None or key.secret is None:
            return None
        guard = self._guard(Binding(user_id, row.pin, key.external_id))
        origin = self._custody.server.origin
        return ApiKey(user_id, key.public_key, key.external_id, key.secret, origin, guard)

    def seen(
        self,
        binding: Binding,
        external_id: str | None,
        *,
        asked: int,
        held: Held | None = None,
        granted: Granted | None = None,
    ) -> Connection | None:
        """Apply an ``info`` response: which key the connected account has, or none.

        Args:
            binding: The connection whose token was used.
            external_id: The key in the response.
            asked: ``seq`` of the row that was read before the request left.
            held: The row, if it was read after that.
            granted: What the response says that the user granted.

        Raises:
            NotConnected, ConnectionChanged: it does not apply to the current connection.
        """
        pin = binding.pinned
        made = self._connections.commit(
            binding.user_id,
            lambda row: key_changes.key_seen(row, pin, external_id, asked=asked, granted=granted),
            held,
            is_current=held is not None,
        )
        if made.outcome not in (Outcome.DONE, Outcome.ALREADY, Outcome.OVERTAKEN):
            raise trouble(made.outcome, made.row)
        return made.row

    @property
    def exist_here(self) -> bool:
        """Whether the server issues API keys."""
        return self._custody.server.region.value in operation("get_api_key_info").regions

    def end_waiting(self, binding: Binding, error: str) -> bool:
        """Record why the key is no longer waited for; return whether it was recorded now.

        Args:
            binding: The connection.
            error: The name of the class of the error.
        """
        pin = binding.pinned
        made = self._connections.commit(binding.user_id, lambda row: waiting_ended(row, pin, error))
        return made.outcome is Outcome.DONE

    def note_deleted(self, binding: Binding, external_id: str, *, was_gone: bool) -> None:
        """Remove a key that was deleted; one that was already gone is kept, and not used."""
        pin, asked = binding.pinned, binding.seq
        if was_gone:
            self._connections.commit(
                binding.user_id,
                lambda row: key_changes.key_gone(
                    row, pin.incarnation, pin.generation, external_id, asked=asked
                ),
            )
        else:
            self._connections.commit(
                binding.user_id,
                lambda row: key_changes.key_deleted(row, pin.incarnation, external_id),
            )
            self._use.forget(binding.user_id)
        outcome = "was gone already" if was_gone else "deleted"
        note(
            self._custody,
            EventName.KEY_DELETED,
            pin.incarnation,
            user_id=binding.user_id,
            external_id=external_id,
            outcome=outcome,
        )

    def adopt(self, user_id: str, public_key: str, external_id: str | None, secret: Secret) -> None:
        """Store a key that the partner already has; it precedes any other of the user."""
        incarnation = fresh_id()
        self._once.tend(user_id)  # responses that wait to be stored are older than this
        made = self._connections.commit(
            user_id,
            lambda row: key_changes.adopt(
                row,
                incarnation=incarnation,
                external_id=external_id,
                public_key=public_key,
                secret=secret,
                now=self._custody.now(),
            ),
        )
        if made.outcome not in (Outcome.DONE, Outcome.ALREADY):
            raise trouble(made.outcome, made.row)
        named = external_id or public_key
        self._custody.events.emit(EventName.KEY_ISSUED, user_id, external_id=named, adopted=True)
