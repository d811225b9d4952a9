"""Workers forked from a process that has used the library: nothing of it is shared by mistake."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from . import preloaded
from .children import Serve
from .preloaded import Preloaded, database_files
from .wiring import World

Answer = dict[str, Any]
USERS = 8
TURNS = 96
ROUNDS = 12


@pytest.fixture
def wiring(world: World) -> dict[str, Any]:
    """Connect users, each with a balance of its own, and return how to reach their partner."""
    with world.store() as store, world.partner(store) as partner:
        for number in range(USERS):
            name = f"user-{number}"
            world.sandbox.add_user(
                name,
                spot_balances={"BTC": (f"{number}.5", "0")},
                main_balances={"BTC": f"{number}.25"},
            )
            login = partner.authorize(name)
            callback = world.sandbox.person(name).approve(login.url)
            partner.connect(callback, binding=login.binding, user_id=name)
        taken = ("client_id", "client_secret", "redirect_uri", "base_url", "encryption_keys")
        arguments = world.arguments(store)
    return {"url": world.url} | {name: arguments[name] for name in taken}


def check(world: World, answers: list[Answer], processes: int) -> None:
    """Every answer is its own user's, and each process has connections of its own."""
    sockets: dict[int, set[int]] = defaultdict(set)
    backends: dict[int, set[int]] = defaultdict(set)
    for answer in answers:
        number = answer["user"].removeprefix("user-")
        assert (answer["spot"], answer["main"]) == (f"{number}.5", f"{number}.25")
        assert answer["external_id"] == world.made(answer["user"]).external_id
        sockets[answer["pid"]] |= set(answer["sockets"])
        backends[answer["pid"]] |= set(answer["backends"])
    assert len(sockets) == processes
    for owned in (sockets, backends):
        together = [one for mine in owned.values() for one in mine]
        assert len(together) == len(set(together))
    assert all(sockets.values())
    if world.url.startswith("postgresql"):
        assert all(backends.values())
    paths = [request.path for request in world.sandbox.requests if request.status == 200]
    for name in {answer["user"] for answer in answers}:
        assert paths.count(f"/oauth2/api-key/{world.made(name).external_id}/secret") == 1
    assert world.sandbox.breaches == []


@pytest.fixture
def gunicorn(wiring: dict[str, Any], tmp_path: Path) -> Iterator[httpx.Client]:
    """Run Gunicorn with `--preload`, three workers of four threads, on a UNIX socket."""
    # Not below tmp_path: the address of a UNIX socket holds 107 bytes, and a checkout may lie deep.
    short = Path(tempfile.mkdtemp(prefix="wb-", dir="/tmp"))
    address = short / "gunicorn"
    log = (tmp_path / "log").open("w+b")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--preload", "--workers", "3", "--threads", "4"),
            *("--worker-class", "gthread", "--bind", f"unix:{address}", "--worker-tmp-dir"),
            *(str(tmp_path), "--chdir", str(Path(__file__).parent), "preloaded:application"),
        ],
        env={**os.environ, preloaded.VARIABLE: json.dumps(wiring)},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(address)), base_url="http://app", timeout=60.0
        ) as client:
            until = time.monotonic() + 30.0
            while not address.exists():
                assert server.poll() is None, (log.seek(0), log.read())
                assert time.monotonic() < until, "Gunicorn does not start"
                time.sleep(0.02)
            yield client
    finally:
        server.terminate()
        server.wait(30)
        log.close()
        shutil.rmtree(short)


def test_gunicorn_with_preload(world: World, gunicorn: httpx.Client) -> None:
    """Three workers answer for eight users at once: each gets its own, over its own sockets."""
    before = gunicorn.get("/").json()

    def ask(turn: int) -> Answer:
        # A connection for each request, so that all workers get some.
        answer = gunicorn.get(f"/user-{turn % USERS}", headers={"connection": "close"})
        assert answer.status_code == 200, answer.text
        found: Answer = answer.json()
        return found

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(ask, range(TURNS)))
    check(world, [before, *answers], processes=1 + 3)


def test_a_pool_of_forked_workers(world: World, wiring: dict[str, Any]) -> None:
    """Four workers forked beside a parent in use, and the parent, have connections of their own."""
    made = Preloaded(wiring)
    before = made.serve("user-0")

    def work() -> Serve:
        inherited = database_files()
        assert inherited == [], "a file of SQLite is open in two processes"
        return made.serve

    with ThreadPoolExecutor(2) as threads:
        busy = [threads.submit(made.serve, f"user-{turn % USERS}") for turn in range(ROUNDS)]
        children = [world.child(work) for _ in range(4)]
        answers = list[Answer]()
        for turn in range(ROUNDS):
            for child in children:
                child.tell(f"user-{turn % USERS}")
            answers += [child.answer() for child in children]
        for child in children:
            child.__exit__(None, None, None)
        parents = [future.result() for future in busy]
    check(world, [before, *answers, *parents], processes=1 + 4)
    made.partner.close()
    made.store.close()
