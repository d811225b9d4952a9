"""The login of a user who is at this terminal."""

from __future__ import annotations

import getpass
import os
import queue
import selectors
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ..errors import (
    BindingMismatch,
    CallbackMalformed,
    InvalidArgument,
    LoginExpired,
    LoginKindMismatch,
    LoginUserMismatch,
    RedirectMismatch,
    StateMissing,
    StateReused,
    StateUnknown,
    WhiteBITError,
)
from ..runtime.rim import rim
from ..secret import Secret
from .listener import Arrival, Listener, is_loopback
from .pasting import Paste

if TYPE_CHECKING:
    from .._sync.client import WhiteBIT
    from .._sync.user import User

_OF_ANOTHER_LOGIN: Final = (
    BindingMismatch,
    CallbackMalformed,
    LoginKindMismatch,
    LoginUserMismatch,
    RedirectMismatch,
    StateMissing,
    StateReused,
    StateUnknown,
)
"""A callback with one of these errors consumes nothing: the right one may still come."""
_CONNECTED: Final = "Connected. You can close this page."
_PASTE: Final = (
    "When the browser ends on a page of {uri}, even one that cannot be loaded, paste its address "
    "here (it is not shown) and press Enter:"
)


def tell(text: str) -> None:
    """Print a line to standard error."""
    print(text, file=sys.stderr, flush=True)


@rim
def login(
    partner: WhiteBIT,
    user_id: str,
    *,
    timeout: float = 600.0,
    browser: bool = True,
    paste: bool = False,
    say: Callable[[str], object] = tell,
) -> User:
    """Connect a user who is at this terminal, and return the user's handle.

    The login URL is printed, and opened in a browser where there is one. If the redirect URI is
    an address of this machine, such as ``http://127.0.0.1:8000/callback``, this listens on it. At
    a terminal it also takes the address that the user pastes, e.g. over SSH or in a container.

    Args:
        partner: The partner; its redirect URI must be registered at WhiteBIT.
        user_id: The partner's own id of the user.
        timeout: Seconds to wait, at most as long as the login lives.
        browser: Whether to open a browser.
        paste: Do not listen: read the address of the callback from standard input.
        say: Prints a line; the login URL is in the first one. Only the user may see it.

    Raises:
        LoginExpired: no callback came in time.
        LoginError: the user refused, or the code was rejected.
        InvalidArgument: the port is in use, or there is no way for the callback to come.
    """
    with ExitStack() as stack:
        listener = None
        if not paste and is_loopback(partner.redirect_uri):
            # Bound before anybody can be sent there.
            listener = stack.enter_context(Listener(partner.redirect_uri))
        pasted = Paste()
        if not (listener or paste or pasted.is_terminal):
            raise InvalidArgument(
                "redirect_uri",
                "it is not an address of this machine, and there is no terminal to paste into",
                hint="Use `login --json`, and `login --complete -` with the callback.",
            )
        begun = partner.authorize(user_id, kind="terminal")
        say(f"Open this address in a browser, as the user who is to be connected:\n\n{begun.url}\n")
        reads = paste or pasted.is_terminal
        if reads:
            stack.enter_context(pasted)
            say(_PASTE.format(uri=partner.redirect_uri))
        if browser:
            _open(begun.url)
        seconds = min(timeout, (begun.expires_at - datetime.now(UTC)).total_seconds())
        until = time.monotonic() + seconds
        for arrival in _arrivals(listener, pasted if reads else None, until):
            try:
                user = partner.connect(
                    arrival.callback.reveal(),
                    binding=begun.binding,
                    user_id=user_id,
                    kind="terminal",
                )
            except KeyboardInterrupt as stop:
                # What was sent is finished, and stored, before the partner is closed.
                stop.add_note(f"A callback had come: see the status of {user_id}.")
                raise
            except _OF_ANOTHER_LOGIN as error:
                say(f"Ignored: {error.message}.")
                arrival.answer(400, "This is not the login that was started here.")
            except WhiteBITError:
                arrival.answer(400, "The account was not connected. See the terminal.")
                raise
            else:
                arrival.answer(200, _CONNECTED)
                return user
    raise LoginExpired(f"no callback came within {seconds:.3g} seconds")


def _open(url: str) -> None:
    """Open a browser, unless it would be one in this terminal."""
    graphical = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if graphical:
        # Some browsers do not return before they are closed.
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _arrivals(listener: Listener | None, pasted: Paste | None, until: float) -> Iterator[Arrival]:
    """Yield the callbacks that come until a point of the monotonic clock."""
    if listener is None and pasted is not None and pasted.descriptor is None:
        while time.monotonic() < until:  # a notebook: its own field, which cannot be given up
            yield Arrival(Secret(getpass.getpass("Address: ").strip()), has_page=False)
        return
    with selectors.SelectSelector() as waiting:  # epoll refuses a file as standard input
        for one in listener.sockets if listener else ():
            waiting.register(one, selectors.EVENT_READ)
        if pasted is not None and pasted.descriptor is not None:
            waiting.register(pasted.descriptor, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0:
            for key, _ in waiting.select(left):
                if listener is not None and isinstance(key.fileobj, socket.socket):
                    listener.accept(key.fileobj)
                else:
                    yield from _pasted(pasted, listener, waiting)
            yield from _queued(listener)


def _queued(listener: Listener | None) -> Iterator[Arrival]:
    while listener is not None:
        try:
            yield listener.arrivals.get_nowait()
        except queue.Empty:
            return


def _pasted(
    pasted: Paste | None, listener: Listener | None, waiting: selectors.BaseSelector
) -> Iterator[Arrival]:
    if pasted is None or pasted.descriptor is None:
        return
    try:
        lines = pasted.lines()
    except EOFError:
        waiting.unregister(pasted.descriptor)
        if listener is None:
            raise InvalidArgument(
                "callback",
                "the input ended without the address of the callback",
                hint="Paste the address of the page that the browser ends on.",
            ) from None
        return
    for line in lines:
        yield Arrival(Secret(line), has_page=False)
