"""What tests of the sandbox judge by: paths, a documented body, and the rules that were broken."""

from __future__ import annotations

from whitebit_ext.sandbox import Sandbox

MAIN = "/api/v4/main-account/balance"
SPOT = "/api/v4/trade-account/balance"
INFO = "/oauth2/api-key/info"


def message(text: str) -> object:
    """Return the documented error body of a text."""
    return {"data": {"message": [text]}}


def rules(sandbox: Sandbox) -> list[str]:
    """Return the rules that were broken, in order."""
    return [breach.rule for breach in sandbox.breaches]
