"""The fixtures of the plugin."""

from __future__ import annotations

import pytest

from .conftest import Project

pytest_plugins = ["pytester"]


def test_a_user_is_connected_and_reads(project: Project) -> None:
    """A test connects a user, retrieves the key and reads a balance."""
    project(
        """
        from decimal import Decimal

        def test_it(whitebit_connect, whitebit_sandbox):
            whitebit_sandbox.add_user("alice", spot_balances={"BTC": ("0.123", "0.01")})
            user = whitebit_connect("alice")
            assert user.api_key.issue().user_id == "alice"
            assert user.account.balances.spot()["BTC"].available == Decimal("0.123")
        """
    ).assert_outcomes(passed=1)


def test_permissions_are_selected(project: Project) -> None:
    """A user grants the named permission groups and no other."""
    project(
        """
        def test_it(whitebit_connect):
            user = whitebit_connect("alice", permissions=["convert"])
            user.api_key.issue()
            assert set(user.api_key.info().granted) == {"convert"}
        """
    ).assert_outcomes(passed=1)


def test_each_test_starts_empty(project: Project) -> None:
    """Users, faults, settings and the clock of one test do not affect the next."""
    project(
        """
        import pytest

        @pytest.mark.parametrize("turn", [1, 2])
        def test_it(turn, whitebit_sandbox, whitebit_clock):
            assert whitebit_sandbox.users == [] == whitebit_sandbox.faults.all()
            assert whitebit_sandbox.settings.access_lifetime == 300
            assert whitebit_sandbox.clock.frozen and whitebit_clock.slept == []
            whitebit_sandbox.add_user("alice")
            whitebit_sandbox.faults.add("refresh_token", kind="status")
            whitebit_sandbox.settings.access_lifetime = 10
            whitebit_sandbox.clock.resume()
        """
    ).assert_outcomes(passed=2)


def test_waiting_takes_no_time(project: Project) -> None:
    """Polling and backoff advance the clock of the sandbox only."""
    project(
        """
        import time
        import pytest
        from whitebit_ext.errors import KeyPending

        def test_it(whitebit_connect, whitebit_sandbox, whitebit_clock):
            whitebit_sandbox.add_user("alice").choosing_time = float("inf")
            user = whitebit_connect("alice")
            began, before = time.monotonic(), whitebit_clock.time()
            with pytest.raises(KeyPending):
                user.api_key.issue(timeout=25)
            assert whitebit_clock.time() - before == pytest.approx(sum(whitebit_clock.slept))
            assert sum(whitebit_clock.slept) >= 20
            assert time.monotonic() - began < 15
            whitebit_sandbox.finish_choosing("alice")
            user.api_key.issue()
        """
    ).assert_outcomes(passed=1)


def test_sync_and_async_clients_share_a_store(project: Project) -> None:
    """The async client finds the data of the sync client."""
    project(
        """
        import asyncio

        def test_it(whitebit_connect, async_whitebit, whitebit_sandbox):
            key = whitebit_connect("alice").api_key.issue()
            assert asyncio.run(async_whitebit.user("alice").api_key.issue()) == key
            assert whitebit_sandbox.count(None, "get_api_key_secret") == 1
        """
    ).assert_outcomes(passed=1)


ASYNC = """
import pytest

{mark}
@pytest.mark.parametrize("turn", [1, 2])
async def test_it(turn, async_whitebit, async_whitebit_connect, whitebit_sandbox):
    user = await async_whitebit_connect("alice")
    await user.api_key.issue()
    assert "BTC" in await user.account.balances.main("BTC")
    if turn == 2:
        await async_whitebit.aclose()

{mark}
async def test_breach(async_whitebit, whitebit_sandbox):
    login = await async_whitebit.authorize("alice")
    import httpx
    async with httpx.AsyncClient() as http:
        await http.get(login.url + "&response_type=code")
"""


@pytest.mark.parametrize(
    ("mark", "args", "ini"),
    [
        ("@pytest.mark.asyncio", ("-p", "no:anyio"), "asyncio_mode = strict"),
        ("", (), "asyncio_mode = auto"),
        ("@pytest.mark.asyncio(loop_scope='module')", (), ""),
        ("@pytest.mark.anyio", ("-p", "no:asyncio"), ""),
        ("@pytest.mark.anyio", (), ""),
    ],
    ids=["asyncio-alone", "asyncio-auto", "asyncio-one-loop", "anyio-alone", "anyio-beside"],
)
def test_async_plugins(project: Project, mark: str, args: tuple[str, ...], ini: str) -> None:
    """The async fixtures work with pytest-asyncio and anyio, and leave no open connections."""
    backend = "import pytest\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    result = project(ASYNC.format(mark=mark), *args, ini=ini, conftest=backend)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*unknown-field:*response_type*"])


def test_custom_registration(project: Project) -> None:
    """A project can override the redirect URI, the token mode and the region."""
    project(
        """
        import pytest
        from whitebit_ext import Region, WhiteBIT
        from whitebit_ext.errors import RegionNotSupported

        @pytest.fixture
        def whitebit_partner_client(whitebit_sandbox):
            return whitebit_sandbox.register_client(
                redirect_uris=["https://mine.example/back"], token_mode="single", region="eu"
            )

        @pytest.fixture
        def whitebit_region():
            return Region.EU

        def test_it(whitebit_arguments, whitebit_sandbox):
            whitebit_sandbox.add_user("alice")
            with WhiteBIT(**whitebit_arguments) as partner:
                login = partner.authorize("alice")
                callback = whitebit_sandbox.person("alice").approve(login.url)
                assert callback.startswith("https://mine.example/back?")
                user = partner.connect(callback, binding=login.binding, user_id="alice")
                with pytest.raises(RegionNotSupported):
                    user.api_key.info()
        """
    ).assert_outcomes(passed=1)


def test_proxies_of_the_environment_are_ignored(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests to the sandbox ignore proxies of the environment."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    project(
        """
        def test_it(whitebit_connect):
            whitebit_connect("alice").api_key.issue()
        """
    ).assert_outcomes(passed=1)


def test_a_test_client_is_driven_through_the_consent_page(project: Project) -> None:
    """`whitebit_browser` connects the user of a Flask test client."""
    project(
        """
        import flask
        from whitebit_ext.integrations.flask import whitebit_blueprint

        def test_it(whitebit, whitebit_browser):
            app = flask.Flask(__name__)
            blueprint = whitebit_blueprint(whitebit, user_id=lambda: "customer-7")
            app.register_blueprint(blueprint, url_prefix="/whitebit")
            browser = whitebit_browser(app.test_client())
            answer = browser.connect("/whitebit/connect", permissions=["trading"])
            assert answer.status_code == 200
            assert browser.visited[-1][1] == "/whitebit/status"
            whitebit.user("customer-7").api_key.issue()
            assert whitebit.user("customer-7").status().granted == {"trading"}
        """
    ).assert_outcomes(passed=1)
