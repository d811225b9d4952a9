"""The command line application, with `demo` and `sandbox`."""

from __future__ import annotations

import enum
import json
import logging
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from typer.completion import (  # type: ignore[attr-defined]  # Typer exports no other way to them
    completion_init,
    get_completion_script,
)
from typer.exceptions import TyperException

from .. import Region, __version__
from .account.commands import account
from .config import config
from .custody.commands import custody
from .demo.display import show_outcome, show_sandbox, show_summary
from .demo.steps import walk
from .doctor.commands import doctor
from .exits import PROGRAM, Exit, UsageError, explain, say, use_utf8
from .help import fit
from .keys import disconnect, key, status
from .login import login
from .options import seconds
from .worker import maintain, worker

_COMPLETES: Final = f"_{PROGRAM.replace('-', '_').upper()}_COMPLETE"
app = typer.Typer(
    help="WhiteBIT OAuth 2.0: try the partner flow, run a sandbox, read accounts, manage a store.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help wraps where Rich would cut names off, and needs no box characters.
    rich_markup_mode=None,
    # Pretty tracebacks can print local variables, which can contain secrets.
    pretty_exceptions_enable=False,
)
app.command("maintain", short_help="Make one pass of the worker.")(maintain)
app.command("worker", short_help="Do what happens without a user.")(worker)
app.command("login", short_help="Connect a user from this terminal.")(login)
app.command("status", short_help="Show a user's state in the store.")(status)
app.command("whoami", hidden=True)(status)
app.add_typer(key, name="key", short_help="A user's API key.")
app.command("disconnect", short_help="Delete a user's key and data.")(disconnect)
app.command("doctor", short_help="Find what is wrong, and the remedy.")(doctor)
app.add_typer(account, name="account", short_help="Balances and histories.")
app.add_typer(custody, name="custody", short_help="The store and its keys.")
app.add_typer(config, name="config", short_help="The settings in use.")


