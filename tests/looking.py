"""What tests look at from beside a partner object: rows, leases, locks, a shorter lease.

Tests of behavior use public names, and this file where those show too little: what custody holds
is read here over the same store with the same encryption key. It is the only file of theirs that
knows the library's inside; tests of an internal module import that module alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType, MethodType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx
import pytest
import sqlalchemy as sa

from whitebit_ext import Login, Region, Secret, Store, regions
from whitebit_ext._async import engine as async_engine
from whitebit_ext._async.transport import AsyncTransport
from whitebit_ext._sync import engine as sync_engine
from whitebit_ext._sync.transport import Transport
from whitebit_ext.account import removal
from whitebit_ext.custody import once
from whitebit_ext.custody.changes import ask, release
from whitebit_ext.custody.connection import Connection, Lease
from whitebit_ext.custody.connections import Connections, fresh_id
from whitebit_ext.custody.journal import lose, note
from whitebit_ext.custody.outcomes import Change, Outcome
from whitebit_ext.custody.rows import KINDS, Custody, Value, login_id
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.custody.stores import SQLStore
from whitebit_ext.custody.values import LONGEST_ANSWER, Asks, Key, Standing, TokenPair, Verdict
from whitebit_ext.http.pools import Pools
from whitebit_ext.http.requests import Send
from whitebit_ext.maintenance import Maintenance
from whitebit_ext.regions import Server
from whitebit_ext.runtime.clock import Clock, SystemClock
from whitebit_ext.runtime.rim import async_rim, rim
from whitebit_ext.runtime.workers import Flights
from whitebit_ext.sandbox import Sandbox

__all__ = [
    "KINDS",
    "LONGEST_ANSWER",
    "Custody",
    "Asks",
    "Connection",
    "Connections",
    "Flights",
    "Key",
    "Lease",
    "Standing",
    "TokenPair",
    "Value",
    "Verdict",
    "age_rows",
    "are_flying",
    "changed",
    "connected_to",
    "custody_of",
    "flights_of",
    "key_of",
    "lease_lasting",
    "lease_released",
    "lease_taken",
    "library_objects",
    "lead_to",
    "locks",
    "lose",
    "note",
    "login_id",
    "maintenance_of",
    "pair_of",
    "paused",
    "read_by",
    "put_key",
    "put_pair",
    "row_id",
    "row_of",
    "sent",
    "state_of",
    "warn_again",
    "writing",
]

_LOCKS = (type(threading.Lock()), type(threading.RLock()))


# Rows


def custody_of(
    store: Store,
    keys: Sequence[str],
    client_id: str,
    base_url: str | None = None,
    *,
    region: Region = Region.GLOBAL,
    clock: Clock | None = None,
) -> Custody:
    """Open the rows of a partner from beside it.

    Args:
        store: The partner's store.
        keys: The partner's encryption keys.
        client_id: The partner's client id.
        base_url: The partner's server, if it is not the region's own.
        region: The partner's region.
        clock: What entries of the journal are dated by.
    """
    server = Server.of(region, base_url)
    return Custody(store, Sealer(keys), server, client_id, clock or SystemClock())


def row_id(custody: Custody, *subject: str) -> str:
    """Return the id under which the store has a row: a test that spoils a row must find it."""
    return custody._id(subject)


def state_of(login: Login) -> str:
    """Return the state of a login, which stands in its URL alone."""
    return parse_qs(urlsplit(login.url).query)["state"][0]


def row_of(custody: Custody, user_id: str) -> Connection | None:
    """Return the connection row of a user."""
    return Connections(custody, SystemClock()).read(user_id).row


def pair_of(custody: Custody, user_id: str) -> TokenPair | None:
    """Return the stored token pair of a user."""
    row = row_of(custody, user_id)
    return None if row is None else row.pair


def key_of(custody: Custody, user_id: str) -> Key | None:
    """Return the stored key of a user: the one that signs, else the latest with a secret."""
    row = row_of(custody, user_id)
    if row is None:
        return None
    stored = [key for key in row.keys if key.secret is not None]
    return row.signing_key or max(stored, key=lambda key: key.confirmed, default=None)


def put_pair(custody: Custody, user_id: str, pair: TokenPair) -> None:
    """Store a token pair beside whatever else there is of the user."""
    _put(custody, user_id, lambda row: attrs.evolve(row, pair=pair))


def put_key(custody: Custody, user_id: str, external_id: str, **fields: Any) -> None:
    """Store a key: usable, with a secret, and whatever fields are given."""
    made: dict[str, Any] = {
        "public_key": external_id,
        "secret": Secret("c2VjcmV0"),
        "standing": Standing.USABLE,
        "generation": 1,
        "confirmed": 1,
        "since": custody.now(),
    } | fields
    _put(custody, user_id, lambda row: attrs.evolve(row, keys=(Key(external_id, **made),)))


def _put(custody: Custody, user_id: str, change: Callable[[Connection], Connection]) -> None:
    new = Connection(fresh_id(), seq=0, generation=1, login="login")

    def make(row: Connection | None) -> Change:
        after = change(row or new)
        return Change(Outcome.DONE, attrs.evolve(after, seq=after.seq + 1))

    Connections(custody, SystemClock()).commit(user_id, make)


def changed(
    custody: Custody, user_id: str, change: Callable[[Connection], Connection]
) -> Connection:
    """Replace the connection row of a user, as another process would."""
    row = row_of(custody, user_id)
    assert row is not None
    after = change(row)
    after = attrs.evolve(after, seq=row.seq + 1)
    Connections(custody, SystemClock()).commit(user_id, lambda _: Change(Outcome.DONE, after))
    return after


def lease_taken(custody: Custody, user_id: str, asks: Asks, subject: str = "") -> str:
    """Take the lease of a user's row, as another process would; return the attempt's id."""
    id = fresh_id()

    def change(row: Connection | None) -> Change:
        assert row is not None
        about = subject
        if asks is Asks.REFRESH and row.pair is not None:
            about = row.pair.digest or ""
        return ask(row, row.pin, attempt=id, asks=asks, subject=about, now=custody.now())

    made = Connections(custody, SystemClock()).commit(user_id, change)
    assert made.change.outcome is Outcome.DONE, made.change.outcome
    return id


def lease_released(custody: Custody, user_id: str, attempt: str) -> None:
    """Give such a lease back."""
    Connections(custody, SystemClock()).commit(user_id, lambda row: release(row, attempt))


def maintenance_of(store: Store, keys: Sequence[str]) -> Maintenance:
    """Return what the command line lists, checks and rotates a store with."""
    return Maintenance(store, Sealer(keys))


@contextlib.contextmanager
def lease_lasting(seconds: float, timeout: float) -> Iterator[None]:
    """Give the partner objects made meanwhile leases of another length.

    A lease outlasts two timeouts by a constant, for which there is no argument: shorter ones would
    be wrong everywhere but in a test that waits for a lease to end.
    """
    usual, patience = sync_engine._LEASE_OVER_TIMEOUTS, once.COMMIT_PATIENCE
    once.COMMIT_PATIENCE = min(seconds, patience)  # a verdict waits for it too
    engines: tuple[Any, ...] = (sync_engine, async_engine)
    for engine in engines:
        engine._LEASE_OVER_TIMEOUTS = seconds - 2 * min(timeout, 30.0)
    try:
        yield
    finally:
        for engine in engines:
            engine._LEASE_OVER_TIMEOUTS = usual
        once.COMMIT_PATIENCE = patience


# The database of an `SQLStore`


@contextlib.contextmanager
def writing(store: SQLStore) -> Iterator[sa.Connection]:
    """Return a connection as the store writes over it, to ask for its settings."""
    with store._transaction() as connection:
        yield connection


def age_rows(store: SQLStore, seconds: float) -> None:
    """Make every row so much older, as one is whose writer died some time ago."""
    with writing(store) as connection:
        connection.exec_driver_sql(
            f"UPDATE whitebit_oauth_rows SET written_at = written_at - {seconds}"  # noqa: S608  # a number
        )
        store._backend.commit(connection)


@contextlib.contextmanager
def connected_to(store: SQLStore) -> Iterator[sa.Connection]:
    """Return a connection of the store's pool."""
    with store._engine.connect() as connection:
        yield connection


