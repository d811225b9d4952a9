"""The page with the state and the settings of a sandbox, without secret values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse

from ..endpoints.layout import page
from ..faults.faults import FAULT_KINDS
from ..operations import OPERATIONS, REGIONS
from ..world.histories import HISTORY_NAMES
from . import forms
from .controls import CONTROLS, choices

if TYPE_CHECKING:
    from ..world.model import ApiKey, User
    from .administration import Administration

_SHOWN: Final = 40

_GATE: Final = {
    "signed_in": "signed in",
    "two_factor_enabled": "second factor",
    "verified": "KYC",
    "eligible": "feature",
}


def state_page(administration: Administration) -> HTMLResponse:
    """Return the state page."""
    people = _users(administration) + _clients(administration)
    content = (
        _head(administration)
        + f'<div class="grid two">\n{people}\n</div>\n'
        + _histories(administration)
        + _keys(administration)
        + _faults(administration)
        + f'<div class="grid">\n{_switches(administration)}\n</div>\n'
        + _log(administration)
    )
    return page("State", content, wide=True)


def _card(title: str, content: str) -> str:
    return f'<section class="card"><h2>{escape(title)}</h2>\n{content}\n</section>\n'


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]], empty: str) -> str:
    """Return a table with cells in HTML."""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    if not body:
        return f'<p class="soft">{escape(empty)}</p>'
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    return f'<div class="scroll"><table><tr>{head}</tr>\n{body}</table></div>'


def _code(text: object) -> str:
    return f"<code>{escape(str(text))}</code>"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _head(administration: Administration) -> str:
    clock = administration.clock
    turn = "Resume" if clock.frozen else "Freeze"
    ahead = clock.ahead()
    moved = (
        f'<p class="error" role="status">It is {ahead:+.0f} s off the real time: signed requests '
        "with nonceWindow fail from clients that go by the real time.</p>\n"
        if abs(ahead) > 5
        else ""
    )
    steps = "".join(
        forms.button("clock", label, {"advance": str(seconds)}, second=True)
        for label, seconds in (("+1 s", 1), ("+1 min", 60), ("+10 min", 600), ("+14 d", 1_209_600))
    )
    return (
        '<section class="card">\n<h1>Sandbox</h1>\n'
        '<p class="soft">A WhiteBIT server for tests. Everything here can also be done '
        "from Python, and with JSON requests to the URLs of the buttons.</p>\n"
        f"<p>The clock shows {_code(_time(clock.now()))} UTC and "
        f"{'is frozen' if clock.frozen else 'is running'}.</p>\n{moved}"
        f'<div class="wrap">{steps}'
        f"{forms.button('clock', turn, {'frozen': forms.truth(not clock.frozen)})}"
        f"{forms.button('reset', 'Delete everything', second=True)}</div>\n</section>\n"
    )


def _users(administration: Administration) -> str:
    rows = (
        (
            escape(user.name),
            "".join(_gate_switch(user, name, label) for name, label in _GATE.items()),
            forms.button("users/finish-choosing", "Confirm now", {"user": user.name}, second=True)
            + forms.fields(
                "users/change",
                "Set",
                {"user": user.name},
                forms.text("choosing_time", "seconds to choose", user.choosing_time, size=5),
            ),
        )
        for user in administration.users
    )
    return _card(
        "Users",
        _table(("name", "gate", "permissions"), rows, "No users yet.")
        + forms.fields("users", "Add", {}, forms.text("name", "name")),
    )


def _histories(administration: Administration) -> str:
    rows = (
        (
            escape(user.name),
            forms.fields(
                "histories",
                "Generate",
                {"user": user.name},
                *(forms.text(name, name, history.count(name), size=6) for name in HISTORY_NAMES),
            ),
        )
        for user in administration.users
        for history in (administration.history(user.name),)
    )
    return _card("Account histories", _table(("name", "rows"), rows, "No users yet."))


def _gate_switch(user: User, name: str, label: str) -> str:
    present = bool(getattr(user, name))
    return forms.button(
        "users/change",
        f"{label}: {'yes' if present else 'no'}",
        {"user": user.name, name: forms.truth(not present)},
        second=True,
    )


def _clients(administration: Administration) -> str:
    rows = (
        (
            _code(client.client_id),
            escape(", ".join(client.regions)),
            escape(client.token_mode),
            "<br>".join(_code(uri) for uri in client.redirect_uris),
        )
        for client in administration.clients
    )
    return _card(
        "Clients",
        _table(("client id", "region", "tokens", "redirect URIs"), rows, "No clients yet.")
        + forms.fields(
            "clients",
            "Register",
            {},
            forms.text("redirect_uris", "redirect URI"),
            forms.choice("token_mode", "tokens", ("rotating", "single")),
            forms.choice("region", "region", (*REGIONS, "both")),
        ),
    )


def _keys(administration: Administration) -> str:
    rows = (
        (
            _code(key.external_id),
            f"{escape(key.user.name)}<br>{_code(key.client.client_id)}",
            escape(_condition(key)),
            escape(", ".join(name for name, urls in key.grants.items() if urls) or "none"),
            _key_buttons(key) if key.deleted is None else "",
        )
        for key in administration.keys
    )
    return _card(
        "API keys",
        _table(("external id", "of", "state", "granted", ""), rows, "No keys yet."),
    )


def _condition(key: ApiKey) -> str:
    if key.deleted is not None:
        return f"deleted ({key.deleted})"
    state = "active" if key.enabled else "disabled"
    return f"{state}, secret retrieved" if key.secret_taken else f"{state}, secret not retrieved"


def _key_buttons(key: ApiKey) -> str:
    named = {"external_id": key.external_id}
    return (
        forms.button("keys/disable", "Disable", named, second=True)
        + forms.button("keys/lock", "Lock 15 s", {**named, "seconds": "15"}, second=True)
        + forms.button("keys/delete", "Delete", {**named, "reason": "user"}, second=True)
        + forms.button("keys/delete", "Revoke", {**named, "reason": "revoked"}, second=True)
    )


def _faults(administration: Administration) -> str:
    rows = (
        (
            _code(fault.operation.name),
            escape(fault.kind),
            f"from {fault.nth}, {'always' if fault.times is None else f'{fault.times} times'}",
            f"{fault.fired} of {fault.seen}",
            forms.button("faults/remove", "Remove", {"number": str(fault.number)}, second=True),
        )
        for fault in administration.faults.all()
    )
    return _card(
        "Faults",
        _table(("operation", "kind", "calls", "fired", ""), rows, "No faults.")
        + forms.fields(
            "faults",
            "Add",
            {},
            forms.choice("route", "operation", tuple(OPERATIONS)),
            forms.choice("kind", "kind", FAULT_KINDS),
            forms.text("nth", "nth", 1, size=3),
            forms.text("times", "times", 1, size=4),
            forms.text("status", "status", size=4),
            forms.text("seconds", "seconds", size=4),
        ),
    )


def _switches(administration: Administration) -> str:
    return (
        _card("Limits", _switch_row("limits", administration.limits))
        + _card("Irregular responses", _switch_row("traps", administration.traps))
        + _card("Settings", _switch_row("settings", administration.settings))
    )


def _switch_row(control: str, switches: object) -> str:
    parts = []
    for name in CONTROLS[control].types:
        label, value = name.replace("_", " "), getattr(switches, name)
        options = choices(control, name)
        if isinstance(value, bool):
            parts.append(
                forms.button(
                    control,
                    f"{label}: {'on' if value else 'off'}",
                    {name: forms.truth(not value)},
                    second=not value,
                )
            )
        elif options:
            field = forms.choice(name, label, options, value)
            parts.append(forms.fields(control, "Set", {}, field))
        else:
            parts.append(forms.fields(control, "Set", {}, forms.text(name, label, value, size=8)))
    return f'<div class="wrap">{"".join(parts)}</div>'


def _log(administration: Administration) -> str:
    rows = (
        (
            str(record.ordinal),
            _time(record.time),
            escape(record.region),
            _code(f"{record.method} {record.path}"),
            str(record.status or "none"),
            escape(", ".join(record.credentials)),
            escape(record.fault or ""),
        )
        for record in reversed(administration.requests[-_SHOWN:])
    )
    breaches = (
        (str(found.ordinal), _code(found.path), escape(found.rule), escape(found.detail))
        for found in reversed(administration.breaches[-_SHOWN:])
    )
    notes = (
        (str(found.ordinal), _code(found.path), escape(found.rule), escape(found.detail))
        for found in reversed(administration.notes[-_SHOWN:])
    )
    headings = ("#", "time, UTC", "region", "request", "status", "credentials", "fault")
    return (
        _card(
            "Breaches of the contract",
            _table(("#", "path", "rule", "detail"), breaches, "No breaches."),
        )
        + _card(
            "Accepted although not documented",
            _table(("#", "path", "rule", "detail"), notes, "Nothing."),
        )
        + _card(
            "Requests",
            _table(headings, rows, "No requests yet.")
            + forms.button("requests/forget", "Clear the log", second=True),
        )
    )
