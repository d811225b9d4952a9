"""A wrong argument is refused without a secret in what an error reporter could show."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from whitebit_ext import AsyncWhiteBIT, WhiteBIT
from whitebit_ext.errors import InvalidArgument

from .faces import Face
from .leaking import shown

CANARY = "canary-password"
WITHIN = f"partner:{CANARY}@db.example"

WRONG: dict[str, Any] = {
    "client_id": f"id\n{CANARY}",
    "client_secret": f"secret\n{CANARY}",
    "redirect_uri": f"ftp://{WITHIN}/callback",
    "region": CANARY,
    "store": f"postgresql://{WITHIN}/custody",
    "encryption_keys": [CANARY],
    "base_url": f"http://{WITHIN}/",
    "timeout": CANARY,
    "egress": f"\n{CANARY}",
    "refresh_interval": CANARY,
    "transport": CANARY,
    "async_transport": CANARY,
    "spill": "/no/such/directory",  # a path is shown
    "cache_for": CANARY,
    "login_lifetime": CANARY,
    "journal_retention": CANARY,
    "verify": f"/no/such/{CANARY}",
    "proxy": f"gopher://{WITHIN}",
    "trust_env": CANARY,
    "on_event": [CANARY],
    "identify": CANARY,
    "clock": CANARY,
}


@pytest.mark.parametrize("argument", inspect.signature(WhiteBIT).parameters)
def test_no_wrong_argument_shows_a_secret(face: Face, argument: str) -> None:
    """Each argument in turn is wrong; neither its value nor the other ones' secrets are shown."""
    made = WhiteBIT if face.name == "sync" else AsyncWhiteBIT
    arguments = face.arguments() | {"proxy": f"http://{WITHIN}:3128"} | {argument: WRONG[argument]}
    with pytest.raises(InvalidArgument) as caught:
        made(**arguments)
    assert caught.value.argument == argument
    found = shown(caught.value)
    assert [
        value
        for value in (CANARY, face.client.client_secret, *face.keys)
        if value.encode() in found
    ] == []


def test_an_object_with_wrong_arguments_prints() -> None:
    """The object of a failed `__init__`, which a debugger shows, has a repr."""
    for face in (WhiteBIT, AsyncWhiteBIT):
        assert repr(face.__new__(face)) == f"<{face.__name__}>"
