"""pytest fixtures: a WhiteBIT on this machine, and clients wired to it.

pytest loads this by its entry point in every project that has the package installed, so it imports
nothing but pytest until a fixture is asked for. The fixtures need the extra ``sandbox``;
``docs/testing.md`` shows how to use them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .._async.client import AsyncWhiteBIT
    from .._sync.client import WhiteBIT
    from ..regions import Region
    from ..sandbox import Breach, PartnerClient, Sandbox
    from .wiring import AsyncConnect, Connect, SandboxClock

REDIRECT_URI = "https://partner.example/whitebit/callback"
"""The redirect URI of ``whitebit_partner_client``; nothing answers there."""

_MARKER = "whitebit_breaches_allowed"
_SANDBOX = pytest.StashKey["Sandbox"]()
_REPORTED = pytest.StashKey[int]()
_EXTRA = frozenset({"h11", "starlette", "uvicorn"})


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini option."""
    parser.addini(
        "whitebit_breaches",
        "what a breach of WhiteBIT's contract does to a test: 'fail' it, or 'allow' it",
        default="fail",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and refuse an ini option that means nothing."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(*rules): do not fail the test when its code breaks WhiteBIT's contract; "
        "with rules, such as 'unknown-field', only those may be broken",
    )
    if config.getini("whitebit_breaches") not in ("fail", "allow"):
        raise pytest.UsageError("whitebit_breaches must be 'fail' or 'allow'")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test whose code broke the contract; tell one that failed otherwise of it too."""
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
    """Tell the breaches that are neither allowed nor told yet; empty when there are none."""
    breaches = sandbox.breaches[item.stash[_REPORTED] :]
    item.stash[_REPORTED] += len(breaches)
    marker = item.get_closest_marker(_MARKER)
    if item.config.getini("whitebit_breaches") == "allow" or (marker and not marker.args):
        return ""
    if marker:
        breaches = [breach for breach in breaches if breach.rule not in marker.args]
    return _told(breaches, sandbox) if breaches else ""


def _told(breaches: list[Breach], sandbox: Sandbox) -> str:
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
    """Run one sandbox for the session; its clock stands still unless it is moved."""
    missing = None
    try:
        from ..sandbox import Clock, Sandbox
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        missing = error.name
    if missing is not None:
        pytest.fail(
            f"The whitebit fixtures run a server, which needs {missing}: "
            "pip install 'whitebit-oauth[sandbox]'",
            pytrace=False,
        )
    with Sandbox(clock=Clock(frozen=True)) as sandbox:
        yield sandbox


@pytest.fixture
def whitebit_sandbox(
    _whitebit_server: Sandbox, request: pytest.FixtureRequest
) -> Iterator[Sandbox]:
    """A WhiteBIT on loopback that knows nobody yet, with a clock that stands still."""
    sandbox = _whitebit_server
    sandbox.reset()
    sandbox.clock.freeze()
    item: pytest.Item = request.node
    item.stash[_SANDBOX] = sandbox
    item.stash[_REPORTED] = 0
    yield sandbox
    # What fixtures of the test did after it; what the test itself did was told already.
    text = _breaches(item, sandbox)
    del item.stash[_SANDBOX]
    if text:
        pytest.fail(text, pytrace=False)


@pytest.fixture
def whitebit_clock(whitebit_sandbox: Sandbox) -> SandboxClock:
    """The sandbox's clock as the clients' clock: their waiting moves it and takes no time."""
    from .wiring import SandboxClock

    return SandboxClock(whitebit_sandbox.clock)


@pytest.fixture
def whitebit_region() -> Region:
    """The region of the clients: global. Override it for ``Region.EU``."""
    from ..regions import Region

    return Region.GLOBAL


@pytest.fixture
def whitebit_partner_client(whitebit_sandbox: Sandbox) -> PartnerClient:
    """The partner's registration. Override it for other scopes, tokens or redirect URIs."""
    return whitebit_sandbox.register_client(redirect_uris=(REDIRECT_URI,), region="both")


@pytest.fixture
def whitebit_arguments(
    whitebit_sandbox: Sandbox,
    whitebit_clock: SandboxClock,
    whitebit_region: Region,
    whitebit_partner_client: PartnerClient,
) -> dict[str, Any]:
    """The arguments of a ``WhiteBIT`` or ``AsyncWhiteBIT`` that talks to the sandbox.

    All clients made from them share a memory store and its key, as a partner's processes do.
    """
    from .wiring import arguments

    return arguments(whitebit_sandbox, whitebit_clock, whitebit_region, whitebit_partner_client)


@pytest.fixture
def whitebit(whitebit_arguments: dict[str, Any]) -> Iterator[WhiteBIT]:
    """A ``WhiteBIT`` that talks to the sandbox; it is closed after the test."""
    from .._sync.client import WhiteBIT

    with WhiteBIT(**whitebit_arguments) as partner:
        yield partner


@pytest.fixture
def async_whitebit(whitebit_arguments: dict[str, Any]) -> Iterator[AsyncWhiteBIT]:
    """An ``AsyncWhiteBIT`` that talks to the sandbox, under any asyncio plugin.

    It is made without a loop, keeps no connection in one, and is closed after the test.
    """
    from .._async.client import AsyncWhiteBIT
    from .wiring import close

    partner = AsyncWhiteBIT(**whitebit_arguments)
    yield partner
    close(partner)


@pytest.fixture
def whitebit_connect(whitebit_sandbox: Sandbox, whitebit: WhiteBIT) -> Connect:
    """A function that connects a user by name through the sandbox's pages: ``User``."""
    from .wiring import Connect

    return Connect(whitebit_sandbox, whitebit)


@pytest.fixture
def async_whitebit_connect(
    whitebit_sandbox: Sandbox, async_whitebit: AsyncWhiteBIT
) -> AsyncConnect:
    """A function that does what ``whitebit_connect`` does, awaited: ``AsyncUser``."""
    from .wiring import AsyncConnect

    return AsyncConnect(whitebit_sandbox, async_whitebit)
