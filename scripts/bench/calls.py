"""Sequential calls and fifty concurrent ones, compared with raw httpx and `json.loads`."""

from __future__ import annotations

import asyncio
import functools
import json
import statistics
import time
from collections.abc import Awaitable, Callable

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from whitebit_api.api.account import get_account_spot_balance
from whitebit_api.client import AuthenticatedClient
from whitebit_api.models.spot_balance_request import SpotBalanceRequest
from whitebit_ext import AsyncWhiteBIT

from .authlib_peer import AuthlibPeer
from .figures import Figure, ratio
from .partners import (
    PUBLIC_KEY,
    SECRET,
    TOKEN,
    USER,
    callback_of,
    partner,
    raw_bearer,
    raw_signed,
    settings,
    times,
)
from .rounds import Batch, Measured, in_turns
from .server import BEARER_PATH, CannedServer

AT_ONCE = 50
DELAY = 0.02
"""Response time in seconds of a server on another machine."""


def sync_calls(url: str, rounds: int, calls: int) -> list[Figure]:
    """Measure sequential calls, with a token and signed."""
    with (
        partner(url) as ours,
        httpx.Client(base_url=url) as client,
        AuthenticatedClient(url, token=TOKEN) as generated,
        AuthlibPeer(url) as authlib,
    ):
        user = ours.user(USER)

        def through_generated() -> object:
            built = get_account_spot_balance.build_request(body=SpotBalanceRequest())
            return generated.get_httpx_client().request(**built).json()

        bearer = in_turns(
            {
                "httpx": times(calls, lambda: raw_bearer(client)),
                "ours": times(calls, lambda: user.bearer.account.balances.spot()),
                "generated client": times(calls, through_generated),
                "Authlib": lambda: authlib.do("calls", calls),
            },
            "httpx",
            rounds,
        )
        signed = in_turns(
            {
                "httpx": times(calls, lambda: raw_signed(client)),
                "ours": times(calls, lambda: user.signed.account.balances.spot()),
                "httpx, unsigned": times(calls, lambda: raw_bearer(client)),
            },
            "httpx",
            rounds,
        )
    microseconds = bearer.seconds["httpx"].median / calls * 1e6
    return [
        Figure("one sync call, raw httpx", None, microseconds, "µs"),
        ratio(
            *("one sync call, Bearer, typed; to raw httpx", 1.10, bearer, "ours"),
            peers=("generated client", "Authlib"),
        ),
        ratio(
            *("one sync call, signed, typed; to raw httpx signing by hand", 1.10, signed, "ours"),
            peers=("httpx, unsigned",),
            reason="httpx builds the request twice, since signing changes its body",
        ),
    ]


def async_calls(url: str, rounds: int) -> list[Figure]:
    """Measure fifty concurrent tasks, over httpx's own transport and over aiohttp's."""
    with asyncio.Runner() as runner:
        measured = runner.run(_prepared(url, rounds, runner))()
    name = f"{AT_ONCE} async calls at once, typed"
    return [
        ratio(f"{name}; to raw httpx", 0.50, measured, "ours", peers=("aiohttp",)),
        ratio(
            *(f"{name}, over httpx-aiohttp; to raw httpx", 0.20, measured, "ours over aiohttp"),
            peers=("httpx over aiohttp", "aiohttp"),
            reason="raw httpx over that transport is the floor",
        ),
    ]


