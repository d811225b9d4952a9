"""The exchange of an authorization code for a token pair (contract, section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..custody.changes import take_ticket
from ..custody.connections import Connections, fresh_id, trouble
from ..custody.leases import Asking
from ..custody.once import OneShots
from ..custody.outcomes import Outcome
from ..custody.unsaved import PAIR_NOT_STORED, AnswerNotStored
from ..custody.values import LONGEST_ANSWER, Asks
from ..errors import (
    CodeRejected,
    CodeUnanswered,
    ConnectionChanged,
    ConnectionFailed,
    MalformedResponse,
    NotConnected,
    NotSent,
    RateLimited,
    ResponseError,
    ServerError,
    StoreUnavailable,
    UnexpectedStatus,
    WhiteBITError,
)
from ..http.requests import Send
from ..runtime.clock import Clock
from ..secret import Secret
from .protocol import Credentials

_UNUSABLE = (ConnectionFailed, ServerError, MalformedResponse, UnexpectedStatus)
_FINAL = {
    error.__name__: error
    for error in (CodeRejected, CodeUnanswered, ConnectionChanged, NotConnected)
}


class CodeExchange:
    """Sends each authorization code once.

    Args:
        credentials: The partner's registration.
        connections: Where the users' rows are.
        once: Sends one-shot requests.
        clock: The source of time.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        connections: Connections,
        once: OneShots,
        clock: Clock,
    ) -> None:
        self._credentials = credentials
        self._connections = connections
        self._once = once
        self._clock = clock

    def begin(self, user_id: str, login: str) -> Asking | None:
        """Record that a login's code is about to be sent; ``None`` if it was sent before.

        Raises:
            CustodyError: it may not be recorded; nothing is sent.
        """
        id, incarnation, now = fresh_id(), fresh_id(), self._clock.time()
        made = self._connections.commit(
            user_id,
            lambda row: take_ticket(row, incarnation=incarnation, attempt=id, login=login, now=now),
            padding=LONGEST_ANSWER,
        )
        noted = made.row.attempt(id) if made.row is not None else None
        if made.row is None or noted is None:
            return None
        return Asking(user_id, made.row.incarnation, noted, made.held, self._clock.monotonic())

    def send(self, asking: Asking, code: Secret, verifier: Secret) -> WhiteBITError | None:
        """Send the code and store the response.

        Returns:
            Why the login is not connected; ``None`` if it is. ``NotSent`` and ``RateLimited`` mean
            that the code was not used.
        """
        try:
            taken = self._once.send(asking, self._request(code, verifier))
        except (NotSent, RateLimited) as error:
            return error
        except _UNUSABLE as error:
            return CodeUnanswered.of(
                error, f"no usable response from the token endpoint: {error.message}"
            )
        except ResponseError as error:
            return CodeRejected.of(error, f"the code was not exchanged: {error.message}")
        except AnswerNotStored:
            return StoreUnavailable(PAIR_NOT_STORED)
        if taken.problem is not None:
            return CodeUnanswered(
                f"no usable response from the token endpoint: {taken.problem.message}",
                operation="exchange_code",
                status_code=200,
            )
        if taken.outcome in (Outcome.DONE, Outcome.ALREADY):
            return None
        return trouble(taken.outcome, taken.row)

    def is_connected(self, user_id: str, login: str) -> bool | None:
        """Return whether a login is connected, after processing the responses in the row.

        Returns:
            ``None`` if that is not known: its response may still come.
        """
        row = self._once.tend(user_id).row
        if row is None:
            return None
        if row.pair is not None and row.login == login:
            return True
        sent = row.about(Asks.CODE, login)
        return False if any(not one.unanswered or one.ended for one in sent) else None

    def _request(self, code: Secret, verifier: Secret) -> Send[Any]:
        from whitebit_api.api.tokens import exchange_code as endpoint
        from whitebit_api.models.code_exchange_request import CodeExchangeRequest

        credentials = self._credentials

        def arguments() -> dict[str, Any]:
            return {
                "body": CodeExchangeRequest(
                    client_id=credentials.client_id,
                    client_secret=credentials.client_secret.reveal(),
                    code=code.reveal(),
                    code_verifier=verifier.reveal(),
                )
            }

        secrets = (credentials.client_secret, code, verifier)
        return Send("exchange_code", endpoint, bool, arguments, secrets=secrets)


def encode_failure(error: WhiteBITError | None) -> dict[str, Any]:
    """Return what is stored of the outcome of an exchange; ``None`` is a success."""
    if error is None:
        return {"error": None}
    return {
        "error": type(error).__name__,
        "message": error.message,
        "operation": error.operation,
        "status_code": error.status_code,
        "code": error.code,
        "errors": dict(error.errors),
        "hint": error.hint,
        "retry_after": error.retry_after,
        "from_api": error.from_api,
    }


def decode_failure(outcome: Mapping[str, Any]) -> WhiteBITError:
    """Return the error of a stored outcome of a login that is not connected, or no longer."""
    details = dict(outcome)
    name = details.pop("error")
    if name is None:
        return ConnectionChanged("the user has connected again since this login was finished")
    message = details.pop("message")
    details["errors"] = {field: tuple(texts) for field, texts in details["errors"].items()}
    return _FINAL[name](message, **details)
