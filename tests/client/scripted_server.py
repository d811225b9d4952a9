"""A scripted server that sends a bad response on demand, and good ones otherwise.

It stands in for the socket: httpx hands it each request, so that thousands of answers take
seconds.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import httpx

from .bad_answers import OPERATIONS, BadAnswer


class _Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body whose connection closes before it is whole."""

    def __init__(self, part: bytes) -> None:
        self._part = part

    def __iter__(self) -> Iterator[bytes]:
        yield self._part
        raise httpx.RemoteProtocolError("peer closed connection")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._part
        raise httpx.RemoteProtocolError("peer closed connection")


class ScriptedServer:
    """Answer the five operations truly, but for the one answer that is `next_bad`.

    Attributes:
        next_bad: An operation and what is answered to it, for as long as it is set.
        secrets: Every secret that was sent or received.
        external_id: Of the key that the user has.
        api_secret: The secret of that key.
        requests: How many came, by operation.
        strays: URLs of requests that went to another host.
        said: The body that the bad answer had last.
    """

    host = "whitebit.com"

    def __init__(self, client_secret: str) -> None:
        self.next_bad: tuple[str, BadAnswer] | None = None
        self._client_secret = client_secret
        self.secrets = {client_secret}
        self.requests = dict.fromkeys(OPERATIONS, 0)
        self.strays: list[str] = []
        self.said = b""
        self._access = self._refresh = ""
        self._spoiled: dict[str, Any] = {}
        self.external_id = self.api_secret = ""
        self.new_key()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def make(self) -> str:
        """Make a secret, with characters that forms and URLs have another use for."""
        secret = base64.b64encode(b"\xfb\xef" + os.urandom(28)).decode()
        self.secrets.add(secret)
        return secret

    def begin(self) -> None:
        """Forget the secrets of earlier answers; what still serves is kept."""
        self.secrets = {self._client_secret, self._access, self._refresh, self.api_secret}

    def new_key(self) -> None:
        """Give the user another key, whose secret was not retrieved."""
        self.external_id = os.urandom(16).hex()
        self.api_secret = self.make()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request; httpx's transport for tests calls this for both faces."""
        if request.url.host != self.host:
            self.strays.append(str(request.url))
        operation = self._operation(request.method, request.url.path)
        self.requests[operation] += 1
        if self.next_bad is None or self.next_bad[0] != operation:
            status, content = self._true(operation, request)
            return httpx.Response(status, json=content)
        bad = self.next_bad[1]
        content = _TRUE_EXAMPLE[operation](self)
        if operation in ("exchange_code", "refresh_token"):
            self._spoiled = content["data"]  # as good as true ones, for whoever can read them
        self.said = bad.body(request, json.dumps(content, separators=(",", ":")).encode())
        self.secrets |= {
            value
            for name, value in parse_qsl(request.content.decode())
            if name in ("code", "code_verifier", "token")
        }
        headers = list(bad.headers)
        if bad.breaks:
            return httpx.Response(bad.status, headers=headers, stream=_Broken(self.said))
        return httpx.Response(bad.status, headers=headers, content=self.said)

    @staticmethod
    def _operation(method: str, path: str) -> str:
        return {
            ("POST", "token"): "exchange_code",
            ("POST", "refresh_token"): "refresh_token",
            ("GET", "info"): "get_api_key_info",
            ("GET", "secret"): "get_api_key_secret",
        }.get((method, path.rpartition("/")[2]), "delete_api_key")

    def _true(self, operation: str, request: httpx.Request) -> tuple[int, Any]:
        if operation in ("exchange_code", "refresh_token"):
            form = dict(parse_qsl(request.content.decode()))
            if operation == "refresh_token" and form["token"] not in (
                self._refresh,
                self._spoiled.get("refresh_token"),
            ):
                return 400, {"data": {"token": ["Invalid token."]}}
            content = self.pair()
            self._access = content["data"]["access_token"]
            self._refresh = content["data"]["refresh_token"]
            return 200, content
        token = request.headers["authorization"].removeprefix("Bearer ")
        if token not in (self._access, self._spoiled.get("access_token")):
            return 401, {"data": {"message": ["Unauthorized."]}}
        return 200, _TRUE_EXAMPLE[operation](self)

    def pair(self) -> dict[str, Any]:
        """Make a token answer."""
        return {
            "data": {
                "access_token": self.make(),
                "expires_in": 300,
                "refresh_token": self.make(),
                "scope": "apikeys.read,apikeys.delete",
                "token_type": "Bearer",
            }
        }

    def info(self) -> dict[str, Any]:
        """Make the answer of a user with an active key."""
        group = {"name": "trading", "title": "Trading", "urls": [{"url": "/v2", "enable": True}]}
        return {
            "data": {
                "exists": True,
                "isEnabled": True,
                "externalId": self.external_id,
                "permissions": [group],
            }
        }


_TRUE_EXAMPLE: dict[str, Callable[[ScriptedServer], dict[str, Any]]] = {
    "exchange_code": ScriptedServer.pair,
    "refresh_token": ScriptedServer.pair,
    "get_api_key_info": ScriptedServer.info,
    "get_api_key_secret": lambda server: {"data": {"apiSecret": server.api_secret}},
    "delete_api_key": lambda server: {"data": []},
}
