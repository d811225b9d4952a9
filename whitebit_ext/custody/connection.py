"""The connection row: one per user, typed, versioned, changed by compare-and-swap only."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs

from ..errors import CustodyError
from ..secret import Secret
from .values import (
    Answer,
    Asks,
    Attempt,
    Granted,
    Key,
    Standing,
    TokenPair,
    Verdict,
    unknown_fields,
)

T = TypeVar("T")

FORMAT = 1
"""The newest format of the row that this release can read."""


class State(enum.StrEnum):
    """The state of a connection: in use, or being ended."""

    CONNECTED = "connected"
    DISCONNECTING = "disconnecting"


@attrs.frozen
class Lease:
    """The permission to send a one-shot request now.

    Attributes:
        owner: The id of the attempt.
        beat: Increases with each renewal.
    """

    owner: str
    beat: int
    rest: Mapping[str, Any] = unknown_fields()


@attrs.frozen
class Pin:
    """The connection that a call, a walk, a cursor or an auth object belongs to."""

    incarnation: str
    generation: int


@attrs.frozen
class Connection:
    """Everything that belongs to one user's connection; docs/custody.md has the fields.

    ``v`` is the oldest format that a reader must know. What a newer release of the same format
    added survives a rewrite.
    """

    incarnation: str
    seq: int
    generation: int = 0
    login: str = ""
    state: State = State.CONNECTED
    pair: TokenPair | None = None
    spares: tuple[TokenPair, ...] = ()
    keys: tuple[Key, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    lease: Lease | None = None
    consent_since: float | None = None
    look_at: float = 0.0
    ended: str | None = None
    leaving_since: float | None = None
    v: int = FORMAT
    rest: Mapping[str, Any] = unknown_fields()

    @property
    def pin(self) -> Pin:
        """The pin of a call that begins now."""
        return Pin(self.incarnation, self.generation)

    @property
    def signing_key(self) -> Key | None:
        """The key that may sign without an ``info`` request first: the one confirmed last."""
        usable = [k for k in self.keys if k.standing is Standing.USABLE and k.secret is not None]
        return max(usable, key=lambda key: key.confirmed, default=None)

    @property
    def unconfirmed_key(self) -> Key | None:
        """A key that may sign once ``info`` has named it, where there is no signing key."""
        waiting = [
            k for k in self.keys if k.standing is Standing.UNCONFIRMED and k.secret is not None
        ]
        return None if self.signing_key else max(waiting, key=lambda k: k.confirmed, default=None)

    def key(self, external_id: str) -> Key | None:
        """Return the key with this ``externalId``."""
        return next((key for key in self.keys if key.external_id == external_id), None)

    @property
    def left(self) -> tuple[Key, ...]:
        """The keys that only the user can delete, after the connection itself has ended."""
        if self.generation:
            return ()
        return tuple(
            k for k in self.keys if k.standing is Standing.LEFT_BEHIND and k.secret is None
        )

    def attempt(self, id: str) -> Attempt | None:
        """Return the attempt with this id."""
        return next((attempt for attempt in self.attempts if attempt.id == id), None)

    def about(self, asks: Asks, subject: str) -> tuple[Attempt, ...]:
        """Return the attempts for one subject."""
        return tuple(a for a in self.attempts if (a.asks, a.subject) == (asks, subject))

    @property
    def untaken(self) -> tuple[Attempt, ...]:
        """Attempts with a stored response that has not been processed yet."""
        return tuple(attempt for attempt in self.attempts if attempt.untaken)


def encode(row: Connection, *, padding: int = 0) -> dict[str, Any]:
    """Return what is encrypted of a row: JSON-able, with every secret in the clear.

    Args:
        row: The row.
        padding: Bytes reserved for a response; the change that records an attempt passes
            ``LONGEST_ANSWER``, so that a store which cannot hold the response refuses before the
            request leaves. Base64 encodes three bytes as four characters.
    """
    value: dict[str, Any] = _plain(row)
    if padding:
        value["padding"] = " " * (4 * ((padding + 2) // 3))
    return value


def decode(value: Mapping[str, Any]) -> Connection:
    """Return the row of a decrypted value.

    Raises:
        CustodyError: it was written by 0.1.0, or by a release whose rows this one cannot read.
    """
    known = value.get("v")
    if not isinstance(known, int):
        raise CustodyError(
            "the connection row has no format: it was written by 0.1.0, which was never released",
            hint="Start with an empty store and let the users connect again.",
        )
    if known > FORMAT:
        raise CustodyError(
            f"the connection row has format {known}, and this release reads up to {FORMAT}",
            hint="A newer release shares the store: deploy it here as well. Nothing was changed.",
        )
    try:
        row: Connection = _made(
            Connection,
            {name: field for name, field in value.items() if name != "padding"},
            state=State,
            pair=_pair,
            spares=_each(_pair),
            keys=_each(_key),
            attempts=_each(_attempt),
            lease=lambda lease: _made(Lease, lease),
        )
        return row
    except (AttributeError, TypeError, ValueError):
        problem = CustodyError("the connection row was decrypted, but is not a row of this format")
    raise problem


def encode_attempt(attempt: Attempt) -> dict[str, Any]:
    """Return what is encrypted of an attempt that the store did not accept."""
    value: dict[str, Any] = _plain(attempt)
    return value


def decode_attempt(value: Mapping[str, Any]) -> Attempt:
    """Return the attempt of a decrypted value."""
    return _attempt(value)


def empty() -> dict[str, Any]:
    """Return what is written before a row is deleted; ``is_empty`` recognises it."""
    return {"v": FORMAT, "empty": True}


def is_empty(value: Mapping[str, Any]) -> bool:
    """Return whether a row was emptied before its deletion."""
    return value.get("empty") is True


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if attrs.has(type(value)):
        fields = {f.name: _plain(getattr(value, f.name)) for f in attrs.fields(type(value))}
        return {**fields.pop("rest"), **fields}
    return str(value) if isinstance(value, enum.StrEnum) else value


def _made(kind: Any, value: Mapping[str, Any], **makers: Callable[[Any], Any]) -> Any:
    names = {field.name for field in attrs.fields(kind)} - {"rest"}
    known = {
        name: makers[name](field) if name in makers and field is not None else field
        for name, field in value.items()
        if name in names
    }
    return kind(**known, rest={n: field for n, field in value.items() if n not in names})


def _each(make: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    return lambda values: tuple(make(value) for value in values)


def _pair(value: Any) -> TokenPair:
    made: TokenPair = _made(TokenPair, value, access=Secret, refresh=Secret, scopes=tuple)
    return made


def _key(value: Any) -> Key:
    made: Key = _made(
        Key, value, secret=Secret, standing=Standing, verdict=Verdict, granted=_granted
    )
    return made


def _granted(value: Any) -> Granted:
    made: Granted = _made(Granted, value, names=tuple, withdraws=tuple)
    return made


def _attempt(value: Any) -> Attempt:
    made: Attempt = _made(
        Attempt, value, asks=Asks, answer=lambda answer: _made(Answer, answer, body=Secret)
    )
    return made
