from __future__ import annotations

import concurrent.futures
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from whitebit_ext.sandbox import FAULT_KINDS, OPERATIONS, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

TIME = "get_server_time"


def get_time(partner: Partner) -> httpx.Response:
    """Call the simplest operation."""
    return partner.http.get(f"{partner.base}/api/v4/public/time")


def statuses(partner: Partner, calls: int) -> list[int]:
    """Return the statuses of so many calls of the simplest operation."""
    return [get_time(partner).status_code for _ in range(calls)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [503, 200, 200, 200]),
        ({"nth": 2}, [200, 503, 200, 200]),
        ({"times": 2}, [503, 503, 200, 200]),
        ({"nth": 2, "times": None}, [200, 503, 503, 503]),
    ],
)
def test_fault_strikes_its_calls(
    partner: Partner, sandbox: Sandbox, options: dict[str, Any], expected: list[int]
) -> None:
    """A fault applies from the nth call on, as often as requested."""
    fault = sandbox.faults.add(TIME, kind="status", **options)
    assert statuses(partner, 4) == expected
    assert fault.fired == expected.count(503)
    assert fault.seen == 4


def test_fault_ends_with_its_block(partner: Partner, sandbox: Sandbox) -> None:
    """A fault can be limited to a block, removed, or cleared with the others."""
    with sandbox.faults.add(TIME, kind="status", times=None):
        assert statuses(partner, 2) == [503, 503]
    assert statuses(partner, 1) == [200]
    fault = sandbox.faults.add("GET /api/v4/public/time", kind="html", times=None)
    sandbox.faults.add(TIME, kind="status", times=None)
    fault.remove()
    fault.remove()
    assert statuses(partner, 1) == [503]
    sandbox.faults.clear()
    assert statuses(partner, 1) == [200]


def test_oldest_fault_strikes_first(partner: Partner, sandbox: Sandbox) -> None:
    """Two faults of one call do not add up; the later one has counted the call all the same."""
    sandbox.faults.add(TIME, kind="status", status=500)
    second = sandbox.faults.add(TIME, kind="status", status=502, times=2)
    assert statuses(partner, 3) == [500, 502, 200]
    assert (second.seen, second.fired) == (3, 1)


def test_fault_is_in_the_log(partner: Partner, sandbox: Sandbox) -> None:
    """The log says which request was struck, and by what."""
    sandbox.faults.add(TIME, kind="html", status=520)
    statuses(partner, 2)
    assert [(r.fault, r.status) for r in sandbox.requests] == [("html", 520), (None, 200)]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_every_operation_can_be_struck_by_every_kind(
    partner: Partner, sandbox: Sandbox, operation: str, kind: Any
) -> None:
    """No kind of fault is a bug of the sandbox on any operation, whatever it would answer."""
    options: dict[str, Any] = {"size": 1000}
    if kind.startswith("delay"):
        sandbox.clock.resume()
        options["seconds"] = 0.001
    if kind == "body":
        options["body"] = b"\x00"
    fault = sandbox.faults.add(operation, kind=kind, **options)
    method, _, path = OPERATIONS[operation].route.partition(" ")
    url = partner.base + path.replace("{externalId}", "some-id")
    if kind in ("drop_before", "drop_after", "cut_off"):
        with pytest.raises(httpx.RemoteProtocolError):
            partner.http.request(method, url)
    else:
        answer = partner.http.request(method, url)
        assert answer.status_code != 500
    assert fault.fired == 1


@pytest.mark.parametrize("status", [204, 299, 300, 304, 308, 400, 418, 451, 500, 520, 599])
@pytest.mark.parametrize("kind", ["status", "html"])
def test_any_status(partner: Partner, sandbox: Sandbox, status: int, kind: Any) -> None:
    """Every status can be answered, with a body where HTTP allows one."""
    sandbox.faults.add("exchange_code", kind=kind, status=status)
    answer = partner.post_token("x")
    assert answer.status_code == status
    if status in (204, 304):
        assert answer.content == b""
    elif kind == "html":
        assert "<html" in answer.text
    else:
        assert answer.json() == {"data": {"message": ["Sandbox fault."]}}
    assert statuses(partner, 1) == [200]


def test_error_body_has_the_form_of_its_operation(partner: Partner, sandbox: Sandbox) -> None:
    """A status fault of a V4 operation has the V4 error format, or the given body."""
    sandbox.faults.add(TIME, kind="status")
    assert get_time(partner).json() == {"code": 0, "message": "Sandbox fault.", "errors": {}}
    sandbox.faults.add(TIME, kind="status", status=502, body='{"own":1}', headers={"x-own": "1"})
    answer = get_time(partner)
    assert (answer.status_code, answer.json()) == (502, {"own": 1})
    assert answer.headers["x-own"] == "1"


def test_followed_redirect_is_a_breach(partner: Partner, sandbox: Sandbox) -> None:
    """A redirect leads nowhere, and who follows it is seen."""
    sandbox.faults.add(TIME, kind="status", status=307)
    answer = partner.http.get(f"{partner.base}/api/v4/public/time", follow_redirects=True)
    assert answer.status_code == 404
    assert [breach.rule for breach in sandbox.breaches] == ["unknown-path"]


