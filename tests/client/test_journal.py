"""The journal: read in order, continued with a cursor, and kept for a while."""

from __future__ import annotations

from typing import Any

import pytest

from whitebit_ext import EventName, JournalEntry, MemoryStore, WhiteBIT
from whitebit_ext.errors import InvalidArgument

from ..looking import lose, note
from .faces import Face, MovedClock, connected
from .failing import FailingStore
from .using import ready

NAMES = [
    EventName.SECRET_STORED,
    EventName.KEY_DELETED,
    EventName.SECRET_STORED,
    EventName.CONNECTION_REMOVED,
]


@pytest.fixture(name="partner", params=[MemoryStore, FailingStore], ids=["pages", "scans"])
def partner_with_a_past(face: Face, request: pytest.FixtureRequest) -> WhiteBIT:
    """Return a partner of whose users one deleted the key, and another one was erased."""
    face.store = request.param()
    partner = face.partner()
    alice = ready(face, "alice", partner=partner)
    face.clock.advance(1)
    alice.api_key.delete()
    ready(face, "bob", partner=partner)
    face.clock.advance(1)
    partner.erase("bob")
    face.clock.advance(61)
    return partner


def test_entries_come_in_order(face: Face, partner: WhiteBIT) -> None:
    """Each has a time, a key where it is about one, and the incarnation of its connection."""
    entries = partner.journal()
    assert [entry.name for entry in entries] == NAMES
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    alice, bob = entries[:2], entries[2:]
    assert len({entry.incarnation for entry in alice}) == 1
    assert len({entry.incarnation for entry in bob}) == 1
    assert alice[0].external_id == alice[1].external_id
    assert (bob[1].external_id, bob[1].outcome) == (None, "erased")
    assert face.partner(client_id="another").journal() == ()


def test_a_user_is_named_while_connected(partner: WhiteBIT) -> None:
    """An entry leads to its user as long as the connection row is there."""
    assert [entry.user_id for entry in partner.journal()] == ["alice", "alice", None, None]
    assert {entry.user_id for entry in partner.journal(users=False)} == {None}
    partner.erase("alice")
    assert {entry.user_id for entry in partner.journal()} == {None}


def test_a_cursor_continues(face: Face, partner: WhiteBIT) -> None:
    """Pages of one entry are the journal, with another partner object for each; then none."""
    whole, seen = partner.journal(), list[JournalEntry]()
    cursor = None
    while page := face.partner().journal(cursor, limit=1):
        seen += page
        cursor = page[-1].cursor
    assert tuple(seen) == whole
    ready(face, "carol", partner=partner)
    assert partner.journal(cursor) == ()
    face.clock.advance(61)
    (fresh,) = partner.journal(cursor)
    assert (fresh.name, fresh.user_id) == (EventName.SECRET_STORED, "carol")


def test_a_late_entry_is_not_skipped(face: Face) -> None:
    """An entry that is committed after a later one, and dated by a slow clock, has its turn."""
    face.store = store = FailingStore()
    slow = MovedClock(face.sandbox.clock)
    slow.ahead = -20
    late = ready(face, "alice", partner=face.partner(clock=slow, on_event=[]))
    partner = face.partner()
    prompt = ready(face, "bob", partner=partner)
    face.clock.advance(100)
    before = partner.journal()
    read = list[tuple[JournalEntry, ...]]()

    def interrupt(method: str, kind: str) -> None:
        if (method, kind) == ("put", "journal"):
            store.mend()
            prompt.api_key.delete()
            read.extend(partner.journal(before[-1].cursor, settle=held) for held in (60, 0))

    store.before = interrupt
    late.api_key.delete()
    held_back, at_once = read
    assert held_back == ()
    face.clock.advance(61)
    assert [entry.user_id for entry in partner.journal(before[-1].cursor)] == ["alice", "bob"]
    # Without that time it would have been lost to this reader.
    assert [entry.user_id for entry in at_once] == ["bob"]
    assert partner.journal(at_once[-1].cursor) == ()


def test_a_broken_entry_does_not_hide_the_others(face: Face) -> None:
    """An entry and a connection row that do not open are logged and passed over."""
    face.store = store = FailingStore()
    partner = face.partner()
    alice = ready(face, "alice", partner=partner)
    face.clock.advance(1)
    alice.api_key.delete()
    face.clock.advance(61)
    for kind in ("journal", "connection"):
        id = min(store.scan(kind))
        row = store.get(kind, id)
        assert row is not None
        store.put(kind, id, row.data[:-1] + bytes([row.data[-1] ^ 1]), row.version)
    (entry,) = partner.journal()
    assert (entry.name, entry.user_id) == (EventName.KEY_DELETED, None)


def test_a_name_of_a_newer_release(face: Face) -> None:
    """An unknown name is returned as it is."""
    custody = face.custody()
    note(custody, "key.renamed", "incarnation", outcome="done")  # type: ignore[arg-type]  # of a newer release
    face.clock.advance(61)
    (entry,) = face.partner().journal()
    assert (entry.name, entry.outcome, entry.external_id) == ("key.renamed", "done", None)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("since", "yesterday"),
        ("since", 5),
        ("limit", 0),
        ("limit", 1001),
        ("limit", True),
        ("settle", -1),
        ("settle", "60"),
        ("settle", float("nan")),
    ],
)
def test_wrong_arguments_are_named(face: Face, argument: str, value: Any) -> None:
    """The error names the argument; a cursor is not made by hand."""
    connected(face)
    with pytest.raises(InvalidArgument, match=argument):
        face.partner().journal(**{argument: value})


@pytest.mark.parametrize("expiring", [True, False])
def test_the_journal_is_kept_as_long_as_configured(face: Face, expiring: bool) -> None:
    """Maintenance deletes older entries, with one statement where the store can; nothing else."""
    face.store = MemoryStore() if expiring else FailingStore()
    partner = face.partner(journal_retention=30 * 86_400.0)
    for name in ("alice", "bob"):
        connected(face, name, partner=partner).api_key.issue()
        lose(face.custody(), "incarnation", f"key of {name}", user_id=name)
        face.clock.advance(20 * 86_400.0)
        partner.maintain()
    left = list(face.custody().subjects("journal"))
    face.clock.advance(9 * 86_400.0)
    partner.maintain()
    assert list(face.custody().subjects("journal")) == left
    face.clock.advance(2 * 86_400.0)
    partner.maintain()
    kept = [of for of in face.custody().subjects("journal") if of in left]
    assert len(kept) < len(left)
    assert len(list(face.custody().subjects("connection"))) == 2


@pytest.mark.parametrize("seconds", [0, -1, 60, float("nan"), "a year", True])
def test_a_retention_that_is_none(face: Face, seconds: Any) -> None:
    """It is checked when the partner is created."""
    with pytest.raises(InvalidArgument) as caught:
        face.partner(journal_retention=seconds)
    assert caught.value.argument == "journal_retention"
