"""Routing by the operations table, and credentials that stay with their server."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx
import pytest

from whitebit_api.operations import OPERATIONS, SERVERS
from whitebit_ext import ApiKey, MemoryStore, Region, Secret, SignedAuth, User, WhiteBIT
from whitebit_ext.errors import (
    InvalidArgument,
    NotConnected,
    RegionNotSupported,
    StateUnknown,
    WrongServer,
)
from whitebit_ext.regions import Server, origin_of
from whitebit_ext.sandbox import Sandbox

from ..looking import sent
from .faces import Face, connected

UUID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


@pytest.mark.parametrize("region", list(Region))
def test_region_has_the_server_of_the_document(region: Region) -> None:
    """Without another address, a region uses the server of the spec."""
    assert Server.of(region).base_url == SERVERS[region.value]


@pytest.mark.parametrize("region", list(Region))
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_operations_follow_the_table(name: str, region: Region) -> None:
    """An operation is sent, or refused with its name and a hint."""
    server = Server.of(region)
    if region.value in OPERATIONS[name].regions:
        assert server.require(name) is OPERATIONS[name]
        return
    with pytest.raises(RegionNotSupported) as caught:
        server.require(name)
    assert caught.value.operation == name
    assert "nothing was sent" in caught.value.message
    assert "Region.GLOBAL" in caught.value.hint


def test_eu_offers_everything_but_api_keys() -> None:
    """As in the contract, only `/oauth2/api-key/*` is missing in the EU."""
    refused = {name for name, row in OPERATIONS.items() if "eu" not in row.regions}
    assert refused == {"get_api_key_info", "get_api_key_secret", "delete_api_key"}
    assert all("global" in row.regions for row in OPERATIONS.values())


def module_of(name: str) -> ModuleType:
    """Return the generated module of an operation."""
    group = "api_keys" if "api_key" in name else "account"
    return importlib.import_module(f"whitebit_api.api.{group}.{name}")


@pytest.mark.parametrize("name", ["get_api_key_info", "get_api_key_secret", "delete_api_key"])
def test_transport_refuses_operations(sandbox: Sandbox, name: str) -> None:
    """The transport refuses an operation that the region does not offer, without a connection."""
    server = Server.of(Region.EU, sandbox.eu_url)
    with pytest.raises(RegionNotSupported):
        sent(server, name, module_of(name), timeout=5.0, arguments=lambda: {"external_id": UUID})
    assert (sandbox.connections(), sandbox.requests) == (0, [])


@pytest.mark.parametrize(
    "call",
    [
        lambda user: user.api_key.info(),
        lambda user: user.api_key.issue(),
        lambda user: user.api_key.delete(),
    ],
    ids=["info", "issue", "delete"],
)
def test_refused_operation_opens_no_connection(face: Face, call: Callable[[User], object]) -> None:
    """Key operations of a connected EU user are refused before a connection is opened."""
    user = connected(face, partner=face.partner(region=Region.EU))
    before = (face.sandbox.connections("eu"), face.sandbox.connections("global"))
    requests = len(face.sandbox.requests)
    with pytest.raises(RegionNotSupported):
        call(user)
    after = (face.sandbox.connections("eu"), face.sandbox.connections("global"))
    assert after == before
    assert len(face.sandbox.requests) == requests


def test_eu_user_uses_the_eu_server(face: Face) -> None:
    """Login, tokens and reads of an EU user never use the global server."""
    user = connected(face, partner=face.partner(region=Region.EU))
    assert user.bearer.account.balances.main()
    assert face.sandbox.count(region="eu") == len(face.sandbox.requests) > 0


def test_users_belong_to_one_region(face: Face) -> None:
    """In one store, a user of the global server is unknown in the EU."""
    connected(face)
    elsewhere = face.partner(region=Region.EU)
    with pytest.raises(NotConnected):
        elsewhere.user("alice").bearer.account.balances.main()
    assert face.sandbox.count(region="eu") == 0


def test_login_belongs_to_one_region(face: Face) -> None:
    """A login that was started at one server is unknown to the partner object of another."""
    partner, elsewhere = face.partner(), face.partner(region=Region.EU)
    face.sandbox.add_user("alice")
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    with pytest.raises(StateUnknown):
        elsewhere.connect(callback, binding=login.binding, user_id="alice")
    assert face.sandbox.count(region="eu") == 0
    partner.connect(callback, binding=login.binding, user_id="alice")


def test_login_belongs_to_one_region_behind_a_proxy(face: Face) -> None:
    """A login keeps its region if a proxy serves both regions at one address."""
    both = face.sandbox.global_url
    partner, elsewhere = face.partner(), face.partner(region=Region.EU, base_url=both)
    face.sandbox.add_user("alice")
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    with pytest.raises(StateUnknown):
        elsewhere.connect(callback, binding=login.binding, user_id="alice")
    assert face.sandbox.count("POST", "/oauth2/token") == 0


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "whitebit.com",
        "//whitebit.com",
        "ftp://whitebit.com",
        "https://",
        "https://:443",
        "https://host:port",
        "https://host:0",
        "https://host:65536",
        "https://host/path",
        "https://host?query",
        "https://host#fragment",
        "https://user@host",
        "https://user:word@host",
        "https://:word@host",
        "https://ho st",
        "https://host\n",
        "https://[::1",
        "https://[1:2]",
        "https://ho[st]",
        "http://whitebit.com",
        "http://192.168.1.5:8080",
        "http://localhost.example:8080",
        "http://127.0.0.1.example",
        7,
        b"https://whitebit.com",
    ],
)
def test_invalid_base_url_is_refused(face: Face, base_url: Any) -> None:
    """A base URL is an origin, and plain http is allowed on loopback only."""
    with pytest.raises(InvalidArgument) as caught:
        face.partner(base_url=base_url)
    assert caught.value.argument == "base_url"
    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    ("region", "base_url"),
    [
        (Region.EU, "https://whitebit.com"),
        (Region.EU, "HTTPS://WhiteBIT.com:443/"),
        (Region.GLOBAL, "https://whitebit.eu"),
    ],
)
def test_host_of_the_other_region_is_refused(region: Region, base_url: str) -> None:
    """The public host of one region is not a valid base URL for the other."""
    with pytest.raises(InvalidArgument, match="base_url"):
        Server.of(region, base_url)


@pytest.mark.parametrize(
    ("base_url", "origin"),
    [
        ("https://whitebit.com", "https://whitebit.com:443"),
        ("https://proxy.example:8443/", "https://proxy.example:8443"),
        ("HTTPS://Proxy.Example", "https://proxy.example:443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.8.9.1", "http://127.8.9.1:80"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_origins_are_normalized(base_url: str, origin: str) -> None:
    """Equal origins are written in the same way and compare equal."""
    server = Server.of(Region.GLOBAL, base_url)
    assert server.origin == origin
    assert origin_of(base_url + ("x" if base_url.endswith("/") else "/x")) == origin
    assert server.is_at(base_url)


@pytest.mark.parametrize("region", ["global", "eu", None, "GLOBAL"])
def test_region_must_be_a_region(face: Face, region: Any) -> None:
    """A string is refused as a region, so that a typing error cannot choose a server."""
    with pytest.raises(InvalidArgument) as caught:
        WhiteBIT(**(face.arguments() | {"region": region}))
    assert caught.value.argument == "region"


@pytest.mark.parametrize(
    "url",
    [
        "https://whitebit.eu/api/v4/main-account/balance",
        "http://whitebit.com/api/v4/main-account/balance",
        "https://whitebit.com:8443/api/v4/main-account/balance",
        "https://whitebit.com.example/api/v4/main-account/balance",
        "https://whitebit.com@evil.example/api/v4/main-account/balance",
    ],
)
def test_key_signs_for_its_own_server_only(url: str) -> None:
    """A key signs only requests to its own origin."""
    key = ApiKey("alice", UUID, UUID, Secret("c2VjcmV0"), origin="https://whitebit.com:443")
    with pytest.raises(WrongServer):
        key.auth().sign(httpx.Request("POST", url, json={}))


def test_stored_key_belongs_to_its_server(face: Face) -> None:
    """A key that `adopt` stores is bound to the partner's server, and found only there."""
    partner, elsewhere = face.partner(), face.partner(region=Region.EU)
    partner.adopt("alice", public_key=UUID, secret="c2VjcmV0")
    with pytest.raises(NotConnected):
        elsewhere.user("alice").signed.account.balances.main()
    assert face.sandbox.requests == []


