"""`api_key.issue()` over a store that fails, and under tasks that stop waiting."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from whitebit_ext import AsyncUser, AsyncWhiteBIT, Event, EventName, MemoryStore, Secret, User
from whitebit_ext.custody.stores import Row
from whitebit_ext.errors import KeyPending, SecretNotStored, StoreUnavailable
from whitebit_ext.sandbox import ApiKey, PartnerClient, Sandbox

from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face, MovedClock, connected
from .failing import FailingStore

SECRET = "get_api_key_secret"


def ready(face: Face) -> tuple[User, ApiKey]:
    """Connect a user whose key is there already, its secret untouched."""
    user = connected(face)
    face.clock.advance(2)
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    return user, made


@pytest.mark.parametrize(
    ("method", "kind"),
    [("put", "connection"), ("get", "connection")],
)
def test_a_store_that_fails_before(face: Face, store: FailingStore, method: str, kind: str) -> None:
    """Where custody cannot keep it, the secret is not asked for, and nothing of it is lost."""
    user, made = ready(face)
    store.fails = lambda *call: call == (method, kind)
    with pytest.raises(StoreUnavailable) as caught:
        user.api_key.issue()
    assert face.sandbox.count("GET", SECRET) == 0
    assert "DiskFullError" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    store.mend()
    assert user.api_key.issue().secret.reveal() == made.secret


def test_a_store_that_does_not_keep_what_it_takes(face: Face, store: FailingStore) -> None:
    """An attempt that cannot be read back is noticed before the secret is put at risk."""
    user, _ = ready(face)
    store.forgets = lambda kind: kind == "connection"
    with pytest.raises(StoreUnavailable):
        user.api_key.issue()
    assert face.sandbox.count("GET", SECRET) == 0


def test_a_lease_that_could_not_be_renewed_leaves_no_attempt(
    face: Face, store: FailingStore, clock: MovedClock
) -> None:
    """Where the store fails right before the request, nothing counts as asked, and nobody waits."""
    made = ready(face)[1]
    failures = iter([True, True])  # the renewal is tried twice; then the store works again

    def slow(event: Event) -> None:
        if event.name is EventName.SECRET_ASKED:
            clock.advance(14.0)
            store.fails = lambda *call: call == ("put", "connection") and next(failures, False)

    user = face.partner(on_event=[slow]).user("alice")
    with pytest.raises(StoreUnavailable):
        user.api_key.issue(timeout=0)
    assert face.sandbox.count("GET", SECRET) == 0
    other = face.partner().user("alice")
    assert other.api_key.issue(timeout=0).secret.reveal() == made.secret


@pytest.mark.parametrize("kinds", [("connection",), ("connection", "journal")])
def test_a_store_that_fails_after(
    face: Face, store: FailingStore, clock: MovedClock, kinds: tuple[str, ...]
) -> None:
    """A secret that cannot be kept is handed to the caller, in an error that does not show it."""
    user, made = ready(face)
    with face.sandbox.hold(SECRET) as held:

        def fail(method: str, kind: str) -> bool:
            return held.arrived > 0 and method == "put" and kind in kinds

        store.fails = fail
        # The request is held only to learn that it came: it goes on at once.
        release_when_there(held.wait, held.release)
        with pytest.raises(SecretNotStored) as caught:
            user.api_key.issue()
    error = caught.value
    assert error.secret is not None
    assert error.secret.reveal() == made.secret
    assert made.secret not in f"{error} {error!r} {error.args} {vars(error)}"
    assert pickle.loads(pickle.dumps(error)).secret is None  # noqa: S301  # our own
    assert sum(clock.slept) >= 10  # the store was tried again for so long
    store.mend()
    # The process holds the answer: the next call stores it, and asks nobody.
    assert user.api_key.issue().secret.reveal() == made.secret
    assert face.sandbox.count("GET", SECRET) == 1
    face.partner().adopt("alice", public_key=made.public_key, secret=error.secret.reveal())
    assert face.partner().user("alice").api_key.issue().secret.reveal() == made.secret


def release_when_there(wait: Callable[[], None], release: Callable[[], None]) -> None:
    """Release a hold from another thread as soon as a request is there."""

    def go_on() -> None:
        wait()
        release()

    threading.Thread(target=go_on).start()


def test_a_row_that_breaks_meanwhile(face: Face, store: FailingStore) -> None:
    """A row that stops opening between question and answer costs nobody the secret."""
    user, made = ready(face)
    with face.sandbox.hold(SECRET) as held:
        store.spoils = lambda read: held.arrived > 0 and read == "connection"
        store.fails = lambda method, kind: held.arrived > 0 and method == "put"
        release_when_there(held.wait, held.release)
        with pytest.raises(SecretNotStored) as caught:
            user.api_key.issue()
    assert caught.value.secret == Secret(made.secret)


def test_a_store_that_recovers_in_time(face: Face, store: FailingStore) -> None:
    """A store that fails for a few seconds delays the key, and loses nothing."""
    user, made = ready(face)
    failures = iter([True] * 3)
    store.fails = lambda *call: made.secret_taken and next(failures, False)
    assert user.api_key.issue().secret.reveal() == made.secret
    assert face.partner().user("alice").api_key.issue().secret.reveal() == made.secret
    assert face.sandbox.count("GET", SECRET) == 1


def test_another_stored_it_meanwhile(face: Face, store: FailingStore) -> None:
    """Where the store has come to hold the secret in the meantime, nothing is sent."""
    user, made = ready(face)
    other = face.partner()

    def adopt(method: str, kind: str) -> None:
        if (method, kind) == ("put", "connection") and not made.secret_taken:
            made.secret_taken = True
            thread = threading.Thread(
                target=lambda: other.adopt("alice", public_key=made.public_key, secret=made.secret)
            )
            thread.start()
            thread.join(5)

    store.before = adopt
    assert user.api_key.issue().secret.reveal() == made.secret
    assert face.sandbox.count("GET", SECRET) == 0


def test_a_failing_journal_changes_nothing(face: Face, store: FailingStore) -> None:
    """The key is returned although the journal could not be written."""
    user, made = ready(face)
    store.fails = lambda *call: call == ("put", "journal")
    assert user.api_key.issue().secret.reveal() == made.secret


# Tasks


@pytest.fixture
def aface(
    sandbox: Sandbox, client: PartnerClient, clock: MovedClock, portal: BlockingPortal
) -> Iterator[Face]:
    """Return the async face, for tests that await by themselves."""
    face = Face("async", sandbox, client, clock, portal)
    yield face
    face.close()


async def aready(face: Face, partner: AsyncWhiteBIT) -> tuple[AsyncUser, ApiKey]:
    """Connect a user whose key is there already, from within a loop."""
    face.sandbox.add_user("alice")
    login = await partner.authorize("alice")
    callback = await asyncio.to_thread(face.sandbox.person("alice").approve, login.url)
    user = await partner.connect(callback, binding=login.binding, user_id="alice")
    face.clock.advance(2)
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    return user, made


@pytest.mark.anyio
async def test_tasks_ask_once(aface: Face) -> None:
    """Fifty tasks that call at once cause one request, and all get the key."""
    async with AsyncWhiteBIT(**aface.arguments()) as partner:
        user, made = await aready(aface, partner)
        keys = await asyncio.gather(*(user.api_key.issue() for _ in range(50)))
    assert {key.secret.reveal() for key in keys} == {made.secret}
    assert aface.sandbox.count("GET", SECRET) == 1


@pytest.mark.anyio
async def test_a_cancelled_task_loses_nothing(aface: Face) -> None:
    """The retrieval goes on without its caller, and the next call finds the secret stored."""
    async with AsyncWhiteBIT(**aface.arguments()) as partner:
        user, made = await aready(aface, partner)
        with aface.sandbox.hold(SECRET) as held:
            task = asyncio.ensure_future(user.api_key.issue())
            await asyncio.to_thread(held.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert (await user.api_key.issue()).secret.reveal() == made.secret
    assert aface.sandbox.count("GET", SECRET) == 1


def test_a_loop_that_ends_loses_nothing(aface: Face) -> None:
    """A loop that closes while the secret is asked for leaves it to the next one."""
    transports = list[httpx.AsyncHTTPTransport]()

    def transport() -> httpx.AsyncHTTPTransport:
        transports.append(httpx.AsyncHTTPTransport())
        return transports[-1]

    partner = AsyncWhiteBIT(**aface.arguments(async_transport=transport))

    async def begin() -> str:
        user, made = await aready(aface, partner)
        with aface.sandbox.hold(SECRET) as held:
            task = asyncio.ensure_future(user.api_key.issue())
            await asyncio.to_thread(held.wait)
            task.cancel()
        # A loop's own connections end in it, or asyncio warns of them when they are collected.
        for opened in transports:
            await opened.aclose()
        return made.secret

    async def go_on() -> str:
        async with partner:
            return (await partner.user("alice").api_key.issue()).secret.reveal()

    assert asyncio.run(begin()) == asyncio.run(go_on())
    assert aface.sandbox.count("GET", SECRET) == 1


def test_the_store_is_never_asked_in_the_loop(aface: Face) -> None:
    """A store may block: every call of it is made in a thread of the library's own."""
    callers = set[str]()

    class Watched(MemoryStore):
        """A store that notes the threads that call it."""

        def get(self, kind: str, id: str) -> Row | None:
            """Note, and read."""
            callers.add(threading.current_thread().name)
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
            """Note, and write."""
            callers.add(threading.current_thread().name)
            return super().put(kind, id, data, expect, expires_at=expires_at)

    async def main() -> str:
        async with AsyncWhiteBIT(**aface.arguments(store=Watched(volatile=True))) as partner:
            user, _ = await aready(aface, partner)
            await user.api_key.issue()
            await user.signed.account.balances.spot()
            await user.bearer.account.balances.spot()
        return threading.current_thread().name

    loop = asyncio.run(main())
    assert callers
    assert loop not in callers


@pytest.mark.anyio
async def test_the_loop_is_not_blocked_while_waiting(aface: Face) -> None:
    """Other tasks run while one waits for a key to show."""
    async with AsyncWhiteBIT(**aface.arguments()) as partner:
        user, made = await aready(aface, partner)
        made.deleted = "user"
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        turning = asyncio.ensure_future(turn())
        with pytest.raises(KeyPending):
            await user.api_key.issue(timeout=10)
        turning.cancel()
    assert turns > 10
