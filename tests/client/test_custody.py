"""Custody over a store that somebody tampers with, that fails, and that others write too."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from whitebit_ext import ApiKey, MemoryStore, Region, Secret, generate_encryption_key
from whitebit_ext.custody.rows import Custody, login_id
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.custody.stores import Row
from whitebit_ext.custody.values import StoredKey, TokenPair
from whitebit_ext.errors import (
    EncryptionKeyMissing,
    SealBroken,
    StoreConflict,
    StoreUnavailable,
    StoreVolatile,
)
from whitebit_ext.regions import Server
from whitebit_ext.runtime.clock import SystemClock

KEY = generate_encryption_key()
GLOBAL, EU = Server.of(Region.GLOBAL), Server.of(Region.EU)


class FailingStore(MemoryStore):
    """A store whose methods fail while they are named in `failing`."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: set[str] = set()

    def _fail(self, what: str) -> None:
        if what in self.failing:
            raise ConnectionError("password=c2VjcmV0 is wrong")

    def get(self, kind: str, id: str) -> Row | None:
        """Read, or fail."""
        self._fail("get")
        return super().get(kind, id)

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> bool:
        """Write, or fail."""
        self._fail("put")
        return super().put(kind, id, data, expect, expires_at=expires_at)

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Delete, or fail."""
        self._fail("delete")
        return super().delete(kind, id, expect)

    def scan(self, kind: str) -> list[str]:
        """Scan, or fail."""
        self._fail("scan")
        return super().scan(kind)


@pytest.fixture
def store() -> FailingStore:
    """Return an empty store that can be made to fail."""
    return FailingStore()


def over(
    store: MemoryStore, server: Server = GLOBAL, client: str = "client", *keys: str
) -> Custody:
    """Return custody over a store."""
    return Custody(store, Sealer(keys or [KEY]), server, client, SystemClock())


def pair(access: str, refresh: str | None = None, login: str = "login") -> TokenPair:
    """Return a token pair."""
    return TokenPair(
        access=Secret(access),
        refresh=Secret(refresh) if refresh else None,
        scopes=("apikeys.read",),
        obtained_at=1_700_000_000.25,
        lifetime=300.0,
        login=login,
    )


def place(server: Server, client: str, *subject: str) -> str:
    """Return the id of a row."""
    return json.dumps([server.origin, client, *subject], separators=(",", ":"))


def test_what_is_kept_comes_back(store: FailingStore) -> None:
    """Pairs, with and without a refresh token, and keys come back as they were."""
    custody = over(store)
    for kept in (pair("a", "r"), pair("b"), TokenPair(Secret("c"), None, (), 0.0, None, "x", True)):
        custody.put_pair("alice", kept)
        assert custody.pair("alice") == kept
    key = StoredKey(ApiKey("alice", "pub", "ext", Secret("s"), GLOBAL.origin), "login", gone=True)
    custody.put_key(key)
    back = custody.key("alice")
    assert back is not None
    assert (back.key, back.login, back.gone) == (key.key, "login", True)
    assert custody.pair("bob") is None
    assert custody.key("bob") is None


def test_no_row_shows_what_is_in_it(store: FailingStore) -> None:
    """No secret stands in the store, neither in a row nor in its id."""
    custody = over(store)
    custody.put_pair("alice", pair("access-in-the-clear", "refresh-in-the-clear"))
    custody.put_key(
        StoredKey(ApiKey("alice", "pub", "ext", Secret("secret-in-the-clear"), GLOBAL.origin), None)
    )
    custody.write("login", (login_id("state-in-the-clear"),), {"verifier": "in-the-clear"}, None)
    assert "in-the-clear" not in f"{custody.read('pair', 'alice')!r} {custody.pair('alice')!r}"
    for kind in ("pair", "key", "login"):
        for id in store.scan(kind):
            row = store.get(kind, id)
            assert row is not None
            assert b"in-the-clear" not in row.data + id.encode()


@pytest.mark.parametrize(
    ("kind", "id"),
    [
        ("pair", place(GLOBAL, "client", "bob")),
        ("pair", place(EU, "client", "alice")),
        ("pair", place(GLOBAL, "other", "alice")),
        ("key", place(GLOBAL, "client", "alice")),
    ],
    ids=["user", "origin", "client", "kind"],
)
def test_a_row_that_was_swapped_does_not_open(store: FailingStore, kind: str, id: str) -> None:
    """A row that somebody copied to another user, server, client or kind is an error there."""
    over(store).put_pair("alice", pair("a", "r"))
    row = store.get("pair", place(GLOBAL, "client", "alice"))
    assert row is not None
    store.put(kind, id, row.data, None)
    readers: dict[str, Callable[[], object]] = {
        place(GLOBAL, "client", "bob"): lambda: over(store).pair("bob"),
        place(EU, "client", "alice"): lambda: over(store, EU).pair("alice"),
        place(GLOBAL, "other", "alice"): lambda: over(store, GLOBAL, "other").pair("alice"),
    }
    with pytest.raises(SealBroken):
        over(store).key("alice") if kind == "key" else readers[id]()
    assert over(store).pair("alice") == pair("a", "r")


def test_a_row_that_does_not_open_is_never_an_absence(store: FailingStore) -> None:
    """Reading, renewing and updating a changed row fail; none of them writes over it."""
    custody, id = over(store), place(GLOBAL, "client", "alice")
    custody.put_pair("alice", pair("a", "r"))
    row = store.get("pair", id)
    assert row is not None
    store.put("pair", id, row.data[:-1] + bytes([row.data[-1] ^ 1]), row.version)
    changed = store.get("pair", id)
    for call in (
        lambda: custody.pair("alice"),
        lambda: custody.renew_pair("alice", Secret("r"), pair("b", "s")),
        lambda: custody.put_pair("alice", pair("b", "s")),
    ):
        with pytest.raises(SealBroken):
            call()
    assert store.get("pair", id) == changed
    assert custody.remove("pair", "alice")
    assert custody.pair("alice") is None


def test_a_missing_key_is_an_error_and_an_older_one_reads(store: FailingStore) -> None:
    """Rotation: the older key goes behind the new one, and rewritten rows no longer need it."""
    new = generate_encryption_key()
    over(store).put_pair("alice", pair("a", "r"))
    with pytest.raises(EncryptionKeyMissing):
        over(store, GLOBAL, "client", new).pair("alice")
    both = over(store, GLOBAL, "client", new, KEY)
    assert both.pair("alice") == pair("a", "r")
    both.put_pair("alice", pair("b", "s"))
    assert over(store, GLOBAL, "client", new).pair("alice") == pair("b", "s")


def test_servers_and_clients_do_not_mix(store: FailingStore) -> None:
    """One user id at two servers and two clients is four users, each listed where it is."""
    custodies = [over(store, server, client) for server in (GLOBAL, EU) for client in "ab"]
    for number, custody in enumerate(custodies):
        custody.put_pair("alice", pair(str(number)))
    for number, custody in enumerate(custodies):
        assert custody.pair("alice") == pair(str(number))
        assert list(custody.subjects("pair")) == [("alice",)]


@pytest.mark.parametrize(
    ("one", "other"), [(("a", "b"), ("a,b",)), (('a","b',), ("a", "b")), (("a\\",), ("a",))]
)
def test_no_two_subjects_are_one_place(
    store: FailingStore, one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    """A user id made of punctuation is not another user's."""
    custody = over(store)
    custody.write("pair", one, {"is": "one"}, None)
    assert custody.read("pair", *other) is None
    assert list(custody.subjects("pair")) == [one]


