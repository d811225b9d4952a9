"""The commands and their options."""

from __future__ import annotations

import enum
import json
import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from .._version import __version__
from ..regions import Region
from .account import account
from .custody import custody
from .display import JsonLines, Terminal, show_sandbox
from .steps import Display, walk

app = typer.Typer(
    help="WhiteBIT's OAuth 2.0: see the partner flow, run a sandbox, read accounts, keep a store.",
    no_args_is_help=True,
    add_completion=False,
    # The pretty traceback can print local variables, and those can hold secrets.
    pretty_exceptions_enable=False,
)
app.add_typer(account, name="account")
app.add_typer(custody, name="custody")


class TokenMode(enum.StrEnum):
    """What the sandbox's tokens are like."""

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
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say which."),
    ] = False,
) -> None:
    """WhiteBIT's OAuth 2.0: see the partner flow, run a sandbox, read accounts, keep a store."""


@app.command()
def demo(
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object per step and line, a summary last.")
    ] = False,
    region: Annotated[
        Region, typer.Option(help="The server to run against; the EU server has no keys.")
    ] = Region.GLOBAL,
) -> None:
    """Run the whole flow against an embedded sandbox, over real HTTP on loopback.

    Exits with 0 if every step ended as promised (with --region eu: in a refusal), else with 1.
    """
    # Here and below: `account` and `custody` run without the extra that the sandbox needs.
    from .demo import Demo

    display: Display = JsonLines() if as_json else Terminal()
    with Demo(region) as demonstration:
        outcomes = list(walk(demonstration.steps, display))
        summary = demonstration.summary(all(outcome.ok for outcome in outcomes))
        display.close(summary)
    raise typer.Exit(0 if summary["ok"] else 1)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Port of the global server; 0 takes any.")] = 8710,
    eu_port: Annotated[int, typer.Option(help="Port of the EU server; 0 takes any.")] = 8711,
    client_id: Annotated[str, typer.Option(help="Of the registered partner.")] = "demo-partner",
    client_secret: Annotated[
        str | None, typer.Option(help="Of the registered partner; made up if not given.")
    ] = None,
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="Registered for the partner; can be given again.")
    ] = None,
    user: Annotated[
        list[str] | None, typer.Option(help="Somebody who can sign in; can be given again.")
    ] = None,
    rows: Annotated[
        int, typer.Option(min=0, help="Made-up rows in each of the four histories of each user.")
    ] = 0,
    token_mode: Annotated[
        TokenMode, typer.Option(help="Short with a refresh token, or four hours without.")
    ] = TokenMode.ROTATING,
    key_delay: Annotated[
        float, typer.Option(min=0, help="Seconds between the code's exchange and the key.")
    ] = 1.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print addresses and credentials as one JSON object.")
    ] = False,
) -> None:
    """Run a WhiteBIT on loopback until interrupted, with a partner registered.

    Its credentials are good nowhere else.
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
        typer.echo(f"The sandbox did not start: {error}", err=True)
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
        pass  # it came before or after serving, where the sandbox does not expect it
    finally:
        server.stop()
    print("Stopped.", file=sys.stderr)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """End on SIGTERM as on Ctrl-C: both are how one stops a sandbox."""
    raise KeyboardInterrupt
