"""How a demonstration is shown: to a person on a terminal, or to a program as JSON lines."""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from .steps import Facts, Outcome, Step


class JsonLines:
    """Write one JSON object per step and line, the summary last."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout

    def begin(self, number: int, step: Step) -> None:
        """Write nothing: a step is told when it is over."""

    def end(self, outcome: Outcome) -> None:
        """Write the outcome."""
        self._write(outcome.as_dict())

    def close(self, summary: Facts) -> None:
        """Write the summary."""
        self._write({"step": "summary", **summary})

    def _write(self, line: dict[str, Any]) -> None:
        print(json.dumps(line), file=self._out, flush=True)


class Terminal:
    """Show each step with a mark and what is to be known of it."""

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
        if self._status is not None:
            self._status.stop()
            self._status = None
        title = Text.assemble(self._mark(outcome.ok), f" {outcome.number}. {outcome.title}")
        title.stylize("bold")
        self._console.print(title)
        if outcome.facts:
            self._console.print(_grid(outcome.facts, indent=5))

    def close(self, summary: Facts) -> None:
        """Show the summary as a list of promises, each kept or not."""
        self._console.print()
        ok = bool(summary["ok"])
        verdict = "All steps done." if ok else "Not all steps could be done."
        self._console.print(Text(verdict, style="bold green" if ok else "bold red"))
        promises = {name: value for name, value in summary.items() if name != "ok"}
        self._console.print(_grid(promises, indent=2))

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
    keys=[generate_encryption_key()],
)
login = partner.authorize(user_id="a user of yours")
print(login.url)"""


def show_sandbox(facts: Facts, console: Console | None = None) -> None:
    """Show where a sandbox runs, with which credentials, and how to use it.

    Args:
        facts: Addresses, credentials and users; the client secret is the sandbox's own.
        console: Where to.
    """
    console = console or Console(highlight=False)
    console.print(Text("A WhiteBIT on loopback", style="bold"))
    console.print(_grid(facts, indent=2))
    # Not wrapped: this is to be copied.
    use = _USE.format(**facts, redirect_uri=facts["redirect_uris"][0])
    console.print(Text("\nTo use it:\n", style="bold"))
    console.print(Text(use), soft_wrap=True)
    console.print(Text("\nCtrl-C stops it.", style="dim"))


def _grid(facts: Facts, *, indent: int) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(Text(" " * indent + name.replace("_", " ")), _worded(value))
    return table


def _worded(value: Any) -> Text:
    """Return a JSON value in words; as text, so that nothing in it is taken for markup."""
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
