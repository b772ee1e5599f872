"""Everything as CSV, columns named with their units; docs/export.md lists them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kneedrive.analysis.local_time import local_date, week_number
from kneedrive.analysis.weeks import weekly
from kneedrive.app import Answer, files
from kneedrive.app.library import opened
from kneedrive.app.settings import setting_of
from kneedrive.errors import StoreError
from kneedrive.report.cells import cell
from kneedrive.report.credit import credit
from kneedrive.report.library import CSV_COLUMNS, run_record
from kneedrive.report.style import Style

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.history import PastRun, Setting, WeeklyView

WEEK_COLUMNS = ("monday", "runs", "distance_m", "duration_s", "slow_s", "shuffle_share", "sensor", "segment")
EPOCH_COLUMNS = ("run_id", "start_s", "scored", "weight", "reason")
SERIES = ("D", "P", "zSL")
REMEDY = "name another folder with --to"
_KNOWN_BY = 3  # first columns that a table of ours is known by


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write one table; returns its number of rows. Raises StoreError where the file cannot be written."""
    count = 0
    try:
        with files.private(path) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            for count, row in enumerate(rows, start=1):  # noqa: B007 - the last count is the result
                writer.writerow([cell(value) for value in row])
    except OSError as error:
        raise files.refused(path, error, REMEDY) from None
    return count


def is_table(head: str, columns: Sequence[str]) -> bool:
    """Whether a file that begins so is an export of this table, whatever columns were added to it since."""
    return head.startswith(",".join(columns[:_KNOWN_BY]) + ",")


def export(settings: Config, folder: Path, now: datetime, *, force: bool = False) -> Answer:
    """Write runs.csv, epochs.csv and weeks.csv into a folder, which is made where it is missing.

    Older exports are overwritten, and with `force` any files of these names. Raises StoreError, with nothing written
    where one of them is another's.

    The weeks are all from the first run to the last; a week before the last sensor change has its own sensor's values.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{folder} cannot be made: {error.strerror or error}; {REMEDY}"
        raise StoreError(message) from None
    with opened(settings) as store:
        runs = store.runs()
        past = store.past_runs()
    rows = [run_record(row) for row in runs]
    found = whole_history(past, setting_of(settings, now.year))
    names = epoch_columns(past)
    tables: dict[str, tuple[Sequence[str], Iterable[Sequence[Any]]]] = {
        "runs.csv": (CSV_COLUMNS, ([row[key] for key in CSV_COLUMNS] for row in rows)),
        "epochs.csv": ((*EPOCH_COLUMNS, *names), epoch_rows(past, names)),
        "weeks.csv": (week_columns(), week_rows(found)),
    }
    for name, (columns, _) in tables.items():
        files.allow(folder / name, partial(is_table, columns=columns), force=force, remedy=REMEDY)
    counts = {name: write_csv(folder / name, *table) for name, table in tables.items()}
    told = [f"{folder / name}: {count} rows" for name, count in counts.items()]
    return Answer(text="\n".join([*told, *credit((row.formats for row in runs), Style())]))


def whole_history(past: Sequence[PastRun], setting: Setting) -> WeeklyView | None:
    """Every week from that of the first run to that of the last; None without runs."""
    if not past:
        return None
    days = [local_date(run, setting) for run in past]
    weeks = week_number(max(days)) - week_number(min(days)) + 1
    return weekly(past, max(days), weeks, setting)


def epoch_columns(past: Sequence[PastRun]) -> list[str]:
    """Every column that any run has, sorted."""
    return sorted({name for run in past for name in run.epochs.columns})


def epoch_rows(past: Sequence[PastRun], names: Sequence[str]) -> Iterator[list[Any]]:
    """A row for each epoch of each run."""
    for run in past:
        epochs = run.epochs
        columns = [epochs.columns.get(name) for name in names]
        for place in range(len(epochs)):
            reason = str(epochs.reason[place])
            measured = [None if column is None else float(column[place]) for column in columns]
            start_s, weight = float(epochs.start_s[place]), float(epochs.weight[place])
            yield [run.id, start_s, int(not reason), weight, reason, *measured]


def week_columns() -> list[str]:
    """Fixed columns, then value, low, high and runs of each series."""
    return [*WEEK_COLUMNS, *(f"{name}{part}" for name in SERIES for part in ("", "_low", "_high", "_runs"))]


def week_rows(found: WeeklyView | None) -> Iterator[list[Any]]:
    """A row for each week of the view."""
    for week in found.weeks if found else ():
        told = [week.values.get(name) for name in SERIES]
        numbers = [
            value for one in told for value in ((one.value, one.low, one.high, one.runs) if one else (None,) * 4)
        ]
        yield [getattr(week, name) for name in WEEK_COLUMNS] + numbers
