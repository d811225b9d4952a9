"""A port for a server that a test starts later."""

from __future__ import annotations

import random
import socket
from contextlib import suppress


def free_port() -> int:
    """Return a port of loopback that nobody listens on.

    It is below the ports that systems give to outgoing connections, one of which could take it
    before the server does.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
