"""Retrieving a secret while the user is erased, connects again, or another process is faster."""

from __future__ import annotations

import contextlib
import itertools

import attrs
import pytest

from whitebit_ext.errors import (
    ConnectionChanged,
    KeyPending,
    NotConnected,
    SecretLocked,
    SecretLost,
    SecretTakenElsewhere,
)

from ..looking import Connection, changed, key_of, row_of
from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face, connected
from .failing import FailingStore


def again(row: Connection) -> Connection:
    """Return the row as a later login leaves it."""
    return attrs.evolve(row, generation=row.seq + 1, login="later")


@pytest.mark.parametrize("what", ["erased", "connected", "issued"])
@pytest.mark.parametrize("moment", range(2, 8))
def test_no_secret_is_lost_in_silence(
    face: Face, store: FailingStore, what: str, moment: int
) -> None:
    """Whatever happens at any moment, a secret that was given out is stored, deleted or listed."""
    partner = face.partner()
    user = connected(face, partner=partner)
    face.clock.advance(2)
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    custody, calls = face.custody(), itertools.count(1)

    def interfere(method: str, kind: str) -> None:
        if kind != "connection" or next(calls) != moment:
            return
        store.mend()
        if what == "erased":
            face.partner().erase("alice")
        elif what == "issued":
            with contextlib.suppress(SecretLost):  # its verdict, while this process is frozen
                face.partner().user("alice").api_key.issue(timeout=120)
        elif row_of(custody, "alice") is not None:
            changed(custody, "alice", again)

    store.before = interfere
    try:
        key = user.api_key.issue(timeout=120)
    except (ConnectionChanged, NotConnected, KeyPending, SecretLocked):
        assert what != "issued"
    except SecretTakenElsewhere:
        assert what == "erased"
    else:
        assert key.secret.reveal() == made.secret
        if row_of(custody, "alice") is None:
            return  # erased after it was stored
    if made.secret_taken:
        stored = key_of(custody, "alice")
        assert (
            (stored is not None and stored.secret is not None)
            or made.deleted == "partner"
            or made.external_id in {loss.external_id for loss in partner.lost()}
        )
