"""Account reads: one type for every shape, with the access token and signed."""

from __future__ import annotations

import json
import warnings
from decimal import Decimal
from typing import Any

import pytest

from whitebit_ext import MainBalance, SpotBalance, User
from whitebit_ext.errors import (
    BadRequest,
    Forbidden,
    InvalidArgument,
    MalformedResponse,
    NotConnected,
    RateLimited,
    Unauthorized,
)

from ..looking import warn_again
from .faces import Face, MovedClock, connected

AMOUNT = "0.0013929494020316"
OPERATIONS = {
    ("bearer", "main"): "get_account_main_balance",
    ("bearer", "spot"): "get_account_spot_balance",
    ("signed", "main"): "get_main_account_balance",
    ("signed", "spot"): "get_trade_account_balance",
}


def ready(face: Face, **balances: Any) -> User:
    """Connect a user with balances and a stored key."""
    face.sandbox.add_user("alice", **balances)
    user = connected(face)
    user.api_key.issue()
    return user


def read(user: User, access: str, which: str, ticker: str | None = None) -> Any:
    """Read balances with one way of access."""
    return getattr(getattr(user, access).account.balances, which)(ticker)


@pytest.fixture(params=["bearer", "signed"])
def access(request: pytest.FixtureRequest) -> str:
    """Return each way of access in turn."""
    name: str = request.param
    return name


@pytest.mark.parametrize("ticker", [None, "BTC"])
@pytest.mark.parametrize("trap", [None, "ticker_as_map", "decimals_as_numbers", "unknown_fields"])
def test_every_shape_gives_the_same_records(
    face: Face, access: str, ticker: str | None, trap: str | None
) -> None:
    """A map, a single flat object and bare numbers end in one type, exact to the last digit."""
    user = ready(face, main_balances={"BTC": AMOUNT}, spot_balances={"BTC": ("0.12300000", "0.01")})
    if trap:
        setattr(face.sandbox.traps, trap, True)
    main = read(user, access, "main", ticker)
    spot = read(user, access, "spot", ticker)
    assert main["BTC"] == MainBalance("BTC", Decimal(AMOUNT))
    assert str(main["BTC"].main_balance) == AMOUNT
    assert spot["BTC"] == SpotBalance("BTC", Decimal("0.123"), Decimal("0.01"))
    assert str(spot["BTC"].available) == "0.12300000"
    if ticker:
        assert set(main) == set(spot) == {ticker}
    with pytest.raises(TypeError):
        main["ETH"] = main["BTC"]


@pytest.mark.parametrize("as_list", [False, True])
def test_nothing_is_an_empty_map(face: Face, access: str, *, as_list: bool) -> None:
    """`{}` and PHP's `[]` are the same: no balances."""
    user = ready(face, spot_balances={})
    face.sandbox.traps.empty_map_as_list = as_list
    assert read(user, access, "spot") == {}


def test_an_unknown_ticker(face: Face, access: str) -> None:
    """On the main account it has zero; on the trade account it is refused with its code."""
    user = ready(face)
    assert read(user, access, "main", "NOPE") == {"NOPE": MainBalance("NOPE", Decimal(0))}
    with pytest.raises(BadRequest, match="Validation failed") as caught:
        read(user, access, "spot", "NOPE")
    assert (caught.value.code, caught.value.status_code) == (30, 422)
    assert dict(caught.value.errors) == {"ticker": ("Currency was not found.",)}
    assert caught.value.operation == OPERATIONS[access, "spot"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"BTC":{"available":1,"freeze":"2"}}', ("1", "2")),
        ('{"BTC":{"available":"1e-8","freeze":0.1}}', ("1E-8", "0.1")),
        ('{"BTC":{"available":-0.5,"freeze":12345678901234567890.123456789}}',
         ("-0.5", "12345678901234567890.123456789")),
        ('{"BTC":{"available":"1","available":"1","freeze":"2"}}', ("1", "2")),
    ],
)  # fmt: skip
def test_numbers_are_read_exactly(face: Face, content: str, expected: tuple[str, str]) -> None:
    """Strings and bare numbers are amounts alike, and no float comes between."""
    user = ready(face)
    face.sandbox.faults.add(OPERATIONS["signed", "spot"], kind="body", body=content)
    balance = user.account.balances.spot()["BTC"]
    assert (str(balance.available), str(balance.freeze)) == expected


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<html>blocked</html>",
        "null",
        "[1]",
        '"BTC"',
        '{"BTC":null}',
        '{"BTC":[]}',
        '{"BTC":{"available":"1"',
        '{"BTC":{"available":null,"freeze":"0"}}',
        '{"BTC":{"available":"","freeze":"0"}}',
        '{"BTC":{"available":"NaN","freeze":"0"}}',
        '{"BTC":{"available":"Infinity","freeze":"0"}}',
        '{"BTC":{"available":NaN,"freeze":"0"}}',
        '{"BTC":{"available":true,"freeze":"0"}}',
        '{"BTC":{"available":["1"],"freeze":"0"}}',
        '{"BTC":{"available":1e99999999999999999999,"freeze":"0"}}',
        '{"available":"1","freeze":"0"}',
    ],
)
def test_nonsense_is_no_amount(face: Face, access: str, content: str) -> None:
    """What is no amount is a typed error, never a zero and never a NaN."""
    user = ready(face)
    face.sandbox.faults.add(OPERATIONS[access, "spot"], kind="body", body=content)
    with pytest.raises(MalformedResponse) as caught:
        read(user, access, "spot")
    assert caught.value.operation == OPERATIONS[access, "spot"]
    assert caught.value.__context__ is None


