"""Record the cassettes: `nox -s record`.

    python -m tests.cassettes.record                into tests/cassettes/sandbox, from the sandbox
    python -m tests.cassettes.record --whitebit     into tests/cassettes/whitebit, from WhiteBIT

The second needs WHITEBIT_OAUTH_CLIENT_ID, WHITEBIT_OAUTH_CLIENT_SECRET and
WHITEBIT_OAUTH_REDIRECT_URI in the environment, and a person who finishes the login in a browser.
It makes a real API key and deletes it again.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from whitebit_ext import (
    MemoryStore,
    Region,
    User,
    WhiteBIT,
    generate_encryption_key,
)
from whitebit_ext.errors import LoginError
from whitebit_ext.sandbox import Clock, Sandbox

from .reads import (
    BY_OPERATION,
    GATEWAY,
    read_body,
    refusals,
    refusals_name,
    shapes,
    shapes_name,
)
from .redaction import PUBLIC, Redaction, cassette
from .scenes import ERRORS, ReadName, Stage, cassette_name, documented_body, failing, flow
from .stepping import SteppingClock

HERE = Path(__file__).parent
REDIRECT_URI = "https://partner.example/whitebit/callback"
VARIABLES = (
    "WHITEBIT_OAUTH_CLIENT_ID",
    "WHITEBIT_OAUTH_CLIENT_SECRET",
    "WHITEBIT_OAUTH_REDIRECT_URI",
)
_KEY_SCOPES = ("apikeys.create", "apikeys.read", "apikeys.delete")
_READ_SCOPES = (
    "users.balances.read",
    "users.transactions.read",
    "users.orders.read",
    "users.deals.read",
    "users.converts.read",
)
_ALL_BUT = {
    ("get_api_key_info", 401): "apikeys.read",
    ("delete_api_key", 401): "apikeys.delete",
}
Scene = Callable[[Stage], object]


class SandboxStage:
    """A scene against the sandbox, over a real socket, on a clock that only the scene moves.

    Args:
        sandbox: Where everything happens; it is emptied first.
        scopes: What the partner is registered with.
    """

    def __init__(self, sandbox: Sandbox, scopes: Sequence[str]) -> None:
        sandbox.reset()
        self.sandbox = sandbox
        self.client = sandbox.register_client(redirect_uris=(REDIRECT_URI,), scopes=scopes)
        sandbox.add_user("alice")
        self._late = False
        self.partner = WhiteBIT(
            client_id=self.client.client_id,
            client_secret=self.client.client_secret,
            redirect_uri=REDIRECT_URI,
            region=Region.GLOBAL,
            base_url=sandbox.global_url,
            store=MemoryStore(),
            encryption_keys=[generate_encryption_key()],
            clock=SteppingClock(sandbox.clock),
        )

    def connect(self) -> User:
        """Approve the login as the sandbox's scripted person does."""
        login = self.partner.authorize("alice")
        callback = self.sandbox.person("alice").approve(login.url)
        if self._late:
            self.sandbox.clock.advance(self.sandbox.settings.code_lifetime + 1)
        user = self.partner.connect(callback, binding=login.binding, user_id="alice")
        self.sandbox.clock.advance(2)  # the key shows at the first look
        return user

    def age_token(self) -> bool:
        """Move the clock to where the access token has ended."""
        self.sandbox.clock.advance(self.sandbox.settings.access_lifetime)
        return True

    def arrange(self, operation: str, status: int) -> None:
        """Bring about the true cause where there is one, or else the documented answer."""
        key = self.sandbox.key("alice", self.client)
        if operation in BY_OPERATION:
            self._arrange_read(operation, status)
        elif (operation, status) in _ALL_BUT:
            pass  # the partner lacks the scope
        elif (operation, status) == ("exchange_code", 401):
            self._late = True
        elif (operation, status) == ("refresh_token", 400):
            self.sandbox.revoke_tokens("alice", self.client)
        elif (operation, status) == ("get_api_key_secret", 423) and key is not None:
            self.sandbox.lock_secret(key.external_id, 3600)
        elif (operation, status) == ("delete_api_key", 404) and key is not None:
            self.sandbox.delete_key(key.external_id, reason="user")
        elif (body := documented_body(operation, status)) is not None:
            self.sandbox.faults.add(operation, kind="body", status=status, body=body, times=None)
        else:
            self.sandbox.faults.add(operation, kind="html", status=status, times=None)

    def _arrange_read(self, operation: str, status: int) -> None:
        """Do the same for a read; an arrangement ends where the next one begins."""
        faults = self.sandbox.faults
        faults.clear()
        read, form = BY_OPERATION[operation]
        key = self.sandbox.key("alice", self.client)
        if status == 422 and read.refused is not None:
            self.sandbox.settings.invalid_as_422 = True
            return  # the scene asks for what is refused
        if status == 401 and form == "signed" and key is not None:
            self.sandbox.disable_key(key.external_id)
        elif status == GATEWAY:
            faults.add(operation, kind="html", status=status, times=None)
        else:
            body = read_body(operation, status)
            faults.add(operation, kind="body", status=status, body=body, times=None)

    def own(self, read: ReadName, owned: Any) -> None:
        """Put it into the sandbox in place of what was there."""
        user = self.sandbox.user("alice")
        self.sandbox.traps.empty_map_as_list = owned == []  # as PHP writes it
        if read == "main":
            user.main_balances = dict(owned)
        elif read == "spot":
            user.spot_balances = dict(owned)
        else:
            self.sandbox.history("alice").put(read, owned)


