"""Token pairs (contract section 3)."""

from __future__ import annotations

import attrs

from ..operations import Region
from .credentials import make_opaque
from .model import PartnerClient, TokenPair, User
from .state import State


@attrs.define(eq=False)
class Tokens:
    """The token pairs of a sandbox."""

    state: State
    _by_access: dict[str, TokenPair] = attrs.field(factory=dict, repr=False)
    _by_refresh: dict[str, TokenPair] = attrs.field(factory=dict, repr=False)
    _issued: int = 0

    def issue(self, client: PartnerClient, user: User, region: Region) -> TokenPair:
        """Issue a pair; without a refresh token in single mode."""
        state, settings = self.state, self.state.settings
        rotating = client.token_mode == "rotating"  # noqa: S105 - a mode's name
        expires_in = settings.access_lifetime if rotating else settings.single_lifetime
        now = state.clock.now()
        with state.lock:
            self._issued += 1
            pair = TokenPair(
                number=self._issued,
                access_token=state.issued.add("access_token", make_opaque()),
                refresh_token=state.issued.add("refresh_token", make_opaque())
                if rotating
                else None,
                client=client,
                user=user,
                region=region,
                expires_in=expires_in,
                access_expires_at=now + expires_in,
                refresh_expires_at=now + settings.refresh_lifetime,
            )
            self._by_access[pair.access_token] = pair
            if pair.refresh_token is not None:
                self._by_refresh[pair.refresh_token] = pair
            return pair

    def refresh(
        self, refresh_token: str, client: PartnerClient, region: Region
    ) -> TokenPair | None:
        """Return a new pair for a refresh token, or None if it is not valid.

        The old refresh token becomes invalid at once. What WhiteBIT does is not published; a
        caller must cope with this case.
        """
        state = self.state
        with state.lock:
            pair = self._by_refresh.get(refresh_token)
            if (
                pair is None
                or pair.client is not client
                or pair.region != region
                or pair.refreshed
                or pair.revoked
                or pair.refresh_expires_at <= state.clock.now()
            ):
                return None
            pair.refreshed = True
            if state.settings.refresh_ends_access:
                pair.access_expires_at = state.clock.now()
            return self.issue(pair.client, pair.user, pair.region)

    def check(self, access_token: str, region: Region) -> TokenPair | None:
        """Return the pair of a valid access token of a region, or None."""
        with self.state.lock:
            pair = self._by_access.get(access_token)
            if pair is None or pair.revoked or pair.region != region:
                return None
            return pair if pair.access_expires_at > self.state.clock.now() else None

    def find(self, token: str) -> tuple[str, TokenPair] | None:
        """Return the kind and the pair of any token ever issued, valid or not."""
        with self.state.lock:
            if token in self._by_access:
                return "access_token", self._by_access[token]
            if token in self._by_refresh:
                return "refresh_token", self._by_refresh[token]
            return None

    def revoke(self, user: User, client: PartnerClient) -> int:
        """Revoke all tokens of a user and client, and return the number of pairs."""
        with self.state.lock:
            pairs = [
                pair
                for pair in self._by_access.values()
                if pair.user is user and pair.client is client and not pair.revoked
            ]
            for pair in pairs:
                pair.revoked = True
            return len(pairs)