@pytest.mark.parametrize("ticker", ["", "  ", 5, ["BTC"]])
def test_a_wrong_ticker_is_named(face: Face, access: str, ticker: Any) -> None:
    """It is refused at the call, before the network."""
    user = face.partner().user("alice")
    with pytest.raises(InvalidArgument) as caught:
        read(user, access, "main", ticker)
    assert caught.value.argument == "ticker"
    assert face.sandbox.requests == []


def test_the_key_is_used_where_there_is_one(face: Face) -> None:
    """Plain reads go with the access token first, and are signed once the key is stored."""
    user = connected(face)
    user.account.balances.spot()
    assert face.sandbox.requests[-1].operation == OPERATIONS["bearer", "spot"]
    with pytest.raises(NotConnected, match=r"issue\(\)"):
        user.signed.account.balances.spot()
    user.api_key.issue()
    user.account.balances.spot()
    assert face.sandbox.requests[-1].operation == OPERATIONS["signed", "spot"]
    assert "authorization" not in face.sandbox.requests[-1].header_names


def test_bearer_reads_warn_once(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """The announced end is said once per process, with its date; signed reads say nothing."""
    user = ready(face)
    warn_again(monkeypatch)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        user.signed.account.balances.spot()
        assert caught == []
        user.bearer.account.balances.spot()
        user.bearer.account.balances.main()
    assert [warning.category for warning in caught] == [DeprecationWarning]
    assert "2026-11-01" in str(caught[0].message)


def test_a_429_is_signed_anew(face: Face, clock: MovedClock) -> None:
    """A nonce that was taken looks like the rate limit: it goes again, with another nonce."""
    user = ready(face)
    clock.slept.clear()
    face.sandbox.faults.add(OPERATIONS["signed", "spot"], kind="status", status=429, effect=True)
    assert user.account.balances.spot()
    assert face.sandbox.count(path=OPERATIONS["signed", "spot"]) == 2
    assert [1 <= pause <= 1.25 for pause in clock.slept] == [True]


@pytest.mark.parametrize(
    ("asked", "waited"), [("7", (7, 7)), ("86400", ()), ("0", (1, 2)), ("soon", (1, 2))]
)
def test_retry_after_is_heeded_or_left_to_the_caller(
    face: Face, clock: MovedClock, asked: str, waited: tuple[int, ...]
) -> None:
    """A read waits as long as `Retry-After` asks; where that is too long, it is not repeated."""
    user = ready(face)
    clock.slept.clear()
    face.sandbox.faults.add(
        OPERATIONS["signed", "spot"], kind="status", status=429, times=None,
        headers={"retry-after": asked},
    )  # fmt: skip
    with pytest.raises(RateLimited) as caught:
        user.account.balances.spot()
    assert caught.value.retry_after == (float(asked) if asked.isdigit() else None)
    assert face.sandbox.count(path=OPERATIONS["signed", "spot"]) == 1 + len(waited)
    for pause, least in zip(clock.slept, waited, strict=True):
        assert least <= pause <= 1.25 * least


def test_a_new_key_of_another_process_is_picked_up(face: Face) -> None:
    """Each call reads the row: what another process has stored since is used."""
    user = ready(face)
    user.account.balances.spot()
    old = face.sandbox.key("alice", face.client)
    assert old is not None
    face.sandbox.delete_key(old.external_id, "user")
    connected(face).api_key.issue()
    face.sandbox.forget_requests()
    assert user.account.balances.spot()
    assert [record.status for record in face.sandbox.requests] == [200]


def test_a_key_that_is_refused_is_told(face: Face) -> None:
    """A disabled key and a missing permission are typed, with the server's code and a hint."""
    user = ready(face)
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    face.sandbox.grant(made.external_id, ["convert"])
    with pytest.raises(Forbidden) as forbidden:
        user.account.balances.spot()
    assert (forbidden.value.code, "permissions" in forbidden.value.hint) == (4, True)
    face.sandbox.disable_key(made.external_id)
    with pytest.raises(Unauthorized) as disabled:
        user.account.balances.spot()
    assert (disabled.value.code, "allowlist" in disabled.value.hint) == (2, True)
    assert "key" in disabled.value.hint


@pytest.mark.parametrize("envelope", ["plain", "notification", "older"])
def test_each_error_envelope_is_read(face: Face, envelope: Any) -> None:
    """The three envelopes that such endpoints send say the same in the error."""
    user = ready(face)
    face.sandbox.traps.v4_envelope = envelope
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    face.sandbox.grant(made.external_id, [])
    with pytest.raises(Forbidden, match="not authorized to perform this action"):
        user.account.balances.spot()


def test_one_user_never_sees_anothers(face: Face) -> None:
    """Reads of two users over one pool go with each user's own credential and no cookie."""
    face.sandbox.traps.set_cookie = True
    partner = face.partner()
    users = {}
    for number, name in enumerate(("alice", "bob")):
        face.sandbox.add_user(name, main_balances={"BTC": str(number)})
        users[name] = connected(face, name, partner=partner)
    for _ in range(3):
        for number, user in enumerate(users.values()):
            assert user.bearer.account.balances.main("BTC")["BTC"].main_balance == number
    assert all("cookie" not in record.header_names for record in face.sandbox.requests)


def test_a_whole_account_is_read(face: Face) -> None:
    """An answer far over the limit of other operations is read whole."""
    user = ready(face)
    rows = {f"T{number:05}": {"available": "1", "freeze": "0"} for number in range(50_000)}
    content = json.dumps(rows)
    assert len(content) > 1_500_000
    face.sandbox.faults.add(OPERATIONS["signed", "spot"], kind="body", body=content)
    assert len(user.account.balances.spot()) == 50_000
