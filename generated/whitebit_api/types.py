# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Types that all operations share."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, Protocol, TypeVar, final

if TYPE_CHECKING:
    import httpx

__all__ = (
    "UNSET",
    "AsyncClient",
    "AsyncSender",
    "Response",
    "ResponsePolicy",
    "SyncClient",
    "SyncSender",
    "Unset",
)

T = TypeVar("T")


@final
class Unset:
    """The type of `UNSET`, which is false."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __copy__(self) -> Unset:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Unset:
        return self

    def __reduce__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()
"""The value of a field that is not there, as opposed to one that is null."""


@dataclass(slots=True)
class Response(Generic[T]):
    """An answer of an operation.

    Attributes:
        status_code: The HTTP status, whatever it is.
        content: The body; not printed.
        headers: The headers; not printed.
        parsed: The body as `parse_response` reads it.
    """

    status_code: int
    content: bytes = field(repr=False)
    headers: MutableMapping[str, str] = field(repr=False)
    parsed: T | None


class SyncSender(Protocol):
    """What sends a request, such as `httpx.Client`."""

    def request(self, *args: Any, **kwargs: Any) -> httpx.Response:
        """Send a request made of the arguments of `httpx.Client.request`."""


class AsyncSender(Protocol):
    """What sends a request without blocking, such as `httpx.AsyncClient`."""

    async def request(self, *args: Any, **kwargs: Any) -> httpx.Response:
        """Send a request made of the arguments of `httpx.AsyncClient.request`."""


class ResponsePolicy(Protocol):
    """What `parse_response` asks of a client."""

    @property
    def raise_on_unexpected_status(self) -> bool:
        """Whether a status other than the documented success is an error."""


class SyncClient(ResponsePolicy, Protocol):
    """What `sync_detailed` asks of a client."""

    def get_httpx_client(self) -> SyncSender:
        """Return what sends requests."""


class AsyncClient(ResponsePolicy, Protocol):
    """What `asyncio_detailed` asks of a client."""

    def get_async_httpx_client(self) -> AsyncSender:
        """Return what sends requests."""
