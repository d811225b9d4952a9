"""Checks of the settings alone: nothing is opened and nothing is sent."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ... import Secret
from ...custody.sealing import Sealer
from ...errors import InvalidArgument
from ...http.network import Network
from ...regions import Server
from ...settings.checks import check_redirect_uri
from ...settings.environment import (
    Setting,
    check,
    keys_of,
    missing_in,
    region_of,
    unknown,
)
from ...terminal.listener import is_loopback
from .findings import Finding


def settings(found: Mapping[str, Setting]) -> Iterator[Finding]:
    """Check that nothing is missing or mistyped."""
    for name, meant in unknown():
        if meant is not None:
            yield Finding(
                "variable-unknown", f"{name} is set, and is read by nothing", f"Rename it: {meant}?"
            )
    missing = missing_in(found)
    if missing:
        yield Finding(
            "variable-missing",
            f"not set: {', '.join(missing)}",
            "Set these environment variables; for a secret, NAME_FILE may name a file.",
        )


def redirect_uri(found: Mapping[str, Setting]) -> Iterator[Finding]:
    """Check the redirect URI."""
    uri = str(found["redirect_uri"].value or "")
    if not uri:
        return
    remedy = "Use the redirect URI that WhiteBIT registered, exactly."
    try:
        check_redirect_uri(uri)
        problem = ""
    except InvalidArgument as error:
        problem = error.message.removeprefix("redirect_uri: ")
    if problem:
        yield Finding("redirect-uri", f"the redirect URI: {problem}", remedy)
        return
    parts = urlsplit(uri)
    if parts.username is not None or parts.password is not None:
        yield Finding("redirect-uri", "the redirect URI contains a user or a password", remedy)
    elif parts.scheme == "http" and not is_loopback(uri):
        yield Finding(
            "redirect-uri",
            f"the redirect URI {uri} is http: the code travels in the clear",
            "Register and use an https address; http is for this machine only.",
        )


def server(found: Mapping[str, Setting]) -> Iterator[Finding]:
    """Check region, base URL, and proxy and certificate settings."""
    check({name: one for name, one in found.items() if name in ("base_url", "region")})
    there, network = network_of(found)
    # Certificate variables are set on many machines, and matter only if a connection fails.
    ignored = [name for name in network.ignored_environment() if not name.startswith("SSL_")]
    if ignored:
        yield Finding(
            "proxy-ignored",
            f"{', '.join(ignored)} {'is' if len(ignored) == 1 else 'are'} set, and not used",
            "If requests need a proxy, set WHITEBIT_OAUTH_PROXY; otherwise unset them here.",
        )
    if not there.is_loopback and os.environ.get("SSLKEYLOGFILE"):
        yield Finding(
            "tls-key-log",
            "SSLKEYLOGFILE is set: other programs write their session keys to a file",
            "Unset it. This library ignores it, unless trust_env=True.",
        )


def network_of(found: Mapping[str, Setting]) -> tuple[Server, Network]:
    """Return the server and the connection settings.

    Raises:
        InvalidArgument: one of them cannot be used.
    """
    base_url, proxy, authorities = (found[name].value for name in ("base_url", "proxy", "ca_file"))
    there = Server.of(region_of(found["region"].value), None if base_url is None else str(base_url))
    given: Any = proxy
    verify = True if authorities is None else str(authorities)
    try:
        return there, Network(there, verify=verify, proxy=given)
    except InvalidArgument as error:
        argument, _, problem = error.message.partition(": ")
    name = found["ca_file" if argument == "verify" else "proxy"].variable.name
    raise InvalidArgument(name, problem, hint=f"Correct {name}.")


def encryption_keys(found: Mapping[str, Setting]) -> Iterator[Finding]:
    """Check the form of the encryption keys."""
    value = found["encryption_keys"].value
    if not isinstance(value, Secret):
        return
    keys = keys_of(value)
    Sealer(keys)
    if len({key.reveal() for key in keys}) < len(keys):
        yield Finding(
            "encryption-key-twice", "an encryption key is in the list twice", "Remove one of them."
        )
