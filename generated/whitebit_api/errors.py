# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Errors of the operations themselves; none has a body in its message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

__all__ = ("MalformedBody", "UnexpectedStatus", "read_json")


class UnexpectedStatus(Exception):
    """An answer whose status is no documented success.

    Attributes:
        status_code: The HTTP status.
        content: The body; not part of the message, since it may hold what must not be logged.
    """

    def __init__(self, status_code: int, content: bytes) -> None:
        super().__init__(f"Unexpected status code: {status_code}")
        self.status_code = status_code
        self.content = content

    def __reduce__(self) -> tuple[type[UnexpectedStatus], tuple[int, bytes]]:
        return type(self), (self.status_code, self.content)


class MalformedBody(ValueError):
    """An answer whose body is not JSON."""


def read_json(response: httpx.Response) -> Any:
    """Read the JSON of an answer.

    Raises:
        MalformedBody: It is none. The standard library's error is not passed on, also not as
            the cause: it carries the whole body.
    """
    try:
        return response.json()
    except (ValueError, RecursionError):
        pass
    raise MalformedBody(f"The body of a {response.status_code} answer is not JSON")
