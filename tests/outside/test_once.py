"""What comes once, from a server that is not ours to please: whatever it sends, nothing is lost."""

from __future__ import annotations

import functools
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import attrs
import pytest

from whitebit_ext import Secret, SQLStore
from whitebit_ext.sandbox import PartnerClient

from ..looking import (
    LONGEST_ANSWER,
    Connection,
    Custody,
    age_rows,
    changed,
    custody_of,
    key_of,
    pair_of,
    row_of,
)
from .conftest import Start
from .processes import Process

PAIR = {
    "access_token": "YWNjZXNz",
    "expires_in": 300,
    "refresh_token": "cmVmcmVzaA==",
    "scope": "apikeys.read",
    "token_type": "Bearer",
}
SECRET = {"apiSecret": "c2VjcmV0LXNlY3JldA"}
EXTERNAL_ID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
INFO = {"exists": True, "isEnabled": True, "externalId": EXTERNAL_ID, "permissions": []}
OPERATIONS = ("/oauth2/token", "/oauth2/refresh_token", "secret")

ASKS = dict(zip(OPERATIONS, ("code", "refresh", "secret"), strict=True))

SPELLINGS = {
    "apiSecret": "api_secret",
    "access_token": "accessToken",
    "refresh_token": "refreshToken",
}

Answer = Callable[[bytes], bytes]


def whole(
    body: bytes, status: str = "200 OK", headers: str = "", length: int | None = None
) -> bytes:
    """Return an answer."""
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n"
    return head.encode() + body


def respelled(body: bytes) -> bytes:
    """Return a body with other spellings, without its envelope."""
    text = json.dumps(json.loads(body)["data"]).replace("apiSecret", "api_secret")
    return (
        text.replace("access_token", "accessToken")
        .replace("refresh_token", "refreshToken")
        .encode()
    )


@functools.cache
def bomb() -> bytes:
    """Return 300 MB of blanks, compressed."""
    return gzip.compress(b" " * 1_000_000, 9) * 300  # members of one stream


FORMS: dict[str, Answer] = {
    "as documented": whole,
    "201": lambda body: whole(body, "201 Created"),
    "byte-order mark": lambda body: whole(b"\xef\xbb\xbf" + body),
    "notice before": lambda body: whole(b"Warning: {deprecated} in x.php\n" + body),
    "comment after": lambda body: whole(body + b"<!-- cached -->"),
    "no last chunk": lambda body: (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(body), body)
    ),
    "early close": lambda body: whole(body, length=len(body) + 100),
    "cut after the object": lambda body: whole(body[:-1], length=len(body)),
    "plain, labelled gzip": lambda body: whole(body, headers="Content-Encoding: gzip\r\n"),
    "gzip all the same": lambda body: whole(
        gzip.compress(body), headers="Content-Encoding: gzip\r\n"
    ),
    "labelled HTML": lambda body: whole(body, headers="Content-Type: text/html\r\n"),
    "other spelling": lambda body: whole(respelled(body)),
    "half a megabyte of padding": lambda body: whole(b" " * 500_000 + body),
}
USELESS: dict[str, Answer] = {
    "a bomb": lambda _: whole(bomb(), headers="Content-Encoding: gzip\r\n"),
    "nested": lambda _: whole(b'{"data":' + b"[" * 200_000),
    "encoded twice": lambda body: whole(
        gzip.compress(gzip.compress(body)), headers="Content-Encoding: gzip, gzip\r\n"
    ),
}


