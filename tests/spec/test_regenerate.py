"""The generated package is what the document makes, byte by byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
GENERATED = ROOT / "generated"
SPEC = ROOT / "spec"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the script as a person would: the generator's own warnings stay in that process."""
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "regenerate.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def copy(folder: Path) -> Path:
    """Copy the generated package and return where it is."""
    return shutil.copytree(
        GENERATED / "whitebit_api",
        folder / "whitebit_api",
        ignore=shutil.ignore_patterns("__pycache__"),
    )


def layer(folder: Path) -> Path:
    """Copy both faces of the library, and return the folder that they are in."""
    for name in ("_async", "_sync"):
        shutil.copytree(
            ROOT / "whitebit_ext" / name,
            folder / "layer" / name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    return folder / "layer"


def contents(folder: Path) -> dict[Path, bytes]:
    """Return every file in a folder with its bytes."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_tree_is_clean() -> None:
    """What is in the tree is what the document makes."""
    done = run("--check")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_every_difference_fails(tmp_path: Path) -> None:
    """One changed character, a missing and an extra file fail the check, and stay as they are."""
    package = copy(tmp_path)
    for name, old, new in (
        ("records.py", "orderId", "orderID"),
        ("client.py", "DEFAULT_TIMEOUT: Final = 10.0", "DEFAULT_TIMEOUT: Final = 10.1"),
    ):
        changed = package / name
        changed.write_text(changed.read_text("utf-8").replace(old, new, 1), "utf-8")
    (package / "py.typed").unlink()
    (package / "api" / "tokens" / "revoke_token.py").touch()
    before = contents(package)
    done = run("--check", "--output", tmp_path)
    assert done.returncode == 1
    assert contents(package) == before
    assert "4 files differ" in done.stderr
    assert "missing: py.typed" in done.stdout
    assert "extra: api/tokens/revoke_token.py" in done.stdout
    assert "changed: records.py" in done.stdout
    assert "changed: client.py" in done.stdout
    assert "orderID" in done.stdout


def test_a_changed_twin_fails(tmp_path: Path) -> None:
    """One character in the sync face fails the check, and is left as it is."""
    faces = layer(tmp_path)
    changed = faces / "_sync" / "tokens.py"
    changed.write_text(changed.read_text("utf-8").replace("newer", "never", 1) + " ", "utf-8")
    before = contents(faces)
    done = run("--check", "--layer", faces)
    assert (done.returncode, contents(faces)) == (1, before)
    assert "changed: tokens.py" in done.stdout


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import asyncio\n", "asyncio"),
        ("async_thing = 1\nasync = 2\n", "async = 2"),
    ],
)
def test_a_word_of_the_async_face_is_not_left_over(tmp_path: Path, line: str, told: str) -> None:
    """What no rule converts is an error that names the line."""
    faces = layer(tmp_path)
    with (faces / "_async" / "tokens.py").open("a", encoding="utf-8") as file:
        file.write(line)
    done = run("--check", "--layer", faces)
    assert done.returncode == 2
    assert told in done.stderr


def test_a_rule_that_changes_nothing_is_an_error(tmp_path: Path) -> None:
    """A rule outlives its use by no commit."""
    faces = layer(tmp_path)
    for path in (faces / "_async").glob("*.py"):
        text = path.read_text("utf-8").replace("aiter_raw", "iter_raw")
        path.write_text(text, "utf-8")
    done = run("--check", "--layer", faces)
    assert done.returncode == 2
    assert "matches nothing" in done.stderr


def test_old_package_goes(tmp_path: Path, regenerate: ModuleType) -> None:
    """Writing leaves nothing of the old package, and writes what is in the tree."""
    package = copy(tmp_path)
    (package / "extra.py").touch()
    done = run("--output", tmp_path, "--layer", layer(tmp_path))
    assert done.returncode == 0, done.stderr
    assert not (package / "extra.py").exists()
    assert regenerate.compare(GENERATED / "whitebit_api", package) == []


@pytest.mark.parametrize(
    "name",
    [
        *("operations.py", "enumerations.py", "records.py", "client.py"),
        *("api/tokens/exchange_code.py", "models/api_key_info.py", "py.typed"),
    ],
)
@pytest.mark.parametrize("byte", [b" ", b"\n", b"\r"])
def test_one_byte_is_a_difference(
    tmp_path: Path, regenerate: ModuleType, name: str, byte: bytes
) -> None:
    """One byte more in any file is a difference."""
    package = copy(tmp_path)
    with (package / name).open("ab") as file:
        file.write(byte)
    (difference,) = regenerate.compare(GENERATED / "whitebit_api", package)
    assert difference.startswith(f"changed: {name}")


def test_caches_of_python_do_not_count(tmp_path: Path, regenerate: ModuleType) -> None:
    """What Python caches beside a module is neither missing nor extra."""
    package = copy(tmp_path)
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "client.cpython-311.pyc").touch()
    assert regenerate.compare(GENERATED / "whitebit_api", package) == []


def test_a_warning_of_the_generator_is_an_error(tmp_path: Path) -> None:
    """An answer that the generator would leave out with a warning stops everything."""
    spec = shutil.copytree(SPEC, tmp_path / "spec")
    text = (spec / "openapi.yaml").read_text("utf-8")
    (spec / "openapi.yaml").write_text(text.replace("application/json:", "image/png:"), "utf-8")
    done = run("--spec", spec, "--output", tmp_path / "generated")
    assert done.returncode == 2
    assert "image/png" in done.stderr
    assert not (tmp_path / "generated").exists()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("x-max-window: P31D", "x-max-window: one month", "one month"),
        ("x-enumeration: Role", "x-enumeration: Side", "Side has different values"),
    ],
)
def test_what_no_table_can_show_is_an_error(tmp_path: Path, old: str, new: str, told: str) -> None:
    """A duration that is none and an enumeration with two sets of values are named."""
    spec = shutil.copytree(SPEC, tmp_path / "spec")
    text = (spec / "openapi.yaml").read_text("utf-8")
    (spec / "openapi.yaml").write_text(text.replace(old, new), "utf-8")
    done = run("--spec", spec, "--output", tmp_path / "generated")
    assert done.returncode == 2
    assert told in done.stderr


def test_the_limits_of_the_library_are_those_of_the_document(tmp_path: Path) -> None:
    """Another number in the document is another number in the table, written nowhere else."""
    spec = shutil.copytree(SPEC, tmp_path / "spec")
    text = (spec / "openapi.yaml").read_text("utf-8")
    text = text.replace("x-max-with-limit: 10000", "x-max-with-limit: 7000")
    (spec / "openapi.yaml").write_text(text.replace("maxItems: 20", "maxItems: 7"), "utf-8")
    done = run("--spec", spec, "--output", tmp_path / "generated", "--layer", layer(tmp_path))
    assert done.returncode == 0, done.stderr
    program = (
        "from whitebit_ext.account.listing import CAP\n"
        "from whitebit_ext.account.parameters import transactions_query as query\n"
        "try:\n    query(addresses=['a'] * 8)\n"
        "except Exception as error:\n    print(CAP, error)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": f"{tmp_path / 'generated'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout.startswith("6999 "), found.stderr
    assert "1 to 7" in found.stdout


@pytest.mark.parametrize(
    ("distribution", "pins"),
    [
        ("openapi-python-client", "openapi-python-client==0.0.1\nruff==0.0.1\n"),
        ("not-a-distribution", "not-a-distribution==1.0\n"),
    ],
)
def test_other_versions_are_refused(
    tmp_path: Path,
    regenerate: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    distribution: str,
    pins: str,
) -> None:
    """A tool that is missing or has another version than the pinned one is refused."""
    file = tmp_path / "dev.txt"
    file.write_text(pins, "utf-8")
    monkeypatch.setattr(regenerate, "PINS", file)
    with pytest.raises(
        regenerate.RegenerateError, match=f"^{distribution} .* is needed, .* is installed"
    ):
        regenerate.check_pin(distribution)


def test_every_module_says_not_to_edit_it() -> None:
    """Every module starts with the note, and the package is marked as typed."""
    modules = list((GENERATED / "whitebit_api").rglob("*.py"))
    assert len(modules) > 50
    assert all("Do not edit" in path.read_text("utf-8").split("\n", 1)[0] for path in modules)
    assert (GENERATED / "whitebit_api" / "py.typed").exists()
    assert not (GENERATED / "__init__.py").exists()
