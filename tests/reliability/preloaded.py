"""What runs under Gunicorn and in a pool of forked workers: a partner that was used before.

Gunicorn loads it as a module of its own, so it imports nothing of its folder. The environment says
what it is wired to. Each answer names the process that made it, and its connections.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import sqlalchemy as sa

from whitebit_ext import Region, WhiteBIT
from whitebit_ext.custody.stores import SQLStore

VARIABLE = "WHITEBIT_OAUTH_PRELOADED"

_lock = threading.Lock()
_sockets: set[int] = set()
_backends: set[int] = set()
# A child begins its own lists: what it inherits and uses all the same shows in them.
os.register_at_fork(after_in_child=_sockets.clear)
os.register_at_fork(after_in_child=_backends.clear)


class _Noting(httpx.HTTPTransport):
    """A transport that notes the inode of each socket that a request went over."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request."""
        response = super().handle_request(request)
        sock = response.extensions["network_stream"].get_extra_info("socket")
        with _lock:
            _sockets.add(os.fstat(sock.fileno()).st_ino)
        return response


def _checked_out(connection: Any, *_: object) -> None:
    """Note which process of the PostgreSQL server a connection of ours talks to."""
    info = getattr(connection, "info", None)
    if info is not None:
        with _lock:
            _backends.add(info.backend_pid)


class Preloaded:
    """A partner of this process or of the one that it was forked from."""

    def __init__(self, wiring: dict[str, Any]) -> None:
        self.store = SQLStore(wiring.pop("url"))
        sa.event.listen(sa.pool.Pool, "checkout", _checked_out)
        self.partner = WhiteBIT(
            **wiring, region=Region.GLOBAL, store=self.store, transport=_Noting, timeout=60.0
        )

    def serve(self, name: str) -> dict[str, Any]:
        """Read what belongs to a user, over the network and from custody."""
        user = self.partner.user(name)
        key = user.api_key.issue()
        balances = user.signed.account.balances.spot()
        main = user.bearer.account.balances.main()
        with _lock:
            return {
                "pid": os.getpid(),
                "user": name,
                "external_id": key.external_id,
                "spot": str(balances["BTC"].available),
                "main": str(main["BTC"].main_balance),
                "sockets": sorted(_sockets),
                "backends": sorted(_backends),
            }


def database_files() -> list[str]:
    """Return the open files of this process that are a database's."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:  # the one that the listing itself had open
            continue
        if ".db" in target:
            found.append(target)
    return found


if VARIABLE in os.environ:
    _preloaded = Preloaded(json.loads(os.environ[VARIABLE]))
    # Before the fork: connections, threads and cached keys are there to be inherited.
    _before = _preloaded.serve("user-0")

    def application(
        environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
    ) -> Iterable[bytes]:
        """Answer a path that is a user's name; ``/`` returns what was done before the fork."""
        name = environ["PATH_INFO"].strip("/")
        answer = _preloaded.serve(name) if name else _before
        start_response("200 OK", [("content-type", "application/json")])
        return [json.dumps(answer).encode()]
