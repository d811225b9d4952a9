"""Walks through the sandbox's histories, with both authorizations, sync and async."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal

from whitebit_ext import Convert, Deal, Order, Page, Transaction, User
from whitebit_ext.errors import HistoryTruncated, InvalidArgument, ServerError
from whitebit_ext.sandbox import PartnerClient, Sandbox

from .faces import Face, MovedClock, connected
from .test_forks import in_child

pytestmark = pytest.mark.slow
READS = ("transactions", "orders", "deals", "converts")
OPERATIONS = {
    ("bearer", "transactions"): "list_account_transactions",
    ("bearer", "orders"): "list_account_orders",
    ("bearer", "deals"): "list_account_deals",
    ("bearer", "converts"): "list_account_converts",
    ("signed", "transactions"): "list_main_account_history",
    ("signed", "orders"): "list_trade_account_order_history",
    ("signed", "deals"): "list_trade_account_executed_history",
    ("signed", "converts"): "list_convert_history",
}
# No more than 10,000 transactions can be paged through in one read; of the others all can.
COUNTS = {"transactions": 25_000, "orders": 11_000, "deals": 11_000, "converts": 11_000}
ARRIVING = 200


def ready(face: Face, **counts: Any) -> User:
    """Connect a user with histories of so many rows, and a stored key."""
    if "alice" not in {user.name for user in face.sandbox.users}:
        face.sandbox.add_user("alice")
    face.sandbox.seed_history("alice", **counts)
    user = connected(face)
    user.api_key.issue()
    return user


def walk(user: User, access: str, read: str, **arguments: Any) -> Any:
    """Begin a walk with one way of access."""
    return getattr(getattr(user, access).account, read)(**arguments)


def name_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the name that identifies a row of the sandbox in its history."""
    if "method" in row:
        return row["method"], row.get("transactionId", row.get("transaction_id"))
    return row.get("market"), int(row["id"]), row.get("orderId"), row.get("role")


def name(record: Transaction | Order | Deal | Convert) -> tuple[Any, ...]:
    """Return the same of a record."""
    match record:
        case Transaction():
            return int(record.method), record.transaction_id
        case Deal():
            return record.market, record.id, record.order_id, record.role and int(record.role)
        case Order():
            return record.market, record.id, None, None
        case Convert():
            return None, int(record.id), None, None


def rows_of(face: Face, read: Any) -> list[tuple[Any, ...]]:
    """Return the names of the sandbox's rows, in the server's order."""
    return [name_of(row) for row in face.sandbox.history("alice").rows(read)]


@pytest.fixture(params=["bearer", "signed"])
def access(request: pytest.FixtureRequest) -> str:
    """Return each way of access in turn."""
    found: str = request.param
    return found


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    ("face", "access"), [("sync", "bearer"), ("async", "signed")], indirect=["face"]
)
def test_long_history_is_read_completely(face: Face, access: str, read: Any) -> None:
    """Each of many rows is returned once and in order while 200 are added, without a refusal."""
    user = ready(face, **{read: COUNTS[read]})
    history = face.sandbox.history("alice")
    face.sandbox.settings.furthest_row = 9_999  # "less than 10,000"
    before = rows_of(face, read)
    history.schedule(read, 10, total=ARRIVING)
    face.sandbox.forget_requests()
    rows = walk(user, access, read)
    pages = [rows] if face.name == "sync" else rows.pages()  # row by row, and page by page
    found = [name(record) for page in pages for record in page]
    assert history.count(read) == COUNTS[read] + ARRIVING
    assert len(set(found)) == len(found)
    known = set(before)
    assert [one for one in found if one in known] == before
    assert set(found) <= set(rows_of(face, read))
    used = {record.operation for record in face.sandbox.requests}
    assert OPERATIONS[access, read] in used
    assert {record.status for record in face.sandbox.requests} <= {200, 201}


@pytest.mark.parametrize("read", READS)
def test_walk_resumes_in_another_process(
    sandbox: Sandbox,
    client: PartnerClient,
    clock: MovedClock,
    portal: BlockingPortal,
    access: str,
    read: str,
) -> None:
    """A process that has only the cursor continues with the row after the last one returned."""
    face = Face("sync", sandbox, client, clock, portal)
    user = ready(face, **{read: 1_200})
    rows = walk(user, access, read)
    given = [name(next(rows)) for _ in range(733)]
    cursor = rows.cursor
    sandbox.history("alice").arrive(read, 40)  # type: ignore[arg-type]  # a name, at run time

    def go_on() -> str:
        user = face.partner().user("alice")
        rest = [name(record) for record in walk(user, access, read, cursor=cursor)]
        return repr((len(rest), rest[0], rest[-1], len({*rest, *given})))

    known = rows_of(face, read)[40:]
    assert given == known[:733]
    assert in_child(go_on) == repr((467, known[733], known[-1], 1_200))
    face.close()


