"""The floors of the house: which module may import which, and what an import may cost."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import whitebit_ext

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "whitebit_ext"
GENERATED = ROOT / "generated" / "whitebit_api"

# Top to bottom. A room may import from rooms on lower floors and from itself, never across or up.
# A room is one module or one folder of `whitebit_ext`; docs/architecture.md shows the same table.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("cli", "integrations", "pytest_plugin"),
    ("_async", "terminal"),
    ("_sync",),
    ("account", "maintenance", "settings"),
    ("keys", "oauth"),
    ("custody",),
    ("http",),
    ("regions", "runtime"),
    ("errors",),
    ("secret", "_version"),
)
MAX_FLOORS, MAX_ROOMS = 10, 20
PLACES = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# Beside the house: the sandbox imports nothing of it, and only the faces on top run the sandbox.
SANDBOX = "sandbox"
MAY_USE_SANDBOX = frozenset({"cli", "integrations", "pytest_plugin", SANDBOX})

AUTHLIB_MODULE = "oauth.protocol"
# About 300; the rest is for the last sentence that a thought needs.
MAX_LINES = 320
# One declarative thing each, which would not be read more easily in pieces.
DECLARATIVE = frozenset({"whitebit_ext.errors"})

# What `import whitebit_ext` leaves for the moment of use, and what never loads at all.
LATER = (
    *("authlib", "cryptography", "django", "fastapi", "flask", "rich", "sqlalchemy", "starlette"),
    *("typer", "uvicorn"),
)
NEVER = ("authlib.integrations", "httpx2", "joserfc")


def modules(package: Path) -> dict[str, Path]:
    """Return every module of a package by its dotted name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


OURS = modules(PACKAGE)
THEIRS = modules(GENERATED)


def at_load(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when a module is loaded: no function's body, nothing for types."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from at_load(child)


def imports(
    name: str, path: Path, nodes: Callable[[ast.AST], Iterator[ast.AST]] = ast.walk
) -> Iterator[str]:
    """Yield the dotted names that a module imports anywhere in its text, for types too."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                above = ".".join(parts[: len(parts) - node.level + 1])
                base = f"{above}.{base}" if base else above
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in OURS or inner in THEIRS else base


def room_of(name: str) -> str:
    """Return the part of a dotted name below the package, e.g. `custody`."""
    return name.partition(".")[2].partition(".")[0]


GRAPH = {name: frozenset(imports(name, path)) - {name} for name, path in OURS.items()}
INSIDE = {
    name: frozenset(other for other in imported if other.split(".")[0] == "whitebit_ext")
    for name, imported in GRAPH.items()
}
WRITTEN = [name for name in OURS if name != "whitebit_ext"]


def test_every_module_has_a_floor() -> None:
    """A new module is given its place in the table before anything may import it."""
    assert {room_of(name) for name in WRITTEN} - PLACES.keys() == {SANDBOX}


def test_the_house_stays_small() -> None:
    """The table, with the sandbox and the generated client beside it, is one that fits a page."""
    assert len(FLOORS) <= MAX_FLOORS
    assert len(PLACES) + 2 <= MAX_ROOMS


def test_arrows_point_down() -> None:
    """Each import inside the layer leads to a lower floor or stays in its own room."""
    wrong = [
        f"{name} -> {other}"
        for name in WRITTEN
        if room_of(name) in PLACES
        for other in INSIDE[name]
        if room_of(other) in PLACES
        and room_of(other) != room_of(name)
        and PLACES[room_of(other)] <= PLACES[room_of(name)]
    ]
    assert wrong == []


def test_the_document_shows_the_same_table() -> None:
    """docs/architecture.md names the rooms of each floor in the order of the table."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ \| ([^|]+) \|", text, re.MULTILINE)
    assert [re.findall(r"`(\w+)/?`", row) for row in rows] == [list(rooms) for rooms in FLOORS]


def test_no_import_goes_in_a_circle() -> None:
    """The modules of the layer can be loaded in one order in which each needs only earlier ones."""
    loads = {name: set(imports(name, path, at_load)) & OURS.keys() for name, path in OURS.items()}
    order = list(TopologicalSorter({name: loads[name] - {name} for name in loads}).static_order())
    assert set(order) == OURS.keys()


