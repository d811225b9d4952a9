"""Number of refreshes that the server receives for one expired pair and many callers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from whitebit_ext import AsyncWhiteBIT

from .authlib_peer import THREADS, AuthlibPeer
from .figures import Figure
from .partners import PUBLIC_KEY, SECRET, USER, MovedClock, callback_of, partner, settings
from .server import PLAIN_TOKEN_PATH, SHORT_LIVED, CannedServer

TASKS = 1_000
_REFRESH = "/oauth2/refresh_token"
_PAST_THE_ACCESS_TOKEN = 310.0
"""Seconds: more than the access token's 300, less than the refresh token's 600."""


def flights(server: CannedServer) -> list[Figure]:
    """Count the refreshes of 32 threads, of 1,000 tasks, and after a cancelled first task."""

    def counted(path: str, act: Callable[[], object]) -> float:
        before = server.counts()[path]
        act()
        return server.counts()[path] - before

    with AuthlibPeer(server.url) as authlib:
        theirs = counted(PLAIN_TOKEN_PATH, lambda: authlib.do("threads", THREADS))
        cancelled = counted(PLAIN_TOKEN_PATH, lambda: authlib.do("cancelled", 10))
    name = "refreshes of one expired pair"
    return [
        Figure(
            f"{name}, {THREADS} threads",
            *(1, counted(_REFRESH, lambda: _threads(server.url)), ""),
            peers={"Authlib": theirs},
        ),
        Figure(f"{name}, {TASKS} tasks", 1, counted(_REFRESH, lambda: _tasks(server.url)), ""),
        Figure(
            f"{name}, 10 tasks, the first cancelled",
            *(1, counted(_REFRESH, lambda: _cancelled(server.url)), ""),
            peers={"Authlib": cancelled},
        ),
    ]


def _threads(url: str) -> None:
    clock = MovedClock()
    with partner(url, clock=clock, client_id=SHORT_LIVED, refresh_interval=0.0) as ours:
        clock.moved = _PAST_THE_ACCESS_TOKEN
        starting = threading.Barrier(THREADS)

        def one() -> None:
            starting.wait()
            ours.user(USER).bearer.account.balances.spot()

        running = [threading.Thread(target=one) for _ in range(THREADS)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()


def _tasks(url: str) -> None:
    async def all_at_once(ours: AsyncWhiteBIT) -> None:
        user = ours.user(USER)
        await asyncio.gather(*(user.bearer.account.balances.spot() for _ in range(TASKS)))

    asyncio.run(_expired(url, all_at_once))


def _cancelled(url: str) -> None:
    async def without_the_first(ours: AsyncWhiteBIT) -> None:
        user = ours.user(USER)
        tasks = [asyncio.create_task(user.bearer.account.balances.spot()) for _ in range(10)]
        await asyncio.sleep(0.03)  # the request was sent, and the response is pending
        tasks[0].cancel()
        await asyncio.gather(*tasks[1:])

    asyncio.run(_expired(url, without_the_first))


async def _expired(url: str, act: Callable[[AsyncWhiteBIT], object]) -> None:
    """Call a function with a user whose access token has just expired."""
    clock = MovedClock()
    made = settings(url, clock=clock, client_id=SHORT_LIVED, refresh_interval=0.0)
    async with AsyncWhiteBIT(**made) as ours:
        login = await ours.authorize(USER)
        await ours.connect(callback_of(login), binding=login.binding, user_id=USER)
        await ours.adopt(USER, public_key=PUBLIC_KEY, secret=SECRET)
        clock.moved = _PAST_THE_ACCESS_TOKEN
        outcome = act(ours)
        assert asyncio.iscoroutine(outcome)  # noqa: S101  # for the type checker
        await outcome
