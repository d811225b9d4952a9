"""A world in which the changes of the connection row are tried: a server, a store, processes.

A flow is a generator that stops before each thing that can go wrong, and is sent what does. Whoever
drives it decides on the order, so a process that is frozen is one whose flows are not driven.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Generator
from types import SimpleNamespace
from typing import Any

import attrs

from whitebit_ext.custody import changes, key_changes, leaving_changes, pair_changes
from whitebit_ext.custody.connection import Connection, Pin, decode, empty, encode, is_empty
from whitebit_ext.custody.outcomes import Change, Loss, Outcome
from whitebit_ext.custody.takeover import Sighting, abandoned, fresh, sight
from whitebit_ext.custody.values import Answer, Asks, Attempt, TokenPair
from whitebit_ext.secret import Secret

LEASE, DOUBT, CONSENT = 10.0, 70.0, 600.0

Flow = Generator[str, str, Any]
EVENTS: dict[str, Callable[..., Change]] = {
    name: getattr(module, name)
    for module, names in (
        (changes, "take_ticket login_committed ask renew release withdraw unanswered"),
        (changes, "answer_stored answer_malformed"),
        (pair_changes, "pair_renewed pair_refused"),
        (key_changes, "secret_stored secret_consumed key_seen key_gone key_deleted"),
        (leaving_changes, "disconnect_begun disconnect_finished erase"),
    )
    for name in names.split()
}


@attrs.define
class ServersKey:
    """A key as WhiteBIT has it; ``consumed`` says by which incarnation, or by an outsider."""

    account: str
    alive: bool = True
    consumed: str | None = None


class Server:
    """Codes, rotation, keys, and secrets that can be read once, of two accounts."""

    def __init__(self, *, grace: bool) -> None:
        self.uses = 2 if grace else 1
        self.accounts: dict[str, str] = {}  # of codes and access tokens
        self.codes: set[str] = set()
        self.refresh: dict[str, int] = {}  # how often a refresh token may still be used
        self.keys: dict[str, ServersKey] = {}
        self._numbers = itertools.count(1)

    def code(self, account: str) -> str:
        """Return an authorization code, as the user's browser brings it."""
        code = f"code{next(self._numbers)}"
        self.codes.add(code)
        self.accounts[code] = account
        return code

    def _pair(self, account: str) -> dict[str, str]:
        number = next(self._numbers)
        access, refresh = f"access{number}", f"refresh{number}"
        self.accounts[access] = self.accounts[refresh] = account
        self.refresh[refresh] = self.uses
        return {"access": access, "refresh": refresh}

    def exchange(self, code: str) -> dict[str, str] | int:
        """Answer a code exchange."""
        if code not in self.codes:
            return 400
        self.codes.remove(code)
        return self._pair(self.accounts[code])

    def renew(self, token: str) -> dict[str, str] | int:
        """Answer a refresh; with grace a token is taken twice."""
        if not self.refresh[token]:
            return 400
        self.refresh[token] -= 1
        return self._pair(self.accounts[token])

    def info(self, access: str) -> str | None:
        """Return the key that the account has."""
        account = self.accounts[access]
        return next((x for x, k in self.keys.items() if k.alive and k.account == account), None)

    def secret(self, access: str, external_id: str, by: str) -> dict[str, str] | int:
        """Answer for the secret, once."""
        key = self.keys[external_id]
        if not key.alive or key.account != self.accounts[access]:
            return 404
        if key.consumed is not None:
            return 409
        key.consumed = by
        return {"secret": f"secret of {external_id}"}

    def delete(self, access: str, external_id: str) -> int:
        """Delete a key."""
        key = self.keys[external_id]
        if not key.alive or key.account != self.accounts[access]:
            return 404
        key.alive = False
        return 200

    def consent(self, account: str) -> None:
        """Make a key where the account has none."""
        if all(not k.alive or k.account != account for k in self.keys.values()):
            self.keys[f"key{next(self._numbers)}"] = ServersKey(account)


@attrs.define
class Held:
    """A row as a process read or wrote it."""

    row: Connection | None
    version: int | None


