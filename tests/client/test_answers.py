"""The meaning of a response: every documented form, and everything that is undocumented."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

import pytest

from whitebit_ext import Secret
from whitebit_ext.custody.finding import find, shows
from whitebit_ext.errors import (
    Action,
    BadRequest,
    Conflict,
    Forbidden,
    Locked,
    MalformedResponse,
    NotFound,
    RateLimited,
    ResponseError,
    ServerError,
    Unauthorized,
    UnexpectedStatus,
)
from whitebit_ext.http.answers import error_of, is_clock_skew, load_json

Fields = dict[str, tuple[str, ...]]
RANGE = "api.validation.dateTime.maxRange"
NO_USE = "You don't have permission to use this endpoint."

# Status, body, type, code, fields, a part of the text.
ENVELOPES: list[tuple[int, Any, type[ResponseError], int | None, Fields, str]] = [
    # Contract, section 3
    (401, {"data": {"message": ["Invalid request"]}}, Unauthorized, None,
     {"message": ("Invalid request",)}, "Invalid request"),
    (422, {"errors": {"client_id": ["validation.required"]}, "notification": None}, BadRequest,
     None, {"client_id": ("validation.required",)}, "client_id: validation.required"),
    (400, {"data": {"token": ["Invalid token."]}}, BadRequest, None,
     {"token": ("Invalid token.",)}, "token: Invalid token."),
    # Contract, section 4
    (401, {"data": {"message": ["Unauthorized."]}}, Unauthorized, None,
     {"message": ("Unauthorized.",)}, "Unauthorized."),
    (403, {"data": {"message": ["Forbidden."]}}, Forbidden, None,
     {"message": ("Forbidden.",)}, "Forbidden."),
    (404, {"data": {"message": ["Key not found."]}}, NotFound, None,
     {"message": ("Key not found.",)}, "Key not found."),
    (409, {"data": {"message": ["Secret already retrieved."]}}, Conflict, None,
     {"message": ("Secret already retrieved.",)}, "Secret already retrieved."),
    (423, {"data": {"message": ["Temporary lock, retry shortly."]}}, Locked, None,
     {"message": ("Temporary lock, retry shortly.",)}, "Temporary lock"),
    # Contract, section 6
    (400, {"code": 9, "message": "Invalid payload.", "errors": {}}, BadRequest, 9, {},
     "Invalid payload."),
    (401, {"code": 10, "message": "Unauthorized request.", "errors": []}, Unauthorized, 10, {},
     "Unauthorized request."),
    (403, {"code": 0, "message": NO_USE}, Forbidden, 0, {}, NO_USE),
    (429, {"code": 0, "message": "Too many requests.", "errors": {}}, RateLimited, 0, {},
     "Too many requests."),
    (422, {"code": 30, "message": "Validation failed", "errors": {"from": [RANGE], "to": [RANGE]}},
     BadRequest, 30, {"from": (RANGE,), "to": (RANGE,)}, "Validation failed"),
    (422, {"code": 30, "message": "", "errors": {"from": [RANGE]}}, BadRequest, 30,
     {"from": (RANGE,)}, RANGE),
    (503, {"response": None, "status": 503, "errors": {"message": [""]}, "notification": None,
           "warning": None, "_token": None}, ServerError, None, {"message": ("",)}, "503"),
    (422, {"response": None, "status": 422, "errors": {"message": ["Bad amount"]}, "_token": None},
     BadRequest, None, {"message": ("Bad amount",)}, "Bad amount"),
    (400, {"message": [["Market is not available"]], "result": [], "success": False}, BadRequest,
     None, {}, "Market is not available"),
    # Section 8: numbers as text, and lists as PHP may write them
    (401, {"code": "10", "message": "Unauthorized request.", "errors": []}, Unauthorized, 10, {},
     "Unauthorized request."),
    (422, {"code": 30, "message": "", "errors": {"from": {"1": RANGE}}}, BadRequest, 30,
     {"from": (RANGE,)}, RANGE),
    (422, {"code": 30, "message": "Validation failed", "errors": [RANGE]}, BadRequest, 30,
     {"message": (RANGE,)}, RANGE),
    (400, {"message": {"from": [[RANGE]]}, "result": [], "success": False}, BadRequest, None,
     {"from": (RANGE,)}, RANGE),
]  # fmt: skip  # a table reads as one


@pytest.mark.parametrize(("status", "body", "kind", "code", "fields", "part"), ENVELOPES)
def test_every_envelope_is_read(
    status: int,
    body: Any,
    kind: type[ResponseError],
    code: int | None,
    fields: Fields,
    part: str,
) -> None:
    """The error has the status, code, fields and message of each documented body."""
    error = error_of("get_api_key_info", status, {}, json.dumps(body).encode())
    assert type(error) is kind
    assert (error.operation, error.status_code) == ("get_api_key_info", status)
    assert (error.code, dict(error.errors)) == (code, fields)
    assert part in error.message
    assert error.from_api


NONSENSE = [
    b"",
    b"   \n",
    b"<html><h1>502 Bad Gateway</h1></html>",
    b'{"data": {"mess',
    b"\xff\xfe\x00nonsense",
    b"null",
    b"[]",
    b'"text"',
    b"123",
    b"NaN",
    b'{"data": null, "errors": null, "message": null, "code": null}',
    b'{"data": [1, {}], "errors": "text", "message": {"a": 1}, "code": true}',
    b'{"errors": {"a": null, "b": 5, "c": {"d": 1}, "e": [[["deep"]]]}}',
    b"[" * 100_000,
    b'{"code": ' + b"9" * 5_000 + b"}",
]


@pytest.mark.parametrize("body", NONSENSE)
@pytest.mark.parametrize(
    "status", [204, 302, 400, 401, 403, 404, 409, 418, 422, 423, 429, 500, 520]
)
def test_unreadable_body_has_the_error_of_its_status(status: int, body: bytes) -> None:
    """HTML and a truncated or mistyped body never hide the status."""
    usual = error_of("refresh_token", status, {}, b"{}")
    error = error_of("refresh_token", status, {}, body)
    assert type(error) is type(usual)
    assert (error.status_code, error.operation, error.code) == (status, "refresh_token", None)
    assert len(str(error)) < 1_000


@pytest.mark.parametrize("status", range(300, 600))
def test_every_status_has_a_type(status: int) -> None:
    """A 5xx is a `ServerError`, and an undocumented status is `UnexpectedStatus`."""
    known = {400, 401, 403, 404, 409, 422, 423, 429}
    kind = type(error_of("exchange_code", status, {}, b""))
    if status >= 500:
        assert kind is ServerError
    else:
        assert (kind is UnexpectedStatus) is (status not in known)


TOKEN = "ODK5MzI0LWZh+2RmLWE0/TEtOGY5YS0xMjM0NTY3ODkw=="
SENT = (Secret("s3cret"), Secret(""), Secret(TOKEN))


@pytest.mark.parametrize(
    "body",
    [
        {"message": f"bad token {TOKEN}"},
        {"message": f"token={quote_plus(TOKEN)}&client_secret=s3cret"},
        {"message": f"Bearer {TOKEN}, please"},
        {"message": f'"{TOKEN}"'},
        {"message": [[f"<{TOKEN}>"]]},
        {"data": {"token": [TOKEN]}},
        {"data": {TOKEN: ["unknown"]}},
        {"errors": {"client_secret": [f"'{TOKEN}'"]}},
        {"errors": {f"form[{TOKEN}]": [f"\n{TOKEN}\n"]}},
        {"errors": {"client_secret": "s3cret"}},
        {"message": "x" * 190 + " " + TOKEN},
        {"message": f"https://whitebit.com/oauth2/token?code={TOKEN}"},
        {"data": {"access_token": "c2hvcnQ", "refresh_token": ["ODK5"], "apiSecret": "ODK5"}},
        TOKEN,
        [TOKEN],
    ],
)
@pytest.mark.parametrize("escaped", [False, True])
def test_echo_of_the_request_is_redacted(body: Any, escaped: bool) -> None:
    """A server that repeats the request's token does not put it into the error."""
    sent = json.dumps(body).replace("/", "\\/" if escaped else "/").encode()
    error = error_of("refresh_token", 400, {"retry-after": TOKEN}, sent, SENT)
    shown = f"{error} {error!r} {dict(error.errors)} {vars(error)}"
    for piece in (TOKEN, TOKEN[:20], TOKEN[-20:], "c2hvcnQ", "ODK5", "s3cret"):
        assert piece not in shown


