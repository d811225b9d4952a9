"""Signed V4 requests: the issued key pair, and HMAC as an ``httpx.Auth`` (contract, section 6)."""

from __future__ import annotations

import base64
import enum
import hmac
import json
import threading
import weakref
from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any, Protocol

import attrs
import httpx

from ..errors import InvalidArgument, WrongServer
from ..regions import origin_asked
from ..runtime.clock import Clock, SystemClock
from ..runtime.forks import watch_forks
from ..secret import Secret

if TYPE_CHECKING:
    import asyncio


class NonceMode(enum.Enum):
    """How the server checks nonces.

    ``WINDOW`` sends ``nonceWindow: true``: nonces must be unique unix milliseconds within 5 s of
    the server's clock, in any order; for keys with concurrent callers. ``GROWING`` sends strictly
    increasing nonces, one request at a time per key in this process; only for keys that a single
    process uses.
    """

    WINDOW = "window"
    GROWING = "growing"


_KeyName = tuple[str, str]
"""Origin and public key."""
_MOST_KEYS = 50_000
_WINDOW_MS = 5000
"""Milliseconds by which a nonce may differ from the server's clock, in ``NonceMode.WINDOW``."""


_REPLACED = frozenset(
    (
        b"content-length",
        b"content-type",
        b"transfer-encoding",
        b"x-txc-apikey",
        b"x-txc-payload",
        b"x-txc-signature",
    )
)
"""Headers that the signed copy of a request replaces, in lower case."""


