"""The values that the library returns, all frozen."""

from __future__ import annotations

import enum
from collections.abc import Collection
from datetime import datetime

import attrs


class KeyState(enum.Enum):
    """The state of a user's key, and so what the partner does next (contract, section 4)."""

    ABSENT = "absent"
    """No key for this user and partner: start the flow."""
    ACTIVE = "active"
    """An active key: skip the flow; retrieve its secret if custody does not hold it."""
    DISABLED = "disabled"
    """Disabled after 14 days without use: only the user can delete it, in the dashboard."""


class KeyCondition(enum.Enum):
    """The condition of a stored key, by custody's own record and the signed requests."""

    IN_USE = "in_use"
    """Used within the last 10 days."""
    NEGLECTED = "neglected"
    """Not used for over 10 days: WhiteBIT disables it after 14. Make a signed read."""
    EXPIRED = "expired"
    """Not used for 14 days: most likely disabled; only the user can delete it."""
    REFUSED = "refused"
    """The key was refused since its last use: disabled, deleted, or the address is not listed."""
    GONE = "gone"
    """The server no longer knows the key."""


@attrs.frozen
class KeyHealth:
    """The health of a stored key.

    Attributes:
        user_id: The partner's own id of the user.
        external_id: The key's UUID at WhiteBIT.
        condition: The judgement.
        last_used_at: When a signed request last succeeded, to about six hours; when the key was
            stored, where none has (aware, UTC).
        unused_for: Seconds since then.
        status_code: The HTTP status of the refusal, if there was one.
        code: WhiteBIT's code of the refusal.
        refused: The operations that this key was refused for, and no other: it lacks their
            permission. Such a refusal does not change the condition.
    """

    user_id: str
    external_id: str
    condition: KeyCondition
    last_used_at: datetime
    unused_for: float
    status_code: int | None
    code: int | None
    refused: frozenset[str] = frozenset()


@attrs.frozen
class PermissionUrl:
    """One path of a permission group, as the server shows it; not always a V4 path."""

    url: str
    enabled: bool


@attrs.frozen
class PermissionGroup:
    """A group of permissions that the user was offered.

    Attributes:
        name: The stable name: branch on it.
        title: A translated title: show it, never branch on it.
        urls: The paths in the group, each granted or not.
    """

    name: str
    title: str
    urls: tuple[PermissionUrl, ...]

    @property
    def granted(self) -> bool:
        """Return whether the user granted anything of this group."""
        return any(url.enabled for url in self.urls)

    @property
    def withdraws(self) -> bool:
        """Return whether the name or a path of something granted mentions withdrawal.

        WhiteBIT publishes one group only (``trading``); so this looks for the words, in the name of
        the group and in the granted paths.
        """
        words = [self.name, *(url.url for url in self.urls if url.enabled)]
        return self.granted and any("withdraw" in word.lower() for word in words)


@attrs.frozen
class PermissionDifference:
    """What a partner requires of a key against what the user granted, by group name.

    Attributes:
        missing: Required, and not granted: ask the user to connect again with them.
        beyond: Granted, and not required.
        withdrawal: Granted groups that let money leave, whether required or not.
    """

    missing: frozenset[str]
    beyond: frozenset[str]
    withdrawal: frozenset[str]


@attrs.frozen
class KeyInfo:
    """The server's information about a user's key.

    Attributes:
        state: The decision matrix.
        external_id: The key's UUID; ``None`` where there is no key.
        permissions: All groups that were offered; empty where there is no key, and possibly
            empty, or with nothing granted, where there is one.
    """

    state: KeyState
    external_id: str | None
    permissions: tuple[PermissionGroup, ...]

    @property
    def offered(self) -> frozenset[str]:
        """Names of the groups that the user was offered."""
        return frozenset(group.name for group in self.permissions)

    @property
    def granted(self) -> frozenset[str]:
        """Names of the groups of which the user granted something."""
        return frozenset(group.name for group in self.permissions if group.granted)

    def difference(self, required: Collection[str]) -> PermissionDifference:
        """Compare what the partner requires with what the user granted.

        Args:
            required: Names of permission groups, such as ``trading``; never titles.
        """
        wanted = frozenset(required)
        return PermissionDifference(
            missing=wanted - self.granted,
            beyond=self.granted - wanted,
            withdrawal=frozenset(
                group.name for group in self.permissions if group.granted and group.withdraws
            ),
        )
