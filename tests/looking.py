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

import httpx
import pytest
import sqlalchemy as sa

from whitebit_ext import Region, Store, regions
from whitebit_ext._async import engine as async_engine
from whitebit_ext._async.transport import AsyncTransport
from whitebit_ext._sync import engine as sync_engine
from whitebit_ext._sync.transport import Transport
from whitebit_ext.account import removal
from whitebit_ext.custody.leases import Lease, Leases
from whitebit_ext.custody.rows import KINDS, Custody, Value
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.custody.stores import SQLStore
from whitebit_ext.custody.values import StoredKey, TokenPair
from whitebit_ext.http.pools import Pools
from whitebit_ext.http.requests import Send
from whitebit_ext.keys.claims import Claim
from whitebit_ext.maintenance import Maintenance
from whitebit_ext.regions import Server
from whitebit_ext.runtime.clock import Clock, SystemClock
from whitebit_ext.runtime.rim import async_rim, rim
from whitebit_ext.sandbox import Sandbox

__all__ = [
    "KINDS",
    "Custody",
    "Lease",
    "Leases",
    "StoredKey",
    "TokenPair",
    "Value",
    "claim_of",
    "connected_to",
    "custody_of",
    "lease_lasting",
    "library_objects",
    "lead_to",
    "locks",
    "maintenance_of",
    "paused",
    "read_by",
    "row_id",
    "sent",
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


def claim_of(custody: Custody, user_id: str, external_id: str) -> Claim:
    """Return what custody knows of the request for one secret."""
    return Claim(custody, user_id, external_id)


def maintenance_of(store: Store, keys: Sequence[str]) -> Maintenance:
    """Return what the command line lists, checks and rotates a store with."""
    return Maintenance(store, Sealer(keys))


@contextlib.contextmanager
def lease_lasting(seconds: float, timeout: float) -> Iterator[None]:
    """Give the partner objects made meanwhile leases of another length.

    A lease outlasts the timeout by a constant, for which there is no argument: shorter ones would
    be wrong everywhere but in a test that waits for a lease to end.
    """
    usual = sync_engine._LEASE_OVER_TIMEOUT
    engines: tuple[Any, ...] = (sync_engine, async_engine)
    for engine in engines:
        engine._LEASE_OVER_TIMEOUT = seconds - timeout
    try:
        yield
    finally:
        for engine in engines:
            engine._LEASE_OVER_TIMEOUT = usual


# The database of an `SQLStore`


@contextlib.contextmanager
def writing(store: SQLStore) -> Iterator[sa.Connection]:
    """Return a connection as the store writes over it, to ask for its settings."""
    with store._transaction() as connection:
        yield connection


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
