"""The row's form, and single lines of the table of docs/custody.md that a story tells best."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from whitebit_ext.custody import changes, key_changes, leaving_changes, pair_changes
from whitebit_ext.custody.connection import (
    FORMAT,
    Connection,
    State,
    decode,
    empty,
    encode,
    is_empty,
)
from whitebit_ext.custody.outcomes import Change, Loss, Outcome
from whitebit_ext.custody.takeover import abandoned, fresh, sight
from whitebit_ext.custody.values import (
    LONGEST_ANSWER,
    Answer,
    Asks,
    Attempt,
    Standing,
    TokenPair,
    Verdict,
)
from whitebit_ext.errors import CustodyError
from whitebit_ext.secret import Secret


def pair(name: str) -> TokenPair:
    """Return a pair with names for tokens."""
    return TokenPair(Secret(f"access {name}"), Secret(f"refresh {name}"), ("a.b",), 0.0, 300.0, "")


def row_of(change: Change) -> Connection:
    """Return the row of a change that has one."""
    assert change.row is not None
    return change.row


def ticket(row: Connection | None, login: str, now: float = 0.0) -> Connection:
    """Take a ticket for a login."""
    return row_of(
        changes.take_ticket(row, incarnation="i", attempt=f"a-{login}", login=login, now=now)
    )


def connected(row: Connection | None = None, login: str = "one") -> Connection:
    """Finish a login."""
    row = ticket(row, login)
    attempt = row.attempt(f"a-{login}")
    assert attempt is not None
    return row_of(changes.login_committed(row, "i", attempt, pair(login), now=0.0))


def asking(row: Connection, asks: Asks, subject: str, id: str) -> tuple[Connection, Attempt]:
    """Ask, whoever holds the lease."""
    row = attrs.evolve(row, lease=None)
    row = row_of(changes.ask(row, row.pin, attempt=id, asks=asks, subject=subject, now=0.0))
    attempt = row.attempt(id)
    assert attempt is not None
    return row, attempt


def stored(row: Connection, external_id: str, generation: int | None = None) -> Change:
    """Store a secret."""
    return key_changes.secret_stored(
        row,
        row.incarnation,
        external_id=external_id,
        generation=row.generation if generation is None else generation,
        secret=Secret(f"secret {external_id}"),
        now=0.0,
    )


def digest(row: Connection) -> str:
    """Return the subject of the next refresh."""
    assert row.pair is not None
    assert row.pair.digest is not None
    return row.pair.digest


def full() -> Connection:
    """Return a row that has something of everything."""
    row, attempt = asking(connected(), Asks.SECRET, "k", "s")
    attempt = attrs.evolve(attempt, answer=Answer.of(b"\x00\xff"))
    row = row_of(changes.answer_stored(row, "i", attempt))
    return row_of(stored(ticket(row, "two"), "other"))


# The form


def test_a_row_survives_json() -> None:
    """What is sealed is JSON, and reads back as the same row."""
    row = full()
    assert decode(json.loads(json.dumps(encode(row)))) == row
    [attempt] = row.untaken
    assert attempt.answer is not None
    assert attempt.answer.raw() == b"\x00\xff"


def test_what_a_newer_release_added_survives() -> None:
    """Fields that this release does not know are written again, at every level."""

    def with_more(value: Any) -> Any:
        if isinstance(value, list):
            return [with_more(item) for item in value]
        if isinstance(value, dict):
            return {**{name: with_more(item) for name, item in value.items()}, "new": [1]}
        return value

    value = with_more(encode(full()))
    assert encode(decode(value)) == value


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"access": "x"}, "0.1.0"),
        ({**encode(connected()), "v": FORMAT + 1}, f"format {FORMAT + 1}"),
        ({"v": FORMAT}, "not a row"),
        ({**encode(connected()), "pair": {"access": "x"}}, "not a row"),
        ({**encode(connected()), "state": "other"}, "not a row"),
    ],
)
def test_a_row_that_is_not_ours_is_refused(value: dict[str, Any], says: str) -> None:
    """A row of 0.1.0, of a newer format, or of none, is a clear error."""
    with pytest.raises(CustodyError, match=says):
        decode(value)


def test_padding_leaves_room_for_an_answer() -> None:
    """A padded row is longer than the same row with the longest answer."""
    row, attempt = asking(connected(), Asks.SECRET, "k", "s")
    padded = encode(row, padding=LONGEST_ANSWER + 256)
    answer = Answer.of(b"x" * LONGEST_ANSWER)
    answered = changes.answer_stored(row, "i", attrs.evolve(attempt, answer=answer)).row
    assert answered is not None
    assert len(json.dumps(padded)) > len(json.dumps(encode(answered)))
    assert decode(padded) == row


def test_an_emptied_row_is_no_row() -> None:
    """What is written before a deletion is told from a row."""
    assert is_empty(empty())
    assert not is_empty(encode(connected()))


def test_nothing_secret_prints() -> None:
    """The repr of a full row shows no token, no secret and no answer."""
    text = repr(full())
    assert all(word not in text for word in ("access one", "refresh one", "secret other", "AP8="))


# Logins


def test_a_login_is_finished_again_after_a_crash() -> None:
    """The same login connects once, and is told apart by whether its answer is known."""
    row = ticket(None, "one")
    again: dict[str, Any] = {"incarnation": "j", "attempt": "new", "now": 0.0}
    assert changes.take_ticket(row, login="one", **again).outcome is Outcome.UNANSWERED
    attempt = attrs.evolve(row.attempts[0], answer=Answer.of(b"{}"))
    row = row_of(changes.answer_stored(row, "i", attempt))
    assert changes.take_ticket(row, login="one", **again).outcome is Outcome.ANSWERED
    row = row_of(changes.login_committed(row, "i", attempt, pair("one"), now=0.0))
    assert changes.take_ticket(row, login="one", **again).outcome is Outcome.ALREADY
    assert row.attempts == ()


def test_the_last_callback_wins() -> None:
    """Of two tabs the later ticket is connected, in whichever order the answers come."""
    row = ticket(ticket(None, "one"), "two")
    first, second = row.attempts
    early = row_of(changes.login_committed(row, "i", first, pair("one"), now=0.0))
    both = row_of(changes.login_committed(early, "i", second, pair("two"), now=0.0))
    assert (both.login, both.generation) == ("two", second.number)
    late = row_of(changes.login_committed(row, "i", second, pair("two"), now=0.0))
    refused = changes.login_committed(late, "i", first, pair("one"), now=0.0)
    assert refused.outcome is Outcome.STALE
    assert row_of(refused).login == "two"


def test_a_row_of_no_login_is_not_connected() -> None:
    """A ticket alone connects nobody."""
    row = ticket(None, "one")
    made = changes.ask(row, row.pin, attempt="x", asks=Asks.SECRET, subject="k", now=0.0)
    assert made.outcome is Outcome.ABSENT


# Pairs


def test_of_two_answers_for_one_parent_the_later_is_used() -> None:
    """Both pairs are kept, and each refresh token has to be refused before the pair is dead."""
    row = connected()
    parent = digest(row)
    row, first = asking(row, Asks.REFRESH, parent, "first")
    row, second = asking(row, Asks.REFRESH, parent, "second")
    row = row_of(pair_changes.pair_renewed(row, "i", second, pair("second")))
    row = row_of(pair_changes.pair_renewed(row, "i", first, pair("first")))
    assert row.pair is not None
    assert row.pair.access == Secret("access second")
    judged = []
    for number in range(2):
        row, refused = asking(row, Asks.REFRESH, digest(row), f"refused {number}")
        made = pair_changes.pair_refused(row, "i", refused, now=0.0, doubt=70.0)
        judged.append(made.outcome)
        row = row_of(made)
    assert judged == [Outcome.OVERTAKEN, Outcome.DEAD]
    assert row.pair is not None
    assert row.pair.dead


def test_a_late_result_revives_a_dead_pair() -> None:
    """A result beats a verdict, also one that was final."""
    row = connected()
    row, late = asking(row, Asks.REFRESH, digest(row), "late")
    row, refused = asking(row, Asks.REFRESH, digest(row), "refused")
    times = []
    for now in (0.0, 69.0, 70.0):
        made = pair_changes.pair_refused(row, "i", refused, now=now, doubt=70.0)
        times.append(made.outcome)
        row = row_of(made)
    assert times == [Outcome.PROVISIONAL, Outcome.PROVISIONAL, Outcome.DEAD]
    row = row_of(pair_changes.pair_renewed(row, "i", late, pair("late")))
    assert row.pair is not None
    assert not row.pair.dead


# Keys


def test_the_same_account_reconnected_keeps_its_key() -> None:
    """Another account's login, and the first one again: the key signs once info has named it."""
    row = row_of(stored(connected(), "k"))
    row = row_of(key_changes.key_seen(row, row.pin, "k", asked=row.seq))
    assert row.signing_key is not None
    row = connected(row, "two")
    assert row.signing_key is None
    row = row_of(key_changes.key_seen(row, row.pin, "other", asked=row.seq))
    assert [key.standing for key in row.keys] == [Standing.LEFT_BEHIND]
    row = connected(row, "three")
    row = row_of(key_changes.key_seen(row, row.pin, "k", asked=row.seq))
    assert row.signing_key is not None
    assert row.signing_key.secret == Secret("secret k")


