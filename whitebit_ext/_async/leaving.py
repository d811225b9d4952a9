"""Disconnecting a user: the keys at WhiteBIT first, then what is stored."""

from __future__ import annotations

from ..custody.connections import Binding
from ..errors import NotFound, WhiteBITError
from ..keys.flow import deletion_request, info_request
from ..keys.leaving import Disconnection
from ..keys.secrets import is_verdict
from .engine import AsyncEngine


async def disconnect(engine: AsyncEngine, user_id: str) -> Disconnection:
    """Delete the user's keys at WhiteBIT as far as possible, and then the row."""
    work, leaving = engine.waiting.work, engine.leaving
    binding = Binding(user_id, leaves=True)
    held = await work(leaving.begin, binding)
    if held is None:
        await work(engine.erase, user_id)
        return Disconnection(True)
    deleted, left = list[str](), list[str]()
    ids, may_appear = leaving.keys(held), False
    if leaving.has_keys and held.row is not None and held.row.pair:
        try:
            info = await engine.tokens.authorized(binding, info_request())
        except WhiteBITError as error:
            engine.custody.log_trouble("the user's key was not looked for", error)
        else:
            may_appear = info.external_id is None
            if info.external_id is not None:
                ids[info.external_id] = True
        for external_id, is_own in ids.items():
            is_deleted = True
            try:
                await engine.tokens.authorized(binding, deletion_request(external_id))
            except WhiteBITError as error:
                # A key that is already gone is a success.
                is_deleted = is_own and isinstance(error, NotFound) and is_verdict(error)
                if not is_deleted:
                    engine.custody.log_trouble("a key was not deleted", error)
            await work(leaving.drop, binding, external_id, is_deleted=is_deleted)
            (deleted if is_deleted else left).append(external_id)
    else:
        left += ids
    is_finished = await work(leaving.finish, binding, may_appear=may_appear)
    if is_finished:
        await work(engine.erase_rest, user_id)
    return Disconnection(is_finished, tuple(deleted), tuple(left))
