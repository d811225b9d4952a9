"""Logins: from the page "connect WhiteBIT" to the exchanged code (contract, sections 2 and 3)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import attrs

from ..custody.rows import Custody, Held, login_id
from ..custody.values import TokenPair
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
    UnexpectedStatus,
    WhiteBITError,
)
from ..http.requests import Send, Sender
from ..runtime.clock import Clock
from ..secret import Secret
from .pairs import TokenPairs, token_data
from .protocol import (
    Callback,
    Credentials,
    authorization_url,
    check_address,
    check_state,
    new_state,
    new_verifier,
    read_callback,
    read_pair,
    take_code,
)

LOGIN_LIFETIME = 600.0
"""Seconds in which a user can come back from WhiteBIT's page."""
_SWEEP_EVERY = 600.0
_UNUSABLE = (ConnectionFailed, ServerError, RateLimited, MalformedResponse, UnexpectedStatus)

log = logging.getLogger("whitebit_ext")


@attrs.frozen
class Login:
    """A login that was started.

    Attributes:
        url: Where to send the user's browser.
        state: What the browser session keeps, and nothing else.
        expires_at: When the login can no longer be finished (aware, UTC).
    """

    url: str
    state: str
    expires_at: datetime


class Logins:
    """Start logins, and finish each of them once.

    Verifier, user, region, redirect URI and expiry stay in custody under a digest of the state;
    the browser session keeps the state alone. So a login URL that was mailed to somebody else
    connects nobody's account to the sender's.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        custody: Custody,
        sender: Sender,
        pairs: TokenPairs,
        clock: Clock,
    ) -> None:
        self._credentials = credentials
        self._custody = custody
        self._sender = sender
        self._pairs = pairs
        self._clock = clock
        self._swept_at = clock.monotonic()

    def start(self, user_id: str) -> Login:
        """Make a login and keep what finishing it needs."""
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
            "used": False,
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
        """Check a callback, take its login out, exchange the code and store the pair.

        Raises:
            LoginError: whatever is wrong with the callback, each in its own type; a wrong one
                leaves the login as it is, for the right one to come.
            NotSent: the server could not be reached; the same callback can be tried again.
        """
        if not state:
            raise StateMissing("the browser session has no state")
        parameters = read_callback(callback)
        check_state(parameters, state)
        login = self._find(state, user_id)
        check_address(parameters, self._credentials.redirect_uri)
        # Another request may have finished it, which finding it again tells; or its row was
        # sealed anew with another key meanwhile.
        while not self._mark(state, login, used=True):
            login = self._find(state, user_id)
        code = take_code(parameters, self._custody.server)
        failure: WhiteBITError
        try:
            pair = self._exchange(code, Secret(login.value["verifier"]), login_id(state))
        except NotSent as error:
            failure = error
            self._restore(state)
        except _UNUSABLE as error:
            failure = CodeUnanswered.of(
                error, f"no usable response came from the token endpoint: {error.message}"
            )
        except ResponseError as error:
            failure = CodeRejected.of(error, f"the code was not exchanged: {error.message}")
        else:
            self._pairs.commit_login(user_id, pair)
            return
        raise failure

    def _find(self, state: str, user_id: str) -> Held:
        login = self._custody.read("login", login_id(state))
        if login is None:
            raise StateUnknown("no login was started with this state")
        if login.value["used"]:
            raise StateReused("this login is already finished")
        if self._clock.time() >= login.value["expires_at"]:
            raise LoginExpired(f"the login was started more than {LOGIN_LIFETIME:.0f} s ago")
        if login.value["user"] != user_id:
            raise LoginUserMismatch("the login was started for another user")
        if login.value["region"] != self._custody.server.region.value:
            raise StateUnknown("no login was started with this state in this region")
        if login.value["redirect_uri"] != self._credentials.redirect_uri:
            raise RedirectMismatch("the login was started with another redirect URI")
        return login

    def _mark(self, state: str, login: Held, *, used: bool) -> bool:
        value = {**login.value, "used": used}
        return self._custody.write("login", (login_id(state),), value, login.version)

    def _restore(self, state: str) -> None:
        """Make a login usable again whose code never left this machine."""
        login = self._custody.read("login", login_id(state))
        if login is not None:
            self._mark(state, login, used=False)

    def _exchange(self, code: Secret, verifier: Secret, login: str) -> TokenPair:
        from whitebit_api.api.tokens import exchange_code as endpoint
        from whitebit_api.models.code_exchange_request import CodeExchangeRequest

        asked_at = self._clock.time()

        def arguments() -> dict[str, Any]:
            return {
                "body": CodeExchangeRequest(
                    client_id=self._credentials.client_id,
                    client_secret=self._credentials.client_secret.reveal(),
                    code=code.reveal(),
                    code_verifier=verifier.reveal(),
                )
            }

        def parse(body: bytes) -> TokenPair:
            data = token_data(body, "exchange_code")
            return read_pair(data, operation="exchange_code", now=asked_at, login=login)

        return self._sender.send(
            Send(
                "exchange_code",
                endpoint,
                parse,
                arguments,
                alone=True,
                secrets=(self._credentials.client_secret, code, verifier),
            )
        )

    def _sweep(self) -> None:
        """Delete logins that ended a while ago, now and then."""
        if self._clock.monotonic() - self._swept_at < _SWEEP_EVERY:
            return
        self._swept_at = self._clock.monotonic()
        for subject in self._custody.subjects("login"):
            try:
                login = self._custody.read("login", *subject)
            except (SealBroken, EncryptionKeyMissing) as error:
                # Not this caller's login: whoever comes back for it is told.
                log.warning("a login was not swept away: %s", error.message)
                continue
            if login and self._clock.time() > login.value["expires_at"] + LOGIN_LIFETIME:
                self._custody.remove("login", *subject)
