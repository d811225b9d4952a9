"""The command `whitebit-oauth sandbox`."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from whitebit_ext.cli.demo.display import show_sandbox

from .calling import call

# A shell starts what it runs in the background with SIGINT ignored; the terminal's is meant here.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from whitebit_ext.cli import main; main()"
)


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """Return the command as a process, on two free ports."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM, "sandbox", "--json"]
    options = ["--port", "0", "--eu-port", "0", "--client-id", "me", "--user", "carol"]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        yield running
        running.kill()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_runs_until_stopped(process: subprocess.Popen[str], how: signal.Signals) -> None:
    """Both servers respond at the printed URLs, and a signal stops the command with exit code 0."""
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    assert (facts["client_id"], facts["users"]) == ("me", ["carol"])
    for url in (facts["global_url"], facts["eu_url"]):
        assert httpx.get(f"{url}/api/v4/public/time").json()["time"] > 0
    process.send_signal(how)
    _, complaints = process.communicate(timeout=10)
    assert (process.returncode, complaints) == (0, "Stopped.\n")


def test_port_in_use() -> None:
    """A port in use is reported in one line, with exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = call("sandbox", "--port", port, "--eu-port", "0")
    assert result.exit_code == 2
    assert result.stderr.startswith(
        f"whitebit-oauth sandbox: 127.0.0.1, port {port} or 0: Address already"
    )
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_text_output(capsys: pytest.CaptureFixture[str]) -> None:
    """The text output has URLs, credentials, and code that can be copied and run."""
    facts = {
        "global_url": "http://127.0.0.1:1",
        "eu_url": "http://127.0.0.1:2",
        "client_id": "me",
        "client_secret": "[bold]+/=",
        "redirect_uris": ["http://127.0.0.1:8000/callback"],
        "users": ["alice"],
    }
    show_sandbox(facts)
    shown = capsys.readouterr().out
    assert "[bold]+/=" in shown
    start, end = shown.index("from whitebit_ext"), shown.index("print(login.url)")
    code = shown[start:end]
    namespace: dict[str, object] = {}
    exec(compile(code, "shown", "exec"), namespace)  # noqa: S102  # our own text, as one copies it
    assert "login" in namespace


def test_off_loopback() -> None:
    """As in a container: the printed link has the token, and the printed URL is the public one."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM, "sandbox", "--json"]
    options = ["--host", "0.0.0.0", "--port", "0", "--eu-port", "0", "--allow-host", "sandbox"]  # noqa: S104 - what this is about
    public = ["--public-url", "http://localhost:8710", "--client-secret", "s3cret"]
    with subprocess.Popen(
        [*command, *options, *public], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            facts = json.loads(running.stdout.readline())
            assert facts["global_url"] == "http://localhost:8710"
            token = facts["control_token"]
            assert facts["state_and_switches"] == f"http://localhost:8710/sandbox/?token={token}"
            base = facts["eu_url"]  # the port of the global server is the container's own
            headers = {"Authorization": f"Bearer {token}", "Host": "sandbox"}
            assert httpx.get(f"{base}/sandbox/state", headers={"Host": "localhost"}).is_client_error
            assert httpx.post(f"{base}/sandbox/reset", json={}, headers=headers).is_success
            state = httpx.get(f"{base}/sandbox/state", headers=headers).json()
            assert [user["name"] for user in state["users"]] == ["alice", "bob"]
            assert [client["client_id"] for client in state["clients"]] == ["demo-partner"]
        finally:
            running.kill()


def test_wrong_public_url() -> None:
    """A public URL that is none is reported in one line, with exit code 2."""
    result = call("sandbox", "--public-url", "localhost:8710")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("whitebit-oauth sandbox: public_url: ")
