"""``kill -9`` at named points of an exchange, and what the next caller finds."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from whitebit_ext import WhiteBIT, WhiteBITError
from whitebit_ext.errors import ReauthorizationRequired, SecretLost, TokenUnavailable

from ..looking import key_of, pair_of
from .children import Child, ChildDiedError, Serve
from .tokens import token_of
from .traps import Point, Trap, TrappedStore, TrappedTransport
from .wiring import World, digest

Exchange = Literal["refresh", "retrieval"]
Fate = Literal["stored", "retrieved", "renewed", "recorded as lost", "silent"]

REFRESH: tuple[tuple[Point, Fate], ...] = (
    (Point("before the lease is taken", "before", "put", "connection"), "renewed"),
    (Point("the lease is taken", "after", "put", "connection"), "renewed"),
    (Point("the turn is taken", "after", "put", "pace"), "renewed"),
    (Point("the request is made, not sent", "unsent"), "renewed"),
    (Point("the server has the request", "flight"), "recorded as lost"),
    (Point("the head of the answer is there", "head"), "recorded as lost"),
    (Point("before the answer is sealed", "before", "put", "connection", 2), "recorded as lost"),
    (Point("the answer is sealed", "after", "put", "connection", 2), "stored"),
    (Point("the pair is committed", "after", "put", "connection", 3), "stored"),
)
"""Points of a refresh, and what is right to find after a death there."""

RETRIEVAL: tuple[tuple[Point, Fate], ...] = (
    (Point("before the lease is taken", "before", "put", "connection"), "retrieved"),
    (Point("the lease is taken", "after", "put", "connection"), "retrieved"),
    (Point("the request is made, not sent", "unsent"), "retrieved"),
    (Point("the server has the request", "flight"), "recorded as lost"),
    (Point("the head of the answer is there", "head"), "recorded as lost"),
    (Point("before the answer is sealed", "before", "put", "connection", 2), "recorded as lost"),
    (Point("the answer is sealed", "after", "put", "connection", 2), "stored"),
    (Point("the key is committed", "after", "put", "connection", 3), "stored"),
    (Point("the journal is written", "after", "put", "journal"), "stored"),
)
"""Points of a secret's retrieval, likewise."""

