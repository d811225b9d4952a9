"""The guard of conftest.py refuses the outside and lets loopback through."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import httpx
import pytest

# An address of TEST-NET-1 (RFC 5737) and a name of RFC 6761: neither leads anywhere.
OUTSIDE = ("192.0.2.1", 9)
NAME = "nowhere.invalid"


def connect_by_address() -> None:
    """Open a TCP connection."""
    with socket.socket() as sock:
        sock.settimeout(0.01)
        sock.connect(OUTSIDE)


def connect_ex_by_address() -> None:
    """Open a TCP connection by the call that returns its error."""
    with socket.socket() as sock:
        sock.settimeout(0.01)
        sock.connect_ex(OUTSIDE)


def send_a_datagram() -> None:
    """Send an empty UDP datagram."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"", OUTSIDE)


def look_up_a_name() -> None:
    """Ask for a name's addresses."""
    socket.getaddrinfo(NAME, 443)


def ask_by_httpx() -> None:
    """Send a request by the client that the library uses."""
    httpx.get(f"http://{NAME}/", timeout=0.01)


def open_a_stream() -> None:
    """Open a connection from within an event loop."""
    asyncio.run(asyncio.wait_for(asyncio.open_connection(*OUTSIDE), 0.01))


@pytest.mark.parametrize(
    "reach_out",
    [
        connect_by_address,
        connect_ex_by_address,
        send_a_datagram,
        look_up_a_name,
        ask_by_httpx,
        open_a_stream,
    ],
)
def test_outside_is_refused(reach_out: Callable[[], None]) -> None:
    """Whatever reaches for a host outside fails, and not with an error of the network."""
    with pytest.raises(RuntimeError, match="tests stay on loopback"):
        reach_out()


def test_loopback_is_reached() -> None:
    """A server on loopback is connected to by address and by name."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for host in ("127.0.0.1", "localhost"):
            with socket.create_connection((host, port), timeout=1) as sock:
                assert sock.getpeername()[1] == port
