"""The bound client: what comes over the wire, and what of it reaches a caller."""

from __future__ import annotations

import gzip
import json
import socket
import time
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from whitebit_ext import Region, WhiteBITError
from whitebit_ext.errors import (
    ClientClosed,
    MalformedResponse,
    NoAnswer,
    NotSent,
    ResponseError,
    ResponseTooLarge,
    ServerError,
    UnexpectedStatus,
)
from whitebit_ext.http.requests import read_model
from whitebit_ext.regions import Server

from ..looking import sent
from .faces import Face, connected
from .wire import Answer, Wire, answer

Sender = Callable[..., Any]
TOKEN = "dG9rZW4tdGhhdC1pcy1ub3QtdG8tbGVhaw=="
INFO: dict[str, Any] = {"exists": False, "isEnabled": False, "externalId": None, "permissions": []}
INFO_BODY = json.dumps({"data": INFO}).encode()


class Bearer(httpx.Auth):
    """Send a token that no error may show."""

    def auth_flow(self, request: httpx.Request) -> Any:
        """Set the header."""
        request.headers["authorization"] = f"Bearer {TOKEN}"
        yield request


def exists(body: bytes) -> Any:
    """Read an `info` answer."""
    from whitebit_api.models.api_key_info_response import ApiKeyInfoResponse

    return read_model(ApiKeyInfoResponse, body, "get_api_key_info").data.exists


@pytest.fixture(params=["sync", "async"])
def send(request: pytest.FixtureRequest) -> Sender:
    """Return what sends an `info` request to a server, sync and async in turn."""

    def send(url: str, *, timeout: float = 2.0, **options: Any) -> Any:
        from whitebit_api.api.api_keys import get_api_key_info as endpoint

        options.setdefault("parse", exists)
        return sent(
            *(Server.of(Region.GLOBAL, url), "get_api_key_info", endpoint),
            timeout=timeout,
            face=request.param,
            auth=Bearer(),
            **options,
        )

    return send


def library_frames(error: BaseException) -> str:
    """Show the frames of an error that are the library's, with their local variables."""
    made = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in made.stack if "/tests/" not in frame.filename]
    assert frames
    return "".join(f"{frame.name} {frame.locals}\n" for frame in frames) + str(made)


def failing(send: Sender, *answers: Answer, **options: Any) -> WhiteBITError:
    """Send to a server with these responses, and return the error."""
    with Wire(*answers) as wire, pytest.raises(WhiteBITError) as caught:
        send(wire.url, **options)
    error = caught.value
    assert error.operation == "get_api_key_info"
    assert error.hint
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = library_frames(error)
    assert TOKEN not in shown
    assert TOKEN not in f"{error!r} {vars(error)}"
    # No frame of the client below hangs on the error.
    assert "/httpx/" not in "".join(traceback.format_exception(error))
    return error


def test_a_good_answer_is_taken(send: Sender) -> None:
    """The server of these tests speaks well enough to be understood."""
    with Wire(answer(INFO_BODY)) as wire:
        assert send(wire.url) is False
        assert b"authorization: bearer " in wire.requests[0].lower()


@pytest.mark.parametrize(
    "status",
    [201, 202, 204, 206, 226, 300, 301, 302, 303, 304, 307, 308, 418, 500, 503, 520, 599],
)
@pytest.mark.parametrize("body", [INFO_BODY, b"<html>no</html>"])
def test_every_other_status_is_typed(send: Sender, status: int, body: bytes) -> None:
    """An undocumented success, a redirect and any 5xx are errors, whatever their body."""
    has_none = status in (204, 304)
    sent = answer(b"" if has_none else body, status, "Location: /elsewhere\r\n")
    with Wire(sent) as wire, pytest.raises(ResponseError) as caught:
        send(wire.url)
    assert len(wire.requests) == 1  # no redirect was followed
    expected = ServerError if status >= 500 else UnexpectedStatus
    assert type(caught.value) is expected
    assert caught.value.status_code == status
    assert str(status) in str(caught.value)


