"""Partner clients, users, logins, codes, token pairs and API keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import attrs

from ..operations import Region

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


@attrs.frozen
class PartnerClient:
    """A registered OAuth client, the application of a partner.

    Attributes:
        redirect_uris: The registered redirect URIs, compared as whole strings.
        scopes: The scopes, fixed at registration (contract section 2).
        token_mode: `"rotating"` for short-lived access tokens with single-use refresh tokens,
            `"single"` for a long-lived access token alone.
        regions: The regions where the client is registered.
        require_pkce: Refuse a login without a code challenge.
        allowed_addresses: The IP addresses that may request tokens if `settings.address_checks`
            is set; any address if None.
    """

    client_id: str
    client_secret: str = attrs.field(repr=False)
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    token_mode: TokenMode = "rotating"  # noqa: S105 - the name of a mode, not a token
    regions: tuple[Region, ...] = ("global",)
    require_pkce: bool = True
    allowed_addresses: tuple[str, ...] | None = None

    @property
    def makes_keys(self) -> bool:
        """Whether an approved login creates an API key."""
        return "apikeys.create" in self.scopes


@attrs.define
class User:
    """A WhiteBIT user, with the conditions of the eligibility gate.

    Attributes:
        main_balances: Ticker to amount, as decimal strings.
        spot_balances: Ticker to (available, frozen), as decimal strings.
        second_factor: The code that the consent page asks for, and displays.
        signed_in: Whether the user has a session in the browser.
        two_factor_enabled: Whether the user has set up a second factor.
        verified: Whether the user has the required KYC level.
        eligible: Whether the feature is available to the user.
        choosing_time: Seconds between the code exchange and the confirmation of permissions,
            instead of the sandbox's `key_delay`; infinity for a user who never confirms.
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


@attrs.frozen
class PermissionGroup:
    """A group of permissions on the consent page."""

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
    """Return the enabled URLs of permission groups.

    Args:
        names: The names of groups, or a mapping of groups to enabled URLs; every group if None.

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
            raise ValueError(f"permissions: group {name!r} does not have all of these URLs")
    return chosen


@attrs.define
class Login:
    """A login in a browser, from `/auth/login` to the callback."""

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
        """Whether approval creates an API key, which only the global server does."""
        return self.client.makes_keys and self.region == "global"


@attrs.define
class AuthorizationCode:
    """An authorization code (RFC 6749 section 4.1.2, RFC 7636 section 4.4)."""

    value: str = attrs.field(repr=False)
    client: PartnerClient
    user: User
    region: Region
    redirect_uri: str
    challenge: str | None
    grants: Grants
    expires_at: float
    used: bool = False


@attrs.define
class TokenPair:
    """An access token of one user and client, with its refresh token in rotating mode."""

    number: int
    access_token: str = attrs.field(repr=False)
    refresh_token: str | None = attrs.field(repr=False)
    client: PartnerClient
    user: User
    region: Region
    expires_in: int
    access_expires_at: float
    refresh_expires_at: float
    refreshed: bool = False
    revoked: bool = False


@attrs.define
class PendingKey:
    """An API key that a user has approved and WhiteBIT has not created yet."""

    client: PartnerClient
    user: User
    grants: Grants
    ready_at: float


@attrs.define
class ApiKey:
    """An API key that was issued through OAuth.

    Attributes:
        external_id: The UUID in the response of `info`.
        public_key: The value of `X-TXC-APIKEY`; the external id unless
            `settings.separate_public_key` is set.
        grants: Permission groups with their enabled URLs.
        deleted: Why the key was deleted (`"partner"`, `"user"`, `"system"`, `"revoked"`), or None.
        disabled: Whether the key was disabled after 14 days without use, or by a test.
        secret_taken: Whether the secret has been retrieved, which is possible once.
        retrieval_running: Whether a retrieval of the secret is in progress.
        locked_until: The time until which retrievals get a 423.
        allowed_addresses: The IP addresses that may sign requests if `settings.address_checks` is
            set: the user's own allowlist; any address if None.
    """

    external_id: str
    public_key: str
    secret: str = attrs.field(repr=False)
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
    allowed_addresses: tuple[str, ...] | None = None
    last_nonce: int = -1
    window_nonces: set[int] = attrs.field(factory=set, repr=False)
    nonces_since: float = 0.0

    @property
    def enabled(self) -> bool:
        """Whether the key can be used: `isEnabled` in the response of `info`."""
        return self.deleted is None and not self.disabled
