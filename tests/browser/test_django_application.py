"""The Django example: its database, its command, two workers of Gunicorn."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from .applications import EXAMPLES, Running, serving
from .walks import Walks


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Migrate the database and serve the application."""
    folder = tmp_path_factory.mktemp("django")
    database = folder / "db.sqlite3"
    gunicorn = ("gunicorn", "--workers", "2", "--worker-tmp-dir", str(folder))
    with serving(
        *("django", f"sqlite:///{database}", folder / "log"),
        *(*gunicorn, "--bind", "127.0.0.1:PORT", "project.wsgi"),
        users=("1", "2"),
        environment={"DATABASE": str(database)},
        first=("manage.py", "migrate"),
    ) as running:
        yield running


def test_the_command(served: Running) -> None:
    """`manage.py whitebit` runs the command line over the project's database."""
    done = subprocess.run(
        [sys.executable, "manage.py", "whitebit", "custody", "check"],
        cwd=EXAMPLES / "django",
        env=served.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "can be decrypted" in done.stdout


class TestDjangoApplication(Walks):
    """The conformance suite and the walks."""
