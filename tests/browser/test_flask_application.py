"""The Flask example: SQLite, Gunicorn with `--preload` and four workers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .applications import Running, serving
from .walks import Walks


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Serve the application."""
    folder = tmp_path_factory.mktemp("flask")
    gunicorn = ("gunicorn", "--preload", "--workers", "4", "--worker-tmp-dir", str(folder))
    with serving(
        *("flask", f"sqlite:///{folder}/whitebit.db", folder / "log"),
        *(*gunicorn, "--bind", "127.0.0.1:PORT", "app:app"),
    ) as running:
        yield running


class TestFlaskApplication(Walks):
    """The conformance suite and the walks."""
