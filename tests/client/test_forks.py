"""A forked child has its own pools, threads and locks."""

from __future__ import annotations

import asyncio
import os
import select
import threading
import warnings
from collections.abc import Callable, Iterator

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from whitebit_ext import User
from whitebit_ext.sandbox import PartnerClient, Sandbox

from ..looking import locks
from .faces import Face, MovedClock, connected


@pytest.fixture
def forked(
    sandbox: Sandbox, client: PartnerClient, clock: MovedClock, portal: BlockingPortal
) -> Iterator[tuple[User, Face]]:
    """Return a user of a partner object that was used before the fork."""
    face = Face("sync", sandbox, client, clock, portal)
    user = connected(face)
    user.api_key.issue()
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


def test_child_has_its_own_parts(forked: tuple[User, Face]) -> None:
    """A forked child opens its own connections and threads, and does not touch its parent's."""
    user, face = forked
    before = face.sandbox.connections()

    def read() -> str:
        face.clock._lock = threading.Lock()
        names = sorted(user.account.balances.spot())
        user.api_key.info()
        return f"{len(names)} {user.api_key.issue().external_id}"

    key = user.api_key.issue()
    said = in_child(read)
    assert said == f"{len(user.account.balances.spot())} {key.external_id}"
    assert face.sandbox.connections() > before
    user.api_key.info()


def test_auth_object_of_the_parent_signs_in_the_child(forked: tuple[User, Face]) -> None:
    """An auth object that a task of the parent used before the fork is used by one of the child."""
    user, _ = forked
    key = user.api_key.issue()
    auth = key.auth()

    async def sign() -> str:
        request = httpx.Request("POST", f"{key.origin}/api/v4/trade-account/balance", json={})
        flow = auth.async_auth_flow(request)
        signed = await anext(flow)
        await flow.aclose()
        return str(signed.headers["x-txc-apikey"])

    assert asyncio.run(sign()) == key.public_key
    assert in_child(lambda: asyncio.run(asyncio.wait_for(sign(), 5))) == key.public_key


def test_child_is_not_blocked_by_locks_of_the_parent(forked: tuple[User, Face]) -> None:
    """A fork while another thread holds every lock gives a child that works."""
    user, _ = forked
    held = locks(user)
    assert len(held) > 3
    for lock in held:
        assert lock.acquire(timeout=5)
    try:
        said = in_child(lambda: user.api_key.issue().external_id)
    finally:
        for lock in held:
            lock.release()
    assert said == user.api_key.issue().external_id
