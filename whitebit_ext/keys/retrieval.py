"""The secret that can be read once: claim, ask, seal, commit.

Asking is the only oracle: 200 means that the secret was not consumed until now, 423 that another
retrieval runs, 409 that it is consumed. So "asked" is made durable before each request, and the
body of a success is sealed and stored before anything reads it. One attempt is one synchronous
text, run by a thread of the library's own; waiting between attempts is the caller's.
"""

from __future__ import annotations

import base64
import logging
from typing import Any

import attrs

from ..custody.leases import Lease, Leases, patiently
from ..custody.rows import Custody, Value
from ..custody.spill import Spill
from ..custody.values import StoredKey
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
)
from ..http.backoff import FIRST_WAIT, LONGEST_WAIT, jittered
from ..http.requests import Authorizer, Send, read_model
from ..runtime.clock import Clock
from ..secret import Secret
from ..signing import ApiKey
from .claims import Claim

log = logging.getLogger("whitebit_ext")

_OPERATION = "get_api_key_secret"
_LONGEST_SECRET = 1024
_SPILLED = (
    "The secret is saved, sealed, in the spill directory of this machine. Repair the store, then "
    "call issue() on this machine. Until then, error.secret.reveal() is the only other copy."
)


@attrs.frozen
class Again:
    """An attempt that did not decide anything: wait, then make another.

    Attributes:
        after: Seconds to wait at first; they double from one such outcome to the next.
        at_most: What the doubling ends at.
        attempts: How many such outcomes in a row are waited for.
        error: What is raised when there is no time or patience left.
        in_all: Seconds of waiting for such outcomes in a row.
    """

    after: float
    at_most: float
    attempts: int
    error: WhiteBITError
    in_all: float = 300.0

    def pause(self, row: int) -> float:
        """Return the seconds to wait after so many such outcomes in a row."""
        return jittered(min(self.after * 2 ** min(row - 1, 16), self.at_most))


class Retrieval:
    """Take each secret once, over all callers that share a store."""

    def __init__(
        self,
        *,
        custody: Custody,
        tokens: Authorizer,
        leases: Leases,
        clock: Clock,
        spill: Spill | None,
    ) -> None:
        self._custody = custody
        self._tokens = tokens
        self._leases = leases
        self._clock = clock
        self._spill = spill

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
            busy = SecretLocked("another caller is retrieving the secret")
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
        self._tokens.pair(user_id)
        if self._spill is not None:
            self._spill.check()
        asking = claim.ask()
        failure: WhiteBITError
        try:
            secret = self._get(claim, lease)
        except MalformedResponse as error:
            failure = SecretMalformed.of(
                error, f"no secret was found in the response: {error.message}"
            )
            self._note(claim, "malformed")
            if not before["raw"]:
                return Again(1.0, 1.0, 1, failure)
        except Conflict as error:
            if not error.from_api:  # the word of a proxy is no verdict
                return self._unanswered(claim, error)
            judged = self._judge_conflict(claim, before, login, error)
            if isinstance(judged, ApiKey):
                return judged
            failure = judged
        except Locked as error:
            claim.restore(before, asking)
            return Again(5.0, 60.0, 7, SecretLocked.of(error, error.message))
        except (NotSent, RateLimited, SecretLocked) as error:
            claim.restore(before, asking)
            first = max(FIRST_WAIT, error.retry_after or 0.0)
            return Again(first, max(first, LONGEST_WAIT), 3, error)
        except (ConnectionFailed, ServerError, UnexpectedStatus) as error:
            return self._unanswered(claim, error)
        except WhiteBITError as error:  # refused, or no token: the secret is untouched
            claim.restore(before, asking)
            failure = error
        else:
            return self._store(claim, secret, login)
        raise failure

    def _unanswered(self, claim: Claim, error: WhiteBITError) -> Again:
        self._note(claim, "no answer")
        unanswered = SecretUnanswered.of(
            error, f"the secret was requested and no response arrived: {error.message}"
        )
        return Again(1.0, 4.0, 2, unanswered)

    def _get(self, claim: Claim, lease: Lease) -> Secret:
        from whitebit_api.api.api_keys import get_api_key_secret as endpoint

        def hold() -> None:
            if not self._leases.renew(lease):
                raise SecretLocked("another process has taken over the retrieval of this secret")

        request = Send(
            _OPERATION,
            endpoint,
            _read_secret,
            arguments=lambda: {"external_id": claim.external_id},
            keep=claim.keep,
            alone=True,
        )
        return self._tokens.authorized(claim.user_id, request, before=hold)

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
                error,
                "no secret was found in the response, and the server says that it was retrieved",
            )
        if before["state"] in ("stored", "forgotten"):
            return SecretLost.of(error, "the secret was stored once and has been erased since")
        if before["unanswered"] or before["state"] == "lost":
            claim.close("lost")
            self._note(claim, "lost")
            log.error("the secret of key %s is lost: no answer came", claim.external_id)
            return SecretLost.of(error, "the server sent the secret, and it did not arrive")
        claim.close("taken")
        self._note(claim, "taken elsewhere")
        log.error("the secret of key %s was taken elsewhere", claim.external_id)
        return SecretTakenElsewhere.of(
            error,
            "the secret was already retrieved, and this store has no record of a request for it",
        )

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
                "the secret arrived and the store could not save it",
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


def _read_secret(body: bytes) -> Secret:
    from whitebit_api.models.api_key_secret_response import ApiKeySecretResponse

    value: Any = read_model(ApiKeySecretResponse, body, _OPERATION).data.api_secret
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_SECRET:
        raise MalformedResponse("apiSecret is not a secret", operation=_OPERATION)
    return Secret(value)


def _parse_raw(raw: str) -> Secret | None:
    """Parse a stored answer, or return ``None`` where it holds no secret."""
    try:
        return _read_secret(base64.b64decode(raw))
    except MalformedResponse:
        return None
