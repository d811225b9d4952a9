"""The document's operations, compared with tables taken from sections 1 to 9 of the contract."""

from __future__ import annotations

from typing import Any

import pytest

from whitebit_api import models
from whitebit_api.operations import OPERATIONS, SERVERS, Dates, RateLimit

BOTH = ("global", "eu")
GLOBAL = ("global",)
# Section 6, and the limits of section 7 that hold for everything.
V4_ERRORS = "400 401 403 422 429 500 503 405 4XX 5XX"
READ = f"200 {V4_ERRORS}"

# name: method, path, regions, credential, scopes, statuses.
TABLE: dict[str, tuple[str, str, tuple[str, ...], str, str, str]] = {
    "authorize": ("GET", "/auth/login", BOTH, "none", "", "200 302 400 429 405 4XX 5XX"),
    "exchange_code": ("POST", "/oauth2/token", BOTH, "client", "", "200 401 422 429 405 4XX 5XX"),
    "refresh_token": (
        *("POST", "/oauth2/refresh_token", BOTH, "client", ""),
        "200 400 401 422 429 405 4XX 5XX",
    ),
    "get_api_key_info": (
        *("GET", "/oauth2/api-key/info", GLOBAL, "bearer", "apikeys.read"),
        "200 401 403 404 429 405 4XX 5XX",
    ),
    "get_api_key_secret": (
        *("GET", "/oauth2/api-key/{externalId}/secret", GLOBAL, "bearer", "apikeys.read"),
        "200 401 403 404 409 423 429 405 4XX 5XX",
    ),
    "delete_api_key": (
        *("DELETE", "/oauth2/api-key/{externalId}", GLOBAL, "bearer", "apikeys.delete"),
        "200 401 403 404 429 405 4XX 5XX",
    ),
    "list_account_transactions": (
        *("POST", "/api/v4/accounts/transactions", BOTH, "bearer", "users.transactions.read"),
        READ,
    ),
    "get_account_main_balance": (
        *("POST", "/api/v4/accounts/balances/main", BOTH, "bearer", "users.balances.read"),
        READ,
    ),
    "get_account_spot_balance": (
        *("POST", "/api/v4/accounts/balances/spot", BOTH, "bearer", "users.balances.read"),
        READ,
    ),
    "list_account_orders": (
        *("POST", "/api/v4/accounts/orders", BOTH, "bearer", "users.orders.read", READ),
    ),
    "list_account_deals": (
        *("POST", "/api/v4/accounts/deals", BOTH, "bearer", "users.deals.read", READ),
    ),
    "list_account_converts": (
        *("POST", "/api/v4/accounts/converts", BOTH, "bearer", "users.converts.read", READ),
    ),
    "list_main_account_history": (
        *("POST", "/api/v4/main-account/history", BOTH, "signed", ""),
        f"200 201 {V4_ERRORS}",
    ),
    "get_main_account_balance": (
        *("POST", "/api/v4/main-account/balance", BOTH, "signed", "", READ),
    ),
    "get_trade_account_balance": (
        *("POST", "/api/v4/trade-account/balance", BOTH, "signed", "", READ),
    ),
    "list_trade_account_order_history": (
        *("POST", "/api/v4/trade-account/order/history", BOTH, "signed", "", READ),
    ),
    "list_trade_account_executed_history": (
        *("POST", "/api/v4/trade-account/executed-history", BOTH, "signed", "", READ),
    ),
    "list_convert_history": ("POST", "/api/v4/convert/history", BOTH, "signed", "", READ),
    "get_server_time": ("GET", "/api/v4/public/time", BOTH, "none", "", "200 429 405 4XX 5XX"),
}

# Section 6: which signed operation reads what a Bearer operation reads.
SAME_CONTENT = {
    "list_account_transactions": "list_main_account_history",
    "get_account_main_balance": "get_main_account_balance",
    "get_account_spot_balance": "get_trade_account_balance",
    "list_account_orders": "list_trade_account_order_history",
    "list_account_deals": "list_trade_account_executed_history",
    "list_account_converts": "list_convert_history",
}

