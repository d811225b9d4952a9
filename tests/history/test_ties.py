"""Rows of the same time whose order changes between two pages."""

from __future__ import annotations

import random
from typing import Any

import pytest

from whitebit_ext import Rows
from whitebit_ext.errors import HistoryTruncated

from .server import NOW, History, name_of
from .walking import QUERIES, Arrivals

COUNTED = pytest.mark.parametrize("read", ["transactions", "converts"])


def of_one_time(read: str, count: int) -> History:
    """Return a history whose rows all have one time."""
    return History.of(read, count, step=0.0)


def read_to_end(rows: Rows[Any]) -> tuple[list[str], HistoryTruncated | None]:
    """Return the names of the rows, and the error at their end."""
    found = list[str]()
    try:
        found += (name_of(row) for row in rows)
    except HistoryTruncated as error:
        return found, error
    return found, None


@COUNTED
def test_a_row_that_changes_places_is_found(read: str) -> None:
    """A row that is on neither of two pages is found when the list is read again."""
    history = of_one_time(read, 40)

    def swap(history: History) -> None:
        if len(history.requests) == 1:  # the last of the first page, and a row of the second
            history.rows[4], history.rows[17] = history.rows[17], history.rows[4]
        if len(history.requests) == 2:
            history.rows[4], history.rows[25] = history.rows[25], history.rows[4]

    history.arrive = swap
    found, error = read_to_end(history.walk(QUERIES[read](limit=10)))
    assert error is None
    assert sorted(found) == sorted(history.names())


@COUNTED
@pytest.mark.parametrize("seed", range(20))
def test_no_row_is_lacking_in_silence(read: str, seed: int) -> None:
    """Where the order changes at random, all rows come, or the error says how many do not."""
    draw = random.Random(seed)  # noqa: S311  # not for secrets
    history = of_one_time(read, 60)

    def shuffle(history: History) -> None:
        if draw.random() < 0.4:
            draw.shuffle(history.rows)

    history.arrive = shuffle
    found, error = read_to_end(history.walk(QUERIES[read](limit=12)))
    lacking = set(history.names()) - set(found)
    assert len(found) == len(set(found))
    told = 0 if error is None else sum(part.rows for part in error.unreached)
    assert told == len(lacking)


@COUNTED
def test_arriving_rows_are_not_lacking(read: str) -> None:
    """Rows that arrive during a walk do not have it read again."""
    history = History.of(read, 100)
    history.arrive = Arrivals(1, 5)
    found, error = read_to_end(history.walk(QUERIES[read](limit=20)))
    assert error is None
    assert len(found) >= 100
    windows = 1 if read == "transactions" else 7
    assert len(history.requests) <= windows + 7


def test_windows_before_a_lacking_row_are_read() -> None:
    """A conversion that is lacking is reported at the end, after those of earlier months."""
    history = History("converts")
    for number in range(60):
        history.add(number, NOW - (90 - number) * 86_400)
    hidden, shown = (str(history.rows[place][1]["id"]) for place in (3, 4))

    def hide(body: bytes) -> bytes:
        return body.replace(f'"id": "{hidden}"'.encode(), f'"id": "{shown}"'.encode())

    history.written = hide
    found, error = read_to_end(history.walk(QUERIES["converts"]()))
    assert error is not None
    assert [part.rows for part in error.unreached] == [1]
    assert sorted(found, key=int) == sorted(set(history.names()) - {hidden}, key=int)
