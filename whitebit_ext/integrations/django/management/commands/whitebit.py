"""``manage.py whitebit …``: ``whitebit-oauth …`` over the project's database."""

from __future__ import annotations

import os
import sys
from importlib.metadata import entry_points

from django.core.management.base import BaseCommand

from ... import conf
from ...store import store_url


class Command(BaseCommand):
    """Passes its arguments on to ``whitebit-oauth``."""

    help = "Run a command of whitebit-oauth over the project's database, e.g. whitebit worker."
    requires_system_checks = ()

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the command line; its store is the project's, unless the environment names one."""
        if conf.setting("PARTNER") is None and "WHITEBIT_OAUTH_STORE" not in os.environ:
            url = store_url(conf.setting("DATABASE"))
            os.environ["WHITEBIT_OAUTH_STORE"] = url.render_as_string(hide_password=False)
        (program,) = entry_points(group="console_scripts", name="whitebit-oauth")
        sys.argv = [program.name, *argv[2:]]
        program.load()()
