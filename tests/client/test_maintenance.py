"""Looking custody through: checking every row, and listing who has what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from whitebit_ext import KeyCondition, MemoryStore, Secret
from whitebit_ext.custody.rows import KINDS, Custody
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.custody.stores import Row
from whitebit_ext.custody.values import TokenPair
from whitebit_ext.errors import StoreUnavailable
from whitebit_ext.maintenance import Maintenance, Place, Rotation

from ..looking import put_key, put_pair
from .failing import FailingStore
from .hand_clock import HandClock
from .maintaining import (
    EU,
    GLOBAL,
    NEW,
    OLD,
    OTHER,
    InterruptedStore,
    broken,
    fill,
    interrupted_store,  # noqa: F401  # a fixture
    maintained,
    over,
)

# Checking


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_byte_is_found_in_every_kind(store: InterruptedStore, kind: str) -> None:
    """One bit anywhere in a row is noticed."""
    fill(over(store), 1)
    (id,) = store.scan(kind)
    row = store.get(kind, id)
    assert row is not None
    for position in (0, 3, 12, len(row.data) // 2, len(row.data) - 1):
        changed = bytearray(row.data)
        changed[position] ^= 1
        now = store.get(kind, id)
        assert now is not None
        store.put(kind, id, bytes(changed), now.version)
        assert broken(maintained(store, OLD)) == [(kind, ("user-0 é",))]


def test_rows_that_were_swapped_are_found(store: InterruptedStore) -> None:
    """A row opens in its own place alone: not as another user's, server's or kind."""
    here, there = over(store), over(store, server=EU)
    for custody, user in ((here, "alice"), (here, "bob"), (there, "alice")):
        custody.write("use", (user,), {"of": user}, None)
    ids = store.scan("use")
    rows = {id: store.get("use", id) for id in ids}
    for id, from_id in zip(ids, [*ids[1:], ids[0]], strict=True):
        to, source = rows[id], rows[from_id]
        assert to is not None
        assert source is not None
        store.put("use", id, source.data, to.version)
    assert len(broken(maintained(store, OLD))) == 3


def test_a_row_that_is_not_ours_is_told_and_ends_nothing(store: InterruptedStore) -> None:
    """Whatever id somebody wrote, the rows behind it are looked at all the same."""
    for id in ("not ours", "[]", "[1, 2, 3]", "null", '["a","b"]'):
        store.put("connection", id, b"whatever", None)
    fill(over(store), 1)
    assert len(broken(maintained(store, OLD))) == 5
    done = maintained(store, NEW, OLD).rotate()
    assert (done.rotated, len(done.findings)) == (len(KINDS), 5)


@pytest.mark.parametrize("method", ["scan", "get", "put"])
def test_a_failing_store_is_an_error_of_ours(method: str) -> None:
    """What the database raises is `StoreUnavailable`, and never an absence."""
    store = FailingStore()
    fill(over(store), 1)
    store.fails = lambda called, kind: called == method
    with pytest.raises(StoreUnavailable, match="DiskFullError"):
        maintained(store, NEW, OLD).rotate()
    store.mend()
    assert maintained(store, NEW, OLD).rotate().rotated == len(KINDS)


def test_a_store_that_fails_while_it_lists() -> None:
    """A lazy listing that breaks off is an error, not the end of the rows."""

    class Breaking(MemoryStore):
        page = None  # type: ignore[assignment]  # a store without the optional method

        def scan(self, kind: str) -> Iterator[str]:  # type: ignore[override]  # a store may be lazy
            yield from super().scan(kind)
            raise ConnectionError("away")

    store = Breaking()
    fill(over(store), 1)
    with pytest.raises(StoreUnavailable, match="ConnectionError"):
        list(maintained(store, OLD).check())


def test_rows_vanish_between_listing_and_reading() -> None:
    """A row that others delete meanwhile is nothing to report."""

    class Vanishing(MemoryStore):
        page = None  # type: ignore[assignment]  # a store without the optional method

        def get(self, kind: str, id: str) -> Row | None:
            return None

    store = Vanishing()
    over(store).write("connection", ("alice",), {}, None)
    maintenance = maintained(store, NEW, OLD)
    assert list(maintenance.check()) == []
    assert maintenance.rotate() == Rotation()
    assert list(maintenance.losses()) == []
    assert not maintenance.sealed_with()


# Listing


def test_holdings_show_who_has_what(store: InterruptedStore) -> None:
    """Each user once, with tokens or a key, judged by the record of use, and no value shown."""
    clock = HandClock()
    custody = Custody(store, Sealer([OLD]), GLOBAL, "client", clock)
    secret = Secret("in-the-clear")
    put_pair(custody, "tokens only", TokenPair(secret, None, (), 0.0, None, "login"))
    for user in ("alice", "béa"):
        put_key(custody, user, f"id {user}", secret=secret)
    clock.pass_by(12 * 86_400)
    custody.write(
        "use", ("béa",), {"external_id": "id béa", "at": clock.time(), "refused": {}}, None
    )
    found = list(Maintenance(store, Sealer([OLD]), clock).holdings())
    assert [(one.user_id, one.has_tokens) for one in found] == [
        ("alice", False),
        ("béa", False),
        ("tokens only", True),
    ]
    keys = [one.key for one in found]
    assert keys[2] is None
    assert [(key.external_id, key.condition) for key in keys if key] == [
        ("id alice", KeyCondition.NEGLECTED),
        ("id béa", KeyCondition.IN_USE),
    ]
    assert "in-the-clear" not in repr(found)


def test_holdings_say_what_does_not_open(store: InterruptedStore) -> None:
    """A key without its encryption key is a finding of its user, never a user without a key."""
    over(store, OTHER).write("connection", ("alice",), {}, None)
    (found,) = maintained(store, OLD).holdings()
    assert (found.user_id, found.key) == ("alice", None)
    assert [(one.place.kind, one.lacks_key) for one in found.findings] == [("connection", True)]


def test_places_of_kinds(store: InterruptedStore) -> None:
    """Places can be asked for by kind, and are bound to where their rows stand."""
    fill(over(store), 1)
    (place,) = maintained(store, OLD).places("use")
    assert place == Place.of("use", place.id)
    assert place.associated == over(store).place("use", ("user-0 é",))
