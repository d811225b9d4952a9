"""Options that several commands share."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Concatenate, Final, ParamSpec, TypeVar, get_type_hints

import attrs
import typer

from .exits import UsageError
from .store import KEYS_VARIABLE, STORE_VARIABLE

T = TypeVar("T")
P = ParamSpec("P")

DEFAULT_PREFIX: Final = "whitebit_oauth_"

StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="Store: sqlite:///FILE, postgresql+psycopg://…, or module:function for your own "
        "store. If the URL contains a password, set the environment variable instead. "
        f"[env: {STORE_VARIABLE}]",
        show_default=False,
    ),
]
TablePrefix = Annotated[str, typer.Option(help="Prefix of the table names, as in SQLStore.")]
KeysFile = Annotated[
    Path | None,
    typer.Option(
        help=f"Read the encryption keys from this file instead of {KEYS_VARIABLE}. Only its owner "
        "may have access to it.",
        show_default=False,
    ),
]


def seconds(least: float, most: float, help: str) -> Any:
    """Return an option that takes a number of seconds."""
    # The range alone would let nan through.
    return typer.Option(min=least, max=most, help=help, callback=_number)


def _number(value: float) -> float:
    if math.isnan(value):
        raise typer.BadParameter("expected a number")
    return value


def require_writable(path: Path) -> None:
    """Check that a path can be written as a regular file.

    Raises:
        UsageError: It is not a regular file, or its directory does not exist.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a regular file.")
    if not path.parent.is_dir():
        raise UsageError(f"the directory {path.parent} does not exist.")


UserId = Annotated[str, typer.Option("--user", help="User id, as assigned by the partner.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def with_options(
    options: type[T],
) -> Callable[[Callable[Concatenate[T, P], None]], Callable[..., None]]:
    """Return a decorator that gives a command the fields of an attrs class as options.

    The command receives them as one value, its first argument. Typer reads the signature that the
    decorator composes: the options of the class, then the command's own.
    """
    shared = _parameters(options)

    def decorate(command: Callable[Concatenate[T, P], None]) -> Callable[..., None]:
        _, *own = inspect.signature(command, eval_str=True).parameters.values()

        def run(**given: Any) -> None:
            value = options(**{name: given.pop(name) for name in shared})
            command(value, **given)  # type: ignore[call-arg]  # by name, as the signature below has them

        parameters = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in (*shared.values(), *own)
        ]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # PEP 362
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        return run

    return decorate


def _parameters(options: type[Any]) -> dict[str, inspect.Parameter]:
    hints = get_type_hints(options, include_extras=True)
    return {
        field.name: inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is attrs.NOTHING else field.default,
            annotation=hints[field.name],
        )
        for field in attrs.fields(options)
    }
