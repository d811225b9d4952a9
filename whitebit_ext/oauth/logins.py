"""Logins: from the "connect WhiteBIT" page to the exchanged code (contract, sections 2 and 3)."""

from __future__ import annotations

import hashlib
import itertools
import logging
from datetime import UTC, datetime
from typing import Any

import attrs

from ..custody.changes import take_ticket
from ..custody.connections import Connections, fresh_id, trouble
from ..custody.leases import Asking
from ..custody.once import AnswerNotStored, OneShots, Taken
from ..custody.outcomes import Outcome
from ..custody.rows import Held, login_id
from ..custody.values import LONGEST_ANSWER, Asks
from ..errors import (
    CodeRejected,
    CodeUnanswered,
    ConnectionFailed,
    EncryptionKeyMissing,
    LoginExpired,
    LoginUserMismatch,
    MalformedResponse,
    NotSent,
    RateLimited,
    RedirectMismatch,
    ResponseError,
    SealBroken,
    ServerError,
    StateMissing,
    StateReused,
    StateUnknown,
    StoreUnavailable,
    UnexpectedStatus,
    WhiteBITError,
)
from ..http.requests import Send
from ..runtime.clock import Clock
from ..secret import Secret
from .protocol import (
    Callback,
    Credentials,
    authorization_url,
    check_address,
    check_state,
    new_state,
    new_verifier,
    read_callback,
    take_code,
)

LOGIN_LIFETIME = 600.0
"""Seconds in which a user can return from WhiteBIT's page."""
_SWEEP_EVERY = 600.0
_SWEPT_AT_ONCE = 100
_UNUSABLE = (ConnectionFailed, ServerError, MalformedResponse, UnexpectedStatus)
_NOT_STORED = (
    "the new token pair could not be stored; this process keeps it and stores it at the user's "
    "next call"
)

log = logging.getLogger("whitebit_ext")


@attrs.frozen
class Login:
    """A login that was started.

    Attributes:
        url: Where to send the user's browser.
        state: What to store in the browser session, and nothing else.
        expires_at: When the login expires (aware, UTC).
    """

    url: str
    state: str
    expires_at: datetime


