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
                     as in ``whitebit_ext.integrations.values.Options``; ``AFTER`` and
                     ``LOGIN_URL``, by default that of Django, may also be names of URLs
===================  ==============================================================================

Callables are given as such or by their dotted names.
"""

from __future__ import annotations

import threading
from typing import Any

import attrs
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.module_loading import import_string

from ..._sync.client import WhiteBIT
from ..core import Core
from ..values import CALLABLES, Options
from .store import DjangoStore

_DEFAULTS: dict[str, Any] = {
    "PARTNER": None,
    "DATABASE": "default",
    "USER_ID": "whitebit_ext.integrations.django.conf.user_id",
    "ERASE_DELETED_USERS": True,
}
_OPTIONS = frozenset(field.name for field in attrs.fields(Options))
KEYS = frozenset({*_DEFAULTS, *(name.upper() for name in _OPTIONS)})

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
    given = {**_DEFAULTS, "LOGIN_URL": settings.LOGIN_URL, **getattr(settings, "WHITEBIT", {})}
    chosen = {name: given[name.upper()] for name in _OPTIONS if name.upper() in given}
    chosen.update((name, _found(chosen.get(name))) for name in CALLABLES)
    for name in {"after", "login_url"} & chosen.keys():
        if chosen[name] is not None:
            chosen[name] = resolve_url(chosen[name])
    return Options(**chosen)


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
