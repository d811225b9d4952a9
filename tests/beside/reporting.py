"""What the programs beside this file have in common: facts in, one line for each call out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any


def report(calls: Callable[[dict[str, Any]], dict[str, Callable[[], Any]]]) -> None:
    """Read the facts, make each call, and print how it went as one JSON object for each."""
    for name, call in calls(json.load(sys.stdin)).items():
        try:
            got = call()
        except Exception as error:  # whatever another library raises
            told = {"call": name, "ok": False, "detail": f"{type(error).__name__}: {error}"}
        else:
            told = {"call": name, "ok": True, "detail": _size(got)}
        print(json.dumps(told), flush=True)


def _size(got: Any) -> str:
    content = getattr(got, "data", got)
    try:
        return f"{len(content)} entries"
    except TypeError:
        return type(content).__name__
