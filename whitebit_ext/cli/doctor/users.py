"""Checks of what the store has of the users; nothing is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from ... import KeyCondition, Store, WhiteBIT
from ...maintenance import Maintenance
from .findings import Finding

_SOME: Final = 5
_QUIET: Final = 120.0
"""Seconds after which a worker that ran is taken for stopped."""
_REMEDIES: Final = {
    KeyCondition.NEGLECTED: "Let a worker run: it signs one read before WhiteBIT disables a key.",
    KeyCondition.EXPIRED: "Have the users delete the key in WhiteBIT's dashboard, and connect "
    "again.",
    KeyCondition.REFUSED: "See docs/key-health.md: disabled, a permission, or this address is not "
    "listed.",
    KeyCondition.GONE: "Let the users connect again.",
}
_LOST: Final = {
    "lost": "Treat the key as exposed: delete it, and let the user connect again.",
    "taken": "Alarm: find out who has it, rotate the client secret, delete the key.",
    "malformed": "Delete the key, and let the user connect again.",
}


def place(partner: WhiteBIT, store: Store) -> Iterator[Finding]:
    """Check that the users in the store are those of this client and server."""
    custody = partner._engine.custody
    origin, client_id = custody.place("connection", ())[1:]
    others = defaultdict[tuple[str, str], int](int)
    for found in Maintenance(store, custody.sealer).places("connection"):
        if (found.origin, found.client_id) == (origin, client_id):
            return
        others[found.origin, found.client_id] += 1
    if others:
        theirs = "; ".join(
            f"{count} of client {client} at {server}" for (server, client), count in others.items()
        )
        yield Finding(
            "other-registration",
            f"the store has no user of client {client_id} at {origin}, but {theirs}",
            "Check region, base URL and client id: they must be those of the other processes.",
        )


def losses(partner: WhiteBIT) -> Iterator[Finding]:
    """Report secrets that were lost."""
    users = defaultdict[str, list[str]](list)
    for loss in partner.lost():
        users[loss.outcome].append(loss.user_id or "a user who is not stored any more")
    for outcome, names in users.items():
        yield Finding(f"secret-{outcome}", f"a secret is {outcome}: {_some(names)}", _LOST[outcome])


def keys(partner: WhiteBIT) -> Iterator[Finding]:
    """Report keys that cannot be used, or soon cannot."""
    users = defaultdict[KeyCondition, list[str]](list)
    for health in partner.key_health():
        users[health.condition].append(health.user_id)
    for condition, names in users.items():
        if condition in _REMEDIES:
            yield Finding(
                f"key-{condition.value}",
                f"{len(names)} keys are {condition.value.replace('_', ' ')}: {_some(names)}",
                _REMEDIES[condition],
            )


def worker(partner: WhiteBIT) -> Iterator[Finding]:
    """Report users whose key is awaited while no worker runs."""
    waiting = partner.pending()
    if not waiting:
        return
    seen = partner.user(waiting[0].user_id).status().worker_seen_at
    if seen is not None and (datetime.now(UTC) - seen).total_seconds() < _QUIET:
        return
    since = "ever" if seen is None else f"since {seen:%Y-%m-%d %H:%M}Z"
    names = _some(one.user_id for one in waiting)
    yield Finding(
        "worker",
        f"{len(waiting)} users wait for their key, and no worker has run {since}: {names}",
        "Run `whitebit-oauth worker`, or `whitebit-oauth maintain` every minute.",
    )


def pace(partner: WhiteBIT, egress: str) -> Iterator[Finding]:
    """Check that all processes behind one address keep the same pace."""
    row = partner._engine.custody.read("pace", egress)
    intervals = sorted(row.value.get("intervals", {})) if row is not None else []
    if len(intervals) > 1:
        yield Finding(
            "pace-differs",
            f"processes of egress {egress} used refresh_interval={' and '.join(intervals)} in the "
            "last hour",
            "Give all processes that send from one address the same refresh_interval.",
        )


def _some(names: Iterable[str]) -> str:
    """Return the first few names."""
    every = list(names)
    more = f" and {len(every) - _SOME} more" if len(every) > _SOME else ""
    return ", ".join(every[:_SOME]) + more
