"""Generate `generated/whitebit_api` from `spec/`, and `whitebit_ext/_sync` from `_async`.

The output is reproducible and needs no network: the generator and the formatter must have the
versions pinned in constraints/dev.txt, and a warning of the generator is an error.

    python scripts/regenerate.py            write both
    python scripts/regenerate.py --check    write nothing; exit 1 if a byte would change
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib.metadata
import io
import json
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a file, Python looks beside it only

from scripts.spec_document import (  # noqa: E402 - needs the path set above
    Document,
    SpecError,
    operations_of,
    reachable,
    servers_of,
)
from scripts.spec_records import (  # noqa: E402 - likewise
    enumerations_of,
    outcomes_of,
    records_of,
)

PACKAGE: Final = "whitebit_api"
PINS: Final = ROOT / "constraints" / "dev.txt"
GENERATOR: Final = "openapi-python-client"
FORMATTER: Final = "ruff"
HEADER: Final = """\
# Made by {maker} from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""
TABLES: Final = ("enumerations", "operations", "records")
DIFF_LINES: Final = 12


class RegenerateError(Exception):
    """A failure to generate, with a message for the command line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Returns:
        0 on success, 1 if `--check` found a difference, 2 if generating failed.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="compare, and change nothing")
    parser.add_argument("--spec", type=Path, default=ROOT / "spec", help="where the document is")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "generated", help="the folder that holds the package"
    )
    parser.add_argument(
        "--layer", type=Path, default=ROOT / "whitebit_ext", help="the folder that holds _async"
    )
    options = parser.parse_args(arguments)
    target: Path = options.output / PACKAGE
    try:
        with tempfile.TemporaryDirectory() as folder:
            made, sync = Path(folder) / PACKAGE, Path(folder) / "_sync"
            make(options.spec, made)
            make_sync(options.layer / "_async", sync)
            pairs = ((made, target), (sync, options.layer / "_sync"))
            if options.check:
                return report([line for new, old in pairs for line in compare(new, old)])
            for new, old in pairs:
                replace(old, new)
                print(f"wrote {len(files_of(old))} files to {old}")
    except RegenerateError as error:
        print(f"regenerate: {error}", file=sys.stderr)
        return 2
    return 0


def make(spec: Path, target: Path) -> None:
    """Generate the package at `target`, which must not exist yet.

    Raises:
        RegenerateError: A tool is missing or has another version, or the generator warned.
    """
    version = check_pin(GENERATOR)
    check_pin(FORMATTER)
    document = read(spec)
    generate(document, spec, target)
    try:
        write_tables(document, spec, target)
    except SpecError as error:
        raise RegenerateError(str(error)) from None
    (target / "py.typed").touch()
    # Remove unused imports of the templates, sort the rest, then format. Files are passed by name,
    # since ruff skips folders below a `.nox` and the like.
    files = sorted(str(path) for path in target.rglob("*.py"))
    run_ruff("check", "--fix", "--quiet", "--select", "F401,I", *files)
    run_ruff("format", "--quiet", *files)
    tables = {target / f"{name}.py" for name in TABLES}
    for path in files_of(target):
        if path.suffix == ".py":
            maker = "scripts/regenerate.py" if path in tables else f"{GENERATOR} {version}"
            text = HEADER.format(maker=maker) + path.read_text(encoding="utf-8")
            path.write_text(text, encoding="utf-8")


def make_sync(source: Path, target: Path) -> None:
    """Generate the sync code at `target` from the async code.

    Raises:
        RegenerateError: A tool is missing or has another version, or a rule does not apply.
    """
    check_pin(FORMATTER)
    target.mkdir()
    # By path: this script also runs where the rest of the tree cannot be imported.
    twin = runpy.run_path(str(Path(__file__).with_name("unasync.py")))["twin"]
    try:
        texts: dict[str, str] = twin(source)
    except ValueError as error:
        raise RegenerateError(str(error)) from error
    for name, text in texts.items():
        (target / name).write_text(text, encoding="utf-8")
    files = [str(path) for path in files_of(target)]
    own = ("--config", 'lint.isort.known-first-party=["whitebit_api", "whitebit_ext"]')
    run_ruff("check", "--fix", "--quiet", "--select", "F401,F811,I", *own, *files)
    run_ruff("format", "--quiet", *files)


def check_pin(distribution: str) -> str:
    """Return the installed version of a tool, which must be the pinned one.

    Raises:
        RegenerateError: It is missing or has another version, whose output may differ.
    """
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", PINS.read_text("utf-8"), re.MULTILINE))
    try:
        found = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        found = "none"
    if found != pins[distribution]:
        raise RegenerateError(
            f"{distribution} {pins[distribution]} is needed, {found} is installed"
        )
    return found


def read(spec: Path) -> Document:
    """Read the document."""
    import yaml

    return Document(yaml.safe_load((spec / "openapi.yaml").read_text("utf-8")))


def generate(document: Document, spec: Path, target: Path) -> None:
    """Run the generator on the reachable part of the document.

    Raises:
        RegenerateError: It failed or warned.
    """
    # Slow to import, and possibly missing before the pins are checked.
    import openapi_python_client as generator
    from openapi_python_client.config import Config, ConfigFile, MetaType

    source = target.with_name("openapi.json")
    source.write_text(json.dumps(reachable(document)), encoding="utf-8")
    config = Config.from_sources(
        ConfigFile.load_from_path(spec / "generator.yaml"),
        MetaType.NONE,
        source,
        "utf-8",
        overwrite=False,
        output_path=target,
    )
    with contextlib.redirect_stdout(io.StringIO()):  # it prints the temporary folder
        complaints = generator.generate(config=config, custom_template_path=spec / "templates")
    if complaints:
        raise RegenerateError(
            "\n".join(f"{complaint.header} {complaint.detail or ''}" for complaint in complaints)
        )


def write_tables(document: Document, spec: Path, target: Path) -> None:
    """Write the modules of this script's templates: operations, enumerations and records."""
    import jinja2

    environment = jinja2.Environment(  # noqa: S701 - this is Python, not HTML
        loader=jinja2.FileSystemLoader(spec / "templates"), trim_blocks=True
    )
    values = {
        "servers": servers_of(document.content),
        "operations": sorted(operations_of(document), key=lambda row: str(row["name"])),
        "enumerations": enumerations_of(document),
        "outcomes": outcomes_of(document),
        "records": records_of(document),
    }
    for name in TABLES:
        text = environment.get_template(f"{name}.py.jinja").render(values)
        (target / f"{name}.py").write_text(text, encoding="utf-8")


