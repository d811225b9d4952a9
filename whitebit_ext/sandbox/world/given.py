"""Answers that a test gives for paths of its own choice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from ..operations import Operation, named
from .model import PERMISSION_GROUPS

Answer = Callable[[Mapping[str, Any]], Any]
"""Returns the JSON content of a response for the parameters of a request."""

_PATH: Final = re.compile(r"/api/[A-Za-z0-9/_.-]+")


@attrs.frozen
class GivenAnswer:
    """The answer of one operation.

    Attributes:
        answer: The JSON content, or a function that returns it for the parameters.
        permission: The permission group that the key needs; none if None.
        status: The status of the response.
    """

    operation: Operation
    answer: Any
    permission: str | None = None
    status: int = 200

    def content(self, parameters: Mapping[str, Any]) -> Any:
        """Return the content for the parameters of a request."""
        return self.answer(parameters) if callable(self.answer) else self.answer


class GivenAnswers:
    """The given answers of a sandbox; each is an operation like the documented ones."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], GivenAnswer] = {}

    def add(
        self, method: str, path: str, answer: Any, *, permission: str | None, status: int
    ) -> GivenAnswer:
        """Answer a path; this replaces an earlier answer, and a documented operation.

        Raises:
            ValueError: The path is not below `/api/`, the permission group does not exist, the
                status is not from 200 to 599, or the answer is not JSON.
        """
        if _PATH.fullmatch(path) is None:
            raise ValueError("path: must begin with /api/ and have no query")
        if permission is not None and permission not in {group.name for group in PERMISSION_GROUPS}:
            known = ", ".join(group.name for group in PERMISSION_GROUPS)
            raise ValueError(f"permission: must be one of {known}")
        if not 200 <= status <= 599:
            raise ValueError("status: must be from 200 to 599")
        if not callable(answer):
            try:
                json.dumps(answer, allow_nan=False)
            except (TypeError, ValueError):
                raise ValueError("answer: must be JSON, or a function that returns it") from None
        security = "signed" if method == "POST" else "none"
        operation = Operation(f"{method} {path}", method, path, security)  # type: ignore[arg-type]  # one of the literals
        given = GivenAnswer(operation, answer, permission, status)
        self._given[method, path] = given
        return given

    def find(self, method: str, path: str) -> GivenAnswer | None:
        """Return the answer of a path, or None."""
        return self._given.get((method, path))

    def routes(self) -> list[str]:
        """Return the routes with an answer."""
        return [given.operation.route for given in self._given.values()]

    def named(self, route: str) -> Operation:
        """Return an operation, given or documented, by its name or route.

        Raises:
            ValueError: The operation does not exist.
        """
        method, _, path = route.partition(" ")
        given = self._given.get((method, path))
        return named(route) if given is None else given.operation
