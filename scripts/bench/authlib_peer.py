"""Authlib's httpx client, in a separate process, so that its integrations are not loaded here."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import threading
import time
import warnings
from typing import Any

from .processes import Peer, serve
from .server import BEARER_PATH, PLAIN_TOKEN_PATH

THREADS = 32


def _token(*, expired: bool) -> dict[str, Any]:
    return {
        "access_token": "access",
        "refresh_token": "refresh",
        "token_type": "Bearer",
        "expires_at": time.time() + (-10 if expired else 86_400),
    }


def _serve(url: str) -> None:
    # It enables its own warnings on import, so import it before silencing them.
    importlib.import_module("authlib.deprecate")
    warnings.simplefilter("ignore")
    from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth2Client

    def client(kind: Any, *, expired: bool) -> Any:
        return kind(
            client_id="bench",
            client_secret="made-up",  # noqa: S106  # made up
            token=_token(expired=expired),
            token_endpoint=f"{url}{PLAIN_TOKEN_PATH}",
            base_url=url,
        )

    fresh = client(OAuth2Client, expired=False)

    def call() -> Any:
        return json.loads(fresh.post(BEARER_PATH, json={}).content)

    def calls(count: int) -> float:
        begun = time.perf_counter()
        for _ in range(count):
            call()
        return time.perf_counter() - begun

    def threads(count: int) -> float:
        stale = client(OAuth2Client, expired=True)
        starting = threading.Barrier(count)

        def one() -> None:
            starting.wait()
            stale.post(BEARER_PATH, json={})

        running = [threading.Thread(target=one) for _ in range(count)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        return 0.0

    def cancelled(count: int) -> float:
        async def main() -> None:
            stale = client(AsyncOAuth2Client, expired=True)
            tasks = [asyncio.create_task(stale.post(BEARER_PATH, json={})) for _ in range(count)]
            await asyncio.sleep(0.03)  # the request was sent, and the response is pending
            tasks[0].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await stale.aclose()

        asyncio.run(main())
        return 0.0

    serve({"calls": calls, "threads": threads, "cancelled": cancelled})


class AuthlibPeer(Peer):
    """The process, for the duration of a block."""

    def __init__(self, url: str) -> None:
        super().__init__("authlib_peer", url)


if __name__ == "__main__":
    _serve(sys.argv[1])
