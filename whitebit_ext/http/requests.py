"""Requests: generated operations, with the options that control how they are sent."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import attrs
import httpx

from ..errors import MalformedResponse
from ..secret import Secret
from .answers import load_json

T = TypeVar("T")
M = TypeVar("M", covariant=True)

BODY_LIMIT = 1_000_000
"""Bytes that are read of a response, far more than any token, key or error has."""
READ_LIMIT = 32_000_000
"""Bytes that are read of an account read, far more than 500 of the longest rows have."""

# What a generated model raises if a body has another shape than the spec defines.
_SHAPE_ERRORS = (KeyError, TypeError, ValueError, AttributeError)


class Access(enum.Enum):
    """The authorization of an account read."""

    ANY = "any"
    """The stored key if there is one, otherwise the access token."""
    SIGNED = "signed"
    BEARER = "bearer"


class Endpoint(Protocol):
    """A generated endpoint module."""

    @property
    def build_request(self) -> Callable[..., dict[str, Any]]:
        """Build the arguments of ``httpx.Client.request``."""


class Model(Protocol[M]):
    """A generated model of a body."""

    def from_dict(self, src_dict: Any) -> M:
        """Build the model from a parsed body."""


@attrs.frozen
class Send(Generic[T]):
    """One request, with the options that control how it is sent.

    Attributes:
        operation: The ``operationId``.
        endpoint: The generated module of the operation.
        parse: Decodes the body of the documented success.
        arguments: Returns the endpoint's arguments, so that secrets are in plaintext only while
            the request is built.
        keep: Called with the body of any 2xx before it is parsed, also with a truncated body.
        alone: Send on a separate connection that nothing else uses before or after.
        limit: Bytes that are read of the response.
        secrets: Credentials in the request, redacted from error messages.
    """

    operation: str
    endpoint: Endpoint
    parse: Callable[[bytes], T]
    arguments: Callable[[], dict[str, Any]] = dict
    keep: Callable[[bytes], None] | None = None
    alone: bool = False
    limit: int = BODY_LIMIT
    secrets: tuple[Secret, ...] = ()


class Sender(Protocol):
    """A sync sender of requests, used for one-shot requests by sync and async clients alike."""

    def send(self, request: Send[T], auth: httpx.Auth | None = None) -> T:
        """Send one request and return the parsed response."""


def read_model(model: Model[T], body: bytes, operation: str) -> T:
    """Parse a body into a generated model.

    Raises:
        MalformedResponse: the body is not JSON, or has another shape than the spec defines.
    """
    parsed = _without_nulls(load_json(body, operation))
    try:
        return model.from_dict(parsed)
    except _SHAPE_ERRORS as error:
        problem = f"the body has another shape than the contract says ({type(error).__name__})"
    raise MalformedResponse(problem, operation=operation)


def _without_nulls(value: Any) -> Any:
    """Return parsed JSON without fields that are null, which are missing (contract, section 8)."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def time_request() -> Send[float]:
    """Return the request for the server's time, in whole unix seconds (contract, section 6)."""
    from whitebit_api.api.public import get_server_time as endpoint

    return Send("get_server_time", endpoint, _read_time)


def _read_time(body: bytes) -> float:
    from whitebit_api.models.server_time import ServerTime

    seconds: Any = read_model(ServerTime, body, "get_server_time").time
    if isinstance(seconds, str) and re.fullmatch("[0-9]{1,12}", seconds):  # contract, section 8
        seconds = int(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise MalformedResponse("time is not a number of seconds", operation="get_server_time")
    return float(seconds)
