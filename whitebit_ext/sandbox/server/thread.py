"""The server thread: one event loop, one port for each region."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp
from uvicorn import Config, Server

from ..operations import Region
from .connections import Connection


class _Server(Server):
    """A uvicorn server that signals its start and stops without delay."""

    def __init__(self, config: Config, state: dict[str, object], ready: threading.Event) -> None:
        super().__init__(config)
        self._state = state
        self._ready = ready
        self._ending = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then set the event."""
        self.lifespan.state.update(self._state)
        await super().startup(sockets)
        self._ready.set()

    async def main_loop(self) -> None:
        """Wait for the end, then stop accepting and abort open connections."""
        await self.on_tick(0)
        await self._ending.wait()
        loop = asyncio.get_running_loop()
        for server in self.servers:
            for sock in server.sockets:
                loop.remove_reader(sock.fileno())
        # A connection that was just accepted gets its transport a few iterations later. asyncio
        # would leave its socket open if the listening socket were closed before.
        for _ in range(5):
            await asyncio.sleep(0)
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def end(self) -> None:
        """End the main loop; call it in the thread of the server."""
        self._ending.set()


class ServerThread:
    """A thread that runs an application on two ports.

    Args:
        app: The application.
        ports: The port of each region; 0 for a free one.
        accepted: Called in the thread with the region of each new connection.
        host: The address to listen on.
    """

    def __init__(
        self,
        app: ASGIApp,
        ports: Mapping[Region, int],
        accepted: Callable[[Region], None],
        *,
        host: str,
    ) -> None:
        """Bind the ports, so that a port in use raises an error here."""
        self._app = app
        self._accepted = accepted
        self._sockets: dict[Region, socket.socket] = {}
        try:
            for region, port in ports.items():
                self._sockets[region] = self._bind(host, port)
        except BaseException:
            self._close_sockets()
            raise
        self.ports: dict[Region, int] = {
            region: sock.getsockname()[1] for region, sock in self._sockets.items()
        }
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: _Server | None = None
        self._thread = threading.Thread(target=self._run, name="whitebit-sandbox", daemon=True)

    def start(self) -> None:
        """Start the thread, and return when both ports accept requests."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise RuntimeError("the server of the sandbox could not start") from self._failure

    def stop(self) -> None:
        """Stop the server, and wait for its thread."""
        if self._thread.is_alive() and self._loop is not None and self._server is not None:
            self._loop.call_soon_threadsafe(self._server.end)
        self._thread.join()
        self._close_sockets()

    @staticmethod
    def _bind(host: str, port: int) -> socket.socket:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # asyncio sets TCP_NODELAY only if the protocol is given; without it, responses take 40 ms.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
        except BaseException:
            sock.close()
            raise
        return sock

    def _close_sockets(self) -> None:
        for sock in self._sockets.values():
            sock.close()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # raised in start()
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        config = Config(
            self._app,
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )
        state: dict[str, object] = {
            "region_of": {port: region for region, port in self.ports.items()},
            "accepted": self._accepted,
        }
        self._loop = asyncio.get_running_loop()
        self._server = _Server(config, state, self._ready)
        await self._server.serve(sockets=list(self._sockets.values()))