@pytest.mark.parametrize(
    "text",
    [
        "frontendServerSide.converter.amountIsTooBig",
        "3f1b7c6e-0f5a-4c55-9a0e-6a8f0c1d2e3f was not found",
        "0x52908400098527886E0F7030069857D2E4169EE7",
    ],
)
def test_long_text_is_shown(text: str) -> None:
    """A translation key, an id and an address are shown, in a list or alone."""
    for sent in (text, [text]):
        body = {"code": 32, "message": "Validation failed", "errors": {"amount": sent}}
        error = error_of("list_account_deals", 422, {}, json.dumps(body).encode(), SENT)
        assert error.errors == {"amount": (text,)}


def test_control_characters_are_removed() -> None:
    """A server's text cannot move a terminal's cursor or reverse the direction of a line."""
    body = {"message": "a\x1b[2Jb\x00c\u202ed\x9be\ud800f"}
    error = error_of("refresh_token", 400, {}, json.dumps(body).encode())
    assert error.message == "the server answered 400: a [2Jb c d e f"


V4: list[tuple[int, int, str, str, Action]] = [
    (401, 4, "This API Key is not authorized to perform this action.", "permission",
     Action.RECONNECT),
    (400, 2, "This action is unauthorized. Enable your key in API settings", "disabled",
     Action.RECONNECT),
    (400, 5, "Not open to sub-accounts", "sub-accounts", Action.RECONNECT),
    (400, 9, "Invalid payload.", "compact JSON", Action.FIX_CALL),
    (400, 10, "Unauthorized request.", "secret does not belong", Action.RECONNECT),
    (401, 10, "Unauthorized request.", "deleted", Action.RECONNECT),
    (422, 30, "Validation failed", ".errors", Action.FIX_CALL),
    (422, 31, "Market is not available", "market", Action.FIX_CALL),
    (400, 0, "Your nonce is more than 5 seconds lesser than the current nonce", "clock",
     Action.FIX_SETUP),
    (400, 0, "Nonce not provided.", "key.auth()", Action.FIX_CALL),
    (401, 0, "This action is unauthorized.", "permission", Action.RECONNECT),
    (403, 0, NO_USE, "permission", Action.RECONNECT),
    (400, 0, "Too Many Attempts.", "Wait", Action.WAIT),
    (429, 0, "Too many requests.", "Wait", Action.WAIT),
]  # fmt: skip  # a table reads as one


