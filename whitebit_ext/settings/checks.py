"""Checks of single arguments; light, since every call makes some."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..errors import InvalidArgument
from ..secret import Secret

_LONGEST_ID = 255


def check_user(user_id: str) -> str:
    """Return the user id if it is valid.

    Raises:
        InvalidArgument: it is not.
    """
    check_text("user_id", user_id)
    return user_id


def check_binding(binding: object) -> None:
    """Check the binding that the browser session kept.

    Raises:
        InvalidArgument: it is neither text nor ``None``.
    """
    if binding is not None and not isinstance(binding, str):
        raise InvalidArgument("binding", "expected the str that the browser session kept")


def check_kind(kind: object) -> None:
    """Check the kind of a login.

    Raises:
        InvalidArgument: there is no such kind.
    """
    if kind not in ("web", "terminal"):
        raise InvalidArgument("kind", "expected 'web' or 'terminal'")


def check_text(argument: str, value: object) -> None:
    """Check that a value is printable text that is not empty.

    Raises:
        InvalidArgument: it is not; the message does not contain the value.
    """
    problem = _problem(value)
    if problem is not None:
        raise InvalidArgument(argument, problem)
    if argument in ("user_id", "client_id", "egress") and len(str(value)) > _LONGEST_ID:
        raise InvalidArgument(argument, f"it is longer than {_LONGEST_ID} characters")


def check_secret(argument: str, value: object) -> Secret:
    """Return confidential text, given as ``str`` or ``Secret``, as a ``Secret``.

    Raises:
        InvalidArgument: it is not printable text.
    """
    secret = value if isinstance(value, Secret) else None
    problem = _problem(value if secret is None else secret.reveal())
    if problem is not None:
        raise InvalidArgument(argument, problem)
    return Secret(str(value)) if secret is None else secret


def check_key_id(argument: str, value: object) -> None:
    """Check the id of a key, which is used in headers and paths.

    Raises:
        InvalidArgument: it is not valid.
    """
    check_text(argument, value)
    if not str(value).isascii() or " " in str(value):
        raise InvalidArgument(argument, "it contains a character that a key id cannot have")


def _problem(value: object) -> str | None:
    if not isinstance(value, str):
        return f"expected a str, got {type(value).__name__}"
    if not value.strip():
        return "it is empty"
    return None if value.isprintable() else "it contains a character that is not printable"


def check_redirect_uri(redirect_uri: str) -> None:
    """Check that a redirect URI is a web address without a fragment.

    Raises:
        InvalidArgument: it is not.
    """
    check_text("redirect_uri", redirect_uri)
    try:
        parts = urlsplit(redirect_uri)
        readable = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, a bracket too many
        readable = False
    if not readable:
        raise InvalidArgument("redirect_uri", "expected the registered https://… address")
    if "#" in redirect_uri:  # RFC 6749, section 3.1.2
        raise InvalidArgument("redirect_uri", "it must not have a fragment")
