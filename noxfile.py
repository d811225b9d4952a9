"""Nox sessions to lint, type-check, test, regenerate and build.

Every install is pinned by `constraints/dev.txt`. After a first run, `nox -R` works offline: it
skips the installs, but still builds and installs the wheel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

nox.needs_version = ">=2024.10.9"
nox.options.reuse_venv = "yes"
nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "types", "regenerate", "docs", "wheel", "lowest", "tests"]

ROOT = Path(__file__).parent
CONSTRAINTS = ROOT / "constraints" / "dev.txt"
NPM = ROOT / "constraints" / "npm"
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
EXTRAS = tuple(sorted(PROJECT["project"]["optional-dependencies"]))


def _present(version: str) -> bool:
    """Return whether an interpreter of that version runs: a pyenv shim may have no target."""
    program = shutil.which(f"python{version}")
    if program is None:
        return False
    return subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode == 0


# The interpreter that runs nox comes first; `scripts/test` uses only this one (`nox -p`).
DEFAULT = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHERS = [v for v in ("3.11", "3.12", "3.13", "3.14") if v != DEFAULT and _present(v)]

# The tests of a file run on one worker, so that module and session fixtures, such as PostgreSQL,
# are set up once for each worker that needs them. One more than there are cores, since many tests
# wait for a process or a lease. In the order of collection: tests/conftest.py has the files with
# few and long tests come first, which xdist would leave to the end.
PARALLEL = (
    *("-n", str(min((os.cpu_count() or 1) + 1, 4))),
    *("--dist", "loadfile", "--no-loadscope-reorder"),
)
FAST = ("tests/client", "tests/history", "tests/sandbox", "tests/test_architecture.py")


def _install(session: nox.Session, *groups: str, extras: bool = False) -> None:
    """Install dependency groups, and with ``extras`` the editable tree with all its extras."""
    requirements = list(nox.project.dependency_groups(PROJECT, *groups))
    if extras:
        # The build backend is already installed: an isolated build would download it again.
        session.install("-c", str(CONSTRAINTS), *requirements)
        requirements = ["--no-build-isolation", "-e", f".[{','.join(EXTRAS)}]"]
    session.install("-c", str(CONSTRAINTS), *requirements)


def _build(session: nox.Session) -> tuple[Path, Path]:
    """Build the sdist, and the wheel from the sdist, so that both are complete."""
    out = Path(session.create_tmp()).resolve() / "dist"
    shutil.rmtree(out, ignore_errors=True)
    session.run(
        "python", "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT), silent=True
    )
    (wheel,) = out.glob("*.whl")
    (sdist,) = out.glob("*.tar.gz")
    return wheel, sdist


def _replace(session: nox.Session, python: str, wheel: Path) -> None:
    """Install the new wheel over an older one, offline, also under `nox -R`."""
    session.run(
        *(python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"),
        *("--force-reinstall", str(wheel)),
        external=True,
    )


@nox.session(python=DEFAULT)
def lint(session: nox.Session) -> None:
    """Check style and format, and validate and lint the OpenAPI document."""
    _install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("openapi-spec-validator", "spec/openapi.yaml")
    node = Path(session.create_tmp()).resolve() / "node"
    node.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(NPM / name, node / name)
    session.run_install("npm", "ci", "--prefix", str(node), "--no-audit", "--no-fund")
    session.run(
        *("node", str(node / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js")),
        *("lint", "--config", "spec/redocly.yaml", "spec/openapi.yaml"),
        env={"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
    )


@nox.session(python=DEFAULT)
def types(session: nox.Session) -> None:
    """Check the types of all code with mypy in strict mode."""
    _install(session, "types", extras=True)
    session.run("mypy", *session.posargs)


@nox.session(python=DEFAULT)
def regenerate(session: nox.Session) -> None:
    """Regenerate generated/ and _sync; with `--check`, compare every byte and write nothing."""
    _install(session, "regenerate")
    session.run("python", "scripts/regenerate.py", *session.posargs)


@nox.session(python=DEFAULT)
def record(session: nox.Session) -> None:
    """Record tests/cassettes again from the sandbox, or with `--whitebit` from WhiteBIT."""
    _install(session, "test", extras=True)
    session.run("python", "-m", "tests.cassettes.record", *session.posargs)


@nox.session(python=[DEFAULT, *OTHERS])
def tests(session: nox.Session) -> None:
    """Run the tests against the built wheel, in parallel, and fail if coverage is too low.

    Arguments are passed to pytest instead of the options for parallel runs and coverage.
    """
    _install(session, "test")
    wheel, sdist = _build(session)
    session.install("-c", str(CONSTRAINTS), f"{wheel}[{','.join(EXTRAS)}]")
    _replace(session, "python", wheel)
    measured = [*PARALLEL, "--cov", "--cov-report=term"]
    # Not `python -m pytest`, which would add the tree's packages to the path.
    session.run(
        *("pytest", *(session.posargs or measured)),
        env={"WHITEBIT_OAUTH_WHEEL": str(wheel), "WHITEBIT_OAUTH_SDIST": str(sdist)},
    )


@nox.session(python=DEFAULT)
def fast(session: nox.Session) -> None:
    """Run the tests without browser, database server or wheel against the tree (one minute)."""
    _install(session, "test", extras=True)
    chosen = session.posargs or FAST
    session.run("pytest", "--quiet", "-m", "not slow", *PARALLEL, *chosen)


@nox.session(python=DEFAULT)
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest version that each requirement of the package allows."""
    declared = [*PROJECT["project"]["dependencies"]]
    for extra in EXTRAS:
        declared += PROJECT["project"]["optional-dependencies"][extra]
    pins, lowered = [], set()
    for requirement in map(Requirement, declared):
        (floor,) = (part.version for part in requirement.specifier if part.operator == ">=")
        extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
        pins.append(f"{requirement.name}{extras}=={floor}")
        # psycopg[binary] is the distribution psycopg-binary, at the same version.
        lowered |= {canonicalize_name("-".join([requirement.name, *requirement.extras]))}
        lowered |= {canonicalize_name(requirement.name)}
    others = [
        line
        for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines()
        if canonicalize_name(line.partition("==")[0]) not in lowered
    ]
    constraints = Path(session.create_tmp()).resolve() / "lowest.txt"
    constraints.write_text("\n".join(others), encoding="utf-8")
    groups = nox.project.dependency_groups(PROJECT, "test-core")
    session.install("-c", str(constraints), *pins, *groups)
    reference = nox.project.dependency_groups(PROJECT, "reference")
    session.install("--no-deps", "-c", str(CONSTRAINTS), *reference)
    built, sdist = _build(session)
    _replace(session, "python", built)
    session.run(
        *("pytest", "--quiet", *(session.posargs or PARALLEL)),
        env={"WHITEBIT_OAUTH_WHEEL": str(built), "WHITEBIT_OAUTH_SDIST": str(sdist)},
    )


