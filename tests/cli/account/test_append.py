"""Exports that go on with what is new, and exports of two processes into one file."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from whitebit_ext.sandbox import HistoryName, Sandbox

from .exporting import COUNT, OPERATIONS, PAGE, READS, fail, lines_of, name_of, run, wire_names

pytestmark = pytest.mark.usefixtures("sandbox")
COMMAND = "from whitebit_ext.cli import main; main()"


def rows_of(file: Path) -> list[dict[str, Any]]:
    """Return the rows of an exported file."""
    if file.suffix == ".jsonl":
        return lines_of(file.read_text("utf-8"))
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline="")))


@pytest.mark.parametrize("format", ["jsonl", "csv"])
@pytest.mark.parametrize("read", READS)
def test_append_adds_what_is_new(
    sandbox: Sandbox, tmp_path: Path, read: HistoryName, format: str
) -> None:
    """After the first export, `--append` adds the rows that came since, each once."""
    file = tmp_path / f"rows.{format}"
    run(read, "--out", str(file), *PAGE)
    first = file.read_bytes()
    run(read, "--out", str(file), *PAGE, "--append")
    assert file.read_bytes() == first, "nothing was new"
    sandbox.history("alice").arrive(read, 7)
    run(read, "--out", str(file), *PAGE, "--append")
    assert file.read_bytes().startswith(first)
    names = [str(name_of(row)[1]) for row in rows_of(file)]
    assert len(names) == COUNT + 7
    assert set(names) == {str(name[1]) for name in wire_names(sandbox, read)}


def test_append_finishes_what_was_interrupted(sandbox: Sandbox, tmp_path: Path) -> None:
    """A first export and a later one can both fail in the middle: the next run goes on."""
    file = tmp_path / "deals.csv"
    append = ("deals", "--out", str(file), *PAGE, "--append")
    fail(sandbox, "deals", 3)
    assert "Add --resume to continue" in run(*append, code=4).stderr
    sandbox.faults.clear()
    run(*append)
    assert len(rows_of(file)) == COUNT
    sandbox.history("alice").arrive("deals", 120)
    fail(sandbox, "deals", 2)
    run(*append, code=4)
    sandbox.faults.clear()
    run(*append)
    run(*append)
    ids = [row["id"] for row in rows_of(file)]
    assert len(ids) == len(set(ids)) == COUNT + 120


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--append", "--columns", "id"), "--append requires the columns market, order_id, role"),
        (("--append", "--market", "BTC_USDT"), "another export (different: market)"),
        (("--append", "--raw-cells"), "another export (different: raw_cells)"),
    ],
)
def test_append_to_another_export(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """Rows of another export are not added, and those that could not be told apart neither."""
    file = tmp_path / "deals.csv"
    run("deals", "--out", str(file))
    before = file.read_bytes()
    assert said in run("deals", "--out", str(file), *arguments, code=2).stderr
    assert file.read_bytes() == before


def test_append_to_a_changed_file(tmp_path: Path) -> None:
    """What somebody else has written into the file is not removed."""
    file = tmp_path / "deals.csv"
    run("deals", "--out", str(file))
    with file.open("a") as more:
        more.write("a note\n")
    assert "is longer than recorded" in run("deals", "--out", str(file), "--append", code=2).stderr
    assert file.read_text().endswith("a note\n")
    (tmp_path / "deals.csv.cursor").unlink()
    said = run("deals", "--out", str(file), "--append", code=2).stderr
    assert "Omit --append to overwrite it" in said


@pytest.fixture
def held(sandbox: Sandbox) -> Iterator[Any]:
    """Hold the answers of the deals, so that an export stands still."""
    with sandbox.hold(OPERATIONS["deals"]) as holding:
        yield holding


@pytest.mark.parametrize("how", [(), ("--append",), ("--resume",), ("--format", "json")])
def test_one_process_writes_a_file(tmp_path: Path, held: Any, how: tuple[str, ...]) -> None:
    """The second process is told who writes the file, and writes nothing; a dead one is no bar."""
    file = tmp_path / "deals.csv"
    command = [sys.executable, "-c", COMMAND, "account", "deals", "--out", str(file)]
    with subprocess.Popen([*command, "--user", "alice"], stderr=subprocess.PIPE) as first:
        held.wait(1, timeout=20)
        said = run("deals", "--out", str(file), *how, code=2).stderr
        assert f"{file} is being written by process {first.pid} on " in said
        assert said.count("\n") == 1
        first.kill()
    held.release()
    assert (tmp_path / "deals.csv.lock").exists(), "the system releases it, and keeps the file"
    run("deals", "--out", str(file), *how)
    assert not (tmp_path / "deals.csv.lock").exists()
    if "json" not in how:
        assert len(rows_of(file)) == COUNT
    else:
        assert len(json.loads(file.read_text())) == COUNT
