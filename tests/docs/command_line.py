"""The tables of docs/commands.md; `python -m tests.docs.command_line` writes them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from whitebit_ext.cli.app import app

from .blocks import ROOT

DOCUMENT = ROOT / "docs" / "commands.md"
BEGIN, END = "<!-- commands: begin -->\n", "<!-- commands: end -->\n"
NAME = "whitebit-oauth"


def reference() -> str:
    """Return a section for each command, with each of its options in one table."""
    root = typer.main.get_command(app)
    partner = _options(_children(root)["maintain"])
    shared = {name for name, option in partner.items() if "[env: " in option.help}
    shared |= {"--table-prefix"}
    rows = [partner[name] for name in partner if name in shared]
    return "\n".join(
        ["### Options of a partner", "", *_table(rows), *_sections(root, NAME, shared)]
    )


def _sections(group: Any, path: str, above: set[str]) -> Iterator[str]:
    for name, command in _children(group).items():
        options = _options(command)
        if children := _children(command):
            every = [set(_options(child)) for child in children.values()]
            common = set.intersection(*every) - above if len(every) > 1 else set()
            yield f"### {path} {name}\n"
            yield f"{_sentence(command)}\n"
            if common:
                first = _options(next(iter(children.values())))
                yield f"Options of each `{name}` command:\n"
                yield from _table([first[option] for option in first if option in common])
            yield from _sections(command, f"{path} {name}", above | common)
        else:
            own = [options[option] for option in options if option not in above]
            yield f"### {path} {name}\n"
            hidden = " Another name of `status`." if command.hidden else ""
            partner = ""
            if "--client-id" in options:
                partner = " Takes the options of a partner."
            elif "--store" in options:
                partner = " Takes `--store` and `--table-prefix`."
            yield f"{_sentence(command)}{hidden}{partner}\n"
            if own and not command.hidden:
                yield from _table(own)


def _children(command: Any) -> dict[str, Any]:
    return getattr(command, "commands", {})


def _options(command: Any) -> dict[str, Any]:
    return {"/".join(one.opts + one.secondary_opts): one for one in command.params}


def _sentence(command: Any) -> str:
    return " ".join((command.help or "").split("\n\n")[0].split())


def _table(options: list[Any]) -> Iterator[str]:
    yield "| option | meaning |"
    yield "|---|---|"
    for option in options:
        names = ", ".join(f"`{name}`" for name in option.opts + option.secondary_opts)
        if option.param_type_name == "argument":
            names = f"`{option.make_metavar(typer.Context(typer.main.get_command(app)))}`"
        text = " ".join((option.help or "").split()).replace("|", "\\|").replace("*", "\\*")
        if option.default not in (None, False, ()) and "Default" not in text:
            text += f" Default: `{getattr(option.default, 'value', option.default)}`."
        yield f"| {names} | {'Required. ' if option.required else ''}{text} |"
    yield ""


def main() -> None:
    """Write the tables into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}{reference()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
