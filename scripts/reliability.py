"""Run the proofs of `tests/reliability` in full, with a progress display, and print the figures.

`nox -s reliability -- PROOF [--rounds N] [--database KIND]`; without a proof, all of them. Proofs
that need no repetition are run as test modules.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.reliability.databases import KINDS, Databases
from tests.reliability.killing import POINTS, Exchange, Graveyard, Trial
from tests.reliability.single_flight import STOPS, Crowd, fly, outlive
from tests.reliability.tearing import tear
from tests.reliability.wiring import LEASE, World
from whitebit_ext.sandbox import Sandbox

TESTS = Path(__file__).resolve().parents[1] / "tests" / "reliability"
OUTSIDE = TESTS.parent / "outside"
CROWDS = (
    *(Crowd(1, threads) for threads in (2, 8, 32, 128)),
    *(Crowd(1, tasks, "tasks") for tasks in (10, 100, 1000)),
    *(Crowd(processes, 1) for processes in (2, 8, 32)),
    Crowd(8, 16),
)
READS = 100_000
MODULES = {
    "table": "test_table.py",
    "cancellation": "test_cancellation.py",
    "faults": "test_store_faults.py",
    "leaks": "test_database_leaks.py",
    "clock": "test_clock.py",
    "prefork": "test_prefork.py",
}
"""Proofs that are a test module."""

console = Console()


class Bench:
    """The environment of the proofs: a sandbox, and new databases of the requested kinds."""

    def __init__(self, sandbox: Sandbox, databases: Databases, kinds: tuple[str, ...]) -> None:
        self.kinds = kinds
        self._sandbox = sandbox
        self._databases = databases

    def world(self, kind: str, lease: float | None = None) -> World:
        """Return a world with an empty database."""
        return World(self._sandbox, self._databases.new(kind), lease)


@contextmanager
def progress(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show the progress of a proof; yield the function that advances it."""
    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as display:
        task = display.add_task(name, total=total)
        yield lambda steps: display.advance(task, steps)


def table(title: str, *columns: str) -> Table:
    """Return an empty table of figures."""
    made = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        made.add_column(column, justify="left" if number < 2 else "right")
    return made


def single_flight(bench: Bench, rounds: int | None) -> bool:
    """Refresh expired pairs from many callers at once, and stop holders of the lease."""
    rounds = rounds or 50
    figures = table(
        f"Single flight, {rounds} rounds each",
        *("callers", "database", "refreshes a round", "dead pairs sent", "callers failed"),
        *("other pair got", "median s", "slowest s"),
    )
    held = True
    for kind in bench.kinds:
        for crowd in CROWDS:
            with progress(f"{crowd}, {kind}", rounds) as move:
                flown = fly(bench.world(kind), crowd, rounds, lambda: move(1))
            held &= flown.held
            figures.add_row(
                *(str(crowd), kind, span(flown.posts), str(flown.replayed)),
                *(str(len(flown.failed)), str(flown.other)),
                *(f"{statistics.median(flown.seconds):.3f}", f"{max(flown.seconds):.3f}"),
            )
            if flown.failed:
                console.print(crowd, kind, Counter(flown.failed))
    console.print(figures)
    figures = table(
        f"A holder stopped beyond its lease of {LEASE} s, {rounds} rounds each, 4 processes",
        *("stopped", "database", "ended with one live pair", "refreshes a round"),
        *("others without a pair meanwhile", "others waited, slowest s"),
    )
    for kind in bench.kinds:
        for where in STOPS:
            with progress(f"stopped {where}, {kind}", rounds) as move:
                told = outlive(bench.world(kind, LEASE), where, rounds, tick=lambda: move(1))
            held &= all(told.alive) and set(told.holders) == {"a pair"}
            figures.add_row(
                *(where, kind, f"{sum(told.alive)} of {rounds}", span(told.posts)),
                *(f"{told.refused} of {3 * rounds}", f"{max(told.waited):.3f}"),
            )
    console.print(figures)
    return held


def kill(bench: Bench, rounds: int | None) -> bool:
    """Kill processes at every named point, and check what the next caller finds."""
    rounds = rounds or 20
    held = True
    exchanges: tuple[Exchange, ...] = ("refresh", "retrieval")
    for exchange in exchanges:
        figures = table(
            f"kill -9 during {exchange}, {rounds} trials each, lease {LEASE} s",
            *("killed when", "database", "found by the next caller", "it asked again"),
            *("its median s", "its slowest s"),
        )
        for kind in bench.kinds:
            world = bench.world(kind, LEASE)
            total = rounds * len(POINTS[exchange])
            with (
                progress(f"{exchange}, {kind}", total) as move,
                Graveyard(world, exchange).open() as die,
            ):
                for point, right in POINTS[exchange]:
                    trials = list[Trial]()
                    for _ in range(rounds):
                        trials += die([point])
                        move(1)
                    fates = Counter(made.fate for made in trials)
                    held &= set(fates) == {right}
                    seconds = [made.seconds for made in trials]
                    figures.add_row(
                        *(point.name, kind, ", ".join(f"{n} {fate}" for fate, n in fates.items())),
                        span([made.again for made in trials]),
                        *(f"{statistics.median(seconds):.3f}", f"{max(seconds):.3f}"),
                    )
        console.print(figures)
    return held


