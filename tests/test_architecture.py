"""The house: who may import whom, and the one place of each effect."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.modules import MODULES, SRC, culprits, nodes

# From the ground up; a module imports from lower floors and from its own room. docs/architecture.md draws it.
FLOORS = (
    {
        "config",
        "errors",
        "stats",
        "method",
        "patterns",
        "products",
        "quantities",
        "record",
        "recording",
        "sensors",
    },
    {"analysis", "readers"},
    {"histories"},
    {"advice"},
    {"archives", "report", "simulate", "sources", "store"},
    {"app"},
    {"cli", "__init__"},
    {"__main__"},
)
MOST_LINES_OF_A_FUNCTION = 40
CRUMB_LINES = 40  # a module shorter than this that only one other imports belongs into that one
EFFECTS = {
    "sqlite3": {"store"},
    "duckdb": {"store"},
    "distributed": {"app"},
    "requests": {"sources"},
    "urllib3": {"sources"},
    "socket": {"sources"},
    "http": {"sources"},
    "argparse": {"cli"},
    "shtab": {"cli"},
    "pickle": set(),
    "marshal": set(),
    "subprocess": set(),
    "dataclasses": set(),
    # What only Unix has, or only Windows.
    **{name: set() for name in ("fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "msvcrt", "winreg")},
}


BOUNDARY = SRC / "app" / "boundary.py"
BROAD = {"", "Exception", "BaseException"}


def caught(tree: ast.Module) -> Iterator[str]:
    """The name of every type that an except or a suppress catches; "" for an except without any."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            yield from (ast.unparse(kind) if kind else "" for kind in kinds)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            yield from map(ast.unparse, node.args)


def room(path: Path) -> str:
    """The folder or module of the package that a file belongs to: "readers", "store", "model"."""
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def floor(name: str) -> int:
    """The floor that a room stands on; a room that no floor names is a mistake of this table."""
    return next(number for number, rooms in enumerate(FLOORS) if name in rooms)


def imports(path: Path) -> Iterator[str]:
    """Dotted names of all that a module imports, at the top or late."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def neighbours(path: Path) -> set[str]:
    """The rooms of ours that a module imports, its own excepted."""
    ours = (name.split(".") for name in imports(path) if name.split(".")[0] == "kneedrive")
    rooms = {
        parts[1] if (SRC / parts[1]).exists() or (SRC / f"{parts[1]}.py").exists() else "__init__" for parts in ours
    }
    return rooms - {room(path)}


def not_below(path: Path) -> set[str]:
    """The rooms that a module imports from its own floor or a higher one; modules of the ground may know each other."""
    own = floor(room(path))
    return {name for name in neighbours(path) if floor(name) >= own and not (own == 0 == floor(name))}


def test_a_module_imports_from_lower_floors_only() -> None:
    """Rooms do not know each other; nothing knows what stands above it."""
    assert culprits(not_below) == {}


def misplaced(path: Path) -> set[str]:
    """The effects of a module that have another place."""
    used = {name.split(".")[0] for name in imports(path)}
    return {name for name in used & EFFECTS.keys() if room(path) not in EFFECTS[name]}


def test_an_effect_has_one_place() -> None:
    """The network in sources/, SQL in the store, arguments in cli/; pickle, subprocess and dataclasses nowhere."""
    assert culprits(misplaced) == {}


def printed_swallowed_evaluated(path: Path) -> set[str]:
    """Calls that a module must not make, and broad excepts other than the one of the boundary."""
    calls = {node.func.id for node in nodes(path) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    barred = {"eval", "exec", "compile", "breakpoint"} | (set() if room(path) == "cli" else {"print"})
    broad = [name for name in caught(ast.parse(path.read_text(encoding="utf-8"))) if name in BROAD]
    expected = ["Exception"] if path == BOUNDARY else []
    return calls & barred | (set() if broad == expected else {f"except {broad}, expected {expected}"})


def test_no_module_prints_swallows_or_evaluates() -> None:
    """print belongs to cli/; eval belongs nowhere, a broad except into the one boundary around a recording."""
    assert culprits(printed_swallowed_evaluated) == {}


@cache
def ours(path: Path) -> set[str]:
    """The modules of ours that a module imports, by dotted name, at the top, late or for types."""
    found = set()
    for name in imports(path):
        if name.startswith("kneedrive."):
            found.add(name if name in PATHS else name.rpartition(".")[0])
    return found & PATHS.keys() - {dotted(path)}


def dotted(path: Path) -> str:
    """The name by which a module is imported."""
    parts = path.relative_to(SRC.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {dotted(path): path for path in MODULES}


def test_no_module_needs_itself() -> None:
    """No circle of imports, those inside functions and for types included; the entry points load the rest by name."""
    graph = {name: ours(path) for name, path in PATHS.items() if name not in ("kneedrive", "kneedrive.cli")}
    while free := {name for name, needs in graph.items() if not needs & graph.keys()}:
        graph = {name: needs for name, needs in graph.items() if name not in free}

    assert {name: needs & graph.keys() for name, needs in graph.items()} == {}


def too_long(path: Path) -> set[str]:
    """Functions that one cannot see at once."""
    functions = (node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in functions if (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_A_FUNCTION}


def test_a_function_can_be_seen_at_once() -> None:
    assert culprits(too_long) == {}


def test_there_are_no_crumbs() -> None:
    """A short module that only one other imports is a part of that one. Packages and the entry point are none."""
    users = {name: [other for other in PATHS if name in ours(PATHS[other])] for name in PATHS}
    short = {
        name
        for name, path in PATHS.items()
        if path.name not in ("__init__.py", "__main__.py")
        and len(path.read_text(encoding="utf-8").splitlines()) < CRUMB_LINES
    }

    assert {name: users[name] for name in short if len(users[name]) < 2} == {}
