"""Claims: what custody knows of the asking for a secret that can be read once."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable

from ..custody.rows import Custody, Value
from ..errors import CustodyError, StoreUnavailable

log = logging.getLogger("whitebit_ext")


class Claim:
    """What custody knows of the asking for one secret.

    ``unanswered`` is set before each request and cleared by an answer that did not consume the
    secret; ``raw`` are the sealed bodies of successes; ``state`` is how it ended.
    """

    def __init__(self, custody: Custody, user_id: str, external_id: str) -> None:
        self._custody = custody
        self.user_id = user_id
        self.external_id = external_id
        self._subject = (user_id, external_id)

    def read(self) -> Value:
        """Return the claim as it is; of a secret never asked for, an empty one."""
        held = self._custody.read("claim", *self._subject)
        return held.value if held else _fresh()

    def ask(self) -> int:
        """Make durable that the secret is about to be asked for, and prove that it is readable.

        Returns:
            Which asking this is, for ``restore``.

        Raises:
            StoreUnavailable: it is not; nothing was sent.
        """
        wrote = self._change(
            lambda value: {**value, "unanswered": True, "asked": value["asked"] + 1}
        )
        if self.read() != wrote:
            raise StoreUnavailable(
                "the store did not return what was written to it; the secret was not requested"
            )
        return int(wrote["asked"])

    def restore(self, before: Value, asking: int) -> None:
        """Take an asking back: its answer says that the secret is untouched.

        Another caller's asking, who took the lease over in the meantime, is left as it is.
        """
        self._change(
            lambda value: (
                {**value, "unanswered": before["unanswered"]} if value["asked"] == asking else value
            )
        )

    def keep(self, body: bytes) -> None:
        """Seal and store the body of a success before it is parsed.

        A store that fails here loses nothing: the secret itself is stored next, with patience,
        and handed to the caller if all fails.
        """
        raw = base64.b64encode(body).decode("ascii")
        try:
            self._change(lambda value: {**value, "raw": [*value["raw"], raw]})
        except CustodyError as error:
            log.warning("the sealed answer was not stored: %s", error.message)

    def close(self, state: str) -> None:
        """Note how it ended; the raw answer is dropped once the secret itself is stored."""
        now = self._custody.now()
        self._change(
            lambda value: {
                **value,
                "state": state,
                "at": now,
                "unanswered": False,
                "raw": [] if state in ("stored", "forgotten") else value["raw"],
            }
        )

    def _change(self, change: Callable[[Value], Value]) -> Value:
        wrote = self._custody.update(
            "claim", self._subject, lambda value: change(value or _fresh())
        )
        return wrote or _fresh()


def _fresh() -> Value:
    return {"asked": 0, "unanswered": False, "raw": [], "state": "open", "at": 0.0}