POINTS = {"refresh": REFRESH, "retrieval": RETRIEVAL}
_ROUTES = {"refresh": "/refresh_token", "retrieval": "/secret"}
_OPERATIONS = {"refresh": "refresh_token", "retrieval": "get_api_key_secret"}
_AHEAD = 305.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What one death came to.

    Attributes:
        fate: What became of the pair or the secret.
        seconds: How long the next caller, in another process, took.
        again: How often the next caller asked the server.
    """

    fate: Fate
    seconds: float
    again: int


Trials = Callable[[Sequence[Point]], list[Trial]]


class Graveyard:
    """Kill processes in the middle of an exchange, with a survivor that comes next.

    Args:
        world: Where; its lease says how long a dead holder is waited for.
        exchange: Which exchange.
    """

    def __init__(self, world: World, exchange: Exchange) -> None:
        self._world = world
        self._exchange: Exchange = exchange

    @contextlib.contextmanager
    def open(self) -> Iterator[Trials]:
        """Return what makes trials, one per point, each with a user of its own."""
        world = self._world
        with (
            world.store() as store,
            world.partner(store) as partner,
            world.child(lambda: caller(world, self._exchange)) as survivor,
        ):
            self._custody = world.custody(store)
            yield lambda points: self._trials(partner, survivor, points)

    def _trials(self, partner: WhiteBIT, survivor: Child, points: Sequence[Point]) -> list[Trial]:
        """Kill a process at each point, one after the other; another one then asks for all."""
        world, exchange = self._world, self._exchange
        names = [world.connect(partner) for _ in points]
        if exchange == "refresh":
            world.advance(_AHEAD)
        world.sandbox.forget_requests()
        before = world.sandbox.issued_values("access_token")
        for name, point in zip(names, points, strict=True):
            self._kill(name, point)
        asked = [self._asked(name) for name in names]
        found: list[tuple[str, float]] = survivor.ask((names, world.clock.ahead, None))
        alive = {digest(t) for t in world.sandbox.issued_values("access_token") - before}
        trials = []
        for name, already, (got, seconds) in zip(names, asked, found, strict=True):
            again = self._asked(name) - already
            if exchange == "refresh":
                fate = self._fate_of_pair(name, got, alive)
            else:
                fate = self._fate_of_secret(partner, name, got)
            if fate == "stored" and again:
                fate = "renewed" if exchange == "refresh" else "retrieved"
            trials.append(Trial(fate, seconds, again))
        return trials

    def _asked(self, name: str, status: int | None = None) -> int:
        """Count a user's requests of the exchange."""
        return sum(
            any(label.rpartition(" ")[2] == name for label in request.credentials)
            for request in self._world.sandbox.requests
            if request.operation == _OPERATIONS[self._exchange]
            and (status is None or request.status == status)
        )

    def _kill(self, name: str, point: Point) -> None:
        world, exchange = self._world, self._exchange
        order = ([name], world.clock.ahead, point)
        with world.child(lambda: caller(world, exchange)) as victim:
            if point.place != "flight":
                with contextlib.suppress(ChildDiedError):
                    raise AssertionError(f"it lives, and got {victim.ask(order)}")
                return
            with world.sandbox.hold(_OPERATIONS[exchange]) as held:
                victim.tell(order)
                held.wait(timeout=30.0)
                victim.kill()
        # The server goes on with what it had, and notices nothing.
        until = time.monotonic() + 30.0
        while not self._done(name) and time.monotonic() < until:
            time.sleep(0.005)

    def _done(self, name: str) -> bool:
        if self._exchange == "retrieval":
            return self._world.made(name).secret_taken
        return self._asked(name, 200) == 1

    def _fate_of_pair(self, name: str, got: str, alive: set[str]) -> Fate:
        stored = pair_of(self._custody, name)
        assert stored is not None
        if got == ReauthorizationRequired.__name__ and stored.dead:
            return "recorded as lost"
        if got not in alive or got != digest(stored.access.reveal()):
            return "silent"
        return "stored"

    def _fate_of_secret(self, partner: WhiteBIT, name: str, got: str) -> Fate:
        made = self._world.made(name)
        if got == SecretLost.__name__:
            lost = {loss.place.subject[0] for loss in partner.lost()}
            return "recorded as lost" if name in lost and made.secret_taken else "silent"
        key = key_of(self._custody, name)
        if (
            key is None
            or key.secret is None
            or not got == digest(made.secret) == digest(key.secret.reveal())
        ):
            return "silent"
        return "stored"


def _patiently(partner: WhiteBIT, name: str) -> str:
    """Read with the access token, again while a late answer may still overturn the verdict."""
    until = time.monotonic() + 40.0
    while True:
        try:
            return token_of(partner.user(name))
        except TokenUnavailable:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def caller(world: World, exchange: Exchange) -> Serve:
    """Prepare a process that makes an exchange for users, and dies at a point if there is one."""
    trap = Trap(signal.SIGKILL)
    partner = world.partner(
        TrappedStore(world.store(), trap),
        transport=lambda: TrappedTransport(trap),
        refresh_interval=0.01,
    )

    def exchanged(name: str) -> tuple[str, float]:
        began = time.monotonic()
        try:
            if exchange == "refresh":
                got = digest(_patiently(partner, name))
            else:
                got = digest(partner.user(name).api_key.issue().secret.reveal())
        except WhiteBITError as error:
            got = type(error).__name__
        return got, time.monotonic() - began

    def serve(order: tuple[list[str], float, Point | None]) -> list[tuple[str, float]]:
        names, world.clock.ahead, point = order
        trap.set(point, _ROUTES[exchange])
        with ThreadPoolExecutor(len(names)) as threads:
            return list(threads.map(exchanged, names))

    return serve
