"""All benchmarks, one after the other, into docs/benchmarks.md: `python -m tests.benchmarks [--quick]`.

A quick run only shows that they work, and writes nothing.
"""

import argparse
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import decode, importing, memory, page, start
from tests.benchmarks.tables import Table, write_section
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
OURS = {"start": start.start, "memory": memory.memory, "importing": importing.importing, "page": page.page}


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
    if not options.quick:
        write_section(PAGE, "machine", {"Machine": machine()})


def machine() -> Table:
    """What the numbers were measured on; ratios hold elsewhere, milliseconds do not."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    load = f"{os.getloadavg()[0]:.1f} at the end"
    return Table(
        ("processor", "cores", "Python", "load"), [(model, f"{os.cpu_count()}", platform.python_version(), load)]
    )


if __name__ == "__main__":
    main()
