"""The command line application, with `demo` and `sandbox`."""

from __future__ import annotations

import enum
import json
import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from .. import Region, __version__
from .account.commands import account
from .custody.commands import custody
from .demo.display import JsonLines, Terminal, show_sandbox
from .demo.steps import Display, walk

app = typer.Typer(
    help="WhiteBIT OAuth 2.0: try the partner flow, run a sandbox, read accounts, manage a store.",
    no_args_is_help=True,
    add_completion=False,
    # Pretty tracebacks can print local variables, which can contain secrets.
    pretty_exceptions_enable=False,
)
app.add_typer(account, name="account")
app.add_typer(custody, name="custody")


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


@app.command()
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

    display: Display = JsonLines() if as_json else Terminal()
    with Demo(region) as demonstration:
        outcomes = list(walk(demonstration.steps, display))
        summary = demonstration.summary(all(outcome.ok for outcome in outcomes))
        display.close(summary)
    raise typer.Exit(0 if summary["ok"] else 1)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Port of the global server; 0 for a free one.")] = 8710,
    eu_port: Annotated[int, typer.Option(help="Port of the EU server; 0 for a free one.")] = 8711,
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
            min=0, help="Number of generated rows in each of the four histories of each user."
        ),
    ] = 0,
    token_mode: Annotated[
        TokenMode,
        typer.Option(help="Short-lived tokens with a refresh token, or four hours without one."),
    ] = TokenMode.ROTATING,
    key_delay: Annotated[
        float,
        typer.Option(
            min=0, help="Seconds between the code exchange and the creation of the API key."
        ),
    ] = 1.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print URLs and credentials as one JSON object.")
    ] = False,
) -> None:
    """Run a sandbox on loopback, with a registered partner, until interrupted.

    Its credentials are valid nowhere else.
    """
    from ..sandbox import Sandbox

    redirect_uris = tuple(redirect_uri or ("http://127.0.0.1:8000/whitebit/callback",))
    server = Sandbox(port=port, eu_port=eu_port, key_delay=key_delay)
    registered = server.register_client(
        client_id=client_id,
        client_secret=client_secret,
        redirect_uris=redirect_uris,
        token_mode=token_mode.value,
        region="both",
    )
    people = user or ["alice", "bob"]
    for name in people:
        server.add_user(name, main_balances={"BTC": "1"}, spot_balances={"BTC": ("1", "0")})
        server.seed_history(name, transactions=rows, orders=rows, deals=rows, converts=rows)
    try:
        server.start()
    except OSError as error:
        typer.echo(f"The sandbox could not start: {error}", err=True)
        raise typer.Exit(1) from None
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        facts = {
            "global_url": server.global_url,
            "eu_url": server.eu_url,
            "state_and_switches": f"{server.global_url}/sandbox/",
            "client_id": registered.client_id,
            "client_secret": registered.client_secret,
            "redirect_uris": list(redirect_uris),
            "users": people,
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


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Stop on SIGTERM as on Ctrl-C."""
    raise KeyboardInterrupt
