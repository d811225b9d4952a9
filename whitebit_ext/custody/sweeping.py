"""Deleting rows that have expired: many at once, and off every user's path."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from ..errors import EncryptionKeyMissing, SealBroken
from .asked import asked
from .rows import Custody
from .stores import Expiring

_EVERY = 60.0


class Sweeper:
    """Deletes the rows whose ``sweep_at`` has passed.

    Args:
        custody: Where the rows are.
        kinds: The kinds of rows; the value of each has ``sweep_at``, a unix time.
    """

    def __init__(self, custody: Custody, kinds: Sequence[str]) -> None:
        self._custody = custody
        self._kinds = kinds
        self._unread: Iterator[tuple[str, tuple[str, ...]]] | None = None
        self._ended: float | None = None

    def sweep_if_due(self, budget: int) -> int:
        """Sweep, unless this process found nothing more to delete less than a minute ago."""
        now = self._custody.clock.monotonic()
        if self._ended is not None and now < self._ended + _EVERY:
            return 0
        swept = self.sweep(budget)
        self._ended = now if swept < budget and self._unread is None else None
        return swept

    def sweep(self, budget: int) -> int:
        """Delete expired rows, and return how many.

        A store with ``sweep`` deletes them with one statement, of all servers and clients in it.
        In another one, rows are read one by one: each call goes on where the last one ended.

        Args:
            budget: Number of rows to delete, or to read, at most.

        Raises:
            StoreUnavailable: the store failed.
        """
        store: object = self._custody.store
        if not isinstance(store, Expiring):
            return self._sweep_singly(budget)
        now, swept = self._custody.now(), 0
        for kind in self._kinds:
            swept += asked("sweep", kind, lambda: store.sweep(kind, now, budget - swept))  # noqa: B023  # called at once
        return swept

    def _sweep_singly(self, budget: int) -> int:
        now, read, swept = self._custody.now(), 0, 0
        # Taken out: another thread begins a scan of its own.
        unread, self._unread = self._unread, None
        if unread is None:
            unread = (
                (kind, subject) for kind in self._kinds for subject in self._custody.subjects(kind)
            )
        for kind, subject in itertools.islice(unread, budget):
            read += 1
            try:
                row = self._custody.read(kind, *subject)
            except (SealBroken, EncryptionKeyMissing) as error:
                self._custody.log_trouble("an expired row was not deleted", error)
                continue
            if row is not None and row.value["sweep_at"] <= now:
                swept += self._custody.delete(kind, subject, row.version)
        if read == budget:
            self._unread = unread
        return swept