def test_long_walk_uses_little_memory(
    sandbox: Sandbox, client: PartnerClient, clock: MovedClock, portal: BlockingPortal
) -> None:
    """A walk of 11,000 rows over HTTP uses less than 5 MB more than one page, with the sandbox."""
    face = Face("sync", sandbox, client, clock, portal)
    user = ready(face, transactions=11_000)
    next(walk(user, "signed", "transactions"))  # what loads once, and what the sandbox indexes
    sandbox.history("alice").ledger("transactions").values("ticker")
    tracemalloc.start()
    try:
        next(walk(user, "signed", "transactions").pages())
        _, one = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        assert sum(1 for _ in walk(user, "signed", "transactions")) == 11_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        face.close()
    assert peak - one < 5_000_000


@pytest.mark.parametrize("read", READS)
def test_pages_rows_and_dicts_are_the_same_rows(face: Face, access: str, read: str) -> None:
    """Pages of the requested size, rows, and dicts for a data frame have the same content."""
    user = ready(face, **{read: 130})
    rows = list(walk(user, access, read))
    pages = list(walk(user, access, read, limit=20).pages())
    assert all(isinstance(page, Page) for page in pages)
    assert max(len(page) for page in pages) in (19, 20)  # pages overlap by a row
    assert [record for page in pages for record in page] == rows
    dicts = walk(user, access, read).to_dicts()
    assert len(dicts) == 130
    assert {tuple(one) for one in dicts} == {tuple(dicts[0])}
    assert [name(record) for record in rows] == rows_of(face, read)


@pytest.mark.parametrize("read", READS)
def test_times_limit_a_walk(face: Face, access: str, read: str) -> None:
    """Only rows from `since` (inclusive) to `until` (exclusive) are returned."""
    user = ready(face, **{read: 400})
    every = list(walk(user, access, read))
    times = [_time(record) for record in every]
    since, until = times[300].replace(microsecond=0), times[100].replace(microsecond=0)
    found = list(walk(user, access, read, since=since, until=until))
    inside = [r for r, at in zip(every, times, strict=True) if since <= at < until]
    assert [record for record in found if _time(record) < until] == inside
    # Of orders the server alone compares dates, in whole seconds.
    assert all(_time(record) < until + timedelta(seconds=1) for record in found)


def _time(record: Transaction | Order | Deal | Convert) -> datetime:
    match record:
        case Deal():
            return record.time
        case Convert():
            return record.date
        case _:
            return record.created_at


def test_walk_continues_after_an_error(face: Face, access: str) -> None:
    """After an error the same iterator returns the remaining rows, and no row twice."""
    user = ready(face, deals=1_000)
    rows = walk(user, access, "deals", limit=100)
    found = [name(next(rows)) for _ in range(250)]
    operation = OPERATIONS[access, "deals"]
    with face.sandbox.faults.add(operation, kind="status", status=503, times=None):
        with pytest.raises(ServerError):
            found.extend(name(record) for record in rows)
        with pytest.raises(ServerError) as caught:
            next(rows)
    assert caught.value.operation == operation
    found.extend(name(record) for record in rows)
    assert found[:300] == rows_of(face, "deals")[:300]
    assert found == rows_of(face, "deals")


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    ("face", "access"), [("sync", "signed"), ("async", "bearer")], indirect=["face"]
)
def test_reduced_limit_costs_no_row(face: Face, access: str, read: str) -> None:
    """If the server sends 100 rows where 500 were asked for, the walk reads on."""
    user = ready(face, **{read: 1_234})
    face.sandbox.settings.largest_page = 100
    assert [name(record) for record in walk(user, access, read)] == rows_of(face, read)


