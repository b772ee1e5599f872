"""What a cohort costs: a recording, a half-minute, a job handed over; and what that makes of large ones.

    python -m tests.benchmarks.scale [--quick] [--write docs/scale.md]

Processor time is counted where time is meant, so that a busy machine tells the same; the last table multiplies.
Needs kneedrive[lab], and kneedrive[cluster] for the row of a cluster.
"""

from __future__ import annotations

import hashlib
import pickle
import resource
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kneedrive import readers
from kneedrive.analysis import analyze
from kneedrive.app.cohort import Job, Person, _Known, examined
from kneedrive.app.workers import Cluster, Here, Processes, each
from kneedrive.store.parquet import MEASURED, Parts, Rows, runner_means
from tests.benchmarks.made import run
from tests.benchmarks.tables import Table, main_of
from tests.conftest import ROOT, real_files

MINUTES = 45
CORES, LARGE_CORES = 8, 256
COHORTS = (50_000, 10_000_000)


class Cost(NamedTuple):
    """Of one recording: seconds of one core, half-minutes, and bytes as a file, as rows in hand, and as an Analysis."""

    cpu_s: float
    epochs: float
    file: float
    rows: float
    analysis: float


def scale(*, quick: bool) -> dict[str, Table]:
    """The tables of docs/scale.md."""
    made = [run(MINUTES, number=number) for number in range(1, 4 if quick else 31)]
    histories = [] if quick else sorted({path.parent for path in real_files("history-*/*.fit")})
    collections = {f"made runs of {MINUTES} minutes": made} | {
        folder.name: [path.read_bytes() for path in sorted(folder.glob("*.fit"))[::6]] for folder in histories
    }
    costs = {name: cost(jobs_of(files)) for name, files in collections.items()}
    parts = parts_of(jobs_of(made), 200 if quick else 10_000)
    handed = list(handed_over(200 if quick else 2_000))
    worst = max(costs.values(), key=lambda one: one.cpu_s)
    return {
        "A recording": Table(
            ("files", "number", "files a core-second", "half-minutes", "file, kB", "rows, kB", "whole analysis, kB"),
            [_recording(name, len(collections[name]), one) for name, one in costs.items()],
        ),
        "A job handed over": Table(("by", "ms of this process a job"), handed),
        "Parts": Table(("what", "measured"), parts.rows()),
        "What that makes of large cohorts": Table(
            ("recordings", *(f"hours on {cores} cores" for cores in (CORES, LARGE_CORES)), "GB in", "GB of Parquet",
             "hours of the feeder", "s for the question above"),
            [computed(count, worst, parts, float(handed[-1][1]) / 1000) for count in COHORTS],
        ),
    }  # fmt: skip


def jobs_of(files: Sequence[bytes]) -> list[Job]:
    """A job a file."""
    anna = Person(runner="anna", height_m=1.7)
    return [Job(name=f"{n}.fit", sha256=f"{n:064x}", person=anna, body=body) for n, body in enumerate(files)]


