"""A scripted user, who submits the login pages over HTTP as a browser does."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import attrs
import httpx


class LoginBlocked(Exception):
    """The login was stopped by a page, without a callback.

    Attributes:
        outcome: `"wrong_link"`, `"gone"`, or the reason of the eligibility gate, such as
            `"partner_key_active_exists"`.
    """

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@attrs.define
class _Form:
    """A form of a page."""

    action: str
    fixed: list[tuple[str, str]] = attrs.field(factory=list)
    choices: dict[str, list[str]] = attrs.field(factory=dict)
    texts: list[str] = attrs.field(factory=list)
    buttons: list[tuple[str, str]] = attrs.field(factory=list)


class _Page(HTMLParser):
    """A parser for the form, the outcome and the second factor of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.form: _Form | None = None
        self.outcome: str | None = None
        self.second_factor = ""
        self.callback: str | None = None
        self._in_second_factor = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect forms, fields and outcomes."""
        names = dict(attrs)
        if "data-outcome" in names:
            self.outcome = names["data-outcome"]
        if "data-callback" in names:
            self.callback = names.get("href") or names.get("src")
        if tag == "form":
            self.form = _Form(names.get("action") or "")
        elif tag == "input" and self.form is not None:
            self._input(self.form, names)
        elif tag == "button" and self.form is not None and names.get("name"):
            self.form.buttons.append((names["name"] or "", names.get("value") or ""))
        self._in_second_factor = "data-second-factor" in names

    def handle_data(self, data: str) -> None:
        """Read the second factor."""
        if self._in_second_factor:
            self.second_factor += data.strip()

    def handle_endtag(self, tag: str) -> None:
        """End the second factor."""
        self._in_second_factor = False

    @staticmethod
    def _input(form: _Form, names: dict[str, str | None]) -> None:
        name, value, kind = names.get("name"), names.get("value") or "", names.get("type")
        if not name:
            return
        if kind == "hidden":
            form.fixed.append((name, value))
        elif kind in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(value)
        else:
            form.texts.append(name)


class Person:
    """A user with a browser.

    Args:
        name: The user to choose on the login page.
        timeout: The timeout for each page, in real seconds.
    """

    def __init__(self, name: str, *, timeout: float = 10.0) -> None:
        self.name = name
        self._timeout = timeout

    def approve(
        self,
        login_url: str,
        permissions: Iterable[str] | None = None,
        *,
        second_factor: str | None = None,
    ) -> str:
        """Approve a login.

        Args:
            login_url: The login URL from the partner.
            permissions: The names of the permission groups to select; all groups if None.
            second_factor: The code to enter; the code on the page if None.

        Returns:
            The callback URL, which is not requested.

        Raises:
            LoginBlocked: The login was stopped by a page, or the second factor is wrong.
            ValueError: The page does not offer the user or permission.
        """
        with self._browser() as browser:
            address, page = self._sign_in(browser, login_url)
            offered = page.form.choices.get("permission", []) if page.form else []
            chosen = offered if permissions is None else list(permissions)
            for name in chosen:
                if name not in offered:
                    raise ValueError(f"permissions: the page does not offer {name!r}")
            code = page.second_factor if second_factor is None else second_factor
            callback = self._decide(browser, address, page, "approve", chosen, code)
        if callback is None:
            raise LoginBlocked("second_factor_wrong")
        return callback

    def refuse(self, login_url: str) -> str | None:
        """Refuse a login, and return the callback URL, or None without a callback."""
        with self._browser() as browser:
            address, page = self._sign_in(browser, login_url)
            return self._decide(browser, address, page, "refuse", [], "")

    def _browser(self) -> httpx.Client:
        # The sandbox is local: no proxy, and no certificates, which would take longer to load than
        # the whole login.
        return httpx.Client(
            timeout=self._timeout,
            trust_env=False,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        )

    def _sign_in(self, browser: httpx.Client, login_url: str) -> tuple[str, _Page]:
        response = browser.get(login_url)
        address = login_url
        while response.is_redirect:
            address = urljoin(address, response.headers["location"])
            response = browser.get(address)
        page = self._read(response)
        form = page.form
        if form is None or "user" not in form.choices:
            raise LoginBlocked("no_form")
        if self.name not in form.choices["user"]:
            raise ValueError(f"user: the page does not offer {self.name!r}")
        target = urljoin(address, form.action)
        response = browser.post(target, data=dict([*form.fixed, ("user", self.name)]))
        if response.is_redirect:
            target = urljoin(target, response.headers["location"])
            response = browser.get(target)
        return target, self._read(response)

    def _decide(
        self,
        browser: httpx.Client,
        address: str,
        page: _Page,
        decision: str,
        permissions: list[str],
        second_factor: str,
    ) -> str | None:
        form = page.form
        if form is None or ("decision", decision) not in form.buttons:
            raise LoginBlocked("no_form")
        fields: dict[str, str | list[str]] = dict([*form.fixed, ("decision", decision)])
        fields["permission"] = permissions
        for name in form.texts:
            fields[name] = second_factor
        target = urljoin(address, form.action)
        response = browser.post(target, data=fields)
        if response.is_redirect:
            location = urljoin(target, response.headers["location"])
            # A redirect within the sandbox is another page, not a callback.
            return location if urlsplit(location)[:3] != urlsplit(target)[:3] else None
        after = _Page(response.text)
        if after.outcome not in (None, "refused"):
            raise LoginBlocked(after.outcome or "")
        return after.callback

    @staticmethod
    def _read(response: httpx.Response) -> _Page:
        page = _Page(response.text)
        if page.outcome is not None:
            raise LoginBlocked(page.outcome)
        if response.status_code >= 400:
            raise LoginBlocked(f"status_{response.status_code}")
        return page
