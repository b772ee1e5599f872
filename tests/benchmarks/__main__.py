"""All benchmarks, one after the other, into docs/benchmarks.md: `python -m tests.benchmarks [--quick]`.

A quick run only shows that they work, and writes nothing.
"""

import argparse
from collections.abc import Sequence

from tests.benchmarks import decode, importing, machine, memory, page, start, weekly
from tests.benchmarks.tables import write_section
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
OURS = {
    "start": start.start,
    "memory": memory.memory,
    "importing": importing.importing,
    "page": page.page,
    "weekly": weekly.weekly,
    "machine": machine.machine,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small and few: do they work at all")
    options = parser.parse_args(arguments)
    for name, measure in OURS.items():
        tables = measure(quick=options.quick)
        for title, table in tables.items():
            print(f"\n{title}\n{table}", flush=True)
        if not options.quick:
            write_section(PAGE, name, tables)
    decode.main(["--quick"] if options.quick else ["--write", str(PAGE)])


if __name__ == "__main__":
    main()
