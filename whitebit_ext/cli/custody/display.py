"""Output of the custody commands on the terminal."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
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


class Report:
    """A report of a command: the result on standard output, the progress on standard error.

    Args:
        console: The console for the result.
        progress: The console for the progress, which is shown on a terminal only.
    """

    def __init__(self, console: Console | None = None, progress: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._aside = progress or Console(file=sys.stderr)
        self._progress: Progress | None = None
        self._task = TaskID(0)

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[None]:
        """Show a progress bar if standard error is a terminal.

        Args:
            title: The label of the bar.
            total: The number of rows; 0 shows nothing.
        """
        if not total or not self._aside.is_terminal:
            yield
            return
        columns = (TextColumn("{task.description}"), BarColumn(10), MofNCompleteColumn())
        # Not redirected: what is printed meanwhile belongs to standard output.
        unchanged: dict[str, Any] = {"redirect_stdout": False, "redirect_stderr": False}
        with Progress(*columns, console=self._aside, transient=True, **unchanged) as self._progress:
            self._task = self._progress.add_task(title, total=total)
            yield

    def advance(self) -> None:
        """Count one row."""
        if self._progress is not None:
            self._progress.advance(self._task)

    def rotation(self, reached: Rotation, finished: bool) -> None:
        """Show the result of a rotation."""
        self._print(
            f"{reached.rotated} rows encrypted again, {reached.current} already had the first key."
        )
        self._findings(reached.findings)
        if not finished:
            self._print("Interrupted. Run the command again to continue.")
        elif not reached.findings:
            self._print("Every row is encrypted with the first key.", "green")

    def check(self, rows: int, findings: Sequence[Finding]) -> None:
        """Show the result of a check."""
        self._findings(findings)
        if not findings:
            self._print(f"All {rows} rows can be decrypted.", "green")

    def _findings(self, findings: Sequence[Finding]) -> None:
        if not findings:
            return
        self._print(f"{len(findings)} rows cannot be decrypted:", "bold red")
        rows = []
        for finding in findings[:_AT_MOST]:
            place = finding.place
            where = (" ".join(place.subject), place.client_id, place.origin)
            rows.append(_row(place.kind, *where, finding.problem))
        self._show(rows, "kind", "subject", "client", "server", "problem")
        if len(findings) > _AT_MOST:
            self._print(f"… and {len(findings) - _AT_MOST} more; use --json to list all.")
        lacking = sum(finding.lacks_key for finding in findings)
        if lacking:
            self._print(
                f"{lacking} of them need a key that was not given: add it after the first key."
            )
        if lacking < len(findings):
            self._print(
                f"{len(findings) - lacking} of them were changed or moved: treat this as tampering."
                " Restore them from a backup, or let their users connect again."
            )

    def holdings(
        self, kinds: Mapping[str, int], sealed: Counter[str], users: Sequence[Holding]
    ) -> None:
        """Show the number of rows of each kind, and the users with their keys."""
        if kinds:
            self._show([_row(kind, str(rows)) for kind, rows in kinds.items()], "kind", "rows")
        for key_id, count in sealed.most_common():
            self._print(f"{count} rows are encrypted with key {key_id}.", "dim")
        if not users:
            return self._print("No users.")
        rows = []
        for user in users:
            held = (user.user_id, user.client_id, user.origin, "yes" if user.has_tokens else "no")
            rows.append(_row(*held, *_of_key(user)))
        self._show(rows, "user", "client", "server", "tokens", "key", "condition", "last use")
        broken = sum(1 for user in users if user.findings)
        if broken:
            self._print(
                f"Rows of {broken} users cannot be decrypted; run `custody check` for details.",
                "bold red",
            )
        return None

    def losses(self, losses: Sequence[Loss]) -> None:
        """Show the secrets that are not in the store."""
        if not losses:
            return self._print("No secret was lost.", "green")
        rows = []
        for loss in losses:
            user = loss.user_id or "not stored any more"
            whose = (user, loss.external_id, loss.place.client_id, loss.place.origin)
            to_do = f"{_TO_DO[loss.outcome]} {loss.problem}".rstrip()
            rows.append(_row(f"{loss.at:%Y-%m-%d %H:%M}Z", *whose, loss.outcome, to_do))
        self._show(rows, "noticed", "user", "key", "client", "server", "outcome", "what to do")
        return None

    def _show(self, rows: Sequence[Sequence[Text]], *titles: str) -> None:
        show(Grid(titles, rows), self._console)

    def _print(self, text: str, style: str = "") -> None:
        show_words(Text(text, style=style), self._console)


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


def _row(*cells: str | Text) -> list[Text]:
    """Return a row as plain text, without markup."""
    return [Text(cell) if isinstance(cell, str) else cell for cell in cells]
