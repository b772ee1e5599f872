"""Peak memory and time of whole `kneedrive analyze` processes, for longer and longer runs.

    python -m tests.benchmarks.memory [--quick] [--write docs/benchmarks.md]

The peak is the kernel's own high-water mark of the process; the bare one only imports numpy and rich. Both do without
threads for linear algebra, as the command does.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.made import run
from tests.benchmarks.start import BARE, KNEEDRIVE, environment, once
from tests.benchmarks.tables import Table, main_of

ALLOWED_MB, PER_FILE = 15, 10
# The console script runs inside a process that tells its own peak at the end.
WATCHED = """
import atexit, runpy, sys
def tell():
    (line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    print(int(line.split()[1]) / 1024, file=sys.stderr)
atexit.register(tell)
"""
OURS = WATCHED + "sys.argv = sys.argv[1:]\nrunpy.run_path(sys.argv[0], run_name='__main__')"


def peak_mb(code: str, arguments: Sequence[str], home: Path) -> float:
    """The peak of a process that runs this code, in MB."""
    env = environment(home) | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=env, check=True)
    return float(done.stderr.split()[-1])


def memory(*, quick: bool) -> dict[str, Table]:
    """A row per length of run: peak above the bare import, what is allowed, and CPU time of the whole process."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        bare = peak_mb(WATCHED + BARE, (), home)
        for hours in (1,) if quick else (1, 10, 100):
            file = home / "run.fit"
            file.write_bytes(run(60 * hours))
            size = file.stat().st_size / 1e6
            above = peak_mb(OURS, (KNEEDRIVE, "analyze", str(file)), home) - bare
            cpu_s = once((KNEEDRIVE, "analyze", str(file)), environment(home)).cpu_s
            allowed = ALLOWED_MB + PER_FILE * size
            rows.append((f"{hours} h", f"{size:.2f}", f"{above:.1f}", f"{allowed:.1f}", f"{1000 * cpu_s:.0f}"))
    heads = ("run at 1 Hz", "file, MB", "peak above bare import, MB", "allowed: 15 MB + 10 x file", "CPU ms")
    return {"Memory and growth of analyze": Table(heads, rows)}


if __name__ == "__main__":
    main_of("memory", memory, __doc__)
