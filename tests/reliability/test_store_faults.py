"""Databases that are full, read-only, gone, or tampered with: noticed, and no secret is lost."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from whitebit_ext import WhiteBIT
from whitebit_ext.custody.stores import SQLStore
from whitebit_ext.errors import EncryptionKeyMissing, SealBroken, SecretNotStored, StoreUnavailable

from ..looking import KINDS, lose, row_id, row_of
from .databases import Databases
from .tearing import tear
from .wiring import HurriedClock, World

SECRET = "get_api_key_secret"


class Ailing:
    """A SQLite file whose disk is full, or which may only be read, as a test says.

    SQLite itself refuses: by the limit of the file's pages, and by its switch for reading only.
    """

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url)
        self._full = self._read_only = False
        sa.event.listen(self.engine, "checkout", self._checkout)

    def _checkout(self, connection: Any, *_: object) -> None:
        # No page more than there is; a full disk leaves the log no room either.
        connection.execute(f"PRAGMA max_page_count = {1 if self._full else 1_000_000}")
        connection.execute(f"PRAGMA query_only = {int(self._read_only)}")

    def fill(self, store: SQLStore) -> None:
        """Fill the disk to the last byte that a row could take."""
        self._full = True
        length = 4000
        number = 0
        while length >= 1:
            try:
                store.put("filling", f"{length}-{number}", b"." * length, None)
                number += 1
            except sa.exc.OperationalError as error:
                if "full" not in str(error):
                    raise
                length //= 2

    def free(self, store: SQLStore) -> None:
        """Make room again."""
        self._full = False
        for id in list(store.scan("filling")):
            row = store.get("filling", id)
            assert row is not None
            store.delete("filling", id, row.version)

    def lock(self, _: SQLStore) -> None:
        """Let nobody write."""
        self._read_only = True

    def unlock(self, _: SQLStore) -> None:
        """Let everybody write."""
        self._read_only = False


Ail = tuple[Callable[[Ailing, SQLStore], None], Callable[[Ailing, SQLStore], None]]
AILMENTS: dict[str, Ail] = {
    "disk full": (Ailing.fill, Ailing.free),
    "read-only": (Ailing.lock, Ailing.unlock),
}


@pytest.fixture(params=AILMENTS)
def ail(request: pytest.FixtureRequest) -> Ail:
    """Return how a file gets each ailment, and how it gets well."""
    return AILMENTS[request.param]


@pytest.fixture
def on_sqlite(running_sandbox: Any, databases: Databases) -> World:
    """Return a world on a file."""
    return World(running_sandbox, databases.new("sqlite"))


@pytest.fixture
def on_postgresql(running_sandbox: Any, databases: Databases) -> World:
    """Return a world on a server that can be stopped."""
    return World(running_sandbox, databases.new("postgresql"))


@contextlib.contextmanager
def meanwhile(world: World, break_it: Callable[[], None]) -> Iterator[None]:
    """Break the database while the server has the request for the secret."""
    with world.sandbox.hold(SECRET) as held:

        def go_on() -> None:
            held.wait(timeout=20.0)
            break_it()
            held.release()

        thread = threading.Thread(target=go_on)
        thread.start()
        yield
        thread.join()


def hurried(world: World, store: SQLStore, clock: HurriedClock | None = None) -> WhiteBIT:
    """Make a partner object that does not really wait."""
    return world.partner(store, clock=clock or HurriedClock(world.clock.ahead))


def handed_over(partner: WhiteBIT, world: World, name: str) -> None:
    """Expect that the secret, which no store takes, is handed to the caller."""
    with pytest.raises(SecretNotStored) as caught:
        partner.user(name).api_key.issue()
    assert caught.value.secret is not None
    assert caught.value.secret.reveal() == world.made(name).secret


def test_file_ails_before(on_sqlite: World, ail: Ail) -> None:
    """A file that cannot be written stops the retrieval before anything is asked."""
    world, (fall_ill, recover) = on_sqlite, ail
    file = Ailing(world.url)
    with SQLStore(file.engine) as store, hurried(world, store) as partner:
        name = world.connect(partner)
        fall_ill(file, store)
        with pytest.raises(StoreUnavailable):
            partner.user(name).api_key.issue()
        assert world.askings() == 0
        recover(file, store)
        world.lease = 0.1
        key = partner.user(name).api_key.issue()
        assert key.secret.reveal() == world.made(name).secret
    file.engine.dispose()


def test_file_ails_after(on_sqlite: World, ail: Ail) -> None:
    """A file that takes nothing any more once the answer is there costs nobody the secret."""
    world, (fall_ill, recover) = on_sqlite, ail
    file = Ailing(world.url)
    with SQLStore(file.engine) as store, hurried(world, store) as partner:
        name = world.connect(partner)
        made = world.made(name)
        with meanwhile(world, lambda: fall_ill(file, store)):
            if ail == AILMENTS["disk full"]:  # room for the answer was written before
                assert partner.user(name).api_key.issue().secret.reveal() == made.secret
            else:
                handed_over(partner, world, name)
        recover(file, store)
        partner.adopt(name, public_key=made.public_key, secret=made.secret)
        assert partner.user(name).api_key.issue().secret.reveal() == made.secret
    file.engine.dispose()
    assert world.askings() == 1


def test_file_ails_while_a_pair_is_renewed(on_sqlite: World, ail: Ail) -> None:
    """A pair that the file does not take is kept by its process, and stored when it can be."""
    world, (fall_ill, recover) = on_sqlite, ail
    file, clock = Ailing(world.url), HurriedClock(world.clock.ahead)
    with SQLStore(file.engine) as store, hurried(world, store, clock) as partner:
        user = partner.user(world.connect(partner))
        clock.ahead += 305
        world.advance(305)
        with world.sandbox.hold("refresh_token") as held:

            def go_on() -> None:
                held.wait(timeout=20.0)
                fall_ill(file, store)
                held.release()

            thread = threading.Thread(target=go_on)
            thread.start()
            # A full disk has room for a row that takes the place of one as long as itself.
            with contextlib.suppress(StoreUnavailable):
                user.bearer.account.balances.main()
            thread.join()
        recover(file, store)
        assert user.bearer.account.balances.main()
        with world.partner(store) as another:
            assert another.user(user.id).bearer.account.balances.main()
    file.engine.dispose()
    assert world.refreshes() == 1


def test_server_gone_before(on_postgresql: World, databases: Databases) -> None:
    """A server that is away stops the retrieval before anything is asked."""
    world = on_postgresql
    with world.store() as store, hurried(world, store) as partner:
        name = world.connect(partner)
        databases.server.stop()
        try:
            with pytest.raises(StoreUnavailable):
                partner.user(name).api_key.issue()
        finally:
            databases.server.start()
        assert world.askings() == 0
        key = partner.user(name).api_key.issue()
        assert key.secret.reveal() == world.made(name).secret


def test_server_gone_after(on_postgresql: World, databases: Databases) -> None:
    """A server that goes away between question and answer costs nobody the secret."""
    world = on_postgresql
    with world.store() as store, hurried(world, store) as partner:
        name = world.connect(partner)
        try:
            with meanwhile(world, databases.server.stop):
                handed_over(partner, world, name)
        finally:
            databases.server.start()
        made = world.made(name)
        partner.adopt(name, public_key=made.public_key, secret=made.secret)
        assert partner.user(name).api_key.issue().secret.reveal() == made.secret
    assert world.askings() == 1


# Tampering


def filled(world: World, store: SQLStore, partner: WhiteBIT) -> tuple[str, str]:
    """Have two users with everything that custody keeps of a user."""
    lose(world.custody(store), "incarnation", "a key that was left", user_id="alice")
    first, second = world.connect(partner), world.connect(partner)
    for name in (first, second):
        partner.user(name).api_key.issue()
        partner.user(name).account.balances.spot()
    partner.authorize(first)
    partner.authorize(second)
    world.advance(305)
    partner.user(first).bearer.account.balances.main()
    partner.maintain()
    return first, second


def test_flipped_bytes(world: World) -> None:
    """One bit changed in any byte of any row of any kind is noticed, and is never an absence."""
    noticed = set[str]()
    with world.store() as store, world.partner(store, refresh_interval=0.01) as partner:
        filled(world, store, partner)
        custody = world.custody(store)
        for kind in KINDS:
            for subject in list(custody.subjects(kind))[:1]:
                assert custody.read(kind, *subject) is not None
                id = row_id(custody, *subject)
                row = store.get(kind, id)
                assert row is not None
                for place in range(0, len(row.data), 1 + len(row.data) // 40):
                    spoiled = bytearray(row.data)
                    spoiled[place] ^= 1 << place % 8
                    now = store.get(kind, id)
                    assert now is not None
                    assert store.put(kind, id, bytes(spoiled), now.version)
                    with pytest.raises((SealBroken, EncryptionKeyMissing)):
                        custody.read(kind, *subject)
                noticed.add(kind)
    assert noticed == set(KINDS)


def test_swapped_rows(world: World) -> None:
    """A row in another user's, kind's, client's or origin's place does not open there."""
    with world.store() as store, world.partner(store) as partner:
        first, second = filled(world, store, partner)
        custody = world.custody(store)
        place = row_id(custody, first)
        row, use = store.get("connection", place), store.get("use", place)
        assert row is not None
        assert use is not None

        def refused(kind: str, id: str, data: bytes, read: Callable[[], object]) -> None:
            row = store.get(kind, id)
            assert store.put(kind, id, data, row.version if row else None)
            with pytest.raises(SealBroken):
                read()

        other = row_id(custody, second)
        refused("connection", other, row.data, lambda: row_of(custody, second))
        refused("use", other, use.data, lambda: custody.read("use", second))
        refused("connection", place, use.data, lambda: row_of(custody, first))
        refused("use", place, row.data, lambda: custody.read("use", first))
        for settings in ({"client_id": "another"}, {"base_url": "http://127.0.0.1:9"}):
            there = world.custody(store, **settings)
            refused("connection", row_id(there, first), row.data, lambda: row_of(there, first))  # noqa: B023  # called at once


def test_no_torn_read(world: World) -> None:
    """Rows that two processes rewrite without a pause are read whole by two others."""
    found = tear(world, 2000, readers=2)
    assert (found.torn, found.reads) == (0, 2000)
    assert found.writes > 10
