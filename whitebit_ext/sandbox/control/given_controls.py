"""Controls of the answers that a caller gives; see `controls`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from .arguments import Arguments

if TYPE_CHECKING:
    from .administration import Administration


def _signed(administration: Administration, arguments: Arguments) -> Any:
    """Answer a signed path with content of the caller."""
    administration.signed(
        arguments.text("path"),
        answer=arguments.anything("answer"),
        permission=arguments.optional_text("permission"),
        status=arguments.integer("status", 200),
    )
    return {"given": administration.given}


def _public(administration: Administration, arguments: Arguments) -> Any:
    """Answer a public path with content of the caller."""
    administration.public(
        arguments.text("path"),
        answer=arguments.anything("answer"),
        status=arguments.integer("status", 200),
    )
    return {"given": administration.given}


GIVEN_CONTROLS: Final[
    dict[str, tuple[Callable[[Administration, Arguments], Any], tuple[str, ...]]]
] = {
    "signed": (_signed, ("path", "answer", "permission", "status")),
    "public": (_public, ("path", "answer", "status")),
}
