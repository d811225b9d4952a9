"""The generated package: what it sends, what it makes of answers, what it does not print."""

from __future__ import annotations

import asyncio
import importlib
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

import whitebit_api
from whitebit_api import models
from whitebit_api.client import AuthenticatedClient, Client
from whitebit_api.errors import MalformedBody, UnexpectedStatus
from whitebit_api.operations import OPERATIONS
from whitebit_api.types import UNSET, Response, Unset

SECRET = "s3cret-value-not-to-be-printed"


def endpoint(document: Any, name: str) -> ModuleType:
    """Return the module of an operation."""
    (tag,) = document.operation(name)["tags"]
    return importlib.import_module(f"whitebit_api.api.{tag}.{name}")


class Policy:
    """What `parse_response` asks of a client."""

    def __init__(self, raise_on_unexpected_status: bool = False) -> None:
        self.raise_on_unexpected_status = raise_on_unexpected_status


def parse(document: Any, name: str, status: int, body: object) -> Any:
    """Parse an answer in JSON."""
    module = endpoint(document, name)
    return module.parse_response(client=Policy(), response=httpx.Response(status, json=body))


@pytest.mark.parametrize("name", OPERATIONS)
def test_module(document: Any, name: str) -> None:
    """Every operation has a module with its four public functions."""
    module = endpoint(document, name)
    for function in ("build_request", "parse_response", "sync_detailed", "asyncio_detailed"):
        assert callable(getattr(module, function))


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_are_parsed(document: Any, name: str) -> None:
    """Every documented answer is parsed, and written again as it came."""
    for status, answer in document.operation(name)["responses"].items():
        content = document.resolve(answer).get("content", {})
        for example in content.get("application/json", {}).get("examples", {}).values():
            value = document.resolve(example)["value"]
            parsed = parse(document, name, int(status), value)
            assert written(parsed) == value


def written(parsed: Any) -> Any:
    """Return the JSON of what was parsed."""
    if isinstance(parsed, list):
        return [written(item) for item in parsed]
    return parsed.to_dict()


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_are_sent(document: Any, name: str) -> None:
    """Every documented request is built with its method, path and fields."""
    operation = document.operation(name)
    module = endpoint(document, name)
    for media in operation.get("requestBody", {}).get("content", {}).values():
        model = getattr(models, media["schema"]["$ref"].rpartition("/")[2])
        for example in media["examples"].values():
            value = document.resolve(example)["value"]
            request = module.build_request(body=model.from_dict(value))
            assert request["method"] == OPERATIONS[name].method
            assert request["url"] == OPERATIONS[name].path
            sent = (
                request["data"] if "form" in request["headers"]["Content-Type"] else request["json"]
            )
            assert value.items() <= sent.items()


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("get_account_main_balance", {"main_balance": "0"}, "MainBalance"),
        ("get_account_main_balance", {"BTC": {"main_balance": "0"}}, "MainBalances"),
        ("get_account_main_balance", {}, "MainBalances"),
        ("get_account_main_balance", [], "list"),
        ("get_trade_account_balance", {"available": "1", "freeze": "0"}, "SpotBalance"),
        ("get_trade_account_balance", {"B": {"available": "1", "freeze": "0"}}, "SpotBalances"),
        ("list_account_orders", {"BTC_USDT": []}, "OrdersByMarket"),
        ("list_account_orders", [], "list"),
        ("list_account_deals", [], "list"),
        ("list_account_deals", {"BTC_USDT": []}, "DealsByMarket"),
    ],
)
def test_shapes(document: Any, name: str, body: object, expected: str) -> None:
    """An answer in either shape is told apart, `[]` in the place of `{}` too."""
    assert type(parse(document, name, 200, body)).__name__ == expected


def test_unknown_fields_are_kept(document: Any) -> None:
    """A field that the document does not know, and a value too, are kept."""
    body = {"data": {"access_token": "a", "expires_in": 1, "token_type": "New", "id": 7}}
    parsed = parse(document, "exchange_code", 200, body)
    assert parsed.data.additional_properties == {"id": 7}
    assert parsed.data.token_type == "New"
    assert isinstance(parsed.data.refresh_token, Unset)


def test_login_url(document: Any) -> None:
    """The login is built with the query parameters that were given, and no others."""
    request = endpoint(document, "authorize").build_request(client_id="c d", state="s")
    assert (request["method"], request["url"]) == ("GET", "/auth/login")
    assert request["params"] == {"clientId": "c d", "state": "s"}


def test_path_is_quoted(document: Any) -> None:
    """A path parameter cannot leave its segment."""
    request = endpoint(document, "get_api_key_secret").build_request("../a?b#c/d")
    assert request["url"] == "/oauth2/api-key/..%2Fa%3Fb%23c%2Fd/secret"


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_page_instead_of_json(document: Any, status: int) -> None:
    """A gateway's page is text, where the document has it beside JSON."""
    response = httpx.Response(status, html="<html>Blocked</html>")
    module = endpoint(document, "list_account_deals")
    assert module.parse_response(client=Policy(), response=response) == "<html>Blocked</html>"


