"""The user's OAuth-issued API key: info, issue, delete (contract, section 4)."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import attrs
import httpx

from .backoff import REPEATED, waiting_time
from .custody.leases import jittered
from .custody.rows import Custody
from .errors import (
    InvalidArgument,
    KeyDisabled,
    KeyPending,
    MalformedResponse,
    NotConnected,
    NotFound,
    WhiteBITError,
    stripped,
)
from .http.requests import Send
from .keys.claims import Claim
from .keys.health import KeyUse
from .keys.records import KeyHealth, KeyInfo, KeyState, PermissionGroup, PermissionUrl
from .keys.retrieval import Again, Retrieval
from .keys.signing import ApiKey
from .oauth.protocol import TokenPair
from .reading import Reader
from .runtime.clock import Clock
from .runtime.workers import Flights
from .steps import Sleep, Steps, wait, work
from .tokens import Tokens

if TYPE_CHECKING:
    from whitebit_api.models.api_key_deleted_response import ApiKeyDeletedResponse
    from whitebit_api.models.api_key_info_response import ApiKeyInfoResponse

_POLL_EVERY = 1.5
"""Seconds between two looks for the key; the contract says 1 to 2 (section 4, step 6)."""
_EXTERNAL_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_POLL_AT_MOST = 29.0
"""Seconds of looking in one call; the contract says under 30."""
LONGEST_ISSUE = 330.0
"""Seconds that one ``issue()`` may take: polling, and 5 minutes of waiting for a lock."""


@attrs.frozen
class KeyFlows:
    """Flows over a user's key, as steps for both faces."""

    custody: Custody
    tokens: Tokens
    retrieval: Retrieval
    flights: Flights
    clock: Clock
    reader: Reader
    use: KeyUse

    def info(self, user_id: str) -> Steps[KeyInfo]:
        """Ask what the server has of the user's key."""
        from whitebit_api.api.api_keys import get_api_key_info as endpoint

        self.custody.server.require("get_api_key_info")

        def make(auth: httpx.Auth) -> Send[KeyInfo]:
            return Send("get_api_key_info", endpoint, convert=_info_of, auth=auth)

        return (yield from self.tokens.authorized(user_id, make))

    def issue(self, user_id: str, timeout: float) -> Steps[ApiKey]:
        """Wait for the key, take its secret once, store it and return it."""
        self.custody.server.require("get_api_key_secret")
        until = self.clock.monotonic() + _seconds(timeout)
        yield from work(lambda: self.retrieval.take_in(user_id))
        stored = yield from work(lambda: self.custody.key(user_id))
        pair = yield from work(lambda: self.custody.pair(user_id))
        if stored and not stored.gone and (pair is None or pair.login == stored.login):
            return stored.key
        if pair is None:
            raise NotConnected("custody holds neither tokens nor a key for this user")
        self.custody.refuse_volatile()
        external_id = yield from self._appearing(user_id, pair, until)
        return (yield from self._take(user_id, external_id, pair.login, until))

    def _appearing(self, user_id: str, pair: TokenPair, until: float) -> Steps[str]:
        """Poll until the key is there and active; return its id."""
        stops = min(until, self.clock.monotonic() + _POLL_AT_MOST)
        troubles = 0
        while True:
            trouble: WhiteBITError | None = None
            try:
                info = yield from self.info(user_id)
                troubles = 0
            except REPEATED as error:
                info, trouble = KeyInfo(KeyState.ABSENT, None, ()), error
                troubles += 1
            if info.state is KeyState.ACTIVE and info.external_id is not None:
                return info.external_id
            if info.state is KeyState.DISABLED:
                raise KeyDisabled(
                    "WhiteBIT has disabled the user's key after 14 days without use",
                    operation="get_api_key_info",
                )
            pause = _until_next_look(trouble, troubles)
            ends = None if pair.lifetime is None else pair.obtained_at + pair.lifetime
            if pair.refresh is None and ends is not None and self.clock.time() + pause >= ends:
                stops = 0.0  # the token ends first, and cannot be renewed
            if self.clock.monotonic() + pause > stops:
                if trouble is not None:
                    raise stripped(trouble)
                raise KeyPending("the user's key does not show yet", operation="get_api_key_info")
            yield Sleep(pause)

    def _take(self, user_id: str, external_id: str, login: str, until: float) -> Steps[ApiKey]:
        """Make attempts at the secret, waiting between them as the outcomes say."""
        last: tuple[type[WhiteBITError], float] | None = None
        row, began = 0, 0.0
        while True:
            flight = yield from work(
                lambda: self.flights.join(
                    ("secret", user_id, external_id, login),
                    lambda: self.retrieval.attempt(user_id, external_id, login),
                )
            )
            outcome = yield from wait(flight)
            if isinstance(outcome, ApiKey):
                self.reader.forget(user_id)
                return outcome
            # Of one error there are kinds: a lock here is watched more often than one there.
            kind = (type(outcome.error), outcome.after)
            if kind != last:
                last, row, began = kind, 0, self.clock.monotonic()
            row += 1
            ends = min(until, began + outcome.in_all)
            pause = _pause(outcome, row)
            if row > outcome.attempts or self.clock.monotonic() + pause > ends:
                raise copy.copy(outcome.error)  # the outcome is shared by all who waited for it
            yield Sleep(pause)

    def delete(self, user_id: str) -> Steps[None]:
        """Delete the user's key at the server, and then here."""
        self.custody.server.require("delete_api_key")
        yield from work(lambda: self.retrieval.take_in(user_id))
        external_id = yield from self._current_id(user_id)
        missing: WhiteBITError
        try:
            yield from self.tokens.authorized(user_id, lambda auth: _deletion(external_id, auth))
        except NotFound as error:
            missing = error
        else:
            yield from work(lambda: self._deleted(user_id, external_id))
            return
        yield from work(lambda: self._gone(user_id, external_id))
        raise missing

    def _current_id(self, user_id: str) -> Steps[str]:
        """Return the id of the key that the user has now; custody may hold an earlier one."""
        stored = yield from work(lambda: self.custody.key(user_id))
        pair = yield from work(lambda: self.custody.pair(user_id))
        if stored and pair and not stored.gone and stored.login == pair.login:
            return stored.key.external_id
        info = yield from self.info(user_id)
        if info.external_id is None:
            raise NotFound("the user has no key at WhiteBIT", operation="delete_api_key")
        return info.external_id

    def _deleted(self, user_id: str, external_id: str) -> None:
        self.reader.forget(user_id)
        stored = self.custody.key(user_id)
        if stored is not None and stored.key.external_id == external_id:
            self.custody.remove("key", user_id)
            self.use.forget(user_id)
        self.custody.note("delete", user_id, external_id=external_id, outcome="deleted")

    def forget(self, user_id: str) -> None:
        """Delete the user's key from custody, and note that its secret was here."""
        self.retrieval.take_in(user_id)
        stored = self.custody.key(user_id)
        if stored is None:
            return
        self.custody.remove("key", user_id)
        self.use.forget(user_id)
        Claim(self.custody, user_id, stored.key.external_id).close("forgotten")

    def health(self, user_id: str) -> Steps[KeyHealth]:
        """Judge the user's stored key; nothing is sent."""
        found = yield from work(lambda: self.use.one(user_id))
        if found is None:
            raise NotConnected("custody holds no API key for this user")
        return found

    def _gone(self, user_id: str, external_id: str) -> None:
        """Note that the server knows the stored key no more; its secret is kept, and not used."""
        self.reader.forget(user_id)
        stored = self.custody.key(user_id)
        if stored is not None and stored.key.external_id == external_id:
            self.custody.put_key(attrs.evolve(stored, gone=True))
        self.custody.note("delete", user_id, external_id=external_id, outcome="was gone already")


