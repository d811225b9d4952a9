"""The configuration of the application."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core import checks, signals
from django.db.models.signals import post_delete


class WhiteBITConfig(AppConfig):
    """Registers the checks, and erases what is stored of users that are deleted."""

    name = "whitebit_ext.integrations.django"
    label = "whitebit"
    verbose_name = "WhiteBIT"

    def ready(self) -> None:
        """Connect signals and checks; nothing is opened."""
        from . import conf
        from .system_checks import check

        checks.register(check)
        if conf.setting("ERASE_DELETED_USERS"):
            post_delete.connect(_erase, dispatch_uid="whitebit.erase")
        signals.setting_changed.connect(_reset, dispatch_uid="whitebit.reset")


def _erase(sender: Any, instance: Any, using: str, **_: Any) -> None:
    """Erase a user who was deleted: a reused primary key would inherit the API key."""
    from django.contrib.auth import get_user_model
    from django.db import transaction

    from . import conf

    if issubclass(sender, get_user_model()):
        user_id = str(instance.pk)
        transaction.on_commit(lambda: conf.partner().erase(user_id), using=using)


def _reset(setting: str, **_: Any) -> None:
    from . import conf

    if setting in ("WHITEBIT", "DATABASES"):
        conf.reset()
