"""The permissions that a partner asks of a key, and what the user granted (contract, section 4)."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Self

import attrs

from ..custody.values import Granted
from ..errors import InvalidArgument, PermissionsMissing
from .records import KeyInfo

WITHDRAWAL = "withdrawal"
"""Forbidding this group forbids every granted group whose name or path mentions withdrawal."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,63}")
_UNKNOWN = (
    "The key was stored before its permissions were known, for example by adopt(). Let the user "
    "connect again, or call issue() without require= and forbid=."
)


@attrs.frozen
class Wanted:
    """What a partner requires of a key, and forbids, by the names of permission groups."""

    require: frozenset[str] = frozenset()
    forbid: frozenset[str] = frozenset()

    @classmethod
    def of(cls, require: Collection[str], forbid: Collection[str]) -> Self:
        """Check the arguments.

        Raises:
            InvalidArgument: a name cannot be that of a group, or is both required and forbidden.
        """
        wanted = cls(_names("require", require), _names("forbid", forbid))
        both = wanted.require & wanted.forbid
        if both:
            raise InvalidArgument("forbid", f"{', '.join(sorted(both))} is required as well")
        return wanted

    def __bool__(self) -> bool:
        return bool(self.require or self.forbid)

    def missing(self, granted: Granted | None) -> frozenset[str]:
        """Return the required groups that are not granted, or not known to be."""
        return self.require - frozenset(granted.names if granted is not None else ())

    def forbidden(self, granted: Granted | None) -> frozenset[str]:
        """Return the granted groups that are forbidden."""
        if granted is None:
            return frozenset()
        found = self.forbid & frozenset(granted.names)
        return found | frozenset(granted.withdraws if WITHDRAWAL in self.forbid else ())

    def suits(self, granted: Granted | None) -> bool:
        """Return whether a key is known to have what is wanted, and nothing that is forbidden."""
        if granted is None:
            return not self
        return not self.missing(granted) and not self.forbidden(granted)

    def error(self, granted: Granted | None) -> PermissionsMissing:
        """Return the error for a key that does not suit."""
        missing, forbidden = self.missing(granted), self.forbidden(granted)
        if granted is None:
            return PermissionsMissing(
                "it is not known what the user granted, and no token is left to ask with",
                missing=missing,
                granted=None,
                operation="get_api_key_info",
                hint=_UNKNOWN,
            )
        parts = [
            f"{what}: {', '.join(sorted(groups))}"
            for what, groups in (("not granted", missing), ("granted and forbidden", forbidden))
            if groups
        ]
        return PermissionsMissing(
            "; ".join(parts),
            missing=missing,
            forbidden=forbidden,
            granted=frozenset(granted.names),
            operation="get_api_key_info",
        )


def granted_by(info: KeyInfo) -> Granted | None:
    """Return what a response says that the user granted; ``None`` where there is no key."""
    if info.external_id is None:
        return None
    withdraws = sorted(g.name for g in info.permissions if g.withdraws)
    return Granted(tuple(sorted(info.granted)), tuple(withdraws))


def _names(argument: str, names: Collection[str]) -> frozenset[str]:
    given: object = names
    if isinstance(given, str) or not isinstance(given, Collection):
        raise InvalidArgument(argument, "expected a set of names of permission groups")
    for name in given:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise InvalidArgument(
                argument,
                "expected names of permission groups, in lower case, not titles",
                hint="WhiteBIT publishes the name 'trading'; api_key.info().offered has the names "
                "of all groups that a user was offered. 'withdrawal' can be forbidden under any "
                "name.",
            )
    return frozenset(names)
