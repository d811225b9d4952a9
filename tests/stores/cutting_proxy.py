"""A wire to a database that is cut at a commit: before it arrives, or before its answer does."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Literal, Self

_COMMIT = b"COMMIT\0"  # the whole statement: an isolation level has the word as well


class CuttingProxy:
    """Pass bytes between clients on loopback and a database, and cut one connection.

    Args:
        port: Where the database listens.
        cut: Which way the first commit is lost: `before` it reaches the database, or `after`
            the database has carried it out, before the client hears of it.

    Attributes:
        port: Where to connect to.
        connections: How many have been accepted.
    """

    def __init__(self, port: int, cut: Literal["before", "after"]) -> None:
        self._target = port
        self._cut: str | None = cut
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self.is_armed = False

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for opened in (self._listener, *self._sockets):
            _end(opened)
        for thread in self._threads:
            thread.join(10)
        for opened in (self._listener, *self._sockets):
            opened.close()

    def _run(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]  # any function
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        # A listener that is shut down ends the loop; so does one that is closed.
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                self._run(self._pump, client, server)
                self._run(self._pass, server, client)

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        """Pass what the client says, and cut the connection at a commit."""
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if self.is_armed and self._cut and _COMMIT in data:
                    cut, self._cut = self._cut, None
                    if cut == "after":
                        # Nothing may come back any more; the server ends it when it has done it.
                        _end(client)
                        server.sendall(data + b"X\0\0\0\4")  # a client's orderly good-bye
                    break
                server.sendall(data)
            else:
                _end(server)
                return
            _end(client)
            if cut == "before":
                _end(server)

    def _pass(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        _end(client)


def _end(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended already
        opened.shutdown(socket.SHUT_RDWR)
