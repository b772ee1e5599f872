"""The house: who may import whom, and the one place of each effect."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.modules import SRC, culprits, nodes

GROUND = {
    "channels",
    "errors",
    "findings",
    "focus",
    "history",
    "method",
    "method_files",
    "method_history",
    "model",
    "percentiles",
    "products",
    "references",
    "secret",
    "units",
    "value",
}
FLOOR = {"__main__": 4, "cli": 3, "__init__": 3, "app": 2}
EFFECTS = {
    "sqlite3": {"store"},
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
    return FLOOR.get(name, 0 if name in GROUND else 1)


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


def test_a_file_holds_one_idea() -> None:
    """Past 300 lines it holds two."""
    assert culprits(lambda path: len(path.read_text(encoding="utf-8").splitlines()) > 300) == {}
