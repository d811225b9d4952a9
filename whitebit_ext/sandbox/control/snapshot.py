"""The state of a sandbox as JSON, without secret values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from ..faults.faults import Fault
from ..world.histories import HISTORY_NAMES, History
from ..world.model import ApiKey, PartnerClient, User

if TYPE_CHECKING:
    from .administration import Administration


def state(administration: Administration) -> dict[str, Any]:
    """Return the state, without the log."""
    clock, limits = administration.clock, administration.limits
    return {
        "clock": {"now": clock.now(), "frozen": clock.frozen},
        "clients": [client(each) for each in administration.clients],
        "users": [
            {**user(each), "histories": rows(administration.history(each.name))}
            for each in administration.users
        ],
        "keys": [key(each) for each in administration.keys],
        "faults": [fault(each) for each in administration.faults.all()],
        "settings": _finite(attrs.asdict(administration.settings)),
        "traps": attrs.asdict(administration.traps),
        "limits": {
            "enabled": limits.enabled,
            "refresh_enabled": limits.refresh_enabled,
            "table": [attrs.asdict(limit) for limit in limits.table],
        },
        "requests": len(administration.requests),
        "breaches": len(administration.breaches),
        "notes": len(administration.notes),
        "given": administration.given,
    }


def client(registered: PartnerClient) -> dict[str, Any]:
    """Return a client without its secret."""
    return {
        "client_id": registered.client_id,
        "redirect_uris": list(registered.redirect_uris),
        "scopes": list(registered.scopes),
        "token_mode": registered.token_mode,
        "regions": list(registered.regions),
        "require_pkce": registered.require_pkce,
    }


def user(known: User) -> dict[str, Any]:
    """Return a user."""
    return _finite(attrs.asdict(known))


def key(made: ApiKey) -> dict[str, Any]:
    """Return a key without its secret."""
    return {
        "external_id": made.external_id,
        "public_key": made.public_key,
        "client_id": made.client.client_id,
        "user": made.user.name,
        "permissions": {name: sorted(urls) for name, urls in made.grants.items()},
        "created_at": made.created_at,
        "last_used_at": made.last_used_at,
        "enabled": made.enabled,
        "deleted": made.deleted,
        "secret_taken": made.secret_taken,
    }


def fault(added: Fault) -> dict[str, Any]:
    """Return a fault."""
    return {
        "number": added.number,
        "route": added.operation.name,
        "kind": added.kind,
        "nth": added.nth,
        "times": added.times,
        "status": added.status,
        "seen": added.seen,
        "fired": added.fired,
    }


def rows(history: History) -> dict[str, int]:
    """Return the number of rows of each history of a user."""
    return {name: history.count(name) for name in HISTORY_NAMES}


def _finite(content: dict[str, Any]) -> dict[str, Any]:
    """Replace infinity with the string `inf`, because JSON has no such number."""
    return {
        name: "inf" if isinstance(value, float) and math.isinf(value) else value
        for name, value in content.items()
    }
