"""Fixtures that open the store under test."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ..base import Row, Store

Open = Callable[[], Store]


class Opened:
    """The store under test, and a separate kind for each test."""

    @pytest.fixture
    def open_store(self) -> Open:
        """Return a function that opens the store under test; a subclass overrides this."""
        raise NotImplementedError(f"{type(self).__name__} lacks a fixture named open_store")

    @pytest.fixture
    def reopen(self, open_store: Open) -> Iterator[Open]:
        """Return a function that opens the store, which is closed when the test ends."""
        with ExitStack() as stack:

            def reopen() -> Store:
                opened = open_store()
                close = getattr(opened, "close", None)
                if callable(close):
                    stack.callback(close)
                return opened

            yield reopen

    @pytest.fixture
    def store(self, reopen: Open) -> Store:
        """Return the store."""
        return reopen()

    @pytest.fixture
    def kind(self, store: Store, reopen: Open) -> Iterator[str]:
        """Return a kind that nothing else uses, and delete its rows afterwards."""
        kind = f"conformance-{uuid.uuid4().hex}"
        yield kind
        # The test may have closed its store.
        clear(reopen() if store.durable else store, kind)

    @pytest.fixture
    def durable(self, store: Store) -> Store:
        """Return the store if it is durable."""
        if not store.durable:
            pytest.skip("the store is not durable: other processes do not see its rows")
        return store


def clear(store: Store, kind: str) -> None:
    """Delete all rows of a kind."""
    for id in list(store.scan(kind)):
        row = store.get(kind, id)
        if row is not None:
            store.delete(kind, id, row.version)


def must_get(store: Store, kind: str, id: str) -> Row:
    """Return a row that must exist."""
    row = store.get(kind, id)
    assert row is not None, f"the row {id!r} does not exist"
    return row
