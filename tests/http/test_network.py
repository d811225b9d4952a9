"""Arguments configure how connections are made; the environment does not."""

from __future__ import annotations

import ssl
import traceback
from pathlib import Path
from typing import Any

import httpx
import pytest

from whitebit_ext import Region, Secret
from whitebit_ext.errors import InvalidArgument
from whitebit_ext.http.network import Network
from whitebit_ext.regions import Server

from .raw_server import NAME, Face, RawServer, answer, good

FAR = Server.of(Region.GLOBAL)
HERE = Server.of(Region.GLOBAL, "https://127.0.0.1:9")
PASSWORD = "made-up-proxy-password"  # made up
VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy")


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Set every variable to a value that fails when used, and return the key log file."""
    with RawServer(good) as server:
        url = server.url
    for name in VARIABLES:
        monkeypatch.setenv(name, url)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "absent.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "absent"))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    (tmp_path / ".netrc").write_text("default login alice password made-up\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    return tmp_path / "keys.log"


def test_environment_is_ignored(face: Face, pem: Path, dead: Path) -> None:
    """Proxies, CA files, key log and .netrc are ignored, and a hint can name ignored variables."""
    assert Network(FAR).proxy is None
    with RawServer(good, tls=pem) as server:
        network = Network(Server.of(Region.GLOBAL, server.url), verify=pem)
        assert face.get(face.pools(server.url, network=network)) == b"{}"
        assert b"authorization" not in server.heads[0].lower()
    assert not dead.exists()
    ignored = set(Network(FAR).ignored_environment())
    assert ignored >= {"SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "all_proxy"}
    assert Network(HERE, verify=pem).ignored_environment() == ()


@pytest.mark.usefixtures("dead")
def test_loopback_server_is_reached_without_proxy(face: Face, pem: Path) -> None:
    """A proxy is not used for a loopback server, whoever names it."""
    with RawServer(good) as server, RawServer(good) as proxy:
        here = Server.of(Region.GLOBAL, server.url)
        for network in (Network(here, proxy=proxy.url), Network(here, trust_env=True, verify=pem)):
            assert face.get(face.pools(server.url, network=network)) == b"{}"
        assert proxy.connections == 0


def test_trust_env_uses_the_environment(
    monkeypatch: pytest.MonkeyPatch, face: Face, pem: Path, tmp_path: Path
) -> None:
    """`trust_env=True` uses the variables that httpx uses."""
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    network = Network(FAR, trust_env=True)
    assert network.proxy
    assert network.proxy.url == "http://proxy.example:3128"
    assert network.ignored_environment() == ()
    with RawServer(good, tls=pem) as server:
        network = Network(Server.of(Region.GLOBAL, server.url), trust_env=True)
        assert face.get(face.pools(server.url, network=network)) == b"{}"
    assert (tmp_path / "keys.log").read_text()
    monkeypatch.setenv("NO_PROXY", "whitebit.com")
    assert Network(FAR, trust_env=True).proxy is None


def test_request_is_sent_through_the_proxy(face: Face, pem: Path) -> None:
    """A server that is not on loopback is reached through the proxy, with its password."""

    def tunnel(server: RawServer, sock: Any) -> None:
        server.read(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with server.secured(sock) as secured:
            while server.read(secured):
                secured.sendall(answer(b"[]"))

    with RawServer(tunnel, tls=pem) as server:
        url = f"https://{NAME}"
        proxy = Secret(f"http://alice:{PASSWORD}@{server.address}")
        network = Network(Server.of(Region.GLOBAL, url), verify=pem, proxy=proxy)
        assert face.get(face.pools(url, network=network)) == b"[]"
        assert server.heads[0].startswith(f"CONNECT {NAME}:443".encode())
        assert b"proxy-authorization: basic " in server.heads[0].lower()
        assert b"proxy-authorization" not in server.heads[1].lower()


def test_unknown_authority_is_not_trusted(face: Face, pem: Path) -> None:
    """A certificate of an unknown authority is refused, unless `verify=False`."""
    with RawServer(good, tls=pem) as server:
        here = Server.of(Region.GLOBAL, server.url)
        with pytest.raises(httpx.ConnectError):
            face.get(face.pools(server.url, network=Network(here)))
        network = Network(here, verify=False)
        assert face.get(face.pools(server.url, network=network)) == b"{}"
        context = ssl.create_default_context(cafile=pem)
        assert Network(here, verify=context).tls is context


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("verify", False),
        ("verify", 1.5),
        ("verify", None),
        ("verify", "/absent.pem"),
        ("verify", "a\0b"),
        ("verify", __file__),
        ("verify", "/"),
        ("proxy", 5),
        ("proxy", ""),
        ("proxy", "proxy.example:3128"),
        ("proxy", f"ftp://alice:{PASSWORD}@proxy.example"),
        ("proxy", f"http://alice:{PASSWORD}@proxy.example:99999"),
        ("proxy", f"http://alice:{PASSWORD}@"),
        ("proxy", f"http://alice:{PASSWORD}@proxy..example"),
        ("proxy", f"socks5://alice:{PASSWORD}@proxy.example"),
        ("trust_env", "yes"),
    ],
)
def test_wrong_argument_is_named_at_once(argument: str, value: Any) -> None:
    """The error names the argument, and no frame of the library shows the proxy's password."""
    with pytest.raises(InvalidArgument) as caught:
        Network(FAR, **{argument: value})
    assert caught.value.argument == argument
    assert caught.value.__context__ is None
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [frame for frame in shown.stack if "/tests/" not in frame.filename]
    assert PASSWORD not in f"{[frame.locals for frame in frames]} {caught.value}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSL_CERT_FILE", "/absent.pem"),
        ("SSLKEYLOGFILE", "/absent/keys.log"),
        ("HTTPS_PROXY", f"ftp://alice:{PASSWORD}@proxy.example"),
    ],
)
def test_unusable_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """With `trust_env=True`, a variable that cannot be used is an invalid argument."""
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidArgument) as caught:
        Network(FAR, trust_env=True)
    assert caught.value.argument == "trust_env"
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("name", ["a" * 70 + ".example", ".example", "a..example"])
def test_invalid_host_name_is_refused(name: str) -> None:
    """A host name that the resolver cannot look up is an invalid argument."""
    with pytest.raises(InvalidArgument) as caught:
        Network(Server.of(Region.GLOBAL, f"https://{name}"))
    assert caught.value.argument == "base_url"
    assert caught.value.__context__ is None
