"""The lines of docs/custody.md about a key that is awaited, and about what was granted to it."""

from __future__ import annotations

import json

import attrs
import pytest

from whitebit_ext.custody.changes import ask
from whitebit_ext.custody.connection import Connection, Pin, decode, encode
from whitebit_ext.custody.key_changes import key_seen
from whitebit_ext.custody.outcomes import Outcome
from whitebit_ext.custody.values import Asks, Granted, TokenPair
from whitebit_ext.custody.waiting_changes import look_claimed, waiting_ended
from whitebit_ext.keys.permissions import Wanted
from whitebit_ext.keys.status import StatusState, status_of, waits_since
from whitebit_ext.secret import Secret

PIN, OTHER = Pin("i", 1), Pin("i", 2)
PAIR = TokenPair(Secret("access"), Secret("refresh"), (), 0.0, 300.0, "one")
ROW = Connection("i", 1, 1, "one", pair=PAIR, consent_since=0.0)
GRANTED = Granted(("trading",))


def test_a_look_is_claimed_once() -> None:
    """Of two workers one looks; the claim recognises itself, ends by itself, and is bounded."""
    claimed = look_claimed(ROW, PIN, now=10.0, until=12.0)
    assert claimed.outcome is Outcome.DONE
    assert look_claimed(claimed.row, PIN, now=10.0, until=12.0).outcome is Outcome.ALREADY
    assert look_claimed(claimed.row, PIN, now=10.0, until=12.1).outcome is Outcome.BUSY
    assert look_claimed(claimed.row, PIN, now=12.0, until=14.0).outcome is Outcome.DONE
    far = look_claimed(ROW, PIN, now=10_000.0, until=10_002.0)
    assert look_claimed(far.row, PIN, now=10.0, until=12.0).outcome is Outcome.DONE


@pytest.mark.parametrize(
    ("row", "pin", "outcome"), [(None, PIN, Outcome.ABSENT), (ROW, OTHER, Outcome.STALE)]
)
def test_another_connection_is_not_touched(
    row: Connection | None, pin: Pin, outcome: Outcome
) -> None:
    """What belongs to an earlier connection changes nothing."""
    for change in (
        look_claimed(row, pin, now=0.0, until=1.0),
        waiting_ended(row, pin, "KeyAbsent"),
    ):
        assert (change.outcome, change.row) == (outcome, row)


def test_the_end_of_waiting_is_recorded_once() -> None:
    """The row says why; it is not awaited any longer."""
    assert waits_since(ROW) == 0.0
    ended = waiting_ended(ROW, PIN, "KeyDisabled")
    assert (ended.outcome, ended.row and ended.row.ended) == (Outcome.DONE, "KeyDisabled")
    assert waiting_ended(ended.row, PIN, "KeyDisabled").outcome is Outcome.ALREADY
    assert ended.row is not None
    assert waits_since(ended.row) is None
    assert status_of(ended.row, 0.0).state is StatusState.LEFTOVER_KEY


def test_what_was_granted_is_stored_with_the_key() -> None:
    """By the change that records the key first, or by a later `info`; it survives a rewrite."""
    asked = ask(
        ROW, PIN, attempt="a", asks=Asks.SECRET, subject="key", now=0.0, granted=GRANTED
    ).row
    assert asked is not None
    key = asked.key("key")
    assert key is not None
    assert key.granted == GRANTED
    again = key_seen(asked, PIN, "key", asked=9, granted=GRANTED)
    assert again.outcome is Outcome.ALREADY
    assert key_seen(asked, PIN, "key", asked=9).outcome is Outcome.ALREADY
    more = key_seen(asked, PIN, "key", asked=9, granted=Granted(("convert",))).row
    assert more is not None
    assert more.keys[0].granted == Granted(("convert",))
    value = json.loads(json.dumps(encode(more)))
    value["keys"][0]["granted"]["newer"] = 1
    read = decode(value)
    assert encode(read)["keys"][0]["granted"]["newer"] == 1
    assert read.keys[0].granted is not None
    assert read.keys[0].granted.names == ("convert",)


def test_a_key_without_a_secret_is_awaited_until_it_is_judged() -> None:
    """A worker that died after asking leaves a key that the next one goes on with."""
    asked = ask(ROW, PIN, attempt="a", asks=Asks.SECRET, subject="key", now=7.0).row
    assert asked is not None
    assert asked.consent_since is None
    assert waits_since(asked) == 7.0
    assert status_of(asked, 8.0).state is StatusState.CHOOSING
    assert status_of(asked, 601.0).state is StatusState.LEFTOVER_KEY


def test_a_pair_without_a_lifetime_stays_alive() -> None:
    """Nothing is concluded from a lifetime that the server did not send."""
    row = attrs.evolve(ROW, pair=attrs.evolve(PAIR, lifetime=None, refresh=None))
    assert status_of(row, 1e9, Wanted()).state is StatusState.CHOOSING
