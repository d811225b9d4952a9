"""The system checks of ``manage.py check``."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, Resolver404, resolve

from ...errors import WhiteBITError
from . import conf
from .store import store_url


def check(**_: Any) -> list[CheckMessage]:
    """Check the settings; nothing is sent, and no database is opened."""
    found: list[CheckMessage] = []
    unknown = sorted(getattr(settings, "WHITEBIT", {}).keys() - conf.KEYS)
    if unknown:
        found.append(
            Error(
                f"WHITEBIT has unknown keys: {', '.join(unknown)}",
                hint=f"The keys are {', '.join(sorted(conf.KEYS))}.",
                id="whitebit.E001",
            )
        )
    if conf.setting("PARTNER") is None:
        try:
            store_url(conf.setting("DATABASE"))
        except ImproperlyConfigured as error:
            found.append(Error(str(error), id="whitebit.E003"))
    try:
        conf.core()
    except (WhiteBITError, ImproperlyConfigured, ImportError, NoReverseMatch) as error:
        hint = error.hint if isinstance(error, WhiteBITError) else None
        message = error.message if isinstance(error, WhiteBITError) else str(error)
        return [*found, Error(message, hint=hint, id="whitebit.E002")]
    return [*found, *_addresses(conf.partner().redirect_uri)]


def _addresses(redirect_uri: str) -> list[CheckMessage]:
    """Compare the redirect URI with the project's URLs and cookies."""
    parts = urlsplit(redirect_uri)
    found: list[CheckMessage] = []
    # Of the prefix of a proxy, which Django may learn with a request only, nothing is known here.
    steps = parts.path.split("/")
    if not any(_is_callback("/" + "/".join(steps[i:])) for i in range(1, len(steps))):
        found.append(
            Warning(
                f"no URL of this project is a callback at {parts.path}, as the redirect URI says",
                hint="Include whitebit_ext.integrations.django.urls, and register the address of "
                "its callback with WhiteBIT, to the letter.",
                id="whitebit.W001",
            )
        )
    if parts.scheme == "https" and not (
        settings.SECURE_PROXY_SSL_HEADER or settings.CSRF_TRUSTED_ORIGINS
    ):
        found.append(
            Warning(
                "behind a TLS proxy Django takes requests for http, and refuses forms",
                hint="Set SECURE_PROXY_SSL_HEADER, or CSRF_TRUSTED_ORIGINS to "
                f"['{parts.scheme}://{parts.netloc}'].",
                id="whitebit.W002",
            )
        )
    return found


def _is_callback(path: str) -> bool:
    try:
        found = resolve(path)
    except Resolver404:
        return False
    return found.url_name == "callback" and found.app_names[-1:] == ["whitebit"]
