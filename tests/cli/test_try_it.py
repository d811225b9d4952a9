"""The tutorial of docs/account-reads.md, run in a shell."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "account-reads.md").read_text(encoding="utf-8")
(SANDBOX,) = re.findall(r"```console\n\$ whitebit-oauth (sandbox.*?)\n```", PAGE)
(SCRIPT,) = re.findall(
    r"<!-- run by tests/cli/test_try_it\.py -->\n```sh\n(.*?)```", PAGE, re.DOTALL
)
PROGRAMS = Path(sys.executable).parent
ROWS = 1_200


@pytest.fixture
def sandbox() -> Iterator[dict[str, Any]]:
    """Run the page's sandbox on free ports and with fewer rows, and return what it says."""
    options = SANDBOX.replace("25000", str(ROWS)).split()
    assert options[-2:] == ["--rows", str(ROWS)]
    ports = ["--json", "--port", "0", "--eu-port", "0"]
    command = [str(PROGRAMS / "whitebit-oauth"), *options, *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        yield json.loads(running.stdout.readline())
        running.terminate()


def test_the_walk_through_works(sandbox: dict[str, Any], tmp_path: Path) -> None:
    """The tutorial connects a user, shows balances and orders, and exports."""
    script = SCRIPT.replace("http://127.0.0.1:8710", sandbox["global_url"])
    assert script != SCRIPT
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "BTC" in done.stdout
    assert "market" in done.stdout
    with (tmp_path / "transactions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["transaction_id"] for row in rows}) == len(rows) == ROWS
    assert json.loads((tmp_path / "transactions.csv.cursor").read_bytes())["finished"]
