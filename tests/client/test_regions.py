"""Which server hears what: routing by the operations table, and credentials that stay at home."""

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
from whitebit_ext.http.pools import Pools
from whitebit_ext.http.requests import Send
from whitebit_ext.regions import Server, origin_of
from whitebit_ext.sandbox import Sandbox
from whitebit_ext.transport import Transport

from .faces import Face, connected

UUID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


@pytest.mark.parametrize("region", list(Region))
def test_a_region_has_the_server_of_the_document(region: Region) -> None:
    """Without another address, a region is reached where the spec says."""
    assert Server.of(region).base_url == SERVERS[region.value]


@pytest.mark.parametrize("region", list(Region))
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_goes_where_the_table_says(name: str, region: Region) -> None:
    """An operation is served, or refused with the name of what was refused and what to do."""
    server = Server.of(region)
    if region.value in OPERATIONS[name].regions:
        assert server.require(name) is OPERATIONS[name]
        return
    with pytest.raises(RegionNotSupported) as caught:
        server.require(name)
    assert caught.value.operation == name
    assert "nothing was sent" in caught.value.message
    assert "Region.GLOBAL" in caught.value.hint


def test_the_eu_serves_no_keys_and_all_else() -> None:
    """The table is the contract's: the EU lacks `/oauth2/api-key/*`, nothing else."""
    refused = {name for name, row in OPERATIONS.items() if "eu" not in row.regions}
    assert refused == {"get_api_key_info", "get_api_key_secret", "delete_api_key"}
    assert all("global" in row.regions for row in OPERATIONS.values())


def module_of(name: str) -> ModuleType:
    """Return the generated module of an operation."""
    group = "api_keys" if "api_key" in name else "account"
    return importlib.import_module(f"whitebit_api.api.{group}.{name}")


@pytest.mark.parametrize("name", ["get_api_key_info", "get_api_key_secret", "delete_api_key"])
def test_the_transport_itself_refuses(sandbox: Sandbox, name: str) -> None:
    """No flow can get a refused operation past the transport: no connection is opened."""
    pools = Pools(Server.of(Region.EU, sandbox.eu_url), timeout=5.0)
    request: Send[Any] = Send(name, module_of(name), arguments=lambda: {"external_id": UUID})
    with pytest.raises(RegionNotSupported):
        Transport(pools, timeout=5.0).send(request)
    pools.close()
    assert (sandbox.connections(), sandbox.requests) == (0, [])


@pytest.mark.parametrize(
    "call",
    [
        lambda user: user.api_keys.info(),
        lambda user: user.api_keys.issue(),
        lambda user: user.api_keys.delete(),
    ],
    ids=["info", "issue", "delete"],
)
def test_no_packet_goes_out_for_what_the_eu_does_not_serve(
    face: Face, call: Callable[[User], object]
) -> None:
    """A connected EU user's key operations are refused before any connection is opened."""
    user = connected(face, partner=face.partner(region=Region.EU))
    before = (face.sandbox.connections("eu"), face.sandbox.connections("global"))
    requests = len(face.sandbox.requests)
    with pytest.raises(RegionNotSupported):
        call(user)
    after = (face.sandbox.connections("eu"), face.sandbox.connections("global"))
    assert after == before
    assert len(face.sandbox.requests) == requests


def test_an_eu_user_is_served_by_the_eu(face: Face) -> None:
    """Login, tokens and reads of an EU user never touch the global server."""
    user = connected(face, partner=face.partner(region=Region.EU))
    assert user.bearer.account.balances.main()
    assert face.sandbox.count(region="eu") == len(face.sandbox.requests) > 0


def test_regions_do_not_see_each_others_users(face: Face) -> None:
    """Over one store, a user of the global server is nobody in the EU."""
    connected(face)
    elsewhere = face.partner(region=Region.EU)
    with pytest.raises(NotConnected):
        elsewhere.user("alice").bearer.account.balances.main()
    assert face.sandbox.count(region="eu") == 0


def test_a_login_is_finished_in_its_own_region_alone(face: Face) -> None:
    """A login that was started at one server is unknown to the partner object of another."""
    partner, elsewhere = face.partner(), face.partner(region=Region.EU)
    face.sandbox.add_user("alice")
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    with pytest.raises(StateUnknown):
        elsewhere.connect(callback, state=login.state, user_id="alice")
    assert face.sandbox.count(region="eu") == 0
    partner.connect(callback, state=login.state, user_id="alice")