@pytest.mark.parametrize(("status", "code", "message", "word", "action"), V4)
def test_hint_follows_the_code(
    status: int, code: int, message: str, word: str, action: Action
) -> None:
    """The hint depends on WhiteBIT's code and text, not on the status."""
    body = json.dumps({"code": code, "message": message, "errors": {}}).encode()
    error = error_of("list_account_deals", status, {}, body)
    assert word in error.hint
    assert (error.action, error.from_api) == (action, True)
    assert is_clock_skew(error) is ("nonce is" in message)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 520])
@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE html><html></html>", b"", b'{"message": "Forbidden"}', b"[]"]
)
def test_response_of_a_proxy_has_its_own_hint(status: int, body: bytes) -> None:
    """A CDN's page, and JSON in none of WhiteBIT's forms, does not judge a key."""
    error = error_of("list_account_deals", status, {}, body)
    assert not error.from_api
    assert "CDN" in error.hint
    assert error.retryable is (status >= 429)


def test_undocumented_success_is_not_repeated() -> None:
    """A 201 instead of a 200 may contain a token, so its body is not used for a message."""
    body = json.dumps({"data": {"apiSecret": ["c2hvcnQ"]}, "message": "c2hvcnQ"}).encode()
    error = error_of("get_api_key_secret", 201, {}, body)
    assert type(error) is UnexpectedStatus
    assert "c2hvcnQ" not in f"{error} {vars(error)}"


