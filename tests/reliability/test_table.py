"""What happens once, on a database that fails: each row by raising, and by hanging, on both faces.

Death, the third way, is `test_kill`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whitebit_ext import ApiKey, AsyncUser, User
from whitebit_ext.errors import (
    ReauthorizationRequired,
    SecretLocked,
    SecretLost,
    SecretNotStored,
    StoreUnavailable,
    TokenUnavailable,
    WhiteBITError,
)

from ..looking import Asks, lease_taken
from .failing import FailingStore, Way
from .wiring import HurriedClock, World

Sync = Callable[[User], Any]
Async = Callable[[AsyncUser], Any]
BEFORE: tuple[Way, ...] = ("raise", "hang")
COMMIT: tuple[Way, ...] = ("raise", "raise after", "hang")


class Caller:
    """One face of the library over one failing store; each call is a process of its own."""

    def __init__(self, face: str, world: World, **settings: Any) -> None:
        self._face = face
        self._world = world
        self._settings = settings
        self._under = world.store()
        self.store = FailingStore(self._under)
        with world.partner(self._under) as partner:
            self.name = world.connect(partner)

    def issue(self, timeout: float = 20.0) -> ApiKey:
        """Call ``issue()``."""
        issued: ApiKey = self._call(
            lambda user: user.api_key.issue(timeout), lambda user: user.api_key.issue(timeout)
        )
        return issued

    def read(self) -> None:
        """Make a read that takes an access token."""
        assert self._call(
            lambda user: user.bearer.account.balances.main(),
            lambda user: user.bearer.account.balances.main(),
        )

    def _call(self, sync: Sync, awaited: Async) -> Any:
        clock = HurriedClock(self._world.clock.ahead)
        settings = {"clock": clock, **self._settings}
        if self._face == "sync":
            with self._world.partner(self.store, **settings) as partner:
                return sync(partner.user(self.name))

        async def call() -> Any:
            async with self._world.async_partner(self.store, **settings) as partner:
                return await awaited(partner.user(self.name))

        return asyncio.run(call())

    def raises(self, error: type[WhiteBITError], call: Callable[[], object]) -> WhiteBITError:
        """Expect exactly this error, and return it."""
        with pytest.raises(error) as caught:
            call()
        assert type(caught.value) is error
        return caught.value

    def close(self) -> None:
        """Close the database."""
        self._under.close()


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest) -> str:
    """Return each face in turn."""
    return str(request.param)


@pytest.fixture
def caller(face: str, world: World) -> Any:
    """Return a caller whose user's secret is untouched."""
    caller = Caller(face, world)
    yield caller
    caller.close()


def whole(caller: Caller, world: World) -> None:
    """The store works again: the next call has the secret, and asking it again brings nothing."""
    caller.store.mend()
    assert caller.issue().secret.reveal() == world.made(caller.name).secret


@pytest.mark.parametrize("way", BEFORE)
def test_cannot_write_before(caller: Caller, world: World, way: Way) -> None:
    """The store cannot write: it is refused before the first request, and nothing is at risk."""
    caller.store.fail(lambda *call: call == ("put", "connection"), way)
    caller.raises(StoreUnavailable, caller.issue)
    assert world.askings() == 0
    caller.store.mend()
    world.lease = 0.1  # where the lease was taken and nobody heard of it, it is waited for
    whole(caller, world)
    assert world.askings(200) == world.askings() == 1


@pytest.mark.parametrize("way", BEFORE)
def test_answer_not_sealed(caller: Caller, world: World, way: Way) -> None:
    """The sealed answer cannot be kept at first: it is tried again."""
    calls = iter([False])  # the first write says that it is asked for
    caller.store.fail(
        lambda *call: call == ("put", "connection") and next(calls, True), way, times=1
    )
    assert caller.issue().secret.reveal() == world.made(caller.name).secret
    whole(caller, world)
    assert world.askings() == 1


@pytest.mark.parametrize("way", COMMIT)
@pytest.mark.parametrize("kind", ["connection", "journal"])
def test_commit_fails_at_first(caller: Caller, world: World, kind: str, way: Way) -> None:
    """A commit fails twice, or nobody knows whether it did: it is tried again, and holds."""
    calls = iter([False] if kind == "connection" else [])
    caller.store.fail(lambda *call: call == ("put", kind) and next(calls, True), way, times=2)
    assert caller.issue().secret.reveal() == world.made(caller.name).secret
    whole(caller, world)
    assert world.askings() == 1


