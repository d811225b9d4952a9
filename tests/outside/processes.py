"""Another process of the partner: a fresh interpreter that does what it is told over a pipe."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

from whitebit_ext.sandbox import PartnerClient

PROGRAM = """
import json, sys
import httpx
from whitebit_ext import Region, SQLStore, WhiteBIT, WhiteBITError

settings = json.loads(sys.argv[1])
if (dies_at := settings.pop("dies_at", None)) is not None:
    import os
    class Dying(SQLStore):
        left = dies_at
        def put(self, kind, id, data, expect):
            made = super().put(kind, id, data, expect)
            if kind == "connection":
                self.left -= 1
                if not self.left:
                    os._exit(9)
            return made
else:
    Dying = SQLStore
store = Dying(settings.pop("store_url"))
partner = WhiteBIT(region=Region.GLOBAL, store=store, **settings)
user, kept = partner.user("alice"), {}

def keep(name, value):
    kept[name] = value
    return name

for line in sys.stdin:
    try:
        said = eval(line)
    except (WhiteBITError, StopIteration) as error:
        said = type(error).__name__
    print(json.dumps(said, default=str), flush=True)
"""


class Process:
    """A process of its own with a partner object over the shared store.

    ``ask`` has it evaluate an expression over ``partner``, ``user``, ``kept`` and ``keep``; an
    error of the library is answered by its name.

    Args:
        client: The registered client.
        url: The address of the server.
        store_url: The shared database.
        key: The encryption key.
        **settings: Other arguments of the partner object; ``dies_at`` ends the process right after
            so many writes of the connection row.
    """

    def __init__(
        self, client: PartnerClient, url: str, store_url: str, key: str, **settings: Any
    ) -> None:
        arguments = {
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "redirect_uri": client.redirect_uris[0],
            "base_url": url,
            "store_url": store_url,
            "encryption_keys": [key],
        } | settings
        self._child = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps(arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, expression: str) -> None:
        """Have it evaluate an expression."""
        assert self._child.stdin is not None
        self._child.stdin.write(expression.replace("\n", " ") + "\n")
        self._child.stdin.flush()

    def answer(self) -> Any:
        """Return what came of it; ``None`` where the process has died."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        return json.loads(line) if line else None

    def ask(self, expression: str) -> Any:
        """Tell, and return the answer."""
        self.tell(expression)
        return self.answer()

    def stop(self) -> None:
        """Freeze it."""
        self._child.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self._child.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
