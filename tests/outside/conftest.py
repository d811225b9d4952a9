"""What the tests from outside share: a sandbox, a database file, and processes over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from whitebit_ext import Region, SQLStore, WhiteBIT, generate_encryption_key
from whitebit_ext.sandbox import PartnerClient, Sandbox

from .processes import Process

REDIRECT_URI = "https://partner.example/callback"
Start = Callable[..., Process]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox by the real clock."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> PartnerClient:
    """Return a registered client."""
    return sandbox.register_client(redirect_uris=(REDIRECT_URI,))


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """Return the database that all processes share."""
    return f"sqlite:///{tmp_path / 'custody.db'}"


@pytest.fixture
def key() -> str:
    """Return the encryption key that all processes share."""
    return generate_encryption_key()


@pytest.fixture
def partner(
    sandbox: Sandbox, client: PartnerClient, store_url: str, key: str
) -> Iterator[WhiteBIT]:
    """Return the partner object of this process."""
    with (
        SQLStore(store_url) as store,
        WhiteBIT(
            client_id=client.client_id,
            client_secret=client.client_secret,
            redirect_uri=REDIRECT_URI,
            region=Region.GLOBAL,
            base_url=sandbox.url("global"),
            store=store,
            encryption_keys=[key],
        ) as partner,
    ):
        yield partner


@pytest.fixture
def start(sandbox: Sandbox, client: PartnerClient, store_url: str, key: str) -> Iterator[Start]:
    """Return what starts another process; all of them are ended for you."""
    with ExitStack() as stack:

        def started(url: str | None = None, **settings: Any) -> Process:
            made = Process(client, url or sandbox.url("global"), store_url, key, **settings)
            return stack.enter_context(made)

        yield started
