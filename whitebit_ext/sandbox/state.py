"""The sandbox's memory: who is registered, and which logins and codes are open.

Every method is short and holds the lock; nothing here waits or speaks HTTP. Tokens are in `tokens`,
keys in `keys`.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .clock import Clock
from .credentials import IssuedValues, make_opaque
from .journal import Journal
from .model import (
    AuthorizationCode,
    Grants,
    Login,
    PartnerClient,
    TokenMode,
    User,
)
from .operations import REGIONS, Region
from .settings import Settings

# The examples of the contract: many decimals, trailing zeros, a zero balance.
_MAIN_BALANCES = {"BTC": "0.0013929494020316", "USDT": "250.75", "ETH": "0"}
_SPOT_BALANCES = {"BTC": ("0.123", "0.01"), "USDT": ("1000.00100000", "0")}

_AMOUNT = re.compile(r"\d+(\.\d+)?")


def _is_amount(value: object) -> bool:
    return isinstance(value, str) and _AMOUNT.fullmatch(value) is not None


def _is_pair(value: object) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2 and all(map(_is_amount, value))


@dataclass(slots=True)
class State:
    """Everything that one sandbox knows, under one lock."""

    clock: Clock
    settings: Settings = field(default_factory=Settings)
    journal: Journal = field(default_factory=Journal)
    issued: IssuedValues = field(default_factory=IssuedValues)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    clients: dict[str, PartnerClient] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    logins: dict[str, Login] = field(default_factory=dict, repr=False)
    codes: dict[str, AuthorizationCode] = field(default_factory=dict, repr=False)

    def register_client(
        self,
        *,
        client_id: str | None,
        client_secret: str | None,
        redirect_uris: Iterable[str],
        scopes: Iterable[str],
        token_mode: TokenMode,
        region: Region | str,
        require_pkce: bool,
        allowed_addresses: Iterable[str] | None,
    ) -> PartnerClient:
        """Register a partner's client; see `Sandbox.register_client`."""
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
        with self.lock:
            if client.client_id in self.clients:
                raise ValueError(f"client_id: {client.client_id!r} is registered already")
            self.issued.add("client_secret", client.client_secret)
            self.clients[client.client_id] = client
        return client

    def add_user(
        self,
        name: str,
        *,
        main_balances: Mapping[str, str] | None,
        spot_balances: Mapping[str, tuple[str, str]] | None,
        second_factor: str,
    ) -> User:
        """Add a user; see `Sandbox.add_user`."""
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
        with self.lock:
            if name in self.users:
                raise ValueError(f"name: there is a user {name!r} already")
            self.users[name] = user
        return user

    def user(self, name: str | User) -> User:
        """Return a user by name.

        Raises:
            ValueError: There is no such user.
        """
        with self.lock:
            found = self.users.get(name if isinstance(name, str) else name.name)
        if found is None:
            raise ValueError(f"user: there is no user {name!r}")
        return found

    def client(self, client: str | PartnerClient) -> PartnerClient:
        """Return a registered client by its id.

        Raises:
            ValueError: There is no such client.
        """
        with self.lock:
            found = self.clients.get(client if isinstance(client, str) else client.client_id)
        if found is None:
            raise ValueError("client: no such client is registered")
        return found

    def open_login(
        self,
        *,
        client: PartnerClient,
        region: Region,
        redirect_uri: str,
        state: str | None,
        challenge: str | None,
    ) -> Login:
        """Begin a browser's way through the consent page."""
        login = Login(
            login_id=uuid.uuid4().hex,
            client=client,
            region=region,
            redirect_uri=redirect_uri,
            state=state,
            challenge=challenge,
            expires_at=self.clock.now() + self.settings.login_lifetime,
        )
        with self.lock:
            self.logins[login.login_id] = login
        return login

    def find_login(self, login_id: str, region: Region) -> Login | None:
        """Return a login that is still open, or None."""
        with self.lock:
            login = self.logins.get(login_id)
            if login is None or login.finished or login.region != region:
                return None
            return login if login.expires_at > self.clock.now() else None

    def finish_login(self, login: Login) -> bool:
        """Close a login; False when it was closed already, by the other of two submits."""
        with self.lock:
            first = not login.finished
            login.finished = True
            return first

    def issue_code(self, login: Login, user: User, grants: Grants) -> AuthorizationCode:
        """Issue the code of an approved login."""
        code = AuthorizationCode(
            value=self.issued.add("code", make_opaque()),
            client=login.client,
            user=user,
            region=login.region,
            redirect_uri=login.redirect_uri,
            challenge=login.challenge,
            grants=grants,
            expires_at=self.clock.now() + self.settings.code_lifetime,
        )
        with self.lock:
            self.codes[code.value] = code
        return code

    def take_code(
        self, value: str, client: PartnerClient, region: Region
    ) -> AuthorizationCode | None:
        """Take a code out for exchange, or return None when it is not good here and now.

        A code that its client presents is spent even if the exchange fails afterwards, so that a
        verifier cannot be guessed.
        """
        with self.lock:
            code = self.codes.get(value)
            if code is None or code.used or code.client is not client or code.region != region:
                return None
            code.used = True
            return code if code.expires_at > self.clock.now() else None

    def challenge_of(self, value: str) -> tuple[bool, str | None]:
        """Say whether a code is known, and which challenge its authorization carried."""
        with self.lock:
            code = self.codes.get(value)
            return code is not None, code.challenge if code else None
