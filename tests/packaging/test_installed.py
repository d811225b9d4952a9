"""Under nox, the tests run against the installed wheel and never against the tree."""

from __future__ import annotations

import os
import sys
import sysconfig
from importlib.metadata import files
from pathlib import Path

import pytest

import whitebit_api
import whitebit_ext

pytestmark = pytest.mark.skipif(
    "WHITEBIT_OAUTH_WHEEL" not in os.environ,
    reason="outside `nox -s tests` the packages may come from the tree",
)


@pytest.mark.parametrize("package", [whitebit_api, whitebit_ext])
def test_packages_come_from_site_packages(package: object) -> None:
    """Both packages are imported from the session's site-packages."""
    origin = getattr(package, "__file__", None)
    assert origin is not None
    assert Path(origin).is_relative_to(sysconfig.get_path("purelib"))


def test_tree_is_not_importable(root: Path) -> None:
    """Neither the root nor generated/ is on the import path."""
    entries = {Path(entry).resolve() for entry in sys.path}
    assert entries.isdisjoint({root.resolve(), (root / "generated").resolve()})


def test_installed_files_are_current(root: Path) -> None:
    """The installed wheel was built from the current tree, byte for byte."""
    installed = {str(file): file for file in files("whitebit-oauth") or [] if file.suffix == ".py"}
    assert "whitebit_ext/__init__.py" in installed
    for name, file in installed.items():
        source = root / ("generated" if name.startswith("whitebit_api") else "") / name
        assert Path(str(file.locate())).read_bytes() == source.read_bytes(), name
