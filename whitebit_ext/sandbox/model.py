"""What a WhiteBIT holds: partner clients, users, logins, codes, token pairs and API keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from .operations import Region

TokenMode = Literal["rotating", "single"]

# Contract section 9.
ALL_SCOPES: Final[tuple[str, ...]] = (
    "general",
    "show.userinfo",
    "users.read",
    "users.email.read",
    "users.kyc.read",
    "orders.read",
    "orders.create",
    "orders.delete",
    "balances.read",
    "markets.read",
    "deals.read",
    "orders_history.read",
    "users.transactions.read",
    "users.converts.read",
    "users.balances.read",
    "users.orders.read",
    "users.deals.read",
    "apikeys.create",
    "apikeys.read",
    "apikeys.delete",
)

DEFAULT_SCOPES: Final[tuple[str, ...]] = (
    "show.userinfo",
    "users.transactions.read",
    "users.converts.read",
    "users.balances.read",
    "users.orders.read",
    "users.deals.read",
    "apikeys.create",
    "apikeys.read",
    "apikeys.delete",
)


@dataclass(frozen=True, slots=True)
class PartnerClient:
    """A registered OAuth client: a partner's application.

    Attributes:
        redirect_uris: The registered redirect URIs; compared as whole strings.
        scopes: Fixed at registration (contract section 2).
        token_mode: `"rotating"` gives short access tokens with single-use refresh tokens,
            `"single"` a long access token alone.
        regions: The servers that know this client.
        require_pkce: Refuse an authorization without a challenge.
        allowed_addresses: Calling addresses that may ask for tokens; every address when None.
    """

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    token_mode: TokenMode = "rotating"  # noqa: S105 - the name of a mode, not a token
    regions: tuple[Region, ...] = ("global",)
    require_pkce: bool = True
    allowed_addresses: tuple[str, ...] | None = None

    @property
    def makes_keys(self) -> bool:
        """Say whether an approved login creates an API key."""
        return "apikeys.create" in self.scopes


@dataclass(slots=True)
class User:
    """A WhiteBIT user, with what the eligibility gate asks about.

    Attributes:
        main_balances: Ticker to amount, decimal strings.
        spot_balances: Ticker to (available, frozen), decimal strings.
        second_factor: The code that the consent page wants typed; the page shows it.
        signed_in: Has a session in the browser.
        two_factor_enabled: Has set up a second factor.
        verified: Passed the KYC level that the feature needs.
        eligible: Lives where the feature is available.
        choosing_time: Seconds between the code's exchange and the end of choosing permissions, in
            place of the sandbox's `key_delay`; infinity for somebody who does not finish by
            himself.
    """

    name: str
    main_balances: dict[str, str]
    spot_balances: dict[str, tuple[str, str]]
    second_factor: str = "246810"
    signed_in: bool = True
    two_factor_enabled: bool = True
    verified: bool = True
    eligible: bool = True
    choosing_time: float | None = None


@dataclass(frozen=True, slots=True)
class PermissionGroup:
    """A group of permissions that the consent page offers."""

    name: str
    title: str
    urls: tuple[str, ...]


# The contract has one published example of a group; `url` values need not be V4 paths.
PERMISSION_GROUPS: Final[tuple[PermissionGroup, ...]] = (
    PermissionGroup(
        "trading",
        "Trading",
        (
            "/v2/order",
            "/api/v4/trade-account/balance",
            "/api/v4/trade-account/order/history",
            "/api/v4/trade-account/executed-history",
        ),
    ),
    PermissionGroup(
        "main_account",
        "Main account",
        ("/v1/wallet/*", "/api/v4/main-account/balance", "/api/v4/main-account/history"),
    ),
    PermissionGroup("convert", "Convert", ("/api/v4/convert/history",)),
)

# Group name to the URLs of it that are enabled.
Grants = dict[str, set[str]]


def grants_of(names: Iterable[str] | Mapping[str, Iterable[str]] | None) -> Grants:
    """Make grants of whole groups, or of parts of them.

    Args:
        names: Names of groups; or groups with the URLs of each that are enabled; every group
            when None.

    Raises:
        ValueError: A group or a URL does not exist.
    """
    groups = {group.name: group for group in PERMISSION_GROUPS}
    chosen: Grants = {}
    for name in groups if names is None else names:
        if name not in groups:
            raise ValueError(f"permissions: no group {name!r}; groups are {', '.join(groups)}")
        offered = set(groups[name].urls)
        chosen[name] = set(names[name]) if isinstance(names, Mapping) else offered
        if chosen[name] - offered:
            raise ValueError(f"permissions: group {name!r} has not all of these urls")
    return chosen


@dataclass(slots=True)
class Login:
    """A browser's way through the consent page, from `/auth/login` to the callback."""

    login_id: str
    client: PartnerClient
    region: Region
    redirect_uri: str
    state: str | None
    challenge: str | None
    expires_at: float
    user: User | None = None
    finished: bool = False

    @property
    def makes_key(self) -> bool:
        """Say whether approval leads to an API key, which only the global server issues."""
        return self.client.makes_keys and self.region == "global"


@dataclass(slots=True)
class AuthorizationCode:
    """A code, bound to what it was asked with (RFC 6749 section 4.1.2, RFC 7636 section 4.4)."""

    value: str = field(repr=False)
    client: PartnerClient
    user: User
    region: Region
    redirect_uri: str
    challenge: str | None
    grants: Grants
    expires_at: float
    used: bool = False


@dataclass(slots=True)
class TokenPair:
    """An access token and, in rotating mode, its refresh token, of one (user, client)."""

    number: int
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    client: PartnerClient
    user: User
    region: Region
    expires_in: int
    access_expires_at: float
    refresh_expires_at: float
    refreshed: bool = False
    revoked: bool = False


@dataclass(slots=True)
class PendingKey:
    """A key that a user agreed to and WhiteBIT has not made yet."""

    client: PartnerClient
    user: User
    grants: Grants
    ready_at: float


@dataclass(slots=True)
class ApiKey:
    """An API key that the flow issued.

    Attributes:
        external_id: UUID; what the partner is told by `info`.
        public_key: The value of `X-TXC-APIKEY`; the external id unless
            `settings.separate_public_key` is on.
        grants: Permission group to the enabled URLs of it.
        deleted: Why the key is gone (`"partner"`, `"user"`, `"system"`, `"revoked"`), or None.
        disabled: Switched off by 14 days without use, or by a test.
        secret_taken: The secret was handed out, which happens once for ever.
        retrieval_running: A retrieval of the secret is being served now.
        locked_until: Sandbox time until which another retrieval is pretended to run.
    """

    external_id: str
    public_key: str
    secret: str = field(repr=False)
    client: PartnerClient
    user: User
    grants: Grants
    created_at: float
    last_used_at: float
    region: Region = "global"
    deleted: str | None = None
    disabled: bool = False
    secret_taken: bool = False
    retrieval_running: bool = False
    locked_until: float = 0.0
    last_nonce: int = -1
    window_nonces: set[int] = field(default_factory=set, repr=False)
    nonces_since: float = 0.0

    @property
    def enabled(self) -> bool:
        """Say whether the key can be used, as `info` reports it in `isEnabled`."""
        return self.deleted is None and not self.disabled
