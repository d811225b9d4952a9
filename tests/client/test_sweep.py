"""The sweep: bad responses x operations x interfaces; each is a typed error and loses nothing.

Here the answers come from `ScriptedServer`, through httpx's transport for tests: every status from
300 to 599 with JSON that echoes the request, with a page and with nothing, and every spoiled body.
`test_sweep_sockets.py` has the same kinds over a real connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from urllib.parse import urlencode

import httpx
import pytest

from whitebit_ext import ApiKey, KeyState, MemoryStore, User, WhiteBIT
from whitebit_ext.errors import WhiteBITError

from ..looking import LONGEST_ANSWER, TokenPair, key_of, pair_of, row_of, state_of
from .bad_answers import OPERATIONS, BadAnswer, bad_bodies, bad_statuses, expected
from .faces import REDIRECT_URI, Face
from .judging import emptied, fault_of, printed, told
from .scripted_server import ScriptedServer
from .test_sweep_sockets import SOCKET_FAULTS

pytestmark = pytest.mark.slow
ONCE = ("exchange_code", "refresh_token", "get_api_key_secret")
REFUSED_TOKEN = BadAnswer(
    "400 documented", 400, lambda request, body: b'{"data":{"token":["Invalid token."]}}'
)


def answers(operation: str) -> Iterator[BadAnswer]:
    """Yield every bad response of an operation."""
    yield from bad_statuses()
    yield from bad_bodies(operation)
    if operation == "refresh_token":
        yield REFUSED_TOKEN


class Swept:
    """One partner of one face, its user, and what is looked at after each bad answer."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self.server = ScriptedServer(face.client.client_secret)
        transport = httpx.MockTransport(self.server)
        store = MemoryStore(volatile=True)
        self.partner: WhiteBIT = face.partner(
            base_url=None,
            store=store,
            transport=lambda: transport,
            async_transport=lambda: transport,
            refresh_interval=0.0,
        )
        self.custody = face.custody(base_url=None, store=store)
        self.user = self.connect()

    def connect(self) -> User:
        """Finish a login of the user; it replaces the tokens of an earlier one."""
        login = self.partner.authorize("alice")
        parameters = {"code": self.server.make(), "state": state_of(login)}
        return self.partner.connect(
            f"{REDIRECT_URI}?{urlencode(parameters)}", binding=login.binding, user_id="alice"
        )

    def issue(self) -> ApiKey:
        """Retrieve the secret without waiting."""
        return self.user.api_key.issue(timeout=0)

    def prepare(self, operation: str) -> Callable[[], object]:
        """Bring the user to the state before an operation, and return the call that causes it."""
        self.server.begin()
        if operation == "refresh_token":
            self._face.clock.advance(300)
        elif operation == "get_api_key_secret":
            self.server.new_key()
        elif operation == "delete_api_key":
            self.issue()
        return {
            "exchange_code": self.connect,
            "refresh_token": self.user.api_key.info,
            "get_api_key_info": self.user.api_key.info,
            "get_api_key_secret": self.issue,
            "delete_api_key": self.user.api_key.delete,
        }[operation]

    def fault_of_success(self, operation: str, bad: BadAnswer) -> str | None:
        """Say what is wrong with an answer that was taken; what comes once may stand in noise."""
        self.server.next_bad = None
        if operation not in ONCE or bad.status != 200:
            return "no error"
        if operation == "get_api_key_secret":
            taken = self.issue().secret.reveal() == self.server.api_secret
            self.user.api_key.delete()
        else:
            pair = pair_of(self.custody, "alice")
            assert pair is not None
            taken = pair.access.reveal() in self.server.said.decode("utf-8", "replace")
            self.connect()
        return None if taken else "something else was taken"

    def check_kept(self, operation: str, bad: BadAnswer, before: TokenPair | None) -> None:
        """Check that the pair and the secret are still stored and usable."""
        server = self.server
        if operation in ("exchange_code", "refresh_token"):
            kept = pair_of(self.custody, "alice")
            assert before is not None
            assert kept is not None
            assert kept.access == before.access
            if bad is REFUSED_TOKEN:
                self.connect()
            else:
                assert kept.refresh == before.refresh
        elif operation == "get_api_key_secret":
            row = row_of(self.custody, "alice")
            assert row is not None
            answers = [attempt.answer for attempt in row.attempts if attempt.answer is not None]
            assert len(answers) == (bad.status == 200)
            assert all(len(answer.raw()) <= LONGEST_ANSWER for answer in answers)
            asked = server.requests[operation]
            assert self.issue().secret.reveal() == server.api_secret
            assert server.requests[operation] == asked + 1
            self.user.api_key.delete()
        elif operation == "delete_api_key":
            stored = key_of(self.custody, "alice")
            assert stored is not None
            assert stored.secret is not None
            assert stored.secret.reveal() == server.api_secret
            assert self.issue().secret == stored.secret
        assert self.user.api_key.info().state is KeyState.ACTIVE


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_bad_response_is_a_typed_error(
    face: Face, operation: str, library_log: StringIO
) -> None:
    """Each bad response is a typed error with operation and hint, and stored data is kept."""
    swept = Swept(face)
    swept_over, wrong = 0, []
    for bad in answers(operation):
        act = swept.prepare(operation)
        before = pair_of(swept.custody, "alice")
        emptied(library_log)
        swept.server.next_bad = (operation, bad)
        failed = True
        try:
            act()
            failed = False
        except WhiteBITError as error:
            kind = expected(
                operation,
                bad.status,
                refused_token=bad is REFUSED_TOKEN,
                huge="huge" in bad.name,
                page=bad.name.endswith((" page", " empty")),
            )
            fault = fault_of(error, operation, kind)
            if error.status_code not in (bad.status, None):
                fault = f"it names status {error.status_code}"
            if told(swept.server.secrets, printed(error, library_log)):
                fault = "it prints a secret"
        else:
            fault = swept.fault_of_success(operation, bad)
        swept.server.next_bad = None
        if fault is not None:
            wrong.append(f"{bad.name}: {fault}")
        if failed:
            swept.check_kept(operation, bad, before)
        swept_over += 1
    assert wrong == []
    assert swept_over == len(list(answers(operation)))
    assert swept.server.strays == []


def test_size_is_printed(record_property: Callable[[str, object], None]) -> None:
    """The size of the sweep is printed at the end, so that a smaller sweep is noticed."""
    counted = {operation: len(list(answers(operation))) for operation in OPERATIONS}
    assert min(counted.values()) > 3 * 300
    scripted, socket = sum(counted.values()), len(SOCKET_FAULTS) * len(OPERATIONS)
    record_property(
        "figure",
        f"sweep: {min(counted.values())} to {max(counted.values())} answers x "
        f"{len(OPERATIONS)} operations x sync and async = {2 * scripted}; "
        f"over sockets {len(SOCKET_FAULTS)} x {len(OPERATIONS)} x 2 = {2 * socket}",
    )
