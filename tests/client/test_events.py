"""What is reported while the library works: each event, brought about through the sandbox."""

from __future__ import annotations

import contextlib
import logging
import math
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest

from whitebit_ext import Event, EventName, User, WhiteBIT, generate_encryption_key, log_event
from whitebit_ext.errors import InvalidArgument, KeyPending, WhiteBITError
from whitebit_ext.sandbox import ApiKey

from .events_page import documented_details
from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face, connected
from .failing import FailingStore
from .spilling import (
    spill,
    spill_directory,  # noqa: F401  # a fixture
)
from .using import DAY, read

SECRET = "get_api_key_secret"
BALANCE = "get_trade_account_balance"


@attrs.define
class Stage:
    """A partner whose events are kept, and what it is wired to.

    Attributes:
        face: The interface, and the sandbox.
        store: The store of all its partners.
        directory: The spill directory.
        events: What was reported, in order.
    """

    face: Face
    store: FailingStore
    directory: Path
    events: list[Event] = attrs.field(factory=list)

    def partner(self, **options: Any) -> WhiteBIT:
        """Make a partner that reports to ``events``."""
        return self.face.partner(spill=self.directory, on_event=[self.events.append], **options)

    def user(self, name: str = "alice") -> User:
        """Connect a user, whose key is there."""
        user = connected(self.face, name, partner=self.partner())
        self.face.clock.advance(2)
        return user

    def key(self, name: str = "alice") -> ApiKey:
        """Return the user's key at WhiteBIT."""
        made = self.face.sandbox.key(name, self.face.client)
        assert made is not None
        return made

    def named(self, name: EventName) -> list[Event]:
        """Return the events of a name."""
        return [event for event in self.events if event.name is name]


@pytest.fixture(name="stage")
def set_stage(face: Face, store: FailingStore, directory: Path) -> Stage:
    """Return a partner's surroundings."""
    return Stage(face, store, directory)


@contextlib.contextmanager
def failing() -> Iterator[None]:
    """Pass over the error of the library that belongs to an event."""
    with pytest.raises(WhiteBITError):
        yield


# One scene for each event


def _login_started(stage: Stage) -> None:
    stage.partner().authorize("alice")


def _login_finished(stage: Stage) -> None:
    stage.user()


def _login_failed(stage: Stage) -> None:
    partner = stage.partner()
    stage.face.sandbox.add_user("alice")
    login = partner.authorize("alice")
    callback = stage.face.sandbox.person("alice").approve(login.url)
    with failing():
        partner.connect(callback, binding="another", user_id="alice")


def _tokens_renewed(stage: Stage) -> None:
    user = stage.user()
    stage.face.clock.advance(280)
    user.bearer.account.balances.spot()


def _tokens_failed(stage: Stage) -> None:
    user = stage.user()
    stage.face.sandbox.faults.add("refresh_token", kind="status", status=503, times=None)
    stage.face.clock.advance(320)
    with failing():
        user.bearer.account.balances.spot()


def _tokens_ended(stage: Stage) -> None:
    user = stage.user()
    stage.face.sandbox.revoke_tokens("alice", stage.face.client)
    stage.face.clock.advance(320)
    with failing():
        user.bearer.account.balances.spot()


def _key_pending(stage: Stage) -> None:
    stage.face.sandbox.add_user("alice").choosing_time = math.inf
    with failing():
        stage.user().api_key.issue(timeout=0)


def _key_issued(stage: Stage) -> None:
    stage.user().api_key.issue()


def _key_expired(stage: Stage) -> None:
    user = stage.user()
    stage.face.sandbox.disable_key(stage.key().external_id)
    with failing():
        user.api_key.issue()


def _key_refused(stage: Stage) -> None:
    user = stage.user()
    user.api_key.issue()
    stage.face.sandbox.disable_key(stage.key().external_id)
    for _ in range(2):
        with failing():
            read(user)
    assert len(stage.named(EventName.KEY_REFUSED)) == 1


def _key_neglected(stage: Stage) -> None:
    user = stage.user()
    user.api_key.issue()
    stage.face.clock.advance(11 * DAY)
    user.api_key.health()
    stage.face.clock.advance(4 * DAY)
    stage.partner().key_health()
    assert len(stage.named(EventName.KEY_EXPIRED)) == 1


def _key_deleted(stage: Stage) -> None:
    user = stage.user()
    user.api_key.issue()
    user.api_key.delete()


def _key_left(stage: Stage) -> None:
    user = stage.user()
    user.api_key.issue()
    stage.face.sandbox.revoke_tokens("alice", stage.face.client)
    user.disconnect()


def _secret_unanswered(stage: Stage) -> None:
    user = stage.user()
    stage.face.sandbox.faults.add(SECRET, kind="status", status=503)
    user.api_key.issue()


def _secret_lost(stage: Stage) -> None:
    user = stage.user()
    stage.face.sandbox.faults.add(SECRET, kind="drop_after")
    with failing():
        user.api_key.issue()


