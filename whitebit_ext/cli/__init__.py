"""The command line, `whitebit-oauth`.

The console script is installed with the package, the libraries behind it with extras; so this
module imports nothing of them until it has checked that they are installed.
"""

from __future__ import annotations

import signal
import sys
from importlib.util import find_spec
from typing import Final

from .._version import __version__
from .exits import PROGRAM, UsageError, explain, give_up_output, stop_on_signals

NEEDED: Final = {"cli": ("rich", "typer"), "sandbox": ("starlette", "uvicorn")}
# The others run on hosts without the sandbox. A store reports itself what it needs.
WITH_SANDBOX: Final = frozenset({"demo", "sandbox"})


def main() -> None:
    """Run the command line, and exit with its code; 2 if an extra is missing."""
    numbers = stop_on_signals()
    try:
        code = _run(sys.argv[1:])
    except (Exception, KeyboardInterrupt) as error:
        code = explain(PROGRAM, error)
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)  # the outcome stands: only the exit is left
    give_up_output()
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    if sys.stdout is None:  # otherwise the result would be lost without a word
        raise UsageError("standard output is closed.")
    if arguments == ["--version"]:
        print(f"{PROGRAM} {__version__}", flush=True)
        return 0
    command = "".join(arguments[:1])
    missing = [
        extra
        for extra, libraries in NEEDED.items()
        if (extra == "cli" or command in WITH_SANDBOX or "--sandbox" in arguments)
        and any(find_spec(library) is None for library in libraries)
    ]
    if missing:
        # All extras of the command are named, so that one installation is enough.
        wanted = ",".join(NEEDED) if command in WITH_SANDBOX else "cli,sql"
        wanted += ",sandbox" if "--sandbox" in arguments else ""
        raise UsageError(
            f"the command line requires the extra{'s' * (len(missing) > 1)} "
            f"{' and '.join(missing)}. Install: pip install 'whitebit-oauth[{wanted}]'"
        )
    from .app import run

    return run(arguments)
