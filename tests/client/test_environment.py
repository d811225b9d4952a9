"""`from_env()`: the variables, their files, what is missing and what is mistyped."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from whitebit_ext import AsyncWhiteBIT, MemoryStore, WhiteBIT, generate_encryption_key
from whitebit_ext.errors import InvalidArgument

NAMES = (
    *("CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI", "REGION", "BASE_URL", "STORE"),
    *("ENCRYPTION_KEYS", "EGRESS", "SPILL", "PROXY", "CA_FILE"),
)
KEY = generate_encryption_key()
REDIRECT_URI = "https://partner.example/whitebit/callback"


class Variables:
    """The variables of a test, without the prefix."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, **values: str | Path | None) -> None:
        """Set variables, or remove those that are ``None``."""
        for name, value in values.items():
            if value is None:
                self._monkeypatch.delenv(f"WHITEBIT_OAUTH_{name}", raising=False)
            else:
                self._monkeypatch.setenv(f"WHITEBIT_OAUTH_{name}", str(value))


@pytest.fixture(name="variables")
def complete_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Variables:
    """Set what a partner needs, and nothing else."""
    variables = Variables(monkeypatch)
    variables(**dict.fromkeys(NAMES))
    variables(
        CLIENT_ID="partner",
        CLIENT_SECRET="secret-in-the-clear",
        REDIRECT_URI=REDIRECT_URI,
        STORE=f"sqlite:///{tmp_path}/rows.db",
        ENCRYPTION_KEYS=f"{KEY}, {generate_encryption_key()}\n",
    )
    return variables


def refused(**overrides: object) -> InvalidArgument:
    """Return the error of `from_env()`."""
    with pytest.raises(InvalidArgument) as raised:
        WhiteBIT.from_env(**overrides)
    shown = "".join(
        traceback.TracebackException.from_exception(raised.value, capture_locals=True).format()
    )
    assert "secret-in-the-clear" not in shown.replace("os.environ", "")
    return raised.value


@pytest.mark.usefixtures("variables")
def test_a_partner_comes_from_the_environment() -> None:
    """The five required variables make a partner of the global server, with a working store."""
    with WhiteBIT.from_env() as partner:
        assert partner.base_url == "https://whitebit.com"
        assert partner.redirect_uri == REDIRECT_URI
        login = partner.authorize("alice")
    assert "clientId=partner" in login.url


@pytest.mark.anyio
@pytest.mark.usefixtures("variables")
async def test_the_async_partner_too() -> None:
    """`AsyncWhiteBIT` reads the same variables."""
    async with AsyncWhiteBIT.from_env(region="eu") as partner:
        assert "whitebit.eu" in partner.base_url


@pytest.mark.usefixtures("variables")
def test_the_store_is_closed_with_the_partner() -> None:
    """A store that was opened here is closed, and one that was given is left alone."""
    with WhiteBIT.from_env() as partner:
        partner.authorize("alice")
    with pytest.raises(InvalidArgument, match="store: it was closed"):
        partner.authorize("alice")
    given = WhiteBIT.from_env(store=MemoryStore())
    given.close()
    given.authorize("alice")


def test_all_missing_are_named_at_once(variables: Variables) -> None:
    """One error names every missing variable; an empty one is missing too."""
    variables(CLIENT_ID=None, STORE="  ", ENCRYPTION_KEYS="")
    error = refused()
    for name in ("CLIENT_ID", "STORE", "ENCRYPTION_KEYS"):
        assert f"WHITEBIT_OAUTH_{name}" in error.message
    assert "WHITEBIT_OAUTH_CLIENT_SECRET" not in error.message


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("CLIENTID", "CLIENT_ID"),
        ("KEYS", "ENCRYPTION_KEYS"),
        ("STORE_URL", "STORE"),
        ("REDIRECT_URL", "REDIRECT_URI"),
        ("CLIENT_SECRET_FIEL", "CLIENT_SECRET_FILE"),
    ],
)
def test_a_mistyped_name_is_recognised(variables: Variables, written: str, meant: str) -> None:
    """An unknown name that resembles one that is missing is named with it."""
    variables(**{written: "anything", meant.removesuffix("_FILE"): None})
    message = refused().message
    assert f"WHITEBIT_OAUTH_{written} is unknown: did you mean WHITEBIT_OAUTH_{meant}?" in message


