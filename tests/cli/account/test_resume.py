"""Interrupted exports of `whitebit-oauth account`, and how they are resumed."""

from __future__ import annotations

import csv
import io
import re
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from whitebit_ext.cli.account import files
from whitebit_ext.sandbox import HistoryName, Sandbox

from .exporting import (
    COUNT,
    OPERATIONS,
    PAGE,
    READS,
    fail,
    lines_of,
    name_of,
    run,
    wire_names,
)

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_interrupted_export_is_resumed(
    sandbox: Sandbox, tmp_path: Path, read: HistoryName, format: str
) -> None:
    """After a failed page and a partial line, the resumed file is complete."""
    whole, file = tmp_path / f"whole.{format}", tmp_path / f"part.{format}"
    run(read, "--out", str(whole), *PAGE)
    finished = {whole.name, f"{whole.name}.cursor"}
    sandbox.forget_requests()
    fail(sandbox, read, 3)
    said = run(read, "--out", str(file), *PAGE, code=4).stderr
    sidecar = tmp_path / f"part.{format}.cursor"
    assert "Add --resume to continue" in said
    assert said.count("\n") == 1
    kept = file.read_bytes()
    assert 0 < len(kept) < whole.stat().st_size
    assert whole.read_bytes().startswith(kept)
    with file.open("ab") as torn:
        torn.write(kept.splitlines(keepends=True)[-1] + b'{"id": 12')
    refused = run(read, "--out", str(file), *PAGE, code=2).stderr
    assert "Add --resume to continue it" in refused
    sandbox.faults.clear()
    run(read, "--out", str(file), *PAGE, "--resume")
    assert file.read_bytes() == whole.read_bytes()
    finished |= {file.name, sidecar.name}
    assert {path.name for path in tmp_path.iterdir()} == finished


def test_killed_export_is_resumed(sandbox: Sandbox, tmp_path: Path) -> None:
    """The export of a killed process is completed by another one."""
    file = tmp_path / "deals.jsonl"
    sandbox.seed_history("alice", deals=2_000)
    command = "from whitebit_ext.cli.account.commands import account; account()"
    arguments = ("deals", "--out", str(file), "--page-size", "20")
    with (
        sandbox.hold(OPERATIONS["deals"]) as held,
        subprocess.Popen([sys.executable, "-c", command, *arguments, "--user", "alice"]) as child,
    ):
        held.wait(1, timeout=20)
        held.release()
        while not (file.exists() and file.stat().st_size > 20_000):
            assert child.poll() is None
        child.send_signal(signal.SIGKILL)
    run(*arguments, "--resume")
    rows = [name_of(row) for row in lines_of(file.read_text())]
    assert rows == wire_names(sandbox, "deals")


def test_export_is_resumed_after_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C between a page and its sidecar, the resumed file has no duplicate rows."""
    file = tmp_path / "orders.csv"
    noted = files.write_whole
    count = 0

    def stop(path: Path, content: Iterable[bytes]) -> None:
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        noted(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(files, "write_whole", stop)
        said = run("orders", "--out", str(file), *PAGE, code=130).stderr
    saved = rf"interrupted\. 1\d\d rows are saved in {file}\. Add --resume to continue\."
    assert re.fullmatch(f"whitebit-oauth account orders: {saved}\n", said)
    assert len(file.read_text().splitlines()) > 100
    run("orders", "--out", str(file), *PAGE, "--resume", "--bearer")
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert len({row["id"] for row in rows}) == len(rows) == COUNT


def test_resume_without_an_export(tmp_path: Path) -> None:
    """`--resume` starts a new export, and refuses a complete file."""
    file = tmp_path / "deals.csv"
    run("deals", "--out", str(file), "--resume")
    assert len(file.read_text().splitlines()) == COUNT + 1
    assert "the export is complete" in run("deals", "--out", str(file), "--resume", code=2).stderr


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("--format", "csv"), "another export (different: format)"),
        (("--market", "BTC_USDT"), "another export (different: market)"),
        (("--since", "2026-05-01"), "another export (different: since)"),
        (("--raw-cells", "--format", "csv"), "another export (different: format, raw_cells)"),
    ],
)
def test_another_export_is_not_resumed(
    sandbox: Sandbox, tmp_path: Path, changed: tuple[str, ...], said: str
) -> None:
    """An export cannot be resumed with other arguments."""
    file = tmp_path / "deals.jsonl"
    fail(sandbox, "deals", 3)
    run("deals", "--out", str(file), *PAGE, code=4)
    before = file.read_bytes()
    assert said in run("deals", "--out", str(file), *PAGE, "--resume", *changed, code=2).stderr
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", ["", "[]", '{"version": 1}', "no JSON", '{"version": 2}'])
def test_invalid_sidecar(tmp_path: Path, content: str) -> None:
    """An invalid sidecar is an error."""
    file = tmp_path / "deals.jsonl"
    file.write_text("kept\n")
    (tmp_path / "deals.jsonl.cursor").write_text(content)
    said = run("deals", "--out", str(file), "--resume", code=2).stderr
    assert "is not the cursor of an export" in said
    assert file.read_text() == "kept\n"


def test_shortened_file_is_not_resumed(sandbox: Sandbox, tmp_path: Path) -> None:
    """A file that is shorter than recorded in its sidecar is an error."""
    file = tmp_path / "deals.jsonl"
    fail(sandbox, "deals", 3)
    run("deals", "--out", str(file), *PAGE, code=4)
    file.write_bytes(file.read_bytes()[:100])
    assert "is shorter than" in run("deals", "--out", str(file), "--resume", code=2).stderr


@pytest.mark.parametrize("format", ["json", "jsonl", "csv", "table"])
def test_failure_keeps_the_existing_file(sandbox: Sandbox, tmp_path: Path, format: str) -> None:
    """An existing file is kept until the first page has been received."""
    file = tmp_path / "deals"
    file.write_text("yesterday\n")
    fail(sandbox, "deals", 1)
    run("deals", "--format", format, "--out", str(file), code=4)
    assert file.read_text() == "yesterday\n"
    sandbox.faults.clear()
    run("deals", "--format", format, "--out", str(file))
    assert "yesterday" not in file.read_text()
    finished = {"deals", "deals.cursor"} if format in ("csv", "jsonl") else {"deals"}
    assert {path.name for path in tmp_path.iterdir()} == finished
