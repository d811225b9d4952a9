"""What the sync and the async face have in common."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import httpx

from .access import Access
from .secret import Secret

if TYPE_CHECKING:
    from .custody.stores import Store
    from .engine import Engine
    from .regions import Region
    from .runtime.clock import Clock


class Partner:
    """A partner, registered with WhiteBIT.

    Args:
        client_id: The partner's client id.
        client_secret: The partner's client secret.
        redirect_uri: The registered redirect URI, to the letter.
        region: The server that the partner and its users are registered with.
        store: Where sealed rows are kept; all processes of a partner share one.
        keys: Encryption keys of ``generate_encryption_key()``; the first seals, all open.
        base_url: Another address of the region's server: the sandbox, or a proxy.
        timeout: Seconds for one whole request.
        egress: A label of the address that requests leave from, where a partner has several:
            WhiteBIT takes one refresh a second per address.
        refresh_interval: Seconds between two refreshes from this egress. The server takes one a
            second; the rest is for requests that do not arrive as they left.
        transport: Makes the httpx transport of the sync pools, where it is not to be httpx's.
        async_transport: The same for the async pool, e.g. of ``httpx-aiohttp``.
        spill: A directory on a disk of this machine, where a secret goes, sealed, that the store
            does not take; the next ``issue()`` takes it in.
        clock: Where time comes from.

    Raises:
        InvalidArgument: an argument is wrong; it is named.
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        region: Region,
        store: Store,
        keys: Sequence[str | bytes],
        base_url: str | None = None,
        timeout: float = 10.0,
        egress: str = "default",
        refresh_interval: float = 1.1,
        transport: Callable[[], httpx.BaseTransport] | None = None,
        async_transport: Callable[[], httpx.AsyncBaseTransport] | None = None,
        spill: str | os.PathLike[str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        confidential = Secret(client_secret)
        del client_secret  # no frame of ours shows it when this raises
        # What a partner is made of loads with the first partner, not with the package.
        from .engine import Engine

        self._engine = Engine(
            client_id=client_id,
            client_secret=confidential,
            redirect_uri=redirect_uri,
            region=region,
            store=store,
            keys=keys,
            base_url=base_url,
            timeout=timeout,
            egress=egress,
            refresh_interval=refresh_interval,
            sync_transport=transport,
            async_transport=async_transport,
            spill=spill,
            clock=clock,
        )

    @property
    def base_url(self) -> str:
        """The address of the one server that this partner talks to."""
        return self._engine.server.base_url

    def __repr__(self) -> str:
        server = self._engine.server
        return f"<{type(self).__name__} {server.region.value} {server.base_url}>"


class Scoped:
    """What belongs to one user and one way of access."""

    __slots__ = ("_access", "_engine", "_user_id")

    def __init__(self, engine: Engine, user_id: str, access: Access = Access.ANY) -> None:
        self._engine = engine
        self._user_id = user_id
        self._access = access
