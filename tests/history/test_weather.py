"""Walks while rows come and go, responses fail, and other processes resume from cursors.

Each seed is another mixture of these; the same one gives the same walk.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from whitebit_ext import Rows
from whitebit_ext._sync import partition, transactions
from whitebit_ext.account import listing
from whitebit_ext.errors import NoAnswer

from .server import NOW, TICKERS, History, name_of
from .walking import QUERIES, READS

SEEDS = range(60)
LATER = 10_000
"""Numbers of rows that arrive during the walk are higher than this."""


class Weather:
    """What happens between two answers.

    Attributes:
        draw: Where chance comes from.
        left: Names of rows that left the list.
        arrived: How many rows arrived.
    """

    def __init__(self, draw: random.Random, *, failures: float) -> None:
        self.draw = draw
        self.left: set[str] = set()
        self.arrived = 0
        self._crowd = draw.choice((0, 1, 5, 30))
        self._pace = draw.choice((20, 10_000))  # rows a second
        self._departures = draw.choice((0.0, 0.1))
        self._failures = draw.choice((0.0, failures))

    def __call__(self, history: History) -> None:
        """Add and remove rows, and sometimes fail."""
        if self.draw.random() < 0.3:
            for _ in range(min(self._crowd, 60 - self.arrived)):
                self.arrived += 1
                history.add(LATER + self.arrived, NOW - 50 + self.arrived / self._pace)
        if self.draw.random() < self._departures and history.rows:
            place = self.draw.randrange(len(history.rows))
            self.left.add(history.names()[place])
            del history.rows[place]
        if self.draw.random() < self._failures:
            raise NoAnswer("no answer")


def walked(history: History, draw: random.Random, limits: tuple[int, ...]) -> list[str]:
    """Walk to the end, sometimes from a cursor and with another page size."""

    def begin(cursor: str | None) -> Rows[Any]:
        query = QUERIES[history.read](limit=draw.choice(limits))
        return history.walk(query, cursor, tickers=TICKERS)

    rows, found = begin(None), list[str]()
    while True:
        try:
            found.append(name_of(next(rows)))
        except NoAnswer:
            continue
        except StopIteration:
            return found
        if draw.random() < 0.02:
            rows = begin(rows.cursor)


def judge(history: History, draw: random.Random, weather: Weather, limits: tuple[int, ...]) -> None:
    """Walk, and check that every row that was present throughout is returned once."""
    before = history.names()
    history.arrive = weather
    found = walked(history, draw, limits)
    stayed = [name for name in before if name not in weather.left]
    assert [name for name in found if name in set(stayed)] == stayed
    assert len(found) == len(set(found))


@READS
@pytest.mark.parametrize("seed", SEEDS)
def test_each_row_is_returned_once(read: str, seed: int) -> None:
    """Every row that was present throughout is returned once and in order."""
    draw = random.Random(seed)  # noqa: S311  # not for secrets
    count, step = draw.choice((0, 1, 5, 40, 120, 300)), draw.choice((0.3, 1.0, 60.0, 40_000.0))
    history = History.of(read, count, step=step)
    judge(history, draw, Weather(draw, failures=0.05), (1, 2, 3, 20, 100))


@pytest.mark.parametrize("seed", SEEDS)
def test_each_row_is_returned_once_past_the_cap(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same holds when transactions must be split, with a small cap."""
    for module in (listing, transactions, partition):
        monkeypatch.setattr(module, "CAP", 150)
    monkeypatch.setattr(partition, "ROOM", 60)
    monkeypatch.setattr(transactions, "_BUFFER", 24)
    draw = random.Random(seed)  # noqa: S311  # not for secrets
    count, step = draw.choice((90, 100, 149, 150, 151, 170, 400)), draw.choice((1.0, 60.0, 9_000.0))
    history = History.of("transactions", count, step=step, cap=150)
    # A failure has the parts counted again, some dozens of requests: it must not be too frequent.
    judge(history, draw, Weather(draw, failures=0.005), (3, 7, 20))
