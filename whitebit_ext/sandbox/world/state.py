"""Registered clients and users, open logins and authorization codes.

Every method is short and holds the lock; nothing here waits or uses HTTP.
"""

from __future__ import annotations

import threading
import uuid

import attrs

from ..operations import Region
from .clock import Clock
from .credentials import IssuedValues, make_opaque
from .journal import Journal
from .model import AuthorizationCode, Grants, Login, PartnerClient, User
from .settings import Settings


@attrs.define(eq=False)
class State:
    """The state of one sandbox, protected by one lock."""

    clock: Clock
    settings: Settings = attrs.field(factory=Settings)
    journal: Journal = attrs.field(factory=Journal)
    issued: IssuedValues = attrs.field(factory=IssuedValues)
    lock: threading.RLock = attrs.field(factory=threading.RLock, repr=False)
    clients: dict[str, PartnerClient] = attrs.field(factory=dict)
    users: dict[str, User] = attrs.field(factory=dict)
    logins: dict[str, Login] = attrs.field(factory=dict, repr=False)
    codes: dict[str, AuthorizationCode] = attrs.field(factory=dict, repr=False)

    def add_client(self, client: PartnerClient) -> None:
        """Register a partner's client.

        Raises:
            ValueError: The client id is already registered.
        """
        with self.lock:
            if client.client_id in self.clients:
                raise ValueError(f"client_id: {client.client_id!r} is already registered")
            self.issued.add("client_secret", client.client_secret)
            self.clients[client.client_id] = client

    def add_user(self, user: User) -> None:
        """Add a user.

        Raises:
            ValueError: The user already exists.
        """
        with self.lock:
            if user.name in self.users:
                raise ValueError(f"name: the user {user.name!r} already exists")
            self.users[user.name] = user

    def user(self, name: str | User) -> User:
        """Return a user by name.

        Raises:
            ValueError: The user does not exist.
        """
        with self.lock:
            found = self.users.get(name if isinstance(name, str) else name.name)
        if found is None:
            raise ValueError(f"user: the user {name!r} does not exist")
        return found

    def client(self, client: str | PartnerClient) -> PartnerClient:
        """Return a registered client by its id.

        Raises:
            ValueError: The client is not registered.
        """
        with self.lock:
            found = self.clients.get(client if isinstance(client, str) else client.client_id)
        if found is None:
            raise ValueError("client: the client is not registered")
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
        """Start a login."""
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
        """Return a login if it is open, or None."""
        with self.lock:
            login = self.logins.get(login_id)
            if login is None or login.finished or login.region != region:
                return None
            return login if login.expires_at > self.clock.now() else None

    def finish_login(self, login: Login) -> bool:
        """Close a login; return False if another request has closed it before."""
        with self.lock:
            first = not login.finished
            login.finished = True
            return first

    def issue_code(self, login: Login, user: User, grants: Grants) -> AuthorizationCode:
        """Issue an authorization code for an approved login."""
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
        """Return a code for its exchange, or None if it is not valid.

        The code is used up even if the exchange fails afterwards, so that a verifier cannot be
        guessed.
        """
        with self.lock:
            code = self.codes.get(value)
            if code is None or code.used or code.client is not client or code.region != region:
                return None
            code.used = True
            return code if code.expires_at > self.clock.now() else None

    def revoke_codes(self, user: User, client: PartnerClient) -> None:
        """Use up the codes of a user and client."""
        with self.lock:
            for code in self.codes.values():
                if code.user is user and code.client is client:
                    code.used = True

    def challenge_of(self, value: str) -> tuple[bool, str | None]:
        """Return whether a code is known, and the challenge of its login."""
        with self.lock:
            code = self.codes.get(value)
            return code is not None, code.challenge if code else None
