from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx
import pytest

from whitebit_ext.sandbox import Sandbox
from whitebit_ext.sandbox.control.controls import CONTROLS

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner


FORM = "application/x-www-form-urlencoded"


class Forms(HTMLParser):
    """Reads the forms of a page: where each goes, what it sends untouched, and its button."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str], str]] = []
        self._in_button = False
        self._select = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect fields as a browser does."""
        names = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((names["action"], {}, ""))
        elif tag == "input":
            self.forms[-1][1][names["name"]] = names.get("value", "")
        elif tag == "select":
            self._select = names["name"]
        elif tag == "option" and ("selected" in names or self._select not in self.forms[-1][1]):
            self.forms[-1][1][self._select] = "?" if "selected" in names else ""
        self._in_button = tag == "button"

    def handle_data(self, data: str) -> None:
        """Collect the texts of options and buttons."""
        if self._in_button:
            action, fields, label = self.forms[-1]
            self.forms[-1] = (action, fields, label + data)
        elif self._select and self.forms[-1][1].get(self._select) in ("", "?"):
            self.forms[-1][1][self._select] = data

    def handle_endtag(self, tag: str) -> None:
        """End a list or a button."""
        self._in_button = False
        if tag == "select":
            self._select = ""


@pytest.fixture
def page(sandbox: Sandbox) -> str:
    """Give the address of the state page."""
    return f"{sandbox.global_url}/sandbox/"


def forms(http: httpx.Client, page: str) -> list[tuple[str, dict[str, str], str]]:
    """Return the forms of the state page."""
    return Forms(http.get(page).text).forms


def press(http: httpx.Client, page: str, label: str, **changes: str) -> httpx.Response:
    """Submit the first form with that button, with some fields filled in."""
    action, fields, _ = next(form for form in forms(http, page) if form[2] == label)
    url = str(httpx.URL(page).join(action))
    return http.post(url, data={**fields, **changes}, headers={"Origin": page.rstrip("/")[:-8]})


def test_page_shows_the_state(
    page: str, partner: Partner, sandbox: Sandbox, http: httpx.Client
) -> None:
    """Users, clients, keys, faults, requests and breaches are on the page, and no secret is."""
    token = partner.tokens()["access_token"]
    external_id = partner.key(token)
    partner.secret(external_id, token)
    http.get(f"{partner.base}/no-such-thing")
    sandbox.faults.add("refresh_token", kind="drop_after")
    answer = http.get(page)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    for text in (
        "alice",
        partner.client.client_id,
        external_id,
        "secret retrieved",
        "drop_after",
        "no-such-thing",
        "/oauth2/token",
        "access_token of alice",
    ):
        assert text in answer.text
    assert [value for value in sandbox.issued_values() if value in answer.text] == []


def test_every_form_leads_to_a_control_and_sends_what_it_takes(
    page: str, partner: Partner, sandbox: Sandbox, http: httpx.Client
) -> None:
    """No form of the page is made for a control or an argument that there is not."""
    sandbox.add_key("alice", partner.client)
    sandbox.faults.add("refresh_token", kind="html")
    found = forms(http, page)
    assert len(found) > 40
    for action, fields, label in found:
        control = CONTROLS[action.removeprefix("/sandbox/")]
        assert fields.keys() <= control.types.keys(), (action, label)


def test_every_form_can_be_submitted_untouched(
    page: str, partner: Partner, sandbox: Sandbox, http: httpx.Client
) -> None:
    """Every button leads back to the page, or to an error that names the missing field."""
    sandbox.add_key("alice", partner.client)
    sandbox.faults.add("refresh_token", kind="html")
    for action, fields, label in forms(http, page):
        if action in ("/sandbox/reset", "/sandbox/keys/delete"):
            continue  # after which the others have nothing to work on
        url = str(httpx.URL(page).join(action))
        answer = http.post(url, content=urlencode(fields), headers={"Content-Type": FORM})
        untouched = {"/sandbox/users": 400, "/sandbox/clients": 200}
        assert answer.status_code == untouched.get(action, 303), (action, label, answer.text)


def test_switches_of_the_page_work(page: str, sandbox: Sandbox, http: httpx.Client) -> None:
    """A press changes what it says, and the page shows it changed."""
    assert press(http, page, "escaped slashes: off").status_code == 303
    assert sandbox.traps.escaped_slashes
    assert any(label == "escaped slashes: on" for _, _, label in forms(http, page))
    before = sandbox.clock.now()
    press(http, page, "+1 min")
    assert sandbox.clock.now() == before + 60
    press(http, page, "KYC: yes")
    assert not sandbox.user("alice").verified


def test_fault_can_be_added_on_the_page(page: str, sandbox: Sandbox, http: httpx.Client) -> None:
    """The form of faults has an operation, a kind, and the arguments of the kind."""
    action, fields, _ = next(form for form in forms(http, page) if form[0] == "/sandbox/faults")
    changed = {
        **fields,
        "route": "exchange_code",
        "kind": "status",
        "status": "418",
        "times": "null",
    }
    assert http.post(str(httpx.URL(page).join(action)), data=changed).status_code == 303
    fault = sandbox.faults.all()[0]
    assert (fault.operation.name, fault.kind) == ("exchange_code", "status")
    assert (fault.status, fault.times) == (418, None)


def test_registered_client_is_shown_its_secret_once(
    page: str, sandbox: Sandbox, http: httpx.Client
) -> None:
    """The answer to the registration has the secret, and the state page has not."""
    answer = press(http, page, "Register", redirect_uris="https://partner.example/cb")
    client = sandbox.clients[0]
    assert client.redirect_uris == ("https://partner.example/cb",)
    assert client.client_secret in answer.text
    assert client.client_secret not in http.get(page).text


def test_wrong_value_is_told_on_a_page(page: str, http: httpx.Client) -> None:
    """What cannot be set is answered with a page that says why."""
    answer = press(http, page, "Register", redirect_uris="nonsense")
    assert answer.status_code == 400
    assert "redirect_uris: must be absolute" in answer.text


def test_page_of_another_origin_cannot_press(
    page: str, sandbox: Sandbox, http: httpx.Client
) -> None:
    """A form on another site that is sent here does nothing."""
    answer = http.post(f"{page}reset", data={"x": ""}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert sandbox.users


def test_path_without_its_slash_leads_to_the_page(page: str, http: httpx.Client) -> None:
    """The URL without the trailing slash redirects to the page."""
    assert http.get(page[:-1], follow_redirects=True).status_code == 200


def test_page_escapes_what_it_shows(page: str, sandbox: Sandbox, http: httpx.Client) -> None:
    """A name with markup in it is shown as text, also where it is a value."""
    sandbox.add_user('"><script>alert(1)</script>')
    assert "<script>" not in http.get(page).text
