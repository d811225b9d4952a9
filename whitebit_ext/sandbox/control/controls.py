"""Controls over HTTP, each under `POST /sandbox/<name>`.

They correspond to the methods of the Python object, with the same names of arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from ..faults.traps import Traps
from ..world.model import DEFAULT_SCOPES
from ..world.settings import Settings
from . import snapshot
from .arguments import Arguments
from .given_controls import GIVEN_CONTROLS
from .history_controls import HISTORY_CONTROLS

if TYPE_CHECKING:
    from .administration import Administration

Run = Callable[["Administration", Arguments], Any]


@attrs.frozen
class Control:
    """A control: its function and the names of its arguments."""

    run: Run
    arguments: tuple[str, ...]


CONTROLS: Final[dict[str, Control]] = {
    name: Control(*control) for name, control in (HISTORY_CONTROLS | GIVEN_CONTROLS).items()
}

_USER_SWITCHES: Final = (
    "second_factor",
    "signed_in",
    "two_factor_enabled",
    "verified",
    "eligible",
)


def run(administration: Administration, name: str, values: Mapping[str, Any]) -> Any:
    """Run a control, and return its result.

    Raises:
        KeyError: The control does not exist.
        ValueError: An argument is unknown, missing or invalid; nothing was changed.
    """
    control = CONTROLS[name]
    for argument in values:
        if argument not in control.arguments:
            raise ValueError(f"{argument}: this control has no such argument")
    return control.run(administration, Arguments(values))


def _control(name: str, *arguments: str) -> Callable[[Run], Run]:
    """Return a decorator that adds a function to the controls."""

    def enter(function: Run) -> Run:
        CONTROLS[name] = Control(function, arguments)
        return function

    return enter


def _names(switches: type[Settings | Traps]) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(switches))


@_control(
    "clients",
    "client_id",
    "client_secret",
    "redirect_uris",
    "scopes",
    "token_mode",
    "region",
    "require_pkce",
    "allowed_addresses",
)
def register_client(administration: Administration, arguments: Arguments) -> Any:
    """Register a client, and return it with its secret."""
    scopes = arguments.texts("scopes")
    client = administration.register_client(
        client_id=arguments.optional_text("client_id"),
        client_secret=arguments.optional_text("client_secret"),
        redirect_uris=arguments.texts("redirect_uris") or [],
        scopes=DEFAULT_SCOPES if scopes is None else scopes,
        token_mode=arguments.text("token_mode", "rotating"),  # type: ignore[arg-type]  # checked there
        region=arguments.text("region", "global"),
        require_pkce=arguments.flag("require_pkce", True),
        allowed_addresses=arguments.texts("allowed_addresses"),
    )
    return {**snapshot.client(client), "client_secret": client.client_secret}


@_control("users", "name", "main_balances", "spot_balances", "second_factor")
def add_user(administration: Administration, arguments: Arguments) -> Any:
    """Add a user."""
    return snapshot.user(
        administration.add_user(
            arguments.text("name"),
            main_balances=arguments.mapping("main_balances"),
            spot_balances=arguments.mapping("spot_balances"),
            second_factor=arguments.text("second_factor", "246810"),
        )
    )


@_control("users/change", "name", "choosing_time", *_USER_SWITCHES)
def change_user(administration: Administration, arguments: Arguments) -> Any:
    """Change the conditions of the eligibility gate and the choosing time of a user."""
    user = administration.user(arguments.text("name"))
    choosing_time = user.choosing_time
    if "choosing_time" in arguments.names():
        choosing_time = arguments.optional_number("choosing_time")
    arguments.assign(user, _USER_SWITCHES)
    user.choosing_time = choosing_time
    return snapshot.user(user)


@_control("users/finish-choosing", "name")
def finish_choosing(administration: Administration, arguments: Arguments) -> Any:
    """Confirm the permissions of a user now."""
    return {"keys": administration.finish_choosing(arguments.text("name"))}


@_control("clock", "advance", "frozen")
def move_clock(administration: Administration, arguments: Arguments) -> Any:
    """Freeze or resume the clock, and advance it; `ahead` is its difference to real time."""
    clock = administration.clock
    frozen, seconds = arguments.optional_flag("frozen"), arguments.number("advance", 0.0)
    clock.advance(seconds)  # first, because it can fail
    if frozen is not None:
        (clock.freeze if frozen else clock.resume)()
    return {"now": clock.now(), "frozen": clock.frozen, "ahead": round(clock.ahead(), 3)}


@_control("settings", *_names(Settings))
def set_settings(administration: Administration, arguments: Arguments) -> Any:
    """Change settings."""
    settings = administration.settings
    arguments.assign(settings, _names(Settings))
    return snapshot.state(administration)["settings"]


@_control("traps", *_names(Traps))
def set_traps(administration: Administration, arguments: Arguments) -> Any:
    """Change the switches for irregular responses."""
    traps = administration.traps
    arguments.assign(traps, _names(Traps))
    return snapshot.state(administration)["traps"]


@_control("limits", "enabled", "refresh_enabled")
def set_limits(administration: Administration, arguments: Arguments) -> Any:
    """Enable or disable rate limits."""
    arguments.assign(administration.limits, ("enabled", "refresh_enabled"))
    return snapshot.state(administration)["limits"]


@_control(
    "faults",
    "route",
    "kind",
    "nth",
    "times",
    "status",
    "body",
    "headers",
    "size",
    "seconds",
    "effect",
    "reset",
)
def add_fault(administration: Administration, arguments: Arguments) -> Any:
    """Add a fault."""
    status = arguments.optional_integer("status")
    return snapshot.fault(
        administration.faults.add(
            arguments.text("route"),
            kind=arguments.text("kind"),  # type: ignore[arg-type]  # checked there
            nth=arguments.integer("nth", 1),
            times=arguments.optional_integer("times", 1),
            status=status,
            body=arguments.optional_text("body"),
            headers=arguments.mapping("headers"),
            size=arguments.integer("size", 10_000_000),
            seconds=arguments.number("seconds", 0.0),
            effect=arguments.optional_flag("effect"),
            reset=arguments.flag("reset", False),
        )
    )


@_control("faults/remove", "number")
def remove_fault(administration: Administration, arguments: Arguments) -> Any:
    """Remove a fault by its number, or all faults without a number."""
    number = arguments.optional_integer("number")
    if number is None:
        administration.faults.clear()
        return {}
    fault = administration.faults.find(number)
    if fault is None:
        raise ValueError("number: the fault does not exist")
    fault.remove()
    return {}


@_control("keys", "user", "client_id", "permissions", "region")
def add_key(administration: Administration, arguments: Arguments) -> Any:
    """Create an active key without a login."""
    key = administration.add_key(
        arguments.text("user"),
        arguments.text("client_id"),
        arguments.texts("permissions"),
        region=arguments.text("region", "global"),  # type: ignore[arg-type]  # checked there
    )
    return snapshot.key(key)


@_control("keys/grant", "external_id", "permissions")
def grant(administration: Administration, arguments: Arguments) -> Any:
    """Replace the permissions of a key."""
    external_id = arguments.text("external_id")
    permissions = arguments.mapping("permissions")
    if permissions is None:
        raise ValueError("permissions: must be an object")
    administration.grant(external_id, permissions)
    return {}


@_control("keys/delete", "external_id", "reason")
def delete_key(administration: Administration, arguments: Arguments) -> Any:
    """Delete a key, as its user or the system does."""
    administration.delete_key(
        arguments.text("external_id"),
        arguments.text("reason", "user"),  # type: ignore[arg-type]  # checked there
    )
    return {}


@_control("keys/disable", "external_id")
def disable_key(administration: Administration, arguments: Arguments) -> Any:
    """Disable a key."""
    administration.disable_key(arguments.text("external_id"))
    return {}


@_control("keys/lock", "external_id", "seconds")
def lock_secret(administration: Administration, arguments: Arguments) -> Any:
    """Lock the secret of a key for some seconds."""
    administration.lock_secret(arguments.text("external_id"), arguments.number("seconds"))
    return {}


@_control("revoke", "user", "client_id", "tokens_only")
def revoke(administration: Administration, arguments: Arguments) -> Any:
    """Revoke an authorization; with `tokens_only` the key stays."""
    user, client = arguments.text("user"), arguments.text("client_id")
    if arguments.flag("tokens_only", False):
        administration.revoke_tokens(user, client)
    else:
        administration.revoke_authorization(user, client)
    return {}


@_control("requests/forget")
def forget_requests(administration: Administration, arguments: Arguments) -> Any:
    """Clear the log."""
    administration.forget_requests()
    return {}


@_control("reset")
def reset(administration: Administration, arguments: Arguments) -> Any:
    """Delete all data and reset all settings."""
    administration.reset()
    return {}
