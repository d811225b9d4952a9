"""The ASGI application: log, faults, limits, and dispatch to the operations."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import answers
from ..endpoints import account_reads, api_keys, given_answers, login, oauth
from ..endpoints.calls import Call, Refused
from ..endpoints.reads import READS
from ..faults.faults import Fault
from ..faults.spoiling import replaced, spoiled
from ..operations import Operation, Region, find, methods_of
from ..world.journal import RequestRecord
from ..world.world import World
from .connections import drop

Handler = Callable[[Call], Awaitable[Response]]

HANDLERS: Final[dict[str, Handler]] = {
    "authorize": login.authorize,
    "exchange_code": oauth.exchange_code,
    "refresh_token": oauth.refresh_token,
    "get_api_key_info": api_keys.get_api_key_info,
    "get_api_key_secret": api_keys.get_api_key_secret,
    "delete_api_key": api_keys.delete_api_key,
    "get_server_time": account_reads.get_server_time,
    **{read.bearer: account_reads.bearer_read for read in READS},
    **{read.signed: account_reads.signed_read for read in READS},
}

PAGES: Final = "/sandbox"

# The segments of a path that are logged: words, and UUIDs of keys. Secrets are longer.
_UNSUSPICIOUS: Final = re.compile(
    r"[A-Za-z0-9_.-]{0,24}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)

_BODILESS: Final = (204, 304)


class Gateway:
    """The application for both regions; the port of a request determines its region.

    Args:
        world: Returns the current world, which a reset replaces.
        pages: The application under `/sandbox`.
        admits: Returns whether a request with a `Host` header is served.
    """

    def __init__(
        self, world: Callable[[], World], pages: ASGIApp, admits: Callable[[str], bool]
    ) -> None:
        self._world = world
        self._pages = pages
        self._admits = admits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        world = self._world()
        path: str = scope["path"]
        if not self._admits(Headers(scope=scope).get("host", "")):
            await answers.html_page(421, "Misdirected Request")(scope, receive, send)
            return
        if path == PAGES or path.startswith(f"{PAGES}/"):
            scope["state"]["world"] = world
            await self._pages(scope, receive, send)
            return
        await self._serve(world, scope, receive, send)

    async def _serve(self, world: World, scope: Scope, receive: Receive, send: Send) -> None:
        region: Region = scope["state"]["region"]
        method, path = scope["method"], scope["path"]
        headers = Headers(scope=scope)
        given = world.given.find(method, path)
        found = (given.operation, {}) if given else find(method, path, region)
        record = world.state.journal.arrive(
            time=world.state.clock.now(),
            region=region,
            method=method,
            path=_logged(world, path, found),
            operation=found[0] if found else None,
            header_names=headers.keys(),
            address=scope["client"][0],
        )
        body = await _body(receive)
        if body is None:  # no request was made: the caller was killed while it sent it
            return
        if found is None:
            await _send(_unknown(world, record, path), record, send)
            return
        call = Call(
            world=world,
            operation=found[0],
            region=region,
            arguments=found[1],
            path=path,
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            address=scope["client"][0],
            record=record,
        )
        fault = world.faults.strike(call.operation)
        if fault is None:
            await _send(await _answer(call), record, send)
            return
        record.fault = fault.kind
        await self._break(call, fault, scope, receive, send)

    async def _break(
        self, call: Call, fault: Fault, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve a call with a fault."""
        clock = call.world.state.clock
        if fault.kind == "delay":
            await clock.sleep(fault.seconds)
        if fault.kind == "drop_before":
            await drop(scope, receive, reset=fault.reset)
            return
        answer = await _answer(call) if fault.effect else None
        if fault.kind == "delay_answer":
            await clock.sleep(fault.seconds)
        if fault.kind == "drop_after":
            await drop(scope, receive, reset=fault.reset)
            return
        false_answer = replaced(fault)
        if false_answer is not None:
            answer = false_answer
        elif answer is not None:
            answer = spoiled(answer, fault)
        else:
            raise AssertionError(f"a {fault.kind} fault has no answer")
        if fault.kind == "cut_off":
            await _send(answer, call.record, send, part=len(answer.body) // 2)
            await drop(scope, receive, flush=True)
            return
        await _send(answer, call.record, send)


def _unknown(world: World, record: RequestRecord, path: str) -> Response:
    """Return the response for a method and path that are no operation."""
    others = methods_of(path, record.region)
    if others:
        world.state.journal.breach(record, "method", f"the method must be {' or '.join(others)}")
        answer = answers.html_page(405, "Method Not Allowed")
        answer.headers["allow"] = ", ".join(others)
        return answer
    if path != "/favicon.ico":
        world.state.journal.breach(
            record,
            "unknown-path",
            f"the {record.region} server has no {record.method} operation at this path",
        )
    return answers.html_page(404, "Not Found")


def _logged(world: World, path: str, found: tuple[Operation, dict[str, str]] | None) -> str:
    """Return a path for the log, without segments that may be secrets in the wrong place."""
    if found is not None and not found[1]:
        return path
    issued = world.state.issued.values()
    segments = path.split("/")
    return "/".join(
        part if _UNSUSPICIOUS.fullmatch(part) and part not in issued else "..." for part in segments
    )


async def _answer(call: Call) -> Response:
    """Run the operation, and return its response with the changes of the traps."""
    try:
        answer = await _handle(call)
    except Refused as refused:
        answer = refused.answer
    traps = call.world.traps
    if traps.html_errors and (answer.status_code >= 500 or answer.status_code in (403, 429)):
        answer = answers.html_page(answer.status_code, "Request blocked")
    elif answer.media_type == "application/json":
        answer.body = traps.rewrite(bytes(answer.body), answer.status_code, call.operation)
        answer.headers["content-length"] = str(len(answer.body))
    if traps.set_cookie:
        answer.set_cookie("sandbox_session", str(call.record.ordinal), httponly=True)
    return answer


async def _handle(call: Call) -> Response:
    if call.operation.name != "authorize":
        call.check_envelope()
    if not call.world.limits.admit(call.operation, call.address):
        return answers.v4_error(429, 0, "Too many requests.", {})
    if call.operation.name != "get_api_key_secret":  # which waits during the retrieval
        await call.world.holds.wait_for_release(call.operation)
    given = call.world.given.find(call.operation.method, call.path)
    if given is not None:
        signed = call.operation.security == "signed"
        handle = given_answers.answer_signed if signed else given_answers.answer_public
        return await handle(call, given)
    return await HANDLERS[call.operation.name](call)


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request, or ``None`` if the caller was gone before its end."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _send(
    answer: Response, record: RequestRecord, send: Send, *, part: int | None = None
) -> None:
    """Send a response, or only the first part of its body.

    The status is in the log before the caller receives it, so that tests can rely on it.
    """
    body = b"" if answer.status_code in _BODILESS else bytes(answer.body)
    headers: list[Any] = [
        (name, value)
        for name, value in answer.raw_headers
        if answer.status_code not in _BODILESS or name != b"content-length"
    ]
    record.status = answer.status_code
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send(
        {
            "type": "http.response.body",
            "body": body if part is None else body[:part],
            "more_body": part is not None,
        }
    )
