"""Forms of the state page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape


def truth(value: bool) -> str:
    """Return a boolean in the format of the controls."""
    return "true" if value else "false"


def button(
    control: str, label: str, values: Mapping[str, str] | None = None, *, second: bool = False
) -> str:
    """Return a form that consists of a button and hidden values."""
    look = "small second" if second else "small"
    return (
        f'<form class="inline" method="post" action="/sandbox/{control}">{_fixed(values or {})}'
        f'<button class="{look}" type="submit">{escape(label)}</button></form>'
    )


def fields(control: str, label: str, values: Mapping[str, str], *content: str) -> str:
    """Return a form with some fields in HTML."""
    return (
        f'<form class="inline wrap" method="post" action="/sandbox/{control}">{_fixed(values)}'
        f'{"".join(content)}<button class="small" type="submit">{escape(label)}</button></form>'
    )


def text(name: str, label: str, value: object = None, *, size: int = 16) -> str:
    """Return a labeled text field."""
    whole = isinstance(value, float) and value.is_integer()
    shown = "" if value is None else f"{value:.0f}" if whole else str(value)
    return (
        f"<label>{escape(label)} "
        f'<input type="text" name="{name}" value="{escape(shown)}" size="{size}"></label>'
    )


def choice(name: str, label: str, options: Iterable[str], value: str | None = None) -> str:
    """Return a labeled selection."""
    items = "".join(
        f"<option{' selected' if option == value else ''}>{escape(option)}</option>"
        for option in options
    )
    return f'<label>{escape(label)} <select name="{name}">{items}</select></label>'


def _fixed(values: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in values.items()
    )
