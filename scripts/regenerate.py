"""Make `generated/whitebit_api` from `spec/`, or check that it is what would be made.

Offline, and the same bytes every time: the generator and the formatter must be those that
constraints/dev.txt pins, and a warning of the generator is an error.

    python scripts/regenerate.py            write generated/whitebit_api anew
    python scripts/regenerate.py --check    change nothing; exit 1 if a byte would change
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib.metadata
import io
import re
import shutil
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGE: Final = "whitebit_api"
PINS: Final = ROOT / "constraints" / "dev.txt"
GENERATOR: Final = "openapi-python-client"
FORMATTER: Final = "ruff"
HEADER: Final = """\
# Made by {generator} {version} from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
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
    options = parser.parse_args(arguments)
    target: Path = options.output / PACKAGE
    try:
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / PACKAGE
            make(options.spec, made)
            if options.check:
                return report(compare(made, target))
            replace(target, made)
    except RegenerateError as error:
        print(f"regenerate: {error}", file=sys.stderr)
        return 2
    print(f"wrote {len(files_of(target))} files to {target}")
    return 0


def make(spec: Path, target: Path) -> None:
    """Make the whole package at `target`, which must not exist yet.

    Raises:
        RegenerateError: A tool is missing or has another version, or the generator complained.
    """
    version = check_pin(GENERATOR)
    check_pin(FORMATTER)
    generate(spec, target)
    (target / "operations.py").write_text(operations_module(spec), encoding="utf-8")
    (target / "py.typed").touch()
    # What the templates import and a module does not use goes; then the order, then the layout.
    # Each file by its name: in a folder, ruff passes over what lies below a `.nox` or its like.
    files = sorted(str(path) for path in target.rglob("*.py"))
    run_ruff("check", "--fix", "--quiet", "--select", "F401,I", *files)
    run_ruff("format", "--quiet", *files)
    header = HEADER.format(generator=GENERATOR, version=version)
    for path in files_of(target):
        if path.suffix == ".py":
            path.write_text(header + path.read_text(encoding="utf-8"), encoding="utf-8")


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


def generate(spec: Path, target: Path) -> None:
    """Run the generator.

    Raises:
        RegenerateError: It failed, or it gave as much as a warning.
    """
    # Heavy, and not there when a pin is wrong.
    import openapi_python_client as generator
    from openapi_python_client.config import Config, ConfigFile, MetaType

    config = Config.from_sources(
        ConfigFile.load_from_path(spec / "generator.yaml"),
        MetaType.NONE,
        spec / "openapi.yaml",
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


def operations_module(spec: Path) -> str:
    """Return the source of the table of operations, read from the document."""
    import jinja2
    import yaml

    document: Mapping[str, Any] = yaml.safe_load((spec / "openapi.yaml").read_text("utf-8"))
    environment = jinja2.Environment(  # noqa: S701 - this is Python, not HTML
        loader=jinja2.FileSystemLoader(spec / "templates"), trim_blocks=True
    )
    return environment.get_template("operations.py.jinja").render(
        servers=servers_of(document),
        operations=sorted(operations_of(document), key=lambda row: str(row["name"])),
    )


def operations_of(document: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Read the fields of `Operation` for every operation of the document."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            security = operation.get("security", document["security"])
            yield {
                "name": operation["operationId"],
                "method": method.upper(),
                "path": path,
                "regions": tuple(servers_of({"servers": document["servers"], **operation})),
                "scopes": tuple(
                    scope for requirement in security for scope in requirement.get("oauth2", ())
                ),
                "security": security_of(document, operation, security),
                "deprecated": operation.get("deprecated", False),
                "sunset": operation.get("x-sunset"),
                "success": tuple(int(code) for code in operation["responses"] if code[0] == "2"),
            }


def servers_of(holder: Mapping[str, Any]) -> dict[str, str]:
    """Return base URLs by region."""
    return {server["x-region"]: server["url"] for server in holder["servers"]}


def security_of(
    document: Mapping[str, Any],
    operation: Mapping[str, Any],
    security: Sequence[Mapping[str, Any]],
) -> str:
    """Name what proves the caller of an operation."""
    schemes = {scheme for requirement in security for scheme in requirement}
    if "oauth2" in schemes:
        return "bearer"
    if "signature" in schemes:
        return "signed"
    # OpenAPI has no scheme for a secret in a form, so the form itself tells.
    content = operation.get("requestBody", {}).get("content", {})
    form = content.get("application/x-www-form-urlencoded")
    if form:
        name = form["schema"]["$ref"].removeprefix("#/components/schemas/")
        if "client_secret" in document["components"]["schemas"][name]["properties"]:
            return "client"
    return "none"


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
        print("generated/ is what spec/ makes")
        return 0
    print("\n".join(differences))
    print(f"{len(differences)} files differ: run scripts/regenerate.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