def faults(bench: Bench, rounds: int | None) -> bool:
    """Read rows that are being rewritten, then run the tests of failing stores."""
    reads = rounds or READS
    figures = table(
        "Concurrent reads, 4 processes reading and 2 writing", "database", "reads", "writes", "torn"
    )
    held = True
    for kind in bench.kinds:
        with progress(f"reads, {kind}", reads) as move:
            found = tear(bench.world(kind), reads, tick=move)
        held &= found.torn == 0
        figures.add_row(kind, str(found.reads), str(found.writes), str(found.torn))
    console.print(figures)
    return held & run_tests("faults", bench)


def outside(bench: Bench, rounds: int | None) -> bool:
    """Repeat the tests from outside: odd answers, freezes, crashes, short lives, two accounts."""
    rounds = rounds or 10
    figures = table(
        f"From outside, {rounds} rounds each",
        *("what", "database", "rounds that held", "slowest s"),
    )
    found: dict[tuple[str, str], list[tuple[bool, float]]] = {}
    with progress("outside", rounds) as move:
        for _ in range(rounds):
            for name, seconds, held in reported(OUTSIDE, bench.kinds):
                # A parametrised test is named like test_what[sqlite-/oauth2/token].
                test, _, parameters = name.removesuffix("]").partition("[")
                kind, _, rest = parameters.partition("-")
                what = " ".join((test.removeprefix("test_").replace("_", " "), rest)).strip()
                found.setdefault((what, kind), []).append((held, seconds))
            move(1)
    for (what, kind), trials in found.items():
        well = sum(held for held, _ in trials)
        slowest = max(seconds for _, seconds in trials)
        figures.add_row(what, kind, f"{well} of {len(trials)}", f"{slowest:.1f}")
    console.print(figures)
    return bool(found) and all(held for trials in found.values() for held, _ in trials)


def reported(folder: Path, kinds: tuple[str, ...]) -> Iterator[tuple[str, float, bool]]:
    """Run the tests of a folder once; yield each one's name, its seconds, and whether it passed."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        command = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider"]
        subprocess.run(  # noqa: S603  # our own tests
            [*command, f"--junitxml={report}", str(folder)],
            env=os.environ | {"WHITEBIT_OAUTH_TEST_DATABASES": " ".join(kinds)},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314  # written by pytest
            yield case.attrib["name"], float(case.attrib["time"]), len(case) == 0


def run_tests(name: str, bench: Bench) -> bool:
    """Run a proof that is a test module."""
    arguments = ["--quiet", "-p", "no:cacheprovider", str(TESTS / MODULES[name])]
    if bench.kinds != KINDS:
        arguments += ["-k", bench.kinds[0]]
    console.rule(name)
    # In a separate process: pytest must import the package itself.
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603  # our own tests


REPEATED: dict[str, Callable[[Bench, int | None], bool]] = {
    "single-flight": single_flight,
    "kill": kill,
    "faults": faults,
    "outside": outside,
}
"""Proofs that are repeated for figures."""


def span(numbers: list[int]) -> str:
    """Return the range of the numbers as text, or the number if all are equal."""
    least, most = min(numbers), max(numbers)
    return str(least) if least == most else f"{least} to {most}"


def main() -> int:
    """Run the proofs named on the command line; return 0 if all of them held."""
    names = (*REPEATED, *(name for name in MODULES if name not in REPEATED))
    parser = argparse.ArgumentParser(prog="reliability", description=__doc__)
    # Python 3.11 checks the empty list of no arguments against the choices as well.
    parser.add_argument("proofs", nargs="*", choices=[*names, []], metavar="PROOF")
    parser.add_argument("--rounds", type=int, help="instead of 50 rounds, 20 trials, 100,000 reads")
    parser.add_argument("--database", choices=KINDS, help="one kind of database only")
    given = parser.parse_args()
    outcomes: dict[str, bool] = {}
    console.print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    with Sandbox() as sandbox, Databases() as databases:
        bench = Bench(sandbox, databases, (given.database,) if given.database else KINDS)
        for name in given.proofs or names:
            began = time.monotonic()
            repeated = REPEATED.get(name)
            held = repeated(bench, given.rounds) if repeated else run_tests(name, bench)
            outcomes[name] = held
            console.print(f"{name}: {'held' if held else 'DID NOT HOLD'}, "
                          f"{time.monotonic() - began:.0f} s\n")  # fmt: skip
    return 0 if all(outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