def test_any_status(document: Any) -> None:
    """A status beyond those that the standard library knows is no error of its own."""
    module = endpoint(document, "get_api_key_info")
    assert module.parse_response(client=Policy(), response=httpx.Response(520, text="x")) == "x"
    assert module.parse_response(client=Policy(), response=httpx.Response(299)) is None


def test_unexpected_status(document: Any) -> None:
    """A status that is not documented is an error when asked for, without the body in it."""
    response = httpx.Response(299, text=SECRET)
    with pytest.raises(UnexpectedStatus) as caught:
        endpoint(document, "get_api_key_info").parse_response(
            client=Policy(True), response=response
        )
    assert str(caught.value) == "Unexpected status code: 299"
    copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - just made
    assert (copied.status_code, copied.content) == (299, SECRET.encode())
    assert SECRET not in repr(copied) + str(copied.args[:1])


@pytest.mark.parametrize(
    "body",
    [SECRET.encode(), b'{"data": {"apiSecret": "' + SECRET.encode(), b"\xff" * 9, b"[" * 99999],
)
def test_malformed_body(document: Any, body: bytes) -> None:
    """A body that is not JSON is an error that does not carry the body."""
    module = endpoint(document, "get_api_key_secret")
    with pytest.raises(MalformedBody) as caught:
        module.parse_response(client=Policy(), response=httpx.Response(200, content=body))
    assert str(caught.value) == "The body of a 200 answer is not JSON"
    assert caught.value.__context__ is None
    assert vars(caught.value) == {}


MODELS_WITH_SECRETS: list[Callable[[], object]] = [
    lambda: models.CodeExchangeRequest("id", SECRET, SECRET, code_verifier=SECRET),
    lambda: models.TokenRefreshRequest("id", SECRET, SECRET),
    lambda: models.TokenPair(SECRET, "Bearer", expires_in=300, refresh_token=SECRET),
    lambda: models.TokenPair.from_dict(
        {"access_token": SECRET, "expires_in": 1, "token_type": "Bearer", "renamed": SECRET}
    ),
    lambda: models.ApiKeySecretResponse(models.ApiKeySecret(SECRET)),
    lambda: AuthenticatedClient("https://x", SECRET),
    lambda: Response(200, SECRET.encode(), {"x": SECRET}, models.ApiKeySecret(SECRET)),
]


@pytest.mark.parametrize("make", MODELS_WITH_SECRETS)
def test_secrets_are_not_printed(make: Callable[[], object]) -> None:
    """What holds a secret does not print it."""
    value = make()
    assert SECRET not in repr(value) + str(value)


def answering(request: httpx.Request) -> httpx.Response:
    """Answer with the credential that came."""
    body = {"time": len(request.headers.get("authorization", ""))}
    return httpx.Response(200, content=json.dumps(body).encode())


def test_client(document: Any) -> None:
    """A client sends its token to its own server, in calls that block and in awaited ones."""
    module = endpoint(document, "get_server_time")
    arguments: dict[str, Any] = {"transport": httpx.MockTransport(answering)}
    with Client("https://x", **arguments) as client:
        assert module.sync_detailed(client=client).parsed.time == 0
    with AuthenticatedClient("https://x", "token", **arguments) as client:
        assert module.sync_detailed(client=client).parsed.time == len("Bearer token")

    async def call() -> Any:
        async with AuthenticatedClient("https://x", "token", **arguments) as client:
            return (await module.asyncio_detailed(client=client)).parsed.time

    assert asyncio.run(call()) == len("Bearer token")


def test_lazy_names() -> None:
    """Models and clients are found by name, listed, and nothing else is."""
    assert set(models.__all__) <= set(dir(models))
    assert all(getattr(models, name).__name__ for name in models.__all__ if name.endswith("Error"))
    assert whitebit_api.Client is Client
    assert set(whitebit_api.__all__) <= set(dir(whitebit_api))
    for module in (models, whitebit_api):
        with pytest.raises(AttributeError, match="NoSuchName"):
            _ = module.NoSuchName


def test_unset_is_one(document: Any) -> None:
    """The value of what is not there stays itself when pickled, and is false."""
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET  # noqa: S301 - just made
    assert not UNSET


@pytest.mark.parametrize(
    "module", ["whitebit_api", "whitebit_api.operations", "whitebit_api.api.tokens.exchange_code"]
)
def test_imports_are_cheap(module: str) -> None:
    """Neither the package, nor the table, nor an operation loads httpx, attrs or a model."""
    program = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy = {"httpx", "attrs", "attr", "whitebit_ext", "whitebit_api.client"}
    loaded = set(done.stdout.split())
    assert not loaded & heavy
    assert not [name for name in loaded if name.startswith("whitebit_api.models.")]


def test_generated_does_not_import_ours() -> None:
    """No generated module names the layer above it."""
    modules = list(Path(whitebit_api.__path__[0]).rglob("*.py"))
    assert len(modules) > 80
    assert not [path for path in modules if "whitebit_ext" in path.read_text("utf-8")]
