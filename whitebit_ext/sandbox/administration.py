"""What can be arranged on a sandbox and asked of it, apart from its server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .clock import Clock
from .faults import Faults
from .histories import DEFAULT_SPAN, History
from .holds import Hold
from .keys import Deletion
from .limits import Limits
from .model import DEFAULT_SCOPES, ApiKey, PartnerClient, TokenMode, User, grants_of
from .observation import Observation
from .operations import Region, named
from .settings import Settings
from .traps import Traps
from .world import World


class Administration(Observation):
    """Clients, users, keys, switches and the log of a sandbox.

    Every method may be called from any thread, also while an event loop runs in it, and whether or
    not the sandbox is started.

    Args:
        clock: The clock that everything goes by.
        key_delay: Seconds between the exchange of a code and the existence of the key.
    """

    def __init__(self, clock: Clock, key_delay: float) -> None:
        """Begin with an empty world."""
        self._key_delay = key_delay
        super().__init__(clock, World.make(clock, Settings(key_delay=key_delay)))

    def reset(self) -> None:
        """Forget everything and everybody; keep the ports and the clock's time."""
        old = self._world
        self._world = World.make(self.clock, Settings(key_delay=self._key_delay))
        old.holds.release_all()

    # --- who there is ---

    def register_client(
        self,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        redirect_uris: Iterable[str] = (),
        scopes: Iterable[str] = DEFAULT_SCOPES,
        token_mode: TokenMode = "rotating",  # noqa: S107 - the name of a mode, not a token
        region: Region | str = "global",
        require_pkce: bool = True,
        allowed_addresses: Iterable[str] | None = None,
    ) -> PartnerClient:
        """Register a partner's client.

        Args:
            client_id: Made up when omitted, as the secret is.
            client_secret: Remembered among `issued_values`.
            redirect_uris: Where the browser may be sent back to.
            scopes: What its tokens may do; fixed from now on.
            token_mode: `"rotating"`: 300 s with a single-use refresh token; `"single"`: 4 hours
                without one.
            region: `"global"`, `"eu"` or `"both"`.
            require_pkce: Refuse a login without a code challenge.
            allowed_addresses: The addresses that may ask for tokens; every one when omitted.

        Raises:
            ValueError: An argument is not usable, or the id is registered already.
        """
        return self._world.state.register_client(
            client_id=client_id,
            client_secret=client_secret,
            redirect_uris=redirect_uris,
            scopes=scopes,
            token_mode=token_mode,
            region=region,
            require_pkce=require_pkce,
            allowed_addresses=allowed_addresses,
        )

    def add_user(
        self,
        name: str,
        *,
        main_balances: Mapping[str, str] | None = None,
        spot_balances: Mapping[str, tuple[str, str]] | None = None,
        second_factor: str = "246810",
    ) -> User:
        """Add a user, whose attributes may be changed afterwards.

        Args:
            name: Shown on the sign-in page.
            main_balances: Ticker to amount; some when omitted.
            spot_balances: Ticker to (available, frozen); some when omitted.
            second_factor: What the consent page wants typed.

        Raises:
            ValueError: There is such a user already.
        """
        return self._world.state.add_user(
            name,
            main_balances=main_balances,
            spot_balances=spot_balances,
            second_factor=second_factor,
        )

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
        """Return a user, whose attributes may be changed.

        Raises:
            ValueError: There is no such user.
        """
        return self._world.state.user(name)

    def history(self, user: str) -> History:
        """Return a user's account histories, to be read and added to.

        Raises:
            ValueError: There is no such user.
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
        """Replace a user's histories by made-up ones; see `History.seed`."""
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

    # --- keys and tokens ---

    def key(self, user: str, client: str | PartnerClient) -> ApiKey | None:
        """Return the (user, client)'s key, active or disabled, or None."""
        state = self._world.state
        return self._world.keys.current(state.user(user), state.client(client))

    @property
    def keys(self) -> list[ApiKey]:
        """Return every key ever made, deleted ones too."""
        return self._world.keys.all()

    def add_key(
        self,
        user: str,
        client: str | PartnerClient,
        permissions: Iterable[str] | Mapping[str, Iterable[str]] | None = None,
        *,
        region: Region = "global",
    ) -> ApiKey:
        """Make an active key without the flow.

        Args:
            user: Its owner.
            client: The partner that it is for.
            permissions: Names of permission groups, or groups with the URLs of each that are
                enabled; all when None.
            region: The server that it is good on.

        Raises:
            ValueError: The user has a key from this client, or there is no such user, client or
            permission.
        """
        state = self._world.state
        return self._world.keys.make(
            state.client(client), state.user(user), grants_of(permissions), region
        )

    def grant(
        self, external_id: str, permissions: Iterable[str] | Mapping[str, Iterable[str]]
    ) -> None:
        """Replace what a key may do; a mapping of groups to URLs grants a group in part."""
        self._key(external_id).grants = grants_of(permissions)

    def delete_key(self, external_id: str, reason: Deletion = "user") -> None:
        """Delete a key as its user or the system does.

        Args:
            external_id: The key's.
            reason: Why; `"revoked"` also ends the tokens of its (user, client).

        Raises:
            ValueError: There is no such key.
        """
        key = self._key(external_id)
        self._world.keys.delete(key, reason)
        if reason == "revoked":
            self._world.tokens.revoke(key.user, key.client)

    def disable_key(self, external_id: str) -> None:
        """Disable a key, as 14 days without use do."""
        self._key(external_id).disabled = True

    def lock_secret(self, external_id: str, seconds: float) -> None:
        """Pretend for so many seconds that another retrieval of a key's secret runs."""
        self._key(external_id).locked_until = self.clock.now() + seconds

    def revoke_tokens(self, user: str, client: str | PartnerClient) -> int:
        """End every token of a (user, client), and return how many pairs that were."""
        state = self._world.state
        return self._world.tokens.revoke(state.user(user), state.client(client))

    def revoke_authorization(self, user: str, client: str | PartnerClient) -> None:
        """Withdraw what a user allowed a partner: tokens, key, and a key still to be made."""
        self.revoke_tokens(user, client)
        state = self._world.state
        self._world.keys.forget_pending(state.user(user), state.client(client))
        key = self.key(user, client)
        if key is not None:
            self._world.keys.delete(key, "revoked")

    def finish_choosing(self, user: str) -> int:
        """Let a user who is still choosing confirm now, and return how many keys come of it."""
        return self._world.keys.finish_choosing(self._world.state.user(user))

    # --- switches ---

    @property
    def settings(self) -> Settings:
        """Return the durations and choices, to be changed in place."""
        return self._world.state.settings

    @property
    def traps(self) -> Traps:
        """Return the oddities of the answers, to be switched in place."""
        return self._world.traps

    @property
    def limits(self) -> Limits:
        """Return the rate limits, to be switched in place."""
        return self._world.limits

    @property
    def faults(self) -> Faults:
        """Return the faults, to add to."""
        return self._world.faults

    def hold(self, route: str) -> Hold:
        """Stop the requests for an operation inside the server until the returned hold is released.

        Args:
            route: The operation's name, or its route such as `"POST /oauth2/token"`.

        Raises:
            ValueError: There is no such operation.
        """
        return self._world.holds.add(named(route))

    def _key(self, external_id: str) -> ApiKey:
        key = self._world.keys.by_id(external_id)
        if key is None:
            raise ValueError("external_id: there is no such key")
        return key
