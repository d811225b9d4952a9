"""Checks that ask the server; they send no credential, and spend no refresh."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from ...http.network import Network
from ...regions import operation
from ...settings.environment import Setting
from .configuration import network_of
from .findings import Finding

_TIMEOUT: Final = 10.0
_WARNED, _REFUSED = 2.0, 5.0
"""Seconds that the clock may be off, and beyond which WhiteBIT refuses signatures."""


def server(found: Mapping[str, Setting]) -> Iterator[Finding]:
    """Resolve the server, connect with TLS, and compare the clocks."""
    there, network = network_of(found)
    host = urlsplit(there.base_url).hostname or ""
    if network.proxy is None and not _resolves(host):
        yield Finding(
            "dns",
            f"the name {host} cannot be resolved",
            "Check the resolver of this machine; behind a proxy, set WHITEBIT_OAUTH_PROXY.",
        )
        return
    address = there.base_url + operation("get_server_time").path
    with httpx.Client(
        verify=network.tls, proxy=network.proxy, trust_env=False, timeout=_TIMEOUT
    ) as http:
        try:
            http.get(address)  # opens the connection: only the next is timed
            began = time.time()
            answer = http.get(address)
            ended = time.time()
        except httpx.TransportError as error:
            yield _unreachable(error, there.base_url, network)
            return
    seconds = _time_of(answer)
    if seconds is None:
        yield Finding(
            "server",
            f"{there.base_url} answered {answer.status_code}, and not with the time",
            "Check the base URL; a proxy or a CDN may have answered in place of WhiteBIT.",
        )
        return
    yield from clock(began, ended, seconds)


def clock(began: float, ended: float, seconds: float) -> Iterator[Finding]:
    """Compare the time of a server with this machine's before and after the request.

    The server's time has whole seconds, so the true difference is known to about one.
    """
    ahead = began - (seconds + 1)
    behind = seconds - ended
    off = max(ahead, behind)
    if off <= _WARNED:
        return
    where = "ahead of" if ahead > behind else "behind"
    effect = "signed requests are refused" if off > _REFUSED else "5 seconds are refused"
    yield Finding(
        "clock",
        f"this machine's clock is {off:.0f} seconds {where} the server's: {effect}",
        "Synchronize it (NTP).",
    )


def _resolves(host: str) -> bool:
    # In a thread: a resolver can take longer than a person waits.
    pool = ThreadPoolExecutor(1)
    found: Future[Any] = pool.submit(socket.getaddrinfo, host, 443)
    pool.shutdown(wait=False)
    try:
        found.result(_TIMEOUT)
    except (OSError, TooLong):
        return False
    return True


def _unreachable(error: httpx.TransportError, base_url: str, network: Network) -> Finding:
    ignored = ", ".join(network.ignored_environment())
    ignored = f" Set here and not used: {ignored}." if ignored else ""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", "") or cause.reason or "TLS failed"
            return Finding(
                "tls",
                f"no trusted connection to {base_url}: {reason}",
                "If a proxy of yours opens TLS, set WHITEBIT_OAUTH_CA_FILE to its authorities."
                f"{ignored}",
            )
        cause = cause.__cause__ or cause.__context__
    way = "through the proxy " if network.proxy is not None else ""
    return Finding(
        "network",
        f"no connection {way}to {base_url} ({type(error).__name__})",
        f"Check firewall, proxy and base URL.{ignored}",
    )


def _time_of(answer: httpx.Response) -> float | None:
    try:
        found = answer.json()["time"]
    except (ValueError, KeyError, TypeError):
        return None
    return float(found) if isinstance(found, int | float) else None
