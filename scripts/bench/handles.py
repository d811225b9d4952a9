"""Ten thousand user handles on one pool."""

from __future__ import annotations

import gc
import resource
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import httpx

from whitebit_api.client import AuthenticatedClient

from .figures import Figure
from .partners import connect, partner
from .server import CannedServer

HANDLES = 10_000


def handles(server: CannedServer) -> list[Figure]:
    """Measure the cost of a handle, and count the pools that calls through many of them open."""
    pools = 0

    def pool() -> httpx.BaseTransport:
        nonlocal pools
        pools += 1
        return httpx.HTTPTransport()

    with partner(server.url, transport=pool) as ours:
        seconds, size = _each(lambda at: ours.user(f"user-{at}"), HANDLES)
        before = server.counts()["connections"]
        pools = 0  # do not count those of the setup
        for at in range(20):
            connect(ours, f"user-{at}")
            ours.user(f"user-{at}").signed.account.balances.spot()
        opened = server.counts()["connections"] - before
    shared = opened - 1  # counting itself opens one
    with httpx.HTTPTransport() as transport:
        light = _each(lambda _: httpx.Client(transport=transport, base_url=server.url), 500)
    heavy = _each(lambda _: _opened(server.url), 10)
    peers = (("generated client", heavy), ("httpx.Client over one transport", light))
    return [
        Figure(
            f"a user handle, of {HANDLES}: time",
            *(5.0, seconds * 1e6, "µs"),
            peers={name: found[0] * 1e6 for name, found in peers},
        ),
        Figure(
            f"a user handle, of {HANDLES}: memory",
            *(1024.0, size, "B"),
            peers={name: found[1] for name, found in peers},
        ),
        Figure(
            "shared connections opened by calls of 20 users, one after the other", 1, shared, ""
        ),
        Figure("pools made for them", 1, pools, ""),
    ]


def _opened(url: str) -> AuthenticatedClient:
    client = AuthenticatedClient(url, token="made-up")  # noqa: S106  # made up
    client.get_httpx_client()
    return client


def _resident() -> int:
    """Return the resident memory of this process in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _each(make: Callable[[int], object], count: int) -> tuple[float, float]:
    """Return the seconds (best of three) and the bytes that one object takes."""
    gc.collect()
    before = _resident()  # first, since freed memory is not returned to the system
    made = [make(at) for at in range(count)]
    resident = _resident() - before
    del made
    best = float("inf")
    for _ in range(3):
        gc.collect()
        begun = time.perf_counter()
        made = [make(at) for at in range(count)]
        best = min(best, time.perf_counter() - begun)
        del made
    gc.collect()
    tracemalloc.start()
    made = [make(at) for at in range(count)]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del made
    # tracemalloc does not see OpenSSL's memory, which the resident memory includes.
    return best / count, max(size, resident) / count
