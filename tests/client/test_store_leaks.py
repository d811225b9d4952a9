"""Whatever call of the store fails, in whatever flow, an error reporter shows no secret."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from whitebit_ext import Secret, User, WhiteBIT, WhiteBITError
from whitebit_ext.oauth.protocol import new_verifier

from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face, connected
from .failing import DiskFullError, FailingStore
from .leaking import shown
from .using import read

PASSWORD = "canary-database-password"
MOST_CALLS = 30


@pytest.fixture
def canaries(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return what must not be shown and the sandbox did not issue: password and verifiers."""
    made = {PASSWORD}

    def noted() -> Secret:
        verifier = new_verifier()
        made.add(verifier.reveal())
        return verifier

    monkeypatch.setattr("whitebit_ext.oauth.logins.new_verifier", noted)
    return made


def _connecting(face: Face, partner: WhiteBIT, name: str) -> Callable[[], object]:
    face.sandbox.add_user(name)
    return lambda: connected(face, name, partner=partner)


def _user(face: Face, partner: WhiteBIT, name: str) -> User:
    user = connected(face, name, partner=partner)
    face.clock.advance(2)
    return user


def _issuing(face: Face, partner: WhiteBIT, name: str) -> Callable[[], object]:
    return _user(face, partner, name).api_key.issue


def _refreshing(face: Face, partner: WhiteBIT, name: str) -> Callable[[], object]:
    user = _user(face, partner, name)
    face.clock.advance(280)
    return user.bearer.account.balances.main


def _signing(face: Face, partner: WhiteBIT, name: str) -> Callable[[], object]:
    user = _user(face, partner, name)
    user.api_key.issue()
    return lambda: read(user)


def _leaving(face: Face, partner: WhiteBIT, name: str) -> Callable[[], object]:
    user = _user(face, partner, name)
    user.api_key.issue()
    return user.disconnect


def _maintaining(face: Face, partner: WhiteBIT, name: str) -> Callable[[], object]:
    if not list(face.store.scan("connection")):  # one user, however often it is begun
        _user(face, partner, name)
    return lambda: partner.maintain(budget=50)


FLOWS = (_connecting, _issuing, _refreshing, _signing, _leaving, _maintaining)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__.strip("_"))
def test_no_failure_of_the_store_shows_a_secret(
    face: Face,
    store: FailingStore,
    canaries: set[str],
    flow: Callable[[Face, WhiteBIT, str], Callable[[], object]],
) -> None:
    """The n-th call fails, on the async face all later ones too, for each n there is."""
    partner = face.partner()
    lasting = face.name == "async"
    errors: list[bytes] = []
    for number in range(1, MOST_CALLS):
        call = flow(face, partner, f"user-{number}")
        made = 0

        def fail(method: str, kind: str, number: int = number) -> None:
            nonlocal made
            made += 1
            if made == number or (lasting and made > number):
                raise DiskFullError(f"postgresql://partner:{PASSWORD}@db.example")

        store.before = fail
        try:
            call()
        except WhiteBITError as error:
            errors.append(shown(error))
        finally:
            store.mend()
        if made < number:
            break
    else:
        pytest.fail("the flow never came to its end")
    assert errors
    values = {*canaries, *face.sandbox.issued_values(), *face.keys}
    assert len(values) > 6
    found = b"\n".join(errors)
    assert [value for value in values if value.encode() in found] == []


def test_no_live_frame_shows_a_secret(face: Face, store: FailingStore, canaries: set[str]) -> None:
    """A driver or a hook that records the stack, with the locals, finds no secret in it."""
    stacks = list[str]()

    def walk(*_: object) -> None:
        frame = sys._getframe(1)
        while frame.f_back is not None:
            if "/whitebit_ext/" in frame.f_code.co_filename:
                stacks.append(f"{frame.f_code.co_qualname} {frame.f_locals!r}")
            frame = frame.f_back

    partner = face.partner(on_event=[walk])
    for number, flow in enumerate(FLOWS):
        store.before = walk
        flow(face, partner, f"user-{number}")()
        store.mend()
    shown = "\n".join(stacks)
    assert all(name in shown for name in ("Logins.finish", "OneShots.take", "Retrieval.attempt"))
    values = {*canaries, *face.sandbox.issued_values(), *face.keys}
    assert [value for value in values if value in shown] == []
