"""A pytest inside of this one: a partner's project with one test file."""

from __future__ import annotations

from collections.abc import Callable

import authlib.oauth2.rfc6749
import cryptography.hazmat.primitives.ciphers.aead
import httpcore
import pytest

import whitebit_ext
import whitebit_ext.sandbox

__all__ = ["Project"]

# Each inner run forgets the modules that it imported itself. These stay: some cannot be imported
# twice in one process, and httpx, which stays, would not know the errors of another httpcore. Of
# the library everything stays: a part that was imported before would raise the errors of another
# `whitebit_ext.errors` than the one that a test expects.
KEPT = (
    authlib.oauth2.rfc6749,
    cryptography.hazmat.primitives.ciphers.aead,
    httpcore,
    whitebit_ext.sandbox,
    *(getattr(whitebit_ext, name) for name in whitebit_ext.__all__),
)

Project = Callable[..., pytest.RunResult]

STRICT = """
[pytest]
addopts = --strict-markers --strict-config -p no:cacheprovider -p no:hypothesispytest
filterwarnings = error
"""


@pytest.fixture(autouse=True)
def at_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide that this may be CI, where pytest says in its summary again what a failure said."""
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    """Return a function that runs one test file, with warnings as errors.

    Its arguments: the file's text, `ini` lines, a `conftest`, and arguments of pytest.
    """

    def run(test: str, *args: str, ini: str = "", conftest: str = "") -> pytest.RunResult:
        # pytest-asyncio warns without its option, and pytest without pytest-asyncio with it.
        scope = "" if "no:asyncio" in args else "asyncio_default_fixture_loop_scope = function\n"
        pytester.makeini(STRICT + scope + ini)
        if conftest:
            pytester.makeconftest(conftest)
        pytester.makepyfile(test_partner=test)
        return pytester.runpytest_inprocess(*args)

    return run
