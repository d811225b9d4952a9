"""A breach of WhiteBIT's contract fails a test unless it is allowed."""

from __future__ import annotations

import pytest

from .conftest import Project

pytest_plugins = ["pytester"]

# A login link with a parameter too many, and with no state: two rules are broken.
SLOPPY = """
import httpx
import pytest

@pytest.fixture
def link(whitebit, whitebit_sandbox):
    url = httpx.URL(whitebit.authorize("alice").url)
    url = url.copy_remove_param("state").copy_add_param("response_type", "code")
    with httpx.Client(trust_env=False) as http:
        yield lambda: http.get(url)

"""
FAILS = SLOPPY + "def test_it(link):\n    assert link().status_code == 400\n"


def test_a_breach_fails_the_test(project: Project) -> None:
    """The failure names the request, the rules, the details, and how to allow them."""
    result = project(FAILS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "The code under test broke WhiteBIT's contract 2 times:",
            "  request 1, GET /auth/login",
            "    unknown-field: /auth/login has an undocumented parameter 'response_type'",
            "  request 1, GET /auth/login",
            "    state: /auth/login has no state",
            '*@pytest.mark.whitebit_breaches_allowed("state", "unknown-field")',
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_clean_code_has_no_report(project: Project) -> None:
    """Without a breach, there is no report section and no failure."""
    result = project("def test_it(whitebit_connect):\n    whitebit_connect('alice')\n")
    result.assert_outcomes(passed=1)
    assert "breach" not in result.stdout.str()


def test_a_failing_test_keeps_its_own_failure(project: Project) -> None:
    """The breaches are reported below the failure of the test itself."""
    result = project(SLOPPY + "def test_it(link):\n    link()\n    assert 1 == 2\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*assert 1 == 2*", "*whitebit breaches*", "*state: *no state*"])


def test_a_breach_after_the_test_is_an_error(project: Project) -> None:
    """A breach in the teardown of a fixture is reported once."""
    result = project(
        SLOPPY
        + "@pytest.fixture\ndef late(link):\n    yield\n    link()\n"
        + "def test_it(late):\n    pass\n"
    )
    result.assert_outcomes(passed=1, errors=1)
    assert result.stdout.str().count("/auth/login has no state") == 1


@pytest.mark.parametrize(
    ("marker", "outcome"),
    [
        ("", {"passed": 1}),
        ('("unknown-field", "state")', {"passed": 1}),
        ('("unknown-field")', {"failed": 1}),
    ],
    ids=["all", "both-rules", "one-rule"],
)
def test_the_marker_allows(project: Project, marker: str, outcome: dict[str, int]) -> None:
    """The marker allows all breaches, or those of the given rules."""
    test = FAILS.replace("def test", f"@pytest.mark.whitebit_breaches_allowed{marker}\ndef test")
    project(test).assert_outcomes(**outcome)


def test_the_ini_option_allows(project: Project) -> None:
    """The ini option allows breaches in all tests."""
    project(FAILS, ini="whitebit_breaches = allow").assert_outcomes(passed=1)


def test_an_unknown_ini_value_is_refused(project: Project) -> None:
    """An invalid value of the ini option is a usage error."""
    result = project(FAILS, ini="whitebit_breaches = alow")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*whitebit_breaches must be 'fail' or 'allow'*"])


def test_repeated_test_is_checked_again(project: Project) -> None:
    """Each run of a test item starts without breaches."""
    again = """
    def pytest_runtest_protocol(item, nextitem):
        from _pytest.runner import runtestprotocol
        runtestprotocol(item, nextitem=item, log=False)
        runtestprotocol(item, nextitem=nextitem, log=True)
        return True
    """
    project(FAILS, conftest=again).assert_outcomes(failed=1)
