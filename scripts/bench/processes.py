"""Contenders in processes of their own: another environment, or a library that ours must not meet.

Each line on standard input names a batch; the answer is one line with a number.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self


def serve(batches: Mapping[str, Callable[[int], float]]) -> None:
    """Do the batches that standard input names, until it ends."""
    print("ready", flush=True)
    for line in sys.stdin:
        batch, count = line.split()
        print(batches[batch](int(count)), flush=True)


class Peer:
    """A process that serves batches, for the length of a block.

    Args:
        module: What it runs.
        argument: What that is given.
        python: With which interpreter.
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
        assert self._process.stdout is not None  # noqa: S101  # asked for above
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self._command[2]} ended; its output is above")
        return answer

    def do(self, batch: str, count: int) -> float:
        """Have it do a batch, and return the seconds it took."""
        assert self._process.stdin is not None  # noqa: S101  # asked for above
        print(batch, count, file=self._process.stdin, flush=True)
        return float(self._answer())
