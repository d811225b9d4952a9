"""The measured clients: a partner object with connected users, and raw httpx."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from whitebit_ext import Login, MemoryStore, Region, Store, WhiteBIT, generate_encryption_key

from .server import BEARER_PATH, SIGNED_PATH

TOKEN = "access-1"  # noqa: S105  # made up
PUBLIC_KEY = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"
SECRET = "made-up-secret-of-the-bench"  # noqa: S105  # made up
USER = "alice"

_last_nonce = itertools.count(int(time.time() * 1000))


@dataclass
class MovedClock:
    """The machine's clock, with an offset.

    Attributes:
        moved: Seconds added to the time of day.
        hurry: Factor by which the monotonic clock runs too fast, so that WhiteBIT's rate limits
            are not what is measured.
    """

    moved: float = 0.0
    hurry: float = 1.0

    def time(self) -> float:
        """Return unix time with the offset."""
        return time.time() + self.moved

    def monotonic(self) -> float:
        """Return seconds of a clock that never jumps, times the factor."""
        return time.monotonic() * self.hurry

    def sleep(self, seconds: float) -> None:
        """Block the calling thread."""
        time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        """Suspend the calling task."""
        import asyncio

        await asyncio.sleep(seconds)


def settings(url: str, store: Store | None = None, **more: Any) -> dict[str, Any]:
    """Return the arguments of a partner object for the canned server."""
    return {
        "client_id": "bench",
        "client_secret": "made-up-client-secret",
        "redirect_uri": "https://partner.example/callback",
        "region": Region.GLOBAL,
        "store": store or MemoryStore(volatile=True),
        "encryption_keys": [generate_encryption_key()],
        "base_url": url,
        "timeout": 60.0,
        "cache_for": 300.0,
        "clock": MovedClock(hurry=1000.0),
        **more,
    }


@contextmanager
def partner(url: str, store: Store | None = None, **more: Any) -> Iterator[WhiteBIT]:
    """Yield a partner whose user has a token pair and a key."""
    with WhiteBIT(**settings(url, store, **more)) as ours:
        connect(ours)
        yield ours


def callback_of(login: Login) -> dict[str, str]:
    """Return the callback of a login, as the bench's server expects it."""
    return {"code": "made-up", "state": parse_qs(urlsplit(login.url).query)["state"][0]}


def connect(ours: WhiteBIT, user_id: str = USER) -> None:
    """Complete a login, and adopt a key."""
    login = ours.authorize(user_id)
    ours.connect(callback_of(login), binding=login.binding, user_id=user_id)
    ours.adopt(user_id, public_key=PUBLIC_KEY, secret=SECRET)


def raw_bearer(client: httpx.Client) -> Any:
    """Read with a token, using only httpx."""
    answer = client.post(BEARER_PATH, json={}, headers={"Authorization": f"Bearer {TOKEN}"})
    return json.loads(answer.content)


def signed_request() -> dict[str, Any]:
    """Return the arguments for ``httpx.Client.post`` of a request signed by hand."""
    nonce = next(_last_nonce)
    fields = {"request": SIGNED_PATH, "nonce": nonce, "nonceWindow": True}
    body = json.dumps(fields, separators=(",", ":")).encode()
    payload = base64.b64encode(body)
    return {
        "content": body,
        "headers": {
            "Content-Type": "application/json",
            "X-TXC-APIKEY": PUBLIC_KEY,
            "X-TXC-PAYLOAD": payload.decode(),
            "X-TXC-SIGNATURE": hmac.new(SECRET.encode(), payload, hashlib.sha512).hexdigest(),
        },
    }


def raw_signed(client: httpx.Client) -> Any:
    """Read with a key, using only httpx."""
    return json.loads(client.post(SIGNED_PATH, **signed_request()).content)


def times(calls: int, call: Callable[[], object]) -> Callable[[], float]:
    """Return a batch of sequential calls."""

    def batch() -> float:
        begun = time.perf_counter()
        for _ in range(calls):
            call()
        return time.perf_counter() - begun

    return batch
