"""`whitebit-oauth key`, `disconnect`: the API key of one user."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from .. import KeyCondition, Region, Secret, StatusState, User
from ..errors import Action, KeyPending
from ..regions import operation
from ..terminal.pasting import hidden_lines
from .exits import PROGRAM, Exit, UsageError, printable, say
from .options import AsJson, UserId, seconds, with_options
from .partner import PartnerOptions, opened_partner

key = typer.Typer(
    help="Issue, inspect or adopt the API key of a user.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Timeout = Annotated[float, seconds(0, 330, "Seconds to wait for the key to appear.")]
Require = Annotated[
    list[str] | None, typer.Option(help="Permission group that the key must have; repeatable.")
]
Forbid = Annotated[list[str] | None, typer.Option(help="Group that it must not have; repeatable.")]
_PENDING: Final = frozenset({StatusState.LOGIN, StatusState.CHOOSING})
_USABLE: Final = frozenset({KeyCondition.IN_USE, KeyCondition.NEGLECTED})


def report(as_json: bool, **facts: Any) -> None:
    """Print facts to standard output: as one JSON object, or a line each."""
    if as_json:
        print(json.dumps(facts))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        match value:
            case list():
                text = ", ".join(map(str, value)) or "none"
            case None:
                text = "none"
            case bool():
                text = "yes" if value else "no"
            case _:
                text = str(value)
        print(f"{name.replace('_', ' '):{width}}  {printable(text)}")


def has_keys(region: Region) -> bool:
    """Return whether a region's server issues API keys."""
    return region.value in operation("get_api_key_info").regions


def issue_key(
    user: User,
    timeout: float,
    as_json: bool,
    require: Sequence[str] = (),
    forbid: Sequence[str] = (),
) -> None:
    """Wait for a user's key, and print its id; never its secret."""
    say(f"Waiting for the API key of {user.id}, {timeout:g} seconds at most …")
    try:
        issued = user.api_key.issue(timeout=timeout, require=require, forbid=forbid)
    except KeyPending as pending:
        pending.hint = f"Run `{PROGRAM} key issue --user {user.id}` again: the user may still be "
        pending.hint += "choosing permissions."
        raise
    report(as_json, user=user.id, key=issued.external_id, stored=True)


@key.command("issue", short_help="Retrieve and store the secret.")
@with_options(PartnerOptions)
def issue(
    options: PartnerOptions,
    user: UserId,
    timeout: Timeout = 40.0,
    require: Require = None,
    forbid: Forbid = None,
    as_json: AsJson = False,
) -> None:
    """Retrieve the secret of a user's key once, and store it; print the key's id.

    Exits with 4 if the key lacks a permission, or has a forbidden one; it stays stored.
    """
    with opened_partner(options) as partner:
        issue_key(partner.user(user), timeout, as_json, require or (), forbid or ())


@key.command("info", short_help="Ask WhiteBIT about the key.")
@with_options(PartnerOptions)
def info(options: PartnerOptions, user: UserId, as_json: AsJson = False) -> None:
    """Ask WhiteBIT for the state of a user's key, and what the user granted."""
    with opened_partner(options) as partner:
        found = partner.user(user).api_key.info()
        report(
            as_json,
            user=user,
            state=found.state.value,
            key=found.external_id,
            granted=sorted(found.granted),
            offered=sorted(found.offered),
        )


@key.command("health", short_help="Judge the key by its use.")
@with_options(PartnerOptions)
def health(options: PartnerOptions, user: UserId, as_json: AsJson = False) -> None:
    """Judge a user's stored key by its use; nothing is sent. Exits with 4 if it is unusable."""
    with opened_partner(options) as partner:
        found = partner.user(user).api_key.health()
        report(
            as_json,
            user=user,
            key=found.external_id,
            condition=found.condition.value,
            last_used_at=found.last_used_at.isoformat(timespec="seconds"),
            unused_for=round(found.unused_for),
            status_code=found.status_code,
            code=found.code,
        )
        if found.condition not in _USABLE:
            raise typer.Exit(Exit.USER)


@key.command("adopt", short_help="Store a key that you have.")
@with_options(PartnerOptions)
def adopt(
    options: PartnerOptions,
    user: UserId,
    public_key: Annotated[str, typer.Option(help="The public key.")],
    external_id: Annotated[
        str | None, typer.Option(help="WhiteBIT's id of the key, if it is another.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Store a key that you already have; its secret is read from standard input, hidden."""
    with opened_partner(options) as partner:
        secret = Secret(*hidden_lines("Secret of the key (it is not shown): "))
        if not secret.reveal():
            raise UsageError("no secret came on standard input.")
        partner.adopt(user, public_key=public_key, secret=secret, external_id=external_id)
        report(as_json, user=user, key=external_id or public_key, stored=True)


@with_options(PartnerOptions)
def status(
    options: PartnerOptions,
    user: UserId,
    require: Require = None,
    forbid: Forbid = None,
    as_json: AsJson = False,
) -> None:
    """Show the state of a user's connection, as the store has it; nothing is sent.

    Exits with 0 if the user is connected, 6 while a login or the key is awaited, and 4 if the user
    must act.
    """
    with opened_partner(options) as partner:
        found = partner.user(user).status(require=require or (), forbid=forbid or ())
        seen = found.worker_seen_at
        report(
            as_json,
            user=user,
            state=found.state.value,
            granted=None if found.granted is None else sorted(found.granted),
            missing=sorted(found.missing),
            forbidden=sorted(found.forbidden),
            retry_after=found.retry_after,
            error=found.error,
            action=None if found.action is None else found.action.value,
            worker_seen_at=None if seen is None else seen.isoformat(timespec="seconds"),
        )
        if found.state in _PENDING:
            raise typer.Exit(Exit.PENDING)
        if found.state is not StatusState.CONNECTED:
            alarm = found.action not in (None, Action.RECONNECT)
            raise typer.Exit(Exit.WRONG if alarm else Exit.USER)


@with_options(PartnerOptions)
def disconnect(
    options: PartnerOptions,
    user: UserId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a user's API key at WhiteBIT, which sends an email, and all that is stored.

    Exits with 6 if it is not finished, and with 4 if the user must delete a key in the dashboard.
    """
    with opened_partner(options) as partner:
        if not yes:
            if sys.stdin is None or not sys.stdin.isatty():
                raise UsageError("this deletes the API key. Add --yes.")
            question = f"Delete the API key of {printable(user)} and all that is stored? [y/N] "
            print(question, end="", file=sys.stderr, flush=True)
            if sys.stdin.readline().strip().lower() not in ("y", "yes"):
                raise UsageError("nothing was deleted.")
        found = partner.user(user).disconnect()
        report(
            as_json,
            user=user,
            finished=found.is_finished,
            deleted=list(found.deleted),
            left=list(found.left),
        )
        if not found.is_finished:
            say("Not finished: run it again, or `maintain`, in a few minutes.")
            raise typer.Exit(Exit.PENDING)
        if found.left:
            say("The user must delete the keys that are left, in WhiteBIT's dashboard.")
            raise typer.Exit(Exit.USER)