# Section 9.
SCOPES = """
    general show.userinfo users.read users.email.read users.kyc.read orders.read orders.create
    orders.delete balances.read markets.read deals.read orders_history.read
    users.transactions.read users.converts.read users.balances.read users.orders.read
    users.deals.read apikeys.create apikeys.read apikeys.delete
"""

# Section 7: requests and seconds, by the start of the path; the longest start counts.
LIMITS = {
    "/": (10000, 10),
    "/api/v4/public/": (20000, 10),
    "/api/v4/trade-account/": (12000, 10),
    "/api/v4/main-account/": (1000, 10),
    "/api/v4/main-account/history": (200, 10),
    "/oauth2/refresh_token": (1, 1),
}

# Sections 3, 4 and 6, and "Validation statuses": bodies that must stand in the document.
KEY_ERRORS = {
    "401": {"data": {"message": ["Unauthorized."]}},
    "403": {"data": {"message": ["Forbidden."]}},
    "404": {"data": {"message": ["Key not found."]}},
}
ENVELOPE = {
    "response": None,
    "errors": {"message": [""]},
    "notification": None,
    "warning": None,
    "_token": None,
}
MAX_RANGE = ["api.validation.dateTime.maxRange"]
BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("exchange_code", "401", {"data": {"message": ["Invalid request"]}}),
    ("exchange_code", "422", {"notification": None}),
    ("refresh_token", "400", {"data": {"token": ["Invalid token."]}}),
    ("refresh_token", "401", {"data": {"message": ["Invalid request"]}}),
    ("refresh_token", "422", {"notification": None}),
    *[
        (name, status, body)
        for name in ("get_api_key_info", "get_api_key_secret", "delete_api_key")
        for status, body in KEY_ERRORS.items()
    ],
    ("get_api_key_secret", "409", {"data": {"message": ["Secret already retrieved."]}}),
    ("get_api_key_secret", "423", {"data": {"message": ["Temporary lock, retry shortly."]}}),
    ("delete_api_key", "200", {"data": []}),
    *[
        body
        for bearer, signed in SAME_CONTENT.items()
        for body in (
            (signed, "400", {"code": 9, "message": "Invalid payload."}),
            (signed, "401", {"code": 10, "message": "Unauthorized request."}),
            (
                signed,
                "401",
                {
                    "code": 2,
                    "message": "This action is unauthorized. Enable your key in API settings",
                },
            ),
            (
                signed,
                "401",
                {"code": 4, "message": "This API Key is not authorized to perform this action."},
            ),
            (signed, "401", {"code": 0, "message": "This action is unauthorized."}),
            *[
                (name, status, body)
                for name in (bearer, signed)
                for status, body in (
                    ("403", {"code": 0}),
                    ("422", ENVELOPE | {"status": 422}),
                    ("429", {"code": 0, "message": "Too many requests."}),
                    ("503", ENVELOPE | {"status": 503}),
                    ("500", {"success": False, "result": []}),
                )
            ],
        )
    ],
    *[
        (name, "400", body)
        for name in ("list_account_orders", "list_account_deals")
        for body in ({"code": 30}, {"code": 31})
    ],
    *[
        (name, "400", body)
        for name in SAME_CONTENT.values()
        if name != "list_main_account_history"
        for body in ({"code": 5}, {"code": 0, "message": "Too Many Attempts."})
    ],
    *[
        ("list_account_transactions", "400", {"code": 0, "errors": {field: [text]}})
        for field, text in (("ticker", "Currency was not found."), ("status", "validation.in"))
    ],
    (
        "list_account_converts",
        "422",
        {"code": 30, "errors": {"fromTicker": ["Currency was not found."]}},
    ),
    ("list_account_transactions", "400", {"code": 0}),
    ("list_account_transactions", "422", {"code": 0}),
    (
        "get_account_main_balance",
        "422",
        {"code": 0, "errors": {"ticker": ["validation.string"]}},
    ),
    (
        "get_account_spot_balance",
        "422",
        {"code": 30, "errors": {"ticker": ["Currency was not found."]}},
    ),
    (
        "list_account_orders",
        "422",
        {"code": 30, "errors": {"orderHistory": ["OrderHistory was not found."]}},
    ),
    (
        "list_account_deals",
        "422",
        {"code": 30, "errors": {"orderHistory": ["OrderHistory was not found."]}},
    ),
    ("list_account_deals", "422", {"code": 31}),
    ("list_account_converts", "422", {"code": 30, "errors": {"from": MAX_RANGE, "to": MAX_RANGE}}),
]


