"""Clocks that disagree, jump, and lifetimes of every length: no storm, no token known to be old."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from whitebit_ext import WhiteBIT
from whitebit_ext.custody.stores import SQLStore
from whitebit_ext.errors import ReauthorizationRequired
from whitebit_ext.sandbox import Sandbox

from ..looking import Custody, TokenPair, pair_of
from .databases import Databases
from .wiring import AheadClock, World


@pytest.fixture
def world(running_sandbox: Sandbox, databases: Databases) -> World:
    """Return a world on SQLite alone: what a clock says does not depend on the database."""
    return World(running_sandbox, databases.new("sqlite"))


class Skewed(AheadClock):
    """The clock of a machine whose time of day is wrong by so many seconds."""

    def __init__(self, world: World, wrong_by: float) -> None:
        super().__init__(0.0)
        self._right = world.sandbox.clock
        self.wrong_by = wrong_by

    def time(self) -> float:
        """Return unix time, as this machine sees it."""
        return self._right.now() + self.wrong_by


class Wire(httpx.HTTPTransport):
    """A transport that changes the lifetime in token answers, and notes tokens that are old.

    Attributes:
        old: Requests with a token that its sender's own clock holds to be expired.
        custody: Where the pairs of the sender are, once there is one.
        clock: The sender's own.
    """

    def __init__(self, expires_in: Callable[[object], object] = lambda given: given) -> None:
        super().__init__()
        self._expires_in = expires_in
        self.old = 0
        self.custody: Custody | None = None
        self.clock: AheadClock = AheadClock(0.0)
        self._pairs: dict[str, TokenPair] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request."""
        if self.custody and (stored := pair_of(self.custody, "alice")):
            self._pairs[stored.access.reveal()] = stored
        if pair := self._pairs.get(request.headers.get("authorization", "")[7:]):
            self.old += pair.expired(self.clock.time())
        response = super().handle_request(request)
        if "/oauth2/" not in request.url.path or "api-key" in request.url.path:
            return response
        answer = json.loads(response.read())
        response.close()
        if isinstance(data := answer.get("data"), dict) and "expires_in" in data:
            data["expires_in"] = self._expires_in(data["expires_in"])
            if data["expires_in"] is None:
                del data["expires_in"]
        return httpx.Response(response.status_code, json=answer)


@pytest.fixture(autouse=True)
def frozen(world: World) -> Iterator[None]:
    """Let time pass where a test says so alone: a slow machine makes no token older."""
    world.sandbox.clock.freeze()
    yield
    world.sandbox.clock.resume()


def machine(world: World, store: SQLStore, clock: AheadClock, wire: Wire) -> WhiteBIT:
    """Make a partner object of a machine with a clock of its own."""
    wire.custody, wire.clock = world.custody(store, clock=clock), clock
    return world.partner(store, clock=clock, transport=lambda: wire)


@pytest.mark.parametrize("skew", [(0, 300), (0, -300), (-150, 150), (300, 0)])
def test_two_machines_whose_clocks_disagree(world: World, skew: tuple[float, float]) -> None:
    """For an hour both read in turn: all is served, and refreshes stay as few as lifetimes ask."""
    wires = [Wire(), Wire()]
    with (
        world.store() as store,
        machine(world, store, Skewed(world, skew[0]), wires[0]) as here,
        machine(world, store, Skewed(world, skew[1]), wires[1]) as there,
    ):
        world.connect(here, "alice")
        for turn in range(180):
            world.advance(20)
            assert (here, there)[turn % 2].user("alice").bearer.account.balances.main()
    # 300 s and a margin of 30 s: 14 an hour. A machine that is ahead thinks each pair of the
    # other too old and renews it, so there may be one more for each; not one for each read.
    assert 11 <= world.refreshes() <= 2 * 14
    assert world.refreshes(status=400) == 0
    assert [wire.old for wire in wires] == [0, 0]


