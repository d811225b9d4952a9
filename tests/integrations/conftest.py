"""A partner behind https, whose application runs in this process behind a TLS proxy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import httpx
import pytest

from whitebit_ext import MemoryStore, Region, generate_encryption_key
from whitebit_ext.runtime.clock import SystemClock
from whitebit_ext.sandbox import Sandbox

REDIRECT_URI = "https://partner.example/whitebit/callback"


_RAW = "x-raw-cookie"


def wsgi(app: Any) -> httpx.WSGITransport:
    """Return a transport to a WSGI application that takes cookies of any bytes, as servers do."""

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        raw = environ.pop("HTTP_X_RAW_COOKIE", "")
        if raw:
            environ["HTTP_COOKIE"] = bytes.fromhex(raw).decode("latin-1")
        return app(environ, start_response)

    return httpx.WSGITransport(application)


class TlsProxy(httpx.BaseTransport):
    """A proxy that ends TLS: the application gets plain http, with the host unchanged."""

    def __init__(self, behind: httpx.BaseTransport) -> None:
        self._behind = behind

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Hand the request on."""
        request.url = request.url.copy_with(scheme="http")
        cookies = [value for name, value in request.headers.raw if name.lower() == b"cookie"]
        if cookies and isinstance(self._behind, httpx.WSGITransport):
            del request.headers["cookie"]
            request.headers[_RAW] = b"; ".join(cookies).hex()
        return self._behind.handle_request(request)

    def close(self) -> None:
        """Close what is behind it."""
        self._behind.close()


class ShiftedClock(SystemClock):
    """The machine's clock, which a test can move ahead."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def time(self) -> float:
        """Return unix time."""
        return super().time() + self._ahead

    def monotonic(self) -> float:
        """Return the monotonic time."""
        return super().monotonic() + self._ahead

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += seconds


@attrs.frozen
class World:
    """A sandbox, and the arguments of a partner that uses it."""

    sandbox: Sandbox
    clock: ShiftedClock
    arguments: dict[str, Any]


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    """Run one sandbox for all tests of a process."""
    with Sandbox(key_delay=0) as sandbox:
        yield sandbox


@pytest.fixture
def world(running: Sandbox) -> Iterator[World]:
    """Reset the sandbox, with alice and bob; the partner must keep the contract."""
    running.reset()
    for name in ("alice", "bob"):
        running.add_user(name)
    client = running.register_client(redirect_uris=(REDIRECT_URI,))
    clock = ShiftedClock()
    yield World(
        running,
        clock,
        {
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "redirect_uri": REDIRECT_URI,
            "region": Region.GLOBAL,
            "base_url": running.global_url,
            "store": MemoryStore(),
            "encryption_keys": [generate_encryption_key()],
            "clock": clock,
        },
    )
    assert running.breaches == []
