"""Another process of the partner: it does what it is told over a socket."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

from whitebit_ext.sandbox import PartnerClient

PROGRAM = """
import json, os, signal, socket, sys, tempfile, threading
import httpx
from whitebit_ext import Region, SQLStore, WhiteBIT, WhiteBITError, generate_encryption_key

def serve(settings, sock):
    if (dies_at := settings.pop("dies_at", None)) is not None:
        dies_in = settings.pop("dies_in", "connection")
        class Dying(SQLStore):
            left = dies_at
            def put(self, kind, id, data, expect, **more):
                made = super().put(kind, id, data, expect, **more)
                if kind == dies_in:
                    self.left -= 1
                    if not self.left:
                        os._exit(9)
                return made
    else:
        Dying = SQLStore
    store = Dying(settings.pop("store_url"))
    partner = WhiteBIT(region=Region.GLOBAL, store=store, **settings)
    kept = {}

    def keep(name, value):
        kept[name] = value
        return name

    names = {"partner": partner, "user": partner.user("alice"), "kept": kept, "keep": keep}
    with sock.makefile("r") as lines, sock.makefile("w") as answers:
        for line in lines:
            try:
                said = eval(line, globals() | names)
            except (WhiteBITError, StopIteration) as error:
                said = type(error).__name__
            print(json.dumps(said, default=str), file=answers, flush=True)

# The library imports much of itself when it is first used: that is done once, for all children.
with tempfile.TemporaryDirectory() as folder:
    with SQLStore(f"sqlite:///{folder}/store") as store, WhiteBIT(
        region=Region.GLOBAL,
        store=store,
        client_id="c",
        client_secret="c2VjcmV0",
        redirect_uri="https://partner.example/callback",
        encryption_keys=[generate_encryption_key()],
    ) as partner:
        partner.maintain()
assert threading.active_count() == 1

orders = socket.socket(fileno=int(sys.argv[1]))
while True:
    order, descriptors, _, _ = socket.recv_fds(orders, 65536, 1)
    if not order:
        break
    order = json.loads(order)
    if isinstance(order, int):  # until then its number is not given to another process
        os.kill(order, signal.SIGKILL)
        os.waitpid(order, 0)
        orders.send(b"ended")
        continue
    child = os.fork()
    if not child:
        orders.close()
        try:
            serve(order, socket.socket(fileno=descriptors[0]))
        finally:
            sys.stderr.flush()
            os._exit(0)
    os.close(descriptors[0])
    orders.send(str(child).encode())
"""


class Forker:
    """An interpreter that has imported the library, and is forked for each process."""

    def __init__(self) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", PROGRAM, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
            )

    def close(self) -> None:
        """End it."""
        self._orders.close()
        self._process.wait()

    def start(self, settings: dict[str, Any], end: socket.socket) -> int:
        """Start a process at the other end of a socket, and return its id."""
        socket.send_fds(self._orders, [json.dumps(settings).encode()], [end.fileno()])
        return int(self._orders.recv(100))

    def end(self, pid: int) -> None:
        """Kill a process."""
        self._orders.send(str(pid).encode())
        self._orders.recv(100)


class Process:
    """A process of its own with a partner object over the shared store.

    ``ask`` has it evaluate an expression over ``partner``, ``user``, ``kept`` and ``keep``; an
    error of the library is answered by its name.

    Args:
        forker: What starts it.
        client: The registered client.
        url: The address of the server.
        store_url: The shared database.
        key: The encryption key.
        **settings: Other arguments of the partner object; ``dies_at`` ends the process right after
            so many writes of the connection row, or of the kind of rows that ``dies_in`` names.
    """

    def __init__(
        self,
        forker: Forker,
        client: PartnerClient,
        url: str,
        store_url: str,
        key: str,
        **settings: Any,
    ) -> None:
        arguments = {
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "redirect_uri": client.redirect_uris[0],
            "base_url": url,
            "store_url": store_url,
            "encryption_keys": [key],
        } | settings
        self._forker = forker
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._pid = forker.start(arguments, theirs)
        self._lines = self._socket.makefile("w")
        self._answers = self._socket.makefile("r")

    def tell(self, expression: str) -> None:
        """Have it evaluate an expression."""
        print(expression.replace("\n", " "), file=self._lines, flush=True)

    def answer(self) -> Any:
        """Return what came of it; ``None`` where the process has died."""
        line = self._answers.readline()
        return json.loads(line) if line else None

    def ask(self, expression: str) -> Any:
        """Tell, and return the answer."""
        self.tell(expression)
        return self.answer()

    def stop(self) -> None:
        """Freeze it."""
        os.kill(self._pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        os.kill(self._pid, signal.SIGCONT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._forker.end(self._pid)
        for one in (self._lines, self._answers, self._socket):
            one.close()
