"""The command line, `whitebit-oauth`.

The console script is installed with the package, the libraries behind it with extras; so this
module imports only the standard library until it has checked that they are installed.
"""

from __future__ import annotations

import signal
import sys
from importlib.util import find_spec
from typing import Final

from .._version import __version__

USAGE_ERROR: Final = 2
INTERRUPTED: Final = 130
NEEDED: Final = {"cli": ("rich", "typer"), "sandbox": ("starlette", "uvicorn")}
# The others run on hosts without the sandbox. A store reports itself what it needs.
WITH_SANDBOX: Final = frozenset({"demo", "sandbox"})


def missing_extras(command: str) -> list[str]:
    """Return the extras that a command needs and whose libraries are not installed."""
    return [
        extra
        for extra, libraries in NEEDED.items()
        if (extra == "cli" or command in WITH_SANDBOX)
        and any(find_spec(library) is None for library in libraries)
    ]


def main() -> None:
    """Run the command line, and exit with its code; 2 if an extra is missing."""
    if sys.argv[1:] == ["--version"]:
        print(f"whitebit-oauth {__version__}")
        sys.exit(0)
    try:
        code = _run(sys.argv[1] if len(sys.argv) > 1 else "")
    except KeyboardInterrupt:
        print("whitebit-oauth: interrupted.", file=sys.stderr)
        code = INTERRUPTED
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the outcome stands: only the exit is left
    sys.exit(code)


def _run(command: str) -> int:
    """Run a command, or say which extras it needs."""
    extras = missing_extras(command)
    if extras:
        # Both extras of the command are named, so that one installation is enough.
        wanted = ",".join(NEEDED) if command in WITH_SANDBOX else "cli,sql"
        print(
            f"whitebit-oauth: the command line requires the extra{'s' * (len(extras) > 1)} "
            f"{' and '.join(extras)}. Install: pip install 'whitebit-oauth[{wanted}]'",
            file=sys.stderr,
        )
        return USAGE_ERROR
    from .app import run

    return run()
