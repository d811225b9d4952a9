"""Connection settings: CA certificates and proxy, from arguments, not the environment."""

from __future__ import annotations

import importlib.util
import os
import ssl
from urllib.request import getproxies, proxy_bypass

import certifi
import httpcore
import httpx

from ..errors import InvalidArgument
from ..regions import Server
from ..secret import Secret

Verify = bool | str | os.PathLike[str] | ssl.SSLContext
ProxyGiven = str | Secret | httpx.Proxy | None

_CA_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


class Network:
    """The TLS context and proxy for one server, created and checked immediately.

    Nothing is read from the environment: no proxies, CA certificates or file for TLS session keys.
    A loopback server is never reached through a proxy.

    Args:
        server: The server.
        verify: ``True`` for the CA certificates of ``certifi``, the path of a PEM file with others,
            or an ``ssl.SSLContext``, used unchanged. ``False`` disables verification and is
            accepted for a loopback server only.
        proxy: The URL of an HTTP or SOCKS proxy, or an ``httpx.Proxy``.
        trust_env: Read what is not given from ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` (on
            macOS and Windows from the system's settings too), ``SSL_CERT_FILE``, ``SSL_CERT_DIR``
            and ``SSLKEYLOGFILE``.

    Raises:
        InvalidArgument: an argument, or with ``trust_env`` a variable, cannot be used.
    """

    def __init__(
        self,
        server: Server,
        *,
        verify: Verify = True,
        proxy: ProxyGiven = None,
        trust_env: bool = False,
    ) -> None:
        proxy = Secret(proxy) if isinstance(proxy, str) else proxy  # may contain a password
        if not isinstance(trust_env, bool):
            raise InvalidArgument("trust_env", "expected True or False")
        if not _is_name(httpx.URL(server.base_url).host):
            raise InvalidArgument("base_url", "its host cannot be a host name")
        self._server = server
        self._given = (verify is not True, proxy is not None)
        self._trust_env = trust_env
        self.tls = _tls(server, verify, trust_env)
        self.proxy = _proxy(server, proxy, trust_env)

    def httpcore_proxy(self) -> httpcore.Proxy | None:
        """Return the proxy as an ``httpcore.Proxy``."""
        if self.proxy is None:
            return None
        url = self.proxy.url
        to_proxy = (self.proxy.ssl_context or self.tls) if url.scheme == "https" else None
        return httpcore.Proxy(
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            auth=self.proxy.raw_auth,
            headers=self.proxy.headers.raw,
            ssl_context=to_proxy,
        )

    def ignored_environment(self) -> tuple[str, ...]:
        """Return the names of set variables that ``trust_env=True`` would use, never their values.

        A failed connection may need such a variable: hints name them.
        """
        if self._trust_env:
            return ()
        verify_given, proxy_given = self._given
        names: tuple[str, ...] = () if verify_given else _CA_VARIABLES
        if not proxy_given and not self._server.is_loopback:
            names += _PROXY_VARIABLES
        return tuple(name for name in names if os.environ.get(name))


def _tls(server: Server, verify: Verify, trust_env: bool) -> ssl.SSLContext:
    """Build the context directly: `ssl.create_default_context` uses SSLKEYLOGFILE."""
    if isinstance(verify, ssl.SSLContext):
        return verify
    if not isinstance(verify, bool | str | os.PathLike):
        raise InvalidArgument("verify", "expected True, the path of a CA file or an SSLContext")
    if verify is False and not server.is_loopback:
        raise InvalidArgument("verify", "False is accepted for a loopback server only")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and host name
    environment = os.environ if trust_env else {}
    authorities, folder = None, None
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif verify is not True:
        authorities = os.fspath(verify)
    elif not (authorities := environment.get("SSL_CERT_FILE") or None):
        folder = environment.get("SSL_CERT_DIR") or None
        if not folder and server.origin.startswith("https:"):  # loading them is slow
            authorities = certifi.where()
    try:
        if authorities or folder:
            context.load_verify_locations(authorities, folder)
        if log := environment.get("SSLKEYLOGFILE"):
            context.keylog_filename = log
    except (OSError, ValueError) as error:
        problem = type(error).__name__
    else:
        return context
    if verify is not True:
        raise InvalidArgument("verify", f"no CA certificates can be read from it ({problem})")
    raise InvalidArgument(
        "trust_env", f"what SSL_CERT_FILE or SSLKEYLOGFILE names cannot be used ({problem})"
    )


def _proxy(
    server: Server, given: Secret | httpx.Proxy | None, trust_env: bool
) -> httpx.Proxy | None:
    if given is not None and not isinstance(given, Secret | httpx.Proxy):
        raise InvalidArgument("proxy", "expected a URL or an httpx.Proxy")
    argument = "proxy"
    if given is None and trust_env and not server.is_loopback:
        argument, given = "trust_env", _proxy_of_environment(server)
    proxy = _parsed(given) if isinstance(given, Secret) else given
    if given is None:
        return None
    if proxy is None or not _is_name(proxy.url.host) or (proxy.url.port or 0) > 65535:
        raise InvalidArgument(argument, "the proxy is not a URL such as http://host:port")
    if proxy.url.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise InvalidArgument(argument, "a SOCKS proxy needs the package httpx[socks]")
    return None if server.is_loopback else proxy


def _parsed(url: Secret) -> httpx.Proxy | None:
    try:
        return httpx.Proxy(url.reveal())
    except (ValueError, httpx.InvalidURL):
        return None


def _is_name(host: str) -> bool:
    """Return whether a host can be resolved: otherwise a request would raise `UnicodeError`."""
    try:
        return bool(host.encode("idna"))
    except UnicodeError:
        return False


def _proxy_of_environment(server: Server) -> Secret | None:
    host = httpx.URL(server.base_url).host
    proxies = getproxies()
    if proxy_bypass(host) or not (url := proxies.get("https") or proxies.get("all")):
        return None
    return Secret(url if "://" in url else f"http://{url}")