@pytest.mark.parametrize("name", ["a" * 255, "é" * 255, "😀" * 255])
def test_the_id_of_a_row_is_as_short_as_stores_are_told(store: FailingStore, name: str) -> None:
    """The longest user id, with a key's UUID beside it, stays under 1,000 characters."""
    over(store).write("claim", (name, "3fa85f64-5717-4562-b3fc-2c963f66afa6"), {}, None)
    (id,) = store.scan("claim")
    assert len(id) <= 1_000


def test_a_pair_is_renewed_by_its_own_child_alone(store: FailingStore) -> None:
    """A late pair is taken if the stored refresh token is its parent, and refused otherwise."""
    custody = over(store)
    assert not custody.renew_pair("alice", Secret("r"), pair("b", "s"))
    custody.put_pair("alice", pair("a", "r"))
    assert not custody.renew_pair("alice", Secret("x"), pair("b", "s"))
    assert custody.pair("alice") == pair("a", "r")
    assert custody.renew_pair("alice", Secret("r"), pair("b", "s"))
    assert not custody.renew_pair("alice", Secret("r"), pair("c", "t"))
    assert custody.pair("alice") == pair("b", "s")
    custody.put_pair("alice", pair("d"))
    assert not custody.renew_pair("alice", Secret("s"), pair("c", "t"))


