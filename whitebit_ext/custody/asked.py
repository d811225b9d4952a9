"""Calls of a store: its errors become this library's, and many rows are read by pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from ..errors import StoreUnavailable, WhiteBITError
from .stores import Paging, Row, Store

T = TypeVar("T")

PAGE = 500
"""Rows that are read with one statement."""


def asked(what: str, kind: str, call: Callable[[], T]) -> T:
    """Return the store's result; whatever its database raises becomes ``StoreUnavailable``."""
    try:
        return call()
    except WhiteBITError:
        raise
    except Exception as error:  # a store raises what its database raises
        failure = StoreUnavailable(f"the store did not {what} a {kind} ({type(error).__name__})")
    raise failure


def every_row(store: Store, kind: str) -> Iterator[tuple[str, Row]]:
    """Yield each row of a kind with its id, with one statement per page where the store can.

    Raises:
        StoreUnavailable: the store failed.
    """
    after: str | None = None
    while isinstance(store, Paging):
        page = asked("scan", kind, lambda: store.page(kind, after, PAGE))  # noqa: B023  # called at once
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1][0]
    # A store may list lazily, and fail at any id.
    ids = iter(asked("scan", kind, lambda: store.scan(kind)))
    while (id := asked("scan", kind, lambda: next(ids, None))) is not None:
        row = asked("read", kind, lambda: store.get(kind, id))  # called at once
        if row is not None:
            yield id, row
