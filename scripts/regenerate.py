"""Make `generated/whitebit_api` from `spec/`, and `whitebit_ext/_sync` from its async twin.

With `--check`, compare with what would be made, and write nothing.

Offline, and the same bytes every time: the generator and the formatter must be those that
constraints/dev.txt pins, and a warning of the generator is an error.

    python scripts/regenerate.py            write both anew
    python scripts/regenerate.py --check    change nothing; exit 1 if a byte would change
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

from scripts.spec_document import (  # noqa: E402 - after the line that lets it be found
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
    """What keeps the package from being made, in words for the person who called."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Returns:
        0 when all is well, 1 when `--check` found a difference, 2 when nothing could be made.
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
    """Make the whole package at `target`, which must not exist yet.

    Raises:
        RegenerateError: A tool is missing or has another version, or the generator complained.
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
    # What the templates import and a module does not use goes; then the order, then the layout.
    # Each file by its name: in a folder, ruff passes over what lies below a `.nox` or its like.
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
    """Make the sync face at `target` from the async one.

    Raises:
        RegenerateError: A tool is missing or has another version, or a rule does not fit.
    """
    check_pin(FORMATTER)
    target.mkdir()
    # By its path: this script is also run where nothing else of the tree can be imported.
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
        RegenerateError: It is missing, or has another version, which would write other bytes.
    """
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", PINS.read_text("utf-8"), re.MULTILINE))
    try:
        found = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        found = "none"
    if found != pins[distribution]:
        raise RegenerateError(f"{distribution} {pins[distribution]} is needed, {found} is here")
    return found


def read(spec: Path) -> Document:
    """Read the document."""
    import yaml

    return Document(yaml.safe_load((spec / "openapi.yaml").read_text("utf-8")))


def generate(document: Document, spec: Path, target: Path) -> None:
    """Run the generator on what of the document is used.

    Raises:
        RegenerateError: It failed, or it gave as much as a warning.
    """
    # Heavy, and not there when a pin is wrong.
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
    with contextlib.redirect_stdout(io.StringIO()):  # it announces the temporary folder
        complaints = generator.generate(config=config, custom_template_path=spec / "templates")
    if complaints:
        raise RegenerateError(
            "\n".join(f"{complaint.header} {complaint.detail or ''}" for complaint in complaints)
        )


def write_tables(document: Document, spec: Path, target: Path) -> None:
    """Write the modules that are not the generator's: operations, enumerations and records."""
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
    """Run ruff without any configuration or cache of this machine.

    Raises:
        RegenerateError: It found what it could not mend, or failed.
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
    """List the files in a folder, in order, without what Python caches there."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


def replace(target: Path, made: Path) -> None:
    """Put the new package in the place of the old one, of which nothing stays."""
    if target.exists():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(made, target)


def compare(made: Path, target: Path) -> list[str]:
    """Describe every difference between the package and what would be made, by file."""
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
        print("generated/ is what spec/ makes, and _sync what _async makes")
        return 0
    print("\n".join(differences))
    print(f"{len(differences)} files differ: run scripts/regenerate.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
