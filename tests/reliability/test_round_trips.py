"""How often PostgreSQL is waited for: docs/reliability.md has the table."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from whitebit_ext import Row, SQLStore
from whitebit_ext.sandbox import Sandbox

from ..stores.cutting_proxy import CuttingProxy
from .databases import Databases
from .wiring import World

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


T = TypeVar("T")


class CountingProxy(CuttingProxy):
    """Count the answers of the database, each of which ends with a ReadyForQuery message.

    Attributes:
        answers: How many have passed.
    """

    def __init__(self, port: int) -> None:
        super().__init__(port, "before")  # which is not armed
        self.answers = 0

    def _pass(self, server: socket.socket, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError), server.makefile("rb") as messages:
            while head := messages.read(5):  # a letter, and the length of the rest with itself
                rest = messages.read(int.from_bytes(head[1:]) - 4)
                self.answers += head[:1] == b"Z"
                client.sendall(head + rest)


class CountingStore(SQLStore):
    """Count the calls that the library makes.

    Attributes:
        calls: How many there were.
    """

    calls = 0

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row."""
        self.calls += 1
        return super().get(kind, id)

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> int | None:
        """Write the row."""
        self.calls += 1
        return super().put(kind, id, data, expect, expires_at=expires_at)

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Delete the row."""
        self.calls += 1
        return super().delete(kind, id, expect)


def test_the_round_trips_of_each_flow(databases: Databases, running_sandbox: Sandbox) -> None:
    """The calls of the store and their round trips, on the wire, are those of the table."""
    url = sa.make_url(databases.new("postgresql"))
    assert url.database is not None
    found: dict[str, tuple[int, int]] = {}
    with CountingProxy(databases.server.port) as proxy:
        target = databases.server.url(url.database, port=proxy.port) + "?sslmode=disable"
        world = World(running_sandbox, target)
        with CountingStore(target) as store, world.partner(store, refresh_interval=1.1) as partner:
            store.migrate()

            def count(flow: str, call: Callable[[], T]) -> T:
                before = (store.calls, proxy.answers)
                result = call()
                found[flow] = (store.calls - before[0], proxy.answers - before[1])
                return result

            running_sandbox.add_user("alice")
            login = count("`authorize()`", lambda: partner.authorize("alice"))
            callback = running_sandbox.person("alice").approve(login.url)
            user = count(
                "`connect()`",
                lambda: partner.connect(callback, binding=login.binding, user_id="alice"),
            )
            world.advance(2)
            count("first `issue()`", user.api_key.issue)
            user.account.balances.spot()  # the first one notes the use of the key
            count("signed read", user.account.balances.spot)
            count("Bearer read", user.bearer.account.balances.main)
            world.advance(280)
            count("Bearer read that refreshes", user.bearer.account.balances.main)
            count("`disconnect()`", user.disconnect)
    rows = re.findall(r"^\| (.+) \| (\d+) \| (\d+) \|$", PAGE.read_text(), re.MULTILINE)
    assert found == {flow: (int(calls), int(trips)) for flow, calls, trips in rows}
    assert found["first `issue()`"][0] <= 8
    assert found["Bearer read that refreshes"][0] <= 6
    assert found["signed read"] == (1, 1)
