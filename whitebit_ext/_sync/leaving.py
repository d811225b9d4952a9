# Made from whitebit_ext/_async/leaving.py by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""Disconnecting a user: the keys at WhiteBIT first, then what is stored."""

from __future__ import annotations

from ..custody.connections import Binding
from ..errors import NotConnected, NotFound, WhiteBITError
from ..keys.flow import deletion_request, info_request
from ..keys.leaving import Disconnection, is_passing, is_refusal
from .engine import Engine


def disconnect(engine: Engine, user_id: str) -> Disconnection:
    """Delete the user's keys at WhiteBIT as far as possible, and then the row.

    Raises:
        ConnectionChanged: the user has connected again since.
        StoreUnavailable: custody failed; the next call continues.
    """
    work, leaving = engine.waiting.work, engine.leaving
    binding = Binding(user_id, leaves=True)
    held = work(leaving.begin, binding)
    if held is None:
        listed = work(leaving.left, user_id)
        work(engine.erase_rest if listed else engine.erase, user_id)
        return Disconnection(True, left=listed)
    deleted, left, waits = list[str](), list[str](), False
    ids, may_appear = leaving.keys(held), False
    gives_up = leaving.gives_up(held)
    if not leaving.has_keys or held.row is None or held.row.pair is None:
        left += ids
        ids = {}
    else:
        try:
            info = engine.tokens.authorized(binding, info_request())
        except NotConnected:  # another process has finished it
            ids = {}
        except WhiteBITError as error:
            if not (is_passing(error) or is_refusal(error)):
                raise
            waits = is_passing(error) and not gives_up
            engine.custody.log_trouble("the user's key was not looked for", error)
        else:
            may_appear = info.external_id is None
            if info.external_id is not None:
                ids[info.external_id] = True
    for external_id, is_own in ids.items() if not waits else ():
        try:
            is_deleted = _delete(engine, binding, external_id, is_own=is_own)
        except NotConnected:  # another process has finished it
            break
        except WhiteBITError as error:
            if not (is_passing(error) or is_refusal(error)):
                raise
            engine.custody.log_trouble("a key was not deleted", error)
            if is_passing(error) and not gives_up:
                waits = True
                continue
            is_deleted = False
        work(leaving.drop, binding, external_id, is_deleted=is_deleted)
        (deleted if is_deleted else left).append(external_id)
    is_finished = not waits and work(leaving.finish, binding, left, may_appear=may_appear)
    if is_finished:
        work(engine.erase_rest, user_id)
    return Disconnection(is_finished, tuple(deleted), tuple(left))


def _delete(engine: Engine, binding: Binding, external_id: str, *, is_own: bool) -> bool:
    """Delete a key at WhiteBIT; one of this account that is already gone counts as deleted."""
    try:
        engine.tokens.authorized(binding, deletion_request(external_id))
    except NotFound as error:
        if not (is_own and error.from_api):
            raise
    return True
