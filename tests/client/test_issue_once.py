"""The secret that can be read once: what each answer, and each missing answer, comes to."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from whitebit_ext import User
from whitebit_ext.errors import (
    Forbidden,
    NotFound,
    RateLimited,
    SecretError,
    SecretLocked,
    SecretLost,
    SecretMalformed,
    SecretTakenElsewhere,
    SecretUnanswered,
    Unauthorized,
    WhiteBITError,
)
from whitebit_ext.sandbox import ApiKey

from ..looking import Asks, key_of, lease_released, lease_taken, row_of
from .faces import Face, MovedClock, connected

SECRET = "get_api_key_secret"


def ready(face: Face) -> tuple[User, ApiKey]:
    """Connect a user whose key is there already, its secret untouched."""
    user = connected(face)
    face.clock.advance(2)
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    return user, made


def asked(face: Face) -> int:
    """Return how often the secret was asked for."""
    return face.sandbox.count("GET", SECRET)


def test_threads_ask_once(face: Face) -> None:
    """Twenty threads that call at once cause one request, and all get the key."""
    user, made = ready(face)
    with ThreadPoolExecutor(20) as threads:
        keys = list(threads.map(lambda _: user.api_key.issue(), range(20)))
    assert {key.secret.reveal() for key in keys} == {made.secret}
    assert asked(face) == 1


def test_two_processes_ask_once(face: Face, clock: MovedClock) -> None:
    """A second partner object on the store waits while the first asks, and reads what it stored."""
    user, made = ready(face)
    other = face.partner().user("alice")
    with face.sandbox.hold(SECRET) as held, ThreadPoolExecutor(2) as threads:
        first = threads.submit(user.api_key.issue)
        held.wait(timeout=30)
        second = threads.submit(other.api_key.issue)
        while len(clock.slept) < 3:  # it watches the lease
            threading.Event().wait(0.001)
        held.release()
        keys = [first.result(5), second.result(5)]
    assert {key.secret.reveal() for key in keys} == {made.secret}
    assert asked(face) == 1
    assert max(clock.slept) < 1


def test_a_lock_is_waited_for(face: Face, clock: MovedClock) -> None:
    """A 423 is asked again on the documented schedule, and then the secret comes."""
    user, made = ready(face)
    face.sandbox.lock_secret(made.external_id, 20)
    clock.slept.clear()
    assert user.api_key.issue(timeout=60).secret.reveal() == made.secret
    waited = [pause for pause in clock.slept if pause >= 5]
    assert len(waited) == 3
    for pause, base in zip(waited, (5, 10, 20), strict=True):
        assert base <= pause <= 1.25 * base


def test_a_lasting_lock_ends_after_five_minutes(face: Face, clock: MovedClock) -> None:
    """Waiting doubles up to 60 s and ends within 5 minutes; a later call goes on."""
    user, made = ready(face)
    face.sandbox.lock_secret(made.external_id, 100_000)
    clock.slept.clear()
    with pytest.raises(SecretLocked) as caught:
        user.api_key.issue(timeout=330)
    assert (caught.value.status_code, caught.value.operation) == (423, SECRET)
    waited = [pause for pause in clock.slept if pause >= 5]
    bases = (5, 10, 20, 40, 60, 60, 60)
    assert len(waited) in (6, 7)
    assert all(base <= pause <= 1.25 * base for pause, base in zip(waited, bases, strict=False))
    assert 180 <= sum(clock.slept) <= 301
    made.locked_until = 0.0
    assert face.partner().user("alice").api_key.issue().secret.reveal() == made.secret


def test_a_lock_ends_with_the_callers_patience(face: Face, clock: MovedClock) -> None:
    """`timeout` bounds the waiting for a lock."""
    user, made = ready(face)
    face.sandbox.lock_secret(made.external_id, 100_000)
    clock.slept.clear()
    with pytest.raises(SecretLocked):
        user.api_key.issue(timeout=12)
    assert sum(clock.slept) <= 12
    assert asked(face) == 2


def test_waiting_for_another_process_costs_no_patience(face: Face, clock: MovedClock) -> None:
    """Looks at another's lease do not count as meetings with a 423."""
    user, made = ready(face)
    custody = face.custody()
    attempt = lease_taken(custody, "alice", Asks.SECRET, made.external_id)
    clock.slept.clear()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(user.api_key.issue, timeout=300)
        while len(clock.slept) < 12:  # more often than a 423 is borne
            threading.Event().wait(0.001)
        face.sandbox.lock_secret(made.external_id, 12)
        lease_released(custody, "alice", attempt)
        assert waiting.result(5).secret.reveal() == made.secret
    assert face.sandbox.count("GET", SECRET, status=423)


