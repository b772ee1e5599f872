"""The modules of the package, each parsed once, and which of them break a rule."""

import ast
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

SRC = ROOT / "src" / "kneedrive"
MODULES = sorted(SRC.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """A module as its syntax."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a module's syntax."""
    return tuple(ast.walk(tree(path)))


def culprits(fault: Callable[[Path], object], among: Iterable[Path] = MODULES) -> dict[str, object]:
    """What is wrong with each module in which something is."""
    found = {str(path.relative_to(SRC)): fault(path) for path in among}
    return {name: wrong for name, wrong in found.items() if wrong}
