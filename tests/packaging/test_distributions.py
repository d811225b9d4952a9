"""The contents of the wheel and the sdist, and the metadata of the wheel."""

from __future__ import annotations

import re
import tarfile
import zipfile
from configparser import ConfigParser
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement

EXTRAS = {
    "aiohttp": {"httpx-aiohttp"},
    "cli": {"rich", "typer"},
    "django": {"django"},
    "fastapi": {"fastapi"},
    "flask": {"flask"},
    "sandbox": {"starlette", "uvicorn"},
    "sql": {"psycopg", "sqlalchemy"},
    "starlette": {"starlette"},
}
RUNTIME = {"attrs", "authlib", "certifi", "cryptography", "httpcore", "httpx", "msgspec"}


@pytest.fixture(scope="session")
def names(wheel: Path) -> list[PurePosixPath]:
    """Return every path in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return [PurePosixPath(name) for name in archive.namelist()]


@pytest.fixture(scope="session")
def metadata(wheel: Path, names: list[PurePosixPath]) -> Message:
    """Return the wheel's METADATA."""
    (path,) = [name for name in names if name.name == "METADATA"]
    with zipfile.ZipFile(wheel) as archive:
        return HeaderParser().parsestr(archive.read(str(path)).decode())


@pytest.fixture(scope="session")
def requirements(metadata: Message) -> list[Requirement]:
    """Return what the wheel requires, extras' requirements included."""
    return [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]


def version_of(root: Path) -> str:
    """Return the version that the tree declares."""
    declared = re.search(r'__version__ = "(.+)"', (root / "whitebit_ext/_version.py").read_text())
    assert declared is not None
    return declared[1]


def test_two_packages_at_top_level(names: list[PurePosixPath]) -> None:
    """The wheel contains only whitebit_api, whitebit_ext and its metadata."""
    tops = {name.parts[0] for name in names if not name.parts[0].endswith(".dist-info")}
    assert tops == {"whitebit_api", "whitebit_ext"}
    assert not [name for name in names if "generated" in name.parts]


def test_both_packages_are_typed(names: list[PurePosixPath]) -> None:
    """Both packages contain the marker of PEP 561."""
    for package in ("whitebit_api", "whitebit_ext"):
        assert PurePosixPath(package, "py.typed") in names


def test_wheel_has_only_modules_and_page_assets(names: list[PurePosixPath]) -> None:
    """The wheel contains no cache, test, spec or local database."""
    allowed = {".py", ".typed", ".html", ".css", ".js", ".svg"}
    strays = [
        name
        for name in names
        if not name.parts[0].endswith(".dist-info")
        and name.suffix not in allowed
        and name.name != "py.typed"
    ]
    assert strays == []
    assert not [name for name in names if "__pycache__" in name.parts]


def test_every_module_of_the_tree_is_shipped(names: list[PurePosixPath], root: Path) -> None:
    """The wheel contains exactly the Python files of both packages."""
    shipped = {str(name) for name in names if name.suffix == ".py"}
    written = {
        path.relative_to(base).as_posix()
        for base, package in ((root, "whitebit_ext"), (root / "generated", "whitebit_api"))
        for path in (base / package).rglob("*.py")
    }
    assert shipped == written


def test_identity(metadata: Message, root: Path) -> None:
    """Name, version, license, minimum Python version and description are those of the project."""
    assert metadata["Name"] == "whitebit-oauth"
    assert metadata["Version"] == version_of(root)
    assert metadata["License-Expression"] == "MIT"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert str(metadata.get_payload()).startswith("# whitebit-oauth")


def test_runtime_dependencies(requirements: list[Requirement]) -> None:
    """Without an extra, six libraries are installed, each with a minimum version."""
    bare = [req for req in requirements if req.marker is None]
    assert {req.name for req in bare} == RUNTIME
    assert all(">=" in str(req.specifier) for req in bare)


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_extra(extra: str, metadata: Message, requirements: list[Requirement]) -> None:
    """The extra is declared and installs only its own libraries."""
    assert metadata.get_all("Provides-Extra") == sorted(EXTRAS)
    brought = {
        req.name for req in requirements if req.marker and req.marker.evaluate({"extra": extra})
    }
    assert brought == EXTRAS[extra]


def test_entry_points(wheel: Path, names: list[PurePosixPath]) -> None:
    """One command and one pytest plugin are installed, and refer to their modules."""
    (path,) = [name for name in names if name.name == "entry_points.txt"]
    with zipfile.ZipFile(wheel) as archive:
        declared = ConfigParser()
        declared.read_string(archive.read(str(path)).decode())
    assert {name: dict(declared[name]) for name in declared.sections()} == {
        "console_scripts": {"whitebit-oauth": "whitebit_ext.cli:main"},
        "pytest11": {"whitebit": "whitebit_ext.pytest_plugin"},
    }


def test_sdist_is_complete(sdist: Path, root: Path) -> None:
    """The sdist contains the files that are needed to build, to regenerate and to run the tests."""
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    top = f"whitebit_oauth-{version_of(root)}"
    present = {name.removeprefix(f"{top}/") for name in names}
    for path in (
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "constraints/dev.txt",
        "generated/whitebit_api/__init__.py",
        "noxfile.py",
        "pyproject.toml",
        "scripts/regenerate.py",
        "scripts/test",
        "spec/openapi.yaml",
        "tests/conftest.py",
        "whitebit_ext/py.typed",
    ):
        assert path in present
    assert not [name for name in present if {".venv", ".nox", "__pycache__"} & {*name.split("/")}]
