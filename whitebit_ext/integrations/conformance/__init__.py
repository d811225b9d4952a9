"""The conformance suite: tests of an application that connects users, over HTTP.

In a test file of your own, with your application wired to a sandbox::

    class TestMyApplication(ConnectConformance):
        @pytest.fixture
        def application(self, sandbox):
            return Application(
                sandbox=sandbox,
                redirect_uri="https://partner.example/whitebit/callback",
                client=lambda: httpx.Client(transport=httpx.WSGITransport(app)),
                sign_in=lambda browser, name: browser.client.post("/login", data={"user": name}),
            )

``client`` returns the client of a new browser: in process, over a socket, or behind the proxy that
your users have in front of them. The sandbox needs the users ``alice`` and ``bob``, and
``key_delay=0``; the application must accept users of the same names. It requires only pytest and
the extra ``sandbox``.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    *(f"{__name__}.{module}" for module in ("browser", "callbacks", "connections", "starting"))
)

from .browser import Application, Browser  # noqa: E402  # after the registration for rewriting
from .callbacks import CallbackConformance  # noqa: E402  # likewise
from .connections import ConnectionConformance  # noqa: E402  # likewise
from .starting import StartConformance  # noqa: E402  # likewise

__all__ = ["Application", "Browser", "ConnectConformance"]


class ConnectConformance(StartConformance, CallbackConformance, ConnectionConformance):
    """All tests of an application; a subclass provides the ``application`` fixture."""
