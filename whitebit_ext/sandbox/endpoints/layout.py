"""The layout of the pages, without external resources."""

from __future__ import annotations

from html import escape
from typing import Final

from starlette.responses import HTMLResponse

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #17202b; --soft: #566373; --paper: #ffffff;
  --ground: #eef1f5; --line: #d4dae2; --accent: #1f5fbf; --on-accent: #ffffff;
  --warn: #8a4b00; --warn-ground: #fff3dc; --bad: #a4161a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf3; --soft: #a3b0bf; --paper: #1b232d;
  --ground: #10161d; --line: #344150; --accent: #7db1ff; --on-accent: #0b1420;
  --warn: #ffd58f; --warn-ground: #3a2b10; --bad: #ff9d9d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.banner { background: var(--warn-ground); color: var(--warn); text-align: center;
  padding: .55rem 1rem; font-size: .9rem; border-bottom: 1px solid var(--line); }
main { max-width: 34rem; margin: 2.5rem auto; padding: 0 1rem; }
main.wide { max-width: 76rem; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 14px;
  padding: 1.6rem 1.8rem; margin-bottom: 1.2rem; }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 .3rem; }
h2 { font-size: 1.05rem; margin: 0 0 .7rem; }
p { margin: .3rem 0 .9rem; } .soft { color: var(--soft); } .card > :last-child { margin-bottom: 0; }
fieldset { border: 0; padding: 0; margin: 1.2rem 0 0; }
legend { font-weight: 600; padding: 0; margin-bottom: .4rem; }
.choice { display: flex; gap: .75rem; align-items: flex-start; padding: .7rem .85rem;
  border: 1px solid var(--line); border-radius: 10px; margin-bottom: .5rem; cursor: pointer; }
.choice:hover, .choice:has(:checked) { border-color: var(--accent); }
.choice input { flex: none; width: 1.1rem; height: 1.1rem; margin: .2rem 0 0;
  accent-color: var(--accent); }
.choice small { display: block; color: var(--soft); overflow-wrap: anywhere; }
label.text { display: block; font-weight: 600; margin-top: 1.2rem; }
input[type=text], input[type=number], select { font: inherit; color: inherit; width: 100%;
  background: transparent; border: 1px solid var(--soft); border-radius: 8px;
  padding: .5rem .7rem; margin-top: .3rem; }
select { background: var(--paper); }
[aria-invalid=true] { border: 2px solid var(--bad) !important; }
.code { letter-spacing: .35em; font-variant-numeric: tabular-nums; }
.row { display: flex; gap: .7rem; flex-wrap: wrap; margin-top: 1.5rem; }
button { font: inherit; font-weight: 600; border-radius: 9px; padding: .6rem 1.15rem;
  border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent);
  cursor: pointer; }
button.second { background: transparent; color: var(--accent); }
button.small { padding: .2rem .6rem; font-size: .85rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.error { color: var(--bad); font-weight: 600; } ul.error { padding-left: 1.2rem; }
code { font-size: .9em; overflow-wrap: anywhere; }
.grid { display: grid; gap: 1.2rem; margin-bottom: 1.2rem;
  grid-template-columns: repeat(auto-fit, minmax(min(21rem, 100%), 1fr)); }
.grid.two { grid-template-columns: repeat(auto-fit, minmax(min(34rem, 100%), 1fr)); }
.grid .card { margin: 0; } .scroll { overflow-x: auto; margin-bottom: .7rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } th { color: var(--soft); font-weight: 600; white-space: nowrap; }
form.inline { display: inline-flex; gap: .4rem; align-items: center; margin: .15rem .3rem .15rem 0;
} form.inline input, form.inline select { width: auto; margin: 0; padding: .2rem .5rem; }
.wrap { display: flex; flex-wrap: wrap; align-items: center; }
"""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    # With "no-referrer", browsers send the origin "null" with forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
}


def page(title: str, content: str, *, status: int = 200, wide: bool = False) -> HTMLResponse:
    """Return a page with a title in plain text and content in HTML."""
    width = ' class="wide"' if wide else ""
    document = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # An inline icon keeps browsers from requesting /favicon.ico.
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)} (sandbox)</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        '<div class="banner" role="note"><strong>Sandbox.</strong> '
        "A test server on this machine. It is not WhiteBIT, and nothing here has any value.</div>\n"
        f"<main{width}>\n{content}\n</main>\n</body>\n</html>\n"
    )
    return HTMLResponse(document, status, _HEADERS)
