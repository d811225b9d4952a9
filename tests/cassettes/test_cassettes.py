"""The cassettes replay through the real client, are up to date, and hold no secret.

That no secret is in them is shown three ways. They are recorded anew here, and the new ones are
searched for every value that the sandbox issued or was sent while it happened. The committed ones
equal the new ones, so they hold nothing that differs from one recording to the next, which every
secret does. And whatever in a committed one looks like a token must be a placeholder: this also
holds for cassettes of WhiteBIT, whose secrets nobody has here.
"""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest
import yaml
from anyio.from_thread import BlockingPortal

from ..client.bad_answers import expected
from .reads import BY_OPERATION, refusals_name, shapes_name
from .record import record_from_sandbox, record_from_whitebit
from .redaction import (
    PLACEHOLDER,
    NotInCassetteError,
    Redaction,
    SecretInCassetteError,
    cassette,
    found,
)
from .replaying import ReplayStage, replay
from .scenes import ERRORS, cassette_name, failing, flow

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "spec" / "openapi.yaml"
COMMITTED = sorted(HERE.glob("*/*.yaml"))
FLOWS = sorted(HERE.glob("*/flow.yaml"))
MADE_OF = {"BASE64-OF-THE-BODY", "SIGNED-WITH-API-SECRET-1"}
SECRET = "aB3+/x9Zq" + "Lk7Yt2" * 5 + "=="  # has what percent and base64url spell differently


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.parent.name)
def test_the_flow_replays(path: Path, portal: BlockingPortal | None) -> None:
    """The whole flow runs from its cassette, and asks for nothing that is not in it."""
    replay(path, ReplayStage(portal, ages=path.parent.name == "sandbox"), flow)


@pytest.mark.parametrize(("operation", "status"), ERRORS)
def test_an_error_replays(operation: str, status: int, portal: BlockingPortal | None) -> None:
    """Each documented error status ends in its typed error, which names the operation."""
    path = HERE / "sandbox" / cassette_name(operation, status)
    error = replay(path, ReplayStage(portal), failing(operation, status))
    kind = expected(operation, status, refused_token=operation == "refresh_token")
    assert type(error) is kind
    assert (error.operation, error.status_code) == (operation, status)
    assert error.hint


def test_every_documented_error_is_recorded() -> None:
    """The scenes are those of the document: each error status of each OAuth and key operation."""
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    documented = {
        (operation["operationId"], 503 if status == "5XX" else int(status))
        for path, methods in document["paths"].items()
        if path.startswith("/oauth2/")
        for operation in methods.values()
        if isinstance(operation, dict) and "operationId" in operation
        for status in operation["responses"]
        # A client sends no wrong method, and `4XX` is every status that is not published.
        if not status.startswith("2") and status not in ("405", "4XX")
    }
    assert documented == set(ERRORS)
    recorded = {path.name for path in (HERE / "sandbox").glob("*.yaml")}
    reads = {name(read) for read in BY_OPERATION for name in (shapes_name, refusals_name)}
    assert recorded == {"flow.yaml", *(cassette_name(*error) for error in ERRORS), *reads}


def test_another_client_secret_is_not_answered(portal: BlockingPortal | None) -> None:
    """A request matches by its body too: with another secret the cassette has no answer."""
    stage = ReplayStage(portal, secret="CLIENT-SECRET-2")
    with (
        cassette(FLOWS[0], Redaction(), "none"),
        pytest.raises(NotInCassetteError),
    ):
        stage.connect()
    stage.partner.close()


@pytest.fixture
def vcr_log() -> Iterator[StringIO]:
    """Collect what vcrpy logs."""
    text, logger = StringIO(), logging.getLogger("vcr")
    handler = logging.StreamHandler(text)
    logger.addHandler(handler)
    yield text
    logger.removeHandler(handler)


