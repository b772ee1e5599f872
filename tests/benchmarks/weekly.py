"""What the weekly report costs as a whole process over a store of ten years.

    python -m tests.benchmarks.weekly [--quick] [--write docs/benchmarks.md]

The store holds 3,000 runs, six a week, made of a few simulated ones with other dates. It is built once and kept in the
machine's folder for temporary files. Wall and CPU times are medians beside a process that only imports numpy and rich.
"""

import hashlib
import json
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kneedrive.analysis import analyze
from kneedrive.analysis.result import Analysis
from kneedrive.app.importing import BESIDES, VERSION
from kneedrive.histories import merge
from kneedrive.recording import Recording
from kneedrive.report.machine import analysis_record
from kneedrive.simulate.gait import PATTERNS
from kneedrive.simulate.scene import History, simulate_history
from kneedrive.store import Store
from kneedrive.store.rows import NewActivity, NewRun, Origin, Placed
from tests.benchmarks.memory import OURS, WATCHED, peak_mb
from tests.benchmarks.start import BARE, KNEEDRIVE, environment, interleaved
from tests.benchmarks.tables import Table, main_of
from tests.fit_activity import activity_fit

FIRST = datetime(2016, 1, 4, tzinfo=UTC)
RUNS_A_WEEK = 6
ALLOWED_TIMES, ALLOWED_MB = 2.5, 150


def models() -> list[Analysis]:
    """Eight weeks of different runs, analysed."""
    history = History(pattern=PATTERNS["neutral"], first_at=FIRST, weeks=8, runs_a_week=RUNS_A_WEEK, week_sd=0.2)
    return [analyze(activity) for activity in simulate_history(history, 1)]


def fill(store: Store, count: int) -> None:
    """So many runs, each with a date of its own."""
    made = models()
    for number in range(count):
        model = made[number % len(made)]
        days = 7 * (number // RUNS_A_WEEK) + number % RUNS_A_WEEK
        started_at = (FIRST + timedelta(days=days)).replace(hour=model.activity.started_at.hour)
        moved = model.activity.replace(started_at=started_at)
        # Only the latest run is ever read from its original; the others would only cost disk.
        body = activity_fit(moved) if number == count - 1 else f"run {number}".encode()
        sha256 = hashlib.sha256(body).hexdigest()
        activity = moved.replace(id=sha256[:12])
        placed = placed_of(model.replace(activity=activity))
        recording = Recording(sha256=sha256, format="fit", name=activity.name, body=body)
        store.add(recording, Origin(source="file"), lambda _, placed=placed: placed, version=VERSION)  # type: ignore[misc]


def placed_of(analysis: Analysis) -> Placed:
    """A run that is made of one recording."""
    activity = analysis.activity
    outline = merge.outline(activity)
    detail = {key: value for key, value in analysis_record(analysis).items() if key not in BESIDES}
    return Placed(
        activities=(NewActivity(activity=activity, outline=outline, provenance=analysis.provenance),),
        runs=(NewRun(analysis=analysis, members=(activity.id,), detail=json.dumps(detail)),),
    )


def stored(count: int) -> Path:
    """A home whose store holds so many runs; made where it is missing or of another version."""
    home = Path(tempfile.gettempdir()) / f"kneedrive-benchmark-{count}-runs-{VERSION}"
    place = home / "data" / "kneedrive" / "kneedrive.sqlite"
    if not (home / "whole").exists():
        place.unlink(missing_ok=True)
        with Store.open(place) as store:
            fill(store, count)
        (home / "whole").touch()
    return home


def last_day(count: int) -> str:
    """The day of the last run."""
    number = count - 1
    return f"{FIRST + timedelta(days=7 * (number // RUNS_A_WEEK) + number % RUNS_A_WEEK):%Y-%m-%d}"


def weekly(*, quick: bool) -> dict[str, Table]:
    """The table: the bare imports first, then commands that look at the weeks."""
    count = 120 if quick else 3000
    home, until = stored(count), ("--until", last_day(count))
    bare = f'python -c "{BARE}"'
    commands = {
        bare: (sys.executable, "-c", BARE),
        "kneedrive weekly": (KNEEDRIVE, "weekly", *until),
        "kneedrive weekly --weeks 52": (KNEEDRIVE, "weekly", "--weeks", "52", *until),
        "kneedrive weekly --json": (KNEEDRIVE, "weekly", "--json", *until),
        "kneedrive report": (KNEEDRIVE, "report"),
        "kneedrive report --html (26 weeks)": (KNEEDRIVE, "report", "--html", "-o", os.devnull),
    }
    costs = interleaved(commands, 2 if quick else 15, environment(home))
    peaks = {name: peak_mb(OURS, command, home) for name, command in commands.items() if name != bare}
    peaks[bare] = peak_mb(WATCHED + BARE, (), home)
    rows = [
        (
            name,
            f"{1000 * cost.wall_s:.0f}",
            f"{cost.wall_s / costs[bare].wall_s:.2f}",
            f"{cost.cpu_s / costs[bare].cpu_s:.2f}",
            f"{peaks[name]:.0f}",
        )
        for name, cost in costs.items()
    ]
    heads = (f"process ({count:,} runs stored)", "wall, ms", "times bare", "times bare, CPU", "peak MB")
    return {f"Weeks, allowed: {ALLOWED_TIMES} x and {ALLOWED_MB} MB": Table(heads, rows)}


if __name__ == "__main__":
    main_of("weekly", weekly, __doc__)