def _secret_taken(stage: Stage) -> None:
    user = stage.user()
    stage.key().secret_taken = True
    with failing():
        user.api_key.issue()


def _secret_malformed(stage: Stage) -> None:
    user = stage.user()
    stage.face.sandbox.faults.add(SECRET, kind="body", body=b"{}")
    user.api_key.issue()


def _secret_spilled(stage: Stage) -> None:
    spill(stage.face, stage.store, stage.user())


def _read_retried(stage: Stage) -> None:
    user = stage.user()
    user.api_key.issue()
    stage.face.sandbox.faults.add(BALANCE, kind="status", status=503)
    read(user)


def _store_failed(stage: Stage) -> None:
    stage.store.fails = lambda method, kind: True
    with failing():
        stage.partner().authorize("alice")


def _maintenance_finished(stage: Stage) -> None:
    stage.partner().maintain()


def _connection_removed(stage: Stage) -> None:
    stage.user().disconnect()
    stage.user("bob")
    stage.partner().erase("bob")
    assert len(stage.named(EventName.CONNECTION_REMOVED)) == 2


def _connection_replayed(stage: Stage) -> None:
    user = stage.user()
    (id,) = stage.store.scan("connection")
    backup = stage.store.get("connection", id)
    user.api_key.issue()
    current = stage.store.get("connection", id)
    assert backup is not None
    assert current is not None
    stage.store.put("connection", id, backup.data, current.version)
    user.bearer.account.balances.spot()


SCENES: dict[EventName, Callable[[Stage], None]] = {
    EventName.LOGIN_STARTED: _login_started,
    EventName.LOGIN_FINISHED: _login_finished,
    EventName.LOGIN_FAILED: _login_failed,
    EventName.TOKENS_RENEWED: _tokens_renewed,
    EventName.TOKENS_FAILED: _tokens_failed,
    EventName.TOKENS_ENDED: _tokens_ended,
    EventName.KEY_PENDING: _key_pending,
    EventName.KEY_ISSUED: _key_issued,
    EventName.KEY_EXPIRED: _key_expired,
    EventName.KEY_REFUSED: _key_refused,
    EventName.KEY_NEGLECTED: _key_neglected,
    EventName.KEY_DELETED: _key_deleted,
    EventName.KEY_LEFT: _key_left,
    EventName.SECRET_ASKED: _key_issued,
    EventName.SECRET_STORED: _key_issued,
    EventName.SECRET_SPILLED: _secret_spilled,
    EventName.SECRET_UNANSWERED: _secret_unanswered,
    EventName.SECRET_LOST: _secret_lost,
    EventName.SECRET_TAKEN: _secret_taken,
    EventName.SECRET_MALFORMED: _secret_malformed,
    EventName.READ_FINISHED: _tokens_renewed,
    EventName.READ_RETRIED: _read_retried,
    EventName.STORE_FAILED: _store_failed,
    EventName.MAINTENANCE_FINISHED: _maintenance_finished,
    EventName.CONNECTION_REMOVED: _connection_removed,
    EventName.CONNECTION_REPLAYED: _connection_replayed,
}


@pytest.mark.parametrize("name", EventName)
def test_every_event(stage: Stage, name: EventName) -> None:
    """Each name is reported where docs/events.md says so, with the details that it lists."""
    SCENES[name](stage)
    assert stage.named(name), [event.name for event in stage.events]
    secrets = {*stage.face.sandbox.issued_values(), stage.face.client.client_secret}
    for event in stage.events:
        assert event.client_id == stage.face.client.client_id
        assert event.region == "global"
        assert event.at.utcoffset() is not None
        assert set(event.details) <= documented_details(event.name)
        shown = f"{event}"
        assert "alice" not in shown
        assert not any(secret in shown for secret in secrets)


# Users


def test_users_have_pseudonyms(stage: Stage) -> None:
    """A user has one pseudonym, also after the encryption keys were rotated, and others another."""
    connected(stage.face, "alice", partner=stage.partner())
    stage.face.keys = [generate_encryption_key(), *stage.face.keys]
    partner = stage.partner()
    partner.user("alice").bearer.account.balances.spot()
    connected(stage.face, "bob", partner=partner)
    seen = {event.user for event in stage.events}
    assert seen == {partner.pseudonym("alice"), partner.pseudonym("bob")}
    assert len(seen) == 2
    other = stage.face.sandbox.register_client(redirect_uris=stage.face.client.redirect_uris)
    assert stage.face.partner(client=other).pseudonym("alice") not in seen


def test_users_are_named_on_request(stage: Stage) -> None:
    """With `identify=True`, events have the partner's own ids."""
    connected(stage.face, "alice", partner=stage.partner(identify=True))
    assert {event.user for event in stage.events} == {"alice"}


