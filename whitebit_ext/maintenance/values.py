"""The values that maintenance returns, all frozen; none holds a secret."""

from __future__ import annotations

import json
from datetime import datetime

import attrs

from ..keys.records import KeyHealth


@attrs.frozen
class Place:
    """The place of a row.

    Attributes:
        kind: What it is, e.g. ``connection``.
        origin: The server, as ``scheme://host:port``; empty where the id is not one of ours.
        client_id: The partner's client id; likewise.
        subject: The subject of the row, e.g. the user id.
        id: The id of the row in the store.
    """

    kind: str
    origin: str
    client_id: str
    subject: tuple[str, ...]
    id: str

    @classmethod
    def of(cls, kind: str, id: str) -> Place:
        """Parse a row's id; one of unknown form becomes a subject without origin and client."""
        try:
            parts = json.loads(id)
        except ValueError:
            parts = None
        if (
            isinstance(parts, list)
            and len(parts) > 2
            and all(isinstance(part, str) for part in parts)
        ):
            return cls(kind, parts[0], parts[1], tuple(parts[2:]), id)
        return cls(kind, "", "", (id,), id)

    @property
    def associated(self) -> tuple[str, ...]:
        """The place that the encryption of the row is bound to."""
        return (self.kind, self.origin, self.client_id, *self.subject)


@attrs.frozen
class Finding:
    """A row that cannot be decrypted.

    Attributes:
        place: The place of the row.
        problem: Why it cannot be decrypted.
        lacks_key: Whether it was encrypted with a key that was not given; else it was changed, or
            moved there from another place.
    """

    place: Place
    problem: str
    lacks_key: bool


@attrs.frozen
class Loss:
    """A secret that is not stored although the server sent it.

    Attributes:
        place: The row that records it.
        external_id: The key's UUID at WhiteBIT; empty for an unreadable row.
        outcome: ``lost`` in transit to us, ``taken`` by another party, ``malformed``, ``left``
            active at WhiteBIT when the user was gone before its secret could be stored, or
            ``unreadable``: the row of a user cannot be decrypted.
        at: When it was detected (aware, UTC).
        problem: Why the row is unreadable.
    """

    place: Place
    external_id: str
    outcome: str
    at: datetime
    problem: str = ""

    @property
    def user_id(self) -> str | None:
        """The partner's own id of the user; ``None`` where it is not kept any longer."""
        return None if self.place.kind == "lost" else self.place.subject[0]


@attrs.frozen
class Holding:
    """What custody stores of one user.

    Attributes:
        origin: The server, as ``scheme://host:port``.
        client_id: The partner's client id.
        user_id: The partner's own id of the user.
        has_tokens: Whether there is a token pair.
        key: The health of the stored key; ``None`` if there is none, or it cannot be decrypted.
        findings: The rows of the user that cannot be decrypted.
    """

    origin: str
    client_id: str
    user_id: str
    has_tokens: bool
    key: KeyHealth | None
    findings: tuple[Finding, ...] = ()


@attrs.frozen
class Rotation:
    """The progress of a rotation.

    Attributes:
        rotated: Rows that were encrypted again.
        current: Rows that had the first key already, or that others deleted meanwhile.
        findings: Rows that cannot be decrypted, and so were left as they are.
    """

    rotated: int = 0
    current: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def seen(self) -> int:
        """The number of rows processed."""
        return self.rotated + self.current + len(self.findings)
