"""`whitebit-oauth custody`: the commands over a partner's store."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import attrs
import typer

from ..custody.sealing import generate_encryption_key
from ..errors import CustodyError, WhiteBITError
from ..keys.records import KeyCondition
from ..maintenance import Finding, Holding, Loss, Maintenance, Rotation
from .custody_display import Report
from .custody_store import KEYS_VARIABLE, STORE_VARIABLE, UsageError, opened, sealer_of

FAILED: Final = 1
USAGE: Final = 2

custody = typer.Typer(
    # One paragraph to a line: the help keeps the breaks that it finds.
    help="Look after a partner's store: make it, rotate its keys, list it, check it.\n\n"
    f"The encryption keys come from {KEYS_VARIABLE} (separated by commas or white space; the first "
    "one seals) or from --keys-file; never from the command line, which others can read. No "
    "command prints a secret but `init --new-key`. Exit codes: 0 done, 1 something in the store "
    "is wrong, 2 it could not begin.",
    no_args_is_help=True,
)

StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar=STORE_VARIABLE,
        show_envvar=True,
        help="sqlite:///FILE, postgresql+psycopg://…, or module:function of your own store. "
        "Give a URL with a password by the variable.",
        show_default=False,
    ),
]
TablePrefix = Annotated[
    str, typer.Option(help="What the names of the two tables start with, as in SQLStore.")
]
KeysFile = Annotated[
    Path | None,
    typer.Option(
        help=f"A file with the encryption keys, open to you alone; instead of {KEYS_VARIABLE}.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DEFAULT_PREFIX: Final = "whitebit_oauth_"


@contextmanager
def _told() -> Iterator[None]:
    """Tell what went wrong in one line with what to do, and end with its exit code."""
    try:
        yield
        return
    except UsageError as error:
        words, code = str(error), USAGE
    except WhiteBITError as error:
        words = f"{error.message}. {error.hint}"
        code = FAILED if isinstance(error, CustodyError) else USAGE
    except KeyboardInterrupt:
        words, code = "Stopped.", FAILED
    typer.echo(f"whitebit-oauth custody: {words}", err=True)
    raise typer.Exit(code)


@contextmanager
def _maintained(store: str | None, prefix: str, keys_file: Path | None) -> Iterator[Maintenance]:
    """Open a store that is there with the keys that were given."""
    with _told():
        sealer = sealer_of(keys_file)
        with opened(store, prefix) as found:
            yield Maintenance(found, sealer)


@custody.command("init")
def init(
    store: StoreUrl = None,
    table_prefix: TablePrefix = DEFAULT_PREFIX,
    new_key: Annotated[
        bool,
        typer.Option(
            "--new-key",
            help="Print a fresh encryption key, on standard output alone. Keep it in a secret "
            "manager, apart from the store: whoever loses it has lost what is stored.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the tables, or migrate them to this release; harmless when run again."""
    with _told(), opened(store, table_prefix, make=True) as found:
        for _ in found.scan("key"):  # a store of one's own may need a first use as well
            break
    key = generate_encryption_key() if new_key else None
    if as_json:
        print(json.dumps({"store": repr(found), "ready": True} | ({"new_key": key} if key else {})))
        return
    typer.echo(f"{found!r} is ready.", err=key is not None)
    if key:
        typer.echo(
            f"A new encryption key follows. Keep it in a secret manager, apart from the store, and "
            f"give it to every process in keys=[…] and to these commands in {KEYS_VARIABLE}.",
            err=True,
        )
        print(key)


@custody.command("rotate")
def rotate(
    store: StoreUrl = None,
    table_prefix: TablePrefix = DEFAULT_PREFIX,
    keys_file: KeysFile = None,
    as_json: AsJson = False,
) -> None:
    """Seal every row with the first key, while others work; can be stopped and run again.

    Before: every process has the new key, behind the old one, and then in front of it. After:
    `check` with the new key alone finds nothing, the spill directories are empty, and the old
    key can go.
    """
    report = Report()
    so_far = Rotation()

    def show(reached: Rotation) -> None:
        nonlocal so_far
        so_far = reached
        report.advance()

    with _maintained(store, table_prefix, keys_file) as maintenance:
        try:
            with report.progress("Rotating", 0 if as_json else _count(maintenance)):
                maintenance.rotate(show)
            finished = True
        except KeyboardInterrupt:
            finished = False
    done = {"rotated": so_far.rotated, "current": so_far.current, "finished": finished}
    if as_json:
        _print_json(**done, not_opened=[_finding(found) for found in so_far.findings])
    else:
        report.rotation(so_far, finished)
    raise typer.Exit(FAILED if so_far.findings or not finished else 0)


