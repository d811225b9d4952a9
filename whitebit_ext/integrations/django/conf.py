"""The setting ``WHITEBIT``, a dictionary, and the partner that it describes.

===================  ==============================================================================
key                  meaning
===================  ==============================================================================
PARTNER              dotted name of a function that returns a ``WhiteBIT``; by default
                     ``WhiteBIT.from_env(store=DjangoStore(DATABASE))``
DATABASE             alias of the database for ``DjangoStore`` and the migration; ``default``
USER_ID              id of the signed-in user for a request; by default the user's primary key
ERASE_DELETED_USERS  whether what is stored of a user is erased when the user is deleted; ``True``.
                     With a ``USER_ID`` of your own set it to ``False`` and call ``erase()``
MAY_CONNECT, USER_LABEL, REQUIRE, FORBID, AFTER, LOGIN_URL, ORIGINS, ON_ERROR, RENDER
                     as in ``whitebit_ext.integrations.values.Options``; ``LOGIN_URL`` is that of
                     Django by default
===================  ==============================================================================

Callables are given as such or by their dotted names.
"""

from __future__ import annotations

import threading
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.module_loading import import_string

from ..._sync.client import WhiteBIT
from ..core import Core
from ..values import Options
from .store import DjangoStore

_DEFAULTS: dict[str, Any] = {
    "PARTNER": None,
    "DATABASE": "default",
    "USER_ID": "whitebit_ext.integrations.django.conf.user_id",
    "ERASE_DELETED_USERS": True,
}
_OPTIONS = {
    "MAY_CONNECT", "USER_LABEL", "REQUIRE", "FORBID", "AFTER", "ORIGINS", "ON_ERROR", "RENDER"
}  # fmt: skip
_CALLABLES = ("MAY_CONNECT", "USER_LABEL", "ON_ERROR", "RENDER")
KEYS = frozenset({*_DEFAULTS, *_OPTIONS, "LOGIN_URL"})

_lock = threading.RLock()
_made: dict[str, Any] = {}


def setting(name: str) -> Any:
    """Return a value of the dictionary, or its default."""
    return getattr(settings, "WHITEBIT", {}).get(name, _DEFAULTS.get(name))


def user_id(request: HttpRequest) -> str | None:
    """Return the primary key of the signed-in user."""
    return str(request.user.pk) if request.user.is_authenticated else None


def partner() -> WhiteBIT:
    """Return the partner of this process, made on first use.

    Raises:
        ImproperlyConfigured: ``PARTNER`` names something else.
    """
    with _lock:
        if "partner" not in _made:
            named = setting("PARTNER")
            made = _from_env() if named is None else _found(named)()
            if not isinstance(made, WhiteBIT):
                raise ImproperlyConfigured("WHITEBIT['PARTNER'] must return a WhiteBIT")
            _made["partner"] = made
        found: WhiteBIT = _made["partner"]
        return found


def core() -> Core:
    """Return the routes of this process."""
    with _lock:
        if "core" not in _made:
            _made["core"] = Core(partner(), options())
        found: Core = _made["core"]
        return found


def options() -> Options:
    """Return what the settings say about users and pages."""
    given = getattr(settings, "WHITEBIT", {})
    chosen = {name.lower(): given[name] for name in sorted(_OPTIONS & given.keys())}
    for name in _CALLABLES:
        if chosen.get(name.lower()) is not None:
            chosen[name.lower()] = _found(chosen[name.lower()])
    login_url = given.get("LOGIN_URL", settings.LOGIN_URL)
    return Options(
        user_id=_found(setting("USER_ID")),
        login_url=None if login_url is None else resolve_url(login_url),
        **chosen,
    )


def reset() -> None:
    """Forget the partner after settings have changed, in tests; one made here is closed."""
    with _lock:
        made = _made.pop("partner", None)
        _made.clear()
        if made is not None and setting("PARTNER") is None:
            made.close()


def _from_env() -> WhiteBIT:
    return WhiteBIT.from_env(store=DjangoStore(setting("DATABASE")))


def _found(named: Any) -> Any:
    return import_string(named) if isinstance(named, str) else named
