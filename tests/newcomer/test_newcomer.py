"""The installed package in a new project that follows docs/testing.md."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from .conftest import Environment

PROJECT = Path(__file__).parent / "project"


def test_new_project_passes(environment: Callable[..., Environment], tmp_path: Path) -> None:
    """Four tests pass with only pytest and `whitebit-oauth[sandbox]` installed."""
    python = environment("pytest", "whitebit-oauth[sandbox]")
    folder = tmp_path / "copy-trader"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    answer = python.run("-P", "-m", "pytest", "-p", "no:cacheprovider", "-v", folder=folder)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "4 passed" in answer.stdout
    assert "whitebit-oauth-" in answer.stdout


def test_missing_extra_is_named(environment: Callable[..., Environment], tmp_path: Path) -> None:
    """Without the extra, other tests run, and a fixture says what to install."""
    python = environment("pytest", "whitebit-oauth")
    (tmp_path / "test_it.py").write_text(
        "def test_sum():\n    assert 1 + 1 == 2\n\n"
        "def test_it(whitebit_connect):\n    whitebit_connect('alice')\n"
    )
    answer = python.run("-P", "-m", "pytest", "-W", "error", "test_it.py", folder=tmp_path)
    assert "1 passed, 1 error" in answer.stdout, answer.stdout + answer.stderr
    assert "pip install 'whitebit-oauth[sandbox]'" in answer.stdout
    assert "Traceback" not in answer.stdout


def test_pytest_is_not_required(environment: Callable[..., Environment], tmp_path: Path) -> None:
    """The package and its sandbox work without pytest."""
    python = environment("whitebit-oauth[sandbox]")
    program = "import whitebit_ext.sandbox, importlib.util as u; print(u.find_spec('pytest'))"
    answer = python.run("-P", "-c", program, folder=tmp_path)
    assert answer.stdout == "None\n", answer.stderr


def test_unused_plugin_loads_nothing(
    environment: Callable[..., Environment], tmp_path: Path
) -> None:
    """A run that uses no fixture of the plugin imports no server, cryptography or wiring."""
    python = environment("pytest", "whitebit-oauth[sandbox]")
    (tmp_path / "conftest.py").write_text(
        "import json, pathlib, sys\n"
        "def pytest_unconfigure(config):\n"
        "    pathlib.Path('loaded.json').write_text(json.dumps(sorted(sys.modules)))\n"
    )
    (tmp_path / "test_it.py").write_text("def test_sum():\n    assert 1 + 1 == 2\n")
    answer = python.run("-P", "-m", "pytest", "-W", "error", folder=tmp_path)
    assert "1 passed" in answer.stdout, answer.stdout + answer.stderr
    loaded = set(json.loads((tmp_path / "loaded.json").read_text()))
    assert "whitebit_ext.pytest_plugin" in loaded
    late = {"authlib", "cryptography", "starlette", "uvicorn", "whitebit_ext.sandbox"}
    assert loaded.isdisjoint(late | {"whitebit_ext.pytest_plugin.wiring"})
