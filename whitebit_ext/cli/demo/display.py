"""Output of a demonstration: text on a terminal, or JSON lines for programs."""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

from rich.console import Console
from rich.status import Status
from rich.text import Text

from ..layout import show_pairs, show_words
from .steps import Facts, Outcome, Step


class JsonLines:
    """One JSON object per line for each step, and for the summary at the end."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout

    def begin(self, number: int, step: Step) -> None:
        """Write nothing; a step is written at its end."""

    def end(self, outcome: Outcome) -> None:
        """Write the outcome."""
        self._write(outcome.as_dict())

    def close(self, summary: Facts) -> None:
        """Write the summary."""
        self._write({"step": "summary", **summary})

    def stop(self) -> None:
        """Write nothing; a step is written at its end."""

    def _write(self, line: dict[str, Any]) -> None:
        print(json.dumps(line), file=self._out, flush=True)


class Terminal:
    """Text output: each step with a mark and its facts."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._status: Status | None = None

    def begin(self, number: int, step: Step) -> None:
        """Show a spinner beside the step's title, on a terminal."""
        if self._console.is_terminal:
            self._status = self._console.status(Text(f"{number}. {step.title}"))
            self._status.start()

    def end(self, outcome: Outcome) -> None:
        """Replace the spinner with a mark, and list the facts below."""
        self.stop()
        title = Text.assemble(self._mark(outcome.ok), f" {outcome.number}. {outcome.title}")
        title.stylize("bold")
        show_words(title, self._console)
        if outcome.facts:
            _show(outcome.facts, self._console, 5)

    def stop(self) -> None:
        """Remove the spinner."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def close(self, summary: Facts) -> None:
        """Show the summary as a list of results."""
        self._console.print()
        ok = bool(summary["ok"])
        result = "All steps succeeded." if ok else "Not all steps succeeded."
        self._console.print(Text(result, style="bold green" if ok else "bold red"))
        results = {name: value for name, value in summary.items() if name != "ok"}
        _show(results, self._console, 2)

    def _mark(self, ok: bool) -> Text:
        plain = self._console.options.ascii_only
        if ok:
            return Text("ok" if plain else "✓", style="green")
        return Text("FAILED" if plain else "✗", style="red")


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


def show_sandbox(facts: Facts, console: Console | None = None) -> None:
    """Show the URLs and credentials of a sandbox, and how to use it.

    Args:
        facts: URLs, credentials and users; the client secret is valid in the sandbox only.
        console: The console to print to.
    """
    console = console or Console(highlight=False)
    console.print(Text("Sandbox", style="bold"))
    _show(facts, console, 2)
    # Not wrapped, so that it can be copied.
    use = _USE.format(**facts, redirect_uri=facts["redirect_uris"][0])
    console.print(Text("\nUse it:\n", style="bold"))
    console.print(Text(use), soft_wrap=True)
    console.print(Text("\nPress Ctrl-C to stop.", style="dim"))


def _show(facts: Facts, console: Console, indent: int) -> None:
    pairs = [(name.replace("_", " "), _formatted(value)) for name, value in facts.items()]
    show_pairs(pairs, console, indent)


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
