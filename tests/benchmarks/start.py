"""What a command costs as a whole process, against a process that only imports numpy and rich.

    python -m tests.benchmarks.start [--quick] [--write docs/benchmarks.md]

All commands run in turn, again and again, so that a busy machine slows all of them alike; the table has medians. The
report goes to a pipe. CPU is user and system time of the process. The command keeps linear algebra to one thread, so
a bare start on one thread is the stricter comparison.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

from tests.benchmarks.made import run
from tests.benchmarks.tables import Table, main_of

BARE = "import numpy, rich.console, rich.table"
# Without these a start would not be a user's: byte code is compiled once and kept.
UNWANTED = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "KNEEDRIVE_CONFIG")
KNEEDRIVE = str(Path(sys.executable).with_name("kneedrive"))


class Cost(NamedTuple):
    """Of one process, in seconds."""

    wall_s: float
    cpu_s: float


def environment(home: Path) -> dict[str, str]:
    """A user's environment whose home is this folder."""
    kept = {key: value for key, value in os.environ.items() if key not in UNWANTED}
    return kept | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data")}


def once(command: Sequence[str], env: Mapping[str, str]) -> Cost:
    """Run a command to its end. Raises CalledProcessError where it fails."""
    before, start = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=env, capture_output=True, check=True, timeout=60)
    wall, after = time.perf_counter() - start, getrusage(RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, spent)


def interleaved(commands: Mapping[str, Sequence[str]], repeats: int, env: Mapping[str, str]) -> dict[str, Cost]:
    """The median cost of each command, all run in turn; the first round fills caches and is not counted."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(repeats + 1):
        for name, command in commands.items():
            cost = once(command, env)
            if turn:
                costs[name].append(cost)
    return {name: Cost(*map(statistics.median, zip(*found, strict=True))) for name, found in costs.items()}


def start(*, quick: bool) -> dict[str, Table]:
    """The table: the bare imports first, then commands."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "run.fit"
        file.write_bytes(run(10 if quick else 60))
        commands = {
            f'python -c "{BARE}"': (sys.executable, "-c", BARE),
            "the same on one thread": ("env", "OPENBLAS_NUM_THREADS=1", sys.executable, "-c", BARE),
            f"kneedrive analyze ({10 if quick else 60} minutes at 1 Hz)": (KNEEDRIVE, "analyze", str(file)),
            "kneedrive analyze --json": (KNEEDRIVE, "analyze", "--json", str(file)),
            "kneedrive --help": (KNEEDRIVE, "--help"),
            "kneedrive --version": (KNEEDRIVE, "--version"),
        }
        costs = interleaved(commands, 2 if quick else 21, environment(Path(folder)))
    bare = next(iter(costs.values()))
    rows = [_row(name, cost, bare) for name, cost in costs.items()]
    return {"Start of the command": Table(("process", "wall, ms", "times bare", "CPU, ms", "times bare"), rows)}


def _row(name: str, cost: Cost, bare: Cost) -> tuple[str, ...]:
    wall, cpu = cost.wall_s / bare.wall_s, cost.cpu_s / bare.cpu_s
    return (name, f"{1000 * cost.wall_s:.0f}", f"{wall:.2f}", f"{1000 * cost.cpu_s:.0f}", f"{cpu:.2f}")


if __name__ == "__main__":
    main_of("start", start, __doc__)
