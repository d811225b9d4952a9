"""Registration of clients and users, the users' account histories, and the log."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlsplit

from ..faults.faults import Faults
from ..faults.traps import Traps
from ..operations import REGIONS, Region
from ..world.clock import Clock
from ..world.credentials import SecretKind, make_opaque
from ..world.histories import DEFAULT_SPAN, History
from ..world.journal import Breach, Note, RequestRecord
from ..world.limits import Limits
from ..world.model import DEFAULT_SCOPES, PartnerClient, TokenMode, User
from ..world.settings import Settings
from ..world.world import World

# As in the examples of the contract: many decimals, trailing zeros, a zero balance.
_MAIN_BALANCES = {"BTC": "0.0013929494020316", "USDT": "250.75", "ETH": "0"}
_SPOT_BALANCES = {"BTC": ("0.123", "0.01"), "USDT": ("1000.00100000", "0")}

_AMOUNT = re.compile(r"\d+(\.\d+)?")


def _is_amount(value: object) -> bool:
    return isinstance(value, str) and _AMOUNT.fullmatch(value) is not None


def _is_pair(value: object) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2 and all(map(_is_amount, value))


class Registry:
    """Clients, users and the log of a sandbox.

    Attributes:
        clock: The clock of the sandbox.
        settings: The settings, which can be changed in place.
        traps: The switches for irregular responses, which can be changed in place.
        limits: The rate limits, which can be changed in place.
        faults: The faults, which can be added to.
    """

    def __init__(self, clock: Clock, world: World) -> None:
        self.clock = clock
        self._use(world)

    def _use(self, world: World) -> None:
        self._world = world
        self.settings: Settings = world.state.settings
        self.traps: Traps = world.traps
        self.limits: Limits = world.limits
        self.faults: Faults = world.faults

    def register_client(
        self,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        redirect_uris: Collection[str] = (),
        scopes: Collection[str] = DEFAULT_SCOPES,
        token_mode: TokenMode = "rotating",  # noqa: S107 - the name of a mode, not a token
        region: str = "global",
        require_pkce: bool = True,
        allowed_addresses: Collection[str] | None = None,
    ) -> PartnerClient:
        """Register the client of a partner.

        Args:
            client_id: The client id; random by default.
            client_secret: The client secret; random by default.
            redirect_uris: The registered redirect URIs.
            scopes: The scopes of its tokens.
            token_mode: `"rotating"` for access tokens of 300 s with single-use refresh tokens,
                `"single"` for access tokens of 4 hours without refresh tokens.
            region: `"global"`, `"eu"` or `"both"`.
            require_pkce: Refuse a login without a code challenge.
            allowed_addresses: The IP addresses that may request tokens if
                `settings.address_checks` is set; any address by default.

        Raises:
            ValueError: An argument is invalid, or the client id is already registered.
        """
        if token_mode not in ("rotating", "single"):
            raise ValueError("token_mode: must be 'rotating' or 'single'")
        if region not in (*REGIONS, "both"):
            raise ValueError("region: must be 'global', 'eu' or 'both'")
        for name, value in (("redirect_uris", redirect_uris), ("scopes", scopes)):
            if isinstance(value, str):
                raise ValueError(f"{name}: must be several strings, not one")
        redirect_uris = tuple(redirect_uris)
        for uri in redirect_uris:
            parts = urlsplit(uri)
            if not (parts.scheme and parts.netloc) or "#" in uri:  # RFC 6749 section 3.1.2
                raise ValueError("redirect_uris: must be absolute and without a fragment")
        client = PartnerClient(
            client_id=client_id or uuid.uuid4().hex,
            client_secret=client_secret or make_opaque(),
            redirect_uris=redirect_uris,
            scopes=tuple(scopes),
            token_mode=token_mode,
            regions=tuple(name for name in REGIONS if region in (name, "both")),
            require_pkce=require_pkce,
            allowed_addresses=None if allowed_addresses is None else tuple(allowed_addresses),
        )
        self._world.state.add_client(client)
        return client

    def add_user(
        self,
        name: str,
        *,
        main_balances: Mapping[str, str] | None = None,
        spot_balances: Mapping[str, tuple[str, str]] | None = None,
        second_factor: str = "246810",
    ) -> User:
        """Add a user, whose attributes can be changed later.

        Args:
            name: The name on the login page.
            main_balances: Ticker to amount; example balances by default.
            spot_balances: Ticker to (available, frozen); example balances by default.
            second_factor: The code that the consent page asks for.

        Raises:
            ValueError: An argument is invalid, or the user already exists.
        """
        if not name:
            raise ValueError("name: must not be empty")
        main = _MAIN_BALANCES if main_balances is None else main_balances
        spot = _SPOT_BALANCES if spot_balances is None else spot_balances
        if not all(_is_amount(amount) for amount in main.values()):
            raise ValueError("main_balances: must be decimal strings")
        if not all(_is_pair(pair) for pair in spot.values()):
            raise ValueError("spot_balances: must be pairs of decimal strings")
        user = User(
            name=name,
            main_balances=dict(main),
            spot_balances={ticker: (pair[0], pair[1]) for ticker, pair in spot.items()},
            second_factor=second_factor,
        )
        self._world.state.add_user(user)
        return user

    @property
    def clients(self) -> list[PartnerClient]:
        """Return the registered clients."""
        with self._world.state.lock:
            return list(self._world.state.clients.values())

    @property
    def users(self) -> list[User]:
        """Return the users."""
        with self._world.state.lock:
            return list(self._world.state.users.values())

    def user(self, name: str) -> User:
        """Return a user, whose attributes can be changed.

        Raises:
            ValueError: The user does not exist.
        """
        return self._world.state.user(name)

    def history(self, user: str) -> History:
        """Return the account history of a user, which can be changed.

        Raises:
            ValueError: The user does not exist.
        """
        return self._world.histories.of(self._world.state.user(user))

    def seed_history(
        self,
        user: str,
        *,
        transactions: int = 0,
        orders: int = 0,
        deals: int = 0,
        converts: int = 0,
        seed: int = 1,
        span: float = DEFAULT_SPAN,
        tickers: Sequence[str] | None = None,
        markets: Sequence[str] | None = None,
        canceled: bool = True,
    ) -> History:
        """Replace the history of a user with generated rows; see `History.seed`."""
        history = self.history(user)
        history.seed(
            transactions=transactions,
            orders=orders,
            deals=deals,
            converts=converts,
            seed=seed,
            span=span,
            tickers=tickers,
            markets=markets,
            canceled=canceled,
        )
        return history

    @property
    def requests(self) -> list[RequestRecord]:
        """Return the requests for WhiteBIT's paths, oldest first.

        Requests for the pages and controls of the sandbox are not included.
        """
        return self._world.state.journal.requests()

    @property
    def breaches(self) -> list[Breach]:
        """Return the breaches of the contract, oldest first."""
        return self._world.state.journal.breaches()

    @property
    def notes(self) -> list[Note]:
        """Return what was accepted although it is not documented, oldest first."""
        return self._world.state.journal.notes()

    def count(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        region: Region | None = None,
        status: int | None = None,
    ) -> int:
        """Return the number of requests that match all arguments.

        Args:
            method: The HTTP method.
            path: A path, a path template, or the name of an operation.
            region: The region of the server.
            status: The response status.
        """
        return self._world.state.journal.count(method, path, region, status)

    def connections(self, region: Region | None = None) -> int:
        """Return the number of accepted TCP connections, including those for pages and controls."""
        return self._world.state.journal.connections(region)

    def forget_requests(self) -> None:
        """Clear the log of requests, breaches, notes and connections."""
        self._world.state.journal.forget()

    def issued_values(self, kind: SecretKind | None = None) -> frozenset[str]:
        """Return all secret values that were issued or received, or those of one kind."""
        return self._world.state.issued.values(kind)