def test_transport_sends_only_to_its_server(sandbox: Sandbox) -> None:
    """A request to an absolute URL of another server is not sent."""

    class Elsewhere:
        """A faulty generated endpoint."""

        @staticmethod
        def build_request(**_: Any) -> dict[str, Any]:
            """Build a request for the other server."""
            return {"method": "get", "url": f"{sandbox.eu_url}/oauth2/api-key/info"}

        sync_detailed = asyncio_detailed = build_request

    server = Server.of(Region.GLOBAL, sandbox.global_url)
    auth = SignedAuth(UUID, Secret("c2VjcmV0"), origin=origin_of(sandbox.global_url))
    endpoint: Any = Elsewhere()
    with pytest.raises(WrongServer) as caught:
        sent(
            *(server, "get_api_key_info", endpoint),
            timeout=5.0,
            auth=auth,
            parse=lambda body: body,
        )
    assert caught.value.operation == "get_api_key_info"
    assert sandbox.connections() == 0


def test_redirect_is_not_followed(face: Face) -> None:
    """A redirect to the other region's host is not followed."""
    user = connected(face)
    face.sandbox.faults.add(
        "get_account_main_balance",
        kind="status",
        status=307,
        headers={"location": f"{face.sandbox.eu_url}/api/v4/accounts/balances/main"},
    )
    with pytest.raises(Exception, match="307"):
        user.bearer.account.balances.main()
    assert face.sandbox.connections("eu") == 0


def test_refused_region_does_not_read_the_store(face: Face) -> None:
    """The refusal comes before custody is read: not even a user id is looked up."""
    asked: list[str] = []

    class Watched(MemoryStore):
        """A store that records reads."""

        def get(self, kind: str, id: str) -> Any:
            """Record, and read."""
            asked.append(kind)
            return super().get(kind, id)

    user = face.partner(region=Region.EU, store=Watched()).user("alice")
    with pytest.raises(RegionNotSupported):
        user.api_key.issue()
    assert asked == []
