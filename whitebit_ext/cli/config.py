"""`whitebit-oauth config`: the settings, and where each comes from."""

from __future__ import annotations

import json

import typer

from .. import Region, Secret
from ..settings.environment import Setting, check, is_factory, settings_of
from .layout import Grid, show
from .options import AsJson, with_options
from .partner import PartnerOptions

config = typer.Typer(
    help="Show the settings of the partner.", no_args_is_help=True, rich_markup_mode=None
)


@config.callback()
def group() -> None:
    """Show the settings of the partner."""


@config.command("show")
@with_options(PartnerOptions)
def show_settings(options: PartnerOptions, as_json: AsJson = False) -> None:
    """Show each setting with its source: a flag, a variable, a file or the default.

    A confidential value is not shown. Exits with 2 if a partner cannot be made of them.
    """
    settings = settings_of(options.flags())
    facts = {name: _facts(setting) for name, setting in settings.items()}
    if as_json:
        print(json.dumps(facts))
    else:
        titles = ("variable", "value", "source")
        rows = [[fact[name] or "" for name in titles] for fact in facts.values()]
        show(Grid(titles, rows))
    check(settings)


def _facts(setting: Setting) -> dict[str, str | None]:
    source = {
        "argument": f"--{setting.variable.argument.replace('_', '-')}",
        "environment": "environment",
        "file": setting.name,
    }
    return {
        "variable": setting.variable.name,
        "value": _shown(setting),
        "source": source.get(setting.source, setting.source),
    }


def _shown(setting: Setting) -> str | None:
    value = setting.value
    if isinstance(value, Region):
        return value.value
    plain = value.reveal() if isinstance(value, Secret) else value
    if plain is None:
        return None
    text = str(plain)
    # A file or a function has no password; the URL of a server may have one in any part.
    is_open_store = setting.variable.argument == "store" and (
        text.startswith("sqlite:") or is_factory(text)
    )
    confidential = setting.variable.is_secret or setting.variable.hides
    return text if is_open_store or not confidential else "(hidden)"
