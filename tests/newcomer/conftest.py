"""An environment that contains what `pip install` would install, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]

# The project's own tests are not ours: they run where the newcomer runs them.
collect_ignore = ["project"]


class Environment:
    """A virtual environment that holds the requirements, all they require, and nothing else.

    The built wheel is unpacked into it; everything else is linked from the environment of this
    run, so that no package has to be fetched.
    """

    def __init__(self, folder: Path, wheel: Path, *requirements: str) -> None:
        venv.create(folder, symlinks=True, with_pip=False)
        self.python = folder / "bin" / "python"
        (self._site,) = (folder / "lib").glob("python*/site-packages")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self._site)
        for line in requirements:
            self._install(Requirement(line), set())

    def run(self, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run this environment's Python in a folder."""
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "PYTEST", "COV", "WHITEBIT"))
        }
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=folder,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def _install(self, requirement: Requirement, seen: set[tuple[str, str]]) -> None:
        for extra in ("", *sorted(requirement.extras)):
            if (requirement.name, extra) in seen:
                continue
            seen.add((requirement.name, extra))
            found = self._distribution(requirement.name)
            for line in found.requires or []:
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    self._install(needed, seen)

    def _distribution(self, name: str) -> Distribution:
        if name == "whitebit-oauth":
            (info,) = self._site.glob("whitebit_oauth-*.dist-info")
            return Distribution.at(info)
        found = distribution(name)
        for file in found.files or []:
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not (self._site / top).exists():
                source = Path(str(found.locate_file(top)))
                (self._site / top).symlink_to(source, target_is_directory=source.is_dir())
        return found


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the session's wheel, or one that is built here from the tree."""
    if named := os.environ.get("WHITEBIT_OAUTH_WHEEL"):
        return Path(named)
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture
def environment(tmp_path: Path, wheel: Path) -> Callable[..., Environment]:
    """Return a function that makes an environment of requirements."""
    # Under `nox` the folder lies in this project's tree, whose configuration is not the newcomer's.
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return lambda *requirements: Environment(tmp_path / "venv", wheel, *requirements)
