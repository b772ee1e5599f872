"""A stored history as tables: runs, half-minutes, pace bands and weeks as dicts of numpy arrays, for notebooks, and CSV
files of them. docs/export.md lists the columns.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from datetime import UTC, date, datetime
from operator import methodcaller
from pathlib import Path
from typing import Any

import numpy as np

from kneedrive import app
from kneedrive.app import Answer, load_of_one, setting_of
from kneedrive.app.library import known_runner, opened, run_cells, write_csv
from kneedrive.config import Config
from kneedrive.errors import NotEnoughData, StoreError
from kneedrive.histories.result import PastRun, Setting, WeeklyView, local_date, week_number
from kneedrive.histories.weeks import weekly
from kneedrive.patterns import Pattern
from kneedrive.quantities import METRICS
from kneedrive.record import Record
from kneedrive.report.blocks import Style
from kneedrive.report.lists import CSV_COLUMNS, credit
from kneedrive.store import NO_RUNS, Store
from kneedrive.store.rows import RunRow

_WEEK = ("monday", "runs", "distance_m", "duration_s", "slow_s", "shuffle_share", "sensor", "segment")
SERIES = ("D", "P", "zSL")
WEEK_COLUMNS = (*_WEEK, *(f"{name}{part}" for name in SERIES for part in ("", "_low", "_high", "_runs")))
Table = dict[str, np.ndarray[Any, Any]]
MEASURED = tuple(key for key in METRICS if key != "speed_mps")
USUAL = ("cadence_spm", "step_length_m", "stance_time_s", "flight_time_s", "duty_factor", "vertical_oscillation_m")


class History(Record, frozen=True, kw_only=True):
    """Everything that is stored of a runner, as columns of one length a table; docs/export.md lists them.

    pandas.DataFrame(history.runs) and polars.DataFrame(history.runs) take a table as it is. Units stand in the names.
    Numbers that were not measured or not judged are NaN, texts that are not there "". Times are UTC.
    """

    runs: Table  # a row a run, the oldest first
    epochs: Table  # a row a half-minute; run_id says of which run
    bands: Table  # a row a pace band of a run
    weeks: Table  # a row an ISO week, from that of the first run to that of the last, none left out

    def __repr__(self) -> str:
        lengths = (f"{name}: {len(next(iter(getattr(self, name).values())))} rows" for name in self.__struct_fields__)
        return f"History({', '.join(lengths)})"


def history(path: str | Path | None = None, runner: str | None = None) -> History:
    """The stored history of a runner, as columns; the store is only read, and may be in use.

    path: of the store; None for the one that the command uses. runner: by name, as --runner; None for the configured
    one, else the only one. What the command worked out last is what is there: kneedrive rebuild works it out anew.
    Raises NotEnoughData where nothing is stored, ConfigError for a runner who is not in the store, StoreError for what
    is no store.
    """
    flags = {"runner.name": runner, "paths.store": None if path is None else str(path)}
    settings = load_of_one(flags)
    place: Path = settings.paths.store
    if not Store.is_there(place):
        raise NotEnoughData(NO_RUNS)
    with Store.read(place, runner=settings.runner.name) as store:
        known_runner(settings, store.runners(), create=False)
        store.need_runs()
        runs, past = store.runs(), store.past_runs()
        details = {row.id: json.loads(store.detail(row.id)) for row in runs}
    view = whole_history(past, setting_of(settings, runs[-1].started_at.year))
    return History(
        runs=table(_run(row, details[row.id]) for row in runs),
        epochs=epochs_of(past),
        bands=table((_band(row.id, band) for row in runs for band in details[row.id]["pace_profile"]), _band("", {})),
        weeks=table(dict(zip(WEEK_COLUMNS, row, strict=True)) for row in week_rows(view)),
    )


def _run(row: RunRow, detail: Mapping[str, Any]) -> dict[str, Any]:
    """What lists show of a run, then its medians, the odds of each pattern, and the knee."""
    odds = detail["odds"]
    return {
        **{name: getattr(row, name) for name in CSV_COLUMNS},
        **{key: detail["metrics"][key]["median"] for key in METRICS},
        **{f"odds_{pattern.replace('-', '_')}": odds.get(pattern) for pattern in Pattern},
        "knee_less": detail["knee"]["probability_less"],
    }


def _band(run_id: str, band: Mapping[str, Any]) -> dict[str, Any]:
    """A band of a run: what was measured there, what is usual, and where it stands (posterior mean and SD)."""
    believed = {letter: band.get(letter) or {} for letter in "DPG"}
    return {
        "run_id": run_id,
        **{name: band.get(name) for name in ("low_mps", "high_mps", "speed_mps", "epochs", "duration_s")},
        **{letter: found.get("mean") for letter, found in believed.items()},
        **{f"{letter}_sd": found.get("sd") for letter, found in believed.items()},
        **{name: band.get(name) or "" for name in ("label", "certainty", "basis")},
        "probability": band.get("probability"),
        **{key: band.get("metrics", {}).get(key) for key in MEASURED},
        **{f"usual_{key}": band.get("usual", {}).get(key) for key in USUAL},
    }


def epochs_of(past: Sequence[PastRun]) -> Table:
    """The half-minutes of all runs, one after the other; a column that a run does not have is NaN there."""
    names = sorted({name for run in past for name in run.epochs.columns})
    lengths = [len(run.epochs) for run in past]

    def joined(columns: Iterable[Any]) -> np.ndarray[Any, Any]:
        return np.concatenate([np.zeros(0), *columns])

    reasons = np.concatenate([np.zeros(0, dtype=str), *(run.epochs.reason for run in past)])
    return {
        "run_id": np.repeat(np.array([run.id for run in past], dtype=str), lengths),
        "start_s": joined(run.epochs.start_s for run in past),
        "scored": reasons == "",
        "weight": joined(run.epochs.weight for run in past),
        "reason": reasons,
        **{
            name: joined(run.epochs.columns.get(name, np.full(len(run.epochs), np.nan)) for run in past)
            for name in names
        },
    }


def whole_history(past: Sequence[PastRun], setting: Setting) -> WeeklyView:
    """Every week from that of the first run to that of the last; one before a sensor change is on its own sensor."""
    days = [local_date(run, setting) for run in past]
    weeks = week_number(max(days)) - week_number(min(days)) + 1
    return weekly(past, max(days), weeks, setting)


def week_rows(found: WeeklyView) -> Iterator[list[Any]]:
    """A row for each week of the view."""
    for week in found.weeks:
        row = [getattr(week, name) for name in _WEEK]
        for one in map(week.values.get, SERIES):
            row += (one.value, one.low, one.high, one.runs) if one else (None,) * 4
        yield row


def table(rows: Iterable[Mapping[str, Any]], like: Mapping[str, Any] | None = None) -> Table:
    """Rows of the same keys as columns. like: a row with these keys, where there may be no other."""
    listed = list(rows)
    return {name: _column([row[name] for row in listed]) for name in (listed[0] if listed else like or {})}


def _column(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    """An array of the kind that its values have; None is NaN among numbers, "" among texts."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, datetime):  # numpy knows no zones and warns of them
        return np.array([value.astimezone(UTC).replace(tzinfo=None) for value in values], dtype="datetime64[ms]")
    if isinstance(first, date):
        return np.array(values, dtype="datetime64[D]")
    if isinstance(first, str):
        return np.array(["" if value is None else str(value) for value in values])
    if isinstance(first, int) and None not in values:
        return np.array(values)
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


