"""One refresh for all who need it: threads, tasks, processes, cancelled leaders, closed loops."""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from whitebit_ext import AsyncUser, AsyncWhiteBIT
from whitebit_ext.sandbox import Hold, PartnerClient, Sandbox

from .faces import Face, MovedClock, connected
from .refreshing import in_thread, read, refreshes

T = TypeVar("T")


@pytest.fixture
def wired(
    sandbox: Sandbox, client: PartnerClient, clock: MovedClock, portal: BlockingPortal
) -> Face:
    """Return a face to take the arguments of partner objects from, with an expired pair."""
    face = Face("sync", sandbox, client, clock, portal)
    connected(face)
    face.close()
    clock.advance(305)
    return face


async def aread(user: AsyncUser) -> None:
    """Read something that takes an access token."""
    assert await user.bearer.account.balances.main()


async def held_up(held: Hold) -> None:
    """Wait, outside of the loop, until a request is held up in the sandbox."""
    await asyncio.to_thread(held.wait, 1, timeout=30)


async def with_alice(face: Face, call: Callable[[AsyncUser], Awaitable[T]]) -> T:
    """Do something with alice through an async partner object of this loop."""
    async with AsyncWhiteBIT(**face.arguments()) as partner:
        return await call(partner.user("alice"))


def test_threads_share_one_refresh(face: Face) -> None:
    """Thirty-two threads with one expired pair cause one refresh, and all are served."""
    user = connected(face)
    face.clock.advance(305)
    calls = [in_thread(lambda: read(user)) for _ in range(32)]
    for thread, _ in calls:
        thread.join()
    assert [errors for _, errors in calls if errors] == []
    assert refreshes(face) == 1


def test_processes_share_one_refresh(face: Face) -> None:
    """Four partner objects over one store, six threads each: one refresh."""
    connected(face)
    face.clock.advance(305)
    users = [face.partner().user("alice") for _ in range(4)]
    calls = [in_thread(functools.partial(read, user)) for user in users * 6]
    for thread, _ in calls:
        thread.join()
    assert [errors for _, errors in calls if errors] == []
    assert refreshes(face) == 1


def test_tasks_share_one_refresh(wired: Face) -> None:
    """Two hundred tasks of one loop with one expired pair cause one refresh."""

    async def all_at_once(user: AsyncUser) -> None:
        await asyncio.gather(*(aread(user) for _ in range(200)))

    asyncio.run(with_alice(wired, all_at_once))
    assert refreshes(wired) == 1


def test_a_cancelled_leader_cancels_nothing(wired: Face) -> None:
    """The task that began the refresh is cancelled: those who joined it get its outcome."""

    async def cancel_the_leader(user: AsyncUser) -> None:
        with wired.sandbox.hold("refresh_token") as held:
            leader = asyncio.create_task(aread(user))
            await held_up(held)
            followers = [asyncio.create_task(aread(user)) for _ in range(20)]
            await asyncio.sleep(0.01)
            leader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leader
        await asyncio.gather(*followers)

    asyncio.run(with_alice(wired, cancel_the_leader))
    assert refreshes(wired) == 1


def test_a_refresh_that_nobody_waits_for_is_stored(wired: Face) -> None:
    """Every caller is cancelled: the pair is committed all the same, and serves the next one."""

    async def cancel_all(user: AsyncUser) -> None:
        with wired.sandbox.hold("refresh_token") as held:
            tasks = [asyncio.create_task(aread(user)) for _ in range(5)]
            await held_up(held)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(with_alice(wired, cancel_all))
    asyncio.run(with_alice(wired, aread))
    assert refreshes(wired) == 1


def test_a_loop_that_closes_loses_nothing(wired: Face) -> None:
    """A loop ends in the middle of a refresh, and another goes on with the same partner object."""
    partner = AsyncWhiteBIT(**wired.arguments())

    async def leave() -> None:
        asyncio.create_task(aread(partner.user("alice")))  # noqa: RUF006  # the loop drops it
        await held_up(held)

    async def go_on() -> None:
        await aread(partner.user("alice"))
        await partner.aclose()

    with wired.sandbox.hold("refresh_token") as held:
        asyncio.run(leave())
    asyncio.run(go_on())
    assert refreshes(wired) == 1


def test_two_loops_share_one_refresh(wired: Face) -> None:
    """Tasks in two loops of two threads, one partner object: one refresh."""
    # `aclose` closes the pool of its own loop: those of these loops keep no connection.
    none_kept = httpx.Limits(max_keepalive_connections=0)
    partner = AsyncWhiteBIT(
        **wired.arguments(async_transport=lambda: httpx.AsyncHTTPTransport(limits=none_kept))
    )

    async def several() -> None:
        await asyncio.gather(*(aread(partner.user("alice")) for _ in range(10)))

    calls = [in_thread(lambda: asyncio.run(several())) for _ in range(2)]
    for thread, _ in calls:
        thread.join()
    assert [errors for _, errors in calls if errors] == []
    asyncio.run(partner.aclose())
    assert refreshes(wired) == 1


def test_a_timeout_of_the_caller_stops_nothing(wired: Face) -> None:
    """A timeout around a call ends the wait, not the refresh."""

    async def give_up(user: AsyncUser) -> None:
        with wired.sandbox.hold("refresh_token") as held:
            task = asyncio.create_task(aread(user))
            await held_up(held)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(task, 0.01)
        await aread(user)

    asyncio.run(with_alice(wired, give_up))
    assert refreshes(wired) == 1


def test_refreshes_of_many_users_are_a_second_apart(face: Face) -> None:
    """Six users of two processes leave one after the other, a second apart."""
    # Departures are paced; on a clock that is moved by hand, arrivals may come closer.
    face.sandbox.limits.refresh_enabled = False
    names = [f"user-{number}" for number in range(6)]
    here, there = face.partner(), face.partner()
    for name in names:
        connected(face, name, partner=here)
    face.clock.advance(305)
    began = face.clock.monotonic()
    users = [by.user(name) for name, by in zip(names, itertools.cycle([here, there]), strict=False)]
    calls = [in_thread(functools.partial(read, user)) for user in users]
    for thread, _ in calls:
        thread.join()
    assert [errors for _, errors in calls if errors] == []
    assert refreshes(face) == 6
    assert face.clock.monotonic() - began >= 5.0 - 1e-6


def test_a_partner_may_set_its_own_pace(face: Face) -> None:
    """Without an interval nobody waits: for a partner whose limit was lifted."""
    face.sandbox.limits.refresh_enabled = False
    partner = face.partner(refresh_interval=0)
    for name in ("alice", "bob"):
        connected(face, name, partner=partner)
    face.clock.advance(305)
    for name in ("alice", "bob"):
        read(partner.user(name))
    assert face.clock.slept == []
    assert refreshes(face) == 2
