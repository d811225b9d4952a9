"""Measure contenders in turns, so that load on the machine affects them equally."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Batch = Callable[[], float]
"""A function that runs a batch of one contender's work and returns the seconds it took."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A median, with the quartiles around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Return the spread of at least two values."""
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)

    def __format__(self, spec: str) -> str:
        return f"{self.low:{spec}} to {self.high:{spec}}"


@dataclass(frozen=True, slots=True)
class Measured:
    """The results of the rounds.

    Attributes:
        seconds: Seconds of a batch, by contender.
        ratios: Ratios to the baseline's batch of the same round, by contender.
    """

    seconds: Mapping[str, Spread]
    ratios: Mapping[str, Spread]


def in_turns(contenders: Mapping[str, Batch], baseline: str, rounds: int) -> Measured:
    """Run one batch of every contender per round, each round starting with another contender."""
    names = list(contenders)
    for name in names:  # warm up connections, caches and imports
        contenders[name]()
    seconds: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            seconds[name].append(contenders[name]())
    ratios = {
        name: [own / base for own, base in zip(seconds[name], seconds[baseline], strict=True)]
        for name in names
    }
    return Measured(
        {name: Spread.of(values) for name, values in seconds.items()},
        {name: Spread.of(values) for name, values in ratios.items()},
    )
