"""The base of the error tree, and the errors of a call that was made wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

_ATTRIBUTES = ("operation", "status_code", "code", "errors", "hint", "retry_after")


class WhiteBITError(Exception):
    """Base of all errors of this library.

    Attributes:
        message: What happened, in one sentence, without any secret.
        operation: The ``operationId`` of the spec that was under way, if one was.
        status_code: The HTTP status of the answer, if one came.
        code: WhiteBIT's own number for the error (signed V4 answers only).
        errors: WhiteBIT's messages by field. Field names and ``code`` are the stable part;
            the texts may be translation keys (contract, section 6).
        hint: What to do next.
        retry_after: Seconds that the server asked to wait (``Retry-After``), if it said so.
    """

    default_hint: ClassVar[str] = "See the message; if it persists, report it with the operation."

    def __init__(
        self,
        message: str,
        *,
        operation: str | None = None,
        status_code: int | None = None,
        code: int | None = None,
        errors: Mapping[str, tuple[str, ...]] | None = None,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.status_code = status_code
        self.code = code
        self.errors: Mapping[str, tuple[str, ...]] = MappingProxyType(dict(errors or {}))
        self.hint = hint or self.default_hint
        self.retry_after = retry_after

    def __str__(self) -> str:
        where = f"{self.operation}: " if self.operation else ""
        return f"{where}{self.message} [{self.hint}]"

    def __copy__(self) -> Self:
        """Return the same error without a traceback, for another thread or task to raise."""
        made = type(self).__new__(type(self))
        made.args = self.args
        made.__dict__.update(self.__dict__)
        return made

    def __deepcopy__(self, memo: object) -> Self:
        """Return a copy as ``copy`` does: what an error holds is immutable."""
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: getattr(self, name) for name in _ATTRIBUTES}
        state["errors"] = dict(self.errors)
        return _rebuild, (type(self), self.message, state, self._extra())

    def _extra(self) -> dict[str, Any]:
        """Return what a subclass adds, for pickling; a secret is never part of it."""
        return {}

    @classmethod
    def of(cls, other: WhiteBITError, message: str, *, hint: str | None = None) -> Self:
        """Make this error of another one, keeping the operation and what the server said."""
        return cls(
            message,
            operation=other.operation,
            status_code=other.status_code,
            code=other.code,
            errors=other.errors,
            retry_after=other.retry_after,
            hint=hint,
        )


def _rebuild(
    kind: type[WhiteBITError], message: str, state: dict[str, Any], extra: dict[str, Any]
) -> WhiteBITError:
    error = kind.__new__(kind)
    WhiteBITError.__init__(error, message, **state)
    for name, value in extra.items():
        setattr(error, name, value)
    return error


class InvalidArgument(WhiteBITError, ValueError):
    """Say which argument of a call is wrong; nothing was sent.

    Attributes:
        argument: The name of the argument.
    """

    default_hint = "Correct the argument and call again."

    def __init__(self, argument: str, problem: str, *, hint: str | None = None) -> None:
        super().__init__(f"{argument}: {problem}", hint=hint)
        self.argument = argument

    def _extra(self) -> dict[str, Any]:
        return {"argument": self.argument}


class RegionNotSupported(WhiteBITError):
    """Refuse an operation that the region does not serve, before anything was sent."""

    default_hint = (
        "OAuth-issued API keys exist on the global server only (whitebit.com); "
        "connect this user through Region.GLOBAL."
    )


class WrongServer(WhiteBITError):
    """Refuse to send a credential to a server that it was not issued for."""

    default_hint = "Use a client and a key of the same region and base URL."


def stripped(error: WhiteBITError) -> WhiteBITError:
    """Drop the frames and exceptions behind an error, which may hold a request in the clear.

    Raise the result outside of any ``except`` block, or a new context is put behind it.
    """
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error
