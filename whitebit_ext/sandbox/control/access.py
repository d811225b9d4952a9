"""Who may use the sandbox: host names, and a token for the controls off loopback."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class Access:
    """The rules for the requests to a sandbox.

    Args:
        host: The address that the server listens on.
        names: Host names that a request may name besides those of loopback.

    Attributes:
        everywhere: Whether the server listens on all addresses.
        token: The token for the controls, or None if the server is on loopback.
    """

    def __init__(self, host: str, names: Iterable[str]) -> None:
        self._names = frozenset(name.lower() for name in (*_LOOPBACK, *names) if name)
        loopback = host == "localhost"
        self.everywhere = False
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            pass  # a name
        else:
            loopback = address.is_loopback
            self.everywhere = address.is_unspecified
        if not loopback and not self.everywhere:
            self._names |= {host.lower()}
        self.token: str | None = None if loopback else secrets.token_urlsafe(24)

    def names_us(self, host: str) -> bool:
        """Return whether a `Host` header has one of the names of the server."""
        try:
            return (urlsplit(f"//{host}").hostname or "") in self._names
        except ValueError:  # such as an unclosed bracket
            return False

    def admits(self, host: str) -> bool:
        """Return whether a request with a `Host` header is served.

        On loopback, only the pages and the controls look at it.
        """
        return self.token is None or self.names_us(host)

    def knows(self, token: str | None) -> bool:
        """Return whether a token opens the controls."""
        if self.token is None:
            return True
        return token is not None and hmac.compare_digest(token.encode(), self.token.encode())