def test_a_change_is_made_on_what_is_there(store: FailingStore) -> None:
    """Eight threads that count up one row miss no step."""
    custody = over(store)

    def count() -> None:
        for _ in range(5):
            custody.update("pair", ("n",), lambda value: {"n": (value or {"n": 0})["n"] + 1})

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = custody.read("pair", "n")
    assert held is not None
    assert held.value == {"n": 40}


def test_a_row_that_never_holds_still_is_a_conflict(store: FailingStore) -> None:
    """A change that others overtake every time ends, typed."""
    custody = over(store)

    def overtaken(value: dict[str, Any] | None) -> dict[str, Any]:
        held = custody.read("pair", "n")
        custody.write("pair", ("n",), {"n": "other"}, held.version if held else None)
        return {"n": "own"}

    with pytest.raises(StoreConflict, match="pair"):
        custody.update("pair", ("n",), overtaken)


@pytest.mark.parametrize(
    ("failing", "call"),
    [
        ("get", lambda custody: custody.pair("alice")),
        ("put", lambda custody: custody.put_pair("alice", pair("a"))),
        ("delete", lambda custody: custody.remove("pair", "alice")),
        ("scan", lambda custody: list(custody.subjects("pair"))),
    ],
)
def test_a_failing_store_is_one_typed_error(
    store: FailingStore, failing: str, call: Callable[[Custody], object]
) -> None:
    """What a database raises becomes `StoreUnavailable`, without the text of its error."""
    custody = over(store)
    custody.put_pair("alice", pair("a", "r"))
    store.failing = {failing}
    with pytest.raises(StoreUnavailable, match="ConnectionError") as caught:
        call(custody)
    assert "c2VjcmV0" not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_once_only_secret_is_not_put_into_a_store_that_forgets() -> None:
    """Memory is refused, but on loopback, or where one says that one knows."""
    with pytest.raises(StoreVolatile, match="MemoryStore"):
        over(MemoryStore()).refuse_volatile()
    over(MemoryStore(volatile=True)).refuse_volatile()
    over(MemoryStore(), Server.of(Region.GLOBAL, "http://127.0.0.1:8080")).refuse_volatile()


def test_the_journal_holds_what_happened_and_no_value(store: FailingStore) -> None:
    """Each note is a row of its own, in the order of time."""
    custody = over(store)
    for outcome in ("no answer", "stored"):
        custody.note("secret", "alice", external_id="ext", outcome=outcome)
    notes = [custody.read("journal", *subject) for subject in sorted(custody.subjects("journal"))]
    assert [note.value["outcome"] for note in notes if note] == ["no answer", "stored"]
    assert all(note and set(note.value) == NOTED for note in notes)


NOTED = {"at", "event", "user", "external_id", "outcome"}
