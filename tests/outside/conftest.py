"""What the tests from outside share: a sandbox, a database file, and processes over them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from whitebit_ext import Region, SQLStore, WhiteBIT, generate_encryption_key
from whitebit_ext.sandbox import PartnerClient, Sandbox

from ..looking import lease_lasting
from ..reliability.databases import Databases
from .processes import Forker, Process

KINDS_VARIABLE = "WHITEBIT_OAUTH_TEST_DATABASES"
REDIRECT_URI = "https://partner.example/callback"
Start = Callable[..., Process]
Make = Callable[..., WhiteBIT]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox by the real clock."""
    with Sandbox() as sandbox:
        sandbox.settings.key_delay = 0.0  # which would have to pass in real time
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> PartnerClient:
    """Return a registered client."""
    return sandbox.register_client(redirect_uris=(REDIRECT_URI,))


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Make databases; PostgreSQL is started only if it is asked for."""
    with Databases() as databases:
        yield databases


@pytest.fixture(params=os.environ.get(KINDS_VARIABLE, "sqlite").split())
def store_url(request: pytest.FixtureRequest, databases: Databases) -> str:
    """Return the database that all processes share; `nox -s reliability` takes both kinds."""
    return databases.new(request.param)


@pytest.fixture
def rows(store_url: str) -> Iterator[SQLStore]:
    """Open that database beside the processes."""
    with SQLStore(store_url) as store:
        yield store


@pytest.fixture
def key() -> str:
    """Return the encryption key that all processes share."""
    return generate_encryption_key()


@pytest.fixture
def make(sandbox: Sandbox, client: PartnerClient, store_url: str, key: str) -> Iterator[Make]:
    """Return what makes a partner object in this process, with a store of its own."""
    with ExitStack() as stack:

        def made(**settings: Any) -> WhiteBIT:
            partner = WhiteBIT(
                client_id=client.client_id,
                client_secret=client.client_secret,
                redirect_uri=REDIRECT_URI,
                region=Region.GLOBAL,
                base_url=sandbox.url("global"),
                store=stack.enter_context(SQLStore(store_url)),
                encryption_keys=[key],
                **settings,
            )
            return stack.enter_context(partner)

        yield made


@pytest.fixture
def partner(make: Make) -> WhiteBIT:
    """Return the partner object of this process."""
    return make()


@pytest.fixture
def hasty(make: Make) -> WhiteBIT:
    """Return another one, which takes over the lease of a dead process after half a second."""
    with lease_lasting(0.5, timeout=10.0):
        return make()


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    """Run what the other processes are forked from."""
    forker = Forker()
    yield forker
    forker.close()


@pytest.fixture
def start(
    forker: Forker, sandbox: Sandbox, client: PartnerClient, store_url: str, key: str
) -> Iterator[Start]:
    """Return what starts another process; all of them are ended for you."""
    with ExitStack() as stack:

        def started(url: str | None = None, **settings: Any) -> Process:
            where = url or sandbox.url("global")
            made = Process(forker, client, where, store_url, key, **settings)
            return stack.enter_context(made)

        yield started