@pytest.mark.parametrize(
    ("jump", "back"), [(-36_000, False), (-290, True), (290, True), (350, True)]
)
def test_a_clock_that_jumps(world: World, jump: float, back: bool) -> None:
    """A jump, and one back, cost a few refreshes at most, and no read."""
    clock, wire = Skewed(world, 0.0), Wire()
    with world.store() as store, machine(world, store, clock, wire) as partner:
        user = partner.user(world.connect(partner, "alice"))
        for turn in range(60):
            world.advance(20)
            if turn == 15 or (back and turn == 30):
                clock.wrong_by = jump if turn == 15 else 0.0
            assert user.bearer.account.balances.main()
    assert world.refreshes() <= 20 * 60 / 270 + 3
    assert world.refreshes(status=400) == 0
    assert wire.old == 0


def test_a_clock_that_jumps_too_far(world: World) -> None:
    """Ten hours ahead every token seems dead; nothing is given up, and the jump back mends it."""
    clock = Skewed(world, 0.0)
    with world.store() as store, machine(world, store, clock, Wire()) as partner:
        user = partner.user(world.connect(partner, "alice"))
        clock.wrong_by = 36_000.0
        with pytest.raises(ReauthorizationRequired):
            user.bearer.account.balances.main()
        clock.wrong_by = 0.0
        assert user.bearer.account.balances.main()
    assert world.refreshes() == 0


@pytest.mark.parametrize(("expires_in", "at_most"), [(1, 61), (59, 14), (300, 3), (14_400, 0)])
def test_lifetimes(world: World, expires_in: int, at_most: int) -> None:
    """Ten minutes of a read every 10 s: at most a refresh for each lifetime, none sent old."""
    world.sandbox.settings.access_lifetime = expires_in
    wire = read_for_ten_minutes(world, Wire())
    assert world.refreshes() <= at_most
    assert world.sandbox.count(status=401) == 0
    assert wire.old == 0


def test_an_absent_lifetime(world: World) -> None:
    """A token of which nobody said how long it lives serves until a 401, and is renewed then."""
    read_for_ten_minutes(world, Wire(lambda _: None))
    assert world.refreshes() == 2
    assert world.sandbox.count(status=401) == 2


def read_for_ten_minutes(world: World, wire: Wire) -> Wire:
    """Connect a user and read every 10 s; every read is served."""
    with world.store() as store, machine(world, store, Skewed(world, 0.0), wire) as partner:
        user = partner.user(world.connect(partner, "alice"))
        for _ in range(61):
            world.advance(10)
            assert user.bearer.account.balances.main()
    assert world.refreshes(status=400) == 0
    return wire


@pytest.mark.parametrize("expires_in", [0, -1, "soon", 1e12, True])
def test_a_lifetime_that_is_none(world: World, expires_in: object) -> None:
    """A lifetime of nothing is not said: the login succeeds, for its code serves once."""
    wire = Wire(lambda _: expires_in)
    with world.store() as store, machine(world, store, Skewed(world, 0.0), wire) as partner:
        user = partner.user(world.connect(partner, "alice"))
        pair = pair_of(world.custody(store), "alice")
        assert pair is not None
        assert pair.lifetime is None
        world.advance(305)
        assert user.bearer.account.balances.main()  # after a 401 it is renewed


@pytest.mark.parametrize("expires_in", [0, -1, "soon"])
def test_a_renewal_without_a_lifetime(world: World, expires_in: object) -> None:
    """A refresh that brings such a pair is an error that is raised, and is not repeated at once."""
    said: list[object] = [300]
    wire = Wire(lambda _: said[0])
    with world.store() as store, machine(world, store, Skewed(world, 0.0), wire) as partner:
        user = partner.user(world.connect(partner, "alice"))
        said[0] = expires_in
        world.advance(275)
        for _ in range(20):  # the token still serves
            assert user.bearer.account.balances.main()
        assert world.refreshes() == 1