def _deletion(external_id: str, auth: httpx.Auth) -> Send[None]:
    from whitebit_api.api.api_keys import delete_api_key as endpoint

    return Send(
        "delete_api_key",
        endpoint,
        convert=_nothing,
        arguments=lambda: {"external_id": external_id},
        auth=auth,
    )


def _nothing(parsed: ApiKeyDeletedResponse) -> None:
    """Take the documented empty answer; an empty list and an empty map are one to PHP."""
    data: Any = parsed.data
    if not isinstance(data, (list, dict)):
        raise MalformedResponse("data is neither a list nor a map", operation="delete_api_key")


def _until_next_look(trouble: WhiteBITError | None, row: int) -> float:
    """Return the seconds until the key is looked for again.

    Args:
        trouble: What came in place of an answer, if nothing better did.
        row: How many such came in a row.
    """
    if trouble is None:
        return min(jittered(_POLL_EVERY), 2.0)
    return jittered(max(waiting_time(row), trouble.retry_after or 0.0))


def _pause(outcome: Again, attempt: int) -> float:
    return jittered(min(outcome.after * 2 ** min(attempt - 1, 16), outcome.at_most))


def _seconds(timeout: float) -> float:
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise InvalidArgument("timeout", "expected seconds as a number")
    if not 0 <= timeout <= LONGEST_ISSUE:
        raise InvalidArgument("timeout", f"expected 0 to {LONGEST_ISSUE:g} seconds")
    return float(timeout)


def _info_of(parsed: ApiKeyInfoResponse) -> KeyInfo:
    """Make the decision of what the server says, strictly where it matters."""
    data: Any = parsed.data
    exists, enabled, external_id = data.exists, data.is_enabled, data.external_id
    if not isinstance(exists, bool) or not isinstance(enabled, bool):
        raise _malformed("exists and isEnabled are not true or false")
    if not exists:
        return KeyInfo(KeyState.ABSENT, None, ())
    # It becomes part of a path: nothing but what a UUID is made of.
    if not isinstance(external_id, str) or not _EXTERNAL_ID.fullmatch(external_id):
        raise _malformed("there is a key, and externalId is not its id")
    groups = tuple(
        PermissionGroup(
            name=_text(group.name, "name"),
            title=_text(group.title or group.name, "title"),
            urls=tuple(
                PermissionUrl(_text(url.url, "url"), url.enable is True) for url in group.urls
            ),
        )
        for group in data.permissions
    )
    return KeyInfo(KeyState.ACTIVE if enabled else KeyState.DISABLED, external_id, groups)


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise _malformed(f"{field} of a permission is not text")
    return value


def _malformed(problem: str) -> MalformedResponse:
    return MalformedResponse(problem, operation="get_api_key_info")
