"""One-shot requests: the one function that sends a code, a refresh or a request for a secret.

The lease is checked right before the request leaves. The bytes of any 2xx are encrypted and stored
in the attempt before they are parsed. The next call, in any process, finds a stored response and
processes it (docs/custody.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import httpx

from ..errors import (
    ConnectionFailed,
    CustodyError,
    MalformedResponse,
    NotSent,
    ServerError,
    StoreUnavailable,
    UnexpectedStatus,
    WhiteBITError,
)
from ..http.requests import Send, Sender
from ..runtime.clock import Clock
from ..secret import Secret
from . import changes, key_changes, pair_changes
from .connection import Connection
from .connections import Committed, Connections, Held
from .finding import body_of, fitting, shows
from .leases import Asking, Leases
from .outcomes import Change, Outcome
from .spill import Spill
from .values import Answer, Asks, Attempt, TokenPair

log = logging.getLogger("whitebit_ext")

COMMIT_PATIENCE = 10.0
"""Seconds for which a failing store is retried with a value that exists nowhere else."""
FIELDS: Mapping[Asks, str] = {
    Asks.CODE: "accesstoken",
    Asks.REFRESH: "accesstoken",
    Asks.SECRET: "apisecret",
}
"""What a response must contain, by the normalised name of its field."""
_UNKNOWN = (ConnectionFailed, ServerError, UnexpectedStatus, MalformedResponse)
_MOST_UNSAVED = 1_000


class AnswerNotStored(StoreUnavailable):
    """The response was received, and the store did not accept it.

    Attributes:
        value: What was parsed from it; ``None`` if nothing.
        spilled: Whether it is in the spill directory.
    """

    def __init__(self, value: TokenPair | Secret | None, *, spilled: bool) -> None:
        super().__init__("the response was received and the store did not accept it")
        self.value = value
        self.spilled = spilled


Readers = Mapping[Asks, Callable[[bytes, Answer], TokenPair | Secret]]
"""Returns a pair or a secret from a body, or raises ``MalformedResponse``."""


@attrs.frozen
class Taken:
    """The result of a response.

    Attributes:
        outcome: Of the change that processed it, or of the one that was to store it.
        row: The row after that.
        value: What it contained.
        problem: Why it could not be parsed.
    """

    outcome: Outcome
    row: Connection | None
    value: TokenPair | Secret | None = None
    problem: MalformedResponse | None = None


class OneShots:
    """One-shot requests: each is sent once, over all callers that share a store.

    Args:
        connections: Where the rows are.
        sender: Sends the requests.
        readers: Parse a body into what was requested.
        leases: Who may send.
        clock: Measures the lifetime of a token.
        spill: The spill directory, if there is one.
    """

    def __init__(
        self,
        *,
        connections: Connections,
        sender: Sender,
        readers: Readers,
        clock: Clock,
        leases: Leases,
        spill: Spill | None,
    ) -> None:
        self._connections = connections
        self._sender = sender
        self._readers = readers
        self._clock = clock
        self._spill = spill
        self._leases = leases
        # Seconds for which a verdict is provisional while another attempt is open.
        self.doubt = COMMIT_PATIENCE + leases.length
        # Responses that a failing store did not accept, by user and attempt: the only copy.
        self._unsaved: dict[tuple[str, str], tuple[str, Attempt]] = {}

    def in_doubt(self, row: Connection | None, asks: Asks, subject: str) -> float:
        """Return the seconds for which a refusal stays provisional: a retry would not help."""
        now = self._clock.time()
        ends = [
            attempt.doubted_at + self.doubt
            for attempt in (row.about(asks, subject) if row is not None else ())
            if attempt.unanswered and not attempt.ended and attempt.doubted_at is not None
        ]
        return min(max(max(ends, default=now) - now, 0.0), self.doubt)

    def doubted(self, row: Connection | None, asks: Asks, subject: str) -> Change:
        """Refuse the attempt while a refusal is provisional; part of the change that records it."""
        in_doubt = self.in_doubt(row, asks, subject) > 0
        return Change(Outcome.PROVISIONAL if in_doubt else Outcome.ALREADY, row)

    # Sending

    def send(
        self,
        asking: Asking,
        request: Send[Any],
        auth: httpx.Auth | None = None,
        *,
        after_rejection: bool = False,
        is_judged: Callable[[WhiteBITError], bool] = lambda _: False,
    ) -> Taken:
        """Send a one-shot request while the caller holds the lease, then store and process it.

        Args:
            asking: The attempt.
            request: The request to send.
            auth: Puts the credential on it.
            after_rejection: Whether a 401 was the reason.
            is_judged: Whether the caller judges a refusal, and closes the attempt by that.

        Raises:
            NotSent: the lease was taken over, or no connection was opened.
            WhiteBITError: the error that the server responded with.
            AnswerNotStored: the response was received and the store did not accept it.
        """
        asking = self._leases.hold(asking)
        came: list[bytes] = []
        failure: BaseException | None = None
        sent_at = self._clock.time()
        try:
            self._sender.send(attrs.evolve(request, parse=bool, keep=came.append, alone=True), auth)
        except BaseException as error:  # whatever it is: a response is stored first
            failure = error
        if failure is not None and not came:
            if not isinstance(failure, WhiteBITError) or (
                isinstance(failure, _UNKNOWN) and not isinstance(failure, NotSent)
            ):
                self._leases.unanswered(asking)
            elif not is_judged(failure):
                self._leases.withdraw(asking)
            raise failure
        answer = Answer.of(
            200,
            "",
            fitting(max(came, key=len, default=b""), FIELDS[asking.attempt.asks]),
            sent_at=sent_at,
            after_rejection=after_rejection,
        )
        came.clear()  # the code below can raise, and this frame would show it
        attempt = attrs.evolve(asking.attempt, answer=answer)
        return self._hand_in(asking.user_id, asking.incarnation, attempt, asking.held)

    # Storing and processing

    def _hand_in(
        self, user_id: str, incarnation: str, attempt: Attempt, held: Held | None = None
    ) -> Taken:
        """Store a response as it came, then parse it."""
        key, spilled = (user_id, attempt.id), False
        if len(self._unsaved) < _MOST_UNSAVED:
            self._unsaved[key] = (incarnation, attempt)

        def spill() -> None:
            nonlocal spilled
            spilled = self._spill is not None and self._spill.put(user_id, incarnation, attempt)

        made: Committed | None = None
        try:
            made = self._connections.commit(
                user_id,
                lambda row: changes.answer_stored(row, incarnation, attempt),
                held,
                patience=COMMIT_PATIENCE,
                failing=spill,
            )
        except CustodyError as error:
            log.error("a one-time response was not stored: %s", error.message)
            if not spilled:
                spill()
        if made is None:
            raise AnswerNotStored(self._read(attempt)[0], spilled=spilled)
        self._unsaved.pop(key, None)
        if self._spill is not None:
            self._spill.remove(user_id, attempt.id)
        row = made.row
        noted = row.attempt(attempt.id) if row is not None else None
        if row is not None and noted is not None and noted.untaken:
            return self.take(user_id, row.incarnation, noted, made.held)
        if made.change.outcome is Outcome.DELETE_THERE:
            self._connections.custody.note(
                "key", incarnation, external_id=attempt.subject, outcome="its connection is gone"
            )
        value, problem = self._read(attempt)
        return Taken(made.change.outcome, row, value, problem)

    def take(self, user_id: str, incarnation: str, attempt: Attempt, held: Held | None) -> Taken:
        """Parse a stored response and store the result."""
        id, now = attempt.id, self._clock.time()
        value, problem = self._read(attempt)

        def change(row: Connection | None) -> Change:
            if value is None:
                body = body_of(attempt.answer) if attempt.answer is not None else b""
                holds = shows(body, FIELDS[attempt.asks])
                return changes.answer_malformed(row, id, holds=holds)
            if isinstance(value, Secret):
                return key_changes.secret_stored(
                    row,
                    incarnation,
                    external_id=attempt.subject,
                    generation=attempt.generation,
                    secret=value,
                    now=now,
                    attempt=id,
                )
            if attempt.asks is Asks.CODE:
                return changes.login_committed(row, incarnation, attempt, value, now=now)
            return pair_changes.pair_renewed(row, incarnation, attempt, value)

        made = self._connections.commit(user_id, change, held, patience=COMMIT_PATIENCE)
        for external_id, loss in made.change.losses:
            self._connections.custody.note(
                "key", incarnation, external_id=external_id, outcome=loss.value
            )
        return Taken(made.change.outcome, made.row, value, problem)

    def _read(self, attempt: Attempt) -> tuple[TokenPair | Secret | None, MalformedResponse | None]:
        answer = attempt.answer
        if answer is None:
            return None, None
        try:
            return self._readers[attempt.asks](body_of(answer), answer), None
        except MalformedResponse as error:
            return None, error

    def tend(self, user_id: str, held: Held | None = None, *, spilled: bool = True) -> Held:
        """Process the responses stored in the row, in this process, or in the spill directory.

        Args:
            user_id: The user.
            held: The row, if it was just read.
            spilled: Whether to look into the spill directory.

        Returns:
            The row after that.
        """
        waiting = [kept for (whose, _), kept in list(self._unsaved.items()) if whose == user_id]
        if spilled and self._spill is not None:
            known = {attempt.id for _, attempt in waiting}
            waiting += [kept for kept in self._spill.all(user_id) if kept[1].id not in known]
        for incarnation, attempt in waiting:
            try:
                self._hand_in(user_id, incarnation, attempt)
            except AnswerNotStored as error:
                failure = StoreUnavailable(error.message)
            else:
                held = None
                continue
            raise failure
        if held is None:
            held = self._connections.read(user_id)
        row = held.row
        if row is None or not row.untaken:
            return held
        for attempt in row.untaken:
            self.take(user_id, row.incarnation, attempt, held)
            held = None
        return self._connections.read(user_id)

    def has_unsaved(self, user_id: str) -> bool:
        """Return whether this process holds a response that the store did not accept."""
        return any(whose == user_id for whose, _ in list(self._unsaved))

    def forget(self, user_id: str) -> None:
        """Delete what this process and this machine hold of an erased user."""
        for key in [key for key in list(self._unsaved) if key[0] == user_id]:
            self._unsaved.pop(key, None)
        if self._spill is not None:
            for _, attempt in self._spill.all(user_id):
                self._spill.remove(user_id, attempt.id)
