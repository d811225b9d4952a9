"""The pages: one layout, and the content of each page.

Three kinds: the question before a login, the state of the connection, and a notice. They work
without JavaScript; the script reloads a waiting page when its state has changed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from .texts import DASHBOARD, PERMISSIONS, STATES, Next, Problem

STYLE = """
:root{color-scheme:light dark;--ink:#17202b;--soft:#566373;--paper:#fff;--ground:#f3f5f8;
--line:#d4dae2;--accent:#1f5fbf;--on:#fff;--bad:#a4161a}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf3;--soft:#a3b0bf;--paper:#1b232d;
--ground:#10161d;--line:#344150;--accent:#7db1ff;--on:#0b1420;--bad:#ff9d9d}}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{box-sizing:border-box;max-width:34rem;margin:2.5rem auto;padding:1.6rem 1.8rem;
background:var(--paper);border:1px solid var(--line);border-radius:12px}
h1{font-size:1.4rem;line-height:1.3;margin:0 0 .5rem}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
p{margin:.3rem 0 .9rem;overflow-wrap:anywhere}.soft{color:var(--soft)}.bad{color:var(--bad)}
form{margin:1.2rem 0 0}a{color:var(--accent)}
button{font:inherit;font-weight:600;border-radius:8px;padding:.6rem 1.15rem;cursor:pointer;
border:1px solid var(--accent);background:var(--accent);color:var(--on)}
button.second{background:transparent;color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
"""

SCRIPT = """"use strict";
const page = document.querySelector("[data-state]");
async function look() {
  let wait = Number(page.dataset.retry);
  try {
    const answer = await fetch("status.json", {headers: {Accept: "application/json"}});
    const found = answer.ok ? await answer.json() : {state: page.dataset.state};
    if (found.state !== page.dataset.state) { location.reload(); return; }
    wait = found.retry_after || wait;
  } catch (error) { wait *= 2; }
  setTimeout(look, wait * 1000);
}
if (page && page.dataset.retry) setTimeout(look, Number(page.dataset.retry) * 1000);
const on = document.querySelector("a[data-go]");
if (on) location.replace(on.href);
"""

# In the content, so that pages in an application's own layout have it as well.
_LOAD = '<script src="status.js" defer></script>\n'

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# No form-action: Chromium applies it to the redirect that answers a form, and would block the way
# to WhiteBIT.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; script-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; frame-ancestors 'none'"
)
OWN_POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
"""The policy of pages that the application renders: it may load what is its own."""

Hidden = Iterable[tuple[str, str]]


def document(title: str, content: str) -> str:
    """Return a whole page."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # An inline icon keeps browsers from asking for /favicon.ico.
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{content}</main>\n</body>\n</html>\n"
    )


