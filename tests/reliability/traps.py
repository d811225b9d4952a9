"""Named points of an exchange, and what kills or stops a process there."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import httpx

from whitebit_ext.custody.stores import Row, Store

from .tokens import answered_here

T = TypeVar("T")

Place = Literal["before", "after", "unsent", "flight", "head"]


@dataclass(frozen=True, slots=True)
class Point:
    """A point of an exchange.

    Attributes:
        name: What has happened so far, in words.
        place: Before or after a call of the store; or before the request leaves, while the
            server has it, when the head of its answer is there.
        method, kind, nth: Which call of the store.
    """

    name: str
    place: Place
    method: str = ""
    kind: str = ""
    nth: int = 1


class Trap:
    """Raise a signal against this process, once, when it comes to a point.

    Args:
        signum: ``SIGKILL``, or ``SIGSTOP``, after which it goes on some day.
    """

    def __init__(self, signum: int = signal.SIGKILL) -> None:
        self._signum = signum
        self._lock = threading.Lock()
        self._point: Point | None = None
        self._route = ""
        self._calls: Counter[tuple[str, str]] = Counter()

    def set(self, point: Point | None, route: str = "") -> None:
        """Wait for a point; the request that it may be about goes to a path with that end."""
        with self._lock:
            self._point, self._route = point, route
            self._calls.clear()

    def called(self, place: Place, method: str, kind: str) -> None:
        """Spring before or after a call of the store, if it is the one."""
        with self._lock:
            if place == "before":
                self._calls[method, kind] += 1
            point, nth = self._point, self._calls[method, kind]
            here = point and (point.place, point.method, point.kind, point.nth) == (
                *(place, method, kind),
                nth,
            )
        if here:
            self._spring()

    def sent(self, place: Place, path: str) -> None:
        """Spring before a request or at the head of its answer, if it is the one."""
        point = self._point
        if point and point.place == place and path.endswith(self._route):
            self._spring()

    def _spring(self) -> None:
        self._point = None
        # To this thread: one for the process may be taken by another thread, later.
        signal.pthread_kill(threading.get_ident(), self._signum)


class TrappedStore:
    """A store with a trap before and after each call."""

    def __init__(self, store: Store, trap: Trap) -> None:
        self._store = store
        self._trap = trap

    @property
    def durable(self) -> bool:
        """Say what the store says."""
        return self._store.durable

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row, or ``None``."""
        return self._done("get", kind, lambda: self._store.get(kind, id))

    def put(self, kind: str, id: str, data: bytes, expect: int | None) -> int | bool | None:
        """Write the row if its version is the expected one."""
        return self._done("put", kind, lambda: self._store.put(kind, id, data, expect))

    def delete(self, kind: str, id: str, expect: int) -> bool:
        """Delete the row if its version is the expected one."""
        return self._done("delete", kind, lambda: self._store.delete(kind, id, expect))

    def scan(self, kind: str) -> Iterable[str]:
        """Return the ids of a kind."""
        return self._store.scan(kind)

    def _done(self, method: str, kind: str, call: Callable[[], T]) -> T:
        self._trap.called("before", method, kind)
        outcome = call()
        self._trap.called("after", method, kind)
        return outcome


class TrappedTransport(httpx.HTTPTransport):
    """`LocalReads` with a trap before a request that is sent, and at the head of its answer."""

    def __init__(self, trap: Trap, **settings: Any) -> None:
        super().__init__(**settings)
        self._trap = trap

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request."""
        if answer := answered_here(request):
            return answer
        self._trap.sent("unsent", request.url.path)
        response = super().handle_request(request)
        self._trap.sent("head", request.url.path)
        return response
