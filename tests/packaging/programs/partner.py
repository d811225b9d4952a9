"""A partner's program: the public names, as one uses them, without a network.

mypy checks it strictly against the installed wheel, and then it runs there.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import assert_type

import httpx

import whitebit_ext
from whitebit_ext import (
    ApiKey,
    KeyInfo,
    KeyState,
    Login,
    MainBalance,
    MemoryStore,
    NonceMode,
    Region,
    Secret,
    SignedAuth,
    SpotBalance,
    Store,
    User,
    WhiteBIT,
    WhiteBITError,
    errors,
    generate_encryption_key,
)

store: Store = MemoryStore()


def partner() -> WhiteBIT:
    """Return a partner object as a web application makes it once per process."""
    return WhiteBIT(
        client_id="client-id",
        client_secret="client-secret",
        redirect_uri="https://partner.example/whitebit/callback",
        region=Region.GLOBAL,
        store=store,
        encryption_keys=[generate_encryption_key()],
    )


def call_back(whitebit: WhiteBIT, url: str, binding: str | None) -> ApiKey:
    """Finish a login and retrieve the key, as a view does."""
    user = whitebit.connect(url, binding=binding, user_id="alice")
    assert_type(user, User)
    return user.api_key.issue(timeout=20)


def read(user: User) -> Decimal:
    """Read balances and the key's state."""
    assert_type(user.account.balances.main("BTC"), Mapping[str, MainBalance])
    assert_type(user.bearer.account.balances.spot(), Mapping[str, SpotBalance])
    info = user.api_key.info()
    assert_type(info, KeyInfo)
    if info.state is KeyState.ACTIVE and "trading" in info.granted:
        user.api_key.delete()
    return user.signed.account.balances.spot()["BTC"].available


def sign(key: ApiKey) -> httpx.Client:
    """Return a client that signs whatever it sends."""
    auth = key.auth(nonce=NonceMode.GROWING)
    assert_type(auth, SignedAuth)
    assert_type(key.secret, Secret)
    return httpx.Client(auth=auth)


def main() -> None:
    """Run what needs no network."""
    with partner() as whitebit:
        login = whitebit.authorize(user_id="alice")
        assert_type(login, Login)
        assert login.url.startswith("https://whitebit.com/auth/login?")
        try:
            call_back(whitebit, "https://partner.example/whitebit/callback?state=x", login.binding)
        except errors.LoginError as error:
            assert isinstance(error, WhiteBITError)
            assert error.hint
        else:
            raise AssertionError("a callback with another state was taken")
        user = whitebit.adopt("bob", public_key="public", secret="do-not-print")
        key = user.api_key.issue(timeout=0)
        assert key.secret.reveal() == "do-not-print"
        assert "do-not-print" not in repr(key)
        sign(key).close()
        whitebit.erase("bob")
    print(f"whitebit-oauth {whitebit_ext.__version__}: the sync face works")


if __name__ == "__main__":
    main()
