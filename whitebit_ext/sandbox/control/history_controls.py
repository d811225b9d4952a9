"""Controls of account histories; see `controls`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ..world.histories import DEFAULT_SPAN, HISTORY_NAMES
from .arguments import Arguments

if TYPE_CHECKING:
    from .administration import Administration


def counts(administration: Administration, user: str) -> dict[str, int]:
    """Return the number of rows of each history of a user."""
    history = administration.history(user)
    return {name: history.count(name) for name in HISTORY_NAMES}


def _seed(administration: Administration, arguments: Arguments) -> Any:
    """Replace the history of a user with generated rows."""
    user = arguments.text("name")
    administration.seed_history(
        user,
        transactions=arguments.integer("transactions", 0),
        orders=arguments.integer("orders", 0),
        deals=arguments.integer("deals", 0),
        converts=arguments.integer("converts", 0),
        seed=arguments.integer("seed", 1),
        span=arguments.number("span", DEFAULT_SPAN),
        tickers=arguments.texts("tickers"),
        markets=arguments.texts("markets"),
        canceled=arguments.flag("canceled", True),
    )
    return counts(administration, user)


def _arrive(administration: Administration, arguments: Arguments) -> Any:
    """Add new rows, now or repeatedly."""
    user, name = arguments.text("name"), arguments.text("history")
    rows, total = arguments.integer("rows", 1), arguments.optional_integer("total")
    every = arguments.optional_integer("every")
    history = administration.history(user)
    if every is None:
        history.arrive(name, rows)  # type: ignore[arg-type]  # checked there
    else:
        history.schedule(name, rows, every=every, total=total)  # type: ignore[arg-type]  # checked there
    return counts(administration, user)


HISTORY_CONTROLS: Final[
    dict[str, tuple[Callable[[Administration, Arguments], Any], tuple[str, ...]]]
] = {
    "histories": (
        _seed,
        ("name", *HISTORY_NAMES, "seed", "span", "tickers", "markets", "canceled"),
    ),
    "histories/arrive": (_arrive, ("name", "history", "rows", "every", "total")),
}
