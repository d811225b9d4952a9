"""What a check finds, and the run of the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import attrs

from ... import WhiteBITError
from ..exits import UsageError

UNCHECKED = (
    "Whether WhiteBIT has registered this client id, secret, redirect URI and region, and this "
    "machine's address: nothing that is confidential is sent.",
    "Other machines and processes: their settings, clocks and spill directories.",
    "Whether backups of store and encryption keys can be restored.",
)
"""What no check can find out."""
_REMEDY = (
    "Check its address, that it runs, and that this user may read and write it; of a SQLite file "
    "also the directory. `whitebit-oauth custody init` creates the tables."
)
"""Of a store that cannot be opened; nothing else ends in errors that are not the library's."""
UNCHECKED_OFFLINE = "The network and this machine's clock: add --online."


@attrs.frozen
class Finding:
    """Something that is wrong.

    Attributes:
        id: The stable id of the kind of finding.
        finding: What is wrong; it contains no secret.
        remedy: What to do.
    """

    id: str
    finding: str
    remedy: str


def failed(id: str, error: Exception) -> Finding:
    """Return the finding of a check that an error ended."""
    match error:
        case WhiteBITError():
            return Finding(id, error.message, error.hint or "")
        case ModuleNotFoundError():  # a driver; the message says what to install
            return Finding(id, str(error), "Install it, and run this command again.")
        case OSError():
            name = f"{error.filename}: " if error.filename else ""
            return Finding(id, f"{name}{error.strerror or type(error).__name__}", _REMEDY)
    return Finding(id, str(error), _REMEDY)


Check = Callable[[], Iterable[Finding]]


def run(id: str, check: Check) -> Iterator[Finding]:
    """Run a check; an error of the library is a finding under the check's id."""
    try:
        yield from check()
        return
    except (UsageError, WhiteBITError, ModuleNotFoundError, OSError) as error:
        found = failed(id, error)
    yield found