@pytest.mark.parametrize("times", [1, 3])
def test_too_many_requests_are_backed_off(face: Face, clock: MovedClock, times: int) -> None:
    """A 429 was not counted as asked, and the secret comes after 1, 2, 4 s."""
    user, made = ready(face)
    clock.slept.clear()
    face.sandbox.faults.add(SECRET, kind="status", status=429, times=times)
    assert user.api_key.issue().secret.reveal() == made.secret
    assert [int(pause) for pause in clock.slept] == pytest.approx([1, 2, 4][:times], abs=1)


def test_retry_after_of_the_secret_is_heeded(face: Face, clock: MovedClock) -> None:
    """A 429 that asks for more than the first pause gets it."""
    user, made = ready(face)
    clock.slept.clear()
    face.sandbox.faults.add(SECRET, kind="status", status=429, headers={"retry-after": "9"})
    assert user.api_key.issue().secret.reveal() == made.secret
    assert [9 <= pause <= 11.25 for pause in clock.slept] == [True]


def test_lasting_429_is_told(face: Face) -> None:
    """It ends as `RateLimited`, and the next call gets the secret."""
    user, made = ready(face)
    with (
        face.sandbox.faults.add(SECRET, kind="status", status=429, times=None),
        pytest.raises(RateLimited),
    ):
        user.api_key.issue()
    assert user.api_key.issue().secret.reveal() == made.secret


def test_a_secret_that_nobody_here_asked_for(face: Face) -> None:
    """A 409 to the first request ever is an alarm, each time; it is not called a loss."""
    user, made = ready(face)
    made.secret_taken = True
    for _ in range(2):
        with pytest.raises(SecretTakenElsewhere, match="rotate") as caught:
            user.api_key.issue()
        assert caught.value.status_code == 409
        assert not isinstance(caught.value, SecretLost)


