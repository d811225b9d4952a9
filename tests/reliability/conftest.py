"""What the proofs share: a sandbox, and empty databases of both kinds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from whitebit_ext.sandbox import Sandbox

from .databases import KINDS, Databases
from .wiring import World


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Return where databases are made."""
    with Databases() as databases:
        yield databases


@pytest.fixture
def running_sandbox() -> Iterator[Sandbox]:
    """Run a sandbox, whose clock nobody has moved yet."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, databases: Databases, running_sandbox: Sandbox) -> World:
    """Return a world with an empty database, of each kind in turn."""
    return World(running_sandbox, databases.new(request.param))
