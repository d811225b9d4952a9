"""Custody over a store that somebody tampers with, that fails, and that others write too."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from whitebit_ext import MemoryStore, Region, Secret, generate_encryption_key
from whitebit_ext.custody.journal import note
from whitebit_ext.custody.rows import Custody, login_id
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.custody.stores import Row
from whitebit_ext.custody.values import TokenPair
from whitebit_ext.errors import (
    EncryptionKeyMissing,
    SealBroken,
    StoreConflict,
    StoreUnavailable,
    StoreVolatile,
)
from whitebit_ext.regions import Server
from whitebit_ext.runtime.clock import SystemClock
from whitebit_ext.runtime.events import EventName

from ..looking import key_of, pair_of, put_key, put_pair, row_of

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
    ) -> int | None:
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
        put_pair(custody, "alice", kept)
        assert pair_of(custody, "alice") == kept
    put_key(custody, "alice", "ext", public_key="pub", secret=Secret("s"))
    back = key_of(custody, "alice")
    assert back is not None
    assert (back.public_key, back.external_id, back.secret) == ("pub", "ext", Secret("s"))
    assert pair_of(custody, "alice") == kept
    assert row_of(custody, "bob") is None


def test_no_row_shows_what_is_in_it(store: FailingStore) -> None:
    """No secret stands in the store, neither in a row nor in its id."""
    custody = over(store)
    put_pair(custody, "alice", pair("access-in-the-clear", "refresh-in-the-clear"))
    put_key(custody, "alice", "ext", secret=Secret("secret-in-the-clear"))
    custody.write("login", (login_id("state-in-the-clear"),), {"verifier": "in-the-clear"}, None)
    held = custody.read("connection", "alice")
    assert "in-the-clear" not in f"{held!r} {row_of(custody, 'alice')!r}"
    for kind in ("connection", "login"):
        for id in store.scan(kind):
            row = store.get(kind, id)
            assert row is not None
            assert b"in-the-clear" not in row.data + id.encode()


@pytest.mark.parametrize(
    ("kind", "id"),
    [
        ("connection", place(GLOBAL, "client", "bob")),
        ("connection", place(EU, "client", "alice")),
        ("connection", place(GLOBAL, "other", "alice")),
        ("use", place(GLOBAL, "client", "alice")),
    ],
    ids=["user", "origin", "client", "kind"],
)
def test_a_row_that_was_swapped_does_not_open(store: FailingStore, kind: str, id: str) -> None:
    """A row that somebody copied to another user, server, client or kind is an error there."""
    put_pair(over(store), "alice", pair("a", "r"))
    row = store.get("connection", place(GLOBAL, "client", "alice"))
    assert row is not None
    store.put(kind, id, row.data, None)
    readers: dict[str, Callable[[], object]] = {
        place(GLOBAL, "client", "bob"): lambda: pair_of(over(store), "bob"),
        place(EU, "client", "alice"): lambda: pair_of(over(store, EU), "alice"),
        place(GLOBAL, "other", "alice"): lambda: pair_of(over(store, GLOBAL, "other"), "alice"),
    }
    with pytest.raises(SealBroken):
        over(store).read("use", "alice") if kind == "use" else readers[id]()
    assert pair_of(over(store), "alice") == pair("a", "r")


def test_a_row_that_does_not_open_is_never_an_absence(store: FailingStore) -> None:
    """Reading and updating a changed row fail; none of them writes over it."""
    custody, id = over(store), place(GLOBAL, "client", "alice")
    put_pair(custody, "alice", pair("a", "r"))
    row = store.get("connection", id)
    assert row is not None
    store.put("connection", id, row.data[:-1] + bytes([row.data[-1] ^ 1]), row.version)
    changed = store.get("connection", id)
    calls: tuple[Callable[[], object], ...] = (
        lambda: pair_of(custody, "alice"),
        lambda: put_pair(custody, "alice", pair("b", "s")),
    )
    for call in calls:
        with pytest.raises(SealBroken):
            call()
    assert store.get("connection", id) == changed
    assert custody.remove("connection", "alice")
    assert pair_of(custody, "alice") is None


def test_a_missing_key_is_an_error_and_an_older_one_reads(store: FailingStore) -> None:
    """Rotation: the older key goes behind the new one, and rewritten rows no longer need it."""
    new = generate_encryption_key()
    put_pair(over(store), "alice", pair("a", "r"))
    with pytest.raises(EncryptionKeyMissing):
        pair_of(over(store, GLOBAL, "client", new), "alice")
    both = over(store, GLOBAL, "client", new, KEY)
    assert pair_of(both, "alice") == pair("a", "r")
    put_pair(both, "alice", pair("b", "s"))
    assert pair_of(over(store, GLOBAL, "client", new), "alice") == pair("b", "s")


def test_servers_and_clients_do_not_mix(store: FailingStore) -> None:
    """One user id at two servers and two clients is four users, each listed where it is."""
    custodies = [over(store, server, client) for server in (GLOBAL, EU) for client in "ab"]
    for number, custody in enumerate(custodies):
        put_pair(custody, "alice", pair(str(number)))
    for number, custody in enumerate(custodies):
        assert pair_of(custody, "alice") == pair(str(number))
        assert list(custody.subjects("connection")) == [("alice",)]


@pytest.mark.parametrize(
    ("one", "other"), [(("a", "b"), ("a,b",)), (('a","b',), ("a", "b")), (("a\\",), ("a",))]
)
def test_no_two_subjects_are_one_place(
    store: FailingStore, one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    """A user id made of punctuation is not another user's."""
    custody = over(store)
    custody.write("connection", one, {"is": "one"}, None)
    assert custody.read("connection", *other) is None
    assert list(custody.subjects("connection")) == [one]


