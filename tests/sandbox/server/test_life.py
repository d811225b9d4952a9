from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import gc
import os
import socket
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from whitebit_ext.sandbox import Clock, Sandbox

from ...ports import free_port

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner


def server_threads() -> list[threading.Thread]:
    """Return the threads of running sandboxes."""
    return [thread for thread in threading.enumerate() if thread.name == "whitebit-sandbox"]


def open_sockets() -> int:
    """Count this process's open sockets."""
    links = []
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # the listing's own descriptor
            links.append(os.readlink(f"/proc/self/fd/{name}"))
    return sum(link.startswith("socket:") for link in links)


def test_it_leaves_nothing_behind() -> None:
    """After the block its threads and sockets are gone, those of open connections too."""
    gc.collect()
    threads, sockets = len(server_threads()), open_sockets()
    with Sandbox() as sandbox, httpx.Client() as client:
        assert client.get(f"{sandbox.global_url}/api/v4/public/time").is_success
        assert client.get(f"{sandbox.eu_url}/api/v4/public/time").is_success
        assert len(server_threads()) == threads + 1
        port = int(sandbox.global_url.rpartition(":")[2])
        sandbox.stop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
    assert len(server_threads()) == threads
    assert open_sockets() == sockets


def test_it_stops_while_requests_are_held() -> None:
    """Stopping ends held and delayed requests, and does not wait for them."""
    with (
        concurrent.futures.ThreadPoolExecutor(2) as pool,
        Sandbox(clock=Clock(frozen=True)) as sandbox,
    ):
        held = sandbox.hold("get_server_time")
        sandbox.faults.add("authorize", kind="delay", seconds=3600)
        answers = [
            pool.submit(httpx.get, sandbox.global_url + path)
            for path in ("/api/v4/public/time", "/auth/login")
        ]
        held.wait()
        sandbox.stop()
        for answer in answers:
            with contextlib.suppress(httpx.TransportError):
                answer.result(timeout=5)


def test_it_can_be_started_again_and_keeps_its_state() -> None:
    """After a restart, the sandbox still has its clients and users."""
    sandbox = Sandbox()
    sandbox.add_user("alice")
    for _ in range(2):
        with sandbox:
            assert httpx.get(f"{sandbox.global_url}/api/v4/public/time").is_success
    assert [user.name for user in sandbox.users] == ["alice"]
    with pytest.raises(RuntimeError, match="not running"):
        _ = sandbox.global_url


def test_it_takes_the_ports_that_it_is_given() -> None:
    """Given ports are used, and one that is in use is an error without leftovers."""
    port = free_port()
    with Sandbox(port=port) as sandbox:
        assert sandbox.global_url == f"http://127.0.0.1:{port}"
        assert sandbox.url("eu") == sandbox.eu_url != sandbox.global_url
        threads = len(server_threads())
        second = Sandbox(eu_port=port)
        with pytest.raises(OSError, match="in use"):
            second.start()
        second.stop()
        assert len(server_threads()) == threads
        with pytest.raises(RuntimeError, match="already"):
            sandbox.start()
        with pytest.raises(ValueError, match="region"):
            sandbox.url("moon")  # type: ignore[arg-type]  # wrong on purpose


def test_it_serves_until_it_is_stopped() -> None:
    """The command line's way of running it ends when another thread stops it."""
    sandbox = Sandbox()
    thread = threading.Thread(target=sandbox.serve_forever, daemon=True)
    thread.start()
    give_up = time.monotonic() + 5
    while "http" not in repr(sandbox) and time.monotonic() < give_up:
        time.sleep(0.001)
    assert httpx.get(f"{sandbox.eu_url}/api/v4/public/time").is_success
    sandbox.stop()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_it_can_be_used_from_an_event_loop(sandbox: Sandbox, partner: Partner) -> None:
    """The person and every control work in a thread with a running event loop."""

    async def flow() -> int:
        callback = sandbox.person("alice").approve(partner.login_url())
        assert "code=" in callback
        sandbox.clock.advance(1)
        async with httpx.AsyncClient() as client:
            url = f"{sandbox.global_url}/api/v4/public/time"
            answers = await asyncio.gather(*(client.get(url) for _ in range(5)))
        return sum(answer.is_success for answer in answers)

    assert asyncio.run(flow()) == 5


def test_reset_forgets_everything(sandbox: Sandbox, partner: Partner) -> None:
    """After a reset the ports are the same and nothing else is."""
    token = partner.tokens()["access_token"]
    sandbox.traps.unknown_fields = True
    sandbox.faults.add("get_server_time", kind="html", times=None)
    before = (sandbox.global_url, sandbox.eu_url, sandbox.clock.now())
    sandbox.reset()
    assert (sandbox.global_url, sandbox.eu_url, sandbox.clock.now()) == before
    assert sandbox.clients == []
    assert sandbox.users == []
    assert sandbox.requests == []
    assert not sandbox.traps.unknown_fields
    assert sandbox.issued_values() == frozenset()
    assert partner.http.get(f"{partner.base}/api/v4/public/time").is_success
    assert partner.bearer("GET", "/oauth2/api-key/info", token).status_code == 401


def test_hold_gives_up_waiting(sandbox: Sandbox) -> None:
    """Waiting for requests that do not arrive raises an error."""
    with sandbox.hold("get_server_time") as held:
        with pytest.raises(TimeoutError, match="0 of 1"):
            held.wait(timeout=0.01)
        assert held.arrived == 0
    with pytest.raises(ValueError, match="route"):
        sandbox.hold("POST /nothing")


def test_it_stops_while_callers_come() -> None:
    """A connection that arrives at the moment of the stop is closed like the others."""
    addresses: list[int] = []
    over = threading.Event()

    def call() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError, IndexError):
                socket.create_connection(("127.0.0.1", addresses[-1])).close()

    caller = threading.Thread(target=call, daemon=True)
    caller.start()
    gc.collect()
    before = open_sockets()
    for _ in range(5):
        with Sandbox() as sandbox:
            addresses.append(int(sandbox.global_url.rpartition(":")[2]))
            while not sandbox.connections():
                time.sleep(0.001)
    over.set()
    caller.join()
    gc.collect()  # an unclosed socket is an error of this test
    assert open_sockets() == before
