"""The system checks of ``manage.py check``."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse

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
        conf.options()
        redirect_uri = conf.partner().redirect_uri
    except (WhiteBITError, ImproperlyConfigured, ImportError) as error:
        hint = error.hint if isinstance(error, WhiteBITError) else None
        message = error.message if isinstance(error, WhiteBITError) else str(error)
        return [*found, Error(message, hint=hint, id="whitebit.E002")]
    return [*found, *_addresses(redirect_uri)]


def _addresses(redirect_uri: str) -> list[CheckMessage]:
    """Compare the redirect URI with the project's URLs and cookies."""
    parts = urlsplit(redirect_uri)
    try:
        path = reverse("whitebit:callback")
    except NoReverseMatch:
        return [
            Error(
                "the URLs of whitebit_ext.integrations.django.urls are not included",
                id="whitebit.E004",
            )
        ]
    found: list[CheckMessage] = []
    if parts.path != path:
        found.append(
            Warning(
                f"the redirect URI has the path {parts.path}, and the callback is at {path}",
                hint="Register the address of the callback with WhiteBIT, to the letter.",
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