def read_by(store: SQLStore) -> str:
    """Return the statement that reads a row, with all its values the same."""
    return re.sub(r"\$\d|\?", "'a'", store._say.get)


# One request


def sent(
    server: Server,
    operation: str,
    endpoint: Any,
    *,
    timeout: float,
    face: str = "sync",
    parse: Callable[[bytes], Any] = bytes,
    auth: httpx.Auth | None = None,
    **options: Any,
) -> Any:
    """Send one request of the generated client as every call does in the end.

    For what no public call can bring about: an operation that its region refuses before this, an
    endpoint that names another server, the bytes that are kept of an answer.

    Args:
        server: Where it goes.
        operation: The operation's name.
        endpoint: The generated module of the operation.
        timeout: Seconds until it is given up.
        face: `sync` or `async`.
        parse: Makes the result of the body.
        auth: Puts the credential on it.
        **options: What else a request has, such as `arguments` and `keep`.
    """
    pools = Pools(server, timeout=timeout)
    request: Send[Any] = Send(operation, endpoint, parse, **options)
    if face == "sync":
        try:
            return rim(Transport(pools, timeout).send)(request, auth)
        finally:
            pools.close()

    async def main() -> Any:
        try:
            return await async_rim(AsyncTransport(pools, timeout).send)(request, auth)
        finally:
            await pools.aclose()

    return asyncio.run(main())