def test_document_has_the_operations_of_the_contract(document: Any) -> None:
    """The document has exactly the operations of the contract."""
    assert {found["operationId"] for _, _, found in document.operations()} == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_operation(document: Any, name: str) -> None:
    """An operation has the method, path and statuses of the contract."""
    method, path, *_, statuses = TABLE[name]
    operation = document.content["paths"][path][method.lower()]
    assert operation["operationId"] == name
    assert set(operation["responses"]) == set(statuses.split())


@pytest.mark.parametrize("name", TABLE)
def test_generated_table(document: Any, name: str) -> None:
    """The generated table has the values of the contract for each operation."""
    method, path, regions, security, scopes, statuses = TABLE[name]
    found = OPERATIONS[name]
    assert (found.name, found.method, found.path) == (name, method, path)
    assert (found.regions, found.security) == (regions, security)
    assert found.scopes == tuple(scopes.split())
    assert found.deprecated == (name in SAME_CONTENT)
    assert found.sunset == ("2026-11-01" if name in SAME_CONTENT else None)
    assert found.success == tuple(int(code) for code in statuses.split() if code in {"200", "201"})


def test_generated_table_is_complete() -> None:
    """The generated table has every operation, and both servers with their regions."""
    assert set(OPERATIONS) == set(TABLE)
    assert dict(SERVERS) == {"global": "https://whitebit.com", "eu": "https://whitebit.eu"}


@pytest.mark.parametrize(("bearer", "signed"), SAME_CONTENT.items())
def test_signed_read_has_the_schemas_of_the_bearer_read(
    document: Any, bearer: str, signed: str
) -> None:
    """A Bearer read and its signed successor answer with the same schemas."""
    one, other = document.operation(bearer), document.operation(signed)
    assert one["x-signed-operation"] == signed
    assert one["deprecated"] is True
    assert "deprecated" not in other
    assert one["responses"]["200"] == other["responses"]["200"]
    asked = one["requestBody"]["content"]["application/json"]["schema"]
    signs = document.resolve(other["requestBody"]["content"]["application/json"]["schema"])
    assert signs["allOf"][:2] == [asked, {"$ref": "#/components/schemas/SignedFields"}]
    assert signs["allOf"][2]["properties"]["request"]["const"] == OPERATIONS[signed].path


DAY = 86_400
# The tables of the fields: greatest limit and its default, greatest sum with the offset, times.
PAGES: dict[str, tuple[int, int, int | None, Dates | None]] = {
    "list_account_transactions": (500, 50, 10_000, None),
    "list_account_orders": (500, 50, None, Dates("startDate", "endDate", False, 31 * DAY, 6)),
    "list_account_deals": (500, 50, None, Dates("startDate", "endDate", False, None, 6)),
    "list_account_converts": (100, 100, None, Dates("from", "to", True, 30 * DAY, 6)),
}


@pytest.mark.parametrize("name", PAGES)
def test_pages(name: str) -> None:
    """The generated table describes how a history is paged, equally for both of its operations."""
    signed = OPERATIONS[name].signed_operation
    assert signed == SAME_CONTENT[name]
    for found in (OPERATIONS[name], OPERATIONS[SAME_CONTENT[name]]):
        most, default, reach, dates = PAGES[name]
        assert (found.maxima["limit"], found.defaults["limit"]) == (most, default)
        assert (found.max_reach, found.dates) == (reach, dates)
        assert hasattr(models, found.request or "")
    assert OPERATIONS["list_account_transactions"].maxima["addresses"] == 20
    assert OPERATIONS["list_account_orders"].defaults["status"] == "ALL"