@custody.command("list")
def list_all(
    store: StoreUrl = None,
    table_prefix: TablePrefix = DEFAULT_PREFIX,
    keys_file: KeysFile = None,
    as_json: AsJson = False,
) -> None:
    """List the kinds of rows, and the users with the state of their keys; never a value."""
    with _maintained(store, table_prefix, keys_file) as maintenance:
        kinds = Counter(place.kind for place in maintenance.places())
        sealed = maintenance.sealed_with()
        users = list(maintenance.holdings())
    if as_json:
        _print_json(
            kinds=dict(kinds), sealed_with=dict(sealed), users=[_holding(user) for user in users]
        )
    else:
        Report().holdings(kinds, sealed, users)
    raise typer.Exit(FAILED if any(user.findings for user in users) else 0)


@custody.command("lost")
def lost(
    store: StoreUrl = None,
    table_prefix: TablePrefix = DEFAULT_PREFIX,
    keys_file: KeysFile = None,
    as_json: AsJson = False,
) -> None:
    """List the secrets that were lost, taken by others, or came in no readable form."""
    with _maintained(store, table_prefix, keys_file) as maintenance:
        losses = sorted(maintenance.losses(), key=lambda loss: loss.at)
    if as_json:
        _print_json(lost=[_loss(loss) for loss in losses])
    else:
        Report().losses(losses)


@custody.command("check")
def check(
    store: StoreUrl = None,
    table_prefix: TablePrefix = DEFAULT_PREFIX,
    keys_file: KeysFile = None,
    as_json: AsJson = False,
) -> None:
    """Open every row; exit with 1 if any does not open."""
    report = Report()
    rows, findings = 0, list[Finding]()
    with _maintained(store, table_prefix, keys_file) as maintenance:
        total = 0 if as_json else _count(maintenance)
        with report.progress("Checking", total):
            for finding in maintenance.check():
                rows += 1
                report.advance()
                if finding is not None:
                    findings.append(finding)
    if as_json:
        _print_json(rows=rows, not_opened=[_finding(found) for found in findings])
    else:
        report.check(rows, findings)
    raise typer.Exit(FAILED if findings else 0)


def _count(maintenance: Maintenance) -> int:
    return sum(1 for _ in maintenance.places())


def _print_json(**told: Any) -> None:
    print(json.dumps(told))


def _finding(finding: Finding) -> dict[str, Any]:
    place = attrs.asdict(finding.place, filter=lambda field, _: field.name != "id")
    return {**place, "problem": finding.problem, "lacks_key": finding.lacks_key}


def _holding(user: Holding) -> dict[str, Any]:
    key: dict[str, Any] | None = None
    if user.key is not None:
        key = attrs.asdict(user.key, filter=lambda field, _: field.name != "user_id")
        condition: KeyCondition = user.key.condition
        key |= {
            "condition": condition.value,
            "last_used_at": user.key.last_used_at.isoformat(timespec="seconds"),
            "unused_for": round(user.key.unused_for),
        }
    return {
        "origin": user.origin,
        "client_id": user.client_id,
        "user_id": user.user_id,
        "has_tokens": user.has_tokens,
        "key": key,
        "not_opened": [_finding(found) for found in user.findings],
    }


def _loss(loss: Loss) -> dict[str, Any]:
    return {
        "origin": loss.place.origin,
        "client_id": loss.place.client_id,
        "user_id": loss.user_id,
        "external_id": loss.external_id,
        "outcome": loss.outcome,
        "at": loss.at.isoformat(timespec="seconds"),
    }
