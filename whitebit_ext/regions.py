"""Regions and servers: routing by the operations table of the generated client."""

from __future__ import annotations

import enum
import ipaddress
import re
from functools import cached_property
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import attrs

from whitebit_api.operations import OPERATIONS, SERVERS, Operation

from .errors import InvalidArgument, RegionNotSupported

if TYPE_CHECKING:
    import httpx

_DEFAULT_PORTS = {"https": 443, "http": 80}
_BASE_URL = re.compile(
    r"(?i:https?)://([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[1-9][0-9]{0,4})?/?", re.ASCII
)


class Region(enum.Enum):
    """The WhiteBIT server that a partner and its users are registered with.

    The values are the region names of the spec's ``servers`` (contract, section 1).
    """

    GLOBAL = "global"
    EU = "eu"


def operation(name: str) -> Operation:
    """Return an operation of the operations table, by ``operationId``."""
    return OPERATIONS[name]


@attrs.frozen(slots=False)
class Server:
    """A server: a region and its base URL."""

    region: Region
    base_url: str

    @classmethod
    def of(cls, region: Region, base_url: str | None = None) -> Self:
        """Return the server of a region.

        Args:
            region: The region whose operations the server provides.
            base_url: A URL to use instead of the region's own, for the sandbox or a proxy.
                Plain ``http`` is accepted for a loopback address only.
        """
        if not isinstance(region, Region):
            raise InvalidArgument("region", f"expected a Region, got {type(region).__name__}")
        if base_url is None:
            return cls(region, SERVERS[region.value])
        if not isinstance(base_url, str):
            raise InvalidArgument("base_url", f"expected a str, got {type(base_url).__name__}")
        server = cls(region, base_url.rstrip("/"))
        if not _BASE_URL.fullmatch(base_url) or not server.is_at(base_url):
            raise InvalidArgument(
                "base_url", "expected https://host[:port], without path, query, fragment or user"
            )
        for other, address in SERVERS.items():
            if other != region.value and origin_of(address) == server.origin:
                raise InvalidArgument("base_url", f"this is the server of region {other!r}")
        if server.origin.startswith("http:") and not server.is_loopback:
            raise InvalidArgument(
                "base_url", "http is allowed for a loopback address only; use https"
            )
        return server

    @cached_property
    def origin(self) -> str:
        """Scheme, host and port (RFC 6454), to which stored rows and credentials are bound."""
        return origin_of(self.base_url)

    @cached_property
    def is_loopback(self) -> bool:
        """Whether the server is reached over a loopback address."""
        host = urlsplit(self.base_url).hostname or ""
        if host == "localhost":
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:  # a name, not an address
            return False

    def is_at(self, url: str) -> bool:
        """Return whether a URL has this server's origin; an invalid URL has not."""
        try:
            return origin_of(url) == self.origin
        except ValueError:  # an invalid port or bracket
            return False

    def require(self, name: str) -> Operation:
        """Return the operation if this region serves it.

        Raises:
            RegionNotSupported: it does not; nothing was sent.
        """
        found = operation(name)
        if self.region.value not in found.regions:
            served = ", ".join(found.regions)
            raise RegionNotSupported(
                f"{found.method} {found.path} is not available in region {self.region.value!r}, "
                f"only in: {served}; nothing was sent",
                operation=name,
            )
        return found


def origin_of(url: str) -> str:
    """Return ``scheme://host:port`` of a URL, in lower case and with an explicit port."""
    parts = urlsplit(url)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    host = (parts.hostname or "").lower()
    return f"{parts.scheme}://[{host}]:{port}" if ":" in host else f"{parts.scheme}://{host}:{port}"


def origin_asked(url: httpx.URL) -> str:
    """Return the origin of a URL parsed by httpx, with the host that httpx would connect to."""
    host, scheme = url.raw_host.decode("ascii"), url.scheme
    port = url.port or _DEFAULT_PORTS.get(scheme, 0)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
