"""What a check finds, and the run of the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import attrs

from ... import WhiteBITError
from ..exits import UsageError, sentence

UNCHECKED = (
    "Whether WhiteBIT has registered this client id, secret, redirect URI and region, and this "
    "machine's address: nothing that is confidential is sent.",
    "Other machines and processes: their settings, clocks, spill directories, and whether all of "
    "them use the same refresh_interval for an egress label.",
    "Whether backups of store and encryption keys can be restored.",
)
"""What no check can find out."""
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


def failed(id: str, error: UsageError | WhiteBITError) -> Finding:
    """Return the finding of a check that an error ended."""
    if isinstance(error, UsageError):
        return Finding(id, sentence(error), "Correct it, and run this command again.")
    return Finding(id, error.message, error.hint)


Check = Callable[[], Iterable[Finding]]


def run(id: str, check: Check) -> Iterator[Finding]:
    """Run a check; an error of the library is a finding under the check's id."""
    try:
        yield from check()
        return
    except (UsageError, WhiteBITError) as error:
        found = failed(id, error)
    except ModuleNotFoundError as error:  # a driver; the message says what to install
        found = Finding(id, str(error), "Install it, and run this command again.")
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        problem = f"{name}{error.strerror or type(error).__name__}"
        found = Finding(id, problem, "Correct it, and run this command again.")
    yield found