class _OneAtATime:
    """A key whose nonces grow: the last one, and locks for threads and each event loop's tasks."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.threads = threading.Lock()
        self._tasks: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = (
            weakref.WeakKeyDictionary()
        )

    def tasks(self) -> asyncio.Lock:
        import asyncio

        return self._tasks.setdefault(asyncio.get_running_loop(), asyncio.Lock())


class _Nonces:
    """The nonces of this process in unix milliseconds, unique for each key."""

    def __init__(self) -> None:
        self.after_fork()
        watch_forks(self)

    def after_fork(self) -> None:
        """Drop locks that another thread of the parent may have held."""
        self._lock = threading.Lock()
        self._last: dict[_KeyName, int] = {}  # the key that was used last is at the end
        self._growing: dict[_KeyName, _OneAtATime] = {}

    def next(self, key: _KeyName, clock: Clock, mode: NonceMode) -> int:
        now = int(clock.time() * 1000)
        with self._lock:
            growing = self._growing.get(key)
            last = growing.last if growing is not None else self._last.pop(key, 0)
            if mode is NonceMode.WINDOW and last - now > _WINDOW_MS:
                last = 0  # the clock was set back: follow it
            nonce = max(now, last + 1)
            if growing is not None:
                growing.last = nonce
                return nonce
            self._last[key] = nonce
            if len(self._last) > _MOST_KEYS:
                idle = next(iter(self._last))
                if self._last[idle] < now:
                    del self._last[idle]
            return nonce

    def growing(self, key: _KeyName) -> _OneAtATime:
        with self._lock:
            if key not in self._growing:
                self._growing[key] = _OneAtATime(self._last.pop(key, 0))
            return self._growing[key]


_nonces = _Nonces()


class Guard(Protocol):
    """A check before each signature that the key is still the one to sign with."""

    def check(self) -> None:
        """Raise an error if the key must not sign."""

    async def acheck(self) -> None:
        """Do what ``check`` does, in a task."""


class SignedAuth(httpx.Auth):
    """An ``httpx.Auth`` that adds ``request`` and ``nonce`` to the body, and the HMAC headers.

    A request must be a ``POST`` whose body is a JSON object or empty, to the server that issued
    the key; a request to another server is not signed. Each request of the auth flow is signed
    separately, so a retry has a new nonce.

    Leave ``follow_redirects`` off, which is httpx's default: httpx follows redirects below the
    auth flow and would send a signed request's headers to the target of the redirect.

    Attributes:
        secrets: Values to redact from error messages.
    """

    requires_request_body = True

    def __init__(
        self,
        public_key: str,
        secret: Secret,
        *,
        origin: str,
        nonce: NonceMode = NonceMode.WINDOW,
        clock: Clock | None = None,
        guard: Guard | None = None,
    ) -> None:
        if not isinstance(nonce, NonceMode):
            raise InvalidArgument("nonce", "expected a NonceMode")
        self._public_key = public_key
        self._name = (origin, public_key)
        self._secret = secret
        self.secrets = (secret,)
        self._origin = origin
        self._mode = nonce
        self._clock = clock or SystemClock()
        self._guard = guard

    def sign(self, request: httpx.Request) -> httpx.Request:
        """Return a signed copy of a request, with the timeouts of the original."""
        if origin_asked(request.url) != self._origin:
            raise WrongServer("the key belongs to another server; nothing was signed or sent")
        if request.method != "POST":
            raise InvalidArgument(
                "method", f"a signed V4 request must be POST, not {request.method}"
            )
        fields = _fields(request.content)
        fields["request"] = request.url.raw_path.decode("ascii").partition("?")[0]
        fields["nonce"] = _nonces.next(self._name, self._clock, self._mode)
        if self._mode is NonceMode.WINDOW:
            fields["nonceWindow"] = True
        else:
            fields.pop("nonceWindow", None)
        # Compact and ASCII: JSON with spaces is rejected, 400 code 9 (contract, section 6).
        body = _compact(fields).encode("ascii")
        payload = base64.b64encode(body)
        signature = hmac.digest(self._secret.reveal().encode(), payload, "sha512").hex()
        headers = [pair for pair in request.headers.raw if pair[0].lower() not in _REPLACED]
        headers += (
            (b"content-length", b"%d" % len(body)),
            (b"content-type", b"application/json"),
            (b"x-txc-apikey", self._public_key.encode("ascii")),
            (b"x-txc-payload", payload),
            (b"x-txc-signature", signature.encode("ascii")),
        )
        # As a stream: httpx then uses the headers unchanged and does not process them three times.
        signed = httpx.Request(
            "POST",
            request.url,
            headers=headers,
            stream=httpx.ByteStream(body),
            extensions=request.extensions,
        )
        signed.read()
        return signed

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign and send; with growing nonces, one request at a time."""
        request.read()
        if self._mode is NonceMode.WINDOW:
            if self._guard is not None:
                self._guard.check()
            yield self.sign(request)
            return
        with _nonces.growing(self._name).threads:
            if self._guard is not None:
                self._guard.check()
            yield self.sign(request)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign and send; with growing nonces, one request at a time."""
        await request.aread()
        if self._mode is NonceMode.WINDOW:
            if self._guard is not None:
                await self._guard.acheck()
            yield self.sign(request)
            return
        async with _nonces.growing(self._name).tasks():
            if self._guard is not None:
                await self._guard.acheck()
            yield self.sign(request)


def _fields(content: bytes) -> dict[str, Any]:
    try:
        fields = _decoder.decode(content.decode()) if content else {}
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise InvalidArgument("content", "the body of a signed V4 request must be a JSON object")
    return fields


class _Number(str):
    """A fraction with its original digits: a float would change an amount."""

    __slots__ = ()


_decoder = json.JSONDecoder(parse_float=_Number, parse_constant=_Number)
_encoder = json.JSONEncoder(separators=(",", ":"))
_SIMPLE = frozenset((str, int, bool, type(None)))


def _compact(value: Any) -> str:
    """Encode as JSON without spaces, in ASCII, with the original digits of every fraction."""
    if isinstance(value, dict) and _SIMPLE.issuperset(map(type, value.values())):
        return _encoder.encode(value)  # in C
    if isinstance(value, _Number):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{_compact(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return json.dumps(value)


@attrs.frozen
class ApiKey:
    """An OAuth-issued API key, with its secret.

    Attributes:
        user_id: The partner's id of the user.
        public_key: The value of ``X-TXC-APIKEY``.
        external_id: WhiteBIT's id of the key (UUID), used to delete it; equal to ``public_key``
            unless the key was adopted with another (contract, section 4, step 8).
        secret: The signing secret; it does not print.
        origin: The only server that it signs for, as ``scheme://host:port``.
        guard: The check of ``auth()`` before each signature.
    """

    user_id: str
    public_key: str
    external_id: str
    secret: Secret = attrs.field(hash=False)
    origin: str
    guard: Guard | None = attrs.field(default=None, repr=False, eq=False)

    def auth(
        self, *, nonce: NonceMode = NonceMode.WINDOW, clock: Clock | None = None
    ) -> SignedAuth:
        """Return an ``httpx.Auth`` that signs requests to the key's server with it.

        The user's row is read before each signature: after the user has connected again it
        raises ``ConnectionChanged``, and after the connection was ended ``NotConnected``. With
        ``cache_for``, a row that was read before may be used.
        """
        return SignedAuth(
            self.public_key,
            self.secret,
            origin=self.origin,
            nonce=nonce,
            clock=clock,
            guard=self.guard,
        )

    def unchecked_auth(
        self, *, nonce: NonceMode = NonceMode.WINDOW, clock: Clock | None = None
    ) -> SignedAuth:
        """Return the same without reading the store.

        It continues to sign for the account that the key belongs to, even if the user has connected
        another account since.
        """
        return SignedAuth(
            self.public_key, self.secret, origin=self.origin, nonce=nonce, clock=clock
        )
