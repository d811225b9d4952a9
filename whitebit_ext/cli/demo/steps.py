"""Steps of the demonstration and their outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from ... import WhiteBITError

Facts = Mapping[str, Any]


class UnexpectedOutcomeError(Exception):
    """A step had another outcome than the contract and this library promise."""


@attrs.frozen
class Step:
    """A step of the demonstration.

    Attributes:
        name: A stable name for programs.
        title: A description for people.
        act: Runs the step, and returns what to show: JSON values without secrets.
    """

    name: str
    title: str
    act: Callable[[], Facts]


@attrs.frozen
class Outcome:
    """The outcome of a step."""

    number: int
    name: str
    title: str
    ok: bool
    facts: Facts = attrs.field(factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as one JSON object."""
        return {
            "step": self.name,
            "number": self.number,
            "title": self.title,
            "ok": self.ok,
            "facts": dict(self.facts),
        }


def expect(condition: bool, otherwise: str) -> None:
    """Raise `UnexpectedOutcomeError` unless a condition is true."""
    if not condition:
        raise UnexpectedOutcomeError(otherwise)


def refusal(act: Callable[[], object]) -> WhiteBITError:
    """Return the error that a call raises."""
    try:
        act()
    except WhiteBITError as error:
        return error
    raise UnexpectedOutcomeError("the call should have been refused, but it succeeded")


def walk(steps: Sequence[Step]) -> Iterator[Outcome]:
    """Run the steps in order, and stop after the first failure."""
    for number, step in enumerate(steps, start=1):
        ok, facts = _run(step)
        yield Outcome(number, step.name, step.title, ok, facts)
        if not ok:
            return


def _run(step: Step) -> tuple[bool, Facts]:
    try:
        return True, step.act()
    except WhiteBITError as error:
        return False, {
            "error": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
        }
    except UnexpectedOutcomeError as error:
        return False, {"error": "unexpected", "message": str(error)}
