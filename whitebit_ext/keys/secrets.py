"""The response that contains a secret, and the possible results of an attempt. Pure."""

from __future__ import annotations

import attrs

from ..custody.finding import find
from ..custody.once import FIELDS
from ..custody.values import Answer, Asks, Verdict
from ..errors import (
    MalformedResponse,
    SecretError,
    SecretLost,
    SecretMalformed,
    SecretTakenElsewhere,
    SecretUnanswered,
    WhiteBITError,
)
from ..http.backoff import jittered
from ..secret import Secret

OPERATION = "get_api_key_secret"
_LONGEST_SECRET = 1024
VERDICTS: dict[Verdict, tuple[type[SecretError], str]] = {
    Verdict.LOST: (SecretLost, "the server sent the secret, and it was not received"),
    Verdict.MALFORMED: (
        SecretMalformed,
        "a response without a secret came, and the server counts it as read",
    ),
    Verdict.TAKEN: (SecretTakenElsewhere, "the secret was read, and not by a request of ours"),
}


@attrs.frozen
class Again:
    """An attempt without a final result: wait, then make another.

    Attributes:
        after: Seconds to wait at first; they double from one such outcome to the next.
        at_most: The limit of the doubling.
        attempts: How many such outcomes in a row are retried.
        error: The error raised when the time or the attempts are used up.
        in_all: Seconds of waiting for such outcomes in a row.
    """

    after: float
    at_most: float
    attempts: int
    error: WhiteBITError
    in_all: float = 300.0

    def pause(self, row: int) -> float:
        """Return the seconds to wait after so many such outcomes in a row."""
        return jittered(min(self.after * 2 ** min(row - 1, 16), self.at_most))


def provisional(doubt: float) -> Again:
    """Return the error of a 409 while an earlier request may still be answered."""
    waiting = SecretUnanswered(
        "the secret was sent to an earlier request, whose response may still come",
        operation=OPERATION,
        status_code=409,
        retry_after=doubt,
    )
    return Again(0.25, 1.0, 10_000, waiting)


def read_secret(body: bytes, answer: Answer) -> Secret:
    """Return the secret in a response.

    Raises:
        MalformedResponse: there is none that can sign.
    """
    found = find(body, FIELDS[Asks.SECRET])
    value = found.get(FIELDS[Asks.SECRET]) if found is not None else None
    if (
        not isinstance(value, str)
        or not value.strip()
        or "\ufffd" in value  # a byte that was not UTF-8
        or not value.isprintable()  # a lone surrogate or a control character cannot sign
        or len(value) > _LONGEST_SECRET
    ):
        raise MalformedResponse("there is no secret in the response", operation=OPERATION)
    return Secret(value)
