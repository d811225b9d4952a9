"""Playing scenes from their cassettes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from anyio.from_thread import BlockingPortal

from whitebit_ext import (
    AsyncWhiteBIT,
    MemoryStore,
    Region,
    User,
    WhiteBIT,
    generate_encryption_key,
)
from whitebit_ext.sandbox import Clock

from ..client.faces import blocking
from ..looking import state_of
from .record import REDIRECT_URI
from .redaction import Redaction, cassette
from .scenes import ReadName
from .stepping import SteppingClock


class ReplayStage:
    """A scene from a cassette: the client holds placeholders, and nothing leaves the process."""

    def __init__(
        self, portal: BlockingPortal | None, *, ages: bool = True, secret: str = "CLIENT-SECRET-1"
    ) -> None:
        self._clock = SteppingClock(Clock(start=1_790_000_000.0, frozen=True))
        self._ages = ages
        arguments: dict[str, Any] = {
            "client_id": "CLIENT-ID-1",
            "client_secret": secret,
            "redirect_uri": REDIRECT_URI,
            "region": Region.GLOBAL,
            "store": MemoryStore(volatile=True),
            "encryption_keys": [generate_encryption_key()],
            "clock": self._clock,
        }
        self.partner = (
            WhiteBIT(**arguments)
            if portal is None
            else blocking(AsyncWhiteBIT(**arguments), portal)
        )

    def connect(self) -> User:
        """Come back with the code that the cassette's server takes."""
        login = self.partner.authorize("alice")
        return self.partner.connect(
            {"code": "CODE-1", "state": state_of(login)}, binding=login.binding, user_id="alice"
        )

    def age_token(self) -> bool:
        """Move the clock past the end of the token, if the recording did."""
        if self._ages:
            self._clock.sleep(300)
        return self._ages

    def arrange(self, operation: str, status: int) -> None:
        """Leave it to the cassette, which has the answer."""

    def own(self, read: ReadName, owned: Any) -> None:
        """Leave it to the cassette likewise."""


def replay(path: Path, stage: ReplayStage, scene: Callable[[Any], Any]) -> Any:
    """Play a scene from its cassette, to the last answer of it."""
    with cassette(path, Redaction(), "none") as tape:
        try:
            outcome = scene(stage)
        finally:
            stage.partner.close()
        assert tape.all_played
    return outcome