def form(action: str, button: str, hidden: Hidden = (), *, second: bool = False) -> str:
    """Return a form of one button."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden
    )
    kind = ' class="second"' if second else ""
    return (
        f'<form method="post" action="{escape(action)}">{fields}'
        f'<button type="submit"{kind}>{escape(button)}</button></form>\n'
    )


def question(
    label: str, *, action: str, hidden: Hidden, require: Iterable[str], forbid: Iterable[str]
) -> str:
    """Return the content of the page before a login: which account gets the key."""
    wishes = ""
    if require:
        wishes += f"<p>Choose at least: <strong>{_groups(require)}</strong>.</p>\n"
    if forbid:
        wishes += f"<p>Do not choose: <strong>{_groups(forbid)}</strong>.</p>\n"
    return (
        "<h1>Connect WhiteBIT</h1>\n"
        f"<p>You are signed in here as <strong>{escape(label)}</strong>. This account gets an API "
        "key of your WhiteBIT account.</p>\n"
        "<p>WhiteBIT asks you to sign in and to choose permissions.</p>\n"
        f"{wishes}{form(action, 'Continue to WhiteBIT', hidden)}"
    )


def again(problem: Problem, *, action: str, hidden: Hidden, after: str) -> str:
    """Return the content of the page for a user who is connected already."""
    return (
        f"<h1>{escape(problem.title)}</h1>\n<p>{escape(problem.text)}</p>\n"
        f'<p><a href="{escape(after)}">Continue</a> · <a href="status">See the connection</a></p>\n'
        "<h2>A different WhiteBIT account</h2>\n"
        '<p class="soft">The key of the present account stays at WhiteBIT, and we stop using it. '
        "To delete it as well, disconnect first.</p>\n"
        + form(action, "Connect a different account", [*hidden, ("different", "1")], second=True)
    )


def state(shown: Mapping[str, Any], *, hidden: Hidden, after: str, can_ask: bool) -> str:
    """Return the content of the page with the state of the connection.

    Args:
        shown: The state as its JSON has it.
        hidden: Fields for the forms.
        after: Where the user goes at the end.
        can_ask: Whether WhiteBIT still accepts our request to delete the key.
    """
    name, error = shown["state"], shown["error"]
    title, text = STATES[name]
    wait = "" if shown["retry_after"] is None else f' data-retry="{shown["retry_after"]:g}"'
    parts = [
        f'<h1>{escape(title)}</h1>\n<p role="status" data-state="{name}"{wait}>{escape(text)}</p>\n'
    ]
    if error:
        told = f"<strong>{escape(error['title'])}.</strong> {escape(error['text'])}"
        parts.append(f'<p class="bad">{told}</p>\n')
    if shown["granted"]:
        parts.append(f"<p>Granted: <strong>{_groups(shown['granted'])}</strong>.</p>\n")
    if shown["missing"]:
        parts.append(f"<p>Missing: <strong>{_groups(shown['missing'])}</strong>.</p>\n")
    if shown["forbidden"]:
        parts.append(f"<p>Not wanted: <strong>{_groups(shown['forbidden'])}</strong>.</p>\n")
    if name in ("login", "choosing"):
        parts.append(f'<p><a href="status">Check again</a></p>\n{_LOAD}')
    if name == "leftover_key" or (error and error["action"] == Next.DASHBOARD):
        parts.append(steps())
    if name in ("connected", "insufficient"):
        parts.append(f'<p><a href="{escape(after)}">Continue</a></p>\n')
    if name in ("none", "login", "leftover_key", "failed"):
        parts.append('<p><a href="connect">Connect WhiteBIT</a></p>\n')
    if name in ("connected", "insufficient", "choosing", "failed", "leftover_key"):
        promise = (
            "We ask WhiteBIT to delete the API key, and delete what we keep."
            if can_ask
            else "We delete what we keep. WhiteBIT no longer accepts our request to delete the "
            "API key: you delete it in WhiteBIT's dashboard."
        )
        parts.append(f'<h2>Disconnect</h2>\n<p class="soft">{escape(promise)}</p>\n')
        parts.append(form("disconnect", "Disconnect", hidden, second=True))
    return "".join(parts)


def notice(problem: Problem) -> str:
    """Return the content of the page for a problem."""
    links = {
        Next.START_AGAIN: '<a href="connect">Start again</a> · ',
        Next.TRY_AGAIN: '<a href="">Try again</a> · ',
    }
    return (
        f'<h1>{escape(problem.title)}</h1>\n<p role="alert">{escape(problem.text)}</p>\n'
        f'<p>{links.get(problem.action, "")}<a href="status">See the connection</a></p>\n'
    )


def onward() -> str:
    """Return the content of the page that leads to ``finish``, as a navigation of this site."""
    return (
        "<h1>One more step</h1>\n<p>Continue to finish the connection.</p>\n"
        f'<p><a href="finish" data-go>Continue</a></p>\n{_LOAD}'
    )


def copied() -> str:
    """Return the content of the page for a login that a terminal waits for."""
    return (
        "<h1>Copy this address</h1>\n<p>This login was started in a terminal. Copy the whole "
        "address of this page from the address bar, and paste it there. Show it to nobody "
        "else.</p>\n"
    )


def leftover() -> str:
    """Return the content of the page after a disconnecting that left the key at WhiteBIT."""
    return (
        "<h1>Disconnected here</h1>\n<p>We deleted what we kept, and no longer use your account. "
        "The API key still exists at WhiteBIT, and only you can delete it.</p>\n" + steps()
    )


def steps() -> str:
    """Return how a user deletes a key in WhiteBIT's dashboard."""
    return "<ol>" + "".join(f"<li>{escape(step)}</li>" for step in DASHBOARD) + "</ol>\n"


def _groups(groups: Iterable[str]) -> str:
    return escape(", ".join(PERMISSIONS.get(group, group) for group in sorted(groups)))
