"""`whitebit-oauth login`: connect a user from the terminal."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import attrs
import typer

from .. import MemoryStore, Region, User, WhiteBIT, generate_encryption_key, terminal
from ..regions import Server
from ..settings.environment import settings_of
from ..terminal.pasting import hidden_lines
from .account.export import export_balances
from .account.options import ReadOptions
from .account.target import Target
from .exits import PROGRAM, Exit, UsageError, say
from .keys import Timeout, has_keys, issue_key, report
from .options import AsJson, UserId, seconds, with_options
from .partner import PartnerOptions, opened_partner

if TYPE_CHECKING:
    from ..sandbox import Sandbox

_LARGEST_INPUT: Final = 65_536


@attrs.frozen(kw_only=True)
class LoginOptions(PartnerOptions):
    """The options of a login."""

    user: UserId
    paste: Annotated[
        bool, typer.Option("--paste", help="Do not listen: paste the address of the callback.")
    ] = False
    browser: Annotated[
        bool | None,
        typer.Option(
            "--browser/--no-browser",
            help="Open a browser, or only print the address. Default: open one if there is one.",
            show_default=False,
        ),
    ] = None
    timeout: Annotated[float, seconds(1, 86_400, "Seconds to wait for the callback.")] = 600.0
    wait: Timeout = 40.0
    no_key: Annotated[
        bool, typer.Option("--no-key", help="Only connect: do not wait for the API key.")
    ] = False
    complete: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Finish a login that --json began: read the address of the callback and the "
            "binding from this file, a line each or as JSON; - is standard input.",
            show_default=False,
        ),
    ] = None
    as_json: AsJson = False
    sandbox: Annotated[
        bool,
        typer.Option(
            "--sandbox",
            help="Do all of it in a sandbox: the one of the base URL, or else a new one, which "
            "ends with the command. The sandbox consents, unless --paste or --browser is given.",
        ),
    ] = False


@with_options(LoginOptions)
def login(options: LoginOptions) -> None:
    """Connect a user: print the address of WhiteBIT's page, and wait for the callback.

    It listens on the redirect URI if that is an address of this machine, and at a terminal also
    takes a pasted address. With --json it only begins: it prints {url, expires_at, binding}.
    """
    with _partner(options) as (partner, consents):
        user: User | None = None
        try:
            if options.as_json and options.complete is None and not consents:
                begun = partner.authorize(options.user, kind="terminal")
                expires_at = begun.expires_at.isoformat(timespec="seconds")
                facts = {"url": begun.url, "expires_at": expires_at, "binding": begun.binding}
                print(json.dumps(facts))
                return
            user = _connected(partner, options, consents)
            say(f"{user.id} is connected.")
            if has_keys(partner.region) and not options.no_key:
                issue_key(user, options.wait, options.as_json)
            else:
                report(options.as_json, user=user.id, connected=True)
            if options.sandbox and not options.as_json:
                target = Target.of("balances", ReadOptions(user=user.id))
                export_balances(user.account, None, target, False)
        except KeyboardInterrupt as stop:
            if user is not None:
                stop.add_note(f"{user.id} is connected; `key issue` goes on.")
            elif not hasattr(stop, "__notes__"):
                stop.add_note("Nothing was connected.")
            raise


def _connected(partner: WhiteBIT, options: LoginOptions, consents: bool) -> User:
    if options.complete is not None:
        return _complete(partner, options)
    if consents:
        return _consented(partner, options.user)
    return terminal.login(
        partner,
        options.user,
        timeout=options.timeout,
        browser=options.browser is not False,
        paste=options.paste,
        say=say_lines,
    )


def say_lines(text: str) -> None:
    """Print lines of our own to standard error; the address may be long, and is not broken."""
    print(text, file=sys.stderr, flush=True)


def _complete(partner: WhiteBIT, options: LoginOptions) -> User:
    named = options.complete or "-"
    if named == "-" and sys.stdin and sys.stdin.isatty():
        prompts = "Address of the callback (it is not shown): ", "Binding (it is not shown): "
        text = "\n".join(hidden_lines(*prompts))
    elif named == "-":
        text = sys.stdin.read(_LARGEST_INPUT) if sys.stdin else ""
    else:
        try:
            with Path(named).open(encoding="utf-8", errors="replace") as file:
                text = file.read(_LARGEST_INPUT)
        except OSError as error:
            raise UsageError(f"--complete: {named}: {error.strerror}.") from None
    callback, binding = _pair(text)
    return partner.connect(callback, binding=binding, user_id=options.user, kind="terminal")


def _pair(text: str) -> tuple[str, str]:
    """Return callback and binding, given as two lines or as one JSON object."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) == 2:
        return lines[0], lines[1]
    try:
        given = json.loads(text)
        callback, binding = given["callback"], given["binding"]
    except (ValueError, KeyError, TypeError):
        callback = binding = None
    if isinstance(callback, str) and isinstance(binding, str):
        return callback, binding
    raise UsageError(
        "--complete expects two lines, the address of the callback and the binding, or JSON with "
        '"callback" and "binding".'
    )


