# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Clients to send the requests of the operations with, one per server and credential."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Self

import httpx

__all__ = ("AuthenticatedClient", "Client")

DEFAULT_TIMEOUT: Final = 10.0


class Client:
    """A client for operations that take no access token.

    It opens a connection pool on first use. Use it in a `with` or `async with` block, which
    closes that pool at the end.

    Attributes:
        raise_on_unexpected_status: Whether a status other than the documented success is an error.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: dict[str, str] | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        raise_on_unexpected_status: bool = False,
        **httpx_arguments: Any,
    ) -> None:
        """Keep what the pools are made of.

        Args:
            base_url: The server, such as a value of `operations.SERVERS`.
            headers: Headers of every request.
            timeout: Seconds, as httpx counts them.
            raise_on_unexpected_status: Whether a status other than the documented success is an error.
            httpx_arguments: Further arguments of `httpx.Client` and `httpx.AsyncClient`.
        """
        self.raise_on_unexpected_status = raise_on_unexpected_status
        self._arguments = httpx_arguments | {
            "base_url": base_url,
            "headers": dict(headers or {}),
            "timeout": timeout,
        }
        self._client: httpx.Client | None = None
        self._async_client: httpx.AsyncClient | None = None

    def get_httpx_client(self) -> httpx.Client:
        """Return the pool for calls that block, made on first use."""
        if self._client is None:
            self._client = httpx.Client(**self._arguments)
        return self._client

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Return the pool for calls that are awaited, made on first use."""
        if self._async_client is None:
            self._async_client = httpx.AsyncClient(**self._arguments)
        return self._async_client

    def __enter__(self) -> Self:
        self.get_httpx_client().__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.get_httpx_client().__exit__(exc_type, exc_value, traceback)

    async def __aenter__(self) -> Self:
        await self.get_async_httpx_client().__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.get_async_httpx_client().__aexit__(exc_type, exc_value, traceback)


class AuthenticatedClient(Client):
    """A client for operations that take an access token."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        headers: dict[str, str] | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        raise_on_unexpected_status: bool = False,
        **httpx_arguments: Any,
    ) -> None:
        """Keep what the pools are made of.

        Args:
            base_url: The server that gave the token.
            token: The access token.
            headers: Further headers of every request.
            timeout: Seconds, as httpx counts them.
            raise_on_unexpected_status: Whether a status other than the documented success is an error.
            httpx_arguments: Further arguments of `httpx.Client` and `httpx.AsyncClient`.
        """
        super().__init__(
            base_url,
            headers={**(headers or {}), "Authorization": f"Bearer {token}"},
            timeout=timeout,
            raise_on_unexpected_status=raise_on_unexpected_status,
            **httpx_arguments,
        )