class TokenMode(enum.StrEnum):
    """The kind of tokens that the sandbox issues."""

    ROTATING = "rotating"
    SINGLE = "single"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"whitebit-oauth {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """WhiteBIT OAuth 2.0: try the partner flow, run a sandbox, read accounts, manage a store."""


@app.command(short_help="Run the whole flow once.")
def demo(
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object per step, and a summary at the end."),
    ] = False,
    region: Annotated[
        Region, typer.Option(help="Server to run against; the EU server issues no API keys.")
    ] = Region.GLOBAL,
) -> None:
    """Run the whole flow against an embedded sandbox, over HTTP on loopback.

    Exits with 0 if every step had the expected result (with --region eu: a refusal), else with 1.
    """
    # Imported here, because `account` and `custody` run without the extra `sandbox`.
    from .demo.demonstration import Demo

    ok = True
    try:
        with Demo(region) as demonstration:
            for outcome in walk(demonstration.steps):
                ok = ok and outcome.ok
                if as_json:
                    print(json.dumps(outcome.as_dict()), flush=True)
                else:
                    show_outcome(outcome)
            summary = demonstration.summary(ok)
    except KeyboardInterrupt as stop:
        stop.add_note("Nothing is kept of it.")
        raise
    if as_json:
        print(json.dumps({"step": "summary", **summary}))
    else:
        show_summary(summary)
    raise typer.Exit(0 if summary["ok"] else 1)


@app.command(short_help="Run a sandbox until interrupted.")
def sandbox(
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="Port of the global server; 0 for a free one."),
    ] = 8710,
    eu_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the EU server; 0 for a free one.")
    ] = 8711,
    client_id: Annotated[str, typer.Option(help="Client id of the partner.")] = "demo-partner",
    client_secret: Annotated[
        str | None, typer.Option(help="Client secret of the partner; random by default.")
    ] = None,
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="Redirect URI of the partner; may be repeated.")
    ] = None,
    user: Annotated[list[str] | None, typer.Option(help="Name of a user; may be repeated.")] = None,
    rows: Annotated[
        int,
        typer.Option(
            min=0,
            max=1_000_000,
            help="Number of generated rows in each of the four histories of each user.",
        ),
    ] = 0,
    token_mode: Annotated[
        TokenMode,
        typer.Option(help="Short-lived tokens with a refresh token, or four hours without one."),
    ] = TokenMode.ROTATING,
    key_delay: Annotated[
        float,
        seconds(0, 86_400, "Seconds between the code exchange and the creation of the API key."),
    ] = 1.0,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on. Off loopback, the state page needs the printed token."
        ),
    ] = "127.0.0.1",
    public_url: Annotated[
        str | None,
        typer.Option(help="Base URL of the global server for its callers, as from a container."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Further host name that requests may name; may be repeated."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print URLs and credentials as one JSON object.")
    ] = False,
) -> None:
    """Run a sandbox with a registered partner, until interrupted; on loopback by default.

    Its credentials are valid nowhere else.
    """
    import secrets

    from ..sandbox import Administration, Sandbox

    redirect_uris = tuple(redirect_uri or ("http://127.0.0.1:8000/whitebit/callback",))
    secret = client_secret or secrets.token_urlsafe(32)
    people = user or ["alice", "bob"]
    if not client_id or client_secret == "" or port == eu_port != 0:
        raise UsageError("--client-id or --client-secret is empty, or both servers have one port.")

    def prepare(sandbox: Administration) -> None:
        """Register the partner and the users, again after a reset."""
        sandbox.register_client(
            client_id=client_id,
            client_secret=secret,
            redirect_uris=redirect_uris,
            token_mode=token_mode.value,
            region="both",
        )
        for name in people:
            sandbox.add_user(name, main_balances={"BTC": "1"}, spot_balances={"BTC": ("1", "0")})
            sandbox.seed_history(name, transactions=rows, orders=rows, deals=rows, converts=rows)

    try:
        server = Sandbox(
            port=port,
            eu_port=eu_port,
            key_delay=key_delay,
            host=host,
            public_url=public_url,
            allow_hosts=allow_host or (),
            prepare=prepare,
        )
        server.start()
    except ValueError as error:
        raise UsageError(f"{error}.") from None
    except OSError as error:
        raise UsageError(
            f"{host}, port {port} or {eu_port}: {error.strerror or error}. Choose others with "
            "--port and --eu-port; 0 is a free one."
        ) from None
    token = server.control_token
    query = "" if token is None else f"?token={token}"
    try:
        facts = {
            "global_url": server.global_url,
            "eu_url": server.eu_url,
            "state_and_switches": f"{server.global_url}/sandbox/{query}",
            "client_id": client_id,
            "client_secret": secret,
            "redirect_uris": list(redirect_uris),
            "users": people,
            **({} if token is None else {"control_token": token}),
        }
        if as_json:
            print(json.dumps(facts), flush=True)
        else:
            show_sandbox(facts)
        server.serve_forever()
    except KeyboardInterrupt:
        pass  # before or after `serve_forever`, which handles it itself
    finally:
        server.stop()
    print("Stopped.", file=sys.stderr)


class Shell(enum.StrEnum):
    """A shell that can complete commands."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


@app.command(short_help="Print a completion script.")
def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> None:
    """Print a script that lets a shell complete commands and options.

    For example: whitebit-oauth completion bash >> ~/.bashrc
    """
    print(get_completion_script(prog_name=PROGRAM, complete_var=_COMPLETES, shell=shell.value))


def run(given: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code; no traceback is printed, whatever happens."""
    arguments = sys.argv[1:] if given is None else list(given)
    use_utf8()
    # SQLAlchemy logs with a traceback where Ctrl-C meets the closing of a connection.
    logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())
    command = typer.main.get_command(app)
    fit(command)
    try:
        code = _invoke(command, arguments)
        sys.stdout.flush()
    except TyperException as error:
        problem = error.format_message()
        if problem.startswith("Usage:"):  # no command was named: this is the help
            print(problem, file=sys.stderr)
        else:  # a wrong argument
            name = getattr(getattr(error, "ctx", None), "command_path", PROGRAM)
            say(f"{name}: {' '.join(problem.split()).rstrip('.')}. See {name} --help.")
        return Exit.USAGE
    except (Exception, KeyboardInterrupt) as error:
        return explain(_name_of(command, arguments), error)
    return code


def _invoke(command: Any, arguments: list[str]) -> int:
    if _COMPLETES in os.environ:  # a shell asks for completions
        completion_init()
        return int(command.main(arguments, prog_name=PROGRAM, standalone_mode=False) or 0)
    try:
        # Not main(), which ends silently after Ctrl-C, and with other codes.
        with command.make_context(PROGRAM, list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    return Exit.DONE


def _name_of(command: Any, arguments: Sequence[str]) -> str:
    """Return the name of the command that was called, such as ``whitebit-oauth key info``."""
    names = [PROGRAM]
    for argument in arguments:
        command = getattr(command, "commands", {}).get(argument)
        if command is None:
            break
        names.append(argument)
    return " ".join(names)
