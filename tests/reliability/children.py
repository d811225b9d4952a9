"""Child processes that take orders, and can be killed or stopped at any moment."""

from __future__ import annotations

import contextlib
import faulthandler
import multiprocessing
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx

_PATIENCE = 60.0  # seconds after which a child counts as hung
# Made before any fork: a child that made its own could meet a lock of OpenSSL's that another
# thread of its parent held when it was forked.
_TLS = httpx.create_ssl_context()

Serve = Callable[[Any], object]


class ChildDiedError(Exception):
    """Say that a child ended without an answer."""


class Child:
    """A forked child: ``tell`` it something, and get what it made of it by ``answer``.

    Args:
        prepare: Runs in the child, once, and returns what is called with each order.
    """

    def __init__(self, prepare: Callable[[], Serve]) -> None:
        context = multiprocessing.get_context("fork")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(prepare, theirs), daemon=True)
        with warnings.catch_warnings():
            # Python 3.12 warns of any fork beside threads; the sandbox has one.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """The child's process id."""
        assert self._process.pid is not None
        return self._process.pid

    def tell(self, order: object) -> None:
        """Give the child something to do."""
        self._ours.send((order,))

    def answer(self) -> Any:
        """Return what the child made of the last order.

        Raises:
            ChildDiedError: it was killed.
            AssertionError: it raised, or does not end.
        """
        try:
            if not self._ours.poll(_PATIENCE):
                os.kill(self.pid, signal.SIGUSR1)  # has it print where its threads are
                self._process.join(1)
                raise AssertionError("the child hangs")
            worked, value = self._ours.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            raise ChildDiedError(f"exit code {self._process.exitcode}") from None
        assert worked, f"in the child: {value}"
        return value

    def ask(self, order: object) -> Any:
        """Tell, and return the answer."""
        self.tell(order)
        return self.answer()

    def wait_until_stopped(self) -> None:
        """Wait for the child to stop itself by SIGSTOP."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), "the child has ended instead of stopping"

    def go_on(self) -> None:
        """Let a stopped child go on."""
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End the child at once, whatever it does, as ``kill -9`` does."""
        self._process.kill()
        self._process.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):  # it may be dead: a proof has killed it
            self._ours.send(None)
        if kind is None:
            self._process.join(_PATIENCE)
        self.kill()
        self._ours.close()
        self._process.close()


def _serve(prepare: Callable[[], Serve], orders: Any) -> None:
    """Do one order after the other, until there are no more."""
    faulthandler.register(signal.SIGUSR1, file=sys.__stderr__ or sys.stderr)
    httpx.create_ssl_context = lambda: _TLS  # type: ignore[assignment, misc]  # in this child
    serve: Serve | None = None
    while (given := orders.recv()) is not None:
        try:
            if serve is None:
                serve = prepare()
            answer: tuple[bool, object] = (True, serve(given[0]))
        except BaseException:  # handed to the parent, whatever it is
            answer = (False, traceback.format_exc())
        orders.send(answer)
