"""Fixtures of the login at a terminal: a sandbox, and a partner whose callback comes here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from whitebit_ext import MemoryStore, Region, WhiteBIT, generate_encryption_key
from whitebit_ext.sandbox import Sandbox

Partners = Callable[[str], WhiteBIT]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox with one user; the login must not break its contract."""
    with Sandbox(key_delay=0) as running:
        running.add_user("alice", spot_balances={"BTC": ("1", "0")})
        yield running
        assert running.breaches == []


@pytest.fixture
def partner_of(sandbox: Sandbox) -> Iterator[Partners]:
    """Return a function that makes a partner with a redirect URI."""
    with ExitStack() as stack:

        def make(redirect_uri: str) -> WhiteBIT:
            client = sandbox.register_client(redirect_uris=[redirect_uri])
            partner = WhiteBIT(
                client_id=client.client_id,
                client_secret=client.client_secret,
                redirect_uri=redirect_uri,
                region=Region.GLOBAL,
                base_url=sandbox.global_url,
                store=MemoryStore(),
                encryption_keys=[generate_encryption_key()],
            )
            return stack.enter_context(partner)

        yield make
