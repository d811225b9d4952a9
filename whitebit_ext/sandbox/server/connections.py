"""TCP connections: counted when accepted, and closed for faults."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from typing import Any

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..operations import Region

_logger = logging.getLogger("whitebit_ext.sandbox")


class Connection(H11Protocol):
    """An HTTP/1.1 connection that passes its transport to the application.

    Two entries of the application state are for the server: `region_of` maps ports to regions, and
    `accepted` is called with the region of each new connection.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Use our logger, without an access log: the URL of a callback contains a code."""
        super().__init__(*args, **kwargs)
        self.logger = _logger
        self.access_log = False

    def connection_made(  # type: ignore[override]  # as in the class above: TCP transports alone
        self, transport: asyncio.Transport
    ) -> None:
        """Set the region of the port."""
        super().connection_made(transport)
        region_of: dict[int, Region] = self.app_state["region_of"]
        accepted: Callable[[Region], None] = self.app_state["accepted"]
        region = region_of[transport.get_extra_info("sockname")[1]]
        self.app_state = {"region": region, "transport": transport}
        accepted(region)


async def drop(scope: Scope, receive: Receive, *, reset: bool = False, flush: bool = False) -> None:
    """Close the connection of a request.

    Args:
        scope: The scope of the request.
        receive: The receive function of the request.
        reset: Send RST instead of FIN.
        flush: Send the data that was already written.
    """
    transport: asyncio.Transport = scope["state"]["transport"]
    if reset:
        # SO_LINGER with zero timeout: the kernel sends RST.
        sock: socket.socket = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if flush:
        transport.close()
    else:
        transport.abort()
    # uvicorn logs an error if a request ends without a response before the connection is closed.
    while (await receive())["type"] != "http.disconnect":
        pass
