"""Writes the tables of docs/method.md from the code: `python -m tests.make_method`.

The prose is written by hand in the page itself; what stands between two markers comes from here.
"""

import re
import sys
from collections.abc import Callable, Sequence
from typing import get_args, get_type_hints

from msgspec.structs import asdict

from kneedrive.analysis.gates import GATES
from kneedrive.method import Method
from kneedrive.record import Record
from kneedrive.sensors import REFERENCES, Reference
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "method.md"
_BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: object) -> str:
    """A value as it stands in the code, a float without noise."""
    if value is None:
        return "–"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def knobs(rules: Record) -> str:
    """Every knob of one group: name, value, unit, source."""
    hints = get_type_hints(type(rules), include_extras=True)
    rows = []
    for name, value in asdict(rules).items():
        if isinstance(value, Record):
            continue
        _, unit, source = get_args(hints[name])
        rows.append((f"`{name}`", number(value), unit or "–", source))
    return table(("knob", "value", "unit", "source"), rows)


def method() -> str:
    """All knobs of Method, group by group."""
    whole = Method()
    parts = [f"Version {whole.version}."]
    for name, rules in asdict(whole).items():
        if isinstance(rules, Record):
            words = " ".join((type(rules).__doc__ or "").split())
            parts.append(f"### `{name}`: {words[:1].lower() + words[1:].rstrip('.')}\n\n{knobs(rules)}")
    return "\n\n".join(parts)


def references() -> str:
    """What each sensor class may say, and how it reads."""
    head = ("class", "scores", "k_ref", "s_k", "DF shift", "DF tilt", "SD of DF", "SD of ln k", "basis")
    return table(head, [_reference(row) for row in REFERENCES.values()])


def _reference(row: Reference) -> tuple[str, ...]:
    values = (row.k_ref, row.s_k, row.shift_DF, row.tilt_DF, row.sd_DF, row.sd_ln_k)
    numbers = (number(value) for value in values)
    return (f"`{row.name}`: {row.words}", " ".join(row.scores) or "none", *numbers, row.basis)


def gates() -> str:
    """The gates in their order."""
    return table(("reason", "what it means"), [(f"`{name}`", text) for name, text in GATES.items()])


TABLES: dict[str, Callable[[], str]] = {"method": method, "references": references, "gates": gates}


def page(text: str) -> str:
    """The page with its tables as the code has them now."""
    return _BLOCK.sub(lambda block: f"{block[1]}{TABLES[block[2]]()}\n{block[3]}", text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.relative_to(ROOT)}\n")
