"""Workers as processes of their own: killed at any point, told to stop, two at once."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from whitebit_ext import User, WhiteBIT
from whitebit_ext.sandbox import PartnerClient, Sandbox

from .conftest import REDIRECT_URI, Start

Command = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(name="command")
def command_line(
    sandbox: Sandbox, client: PartnerClient, store_url: str, key: str
) -> Iterator[Command]:
    """Return what starts the command line with the variables of the partner."""
    started: list[subprocess.Popen[str]] = []
    variables = {
        "CLIENT_ID": client.client_id,
        "CLIENT_SECRET": client.client_secret,
        "REDIRECT_URI": REDIRECT_URI,
        "REGION": "global",
        "BASE_URL": sandbox.url("global"),
        "STORE": store_url,
        "ENCRYPTION_KEYS": key,
    }

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", "from whitebit_ext.cli import main; main()", *arguments],
            env=os.environ | {f"WHITEBIT_OAUTH_{name}": text for name, text in variables.items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def choosing(sandbox: Sandbox, partner: WhiteBIT, name: str) -> User:
    """Connect a user who does not finish choosing permissions."""
    sandbox.add_user(name).choosing_time = math.inf
    login = partner.authorize(name)
    callback = sandbox.person(name).approve(login.url)
    return partner.connect(callback, binding=login.binding, user_id=name)


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something is true."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_workers_that_are_killed_and_told_to_stop(
    sandbox: Sandbox, partner: WhiteBIT, client: PartnerClient, command: Command, tmp_path: Path
) -> None:
    """One of two is killed: the other connects the user, once; SIGTERM ends it with 0."""
    health = tmp_path / "health"
    anna, bert = (choosing(sandbox, partner, name) for name in ("anna", "bert"))
    doomed = command("worker", "--interval", "1")
    worker = command("worker", "--interval", "1", "--health-file", str(health), "--json")
    until(health.exists)
    sandbox.finish_choosing("anna")
    until(lambda: anna.status().state == "connected")
    doomed.kill()
    sandbox.finish_choosing("bert")
    until(lambda: bert.status().state == "connected")
    assert bert.status().worker_seen_at is not None
    assert sandbox.count("GET", "get_api_key_secret") == 2
    worker.send_signal(signal.SIGTERM)
    printed, said = worker.communicate(timeout=60)
    assert (worker.returncode, said) == (0, "")
    assert sum(json.loads(line)["finished"] for line in printed.splitlines()) in (1, 2)
    assert json.loads(health.read_text())["waiting"] == 0


def test_one_pass(sandbox: Sandbox, partner: WhiteBIT, command: Command) -> None:
    """`maintain` makes one pass, and prints what it did."""
    user = choosing(sandbox, partner, "anna")
    sandbox.finish_choosing("anna")
    process = command("maintain", "--json")
    printed, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
    assert json.loads(printed)["finished"] == 1
    assert user.status().state == "connected"


def test_killed_after_each_write(
    sandbox: Sandbox, partner: WhiteBIT, hasty: WhiteBIT, start: Start
) -> None:
    """Wherever a worker dies, the next one goes on, and no secret is lost."""
    for writes in range(1, 5):
        user = choosing(sandbox, partner, f"user-{writes}")
        sandbox.finish_choosing(f"user-{writes}")
        assert start(dies_at=writes).ask("partner.maintain()") is None
        until(lambda: not hasty.maintain().waiting)
        assert user.api_key.issue(timeout=0).user_id == user.id
    assert partner.lost() == ()
    assert sandbox.count("GET", "get_api_key_secret") == 4
