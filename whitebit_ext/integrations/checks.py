"""What a request must be like: who may have sent it, and where it may lead."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

_LONGEST_PATH = 2_000
_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", re.ASCII)


def is_path(value: str) -> bool:
    """Return whether an address stays in this application, for a redirect or link.

    It begins with exactly one slash, is printable ASCII without spaces and backslashes (browsers
    read them as slashes), and has neither scheme nor host.
    """
    if len(value) > _LONGEST_PATH or not _PATH.fullmatch(value):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc


def is_prefetch(headers: Mapping[str, str]) -> bool:
    """Return whether a browser fetches a page that the user has not asked for yet."""
    return any(
        "prefetch" in headers.get(name, "").lower() for name in ("sec-purpose", "purpose", "x-moz")
    )


def is_page(headers: Mapping[str, str]) -> bool:
    """Return whether a browser shows the response as a page of its own, as far as it says so.

    Images, frames and scripts of other sites are not the user's own navigation. Browsers that send
    no fetch metadata pass, and plain http addresses other than loopback get none.
    """
    return headers.get("sec-fetch-dest", "document") == "document"


def is_own(headers: Mapping[str, str], origins: Collection[str]) -> bool:
    """Return whether a page of a listed origin has sent the request, so that it is not forged.

    A request with neither header is refused: browsers send at least one of them with a POST.
    """
    if headers.get("sec-fetch-site") == "same-origin":
        return True
    return headers.get("origin", "null") in origins


def is_without_cookies(headers: Mapping[str, str]) -> bool:
    """Return whether a program authenticates with a token that no browser adds by itself."""
    return headers.get("authorization", "")[:7].lower() == "bearer "


def is_canonical(headers: Mapping[str, str], redirect_uri: str) -> bool:
    """Return whether a request came to the host of the redirect URI, where cookies will be."""
    return _host(headers.get("host", "")) == _host(urlsplit(redirect_uri).netloc)


def origin(url: str) -> str:
    """Return the origin of an address, as a browser writes it in ``Origin``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{_host(parts.netloc)}"


def _host(netloc: str) -> str:
    host = netloc.lower().rstrip(".")
    return host.removesuffix(":443").removesuffix(":80")
