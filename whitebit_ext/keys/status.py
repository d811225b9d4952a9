"""What the store says of a user's connection. Pure: nothing is sent, and no clock is read."""

from __future__ import annotations

import enum
import math
from datetime import UTC, datetime

import attrs

from .. import errors
from ..custody.connection import Connection, State
from ..custody.values import Asks, Key, Standing, TokenPair
from ..errors import Action, WhiteBITError
from ..regions import operation
from .permissions import Wanted
from .secrets import VERDICTS

_CADENCE = ((60.0, 2.0), (300.0, 5.0), (math.inf, 15.0))
"""Seconds between two looks for a key, by how long the user has been choosing."""
_LOGIN_EVERY = 5.0


class StatusState(enum.StrEnum):
    """The state of a user's connection, as the store has it."""

    NONE = "none"
    """No connection, and no login is open."""
    LOGIN = "login"
    """A login was started, and the user has not come back."""
    CHOOSING = "choosing"
    """Connected; the key is awaited, because the user may still be choosing permissions."""
    CONNECTED = "connected"
    """A key is stored. On a server without API keys: the tokens are valid."""
    INSUFFICIENT = "insufficient"
    """A key is stored, and does not have the required permissions, or has forbidden ones."""
    LEFTOVER_KEY = "leftover_key"
    """WhiteBIT has a key that cannot be used; only the user can delete it, in the dashboard."""
    FAILED = "failed"
    """The connection ended without a usable key: ``error`` says why, ``action`` what to do."""


@attrs.frozen
class UserStatus:
    """The state of a user's connection.

    Attributes:
        state: The state.
        granted: Names of the permission groups that were granted; ``None`` if not known.
        missing: Required groups that were not granted.
        forbidden: Forbidden groups that were granted.
        retry_after: Seconds after which it is worth asking again; ``None`` for a final state.
        error: Name of the class of the error that ended the connection, such as ``SecretLost``.
        action: What to do about the error.
        worker_seen_at: When ``maintain()`` last ran for this partner, in any process (aware, UTC).
    """

    state: StatusState
    granted: frozenset[str] | None = None
    missing: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    retry_after: float | None = None
    error: str | None = None
    action: Action | None = None
    worker_seen_at: datetime | None = None

    @property
    def gives_way(self) -> bool:
        """Whether an open login says more than this state."""
        return self.state in (StatusState.NONE, StatusState.FAILED, StatusState.LEFTOVER_KEY)

    def seen_by_worker(self, at: float | None) -> UserStatus:
        """Return the status with the Unix time of the last heartbeat of a worker."""
        return attrs.evolve(self, worker_seen_at=_moment(at))


LOGGING_IN = UserStatus(StatusState.LOGIN, retry_after=_LOGIN_EVERY)
"""The status of a user with an open login, and no connection that is in use."""


@attrs.frozen
class Connected:
    """One user in a listing of all connections.

    Attributes:
        user_id: The partner's own id of the user.
        state: The state; ``FAILED`` also where the row cannot be read.
        external_id: WhiteBIT's id of the stored key, or of one that only the user can delete.
        granted: Names of the permission groups that were granted; ``None`` if not known.
        since: When the key was stored, or the user began to choose (aware, UTC).
        ends_at: Until when the tokens can be renewed (aware, UTC): a key that has not appeared by
            then cannot be retrieved.
        error: Name of the class of the error.
    """

    user_id: str
    state: StatusState
    external_id: str | None = None
    granted: frozenset[str] | None = None
    since: datetime | None = None
    ends_at: datetime | None = None
    error: str | None = None

    @classmethod
    def of(cls, user_id: str, row: Connection | None, now: float, *, has_keys: bool) -> Connected:
        """Return the entry of a row."""
        status = status_of(row, now, has_keys=has_keys)
        key = (row.signing_key or next(iter(row.left), None)) if row is not None else None
        began = waits_since(row) if has_keys and row is not None else None
        pair = row.pair if row is not None and began is not None else None
        return cls(
            user_id,
            status.state,
            external_id=key.external_id if key is not None else None,
            granted=status.granted,
            since=_moment(key.since if key is not None else began),
            ends_at=_moment(death_of(pair) if pair is not None else None),
            error=status.error,
        )


