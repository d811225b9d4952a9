"""The generated package: what it sends, how it parses responses, and what it does not print."""

from __future__ import annotations

import asyncio
import importlib
import json
import pickle
import re
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

PARSED = ("get_api_key_info", "delete_api_key", "get_server_time")
"""Operations with a model of their answer; the others answer with records or with credentials."""
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
    """An operation is sent and parsed if its response has a model; otherwise it is only built."""
    module = endpoint(document, name)
    assert callable(module.build_request)
    for function in ("parse_response", "sync_detailed", "asyncio_detailed"):
        assert callable(getattr(module, function, None)) is (name in PARSED)


@pytest.mark.parametrize("name", PARSED)
def test_examples_are_parsed(document: Any, name: str) -> None:
    """Every documented success is parsed, and serialized again without a change."""
    (answer,) = (document.answer(name, str(status)) for status in OPERATIONS[name].success)
    for example in answer["content"]["application/json"]["examples"].values():
        value = document.resolve(example)["value"]
        assert parse(document, name, 200, value).to_dict() == value


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


def test_unknown_fields_are_kept(document: Any) -> None:
    """Undocumented fields and values are kept."""
    body = {"data": {"exists": False, "isEnabled": False, "type": "read-only"}}
    parsed = parse(document, "get_api_key_info", 200, body)
    assert parsed.data.additional_properties == {"type": "read-only"}
    assert isinstance(parsed.data.permissions, Unset)


def test_login_url(document: Any) -> None:
    """The login URL has the given query parameters and no others."""
    request = endpoint(document, "authorize").build_request(client_id="c d", state="s")
    assert (request["method"], request["url"]) == ("GET", "/auth/login")
    assert request["params"] == {"clientId": "c d", "state": "s"}


def test_path_is_quoted(document: Any) -> None:
    """A path parameter cannot leave its segment."""
    request = endpoint(document, "get_api_key_secret").build_request("../a?b#c/d")
    assert request["url"] == "/oauth2/api-key/..%2Fa%3Fb%23c%2Fd/secret"


@pytest.mark.parametrize("status", [299, 403, 520])
def test_any_status(document: Any, status: int) -> None:
    """Only a success is parsed, and any status code is accepted, whether Python knows it or not."""
    module = endpoint(document, "get_api_key_info")
    response = httpx.Response(status, html="<html>Blocked</html>")
    assert module.parse_response(client=Policy(), response=response) is None


def test_unexpected_status(document: Any) -> None:
    """A status other than success raises an error on request, without the body."""
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
    """A body that is not JSON raises an error that does not contain the body."""
    module = endpoint(document, "get_api_key_info")
    with pytest.raises(MalformedBody) as caught:
        module.parse_response(client=Policy(), response=httpx.Response(200, content=body))
    assert str(caught.value) == "The body of a 200 answer is not JSON"
    assert caught.value.__context__ is None
    assert vars(caught.value) == {}


MODELS_WITH_SECRETS: list[Callable[[], object]] = [
    lambda: models.CodeExchangeRequest("id", SECRET, SECRET, code_verifier=SECRET),
    lambda: models.TokenRefreshRequest("id", SECRET, SECRET),
    lambda: models.TokenRefreshRequest.from_dict(
        {"client_id": "id", "client_secret": SECRET, "token": SECRET, "renamed": SECRET}
    ),
    lambda: AuthenticatedClient("https://x", SECRET),
    lambda: Response(
        200, SECRET.encode(), {"x": SECRET}, models.TokenRefreshRequest("id", SECRET, SECRET)
    ),
]


@pytest.mark.parametrize("make", MODELS_WITH_SECRETS)
def test_secrets_are_not_printed(make: Callable[[], object]) -> None:
    """An object that contains a secret does not print it."""
    value = make()
    assert SECRET not in repr(value) + str(value)


def answering(request: httpx.Request) -> httpx.Response:
    """Answer with the credential that came."""
    body = {"time": len(request.headers.get("authorization", ""))}
    return httpx.Response(200, content=json.dumps(body).encode())


def test_client(document: Any) -> None:
    """A client sends its token to its own server, in sync and async calls."""
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
    """Models and clients can be imported and listed by name, and no other name can."""
    assert set(models.__all__) <= set(dir(models))
    assert all(getattr(models, name).__name__ for name in models.__all__ if "Response" in name)
    assert whitebit_api.Client is Client
    assert set(whitebit_api.__all__) <= set(dir(whitebit_api))
    for module in (models, whitebit_api):
        with pytest.raises(AttributeError, match="NoSuchName"):
            _ = module.NoSuchName


def test_unset_survives_pickle(document: Any) -> None:
    """`UNSET` is the same object after pickling, and is false."""
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET  # noqa: S301 - just made
    assert not UNSET


@pytest.mark.parametrize(
    "module",
    [
        *("whitebit_api", "whitebit_api.operations", "whitebit_api.enumerations"),
        "whitebit_api.api.tokens.exchange_code",
    ],
)
def test_imports_are_cheap(module: str) -> None:
    """No import of the package, a table or an operation loads httpx, attrs, msgspec or a model."""
    program = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy = {"httpx", "attrs", "attr", "msgspec", "whitebit_ext", "whitebit_api.client"}
    loaded = set(done.stdout.split())
    assert not loaded & heavy
    assert not [name for name in loaded if name.startswith("whitebit_api.models.")]


def test_every_model_is_used() -> None:
    """Every generated model is used by an operation or by another model."""
    folder = Path(whitebit_api.__path__[0])
    texts = [path.read_text("utf-8") for path in (folder / "api").rglob("*.py")]
    texts += [path.read_text("utf-8") for path in (folder / "models").glob("[!_]*.py")]
    used = {name for text in texts for name in re.findall(r"import (\w+)", text)}
    assert set(models.__all__) <= used


def test_generated_does_not_import_the_library() -> None:
    """No generated module names the library above it."""
    modules = list(Path(whitebit_api.__path__[0]).rglob("*.py"))
    assert len(modules) > 50
    assert not [path for path in modules if "whitebit_ext" in path.read_text("utf-8")]
