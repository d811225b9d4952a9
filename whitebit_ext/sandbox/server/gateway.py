"""The ASGI application: log, faults, limits, and dispatch to the operations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import answers
from ..endpoints import account_reads, api_keys, login, oauth
from ..endpoints.calls import Call, Refused
from ..endpoints.reads import READS
from ..faults.faults import Fault
from ..faults.spoiling import replaced, spoiled
from ..operations import Region, find
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

_BODILESS: Final = (204, 304)


class Gateway:
    """The application for both regions; the port of a request determines its region.

    Args:
        world: Returns the current world, which a reset replaces.
        pages: The application under `/sandbox`.
    """

    def __init__(self, world: Callable[[], World], pages: ASGIApp) -> None:
        self._world = world
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        world = self._world()
        path: str = scope["path"]
        if path == PAGES or path.startswith(f"{PAGES}/"):
            scope["state"]["world"] = world
            await self._pages(scope, receive, send)
            return
        await self._serve(world, scope, receive, send)

    async def _serve(self, world: World, scope: Scope, receive: Receive, send: Send) -> None:
        region: Region = scope["state"]["region"]
        method, path = scope["method"], scope["path"]
        headers = Headers(scope=scope)
        found = find(method, path, region)
        record = world.state.journal.arrive(
            time=world.state.clock.now(),
            region=region,
            method=method,
            path=path,
            operation=found[0] if found else None,
            header_names=headers.keys(),
            address=scope["client"][0],
        )
        body = await _body(receive)
        if found is None:
            if path != "/favicon.ico":
                world.state.journal.breach(
                    record,
                    "unknown-path",
                    f"the {region} server has no {method} operation at this path",
                )
            await _send(answers.html_page(404, "Not Found"), record, send)
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
    return await HANDLERS[call.operation.name](call)


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
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
