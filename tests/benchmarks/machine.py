"""What the other benchmarks ran on; ratios hold elsewhere, milliseconds do not.

python -m tests.benchmarks.machine [--write docs/benchmarks.md]
"""

import os
import platform
from pathlib import Path

from tests.benchmarks.tables import Table, main_of

CPU = Path("/proc/cpuinfo")


def machine(*, quick: bool) -> dict[str, Table]:
    """The processor, and how busy it was: with a load beyond its cores, files a second say little."""
    lines = CPU.read_text(encoding="utf-8").splitlines() if CPU.exists() else []
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    row = (model, f"{os.cpu_count()}", platform.python_version(), f"{os.getloadavg()[1]:.1f}")
    return {"Machine": Table(("processor", "cores", "Python", "load"), [row])}


if __name__ == "__main__":
    main_of("machine", machine, __doc__)
