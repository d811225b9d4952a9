"""What is reported about changes of the connection row (docs/events.md)."""

from __future__ import annotations

from collections.abc import Iterable

from ..runtime.events import EventName
from .connection import Connection
from .journal import note
from .outcomes import Loss
from .rows import Custody
from .values import Asks, Attempt, Standing

LOSSES = {
    Loss.LOST: EventName.SECRET_LOST,
    Loss.TAKEN: EventName.SECRET_TAKEN,
    Loss.MALFORMED: EventName.SECRET_MALFORMED,
    Loss.DROPPED: EventName.SECRET_LOST,
}
"""The event of each loss."""


def note_losses(
    custody: Custody, user_id: str, incarnation: str, losses: Iterable[tuple[str, Loss]]
) -> None:
    """Record the losses of a committed change in the journal."""
    for external_id, loss in losses:
        note(
            custody,
            LOSSES[loss],
            incarnation,
            user_id=user_id,
            external_id=external_id,
            outcome=loss.value,
        )


def report_stored(custody: Custody, user_id: str, attempt: Attempt, row: Connection) -> None:
    """Report that the result of a one-shot request was committed, by whichever process."""
    if attempt.asks is Asks.CODE:
        custody.events.emit(EventName.LOGIN_FINISHED, user_id)
    elif attempt.asks is Asks.REFRESH:
        custody.events.emit(EventName.TOKENS_RENEWED, user_id)
    else:
        external_id = attempt.subject
        note(
            custody,
            EventName.SECRET_STORED,
            row.incarnation,
            user_id=user_id,
            external_id=external_id,
            outcome="stored",
        )
        key = row.key(external_id)
        if key is not None and key.standing is Standing.USABLE:
            custody.events.emit(EventName.KEY_ISSUED, user_id, external_id=external_id)
