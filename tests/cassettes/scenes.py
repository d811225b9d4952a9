"""What is recorded: each scene is played once against a server, and again from its cassette."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal, Protocol

from whitebit_ext import KeyState, User, WhiteBIT
from whitebit_ext.errors import WhiteBITError

ReadName = Literal["main", "spot", "transactions", "orders", "deals", "converts"]


class Stage(Protocol):
    """Where a scene is played.

    Attributes:
        partner: The client; the async one behind a blocking view.
    """

    partner: WhiteBIT

    def connect(self) -> User:
        """Take the user through a login, with the person's part of it."""

    def age_token(self) -> bool:
        """Let the access token end; `False` where only waiting could do that."""

    def arrange(self, operation: str, status: int) -> None:
        """Have the server answer the next calls of an operation with an error status."""

    def own(self, read: ReadName, owned: Any) -> None:
        """Let the user own, or have done, what a read of the account is to tell."""


class SceneFailedError(Exception):
    """Say that a scene did not end as it must; then there is nothing worth recording."""


def flow(stage: Stage) -> None:
    """Connect, take the key, read the balances with it, renew the tokens, delete the key."""
    user = stage.connect()
    key = user.api_key.issue(timeout=60)
    _expect(user.api_key.issue() == key, "the stored key is returned")
    _expect("BTC" in user.account.balances.main("BTC"), "the main balance is read")
    _expect("BTC" in user.account.balances.spot("BTC"), "the spot balance is read")
    if stage.age_token():
        _expect(user.api_key.info().state is KeyState.ACTIVE, "the renewed token serves")
    user.api_key.delete()
    _expect(user.api_key.info().state is KeyState.ABSENT, "the key is gone")


def _expect(outcome: bool, what: str) -> None:
    if not outcome:
        raise SceneFailedError(f"not so: {what}")


# Every documented error status of every OAuth and key operation; a test compares this with the
# document. 503 stands for its 5XX.
ERRORS: tuple[tuple[str, int], ...] = (
    *(("exchange_code", status) for status in (401, 422, 429, 503)),
    *(("refresh_token", status) for status in (400, 401, 422, 429, 503)),
    *(("get_api_key_info", status) for status in (401, 403, 404, 429, 503)),
    *(("get_api_key_secret", status) for status in (401, 403, 404, 409, 423, 429, 503)),
    *(("delete_api_key", status) for status in (401, 403, 404, 429, 503)),
)

_KEY_TEXTS = {
    401: "Unauthorized.",
    403: "Forbidden.",
    404: "Key not found.",
    409: "Secret already retrieved.",
}


def documented_body(operation: str, status: int) -> str | None:
    """Return the body that the contract has for a status; `None` where a CDN answers a page."""
    content: dict[str, Any]
    if status in (429, 503):
        return None
    if status == 422:
        content = {"errors": {"client_id": ["validation.required"]}, "notification": None}
    elif operation == "refresh_token":
        content = {"data": {"message": ["Invalid request"]}}
    else:
        content = {"data": {"message": [_KEY_TEXTS[status]]}}
    return json.dumps(content, separators=(",", ":"))


def failing(operation: str, status: int) -> Callable[[Stage], WhiteBITError]:
    """Make the scene in which an operation is answered with an error status.

    The scene returns the error that the client made of it.
    """

    def scene(stage: Stage) -> WhiteBITError:
        if operation == "exchange_code":
            stage.arrange(operation, status)
            return error_of(stage.connect)
        user = stage.connect()
        if operation == "delete_api_key":
            user.api_key.issue(timeout=60)
        if operation == "refresh_token":
            stage.age_token()
        stage.arrange(operation, status)
        if operation == "get_api_key_secret":
            return error_of(lambda: user.api_key.issue(timeout=4))
        if operation == "delete_api_key":
            return error_of(user.api_key.delete)
        return error_of(user.api_key.info)

    return scene


def error_of(call: Callable[[], object]) -> WhiteBITError:
    """Return the error that a call ends in.

    Raises:
        SceneFailedError: It ended in none.
    """
    try:
        call()
    except WhiteBITError as error:
        return error
    raise SceneFailedError("the call succeeded")


def cassette_name(operation: str, status: int) -> str:
    """Return the file name of an error's cassette."""
    return f"{operation}_{status}.yaml"