def test_an_answer_older_than_the_key_does_not_judge_it() -> None:
    """An info that was asked before the key was stored, and a 404 likewise, change nothing."""
    before = connected()
    row = row_of(stored(before, "k"))
    row = row_of(key_changes.key_seen(row, row.pin, "k", asked=row.seq))
    seen = key_changes.key_seen(row, row.pin, None, asked=before.seq)
    assert (seen.outcome, seen.row) == (Outcome.OVERTAKEN, row)
    gone = key_changes.key_gone(row, "i", row.generation, "k", asked=before.seq)
    assert (gone.outcome, gone.row) == (Outcome.STALE, row)
    gone = key_changes.key_gone(row, "i", row.generation, "k", asked=row.seq)
    assert row_of(gone).keys[0].standing is Standing.GONE


def test_too_many_keys_are_dropped_with_a_word() -> None:
    """Beyond four others the oldest one goes, and is reported as a loss."""
    row = connected()
    losses: tuple[tuple[str, Loss], ...] = ()
    for number in range(5):
        made = stored(row, f"k{number}", generation=1)
        row, losses = connected(row_of(made), f"login {number}"), losses + made.losses
    assert [key.external_id for key in row.keys] == ["k1", "k2", "k3", "k4"]
    assert losses == (("k0", Loss.DROPPED),)


