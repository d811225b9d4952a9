"""A callback that waits for the user's session, sealed in a cookie.

With ``SameSite=Strict`` the session cookie does not come with the redirect from WhiteBIT. The
callback's query then goes to ``finish`` in a sealed cookie: the browser has it anyway, and other
code of the application, or an error reporter that collects cookies, cannot read it.
"""

from __future__ import annotations

import base64
import binascii
import json

from ..custody.rows import Custody
from ..errors import CustodyError
from ..runtime.clock import Clock

_PLACE = "finish"
_LONGEST = 2_500  # a cookie holds 4,096 bytes, base64 and seal included


class Held:
    """Seals and opens the query of a callback.

    Args:
        custody: Seals rows; a cookie is bound to the same server and client.
        clock: The time that a seal expires by.
    """

    seconds = 60.0
    """How long a callback may wait."""

    def __init__(self, custody: Custody, clock: Clock) -> None:
        self._custody = custody
        self._clock = clock

    def seal(self, query: str) -> str | None:
        """Return the value of a cookie; ``None`` for a query that is too long for one."""
        if len(query) > _LONGEST:
            return None
        value = {"query": query, "until": self._clock.time() + self.seconds}
        sealed = self._custody.sealer.seal(json.dumps(value).encode(), self._place)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, cookie: str) -> str | None:
        """Return the query; ``None`` where it is forged, of another client, or too old."""
        try:
            sealed = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
            value = json.loads(self._custody.sealer.open(sealed, self._place))
        except (binascii.Error, ValueError, CustodyError):
            return None
        return str(value["query"]) if self._clock.time() < value["until"] else None

    @property
    def _place(self) -> tuple[str, ...]:
        return self._custody.place(_PLACE, ())
