"""Every small way to break a module: operators swapped, conditions turned round, numbers moved by one.

Words (strings) are left alone, since most are keys or sentences, and so are annotations and docstrings.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
COMBINED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum"}
Break = Callable[[], None]


class Mutant(NamedTuple):
    """One break: where, and the line of code before and after."""

    module: str
    number: int
    line: int
    before: str
    after: str

    @property
    def key(self) -> str:
        """What names it as long as the code stays: not the line, which moves."""
        return f"{self.module}: {self.before} -> {self.after}"


def breaks(tree: ast.Module) -> Iterator[tuple[ast.AST, Break]]:
    """Each node that can be broken with what breaks it in place, in the order of the source."""
    for node in code(tree):
        for change in _changes(node):
            yield node, change


def code(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below it, without annotations, decorators and docstrings."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from code(child)


def _changes(node: ast.AST) -> Iterator[Break]:
    match node:
        case ast.Compare():
            yield from _comparisons(node)
        case ast.BinOp() | ast.AugAssign() if type(node.op) in COMBINED:
            yield _set(node, "op", COMBINED[type(node.op)]())
        case ast.BoolOp():
            yield _set(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.UnaryOp():
            yield from _signs(node)
        case ast.Constant():
            yield from _constants(node)
        case ast.Call():
            yield from _calls(node)
        case ast.If() | ast.IfExp() | ast.While():
            yield _set(node, "test", ast.UnaryOp(ast.Not(), node.test))


def _set(node: ast.AST, field: str, value: object) -> Break:
    return lambda: setattr(node, field, value)


def _comparisons(node: ast.Compare) -> Iterator[Break]:
    for place, op in enumerate(node.ops):
        for other in COMPARED[type(op)]:
            yield _set(node, "ops", [*node.ops[:place], other(), *node.ops[place + 1 :]])


def _signs(node: ast.UnaryOp) -> Iterator[Break]:
    if isinstance(node.op, ast.USub):
        yield _set(node, "op", ast.UAdd())
    elif isinstance(node.op, ast.Not | ast.Invert):
        yield _set(node, "operand", ast.UnaryOp(node.op, node.operand))  # twice is not at all


def _constants(node: ast.Constant) -> Iterator[Break]:
    if isinstance(node.value, bool):
        yield _set(node, "value", not node.value)
    elif isinstance(node.value, int | float):
        yield _set(node, "value", node.value + 1)


def _calls(node: ast.Call) -> Iterator[Break]:
    if isinstance(node.func, ast.Name) and node.func.id in CALLED:
        yield _set(node.func, "id", CALLED[node.func.id])
    elif isinstance(node.func, ast.Attribute) and node.func.attr in CALLED:
        yield _set(node.func, "attr", CALLED[node.func.attr])


def mutated(path: Path, number: int) -> tuple[ast.Module, Mutant]:
    """The module with its break of this number, and a description."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    statements = _statements(tree)
    node, change = list(breaks(tree))[number]
    statement = statements[id(node)]
    before = _shown(statement)
    change()
    after = _shown(statement)
    ast.fix_missing_locations(tree)
    return tree, Mutant(path.stem, number, statement.lineno, *_difference(before, after))


def count(path: Path) -> int:
    """How many ways there are to break a module."""
    return sum(1 for _ in breaks(ast.parse(path.read_text(encoding="utf-8"))))


def _statements(tree: ast.Module) -> dict[int, ast.stmt]:
    """The innermost statement that each node belongs to."""
    found: dict[int, ast.stmt] = {}
    for statement in ast.walk(tree):  # outer ones first, so inner ones have the last word
        if isinstance(statement, ast.stmt):
            found |= {id(node): statement for node in ast.walk(statement)}
    return found


def _shown(statement: ast.stmt) -> str:
    """The statement on one line, of compound ones the head only."""
    return " ".join(ast.unparse(statement).split("\n    ")[0].split())


def _difference(before: str, after: str) -> tuple[str, str]:
    """Both, shortened to a window around the first difference where they are long."""
    if max(len(before), len(after)) <= 110:
        return before, after
    first = next((at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    low, high = max(first - 45, 0), first + 55
    return _window(before, low, high), _window(after, low, high)


def _window(text: str, low: int, high: int) -> str:
    return "… " * (low > 0) + text[low:high] + " …" * (high < len(text))
