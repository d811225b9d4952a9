"""Contenders in separate processes, for another environment or to isolate a library.

Each line on standard input names a batch; each result is one line with a number.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self


def serve(batches: Mapping[str, Callable[[int], float]]) -> None:
    """Run the batches named on standard input, until it ends."""
    print("ready", flush=True)
    for line in sys.stdin:
        batch, count = line.split()
        print(batches[batch](int(count)), flush=True)


class Peer:
    """A process that runs batches, for the duration of a block.

    Args:
        module: The module to run.
        argument: Its command-line argument.
        python: The interpreter.
    """

    def __init__(self, module: str, argument: str, python: str = sys.executable) -> None:
        self._command = [python, "-m", f"scripts.bench.{module}", argument]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603  # a module of this folder
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=10)

    def _answer(self) -> str:
        assert self._process.stdout is not None  # noqa: S101  # a pipe, see above
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self._command[2]} ended; its output is above")
        return answer

    def do(self, batch: str, count: int) -> float:
        """Run a batch in the process, and return the seconds it took."""
        assert self._process.stdin is not None  # noqa: S101  # a pipe, see above
        print(batch, count, file=self._process.stdin, flush=True)
        return float(self._answer())
