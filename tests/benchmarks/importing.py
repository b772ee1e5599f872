"""How many files a second `kneedrive import` takes in, reading, analysis and store included.

    python -m tests.benchmarks.importing [--quick] [--write docs/benchmarks.md]

One command, into a new store; many files keep several processes busy. The made runs are 45 minutes long; the real
histories are measured where they are.
"""

import gzip
import statistics
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.made import run
from tests.benchmarks.start import BARE, KNEEDRIVE, environment, once
from tests.benchmarks.tables import Table, main_of
from tests.conftest import real_files

MINUTES = 45
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
ALLOWED = "allowed: 1.2 x gzip + 20 kB a run"


def importing(*, quick: bool) -> dict[str, Table]:
    """One row for made runs, one for each real history."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made"
        made.mkdir()
        for number in range(1, 4 if quick else 121):
            (made / f"{number}.fit").write_bytes(run(MINUTES, number=number))
        histories = [] if quick else sorted({path.parent for path in real_files("history-*/*.fit")})
        bare_s = bare_start_s(environment(Path(folder)))
        rows = [_row(name, where, Path(folder), bare_s) for name, where in _places(made, histories)]
    heads = (
        "import of",
        "files",
        "files a second",
        "CPU ms a file",
        "in bare starts",
        "again, files a second",
        "store, MB",
        ALLOWED,
    )
    return {"Import into the store": Table(heads, rows)}


def _places(made: Path, histories: list[Path]) -> list[tuple[str, Path]]:
    return [(f"made runs of {MINUTES} minutes", made), *((history.name, history) for history in histories)]


def _row(name: str, where: Path, folder: Path, bare_s: float) -> tuple[str, ...]:
    files, home = sorted(where.iterdir()), folder / f"home-{where.name}"
    command = (KNEEDRIVE, "import", str(where))
    first = once(command, environment(home))
    again = once(command, environment(home))
    stored = sum(path.stat().st_size for path in (home / "data" / "kneedrive").iterdir())
    count = len(files)
    return (
        name,
        f"{count}",
        f"{count / first.wall_s:.0f}",
        f"{1000 * first.cpu_s / count:.0f}",
        f"{first.cpu_s / count / bare_s:.2f}",
        f"{count / again.wall_s:.0f}",
        f"{stored / 1e6:.1f}",
        f"{(1.2 * gzipped(files) + 20_000 * count) / 1e6:.1f}",
    )


def bare_start_s(env: dict[str, str]) -> float:
    """CPU seconds of a process that imports numpy and rich, on one thread: the measure for a machine that is busy."""
    return statistics.median(once((sys.executable, "-c", BARE), env | ONE_THREAD).cpu_s for _ in range(7))


def gzipped(files: list[Path]) -> int:
    """How many bytes the files take when gzipped one by one."""
    return sum(len(gzip.compress(path.read_bytes())) for path in files)


if __name__ == "__main__":
    main_of("importing", importing, __doc__)
