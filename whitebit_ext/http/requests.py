"""What is to be sent: a generated operation, with everything that decides over it."""

from __future__ import annotations

import enum
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
"""Bytes that are read of an answer; no token, key or error comes near it."""
READ_LIMIT = 32_000_000
"""Bytes that are read of an account read: 500 rows of the longest kind come nowhere near it."""

# What a generated model raises on a body that has another shape than the spec says.
_SHAPE_ERRORS = (KeyError, TypeError, ValueError, AttributeError)


class Access(enum.Enum):
    """What an account read is authorized with."""

    ANY = "any"
    """The stored key where there is one, else the access token."""
    SIGNED = "signed"
    BEARER = "bearer"


class Endpoint(Protocol):
    """A generated endpoint module, seen as an object."""

    @property
    def build_request(self) -> Callable[..., dict[str, Any]]:
        """Build the arguments of ``httpx.Client.request``."""


class Model(Protocol[M]):
    """A generated model of a body."""

    def from_dict(self, src_dict: Any) -> M:
        """Make the model of a parsed body."""


@attrs.frozen
class Send(Generic[T]):
    """One request to be sent, with everything that decides over it.

    Attributes:
        operation: The ``operationId``.
        endpoint: The generated module of the operation.
        parse: Makes the result of the body of the documented success.
        arguments: Makes the endpoint's arguments, so that secrets are in the clear only while
            the request is built.
        keep: Is given the body of any 2xx before it is parsed, also a body that was cut off.
        alone: Send on a connection of its own, which nothing else uses before or after.
        limit: Bytes that are read of the answer.
        secrets: What the request carries, to be blotted out of what the server says of it.
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
    """Sends requests from a thread: what happens once goes through it, for both faces."""

    def send(self, request: Send[T], auth: httpx.Auth | None = None) -> T:
        """Send one request and return what its answer means."""


class Authorizer(Protocol):
    """Sends requests from a thread with a user's access token."""

    def authorized(
        self, user_id: str, request: Send[T], before: Callable[[], object] | None = None
    ) -> T:
        """Send a request, once more with a newer token where the first was refused."""

    def pair(self, user_id: str) -> object:
        """Have the user's pair renewed now, if it is due."""


def read_model(model: Model[T], body: bytes, operation: str) -> T:
    """Make a generated model of a body.

    Raises:
        MalformedResponse: the body is not JSON, or has another shape than the spec says.
    """
    parsed = load_json(body, operation)
    try:
        return model.from_dict(parsed)
    except _SHAPE_ERRORS as error:
        problem = f"the body has another shape than the contract says ({type(error).__name__})"
    raise MalformedResponse(problem, operation=operation)