def test_nothing_inside_imports_the_front_door() -> None:
    """The package itself is for users and the faces: below, a module names what it needs."""
    faces = {"cli", "pytest_plugin"}
    inside = [name for name in WRITTEN if room_of(name) not in faces]
    assert [name for name in inside if "whitebit_ext" in INSIDE[name]] == []


def test_sandbox_imports_nothing_of_the_client() -> None:
    """The sandbox knows neither the layer nor the generated client, so it can prove them wrong."""
    strays = [
        f"{name} -> {other}"
        for name in WRITTEN
        if room_of(name) == SANDBOX
        for other in GRAPH[name]
        if other.split(".")[0] in {"whitebit_ext", "whitebit_api"} and room_of(other) != SANDBOX
    ]
    assert strays == []


def test_only_the_faces_run_the_sandbox() -> None:
    """No module below the command line knows that there is a sandbox."""
    users = {
        room_of(name) for name in OURS if any(room_of(other) == SANDBOX for other in INSIDE[name])
    }
    assert users <= MAY_USE_SANDBOX


def test_generated_code_never_imports_the_layer() -> None:
    """The generated client stands alone."""
    strays = [
        f"{name} -> {other}"
        for name, path in THEIRS.items()
        for other in imports(name, path)
        if other.split(".")[0] == "whitebit_ext"
    ]
    assert strays == []


def test_authlib_stays_in_one_module() -> None:
    """Authlib is imported where the OAuth protocol is, and only its session-free half."""
    users = {
        name: {other for other in GRAPH[name] if other.split(".")[0] == "authlib"} for name in OURS
    }
    assert {name for name, used in users.items() if used} == {f"whitebit_ext.{AUTHLIB_MODULE}"}
    assert all(
        other == "authlib" or other.startswith(("authlib.oauth2", "authlib.common"))
        for used in users.values()
        for other in used
    )


@pytest.mark.parametrize("name", sorted(OURS.keys() - DECLARATIVE))
def test_a_file_can_be_read_in_one_sitting(name: str) -> None:
    """No file of the layer or the sandbox is longer than about 300 lines."""
    assert len(OURS[name].read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def loaded_after(statement: str) -> set[str]:
    """Return the names of all modules that a fresh interpreter holds after a statement."""
    code = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT / "tests",
        check=False,
    )
    assert out.returncode == 0, out.stderr
    return set(json.loads(out.stdout.splitlines()[-1]))


def among(loaded: set[str], packages: tuple[str, ...]) -> list[str]:
    """Return the loaded modules that are one of the packages or inside one."""
    return sorted(
        name for name in loaded if any(name == p or name.startswith(f"{p}.") for p in packages)
    )


def test_import_is_light() -> None:
    """Importing the package loads no cryptography, no Authlib and nothing of an extra."""
    # httpx loads rich for its own command line where it finds it; that is not ours to count.
    loaded = loaded_after("import whitebit_ext") - loaded_after("import httpx")
    assert "whitebit_ext" in loaded
    assert among(loaded, (*LATER, *NEVER, "whitebit_ext.sandbox", "whitebit_ext.cli")) == []
    assert [name for name in loaded if name.startswith("whitebit_api.models.")] == []


def test_no_module_loads_what_must_never_load() -> None:
    """Not even all modules of both packages together load Authlib's integrations or joserfc."""
    every = [name for name in (*OURS, *THEIRS) if not name.endswith("__main__")]
    loaded = loaded_after(f"import importlib\nfor name in {every}: importlib.import_module(name)")
    assert set(every) <= loaded
    assert among(loaded, NEVER) == []


# The subfolders of the sandbox and of the command line, top to bottom; modules beside them count by
# their own name. An import leads to a lower floor or stays in its own folder.
SUBFOLDERS: dict[str, tuple[frozenset[str], ...]] = {
    "sandbox": (
        frozenset({"sandbox"}),
        frozenset({"control", "server"}),
        frozenset({"endpoints"}),
        frozenset({"world"}),
        frozenset({"faults"}),
        frozenset({"operations", "answers"}),
    ),
    "cli": (
        frozenset({"app"}),
        frozenset({"login"}),
        frozenset({"account", "config", "custody", "demo", "doctor", "keys", "worker"}),
        frozenset({"partner"}),
        frozenset({"options"}),
        frozenset({"store"}),
        frozenset({"exits", "help", "layout"}),
    ),
}


