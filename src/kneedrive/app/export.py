"""Everything as CSV, columns named with their units; docs/export.md lists them."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kneedrive.analysis.local_time import local_date, week_number
from kneedrive.analysis.weeks import weekly
from kneedrive.app import Answer
from kneedrive.app.library import opened
from kneedrive.app.settings import setting_of
from kneedrive.errors import StoreError
from kneedrive.report.credit import credit
from kneedrive.report.library import CSV_COLUMNS, run_record
from kneedrive.report.style import Style

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.history import PastRun, Setting, WeeklyView

WEEK_COLUMNS = ("monday", "runs", "distance_m", "duration_s", "slow_s", "shuffle_share", "sensor", "segment")
EPOCH_COLUMNS = ("run_id", "start_s", "scored", "weight", "reason")
SERIES = ("D", "P", "zSL")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write one table; returns its number of rows. Raises StoreError where the file cannot be written."""
    count = 0
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            for count, row in enumerate(rows, start=1):  # noqa: B007 - the last count is the result
                writer.writerow([_cell(value) for value in row])
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}; name another folder with --to"
        raise StoreError(message) from None
    return count


def _cell(value: Any) -> Any:
    """Nothing for what is not measured; seven significant digits, which is what the store holds."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return float(f"{value:.7g}") if isinstance(value, float) else value


def export(settings: Config, folder: Path, now: datetime) -> Answer:
    """Write runs.csv, epochs.csv and weeks.csv into a folder, which is made where it is missing.

    The weeks are all from the first run to the last; a week before the last sensor change has its own sensor's values.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{folder} cannot be made: {error.strerror or error}; name another folder with --to"
        raise StoreError(message) from None
    with opened(settings) as store:
        runs = store.runs()
        past = store.past_runs()
    rows = [run_record(row) for row in runs]
    found = whole_history(past, setting_of(settings, now.year))
    names = epoch_columns(past)
    counts = {
        "runs.csv": write_csv(folder / "runs.csv", CSV_COLUMNS, ([row[key] for key in CSV_COLUMNS] for row in rows)),
        "epochs.csv": write_csv(folder / "epochs.csv", (*EPOCH_COLUMNS, *names), epoch_rows(past, names)),
        "weeks.csv": write_csv(folder / "weeks.csv", week_columns(), week_rows(found)),
    }
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
