"""Responses that the store did not accept: in this process's memory, and in the spill directory."""

from __future__ import annotations

from ..errors import CustodyError, StoreUnavailable
from ..secret import Secret
from .rows import Custody
from .spill import Spill, Spilled
from .values import TokenPair

PAIR_NOT_STORED = (
    "the new token pair could not be stored; this process keeps it and stores it at the user's "
    "next call"
)
_MOST = 1_000


class AnswerNotStored(StoreUnavailable):
    """The response was received, and the store did not accept it.

    Attributes:
        value: What was parsed from it; ``None`` if nothing.
        spilled: Whether it is in the spill directory.
    """

    def __init__(self, value: TokenPair | Secret | None, *, spilled: bool) -> None:
        super().__init__("the response was received and the store did not accept it")
        self.value = value
        self.spilled = spilled


class Unsaved:
    """One-time responses that wait to be stored.

    Args:
        custody: Logs failures.
        spill: The spill directory, if there is one.
    """

    def __init__(self, custody: Custody, spill: Spill | None) -> None:
        self._custody = custody
        self._spill = spill
        # By user and attempt; the only copies where there is no spill directory.
        self._kept: dict[tuple[str, str], Spilled] = {}

    def keep(self, response: Spilled) -> None:
        """Keep a response in memory until ``drop``."""
        if len(self._kept) < _MOST:
            self._kept[response.user_id, response.attempt.id] = response

    def write(self, response: Spilled) -> bool:
        """Write a response to the spill directory, and return whether it is there."""
        return self._spill is not None and self._spill.put(response)

    def drop(self, user_id: str, attempt: str) -> None:
        """Delete a response that the store has."""
        self._kept.pop((user_id, attempt), None)
        if self._spill is not None:
            self._spill.remove(attempt)

    def has(self, user_id: str) -> bool:
        """Return whether a response of a user may wait here."""
        return bool(self.kept(user_id)) or (self._spill is not None and self._spill.has(user_id))

    def kept(self, user_id: str) -> list[Spilled]:
        """Return the responses of a user in memory."""
        return [kept for (whose, _), kept in list(self._kept.items()) if whose == user_id]

    def written(self, user_id: str, *, is_read: bool = False) -> list[Spilled]:
        """Return the responses of a user in the spill directory.

        Args:
            user_id: The user.
            is_read: Whether the call can do without them: a failure is logged, once per file.

        Raises:
            SealBroken, EncryptionKeyMissing, StoreUnavailable: one cannot be read.
        """
        if self._spill is None or (is_read and not self._spill.has(user_id)):
            return []
        try:
            return self._spill.all(user_id)
        except CustodyError as error:
            if not is_read:
                raise
            self._spill.pass_over(user_id)
            self._custody.log_trouble("a spilled response was not stored", error)
            return []

    def everyone(self, limit: int) -> list[Spilled]:
        """Return up to ``limit`` responses of any user in the spill directory.

        Raises:
            StoreUnavailable: the directory cannot be read.
        """
        return [] if self._spill is None else self._spill.everyone(limit)

    def forget(self, user_id: str) -> None:
        """Delete what this process and this machine hold of a user."""
        for kept in self.kept(user_id):
            self._kept.pop((user_id, kept.attempt.id), None)
        if self._spill is not None:
            self._spill.forget(user_id)
