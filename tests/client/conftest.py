"""Fixtures of the client's tests: a sandbox with a frozen clock, and both interfaces."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from whitebit_ext.sandbox import Clock, PartnerClient, Sandbox

from .faces import REDIRECT_URI, Face, MovedClock


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """Run one sandbox for all tests; its clock does not run by itself."""
    with Sandbox(clock=Clock(frozen=True)) as sandbox:
        yield sandbox


@pytest.fixture
def breaching() -> None:
    """Allow a test to break the contract: it looks at `sandbox.breaches` itself."""


@pytest.fixture
def sandbox(running_sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Return the sandbox, empty; the client must not break the contract in the test."""
    running_sandbox.reset()
    yield running_sandbox
    if "breaching" not in request.fixturenames:
        assert running_sandbox.breaches == []


@pytest.fixture
def clock(sandbox: Sandbox) -> MovedClock:
    """Return the client's clock, which is the sandbox's."""
    return MovedClock(sandbox.clock)


@pytest.fixture
def client(sandbox: Sandbox) -> PartnerClient:
    """Return a registered client of both regions with rotating tokens."""
    return sandbox.register_client(redirect_uris=(REDIRECT_URI,), region="both")


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """Run the event loop of the async face in a thread."""
    with start_blocking_portal("asyncio") as portal:
        yield portal


@pytest.fixture(params=["sync", "async"])
def face(
    request: pytest.FixtureRequest,
    sandbox: Sandbox,
    client: PartnerClient,
    clock: MovedClock,
    portal: BlockingPortal,
) -> Iterator[Face]:
    """Return each interface of the library in turn."""
    face = Face(request.param, sandbox, client, clock, portal)
    yield face
    face.close()


@pytest.fixture
def keyless(face: Face) -> Face:
    """Return a face whose client gets no keys: its users can connect again at any time."""
    face.client = face.sandbox.register_client(
        redirect_uris=(REDIRECT_URI,), scopes=("users.balances.read",)
    )
    return face


@pytest.fixture
def library_log() -> Iterator[StringIO]:
    """Collect the records of every logger, down to DEBUG, except pytest's own."""
    text = StringIO()
    handler = logging.StreamHandler(text)
    names = ("httpx", "httpcore", "asyncio", "whitebit_ext")
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
    yield text
    for logger, (level, propagate) in zip(loggers, before, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