async def _prepared(url: str, rounds: int, runner: asyncio.Runner) -> Callable[[], Measured]:
    """Connect all clients in the loop, and return the function that measures them in it."""
    plain = AsyncWhiteBIT(**settings(url))
    over_aiohttp = AsyncWhiteBIT(**settings(url, async_transport=AiohttpTransport))
    for ours in (plain, over_aiohttp):
        login = await ours.authorize(USER)
        await ours.connect(callback_of(login), binding=login.binding, user_id=USER)
        await ours.adopt(USER, public_key=PUBLIC_KEY, secret=SECRET)
    client = httpx.AsyncClient(base_url=url)
    client_over_aiohttp = httpx.AsyncClient(base_url=url, transport=AiohttpTransport())
    session = aiohttp.ClientSession(url)
    headers = {"Authorization": f"Bearer {TOKEN}"}

    async def through_httpx(client: httpx.AsyncClient) -> object:
        answer = await client.post(BEARER_PATH, json={}, headers=headers)
        return json.loads(answer.content)

    async def through_aiohttp() -> object:
        async with session.post(BEARER_PATH, json={}, headers=headers) as answer:
            return json.loads(await answer.read())

    def together(call: Callable[[], Awaitable[object]]) -> Batch:
        async def batch() -> float:
            begun = time.perf_counter()
            await asyncio.gather(*(call() for _ in range(AT_ONCE)))
            return time.perf_counter() - begun

        return lambda: runner.run(batch())

    async def close() -> None:
        for ours in (plain, over_aiohttp):
            await ours.aclose()
        await client.aclose()
        await client_over_aiohttp.aclose()
        await session.close()

    def measure() -> Measured:
        one, other = plain.user(USER), over_aiohttp.user(USER)
        try:
            return in_turns(
                {
                    "httpx": together(functools.partial(through_httpx, client)),
                    "ours": together(lambda: one.bearer.account.balances.spot()),
                    "ours over aiohttp": together(lambda: other.bearer.account.balances.spot()),
                    "httpx over aiohttp": together(
                        functools.partial(through_httpx, client_over_aiohttp)
                    ),
                    "aiohttp": together(through_aiohttp),
                },
                "httpx",
                rounds,
            )
        finally:
            runner.run(close())

    return measure


def distant_calls(calls: int) -> list[Figure]:
    """Measure fifty concurrent tasks of many calls, to a server with a response time of 20 ms.

    Args:
        calls: Number of calls per task.
    """
    with CannedServer(DELAY) as server:
        ours, raw = asyncio.run(_latencies(server.url, calls))
    rates = {name: len(calls) / sum(calls) * AT_ONCE for name, calls in (("o", ours), ("r", raw))}
    slowest = statistics.quantiles(ours, n=100)[-1] * 1000
    name = f"{AT_ONCE} tasks, server that takes {DELAY * 1000:.0f} ms"
    return [
        Figure(
            *(f"{name}: seconds per request; to raw httpx", 0.50, rates["r"] / rates["o"]),
            spread=f"{rates['o']:.0f} requests/s, raw httpx {rates['r']:.0f}",
        ),
        Figure(
            *(f"{name}: 99th percentile of a call", 80.0, slowest, "ms"),
            peers={"httpx": statistics.quantiles(raw, n=100)[-1] * 1000},
        ),
    ]


async def _latencies(url: str, calls: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each call, of this package and of raw httpx, measured in turns."""
    ours = AsyncWhiteBIT(**settings(url))
    login = await ours.authorize(USER)
    await ours.connect(callback_of(login), binding=login.binding, user_id=USER)
    user = ours.user(USER)
    client = httpx.AsyncClient(base_url=url)
    headers = {"Authorization": f"Bearer {TOKEN}"}

    async def task(call: Callable[[], Awaitable[object]], seconds: list[float]) -> None:
        for _ in range(calls):
            begun = time.perf_counter()
            await call()
            seconds.append(time.perf_counter() - begun)

    contenders: tuple[tuple[Callable[[], Awaitable[object]], list[float]], ...] = (
        (lambda: user.bearer.account.balances.spot(), []),
        (lambda: client.post(BEARER_PATH, json={}, headers=headers), []),
    )
    for call, _ in contenders:  # warm up connections, caches and imports
        await asyncio.gather(*(call() for _ in range(AT_ONCE)))
    for call, seconds in contenders * 3:
        await asyncio.gather(*(task(call, seconds) for _ in range(AT_ONCE)))
    await ours.aclose()
    await client.aclose()
    return contenders[0][1], contenders[1][1]
