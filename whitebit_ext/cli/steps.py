"""The parts that a demonstration is made of, for whoever shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import WhiteBITError

Facts = Mapping[str, Any]


class UnexpectedOutcomeError(Exception):
    """Say that a step ended otherwise than the contract and this library promise."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step before it is made.

    Attributes:
        name: Stable, for programs.
        title: What happens, for people.
        act: Makes the step and returns what is to be shown of it: JSON values, no secret.
    """

    name: str
    title: str
    act: Callable[[], Facts]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One step after it was made."""

    number: int
    name: str
    title: str
    ok: bool
    facts: Facts = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as one JSON object."""
        return {
            "step": self.name,
            "number": self.number,
            "title": self.title,
            "ok": self.ok,
            "facts": dict(self.facts),
        }


class Display(Protocol):
    """Show a demonstration while it runs."""

    def begin(self, number: int, step: Step) -> None:
        """Show that a step is being made."""

    def end(self, outcome: Outcome) -> None:
        """Show what became of it."""

    def close(self, summary: Facts) -> None:
        """Show what it all proves."""


def expect(condition: bool, otherwise: str) -> None:
    """Raise unless a promise was kept."""
    if not condition:
        raise UnexpectedOutcomeError(otherwise)


def refusal(act: Callable[[], object]) -> WhiteBITError:
    """Return the error that something ends in, as it has to."""
    try:
        act()
    except WhiteBITError as error:
        return error
    raise UnexpectedOutcomeError("what has to be refused was done")


def walk(steps: Sequence[Step], display: Display) -> Iterator[Outcome]:
    """Make the steps one after the other, and stop after the first that fails."""
    for number, step in enumerate(steps, start=1):
        display.begin(number, step)
        outcome = _make(number, step)
        display.end(outcome)
        yield outcome
        if not outcome.ok:
            return


def _make(number: int, step: Step) -> Outcome:
    try:
        facts = step.act()
    except WhiteBITError as error:
        told = {"error": type(error).__name__, "message": error.message, "hint": error.hint}
    except UnexpectedOutcomeError as error:
        told = {"error": "unexpected", "message": str(error)}
    else:
        return Outcome(number, step.name, step.title, ok=True, facts=facts)
    return Outcome(number, step.name, step.title, ok=False, facts=told)
