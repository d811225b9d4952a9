"""`worker` and `maintain`: what must happen without a user, as a service or from cron."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import attrs
import typer

from .. import MaintenanceReport, WhiteBITError
from ..errors import InvalidArgument
from .exits import PROGRAM, Exit, say, sentence
from .options import AsJson, require_writable, seconds, with_options
from .partner import PartnerOptions, opened_partner

Budget = Annotated[int, typer.Option(min=1, max=10_000, help="Users of each kind in one pass.")]
GiveUp = Annotated[float, seconds(1, 86_400, "Seconds for which a user's key is waited for.")]


@with_options(PartnerOptions)
def maintain(
    options: PartnerOptions, budget: Budget = 50, give_up: GiveUp = 1800.0, as_json: AsJson = False
) -> None:
    """Make one pass of what must happen without a user, e.g. from cron, and print what was done.

    Any number of processes may run it at the same time.
    """
    with opened_partner(options) as partner:
        report = partner.maintain(budget, give_up)
    print(_line(report, as_json=as_json))


@with_options(PartnerOptions)
def worker(
    options: PartnerOptions,
    interval: Annotated[float, seconds(1, 3600, "Seconds from one pass to the next.")] = 5.0,
    health_file: Annotated[
        Path | None,
        typer.Option(help="File that is written after each pass that succeeded; watch its age."),
    ] = None,
    budget: Budget = 50,
    give_up: GiveUp = 1800.0,
    as_json: AsJson = False,
) -> None:
    """Do what must happen without a user, until SIGTERM, which lets the running pass finish.

    Prints a line for each pass that changed something. A failing store or server is reported on
    standard error, and the next pass tries again.
    """
    if health_file is not None:
        require_writable(health_file)
    stop = _Stop()
    with opened_partner(options) as partner:
        shown: MaintenanceReport | None = None
        while not stop.is_set:
            began = time.monotonic()
            try:
                report = partner.maintain(budget, give_up)
            except InvalidArgument:
                raise
            except WhiteBITError as error:
                say(f"{PROGRAM} worker: {sentence(error)}")
            else:
                if report != shown and (shown is not None or report != MaintenanceReport()):
                    print(_line(report, as_json=as_json), flush=True)
                shown = report
                if health_file is not None:
                    try:
                        _write(health_file, report)
                    except OSError as error:  # its age is the alarm; the users' keys go on
                        say(f"{PROGRAM} worker: {health_file} was not written ({error.strerror}).")
            stop.wait(interval - (time.monotonic() - began))
    if stop.interrupted:
        raise typer.Exit(Exit.INTERRUPTED)


class _Stop:
    """Whether a signal has asked the worker to stop; a second Ctrl-C ends it at once."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.interrupted = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._interrupt)

    @property
    def is_set(self) -> bool:
        """Whether to stop."""
        return self._event.is_set()

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than until a signal."""
        self._event.wait(max(seconds, 0.0))

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._event.set()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.interrupted = True
        self._event.set()


def _line(report: MaintenanceReport, *, as_json: bool) -> str:
    counts = attrs.asdict(report)
    if as_json:
        return json.dumps(counts)
    return ", ".join(f"{name} {number}" for name, number in counts.items())


def _write(path: Path, report: MaintenanceReport) -> None:
    """Replace the health file in one step, so that no reader sees half of it."""
    value = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **attrs.asdict(report)}
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(value) + "\n", encoding="utf-8")
    fresh.replace(path)
