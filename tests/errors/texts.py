"""All messages and hints of the library's errors, collected from its classes and its sources."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import attrs

import whitebit_ext
from whitebit_ext import errors
from whitebit_ext.errors import WhiteBITError
from whitebit_ext.http import answers

SOURCES = Path(whitebit_ext.__file__).parent
# Names of variables that become a hint or a message.
_HINTS, _MESSAGES = ("hint", "_SPILLED"), ("problem", "failure")


@attrs.frozen
class Text:
    """A message or a hint; what is filled in stands as `{…}`."""

    place: str
    is_hint: bool
    text: str


def classes() -> list[type[WhiteBITError]]:
    """Return every class of the tree, in the order of the file."""
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    kinds = [kind for kind in found if issubclass(kind, WhiteBITError)]
    return sorted(kinds, key=lambda kind: inspect.getsourcelines(kind)[1])


def collected() -> list[Text]:
    """Return the hints of the classes, of WhiteBIT's codes, and what the sources pass to errors."""
    texts = [Text(kind.__name__, is_hint=True, text=kind.default_hint) for kind in classes()]
    for key, (hint, _) in (answers._BY_CODE | answers._BY_MESSAGE).items():  # type: ignore[operator]  # two kinds of keys; private: no public name has them all
        texts.append(Text(f"code {key}", is_hint=True, text=hint))
    for path in sorted(SOURCES.rglob("*.py")):
        name = str(path.relative_to(SOURCES))
        if not name.startswith(("_sync", "cli", "pytest_plugin", "sandbox")):
            texts += in_source(name, ast.parse(path.read_text(encoding="utf-8")))
    return texts


def in_source(name: str, tree: ast.AST) -> Iterator[Text]:
    """Yield the texts that one file passes to the constructors of errors."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (kind := _error_made(node.func)) is not None:
            place = f"{name}:{node.lineno} {kind}"
            # `InvalidArgument` is given the name of the argument first, `of` an error.
            first = 1 if kind.endswith(".of") or kind == "InvalidArgument" else 0
            for argument in node.args[first : first + 1]:
                yield from (Text(place, is_hint=False, text=text) for text in literals(argument))
            for keyword in node.keywords:
                if keyword.arg == "hint":
                    found = literals(keyword.value)
                    yield from (Text(place, is_hint=True, text=text) for text in found)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            variable = node.targets[0].id
            if variable in (*_HINTS, *_MESSAGES) and not isinstance(node.value, ast.Call):
                for text in literals(node.value):
                    place = f"{name}:{node.lineno} {variable}"
                    yield Text(place, is_hint=variable in _HINTS, text=text)


def literals(node: ast.expr) -> Iterator[str]:
    """Yield each string that an expression may come to."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in node.values
        )
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def _error_made(func: ast.expr) -> str | None:
    """Return what a call makes, if that is an error of the tree."""
    if isinstance(func, ast.Attribute) and func.attr == "of":
        kind = _error_made(func.value)
        return f"{kind}.of" if kind else None
    return func.id if isinstance(func, ast.Name) and func.id in errors.__all__ else None
