"""Faults on demand: which call of which operation goes wrong, and in which way."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Literal, Self, get_args

from .operations import Operation, named

FaultKind = Literal[
    "status",
    "html",
    "body",
    "empty",
    "truncated",
    "cut_off",
    "huge",
    "wrong_types",
    "not_utf8",
    "duplicate_keys",
    "delay",
    "delay_answer",
    "drop_before",
    "drop_after",
]

FAULT_KINDS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)

# Kinds after which nothing has happened on the server, unless `effect=True` says otherwise.
_WITHOUT_EFFECT: Final = ("status", "html", "body")

_DEFAULT_STATUS: Final[dict[FaultKind, int]] = {"status": 503, "html": 502, "body": 200}


@dataclass(slots=True, eq=False)
class Fault:
    """One thing that goes wrong; see `Faults.add` for the meaning of each field."""

    number: int
    operation: Operation
    kind: FaultKind
    nth: int
    times: int | None
    status: int | None
    body: bytes | None
    headers: dict[str, str]
    size: int
    seconds: float
    effect: bool
    reset: bool
    registry: Faults = field(repr=False)
    seen: int = 0
    fired: int = 0

    def remove(self) -> None:
        """Take the fault away; nothing happens if it is gone already."""
        self.registry.remove(self)

    def __enter__(self) -> Self:
        """Return the fault, which is active already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the fault away."""
        self.remove()


class Faults:
    """The faults that wait for their calls."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._made = 0

    def add(
        self,
        route: str,
        *,
        kind: FaultKind,
        nth: int = 1,
        times: int | None = 1,
        status: int | None = None,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        size: int = 10_000_000,
        seconds: float = 0.0,
        effect: bool | None = None,
        reset: bool = False,
    ) -> Fault:
        """Let calls of an operation go wrong.

        Args:
            route: An operation's name or its route, such as `"POST /oauth2/token"`.
            kind: `status` answers another status with an error body; `html` a page; `body` the
                given bytes; `empty` nothing; `truncated` half of the true answer as if it were
                whole; `cut_off` half of it before the connection closes; `huge` the true answer
                with padding; `wrong_types`, `not_utf8` and `duplicate_keys` the true answer
                spoiled; `delay` waits before the effect, `delay_answer` after it; `drop_before`
                closes the connection before the effect, `drop_after` after it.
            nth: The first call to strike, 1 being the next one.
            times: How many calls in a row; every further one when None.
            status: The status of `status` (503), `html` (502), `body` (200); of the others when the
                true one is not wanted.
            body: The body of `body`, or in place of the error body of `status`.
            headers: Further headers of the answer.
            size: Bytes of padding of `huge`.
            seconds: How long `delay` and `delay_answer` last, on the sandbox's clock.
            effect: Whether the operation takes effect although the answer is false; for `status`,
                `html`, `body` (no by default) and `empty` (yes by default).
            reset: Whether a dropped connection is reset (RST) rather than closed (FIN).

        Raises:
            ValueError: An argument is out of its range, or there is no such operation or kind.
        """
        if kind not in FAULT_KINDS:
            raise ValueError(f"kind: must be one of {', '.join(FAULT_KINDS)}")
        if nth < 1:
            raise ValueError("nth: must be at least 1")
        if times is not None and times < 1:
            raise ValueError("times: must be at least 1")
        if status is not None and not 200 <= status <= 599:
            raise ValueError("status: must be from 200 to 599")
        if seconds < 0 or math.isnan(seconds):
            raise ValueError("seconds: must not be negative")
        if size < 0:
            raise ValueError("size: must not be negative")
        if kind.startswith("delay") and seconds == 0:
            raise ValueError("seconds: a delay needs them")
        if kind == "body" and body is None:
            raise ValueError("body: this kind needs it")
        with self._lock:
            self._made += 1
            fault = Fault(
                number=self._made,
                operation=named(route),
                kind=kind,
                nth=nth,
                times=times,
                status=_DEFAULT_STATUS.get(kind) if status is None else status,
                body=body.encode() if isinstance(body, str) else body,
                headers=dict(headers or {}),
                size=size,
                seconds=seconds,
                effect=kind not in _WITHOUT_EFFECT if effect is None else effect,
                reset=reset,
                registry=self,
            )
            self._faults.append(fault)
            return fault

    def remove(self, fault: Fault) -> None:
        """Take a fault away; nothing happens if it is gone already."""
        with self._lock:
            if fault in self._faults:
                self._faults.remove(fault)

    def find(self, number: int) -> Fault | None:
        """Return the fault of a number, or None."""
        return next((fault for fault in self.all() if fault.number == number), None)

    def all(self) -> list[Fault]:
        """Return the faults, oldest first, spent ones too."""
        with self._lock:
            return list(self._faults)

    def clear(self) -> None:
        """Take every fault away."""
        with self._lock:
            self._faults.clear()

    def strike(self, operation: Operation) -> Fault | None:
        """Count a call with the faults of its operation, and return the oldest that strikes."""
        striking: Fault | None = None
        with self._lock:
            for fault in self._faults:
                if fault.operation is not operation:
                    continue
                fault.seen += 1
                due = fault.seen >= fault.nth and (
                    fault.times is None or fault.seen < fault.nth + fault.times
                )
                if due and striking is None:
                    fault.fired += 1
                    striking = fault
        return striking