@pytest.mark.parametrize(
    "sent",
    [
        answer(b""),
        answer(INFO_BODY[:-4]),
        answer(INFO_BODY, length=len(INFO_BODY) + 9),
        answer(gzip.compress(INFO_BODY)[:-30], headers="Content-Encoding: gzip\r\n"),
        answer(b"<html>no</html>"),
        answer(b"\xff\xfe" + INFO_BODY),
        answer(b'{"data":{"exists":"\xff"}}'),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_a_spoiled_success_is_typed(send: Sender, sent: bytes) -> None:
    """A 200 that is empty, cut off, packed wrongly or no text ends in one type of error."""
    assert isinstance(failing(send, sent), (MalformedResponse, NoAnswer))


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 ", b"SSH-2.0-OpenSSH\r\n", b"\x00" * 100, b"HTTP/1.1 abc OK\r\n\r\n"]
)
def test_no_http_is_no_answer(send: Sender, sent: bytes) -> None:
    """A connection that closes, or speaks something else, is an unanswered request."""
    assert isinstance(failing(send, sent), NoAnswer)


def test_a_reset_is_no_answer(send: Sender) -> None:
    """A connection that is reset under the request is an unanswered request."""

    def reset(sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()

    assert isinstance(failing(send, reset), NoAnswer)


def test_nobody_listening_is_not_sent(send: Sender) -> None:
    """Where no connection opens, the request never left, and the error says so."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(NotSent) as caught:
        send(url)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("status", [200, 503])
def test_a_huge_body_is_not_read(send: Sender, status: int, *, packed: bool) -> None:
    """Nothing is made of it, also where a small body swells; what may hold a secret is kept."""
    body = b" " * 40_000_000
    headers = "Content-Encoding: gzip\r\n" if packed else ""
    sent = answer(gzip.compress(body) if packed else body, status, headers)
    kept = list[bytes]()
    error = failing(send, sent, keep=kept.append)
    # Of an error the status says enough, however long its page is.
    assert isinstance(error, ResponseTooLarge if status == 200 else ServerError)
    # What does not fit when it is unpacked is kept as it came.
    came = len(gzip.compress(body)) if packed else 32_000_000
    assert [len(body) for body in kept] == ([came] if status == 200 else [])


def test_a_dripping_body_ends_with_the_deadline(send: Sender) -> None:
    """A server that sends a byte now and then does not hold a caller for longer than `timeout`."""

    def drip(sock: socket.socket) -> None:
        sock.sendall(answer(b"", length=10_000))
        for _ in range(10_000):
            sock.sendall(b" ")
            time.sleep(0.005)

    # The connection needs its part of the time too, which on a busy machine is no moment.
    began = time.monotonic()
    error = failing(send, drip, timeout=0.5)
    assert isinstance(error, (NoAnswer, MalformedResponse))
    assert time.monotonic() - began < 20


def test_silence_ends_with_the_timeout(send: Sender) -> None:
    """A server that never answers is given up."""

    def wait(sock: socket.socket) -> None:
        sock.recv(1)  # until the client has gone

    assert isinstance(failing(send, wait, timeout=0.5), NoAnswer)


def test_what_came_of_a_success_is_kept(send: Sender) -> None:
    """The part of a success that came before it was cut off is handed over before the error."""
    kept = list[bytes]()
    failing(send, answer(INFO_BODY, length=1000), keep=kept.append)
    assert kept == [INFO_BODY]
    kept.clear()
    failing(send, answer(INFO_BODY, 500), keep=kept.append)
    assert kept == []


def test_a_bug_of_ours_is_not_hidden(send: Sender) -> None:
    """What goes wrong before anything was sent is no answer of the server."""

    def wrong() -> dict[str, Any]:
        raise KeyError("ours")

    with Wire(answer(INFO_BODY)) as wire:
        with pytest.raises(KeyError):
            send(wire.url, arguments=wrong)
        assert wire.requests == []


def test_a_pair_that_is_refused_shows_nowhere(face: Face) -> None:
    """Not even the local variables of the error's frames hold the tokens of a refused answer."""
    body = {"access_token": TOKEN, "expires_in": 300, "error": "x", "refresh_token": TOKEN}
    face.sandbox.faults.add("exchange_code", kind="body", body=json.dumps({"data": body}))
    with pytest.raises(WhiteBITError) as caught:
        connected(face)
    assert TOKEN not in library_frames(caught.value)


def test_a_refused_model_shows_nowhere() -> None:
    """What the generated parser made is in no frame: unknown fields of its models do print."""
    from whitebit_api.api.api_keys import get_api_key_secret as endpoint

    def refuse(_: Any) -> None:
        raise MalformedResponse("refused", operation="get_api_key_secret")

    body = json.dumps({"data": {"apiSecret": TOKEN}, "apiSecret": TOKEN}).encode()
    with Wire(answer(body)) as wire:
        server = Server.of(Region.GLOBAL, wire.url)
        with pytest.raises(MalformedResponse) as caught:
            sent(
                *(server, "get_api_key_secret", endpoint),
                timeout=2,
                parse=refuse,
                arguments=lambda: {"external_id": "id-1"},
            )
    assert TOKEN not in library_frames(caught.value)


def test_a_closed_client_says_so(face: Face) -> None:
    """Whatever is asked of a closed object ends typed, and nothing is sent."""
    partner = face.partner()
    user = connected(face, partner=partner)
    partner.close()
    face.sandbox.forget_requests()
    with pytest.raises(ClientClosed):
        user.api_key.info()
    assert face.sandbox.requests == []


def test_a_server_that_is_not_there_is_typed(face: Face) -> None:
    """A signed read of a server that nobody runs ends as a request that never left."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    user = face.partner(base_url=url).adopt("bob", public_key="known", secret="s3cret")
    with pytest.raises(NotSent) as caught:
        user.account.balances.spot()
    assert "s3cret" not in library_frames(caught.value)