def test_a_secret_that_was_lost_on_the_way(face: Face) -> None:
    """A 409 after a request without an answer is a loss, and stays one in every later call."""
    user, _ = ready(face)
    face.sandbox.faults.add(SECRET, kind="drop_after")
    with pytest.raises(SecretLost, match="exposed") as caught:
        user.api_key.issue()
    assert caught.value.status_code == 409
    assert asked(face) == 2
    for again in (user, face.partner().user("alice")):
        with pytest.raises(SecretLost):
            again.api_key.issue()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop_before"},
        {"kind": "drop_before", "reset": True},
        {"kind": "status", "status": 503},
        {"kind": "html", "status": 502},
        {"kind": "html", "status": 520},
        {"kind": "status", "status": 302},
        {"kind": "status", "status": 418},
        {"kind": "status", "status": 204},
    ],
)
def test_no_answer_is_asked_again(face: Face, fault: dict[str, Any]) -> None:
    """What left the secret untouched is found out by asking again, in this call or the next."""
    user, made = ready(face)
    with (
        face.sandbox.faults.add(SECRET, times=None, **fault),
        pytest.raises(SecretUnanswered) as caught,
    ):
        user.api_key.issue()
    assert asked(face) == 3
    assert caught.value.operation == SECRET
    assert user.api_key.issue(timeout=0).secret.reveal() == made.secret


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "html", "status": 200},
        {"kind": "body", "body": ""},
        {"kind": "body", "body": '{"data":{"apiSecret":""}}'},
        {"kind": "body", "body": '{"data":{"apiSecret":null}}'},
        {"kind": "body", "body": '{"data":{"apiSecret":5}}'},
        {"kind": "body", "body": '{"data":[]}'},
        {"kind": "body", "body": "null"},
        {"kind": "body", "body": "[" * 100_000},
        {"kind": "body", "body": '{"data":{"message":["Unauthorized."]}}'},
    ],
)
def test_a_false_success_is_asked_once_more(face: Face, fault: dict[str, Any]) -> None:
    """A 200 without a secret is never taken for one, and the true one comes next."""
    user, made = ready(face)
    face.sandbox.faults.add(SECRET, **fault)
    assert user.api_key.issue().secret.reveal() == made.secret
    assert asked(face) == 2


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("empty", SecretMalformed),
        ("truncated", SecretMalformed),
        ("cut_off", SecretMalformed),
        ("wrong_types", SecretMalformed),
        ("duplicate_keys", SecretMalformed),
    ],
)
def test_a_spoiled_answer_that_took_the_secret(
    face: Face, kind: Any, error: type[SecretError]
) -> None:
    """It is never a secret, it is asked once more, and what came stays sealed in custody."""
    user, _ = ready(face)
    face.sandbox.faults.add(SECRET, kind=kind)
    for expected in (2, 3):
        with pytest.raises(error):
            user.api_key.issue()
        assert asked(face) == expected
    custody = face.custody()
    row = row_of(custody, "alice")
    assert row is not None
    answers = [attempt.answer for attempt in row.attempts if attempt.answer is not None]
    assert len(answers) == 1
    assert key_of(custody, "alice") is None


def test_a_huge_answer_that_took_the_secret(face: Face) -> None:
    """What was kept of an answer over the limit is read again, and the secret found in it."""
    user, made = ready(face)
    face.sandbox.faults.add(SECRET, kind="huge", size=1_500_000)
    assert user.api_key.issue().secret.reveal() == made.secret
    assert asked(face) == 1


@pytest.mark.parametrize(
    ("status", "error"), [(401, Unauthorized), (403, Forbidden), (404, NotFound)]
)
def test_a_refusal_leaves_the_secret_alone(
    face: Face, status: int, error: type[WhiteBITError]
) -> None:
    """It is typed, says what to do, and the secret comes as soon as it is no more."""
    user, made = ready(face)
    times = 2 if status == 401 else 1  # a 401 is met with a fresh token first
    face.sandbox.faults.add(SECRET, kind="status", status=status, times=times)
    with pytest.raises(error) as caught:
        user.api_key.issue()
    assert (caught.value.status_code, caught.value.operation) == (status, SECRET)
    assert len(caught.value.hint) > 20
    assert user.api_key.issue().secret.reveal() == made.secret


def test_an_expired_token_is_renewed_first(face: Face, clock: MovedClock) -> None:
    """The secret is asked for with a token that is fresh."""
    user, made = ready(face)
    clock.advance(400)
    assert user.api_key.issue().secret.reveal() == made.secret
    assert face.sandbox.count(status=401) == 0


def test_callers_of_one_outcome_raise_errors_of_their_own(face: Face) -> None:
    """Threads that waited for one request do not raise one object between them."""
    user, made = ready(face)
    face.sandbox.lock_secret(made.external_id, 1000)
    caught = list[WhiteBITError]()

    def issue(_: int) -> None:
        try:
            user.api_key.issue(timeout=2)
        except SecretLocked as error:
            caught.append(error)

    with face.sandbox.hold("get_api_key_info") as held, ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(issue, number) for number in range(4)]
        held.wait(4, timeout=30)
        held.release()
        for future in waiting:
            future.result(5)
    assert len(caught) == 4
    assert len({id(error) for error in caught}) == 4
