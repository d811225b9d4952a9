"""TCP connections: counted when accepted, and cut when a fault wants it."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from typing import Any

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from .operations import Region

_logger = logging.getLogger("whitebit_ext.sandbox")


class Connection(H11Protocol):
    """An HTTP/1.1 connection that hands its transport to the application.

    Two entries of the configured application state are for the server's own use: `region_of` tells
    the region of a port, and `accepted` is called with the region of each new connection.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Log under our own name, and no access at all: a callback's URL has a code in it."""
        super().__init__(*args, **kwargs)
        self.logger = _logger
        self.access_log = False

    def connection_made(  # type: ignore[override]  # as in the class above: TCP transports alone
        self, transport: asyncio.Transport
    ) -> None:
        """Note the region by the port that the caller chose."""
        super().connection_made(transport)
        region_of: dict[int, Region] = self.app_state["region_of"]
        accepted: Callable[[Region], None] = self.app_state["accepted"]
        region = region_of[transport.get_extra_info("sockname")[1]]
        self.app_state = {"region": region, "transport": transport}
        accepted(region)


async def drop(scope: Scope, receive: Receive, *, reset: bool = False, flush: bool = False) -> None:
    """Close a request's connection under it.

    Args:
        scope: The request's.
        receive: The request's.
        reset: Send RST in place of FIN.
        flush: Send first what was written already.
    """
    transport: asyncio.Transport = scope["state"]["transport"]
    if reset:
        # SO_LINGER with no time: the kernel throws the connection away.
        sock: socket.socket = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if flush:
        transport.close()
    else:
        transport.abort()
    # uvicorn takes a request that ends without an answer for an error unless its connection is gone
    # already.
    while (await receive())["type"] != "http.disconnect":
        pass
