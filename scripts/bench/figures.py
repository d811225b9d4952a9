"""Figures of the table: target, measured value, and the values of other libraries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .rounds import Measured, Spread


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        name: What was measured.
        target: The maximum; ``None`` if there is no target.
        ours: The measured value; ``None`` if it could not be measured.
        unit: The unit of both; ``x`` for a ratio.
        spread: The quartiles around a median, or the source of the number.
        peers: The values of other libraries, in the same run.
        reason: Why the target is not reached, or why nothing was measured.
    """

    name: str
    target: float | None
    ours: float | None
    unit: str = "x"
    spread: str = ""
    peers: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""

    @property
    def verdict(self) -> str:
        """Whether the target is reached, and if not, why."""
        if self.ours is None:
            return f"not measured: {self.reason}"
        if self.target is None:
            return self.reason
        if self.ours <= self.target:
            return "pass"
        return f"NOT reached: {self.reason or 'see the spread'}"


def ratio(
    name: str,
    target: float | None,
    measured: Measured,
    ours: str,
    peers: tuple[str, ...] = (),
    reason: str = "",
) -> Figure:
    """Return a figure for a ratio to the baseline."""
    spread = measured.ratios[ours]
    return Figure(
        name,
        target,
        spread.median,
        spread=f"{spread:.2f}",
        peers={peer: measured.ratios[peer].median for peer in peers},
        reason=reason,
    )


def number(value: float | None, unit: str) -> str:
    """Format a number for the table."""
    if value is None:
        return "-"
    text = f"{value:.2f}" if abs(value) < 100 and value != int(value) else f"{value:.0f}"
    return f"{text}{'' if unit == 'x' else ' ' + unit}"


def table(figures: list[Figure]) -> str:
    """Return the table as Markdown, aligned for a terminal."""
    rows = [("figure", "at most", "ours", "spread", "others, same run", "")]
    for figure in figures:
        peers = ", ".join(f"{name} {number(v, figure.unit)}" for name, v in figure.peers.items())
        rows.append(
            (
                figure.name,
                number(figure.target, figure.unit),
                number(figure.ours, figure.unit),
                figure.spread,
                peers,
                figure.verdict,
            )
        )
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def spread_of(spread: Spread, scale: float, digits: int = 2) -> str:
    """Format a spread in another unit than seconds."""
    return f"{spread.low * scale:.{digits}f} to {spread.high * scale:.{digits}f}"
