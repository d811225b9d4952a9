"""The command line: `whitebit-oauth demo`, `sandbox`, `custody` and `account`.

The console script is installed with the package, the libraries behind it with extras; so this
module imports nothing but the standard library until it knows that they are there.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Final

USAGE_ERROR: Final = 2
NEEDED: Final = {"cli": ("rich", "typer"), "sandbox": ("starlette", "uvicorn")}
# An operator's host has no sandbox. What a store needs, its command tells: it may be none of ours.
WITHOUT_SANDBOX: Final = frozenset({"account", "custody"})


def lacking(command: str) -> list[str]:
    """Return the extras that a command needs and whose libraries are not installed."""
    return [
        extra
        for extra, libraries in NEEDED.items()
        if not (extra == "sandbox" and command in WITHOUT_SANDBOX)
        and any(find_spec(library) is None for library in libraries)
    ]


def main() -> None:
    """Run the command line, or say which extras it lacks and exit with 2."""
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    extras = lacking(command)
    if extras:
        # Both are named, since the command wants both: one installation, not two.
        wanted = "cli,sql" if command in WITHOUT_SANDBOX else ",".join(NEEDED)
        print(
            f"whitebit-oauth: the command line needs the extra{'s' * (len(extras) > 1)} "
            f"{' and '.join(extras)}. Install: pip install 'whitebit-oauth[{wanted}]'",
            file=sys.stderr,
        )
        sys.exit(USAGE_ERROR)
    from .app import app

    app(prog_name="whitebit-oauth")
