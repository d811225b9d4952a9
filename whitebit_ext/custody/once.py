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
from .finding import fitting, shows
from .journal import lose
from .leases import Asking, Leases
from .outcomes import Change, Outcome, doubt_left
from .reports import report_stored
from .spill import Spill, Spilled
from .unsaved import AnswerNotStored, Unsaved
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
        self.unsaved = Unsaved(connections.custody, spill)
        self._leases = leases
        # Seconds for which a verdict is provisional while another attempt is open.
        self.doubt = COMMIT_PATIENCE + leases.length

    def in_doubt(self, row: Connection | None, asks: Asks, subject: str) -> float:
        """Return the seconds for which a refusal stays provisional: a retry would not help."""
        now, others = self._clock.time(), row.about(asks, subject) if row is not None else ()
        return max((doubt_left(one, now, self.doubt) for one in others), default=0.0)

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
        try:
            asking = self._leases.hold(asking)
        except CustodyError:
            self._leases.withdraw(asking)  # nothing was sent
            raise
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
            fitting(max(came, key=len, default=b""), FIELDS[asking.attempt.asks]),
            sent_at=sent_at,
            after_rejection=after_rejection,
        )
        came.clear()  # the code below can raise, and this frame would show it
        attempt = attrs.evolve(asking.attempt, answer=answer)
        response = Spilled(asking.user_id, asking.incarnation, attempt)
        return self._hand_in(response, asking.held)

    def _hand_in(
        self,
        response: Spilled,
        held: Held | None = None,
        *,
        is_late: bool = False,
        spilled: bool = False,
    ) -> Taken:
        """Store a response as it came, then parse it.

        Args:
            response: The attempt with the response.
            held: The row, if it was just read.
            is_late: Whether the call that sent the request is over.
            spilled: Whether the response is in the spill directory already.
        """
        user_id, incarnation, attempt = response.user_id, response.incarnation, response.attempt
        if not spilled:
            self.unsaved.keep(response)

        def spill() -> None:
            nonlocal spilled
            spilled = self.unsaved.write(response)

        made: Committed | None = None
        try:
            made = self._connections.commit(
                user_id,
                lambda row: changes.answer_stored(row, incarnation, attempt, is_late=is_late),
                held,
                patience=0.0 if spilled else COMMIT_PATIENCE,
                failing=None if spilled else spill,
            )
        except CustodyError as error:
            log.error("a one-time response was not stored: %s", error.message)
            if not spilled:
                spill()
        if made is None:
            raise AnswerNotStored(self._read(attempt)[0], spilled=spilled)
        if is_late and made.outcome is Outcome.DELETE_THERE:
            lose(self._connections.custody, incarnation, attempt.subject, user_id=user_id)
        self.unsaved.drop(user_id, attempt.id)
        row = made.row
        noted = row.attempt(attempt.id) if row is not None else None
        if row is not None and noted is not None and noted.untaken:
            take = self._take_late if is_late else self.take
            return take(user_id, row.incarnation, noted, made.held)
        value, problem = self._read(attempt)
        return Taken(made.outcome, row, value, problem)

    def take(self, user_id: str, incarnation: str, attempt: Attempt, held: Held | None) -> Taken:
        """Parse a stored response and store the result."""
        id, now = attempt.id, self._clock.time()
        value, problem = self._read(attempt)

        def change(row: Connection | None) -> Change:
            if value is None:
                body = attempt.answer.raw() if attempt.answer is not None else b""
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
        if value is not None and made.outcome is Outcome.DONE and made.row is not None:
            report_stored(self._connections.custody, user_id, attempt, made.row)
        return Taken(made.outcome, made.row, value, problem)

    def _take_late(
        self, user_id: str, incarnation: str, attempt: Attempt, held: Held | None
    ) -> Taken:
        taken = self.take(user_id, incarnation, attempt, held)
        if taken.outcome is Outcome.DELETE_THERE:  # the row was removed meanwhile
            lose(self._connections.custody, incarnation, attempt.subject, user_id=user_id)
        return taken

    def _read(self, attempt: Attempt) -> tuple[TokenPair | Secret | None, MalformedResponse | None]:
        answer = attempt.answer
        if answer is None:
            return None, None
        try:
            return self._readers[attempt.asks](answer.raw(), answer), None
        except MalformedResponse as error:
            return None, error

    def tend(self, user_id: str, held: Held | None = None, *, is_read: bool = False) -> Held:
        """Process the responses stored in the row, this process or the spill directory; return it.

        Args:
            user_id: The user.
            held: The row, if it was just read.
            is_read: Whether the call can do without the spill directory: failures are logged.
        """
        written = self.unsaved.written(user_id, is_read=is_read)  # a changed file is noticed first
        kept = self.unsaved.kept(user_id)
        for response in kept:
            self.store_late(response, spilled=False)
            held = None
        for response in written:
            if response in kept:
                continue
            try:
                self.store_late(response, spilled=True)
            except StoreUnavailable as error:
                if not is_read:
                    raise
                self._connections.custody.log_trouble("a spilled response was not stored", error)
            held = None
        if held is None:
            held = self._connections.read(user_id)
        row = held.row
        if row is None or not row.untaken:
            return held
        for attempt in row.untaken:
            self._take_late(user_id, row.incarnation, attempt, held)
            held = None
        return self._connections.read(user_id)

    def store_late(self, response: Spilled, *, spilled: bool) -> None:
        """Store a response whose call is over.

        Args:
            response: The response.
            spilled: Whether it is in the spill directory, and so need not be waited for.

        Raises:
            StoreUnavailable: the store does not accept it.
        """
        try:
            self._hand_in(response, is_late=True, spilled=spilled)
        except AnswerNotStored as error:
            failure = StoreUnavailable(error.message)
        else:
            return
        raise failure