def cpu_s(work: Callable[[], Any]) -> float:
    """Seconds of this process's own work."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def cost(jobs: Sequence[Job]) -> Cost:
    """The mean over these recordings, the first of them done twice so that nothing is loaded in what is counted."""
    examined(jobs[0])
    found = [examined(job) for job in jobs]
    taken_s = min(cpu_s(lambda: [examined(job) for job in jobs]) for _ in range(2))
    count = len(jobs)
    whole = [analyze(activity) for job in jobs[:5] for activity in readers.read(job.body or b"", job.name)]
    return Cost(
        cpu_s=taken_s / count,
        epochs=sum(map(len, found)) / count,
        file=sum(len(job.body or b"") for job in jobs) / count,
        rows=sum(len(pickle.dumps(rows)) for rows in found) / count,
        analysis=sum(len(pickle.dumps(analysis)) for analysis in whole) / len(whole),
    )


def _recording(name: str, number: int, one: Cost) -> tuple[str, ...]:
    sizes = (f"{size / 1000:.0f}" for size in (one.file, one.rows, one.analysis))
    return (name, f"{number}", f"{1 / one.cpu_s:.0f}", f"{one.epochs:.0f}", *sizes)


def nothing(job: Job) -> int:
    """A job without work, as large as a recording."""
    return len(job.body or b"")


def handed_over(count: int) -> Iterator[tuple[str, str]]:
    """What handing over and taking back costs the process that writes, which no worker can take from it."""
    jobs = jobs_of([bytes(150_000)]) * count
    for name, crew in crews():
        with crew:
            list(each(nothing, jobs[:8], crew))
            yield name, f"{1000 * cpu_s(partial(list, each(nothing, jobs, crew))) / count:.2f}"


def crews() -> Iterator[tuple[str, Here | Processes | Cluster]]:
    """This process, others, and a cluster where Dask is installed: a worker process of its own, as a cluster has."""
    yield "this process", Here()
    yield "two processes", Processes(2)
    try:
        from distributed import LocalCluster
    except ModuleNotFoundError:
        return
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as local:
        yield "a Dask cluster, scheduler included", Cluster(local.scheduler_address)


class Written(NamedTuple):
    """What so many recordings come to as Parquet."""

    recordings: int
    epochs: int
    size: int
    cpu_s: float
    peak: int
    question_s: float
    report_s: float
    held: int

    def rows(self) -> list[tuple[str, str]]:
        """For the page."""
        return [
            ("recordings, half-minutes", f"{self.recordings:,}, {self.epochs:,}"),
            ("bytes a half-minute", f"{self.size / self.epochs:.0f}"),
            ("bytes a recording", f"{self.size / self.recordings:,.0f}"),
            ("ms of the writer a recording", f"{1000 * self.cpu_s / self.recordings:.2f}"),
            ("bytes of memory a recording that is there already", f"{self.held / self.recordings:.0f}"),
            ("peak of the whole process, MB", f"{self.peak / 1e6:.0f}"),
            ("s of a core for the question above", f"{self.question_s:.2f}"),
            ("s of a core for cohort-report's runner means", f"{self.report_s:.2f}"),
        ]


def parts_of(jobs: Sequence[Job], count: int) -> Written:
    """The rows of these jobs under so many names, written and asked."""
    found = [examined(job) for job in jobs]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        taken_s = 0.0
        with Parts(out, create=True) as parts:
            for number in range(count):
                rows = _varied(found[number % len(found)], number)
                taken_s += cpu_s(partial(parts.add, rows))
            taken_s += cpu_s(parts.flush)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        size = sum(path.stat().st_size for path in out.iterdir())
        with Parts(out) as parts:
            question_s = cpu_s(lambda: parts.ask(question()))
            report_s = cpu_s(lambda: runner_means(parts))
            tracemalloc.start()
            known = _Known(parts)
            held = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
    assert not known.changed
    epochs = sum(len(found[n % len(found)]) for n in range(count))
    return Written(count, epochs, size, taken_s, peak, question_s, report_s, held)


def _varied(rows: Rows, number: int) -> Rows:
    """The rows of another recording of another runner: numbers a little different, or they would take no room."""
    rng = np.random.default_rng(number)
    named = {"sha256": hashlib.sha256(b"%d" % number).hexdigest(), "runner": f"runner {number % 200}"}
    epochs = {
        name: column * np.float32(rng.normal(1.0, 0.01)) for name, column in rows.epochs.items() if name in MEASURED
    }
    epochs = {**rows.epochs, **epochs, **{name: np.full(len(rows), text, dtype=object) for name, text in named.items()}}
    return Rows(runs=tuple({**run, **named} for run in rows.runs), epochs=epochs)


def question() -> str:
    """The one that docs/scale.md shows."""
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    return page.split("```sql\n")[1].split("```")[0].replace("'OUT/epochs-*.parquet'", "epochs")


def computed(count: int, one: Cost, parts: Written, handed_s: float) -> tuple[str, ...]:
    """A row of the last table: nothing in it was measured at that size. The feeder hands over and writes."""
    hours = count * one.cpu_s / 3600
    per = {name: getattr(parts, name) / parts.recordings for name in ("size", "cpu_s", "question_s")}
    return (
        f"{count:,}",
        f"{hours / CORES:.2g}",
        f"{hours / LARGE_CORES:.2g}",
        f"{count * one.file / 1e9:,.0f}",
        f"{count * per['size'] / 1e9:,.1f}",
        f"{count * (per['cpu_s'] + handed_s) / 3600:.2g}",
        f"{count * per['question_s']:,.0f}",
    )


if __name__ == "__main__":
    main_of("scale", scale, __doc__)
