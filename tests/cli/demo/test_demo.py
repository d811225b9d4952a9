"""`whitebit-oauth demo`: what it does, what it tells, and what it never shows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.cli.calling import call
from tests.cli.leaking import encodings
from whitebit_ext import Region
from whitebit_ext.cli.demo import demonstration
from whitebit_ext.cli.demo.demonstration import Demo
from whitebit_ext.cli.demo.display import show_outcome
from whitebit_ext.cli.demo.steps import Outcome, Step, expect, refusal, walk
from whitebit_ext.sandbox import Sandbox, SecretKind

FLOW = [
    *("sandbox", "authorize", "consent", "connect", "issue"),
    *("second_retrieval", "stored", "signed", "delete"),
]
REFUSAL = ["sandbox", "authorize", "consent", "connect", "refusal"]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Return a running sandbox whose keys are there at once."""
    with Sandbox(key_delay=0) as running:
        yield running


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command's own sandbox make keys at once."""
    monkeypatch.setattr(demonstration, "Sandbox", partial(Sandbox, key_delay=0))


def told(region: Region, sandbox: Sandbox) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Run a demonstration; return its steps and its summary as they are told to a program."""
    with Demo(region, sandbox) as demonstration:
        steps = [outcome.as_dict() for outcome in walk(demonstration.steps)]
        return steps, dict(demonstration.summary(all(step["ok"] for step in steps)))


@pytest.mark.usefixtures("at_once")
def test_whole_flow_as_json() -> None:
    """Every step of the flow is one line, and the last line says what was proved."""
    result = call("demo", "--json")
    assert result.exit_code == 0, result.output
    *steps, summary = [json.loads(line) for line in result.stdout.splitlines()]
    assert [step["step"] for step in steps] == FLOW
    assert [step["number"] for step in steps] == list(range(1, len(FLOW) + 1))
    assert all(step["ok"] for step in steps)
    assert summary == {
        "step": "summary",
        "ok": True,
        "region": "global",
        "second_retrieval_refused_with_409": True,
        "stored_secret_returned": True,
        "signed_request_accepted": True,
        "key_deleted": True,
        "requests": summary["requests"],
        "contract_breaches": 0,
    }


@pytest.mark.usefixtures("at_once")
def test_whole_flow_for_a_person() -> None:
    """On a terminal each step has its number and title, and a verdict stands at the end."""
    result = call("demo")
    assert result.exit_code == 0, result.output
    assert " 5. Wait for the key; retrieve its secret once" in result.stdout
    assert "Secret already retrieved." in result.stdout
    assert "All steps succeeded." in result.stdout


def test_facts_come_from_the_server(sandbox: Sandbox) -> None:
    """The facts of the steps match the log of the sandbox: one exchange, one retrieval, a 409."""
    steps, _ = told(Region.GLOBAL, sandbox)
    facts = {step["step"]: step["facts"] for step in steps}
    assert facts["authorize"]["page"] == f"{sandbox.global_url}/auth/login"
    assert facts["authorize"]["parameters"] == [
        *("clientId", "code_challenge", "code_challenge_method", "redirect_uri", "state")
    ]
    assert facts["connect"]["token_requests"] == 1
    assert facts["issue"]["retrievals"] == 1
    assert facts["issue"]["granted"] == ["main_account", "trading"]
    assert facts["second_retrieval"] == {"status": 409, "message": ["Secret already retrieved."]}
    assert facts["stored"] == {"same_secret": True, "requests": 0}
    assert facts["signed"]["httpx_with_key_auth"] == 200
    assert facts["delete"] == {
        "state": "absent",
        "library_with_it": "NotConnected",
        "httpx_with_key_auth": 401,
    }
    assert sandbox.count(None, "get_api_key_secret", status=200) == 1
    assert sandbox.count(None, "get_api_key_secret", status=409) == 1
    assert sandbox.breaches == []


def test_eu_shows_the_refusal(sandbox: Sandbox) -> None:
    """In the EU region, every key operation is refused without a request."""
    steps, summary = told(Region.EU, sandbox)
    assert [step["step"] for step in steps] == REFUSAL
    facts = steps[-1]["facts"]
    assert facts["error"] == "RegionNotSupported"
    assert facts["refused"] == ["get_api_key_info", "get_api_key_secret", "delete_api_key"]
    assert facts["requests_sent"] == 0
    assert facts["connections_opened"] == 0
    assert summary["ok"] is True
    assert summary["refused_before_sending"] is True
    assert summary["nothing_sent"] is True


def test_eu_sends_nothing_to_either_server(sandbox: Sandbox) -> None:
    """An EU demonstration sends nothing to the global server, and no key requests."""
    told(Region.EU, sandbox)
    assert {record.region for record in sandbox.requests} == {"eu"}
    assert not [record for record in sandbox.requests if "api-key" in record.path]
    assert sandbox.connections("global") == 0


def test_eu_refusal_is_no_failure() -> None:
    """The command exits with 0 after the expected refusal in the EU region."""
    result = call("demo", "--region", "eu")
    assert result.exit_code == 0, result.output
    assert "RegionNotSupported" in result.stdout
    assert "nothing was sent" in " ".join(result.stdout.split())


@pytest.mark.parametrize("region", list(Region))
def test_no_secret_is_shown(
    region: Region, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    """No secret that was issued or received is in either output, in any encoding."""
    with Demo(region, sandbox) as demonstration:
        for outcome in walk(demonstration.steps):
            show_outcome(outcome)
            print(json.dumps(outcome.as_dict()))
    shown = capsys.readouterr().out
    assert "Create a login URL" in shown
    kinds: list[SecretKind] = ["client_secret", "code", "access_token", "code_verifier"]
    if region is Region.GLOBAL:
        kinds.append("api_secret")
    for kind in kinds:
        values = sandbox.issued_values(kind)
        assert values, kind
        for value in values:
            assert not [form for form in encodings(value) if form in shown], kind


def test_a_failing_server_ends_the_demonstration(sandbox: Sandbox) -> None:
    """A failed step is the last one, and reports the error and its hint."""
    sandbox.faults.add("exchange_code", kind="status", status=500, times=1000)
    steps, summary = told(Region.GLOBAL, sandbox)
    assert [step["step"] for step in steps] == FLOW[:4]
    assert steps[-1]["ok"] is False
    assert steps[-1]["facts"].keys() == {"error", "message", "hint"}
    assert summary["ok"] is False
    assert summary["second_retrieval_refused_with_409"] is False


def test_unexpected_outcome_ends_the_demonstration(sandbox: Sandbox) -> None:
    """A second retrieval without a 409 is reported."""
    sandbox.faults.add("get_api_key_secret", kind="status", status=404, nth=2)
    steps, summary = told(Region.GLOBAL, sandbox)
    assert steps[-1]["step"] == "second_retrieval"
    assert steps[-1]["facts"]["message"] == "the second retrieval returned 404"
    assert summary["ok"] is False


def test_failure_is_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command exits with 1 when a step failed."""

    def fail(self: Demo) -> dict[str, Any]:
        expect(False, "made to fail")
        return {}

    monkeypatch.setattr(Demo, "introduce", fail)
    result = call("demo")
    assert result.exit_code == 1
    assert "made to fail" in result.stdout
    assert "Not all steps succeeded." in result.stdout


def test_missing_refusal() -> None:
    """A call that should be refused but succeeds is an unexpected outcome."""
    step = Step("refusal", "Something is refused", lambda: {"error": refusal(lambda: None)})
    (outcome,) = walk([step])
    assert outcome == Outcome(
        number=1,
        name="refusal",
        title="Something is refused",
        ok=False,
        facts={
            "error": "unexpected",
            "message": "the call should have been refused, but it succeeded",
        },
    )


@pytest.mark.parametrize("arguments", [["demo", "--region", "mars"], ["dance"], ["demo", "--jsn"]])
def test_wrong_usage(arguments: list[str]) -> None:
    """A command, option or region that does not exist is a usage error."""
    assert call(*arguments).exit_code == 2


def test_as_a_process() -> None:
    """As a separate process, it prints no warnings, and loads no forbidden modules."""
    code = (
        "import atexit, sys\n"
        "never = ('authlib.integrations', 'joserfc', 'httpx2')\n"
        "atexit.register(lambda: print('loaded:', [n for n in never if n in sys.modules]))\n"
        "from whitebit_ext.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "demo", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    *_, summary, loaded = done.stdout.splitlines()
    assert json.loads(summary)["ok"] is True
    assert loaded == "loaded: []"
