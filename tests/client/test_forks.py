"""A forked child has pools, threads and locks of its own."""

from __future__ import annotations

import os
import select
import threading
import warnings
from collections.abc import Callable, Iterator

import pytest
from anyio.from_thread import BlockingPortal

from whitebit_ext import User
from whitebit_ext.sandbox import PartnerClient, Sandbox

from .faces import Face, MovedClock, connected


@pytest.fixture
def forked(
    sandbox: Sandbox, client: PartnerClient, clock: MovedClock, portal: BlockingPortal
) -> Iterator[tuple[User, Face]]:
    """Return a user of a partner object that was used before the fork."""
    face = Face("sync", sandbox, client, clock, portal)
    user = connected(face)
    user.api_keys.issue()
    yield user, face
    face.close()


def in_child(function: Callable[[], str]) -> str:
    """Run a function in a forked child, and return what it returned."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: fork beside threads
        child = os.fork()
    if child == 0:
        try:
            os.write(writing, function().encode()[:4000])
        except BaseException as error:  # the child must not go on as pytest
            os.write(writing, f"{type(error).__name__}: {error}".encode()[:4000])
        finally:
            os._exit(0)
    os.close(writing)
    try:
        ready, _, _ = select.select([reading], [], [], 10)
        if not ready:
            os.kill(child, 9)
        return os.read(reading, 4000).decode() if ready else "the child hangs"
    finally:
        os.close(reading)
        os.waitpid(child, 0)


def test_a_child_has_parts_of_its_own(forked: tuple[User, Face]) -> None:
    """A forked child opens its own connections and threads, and leaves its parent's alone."""
    user, face = forked
    before = face.sandbox.connections()

    def read() -> str:
        face.clock._lock = threading.Lock()
        names = sorted(user.account.balances.spot())
        user.api_keys.info()
        return f"{len(names)} {user.api_keys.issue().external_id}"

    key = user.api_keys.issue()
    said = in_child(read)
    assert said == f"{len(user.account.balances.spot())} {key.external_id}"
    assert face.sandbox.connections() > before
    user.api_keys.info()


def test_a_child_is_not_held_by_its_parents_locks(forked: tuple[User, Face]) -> None:
    """A fork while another thread holds every lock leaves a child that works."""
    user, face = forked
    engine = user._engine
    locks = [
        engine._pools._lock,
        engine.store_workers._lock,
        engine._exchange_workers._lock,
        face.store._lock,  # type: ignore[attr-defined]  # a MemoryStore
    ]
    for lock in locks:
        lock.acquire()
    try:
        said = in_child(lambda: user.api_keys.issue().external_id)
    finally:
        for lock in locks:
            lock.release()
    assert said == user.api_keys.issue().external_id
