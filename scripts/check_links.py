"""Check that every link of the built documentation leads to a page and an anchor of it.

Links to other sites are not followed: the build runs offline.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The anchors of a page, and its links."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors = {""}
        self.links: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the anchor and the link of an element."""
        given = dict(attrs)
        self.anchors.add(given.get("id") or "")
        link = given.get("href") or given.get("src")
        if link and not urlsplit(link).scheme and not link.startswith("//"):
            self.links.append(link)


def main(root: Path) -> int:
    """Print the links that lead nowhere, and return how many there are."""
    pages = {path.resolve(): Page(path) for path in root.rglob("*.html")}
    broken = 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            found = pages.get(target)
            anchor = unquote(parts.fragment)
            if not target.exists() or (found is not None and anchor not in found.anchors):
                print(f"{path.relative_to(root.resolve())}: {link}", file=sys.stderr)
                broken += 1
    return broken


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1])), 1))
