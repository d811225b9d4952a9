"""What tests of token pairs do over and over: read, in a thread too, and count refreshes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from whitebit_ext import User

from .faces import Face


def read(user: User) -> None:
    """Read something that takes an access token."""
    assert user.bearer.account.balances.main()


def refreshes(face: Face) -> int:
    """Return how many refresh tokens were sent to the server."""
    return face.sandbox.count("POST", "/oauth2/refresh_token")


def in_thread(call: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    """Start a call in a thread, and return it with the list that gets its error."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except Exception as error:  # handed to the test
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors
