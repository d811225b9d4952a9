"""The commands of `whitebit-oauth custody`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import attrs
import typer

from ... import KeyCondition, generate_encryption_key
from ...maintenance import Finding, Holding, Loss, Maintenance, Rotation
from ..exits import Exit, say
from ..layout import progress
from ..options import (
    DEFAULT_PREFIX,
    AsJson,
    KeysFile,
    StoreUrl,
    TablePrefix,
    with_options,
)
from ..store import KEYS_VARIABLE, migrated, opened, sealer_of
from .display import show_check, show_holdings, show_losses, show_rotation

custody = typer.Typer(
    # One paragraph per line: the help keeps line breaks.
    help="Manage a partner's store: create it, rotate its keys, list it, check it.\n\n"
    f"The encryption keys are read from {KEYS_VARIABLE} (separated by commas or white space; the "
    "first one encrypts) or from --keys-file, never from the command line, where other users of "
    "the machine can see them. No command prints a secret, except `init --new-key`. Exit codes: "
    "0 success, 1 something in the store is wrong, 2 the command could not start, 130 Ctrl-C.",
    no_args_is_help=True,
)


@attrs.frozen
class StoreOptions:
    """The options of every command over a store."""

    store: StoreUrl = None
    table_prefix: TablePrefix = DEFAULT_PREFIX
    as_json: AsJson = False


@attrs.frozen
class SealedStoreOptions(StoreOptions):
    """The options of the commands that need the encryption keys."""

    keys_file: KeysFile = None


@contextmanager
def _maintenance(options: SealedStoreOptions) -> Iterator[Maintenance]:
    """Open an existing store with the given encryption keys."""
    sealer = sealer_of(options.keys_file)
    with opened(options.store, options.table_prefix) as store:
        yield Maintenance(store, sealer)


@custody.command("init")
@with_options(StoreOptions)
def init(
    options: StoreOptions,
    new_key: Annotated[
        bool,
        typer.Option(
            "--new-key",
            help="Print a new encryption key to standard output. Keep it in a secret manager, "
            "separate from the store: without the key, the stored data is lost.",
        ),
    ] = False,
) -> None:
    """Create the tables, or migrate them to this release; safe to run again."""
    with opened(options.store, options.table_prefix, make=True) as store:
        for _ in store.scan("connection"):  # a store of your own may connect on its first use
            break
    key = generate_encryption_key() if new_key else None
    if options.as_json:
        print(json.dumps({"store": repr(store), "ready": True} | ({"new_key": key} if key else {})))
        return
    print(f"{store!r} is ready.", file=sys.stderr if key else sys.stdout)
    if key:
        say(
            "The new encryption key follows. Keep it in a secret manager, separate from the "
            "store. Pass it to every process in encryption_keys=[…], and to these commands in "
            f"{KEYS_VARIABLE}."
        )
        print(key)


@custody.command("migrate")
@with_options(StoreOptions)
def migrate(
    options: StoreOptions,
    sql: Annotated[
        bool,
        typer.Option(
            "--sql", help="Print the statements for an administrator to run, and change nothing."
        ),
    ] = False,
) -> None:
    """Create the tables or bring them to this release; for processes with `migrate=False`."""
    before, statements = migrated(options.store, options.table_prefix, only_print=sql)
    if sql:
        print(statements, end="")
    elif options.as_json:
        print(json.dumps({"from": before, "changed": bool(statements)}))
    else:
        done = f"migrated from version {before}" if statements else "up to date already"
        print(f"The tables are {done}.")


@custody.command("rotate")
@with_options(SealedStoreOptions)
def rotate(options: SealedStoreOptions) -> None:
    """Encrypt every row with the first key; safe to interrupt and to run while partners work.

    Before: give every process the new key after the old one, then before it. After: when `check`
    with only the new key finds nothing and the spill directories are empty, remove the old key.
    """
    so_far = Rotation()
    stopped: KeyboardInterrupt | None = None
    with _maintenance(options) as maintenance:
        try:
            with progress("Rotating", wanted=not options.as_json) as advance:

                def show(reached: Rotation) -> None:
                    nonlocal so_far
                    so_far = reached
                    advance(1, None)

                maintenance.rotate(show)
        except KeyboardInterrupt as stop:
            stopped = stop
    finished = stopped is None
    done = {"rotated": so_far.rotated, "current": so_far.current, "finished": finished}
    if options.as_json:
        _print_json(**done, not_opened=[_finding(found) for found in so_far.findings])
    else:
        show_rotation(so_far, finished)
    if stopped is not None:
        stopped.add_note("Run the command again to continue.")
        raise stopped
    raise typer.Exit(Exit.WRONG if so_far.findings else Exit.DONE)


@custody.command("list")
@with_options(SealedStoreOptions)
def list_all(options: SealedStoreOptions) -> None:
    """List the kinds of rows, and the users with the state of their keys; never a secret."""
    users = list[Holding]()
    with _maintenance(options) as maintenance:
        kinds = Counter(place.kind for place in maintenance.places())
        sealed = maintenance.sealed_with()
        with progress("Reading", wanted=not options.as_json) as advance:
            for user in maintenance.holdings():
                users.append(user)
                advance(1, kinds["connection"])
    users.sort(key=lambda user: (user.origin, user.client_id, user.user_id))
    if options.as_json:
        _print_json(
            kinds=dict(kinds), sealed_with=dict(sealed), users=[_holding(user) for user in users]
        )
    else:
        show_holdings(kinds, sealed, users)
    raise typer.Exit(Exit.WRONG if any(user.findings for user in users) else 0)


@custody.command("lost")
@with_options(SealedStoreOptions)
def lost(options: SealedStoreOptions) -> None:
    """List the secrets that were lost, retrieved by another party, or received unreadable."""
    with _maintenance(options) as maintenance:
        losses = sorted(maintenance.losses(), key=lambda loss: loss.at)
    if options.as_json:
        _print_json(lost=[_loss(loss) for loss in losses])
    else:
        show_losses(losses)
    raise typer.Exit(Exit.WRONG if any(loss.outcome == "unreadable" for loss in losses) else 0)


@custody.command("check")
@with_options(SealedStoreOptions)
def check(options: SealedStoreOptions) -> None:
    """Decrypt every row; exit with 1 if a row cannot be decrypted."""
    rows, findings = 0, list[Finding]()
    with (
        _maintenance(options) as maintenance,
        progress("Checking", wanted=not options.as_json) as advance,
    ):
        for finding in maintenance.check():
            rows += 1
            advance(1, None)
            if finding is not None:
                findings.append(finding)
    if options.as_json:
        _print_json(rows=rows, not_opened=[_finding(found) for found in findings])
    else:
        show_check(rows, findings)
    raise typer.Exit(Exit.WRONG if findings else 0)


def _print_json(**content: Any) -> None:
    print(json.dumps(content))


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
            "refused": sorted(user.key.refused),
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
        "problem": loss.problem,
    }