def status_of(
    row: Connection | None,
    now: float,
    wanted: Wanted | None = None,
    *,
    has_keys: bool = True,
) -> UserStatus:
    """Return the state of a user's connection.

    Args:
        row: The user's row; ``None`` where there is none.
        now: Unix time.
        wanted: The permissions that the partner asks for.
        has_keys: Whether the server issues API keys.
    """
    wanted = wanted or Wanted()
    if row is None or row.state is State.DISCONNECTING:
        return UserStatus(StatusState.NONE)
    key, pair = row.signing_key, row.pair
    if key is not None:
        return _of_key(key, wanted)
    if row.generation == 0:
        codes = [a for a in row.attempts if a.asks is Asks.CODE]
        if codes and all(a.ended for a in codes):
            return _failed(errors.CodeUnanswered)
        if row.left and not codes:
            return UserStatus(StatusState.LEFTOVER_KEY)
        return UserStatus(StatusState.LOGIN if codes else StatusState.NONE, retry_after=_soon(row))
    if pair is None:
        return _failed(errors.KeyAbsent)
    open_key = _open_key(row)
    if open_key is not None and open_key.verdict is not None:
        return _failed(VERDICTS[open_key.verdict][0], leftover=not is_alive(pair, now))
    if row.ended is not None:
        return _failed(
            getattr(errors, row.ended, WhiteBITError),
            leftover=row.ended == errors.KeyDisabled.__name__,
        )
    if not is_alive(pair, now):
        return _failed(errors.ReauthorizationRequired, leftover=open_key is not None)
    if not (has_keys and _may_have_key(pair)):
        return UserStatus(StatusState.CONNECTED)
    since = waits_since(row)
    if since is None:
        return _failed(errors.KeyAbsent)
    return UserStatus(StatusState.CHOOSING, retry_after=look_every(now - since))


def _of_key(key: Key, wanted: Wanted) -> UserStatus:
    granted = key.granted
    return UserStatus(
        StatusState.CONNECTED if wanted.suits(granted) else StatusState.INSUFFICIENT,
        granted=None if granted is None else frozenset(granted.names),
        missing=wanted.missing(granted),
        forbidden=wanted.forbidden(granted),
    )


def _failed(kind: type[WhiteBITError], *, leftover: bool = False) -> UserStatus:
    state = StatusState.LEFTOVER_KEY if leftover else StatusState.FAILED
    return UserStatus(state, error=kind.__name__, action=kind.action)


def _soon(row: Connection) -> float | None:
    return _LOGIN_EVERY if row.attempts else None


# Waiting for a key


def waits_since(row: Connection) -> float | None:
    """Return the Unix time since which the user's key is awaited; ``None``: it is not."""
    pair = row.pair
    if pair is None or not row.generation or row.state is State.DISCONNECTING:
        return None
    if row.ended is not None or row.signing_key is not None or not _may_have_key(pair):
        return None
    key = _open_key(row)
    if key is not None and key.verdict is not None:
        return None
    if row.consent_since is not None:
        return row.consent_since
    return key.since if key is not None else None


def look_every(waited: float) -> float:
    """Return the seconds between two looks for a key, after a user has been choosing so long."""
    return next(every for until, every in _CADENCE if waited < until)


def is_alive(pair: TokenPair, now: float) -> bool:
    """Return whether a pair has a valid access token, or can be renewed."""
    return not pair.expired(now) or pair.refreshable(now)


def death_of(pair: TokenPair) -> float:
    """Return the Unix time from which a pair that is left alone cannot be used."""
    ends = math.inf if pair.lifetime is None else pair.obtained_at + pair.lifetime
    if pair.refresh is None or pair.dead:
        return ends
    return pair.refresh_ends_at if pair.lifetime is None else max(ends, pair.refresh_ends_at)


def _may_have_key(pair: TokenPair) -> bool:
    """Return whether the scopes allow asking for a key; unknown ones may."""
    needed = operation("get_api_key_info").scopes
    return not pair.scopes or all(scope in pair.scopes for scope in needed)


def _open_key(row: Connection) -> Key | None:
    """Return the key of the connected account whose secret is not stored."""
    found = (k for k in row.keys if k.standing is Standing.USABLE and k.secret is None)
    return max(found, key=lambda key: key.confirmed, default=None)


def _moment(at: float | None) -> datetime | None:
    return None if at is None or math.isinf(at) else datetime.fromtimestamp(at, UTC)
