"""Walks against a history in memory: each row once, newest first, whatever happens meanwhile."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from whitebit_ext.errors import HistoryTruncated, InvalidArgument, NoAnswer

from .server import NOW, History, moments, name_of
from .walking import DAY, QUERIES, READS, Arrivals


def only(found: list[str], wanted: list[str]) -> list[str]:
    """Return what was found without the rows that arrived later."""
    known = set(wanted)
    return [name for name in found if name in known]


@READS
def test_25_000_rows_come_once_and_in_order_while_others_arrive(read: str) -> None:
    """A long walk gives every row that was there, newest first, though 500 more arrive."""
    history = History.of(read, 25_000, step=500.0)
    before = history.names()
    history.arrive = Arrivals(10, 500)
    found = [name_of(row) for row in history.walk(QUERIES[read]())]
    assert only(found, before) == before
    assert len(found) == len(set(found))


@READS
def test_a_burst_longer_than_a_page_is_passed_over(read: str) -> None:
    """More arrivals than a page has rows between two requests make neither gap nor duplicate."""
    history = History.of(read, 900)
    before = history.names()
    history.arrive = lambda h: Arrivals(250, 250)(h) if len(h.requests) == 2 else None
    found = [name_of(row) for row in history.walk(QUERIES[read](limit=100))]
    assert only(found, before) == before
    assert len(found) == len(set(found))


@READS
def test_rows_that_leave_the_list_make_no_gap(read: str) -> None:
    """When rows that were read leave the list, those that move up are not passed over."""
    history = History.of(read, 900)
    before = history.names()

    def leave(h: History) -> None:
        if len(h.requests) == 3:
            del h.rows[:60]

    history.arrive = leave
    assert [name_of(row) for row in history.walk(QUERIES[read](limit=100))] == before


@READS
@pytest.mark.parametrize("count", [0, 1, 2, 7, 99, 100, 101, 199, 200, 201])
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_walk_stops_rightly(read: str, count: int, limit: int) -> None:
    """Empty, short, full and just overfull last pages all end the walk after the last row."""
    history = History.of(read, count)
    assert [name_of(row) for row in history.walk(QUERIES[read](limit=limit))] == history.names()


@READS
def test_pages_hold_the_same_rows_as_the_walk(read: str) -> None:
    """Going by pages gives all rows, at most `limit` at a time."""
    history = History.of(read, 250)
    pages = list(history.walk(QUERIES[read](limit=100)).pages())
    assert [name_of(row) for page in pages for row in page] == history.names()
    assert all(0 < len(page) <= 100 for page in pages)


@pytest.mark.anyio
@READS
async def test_the_async_face_walks_alike(read: str) -> None:
    """Awaited, the rows and pages are the same."""
    history = History.of(read, 250)
    assert [name_of(row) async for row in history.awalk(QUERIES[read]())] == history.names()
    rows = history.awalk(QUERIES[read](limit=100))
    first = name_of(await anext(rows))
    rest = [name_of(row) async for page in rows.pages() for row in page]
    assert [first, *rest] == history.names()


@READS
@pytest.mark.parametrize("taken", [0, 1, 57, 100, 199, 250])
def test_a_cursor_goes_on_in_another_process(read: str, taken: int) -> None:
    """A walk that is taken up from its cursor gives the rest, though rows arrived in between."""
    history = History.of(read, 250)
    before = history.names()
    rows = history.walk(QUERIES[read](limit=100))
    first = [name_of(next(rows)) for _ in range(taken)]
    cursor = json.loads(json.dumps(rows.cursor))
    Arrivals(180, 180)(history)
    rest = [name_of(row) for row in history.walk(QUERIES[read](limit=80), cursor)]
    assert first + only(rest, before) == before


@READS
def test_a_cursor_at_the_end_ends(read: str) -> None:
    """A walk that was walked to its end is at its end in another process too."""
    history = History.of(read, 30)
    rows = history.walk(QUERIES[read]())
    assert len(list(rows)) == 30
    history.requests.clear()
    assert list(history.walk(QUERIES[read](), rows.cursor)) == []
    assert history.requests == []


@READS
def test_a_cursor_fits_its_own_query_only(read: str) -> None:
    """A cursor of another read or of other arguments, or no cursor at all, is refused by name."""
    history = History.of(read, 3)
    cursor = history.walk(QUERIES[read]()).cursor
    (since,) = moments(NOW - DAY)
    for query, text in [
        (QUERIES[read](since=since), cursor),
        (QUERIES[read](), "nonsense"),
        (QUERIES[read](), cursor[:-6]),
        (QUERIES[read](), ""),
    ]:
        with pytest.raises(InvalidArgument, match=r"^cursor: "):
            history.walk(query, text)


@READS
def test_a_failure_in_the_midst_loses_nothing(read: str) -> None:
    """After an error the same iterator goes on where it stood, without gap or duplicate."""
    history = History.of(read, 450)

    def fail(h: History) -> None:
        if len(h.requests) == 2 and h.clock.now % 1 != 0.5:
            h.clock.now = int(h.clock.now) + 0.5
            raise NoAnswer("no answer")

    history.arrive = fail
    rows = history.walk(QUERIES[read](limit=100))
    found, failures = [], 0
    while True:
        try:
            found.append(name_of(next(rows)))
        except NoAnswer:
            failures += 1
        except StopIteration:
            break
    assert (found, failures) == (history.names(), 1)


@pytest.mark.parametrize("read", ["transactions", "converts"])
def test_a_total_that_is_never_reached_is_said(read: str) -> None:
    """A server that counts more rows than it sends does not pass for a whole history."""
    history = History.of(read, 150)

    def more(body: bytes) -> bytes:
        content = json.loads(body)
        return json.dumps(content | {"total": content["total"] + 40}).encode()

    history.written = more
    found: list[Any] = []
    with pytest.raises(HistoryTruncated):
        found.extend(history.walk(QUERIES[read](limit=100)))
    assert [name_of(row) for row in found] == history.names()


@READS
def test_a_long_walk_holds_little(read: str) -> None:
    """A walk of 25,000 rows holds less than 10 MB above what a walk of one page holds."""

    def peak(count: int) -> int:
        history = History.of(read, count, step=500.0)
        for _ in history.walk(QUERIES[read]()):  # what is made once is made
            break
        history.requests.clear()
        tracemalloc.start()
        for _ in history.walk(QUERIES[read]()):
            pass
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held

    assert peak(25_000) - peak(QUERIES[read]().limit) < 10_000_000