@pytest.mark.parametrize("effect", [False, True])
@pytest.mark.parametrize("kind", ["status", "html", "body", "empty"])
def test_false_answer_with_and_without_effect(
    partner: Partner, sandbox: Sandbox, kind: Any, effect: bool
) -> None:
    """A false answer to a retrieval may have taken the secret or not."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    sandbox.faults.add("get_api_key_secret", kind=kind, effect=effect, body=b"null")
    partner.secret(external_id, token)
    assert partner.secret(external_id, token).status_code == (409 if effect else 200)


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("status", False),
        ("html", False),
        ("empty", True),
        ("truncated", True),
        ("huge", True),
        ("wrong_types", True),
        ("not_utf8", True),
        ("duplicate_keys", True),
    ],
)
def test_effect_by_default(partner: Partner, sandbox: Sandbox, kind: Any, taken: bool) -> None:
    """Errors prevent the effect, corrupted responses do not."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    sandbox.faults.add("get_api_key_secret", kind=kind, size=100)
    partner.secret(external_id, token)
    assert sandbox.keys[0].secret_taken is taken


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(("kind", "taken"), [("drop_before", False), ("drop_after", True)])
def test_dropped_connection(
    partner: Partner, sandbox: Sandbox, kind: Any, taken: bool, reset: bool
) -> None:
    """A connection is dropped before or after the effect, closed or reset, and has no status."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    sandbox.faults.add("get_api_key_secret", kind=kind, reset=reset)
    with pytest.raises(httpx.ReadError if reset else httpx.RemoteProtocolError):
        partner.secret(external_id, token)
    assert sandbox.keys[0].secret_taken is taken
    assert sandbox.requests[-1].status is None
    assert sandbox.requests[-1].fault == kind


def spoiled(partner: Partner, sandbox: Sandbox, kind: Any, **options: Any) -> httpx.Response:
    """Return a key's info, spoiled."""
    token = partner.tokens()["access_token"]
    partner.key(token)
    sandbox.faults.add("get_api_key_info", kind=kind, **options)
    return partner.bearer("GET", "/oauth2/api-key/info", token)


def test_truncated_body(partner: Partner, sandbox: Sandbox) -> None:
    """Half of the answer arrives as if it were whole."""
    answer = spoiled(partner, sandbox, "truncated")
    assert answer.status_code == 200
    assert answer.text.startswith('{"data":{"exists":true')
    with pytest.raises(ValueError, match=r".+"):
        answer.json()


def test_cut_off_body(partner: Partner, sandbox: Sandbox) -> None:
    """The connection closes before the announced length was sent, and half has arrived."""
    sandbox.faults.add(TIME, kind="cut_off")
    with partner.http.stream("GET", f"{partner.base}/api/v4/public/time") as answer:
        assert answer.status_code == 200
        chunks = answer.iter_raw()
        received = next(chunks)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            received += b"".join(chunks)
    assert len(received) == int(answer.headers["content-length"]) // 2 > 0


def test_huge_body(partner: Partner, sandbox: Sandbox) -> None:
    """The answer is valid and true, and very long."""
    answer = spoiled(partner, sandbox, "huge", size=3_000_000)
    assert len(answer.content) > 3_000_000
    assert answer.json()["data"]["exists"] is True


def test_wrong_types(partner: Partner, sandbox: Sandbox) -> None:
    """Every value is of another type than documented."""
    data = spoiled(partner, sandbox, "wrong_types").json()["data"]
    assert data["exists"] == "perhaps"
    assert data["externalId"] == 36
    assert isinstance(data["permissions"], dict)


def test_body_that_is_not_utf8(partner: Partner, sandbox: Sandbox) -> None:
    """The answer is JSON but for two bytes."""
    answer = spoiled(partner, sandbox, "not_utf8")
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode()
    assert json.loads(answer.content.decode("latin-1"))["data"]["exists"] is True


def test_duplicate_keys(partner: Partner, sandbox: Sandbox) -> None:
    """Each key is there twice, with the true value first and another one last."""
    answer = spoiled(partner, sandbox, "duplicate_keys")
    pairs: list[tuple[str, Any]] = []
    json.loads(answer.content, object_pairs_hook=pairs.extend)
    assert [value for key, value in pairs if key == "isEnabled"][:2] == [True, False]
    assert answer.text.count('"externalId"') == 3


@pytest.mark.parametrize(("kind", "taken"), [("delay", False), ("delay_answer", True)])
def test_delay_is_on_the_sandbox_clock(
    partner: Partner, sandbox: Sandbox, kind: Any, taken: bool
) -> None:
    """A delay before or after the effect lasts until the clock has moved."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    sandbox.faults.add("get_api_key_secret", kind=kind, seconds=60)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(partner.secret, external_id, token)
        with pytest.raises(TimeoutError):
            answer.result(timeout=0.05)
        assert sandbox.keys[0].secret_taken is taken
        sandbox.clock.advance(60)
        assert answer.result(timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"route": "nothing", "kind": "html"}, "route"),
        ({"route": TIME, "kind": "earthquake"}, "kind"),
        ({"route": TIME, "kind": "html", "nth": 0}, "nth"),
        ({"route": TIME, "kind": "html", "times": 0}, "times"),
        ({"route": TIME, "kind": "status", "status": 199}, "status"),
        ({"route": TIME, "kind": "status", "status": 600}, "status"),
        ({"route": TIME, "kind": "delay"}, "seconds"),
        ({"route": TIME, "kind": "delay", "seconds": -1}, "seconds"),
        ({"route": TIME, "kind": "huge", "size": -1}, "size"),
        ({"route": TIME, "kind": "body"}, "body"),
    ],
)
def test_wrong_fault_names_the_argument(
    sandbox: Sandbox, arguments: dict[str, Any], name: str
) -> None:
    """A fault that cannot be is refused with the name of the argument."""
    with pytest.raises(ValueError, match=f"^{name}:"):
        sandbox.faults.add(arguments.pop("route"), **arguments)
    assert sandbox.faults.all() == []
