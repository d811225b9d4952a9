"""The announced removal of account reads with an access token (contract, section 5)."""

from __future__ import annotations

import sys
import warnings

from ..errors import BearerReadsRemoved, Forbidden, WhiteBITError
from ..regions import operation

_PACKAGE = f"{__name__.partition('.')[0]}."
_warned = False


def name_the_removal(error: WhiteBITError, name: str) -> WhiteBITError:
    """Return an error that names the announced removal, if that may be the cause."""
    sunset = operation(name).sunset
    if error.operation != name:  # the error of the token refresh
        return error
    if error.status_code in (404, 410):
        return BearerReadsRemoved.of(
            error,
            error.message,
            hint=("" if error.from_api else "The answer came from the CDN or a proxy. ")
            + "WhiteBIT announced the removal of account reads with an access token for "
            f"{sunset}: issue the user's API key with api_key.issue(), and read the same through "
            "user.signed.account.",
        )
    if error.status_code == 403:
        return Forbidden.of(
            error,
            error.message,
            hint="The token lacks the scope of this read, or WhiteBIT has ended reads with an "
            f"access token, announced for {sunset}: user.signed.account reads the same with the "
            "issued API key.",
        )
    return error


def warn_of_the_removal(name: str) -> None:
    """Warn once per process that WhiteBIT announced the removal of the Bearer reads."""
    global _warned  # once per process
    if _warned or not operation(name).deprecated:
        return
    _warned = True
    warnings.warn(
        f"WhiteBIT announced the removal of account reads with an access token on "
        f"{operation(name).sunset}; use user.signed.account, which reads the same with the "
        "issued key",
        DeprecationWarning,
        stacklevel=_outside(),
    )


def _outside() -> int:
    """Return the stack level of the first caller outside this package."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    return level
