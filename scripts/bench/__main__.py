"""Measure everything and print one table; missed targets are no failure, since machines differ."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator

from .calls import async_calls, distant_calls, sync_calls
from .custody import USERS, cached, databases
from .figures import Figure, table
from .flights import flights
from .handles import handles
from .pages import pages
from .server import CannedServer
from .starting import imports


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rounds")
    parser.add_argument(
        "--partner-python",
        default=sys.executable,
        metavar="PROGRAM",
        help="the interpreter whose imports are timed, of an environment with only the wheel",
    )
    parser.add_argument(
        "--sdk-python",
        metavar="PROGRAM",
        help="the interpreter of an environment with WhiteBIT's SDK; without it, it is skipped",
    )
    parser.add_argument("--only", metavar="PART", help="one part, e.g. sync, async, pages")
    given = parser.parse_args()
    # The Bearer reads warn once, which would interrupt the output.
    warnings.simplefilter("ignore", DeprecationWarning)
    figures: list[Figure] = []
    for part, measure in _parts(given.partner_python, given.sdk_python, 10 if given.quick else 1):
        if given.only in (None, part):
            print(f"measuring: {part}", file=sys.stderr, flush=True)
            figures += measure()
    print(table(figures))


def _parts(
    python: str, sdk_python: str | None, less: int
) -> Iterator[tuple[str, Callable[[], list[Figure]]]]:
    """Yield the parts of the table with their names.

    Args:
        python: The interpreter whose imports are timed.
        sdk_python: The interpreter that has WhiteBIT's SDK.
        less: Divisor of the numbers of rounds.
    """
    with CannedServer() as server:
        yield "sync", lambda: sync_calls(server.url, 60 // less, 50)
        yield "async", lambda: async_calls(server.url, 60 // less)
        yield "distant", lambda: distant_calls(60 // less)
        yield "import", lambda: imports(python, 30 // less)
        yield "handles", lambda: handles(server)
        yield "flights", lambda: flights(server)
        yield "cached", lambda: cached(server.url, 50)
        yield "first-use", lambda: databases(server.url, USERS // less)
        yield "pages", lambda: pages(100 // less, sdk_python)


if __name__ == "__main__":
    main()