@nox.session(python=DEFAULT)
@nox.parametrize("httpx2", [False, True], ids=["alone", "with-httpx2"])
def wheel(session: nox.Session, httpx2: bool) -> None:
    """Check the wheel in an environment with only its dependencies."""
    session.install(
        "-c", str(CONSTRAINTS), "mypy", *nox.project.dependency_groups(PROJECT, "build")
    )
    built, _ = _build(session)
    scratch = Path(session.create_tmp()).resolve()
    bare = scratch / "bare"
    python = str(bare / "bin" / "python")
    session.run_install("python", "-m", "venv", "--clear", str(bare))
    neighbor = nox.project.dependency_groups(PROJECT, "neighbor") if httpx2 else ()
    session.run_install(
        *(python, "-m", "pip", "install", "-c", str(CONSTRAINTS), str(built), *neighbor),
        external=True,
        silent=True,
    )
    _replace(session, python, built)
    session.run(python, "-m", "pip", "check", external=True)
    programs = ROOT / "tests" / "packaging" / "programs"
    # Outside the tree, so that imports are resolved only from the environment.
    with session.chdir(scratch):
        for program in sorted(programs.glob("*.py")):
            session.run(
                *("mypy", "--strict", "--config-file=", "--cache-dir=mypy-cache"),
                *("--python-executable", python, str(program)),
            )
            session.run(python, "-P", "-W", "error", str(program), external=True)
        # The console script exists and names the missing extra.
        session.run(str(bare / "bin" / "whitebit-oauth"), external=True, success_codes=[2])


@nox.session(python=DEFAULT)
def docs(session: nox.Session) -> None:
    """Build the documentation, with warnings as errors; a link that leads nowhere is one."""
    _install(session, "build", "docs", extras=True)
    out = Path(session.create_tmp()).resolve() / "site"
    strict = ("-W", "-n", "--keep-going", "-q")
    session.run("python", "-m", "sphinx", "-b", "html", *strict, "docs", str(out))
    session.run("python", "scripts/check_links.py", str(out))
    session.log(f"{out}/index.html")


