"""Tables of results: printed as they are, and kept in a document between two marks that name the benchmark."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Table(NamedTuple):
    """Headings and rows of text; as text it is a Markdown table."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        lines = [self.headings, ["---", *("---:" for _ in self.headings[1:])], *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_section(path: Path, name: str, tables: Mapping[str, Table]) -> None:
    """Replace what stands between the marks of this benchmark, or append it with its marks."""
    begin, end = f"<!-- {name}: made by python -m tests.benchmarks.{name} -->", f"<!-- end of {name} -->"
    body = "\n\n".join(f"## {title}\n\n{table}" for title, table in tables.items())
    section = f"{begin}\n\n{body}\n\n{end}"
    text = path.read_text(encoding="utf-8") if path.is_file() else "# Benchmarks\n"
    before, found, rest = text.partition(begin)
    after = rest.partition(end)[2] if found else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{before.rstrip()}\n\n{section}\n{after.lstrip()}", encoding="utf-8")


def main_of(
    name: str, measure: Callable[..., Mapping[str, Table]], about: str | None, arguments: Sequence[str] | None = None
) -> None:
    """The command line of one benchmark: measure, print, and write the tables where asked to."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small and few: does it work at all")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables into this document too")
    options = parser.parse_args(arguments)
    tables = measure(quick=options.quick)
    for title, table in tables.items():
        print(f"\n{title}\n{table}")
    if options.write:
        write_section(options.write, name, tables)
