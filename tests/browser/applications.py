"""The example applications, each served by several processes, on a sandbox."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import attrs
import httpx

from whitebit_ext import Region, SQLStore, WhiteBIT, generate_encryption_key
from whitebit_ext.integrations.conformance import Application, Browser
from whitebit_ext.sandbox import Sandbox

EXAMPLES = Path(__file__).parents[2] / "examples"
CLIENT_ID, CLIENT_SECRET = "copy-trader", "made up"


@attrs.frozen
class Running:
    """A running application.

    Attributes:
        sandbox: What it talks to.
        url: Its address.
        store: The URL of its store.
        key: The encryption key of its store.
        users: Ids that its users can have.
        environment: The environment of its processes.
    """

    sandbox: Sandbox
    url: str
    store: str
    key: str
    users: Sequence[str]
    environment: dict[str, str] = attrs.field(factory=dict, repr=False)

    @property
    def redirect_uri(self) -> str:
        """Return the registered redirect URI."""
        return f"{self.url}/whitebit/callback"

    def reset(self) -> None:
        """Forget everything at the sandbox and in the store."""
        self.sandbox.reset()
        self.sandbox.register_client(
            client_id=CLIENT_ID, client_secret=CLIENT_SECRET, redirect_uris=(self.redirect_uri,)
        )
        self.sandbox.add_user("alice", spot_balances={"BTC": ("1.5", "0")})
        self.sandbox.add_user("bob", spot_balances={"BTC": ("77.25", "0")})
        with (
            SQLStore(self.store) as store,
            WhiteBIT(
                client_id=CLIENT_ID,
                client_secret=CLIENT_SECRET,
                redirect_uri=self.redirect_uri,
                region=Region.GLOBAL,
                base_url=self.sandbox.global_url,
                store=store,
                encryption_keys=[self.key],
            ) as partner,
        ):
            for user in self.users:
                partner.erase(user)

    def application(self) -> Application:
        """Return what the conformance suite visits."""
        return Application(
            sandbox=self.sandbox,
            redirect_uri=self.redirect_uri,
            client=lambda: httpx.Client(timeout=20.0),
            sign_in=self._sign_in,
        )

    def _sign_in(self, browser: Browser, name: str) -> None:
        page = browser.client.get(f"{self.url}/login").text
        token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        fields = {"user": name, "csrfmiddlewaretoken": token}
        answer = browser.client.post(f"{self.url}/login", data=fields)
        assert answer.status_code in (302, 303), answer.text


@contextmanager
def serving(
    folder: str,
    store: str,
    log: Path,
    *command: str,
    users: Sequence[str] = ("alice", "bob"),
    environment: dict[str, str] | None = None,
    first: Sequence[str] = (),
) -> Iterator[Running]:
    """Serve an example.

    Args:
        folder: Its folder below ``examples``.
        store: The URL of its store.
        log: A file for what the server prints.
        command: A module and its arguments, with ``PORT`` for the port.
        users: The ids that users get.
        environment: Further variables.
        first: What is run before, in the same way.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    # Another site than the sandbox, which is at 127.0.0.1: cookies are treated as in production.
    url, key = f"http://localhost:{port}", generate_encryption_key()
    with Sandbox(key_delay=0) as sandbox, log.open("w+b") as out:
        redirect_uri = f"{url}/whitebit/callback"
        given = {
            **os.environ,
            "SECRET_KEY": "made up",
            "WHITEBIT_OAUTH_CLIENT_ID": CLIENT_ID,
            "WHITEBIT_OAUTH_CLIENT_SECRET": CLIENT_SECRET,
            "WHITEBIT_OAUTH_REDIRECT_URI": redirect_uri,
            "WHITEBIT_OAUTH_BASE_URL": sandbox.global_url,
            "WHITEBIT_OAUTH_ENCRYPTION_KEYS": key,
            **({"WHITEBIT_OAUTH_STORE": store} if environment is None else environment),
        }
        if first:
            _start(folder, first, given, out).wait(60)
        server = _start(folder, [part.replace("PORT", str(port)) for part in command], given, out)
        try:
            _wait(f"{url}/login", lambda: server.poll() is None, log)
            yield Running(sandbox, url, store, key, users, given)
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:  # a busy machine; nothing of it is looked at any more
                server.kill()
                server.wait(30)


def _start(
    folder: str, command: Sequence[str], environment: dict[str, str], out: IO[bytes]
) -> subprocess.Popen[bytes]:
    script = () if command[0].endswith(".py") else ("-m",)
    return subprocess.Popen(
        [sys.executable, *script, *command],
        cwd=EXAMPLES / folder,
        env=environment,
        stdout=out,
        stderr=subprocess.STDOUT,
        umask=0o077,
    )


def _wait(url: str, runs: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + 30.0
    while True:
        try:
            assert httpx.get(url, timeout=5.0).status_code == 200, log.read_text()
            return
        except httpx.TransportError:
            assert runs(), log.read_text()
            assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)
