"""The environment variables that configure a partner, for the library and the command line alike.

Nothing else is read: no profile file, and nothing in the working directory.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final

import attrs

from ..custody.stores import Store
from ..errors import InvalidArgument
from ..regions import Region, Server
from ..secret import Secret

PREFIX: Final = "WHITEBIT_OAUTH_"
_LARGEST_FILE: Final = 65_536
_FACTORY: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@attrs.frozen
class Variable:
    """An environment variable.

    Attributes:
        argument: The argument of ``WhiteBIT`` that it sets.
        is_secret: Whether its value is confidential; then NAME_FILE may name a file with it.
        is_required: Whether a partner cannot be made without it.
        default: What holds where it is not set.
        hides: Whether its value is not shown, though it has no NAME_FILE: it may hold a password.
    """

    argument: str
    is_secret: bool = False
    is_required: bool = False
    default: str | None = None
    hides: bool = False

    @property
    def name(self) -> str:
        """The name of the variable."""
        return PREFIX + self.argument.upper()

    @property
    def file_name(self) -> str | None:
        """The name of the variable that names a file with the value."""
        return f"{self.name}_FILE" if self.is_secret else None


VARIABLES: Final[Mapping[str, Variable]] = {
    variable.argument: variable
    for variable in (
        Variable("client_id", is_required=True),
        Variable("client_secret", is_secret=True, is_required=True),
        Variable("redirect_uri", is_required=True),
        Variable("region", default="global"),
        Variable("base_url"),
        Variable("store", is_secret=True, is_required=True),
        Variable("encryption_keys", is_secret=True, is_required=True),
        Variable("egress", default="default"),
        Variable("spill"),
        Variable("proxy", hides=True),
        Variable("ca_file"),
    )
}
"""The variables by argument."""
_NAMES: Final = frozenset(
    name for one in VARIABLES.values() for name in (one.name, one.file_name) if name
)


@attrs.frozen
class Setting:
    """The value of one argument, and where it comes from.

    Attributes:
        variable: The variable of the argument.
        value: The value; a ``Secret`` where it is confidential; ``None`` where there is none.
        source: ``argument``, ``environment``, ``file``, ``default`` or ``not set``.
        name: The variable that was read, or the file.
    """

    variable: Variable
    value: object
    source: str
    name: str = ""


def settings_of(
    given: Mapping[str, object] | None = None, environment: Mapping[str, str] | None = None
) -> dict[str, Setting]:
    """Return each argument's value: as given, or else from the environment, or else the default.

    Args:
        given: Arguments; ``None`` means that one is not given.
        environment: The environment; by default that of the process.

    Raises:
        InvalidArgument: a file cannot be read, or a variable and its NAME_FILE are both set.
    """
    environment = os.environ if environment is None else environment
    found = {}
    for argument, variable in VARIABLES.items():
        value = (given or {}).get(argument)
        if value is not None:
            found[argument] = Setting(variable, value, "argument")
        else:
            found[argument] = _from_environment(variable, environment)
    return found


def _from_environment(variable: Variable, environment: Mapping[str, str]) -> Setting:
    # An empty variable is not set: a container's configuration often cannot remove one.
    text = environment.get(variable.name, "").strip()
    file = environment.get(variable.file_name or "", "").strip()
    if text and file:
        raise InvalidArgument(
            variable.argument,
            f"{variable.name} and {variable.file_name} are both set",
            hint="Unset one of them.",
        )
    if file:
        secret = _of_file(variable, file)
        return Setting(variable, secret, "file", file)
    if text:
        value = Secret(text) if variable.is_secret or variable.hides else text
        return Setting(variable, value, "environment", variable.name)
    if variable.default is not None:
        return Setting(variable, variable.default, "default")
    return Setting(variable, None, "not set")


def _of_file(variable: Variable, file: str) -> Secret:
    try:
        with open(file, "rb") as opened:
            content = opened.read(_LARGEST_FILE + 1)
        text = content.decode().strip()
    except OSError as error:
        problem = f"cannot read {file} ({error.strerror or type(error).__name__})"
    except UnicodeDecodeError:
        problem = f"{file} is not UTF-8 text"
    else:
        if text and len(content) <= _LARGEST_FILE:
            return Secret(text)
        problem = f"{file} is too large" if text else f"{file} is empty"
    raise InvalidArgument(
        variable.argument, problem, hint=f"Correct the file that {variable.file_name} names."
    )


def unknown(environment: Mapping[str, str] | None = None) -> Iterator[tuple[str, str | None]]:
    """Yield each unknown variable with our prefix, and the name that was probably meant."""
    environment = os.environ if environment is None else environment
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in _NAMES and environment[name].strip():
            yield name, nearest(name)


def nearest(name: str) -> str | None:
    """Return the known variable that a name resembles, or ``None``."""
    known = {one.removeprefix(PREFIX): one for one in sorted(_NAMES)}
    suffix = name.removeprefix(PREFIX)
    close = difflib.get_close_matches(suffix, known, n=1, cutoff=0.75)
    if close:
        return known[close[0]]
    words = set(suffix.split("_"))  # e.g. KEYS for ENCRYPTION_KEYS, and STORE_URL for STORE
    alike = [one for one in known if words < set(one.split("_")) or words > set(one.split("_"))]
    return known[min(alike, key=len)] if alike else None


def missing_in(found: Mapping[str, Setting]) -> list[str]:
    """Return the names of the required variables that are not set."""
    return [
        one.variable.name
        for one in found.values()
        if one.variable.is_required and one.value is None
    ]


def check(found: Mapping[str, Setting], environment: Mapping[str, str] | None = None) -> None:
    """Check that nothing is missing, that no name is mistyped, and where the base URL leads.

    Raises:
        InvalidArgument: something is; all missing variables are named at once.
    """
    sources = {one.variable.name: one.source for one in found.values()}
    typos = [
        f"{name} is unknown: did you mean {meant}?"
        for name, meant in unknown(environment)
        # A name of the partner's own beside a variable that is set is no mistake.
        if meant and sources.get(meant.removesuffix("_FILE")) in ("not set", "default")
    ]
    missing = missing_in(found)
    problems = [f"not set: {', '.join(missing)}", *typos] if missing else typos
    if problems:
        raise InvalidArgument(
            "environment",
            "; ".join(problems),
            hint="Set these environment variables, or pass the arguments. For a secret, NAME_FILE "
            "may name a file.",
        )
    base_url = found["base_url"]
    if base_url.source == "environment":
        region = region_of(found["region"].value)
        server = Server.of(region, str(base_url.value))
        if not server.is_loopback and server.origin != Server.of(region).origin:
            raise InvalidArgument(
                "base_url",
                f"{base_url.variable.name} is neither the region's server nor on loopback",
                hint="Credentials would be sent there. If that is meant, pass base_url= in the "
                "code, or --base-url on the command line.",
            )


def region_of(value: object) -> Region:
    """Return a region, given as itself or as its name.

    Raises:
        InvalidArgument: there is no such region.
    """
    if isinstance(value, Region):
        return value
    try:
        return Region(str(value).lower())
    except ValueError:
        problem = f"expected one of {', '.join(one.value for one in Region)}"
    raise InvalidArgument("region", problem)


def arguments(given: Mapping[str, Any]) -> tuple[dict[str, Any], Callable[[], object] | None]:
    """Return the arguments of a partner, and what closes the store if it was opened here.

    Args:
        given: Arguments that take precedence over the environment; ``region``, ``store`` and
            ``encryption_keys`` also in the form of their variables.

    Raises:
        InvalidArgument: a variable is missing or wrong.
    """
    found = settings_of(given)
    check(found)
    made = dict(given)
    for argument, setting in found.items():
        made[argument] = setting.value
    authorities = made.pop("ca_file")
    if authorities is not None and made.get("verify") in (None, True):
        made["verify"] = authorities
    made["region"] = region_of(made["region"])
    if isinstance(made["encryption_keys"], str | Secret):
        made["encryption_keys"] = keys_of(made["encryption_keys"])
    close = None
    if isinstance(made["store"], str | Secret):
        made["store"] = open_store(made["store"])
        close = getattr(made["store"], "close", None)
    return made, close


def keys_of(text: str | Secret) -> list[Secret]:
    """Return the encryption keys of a text, which commas or white space separate."""
    plain = text.reveal() if isinstance(text, Secret) else text
    return [Secret(key) for key in re.split(r"[,\s]+", plain) if key]


def open_store(given: str | Secret) -> Store:
    """Open the store of a URL, or call the ``module:function`` that returns one.

    Raises:
        InvalidArgument: it is neither, or the function returns no store.
        ModuleNotFoundError: the extra ``sql`` is not installed.
    """
    named = given.reveal() if isinstance(given, Secret) else given
    if not is_factory(named):
        from ..custody.stores import SQLStore

        return SQLStore(named)
    module, _, name = named.partition(":")
    try:
        found = getattr(import_module(module), name)()
    except (ImportError, AttributeError, TypeError) as error:
        problem = f"{named} cannot be called ({type(error).__name__}: {error})"
    else:
        if isinstance(found, Store):
            return found
        problem = f"{named} returned a {type(found).__name__}, not a store"
    raise InvalidArgument("store", problem)


def is_factory(named: str) -> bool:
    """Return whether a store is given as ``module:function``."""
    return _FACTORY.fullmatch(named) is not None
