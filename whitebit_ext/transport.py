"""Sending: the generated functions, used as they are, over a bound client of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .bound import AsyncBound, Bound
from .errors import MalformedResponse, WhiteBITError, stripped
from .http.pools import Pools
from .http.requests import Send

if TYPE_CHECKING:
    from whitebit_api.types import Response

T = TypeVar("T")

# What a generated parser raises on a body that has another shape than the spec says.
_PARSER_ERRORS = (KeyError, TypeError, ValueError, AttributeError)


class Transport:
    """Send requests to one server.

    Args:
        pools: The connections.
        timeout: Seconds for one whole request, connecting and reading included.
    """

    def __init__(self, pools: Pools, *, timeout: float) -> None:
        self.pools = pools
        self.server = pools.server
        self.timeout = timeout

    def send(self, request: Send[T]) -> T:
        """Send one request and return what its answer means.

        Raises:
            RegionNotSupported: before anything was sent.
            NotSent, NoAnswer: no usable answer came.
            ResponseError: the answer is not the documented success.
        """
        self.server.require(request.operation)
        bound = Bound(self.pools, self.timeout, request)
        failure: WhiteBITError
        try:
            if request.parse is not None:
                return request.parse(
                    bound.fetch(**request.endpoint.build_request(**request.arguments()))
                )
            # Kept in no variable: a frame shows it, and fields that no model knows do print.
            return _converted(
                request, request.endpoint.sync_detailed(client=bound, **request.arguments())
            )
        except WhiteBITError as error:
            failure = error
        except _PARSER_ERRORS as error:
            if not bound.answered:
                raise
            failure = _unparsable(error, request.operation)
        raise stripped(failure)

    async def asend(self, request: Send[T]) -> T:
        """Do what ``send`` does, awaited."""
        self.server.require(request.operation)
        bound = AsyncBound(self.pools, self.timeout, request)
        failure: WhiteBITError
        try:
            if request.parse is not None:
                kwargs = request.endpoint.build_request(**request.arguments())
                return request.parse(await bound.fetch(**kwargs))
            return _converted(
                request,
                await request.endpoint.asyncio_detailed(client=bound, **request.arguments()),
            )
        except WhiteBITError as error:
            failure = error
        except _PARSER_ERRORS as error:
            if not bound.answered:
                raise
            failure = _unparsable(error, request.operation)
        raise stripped(failure)


def _converted(request: Send[T], answer: Response[Any]) -> T:
    if answer.parsed is None or request.convert is None:
        raise MalformedResponse(
            "the body is not what the contract says", operation=request.operation
        )
    return request.convert(answer.parsed)


def _unparsable(error: Exception, operation: str) -> MalformedResponse:
    return MalformedResponse(
        f"the body has another shape than the contract says ({type(error).__name__})",
        operation=operation,
    )
