"""Signed V4 requests, compared with a hand-written HMAC, with ccxt, and with the sandbox."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from typing import Any

import ccxt
import httpx
import pytest

from whitebit_ext import ApiKey, NonceMode, Secret
from whitebit_ext.errors import InvalidArgument, WrongServer
from whitebit_ext.http import signing
from whitebit_ext.sandbox import PartnerClient, Sandbox

from .faces import MovedClock
from .hand_clock import HandClock

ORIGIN = "https://whitebit.com:443"
PATH = "/api/v4/trade-account/balance"
URL = f"https://whitebit.com{PATH}"


def made_key(name: str = "public", origin: str = ORIGIN) -> ApiKey:
    """Make a key of the global server."""
    return ApiKey("alice", name, name, Secret("the-secret"), origin)


def signed(key: ApiKey, request: httpx.Request, **options: Any) -> httpx.Request:
    """Sign a request as `httpx.Client` would have it signed."""
    return next(key.auth(**options).sync_auth_flow(request))


def issued(sandbox: Sandbox, client: PartnerClient, **options: Any) -> ApiKey:
    """Return a key that the sandbox knows, as custody would hand it out."""
    sandbox.add_user("alice")
    made = sandbox.add_key("alice", client, **options)
    origin = sandbox.url("global")
    return ApiKey("alice", made.public_key, made.external_id, Secret(made.secret), origin)


def test_signature_follows_the_contract() -> None:
    """The headers are an HMAC-SHA512 over the base64 of exactly the body that is sent."""
    request = signed(made_key(), httpx.Request("POST", URL, json={"ticker": "BTC"}))
    body = request.read()
    payload = base64.b64encode(body)
    fields = json.loads(body)
    assert request.headers["x-txc-apikey"] == "public"
    assert request.headers["x-txc-payload"].encode() == payload
    assert (
        request.headers["x-txc-signature"]
        == hmac.new(b"the-secret", payload, hashlib.sha512).hexdigest()
    )
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(body))
    assert fields["request"] == PATH
    assert fields["ticker"] == "BTC"
    assert fields["nonceWindow"] is True
    assert isinstance(fields["nonce"], int)


def test_signature_equals_that_of_ccxt() -> None:
    """Payload and signature equal ccxt's for the same key, nonce and parameters."""
    request = signed(
        made_key("ccxt"), httpx.Request("POST", URL, json={"ticker": "BTC"}),
        nonce=NonceMode.GROWING,
    )  # fmt: skip
    ours = json.loads(request.read())
    exchange = ccxt.whitebit({"apiKey": "ccxt", "secret": "the-secret", "enableRateLimit": False})
    exchange.nonce = lambda: ours["nonce"]
    theirs = exchange.sign("trade-account/balance", ["v4", "private"], "POST", {"ticker": "BTC"})
    fields = json.loads(base64.b64decode(theirs["headers"]["X-TXC-PAYLOAD"]))
    assert {name: str(value) for name, value in fields.items() if name != "nonceWindow"} == {
        name: str(value) for name, value in ours.items()
    }
    # The same text, signed by both: the order of the fields is the caller's.
    payload = theirs["headers"]["X-TXC-PAYLOAD"].encode()
    by_hand = hmac.new(b"the-secret", payload, hashlib.sha512).hexdigest()
    assert theirs["headers"]["X-TXC-SIGNATURE"] == by_hand
    assert theirs["headers"]["X-TXC-APIKEY"] == request.headers["x-txc-apikey"]
    assert {name.lower() for name in theirs["headers"]} <= set(request.headers)


def test_body_is_compact_ascii() -> None:
    """The body that is sent has no spaces, no escaped slashes and only ASCII characters."""
    content = b'{ "memo" : "gr\\u00fc\xc3\x9fe \\/ x",\n "list": [1, 2] }'
    body = signed(made_key(), httpx.Request("POST", URL, content=content)).read()
    assert body.isascii()
    assert b'"memo":"gr\\u00fc\\u00dfe / x","list":[1,2],' in body
    assert b"\\/" not in body


