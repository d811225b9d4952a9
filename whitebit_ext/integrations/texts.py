"""What a user reads, in one table by code."""

from __future__ import annotations

import enum
import re

import attrs

from ..errors import WhiteBITError


class Next(enum.StrEnum):
    """What the user can do about a problem; the pages offer it, programs read it as ``action``."""

    START_AGAIN = "start_again"
    TRY_AGAIN = "try_again"
    WAIT = "wait"
    SIGN_IN = "sign_in"
    DISCONNECT = "disconnect"
    DASHBOARD = "dashboard"
    SUPPORT = "support"


@attrs.frozen
class Problem:
    """A problem as the user sees it; nothing of the request or of an error's message is in it.

    Attributes:
        code: Stable, for programs: the snake-case name of the library's error, or one of ours.
        status: The HTTP status.
        title: A heading.
        text: One or two sentences.
        action: What the user can do.
    """

    code: str
    status: int
    title: str
    text: str
    action: Next


_AGAIN, _RETRY, _SUPPORT = Next.START_AGAIN, Next.TRY_AGAIN, Next.SUPPORT
_NOTHING = "Nothing was connected."
_ROWS: tuple[tuple[str, int, str, str, Next], ...] = (
    # Of the request
    ("sign_in", 401, "Sign in first", "Sign in to your account here, then try again.",
     Next.SIGN_IN),
    ("forged", 403, "This request was refused",
     "It did not come from a page of this site. Open the page again and use its button.", _AGAIN),
    ("not_allowed", 403, "You cannot do this now",
     "Your current sign-in does not allow it. Sign in again, or ask our support.", Next.SIGN_IN),
    ("wrong_method", 405, "This address cannot be used like this", "Start again.", _AGAIN),
    ("prefetch", 503, "Open this page yourself", "It cannot be loaded in advance.", _RETRY),
    ("not_a_page", 400, "This address works only as a page", _NOTHING, _AGAIN),
    ("malformed", 400, "This request cannot be read", _NOTHING, _AGAIN),
    ("too_large", 413, "This request is too large", _NOTHING, _AGAIN),
    ("not_json", 415, "This address takes JSON", "Send application/json.", _SUPPORT),
    ("already_connected", 409, "Your account is already connected",
     "Your WhiteBIT account is connected and its API key works. There is nothing to do.",
     Next.DISCONNECT),
    # Of the login
    ("login_error", 400, "This login cannot be finished", f"{_NOTHING} Start again.", _AGAIN),
    ("binding_missing", 400, "Start again",
     "This browser does not know the login: it was started in another browser or long ago, or "
     f"cookies are blocked. {_NOTHING}", _AGAIN),
    ("binding_mismatch", 400, "Start again",
     f"This login was started in another browser. {_NOTHING}", _AGAIN),
    ("state_reused", 400, "This login is over", "It was finished before. See what is connected.",
     _AGAIN),
    ("login_expired", 410, "This took too long",
     f"The login has expired. {_NOTHING} Start again.", _AGAIN),
    ("login_user_mismatch", 403, "You are signed in as somebody else",
     "The login was started from another account here. Sign in to that account, then start "
     f"again. {_NOTHING}", _AGAIN),
    ("authorization_denied", 400, "You did not allow access",
     "Access was refused on WhiteBIT's page. Nothing was connected.", _AGAIN),
    ("code_rejected", 400, "WhiteBIT did not accept the login", f"{_NOTHING} Start again.", _AGAIN),
    ("code_unanswered", 502, "WhiteBIT did not answer",
     f"The login was sent and no answer came. {_NOTHING} Start again.", _AGAIN),
    ("connection_changed", 409, "You connected again since",
     "A later login has replaced this one. See what is connected.", _RETRY),
    # Of the network, the store and the set-up
    ("connection_failed", 503, "WhiteBIT cannot be reached", "Try again in a moment.", _RETRY),
    ("rate_limited", 503, "Too many requests", "Try again in a few seconds.", _RETRY),
    ("token_unavailable", 503, "Too many requests", "Try again in a few seconds.", _RETRY),
    ("server_error", 503, "WhiteBIT has a problem", "Try again in a moment.", _RETRY),
    ("custody_error", 503, "This does not work at the moment", "Try again in a moment.", _RETRY),
    ("white_bit_error", 500, "This does not work", "Our side has to be repaired first.", _SUPPORT),
    # Of the key
    ("token_error", 409, "The connection has ended",
     "WhiteBIT no longer accepts it. Connect again.", _AGAIN),
    ("key_pending", 503, "Not ready yet", "WhiteBIT has not made the key yet.", Next.WAIT),
    ("key_disabled", 409, "The API key is disabled",
     "WhiteBIT disables a key that is not used. Delete it in WhiteBIT's dashboard, then connect "
     "again.", Next.DASHBOARD),
    ("api_key_error", 409, "The API key cannot be used", "Disconnect, then connect again.",
     Next.DISCONNECT),
    ("permissions_missing", 409, "The permissions do not fit",
     "Disconnect, then connect again and choose the permissions that are named here.",
     Next.DISCONNECT),
    ("secret_locked", 503, "Almost there", "The key is being fetched.", Next.WAIT),
    ("secret_unanswered", 503, "Almost there", "The key is being fetched.", Next.WAIT),
    ("secret_not_stored", 503, "This does not work at the moment",
     "We have to repair something first; our support knows.", _SUPPORT),
    ("secret_taken_elsewhere", 409, "Something is wrong with this key",
     "Disconnect to delete the key. Our support has been informed.", Next.DISCONNECT),
)  # fmt: skip
PROBLEMS = {row[0]: Problem(*row) for row in _ROWS}
"""The problems by code."""

STATES = {
    "none": ("Not connected", "No WhiteBIT account is connected."),
    "login": ("Waiting for WhiteBIT", "A login is open. Finish it on WhiteBIT's page, or start "
              "again here."),
    "choosing": ("Waiting for your key", "WhiteBIT has not made the API key yet. If you are still "
                 "choosing permissions there, finish it; this can take a moment. You may leave "
                 "this page."),
    "connected": ("Connected", "Your WhiteBIT account is connected."),
    "insufficient": ("The permissions do not fit", "Your WhiteBIT account is connected, but the "
                     "permissions are not the ones that we need. Disconnect, then connect again."),
    "leftover_key": ("A key is left", "A key of an earlier connection still exists at WhiteBIT, "
                     "and only you can delete it."),
    "failed": ("Not connected", "The connection failed."),
}  # fmt: skip
"""Heading and text of each state of ``UserStatus``."""

PERMISSIONS = {
    "convert": "Convert",
    "main_account": "Main account",
    "trading": "Trading",
    "withdrawal": "Withdrawal",
}
"""Names of permission groups for users; others are shown as they are."""

DASHBOARD = (
    "Sign in at WhiteBIT.",
    "Open the account settings, then API keys.",
    "Delete the key that names this site.",
    "Come back here to connect again.",
)
"""How a user deletes a key that we cannot delete."""


def problem_of(error: WhiteBITError | type[WhiteBITError]) -> Problem:
    """Return the problem of an error: of its class, or of the nearest base class in the table."""
    kind = error if isinstance(error, type) else type(error)
    for base in kind.__mro__:
        problem = PROBLEMS.get(code_of(base.__name__))
        if problem is not None:
            return problem
    return PROBLEMS["white_bit_error"]


def code_of(name: str) -> str:
    """Return the code of an error's class name, e.g. ``login_expired``."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.replace("WhiteBIT", "WhiteBit"))
    return spaced.lower()
