"""The command `whitebit-oauth doctor`."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Final

import attrs
import typer
from rich.console import Console

from ... import Secret, Store, WhiteBIT, WhiteBITError
from ..._version import __version__
from ...custody.sealing import Sealer
from ...settings.environment import Setting, keys_of, settings_of
from ..exits import Exit, printable
from ..layout import show_words
from ..options import AsJson, with_options
from ..partner import PartnerOptions
from ..store import opened
from . import configuration, online, storage, users
from .findings import UNCHECKED, UNCHECKED_OFFLINE, Finding, failed, run

# Arguments of a partner with a check of their own, and the missing ones.
_CHECKED: Final = frozenset(
    {
        *("environment", "redirect_uri", "region", "base_url", "verify", "proxy"),
        *("encryption_keys", "spill"),
    }
)
_PACKAGES: Final = ("httpx", "cryptography", "authlib", "msgspec", "sqlalchemy", "psycopg")


@with_options(PartnerOptions)
def doctor(
    options: PartnerOptions,
    ask: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Also ask the server for the time. No credential is sent, and no token is used.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check settings, store, keys and worker, and say what to do about what is wrong.

    It writes one row of its own into the store, and one file into the spill directory, and deletes
    both. Exits with 1 if it finds something.
    """
    findings = list(_all(options, ask))
    unchecked = UNCHECKED if ask else (*UNCHECKED, UNCHECKED_OFFLINE)
    if as_json:
        facts = {
            "versions": _versions(),
            "findings": [attrs.asdict(finding) for finding in findings],
            "not_checked": unchecked,
        }
        print(json.dumps(facts))
    else:
        _show(findings, unchecked)
    raise typer.Exit(Exit.WRONG if findings else Exit.DONE)


def _all(options: PartnerOptions, ask: bool) -> Iterator[Finding]:
    found: dict[str, Setting] | None = None
    try:
        found = settings_of(options.flags())
    except WhiteBITError as error:
        problem = failed("variable", error)
    if found is None:
        yield problem
        return
    yield from run("variable", partial(configuration.settings, found))
    yield from run("redirect-uri", partial(configuration.redirect_uri, found))
    wrong = list(run("server", partial(configuration.server, found)))
    yield from wrong
    yield from run("encryption-key", partial(configuration.encryption_keys, found))
    directory = found["spill"].value
    spill = None if directory is None else str(directory)
    yield from run("spill", partial(storage.spill, spill))
    if found["store"].value is not None:
        yield from _of_store(options, found)
    if ask and not any(finding.id == "server" for finding in wrong):
        yield from run("server", partial(online.server, found))


def _of_store(options: PartnerOptions, found: Mapping[str, Setting]) -> Iterator[Finding]:
    """Check the store; what needs its rows is left out where they cannot be read."""
    with ExitStack() as stack:
        stores: list[Store] = []

        def open_two() -> Iterator[Finding]:
            # Two, because each has connections of its own.
            for _ in range(2):
                store = opened(options.store, options.table_prefix, migrate=False)
                stores.append(stack.enter_context(store))
            yield from storage.schema(stores[0])

        problems = list(run("store", open_two))
        yield from problems
        if problems:
            return
        one, other = stores
        yield from run("store-volatile", partial(storage.durable, one))
        yield from run("store-network-file", partial(storage.file_system, one))
        problems = list(run("store-write", partial(storage.compare_and_swap, one, other)))
        yield from problems
        value = found["encryption_keys"].value
        try:
            keys = keys_of(value) if isinstance(value, Secret) else []
            sealer = Sealer(keys)
            partner = WhiteBIT.from_env(**{**options.flags(), "store": one})
        except WhiteBITError as error:
            if error.message.partition(":")[0] not in _CHECKED:
                yield failed("variable", error)
            return
        stack.callback(partner.close)
        sealed = list(run("encryption-key", partial(storage.seals, one, sealer)))
        yield from sealed
        yield from run("other-registration", partial(users.place, partner, one))
        if sealed:
            return
        for id, check in (
            ("losses", partial(users.losses, partner)),
            ("keys", partial(users.keys, partner)),
            ("worker", partial(users.worker, partner)),
            ("pace", partial(users.pace, partner, str(found["egress"].value))),
        ):
            yield from run(id, check)


def _versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = {
        "whitebit-oauth": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    return versions


def _show(findings: list[Finding], unchecked: tuple[str, ...]) -> None:
    for finding in findings:
        show_words(f"{finding.id}: {printable(finding.finding)}", style="bold red")
        show_words(f"→ {printable(finding.remedy)}", indent="  ")
    if not findings:
        show_words("Nothing is wrong.", style="green")
    aside = Console(stderr=True, highlight=False)
    versions = ", ".join(f"{name} {found or '(none)'}" for name, found in _versions().items())
    for line in (f"Versions: {versions}.", "Not checked:"):
        show_words(line, aside, "dim")
    for line in unchecked:
        show_words(line, aside, "dim", "  ")