@pytest.mark.parametrize(
    "digits", ["0.00000001", "1.00000000000000000001", "12345678901234567890.5", "1e-8", "0.10"]
)
def test_fraction_keeps_its_digits(digits: str) -> None:
    """A number in a body is sent with the digits that the caller wrote."""
    request = httpx.Request("POST", URL, content=f'{{"order":[{{"amount":{digits}}}]}}'.encode())
    assert f'"amount":{digits}}}'.encode() in signed(made_key(), request).read()


def test_signed_path_has_no_query() -> None:
    """The field `request` contains only the path."""
    request = signed(made_key(), httpx.Request("POST", f"{URL}?a=b"))
    assert json.loads(request.read())["request"] == PATH


def test_timeouts_and_other_headers_are_kept() -> None:
    """The settings of the client's request are kept on the signed request."""
    timeouts = {"connect": 1.0, "read": 2.0, "write": 3.0, "pool": 4.0}
    request = httpx.Request("POST", URL, headers={"x-mine": "1"}, extensions={"timeout": timeouts})
    made = signed(made_key(), request)
    assert made.extensions["timeout"] == timeouts
    assert made.headers["x-mine"] == "1"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (httpx.Request("GET", URL), InvalidArgument),
        (httpx.Request("POST", URL, content=b"[1]"), InvalidArgument),
        (httpx.Request("POST", URL, content=b"a=b"), InvalidArgument),
        (httpx.Request("POST", URL, content=b"\xff{}"), InvalidArgument),
        (httpx.Request("POST", f"https://whitebit.eu{PATH}"), WrongServer),
        (httpx.Request("POST", f"http://whitebit.com{PATH}"), WrongServer),
        (httpx.Request("POST", f"https://whitebit.com:8443{PATH}"), WrongServer),
        (httpx.Request("POST", f"https://whitebit.com.example{PATH}"), WrongServer),
        (httpx.Request("POST", f"https://whitebit.com@evil.example{PATH}"), WrongServer),
    ],
)
def test_unsuitable_request_is_not_signed(request_: httpx.Request, error: type) -> None:
    """Another server, another method, or a body that is no object is not signed."""
    with pytest.raises(error) as caught:
        signed(made_key(), request_)
    assert "the-secret" not in str(caught.value)
    assert "x-txc-signature" not in request_.headers


def test_nonces_are_unique_across_threads() -> None:
    """Concurrent threads never get the same nonce, and each sees its nonces grow."""
    key, seen = made_key("threads"), list[list[int]]()

    def sign() -> None:
        auth = key.auth()
        mine = [
            json.loads(auth.sign(httpx.Request("POST", URL)).read())["nonce"] for _ in range(100)
        ]
        seen.append(mine)

    threads = [threading.Thread(target=sign) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == sorted(mine) for mine in seen)
    assert len({nonce for mine in seen for nonce in mine}) == 800


@pytest.mark.parametrize(
    ("mode", "expected"), [(NonceMode.WINDOW, False), (NonceMode.GROWING, True)]
)
def test_clock_set_back(clock: MovedClock, mode: NonceMode, *, expected: bool) -> None:
    """Nonces follow a clock that was set back, unless they must grow."""
    auth = made_key(f"back-{mode.value}").auth(nonce=mode, clock=clock)
    clock.ahead = 3600.0
    before = json.loads(auth.sign(httpx.Request("POST", URL)).read())["nonce"]
    clock.ahead = 0.0
    after = json.loads(auth.sign(httpx.Request("POST", URL)).read())["nonce"]
    assert (after > before) is expected
    assert (abs(after - clock.time() * 1000) < 5000) is not expected


