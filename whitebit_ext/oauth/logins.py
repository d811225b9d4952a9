"""Logins: from the "connect WhiteBIT" page to the exchanged code (contract, sections 2 and 3)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Literal

import attrs

from ..custody.rows import Custody, Held, Value, login_id
from ..errors import (
    BindingMismatch,
    BindingMissing,
    CodeUnanswered,
    CustodyError,
    EncryptionKeyMissing,
    LoginExpired,
    LoginKindMismatch,
    LoginUserMismatch,
    NotSent,
    RateLimited,
    RedirectMismatch,
    SealBroken,
    StateReused,
    StateUnknown,
    StoreUnavailable,
)
from ..runtime.clock import Clock
from ..runtime.events import EventName
from ..secret import Secret
from .code_exchange import CodeExchange, decode_failure, encode_failure
from .protocol import (
    CallbackParameters,
    Credentials,
    authorization_url,
    check_address,
    new_binding,
    new_state,
    new_verifier,
    take_code,
)

Kind = Literal["web", "terminal"]
"""Where a login is finished: in a web application, or in a terminal."""
_MOST = 5
"""Logins kept per user; a further one replaces the oldest."""
_KEPT = 86_400.0
"""Seconds for which an expired login is kept: a late or repeated callback gets a true answer. The
response of its code is processed by then: the tokens in it have ended long before."""
_WATCH_EVERY = 0.1


@attrs.frozen
class Login:
    """A login that was started.

    Attributes:
        url: Where to send the user's browser; it contains the state, so never log it.
        binding: What to store in the browser session, and nothing else: 256 random bits, which
            show in the callback that this browser started the login.
        expires_at: When the login expires (aware, UTC).
        id: The digest of the state, as hexadecimal digits: it names the login, and proves nothing.
    """

    url: str = attrs.field(repr=False)
    binding: str = attrs.field(repr=False)
    expires_at: datetime
    id: str


class Logins:
    """The logins: each is started, and finished once.

    Verifier, user, region, redirect URI, expiry and a digest of the binding are stored in custody
    under a digest of the state; the browser session keeps the binding alone. So a person who opens
    another user's login URL does not connect an account to that user: the state in the URL finds
    the login, and only the browser session that started it has its binding.

    A row per user lists that user's logins, so that they can be counted and erased.

    Args:
        credentials: The partner's registration.
        custody: Where the logins are stored.
        exchange: Sends the codes.
        clock: The source of time.
        lifetime: Seconds in which a login can be finished.
        patience: Seconds for which a repeated callback waits for the outcome of the first.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        custody: Custody,
        exchange: CodeExchange,
        clock: Clock,
        lifetime: float,
        patience: float,
    ) -> None:
        self._credentials = credentials
        self._custody = custody
        self._exchange = exchange
        self._clock = clock
        self._lifetime = lifetime
        self._patience = patience

    def start(self, user_id: str, kind: Kind) -> Login:
        """Create a login and store what is needed to finish it."""
        server = self._custody.server
        state, binding, verifier = Secret(new_state()), Secret(new_binding()), new_verifier()
        id, expires_at = login_id(state.reveal()), self._clock.time() + self._lifetime
        given_way = self._enlist(user_id, id, expires_at)
        value = {
            "user": user_id,
            "kind": kind,
            "binding": _digest(binding),
            "verifier": verifier,
            "redirect_uri": self._credentials.redirect_uri,
            "region": server.region.value,
            "expires_at": expires_at,
            "sweep_at": expires_at + _KEPT,
            "used": None,
            "outcome": None,
        }
        self._custody.write("login", (id,), value, None)
        for oldest in given_way:
            self._custody.remove("login", oldest)
        self._custody.events.emit(EventName.LOGIN_STARTED, user_id, login=id, kind=kind)
        url = authorization_url(
            server,
            client_id=self._credentials.client_id,
            redirect_uri=self._credentials.redirect_uri,
            state=state.reveal(),
            verifier=verifier,
        )
        return Login(url, binding.reveal(), datetime.fromtimestamp(expires_at, UTC), id)

    def finish(
        self, callback: CallbackParameters, binding: Secret | None, user_id: str, kind: Kind
    ) -> None:
        """Check a callback, mark its login as used, exchange the code and store the pair.

        The same callback again sends nothing: it waits for the outcome of the first, if that is
        under way, and then ends as the first did.

        Raises:
            LoginError: the callback is wrong; each cause has its own type. The login stays as it
                is, for the right callback.
            NotSent, RateLimited: the code was not used; the same callback can be tried again.
            ConnectionChanged: the user has finished a later login since.
            StoreUnavailable: custody failed.
        """
        id, until = login_id(callback.state), self._clock.monotonic() + self._patience
        while True:
            login = self._find(id, kind, binding, user_id)
            if login.value["used"] is not None:
                if callback.code is None or login.value["used"] != _digest(callback.code):
                    raise StateReused("the login was finished with another code")
                if self._is_connected(id, login, until):
                    return
                self._clock.sleep(_WATCH_EVERY)
                continue
            self._check_open(login.value)
            check_address(callback, self._credentials.redirect_uri)
            code = take_code(callback, self._custody.server)
            # If its row was changed since, another request may be finishing it: it is read again.
            used = self._change(id, login, used=_digest(code))
            if used is None:
                continue
            try:
                asking = self._exchange.begin(user_id, id)
            except CustodyError:
                self._settle(id, used, used=None)  # nothing was sent
                raise
            if asking is not None:
                break
        failure = self._exchange.send(asking, code, login.value["verifier"])
        if isinstance(failure, (NotSent, RateLimited)):
            self._settle(id, used, used=None)
        elif not isinstance(failure, StoreUnavailable):
            self._settle(id, used, outcome=encode_failure(failure))
        if failure is not None:
            raise failure

    def _read(self, id: str) -> Held | None:
        login = self._custody.read("login", id)
        if login is not None:
            login.value["verifier"] = Secret(login.value["verifier"])
        return login

    def _find(self, id: str, kind: Kind, binding: Secret | None, user_id: str) -> Held:
        """Return the login of a callback, after checking whose it is."""
        login = self._read(id)
        if login is None or login.value["region"] != self._custody.server.region.value:
            raise StateUnknown("no login was started with this state in this region")
        if login.value["kind"] != kind:
            raise LoginKindMismatch(f"the login was started as {login.value['kind']!r}")
        if binding is None or not binding.reveal():
            raise BindingMissing("the session has no binding of a login")
        if not hmac.compare_digest(login.value["binding"], _digest(binding)):
            raise BindingMismatch("the login was started in another browser session")
        if login.value["user"] != user_id:
            raise LoginUserMismatch("the login was started for another user")
        return login

    def _check_open(self, login: Value) -> None:
        if self._clock.time() >= login["expires_at"]:
            raise LoginExpired("the login was started too long ago")
        if login["redirect_uri"] != self._credentials.redirect_uri:
            raise RedirectMismatch("the login was started with another redirect URI")

    def _is_connected(self, id: str, login: Held, until: float) -> bool:
        """Answer a repeated callback by the outcome of the first; false while that is under way."""
        is_connected = self._exchange.is_connected(login.value["user"], id)
        if is_connected:  # also where a late response came after a failure
            return True
        if login.value["outcome"] is not None:
            raise decode_failure(login.value["outcome"])
        # When it was marked as used, by the store's clock: those of two machines may differ.
        is_recent = login.age is None or login.age < self._patience
        if is_connected is None and is_recent and self._clock.monotonic() < until:
            return False
        raise CodeUnanswered("the exchange of this code was interrupted, or it was not answered")

    def _change(self, id: str, login: Held, **changes: object) -> Held | None:
        """Change the row of a login; return ``None`` if it was changed by others since."""
        value = {**login.value, **changes}
        version = self._custody.write("login", (id,), value, login.version)
        return None if version is None else Held(value, version)

    def _settle(self, id: str, login: Held | None, **changes: object) -> None:
        """Make a change whose failure must not hide the outcome that it belongs to."""
        try:
            while login is not None and self._change(id, login, **changes) is None:
                login = self._read(id)
        except CustodyError as error:
            self._custody.log_trouble("the outcome of a login was not recorded", error)

    # The logins of a user

    def open(self, user_id: str) -> tuple[float, ...]:
        """Return the unix times at which the open logins of a user expire."""
        now, found = self._clock.time(), []
        for id, expires_at in self._listed(user_id):
            login = self._read(id) if now < expires_at else None
            if login is not None and login.value["used"] is None:
                found.append(expires_at)
        return tuple(found)

    def erase(self, user_id: str) -> None:
        """Delete the logins of a user."""
        for id, _ in self._listed(user_id):
            self._custody.remove("login", id)
        self._custody.remove("logins", user_id)

    def _listed(self, user_id: str) -> tuple[tuple[str, float], ...]:
        """Return the ids of a user's logins, the oldest first, and when they expire."""
        try:
            row = self._custody.read("logins", user_id)
        except (SealBroken, EncryptionKeyMissing) as error:
            self._custody.log_trouble("the list of a user's logins cannot be read", error)
            return ()
        return () if row is None else tuple((id, at) for id, at in row.value["logins"])

    def _enlist(self, user_id: str, id: str, expires_at: float) -> tuple[str, ...]:
        """List a new login, and return the ids of those that give way."""
        given_way: tuple[str, ...] = ()

        def change(value: Value | None) -> Value:
            nonlocal given_way
            listed = [*(value["logins"] if value is not None else ()), (id, expires_at)]
            given_way = tuple(one for one, _ in listed[:-_MOST])
            listed = listed[-_MOST:]
            return {"logins": listed, "sweep_at": max(at for _, at in listed) + _KEPT}

        try:
            self._custody.update("logins", (user_id,), change)
        except (SealBroken, EncryptionKeyMissing) as error:
            # It only counts and lists: the logins in it can be finished, and expire.
            self._custody.log_trouble("the list of a user's logins is replaced", error)
            self._custody.remove("logins", user_id)
            self._custody.update("logins", (user_id,), change)
        return given_way


def _digest(text: str | Secret) -> str:
    plain = text if isinstance(text, str) else text.reveal()
    return hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()
