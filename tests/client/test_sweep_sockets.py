"""The sweep over a real connection: the sandbox's faults x operations x interfaces.

The answer is the sandbox's own, spoiled, and the operation has taken effect; or it is an error
status, and nothing has happened. `test_sweep.py` has the bulk.
"""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from whitebit_ext import KeyState
from whitebit_ext.errors import WhiteBITError
from whitebit_ext.sandbox import Sandbox

from ..looking import key_of, pair_of, row_of
from .bad_answers import OPERATIONS, expected
from .faces import Face, connected
from .judging import emptied, fault_of, printed, told

pytestmark = pytest.mark.slow
SECRET = "get_api_key_secret"
ONCE = ("exchange_code", "refresh_token", SECRET)
# The sandbox's fault, its options, and the status that comes.
SOCKET_FAULTS: dict[str, tuple[dict[str, Any], int]] = {
    "empty": ({"kind": "empty"}, 200),
    "page": ({"kind": "html", "status": 200, "effect": True}, 200),
    "truncated": ({"kind": "truncated"}, 200),
    "cut off": ({"kind": "cut_off"}, 200),
    "wrong types": ({"kind": "wrong_types"}, 200),
    "huge": ({"kind": "huge"}, 200),
    "not UTF-8": ({"kind": "not_utf8"}, 200),
    "duplicate keys": ({"kind": "duplicate_keys"}, 200),
    **{
        f"{status} {kind}": (
            {"kind": kind, "status": status, "times": None, "effect": False},
            status,
        )
        for kind, status in (
            ("status", 302),
            ("status", 304),
            ("status", 400),
            ("html", 403),
            ("empty", 418),
            ("html", 429),
            ("empty", 500),
            ("html", 502),
            ("html", 520),
            ("status", 599),
        )
    },
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", SOCKET_FAULTS)
def test_every_socket_fault_is_a_typed_error(
    face: Face, sandbox: Sandbox, operation: str, fault: str, library_log: StringIO
) -> None:
    """Faults of a real connection are typed errors, even if the request took effect."""
    user = connected(face)
    partner = face.partner(refresh_interval=0.0)
    custody = face.custody()
    sandbox.clock.advance(5)  # the key shows
    if operation == "delete_api_key":
        user.api_key.issue(timeout=0)
    if operation == "refresh_token":
        sandbox.clock.advance(300)
    before = pair_of(custody, "alice")
    sandbox.add_user("bob")
    login = partner.authorize("bob")
    callback = sandbox.person("bob").approve(login.url)
    emptied(library_log)  # of what the person's browser did, whose log is not ours
    acts: dict[str, Callable[[], object]] = {
        "exchange_code": lambda: partner.connect(callback, binding=login.binding, user_id="bob"),
        "refresh_token": partner.user("alice").api_key.info,
        "get_api_key_info": user.api_key.info,
        "get_api_key_secret": lambda: user.api_key.issue(timeout=0),
        "delete_api_key": user.api_key.delete,
    }
    options, status = SOCKET_FAULTS[fault]
    sandbox.faults.add(operation, **options)
    mended = ("huge",) if operation == SECRET else ("huge", "not UTF-8")
    if fault in mended and operation in ONCE:
        acts[operation]()  # it comes once: what can be found in it is taken
        assert sandbox.issued_values("access_token" if operation != SECRET else "api_secret")
        return
    with pytest.raises(WhiteBITError) as raised:
        acts[operation]()
    sandbox.faults.clear()
    assert (
        fault_of(raised.value, operation, expected(operation, status, huge=fault == "huge")) is None
    )
    assert not told(sandbox.issued_values(), printed(raised.value, library_log))
    assert pair_of(custody, "alice") == before
    assert pair_of(custody, "bob") is None
    kept = key_of(custody, "alice")
    key = sandbox.key("alice", face.client)
    secrets = sandbox.issued_values("api_secret")
    if operation == "delete_api_key":
        assert kept is not None
        assert kept.secret is not None
        assert kept.secret.reveal() in secrets
    elif operation == "get_api_key_secret":
        assert key is not None
        row = row_of(custody, "alice")
        assert row is not None
        answers = [attempt for attempt in row.attempts if attempt.answer is not None]
        assert len(answers) == (status == 200)
        if status != 200:
            assert user.api_key.issue(timeout=0).secret.reveal() in secrets
    elif status != 200:
        assert partner.user("alice").api_key.info().state is KeyState.ACTIVE
