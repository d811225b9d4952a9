"""Output of the custody commands on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from rich.text import Text

from ... import KeyCondition
from ...maintenance import Finding, Holding, Loss, Rotation
from ..layout import Grid, show, show_words

_AT_MOST: Final = 50
_STYLES: Final = {
    KeyCondition.IN_USE: "green",
    KeyCondition.NEGLECTED: "yellow",
    KeyCondition.EXPIRED: "red",
    KeyCondition.REFUSED: "red",
    KeyCondition.GONE: "dim",
}
_TO_DO: Final = {
    "lost": "treat the key as exposed: call delete(), and let the user connect again",
    "taken": "investigate who has it, rotate the client secret, call delete()",
    "malformed": "call delete(), and let the user connect again; the encrypted response is kept",
    "left": "the user has left: ask the user to delete the key in WhiteBIT's dashboard",
    "unreadable": "run `custody check`",
}


def show_rotation(reached: Rotation, finished: bool) -> None:
    """Show the result of a rotation."""
    show_words(
        f"{reached.rotated} rows encrypted again, {reached.current} already had the first key."
    )
    _show_findings(reached.findings)
    if finished and not reached.findings:
        show_words("Every row is encrypted with the first key.", style="green")


def show_check(rows: int, findings: Sequence[Finding]) -> None:
    """Show the result of a check."""
    _show_findings(findings)
    if not findings:
        show_words(f"All {rows} rows can be decrypted.", style="green")


def _show_findings(findings: Sequence[Finding]) -> None:
    if not findings:
        return
    show_words(f"{len(findings)} rows cannot be decrypted:", style="bold red")
    rows = []
    for finding in findings[:_AT_MOST]:
        place = finding.place
        where = (" ".join(place.subject), place.client_id, place.origin)
        rows.append((place.kind, *where, finding.problem))
    show(Grid(("kind", "subject", "client", "server", "problem"), rows))
    if len(findings) > _AT_MOST:
        show_words(f"… and {len(findings) - _AT_MOST} more; use --json to list all.")
    lacking = sum(finding.lacks_key for finding in findings)
    if lacking:
        show_words(f"{lacking} of them need a key that was not given: add it after the first key.")
    if lacking < len(findings):
        show_words(
            f"{len(findings) - lacking} of them were changed or moved: treat this as tampering."
            " Restore them from a backup, or let their users connect again."
        )


def show_holdings(kinds: Mapping[str, int], sealed: Counter[str], users: Sequence[Holding]) -> None:
    """Show the number of rows of each kind, and the users with their keys."""
    if kinds:
        show(Grid(("kind", "rows"), [tuple(map(str, pair)) for pair in kinds.items()]))
    for key_id, count in sealed.most_common():
        show_words(f"{count} rows are encrypted with key {key_id}.", style="dim")
    if not users:
        return show_words("No users.")
    rows = []
    for user in users:
        held = (user.user_id, user.client_id, user.origin, "yes" if user.has_tokens else "no")
        rows.append((*held, *_of_key(user)))
    show(Grid(("user", "client", "server", "tokens", "key", "condition", "last use"), rows))
    broken = sum(1 for user in users if user.findings)
    if broken:
        show_words(
            f"Rows of {broken} users cannot be decrypted; run `custody check` for details.",
            style="bold red",
        )
    return None


def show_losses(losses: Sequence[Loss]) -> None:
    """Show the secrets that are not in the store."""
    if not losses:
        return show_words("No secret was lost.", style="green")
    rows = []
    for loss in losses:
        user = loss.user_id or "not stored any more"
        whose = (user, loss.external_id, loss.place.client_id, loss.place.origin)
        to_do = f"{_TO_DO[loss.outcome]} {loss.problem}".rstrip()
        rows.append((f"{loss.at:%Y-%m-%d %H:%M}Z", *whose, loss.outcome, to_do))
    show(Grid(("noticed", "user", "key", "client", "server", "outcome", "what to do"), rows))
    return None


def _of_key(user: Holding) -> tuple[str | Text, str | Text, str | Text]:
    """Return a key's id, condition and last use."""
    if user.key is None:
        problem = any(found.place.kind == "connection" for found in user.findings)
        return "", Text("cannot be decrypted", "bold red") if problem else "", ""
    condition = user.key.condition
    words = condition.value.replace("_", " ")
    if user.key.status_code is not None and condition is KeyCondition.REFUSED:
        code = "" if user.key.code is None else f", code {user.key.code}"
        words += f" ({user.key.status_code}{code})"
    if user.key.refused:
        words += f", not permitted: {', '.join(sorted(user.key.refused))}"
    used = f"{user.key.last_used_at:%Y-%m-%d %H:%M}Z"
    return user.key.external_id, Text(words, _STYLES[condition]), used