# The same as CSV files.

RUNS = "runs.csv"
TABLES = (RUNS, "epochs.csv", "weeks.csv")
REMEDY = "name another folder with --to"


def export(settings: Config, folder: Path, now: datetime, *, force: bool = False) -> Answer:
    """Write runs.csv, epochs.csv and weeks.csv, of every week, into a folder, which is made where it is missing.

    Older exports of this runner are overwritten, and with `force` any files of these names. Raises StoreError, with
    nothing written where one of them is another's.
    """
    for name in TABLES:
        app.spare(folder / name, settings)
    with opened(settings) as store:
        store.need_runs()
        runs = store.runs()
        past = store.past_runs()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made: {error.strerror or error}; {REMEDY}") from None
    epochs = epochs_of(past)
    epochs["scored"] = epochs["scored"].astype(int)  # 1 and 0 are numbers to a spreadsheet in any language
    contents: tuple[tuple[Sequence[str], Iterable[Sequence[Any]]], ...] = (
        (CSV_COLUMNS, run_cells(runs)),
        (list(epochs), zip(*epochs.values(), strict=True)),
        (WEEK_COLUMNS, week_rows(whole_history(past, setting_of(settings, now.year)))),
    )
    tables = dict(zip(TABLES, contents, strict=True))
    if not force:
        _same_runner(folder / RUNS, {run.id for run in runs})
    for name, (columns, _) in tables.items():
        # A table of ours is known by its first columns, whatever others were added to it since.
        is_ours = methodcaller("startswith", ",".join(columns[:3]) + ",")
        app.allow(folder / name, is_ours, force=force, remedy=REMEDY)
    told = []
    for name, (columns, rows) in tables.items():
        with app.anew(folder / name, REMEDY) as file:
            told.append(f"{folder / name}: {write_csv(file, columns, rows)} rows")
    named = Answer.laid_out([credit(row.formats for row in runs)], Style())
    return named.replace(text="\n".join(filter(None, (*told, named.text))))


def _same_runner(file: Path, ids: Set[str]) -> None:
    """Raise StoreError where this is an export of runs of which none has one of these ids: somebody else's."""
    with suppress(OSError, UnicodeDecodeError, csv.Error), file.open(encoding="utf-8", newline="") as there:
        found = {row[0] for row in csv.reader(there) if row} - {CSV_COLUMNS[0]}
        if found and found.isdisjoint(ids):
            raise StoreError(f"{file} holds none of these runs, so it is of another runner: {REMEDY}, or --force")
