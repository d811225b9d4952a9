"""Reads are retried: after which failures, how often, and after how long."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest

from whitebit_ext import User, WhiteBITError
from whitebit_ext.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    MalformedResponse,
    NoAnswer,
    NotFound,
    NotSent,
    RateLimited,
    ServerError,
    Unauthorized,
    UnexpectedStatus,
)

from .faces import Face

Reply = int | type[httpx.TransportError]
"""A status, or what happens to the connection."""
PASSING: dict[Reply, type[WhiteBITError]] = {
    429: RateLimited,
    503: ServerError,
    httpx.ConnectError: NotSent,
    httpx.ReadError: NoAnswer,
}
LASTING: dict[Reply, type[WhiteBITError]] = {
    200: MalformedResponse,
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    418: UnexpectedStatus,
}
PROMPT, PATIENT = 3, 6
"""Attempts at a read that somebody waits for, and at a page of a walk."""


class Server:
    """A server that fails as configured, and then answers.

    Attributes:
        left: The failures to come.
        headers: Of answers that are failures.
        count: Requests so far.
    """

    def __init__(self) -> None:
        self.left: Iterator[Reply] = iter(())
        self.headers: dict[str, str] = {}
        self.count = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or fail."""
        self.count += 1
        reply = next(self.left, None)
        if reply is None:
            empty = {"limit": 100, "offset": 0, "total": 0, "records": []}
            return httpx.Response(200, json=empty if "history" in request.url.path else {})
        if isinstance(reply, int):
            content = json.dumps({"code": 0, "message": "no"}) if reply != 200 else "<html>"
            return httpx.Response(reply, content=content, headers=self.headers)
        raise reply("no")


@pytest.fixture
def server() -> Server:
    """Return a server."""
    return Server()


@pytest.fixture
def user(face: Face, server: Server) -> User:
    """Return a user whose signed requests reach that server alone."""
    transport = httpx.MockTransport(server)
    partner = face.partner(transport=lambda: transport, async_transport=lambda: transport)
    return partner.adopt("alice", public_key="known", secret="s3cret")


@pytest.fixture
def pauses(face: Face) -> list[float]:
    """Return what the client's clock has slept."""
    return face.clock.slept


def balance(user: User) -> object:
    """Make a balance read."""
    return user.signed.account.balances.spot()


def page(user: User) -> object:
    """Read a page of a walk."""
    return list(user.signed.account.transactions())


READS = pytest.mark.parametrize(
    ("read", "attempts"), [(balance, PROMPT), (page, PATIENT)], ids=["balance", "page"]
)
Read = Callable[[User], object]


@READS
@pytest.mark.parametrize("reply", PASSING, ids=str)
def test_temporary_failure_is_retried(
    user: User, server: Server, pauses: list[float], read: Read, attempts: int, reply: Reply
) -> None:
    """Waits of 1 s, doubling, with up to 25 % of jitter; then the response."""
    server.left = iter([reply] * (attempts - 1))
    assert not read(user)
    assert server.count == attempts
    assert len(pauses) == attempts - 1
    assert all(2**n <= pause <= 1.25 * 2**n for n, pause in enumerate(pauses))


@READS
@pytest.mark.parametrize("reply", PASSING, ids=str)
def test_last_failure_has_no_context(
    user: User, server: Server, pauses: list[float], read: Read, attempts: int, reply: Reply
) -> None:
    """After the last attempt its error is raised, without the earlier ones behind it."""
    server.left = iter([reply] * 99)
    with pytest.raises(PASSING[reply]) as caught:
        read(user)
    assert type(caught.value) is PASSING[reply]
    assert (server.count, len(pauses)) == (attempts, attempts - 1)
    assert (caught.value.__context__, caught.value.__cause__) == (None, None)


def test_jitter_differs_between_reads(user: User, server: Server, pauses: list[float]) -> None:
    """The jitter differs from read to read."""
    server.left = iter([503] * 5)
    page(user)
    first = pauses[:]
    pauses.clear()
    server.left = iter([503] * 5)
    page(user)
    assert first != pauses


@READS
@pytest.mark.parametrize("reply", LASTING, ids=str)
def test_permanent_failure_is_not_retried(
    user: User, server: Server, pauses: list[float], read: Read, attempts: int, reply: Reply
) -> None:
    """A failure that a retry cannot fix is raised at once, also after a temporary one."""
    for before in ([], [503]):
        server.count = 0
        pauses.clear()
        server.left = iter([*before, reply])
        with pytest.raises(WhiteBITError) as caught:
            read(user)
        assert type(caught.value) is LASTING[reply]
        assert (server.count, len(pauses)) == (len(before) + 1, len(before))


@pytest.mark.parametrize(("asked", "least"), [("0", 1), ("0.5", 1), ("7", 7), ("30", 30)])
def test_retry_after_lengthens_a_wait(
    user: User, server: Server, pauses: list[float], asked: str, least: float
) -> None:
    """`Retry-After` lengthens a wait, and never shortens one."""
    server.headers["retry-after"] = asked
    server.left = iter([429])
    assert balance(user) == {}
    assert [least <= pause <= 1.25 * least for pause in pauses] == [True]


@pytest.mark.parametrize("asked", ["31", "86400"])
def test_long_retry_after_is_raised(
    user: User, server: Server, pauses: list[float], asked: str
) -> None:
    """If `Retry-After` is too long, the error is raised at once and contains it."""
    server.headers["retry-after"] = asked
    server.left = iter([429])
    with pytest.raises(RateLimited) as caught:
        balance(user)
    assert (pauses, server.count) == ([], 1)
    assert caught.value.retry_after == float(asked)


def test_import_loads_no_decoder() -> None:
    """Importing the package and its classes loads no decoder."""
    code = (
        "import sys, whitebit_ext\n"
        "whitebit_ext.WhiteBIT, whitebit_ext.AsyncWhiteBIT\n"
        "print('msgspec' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