def test_recording_anew_gives_the_same_without_any_secret(
    tmp_path: Path, vcr_log: StringIO
) -> None:
    """New cassettes equal the committed ones and hold none of the secrets of the recording."""
    logging.getLogger("vcr").setLevel(logging.DEBUG)
    used = record_from_sandbox(tmp_path)
    logging.getLogger("vcr").setLevel(logging.NOTSET)
    assert len(used) > 4 * (len(ERRORS) + 2 * len(BY_OPERATION))
    fresh = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    committed = {
        path.name: path.read_text(encoding="utf-8") for path in (HERE / "sandbox").glob("*.yaml")
    }
    leaking = [name for name, text in fresh.items() if found(used, text)]
    assert leaking == []
    # Compared as what they mean: another release of PyYAML may fold lines in another way.
    assert {name: yaml.safe_load(text) for name, text in fresh.items()} == {
        name: yaml.safe_load(text) for name, text in committed.items()
    }
    assert vcr_log.getvalue() == ""


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_looks_like_a_token_is_a_placeholder(path: Path) -> None:
    """No word of a committed cassette mixes letters and digits as a token does."""
    words = re.findall(r"[A-Za-z0-9+=_-]{12,}", path.read_text(encoding="utf-8"))
    parts = {part for word in words for part in word.split("=") if len(part) >= 12}
    mixed = {part for part in parts if re.search("[0-9]", part) and re.search("[A-Za-z]", part)}
    assert {part for part in mixed if not PLACEHOLDER.fullmatch(part)} <= MADE_OF


ENCODED = {
    "plain": SECRET,
    "percent": quote(SECRET, safe=""),
    "form": quote_plus(SECRET),
    "base64": base64.b64encode(f'{{"token":"{SECRET}"}}'.encode()).decode(),
    "base64url": base64.urlsafe_b64encode(f"?{SECRET}".encode()).decode(),
    "hex": SECRET.encode().hex(),
    "capital hex": SECRET.encode().hex().upper(),
}


@pytest.mark.parametrize("spelling", ENCODED)
def test_a_secret_is_found_in_every_spelling(spelling: str) -> None:
    """The search finds a secret in five encodings, also in the middle of something larger."""
    assert found([SECRET], f"before {ENCODED[spelling]} after")
    assert not found([SECRET], f"before {ENCODED[spelling][::-1]} after")


@pytest.mark.parametrize("spelling", ["base64", "hex"])
def test_a_cassette_with_a_secret_is_not_written(tmp_path: Path, spelling: str) -> None:
    """A server that sends a secret back in an encoding is not recorded."""
    path = tmp_path / "echo.yaml"
    answer = httpx.Response(400, json={"data": {"message": [ENCODED[spelling]]}})
    with (
        httpx.Client(transport=httpx.MockTransport(lambda request: answer)) as client,
        pytest.raises(SecretInCassetteError),
        cassette(path, Redaction("https://whitebit.com"), "all"),
    ):
        client.post("https://whitebit.com/oauth2/refresh_token", data={"token": SECRET})
    assert not path.exists()


def test_recording_from_whitebit_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without credentials in the environment nothing is sent, and the variables are named."""
    monkeypatch.delenv("WHITEBIT_OAUTH_CLIENT_SECRET", raising=False)
    with pytest.raises(LookupError, match="WHITEBIT_OAUTH_CLIENT_SECRET"):
        record_from_whitebit(tmp_path)


def test_amounts_of_a_person_are_not_recorded() -> None:
    """A recording of WhiteBIT keeps the shape of a balance, and not what somebody owns."""
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Set-Cookie": ["session=1"], "Content-Type": ["application/json"]},
        "body": {"string": b'{"BTC":{"main_balance":"12.75"},"ETH":{"main_balance":0.5}}'},
    }
    kept = Redaction(amounts=False).response(response)
    assert kept["body"] == {
        "string": b'{"BTC":{"main_balance":"1.5"},"ETH":{"main_balance":"1.5"}}'
    }
    assert kept["headers"] == {"content-type": ["application/json"]}
