"""Account reads, with a Bearer token and as signed requests (contract sections 5 and 6).

Where the contract leaves a response open, the sandbox chooses: a Bearer read without a valid token
gets a 401, without the scope a 403, both with code 0; a body that is not a JSON object gets a 400
with code 0.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from starlette.responses import Response

from .. import answers
from .calls import Call, Refused, shown
from .reads import READS
from .signatures import ENVELOPE, authenticate
from .tolerance import documented

_BEARER: Final = {read.bearer: read for read in READS}
_SIGNED: Final = {read.signed: read for read in READS}


async def bearer_read(call: Call) -> Response:
    """Handle a read with a Bearer token."""
    read = _BEARER[call.operation.name]
    if call.world.state.settings.bearer_reads == "removed":
        call.note("removed-read", "reads with a Bearer token are removed")
        raise Refused(answers.html_page(404, "Not Found"))
    pair = call.bearer()
    if pair is None:
        raise Refused(answers.v4_error(401, 0, "This action is unauthorized.", {}))
    if not set(call.operation.scopes) <= set(pair.client.scopes):
        raise Refused(answers.v4_error(403, 0, "You don't have permission to use this endpoint."))
    content = _bearer_body(call)
    return read.answer(pair.user, _parameters(call, content, read.parameters), call.world)


def _bearer_body(call: Call) -> dict[str, Any]:
    if call.body in (b"", b"[]"):
        call.note("empty-body", "the body is empty or `[]` instead of `{}`")
        return {}
    content = call.json_object()
    if content is None or call.media_type() != "application/json":
        call.breach("json-body", "a Bearer read takes a JSON object")
        raise Refused(answers.v4_error(400, 0, "Validation failed", {}))
    return content


async def signed_read(call: Call) -> Response:
    """Handle a signed read."""
    read = _SIGNED[call.operation.name]
    path = call.operation.template
    key, content = authenticate(call, lambda key: any(path in urls for urls in key.grants.values()))
    parameters = _parameters(call, content, (*read.parameters, *ENVELOPE))
    answer = read.answer(key.user, parameters, call.world)
    created = call.world.state.settings.history_created
    if created and answer.status_code == 200 and read.signed == "list_main_account_history":
        answer.status_code = 201
    return answer


async def get_server_time(call: Call) -> Response:
    """Handle a request for the server time."""
    return answers.json_answer({"time": int(call.world.state.clock.now())})


def _parameters(call: Call, content: dict[str, Any], known: Collection[str]) -> dict[str, Any]:
    """Return the parameters in their documented types; an undocumented one is a breach."""
    for name in sorted(content.keys() - set(known)):
        call.breach("unknown-field", f"the body has an undocumented field, {shown(name)}")
    return documented(call, content)
