"""Faults: which call of which operation fails, and how."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from typing import Final, Literal, Self, get_args

import attrs

from ..operations import Operation

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

# Kinds without an effect on the server, unless `effect=True`.
_WITHOUT_EFFECT: Final = ("status", "html", "body")

_DEFAULT_STATUS: Final[dict[FaultKind, int]] = {"status": 503, "html": 502, "body": 200}


@attrs.define(eq=False)
class Fault:
    """A fault; see `Faults.add` for its fields."""

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
    registry: Faults = attrs.field(repr=False)
    seen: int = 0
    fired: int = 0

    def remove(self) -> None:
        """Remove the fault; safe to call twice."""
        self.registry.remove(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.remove()


class Faults:
    """The faults of a sandbox.

    Args:
        operation_of: Returns the operation of a route; raises ValueError if there is none.
    """

    def __init__(self, operation_of: Callable[[str], Operation]) -> None:
        self._operation_of = operation_of
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
        """Add a fault to an operation.

        Args:
            route: An operation's name or its route, such as `"POST /oauth2/token"`.
            kind: `status` sends another status with an error body; `html` an HTML page; `body` the
                given bytes; `empty` no body; `truncated` half of the body as a complete
                response; `cut_off` half of the body, then closes the connection; `huge` the body
                with padding; `wrong_types`, `not_utf8` and `duplicate_keys` a corrupted body;
                `delay` waits before the operation runs, `delay_answer` after it; `drop_before`
                closes the connection before the operation runs, `drop_after` after it.
            nth: The first call that fails; 1 is the next one.
            times: The number of calls that fail in a row; all further calls if None.
            status: The status of `status` (default 503), `html` (502) and `body` (200); for the
                other kinds, a status that replaces the original one.
            body: The body of `body`, or a replacement for the error body of `status`.
            headers: Additional response headers.
            size: Bytes of padding for `huge`.
            seconds: The duration of `delay` and `delay_answer` on the sandbox's clock.
            effect: Whether the operation runs although its response is replaced; for `status`,
                `html` and `body` (default false) and `empty` (default true).
            reset: Whether a dropped connection is reset (RST) instead of closed (FIN).

        Raises:
            ValueError: An argument is invalid, or the operation or kind does not exist.
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
            raise ValueError("seconds: required for a delay")
        if kind == "body" and body is None:
            raise ValueError("body: required for this kind")
        with self._lock:
            self._made += 1
            fault = Fault(
                number=self._made,
                operation=self._operation_of(route),
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
        """Remove a fault, if it is still there."""
        with self._lock:
            if fault in self._faults:
                self._faults.remove(fault)

    def find(self, number: int) -> Fault | None:
        """Return a fault by its number, or None."""
        return next((fault for fault in self.all() if fault.number == number), None)

    def all(self) -> list[Fault]:
        """Return all faults, oldest first, including those that will not fire again."""
        with self._lock:
            return list(self._faults)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def strike(self, operation: Operation) -> Fault | None:
        """Count a call, and return the oldest fault that applies to it, or None."""
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
