"""The rows of one history of one user, indexed by filters and time."""

from __future__ import annotations

import copy
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import attrs

from .seeded_rows import Profile, Row, scatter

_VIEWS: Final = 256  # cached filters; each keeps one number per row

Filter = tuple[tuple[str, frozenset[Any]], ...]


@attrs.frozen
class Kind:
    """The description of a kind of rows.

    Attributes:
        name: `"transactions"`, `"orders"`, `"deals"` or `"converts"`.
        time: The field with the time of a row.
        make: Creates a row from a profile, its number and its time in Unix microseconds.
        filters: The names of the properties that many rows share.
        properties: Returns these properties of a row, in this order.
        marks: The names of the properties that identify single rows.
        marked: Returns these properties of a row, in this order.
    """

    name: str
    time: str
    make: Callable[[Profile, int, int], Row]
    filters: tuple[str, ...]
    properties: Callable[[Row], tuple[Any, ...]]
    marks: tuple[str, ...]
    marked: Callable[[Row], tuple[Any, ...]]


@attrs.define
class _View:
    """The numbers of the rows before `reached` that match a filter."""

    numbers: array[int] = attrs.field(factory=lambda: array("L"))
    reached: int = 0


@attrs.frozen
class Found:
    """The rows of a query."""

    ledger: Ledger
    numbers: Sequence[int]
    begin: int
    end: int

    @property
    def total(self) -> int:
        """The number of rows."""
        return max(0, self.end - self.begin)

    def page(self, limit: int, offset: int) -> list[Row]:
        """Return a page of rows, newest first."""
        last = max(self.begin, self.end - offset)
        first = max(self.begin, last - limit)
        return [self.ledger.row(self.numbers[i]) for i in range(last - 1, first - 1, -1)]


class Ledger:
    """Rows by number, where 0 is the oldest.

    The rows are generated or given; more can arrive later. Thread-safe.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._lock = threading.RLock()
        self.seed(0, Profile(), newest=0, span=0)

    def seed(self, count: int, profile: Profile, *, newest: int, span: int) -> None:
        """Replace all rows with generated ones.

        Args:
            count: The number of rows.
            profile: The profile of the rows.
            newest: The time after the newest row, in Unix microseconds.
            span: The time between the oldest and the newest row, in microseconds.
        """
        with self._lock:
            self._given: list[Row] = []
            self._seeded, self._profile = count, profile
            self._pace = max(1, span // count) if count else 1
            self._oldest = newest - count * self._pace
            self._later = array("q")
            self._forget()

    def put(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace all rows with given ones, sorted by time.

        Raises:
            ValueError: A row has no time, or a value that cannot be filtered.
        """
        given = [copy.deepcopy(dict(row)) for row in rows]
        timed = [(self._time_of(row), row) for row in given]
        for row in given:
            try:
                hash((self.kind.properties(row), self.kind.marked(row)))
            except (TypeError, AttributeError, LookupError):
                raise ValueError("rows: a row has a value that cannot be filtered") from None
        # Among rows with the same time, the first one is the newest.
        timed.reverse()
        timed.sort(key=lambda pair: pair[0])
        with self._lock:
            self.seed(0, self._profile, newest=0, span=0)
            self._given = [row for _, row in timed]
            self._later = array("q", [micros for micros, _ in timed])

    def arrive(self, count: int, now: int) -> None:
        """Add generated rows as the newest, none of them later than now."""
        with self._lock:
            last = self.micros(len(self) - 1) if len(self) else now - count
            for step in range(count, 0, -1):
                last = max(last, now - step)
                self._later.append(last)

    def __len__(self) -> int:
        return self._seeded + len(self._later)

    def micros(self, number: int) -> int:
        """Return the time of a row in Unix microseconds."""
        if number >= self._seeded:
            return self._later[number - self._seeded]
        within = scatter(self._profile.seed + 6, number) % self._pace
        return self._oldest + number * self._pace + within

    def row(self, number: int) -> Row:
        """Return a row by its number; orders and deals include their market."""
        if number < len(self._given):
            return copy.deepcopy(self._given[number])
        return self.kind.make(self._profile, number, self.micros(number))

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
        """Return the matching rows.

        Args:
            filters: Properties with their accepted values.
            marks: Identifying properties with their accepted values.
            since: The earliest time, in Unix microseconds.
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
        """Return the values of a property in all rows; indexes rows that are not indexed yet."""
        position = self.kind.filters.index(name)
        with self._lock:
            self._read_rows()
            return {properties[position] for properties in self._same}

    def _forget(self) -> None:
        """Clear the indexes."""
        self._properties: list[tuple[Any, ...]] = []
        self._same: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self._marked: dict[tuple[str, Any], list[int]] = {}
        self._views: OrderedDict[Filter, _View] = OrderedDict()

    def _read_rows(self) -> None:
        """Index the rows that were added since the last call."""
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
            raise ValueError(f"rows: each row needs a number in {self.kind.time!r}") from None
