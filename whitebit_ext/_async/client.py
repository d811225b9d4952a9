"""The async face: ``AsyncWhiteBIT`` and the handle of a user; the sync names, awaited."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..access import Access
from ..partner import Partner, Scoped
from ..secret import Secret
from .account import AsyncAccount

if TYPE_CHECKING:
    from ..engine import Engine
    from ..keys.records import KeyHealth, KeyInfo, Login
    from ..keys.signing import ApiKey
    from ..maintenance import Loss
    from ..oauth.protocol import Callback


class AsyncWhiteBIT(Partner):
    """Connect a partner's users to WhiteBIT.

    One object per process does for all users: each event loop gets connections of its own, and
    it can be made before a fork. Close it at the end, or use it as an async context manager. The
    arguments are ``Partner``'s.
    """

    async def authorize(self, user_id: str) -> Login:
        """Start a login: send the browser to ``url``, keep ``state`` in the browser session.

        Args:
            user_id: The partner's own id of the user who is signed in.
        """
        return await self._engine.arun(self._engine.authorize(user_id))

    async def connect(self, callback: Callback, *, state: str | None, user_id: str) -> AsyncUser:
        """Finish a login: check the callback, exchange the code, store the tokens.

        Args:
            callback: The callback's URL, or its query parameters as a mapping.
            state: What the browser session kept; take it out of the session for this.
            user_id: The partner's own id of the user who is signed in.

        Raises:
            LoginError: the callback does not finish a login of this user; nothing was stored.
            NotSent: the server could not be reached; the same callback can be tried again.
        """
        flow = self._engine.connect(callback, state, user_id)
        del callback  # it holds the code, and a traceback may show the locals of its frames
        await self._engine.arun(flow)
        return self.user(user_id)

    def user(self, user_id: str) -> AsyncUser:
        """Return the handle of a user; cheap, and nothing is looked up for it."""
        return AsyncUser(self._engine, user_id)

    async def adopt(
        self, user_id: str, *, public_key: str, secret: str, external_id: str | None = None
    ) -> AsyncUser:
        """Store a key that the partner already has, in place of any other of the user."""
        confidential = Secret(secret)
        del secret  # no frame of ours shows it when this raises
        flow = self._engine.adopt(user_id, public_key, confidential, external_id)
        await self._engine.arun(flow)
        return self.user(user_id)

    async def forget(self, user_id: str) -> None:
        """Delete the user's tokens and key from custody; nothing is sent to WhiteBIT.

        Other processes that had read them notice within five minutes.
        """
        await self._engine.arun(self._engine.forget(user_id))

    async def lost(self) -> tuple[Loss, ...]:
        """List the secrets that were lost, taken elsewhere, or never came in a readable form."""
        return await self._engine.arun(self._engine.lost())

    async def key_health(self) -> tuple[KeyHealth, ...]:
        """Judge every stored key: unused for long, refused, or gone; nothing is sent."""
        return await self._engine.arun(self._engine.key_health())

    async def aclose(self) -> None:
        """Let exchanges end, and close the connections of this event loop."""
        await self._engine.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


class AsyncUser:
    """A user of the partner.

    Attributes:
        id: The partner's own id of the user.
    """

    __slots__ = ("_engine", "id")

    def __init__(self, engine: Engine, user_id: str) -> None:
        self._engine = engine
        self.id = engine.check_user(user_id)

    def __repr__(self) -> str:
        return f"<AsyncUser {self.id!r}>"

    @property
    def api_keys(self) -> AsyncApiKeys:
        """The user's OAuth-issued API key."""
        return AsyncApiKeys(self._engine, self.id)

    @property
    def account(self) -> AsyncAccount:
        """Account reads: signed with the stored key, or Bearer where there is none."""
        return AsyncAccount(self._engine, self.id, Access.ANY)

    @property
    def signed(self) -> AsyncReads:
        """The same reads, signed with the stored key."""
        return AsyncReads(self._engine, self.id, Access.SIGNED)

    @property
    def bearer(self) -> AsyncReads:
        """The same reads, with the access token; WhiteBIT removes them on 1 November 2026."""
        return AsyncReads(self._engine, self.id, Access.BEARER)


class AsyncReads(Scoped):
    """Reads with one way of access."""

    __slots__ = ()

    @property
    def account(self) -> AsyncAccount:
        """The account reads."""
        return AsyncAccount(self._engine, self._user_id, self._access)


class AsyncApiKeys(Scoped):
    """The user's OAuth-issued API key; on the global server only."""

    __slots__ = ()

    async def info(self) -> KeyInfo:
        """Ask what there is of the key, and what the user granted."""
        return await self._engine.arun(self._engine.keys.info(self._user_id))

    async def issue(self, timeout: float = 20.0) -> ApiKey:
        """Return the user's key: wait for it, take its secret once, store it.

        What custody holds is returned without asking. It goes on where an earlier call, in any
        process, has stopped.

        Args:
            timeout: Seconds to wait, 0 to 330; at most 29 of them for the key to show.

        Raises:
            KeyPending: the key does not show yet, e.g. since the user is still choosing; call
                again.
            SecretLocked, SecretUnanswered: not decided yet; call again.
            SecretLost, SecretTakenElsewhere, SecretMalformed: the key is of no use any more.
            SecretNotStored: the store failed; the secret is in the error.
        """
        return await self._engine.arun(self._engine.keys.issue(self._user_id, timeout))

    async def health(self) -> KeyHealth:
        """Judge the stored key by custody's record of its use; nothing is sent.

        Raises:
            NotConnected: custody holds no key of this user.
        """
        return await self._engine.arun(self._engine.keys.health(self._user_id))

    async def delete(self) -> None:
        """Delete the key at WhiteBIT, which mails the user, and then from custody.

        Raises:
            NotFound: it was gone already.
        """
        await self._engine.arun(self._engine.keys.delete(self._user_id))