def test_a_login_is_bound_to_its_region_behind_one_address_too(face: Face) -> None:
    """Where a proxy serves both regions under one address, a login still keeps to its own."""
    both = face.sandbox.global_url
    partner, elsewhere = face.partner(), face.partner(region=Region.EU, base_url=both)
    face.sandbox.add_user("alice")
    login = partner.authorize("alice")
    callback = face.sandbox.person("alice").approve(login.url)
    with pytest.raises(StateUnknown):
        elsewhere.connect(callback, state=login.state, user_id="alice")
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
def test_an_address_that_is_none_is_refused(face: Face, base_url: Any) -> None:
    """A base URL is an origin, and plain http stays on this machine."""
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
def test_a_region_is_not_sent_to_the_other_regions_host(region: Region, base_url: str) -> None:
    """The public host of one region is no address for credentials of the other."""
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
def test_an_address_has_one_origin(base_url: str, origin: str) -> None:
    """Origins are written in one way, so that equal ones compare equal."""
    server = Server.of(Region.GLOBAL, base_url)
    assert server.origin == origin
    assert origin_of(base_url + ("x" if base_url.endswith("/") else "/x")) == origin
    assert server.is_at(base_url)


@pytest.mark.parametrize("region", ["global", "eu", None, "GLOBAL"])
def test_a_region_is_a_region(face: Face, region: Any) -> None:
    """A name is no region: a typing error must not choose a server."""
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
def test_a_key_signs_for_its_own_server_alone(url: str) -> None:
    """A signature is made for the origin that the key is of, and no other."""
    key = ApiKey("alice", UUID, UUID, Secret("c2VjcmV0"), origin="https://whitebit.com:443")
    with pytest.raises(WrongServer):
        key.auth().sign(httpx.Request("POST", url, json={}))


def test_a_stored_key_is_of_the_server_that_issued_it(face: Face) -> None:
    """What `adopt` stores is bound to the partner's server, and found there only."""
    partner, elsewhere = face.partner(), face.partner(region=Region.EU)
    partner.adopt("alice", public_key=UUID, secret="c2VjcmV0")
    with pytest.raises(NotConnected):
        elsewhere.user("alice").signed.account.balances.main()
    assert face.sandbox.requests == []


def test_the_transport_sends_nothing_elsewhere(sandbox: Sandbox) -> None:
    """An endpoint that names an absolute URL of another server gets no request out."""

    class Elsewhere:
        """A generated endpoint gone wrong."""

        @staticmethod
        def build_request(**_: Any) -> dict[str, Any]:
            """Build a request for the other server."""
            return {"method": "get", "url": f"{sandbox.eu_url}/oauth2/api-key/info"}

        sync_detailed = asyncio_detailed = build_request

    pools = Pools(Server.of(Region.GLOBAL, sandbox.global_url), timeout=5.0)
    auth = SignedAuth(UUID, Secret("c2VjcmV0"), origin=origin_of(sandbox.global_url))
    endpoint: Any = Elsewhere()
    request = Send("get_api_key_info", endpoint, auth=auth, parse=lambda body: body)
    with pytest.raises(WrongServer) as caught:
        Transport(pools, timeout=5.0).send(request)
    pools.close()
    assert caught.value.operation == "get_api_key_info"
    assert sandbox.connections() == 0


def test_a_redirect_takes_no_credential_along(face: Face) -> None:
    """A server that redirects to the other region's host is not followed."""
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


def test_a_store_is_not_asked_for_a_region_that_is_refused(face: Face) -> None:
    """The refusal comes before custody is read: not even a user id is looked up."""
    asked: list[str] = []

    class Watched(MemoryStore):
        """A store that notes what is read."""

        def get(self, kind: str, id: str) -> Any:
            """Note, and read."""
            asked.append(kind)
            return super().get(kind, id)

    user = face.partner(region=Region.EU, store=Watched()).user("alice")
    with pytest.raises(RegionNotSupported):
        user.api_keys.issue()
    assert asked == []
