"""All arguments of a partner object, checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Self

import attrs
import httpx

from ..custody.rows import YEAR
from ..custody.sealing import Sealer
from ..custody.stores import Store
from ..errors import InvalidArgument
from ..http.network import Network, ProxyGiven, Verify
from ..oauth.protocol import Credentials
from ..regions import Region, Server
from ..runtime.clock import Clock, SystemClock
from ..runtime.events import Hook, check_hooks
from ..secret import Secret
from .checks import check_redirect_uri, check_secret, check_text

_CLOCK = ("time", "monotonic", "sleep", "asleep")


@attrs.frozen
class Settings:
    """The arguments of ``WhiteBIT`` and ``AsyncWhiteBIT``, checked.

    Attributes:
        credentials: Client id, client secret and redirect URI.
        server: The only server that requests are sent to.
        store: The store of sealed rows.
        sealer: Encrypts and decrypts rows.
        network: The connection settings.
        timeout: Seconds for one whole request.
        egress: A label of the address that requests are sent from.
        refresh_interval: Seconds between two refreshes from this egress.
        transport: Creates the transports of the sync pools, if not the default ones.
        async_transport: Creates those of the async pools.
        spill: The spill directory, if there is one.
        cache_for: Seconds for which a call may use a row that was read before.
        login_lifetime: Seconds in which a user can return from WhiteBIT's page.
        journal_retention: Seconds for which entries of the journal are kept.
        hooks: Are called with each event.
        identify: Whether events have the partner's own user ids.
        clock: Where time comes from.
    """

    credentials: Credentials
    server: Server
    store: Store
    sealer: Sealer
    network: Network
    timeout: float
    egress: str
    refresh_interval: float
    transport: Callable[[], httpx.BaseTransport] | None
    async_transport: Callable[[], httpx.AsyncBaseTransport] | None
    spill: str | os.PathLike[str] | None
    cache_for: float
    login_lifetime: float
    journal_retention: float
    hooks: tuple[Hook, ...]
    identify: bool
    clock: Clock

    @classmethod
    def of(
        cls,
        *,
        client_id: str,
        client_secret: str | Secret,
        redirect_uri: str,
        region: Region,
        store: Store,
        encryption_keys: Sequence[str | bytes | Secret],
        base_url: str | None,
        timeout: float,
        egress: str,
        refresh_interval: float,
        transport: Callable[[], httpx.BaseTransport] | None,
        async_transport: Callable[[], httpx.AsyncBaseTransport] | None,
        spill: str | os.PathLike[str] | None,
        cache_for: float,
        login_lifetime: float,
        journal_retention: float,
        verify: Verify,
        proxy: ProxyGiven,
        trust_env: bool,
        on_event: Sequence[Hook] | None,
        identify: bool,
        clock: Clock | None,
    ) -> Self:
        """Check the arguments.

        Raises:
            InvalidArgument: an argument is wrong; the error names it.
        """
        secret = check_secret("client_secret", client_secret)
        check_text("client_id", client_id)
        check_text("egress", egress)
        check_redirect_uri(redirect_uri)
        _check_number("timeout", timeout, 0.1, 120.0)
        _check_number("refresh_interval", refresh_interval, 0.0, 60.0)
        _check_number("cache_for", cache_for, 0.0, 300.0)
        _check_number("login_lifetime", login_lifetime, 60.0, 86_400.0)
        _check_number("journal_retention", journal_retention, 3_600.0, 100 * YEAR)
        given: object = store
        if not isinstance(given, Store) or isinstance(given, type):
            raise InvalidArgument("store", "expected a store, such as MemoryStore()")
        _check_factory("transport", transport)
        _check_factory("async_transport", async_transport)
        directory: object = spill
        if directory is not None and not isinstance(directory, (str, os.PathLike)):
            raise InvalidArgument("spill", "expected the path of a directory")
        if not isinstance(identify, bool):
            raise InvalidArgument("identify", "expected True or False")
        _check_clock(clock)
        server = Server.of(region, base_url)
        return cls(
            credentials=Credentials(client_id, secret, redirect_uri),
            server=server,
            store=store,
            sealer=Sealer(encryption_keys),
            network=Network(server, verify=verify, proxy=proxy, trust_env=trust_env),
            timeout=float(timeout),
            egress=egress,
            refresh_interval=float(refresh_interval),
            transport=transport,
            async_transport=async_transport,
            spill=spill,
            cache_for=float(cache_for),
            login_lifetime=float(login_lifetime),
            journal_retention=float(journal_retention),
            hooks=check_hooks(on_event),
            identify=identify,
            clock=SystemClock() if clock is None else clock,
        )


def _check_number(argument: str, value: object, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidArgument(argument, "expected a number of seconds")
    if not least <= value <= most:
        raise InvalidArgument(argument, f"expected {least:g} to {most:g} seconds")


def _check_factory(argument: str, factory: object) -> None:
    if factory is not None and not callable(factory):
        raise InvalidArgument(argument, "expected a function that returns an httpx transport")


def _check_clock(clock: object) -> None:
    if clock is None:
        return
    if isinstance(clock, type) or not all(callable(getattr(clock, n, None)) for n in _CLOCK):
        raise InvalidArgument("clock", f"expected an object with {', '.join(_CLOCK)}")