@attrs.define(eq=False)
class Job:
    """One flow of one process, and what a spectator has to know of it."""

    process: Process
    flow: Flow = attrs.field(init=False)
    waits: str = ""
    done: bool = False
    acknowledged: float = 0.0
    asking: tuple[Asks, str] | None = None


@attrs.define(eq=False)
class Process:
    """What outlives a flow: the spill directory; what outlives no crash: the sighting."""

    name: str
    jobs: list[Job] = attrs.field(factory=list)
    spill: dict[str, tuple[str, Attempt]] = attrs.field(factory=dict)
    sighting: Sighting | None = None


class World:
    """Everything there is, with the flows as the library has them."""

    def __init__(self, events: dict[str, Callable[..., Change]], *, grace: bool) -> None:
        self.on = SimpleNamespace(**events)
        self.server = Server(grace=grace)
        self.processes = [Process("one"), Process("two")]
        self.clock = 1000.0
        self.stored: tuple[str, int] | None = None
        self._numbers = itertools.count(1)
        self.account_of: dict[tuple[str, int], str] = {}
        self.sent: set[str] = set()
        self.kept: dict[tuple[str, str], str] = {}  # what an acknowledged answer held
        self.excused: set[str] = set()  # keys deleted, dropped, or left to be deleted there

    # The store

    @property
    def row(self) -> Connection | None:
        """The row as it is now."""
        return self.read().row

    def read(self) -> Held:
        """Read the row."""
        if self.stored is None:
            return Held(None, None)
        return Held(_opened(self.stored[0]), self.stored[1])

    def put(self, data: str, expect: int | None) -> int | None:
        """Write by compare-and-swap, and return the new version."""
        if (None if self.stored is None else self.stored[1]) != expect:
            return None
        self.stored = (data, next(self._numbers))
        return self.stored[1]

    def seal(self, row: Connection | None) -> str:
        """Return what is written; no two are the same."""
        value = empty() if row is None else encode(row)
        return json.dumps({**value, "nonce": next(self._numbers)})

    def commit(
        self,
        job: Job,
        change: Callable[[Connection | None], Change],
        held: Held | None = None,
        spill: tuple[str, Attempt] | None = None,
    ) -> Generator[str, str, tuple[Change, Held]]:
        """Change the row until the store acknowledged it; settle what is unknown."""
        began: float | None = None
        read = held is None
        while True:
            if held is None:
                yield "read"
                held, read = self.read(), True
            made = change(held.row)
            if made.row is held.row:
                if read:
                    break
                held = None  # what writes nothing proves nothing of a row that was read earlier
                continue
            began = self.clock if began is None else began
            data = self.seal(made.row)
            expect = held.version
            while True:
                fate = yield "put"
                version = None if fate in ("down", "dropped") else self.put(data, expect)
                if fate == "ok":
                    break
                if spill is not None:  # at the first failed commit
                    job.process.spill[spill[1].id] = spill
                version = None
                yield "read"
                if self.stored is None or self.stored[0] != data:
                    break
                expect = self.stored[1]  # my bytes: a clean acknowledgement is still due
            if version is None:
                held = None
                continue
            if made.row is None:
                self.stored = None  # emptied first, then deleted
                version = None
            held = Held(made.row, version)
            if began is not None:
                job.acknowledged = began
            self.excused |= {x for x, loss in made.losses if loss is Loss.DROPPED}
            break
        if spill is not None:
            job.process.spill.pop(spill[1].id, None)
        return made, held

    # Flows

    def connect(self, job: Job, account: str) -> Flow:
        """Exchange a code, as one tab of the user does."""
        code, id = self.server.code(account), self._id()
        fresh_one, login = f"incarnation{self._id()}", f"login{self._id()}"
        made, held = yield from self.commit(
            job,
            lambda row: self.on.take_ticket(
                row, incarnation=fresh_one, attempt=id, login=login, now=self.clock
            ),
        )
        assert made.row is not None
        incarnation, attempt = made.row.incarnation, made.row.attempt(id)
        assert attempt is not None
        self.account_of[incarnation, attempt.number] = account
        yield from self.send(job, incarnation, attempt, lambda: self.server.exchange(code), held)

    def refresh(self, job: Job) -> Flow:
        """Renew the pair."""
        yield "read"
        held = self.read()
        row = held.row
        if row is None or row.pair is None or row.pair.digest is None or row.pair.dead:
            return
        token, digest = row.pair.refresh, row.pair.digest
        assert token is not None
        yield from self.one_shot(
            job, row.pin, Asks.REFRESH, digest, lambda: self.server.renew(token.reveal()), held
        )

    def issue(self, job: Job) -> Flow:
        """Ask info, and take the secret of the key that it names."""
        yield "read"
        row = self.read().row
        if row is None or row.pair is None:
            return
        pin, seq, access = row.pin, row.seq, row.pair.access.reveal()
        yield "info"
        named = self.server.info(access)
        yield "freeze"
        made, held = yield from self.commit(
            job, lambda row: self.on.key_seen(row, pin, named, asked=seq)
        )
        if named is None or made.outcome not in (Outcome.DONE, Outcome.ALREADY):
            return
        yield from self.one_shot(
            job,
            pin,
            Asks.SECRET,
            named,
            lambda: self.server.secret(access, named, pin.incarnation),
            held,
        )

    def one_shot(
        self,
        job: Job,
        pin: Pin,
        asks: Asks,
        subject: str,
        request: Callable[[], dict[str, str] | int],
        held: Held | None,
    ) -> Flow:
        """Take the lease, or watch whoever has it; then send."""
        id = self._id()
        process = job.process
        while True:
            over = process.sighting
            if over is not None and not abandoned(over, monotonic=self.clock, length=LEASE):
                over = None
            made, held = yield from self.commit(
                job,
                lambda row: self.on.ask(  # called at once
                    row,
                    pin,
                    attempt=id,
                    asks=asks,
                    subject=subject,
                    now=self.clock,
                    over=over.lease if over is not None else None,  # noqa: B023  # called at once
                ),
                held,
            )
            if made.outcome is not Outcome.BUSY:
                break
            assert made.row is not None
            process.sighting = sight(process.sighting, made.row.lease, monotonic=self.clock)
            held = None
            yield "wait"
        if made.outcome is Outcome.ANSWERED:
            yield from self.tend(job)
        noted = made.row.attempt(id) if made.row is not None else None
        if made.outcome is Outcome.LEASE_LOST:
            yield from self.commit(job, lambda row: self.on.withdraw(row, id))
        elif noted is not None:
            yield from self.send(job, pin.incarnation, noted, request, held)

    def send(
        self,
        job: Job,
        incarnation: str,
        attempt: Attempt,
        request: Callable[[], dict[str, str] | int],
        held: Held | None,
    ) -> Flow:
        """Send a one-shot request while the lease is ours, and store what comes."""
        id, on = attempt.id, self.on
        while True:
            fate = yield "net"
            leased = attempt.asks is not Asks.CODE
            if not leased or fresh(
                acknowledged=job.acknowledged, monotonic=self.clock, length=LEASE
            ):
                break
            made, held = yield from self.commit(job, lambda row: on.renew(row, id), held)
            if made.outcome is Outcome.LEASE_LOST:
                fate = "not_sent"
                break
        if fate == "not_sent":
            yield from self.commit(job, lambda row: on.withdraw(row, id))
            return
        self.watch_sending(job, attempt)
        self.sent.add(attempt.subject)
        answer = request()
        yield "freeze"
        if fate != "ok" or isinstance(answer, int):
            job.asking = None  # known to bring nothing, whether or not the row says so already
        if fate == "lost":
            yield from self.commit(job, lambda row: on.unanswered(row, id))
        elif isinstance(answer, int):
            yield from self.judge(job, incarnation, attempt, answer)
        else:
            body = json.dumps(answer).encode() if fate == "ok" else b"<html>"
            attempt = attrs.evolve(attempt, answer=Answer.of(body))
            yield from self.hand_in(job, incarnation, attempt, held)
        job.asking = None

    def judge(self, job: Job, incarnation: str, attempt: Attempt, status: int) -> Flow:
        """Take a refusal."""
        on, id = self.on, attempt.id
        if attempt.asks is Asks.SECRET and status == 404:
            yield from self.commit(job, lambda row: on.withdraw(row, id))
            yield from self.commit(
                job,
                lambda row: on.key_gone(
                    row, incarnation, attempt.generation, attempt.subject, asked=attempt.number
                ),
            )
            return
        if attempt.asks is Asks.SECRET:
            made, _ = yield from self.commit(
                job,
                lambda row: on.secret_consumed(
                    row, incarnation, attempt, now=self.clock, doubt=DOUBT
                ),
            )
        elif attempt.asks is Asks.REFRESH:
            made, _ = yield from self.commit(
                job,
                lambda row: on.pair_refused(row, incarnation, attempt, now=self.clock, doubt=DOUBT),
            )
        else:
            made, _ = yield from self.commit(job, lambda row: on.withdraw(row, id))
        if made.outcome in (Outcome.JUDGED, Outcome.DEAD):
            for other in self.asking(job, (attempt.asks, attempt.subject)):
                assert self.clock - other.acknowledged >= DOUBT, "judged while another is asking"

    def hand_in(
        self,
        job: Job,
        incarnation: str,
        attempt: Attempt,
        held: Held | None = None,
        *,
        is_late: bool = False,
    ) -> Flow:
        """Store an answer as it came, then make something of it."""
        made, held = yield from self.commit(
            job,
            lambda row: self.on.answer_stored(row, incarnation, attempt, is_late=is_late),
            held,
            spill=(incarnation, attempt),
        )
        job.asking = None
        if made.outcome is Outcome.STALE:
            self.watch_refusal(made.row, incarnation, attempt)
        elif made.outcome is Outcome.DELETE_THERE:
            self.watch_homeless(made.row, incarnation, attempt)
        elif made.outcome is Outcome.DONE:
            assert attempt.answer is not None
            self.kept[incarnation, attempt.id] = attempt.answer.raw().decode()
            assert made.row is not None
            yield "take"
            yield from self.take(job, made.row.incarnation, attempt, held)

    def take(self, job: Job, incarnation: str, attempt: Attempt, held: Held | None) -> Flow:
        """Make what was asked for of an answer that is stored."""
        on = self.on
        assert attempt.answer is not None
        body = attempt.answer.raw().decode()
        if body.startswith("<"):
            yield from self.commit(
                job, lambda row: on.answer_malformed(row, attempt.id, holds=False), held
            )
            return
        value = json.loads(body)
        if attempt.asks is Asks.SECRET:
            made, _ = yield from self.commit(
                job,
                lambda row: on.secret_stored(
                    row,
                    incarnation,
                    external_id=attempt.subject,
                    generation=attempt.generation,
                    secret=Secret(value["secret"]),
                    now=self.clock,
                    attempt=attempt.id,
                ),
                held,
            )
            assert made.outcome is not Outcome.STALE, "a late secret was dropped"
            if made.outcome is Outcome.DELETE_THERE:
                self.watch_homeless(made.row, incarnation, attempt)
            return
        pair = TokenPair(
            Secret(value["access"]), Secret(value["refresh"]), (), self.clock, 300.0, ""
        )
        event = on.login_committed if attempt.asks is Asks.CODE else on.pair_renewed
        more = {"now": self.clock} if attempt.asks is Asks.CODE else {}
        made, _ = yield from self.commit(
            job, lambda row: event(row, incarnation, attempt, pair, **more), held
        )
        if made.outcome is Outcome.STALE:
            self.watch_refusal(made.row, incarnation, attempt)

    def tend(self, job: Job) -> Flow:
        """Take the answers that lie in the row, and what this machine spilled."""
        for incarnation, attempt in list(job.process.spill.values()):
            yield from self.hand_in(job, incarnation, attempt, is_late=True)
        yield "read"
        held = self.read()
        for attempt in held.row.untaken if held.row is not None else ():
            assert held.row is not None
            yield from self.take(job, held.row.incarnation, attempt, None)

    def call(self, job: Job) -> Flow:
        """Sign twice with a pause, as a walk does: pinned to where it began."""
        yield "read"
        row = self.row
        if row is None or row.pair is None:
            return
        pin = row.pin
        yield "freeze"
        row = self.row
        if row is None or row.pin != pin:
            return  # ConnectionChanged
        key = row.signing_key
        if key is not None:
            assert self.server.keys[key.external_id].account == self.account_of[astuple(pin)]

    def disconnect(self, job: Job) -> Flow:
        """Delete the keys at WhiteBIT, then the row."""
        yield "read"
        row = self.row
        if row is None or row.pair is None:
            return
        pin = row.pin
        made, _ = yield from self.commit(
            job, lambda row: self.on.disconnect_begun(row, pin, now=self.clock)
        )
        while made.outcome in (Outcome.DONE, Outcome.ALREADY, Outcome.ANSWERED, Outcome.BUSY):
            yield "read"
            row = self.row
            if row is None or row.pin != pin or row.pair is None:
                return
            access = row.pair.access.reveal()
            named = self.server.info(access)
            for external_id in {k.external_id for k in row.keys} | ({named} - {None}):
                assert external_id is not None
                yield "freeze"
                self.excused.add(external_id)
                self.server.delete(access, external_id)
            process = job.process
            over = process.sighting
            if over is not None and not abandoned(over, monotonic=self.clock, length=LEASE):
                over = None
            made, _ = yield from self.commit(
                job,
                lambda row: self.on.disconnect_finished(
                    row,
                    pin,
                    now=self.clock,
                    consent=CONSENT,
                    over=over.lease if over is not None else None,  # noqa: B023  # called at once
                ),
            )
            if made.outcome is Outcome.ANSWERED:
                yield from self.tend(job)
            elif made.outcome is Outcome.BUSY and made.row is not None:
                process.sighting = sight(process.sighting, made.row.lease, monotonic=self.clock)
                yield "wait"
            else:
                return

    def erase(self, job: Job) -> Flow:
        """Remove the user."""
        yield from self.commit(job, lambda row: self.on.erase(row))

    # What a spectator holds to be true

    def asking(self, job: Job, what: tuple[Asks, str]) -> list[Job]:
        """Return the other flows that have a request out for this, or its answer in hand."""
        jobs = (other for process in self.processes for other in process.jobs)
        return [other for other in jobs if other is not job and other.asking == what]

    def watch_sending(self, job: Job, attempt: Attempt) -> None:
        """No second request leaves while a holder lives and was not stopped for a lease."""
        job.asking = (attempt.asks, attempt.subject)
        for other in self.asking(job, job.asking):
            assert self.clock - other.acknowledged >= LEASE, "a second one-shot request"

    def watch_refusal(self, row: Connection | None, incarnation: str, attempt: Attempt) -> None:
        """A pair is refused only where a later login is, or where it is not needed."""
        if row is None or row.incarnation != incarnation:
            return
        if attempt.asks is Asks.CODE:
            assert row.generation > attempt.number, "a login was refused that nothing replaced"
        elif row.generation == attempt.generation:
            assert self.living(row) or not self.lives(attempt), "a renewed pair was thrown away"

    def watch_homeless(self, row: Connection | None, incarnation: str, attempt: Attempt) -> None:
        """A secret is given up only where no connection lists its key."""
        assert row is None or (row.incarnation != incarnation and row.key(attempt.subject) is None)
        self.excused.add(attempt.subject)

    def lives(self, attempt: Attempt) -> bool:
        """Return whether a pair in an answer can still be renewed."""
        body = attempt.answer.raw().decode() if attempt.answer is not None else "<"
        return not body.startswith("<") and bool(self.server.refresh[json.loads(body)["refresh"]])

    def living(self, row: Connection) -> bool:
        """Return whether the row leads to a refresh token that the server still accepts."""
        pairs = (row.pair, *row.spares) if row.pair is not None else ()
        tokens = [pair.refresh.reveal() for pair in pairs if pair.refresh is not None]
        answers = [a for a in row.untaken if a.asks is Asks.REFRESH]
        return any(self.server.refresh[t] for t in tokens) or any(map(self.lives, answers))

    def _id(self) -> str:
        return f"id{next(self._numbers)}"


@functools.lru_cache(maxsize=8)
def _opened(data: str) -> Connection | None:
    """Decode what was written; each invariant reads the row again, and a row is immutable."""
    value = json.loads(data)
    return None if is_empty(value) else decode(value)


def astuple(pin: Pin) -> tuple[str, int]:
    """Return what the world keeps accounts under."""
    return pin.incarnation, pin.generation
