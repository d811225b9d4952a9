"""The same partner's program, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import assert_type

import whitebit_api
import whitebit_api.operations
from whitebit_ext import (
    ApiKey,
    AsyncUser,
    AsyncWhiteBIT,
    KeyInfo,
    MemoryStore,
    Region,
    SpotBalance,
    errors,
    generate_encryption_key,
)


async def call_back(whitebit: AsyncWhiteBIT, url: str, binding: str | None) -> ApiKey:
    """Finish a login and retrieve the key, as a view does."""
    user = await whitebit.connect(url, binding=binding, user_id="alice")
    assert_type(user, AsyncUser)
    assert_type(await user.api_key.info(), KeyInfo)
    assert_type(await user.signed.account.balances.spot(), Mapping[str, SpotBalance])
    return await user.api_key.issue(timeout=20)


async def main() -> None:
    """Run what needs no network."""
    async with AsyncWhiteBIT(
        client_id="client-id",
        client_secret="client-secret",
        redirect_uri="https://partner.example/whitebit/callback",
        region=Region.EU,
        store=MemoryStore(),
        encryption_keys=[generate_encryption_key()],
    ) as whitebit:
        login = await whitebit.authorize(user_id="alice")
        assert login.url.startswith("https://whitebit.eu/auth/login?")
        try:
            await call_back(whitebit, "https://partner.example/whitebit/callback", login.binding)
        except errors.LoginError as error:
            assert error.hint
        else:
            raise AssertionError("a callback without a state was taken")
        try:
            await whitebit.user("alice").api_key.issue()
        except errors.RegionNotSupported as error:
            assert error.operation == "get_api_key_secret"
        else:
            raise AssertionError("the EU server was asked for a key")
    assert whitebit_api.operations.OPERATIONS["refresh_token"].path == "/oauth2/refresh_token"
    print("whitebit-oauth: the async face works")


if __name__ == "__main__":
    asyncio.run(main())
