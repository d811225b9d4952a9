"""The secret that can be read once: claim, ask, seal, commit.

Asking is the only oracle: 200 means that the secret was not consumed until now, 423 that another
retrieval runs, 409 that it is consumed. So "asked" is made durable before each request, and the
body of a success is sealed and stored before anything reads it. One attempt is one synchronous
text, run by a thread of the library's own; waiting between attempts is the caller's.
"""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING, Any

import attrs

from ..backoff import FIRST_WAIT, LONGEST_WAIT
from ..custody.leases import Lease, Leases, patiently
from ..custody.rows import Custody, StoredKey, Value
from ..custody.spill import Spill
from ..errors import (
    Conflict,
    ConnectionFailed,
    Locked,
    MalformedResponse,
    NotSent,
    RateLimited,
    SecretError,
    SecretLocked,
    SecretLost,
    SecretMalformed,
    SecretNotStored,
    SecretTakenElsewhere,
    SecretUnanswered,
    ServerError,
    StoreUnavailable,
    UnexpectedStatus,
    WhiteBITError,
    stripped,
)
from ..http.answers import load_json
from ..http.requests import Send
from ..runtime.clock import Clock
from ..secret import Secret
from ..steps import run
from ..tokens import Tokens
from ..transport import Transport
from .claims import Claim
from .signing import ApiKey

if TYPE_CHECKING:
    from whitebit_api.models.api_key_secret_response import ApiKeySecretResponse

log = logging.getLogger("whitebit_ext")

_OPERATION = "get_api_key_secret"
_LONGEST_SECRET = 1024
_SPILLED = (
    "It lies sealed in the spill directory of this machine: mend the store, and call issue() here. "
    "Until then error.secret.reveal() is the other copy."
)


@attrs.frozen
class Again:
    """An attempt that did not decide anything: wait, then make another.

    Attributes:
        after: Seconds to wait at first; they double from one such outcome to the next.
        at_most: What the doubling ends at.
        attempts: How many such outcomes in a row are borne.
        error: What is raised when there is no time or patience left.
        in_all: Seconds of waiting for such outcomes in a row.
    """

    after: float
    at_most: float
    attempts: int
    error: WhiteBITError
    in_all: float = 300.0


