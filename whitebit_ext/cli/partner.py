"""Opening of the partner that options and environment describe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import attrs
import typer

from .. import Region, WhiteBIT
from ..settings.environment import VARIABLES, Setting, check, settings_of
from .options import DEFAULT_PREFIX, StoreUrl, TablePrefix
from .store import opened


def _flag(argument: str, help: str) -> Any:
    """Return an option whose variable the library reads: a flag must be told from a variable."""
    variable = VARIABLES[argument]
    default = f" Default: {variable.default}." if variable.default else ""
    return typer.Option(help=f"{help}{default} [env: {variable.name}]", show_default=False)


@attrs.frozen
class PartnerOptions:
    """The settings of a partner; those that are secret come from the environment only."""

    store: StoreUrl = None
    table_prefix: TablePrefix = DEFAULT_PREFIX
    client_id: Annotated[str | None, _flag("client_id", "Client id of the partner.")] = None
    redirect_uri: Annotated[str | None, _flag("redirect_uri", "Registered redirect URI.")] = None
    region: Annotated[
        Region | None, _flag("region", "Region in which partner and user are registered.")
    ] = None
    base_url: Annotated[
        str | None, _flag("base_url", "Base URL of another server, such as the sandbox.")
    ] = None
    egress: Annotated[
        str | None, _flag("egress", "Label of the address that requests leave from.")
    ] = None
    spill: Annotated[
        Path | None, _flag("spill", "Directory for a response that the store does not accept.")
    ] = None
    ca_file: Annotated[
        Path | None, _flag("ca_file", "File of the certificate authorities to accept.")
    ] = None

    def flags(self) -> dict[str, Any]:
        """Return the arguments that were given on the command line."""
        own = {name: getattr(self, name) for name in VARIABLES if hasattr(self, name)}
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in own.items()
            if value is not None
        }

    def settings(self) -> dict[str, Setting]:
        """Return the value of each argument, checked to be complete.

        Raises:
            InvalidArgument: a setting is missing or wrong.
        """
        found = settings_of(self.flags())
        check(found)
        return found


@contextmanager
def opened_partner(options: PartnerOptions) -> Iterator[WhiteBIT]:
    """Open the partner and its store, which must exist, and close both at the end.

    Raises:
        UsageError: The store cannot be opened.
        InvalidArgument: A setting is missing or has an invalid value.
    """
    options.settings()
    with (
        opened(options.store, options.table_prefix) as store,
        WhiteBIT.from_env(**{**options.flags(), "store": store}) as partner,
    ):
        yield partner
