"""What a partner gets from each fixture."""

from __future__ import annotations

import pytest

from .conftest import Project

pytest_plugins = ["pytester"]


def test_a_user_is_connected_and_reads(project: Project) -> None:
    """The shortest test of a partner connects a user, takes the key and reads a balance."""
    project(
        """
        from decimal import Decimal

        def test_it(whitebit_connect, whitebit_sandbox):
            whitebit_sandbox.add_user("alice", spot_balances={"BTC": ("0.123", "0.01")})
            user = whitebit_connect("alice")
            assert user.api_keys.issue().user_id == "alice"
            assert user.account.balances.spot()["BTC"].available == Decimal("0.123")
        """
    ).assert_outcomes(passed=1)


def test_permissions_are_ticked(project: Project) -> None:
    """A user grants the named permission groups and no other."""
    project(
        """
        def test_it(whitebit_connect):
            user = whitebit_connect("alice", permissions=["convert"])
            user.api_keys.issue()
            assert set(user.api_keys.info().granted) == {"convert"}
        """
    ).assert_outcomes(passed=1)


def test_each_test_begins_with_nobody(project: Project) -> None:
    """Users, faults, switches and a running clock of one test do not reach the next."""
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
    """Minutes of polling and backing off pass on the sandbox's clock alone."""
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
                user.api_keys.issue(timeout=25)
            assert whitebit_clock.time() - before == pytest.approx(sum(whitebit_clock.slept))
            assert sum(whitebit_clock.slept) >= 20
            assert time.monotonic() - began < 5
            whitebit_sandbox.finish_choosing("alice")
            user.api_keys.issue()
        """
    ).assert_outcomes(passed=1)


def test_both_faces_are_one_partner(project: Project) -> None:
    """What the sync client has stored, the async client finds."""
    project(
        """
        import asyncio

        def test_it(whitebit_connect, async_whitebit, whitebit_sandbox):
            key = whitebit_connect("alice").api_keys.issue()
            assert asyncio.run(async_whitebit.user("alice").api_keys.issue()) == key
            assert whitebit_sandbox.count(None, "get_api_key_secret") == 1
        """
    ).assert_outcomes(passed=1)


ASYNC = """
import pytest

{mark}
@pytest.mark.parametrize("turn", [1, 2])
async def test_it(turn, async_whitebit, async_whitebit_connect, whitebit_sandbox):
    user = await async_whitebit_connect("alice")
    await user.api_keys.issue()
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
    """The async fixtures serve under pytest-asyncio and anyio, and leave nothing open in a loop."""
    backend = "import pytest\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    result = project(ASYNC.format(mark=mark), *args, ini=ini, conftest=backend)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*unknown-field:*response_type*"])


def test_a_partners_own_registration(project: Project) -> None:
    """A project puts its own redirect URI, token mode and region in the place of ours."""
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
                user = partner.connect(callback, state=login.state, user_id="alice")
                with pytest.raises(RegionNotSupported):
                    user.api_keys.info()
        """
    ).assert_outcomes(passed=1)


def test_proxies_of_the_environment_are_ignored(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way to the sandbox does not lead over a proxy that the environment names."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    project(
        """
        def test_it(whitebit_connect):
            whitebit_connect("alice").api_keys.issue()
        """
    ).assert_outcomes(passed=1)