class Retrieval:
    """Take each secret once, over all callers that share a store."""

    def __init__(
        self,
        *,
        custody: Custody,
        transport: Transport,
        tokens: Tokens,
        leases: Leases,
        clock: Clock,
        spill: Spill | None,
    ) -> None:
        self._custody = custody
        self._transport = transport
        self._tokens = tokens
        self._leases = leases
        self._clock = clock
        self._spill = spill

    def take_in(self, user_id: str) -> None:
        """Store what an earlier attempt had to leave in the spill directory.

        A key that has come into custody since then stays: the spilled one is its predecessor.
        """
        spilled = self._spill.get(user_id) if self._spill else None
        if spilled is None or self._spill is None:
            return
        if self._spill.hand_over(spilled):
            Claim(self._custody, user_id, spilled.key.external_id).close("stored")
        else:
            log.warning("a spilled key was dropped: custody holds a later one of its user")
        self._spill.remove(user_id)

    def attempt(self, user_id: str, external_id: str, login: str) -> ApiKey | Again:
        """Return the key with its secret, or say how to go on.

        Args:
            user_id: The partner's own id of the user.
            external_id: The active key's UUID.
            login: Marks the login that the user's token stems from.

        Raises:
            SecretLost, SecretTakenElsewhere, SecretMalformed, SecretNotStored: it is decided.
            StoreUnavailable: custody cannot keep it; the secret was not put at risk.
            ResponseError, TokenError: the server refused; the secret is untouched.
        """
        kept = self._kept(user_id, external_id, login)
        if kept is not None:
            return kept
        lease = self._leases.acquire("secret", user_id, external_id)
        if lease is None:
            busy = SecretLocked("another caller on this store is retrieving the secret")
            return Again(0.25, 0.25, 10_000, busy)
        try:
            return self._holding(user_id, external_id, login, lease)
        finally:
            self._leases.release(lease)

    def _kept(self, user_id: str, external_id: str, login: str) -> ApiKey | None:
        """Return the key if custody holds its secret already."""
        stored = self._custody.key(user_id)
        if stored is None or stored.key.external_id != external_id:
            return None
        if stored.login != login or stored.gone:
            self._custody.put_key(attrs.evolve(stored, login=login, gone=False))
        return stored.key

    def _holding(self, user_id: str, external_id: str, login: str, lease: Lease) -> ApiKey | Again:
        kept = self._kept(user_id, external_id, login)
        if kept is not None:
            return kept
        claim = Claim(self._custody, user_id, external_id)
        before = claim.read()
        for raw in before["raw"]:
            found = _parse_raw(raw)
            if found is not None:
                return self._store(claim, found, login)
        # A renewal of the token may take long: it comes before the asking.
        run(self._tokens.pair(user_id), self._transport, self._clock)
        if self._spill is not None:
            self._spill.check()
        asking = claim.ask()
        failure: WhiteBITError
        try:
            secret = self._get(claim, lease)
        except MalformedResponse as error:
            failure = SecretMalformed.of(error, f"no secret came: {error.message}")
            self._note(claim, "malformed")
            if not before["raw"]:
                return Again(1.0, 1.0, 1, stripped(failure))
        except Conflict as error:
            judged = self._judge_conflict(claim, before, login, stripped(error))
            if isinstance(judged, ApiKey):
                return judged
            failure = judged
        except Locked as error:
            claim.restore(before, asking)
            return Again(5.0, 60.0, 7, stripped(SecretLocked.of(error, error.message)))
        except (NotSent, RateLimited) as error:
            claim.restore(before, asking)
            first = max(FIRST_WAIT, error.retry_after or 0.0)
            return Again(first, max(first, LONGEST_WAIT), 3, stripped(error))
        except (ConnectionFailed, ServerError, UnexpectedStatus) as error:
            self._note(claim, "no answer")
            unanswered = SecretUnanswered.of(error, f"asked, and no answer came: {error.message}")
            return Again(1.0, 4.0, 2, stripped(unanswered))
        except WhiteBITError as error:  # refused, or no token: the secret is untouched
            claim.restore(before, asking)
            failure = error
        else:
            return self._store(claim, secret, login)
        raise stripped(failure)

    def _get(self, claim: Claim, lease: Lease) -> Secret:
        from whitebit_api.api.api_keys import get_api_key_secret as endpoint

        def make(auth: Any) -> Send[Secret]:
            if not self._leases.renew(lease):
                raise NotSent("the lease was taken over; the secret was not asked for again")
            return Send(
                _OPERATION,
                endpoint,
                convert=_secret_of,
                arguments=lambda: {"external_id": claim.external_id},
                auth=auth,
                keep=claim.keep,
                alone=True,
            )

        steps = self._tokens.authorized(claim.user_id, make)
        return run(steps, self._transport, self._clock)

    def _judge_conflict(
        self, claim: Claim, before: Value, login: str, error: WhiteBITError
    ) -> ApiKey | SecretError:
        """Say what a 409 means: ours, lost on the way to us, or somebody else's."""
        kept = self._kept(claim.user_id, claim.external_id, login)
        if kept is not None:
            claim.close("stored")
            return kept
        if before["raw"]:
            claim.close("malformed")
            self._note(claim, "malformed, then consumed")
            return SecretMalformed.of(
                error, "an answer without a secret came, and the server counts it as read"
            )
        if before["state"] in ("stored", "forgotten"):
            return SecretLost.of(error, "custody held the secret and was told to forget it")
        if before["unanswered"] or before["state"] == "lost":
            claim.close("lost")
            self._note(claim, "lost")
            log.error("the secret of key %s is lost: no answer came", claim.external_id)
            return SecretLost.of(error, "the server sent the secret, and it never arrived")
        claim.close("taken")
        self._note(claim, "taken elsewhere")
        log.error("the secret of key %s was taken elsewhere", claim.external_id)
        return SecretTakenElsewhere.of(error, "the secret was read, and nobody here asked for it")

    def _store(self, claim: Claim, secret: Secret, login: str) -> ApiKey:
        """Commit the secret, trying a failing store again; hand it over if that is in vain."""
        key = ApiKey(
            user_id=claim.user_id,
            public_key=claim.external_id,
            external_id=claim.external_id,
            secret=secret,
            origin=self._custody.server.origin,
        )

        def commit() -> bool:
            self._custody.put_key(StoredKey(key, login))
            claim.close("stored")
            return True

        if not patiently(commit, self._clock):
            hint = _SPILLED if self._spill_over(StoredKey(key, login)) else None
            raise SecretNotStored(
                "the secret came and the store did not take it",
                secret=secret,
                operation=_OPERATION,
                hint=hint,
            )
        self._note(claim, "stored")
        return key

    def _spill_over(self, stored: StoredKey) -> bool:
        """Leave the key in the spill directory; the caller is handed the secret in any case."""
        if self._spill is None:
            return False
        try:
            self._spill.put(stored)
        except StoreUnavailable as error:
            log.error("the secret was not spilled either: %s", error.message)
            return False
        log.error("the secret of key %s lies in the spill directory", stored.key.external_id)
        return True

    def _note(self, claim: Claim, outcome: str) -> None:
        self._custody.note("secret", claim.user_id, external_id=claim.external_id, outcome=outcome)


def _secret_of(parsed: ApiKeySecretResponse) -> Secret:
    value: Any = parsed.data.api_secret
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_SECRET:
        raise MalformedResponse("apiSecret is not a secret", operation=_OPERATION)
    return Secret(value)


def _parse_raw(raw: str) -> Secret | None:
    """Parse a stored answer, or return ``None`` where it holds no secret."""
    from whitebit_api.models.api_key_secret_response import ApiKeySecretResponse

    try:
        parsed = load_json(base64.b64decode(raw), _OPERATION)
        return _secret_of(ApiKeySecretResponse.from_dict(parsed))
    except (MalformedResponse, KeyError, TypeError, ValueError, AttributeError):
        return None