def run_ruff(command: str, *arguments: str) -> None:
    """Run ruff without configuration files or cache.

    Raises:
        RegenerateError: It failed or found errors that it cannot fix.
    """
    done = subprocess.run(  # noqa: S603 - our own arguments
        [
            *(sys.executable, "-m", "ruff", command, "--isolated", "--no-cache"),
            *("--line-length", "100", "--target-version", "py311", *arguments),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RegenerateError(f"ruff {command} failed:\n{done.stdout}{done.stderr}")


def files_of(folder: Path) -> list[Path]:
    """Return the sorted files of a folder, without Python's caches."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


def replace(target: Path, made: Path) -> None:
    """Replace the old package completely by the new one."""
    if target.exists():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(made, target)


def compare(made: Path, target: Path) -> list[str]:
    """Return a description of each file that differs from the generated one."""
    new = {path.relative_to(made).as_posix(): path.read_bytes() for path in files_of(made)}
    old = {path.relative_to(target).as_posix(): path.read_bytes() for path in files_of(target)}
    differences = [f"missing: {name}" for name in sorted(new.keys() - old.keys())]
    differences += [f"extra: {name}" for name in sorted(old.keys() - new.keys())]
    for name in sorted(new.keys() & old.keys()):
        if new[name] != old[name]:
            lines = difflib.unified_diff(
                old[name].decode(errors="replace").splitlines(),
                new[name].decode(errors="replace").splitlines(),
                "is",
                "should be",
                lineterm="",
                n=1,
            )
            differences.append("\n    ".join([f"changed: {name}", *islice(lines, DIFF_LINES)]))
    return differences


def report(differences: Sequence[str]) -> int:
    """Print the differences and return the exit status."""
    if not differences:
        print("generated/ and _sync are up to date")
        return 0
    print("\n".join(differences))
    print(f"{len(differences)} files differ: run scripts/regenerate.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
