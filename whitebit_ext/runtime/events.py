"""Events: what the library reports while it works, for metrics, logs and alerts.

docs/events.md has a table of them: when each is reported, its details, and what an operator does.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Self

import attrs

from ..errors import InvalidArgument, WhiteBITError
from ..secret import Secret
from .rim import clean

log = logging.getLogger("whitebit_ext")

_PURPOSE = "whitebit-oauth: pseudonyms of users"
"""Separates the key of the pseudonyms from every other use of the client secret."""
_PSEUDONYM_DIGITS = 32

Detail = str | int | float | bool | None


class EventName(enum.StrEnum):
    """What happened; later releases may add names."""

    LOGIN_STARTED = "login.started"
    """A login was stored; its URL is returned to the caller."""
    LOGIN_FINISHED = "login.finished"
    """A code was exchanged and its tokens are stored: the user is connected."""
    LOGIN_FAILED = "login.failed"
    """`connect()` raised: the callback was wrong, or its code was not exchanged."""
    TOKENS_RENEWED = "tokens.renewed"
    """A refresh succeeded and the new tokens are stored."""
    TOKENS_FAILED = "tokens.failed"
    """A refresh got no usable response; it is repeated while the refresh token lives."""
    TOKENS_ENDED = "tokens.ended"
    """WhiteBIT refused a refresh token. Tokens that expire unused are not reported."""
    KEY_PENDING = "key.pending"
    """`issue()` ended before the key appeared: the user is still choosing permissions."""
    KEY_ISSUED = "key.issued"
    """A key can be used from now on: its secret is stored, or it was adopted."""
    KEY_EXPIRED = "key.expired"
    """A key that was not used for 14 days was found; WhiteBIT has disabled it, or soon will."""
    KEY_REFUSED = "key.refused"
    """WhiteBIT refused a signed request; not repeated while the refusal stays the same."""
    KEY_NEGLECTED = "key.neglected"
    """A key that was not used for 10 days was found."""
    KEY_DELETED = "key.deleted"
    """A key was deleted at WhiteBIT, or was found to be deleted there."""
    KEY_LEFT = "key.left"
    """A key could not be deleted at WhiteBIT and stays active there, without its user here."""
    SECRET_ASKED = "secret.asked"  # noqa: S105  # the name of an event
    """The attempt to retrieve a secret is recorded; the request leaves now."""
    SECRET_STORED = "secret.stored"  # noqa: S105  # likewise
    """A secret is in the store."""
    SECRET_SPILLED = "secret.spilled"  # noqa: S105  # likewise
    """A one-time response is in the spill directory: the store did not accept it."""
    SECRET_UNANSWERED = "secret.unanswered"  # noqa: S105  # likewise
    """A request for a secret left, and no usable response came; it is sent again."""
    SECRET_LOST = "secret.lost"  # noqa: S105  # likewise
    """A secret was sent and not received, or a stored one was dropped for newer keys."""
    SECRET_TAKEN = "secret.taken"  # noqa: S105  # likewise
    """WhiteBIT says that a secret was read, and no request of this store read it."""
    SECRET_MALFORMED = "secret.malformed"  # noqa: S105  # likewise
    """A response contained no readable secret; its bytes are kept."""
    READ_FINISHED = "read.finished"
    """An account read ended, with or without an error."""
    READ_RETRIED = "read.retried"
    """An account read failed and is sent again after a pause."""
    STORE_FAILED = "store.failed"
    """One operation of the store failed; the caller may repeat it."""
    MAINTENANCE_FINISHED = "maintenance.finished"
    """`maintain()` returned."""
    CONNECTION_REMOVED = "connection.removed"
    """The connection of a user was ended, by `disconnect()` or `erase()`."""
    CONNECTION_REPLAYED = "connection.replayed"
    """A connection row was older than it was before: the database was restored or failed over."""


_LEVELS: Mapping[EventName, int] = {
    EventName.LOGIN_FAILED: logging.WARNING,
    EventName.TOKENS_RENEWED: logging.DEBUG,
    EventName.TOKENS_FAILED: logging.WARNING,
    EventName.KEY_PENDING: logging.DEBUG,
    EventName.KEY_EXPIRED: logging.WARNING,
    EventName.KEY_REFUSED: logging.WARNING,
    EventName.KEY_NEGLECTED: logging.WARNING,
    EventName.KEY_LEFT: logging.ERROR,
    EventName.SECRET_SPILLED: logging.ERROR,
    EventName.SECRET_UNANSWERED: logging.WARNING,
    EventName.SECRET_LOST: logging.ERROR,
    EventName.SECRET_TAKEN: logging.ERROR,
    EventName.SECRET_MALFORMED: logging.ERROR,
    EventName.READ_FINISHED: logging.DEBUG,
    EventName.READ_RETRIED: logging.INFO,
    EventName.STORE_FAILED: logging.WARNING,
    EventName.MAINTENANCE_FINISHED: logging.DEBUG,
    EventName.CONNECTION_REPLAYED: logging.ERROR,
}


@attrs.frozen
class Event:
    """Something that happened; it contains no token, secret, code or key.

    Attributes:
        name: What happened.
        at: When, by this machine's clock (aware, UTC).
        region: The region of the partner object, such as ``global``.
        client_id: The partner's client id.
        user: The pseudonym of the user, or with ``identify=True`` the partner's own id; ``None``
            where it is not about one user.
        operation: The ``operationId`` of the request, where it is about one.
        details: What docs/events.md lists for the name; read-only.
    """

    name: EventName
    at: datetime
    region: str
    client_id: str
    user: str | None = None
    operation: str | None = None
    details: Mapping[str, Detail] = MappingProxyType({})

    @property
    def level(self) -> int:
        """The level of ``logging`` that the event is logged with."""
        return _level(self.name)


Hook = Callable[[Event], None]
"""A function that is called with each event."""


def log_event(event: Event) -> None:
    """Log an event to the logger ``whitebit_ext``; the hook that is used if none is given.

    The record has the event as its attribute ``whitebit_event``.
    """
    if log.isEnabledFor(event.level):
        fields = {"user": event.user, "operation": event.operation, **event.details}
        text = "".join(f" {name}={value}" for name, value in fields.items() if value is not None)
        log.log(event.level, "%s%s", event.name, text, extra={"whitebit_event": event})


class Events:
    """Calls the hooks of one partner object.

    A hook runs in the thread that did the work: after the commit that an event is about, and while
    no lock of the library is held. For an async partner it may be the thread of the event loop.

    Args:
        hooks: Are called in this order.
        region: The region of the partner object.
        client_id: The partner's client id.
        secret: The client secret, which the key of the pseudonyms is derived from.
        identify: Whether events have the partner's own user ids.
        now: Returns the Unix time.
    """

    def __init__(
        self,
        hooks: Sequence[Hook],
        *,
        region: str,
        client_id: str,
        secret: Secret,
        identify: bool,
        now: Callable[[], float],
    ) -> None:
        self._hooks = tuple(hooks)
        self._only_logs = self._hooks == (log_event,)
        self._region = region
        self._client_id = client_id
        self._key = Secret(_keyed(secret, _PURPOSE))
        self._identify = identify
        self._now = now

    @classmethod
    def silent(cls) -> Self:
        """Return events that are not reported, with pseudonyms of their own."""
        return cls(
            (),
            region="",
            client_id="",
            secret=Secret(secrets.token_hex()),
            identify=False,
            now=time.time,
        )

    def pseudonym(self, user_id: str) -> str:
        """Return the pseudonym of a user: a digest that needs the client secret to be repeated."""
        return _keyed(self._key, user_id)[:_PSEUDONYM_DIGITS]

    def emit(
        self,
        name: EventName,
        user_id: str | None = None,
        operation: str | None = None,
        /,
        **details: Detail,
    ) -> None:
        """Call the hooks; an exception of a hook is logged and changes nothing."""
        if not self._hooks or (self._only_logs and not log.isEnabledFor(_level(name))):
            return
        user = user_id if user_id is None or self._identify else self.pseudonym(user_id)
        event = Event(
            name,
            datetime.fromtimestamp(self._now(), UTC),
            self._region,
            self._client_id,
            user,
            operation,
            MappingProxyType(details),
        )
        for hook in self._hooks:
            try:
                hook(event)
            except BaseException as error:  # the application's code
                if _is_of_a_signal(error):
                    raise
                clean(error)
                log.error("a hook failed for the event %s", name, exc_info=error)

    @contextmanager
    def failing(self, name: EventName, user_id: str) -> Iterator[None]:
        """Report an error of the library that leaves the block."""
        try:
            yield
        except WhiteBITError as error:
            failure = error
        else:
            return
        self.emit(name, user_id, failure.operation, **described(failure))
        raise failure


def described(error: WhiteBITError) -> dict[str, Detail]:
    """Return the details of an event about an error; a server's text is not among them."""
    return {
        "error": type(error).__name__,
        "action": str(error.action),
        "status_code": error.status_code,
        "code": error.code,
    }


def check_hooks(hooks: object) -> tuple[Hook, ...]:
    """Return the hooks to call: those given, or the logging hook for ``None``.

    Raises:
        InvalidArgument: it is not a list of functions.
    """
    if hooks is None:
        return (log_event,)
    if not isinstance(hooks, (list, tuple)) or not all(callable(hook) for hook in hooks):
        raise InvalidArgument("on_event", "expected a list of functions, each taking an Event")
    return tuple(hooks)


def _is_of_a_signal(error: BaseException) -> bool:
    """Return whether a signal handler may have raised it, which ends the program.

    Python runs handlers in the main thread only; a hook may be what they interrupt.
    """
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and isinstance(error, (KeyboardInterrupt, SystemExit))


def _level(name: EventName) -> int:
    return _LEVELS.get(name, logging.INFO)


def _keyed(key: Secret, text: str) -> str:
    message = text.encode(errors="surrogatepass")
    return hmac.new(key.reveal().encode(), message, hashlib.sha256).hexdigest()