@pytest.mark.parametrize("package", SUBFOLDERS)
def test_subfolders_import_one_way(package: str) -> None:
    """Inside the sandbox and the command line, too, each import leads down."""
    floors = {name: floor for floor, names in enumerate(SUBFOLDERS[package]) for name in names}
    prefix = f"whitebit_ext.{package}."
    wrong = []
    for name in OURS:
        if not name.startswith(prefix):
            continue
        folder = name.removeprefix(prefix).partition(".")[0]
        for other in INSIDE[name]:
            target = other.removeprefix(prefix).partition(".")[0]
            if other.startswith(prefix) and target != folder and floors[target] <= floors[folder]:
                wrong.append(f"{name} -> {other}")
    assert wrong == []


# The manner of the code

PUBLIC = """
Account ActivationCondition ApiKey AsyncAccount AsyncBalances AsyncConnectedUsers AsyncPages
AsyncReads AsyncRows AsyncUser AsyncUserApiKey AsyncWhiteBIT Balances Callback Clock Confirmations
Connected ConnectedUsers Convert ConvertStep Deal Disconnection Event EventName Hook JournalEntry
KeyCondition KeyHealth KeyInfo KeyState Login Loss MainBalance MaintenanceReport MemoryStore
NonceMode Order OrderStatus OrderStatusFilter OrderType Page Pages PartialWithdrawal
PermissionDifference PermissionGroup PermissionUrl PositionSide Reads Region Role Row Rows Secret
Side SignedAuth SpotBalance StatusState Store Transaction TransactionDetails TransactionMethod
TransactionOutcome User UserApiKey UserStatus WhiteBIT WhiteBITError __version__ errors
generate_encryption_key log_event
"""


FACES = ("whitebit_ext._async", "whitebit_ext._sync")


def public_classes() -> Iterator[type]:
    """Yield the classes of the public face whose methods send, store or wait."""
    for name in whitebit_ext.__all__:
        value = getattr(whitebit_ext, name)
        home = getattr(value, "__module__", "")
        if inspect.isclass(value) and home.startswith(
            ("whitebit_ext._async", "whitebit_ext._sync")
        ):
            yield value


@pytest.mark.parametrize("kind", list(public_classes()), ids=lambda kind: kind.__name__)
def test_every_public_method_has_the_rim(kind: type) -> None:
    """No public method lets an error out with a secret in its frames."""
    without = []
    ours = [part for part in kind.__mro__ if part.__module__.startswith("whitebit_ext")]
    members = {name: member for part in ours for name, member in vars(part).items()}
    for name, member in members.items():
        public = not name.startswith("_") or name in ("__next__", "__anext__")
        if public and inspect.isfunction(member) and not hasattr(member, "__rim__"):
            without.append(name)
    assert without == []


def trees(folder: str = "") -> Iterator[tuple[str, ast.Module]]:
    """Yield the syntax tree of each module of the layer that is written by hand."""
    for name, path in OURS.items():
        if name.startswith(f"whitebit_ext.{folder}") and not name.startswith("whitebit_ext._sync"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_is_awaited_inside_except() -> None:
    """A cancellation there would carry our error, with its frames, as its context."""
    wrong = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler)
        for node in ast.walk(handler)
        if isinstance(node, ast.Await)
    ]
    assert wrong == []


def test_no_async_generator_keeps_state() -> None:
    """One begun in a loop that has ended would end early without an error: rows lost in silence."""
    found = []
    for name, tree in trees("_async"):
        for node in ast.walk(tree):
            if isinstance(node, ast.AsyncFunctionDef):
                inner = [child for child in ast.walk(node) if isinstance(child, ast.Yield)]
                found += [f"{name}.{node.name}" for _ in inner]
    assert found == []


def test_no_class_is_put_under_an_object() -> None:
    """What an object is, it is from the beginning."""
    wrong = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "__class__"
        and isinstance(node.ctx, ast.Store)
    ]
    assert wrong == []


def test_the_public_names_are_what_they_were_meant_to_be() -> None:
    """A name is added to the public face, or taken from it, on purpose only."""
    assert sorted(whitebit_ext.__all__) == PUBLIC.split()