def test_a_mistyped_optional_name_is_refused(
    variables: Variables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped optional name is no silent default; other names of the partner are left alone."""
    variables(EGRES="office")
    assert "did you mean WHITEBIT_OAUTH_EGRESS?" in refused().message
    variables(EGRES=None, STORE_POOL="9", DASHBOARD="x")
    monkeypatch.setenv("WHITEBIT_API_KEY", "of another program")
    WhiteBIT.from_env().close()


def test_arguments_take_precedence(variables: Variables) -> None:
    """An argument wins over its variable, in the variable's own form or as an object."""
    variables(CLIENT_ID="of-the-environment", REGION="nowhere", STORE=None, ENCRYPTION_KEYS="x")
    with WhiteBIT.from_env(
        client_id="of-the-call",
        region="eu",
        store=MemoryStore(),
        encryption_keys=KEY,
        timeout=3.0,
    ) as partner:
        assert "clientId=of-the-call" in partner.authorize("alice").url
        assert "whitebit.eu" in partner.base_url
    assert "expected one of global, eu" in refused(store=MemoryStore()).message


@pytest.mark.parametrize("name", ["CLIENT_SECRET", "STORE", "ENCRYPTION_KEYS"])
def test_a_secret_can_come_from_a_file(variables: Variables, name: str, tmp_path: Path) -> None:
    """NAME_FILE names a file with the value; both at once, no file and an empty one are errors."""
    value = {"CLIENT_SECRET": "from-a-file", "ENCRYPTION_KEYS": KEY}.get(name)
    file = tmp_path / "secret"
    file.write_text(f"{value or f'sqlite:///{tmp_path}/other.db'}\n", "utf-8")
    variables(**{f"{name}_FILE": file})
    assert "are both set" in refused().message
    variables(**{name: None})
    WhiteBIT.from_env().close()
    file.write_text("\n", "utf-8")
    assert f"{file} is empty" in refused().message
    file.write_bytes(b"\xff\xfe")
    assert "is not UTF-8" in refused().message
    file.unlink()
    assert "No such file" in refused().message
    assert f"WHITEBIT_OAUTH_{name}_FILE" in refused().hint


def test_a_foreign_base_url_needs_an_argument(variables: Variables) -> None:
    """A variable alone sends credentials to the region's server or to loopback, nowhere else."""
    variables(BASE_URL="http://127.0.0.1:8710")
    WhiteBIT.from_env().close()
    variables(BASE_URL="https://whitebit.com")
    WhiteBIT.from_env().close()
    variables(BASE_URL="https://proxy.example")
    error = refused()
    assert (error.argument, "base_url=" in error.hint) == ("base_url", True)
    with WhiteBIT.from_env(base_url="https://proxy.example") as partner:
        assert partner.base_url == "https://proxy.example"
    for wrong in ("http://proxy.example", "https://whitebit.eu"):
        variables(BASE_URL=wrong)
        assert refused().argument == "base_url"


@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [
        ("EGRESS", "egress", "x" * 300),
        ("SPILL", "spill", "/no/such/directory"),
        ("PROXY", "proxy", "no proxy"),
        ("CA_FILE", "verify", "/no/such/file.pem"),
        ("STORE", "store", "no_module_of_that:name"),
        ("ENCRYPTION_KEYS", "encryption_keys", "short"),
    ],
)
def test_the_other_variables_reach_their_arguments(
    variables: Variables, name: str, argument: str, value: str
) -> None:
    """A wrong value of each is refused under the name of its argument."""
    variables(**{name: value})
    assert refused().argument == argument


def test_a_store_of_ones_own(
    variables: Variables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`module:function` is called; its module is not looked for in the working directory."""
    (tmp_path / "own_rows.py").write_text(
        "import whitebit_ext\ndef rows(): return whitebit_ext.MemoryStore()\ndef no(): return 5\n",
        "utf-8",
    )
    monkeypatch.chdir(tmp_path)
    variables(STORE="own_rows:rows")
    assert "ModuleNotFoundError" in refused().message
    monkeypatch.syspath_prepend(tmp_path)
    WhiteBIT.from_env().close()
    variables(STORE="own_rows:no")
    assert "returned a int, not a store" in refused().message
