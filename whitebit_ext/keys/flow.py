"""Requests about a user's key, and what their responses mean (contract, section 4). Pure."""

from __future__ import annotations

import re
from typing import Any

from ..errors import InvalidArgument, MalformedResponse, WhiteBITError
from ..http.backoff import jittered, waiting_time
from ..http.requests import Send, read_model
from .records import KeyInfo, KeyState, PermissionGroup, PermissionUrl

LONGEST_LOOKING = 29.0
"""Seconds of polling for the key in one call; the contract says under 30."""
LONGEST_ISSUE = 330.0
"""Seconds that one ``issue()`` may take: polling, and 5 minutes of waiting for a lock."""
_LOOK_EVERY = 1.5
"""Seconds between two polls for the key; the contract says 1 to 2 (section 4, step 6)."""
_EXTERNAL_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


def info_request() -> Send[KeyInfo]:
    """Return the request for the information about the key."""
    from whitebit_api.api.api_keys import get_api_key_info as endpoint

    return Send("get_api_key_info", endpoint, _read_info)


def deletion_request(external_id: str) -> Send[None]:
    """Return the request that deletes a key."""
    from whitebit_api.api.api_keys import delete_api_key as endpoint

    return Send(
        "delete_api_key",
        endpoint,
        _read_deletion,
        arguments=lambda: {"external_id": external_id},
    )


def issue_timeout(timeout: float) -> float:
    """Return how many seconds ``issue()`` may take.

    Raises:
        InvalidArgument: it is not a number in the range.
    """
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise InvalidArgument("timeout", "expected a number of seconds")
    if not 0 <= timeout <= LONGEST_ISSUE:
        raise InvalidArgument("timeout", f"expected 0 to {LONGEST_ISSUE:g} seconds")
    return float(timeout)


def pause_before_looking(trouble: WhiteBITError | None, row: int) -> float:
    """Return the seconds until the next poll for the key.

    Args:
        trouble: The error in place of a response, if there was one.
        row: How many errors there were in a row.
    """
    if trouble is None:
        return min(jittered(_LOOK_EVERY), 2.0)
    return jittered(max(waiting_time(row), trouble.retry_after or 0.0))


def _read_deletion(body: bytes) -> None:
    """Accept the documented empty response; PHP does not distinguish an empty list and map."""
    from whitebit_api.models.api_key_deleted_response import ApiKeyDeletedResponse

    data: Any = read_model(ApiKeyDeletedResponse, body, "delete_api_key").data
    if not isinstance(data, (list, dict)):
        raise MalformedResponse("data is neither a list nor a map", operation="delete_api_key")


def _read_info(body: bytes) -> KeyInfo:
    """Return the decision for a response, strict where it matters."""
    from whitebit_api.models.api_key_info_response import ApiKeyInfoResponse

    data: Any = read_model(ApiKeyInfoResponse, body, "get_api_key_info").data
    exists, enabled, external_id = data.exists, data.is_enabled, data.external_id
    if not isinstance(exists, bool) or not isinstance(enabled, bool):
        raise _malformed("exists or isEnabled is not true or false")
    if not exists:
        return KeyInfo(KeyState.ABSENT, None, ())
    # It becomes part of a path: only the characters of a UUID are allowed.
    if not isinstance(external_id, str) or not _EXTERNAL_ID.fullmatch(external_id):
        raise _malformed("the key exists, and externalId is not an id")
    groups = tuple(
        PermissionGroup(
            name=_text(group.name, "name"),
            title=_text(group.title or group.name, "title"),
            urls=tuple(
                PermissionUrl(_text(url.url, "url"), url.enable is True) for url in group.urls
            ),
        )
        for group in data.permissions or ()
    )
    return KeyInfo(KeyState.ACTIVE if enabled else KeyState.DISABLED, external_id, groups)


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise _malformed(f"{field} of a permission is not text")
    return value


def _malformed(problem: str) -> MalformedResponse:
    return MalformedResponse(problem, operation="get_api_key_info")