# Hooks


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, GeneratorExit, KeyboardInterrupt])
def test_a_hook_that_fails_changes_nothing(
    face: Face, caplog: pytest.LogCaptureFixture, error: type[BaseException]
) -> None:
    """Its exception is logged, and the hooks after it and the flow go on.

    It runs in a thread: in the main one, a signal handler may have raised two of them.
    """
    reached: list[Event] = []

    def fail(event: Event) -> None:
        raise error("of the hook")

    def flow() -> Any:
        user = connected(face, partner=face.partner(on_event=[fail, reached.append]))
        face.clock.advance(2)
        key = user.api_key.issue()
        read(user)
        return key

    with ThreadPoolExecutor(1) as threads:
        key = threads.submit(flow).result()
    assert face.partner().user("alice").api_key.issue().external_id == key.external_id
    assert {EventName.LOGIN_FINISHED, EventName.KEY_ISSUED} <= {event.name for event in reached}
    assert "a hook failed for the event login.finished" in caplog.text
    assert f"{error.__name__}: of the hook" in caplog.text


@pytest.mark.parametrize("face", ["sync"], indirect=True)
@pytest.mark.parametrize("name", ["login.finished", "key.pending", "key.issued", "read.finished"])
def test_ctrl_c_in_a_hook_leaves_a_connection_to_go_on_with(face: Face, name: str) -> None:
    """It reaches the caller; the same object and another process go on, and ask nothing twice."""
    was_pressed = False

    def press(event: Event) -> None:
        nonlocal was_pressed
        if event.name == name and not was_pressed:
            was_pressed = True
            signal.raise_signal(signal.SIGINT)

    def flow(partner: WhiteBIT) -> str:
        user = partner.user("alice")
        if user.status().state == "none":
            connected(face, partner=partner)
        with contextlib.suppress(KeyPending):
            user.api_key.issue(timeout=0)
        face.clock.advance(2)
        key = user.api_key.issue()
        read(user)
        return key.external_id

    partner = face.partner(on_event=[press])
    # The tests may have been started in the background, where a shell has SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            flow(partner)
    finally:
        signal.signal(signal.SIGINT, before)
    assert flow(partner) == flow(face.partner())
    assert face.sandbox.count("POST", "exchange_code") == 1
    assert face.sandbox.count("GET", SECRET) == 1


def test_a_hook_sees_what_is_committed(stage: Stage) -> None:
    """When an event arrives, another process finds in the store what it is about."""
    other = stage.face.partner(on_event=[])
    found: list[str] = []

    def look(event: Event) -> None:
        if event.name is EventName.KEY_ISSUED:
            held = stage.face.custody().read("connection", "alice")
            assert held is not None
            found.extend(key["external_id"] for key in held.value["keys"] if key["secret"])

    user = connected(stage.face, partner=stage.face.partner(on_event=[look]))
    stage.face.clock.advance(2)
    key = user.api_key.issue()
    assert found == [key.external_id]
    assert other.user("alice").api_key.issue().external_id == key.external_id


def test_a_late_response_is_reported_once(stage: Stage) -> None:
    """A secret that was spilled is reported as stored by the call that stores it, once."""
    user = stage.user()
    spill(stage.face, stage.store, user)
    assert stage.named(EventName.SECRET_STORED) == []
    for _ in range(2):
        user.api_key.issue()
    assert len(stage.named(EventName.SECRET_STORED)) == 1
    assert len(stage.named(EventName.KEY_ISSUED)) == 1


def test_logging_is_the_hook_of_those_who_give_none(
    face: Face, caplog: pytest.LogCaptureFixture
) -> None:
    """Without hooks, each event is one line of the log; with an empty list there is none."""
    caplog.set_level(logging.DEBUG, "whitebit_ext")

    def lines() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name == "whitebit_ext"]

    connected(face, partner=face.partner(on_event=[]))
    assert lines() == []
    partner = face.partner()
    face.clock.advance(2)
    key = partner.user("alice").api_key.issue()
    user = f"user={partner.pseudonym('alice')}"
    assert lines() == [
        f"secret.asked {user} operation={SECRET} external_id={key.external_id}",
        f"secret.stored {user} external_id={key.external_id} outcome=stored",
        f"key.issued {user} external_id={key.external_id}",
    ]


def test_a_record_has_its_event(face: Face, caplog: pytest.LogCaptureFixture) -> None:
    """A handler finds the event in the record, and levels tell what is urgent."""
    caplog.set_level(logging.DEBUG, "whitebit_ext")
    user = connected(face, partner=face.partner(on_event=[log_event]))
    face.clock.advance(2)
    face.sandbox.faults.add(SECRET, kind="drop_after")
    with failing():
        user.api_key.issue()
    events = {
        record.whitebit_event.name: record.levelno
        for record in caplog.records
        if hasattr(record, "whitebit_event")
    }
    assert events[EventName.SECRET_LOST] == logging.ERROR
    assert events[EventName.LOGIN_FINISHED] == logging.INFO


@pytest.mark.parametrize("given", [print, "print", [print, 1], {"print": print}])
def test_wrong_hooks_are_named(face: Face, given: Any) -> None:
    """What is not a list of functions is an `InvalidArgument`, when the partner is made."""
    with pytest.raises(InvalidArgument, match="on_event"):
        face.partner(on_event=given)
