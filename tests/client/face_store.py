"""The one store of all partners of a face, which fails where a test wants it to."""

from __future__ import annotations

import pytest

from .faces import Face
from .failing import FailingStore


@pytest.fixture(name="store")
def failing_store(face: Face) -> FailingStore:
    """Return the store of all partners of the face."""
    store = FailingStore()
    face.store = store
    return store
