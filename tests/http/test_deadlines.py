"""The deadline ends a request whatever the server does, and the pool stays usable."""

from __future__ import annotations

import asyncio
import inspect
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from whitebit_ext import AsyncWhiteBIT, MemoryStore, Region, WhiteBIT, generate_encryption_key
from whitebit_ext.errors import NoAnswer
from whitebit_ext.http.network import Network
from whitebit_ext.http.transports import AsyncTransport
from whitebit_ext.regions import Server

from ..reliability.wiring import HurriedClock
from .raw_server import NAME, Deed, Face, RawServer, answer, good, silent

SECONDS = 0.5
SLACK = 20.0
"""Seconds that a busy machine may add; the servers go on for as long as they are let."""


def dripped_head(server: RawServer, sock: socket.socket) -> None:
    """Send header bytes one at a time, without end."""
    server.read(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    server.drip(sock, b"X-Padding: x\r\n")


def interim(server: RawServer, sock: socket.socket) -> None:
    """Send interim responses without end, as fast as they are read."""
    server.read(sock)
    while not server.over.is_set():
        sock.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")


def dripped_body(server: RawServer, sock: socket.socket) -> None:
    """Send bytes of the body one at a time."""
    server.read(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    server.drip(sock, b" ")


def slow_handshake(server: RawServer, sock: socket.socket) -> None:
    """Answer the first message of the handshake byte by byte."""
    sock.recv(4096)
    server.drip(sock, b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + bytes(16000))


def slow_proxy(server: RawServer, sock: socket.socket) -> None:
    """Answer CONNECT byte by byte."""
    server.read(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    server.drip(sock, b"X-Padding: x\r\n")


@pytest.mark.parametrize("drain", [0.0, 0.3])
@pytest.mark.parametrize("deed", [silent, dripped_head, interim, dripped_body])
def test_slow_response_ends_at_the_deadline(face: Face, deed: Deed, drain: float) -> None:
    """Silence, slow heads, endless interim responses and slow bodies end at the deadline."""
    with RawServer(deed, good) as server:
        pools = face.pools(server.url)
        begun = time.monotonic()
        with pytest.raises(httpx.TimeoutException):
            face.get(pools, SECONDS, drain=drain)
        assert SECONDS * 0.9 < time.monotonic() - begun < SECONDS + SLACK
        assert face.get(pools) == b"{}"
        assert face.get(pools) == b"{}"
        assert server.connections == 2


def test_slow_handshake_ends_at_the_deadline(face: Face, pem: Path) -> None:
    """A server that is slow during the TLS handshake was sent nothing, and the error says so."""
    with RawServer(slow_handshake, good, tls=pem) as server:
        network = Network(Server.of(Region.GLOBAL, server.url), verify=pem)
        pools = face.pools(server.url, network=network)
        begun = time.monotonic()
        with pytest.raises(httpx.ConnectTimeout):
            face.get(pools, SECONDS)
        assert time.monotonic() - begun < SECONDS + SLACK
        assert face.get(pools) == b"{}"


def test_slow_proxy_ends_at_the_deadline(face: Face) -> None:
    """The response of a proxy is limited by the deadline like the handshake."""
    with RawServer(slow_proxy) as server:
        url = f"https://{NAME}"
        network = Network(Server.of(Region.GLOBAL, url), proxy=server.url)
        begun = time.monotonic()
        with pytest.raises(httpx.TimeoutException):
            face.get(face.pools(url, network=network), SECONDS)
        assert time.monotonic() - begun < SECONDS + SLACK


def test_nothing_is_sent_after_the_deadline(face: Face) -> None:
    """If the deadline has passed before the request, the request is not sent."""
    with RawServer(good) as server:
        pools = face.pools(server.url)
        with pytest.raises(httpx.PoolTimeout):
            face.get(pools, 0.0, drain=1.0)
        assert server.heads == []


def deaf(server: RawServer, sock: socket.socket) -> None:
    """Read nothing."""
    server.over.wait()


def test_write_ends_at_the_deadline(face: Face) -> None:
    """The deadline also limits writing to a server that does not read."""
    with RawServer(deaf) as server:
        pools = face.pools(server.url)
        begun = time.monotonic()
        with pytest.raises(httpx.TimeoutException):
            face.get(pools, SECONDS, content=bytes(50_000_000))
        assert time.monotonic() - begun < SECONDS + SLACK


def test_each_attempt_of_a_read_has_the_deadline(face: Face) -> None:
    """A balance read against endless interim responses ends after three deadlines of `timeout`."""
    seconds = 0.3
    with RawServer(interim, interim, interim) as server:
        made: Any = WhiteBIT if face.name == "sync" else AsyncWhiteBIT
        partner = made(
            client_id="client",
            client_secret="c2VjcmV0",
            redirect_uri="https://partner.example/callback",
            region=Region.GLOBAL,
            base_url=server.url,
            store=MemoryStore(),
            encryption_keys=[generate_encryption_key()],
            timeout=seconds,
            clock=HurriedClock(0.0),  # so that the pauses between attempts take no time
        )

        async def called(result: Any) -> Any:
            return await result if inspect.isawaitable(result) else result

        user = face.runner.run(called(partner.adopt("alice", public_key="k", secret="c2VjcmV0")))
        begun = time.monotonic()
        with pytest.raises(NoAnswer):
            face.runner.run(called(user.account.balances.spot()))
        assert 3 * seconds * 0.9 < time.monotonic() - begun < 3 * seconds + SLACK
        assert server.connections == 3
        face.runner.run(called(partner.close() if face.name == "sync" else partner.aclose()))


@pytest.mark.parametrize("length", [100, 300_000])
def test_long_body_is_sent_completely(face: Face, length: int) -> None:
    """A request of any length arrives completely and in order."""
    came: list[bytes] = []

    def read(server: RawServer, sock: socket.socket) -> None:
        sock.settimeout(5)
        while len(b"".join(came).partition(b"\r\n\r\n")[2]) < length:  # the head is not counted
            came.append(sock.recv(65536))
        sock.sendall(answer())

    with RawServer(read) as server:
        assert face.get(face.pools(server.url), content=b"x" * length) == b"{}"
    assert b"".join(came).endswith(b"\r\n\r\n" + b"x" * length)


def late_rest(server: RawServer, sock: socket.socket) -> None:
    """Send more bytes at once than one read returns."""
    server.read(sock)
    sock.settimeout(5)
    sock.sendall(answer(b"x" * 300_000))


def test_received_bytes_are_read_after_the_deadline(face: Face) -> None:
    """With `drain`, a process that was stopped reads a response that is already in its socket."""
    with RawServer(late_rest) as server:
        pools = face.pools(server.url)
        assert face.get(pools, 0.3, drain=1.0, stop=0.5) == b"x" * 300_000
        with pytest.raises(httpx.TimeoutException):
            face.get(pools, 0.3, stop=0.5)


def test_blocked_loop_reads_the_received_response() -> None:
    """An event loop that was blocked past the deadline accepts a response that has arrived."""
    face = Face("async")
    with RawServer(late_rest) as server:
        pools = face.pools(server.url)

        async def blocked() -> bytes:
            request = asyncio.create_task(face.aget(pools, 0.5, drain=1.0))
            while not server.heads:
                await asyncio.sleep(0.01)
            time.sleep(0.8)  # the loop stands still: that is the point
            return await request

        assert face.runner.run(blocked()) == b"x" * 300_000
        face.close()


@pytest.mark.parametrize("deed", [silent, dripped_body, good])
def test_cancelled_task_leaks_no_connection(deed: Deed) -> None:
    """After a cancellation at any moment, the pools can send as many requests as before."""
    face = Face("async")
    healed: list[bool] = []

    def until_healed(server: RawServer, sock: socket.socket) -> None:
        (good if healed else deed)(server, sock)

    with RawServer(until_healed) as server:
        network = Network(Server.of(Region.GLOBAL, server.url))
        pools = face.pools(
            server.url, async_transport=lambda: AsyncTransport(network, pools=100)
        )  # of one connection each, so that none may be missing

        async def cancelled() -> None:
            for steps in range(60):  # every moment at which a task can be cancelled
                tasks = [asyncio.create_task(face.aget(pools)) for _ in range(8)]
                for _ in range(steps):
                    await asyncio.sleep(0)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            healed.append(True)
            assert await asyncio.gather(*[face.aget(pools) for _ in range(100)]) == [b"{}"] * 100

        face.runner.run(cancelled())
        face.close()


def test_cancelled_handshake_closes_its_socket(pem: Path) -> None:
    """No socket is left to the garbage collector."""
    face = Face("async")
    with RawServer(silent, tls=pem) as server:
        network = Network(Server.of(Region.GLOBAL, server.url), verify=pem)
        pools = face.pools(server.url, network=network)

        async def cancelled() -> None:
            task = asyncio.create_task(face.aget(pools))
            while not server.open:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            begun = time.monotonic()
            while server.open and time.monotonic() - begun < 2:
                await asyncio.sleep(0.05)
            assert server.open == 0

        face.runner.run(cancelled())
        face.close()
