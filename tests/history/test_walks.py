"""Walks over a history in memory: each row once, newest first, whatever changes meanwhile."""

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
def test_each_row_is_returned_once_while_others_arrive(read: str) -> None:
    """A walk returns every row, newest first, while 500 more are added."""
    history = History.of(read, 3_000, step=5_000.0)  # 25,000: the client's walks, over HTTP
    before = history.names()
    history.arrive = Arrivals(10, 500)
    found = [name_of(row) for row in history.walk(QUERIES[read]())]
    assert only(found, before) == before
    assert len(found) == len(set(found))


@READS
def test_burst_longer_than_a_page(read: str) -> None:
    """More new rows than a page holds, between two requests, cause no gap and no duplicate."""
    history = History.of(read, 900)
    before = history.names()
    history.arrive = lambda h: Arrivals(250, 250)(h) if len(h.requests) == 2 else None
    found = [name_of(row) for row in history.walk(QUERIES[read](limit=100))]
    assert only(found, before) == before
    assert len(found) == len(set(found))


@READS
@pytest.mark.parametrize("most", [100, 50])
def test_smaller_pages_than_requested_are_not_the_end(read: str, most: int) -> None:
    """If the server reduces the limit, the walk goes on, while rows arrive in bursts and leave."""
    history = History.of(read, 900, most=most)
    before = history.names()

    def change(h: History) -> None:
        if len(h.requests) == 2:
            Arrivals(250, 250)(h)
        if len(h.requests) == 6:
            del h.rows[:60]

    history.arrive = change
    found = [name_of(row) for row in history.walk(QUERIES[read]())]
    assert only(found, before) == before
    assert len(found) == len(set(found))


@READS
def test_removed_rows_cause_no_gap(read: str) -> None:
    """When rows that were read are removed, the rows that move up are not skipped."""
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
def test_walk_ends_after_the_last_row(read: str, count: int, limit: int) -> None:
    """A walk ends after the last row, whether its last page is empty, short, full or overfull."""
    history = History.of(read, count)
    assert [name_of(row) for row in history.walk(QUERIES[read](limit=limit))] == history.names()


@READS
def test_pages_contain_the_rows_of_the_walk(read: str) -> None:
    """The pages contain all rows, at most `limit` each."""
    history = History.of(read, 250)
    pages = list(history.walk(QUERIES[read](limit=100)).pages())
    assert [name_of(row) for page in pages for row in page] == history.names()
    assert all(0 < len(page) <= 100 for page in pages)


@pytest.mark.anyio
@READS
async def test_async_walk_returns_the_same_rows(read: str) -> None:
    """The async interface returns the same rows and pages."""
    history = History.of(read, 250)
    assert [name_of(row) async for row in history.awalk(QUERIES[read]())] == history.names()
    rows = history.awalk(QUERIES[read](limit=100))
    first = name_of(await anext(rows))
    rest = [name_of(row) async for page in rows.pages() for row in page]
    assert [first, *rest] == history.names()


@READS
@pytest.mark.parametrize("taken", [0, 1, 57, 100, 199, 250])
def test_cursor_resumes_in_another_process(read: str, taken: int) -> None:
    """A walk resumed from its cursor returns the rest, even if rows were added meanwhile."""
    history = History.of(read, 250)
    before = history.names()
    rows = history.walk(QUERIES[read](limit=100))
    first = [name_of(next(rows)) for _ in range(taken)]
    cursor = json.loads(json.dumps(rows.cursor))
    Arrivals(180, 180)(history)
    rest = [name_of(row) for row in history.walk(QUERIES[read](limit=80), cursor)]
    assert first + only(rest, before) == before


@READS
def test_cursor_at_the_end_returns_no_row(read: str) -> None:
    """The cursor of a finished walk returns no row in another process."""
    history = History.of(read, 30)
    rows = history.walk(QUERIES[read]())
    assert len(list(rows)) == 30
    history.requests.clear()
    assert list(history.walk(QUERIES[read](), rows.cursor)) == []
    assert history.requests == []


@READS
def test_cursor_of_another_query_is_refused(read: str) -> None:
    """A cursor of another read or of other arguments, or an invalid one, is refused by name."""
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
def test_failure_during_a_walk_loses_no_row(read: str) -> None:
    """After an error the same iterator continues, without gap or duplicate."""
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
def test_unreached_total_is_an_error(read: str) -> None:
    """If the server counts more rows than it sends, the walk ends with an error."""
    history = History.of(read, 150)

    def more(body: bytes) -> bytes:
        content = json.loads(body)
        return json.dumps(content | {"total": content["total"] + 40}).encode()

    history.written = more
    found: list[Any] = []
    with pytest.raises(HistoryTruncated):
        found.extend(history.walk(QUERIES[read](limit=100)))
    assert [name_of(row) for row in found] == history.names()


@pytest.mark.slow
@READS
def test_long_walk_uses_little_memory(read: str) -> None:
    """A walk of 11,000 rows uses less than 5 MB more than a walk of one page."""

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

    assert peak(11_000) - peak(QUERIES[read]().limit) < 5_000_000
