"""The command line: `whitebit-oauth demo`, `sandbox`, `custody` and `account`.

The console script is installed with the package, the libraries behind it with extras; so this
module imports only the standard library until it has checked that they are installed.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Final

USAGE_ERROR: Final = 2
NEEDED: Final = {"cli": ("rich", "typer"), "sandbox": ("starlette", "uvicorn")}
# These commands run on hosts without the sandbox. A store reports itself what it needs.
WITHOUT_SANDBOX: Final = frozenset({"account", "custody"})


def missing_extras(command: str) -> list[str]:
    """Return the extras that a command needs and whose libraries are not installed."""
    return [
        extra
        for extra, libraries in NEEDED.items()
        if not (extra == "sandbox" and command in WITHOUT_SANDBOX)
        and any(find_spec(library) is None for library in libraries)
    ]


def main() -> None:
    """Run the command line; print the missing extras and exit with 2 if there are any."""
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    extras = missing_extras(command)
    if extras:
        # Both extras of the command are named, so that one installation is enough.
        wanted = "cli,sql" if command in WITHOUT_SANDBOX else ",".join(NEEDED)
        print(
            f"whitebit-oauth: the command line requires the extra{'s' * (len(extras) > 1)} "
            f"{' and '.join(extras)}. Install: pip install 'whitebit-oauth[{wanted}]'",
            file=sys.stderr,
        )
        sys.exit(USAGE_ERROR)
    from .app import app

    app(prog_name="whitebit-oauth")
