"""The judgement of a virtual day: who is locked out, orphaned, or on another's account, and why."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Protocol

from whitebit_ext import Store, WhiteBIT
from whitebit_ext.sandbox import PartnerClient, RequestRecord, Sandbox

from ..client.faces import MovedClock
from ..looking import custody_of

LEAST_APART = 1.0
"""Seconds between two refreshes (contract, section 7)."""


class Judged(Protocol):
    """What is judged of a person."""

    id: str
    kind: str
    account: str
    former: str
    has_left: bool


class Turns:
    """The turns to refresh that processes were granted, by their writes of the pace.

    A turn is dated before its write, and the next one is granted an interval after a process has
    seen the write or made it. So this holds however the clock moves between a turn and the arrival
    of its request, which is why the arrivals cannot be judged.

    Args:
        key: The encryption key.
        client: The registered client.
        sandbox: The server.
        clock: What the processes measure with.
    """

    def __init__(
        self, key: str, client: PartnerClient, sandbox: Sandbox, clock: MovedClock
    ) -> None:
        self.times: list[float] = []
        self._key = key
        self._client = client
        self._sandbox = sandbox
        self._clock = clock
        self._lock = threading.Lock()
        self._turns = set[str]()

    def watch(self, store: Store) -> Store:
        """Have the store note each turn that it grants; one that processes share is given often."""
        if "put" in vars(store):
            return store
        custody = custody_of(store, [self._key], self._client.client_id, self._sandbox.global_url)
        put: Any = store.put  # a store that keeps no expiry takes no such argument

        def noting(
            kind: str, id: str, data: bytes, expect: int | None, *, expires_at: float | None = None
        ) -> int | None:
            began = self._clock.monotonic()
            written: int | None = put(kind, id, data, expect, expires_at=expires_at)
            if kind == "pace" and written:
                opened = custody.sealer.open(data, (kind, *json.loads(id)))
                self._note(began, json.loads(opened))
            return written

        store.put = noting  # type: ignore[method-assign]  # of this one store
        return store

    def _note(self, at: float, pace: dict[str, str]) -> None:
        with self._lock:
            if pace["turn"] not in self._turns and "pause" not in pace:
                self.times.append(at)
            self._turns.add(pace["turn"])


def wrong_refreshes(requests: list[RequestRecord], turns: Turns) -> list[str]:
    """Return what is wrong: more than one a second, one without a turn, or a dead token."""
    found = []
    granted = sorted(turns.times)
    if short := [b - a for a, b in pairwise(granted) if b - a < LEAST_APART]:
        found.append(f"{len(short)} turns to refresh came too early, by {min(short):.3f} s")
    sent = sorted(r.time for r in requests if r.operation == "refresh_token")
    if len(sent) > len(granted) or any(
        arrived < turn for turn, arrived in zip(granted, sent, strict=False)
    ):
        found.append(f"{len(sent)} refreshes were sent with {len(granted)} turns")
    found += _without_reason(requests, "refresh_token", (400,), "sent a used refresh token")
    return found


def wrong_retrievals(requests: list[RequestRecord]) -> list[str]:
    """Return whose secret was asked for twice although the first answer was good."""
    return _without_reason(
        requests, "get_api_key_secret", (409, 423), "asked for a secret once too often"
    )


def _without_reason(
    requests: Iterable[RequestRecord], operation: str, statuses: tuple[int, ...], what: str
) -> list[str]:
    """Return the accounts with such a status and no spoiled answer of that operation before."""
    found, spoiled = [], set[str]()
    for request in requests:
        if request.operation == operation:
            who = next((c for c in request.credentials if " of " in c), "somebody")
            account = who.partition(" of ")[2]
            if request.fault is not None:
                spoiled.add(account)
            elif request.status in statuses and account not in spoiled:
                found.append(f"{account} {what}")
    return found


def wrong_connections(
    people: Iterable[Judged], partner: WhiteBIT, sandbox: Sandbox, client: PartnerClient
) -> list[str]:
    """Return who is locked out, has not left, or has another's key."""
    found, owners = [], defaultdict[str, set[str]](set)
    for one in partner.connections():
        if one.external_id is not None:
            owners[one.external_id].add(one.user_id)
    for person in people:
        key = sandbox.key(person.account, client)
        state = partner.user(person.id).status().state.value
        if person.has_left:
            if state not in ("none", "leftover_key") or key is not None:
                found.append(f"{person.id} left: {state}, key there: {key is not None}")
        elif person.kind == "never":
            if key is not None or state not in ("failed", "none"):
                found.append(f"{person.id} never confirmed: {state}")
        elif state != "connected" or key is None or not key.enabled:
            found.append(f"{person.id} ({person.kind}) is locked out: {state}")
        elif owners[key.external_id] != {person.id}:
            found.append(f"{person.id} has the key of {owners[key.external_id]}")
    return found


def orphans(people: Iterable[Judged], partner: WhiteBIT, sandbox: Sandbox) -> list[str]:
    """Return which living keys nobody is told of, not even by disconnecting, which is done here."""
    listed = {one.external_id for one in partner.connections()}
    listed |= {loss.external_id for loss in partner.lost()}
    found = []
    for person in people:
        own = [key for key in sandbox.keys if key.user.name in (person.account, person.former)]
        living = {key.external_id for key in own if key.enabled} - listed
        if living and (unknown := living - {*partner.user(person.id).disconnect().left}):
            found.append(f"orphans of {person.id}: {', '.join(sorted(unknown))}")
    return found
