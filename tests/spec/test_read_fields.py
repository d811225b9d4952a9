"""The document's fields, compared with tables taken from the contract's `tables.md`."""

from __future__ import annotations

from typing import Any

import pytest

STR: dict[str, Any] = {"type": "string"}
STR_OR_NULL = {"type": ["string", "null"]}
DECIMAL = {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
INT: dict[str, Any] = {"type": "integer"}
NUMBER = {"type": "number"}
BOOL = {"type": "boolean"}
MOMENT = {"format": "unix-time"}
TIME = INT | MOMENT | {"minimum": 0}
TIME_AS_TEXT = STR | MOMENT | {"pattern": "^[0-9]+$"}
UUID = STR | {"pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}
DEPOSIT_STATUS = {str(code) for code in (3, 4, 5, 7, 9, 15, 21, 22, 27, 28, 31)}
WITHDRAWAL_STATUS = {str(code) for code in (*range(1, 8), *range(10, 19), 21)}
OFFSET = INT | {"minimum": 0, "default": 0}
ANY: dict[str, Any] = {}


def limit(maximum: int, default: int) -> dict[str, Any]:
    """Return the schema of a page's length."""
    return INT | {"minimum": 1, "maximum": maximum, "default": default}


def array(items: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def ref(name: str) -> dict[str, Any]:
    """Return a reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def or_else(*names: str) -> dict[str, Any]:
    """Return the schema of one of several named schemas, or null."""
    return {"oneOf": [ref(name) if name != "null" else {"type": "null"} for name in names]}


def known(kind: dict[str, Any], *values: object) -> dict[str, Any]:
    """Return the schema of an open enumeration with these known values."""
    return kind | {"x-known-values": {str(value) for value in values}}


FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    "TransactionsRequest": {
        "transactionMethod": {"allOf": [ref("TransactionMethod")]},
        "ticker": STR,
        "address": STR,
        "addresses": array(STR) | {"maxItems": 20},
        "memo": STR,
        "uniqueId": STR | {"x-aliases": ["unique_id"]},
        "status": array(INT),
        "limit": limit(500, 50),
        "offset": OFFSET | {"maximum": 10000, "x-max-with-limit": 10000},
    },
    "TransactionPage": {
        "limit": INT,
        "offset": INT,
        "total": INT,
        "records": array(ref("Transaction")),
    },
    "Transaction": {
        "address": STR,
        "uniqueId": STR_OR_NULL | {"x-aliases": ["unique_id"]},
        "createdAt": INT | MOMENT,
        "currency": STR,
        "ticker": STR,
        "method": known(INT, 1, 2),
        "amount": DECIMAL,
        "fee": DECIMAL,
        "description": STR,
        "memo": STR,
        "status": INT
        | {
            "x-known-values-of-deposits": DEPOSIT_STATUS,
            "x-known-values-of-withdrawals": WITHDRAWAL_STATUS,
        },
        "network": STR_OR_NULL,
        "transactionHash": STR,
        "transactionId": UUID | {"x-aliases": ["transaction_id"]},
        "details": or_else("TransactionDetails", "null"),
        "confirmations": or_else("Confirmations", "null"),
        "centralized": BOOL,
    },
    "TransactionDetails": {"partial": ref("PartialWithdrawal")},
    "PartialWithdrawal": {
        "requestAmount": DECIMAL,
        "processedAmount": DECIMAL,
        "processedFee": DECIMAL,
        "normalizeTransaction": ANY,
    },
    "Confirmations": {"actual": INT, "required": INT},
    "MainBalanceRequest": {"ticker": STR},
    "MainBalance": {"main_balance": DECIMAL},
    "SpotBalanceRequest": {"ticker": STR},
    "SpotBalance": {"available": DECIMAL, "freeze": DECIMAL},
    "OrdersRequest": {
        "market": STR,
        "orderId": INT,
        "clientOrderId": STR,
        "status": {"default": "ALL", "allOf": [ref("OrderStatusFilter")]},
        "startDate": TIME,
        "endDate": TIME,
        "limit": limit(500, 50),
        "offset": OFFSET,
    },
    "Order": {
        "id": INT,
        "clientOrderId": STR,
        "type": known(
            STR,
            *("limit", "market", "stock market", "stop limit", "stop market", "margin limit"),
            *("margin market", "margin stop limit", "trigger stop market", "normalization"),
            "advanced-limit",
        ),
        "side": known(STR, "buy", "sell"),
        "amount": DECIMAL,
        "price": DECIMAL,
        "ctime": NUMBER | MOMENT,
        "ftime": NUMBER | MOMENT,
        "dealFee": DECIMAL,
        "dealStock": DECIMAL,
        "dealMoney": DECIMAL,
        "feeAsset": STR,
        "status": known(
            STR,
            *("FILLED", "CANCELED", "CANCELED_STP", "AUTO_CANCELED_LIQUIDATION"),
            *("AUTO_CANCELED_REDUCE_ONLY", "CANCELED_TAKER_BAND", "PARTIALLY_FILLED"),
            *("AUTO_CANCELED_USER_MARGIN", "MAINTENANCE"),
        ),
        "postOnly": BOOL,
        "ioc": BOOL,
        "rpi": BOOL,
        "reduceOnly": BOOL,
        "activated": INT,
        "activationPrice": DECIMAL,
        "activationCondition": known(STR, "<=", ">="),
        "positionSide": known(STR, "BOTH", "LONG", "SHORT"),
        "takerFee": DECIMAL,
        "makerFee": DECIMAL,
        "stp": STR,
    },
    "DealsRequest": {
        "market": STR,
        "clientOrderId": STR,
        "startDate": TIME,
        "endDate": TIME,
        "limit": limit(500, 50),
        "offset": OFFSET,
    },
    "Deal": {
        "id": {"type": ["integer", "string"]},
        "orderId": {"type": ["integer", "string"]},
        "clientOrderId": STR,
        "time": MOMENT | {"type": ["number", "string"]},
        "side": known(STR, "buy", "sell"),
        "role": known(INT, 1, 2),
        "amount": DECIMAL,
        "price": DECIMAL,
        "deal": DECIMAL,
        "fee": DECIMAL,
        "feeAsset": STR,
    },
    "ConvertsRequest": {
        "fromTicker": STR,
        "toTicker": STR,
        "from": TIME_AS_TEXT,
        "to": TIME_AS_TEXT,
        "quoteId": STR,
        "limit": limit(100, 100),
        "offset": OFFSET,
    },
    "ConvertPage": {
        "records": array(ref("Convert")),
        "total": INT,
        "limit": INT,
        "offset": INT,
    },
    "Convert": {
        "id": STR,
        "date": INT | MOMENT,
        "give": DECIMAL,
        "receive": DECIMAL,
        "rate": DECIMAL,
        "path": array(ref("ConvertStep")),
    },
    "ConvertStep": {"from": STR, "to": STR, "rate": DECIMAL},
    "SignedFields": {
        "nonce": {"type": ["integer", "string"], "minimum": 1, "pattern": "^[1-9][0-9]*$"},
        "nonceWindow": BOOL,
    },
}

# What a record is nothing without; every other field may be missing (contract, section 8).
REQUIRED = {
    "TransactionPage": "limit offset total records",
    "Transaction": "createdAt ticker method amount status",
    "MainBalance": "main_balance",
    "SpotBalance": "available freeze",
    "Order": "id type side amount price ctime",
    "Deal": "id time side amount price deal fee",
    "ConvertPage": "records total limit offset",
    "Convert": "id date give receive rate",
    "SignedFields": "nonce",
}

# Operations that answer in several shapes (section 8), the one of a map also as an empty list.
SHAPES = {
    "MainBalances": or_else("MainBalance", "MainBalances", "EmptyList"),
    "SpotBalances": or_else("SpotBalance", "SpotBalances", "EmptyList"),
    "Orders": or_else("OrdersByMarket", "EmptyList"),
    "Deals": or_else("DealList", "DealsByMarket"),
}
MAPS = {
    "MainBalances": ref("MainBalance"),
    "SpotBalances": ref("SpotBalance"),
    "OrdersByMarket": array(ref("Order")),
    "DealsByMarket": array(ref("Deal")),
}


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, fields in FIELDS.items() for field in fields]
)
def test_field(document: Any, name: str, field: str) -> None:
    """A field has the type, range, default and known values of the contract."""
    assert document.bare_field(name, field) == FIELDS[name][field]


@pytest.mark.parametrize("name", FIELDS)
def test_fields_are_complete(document: Any, name: str) -> None:
    """A schema has exactly the fields of the contract, each with a description."""
    properties = document.schema(name)["properties"]
    assert set(properties) == set(FIELDS[name])
    for field, schema in properties.items():
        assert "$ref" in schema or schema["description"].endswith("."), field


@pytest.mark.parametrize("name", REQUIRED)
def test_required(document: Any, name: str) -> None:
    """A schema requires the fields without which it has no meaning."""
    assert document.schema(name)["required"] == REQUIRED[name].split()


@pytest.mark.parametrize("name", [name for name in FIELDS if name.endswith("sRequest")])
def test_filters_are_optional(document: Any, name: str) -> None:
    """No filter of a read is required."""
    assert "required" not in document.schema(name)


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(document: Any, name: str) -> None:
    """A response with several shapes lists all of them."""
    response = document.content["components"]["responses"][name]
    assert response["content"]["application/json"]["schema"] == SHAPES[name]


@pytest.mark.parametrize("name", MAPS)
def test_maps(document: Any, name: str) -> None:
    """A map has no fields of its own, and its values are of one kind."""
    schema = document.schema(name)
    assert schema["additionalProperties"] == MAPS[name]
    assert "properties" not in schema


def test_closed_enumerations(document: Any) -> None:
    """Only request values are closed enumerations; response values are open."""
    closed = {
        name: schema["enum"]
        for name, schema in document.content["components"]["schemas"].items()
        if "enum" in schema
    }
    assert closed == {
        "TransactionMethod": [1, 2],
        "OrderStatusFilter": ["ALL", "FILLED", "CANCELED", "PARTIALLY_FILLED", "MAINTENANCE"],
    }


def test_ranges_of_time(document: Any) -> None:
    """The longest time range and the maximum age of a read are in the document."""
    found = {
        name: (schema.get("x-max-window"), schema.get("x-max-age"))
        for name in ("OrdersRequest", "DealsRequest", "ConvertsRequest")
        for schema in [document.schema(name)]
    }
    assert found == {
        "OrdersRequest": ("P31D", "P6M"),
        "DealsRequest": (None, "P6M"),
        "ConvertsRequest": ("P30D", "P6M"),
    }
