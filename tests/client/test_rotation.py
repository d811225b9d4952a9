"""Rotating keys: every row is sealed anew, while others read and write."""

from __future__ import annotations

import threading

import pytest

from whitebit_ext import MemoryStore
from whitebit_ext.custody.rows import KINDS
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.errors import EncryptionKeyMissing
from whitebit_ext.maintenance import Rotation

from .faces import Face, connected
from .maintaining import (
    EU,
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


def test_rotation_seals_every_row_anew(store: InterruptedStore) -> None:
    """Rows of every kind, server and client, of any letters, open with the new key alone."""
    everyone = [over(store), over(store, server=EU), over(store, client="[other]\"'\\")]
    for custody in everyone:
        fill(custody)
    assert broken(maintained(store, NEW)) != []
    rows = 10 * len(KINDS) * len(everyone)
    assert maintained(store, NEW, OLD).rotate() == Rotation(rotated=rows)
    assert broken(maintained(store, NEW)) == []
    assert maintained(store, NEW).sealed_with() == {Sealer([NEW]).writes_with: rows}
    held = over(store, NEW, server=EU).read("connection", "user-3 é")
    assert held is not None
    assert held.value == {"number": 3}


def test_a_second_rotation_does_nothing(store: InterruptedStore) -> None:
    """What is done is not done twice: the rows keep their versions."""
    fill(over(store))
    maintenance = maintained(store, NEW, OLD)
    maintenance.rotate()
    before = [store.get("connection", id) for id in store.scan("connection")]
    assert maintenance.rotate() == Rotation(current=10 * len(KINDS))
    assert [store.get("connection", id) for id in store.scan("connection")] == before


def test_a_rotation_that_was_stopped_goes_on(store: InterruptedStore) -> None:
    """A stop anywhere leaves all rows open to who has both keys, and the next run does the rest."""
    fill(over(store))

    def stop(reached: Rotation) -> None:
        if reached.seen == 33:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        maintained(store, NEW, OLD).rotate(stop)
    assert broken(maintained(store, OLD, NEW)) == []
    rows = 10 * len(KINDS)
    assert maintained(store, NEW, OLD).rotate() == Rotation(rotated=rows - 33, current=33)
    assert broken(maintained(store, NEW)) == []


@pytest.mark.parametrize("moment", ["after", "before"])
def test_what_others_write_meanwhile_is_never_overwritten(
    store: InterruptedStore, moment: str
) -> None:
    """A row that changes between reading and writing is sealed anew from what others wrote."""
    other = over(store, OLD, NEW)
    fill(other, 1)

    def interfere(kind: str, id: str) -> None:
        store.mend()
        other.update(kind, ("user-0 é",), lambda _: {"number": "theirs"})

    setattr(store, moment, interfere)
    assert maintained(store, NEW, OLD).rotate().rotated == len(KINDS)
    for kind in KINDS:
        held = over(store, NEW).read(kind, "user-0 é")
        assert held is not None
        assert held.value == {"number": "theirs" if kind == KINDS[0] else 0}


def test_a_rotated_row_expires_as_before(store: InterruptedStore) -> None:
    """Rotation keeps the time from which an expired login may be deleted."""
    assert over(store).write("login", ("state",), {"sweep_at": 1.0}, None)
    assert maintained(store, NEW, OLD).rotate().rotated == 1
    assert store.sweep("login", 1.0, 10) == 1


@pytest.mark.parametrize("moment", ["after", "before"])
def test_what_others_delete_meanwhile_stays_deleted(store: InterruptedStore, moment: str) -> None:
    """A row that goes between reading and writing is not brought back."""
    other = over(store)
    fill(other, 1)

    def interfere(kind: str, id: str) -> None:
        store.mend()
        other.remove(kind, "user-0 é")

    setattr(store, moment, interfere)
    assert maintained(store, NEW, OLD).rotate() == Rotation(len(KINDS) - 1, 1)
    assert other.read(KINDS[0], "user-0 é") is None


def test_rotation_while_threads_write(store: InterruptedStore) -> None:
    """Counters that threads count up meanwhile lose not one count."""
    users = [f"user-{number}" for number in range(4)]

    def count(user: str) -> None:
        custody = over(store, OLD, NEW)
        for _ in range(200):
            custody.update("use", (user,), lambda value: {"n": (value or {"n": 0})["n"] + 1})

    threads = [threading.Thread(target=count, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert maintained(store, NEW, OLD).rotate().findings == ()
    maintained(store, NEW, OLD).rotate()
    for user in users:
        held = over(store, NEW).read("use", user)
        assert held is not None
        assert held.value == {"n": 200}


def test_a_new_key_is_read_everywhere_before_it_writes_anywhere(store: InterruptedStore) -> None:
    """In the documented order of steps every process reads what every other one wrote."""
    first, behind, front, alone = (OLD,), (OLD, NEW), (NEW, OLD), (NEW,)
    steps = [(first, first), (first, behind), (behind, behind), (behind, front), (front, front)]

    def all_read(one: tuple[str, ...], two: tuple[str, ...]) -> None:
        for writes, reads in ((one, two), (two, one)):
            over(store, *writes).update("connection", ("alice",), lambda _: {"by": 1})
            assert over(store, *reads).read("connection", "alice") is not None
            assert over(store, *reads).read("login", "old") is not None

    over(store, *first).write("login", ("old",), {}, None)
    for one, two in steps:
        all_read(one, two)
    maintained(store, *front).rotate()
    for one, two in [(front, front), (front, alone), (alone, alone)]:
        all_read(one, two)
    over(store, *front).update("connection", ("alice",), lambda _: {"by": 2})
    with pytest.raises(EncryptionKeyMissing):
        over(store, *first).read("connection", "alice")


def test_rotation_passes_what_does_not_open(store: InterruptedStore) -> None:
    """Rows without their key, and changed ones, are told and left as they are."""
    fill(over(store), 2)
    over(store, OTHER).write("connection", ("foreign",), {}, None)
    (id,) = [id for id in store.scan("login") if "user-1" in id]
    row = store.get("login", id)
    assert row is not None
    assert store.put("login", id, row.data[:-1] + bytes([row.data[-1] ^ 1]), row.version)
    before = store.get("login", id)
    done = maintained(store, NEW, OLD).rotate()
    assert (done.rotated, done.current) == (2 * len(KINDS) - 1, 0)
    assert [(found.place.kind, found.lacks_key) for found in done.findings] == [
        ("connection", True),
        ("login", False),
    ]
    assert store.get("login", id) == before


def test_rotation_with_a_wrong_key_changes_nothing(store: InterruptedStore) -> None:
    """Where no row opens, none is written."""
    fill(over(store), 1)
    store.before = lambda kind, id: pytest.fail(f"wrote a {kind}")
    done = maintained(store, NEW, OTHER).rotate()
    assert (done.rotated, done.current, len(done.findings)) == (0, 0, len(KINDS))
    assert all("was not given" in found.problem for found in done.findings)


def test_a_partner_works_on_through_a_rotation(face: Face) -> None:
    """Tokens, key and claims are found after it, by a partner with the new key first."""
    old = list(face.keys)
    face.keys = [*old, NEW]
    user = connected(face)
    key = user.api_key.issue()
    assert isinstance(face.store, MemoryStore)
    assert maintained(face.store, NEW, *old).rotate().findings == ()
    assert user.api_key.issue().secret == key.secret
    face.keys = [NEW]
    partner = face.partner()
    assert partner.user("alice").api_key.issue().secret == key.secret
    assert partner.user("alice").api_key.info().external_id == key.external_id
