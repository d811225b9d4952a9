"""API keys (contract section 4)."""

from __future__ import annotations

import uuid
from typing import Literal, get_args

import attrs

from ..operations import REGIONS, Region
from .credentials import make_api_secret
from .model import ApiKey, Grants, PartnerClient, PendingKey, User
from .state import State

Deletion = Literal["partner", "user", "system", "revoked"]

Retrieval = Literal["begun", "locked", "taken"]


@attrs.define(eq=False)
class Keys:
    """The API keys of a sandbox, and those not created yet."""

    state: State
    _by_id: dict[str, ApiKey] = attrs.field(factory=dict, repr=False)
    _by_public_key: dict[str, ApiKey] = attrs.field(factory=dict, repr=False)
    _by_owner: dict[tuple[str, str], ApiKey] = attrs.field(factory=dict, repr=False)
    _pending: list[PendingKey] = attrs.field(factory=list, repr=False)

    def plan(self, client: PartnerClient, user: User, grants: Grants) -> None:
        """Schedule the creation of a key after the user has chosen its permissions."""
        settings, now = self.state.settings, self.state.clock.now()
        delay = settings.key_delay if user.choosing_time is None else user.choosing_time
        with self.state.lock:
            self._pending.append(PendingKey(client, user, grants, now + delay))

    def finish_choosing(self, user: User) -> int:
        """Create the scheduled keys of a user now, and return their number."""
        with self.state.lock:
            waiting = [pending for pending in self._pending if pending.user is user]
            for pending in waiting:
                pending.ready_at = self.state.clock.now()
            self._make_due()
            return len(waiting)

    def make(
        self, client: PartnerClient, user: User, grants: Grants, region: Region = "global"
    ) -> ApiKey:
        """Create a key.

        Raises:
            ValueError: The user already has a key from this client.
        """
        if region not in REGIONS:
            raise ValueError(f"region: must be one of {', '.join(REGIONS)}")
        with self.state.lock:
            if self.current(user, client) is not None:
                raise ValueError("user: already has a key from this client")
            key = self._make(client, user, grants, self.state.clock.now())
            key.region = region
            return key

    def current(self, user: User, client: PartnerClient) -> ApiKey | None:
        """Return the key of a user and client, active or disabled, or None."""
        with self.state.lock:
            self._make_due()
            key = self._by_owner.get((user.name, client.client_id))
            return self._aged(key) if key is not None and key.deleted is None else None

    def by_id(self, external_id: str) -> ApiKey | None:
        """Return a key by its external id, even if it is deleted."""
        with self.state.lock:
            self._make_due()
            key = self._by_id.get(external_id)
            return self._aged(key) if key is not None else None

    def by_public_key(self, public_key: str) -> ApiKey | None:
        """Return a key by its public key, even if it is deleted."""
        with self.state.lock:
            self._make_due()
            key = self._by_public_key.get(public_key)
            return self._aged(key) if key is not None else None

    def all(self) -> list[ApiKey]:
        """Return all keys, including deleted ones."""
        with self.state.lock:
            self._make_due()
            return [self._aged(key) for key in self._by_id.values()]

    def delete(self, key: ApiKey, reason: Deletion) -> bool:
        """Delete a key; return False if it is already deleted."""
        if reason not in get_args(Deletion):
            raise ValueError(f"reason: must be one of {', '.join(get_args(Deletion))}")
        with self.state.lock:
            if key.deleted is not None:
                return False
            key.deleted = reason
            return True

    def forget_pending(self, user: User, client: PartnerClient) -> None:
        """Cancel the scheduled keys of a user and client."""
        with self.state.lock:
            self._pending = [
                pending
                for pending in self._pending
                if pending.user is not user or pending.client is not client
            ]

    def begin_retrieval(self, key: ApiKey) -> Retrieval:
        """Start a retrieval of the secret, unless another one runs or it was retrieved before."""
        with self.state.lock:
            if key.retrieval_running or key.locked_until > self.state.clock.now():
                return "locked"
            if key.secret_taken:
                return "taken"
            key.retrieval_running = True
            return "begun"

    def finish_retrieval(self, key: ApiKey) -> str:
        """Finish a retrieval, and return the secret, which cannot be retrieved again."""
        with self.state.lock:
            key.retrieval_running = False
            key.secret_taken = True
            return key.secret

    def _make(self, client: PartnerClient, user: User, grants: Grants, at: float) -> ApiKey:
        external_id = str(uuid.uuid4())
        separate = self.state.settings.separate_public_key
        key = ApiKey(
            external_id=external_id,
            public_key=uuid.uuid4().hex if separate else external_id,
            secret=self.state.issued.add("api_secret", make_api_secret()),
            client=client,
            user=user,
            grants=grants,
            created_at=at,
            last_used_at=at,
        )
        self._by_id[external_id] = key
        self._by_public_key[key.public_key] = key
        self._by_owner[user.name, client.client_id] = key
        return key

    def _make_due(self) -> None:
        """Create the scheduled keys whose time has come."""
        if not self._pending:
            return
        now = self.state.clock.now()
        due = [pending for pending in self._pending if pending.ready_at <= now]
        self._pending = [pending for pending in self._pending if pending.ready_at > now]
        for pending in due:
            existing = self._by_owner.get((pending.user.name, pending.client.client_id))
            # One active key per user and partner: a second creation fails silently (contract).
            if existing is None or existing.deleted is not None:
                self._make(pending.client, pending.user, pending.grants, pending.ready_at)

    def _aged(self, key: ApiKey) -> ApiKey:
        """Disable a key that has not been used for too long."""
        idle = self.state.clock.now() - key.last_used_at
        if key.enabled and idle >= self.state.settings.disable_after:
            key.disabled = True
        return key
