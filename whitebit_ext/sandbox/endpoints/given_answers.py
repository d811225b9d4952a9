"""Requests for the paths that a test answers itself."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.responses import Response

from .. import answers
from ..world.given import GivenAnswer
from .calls import Call
from .signatures import ENVELOPE, authenticate


async def answer_signed(call: Call, given: GivenAnswer) -> Response:
    """Check signature, nonce and permission, and return the given answer."""
    group = given.permission
    _, content = authenticate(call, lambda key: group is None or bool(key.grants.get(group)))
    parameters = {name: value for name, value in content.items() if name not in ENVELOPE}
    return answers.json_answer(given.content(parameters), given.status)


async def answer_public(call: Call, given: GivenAnswer) -> Response:
    """Return the given answer for the parameters in the query."""
    return answers.json_answer(given.content(dict(parse_qsl(call.query))), given.status)