# The sandbox


@contextlib.contextmanager
def paused(sandbox: Sandbox) -> Iterator[None]:
    """Hold a running sandbox's thread at a point where it holds no lock, for a fork meanwhile."""
    server = sandbox._server
    assert server is not None
    loop = server._loop
    assert loop is not None
    standing, over = threading.Event(), threading.Event()

    def stand() -> None:
        standing.set()
        over.wait(10.0)

    loop.call_soon_threadsafe(stand)
    standing.wait(10.0)
    try:
        yield
    finally:
        over.set()


# What a process has once


def warn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the warning of the Bearer reads, which comes once in a process, come once more."""
    monkeypatch.setattr(removal, "_warned", False)


def lead_to(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Have the global region's public address lead elsewhere: examples name no other one."""
    monkeypatch.setattr(regions, "SERVERS", {"global": url})


# Objects


def library_objects(root: object) -> list[object]:
    """Return the library's objects that an object reaches through attributes and containers."""
    return [thing for thing in _reached(root) if _is_ours(thing)]


def flights_of(root: object) -> list[Flights]:
    """Return what runs the one-time requests of a partner object, in threads."""
    return [thing for thing in _reached(root) if isinstance(thing, Flights)]


def are_flying(flights: Sequence[Flights]) -> bool:
    """Return whether a one-time request is under way, or waits for its turn."""
    return any(one._flying for one in flights)


def locks(root: object) -> list[Any]:
    """Return the locks that the library's objects behind an object hold."""
    return [thing for thing in _reached(root) if isinstance(thing, _LOCKS)]


def _is_ours(thing: object) -> bool:
    module = type(thing).__module__
    return module.startswith("whitebit_ext") and not module.startswith("whitebit_ext.sandbox")


def _reached(root: object) -> list[object]:
    seen: dict[int, object] = {}
    left = [root]
    while left:
        thing = left.pop()
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing
        if thing is root or _is_ours(thing):
            left += _attributes(thing)
        elif isinstance(thing, Mapping):
            left += [*thing.keys(), *thing.values()]
        elif isinstance(thing, (list, tuple, set, frozenset)):
            left += thing
        elif isinstance(thing, MethodType):
            left.append(thing.__self__)
        elif isinstance(thing, FunctionType):
            left += [cell.cell_contents for cell in thing.__closure__ or ()]
    return list(seen.values())


def _attributes(thing: object) -> list[object]:
    """Return the values of an object's attributes, without asking its own `__getattr__`."""
    found = [*getattr(thing, "__dict__", {}).values()]
    for kind in type(thing).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            with contextlib.suppress(AttributeError):  # a slot that is empty
                found.append(object.__getattribute__(thing, name))
    return found
