"""Custody as a whole: rotating keys while others work, checking, listing, and losses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from whitebit_ext import (
    ApiKey,
    KeyCondition,
    MemoryStore,
    Region,
    Secret,
    WhiteBIT,
    generate_encryption_key,
)
from whitebit_ext.claims import Claim
from whitebit_ext.clock import SystemClock
from whitebit_ext.custody import KINDS, Custody, StoredKey
from whitebit_ext.errors import (
    EncryptionKeyMissing,
    SealBroken,
    SecretLost,
    SecretTakenElsewhere,
    StoreUnavailable,
)
from whitebit_ext.maintenance import Maintenance, Place, Rotation
from whitebit_ext.regions import Server
from whitebit_ext.sealing import Sealer
from whitebit_ext.stores import Row

from .faces import Face, connected
from .failing import FailingStore
from .hand_clock import HandClock

OLD, NEW, OTHER = (generate_encryption_key() for _ in range(3))
GLOBAL, EU = Server.of(Region.GLOBAL), Server.of(Region.EU)
SECRET = "get_api_key_secret"


class InterruptedStore(MemoryStore):
    """A store that does something of a test's after each read, or before each write."""

    def __init__(self) -> None:
        super().__init__()
        self.mend()

    def mend(self) -> None:
        """Do nothing but what a store does."""
        self.after: Callable[[str, str], None] = lambda kind, id: None
        self.before: Callable[[str, str], None] = lambda kind, id: None

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row, as it was before something is done."""
        row = super().get(kind, id)
        self.after(kind, id)
        return row

    def put(self, kind: str, id: str, data: bytes, expect: int | None) -> bool:
        """Write the row if its version is the expected one."""
        self.before(kind, id)
        return super().put(kind, id, data, expect)


@pytest.fixture
def store() -> InterruptedStore:
    """Return an empty store."""
    return InterruptedStore()


def over(
    store: MemoryStore | FailingStore, *keys: str, server: Server = GLOBAL, client: str = "client"
) -> Custody:
    """Return the custody of one process, with its keys."""
    return Custody(store, Sealer(keys or [OLD]), server, client, SystemClock())


def fill(custody: Custody, count: int = 10) -> None:
    """Write some rows of every kind."""
    for number in range(count):
        for kind in KINDS:
            assert custody.write(kind, (f"user-{number} é",), {"number": number}, None)


def maintained(store: MemoryStore | FailingStore, *keys: str) -> Maintenance:
    """Return what an operator holds."""
    return Maintenance(store, Sealer(keys))


def broken(maintenance: Maintenance) -> list[tuple[str, tuple[str, ...]]]:
    """Return kind and subject of each row that does not open."""
    return [
        (finding.place.kind, finding.place.subject) for finding in maintenance.check() if finding
    ]


# Rotation


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
    held = over(store, NEW, server=EU).read("key", "user-3 é")
    assert held is not None
    assert held.value == {"number": 3}


def test_a_second_rotation_does_nothing(store: InterruptedStore) -> None:
    """What is done is not done twice: the rows keep their versions."""
    fill(over(store))
    maintenance = maintained(store, NEW, OLD)
    maintenance.rotate()
    before = [store.get("key", id) for id in store.scan("key")]
    assert maintenance.rotate() == Rotation(current=10 * len(KINDS))
    assert [store.get("key", id) for id in store.scan("key")] == before


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
            over(store, *writes).update("key", ("alice",), lambda _: {"by": 1})
            assert over(store, *reads).read("key", "alice") is not None
            assert over(store, *reads).read("pair", "old") is not None

    over(store, *first).write("pair", ("old",), {}, None)
    for one, two in steps:
        all_read(one, two)
    maintained(store, *front).rotate()
    for one, two in [(front, front), (front, alone), (alone, alone)]:
        all_read(one, two)
    over(store, *front).update("key", ("alice",), lambda _: {"by": 2})
    with pytest.raises(EncryptionKeyMissing):
        over(store, *first).read("key", "alice")


def test_rotation_passes_what_does_not_open(store: InterruptedStore) -> None:
    """Rows without their key, and changed ones, are told and left as they are."""
    fill(over(store), 2)
    over(store, OTHER).write("key", ("foreign",), {}, None)
    (id,) = [id for id in store.scan("pair") if "user-1" in id]
    row = store.get("pair", id)
    assert row is not None
    assert store.put("pair", id, row.data[:-1] + b"?", row.version)
    before = store.get("pair", id)
    done = maintained(store, NEW, OLD).rotate()
    assert (done.rotated, done.current) == (2 * len(KINDS) - 1, 0)
    assert [(found.place.kind, found.lacks_key) for found in done.findings] == [
        ("pair", False),
        ("key", True),
    ]
    assert store.get("pair", id) == before


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
    key = user.api_keys.issue()
    assert isinstance(face.store, MemoryStore)
    assert maintained(face.store, NEW, *old).rotate().findings == ()
    assert user.api_keys.issue().secret == key.secret
    face.keys = [NEW]
    partner = face.partner()
    assert partner.user("alice").api_keys.issue().secret == key.secret
    assert partner.user("alice").api_keys.info().external_id == key.external_id


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
        custody.write("key", (user,), {"of": user}, None)
    ids = store.scan("key")
    rows = {id: store.get("key", id) for id in ids}
    for id, from_id in zip(ids, [*ids[1:], ids[0]], strict=True):
        to, source = rows[id], rows[from_id]
        assert to is not None
        assert source is not None
        store.put("key", id, source.data, to.version)
    assert len(broken(maintained(store, OLD))) == 3


def test_a_row_that_is_not_ours_is_told_and_ends_nothing(store: InterruptedStore) -> None:
    """Whatever id somebody wrote, the rows behind it are looked at all the same."""
    for id in ("not ours", "[]", "[1, 2, 3]", "null", '["a","b"]'):
        store.put("pair", id, b"whatever", None)
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
        def scan(self, kind: str) -> Iterator[str]:  # type: ignore[override]  # a store may be lazy
            yield from super().scan(kind)
            raise ConnectionError("away")

    store = Breaking()
    fill(over(store), 1)
    with pytest.raises(StoreUnavailable, match="ConnectionError"):
        list(maintained(store, OLD).check())


# Listing


def test_holdings_show_who_has_what(store: InterruptedStore) -> None:
    """Each user once, with tokens or a key, judged by the record of use, and no value shown."""
    clock = HandClock()
    custody = Custody(store, Sealer([OLD]), GLOBAL, "client", clock)
    custody.write("pair", ("tokens only",), {"access": "in-the-clear"}, None)
    secret = Secret("in-the-clear")
    for user in ("alice", "béa"):
        key = ApiKey(user, f"public {user}", f"id {user}", secret, GLOBAL.origin)
        custody.put_key(StoredKey(key, None))
    clock.pass_by(12 * 86_400)
    custody.write(
        "use", ("béa",), {"external_id": "id béa", "at": clock.time(), "refused": None}, None
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
    over(store, OTHER).write("key", ("alice",), {}, None)
    (found,) = maintained(store, OLD).holdings()
    assert (found.user_id, found.key) == ("alice", None)
    assert [(one.place.kind, one.lacks_key) for one in found.findings] == [("key", True)]


def test_places_of_kinds(store: InterruptedStore) -> None:
    """Places can be asked for by kind, and are bound to where their rows stand."""
    fill(over(store), 1)
    (place,) = maintained(store, OLD).places("claim")
    assert place == Place.of("claim", place.id)
    assert place.associated == over(store).place("claim", ("user-0 é",))


# Losses


def lose(face: Face, partner: WhiteBIT, name: str) -> str:
    """Have a user's secret lost on the way, and return the key's id."""
    user = connected(face, name, partner=partner)
    face.clock.advance(2)
    face.sandbox.faults.add(SECRET, kind="drop_after")
    with pytest.raises(SecretLost):
        user.api_keys.issue()
    made = face.sandbox.key(name, face.client)
    assert made is not None
    return made.external_id


def test_losses_are_listed(face: Face) -> None:
    """What was lost and what was taken by others is told with user, key and time; no more."""
    partner = face.partner()
    assert partner.lost() == ()
    lost_key = lose(face, partner, "éva")
    taken = connected(face, "bob", partner=partner)
    face.clock.advance(2)
    made = face.sandbox.key("bob", face.client)
    assert made is not None
    made.secret_taken = True
    with pytest.raises(SecretTakenElsewhere):
        taken.api_keys.issue()
    connected(face, "carol", partner=partner).api_keys.issue()
    found = sorted(face.partner().lost(), key=lambda loss: loss.at)
    assert [(loss.user_id, loss.external_id, loss.outcome) for loss in found] == [
        ("éva", lost_key, "lost"),
        ("bob", made.external_id, "taken"),
    ]
    assert found[1].at.timestamp() == pytest.approx(face.clock.time(), abs=60)
    assert found[0].at.tzinfo is not None


def test_losses_of_others_are_not_opened(face: Face) -> None:
    """A partner lists its own, on a store that another one shares with keys of its own."""
    foreign = face.partner(client_id="another partner", keys=[OTHER])
    other = Claim(foreign._engine.custody, "somebody", "some-key")
    other.close("lost")
    partner = face.partner()
    mine = lose(face, partner, "alice")
    assert [loss.external_id for loss in partner.lost()] == [mine]
    assert [loss.external_id for loss in foreign.lost()] == ["some-key"]


def test_a_loss_is_over_when_the_secret_came_all_the_same(face: Face) -> None:
    """A claim that is closed as stored is a loss no more."""
    partner = face.partner()
    key = lose(face, partner, "alice")
    Claim(partner._engine.custody, "alice", key).close("stored")
    assert partner.lost() == ()


def test_a_claim_that_does_not_open_is_no_absence(face: Face) -> None:
    """It may be a loss: listing ends in an error instead of leaving it out."""
    face.store = store = FailingStore()
    partner = face.partner()
    lose(face, partner, "alice")
    store.spoils = lambda kind: kind == "claim"
    with pytest.raises(SealBroken):
        partner.lost()
    store.mend()
    store.fails = lambda method, kind: (method, kind) == ("scan", "claim")
    with pytest.raises(StoreUnavailable):
        partner.lost()


def test_rows_vanish_between_listing_and_reading() -> None:
    """A row that others delete meanwhile is nothing to report."""

    class Vanishing(MemoryStore):
        def get(self, kind: str, id: str) -> Row | None:
            return None

    store = Vanishing()
    over(store).write("claim", ("alice", "key"), {}, None)
    maintenance = maintained(store, NEW, OLD)
    assert list(maintenance.check()) == [None]
    assert maintenance.rotate() == Rotation(current=1)
    assert list(maintenance.losses()) == []
    assert not maintenance.sealed_with()
