"""What tests of the spill directory share: a partner that has one, and a secret that goes there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from whitebit_ext import User, WhiteBIT
from whitebit_ext.errors import SecretNotStored
from whitebit_ext.sandbox import ApiKey

from .faces import Face, connected
from .failing import FailingStore


@pytest.fixture(name="directory")
def spill_directory(tmp_path: Path) -> Path:
    """Return an empty spill directory."""
    made = tmp_path / "spill"
    made.mkdir()
    return made


@pytest.fixture(name="partner")
def spilling_partner(face: Face, store: FailingStore, directory: Path) -> WhiteBIT:
    """Return a partner with a store that can fail and a spill directory."""
    return face.partner(spill=directory)


def ready(face: Face, partner: WhiteBIT, name: str = "alice") -> tuple[User, ApiKey]:
    """Connect a user whose key is there already, its secret untouched."""
    user = connected(face, name, partner=partner)
    face.clock.advance(2)
    made = face.sandbox.key(name, face.client)
    assert made is not None
    return user, made


@contextlib.contextmanager
def store_away(face: Face, store: FailingStore, name: str = "alice") -> Iterator[None]:
    """Have the store fail from the moment on at which the server gives the secret out."""
    made = face.sandbox.key(name, face.client)
    assert made is not None
    store.fails = lambda method, kind: made.secret_taken
    yield
    store.mend()


def spill(face: Face, store: FailingStore, user: User) -> SecretNotStored:
    """Let a secret come while the store fails, and return the error."""
    with store_away(face, store, user.id), pytest.raises(SecretNotStored) as caught:
        user.api_key.issue()
    return caught.value
