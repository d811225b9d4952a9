"""Opening of a user's account, and what an error says of an export."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ...errors import HistoryTruncated
from ..exits import PROGRAM, say
from ..partner import opened_partner
from .options import ReadOptions

if TYPE_CHECKING:
    from ..._sync.account import Account
    from .target import Target

# The library's warning, with the option of the command line.
_REMOVAL: Final = (
    "WhiteBIT announced that reads with an access token end on 1 November 2026. Use --signed to "
    "read the same data with the stored API key."
)


@contextmanager
def opened_account(options: ReadOptions) -> Iterator[Account]:
    """Open the account of a user, and close the partner and the store at the end.

    Raises:
        UsageError: A setting is missing, or the store cannot be opened.
        InvalidArgument: A setting has an invalid value.
    """
    with opened_partner(options) as partner, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecationWarning)
        user = partner.user(options.user)
        try:
            if options.bearer is None:
                yield user.account
            else:
                yield (user.bearer if options.bearer else user.signed).account
        finally:
            for warning in caught:
                removal = issubclass(warning.category, DeprecationWarning)
                say(f"{PROGRAM} account: {_REMOVAL if removal else warning.message}")


@contextmanager
def telling(target: Target) -> Iterator[None]:
    """Add to an error what of an export is kept."""
    try:
        yield
    except HistoryTruncated as error:
        error.hint = (
            f"{error.reached} of {error.total} rows were written. Narrow the export with --ticker, "
            "--method, --address or --since, or ask WhiteBIT for an export."
        )
        raise
    except (Exception, KeyboardInterrupt) as error:
        stopped = isinstance(error, KeyboardInterrupt)
        kept = target.kept or ("Nothing was written." if stopped else "")
        # Of a full disk it is not known how much it has taken.
        if kept and not (isinstance(error, OSError) and target.out is None):
            error.add_note(kept)
        raise