def test_a_secret_finds_its_key_in_a_later_incarnation() -> None:
    """A secret that comes after erase and reconnect is stored if the new row lists its key."""
    row, _ = asking(attrs.evolve(connected(), incarnation="new"), Asks.SECRET, "k", "s")
    late: dict[str, Any] = {"generation": 1, "now": 0.0, "secret": Secret("s")}
    made = key_changes.secret_stored(row, "old", external_id="k", **late)
    assert made.outcome is Outcome.DONE
    made = key_changes.secret_stored(row, "old", external_id="other", **late)
    assert made.outcome is Outcome.DELETE_THERE
    assert key_changes.secret_stored(None, "old", external_id="k", **late).row is None


@pytest.mark.parametrize(
    ("before", "verdict"),
    [("nothing", Verdict.TAKEN), ("silence", Verdict.LOST), ("rubbish", Verdict.MALFORMED)],
)
def test_a_409_is_judged_by_what_was_asked_before(before: str, verdict: Verdict) -> None:
    """Nobody asked, nobody answered, or an answer without a secret came."""
    row = connected()
    if before != "nothing":
        row, earlier = asking(row, Asks.SECRET, "k", "earlier")
        if before == "silence":
            row = row_of(changes.unanswered(row, earlier.id))
        else:
            earlier = attrs.evolve(earlier, answer=Answer.of(b"<html>"))
            row = row_of(changes.answer_stored(row, "i", earlier))
            row = row_of(changes.answer_malformed(row, earlier.id, holds=False))
    row, attempt = asking(row, Asks.SECRET, "k", "s")
    made = key_changes.secret_consumed(row, "i", attempt, now=0.0, doubt=70.0)
    assert made.outcome is Outcome.JUDGED
    assert row_of(made).keys[0].verdict is verdict
    assert made.losses == (("k", Loss(verdict.value)),)


def test_malformed_answers_are_bounded() -> None:
    """Three are kept; the one that shows the expected field is the last to go."""
    row = connected()
    for number in range(6):
        row, attempt = asking(row, Asks.SECRET, "k", f"s{number}")
        attempt = attrs.evolve(attempt, answer=Answer.of(b"<html>"))
        row = row_of(changes.answer_stored(row, "i", attempt))
        row = row_of(changes.answer_malformed(row, attempt.id, holds=number == 1))
    assert [a.id for a in row.attempts] == ["s1", "s4", "s5"]


# Leaving