def test_scopes(document: Any) -> None:
    """The security scheme names and describes every scope of the contract."""
    flow = document.content["components"]["securitySchemes"]["oauth2"]["flows"]
    scopes = flow["authorizationCode"]["scopes"]
    assert set(scopes) == set(SCOPES.split())
    assert all(scopes.values())


def test_signature_headers(document: Any) -> None:
    """A signed operation requires all three headers together."""
    schemes = document.content["components"]["securitySchemes"]
    for name in SAME_CONTENT.values():
        (requirement,) = document.operation(name)["security"]
        assert {schemes[scheme]["name"] for scheme in requirement} == {
            "X-TXC-APIKEY",
            "X-TXC-PAYLOAD",
            "X-TXC-SIGNATURE",
        }


@pytest.mark.parametrize("name", TABLE)
def test_rate_limit(document: Any, name: str) -> None:
    """An operation has the rate limit of the longest prefix of its path."""
    path = TABLE[name][1]
    paths = max((start for start in LIMITS if path.startswith(start)), key=len)
    requests, seconds = LIMITS[paths]
    expected = {"requests": requests, "seconds": seconds, "per": "ip", "paths": paths}
    assert document.operation(name)["x-rate-limit"] == expected
    assert OPERATIONS[name].rate_limit == RateLimit(requests, seconds, paths)


@pytest.mark.parametrize(("name", "status", "body"), BODIES)
def test_documented_body(document: Any, name: str, status: str, body: dict[str, Any]) -> None:
    """A body that the contract documents is an example under its status."""
    examples = document.answer(name, status)["content"]["application/json"]["examples"]
    values = [document.resolve(example)["value"] for example in examples.values()]
    assert any(body.items() <= value.items() for value in values), values


def test_secret_is_not_cached(document: Any) -> None:
    """The response with the secret must not be cached."""
    headers = document.answer("get_api_key_secret", "200")["headers"]
    assert headers["Cache-Control"]["schema"]["const"] == "no-store"


def test_pages_in_html(document: Any) -> None:
    """HTML pages are documented for 5xx and 405 everywhere, and for 403 and 429 beside JSON."""
    for _, _, operation in document.operations():
        for status, answer in operation["responses"].items():
            if status[0] == "5" or status in {"403", "405", "429", "4XX"}:
                assert "text/html" in document.resolve(answer)["content"]


def test_token_forms(document: Any) -> None:
    """The token operations take exactly the documented form fields."""
    fields = {
        "exchange_code": {"client_id", "client_secret", "code", "code_verifier"},
        "refresh_token": {"client_id", "client_secret", "token"},
    }
    for name, expected in fields.items():
        ((kind, media),) = document.operation(name)["requestBody"]["content"].items()
        assert kind == "application/x-www-form-urlencoded"
        schema = document.resolve(media["schema"])
        assert set(schema["properties"]) == expected
        assert set(schema["required"]) == expected - {"code_verifier"}


def test_login_parameters(document: Any) -> None:
    """The login takes the documented query parameters, with the lengths of RFC 7636."""
    parameters = {item["name"]: item for item in document.operation("authorize")["parameters"]}
    assert set(parameters) == {
        "clientId",
        "redirect_uri",
        "state",
        "code_challenge",
        "code_challenge_method",
    }
    assert [name for name, item in parameters.items() if item.get("required")] == ["clientId"]
    challenge = parameters["code_challenge"]["schema"]
    assert (challenge["minLength"], challenge["maxLength"]) == (43, 43)
    assert parameters["code_challenge_method"]["schema"]["const"] == "S256"
    verifier = document.schema("CodeExchangeRequest")["properties"]["code_verifier"]
    assert (verifier["minLength"], verifier["maxLength"]) == (43, 128)
