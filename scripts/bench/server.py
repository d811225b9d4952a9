"""A server of canned responses in a separate process, as fast as Python allows."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from types import TracebackType
from typing import ClassVar, Self

import httpx

BALANCES = {
    ticker: {"available": f"{place}.0013929494020316", "freeze": "0.00100000"}
    for place, ticker in enumerate(("BTC", "ETH", "USDT", "WBT", "SOL"))
}
BEARER_PATH = "/api/v4/accounts/balances/spot"
SIGNED_PATH = "/api/v4/trade-account/balance"
PLAIN_TOKEN_PATH = "/plain/token"  # noqa: S105  # a path: a response as in RFC 6749, for Authlib
SHORT_LIVED = "short-lived"
"""A client id whose tokens expire after 300 s, as documented; those of others outlast any run."""

_REFRESH_SECONDS = 0.05
"""The response time of a refresh, so that callers have to wait for it."""


class _Server(asyncio.Protocol):
    """One connection, which supports the subset of HTTP/1.1 that httpx and aiohttp send."""

    counts: ClassVar[Counter[str]] = Counter()
    delay: ClassVar[float] = 0.0

    def __init__(self) -> None:
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for the type checker
        self._transport = transport
        self.counts["connections"] += 1

    def data_received(self, data: bytes) -> None:
        """Respond to each complete request."""
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end]
            lower = head.lower()
            at = lower.find(b"content-length: ")
            length = int(lower[at + 16 :].partition(b"\r\n")[0]) if at >= 0 else 0
            if len(self._read) < end + 4 + length:
                return
            body = self._read[end + 4 : end + 4 + length]
            self._read = self._read[end + 4 + length :]
            self._answer(head.split(b" ", 2)[1].decode(), body)

    def _answer(self, path: str, body: bytes) -> None:
        self.counts[path] += 1
        if path in _CANNED and not self.delay:
            self._transport.write(_CANNED[path])
            return
        if path in _CANNED:
            asyncio.get_running_loop().call_later(self.delay, self._transport.write, _CANNED[path])
            return
        if path == "/counts":
            self._transport.write(_http(self.counts))
            return
        lifetime = 300 if SHORT_LIVED.encode() in body else 86_400
        number = self.counts[path]
        pair = {
            "access_token": f"access-{number}",
            "expires_in": lifetime,
            "refresh_token": f"refresh-{number}",
            "token_type": "Bearer",
        }
        if path == PLAIN_TOKEN_PATH:
            answer = _http(pair)
        else:
            answer = _http({"data": {**pair, "scope": "users.balances.read"}})
        delay = 0.0 if path == "/oauth2/token" else _REFRESH_SECONDS
        asyncio.get_running_loop().call_later(delay, self._transport.write, answer)


def _http(value: object) -> bytes:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


_CANNED = {BEARER_PATH: _http(BALANCES), SIGNED_PATH: _http(BALANCES)}


async def _serve() -> None:
    """Print the port, then serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Server, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


class CannedServer:
    """The server in a child process, for the duration of a block.

    Args:
        delay: Response time of a read in seconds.
    """

    def __init__(self, delay: float = 0.0) -> None:
        self._delay = delay

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603  # this program
            [sys.executable, "-m", "scripts.bench.server", str(self._delay)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None  # noqa: S101  # asked for above
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=10)

    def counts(self) -> Counter[str]:
        """Return the number of requests by path, and the number of connections."""
        answer = httpx.get(f"{self.url}/counts")
        return Counter(answer.json())


if __name__ == "__main__":
    _Server.delay = float(sys.argv[1])
    asyncio.run(_serve())
