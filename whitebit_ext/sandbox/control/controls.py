"""Controls over HTTP, each under `POST /sandbox/<name>`.

They call methods of the Python object, with the same arguments, or set attributes of one of its
parts. In a form, an empty field counts as missing, several strings are separated by spaces, and
`null` is None.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from inspect import Parameter, signature
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import attrs
import msgspec

from ..faults.faults import Faults
from ..faults.traps import Traps
from ..world.histories import HistoryName
from ..world.limits import Limits
from ..world.model import PartnerClient, User
from ..world.settings import Settings
from . import snapshot
from .administration import Administration


@attrs.frozen
class Control:
    """A control.

    Attributes:
        types: The type of each argument.
        required: The arguments that must be given.
        run: Runs it with the arguments, and returns the content of the response.
    """

    types: Mapping[str, Any]
    required: frozenset[str]
    run: Callable[[Administration, dict[str, Any]], Any]


def run(administration: Administration, name: str, values: Mapping[str, Any]) -> Any:
    """Run a control, and return its result.

    Raises:
        KeyError: The control does not exist.
        ValueError: An argument is unknown, missing or invalid; nothing was changed.
    """
    control = CONTROLS[name]
    for argument in values:
        if argument not in control.types:
            raise ValueError(f"{argument}: this control has no such argument")
    given = {argument: value for argument, value in values.items() if value != ""}
    for argument in sorted(control.required - given.keys()):
        raise ValueError(f"{argument}: is missing")
    typed = {key: _typed(key, value, control.types[key]) for key, value in given.items()}
    return control.run(administration, typed)


def _typed(name: str, value: Any, kind: Any) -> Any:
    """Return the value of an argument in its type, from JSON or from the text of a form."""
    # JSON has neither bytes nor our own classes.
    options = [each for each in _options(kind) if each is not bytes and not attrs.has(each)]
    if isinstance(value, str) and any(
        get_origin(option) in (Collection, Sequence) for option in options
    ):
        value = value.split()
    try:
        found = msgspec.convert(value, Union[tuple(options)], strict=False)  # noqa: UP007  # any number of them
    except msgspec.ValidationError as error:
        raise ValueError(f"{name}: {error}") from None
    if isinstance(found, (int, float)) and not found >= 0:
        raise ValueError(f"{name}: must not be negative")
    return found


def _options(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def choices(control: str, name: str) -> tuple[str, ...]:
    """Return the values of an argument that has only some; none for any other argument."""
    return get_args(CONTROLS[control].types[name])


def _call(
    function: Callable[..., Any],
    shown: Callable[[Any], Any] = lambda _: {},
    on: Callable[[Administration], Any] = lambda administration: administration,
) -> Control:
    """Return a control that calls a function.

    Args:
        function: The function; its first argument is what `on` returns.
        shown: Returns the content of the response for its result.
        on: Returns the object whose method the function is.
    """
    parameters = list(signature(function).parameters.values())[1:]
    types = get_type_hints(function)
    return Control(
        {parameter.name: types[parameter.name] for parameter in parameters},
        frozenset(each.name for each in parameters if each.default is Parameter.empty),
        lambda administration, given: shown(function(on(administration), **given)),
    )


def _assign(part: str, kind: type, names: Iterable[str] | None = None) -> Control:
    """Return a control that sets attributes of a part of the state, and shows that part."""
    types = get_type_hints(kind)

    def assign(administration: Administration, given: dict[str, Any]) -> Any:
        for name, value in given.items():
            setattr(getattr(administration, part), name, value)
        return snapshot.state(administration)[part]

    return Control({name: types[name] for name in names or types}, frozenset(), assign)


def _client(client: PartnerClient) -> Any:
    return {**snapshot.client(client), "client_secret": client.client_secret}


_GATE: Final = ("second_factor", "signed_in", "two_factor_enabled", "verified", "eligible")


def _change_user(administration: Administration, given: dict[str, Any]) -> Any:
    user = administration.user(given.pop("user"))
    for name, value in given.items():
        setattr(user, name, value)
    return snapshot.user(user)


def _move_clock(
    administration: Administration, advance: float = 0.0, frozen: bool | None = None
) -> Any:
    """Advance the clock, and freeze or resume it; `ahead` is its difference to real time."""
    clock = administration.clock
    clock.advance(advance)  # first, because it can fail
    if frozen is not None:
        (clock.freeze if frozen else clock.resume)()
    return {"now": clock.now(), "frozen": clock.frozen, "ahead": round(clock.ahead(), 3)}


def _remove_fault(faults: Faults, number: int | None = None) -> None:
    """Remove a fault by its number, or all faults without a number."""
    if number is None:
        faults.clear()
        return
    fault = faults.find(number)
    if fault is None:
        raise ValueError("number: the fault does not exist")
    fault.remove()


def _arrive(
    administration: Administration,
    user: str,
    name: HistoryName,
    rows: int = 1,
    every: int | None = None,
    total: int | None = None,
) -> Any:
    """Add new rows to a history, now or repeatedly."""
    history = administration.history(user)
    if every is None:
        history.arrive(name, rows)
    else:
        history.schedule(name, rows, every=every, total=total)
    return history


def _shown(content: Any) -> Any:
    return content


CONTROLS: Final[dict[str, Control]] = {
    "clients": _call(Administration.register_client, _client),
    "users": _call(Administration.add_user, snapshot.user),
    "users/change": Control(
        {"user": str, **{n: get_type_hints(User)[n] for n in (*_GATE, "choosing_time")}},
        frozenset({"user"}),
        _change_user,
    ),
    "users/finish-choosing": _call(Administration.finish_choosing, lambda made: {"keys": made}),
    "clock": _call(_move_clock, _shown),
    "settings": _assign("settings", Settings),
    "traps": _assign("traps", Traps),
    "limits": _assign("limits", Limits, ("enabled", "refresh_enabled")),
    "faults": _call(Faults.add, snapshot.fault, lambda administration: administration.faults),
    "faults/remove": _call(_remove_fault, on=lambda administration: administration.faults),
    "keys": _call(Administration.add_key, snapshot.key),
    "keys/grant": _call(Administration.grant),
    "keys/delete": _call(Administration.delete_key),
    "keys/disable": _call(Administration.disable_key),
    "keys/lock": _call(Administration.lock_secret),
    "revoke": _call(Administration.revoke_authorization),
    "revoke/tokens": _call(Administration.revoke_tokens, lambda pairs: {"pairs": pairs}),
    "histories": _call(Administration.seed_history, snapshot.rows),
    "histories/arrive": _call(_arrive, snapshot.rows),
    "signed": _call(Administration.signed),
    "public": _call(Administration.public),
    "requests/forget": _call(Administration.forget_requests),
    "reset": _call(Administration.reset),
}
