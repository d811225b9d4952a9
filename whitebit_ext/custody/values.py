"""The values that custody stores; they are below the protocol and the keys, which use them."""

from __future__ import annotations

import base64
import enum
import hashlib
from collections.abc import Mapping
from typing import Any

import attrs

from ..secret import Secret

REFRESH_TOKEN_LIFETIME = 600.0
"""Seconds that a refresh token lives (contract, section 3)."""
LONGEST_ANSWER = 16_384
"""Bytes of the longest response to a one-shot request that fits into a row."""

_NOTHING: Mapping[str, Any] = {}


def unknown_fields() -> Any:
    """Return the field for data of a newer release: kept in a rewrite, and not printed."""
    return attrs.field(default=_NOTHING, repr=False, kw_only=True)


@attrs.frozen
class TokenPair:
    """An access token, and usually a refresh token, of one user.

    Attributes:
        access: The access token.
        refresh: The refresh token; a pair without one is a normal case.
        scopes: The granted scopes.
        obtained_at: Unix time at which it was requested: its lifetime counts from there.
        lifetime: Seconds; ``None`` if the server did not send one, then it is used until a 401.
        login: The login that it was obtained by; renewals keep it.
        after_rejection: Whether it was obtained because its parent was rejected with a 401.
        dead: Whether the server has refused the refresh token; it stays as the parent of a late
            result.
        parent: Digest of the refresh token that it was renewed from; ``None`` after a login.
        asked: Number of its attempt: of two pairs for one parent, the later is used.
    """

    access: Secret
    refresh: Secret | None
    scopes: tuple[str, ...]
    obtained_at: float
    lifetime: float | None
    login: str
    after_rejection: bool = False
    dead: bool = False
    parent: str | None = None
    asked: int = 0
    rest: Mapping[str, Any] = unknown_fields()

    def expired(self, now: float) -> bool:
        """Return whether the access token has expired."""
        return self.lifetime is not None and now >= self.obtained_at + self.lifetime

    def due(self, now: float) -> bool:
        """Return whether it is time to renew: ``min(30 s, lifetime / 5)`` before it expires."""
        if self.lifetime is None:
            return False
        return now >= self.obtained_at + self.lifetime - min(30.0, self.lifetime / 5)

    @property
    def refresh_ends_at(self) -> float:
        """Unix time at which the refresh token expires."""
        return self.obtained_at + REFRESH_TOKEN_LIFETIME

    def refreshable(self, now: float) -> bool:
        """Return whether there is a refresh token that may still be accepted."""
        return self.refresh is not None and not self.dead and now < self.refresh_ends_at

    @property
    def digest(self) -> str | None:
        """Digest of the refresh token: the subject of an attempt that renews this pair."""
        return None if self.refresh is None else token_digest(self.refresh)


def token_digest(token: Secret) -> str:
    """Return a digest that identifies a token without revealing it."""
    return hashlib.sha256(token.reveal().encode(errors="surrogatepass")).hexdigest()


class Standing(enum.StrEnum):
    """What is known of a key from responses to tokens; docs/custody.md has the meanings."""

    USABLE = "usable"
    UNCONFIRMED = "unconfirmed"
    LEFT_BEHIND = "left_behind"
    GONE = "gone"


class Verdict(enum.StrEnum):
    """Why the secret of a key is not stored."""

    LOST = "lost"
    MALFORMED = "malformed"
    TAKEN = "taken"


@attrs.frozen
class Granted:
    """What the user granted to a key, as ``info`` named it.

    Attributes:
        names: The permission groups of which something is granted.
        withdraws: Those of them that let money leave, judged by their names and paths.
    """

    names: tuple[str, ...]
    withdraws: tuple[str, ...] = ()
    rest: Mapping[str, Any] = unknown_fields()


@attrs.frozen
class Key:
    """An API key of the user, with its secret if that was obtained.

    Attributes:
        external_id: WhiteBIT's id of the key (UUID).
        public_key: The value of ``X-TXC-APIKEY``.
        secret: The signing secret; ``None`` until it is obtained.
        standing: What is known of the key.
        generation: The generation that last confirmed it: only its tokens can report it gone.
        confirmed: ``seq`` of the change that did: earlier requests prove nothing about it.
        since: Unix time at which the secret was stored, the verdict was made, or the key was first
            recorded.
        verdict: Why there is no secret; ``None`` while nothing is decided.
        handmade: Whether it was adopted without WhiteBIT's id: ``info`` does not name such a key,
            so its absence there proves nothing.
        granted: What the user granted; ``None`` until ``info`` has named the key.
    """

    external_id: str
    public_key: str
    secret: Secret | None
    standing: Standing
    generation: int
    confirmed: int
    since: float
    verdict: Verdict | None = None
    handmade: bool = False
    granted: Granted | None = None
    rest: Mapping[str, Any] = unknown_fields()


class Asks(enum.StrEnum):
    """What a one-shot request is for."""

    CODE = "code"
    REFRESH = "refresh"
    SECRET = "secret"  # noqa: S105  # the name of what is asked for


@attrs.frozen
class Answer:
    """The body of a successful response to a one-shot request, before it is parsed.

    Attributes:
        body: The body in base64; it contains the token or the secret.
        malformed: Whether it could not be parsed.
        holds: Whether a malformed one shows the expected field: the last to be dropped.
        sent_at: Unix time right before the request left: the start of a token's lifetime.
        after_rejection: Whether a 401 was the reason for the request.
    """

    body: Secret
    malformed: bool = False
    holds: bool = False
    sent_at: float | None = None
    after_rejection: bool = False
    rest: Mapping[str, Any] = unknown_fields()

    @classmethod
    def of(
        cls, body: bytes, *, sent_at: float | None = None, after_rejection: bool = False
    ) -> Answer:
        """Return the answer for the body of a success."""
        wrapped = Secret(base64.b64encode(body).decode("ascii"))
        return cls(wrapped, sent_at=sent_at, after_rejection=after_rejection)

    def raw(self) -> bytes:
        """Return the body."""
        return base64.b64decode(self.body.reveal())


@attrs.frozen
class Attempt:
    """A one-shot request that was, or may have been, sent.

    Attributes:
        id: Random; the owner of the lease while it runs.
        asks: What it is for.
        subject: The login id, the digest of the parent token, or the ``externalId``.
        generation: The generation that it acts for; for a code, its own ticket.
        number: ``seq`` of the change that recorded it: a total order. For a code, the ticket.
        asked_at: Unix time, by the clock of the sending process.
        answer: The response, until it is processed.
        ended: Whether its process recorded that no response will come.
        doubted_at: Unix time of the first negative verdict that it kept provisional.
    """

    id: str
    asks: Asks
    subject: str
    generation: int
    number: int
    asked_at: float
    answer: Answer | None = None
    ended: bool = False
    doubted_at: float | None = None
    rest: Mapping[str, Any] = unknown_fields()

    @property
    def untaken(self) -> bool:
        """Return whether it has a response that was not processed yet."""
        return self.answer is not None and not self.answer.malformed

    @property
    def unanswered(self) -> bool:
        """Return whether no response to it is known."""
        return self.answer is None
