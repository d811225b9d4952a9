"""The cookies: one per login with its binding, one for the way back, one for a delayed callback.

The ``Cookie`` header is parsed here and not by the framework. A sibling domain can set a cookie
whose name begins with a no-break space before ``__Host-``: browsers do not recognise the prefix,
so they accept it, and parsers that trim Unicode spaces read it as the genuine name.
"""

from __future__ import annotations

import re

_PREFIX = "whitebit-"
_DIGITS = 16
"""Hexadecimal digits of a login's id in the name of its cookie."""
_LOGIN = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")
_VALUE = re.compile(r"v1\.([0-9]{1,12})\.([A-Za-z0-9_-]{16,512})", re.ASCII)
_KEPT = 5
"""Logins of one browser whose cookies are kept; a user has as many open at most."""

NEXT = "next"
FINISH = "finish"


def parse(header: str) -> dict[str, list[str]]:
    """Return the values of each cookie of a raw header, decoded as Latin-1 (RFC 6265, section 5.4).

    Only space and tab are trimmed, and names are compared exactly.
    """
    found: dict[str, list[str]] = {}
    for part in header.split(";"):
        name, separator, value = part.strip(" \t").partition("=")
        if separator:
            found.setdefault(name, []).append(value)
    return found


class Cookies:
    """The cookies of one registration, whose redirect URI decides their form.

    Over https their names begin with ``__Host-``: then a browser takes them from this host alone,
    over https, for the path ``/`` (RFC 6265bis, section 4.1.3.2). The scheme is that of the
    registered redirect URI, since a TLS proxy may hide the scheme of the request.

    Args:
        secure: Whether the redirect URI is an https address.
    """

    def __init__(self, *, secure: bool) -> None:
        self._prefix = f"__Host-{_PREFIX}" if secure else _PREFIX
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")

    def read(self, header: str, name: str) -> str | None:
        """Return the value of a cookie; ``None`` where it is missing or came more than once."""
        values = parse(header).get(self._prefix + name, [])
        return values[0] if len(values) == 1 else None

    def binding(self, header: str, login: str) -> str | None:
        """Return the binding of a login, if this browser has it."""
        match = _VALUE.fullmatch(self.read(header, login[:_DIGITS]) or "")
        return match.group(2) if match else None

    def binding_set(
        self, header: str, login: str, binding: str, *, now: float, seconds: float
    ) -> tuple[tuple[str, str], ...]:
        """Return the headers that set the binding of a login, and delete the oldest ones.

        Args:
            header: The raw ``Cookie`` header of the request.
            login: The id of the login, which names the cookie.
            binding: Its binding.
            now: Unix time.
            seconds: How long the login is open.
        """
        headers = [self.set(login[:_DIGITS], f"v1.{int(now)}.{binding}", seconds)]
        issued = []
        for name, values in parse(header).items():
            prefix, login = name[: len(self._prefix)], name[len(self._prefix) :]
            match = _VALUE.fullmatch(values[0])
            # Only names of our own making are written into a header.
            if match and prefix == self._prefix and _LOGIN.fullmatch(login):
                issued.append((int(match.group(1)), login))
        for _, name in sorted(issued, reverse=True)[_KEPT - 1 :]:
            headers.append(self.delete(name))
        return tuple(headers)

    def set(self, name: str, value: str, seconds: float) -> tuple[str, str]:
        """Return the header that sets a cookie for some seconds."""
        age = f"; Max-Age={max(0, int(seconds))}"
        return "Set-Cookie", f"{self._prefix}{name}={value}{self._attributes}{age}"

    def delete(self, name: str) -> tuple[str, str]:
        """Return the header that deletes a cookie."""
        return self.set(name, "", 0)
