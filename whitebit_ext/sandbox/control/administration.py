"""Control of a sandbox from Python, apart from its server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, get_args

from ..faults.holds import Hold
from ..operations import Region
from ..world.clock import Clock
from ..world.keys import Deletion
from ..world.model import ApiKey, PartnerClient, grants_of
from ..world.settings import BearerReads, Settings
from ..world.world import World
from .registry import Registry


class Administration(Registry):
    """Clients, users, keys, settings and the log of a sandbox.

    Every method may be called from any thread, with or without a running event loop, whether or
    not the sandbox is running.

    Args:
        clock: The clock of the sandbox.
        key_delay: Seconds between a code exchange and the creation of the API key.
        prepare: Called with the sandbox now and after each `reset`.
    """

    def __init__(
        self,
        clock: Clock,
        key_delay: float,
        prepare: Callable[[Administration], object] | None = None,
    ) -> None:
        self._key_delay = key_delay
        self._prepare = prepare
        super().__init__(clock, World(clock, Settings(key_delay=key_delay)))
        if prepare is not None:
            prepare(self)

    def reset(self) -> None:
        """Delete all data and reset all settings; keep the ports and the time of the clock.

        What `prepare` registers is there again afterwards.
        """
        old = self._world
        self._use(World(self.clock, Settings(key_delay=self._key_delay)))
        old.holds.release_all()
        if self._prepare is not None:
            self._prepare(self)

    def key(self, user: str, client: str | PartnerClient) -> ApiKey | None:
        """Return the key of a user and client, active or disabled, or None."""
        state = self._world.state
        return self._world.keys.current(state.user(user), state.client(client))

    @property
    def keys(self) -> list[ApiKey]:
        """Return all keys, including deleted ones."""
        return self._world.keys.all()

    def add_key(
        self,
        user: str,
        client: str | PartnerClient,
        permissions: Collection[str] | Mapping[str, Collection[str]] | None = None,
        *,
        region: Region = "global",
    ) -> ApiKey:
        """Create an active key without a login.

        Args:
            user: The owner of the key.
            client: The client of the partner.
            permissions: The names of permission groups, or a mapping of groups to enabled URLs;
                all if None.
            region: The region where the key is valid.

        Raises:
            ValueError: The user already has a key from this client, or the user, client or
                permission does not exist.
        """
        state = self._world.state
        return self._world.keys.make(
            state.client(client), state.user(user), grants_of(permissions), region
        )

    def grant(
        self, external_id: str, permissions: Collection[str] | Mapping[str, Collection[str]]
    ) -> None:
        """Replace the permissions of a key; see `add_key`."""
        self._key(external_id).grants = grants_of(permissions)

    def delete_key(self, external_id: str, reason: Deletion = "user") -> None:
        """Delete a key as its user or the system does.

        Args:
            external_id: The external id of the key.
            reason: The reason; `"revoked"` also revokes the tokens of its user and client.

        Raises:
            ValueError: The key does not exist.
        """
        key = self._key(external_id)
        self._world.keys.delete(key, reason)
        if reason == "revoked":
            self.revoke_authorization(key.user.name, key.client)

    def disable_key(self, external_id: str) -> None:
        """Disable a key, as WhiteBIT does after 14 days without use."""
        self._key(external_id).disabled = True

    def lock_secret(self, external_id: str, seconds: float) -> None:
        """Lock the secret of a key for some seconds, as during another retrieval."""
        self._key(external_id).locked_until = self.clock.now() + seconds

    def revoke_tokens(self, user: str, client: str | PartnerClient) -> int:
        """Make all tokens of a user and client invalid, and return the number of pairs.

        The authorization and the key stay; see `revoke_authorization`.
        """
        state = self._world.state
        return self._world.tokens.revoke(state.user(user), state.client(client))

    def revoke_authorization(self, user: str, client: str | PartnerClient) -> None:
        """Revoke the authorization of a partner by a user.

        Tokens, codes, a scheduled key and the key itself die with it.
        """
        self.revoke_tokens(user, client)
        state = self._world.state
        state.revoke_codes(state.user(user), state.client(client))
        self._world.keys.forget_pending(state.user(user), state.client(client))
        key = self.key(user, client)
        if key is not None:
            self._world.keys.delete(key, "revoked")

    def finish_choosing(self, user: str) -> int:
        """Confirm the permissions of a user now, and return the number of keys created."""
        return self._world.keys.finish_choosing(self._world.state.user(user))

    def signed(
        self,
        path: str,
        *,
        answer: Any,
        permission: str | None = None,
        status: int = 200,
    ) -> None:
        """Answer a signed path of V4 with content of your own.

        The sandbox checks signature, nonce and permission as for its own operations. This replaces
        an earlier answer, and a documented operation with the same path. Faults and holds name the
        operation by its route, such as `"POST /api/v4/order/new"`.

        Args:
            path: The path, such as `"/api/v4/order/new"`.
            answer: JSON content, or a function that returns it for the parameters of the request;
                it runs in the thread of the server.
            permission: The permission group that the key needs; none if None.
            status: The status of the response.

        Raises:
            ValueError: An argument is invalid.
        """
        self._world.given.add("POST", path, answer, permission=permission, status=status)

    def public(self, path: str, *, answer: Any, status: int = 200) -> None:
        """Answer a `GET` without credentials, such as `"/api/v4/public/markets"`; see `signed`.

        Other clients load such market data before their first signed request.
        """
        self._world.given.add("GET", path, answer, permission=None, status=status)

    @property
    def given(self) -> list[str]:
        """Return the routes that `signed` and `public` have given answers for."""
        return self._world.given.routes()

    @property
    def bearer_reads(self) -> BearerReads:
        """Return whether the account reads with a Bearer token are `"served"` or `"removed"`."""
        return self.settings.bearer_reads

    @bearer_reads.setter
    def bearer_reads(self, state: BearerReads) -> None:
        if state not in get_args(BearerReads):
            raise ValueError(f"bearer_reads: must be one of {', '.join(get_args(BearerReads))}")
        self.settings.bearer_reads = state

    def hold(self, route: str) -> Hold:
        """Pause the requests of an operation inside the server until the hold is released.

        Args:
            route: The name of an operation, or its route such as `"POST /oauth2/token"`.

        Raises:
            ValueError: The operation does not exist.
        """
        return self._world.holds.add(self._world.given.named(route))

    def _key(self, external_id: str) -> ApiKey:
        key = self._world.keys.by_id(external_id)
        if key is None:
            raise ValueError("external_id: the key does not exist")
        return key