class WhiteBITStage:
    """A scene against WhiteBIT itself, with a person in front of a browser."""

    def __init__(self, client_id: str, client_secret: str, redirect_uri: str) -> None:
        self.partner = WhiteBIT(
            client_id=client_id,
            client_secret=client_secret,
            redirect_uri=redirect_uri,
            region=Region.GLOBAL,
            store=MemoryStore(volatile=True),
            encryption_keys=[generate_encryption_key()],
        )

    def connect(self) -> User:
        """Have the person open the login URL and bring back the address that it ends at."""
        login = self.partner.authorize("recording")
        print(f"Open this in a browser and finish it there:\n\n{login.url}\n", file=sys.stderr)
        callback = input("The address that the browser ended at: ").strip()
        return self.partner.connect(callback, binding=login.binding, user_id="recording")

    def age_token(self) -> bool:
        """Leave the token as it is."""
        return False

    def arrange(self, operation: str, status: int) -> None:
        """Refuse: WhiteBIT does not fail on demand."""
        raise NotImplementedError(f"{operation} {status} cannot be had from WhiteBIT on demand")

    def own(self, read: ReadName, owned: Any) -> None:
        """Refuse: what somebody owns there is not ours to choose."""
        raise NotImplementedError(f"{read} at WhiteBIT cannot be chosen")


def record_from_sandbox(folder: Path) -> frozenset[str]:
    """Record every scene from a sandbox of its own, and return every secret that was used."""
    used: set[str] = set()
    with Sandbox(clock=Clock(start=1_790_000_000.0, frozen=True)) as sandbox:
        for name, scene, scopes in _scenes():
            redaction = Redaction(sandbox.global_url)
            stage = SandboxStage(sandbox, scopes)
            _record(folder / name, redaction, scene, stage)
            used |= sandbox.issued_values() | redaction.secrets
    return frozenset(used)


def _scenes() -> Iterator[tuple[str, Scene, Sequence[str]]]:
    """Yield every scene with its file's name and the partner's scopes."""
    yield "flow.yaml", flow, _KEY_SCOPES
    for error in ERRORS:
        lacking = _ALL_BUT.get(error)
        granted = [scope for scope in _KEY_SCOPES if scope != lacking]
        yield cassette_name(*error), failing(*error), granted
    for operation, (_, form) in BY_OPERATION.items():
        scopes = _READ_SCOPES if form == "bearer" else _KEY_SCOPES
        yield shapes_name(operation), shapes(operation), scopes
        yield refusals_name(operation), refusals(operation), scopes


def _record(path: Path, redaction: Redaction, scene: Scene, stage: Stage) -> None:
    path.unlink(missing_ok=True)
    with cassette(path, redaction, "all"), stage.partner:
        scene(stage)


def record_from_whitebit(folder: Path) -> None:
    """Record the flow from WhiteBIT, without anybody's amounts.

    Raises:
        LookupError: A variable is missing.
    """
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    if missing:
        raise LookupError(f"not in the environment: {', '.join(missing)}")
    stage = WhiteBITStage(*(os.environ[name] for name in VARIABLES))
    _record(folder / "flow.yaml", Redaction(PUBLIC, amounts=False), flow, stage)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--whitebit", action="store_true", help="record from WhiteBIT itself")
    options = parser.parse_args(arguments)
    if not options.whitebit:
        warnings.filterwarnings("ignore", "WhiteBIT announced", DeprecationWarning)
        used = record_from_sandbox(HERE / "sandbox")
        count = len(list((HERE / "sandbox").glob("*.yaml")))
        print(f"{count} cassettes from the sandbox; {len(used)} secrets left out")
        return 0
    try:
        record_from_whitebit(HERE / "whitebit")
    except (LookupError, LoginError) as error:
        print(f"record: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
