"""The rows of one read of one user: found by filter and time without going through all of them."""

from __future__ import annotations

import copy
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .seeded_rows import Row, Taste, scatter

_VIEWS: Final = 256  # filters that are remembered, for each of which a number per row is kept

Filter = tuple[tuple[str, frozenset[Any]], ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the rows of one read are.

    Attributes:
        name: What the read is called: `"transactions"`, `"orders"`, `"deals"` or `"converts"`.
        time: The field that rows are ordered and dated by.
        make: Makes a row from a taste, its number and its time in unix microseconds.
        filters: Names of the properties that many rows have in common.
        properties: Tells those properties of a row, in that order.
        marks: Names of the properties by which single rows are looked up.
        marked: Tells those of a row.
    """

    name: str
    time: str
    make: Callable[[Taste, int, int], Row]
    filters: tuple[str, ...]
    properties: Callable[[Row], tuple[Any, ...]]
    marks: tuple[str, ...]
    marked: Callable[[Row], tuple[Any, ...]]


@dataclass(slots=True)
class _View:
    """The numbers of the rows that a filter lets through, of those before `reached`."""

    numbers: array[int] = field(default_factory=lambda: array("L"))
    reached: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Rows that were found, newest first."""

    ledger: Ledger
    numbers: Sequence[int]
    begin: int
    end: int

    @property
    def total(self) -> int:
        """Say how many they are."""
        return max(0, self.end - self.begin)

    def page(self, limit: int, offset: int) -> list[Row]:
        """Return so many of them, past so many of the newest."""
        last = max(self.begin, self.end - offset)
        first = max(self.begin, last - limit)
        return [self.ledger.row(self.numbers[i]) for i in range(last - 1, first - 1, -1)]


class Ledger:
    """Rows by number, the oldest 0: seeded or given ones, and those that arrived since.

    Safe to be changed by a test's thread while the server reads.
    """

    def __init__(self, kind: Kind) -> None:
        """Begin without rows."""
        self.kind = kind
        self._lock = threading.RLock()
        self.seed(0, Taste(), newest=0, span=0)

    def seed(self, count: int, taste: Taste, *, newest: int, span: int) -> None:
        """Replace all rows by seeded ones.

        Args:
            count: How many.
            taste: What they are like.
            newest: No row is of this moment or later, in unix microseconds.
            span: From the oldest to the newest, in microseconds.
        """
        with self._lock:
            self._given: list[Row] = []
            self._seeded, self._taste = count, taste
            self._pace = max(1, span // count) if count else 1
            self._oldest = newest - count * self._pace
            self._later = array("q")
            self._forget()

    def put(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace all rows by given ones, which are put in the order of their times.

        Raises:
            ValueError: A row has no time.
        """
        given = [copy.deepcopy(dict(row)) for row in rows]
        timed = [(self._time_of(row), row) for row in given]
        for row in given:
            try:
                hash((self.kind.properties(row), self.kind.marked(row)))
            except (TypeError, AttributeError, LookupError):
                raise ValueError("rows: one cannot be filtered by what it holds") from None
        # Of rows of one time the first given is the newest.
        timed.reverse()
        timed.sort(key=lambda pair: pair[0])
        with self._lock:
            self.seed(0, self._taste, newest=0, span=0)
            self._given = [row for _, row in timed]
            self._later = array("q", [micros for micros, _ in timed])

    def arrive(self, count: int, now: int) -> None:
        """Add seeded rows at the head, none later than now and none before an older row."""
        with self._lock:
            last = self.micros(len(self) - 1) if len(self) else now - count
            for step in range(count, 0, -1):
                last = max(last, now - step)
                self._later.append(last)

    def __len__(self) -> int:
        """Say how many rows there are."""
        return self._seeded + len(self._later)

    def micros(self, number: int) -> int:
        """Return the time of a row in unix microseconds."""
        if number >= self._seeded:
            return self._later[number - self._seeded]
        within = scatter(self._taste.seed + 6, number) % self._pace
        return self._oldest + number * self._pace + within

    def row(self, number: int) -> Row:
        """Return a row; orders and deals name their market."""
        if number < len(self._given):
            return copy.deepcopy(self._given[number])
        return self.kind.make(self._taste, number, self.micros(number))

    def rows(self) -> list[Row]:
        """Return all rows, newest first."""
        with self._lock:
            return [self.row(number) for number in range(len(self) - 1, -1, -1)]

    def find(
        self,
        filters: Mapping[str, Collection[Any]] | None = None,
        marks: Mapping[str, Collection[Any]] | None = None,
        *,
        since: int | None = None,
        until: int | None = None,
    ) -> Found:
        """Find rows.

        Args:
            filters: Property to the values that are let through.
            marks: Property to the values that are looked up.
            since: The earliest time, in unix microseconds.
            until: The latest time.
        """
        wanted = tuple(
            sorted((name, frozenset(values)) for name, values in (filters or {}).items())
        )
        with self._lock:
            numbers: Sequence[int] = range(len(self))
            if marks:
                numbers = self._look_up(marks, wanted)
            elif wanted:
                numbers = self._view(wanted)
            begin = 0 if since is None else bisect_left(numbers, since, key=self.micros)
            end = len(numbers) if until is None else bisect_right(numbers, until, key=self.micros)
            return Found(self, numbers, begin, end)

    def values(self, name: str) -> set[Any]:
        """Return the values that a property has in all rows."""
        position = self.kind.filters.index(name)
        with self._lock:
            self._read_rows()
            return {properties[position] for properties in self._same}

    def _forget(self) -> None:
        """Forget what was read from rows."""
        self._properties: list[tuple[Any, ...]] = []
        self._same: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self._marked: dict[tuple[str, Any], list[int]] = {}
        self._views: OrderedDict[Filter, _View] = OrderedDict()

    def _read_rows(self) -> None:
        """Read the properties of rows that are new since the last time."""
        for number in range(len(self._properties), len(self)):
            row = self.row(number)
            properties = self.kind.properties(row)
            self._properties.append(self._same.setdefault(properties, properties))
            for name, mark in zip(self.kind.marks, self.kind.marked(row), strict=True):
                if mark not in ("", None):
                    self._marked.setdefault((name, mark), []).append(number)

    def _view(self, wanted: Filter) -> Sequence[int]:
        self._read_rows()
        view = self._views.get(wanted)
        if view is None:
            view = self._views[wanted] = _View()
            if len(self._views) > _VIEWS:
                self._views.popitem(last=False)
        self._views.move_to_end(wanted)
        passing = {same for same in self._same if self._passes(same, wanted)}
        for number in range(view.reached, len(self)):
            if self._properties[number] in passing:
                view.numbers.append(number)
        view.reached = len(self)
        return view.numbers

    def _look_up(self, marks: Mapping[str, Collection[Any]], wanted: Filter) -> list[int]:
        self._read_rows()
        found: set[int] | None = None
        for name, values in marks.items():
            numbers = {n for value in values for n in self._marked.get((name, value), ())}
            found = numbers if found is None else found & numbers
        return [n for n in sorted(found or ()) if self._passes(self._properties[n], wanted)]

    def _passes(self, properties: tuple[Any, ...], wanted: Filter) -> bool:
        own = dict(zip(self.kind.filters, properties, strict=True))
        return all(own[name] in values for name, values in wanted)

    def _time_of(self, row: Mapping[str, Any]) -> int:
        try:
            return round(float(row[self.kind.time]) * 1_000_000)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise ValueError(f"rows: each needs a number as {self.kind.time!r}") from None
