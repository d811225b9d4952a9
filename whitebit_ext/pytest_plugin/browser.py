"""A browser for test clients: it leads a user from the partner's page through consent and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from ..sandbox import Person, Sandbox

_REDIRECTS: Final = (301, 302, 303, 307, 308)
_MOST: Final = 10  # redirects in a row

# What a browser sends with a click on a page of the same site, and with a redirect to it.
_OWN: Final = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document"}
_FROM_WHITEBIT: Final = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}


class Browser:
    """One browser of one user: the cookies are those of the test client.

    The client is one of Flask, Starlette or FastAPI, Django, or an `httpx.Client`.

    Attributes:
        visited: Method, path and status of each request to the partner; queries are left out,
            because that of the callback has the code.
    """

    def __init__(self, sandbox: Sandbox, client: Any, origin: str) -> None:
        self.visited: list[tuple[str, str, int]] = []
        self._sandbox = sandbox
        self._client = client
        self._origin = origin
        modules = {kind.__module__ for kind in type(client).__mro__}
        self._django = "django.test.client" in modules

    def connect(
        self,
        path: str,
        *,
        user: str = "alice",
        permissions: Iterable[str] | None = None,
        data: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> Any:
        """Connect a user: the partner's page, the consent page, and the callback.

        Args:
            path: The path that leads to WhiteBIT, such as `"/whitebit/connect"`.
            user: The user at WhiteBIT, who is added to the sandbox if it does not exist.
            permissions: The names of the permission groups to select; all groups if None.
            data: The fields of the partner's form.
            method: The method of the request to the path.

        Returns:
            The response of the partner after the callback, and after further redirects within the
            partner's site.

        Raises:
            AssertionError: The path does not lead to the sandbox.
            LoginBlocked: The login was stopped by a page of the sandbox.
        """
        callback = self.callback(path, user=user, permissions=permissions, data=data, method=method)
        return self.follow(callback)

    def refuse(
        self,
        path: str,
        *,
        user: str = "alice",
        data: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> Any:
        """Refuse on the consent page; return the response as `connect`, None without a callback."""
        person = self._person(user)
        callback = person.refuse(self._login_url(path, data, method))
        return None if callback is None else self.follow(callback)

    def callback(
        self,
        path: str,
        *,
        user: str = "alice",
        permissions: Iterable[str] | None = None,
        data: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> str:
        """Approve as `connect`, and return the URL of the callback without requesting it."""
        person = self._person(user)
        return person.approve(self._login_url(path, data, method), permissions)

    def follow(self, url: str) -> Any:
        """Request the URL of a callback, and follow the redirects within the site."""
        headers = _FROM_WHITEBIT
        for _ in range(_MOST):
            response = self._request("GET", url, headers=headers)
            if response.status_code not in _REDIRECTS:
                return response
            target = urljoin(url, response.headers["Location"])
            if urlsplit(target).netloc != urlsplit(url).netloc:
                return response
            url, headers = target, _OWN
        raise AssertionError(f"more than {_MOST} redirects in a row")

    def _login_url(self, path: str, data: Mapping[str, str] | None, method: str) -> str:
        headers = {**_OWN, "Origin": self._origin}
        response = self._request(method, self._origin + path, headers=headers, data=data)
        url: str = response.headers.get("Location", "")
        known = [self._sandbox.global_url, self._sandbox.eu_url]
        if response.status_code not in _REDIRECTS or not url.startswith(tuple(known)):
            raise AssertionError(
                f"{method} {path} answered {response.status_code} without a redirect to the sandbox"
            )
        return url

    def _person(self, user: str) -> Person:
        if user not in {known.name for known in self._sandbox.users}:
            self._sandbox.add_user(user)
        return self._sandbox.person(user)

    def _request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        data: Mapping[str, str] | None = None,
    ) -> Any:
        parts = urlsplit(url)
        options: dict[str, Any] = {"headers": {**headers, "Host": parts.netloc}}
        if data is not None:
            options["data"] = dict(data)
        if self._django:
            # It reads neither the host nor the scheme from the URL.
            options["secure"] = parts.scheme == "https"
        else:
            options["follow_redirects"] = False
        response = getattr(self._client, method.lower())(url, **options)
        self.visited.append((method, parts.path, response.status_code))
        return response


class MakeBrowser:
    """A function that gives a test client a user: ``browser = whitebit_browser(client)``."""

    def __init__(self, sandbox: Sandbox, redirect_uri: str) -> None:
        self._sandbox = sandbox
        parts = urlsplit(redirect_uri)
        self._origin = f"{parts.scheme}://{parts.netloc}"

    def __call__(self, client: Any, *, origin: str | None = None) -> Browser:
        """Return a browser.

        Args:
            client: The test client of Flask, Starlette, FastAPI or Django, or an ``httpx.Client``.
            origin: Scheme and host of the partner; those of the redirect URI if None.
        """
        return Browser(self._sandbox, client, origin or self._origin)