@contextmanager
def _partner(options: LoginOptions) -> Iterator[tuple[WhiteBIT, bool]]:
    """Open the partner; the flag says whether the sandbox gives the user's consent."""
    consents = options.sandbox and not (options.paste or options.browser is not None)
    if not options.sandbox:
        with opened_partner(options) as partner:
            yield partner, False
        return
    if options.as_json and not consents:
        raise UsageError("--json with --sandbox cannot be combined with --paste or --browser.")
    if settings_of(options.flags())["base_url"].value is not None:
        with opened_partner(options) as partner:
            if not Server.of(Region.GLOBAL, partner.base_url).is_loopback:
                raise UsageError(f"--sandbox: {partner.base_url} is not on this machine.")
            yield partner, consents
        return
    with _new_sandbox(options.user) as partner:
        yield partner, consents


@contextmanager
def _new_sandbox(user: str) -> Iterator[WhiteBIT]:
    """Start a sandbox, and yield a partner of it whose store ends with it."""
    from ..sandbox import Sandbox

    with ExitStack() as stack:
        with socket.create_server(("127.0.0.1", 0)) as free:
            redirect_uri = f"http://127.0.0.1:{free.getsockname()[1]}/whitebit/callback"
        sandbox: Sandbox = stack.enter_context(Sandbox(key_delay=0))
        client = sandbox.register_client(redirect_uris=(redirect_uri,))
        sandbox.add_user(
            user,
            main_balances={"BTC": "0.0013929494020316", "USDT": "20"},
            spot_balances={"BTC": ("0.123", "0.01"), "USDT": ("250.50", "0")},
        )
        say(f"A sandbox runs at {sandbox.global_url}/sandbox/ until this command ends.")
        yield stack.enter_context(
            WhiteBIT(
                client_id=client.client_id,
                client_secret=client.client_secret,
                redirect_uri=redirect_uri,
                region=Region.GLOBAL,
                base_url=sandbox.global_url,
                store=MemoryStore(),
                encryption_keys=[generate_encryption_key()],
            )
        )


def _consented(partner: WhiteBIT, user_id: str) -> User:
    """Log a user of a sandbox in, with a scripted browser in place of the person."""
    from ..sandbox import LoginBlocked, Person

    begun = partner.authorize(user_id, kind="terminal")
    problem = ""
    try:
        callback = Person(user_id).approve(begun.url)
    except LoginBlocked as error:
        problem = f"the sandbox stopped the login ({error.outcome})."
    except ValueError as error:
        problem = f"the sandbox has no such user ({error})."
    if problem:
        say(f"{PROGRAM} login: {problem}")
        raise typer.Exit(Exit.USER)
    say(f"{user_id} consented on the sandbox's pages.")
    return partner.connect(callback, binding=begun.binding, user_id=user_id, kind="terminal")
