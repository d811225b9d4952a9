"""What is to be sent: a generated operation, with everything that decides over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import httpx

from ..secret import Secret

if TYPE_CHECKING:
    from whitebit_api.types import Response

T = TypeVar("T")

BODY_LIMIT = 1_000_000
"""Bytes that are read of an answer; no token, key or error comes near it."""
READ_LIMIT = 32_000_000
"""Bytes that are read of an account read: 500 rows of the longest kind come nowhere near it."""


class Endpoint(Protocol):
    """A generated endpoint module, seen as an object."""

    @property
    def build_request(self) -> Callable[..., dict[str, Any]]:
        """Build the arguments of ``httpx.Client.request``."""

    @property
    def sync_detailed(self) -> Callable[..., Response[Any]]:
        """Send, and parse what came."""

    @property
    def asyncio_detailed(self) -> Callable[..., Any]:
        """Send and parse, awaited."""


@dataclass(frozen=True, slots=True)
class Send(Generic[T]):
    """One request to be sent, with everything that decides over it.

    Attributes:
        operation: The ``operationId``.
        endpoint: The generated module of the operation.
        arguments: Makes the endpoint's arguments, so that secrets are in the clear only while
            the request is built.
        auth: Puts the credential on the request.
        keep: Is given the body of any 2xx before it is parsed, also a body that was cut off.
        convert: Makes ours of what the generated parser made, out of sight of any traceback.
        parse: Parses the body in place of the generated parser.
        alone: Send on a connection of its own, which nothing else uses before or after.
        limit: Bytes that are read of the answer.
        secrets: What the request carries, to be blotted out of what the server says of it.
    """

    operation: str
    endpoint: Endpoint
    convert: Callable[[Any], T] | None = None
    arguments: Callable[[], dict[str, Any]] = dict
    auth: httpx.Auth | None = None
    keep: Callable[[bytes], None] | None = None
    parse: Callable[[bytes], T] | None = None
    alone: bool = False
    limit: int = BODY_LIMIT
    secrets: tuple[Secret, ...] = ()