@nox.session(python=DEFAULT)
def bench(session: nox.Session) -> None:
    """Measure speed and size against raw httpx, and print one table; `--quick` for fewer rounds."""
    _install(session, "bench", "build", "test-core", extras=True)
    wheel, _ = _build(session)
    # Imports are timed in a clean environment: httpx loads optional packages if they are installed.
    bare = Path(session.create_tmp()).resolve() / "bare"
    python = str(bare / "bin" / "python")
    session.run_install("python", "-m", "venv", "--clear", str(bare))
    session.run_install(
        *(python, "-m", "pip", "install", "-c", str(CONSTRAINTS), str(wheel)),
        external=True,
        silent=True,
    )
    _replace(session, python, wheel)
    sdk = str(bare.with_name("sdk") / "bin" / "python")
    session.run_install("python", "-m", "venv", "--clear", str(bare.with_name("sdk")))
    # Separately: it requires an older urllib3 than the constraints have.
    session.run_install(
        *(sdk, "-m", "pip", "install", *nox.project.dependency_groups(PROJECT, "sdk")),
        external=True,
        silent=True,
    )
    session.run(
        *("python", "-m", "scripts.bench", "--partner-python", python, "--sdk-python", sdk),
        *session.posargs,
    )


@nox.session(python=DEFAULT)
def clients(session: nox.Session) -> None:
    """Run ccxt, WhiteBIT's SDKs and Authlib against the sandbox, and print call by call."""
    _install(session, "build", "regenerate", extras=True)
    scratch = Path(session.create_tmp()).resolve()
    pythons = []
    for group in ("reference", "sdk", "sdk-bearer", "authlib-client"):
        requirements = nox.project.dependency_groups(PROJECT, group)
        python = str(scratch / group / "bin" / "python")
        session.run_install("python", "-m", "venv", "--clear", str(scratch / group))
        # The SDKs require an older urllib3 than the constraints have.
        pinned = () if group.startswith("sdk") else ("-c", str(CONSTRAINTS))
        session.run_install(
            *(python, "-m", "pip", "install", *pinned, *requirements), external=True, silent=True
        )
        pythons.append(f"{requirements[0]}={python}")
    session.run("python", "-m", "tests.beside", *pythons)


@nox.session(python=DEFAULT)
def reliability(session: nox.Session) -> None:
    """Run the proofs of custody in full and print the figures; e.g. `-- kill --rounds 5`."""
    _install(session, "test", extras=True)
    session.run("python", "-m", "scripts.reliability", *session.posargs)


@nox.session(python=DEFAULT)
def day(session: nox.Session) -> None:
    """Run a virtual day of a partner on PostgreSQL; e.g. `-- --users 50 --hours 6 --seed 2`."""
    _install(session, "test", extras=True)
    session.run("python", "-m", "tests.outside.day", *session.posargs)


@nox.session(python=DEFAULT)
def constraints(session: nox.Session) -> None:
    """Resolve all dependencies of the sessions again, and write `constraints/dev.txt`."""
    fresh = Path(session.create_tmp()).resolve() / "fresh"
    python = str(fresh / "bin" / "python")
    session.run("python", "-m", "venv", "--clear", str(fresh))
    # WhiteBIT's SDKs have separate environments, and are pinned in pyproject.toml.
    together = [group for group in PROJECT["dependency-groups"] if not group.startswith("sdk")]
    groups = nox.project.dependency_groups(PROJECT, *together)
    session.run(
        *(python, "-m", "pip", "install", "--upgrade", "nox", *groups),
        *(f".[{','.join(EXTRAS)}]", *session.posargs),
        external=True,
    )
    frozen = session.run(
        *(python, "-m", "pip", "freeze", "--exclude", "whitebit-oauth"),
        external=True,
        silent=True,
    )
    if not isinstance(frozen, str):
        session.error("pip freeze printed nothing")
    pins = [line for line in frozen.splitlines() if "==" in line]
    if unpinned := [line for line in frozen.splitlines() if line not in pins]:
        session.error(f"not from a release: {unpinned}")
    header = "# Written by `nox -s constraints`: Linux, Python " + DEFAULT + ".\n"
    CONSTRAINTS.write_text(header + "".join(f"{pin}\n" for pin in pins), encoding="utf-8")
