"""The small forms of the state page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape


def truth(value: bool) -> str:
    """Write a truth value as the controls read it."""
    return "true" if value else "false"


def button(
    control: str, label: str, values: Mapping[str, str] | None = None, *, second: bool = False
) -> str:
    """Make a form that is nothing but a button, with its values fixed."""
    look = "small second" if second else "small"
    return (
        f'<form class="inline" method="post" action="/sandbox/{control}">{_fixed(values or {})}'
        f'<button class="{look}" type="submit">{escape(label)}</button></form>'
    )


def fields(control: str, label: str, values: Mapping[str, str], *content: str) -> str:
    """Make a form of some fields, which are HTML already."""
    return (
        f'<form class="inline wrap" method="post" action="/sandbox/{control}">{_fixed(values)}'
        f'{"".join(content)}<button class="small" type="submit">{escape(label)}</button></form>'
    )


def text(name: str, label: str, value: object = None, *, size: int = 16) -> str:
    """Make a labeled text field."""
    whole = isinstance(value, float) and value.is_integer()
    shown = "" if value is None else f"{value:.0f}" if whole else str(value)
    return (
        f"<label>{escape(label)} "
        f'<input type="text" name="{name}" value="{escape(shown)}" size="{size}"></label>'
    )


def choice(name: str, label: str, options: Iterable[str], value: str | None = None) -> str:
    """Make a labeled list of which one is chosen."""
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
