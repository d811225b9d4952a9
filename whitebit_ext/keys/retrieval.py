"""The one-time retrieval of a secret: request, store, return the key.

Only the request shows the state: 200 means that the secret was not consumed until now, 423 that
another retrieval is running, 409 that it is consumed. One attempt is synchronous code, run by a
thread of the library's own; the caller waits between attempts.
"""

from __future__ import annotations

import logging
from typing import Any, Protocol, TypeVar

import httpx

from ..custody import key_changes
from ..custody.connection import Connection, Pin
from ..custody.connections import Binding, Connections, Held, trouble
from ..custody.journal import lose, note
from ..custody.leases import Asking, Leases
from ..custody.once import OneShots, Taken
from ..custody.outcomes import Change, Outcome
from ..custody.spill import Spill
from ..custody.unsaved import AnswerNotStored
from ..custody.values import Asks, Granted, TokenPair
from ..errors import (
    Conflict,
    ConnectionFailed,
    KeyPending,
    Locked,
    MalformedResponse,
    NotFound,
    NotSent,
    RateLimited,
    SecretLocked,
    SecretMalformed,
    SecretNotStored,
    SecretUnanswered,
    ServerError,
    StoreUnavailable,
    Unauthorized,
    UnexpectedStatus,
    WhiteBITError,
)
from ..http.backoff import FIRST_WAIT, LONGEST_WAIT
from ..http.requests import Send
from ..http.signing import ApiKey
from ..runtime.clock import Clock
from ..runtime.events import EventName
from ..secret import Secret
from .flow import deletion_request
from .secrets import OPERATION, VERDICTS, Again, provisional
from .stored import StoredKeys

T = TypeVar("T")

log = logging.getLogger("whitebit_ext")

_SPILLED = (
    "The secret is saved, encrypted, in the spill directory of this machine. Repair the store, "
    "then call issue() on this machine. Until then, error.secret.reveal() is the only other copy."
)


class Authorizer(Protocol):
    """Returns a user's pair, and sends with it, from a thread."""

    def current(self, binding: Binding, held: Held | None = None) -> TokenPair:
        """Return a pair whose access token is fresh."""

    def renewed(self, binding: Binding, rejected: TokenPair) -> TokenPair | None:
        """Return what to use in place of a rejected token (401), if anything."""

    def auth(self, pair: TokenPair) -> httpx.Auth:
        """Return the auth that adds a pair's access token to a request."""

    def send(self, request: Send[T], pair: TokenPair) -> T:
        """Send a request with this pair and no other."""