@pytest.mark.parametrize(
    ("face", "access"), [("sync", "bearer"), ("async", "signed")], indirect=["face"]
)
def test_unreachable_rows_are_an_error(face: Face, access: str) -> None:
    """More than 10,000 rows of one currency, method and status give `HistoryTruncated`."""
    user = ready(face)
    now = face.sandbox.clock.now()
    history = face.sandbox.history("alice")
    history.seed(transactions=1)
    (row,) = history.rows("transactions")
    history.put(
        "transactions",
        (
            row | {"createdAt": int(now) - number, "transactionId": f"{number}", "uniqueId": None}
            for number in range(10_300)
        ),
    )
    rows = walk(user, access, "transactions")
    count = len([next(rows) for _ in range(9_999)])
    with pytest.raises(HistoryTruncated) as caught:
        next(rows)
    assert (count, caught.value.reached, caught.value.total) == (9_999, 9_999, 10_300)
    assert sum(part.rows for part in caught.value.unreached) == 301
    assert {part.ticker for part in caught.value.unreached} <= {row["ticker"], None}


def test_single_order_is_found(face: Face, access: str) -> None:
    """An order is found by WhiteBIT's id or the client's; without a match the walk is empty."""
    user = ready(face, orders=60)
    row = next(r for r in face.sandbox.history("alice").rows("orders") if r["clientOrderId"])
    for arguments in ({"order_id": row["id"]}, {"client_order_id": row["clientOrderId"]}):
        (found,) = walk(user, access, "orders", **arguments)
        assert (found.id, found.market) == (row["id"], row["market"])
    assert list(walk(user, access, "orders", order_id=1)) == []
    assert list(walk(user, access, "orders", client_order_id="none")) == []


def test_filters_are_sent(face: Face, access: str) -> None:
    """Method, ticker, status, market and tickers filter a walk as they filter the rows."""
    user = ready(face, transactions=300, orders=300, deals=300, converts=300)
    history = face.sandbox.history("alice")
    rows = {read: history.rows(read) for read in READS}  # type: ignore[arg-type]  # names
    cases: list[tuple[str, dict[str, Any], Any]] = [
        ("transactions", {"method": 1}, lambda row: row["method"] == 1),
        ("transactions", {"ticker": "BTC"}, lambda row: row["ticker"] == "BTC"),
        ("transactions", {"method": 2, "status": [3, 7]},
         lambda row: row["method"] == 2 and row["status"] in (3, 7)),
        ("orders", {"market": "BTC_USDT"}, lambda row: row["market"] == "BTC_USDT"),
        ("orders", {"status": "FILLED"}, lambda row: row["status"] == "FILLED"),
        ("deals", {"market": "ETH_BTC"}, lambda row: row["market"] == "ETH_BTC"),
        ("converts", {"from_ticker": "ETH"}, lambda row: row["path"][0]["from"] == "ETH"),
    ]  # fmt: skip
    for read, arguments, kept in cases:
        expected = [name_of(row) for row in rows[read] if kept(row)]
        assert expected, (read, arguments)
        assert [name(found) for found in walk(user, access, read, **arguments)] == expected


@pytest.mark.parametrize(
    ("read", "arguments", "argument"),
    [
        ("transactions", {"method": 3}, "method"),
        ("transactions", {"addresses": ["a"] * 21}, "addresses"),
        ("transactions", {"limit": 501}, "limit"),
        ("orders", {"status": "LOST"}, "status"),
        ("orders", {"since": datetime(2026, 1, 1)}, "since"),
        ("deals", {"until": 1_700_000_000}, "until"),
        ("deals", {"market": ""}, "market"),
        ("converts", {"limit": 101}, "limit"),
        ("converts", {"cursor": "nonsense"}, "cursor"),
        (
            "converts",
            {"since": datetime(2026, 2, 1, tzinfo=UTC), "until": datetime(2026, 1, 1, tzinfo=UTC)},
            "since",
        ),
    ],
)
def test_wrong_argument_is_named(
    face: Face, access: str, read: str, arguments: dict[str, Any], argument: str
) -> None:
    """A wrong argument is refused at the call, before a request."""
    user = face.partner().user("alice")
    with pytest.raises(InvalidArgument) as caught:
        walk(user, access, read, **arguments)
    assert caught.value.argument == argument
    assert face.sandbox.requests == []


def test_cursor_of_other_arguments_is_refused(face: Face, access: str) -> None:
    """A cursor is valid only with the arguments of its walk."""
    user = ready(face, deals=10)
    rows = walk(user, access, "deals")
    next(rows)
    with pytest.raises(InvalidArgument, match="other arguments"):
        walk(user, access, "deals", market="BTC_USDT", cursor=rows.cursor)
    assert len(list(walk(user, access, "deals", limit=3, cursor=rows.cursor))) == 9
