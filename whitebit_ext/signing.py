"""Signed V4 requests: the issued key pair, and HMAC as an ``httpx.Auth`` (contract, section 6)."""

from __future__ import annotations

import base64
import enum
import hmac
import json
import threading
import weakref
from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any

import attrs
import httpx

from .errors import InvalidArgument, WrongServer
from .regions import origin_asked
from .runtime.clock import Clock, SystemClock
from .runtime.forks import watch_forks
from .secret import Secret

if TYPE_CHECKING:
    import asyncio


class NonceMode(enum.Enum):
    """Choose what the server checks of a nonce.

    ``WINDOW`` sends ``nonceWindow: true``: a nonce must be unix milliseconds within 5 s of the
    server's clock and unique, in any order; right for many callers of one key. ``GROWING`` sends
    ever-growing nonces and one request at a time per key in this process; right only when a
    single process uses the key.
    """

    WINDOW = "window"
    GROWING = "growing"


_WINDOW_MS = 5000
"""What the server allows a nonce to differ from its clock, in ``NonceMode.WINDOW``."""


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
"""Headers of a request that its signed copy has anew, in lower case."""


class _Nonces:
    """Make nonces for one public key in this process: unix milliseconds, never twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self.one_at_a_time = threading.Lock()
        self._loop_locks: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = (
            weakref.WeakKeyDictionary()
        )

    def next(self, clock: Clock, mode: NonceMode) -> int:
        now = int(clock.time() * 1000)
        with self._lock:
            ahead = self._last - now
            if mode is NonceMode.WINDOW and ahead > _WINDOW_MS:
                self._last = now  # this clock was set back: what it says now is what counts
            else:
                self._last = max(now, self._last + 1)
            return self._last

    def loop_lock(self) -> asyncio.Lock:
        import asyncio

        with self._lock:
            return self._loop_locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())


class _NoncesByKey:
    """The nonces of every key that this process signs with."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str], _Nonces] = {}

    def after_fork(self) -> None:
        """Forget locks that another thread of the parent may have held."""
        self._by_key = {}

    def of(self, origin: str, public_key: str) -> _Nonces:
        return self._by_key.setdefault((origin, public_key), _Nonces())


_nonces = _NoncesByKey()
watch_forks(_nonces)


class SignedAuth(httpx.Auth):
    """Sign each request anew: its body gets ``request`` and ``nonce``, its headers the HMAC.

    A request must be a ``POST`` whose body is a JSON object or empty, to the server that the key
    was issued by; a request to another server is not signed. Every yield signs anew, so a retry is
    a new request with a new nonce.

    Leave ``follow_redirects`` off, as httpx does by itself: httpx follows redirects below the auth
    flow, and would hand a signed request's headers on to wherever the answer points.

    Attributes:
        secrets: What must not be repeated from a response.
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
    ) -> None:
        if not isinstance(nonce, NonceMode):
            raise InvalidArgument("nonce", "expected a NonceMode")
        self._public_key = public_key
        self._secret = secret
        self.secrets = (secret,)
        self._origin = origin
        self._mode = nonce
        self._clock = clock or SystemClock()

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
        fields["nonce"] = _nonces.of(self._origin, self._public_key).next(self._clock, self._mode)
        if self._mode is NonceMode.WINDOW:
            fields["nonceWindow"] = True
        else:
            fields.pop("nonceWindow", None)
        # Compact and ASCII: spaced JSON is answered 400 code 9 (contract, section 6).
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
        # As a stream: httpx then takes the headers as they are, and does not go over them thrice.
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
        """Sign and send, holding the key's turn where nonces must grow."""
        request.read()
        if self._mode is NonceMode.WINDOW:
            yield self.sign(request)
            return
        with _nonces.of(self._origin, self._public_key).one_at_a_time:
            yield self.sign(request)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign and send, holding the key's turn where nonces must grow."""
        await request.aread()
        if self._mode is NonceMode.WINDOW:
            yield self.sign(request)
            return
        async with _nonces.of(self._origin, self._public_key).loop_lock():
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
    """A fraction as it was written: a float would change the digits of an amount."""

    __slots__ = ()


_decoder = json.JSONDecoder(parse_float=_Number, parse_constant=_Number)
_encoder = json.JSONEncoder(separators=(",", ":"))
_SIMPLE = frozenset((str, int, bool, type(None)))


def _compact(value: Any) -> str:
    """Write JSON without a space, in ASCII, with the digits of every fraction as they came."""
    if isinstance(value, dict) and _SIMPLE.issuperset(map(type, value.values())):
        return _encoder.encode(value)  # all at once, in C
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
        user_id: The partner's own id of the user.
        public_key: The value of ``X-TXC-APIKEY``.
        external_id: WhiteBIT's id of the key (UUID), to delete it by; the same as ``public_key``
            unless the key was adopted with another (contract, section 4, step 8).
        secret: The signing secret; it does not print.
        origin: The one server that may hear it, as ``scheme://host:port``.
    """

    user_id: str
    public_key: str
    external_id: str
    secret: Secret = attrs.field(hash=False)
    origin: str

    def auth(
        self, *, nonce: NonceMode = NonceMode.WINDOW, clock: Clock | None = None
    ) -> SignedAuth:
        """Return an ``httpx.Auth`` that signs requests to the key's server with it."""
        return SignedAuth(
            self.public_key, self.secret, origin=self.origin, nonce=nonce, clock=clock
        )
