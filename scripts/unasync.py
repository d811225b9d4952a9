"""Translate `whitebit_ext/_async` to `whitebit_ext/_sync`.

Each rule replaces one pattern everywhere, including docstrings. A remaining async keyword is an
error, and so is a rule that matches nothing. Called by `scripts/regenerate.py`, which writes or
compares the result.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

HEADER: Final = """\
# Made from whitebit_ext/_async/{name} by scripts/unasync.py. Do not edit:
# change the async text, and run `nox -s regenerate`.

"""
RULES: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\basync (def|for|with)\b", r"\1"),
        (r"\bawait ", ""),
        # httpx's async types are kept; every other name with this prefix has a counterpart.
        (r"(?<!httpx\.)\bAsync(?=[A-Z])(?!WhiteBIT``)", ""),
        (r"\basync_(rim|client)\b", r"\1"),
        (r"\bStopAsyncIteration\b", "StopIteration"),
        (r"\b__a(iter|next|enter|exit)__\b", r"__\1__"),
        (r"\baclose\b", "close"),
        (r"\baiter_raw\b", "iter_raw"),
        (r"The async interface: all code that awaits.*?\.", "The sync interface."),
    )
)
LEFT_OVER: Final = re.compile(r"\b(async|await|asyncio)\b|(?<!httpx\.)\bAsync(?!WhiteBIT``)")


def twin(source: Path) -> dict[str, str]:
    """Return the text of every sync file, by name.

    Args:
        source: The folder of the async code.

    Raises:
        ValueError: an async keyword remains, or a rule matches nothing.
    """
    made, used = {}, [0] * len(RULES)
    for path in sorted(source.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for number, (pattern, replacement) in enumerate(RULES):
            text, count = pattern.subn(replacement, text)
            used[number] += count
        for line, content in enumerate(text.splitlines(), 1):
            if LEFT_OVER.search(content):
                raise ValueError(f"{path.name}:{line} is still async: {content}")
        made[path.name] = HEADER.format(name=path.name) + text
    for (pattern, _), count in zip(RULES, used, strict=True):
        if not count:
            raise ValueError(f"the rule {pattern.pattern!r} matches nothing: remove it")
    return made
