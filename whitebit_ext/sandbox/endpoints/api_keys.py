"""The three operations on an OAuth-issued API key (contract section 4).

Where the contract leaves a response open, the sandbox chooses: a key of the same user from another
client gets a 403, a key of another user a 404; the secret of a disabled key gets a 403; deleting a
disabled key gets a 404, because only active keys can be deleted.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from .. import answers
from ..world.model import PERMISSION_GROUPS, ApiKey, TokenPair
from .calls import Call, Refused

_NO_STORE = {"Cache-Control": "no-store"}

_UKRAINIAN = {"trading": "Торгівля", "main_account": "Основний рахунок", "convert": "Конвертація"}


async def get_api_key_info(call: Call) -> Response:
    """Handle `info`; a missing key is not an error."""
    pair = _authorize(call)
    key = call.world.keys.current(pair.user, pair.client)
    if key is None:
        return answers.data(
            {"exists": False, "isEnabled": False, "externalId": None, "permissions": []}
        )
    return answers.data(
        {
            "exists": True,
            "isEnabled": key.enabled,
            "externalId": key.external_id,
            "permissions": _permissions(call, key),
        }
    )


async def get_api_key_secret(call: Call) -> Response:
    """Handle the retrieval of the secret, once; others get a 423 during it and a 409 later."""
    pair = _authorize(call, _NO_STORE)
    key = _find(call, pair, _NO_STORE)
    if not key.enabled:
        raise Refused(answers.refusal(403, "Forbidden.", _NO_STORE))
    retrieval = call.world.keys.begin_retrieval(key)
    if retrieval == "locked":
        return answers.refusal(423, "Temporary lock, retry shortly.", _NO_STORE)
    if retrieval == "taken":
        return answers.refusal(409, "Secret already retrieved.", _NO_STORE)
    await call.world.holds.wait_for_release(call.operation)
    await call.world.state.clock.sleep(call.world.state.settings.secret_time)
    return answers.data({"apiSecret": call.world.keys.finish_retrieval(key)}, _NO_STORE)


async def delete_api_key(call: Call) -> Response:
    """Handle the deletion of an active key."""
    pair = _authorize(call)
    key = _find(call, pair)
    if not key.enabled or not call.world.keys.delete(key, "partner"):
        raise Refused(answers.refusal(404, "Key not found."))
    return answers.data([])


def _authorize(call: Call, headers: dict[str, str] | None = None) -> TokenPair:
    """Return the token pair of the caller, or refuse an invalid token or a missing scope."""
    pair = call.bearer()
    has_scope = pair is not None and set(call.operation.scopes) <= set(pair.client.scopes)
    if pair is not None and not has_scope and call.world.state.settings.scope_as_403:
        raise Refused(answers.refusal(403, "Forbidden.", headers))
    if pair is None or not has_scope:
        raise Refused(answers.refusal(401, "Unauthorized.", headers))
    return pair


def _find(call: Call, pair: TokenPair, headers: dict[str, str] | None = None) -> ApiKey:
    """Return the key in the path if it belongs to this user and client."""
    key = call.world.keys.by_id(call.arguments["externalId"])
    if key is None or key.deleted is not None or key.user is not pair.user:
        raise Refused(answers.refusal(404, "Key not found.", headers))
    if key.client is not pair.client:
        raise Refused(answers.refusal(403, "Forbidden.", headers))
    return key


def _permissions(call: Call, key: ApiKey) -> list[dict[str, Any]]:
    traps = call.world.traps
    if not any(key.grants.values()) and not traps.disabled_permissions:
        return []
    return [
        {
            "name": group.name,
            "title": _UKRAINIAN[group.name] if traps.translated_titles else group.title,
            "urls": [
                {"url": url, "enable": url in key.grants.get(group.name, ())} for url in group.urls
            ],
        }
        for group in PERMISSION_GROUPS
    ]
