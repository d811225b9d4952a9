"""What every test shares: nothing leaves this machine, and coroutines run on asyncio."""

from __future__ import annotations

import faulthandler
import ipaddress
import sys
from collections.abc import Sequence

import pytest


class OutsideConnectionError(RuntimeError):
    """Say that a test tried to reach an address that is not this machine's loopback.

    Not an `OSError`: the code under test treats those as a network that failed.
    """


def _is_loopback(host: object) -> bool:
    """Return whether a host, as the socket module takes it, is this machine itself."""
    if host is None or host == "":
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_outside(event: str, args: Sequence[object]) -> None:
    """Raise if an audited socket call names a host outside: no packet, no look-up goes out."""
    if not event.startswith("socket."):
        return
    match event, args:
        case "socket.connect" | "socket.sendto" | "socket.sendmsg", [_, tuple() as address]:
            # A datagram on a connected socket has no address; a UNIX socket's is no tuple.
            host: object = address[0] if address else None
        case "socket.getaddrinfo" | "socket.gethostbyname" | "socket.gethostbyaddr", [host, *_]:
            pass
        case _:
            return
    if not _is_loopback(host):
        raise OutsideConnectionError(f"{event} to {host!r}: tests stay on loopback")


# An audit hook sees every call into the socket module, whoever makes it, and cannot be undone.
sys.addaudithook(_refuse_outside)


# Folders whose files take long: no process is left alone with one of them at the end of a run.
LONGEST = {"browser", "cli", "custody", "history", "newcomer", "outside", "reliability", "spec"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the folders whose files take long first; within them nothing changes."""
    items.sort(key=lambda item: LONGEST.isdisjoint(item.path.parts))


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the process, with tracebacks, if a thread that a test left keeps it from ending."""
    if hasattr(config, "workerinput"):  # one of several: it waits for the others, and is ended
        return
    faulthandler.dump_traceback_later(30, exit=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded as a `figure`: a process of several has no terminal of its own."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(str(value))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run tests marked `anyio` on asyncio, the loop that the library is made for."""
    return "asyncio"