class Retrieval:
    """Retrieves each secret once, over all callers that share a store."""

    def __init__(
        self,
        *,
        connections: Connections,
        tokens: Authorizer,
        leases: Leases,
        once: OneShots,
        stored_keys: StoredKeys,
        clock: Clock,
        spill: Spill | None,
    ) -> None:
        self._connections = connections
        self._tokens = tokens
        self._leases = leases
        self._once = once
        self._stored_keys = stored_keys
        self._clock = clock
        self._spill = spill

    def attempt(
        self, user_id: str, pin: Pin, external_id: str, seq: int, granted: Granted | None = None
    ) -> ApiKey | Again:
        """Return the key with its secret, or how to continue.

        Args:
            user_id: The partner's own id of the user.
            pin: The connection whose token the ``info`` request used.
            external_id: The active key in the response.
            seq: Of the row that was read before the ``info`` request.
            granted: What the response says that the user granted.

        Raises:
            SecretLost, SecretTakenElsewhere, SecretMalformed, SecretNotStored: the result is final.
            StoreUnavailable: custody cannot store it; the secret was not put at risk.
            ResponseError, TokenError: the server refused; the secret is untouched.
        """
        binding = Binding(user_id, pin)
        rejected: TokenPair | None = None
        while True:
            asked = self._ask(binding, external_id, seq, granted)
            if isinstance(asked, ApiKey | Again):
                return asked
            pair, asking = asked
            failure: WhiteBITError
            try:
                taken = self._send(asking, pair)
            except Unauthorized as error:
                failure = error
                if rejected is None:
                    rejected = pair
            except (WhiteBITError, AnswerNotStored) as error:
                return self._go_on(asking, error)
            else:
                return self._taken(asking, pair, taken)
            if rejected is not pair or self._tokens.renewed(binding, pair) is None:
                raise failure

    def _ask(
        self, binding: Binding, external_id: str, seq: int, granted: Granted | None
    ) -> ApiKey | Again | tuple[TokenPair, Asking]:
        """Read the row and record the attempt, unless the row shows the result."""
        user_id = binding.user_id
        held = self._once.tend(user_id, self._connections.read(user_id))
        row = binding.check(held.row)
        pin = row.pin
        key = row.key(external_id)
        if key is not None and key.secret is not None:
            seen = self._stored_keys.seen(
                binding, external_id, asked=seq, held=held, granted=granted
            )
            return self._kept(user_id, seen, external_id)
        # A renewal of the token may take long: it is done before the attempt is recorded.
        pair = self._tokens.current(binding, held)
        if self._spill is not None:
            self._spill.check()

        def first(row: Connection | None) -> Change:
            doubted = self._once.doubted(row, Asks.SECRET, external_id)
            if doubted.outcome is Outcome.PROVISIONAL:
                return doubted
            return key_changes.key_seen(row, pin, external_id, asked=seq, granted=granted)

        asked = self._leases.ask(
            user_id,
            pin,
            Asks.SECRET,
            external_id,
            held,
            first=first,
            is_current=True,
            granted=granted,
        )
        if isinstance(asked, Asking):
            return pair, asked
        outcome = asked.outcome
        if outcome is Outcome.PROVISIONAL:
            return provisional(self._once.in_doubt(asked.row, Asks.SECRET, external_id))
        if outcome is Outcome.ALREADY:
            return self._kept(user_id, asked.row, external_id)
        if outcome is Outcome.OVERTAKEN:
            raise KeyPending("WhiteBIT has named another key since", operation=OPERATION)
        if outcome in (Outcome.BUSY, Outcome.ANSWERED, Outcome.LEASE_LOST):
            busy = SecretLocked(
                "another caller on this store is retrieving the secret",
                operation=OPERATION,
                retry_after=self._leases.frees_in(user_id, asked.held),
            )
            return Again(0.25, 0.25, 10_000, busy)
        raise trouble(outcome, asked.row)

    def _send(self, asking: Asking, pair: TokenPair) -> Taken:
        from whitebit_api.api.api_keys import get_api_key_secret as endpoint

        external_id = asking.attempt.subject
        request: Send[Any] = Send(
            OPERATION, endpoint, bool, arguments=lambda: {"external_id": external_id}
        )
        # Before the lease is checked, so that a slow hook cannot outlast it unnoticed.
        self._connections.custody.events.emit(
            EventName.SECRET_ASKED, asking.user_id, OPERATION, external_id=external_id
        )
        return self._once.send(
            asking,
            request,
            self._tokens.auth(pair),
            is_judged=lambda error: isinstance(error, Conflict) and error.from_api,
        )

    def _taken(self, asking: Asking, pair: TokenPair, taken: Taken) -> ApiKey | Again:
        user_id, external_id, row = asking.user_id, asking.attempt.subject, taken.row
        if taken.outcome is Outcome.DELETE_THERE:
            self._delete_there(asking, pair)
            raise trouble(Outcome.STALE, row)
        if taken.problem is not None:
            malformed = SecretMalformed.of(
                taken.problem, f"no secret came: {taken.problem.message}"
            )
            malformed.operation = OPERATION
            self._note(asking, EventName.SECRET_MALFORMED, "malformed")
            answers = row.about(Asks.SECRET, external_id) if row is not None else ()
            if sum(1 for attempt in answers if attempt.answer is not None) > 1:
                raise malformed
            return Again(1.0, 1.0, 1, malformed)
        if row is None or row.pin != Pin(asking.incarnation, asking.attempt.generation):
            raise trouble(Outcome.STALE, row)
        return self._kept(user_id, row, external_id)

    def _go_on(self, asking: Asking, error: Exception) -> ApiKey | Again:
        """Return or raise the result of an attempt that returned no secret."""
        failure: WhiteBITError
        if isinstance(error, AnswerNotStored):
            if not isinstance(error.value, Secret):
                raise StoreUnavailable("the response could not be stored", operation=OPERATION)
            failure = SecretNotStored(
                "the secret was received, and the store did not accept it",
                secret=error.value,
                operation=OPERATION,
                hint=_SPILLED if error.spilled else None,
            )
        elif isinstance(error, Conflict) and error.from_api:
            return self._consumed(asking, error)
        elif isinstance(error, Locked):
            return Again(5.0, 60.0, 7, SecretLocked.of(error, error.message))
        elif isinstance(error, (NotSent, RateLimited)):
            first = max(FIRST_WAIT, error.retry_after or 0.0)
            return Again(first, max(first, LONGEST_WAIT), 3, error)
        elif isinstance(
            # A 409 here is from a proxy, and no verdict.
            error,
            (ConnectionFailed, Conflict, ServerError, UnexpectedStatus, MalformedResponse),
        ):
            self._note(asking, EventName.SECRET_UNANSWERED, "no answer")
            unanswered = SecretUnanswered.of(error, f"sent, and no response came: {error.message}")
            return Again(1.0, 4.0, 2, unanswered)
        elif isinstance(error, NotFound) and error.from_api:
            self._gone(asking)
            failure = error
        else:  # refused: the secret is untouched
            raise error
        raise failure

    def _consumed(self, asking: Asking, error: Conflict) -> ApiKey | Again:
        """Judge a 409: consumed by us, lost in transit, or consumed by another party."""
        incarnation, attempt, user_id = asking.incarnation, asking.attempt, asking.user_id
        made = self._connections.commit(
            user_id,
            lambda row: key_changes.secret_consumed(
                row, incarnation, attempt, now=self._clock.time(), doubt=self._once.doubt
            ),
            asking.held,
        )
        outcome, row = made.outcome, made.row
        if outcome is Outcome.ANSWERED:
            row = self._once.tend(user_id, made.held).row
        key = row.key(attempt.subject) if row is not None else None
        if outcome in (Outcome.ABSENT, Outcome.STALE) or key is None:
            raise trouble(outcome, row)
        if key.secret is not None:
            return self._kept(user_id, row, attempt.subject)
        if outcome is Outcome.JUDGED and key.verdict is not None:
            kind, message = VERDICTS[key.verdict]
            raise kind.of(error, message)
        return provisional(self._once.doubt)

    def _gone(self, asking: Asking) -> None:
        incarnation, attempt = asking.incarnation, asking.attempt
        self._connections.commit(
            asking.user_id,
            lambda row: key_changes.key_gone(
                row, incarnation, attempt.generation, attempt.subject, asked=attempt.number
            ),
        )

    def _delete_there(self, asking: Asking, pair: TokenPair) -> None:
        """Delete a key at WhiteBIT whose connection is gone, with the token of the request."""
        external_id = asking.attempt.subject
        try:
            self._tokens.send(deletion_request(external_id), pair)
        except WhiteBITError as error:
            log.error("key %s was not deleted at WhiteBIT: %s", external_id, error.message)
            custody = self._connections.custody
            lose(custody, asking.incarnation, external_id, user_id=asking.user_id)
        else:
            self._note(asking, EventName.KEY_DELETED, "its connection is gone")

    def _kept(self, user_id: str, row: Connection | None, external_id: str) -> ApiKey:
        key = row.key(external_id) if row is not None else None
        made = self._stored_keys.api_key(user_id, row, key)
        if made is None:
            raise trouble(Outcome.STALE, row)
        return made

    def _note(self, asking: Asking, name: EventName, outcome: str) -> None:
        custody, incarnation = self._connections.custody, asking.incarnation
        user_id, external_id = asking.user_id, asking.attempt.subject
        note(custody, name, incarnation, user_id=user_id, external_id=external_id, outcome=outcome)
