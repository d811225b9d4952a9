"""A task is cancelled at every await of a refresh and of a retrieval: nothing is lost."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from whitebit_ext import AsyncUser

from ..looking import pair_of
from .wiring import World

Call = Callable[[AsyncUser], Coroutine[Any, Any, object]]


class Cancelled:
    """Await a coroutine, and cancel the task when it waits for the nth time.

    Attributes:
        stood: How often it waited.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, object], nth: int) -> None:
        self._coroutine = coroutine
        self._nth = nth
        self.stood = 0

    def __await__(self) -> Generator[Any, Any, object]:
        task = asyncio.current_task()
        assert task is not None
        inner = self._coroutine.__await__()
        go_on = functools.partial(inner.send, None)
        while True:
            try:
                awaited = go_on()
            except StopIteration as stop:
                return stop.value
            self.stood += 1
            if self.stood == self._nth:
                asyncio.get_running_loop().call_soon(task.cancel)
            try:
                sent = yield awaited
            except BaseException as error:  # thrown on into the coroutine
                go_on = functools.partial(inner.throw, error)
            else:
                go_on = functools.partial(inner.send, sent)


def cancel_everywhere(world: World, call: Call, ready: Callable[[], None]) -> list[str]:
    """Cancel a call at each of its awaits, each time for a new user; return the users.

    Args:
        world: Where.
        call: What is cancelled.
        ready: Comes between a user's login and the call.
    """
    names = list[str]()

    async def cancelled(name: str, nth: int) -> bool:
        async with world.async_partner(store) as partner:
            waiting = Cancelled(call(partner.user(name)), nth)

            async def task() -> object:
                return await waiting

            try:
                await asyncio.create_task(task())
            except asyncio.CancelledError:
                return True
        return waiting.stood >= nth  # it came so far, and had its outcome at that moment

    with world.store() as store, world.partner(store) as partner:
        while True:
            name = world.connect(partner)
            ready()
            names.append(name)
            if not asyncio.run(cancelled(name, len(names))):
                return names


def test_cancelled_while_it_refreshes(world: World) -> None:
    """Wherever a read is cancelled, the next one has a live pair, and no dead one was sent."""
    names = cancel_everywhere(
        world,
        lambda user: user.bearer.account.balances.main(),
        lambda: world.advance(305),
    )
    assert len(names) > 8
    # The users of the first rounds are too old to be looked at now: their pairs were kept.
    with world.store() as store, world.partner(store) as partner:
        assert partner.user(names[-1]).bearer.account.balances.main()
        custody = world.custody(store)
        for name in names:
            pair = pair_of(custody, name)
            assert pair is not None
            assert not pair.dead
    assert world.refreshes(status=400) == 0
    assert world.refreshes() <= len(names)


def test_cancelled_while_it_takes_the_secret(world: World) -> None:
    """Wherever `issue()` is cancelled, the next one has the secret, which was read once."""
    names = cancel_everywhere(world, lambda user: user.api_key.issue(), lambda: None)
    assert len(names) > 8
    with world.store() as store, world.partner(store) as partner:
        for name in names:
            key = partner.user(name).api_key.issue()
            assert key.secret.reveal() == world.made(name).secret
        assert partner.lost() == ()
    assert world.askings(status=200) == world.askings() == len(names)