def test_keys_that_signed_are_not_remembered_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    """The nonces of the keys that were used last are kept; there is no public view of them."""
    monkeypatch.setattr(signing, "_MOST_KEYS", 3)
    kept, clock = signing._Nonces(), HandClock()
    kept.growing(("origin", "growing"))
    first = kept.next(("origin", "growing"), clock, NonceMode.GROWING)
    for number in range(20):
        kept.next(("origin", str(number)), clock, NonceMode.WINDOW)
        clock.pass_by(0.002)
    assert len(kept._last) == 3
    assert {name for _, name in kept._last} == {"19", "18", "17"}
    clock.jump(-60)
    assert kept.next(("origin", "growing"), clock, NonceMode.GROWING) == first + 1


def test_growing_nonces_serialize_threads() -> None:
    """With growing nonces, a second thread signs only after the first has its response."""
    key = made_key("turns")
    first = key.auth(nonce=NonceMode.GROWING).sync_auth_flow(httpx.Request("POST", URL))
    next(first)
    came = threading.Event()

    def second() -> None:
        with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as http:
            http.post(URL, auth=key.auth(nonce=NonceMode.GROWING))
        came.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert not came.wait(0.03)
    first.close()
    thread.join(5)
    assert came.is_set()


@pytest.mark.anyio
async def test_growing_nonces_serialize_tasks() -> None:
    """With growing nonces, one task at a time is between signature and response."""
    key, running, most = made_key("tasks"), 0, 0

    async def answer(_: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return httpx.Response(200)

    auth = key.auth(nonce=NonceMode.GROWING)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=auth) as http:
        await asyncio.gather(*(http.post(URL) for _ in range(10)))
    assert most == 1


@pytest.mark.anyio
async def test_failed_request_releases_the_turn() -> None:
    """A request that fails does not block the next one."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    auth = made_key("fails").auth(nonce=NonceMode.GROWING)
    async with httpx.AsyncClient(transport=httpx.MockTransport(fail), auth=auth) as http:
        for _ in range(2):
            with pytest.raises(httpx.ConnectError):
                await asyncio.wait_for(http.post(URL), 1)


@pytest.mark.parametrize("mode", list(NonceMode))
def test_httpx_client_signs_requests(
    sandbox: Sandbox, client: PartnerClient, clock: MovedClock, mode: NonceMode
) -> None:
    """`httpx.Client(auth=key.auth())` sends requests that the server accepts."""
    auth = issued(sandbox, client).auth(nonce=mode, clock=clock)
    with httpx.Client(base_url=sandbox.global_url, auth=auth) as http:
        answers = [http.post(PATH, json={}), http.post(PATH, json={"ticker": "BTC"}),
                   http.post(PATH)]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 200, 200]


@pytest.mark.anyio
async def test_httpx_async_client_signs_requests(
    sandbox: Sandbox, client: PartnerClient, clock: MovedClock
) -> None:
    """`httpx.AsyncClient(auth=key.auth())` sends concurrent requests that the server accepts."""
    auth = issued(sandbox, client).auth(clock=clock)
    async with httpx.AsyncClient(base_url=sandbox.global_url, auth=auth) as http:
        answers = await asyncio.gather(*(http.post(PATH, json={}) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("wrong", [None, "window", True, 1])
def test_invalid_nonce_mode_is_refused(wrong: Any) -> None:
    """The error names the argument."""
    make: Callable[..., Any] = made_key().auth
    with pytest.raises(InvalidArgument, match="nonce"):
        make(nonce=wrong)


def test_key_does_not_print_its_secret() -> None:
    """Neither the key nor its auth object shows the secret."""
    key = made_key()
    assert "the-secret" not in f"{key!r} {key} {key.auth()!r} {vars(key.auth())}"


def test_a_key_can_be_a_dictionary_key() -> None:
    """Keys hash by what identifies them, never by the secret; equality compares the secret too."""
    one, other = (ApiKey("u", "public", "id", Secret(text), "https://x:443") for text in "ab")
    assert hash(one) == hash(other)
    assert one != other
    assert {one: 1}[one] == 1