class Server:
    """Answer every request from its path; the test says how.

    Attributes:
        counted: How many requests came, by the end of their path.
        form: What is made of the true body of a one-shot request.
        held: A one-shot request waits for this before it is answered.
        arrived: Set when one has come.
        sent: Set when it has been answered.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.form: Answer = whole
        self.counted: dict[str, int] = {}
        self.held, self.arrived, self.sent = (threading.Event() for _ in range(3))
        self.held.set()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, sock: socket.socket) -> None:
        with sock, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                more = sock.recv(65536)
                if not more:
                    return
                head += more
            # A socket that is closed with unread bytes is reset, and loses what was sent.
            _, _, length = head.lower().partition(b"content-length: ")
            unread = int(length.split(b"\r\n")[0] or 0) - len(head.partition(b"\r\n\r\n")[2])
            while unread > 0 and (more := sock.recv(unread)):
                unread -= len(more)
            path = head.split(b" ")[1].decode().partition("?")[0]
            name = next((one for one in OPERATIONS if path.endswith(one)), path)
            self.counted[name] = self.counted.get(name, 0) + 1
            if name not in OPERATIONS:
                data: Any = INFO if path.endswith("info") else {}
                sock.sendall(whole(json.dumps({"data": data}).encode()))
                return
            self.arrived.set()
            self.held.wait(30)
            data = SECRET if name == "secret" else PAIR
            sock.sendall(self.form(json.dumps({"data": data}).encode()))
            self.sent.set()


@pytest.fixture
def server() -> Iterator[Server]:
    """Run the server."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def custody(server: Server, client: PartnerClient, rows: SQLStore, key: str) -> Custody:
    """Open the rows of the partner of that server."""
    return custody_of(rows, [key], client.client_id, server.url)


CONNECT = """
(lambda login: partner.connect(
    {"code": "YWJj", "state": login.url.partition("&state=")[2].partition("&")[0]},
    binding=login.binding, user_id="alice").id)(partner.authorize("alice"))
"""
USED = "__import__('time').process_time()"  # not what the machine does besides
CALLS = {
    "/oauth2/token": CONNECT,
    "/oauth2/refresh_token": "user.api_key.info().external_id",
    "secret": "user.api_key.issue().external_id",
}


def aged(row: Connection) -> Connection:
    """Return a row whose pair is due, with a refresh token of its own."""
    assert row.pair is not None
    ended = row.pair.obtained_at - 299
    pair = attrs.evolve(row.pair, refresh=Secret("b2xk"), obtained_at=ended)
    return attrs.evolve(row, pair=pair)


def led_to(process: Process, custody: Custody, operation: str) -> None:
    """Bring the user to where an operation is next."""
    if operation != "/oauth2/token":
        assert process.ask(CONNECT) == "alice"
    if operation == "/oauth2/refresh_token":
        changed(custody, "alice", aged)


