"""The heartbeat of workers: when ``maintain()`` last ran, in any process of the partner."""

from __future__ import annotations

from ..errors import CustodyError
from ..runtime.clock import Clock
from .rows import Custody

_KIND, _SUBJECT = "worker", ("heartbeat",)
_WRITE_EVERY = 10.0
_READ_EVERY = 10.0


class Heartbeat:
    """One row, which the workers write in turn, every ten seconds.

    Args:
        custody: Where the row is.
        clock: Measures how long a read may be reused.
    """

    def __init__(self, custody: Custody, clock: Clock) -> None:
        self._custody = custody
        self._clock = clock
        self._read: tuple[float, float | None] | None = None

    def beat(self) -> None:
        """Record that a worker runs; a conflict means that another one has just done so."""
        row = self._custody.get(_KIND, *_SUBJECT)  # replaced whatever is in it
        if row is not None and row.age is not None and row.age < _WRITE_EVERY:
            return
        version = row.version if row is not None else None
        self._custody.write(_KIND, _SUBJECT, {"at": self._custody.now()}, version)

    def seen_at(self) -> float | None:
        """Return the Unix time of the last heartbeat, read at most every ten seconds."""
        monotonic = self._clock.monotonic()
        if self._read is None or monotonic - self._read[0] >= _READ_EVERY:
            at: float | None = None
            try:
                held = self._custody.read(_KIND, *_SUBJECT)
                at = held.value["at"] if held is not None else None
            except CustodyError as error:  # it decides nothing
                self._custody.log_trouble("the heartbeat of the workers was not read", error)
            self._read = (monotonic, at)
        return self._read[1]
