"""Output of a demonstration and of a sandbox, for people."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from ..layout import show_pairs, show_words
from .steps import Facts, Outcome


def show_outcome(outcome: Outcome) -> None:
    """Show a step with a mark, and its facts below."""
    mark = Text("✓", "green") if outcome.ok else Text("✗", "red")
    title = Text.assemble(mark, f" {outcome.number}. {outcome.title}")
    title.stylize("bold")
    show_words(title)
    _show(outcome.facts, 5)


def show_summary(summary: Facts) -> None:
    """Show what the steps have proved."""
    ok = bool(summary["ok"])
    print()
    result = "All steps succeeded." if ok else "Not all steps succeeded."
    show_words(result, style="bold green" if ok else "bold red")
    _show({name: value for name, value in summary.items() if name != "ok"}, 2)


_USE = """\
from whitebit_ext import MemoryStore, Region, WhiteBIT, generate_encryption_key

partner = WhiteBIT(
    client_id={client_id!r},
    client_secret={client_secret!r},
    redirect_uri={redirect_uri!r},
    region=Region.GLOBAL,
    base_url={global_url!r},
    store=MemoryStore(),
    encryption_keys=[generate_encryption_key()],
)
login = partner.authorize(user_id="alice")
print(login.url)"""


def show_sandbox(facts: Facts) -> None:
    """Show the URLs and credentials of a sandbox, and how to use it.

    Args:
        facts: URLs, credentials and users; the client secret is valid in the sandbox only.
    """
    show_words("Sandbox", style="bold")
    _show(facts, 2)
    show_words("\nUse it:\n", style="bold")
    # Not wrapped, so that it can be copied.
    print(_USE.format(**facts, redirect_uri=facts["redirect_uris"][0]))
    show_words("\nPress Ctrl-C to stop.", style="dim")


def _show(facts: Facts, indent: int) -> None:
    pairs = [(name.replace("_", " "), _formatted(value)) for name, value in facts.items()]
    show_pairs(pairs, indent=indent)


def _formatted(value: Any) -> Text:
    """Return a JSON value as plain text, without markup."""
    match value:
        case True:
            return Text("yes", style="green")
        case False:
            return Text("no", style="red")
        case None | []:
            return Text("none")
        case list():
            return Text(", ".join(str(item) for item in value))
    return Text(str(value))
