"""What the page of half a year costs, against the weekly report of the same weeks: whole processes, one store.

    python -m tests.benchmarks.page [--quick] [--write docs/benchmarks.md]

Three runs of 45 minutes a week for 26 weeks are imported and one day is tagged first. Both commands run in turn; the
table has medians.
"""

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.made import run
from tests.benchmarks.start import BARE, KNEEDRIVE, environment, interleaved, once
from tests.benchmarks.tables import Table, main_of

WEEKS = 26
DAYS = (1, 3, 6)  # of each week
LAST, TAGGED = "2024-06-30", "2024-05-06"


def page(*, quick: bool) -> dict[str, Table]:
    """The table: the bare imports, weekly, the page."""
    weeks = 4 if quick else WEEKS
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        store = environment(place)
        once((KNEEDRIVE, "import", str(runs(place / "files", weeks))), store)
        once((KNEEDRIVE, "tag", TAGGED, "started wall drills"), store)
        made = place / "page.html"
        commands = {
            f'python -c "{BARE}"': (sys.executable, "-c", BARE),
            f"kneedrive weekly --weeks {WEEKS}": (KNEEDRIVE, "weekly", "--weeks", str(WEEKS), "--until", LAST),
            f"kneedrive report --html --weeks {WEEKS}": (
                KNEEDRIVE,
                "report",
                "--html",
                "--weeks",
                str(WEEKS),
                "-o",
                str(made),
            ),
        }
        costs = interleaved(commands, 2 if quick else 15, store)
        size = made.stat().st_size
    _, weekly, _ = costs.values()
    rows = [
        (name, f"{1000 * cost.wall_s:.0f}", f"{cost.wall_s / weekly.wall_s:.2f}", f"{cost.cpu_s / weekly.cpu_s:.2f}")
        for name, cost in costs.items()
    ]
    headings = ("process", "wall, ms", "times weekly", "CPU times weekly")
    return {f"The page of half a year ({size / 1000:.0f} kB)": Table(headings, rows)}


def runs(folder: Path, weeks: int) -> Path:
    """Files of so many weeks."""
    folder.mkdir()
    for week in range(weeks):
        for day in DAYS:
            (folder / f"{week:02}-{day}.fit").write_bytes(run(45, number=7 * week + day - 1))
    return folder


if __name__ == "__main__":
    main_of("page", page, __doc__)
