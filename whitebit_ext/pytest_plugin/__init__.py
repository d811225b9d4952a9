"""pytest fixtures: a sandbox, and clients that are connected to it.

pytest loads this plugin in every project that has the package installed, so it imports only pytest
until a fixture is used. The fixtures require the extra ``sandbox``; see ``docs/testing.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .. import AsyncWhiteBIT, Region, WhiteBIT
    from ..sandbox import Breach, PartnerClient, Sandbox
    from .browser import MakeBrowser
    from .wiring import AsyncConnect, Connect, SandboxClock

REDIRECT_URI = "https://partner.example/whitebit/callback"
"""The redirect URI of ``whitebit_partner_client``; no server listens there."""

_MARKER = "whitebit_breaches_allowed"
_SANDBOX = pytest.StashKey["Sandbox"]()
_REPORTED = pytest.StashKey[int]()
_EXTRA = frozenset({"h11", "starlette", "uvicorn"})


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini option."""
    parser.addini(
        "whitebit_breaches",
        "what happens on a breach of WhiteBIT's contract: 'fail' the test, or 'allow' it",
        default="fail",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and check the ini option."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(*rules): allow breaches of WhiteBIT's contract in this test; with rules, such "
        "as 'unknown-field', only breaches of these rules",
    )
    if config.getini("whitebit_breaches") not in ("fail", "allow"):
        raise pytest.UsageError("whitebit_breaches must be 'fail' or 'allow'")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test with breaches of the contract; add them to the report of a failed test."""
    sandbox = item.stash.get(_SANDBOX, None)
    try:
        yield
    except BaseException:
        if sandbox is not None and (text := _breaches(item, sandbox)):
            item.add_report_section("call", "whitebit breaches", text)
        raise
    if sandbox is not None and (text := _breaches(item, sandbox)):
        pytest.fail(text, pytrace=False)


def _breaches(item: pytest.Item, sandbox: Sandbox) -> str:
    """Return a report of new breaches that are not allowed; empty if there are none."""
    breaches = sandbox.breaches[item.stash[_REPORTED] :]
    item.stash[_REPORTED] += len(breaches)
    marker = item.get_closest_marker(_MARKER)
    if item.config.getini("whitebit_breaches") == "allow" or (marker and not marker.args):
        return ""
    if marker:
        breaches = [breach for breach in breaches if breach.rule not in marker.args]
    return _report(breaches, sandbox) if breaches else ""


def _report(breaches: list[Breach], sandbox: Sandbox) -> str:
    methods = {record.ordinal: record.method for record in sandbox.requests}
    lines = [
        f"  request {breach.ordinal}, {methods.get(breach.ordinal, '')} {breach.path}\n"
        f"    {breach.rule}: {breach.detail}"
        for breach in breaches
    ]
    times = "once" if len(lines) == 1 else f"{len(lines)} times"
    rules = ", ".join(sorted({f'"{breach.rule}"' for breach in breaches}))
    return "\n".join(
        [
            f"The code under test broke WhiteBIT's contract {times}:",
            *lines,
            f"If that is what the test is about: @pytest.mark.{_MARKER}({rules})",
        ]
    )


@pytest.fixture(scope="session")
def _whitebit_server() -> Iterator[Sandbox]:
    """Run one sandbox for the session, with a frozen clock."""
    missing = None
    try:
        from ..sandbox import Clock, Sandbox
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        missing = error.name
    if missing is not None:
        pytest.fail(
            f"The whitebit fixtures require {missing} for their server: "
            "pip install 'whitebit-oauth[sandbox]'",
            pytrace=False,
        )
    with Sandbox(clock=Clock(frozen=True)) as sandbox:
        yield sandbox


@pytest.fixture
def whitebit_sandbox(
    _whitebit_server: Sandbox, request: pytest.FixtureRequest
) -> Iterator[Sandbox]:
    """An empty sandbox on loopback, with a frozen clock."""
    sandbox = _whitebit_server
    sandbox.reset()
    sandbox.clock.freeze()
    item: pytest.Item = request.node
    item.stash[_SANDBOX] = sandbox
    item.stash[_REPORTED] = 0
    yield sandbox
    # Breaches by fixtures after the test; those of the test itself were reported before.
    text = _breaches(item, sandbox)
    del item.stash[_SANDBOX]
    if text:
        pytest.fail(text, pytrace=False)


@pytest.fixture
def whitebit_clock(whitebit_sandbox: Sandbox) -> SandboxClock:
    """The clock of the sandbox for the clients: waiting advances it without delay."""
    from .wiring import SandboxClock

    return SandboxClock(whitebit_sandbox.clock)


@pytest.fixture
def whitebit_region() -> Region:
    """The region of the clients, global by default. Override it for ``Region.EU``."""
    from .. import Region

    return Region.GLOBAL


@pytest.fixture
def whitebit_partner_client(whitebit_sandbox: Sandbox) -> PartnerClient:
    """The registered client. Override it for other scopes, token modes or redirect URIs."""
    return whitebit_sandbox.register_client(redirect_uris=(REDIRECT_URI,), region="both")


@pytest.fixture
def whitebit_arguments(
    whitebit_sandbox: Sandbox,
    whitebit_clock: SandboxClock,
    whitebit_region: Region,
    whitebit_partner_client: PartnerClient,
) -> dict[str, Any]:
    """The arguments of a ``WhiteBIT`` or ``AsyncWhiteBIT`` that uses the sandbox.

    All clients with these arguments share a memory store, as the processes of a partner do.
    """
    from .wiring import arguments

    return arguments(whitebit_sandbox, whitebit_clock, whitebit_region, whitebit_partner_client)


@pytest.fixture
def whitebit(whitebit_arguments: dict[str, Any]) -> Iterator[WhiteBIT]:
    """A ``WhiteBIT`` that uses the sandbox; it is closed after the test."""
    from .. import WhiteBIT

    with WhiteBIT(**whitebit_arguments) as partner:
        yield partner


@pytest.fixture
def async_whitebit(whitebit_arguments: dict[str, Any]) -> Iterator[AsyncWhiteBIT]:
    """An ``AsyncWhiteBIT`` that uses the sandbox, for any asyncio plugin.

    It is created without an event loop, keeps no connections, and is closed after the test.
    """
    from .. import AsyncWhiteBIT
    from .wiring import close

    partner = AsyncWhiteBIT(**whitebit_arguments)
    yield partner
    close(partner)


@pytest.fixture
def whitebit_connect(whitebit_sandbox: Sandbox, whitebit: WhiteBIT) -> Connect:
    """A function that connects a user by name, and returns the ``User``."""
    from .wiring import Connect

    return Connect(whitebit_sandbox, whitebit)


@pytest.fixture
def async_whitebit_connect(
    whitebit_sandbox: Sandbox, async_whitebit: AsyncWhiteBIT
) -> AsyncConnect:
    """An async function that connects a user by name, and returns the ``AsyncUser``."""
    from .wiring import AsyncConnect

    return AsyncConnect(whitebit_sandbox, async_whitebit)


@pytest.fixture
def whitebit_browser(
    whitebit_sandbox: Sandbox, whitebit_partner_client: PartnerClient
) -> MakeBrowser:
    """A function that leads a test client through WhiteBIT's pages and back to the callback."""
    from .browser import MakeBrowser

    return MakeBrowser(whitebit_sandbox, whitebit_partner_client.redirect_uris[0])