@pytest.mark.parametrize("name", ["a" * 255, "é" * 255, "😀" * 255])
def test_the_id_of_a_row_is_as_short_as_stores_are_told(store: FailingStore, name: str) -> None:
    """The longest user id, with a key's UUID beside it, stays under 1,000 characters."""
    over(store).write("use", (name, "3fa85f64-5717-4562-b3fc-2c963f66afa6"), {}, None)
    (id,) = store.scan("use")
    assert len(id) <= 1_000


def test_a_store_that_says_only_whether_it_wrote() -> None:
    """Its rows are read back, so that the next change knows the version."""

    class Plain(MemoryStore):
        """A store of somebody's own."""

        def put(
            self,
            kind: str,
            id: str,
            data: bytes,
            expect: int | None,
            *,
            expires_at: float | None = None,
        ) -> Any:
            """Write, and say whether it was done."""
            return super().put(kind, id, data, expect) is not None

    custody = over(Plain())
    first = custody.write("use", ("alice",), {"n": 1}, None)
    assert first is not None
    assert first is not True
    assert custody.write("use", ("alice",), {"n": 2}, None) is None
    second = custody.write("use", ("alice",), {"n": 2}, first)
    held = custody.read("use", "alice")
    assert held is not None
    assert (held.version, held.value) == (second, {"n": 2})


def test_a_change_is_made_on_what_is_there(store: FailingStore) -> None:
    """Eight threads that count up one row miss no step."""
    custody = over(store)

    def count() -> None:
        for _ in range(5):
            custody.update("connection", ("n",), lambda value: {"n": (value or {"n": 0})["n"] + 1})

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = custody.read("connection", "n")
    assert held is not None
    assert held.value == {"n": 40}


def test_a_row_that_never_holds_still_is_a_conflict(store: FailingStore) -> None:
    """A change that others overtake every time ends, typed."""
    custody = over(store)

    def overtaken(value: dict[str, Any] | None) -> dict[str, Any]:
        held = custody.read("connection", "n")
        custody.write("connection", ("n",), {"n": "other"}, held.version if held else None)
        return {"n": "own"}

    with pytest.raises(StoreConflict, match="connection"):
        custody.update("connection", ("n",), overtaken)


@pytest.mark.parametrize(
    ("failing", "call"),
    [
        ("get", lambda custody: pair_of(custody, "alice")),
        ("put", lambda custody: put_pair(custody, "alice", pair("a"))),
        ("delete", lambda custody: custody.remove("connection", "alice")),
        ("scan", lambda custody: list(custody.subjects("connection"))),
    ],
)
def test_a_failing_store_is_one_typed_error(
    store: FailingStore, failing: str, call: Callable[[Custody], object]
) -> None:
    """What a database raises becomes `StoreUnavailable`, without the text of its error."""
    custody = over(store)
    put_pair(custody, "alice", pair("a", "r"))
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
    for name in (EventName.SECRET_UNANSWERED, EventName.SECRET_STORED):
        note(custody, name, "incarnation", external_id="ext", outcome=name)
    notes = [custody.read("journal", *subject) for subject in sorted(custody.subjects("journal"))]
    assert [note.value["outcome"] for note in notes if note] == [
        "secret.unanswered",
        "secret.stored",
    ]
    assert all(note and set(note.value) == NOTED for note in notes)


NOTED = {"at", "event", "incarnation", "external_id", "outcome", "sweep_at"}
