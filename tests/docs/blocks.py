"""The code blocks of the texts: README, SECURITY, CONTRIBUTING, the documentation, the examples."""

from __future__ import annotations

import re
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[2]
TEXTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "examples/**/*.md", "tests/*/README.md")
    for path in ROOT.glob(pattern)
)
FENCE = re.compile(
    r"(?:<!-- from (\S+) -->\n)?^( *)```([^\n`]*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL
)


@attrs.frozen
class Block:
    """A block of code.

    Attributes:
        page: The path of its text, from the root of the project.
        line: Where it begins.
        language: What is written after its fence.
        code: Its text, without the indentation of a list.
        source: The file that it is a part of, if the text says so in a comment before it.
    """

    page: str
    line: int
    language: str
    code: str
    source: str = ""

    @property
    def place(self) -> str:
        """Return page and line."""
        return f"{self.page}:{self.line}"


def _blocks(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    return [
        Block(
            path.relative_to(ROOT).as_posix(),
            text.count("\n", 0, match.start()) + 1,
            match[3],
            re.sub(rf"^{match[2]}", "", match[4], flags=re.MULTILINE),
            match[1] or "",
        )
        for match in FENCE.finditer(text)
    ]


BLOCKS = [block for path in TEXTS for block in _blocks(path)]


def blocks_of(*languages: str, page: str = "") -> list[Block]:
    """Return the blocks in some languages, of one page or of all."""
    return [block for block in BLOCKS if block.language in languages and page in ("", block.page)]


def python(page: str) -> list[str]:
    """Return the Python code of a page of the documentation."""
    return [block.code for block in blocks_of("python", page=f"docs/{page}")]