def test_disconnecting_ends_with_no_row() -> None:
    """A lease and an open consent hold it up; a new login stops it."""
    row, _ = asking(connected(), Asks.REFRESH, digest(connected()), "r")
    pin = row.pin
    row = row_of(leaving_changes.disconnect_begun(row, pin, now=0.0))
    made = leaving_changes.disconnect_finished(row, pin, now=0.0, consent=600.0)
    assert made.outcome is Outcome.BUSY
    row = row_of(changes.release(row, "r"))
    made = leaving_changes.disconnect_finished(row, pin, now=599.0, consent=600.0)
    assert made.outcome is Outcome.PROVISIONAL
    made = leaving_changes.disconnect_finished(row, pin, now=600.0, consent=600.0)
    assert (made.outcome, made.row) == (Outcome.DONE, None)
    later = connected(row, "two")
    assert later.state is State.CONNECTED
    made = leaving_changes.disconnect_finished(later, pin, now=600.0, consent=600.0)
    assert (made.outcome, made.row) == (Outcome.STALE, later)


def test_a_key_that_is_left_stays_listed() -> None:
    """Its id alone stays, under a new incarnation, until the next login or an erase."""
    row = row_of(stored(connected(), "k"))
    row = row_of(leaving_changes.disconnect_begun(row, row.pin, now=0.0))
    end: dict[str, Any] = {"now": 9e9, "consent": 600.0, "left": ["k"], "incarnation": "new"}
    listing = row_of(leaving_changes.disconnect_finished(row, row.pin, **end))
    assert (listing.incarnation, listing.generation, listing.pair) == ("new", 0, None)
    assert [(key.external_id, key.secret) for key in listing.left] == [("k", None)]
    again = leaving_changes.disconnect_finished(listing, row.pin, **end)
    assert (again.outcome, again.row) == (Outcome.ALREADY, listing)
    late = key_changes.secret_stored(
        listing, "i", external_id="k", generation=1, secret=Secret("s"), now=0.0
    )
    assert (late.outcome, late.row) == (Outcome.DELETE_THERE, listing)
    open_login = ticket(listing, "two")
    stopped = row_of(leaving_changes.disconnected_again(open_login, "newer"))
    assert (stopped.attempts, stopped.incarnation) == ((), "newer")
    attempt = open_login.attempt("a-two")
    assert attempt is not None
    made = changes.login_committed(open_login, "new", attempt, pair("two"), now=0.0)
    assert row_of(made).keys == ()
    assert leaving_changes.erase(listing).row is None


def test_a_key_of_the_partners_own_makes_a_connection() -> None:
    """Adopting works without a login, keeps the public key, and outlasts what `info` names."""
    own: dict[str, Any] = {"external_id": None, "public_key": "p", "secret": Secret("s"), "now": 0}
    row = row_of(key_changes.adopt(None, incarnation="i", **own))
    assert (row.incarnation, row.generation, row.pair) == ("i", 1, None)
    assert row.signing_key is not None
    assert row.signing_key.public_key == "p"
    assert key_changes.adopt(row, incarnation="j", **own).outcome is Outcome.ALREADY
    assert row_of(key_changes.key_seen(row, row.pin, "k", asked=9)).signing_key == row.signing_key
    row = row_of(key_changes.adopt(connected(), incarnation="j", **own))
    assert row.generation == connected().generation
    assert key_changes.adopt(row, incarnation="j", **own | {"now": 9}).row is row


# Leases


def test_a_lease_is_abandoned_when_it_stands_still() -> None:
    """A watcher waits for a lease, or trusts the store's clock after a second of its own."""
    row, _ = asking(connected(), Asks.SECRET, "k", "s")
    seen = sight(None, row.lease, monotonic=0.0)
    assert seen is not None
    assert sight(seen, row.lease, monotonic=5.0) is seen
    assert not abandoned(seen, monotonic=9.0, length=10.0)
    assert abandoned(seen, monotonic=10.0, length=10.0)
    assert not abandoned(seen, monotonic=0.5, length=10.0, age=40.0)
    assert abandoned(seen, monotonic=1.0, length=10.0, age=40.0)
    assert not abandoned(seen, monotonic=1.0, length=10.0, age=-40.0)
    moved = sight(seen, row_of(changes.renew(row, "s")).lease, monotonic=9.0)
    assert moved is not None
    assert moved.since == 9.0
    assert sight(seen, None, monotonic=9.0) is None
    assert fresh(acknowledged=0.0, monotonic=4.9, length=10.0)
    assert not fresh(acknowledged=0.0, monotonic=5.0, length=10.0)