def test_commit_fails_to_the_end(caller: Caller, world: World) -> None:
    """No commit for 10 s: the caller is handed the secret, and may adopt it."""
    asked = iter([False])
    caller.store.fail(lambda *call: call == ("put", "connection") and next(asked, True))
    error = caller.raises(SecretNotStored, caller.issue)
    assert isinstance(error, SecretNotStored)
    assert error.secret is not None
    assert error.secret.reveal() == world.made(caller.name).secret
    caller.store.mend()
    with world.store() as store, world.partner(store) as partner:
        partner.adopt(
            caller.name,
            public_key=world.made(caller.name).external_id,
            secret=error.secret,
        )
    whole(caller, world)
    assert world.askings() == 1


def test_commit_fails_beside_a_spill(face: str, world: World, tmp_path: Path) -> None:
    """No commit once the answer is there: it lies in the spill directory, and is taken in."""
    caller = Caller(face, world, spill=tmp_path)
    asked = iter([False])
    caller.store.fail(lambda *call: call == ("put", "connection") and next(asked, True))
    caller.raises(SecretNotStored, caller.issue)
    assert len(list(tmp_path.glob("*.sealed"))) == 1
    whole(caller, world)
    assert list(tmp_path.iterdir()) == []
    assert world.askings() == 1
    caller.close()


def test_the_holder_hangs(caller: Caller, world: World) -> None:
    """A lease whose holder does nothing is taken over after its length, and not before."""
    world.lease = 5.0
    with world.store() as store:
        made = world.made(caller.name)
        lease_taken(world.custody(store), caller.name, Asks.SECRET, made.external_id)
    caller.raises(SecretLocked, lambda: caller.issue(timeout=4.0))
    assert world.askings() == 0
    assert caller.issue().secret.reveal() == world.made(caller.name).secret


@pytest.mark.parametrize(
    ("kind", "lost"),
    [("drop_before", False), ("drop_after", True), ("delay_answer", True)],
)
def test_no_answer(face: str, world: World, kind: Any, lost: bool) -> None:
    """A request that is dropped or hangs is made again: then it is known what became of it."""
    caller = Caller(face, world, timeout=1.0)
    world.sandbox.faults.add("get_api_key_secret", kind=kind, seconds=2.0)
    if lost:
        caller.raises(SecretLost, caller.issue)
        with world.store() as store, world.partner(store) as partner:
            assert [loss.place.subject[0] for loss in partner.lost()] == [caller.name]
        caller.raises(SecretLost, caller.issue)
    else:
        whole(caller, world)
    caller.close()


# The pair


@pytest.mark.parametrize("way", COMMIT)
def test_pair_commit_fails_at_first(caller: Caller, world: World, way: Way) -> None:
    """A new pair whose commit fails, or is not heard of, is committed in the end, and used."""
    world.advance(305)
    calls = iter([False])
    caller.store.fail(
        lambda *call: call == ("put", "connection") and next(calls, True), way, times=2
    )
    caller.read()
    caller.store.mend()
    caller.read()
    assert world.refreshes(200) == world.refreshes() == 1


@pytest.mark.parametrize("way", BEFORE)
def test_pair_cannot_be_written_before(caller: Caller, world: World, way: Way) -> None:
    """A store that takes nothing spends no refresh token."""
    world.advance(305)
    caller.store.fail(lambda *call: call == ("put", "connection"), way)
    caller.raises(StoreUnavailable, caller.read)
    assert world.refreshes() == 0
    caller.store.mend()
    world.lease = 1.0
    caller.read()
    assert world.refreshes(200) == world.refreshes() == 1


@pytest.mark.parametrize(
    ("kind", "lost"),
    [("drop_before", False), ("drop_after", True), ("delay_answer", True)],
)
def test_pair_no_answer(face: str, world: World, kind: Any, lost: bool) -> None:
    """A refresh that is dropped or hangs keeps the old pair, which the next call tries again."""
    caller = Caller(face, world, timeout=1.0)
    world.advance(305)
    world.sandbox.faults.add("refresh_token", kind=kind, seconds=2.0)
    caller.raises(TokenUnavailable, caller.read)
    if lost:
        caller.raises(ReauthorizationRequired, caller.read)
    else:
        caller.read()
    caller.close()
