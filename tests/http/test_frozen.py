"""A process that was stopped past its deadline reads the response that arrived meanwhile."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpcore
import pytest

from whitebit_ext.http.deadlines import AsyncDeadlineStream, DeadlineStream, deadline

from .raw_server import Face, RawServer, answer

PROGRAM = """
import asyncio, sys
from whitebit_ext import Region
from whitebit_ext.http.deadlines import deadline
from whitebit_ext.http.network import Network
from whitebit_ext.http.pools import Pools
from whitebit_ext.regions import Server

face, url, pem = sys.argv[1:]
server = Server.of(Region.GLOBAL, url)
pools = Pools(server, timeout=9, network=Network(server, verify=pem))

def call():
    with deadline(1.0, drain=1.0), pools.client(alone=True).stream("GET", "/x") as response:
        return b"".join(response.iter_raw())

async def acall():
    with deadline(1.0, drain=1.0):
        async with pools.async_client().stream("GET", "/x") as response:
            return b"".join([part async for part in response.aiter_raw()])

print(len(call() if face == "sync" else asyncio.run(acall())))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no process can be stopped here")
@pytest.mark.parametrize("secured", [False, True])
def test_stopped_process_reads_the_response(face: Face, pem: Path, secured: bool) -> None:
    """A response that arrived while the process was stopped is read completely, also over TLS."""
    stopped, sent = threading.Event(), threading.Event()

    def late(server: RawServer, sock: socket.socket) -> None:
        with server.secured(sock) if secured else sock as sock:
            server.read(sock)
            stopped.wait(10)
            sock.settimeout(10)
            sock.sendall(answer(b"x" * 50_000))
            sent.set()

    with RawServer(late, tls=pem if secured else None) as server:
        command = [sys.executable, "-c", PROGRAM, face.name, server.url, str(pem)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            begun = time.monotonic()
            while not server.heads and time.monotonic() - begun < 20:
                time.sleep(0.01)
            os.kill(child.pid, signal.SIGSTOP)
            stopped.set()
            sent.wait(10)
            time.sleep(1.5)
            os.kill(child.pid, signal.SIGCONT)
            assert child.communicate(timeout=20)[0] == "50000\n"


class LateSync(httpcore.NetworkStream):
    """A stream that times out once, after the deadline, although there are bytes."""

    reads = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what there is."""
        self.reads += 1
        if self.reads == 1:
            time.sleep(0.1)
            raise httpcore.ReadTimeout
        return b"x"


class LateAsync(httpcore.AsyncNetworkStream):
    """The same, awaited."""

    def __init__(self) -> None:
        self._late = LateSync()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what there is."""
        return self._late.read(max_bytes, timeout)


@pytest.mark.parametrize("drain", [0.0, 5.0])
def test_read_is_retried_once_after_the_timeout(face: Face, drain: float) -> None:
    """Half of a TLS record may have been read when the deadline passed."""

    def read() -> bytes:
        with deadline(0.05, drain=drain):
            if face.name == "sync":
                return DeadlineStream(LateSync()).read(100, 9)
            return face.runner.run(AsyncDeadlineStream(LateAsync()).read(100, 9))

    if drain:
        assert read() == b"x"
    else:
        with pytest.raises(httpcore.ReadTimeout):
            read()
