"""Many callers of one expired pair, in threads, tasks and processes: how many refreshes leave."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from whitebit_ext import WhiteBITError
from whitebit_ext.errors import ReauthorizationRequired, TokenUnavailable

from .children import Child, Serve
from .tokens import AsyncLocalReads, LocalReads, async_token_of, token_of
from .traps import Point, Trap, TrappedStore, TrappedTransport
from .wiring import World, digest

USER = "alice"
Face = Literal["threads", "tasks"]
Report = list[str]
"""What each caller got: the digest of an access token, or the name of an error."""
_AHEAD = 305.0
"""Seconds after which a pair is expired and can still be renewed."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many call at once.

    Attributes:
        processes: Processes.
        each: Callers in each.
        face: What they are: threads of the sync face, or tasks of the async one.
    """

    processes: int
    each: int
    face: Face = "threads"

    def __str__(self) -> str:
        inside = f"{self.each} {self.face}"
        return inside if self.processes == 1 else f"{self.processes} processes x {inside}"


@dataclass
class Flown:
    """What rounds of single flight came to.

    Attributes:
        posts: How many refreshes left in each round.
        replayed: Refreshes that were refused, since their token was used already.
        failed: Callers that got no token, by what they got instead.
        other: Callers that got another token than the one that is alive.
        seconds: How long each round lasted for its last caller.
    """

    posts: list[int] = field(default_factory=list)
    replayed: int = 0
    failed: list[str] = field(default_factory=list)
    other: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether every round had one refresh and served everybody."""
        return set(self.posts) == {1} and not (self.replayed or self.failed or self.other)


def threaded(world: World, callers: int, pool_size: int) -> Serve:
    """Prepare a process that calls from so many threads at once; an order is the clock's lead."""
    partner = world.partner(world.store(pool_size), transport=LocalReads)
    user = partner.user(USER)

    def serve(ahead: float) -> Report:
        world.clock.ahead = ahead
        together = threading.Barrier(callers)

        def call(number: int) -> None:
            together.wait()
            try:
                report[number] = digest(token_of(user))
                if number == 0:
                    user.bearer.account.balances.spot()
            except WhiteBITError as error:
                report[number] = type(error).__name__

        report = [""] * callers
        threads = [threading.Thread(target=call, args=(number,)) for number in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return report

    return serve


def tasked(world: World, callers: int, pool_size: int) -> Serve:
    """Prepare a process that calls from so many tasks of one loop, likewise."""
    partner = world.async_partner(world.store(pool_size), async_transport=AsyncLocalReads)
    user = partner.user(USER)
    loop = asyncio.new_event_loop()

    async def call(number: int) -> str:
        try:
            token = await async_token_of(user)
            if number == 0:
                await user.bearer.account.balances.spot()
        except WhiteBITError as error:
            return type(error).__name__
        return digest(token)

    async def all_at_once() -> Report:
        return await asyncio.gather(*(call(number) for number in range(callers)))

    def serve(ahead: float) -> Report:
        world.clock.ahead = ahead
        return loop.run_until_complete(all_at_once())

    return serve


def fly(world: World, crowd: Crowd, rounds: int, tick: Callable[[], None] = lambda: None) -> Flown:
    """Let a crowd meet one expired pair, again and again, and return the outcome.

    Args:
        world: Where.
        crowd: Who.
        rounds: How often.
        tick: Is called after each round.
    """
    flown = Flown()
    prepare = threaded if crowd.face == "threads" else tasked
    pool_size = 2 if crowd.processes > 8 else 4  # PostgreSQL has 100 connections in all
    with world.store() as store, world.partner(store) as partner:
        world.connect(partner, USER)
    with contextlib.ExitStack() as stack:
        crew = [
            stack.enter_context(world.child(lambda: prepare(world, crowd.each, pool_size)))
            for _ in range(crowd.processes)
        ]
        for child in crew:  # imports and connections are no part of a round
            child.ask(world.clock.ahead)
        for _ in range(rounds):
            world.advance(_AHEAD)
            before = world.sandbox.issued_values("access_token")
            world.sandbox.forget_requests()
            began = time.monotonic()
            for child in crew:
                child.tell(world.clock.ahead)
            got = list(itertools.chain.from_iterable(child.answer() for child in crew))
            flown.seconds.append(time.monotonic() - began)
            issued = world.sandbox.issued_values("access_token") - before
            alive = {digest(token) for token in issued}
            flown.posts.append(world.refreshes())
            flown.replayed += world.refreshes(status=400)
            failed = [what for what in got if len(what) < 64]
            flown.failed += failed
            flown.other += len([what for what in got if len(what) == 64 and what not in alive])
            tick()
    return flown


# A holder that is stopped beyond the end of its lease

STOPS = {
    "before it asks": Point("the request is made, not sent", "unsent"),
    "with the answer": Point("before the answer is sealed", "before", "put", "connection", 2),
}


@dataclass
class Outlived:
    """What rounds with a stopped holder came to.

    Attributes:
        alive: Whether all had the live pair after the holder went on, for each round.
        posts: Refreshes of each round.
        refused: Callers that got `ReauthorizationRequired` meanwhile.
        holders: What the holder itself got.
        waited: Seconds until the last of the others had its answer.
    """

    alive: list[bool] = field(default_factory=list)
    posts: list[int] = field(default_factory=list)
    refused: int = 0
    holders: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)


def stoppable(world: World) -> Serve:
    """Prepare a process that stops itself at the point that comes with the clock's lead."""
    trap = Trap(signal.SIGSTOP)
    partner = world.partner(
        TrappedStore(world.store(), trap), transport=lambda: TrappedTransport(trap)
    )

    def serve(order: tuple[float, str | None]) -> str:
        ahead, stop = order
        world.clock.ahead = ahead
        trap.set(STOPS[stop] if stop else None, "/refresh_token")
        try:
            token = token_of(partner.user(USER))
            partner.user(USER).bearer.account.balances.spot()
        except (ReauthorizationRequired, TokenUnavailable):
            return "refused"
        return digest(token)

    return serve


def outlive(
    world: World,
    where: str,
    rounds: int,
    *,
    others: int = 3,
    tick: Callable[[], None] = lambda: None,
) -> Outlived:
    """Stop the holder of the lease until others have taken it over; then let it go on."""
    assert world.lease is not None
    found = Outlived()
    with world.store() as store, world.partner(store) as partner, _crew(world, 1 + others) as crew:
        world.connect(partner, USER)
        holder, *rest = crew
        for _ in range(rounds):
            world.advance(_AHEAD)
            world.sandbox.forget_requests()
            holder.tell((world.clock.ahead, where))
            holder.wait_until_stopped()
            began = time.monotonic()
            for child in rest:
                child.tell((world.clock.ahead, None))
            got = [child.answer() for child in rest]
            found.waited.append(time.monotonic() - began)
            found.refused += got.count("refused")
            holder.go_on()
            found.holders.append("a pair" if len(holder.answer()) == 64 else "refused")
            found.posts.append(world.refreshes())
            for child in crew:
                child.tell((world.clock.ahead, None))
            after = {child.answer() for child in crew}
            # All hold one pair, it serves a read, and nobody had to ask for another.
            one = len(after) == 1 and "refused" not in after
            found.alive.append(one and world.refreshes() == found.posts[-1])
            tick()
    return found


@contextlib.contextmanager
def _crew(world: World, size: int) -> Iterator[list[Child]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(world.child(lambda: stoppable(world))) for _ in range(size)]