def test_message_is_one_short_line() -> None:
    """A server's text cannot forge a log line, and cannot fill a log."""
    body = {"message": "first\nERROR second\r\t" + "word " * 1_000, "errors": {"a\nb": ["c\nd"]}}
    error = error_of("refresh_token", 400, {}, json.dumps(body).encode())
    assert not set("\n\r\t") & set(str(error))
    assert len(error.message) < 500


def test_number_of_fields_is_limited() -> None:
    """A body with thousands of fields gives an error with twenty."""
    body = {"errors": {f"f{n}": ["x"] * 1_000 for n in range(5_000)}}
    error = error_of("refresh_token", 422, {}, json.dumps(body).encode())
    assert len(error.errors) == 20
    assert all(len(texts) <= 20 for texts in error.errors.values())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("86400", 86400.0),
        ("-1", None),
        ("1.5", None),
        ("", None),
        ("soon", None),
        ("²", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    """`Retry-After` in seconds is read; an invalid value is ignored."""
    assert error_of("refresh_token", 429, {"retry-after": value}, b"").retry_after == seconds


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Wed, 21 Oct 2026 07:27:15 GMT", 45.0),
        ("Wed, 21 Oct 2026 07:29:00 GMT", 0.0),
        ("Wed, 21 Oct 2026 07:27:15 -0000", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_retry_after_may_be_a_date(date: str, seconds: float | None) -> None:
    """A date counts from the response's own `Date`, independent of the local clock."""
    headers = {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": date}
    assert error_of("refresh_token", 429, headers, b"").retry_after == seconds


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"<!doctype html>", "HTML"),
        (b'{"data": {"acc', "not whole JSON"),
        (b"{} {}", "not whole JSON"),
        (b"\xff{}", "not UTF-8"),
        (b'{"data": "\xc3\x28"}', "not UTF-8"),
        (b'{"a": 1, "a": 2}', "names a key twice"),
        (b'{"data": {"access_token": "a", "access_token": "b"}}', "names a key twice"),
        (b'{"expires_in": NaN}', "not whole JSON"),
        (b'{"expires_in": -Infinity}', "not whole JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe{}\x00", "not UTF-8"),
    ],
)
def test_success_that_is_not_json_is_refused(body: bytes, problem: str) -> None:
    """A body that is not complete, unambiguous JSON in UTF-8 is malformed; the error says why."""
    with pytest.raises(MalformedResponse, match=problem) as caught:
        load_json(body, "exchange_code")
    assert caught.value.operation == "exchange_code"
    assert caught.value.__context__ is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_of_unicode_are_read(encoding: str) -> None:
    """A success, an error and a secret are read with a byte-order mark, and in UTF-16 and 32."""
    assert load_json('{"a": "\u0416"}'.encode(encoding), "x") == {"a": "\u0416"}
    assert error_of("x", 422, {}, '{"code": 30, "message": "m"}'.encode(encoding)).code == 30
    body = '{"data": {"apiSecret": "S"}}'.encode(encoding)
    assert find(body, "apisecret") == {"apisecret": "S"}
    assert shows(body, "apisecret")


def test_fractions_keep_every_digit() -> None:
    """A number with a fraction is a `Decimal` with the digits that were sent."""
    assert load_json(b'{"a": 0.0013929494020316, "b": 1}', "x") == {
        "a": Decimal("0.0013929494020316"),
        "b": 1,
    }


def test_repeated_key_is_accepted_in_account_reads() -> None:
    """Account reads accept a body that has a key twice, and use the last one."""
    assert load_json(b'{"a": 1, "a": 2}', "x", strict=False) == {"a": 2}