class Logins:
    """The logins: each is started, and finished once.

    Verifier, user, region, redirect URI and expiry are stored in custody under a digest of the
    state; the browser session keeps the state alone. So a person who opens another user's login URL
    does not connect an account to that user: the state is not in the person's browser session.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        connections: Connections,
        once: OneShots,
        clock: Clock,
    ) -> None:
        self._credentials = credentials
        self._custody = connections.custody
        self._connections = connections
        self._once = once
        self._clock = clock
        self._swept_at = clock.monotonic()

    def start(self, user_id: str) -> Login:
        """Create a login and store what is needed to finish it."""
        self._sweep()
        server = self._custody.server
        state, verifier = new_state(), new_verifier()
        expires_at = self._clock.time() + LOGIN_LIFETIME
        value = {
            "user": user_id,
            "verifier": verifier.reveal(),
            "redirect_uri": self._credentials.redirect_uri,
            "region": server.region.value,
            "expires_at": expires_at,
            "used": None,
        }
        self._custody.write("login", (login_id(state),), value, None)
        url = authorization_url(
            server,
            client_id=self._credentials.client_id,
            redirect_uri=self._credentials.redirect_uri,
            state=state,
            verifier=verifier,
        )
        return Login(url, state, datetime.fromtimestamp(expires_at, UTC))

    def finish(self, callback: Callback, state: str | None, user_id: str) -> None:
        """Check a callback, mark its login as used, exchange the code and store the pair.

        The same callback again sends nothing: it succeeds if this login is connected, and
        otherwise raises ``CodeUnanswered`` or ``StateReused``.

        Raises:
            LoginError: the callback is wrong; each cause has its own type. The login stays as it
                is, for the right callback.
            NotSent, RateLimited: the code was not used; the same callback can be tried again.
            ConnectionChanged: the user has finished a later login since.
            StoreUnavailable: custody failed.
        """
        if not state:
            raise StateMissing("the session has no state of a login")
        parameters = read_callback(callback)
        check_state(parameters, state)
        code_digest = _digest(parameters.code)
        login = self._find(state, user_id, code_digest)
        if login is not None:
            check_address(parameters, self._credentials.redirect_uri)
        # Another request may have finished it, which finding it again shows; or its row was
        # encrypted again with another key since.
        while login is not None and not self._mark(state, login, used=code_digest):
            login = self._find(state, user_id, code_digest)
        if login is None:
            self._answer_again(user_id, login_id(state))
            return
        code = take_code(parameters, self._custody.server)
        failure: WhiteBITError
        try:
            taken = self._exchange(user_id, code, Secret(login.value["verifier"]), login_id(state))
        except (NotSent, RateLimited) as error:
            failure = error
            self._restore(state)
        except _UNUSABLE as error:
            failure = CodeUnanswered.of(
                error, f"no usable response from the token endpoint: {error.message}"
            )
        except ResponseError as error:
            failure = CodeRejected.of(error, f"the code was not exchanged: {error.message}")
        except AnswerNotStored:
            failure = StoreUnavailable(_NOT_STORED)
        else:
            if taken is None or (
                taken.problem is None and taken.outcome in (Outcome.DONE, Outcome.ALREADY)
            ):
                return
            failure = trouble(taken.outcome, taken.row)
            if taken.problem is not None:
                failure = CodeUnanswered(
                    f"no usable response from the token endpoint: {taken.problem.message}",
                    operation="exchange_code",
                    status_code=200,
                )
        raise failure

    def _find(self, state: str, user_id: str, code: str) -> Held | None:
        """Return the login of a state, or ``None`` if the same callback was processed before."""
        login = self._custody.read("login", login_id(state))
        if login is None:
            raise StateUnknown("no login was started with this state")
        if login.value["used"] is not None:
            if login.value["user"] == user_id and login.value["used"] == code:
                return None
            raise StateReused("this login was finished before")
        if self._clock.time() >= login.value["expires_at"]:
            raise LoginExpired(f"the login was started over {LOGIN_LIFETIME:.0f} s ago")
        if login.value["user"] != user_id:
            raise LoginUserMismatch("the login was started for another user")
        if login.value["region"] != self._custody.server.region.value:
            raise StateUnknown("no login was started with this state in this region")
        if login.value["redirect_uri"] != self._credentials.redirect_uri:
            raise RedirectMismatch("the login was started with another redirect URI")
        return login

    def _answer_again(self, user_id: str, login: str) -> None:
        """Handle a repeated callback by the outcome of the first; nothing is sent."""
        row = self._once.tend(user_id).row
        if row is not None and row.pair is not None and row.login == login:
            return
        sent = row.about(Asks.CODE, login) if row is not None else ()
        if any(attempt.ended for attempt in sent):
            raise CodeUnanswered("the code was sent, and no usable response came")
        raise StateReused("this login was finished before")

    def _mark(self, state: str, login: Held, *, used: str | None) -> bool:
        value = {**login.value, "used": used}
        return self._custody.write("login", (login_id(state),), value, login.version) is not None

    def _restore(self, state: str) -> None:
        """Restore a login whose code was not used."""
        login = self._custody.read("login", login_id(state))
        if login is not None:
            self._mark(state, login, used=None)

    def _exchange(self, user_id: str, code: Secret, verifier: Secret, login: str) -> Taken | None:
        """Take a ticket, send the code, and store the response; ``None``: it is done already."""
        id, incarnation, now = fresh_id(), fresh_id(), self._clock.time()
        made = self._connections.commit(
            user_id,
            lambda row: take_ticket(row, incarnation=incarnation, attempt=id, login=login, now=now),
            padding=LONGEST_ANSWER,
        )
        noted = made.row.attempt(id) if made.row is not None else None
        if made.row is None or noted is None:
            self._answer_again(user_id, login)
            return None
        asking = Asking(user_id, made.row.incarnation, noted, made.held, self._clock.monotonic())
        return self._once.send(asking, self._request(code, verifier))

    def _request(self, code: Secret, verifier: Secret) -> Send[Any]:
        from whitebit_api.api.tokens import exchange_code as endpoint
        from whitebit_api.models.code_exchange_request import CodeExchangeRequest

        credentials = self._credentials

        def arguments() -> dict[str, Any]:
            return {
                "body": CodeExchangeRequest(
                    client_id=credentials.client_id,
                    client_secret=credentials.client_secret.reveal(),
                    code=code.reveal(),
                    code_verifier=verifier.reveal(),
                )
            }

        secrets = (credentials.client_secret, code, verifier)
        return Send("exchange_code", endpoint, bool, arguments, secrets=secrets)

    def erase(self, user_id: str) -> None:
        """Delete the logins of a user."""
        for subject in self._custody.subjects("login"):
            try:
                login = self._custody.read("login", *subject)
            except (SealBroken, EncryptionKeyMissing) as error:
                log.warning("a login was not checked: %s", error.message)
                continue
            if login is not None and login.value["user"] == user_id:
                self._custody.remove("login", *subject)

    def _sweep(self) -> None:
        """Delete logins that expired a while ago, now and then."""
        if self._clock.monotonic() - self._swept_at < _SWEEP_EVERY:
            return
        self._swept_at = self._clock.monotonic()
        for subject in itertools.islice(self._custody.subjects("login"), _SWEPT_AT_ONCE):
            try:
                login = self._custody.read("login", *subject)
            except (SealBroken, EncryptionKeyMissing) as error:
                # Not this caller's login: the caller that returns for it gets the error.
                log.warning("an expired login was not deleted: %s", error.message)
                continue
            if login and self._clock.time() > login.value["expires_at"] + LOGIN_LIFETIME:
                self._custody.remove("login", *subject)


def _digest(code: Secret | None) -> str:
    """Return a digest of a code; ``""`` for a callback without one."""
    return "" if code is None else hashlib.sha256(code.reveal().encode()).hexdigest()