def taken(custody: Custody, operation: str) -> bool:
    """Return whether the store has what was asked for."""
    if operation == "secret":
        key = key_of(custody, "alice")
        return key is not None and key.secret == Secret(SECRET["apiSecret"])
    pair = pair_of(custody, "alice")
    return pair is not None and pair.refresh == Secret(str(PAIR["refresh_token"]))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_form_of_an_answer_is_stored(
    server: Server, custody: Custody, start: Start, operation: str
) -> None:
    """Status, noise, spelling, labels and a cut connection: the pair or the secret is stored."""
    process = start(server.url, refresh_interval=0.0)
    wrong = []
    for name, form in FORMS.items():
        process.ask('partner.erase("alice")')
        server.form = whole
        led_to(process, custody, operation)
        before, server.form = server.counted.get(operation, 0), form
        said = process.ask(CALLS[operation])
        sent = server.counted.get(operation, 0) - before
        if not taken(custody, operation) or sent != 1:
            wrong.append((name, said, sent))
    assert wrong == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_of_no_use_ends_typed(
    server: Server, custody: Custody, start: Start, operation: str
) -> None:
    """A bomb and nested or doubled encodings: an error of ours, soon, and a bounded row."""
    process = start(server.url, refresh_interval=0.0)
    for form in USELESS.values():
        process.ask('partner.erase("alice")')
        server.form = whole
        led_to(process, custody, operation)
        server.form = form
        began = process.ask(USED)
        said = process.ask(CALLS[operation])
        assert said in ("CodeUnanswered", "TokenUnavailable", "SecretMalformed", EXTERNAL_ID), said
        assert process.ask(USED) - began < 10
        assert not taken(custody, operation)
        row = row_of(custody, "alice")
        assert row is not None
        kept = [attempt.answer.raw() for attempt in row.attempts if attempt.answer is not None]
        assert all(len(raw) <= LONGEST_ANSWER for raw in kept)
        assert len(kept) <= 3


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_process_that_stood_still_takes_the_answer(
    server: Server, custody: Custody, start: Start, operation: str
) -> None:
    """Stopped past its deadline with the whole answer in its socket, it stores what was sent."""
    process = start(server.url, timeout=1.0)
    led_to(process, custody, operation)
    server.arrived.clear()
    server.sent.clear()
    server.held.clear()
    process.tell(CALLS[operation])
    assert server.arrived.wait(20)
    process.stop()
    server.held.set()
    assert server.sent.wait(20)
    time.sleep(1.5)
    process.go_on()
    assert process.answer() in ("alice", EXTERNAL_ID)
    assert taken(custody, operation)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_crash_between_answer_and_commit(
    server: Server, custody: Custody, start: Start, operation: str
) -> None:
    """What a process stored and did not take is taken by the next call in any process."""
    led_to(start(server.url), custody, operation)
    before = server.counted.get(operation, 0)
    dying = start(server.url, dies_at=2)  # the attempt is noted, the answer is stored
    assert dying.ask(CALLS[operation]) is None
    row = row_of(custody, "alice")
    assert row is not None
    assert [attempt.asks.value for attempt in row.untaken] == [ASKS[operation]]
    said = start(server.url).ask("user.api_key.issue().external_id")
    assert said == EXTERNAL_ID
    assert taken(custody, operation)
    assert server.counted[operation] == before + 1


def test_a_process_after_a_kill_goes_on(server: Server, custody: Custody, start: Start) -> None:
    """One that comes while the lease of a dead one stands is told when to ask again."""
    led_to(start(server.url), custody, "secret")
    assert start(server.url, dies_at=1).ask(CALLS["secret"]) is None
    later = start(server.url)
    assert later.ask("user.api_key.issue(timeout=0)") == "SecretLocked"
    row = row_of(custody, "alice")
    assert row is not None
    assert row.lease is not None
    assert server.counted.get("secret", 0) == 0


def test_processes_that_live_for_a_moment_go_on(
    server: Server, custody: Custody, start: Start, rows: SQLStore
) -> None:
    """None of them watches for a whole lease; together they get on by the age of the row."""
    led_to(start(server.url), custody, "secret")
    assert start(server.url, dies_at=1).ask(CALLS["secret"]) is None
    (id,) = rows.scan("connection")
    before = rows.get("connection", id)
    assert start(server.url).ask("user.api_key.issue(timeout=1.2).external_id") == "SecretLocked"
    assert before is not None
    after = rows.get("connection", id)
    assert after is not None
    assert after.version == before.version, "whoever waits makes the row young again"
    age_rows(rows, 200)
    assert start(server.url).ask("user.api_key.issue(timeout=2).external_id") == EXTERNAL_ID
    assert taken(custody, "secret")
    assert server.counted["secret"] == 1


def test_maintenance_by_cron_goes_on_after_a_kill(
    server: Server, custody: Custody, start: Start, rows: SQLStore
) -> None:
    """A pass in a new process each time leaves a held lease alone, and takes a dead one over."""
    led_to(start(server.url), custody, "secret")
    assert start(server.url, dies_at=1).ask(CALLS["secret"]) is None
    (id,) = rows.scan("connection")
    before = rows.get("connection", id)
    assert before is not None
    assert start(server.url).ask("partner.maintain().finished") == 0
    after = rows.get("connection", id)
    assert after is not None
    assert after.version == before.version, "a pass makes the row young again"
    age_rows(rows, 200)
    assert start(server.url).ask("partner.maintain().finished") == 1
    assert taken(custody, "secret")
    assert server.counted["secret"] == 1
