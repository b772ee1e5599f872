"""Runs of many runners as Parquet parts in a folder: written in bounded pieces, read by SQL. Needs kneedrive[lab].

A part is a file of runs and a file of their epochs. The runs are renamed into place last: a run that can be read has
its epochs, and what a killed process left half-written is written over by the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any, Self

import numpy as np

from kneedrive.errors import StoreError, not_installed
from kneedrive.patterns import Pattern
from kneedrive.record import Record
from kneedrive.store.rows import to_ms

TEXT, WHOLE, NUMBER, MOMENT, YES = "VARCHAR", "INTEGER", "FLOAT", "TIMESTAMP_MS", "BOOLEAN"
SCORES = ("D", "P", "G", "K")
PARTS_OF_X = ("zSL", "zDF", "zk", "zB")


def odds_column(pattern: Pattern) -> str:
    """The column of a pattern's probability; a dash is no letter of SQL's names."""
    return f"odds_{pattern.replace('-', '_')}"


# One row a session of a recording, or one for a recording that was refused.
RUN_COLUMNS: Mapping[str, str] = {
    "sha256": TEXT,
    "session": WHOLE,
    **dict.fromkeys(("name", "runner", "sex"), TEXT),
    "height_m": NUMBER,
    "age": WHOLE,
    "started_at": MOMENT,
    "utc_offset_s": WHOLE,
    **dict.fromkeys(("device", "sensor", "surface", "status", "reason", "method"), TEXT),
    **dict.fromkeys(("duration_s", "distance_m"), NUMBER),
    **dict.fromkeys(("epochs_total", "epochs_scored"), WHOLE),
    **dict.fromkeys(("speed_mps", *PARTS_OF_X), NUMBER),
    **{name: NUMBER for letter in SCORES for name in (letter, f"{letter}_se")},
    **dict.fromkeys(("pattern", "certainty"), TEXT),
    **dict.fromkeys((*map(odds_column, Pattern), "knee_less"), NUMBER),
}
_DYNAMICS = ("cadence_spm", "stance_time_s", "vertical_oscillation_m", "duty_factor", "step_length_m")
_BESIDE = ("grade", "heart_rate_bpm", "balance_left", "power_w")
MEASURED = ("speed_mps", *_DYNAMICS, *_BESIDE, "ln_k", *PARTS_OF_X, *SCORES)
# One row a half-minute; runner and sensor are said again, so that a question needs one table only.
EPOCH_COLUMNS: Mapping[str, str] = {
    "sha256": TEXT,
    "session": WHOLE,
    "runner": TEXT,
    "sensor": TEXT,
    "start_s": NUMBER,
    "scored": YES,
    "weight": NUMBER,
    "reason": TEXT,
    **dict.fromkeys(MEASURED, NUMBER),
}
_NUMPY = {TEXT: np.dtype(object), WHOLE: np.dtype("f8"), NUMBER: np.dtype("f4"), YES: np.dtype(bool)}


PART_RUNS, PART_EPOCHS = 2_000, 250_000  # the larger a part, the more is done again after a power cut
WRITER_MEMORY = "1GB"  # of DuckDB; a question may take most of the machine's, as DuckDB has it


class Rows(Record, frozen=True, kw_only=True):
    """What became of one recording: its sessions as rows of RUN_COLUMNS, and their epochs as EPOCH_COLUMNS.

    A value that a row does not name is null; so is NaN.
    """

    runs: tuple[Mapping[str, Any], ...]
    epochs: Mapping[str, np.ndarray[Any, Any]] = {}

    def __len__(self) -> int:
        return len(self.epochs["start_s"]) if self.epochs else 0


def need_duckdb() -> Any:
    """DuckDB's module. Raises ConfigError where it is not installed."""
    try:
        import duckdb
    except ModuleNotFoundError:
        raise not_installed("a cohort is kept by duckdb", extra="lab") from None
    return duckdb


class Parts:
    """The parts in a folder, to add to and to ask. Use it in `with`: what was added and not yet written is written."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open a folder. create: make it where it is missing. Raises StoreError, ConfigError."""
        self.folder = folder
        # A DuckDB without a file of its own; what memory does not hold it sets down in the folder.
        limit = {"memory_limit": WRITER_MEMORY} if create else {}
        self._db = need_duckdb().connect(config={"temp_directory": str(folder / ".duckdb"), **limit})
        with on_disk(folder):
            if create:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            numbers = [int(path.stem.partition("-")[2]) for path in folder.glob("runs-*.parquet")]
        self._next = max(numbers, default=0) + 1
        self._waiting: list[Rows] = []
        self._runs = self._epochs = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()
        self._db.close()

    def add(self, rows: Rows) -> None:
        """Take the rows of one recording. Raises StoreError where a part cannot be written."""
        self._waiting.append(rows)
        self._runs += len(rows.runs)
        self._epochs += len(rows)
        if self._runs >= PART_RUNS or self._epochs >= PART_EPOCHS:
            self.flush()

    def flush(self) -> None:
        """Write what waits as one part."""
        waiting, self._waiting, self._runs, self._epochs = self._waiting, [], 0, 0
        if not waiting:
            return
        runs = [row for rows in waiting for row in rows.runs]
        told = [rows.epochs for rows in waiting if rows.epochs]
        epochs = {name: np.concatenate([each[name] for each in told]) for name in EPOCH_COLUMNS} if told else {}
        # Runs last: a part counts from the moment its runs are there, and then its epochs must be.
        if epochs:
            self._write("epochs", epochs, EPOCH_COLUMNS)
        self._write("runs", {name: _column(runs, name, kind) for name, kind in RUN_COLUMNS.items()}, RUN_COLUMNS)
        self._next += 1

    def _write(self, table: str, columns: Mapping[str, Any], kinds: Mapping[str, str]) -> None:
        path = self.folder / f"{table}-{self._next:06}.parquet"
        half = path.with_suffix(".part")  # no name that a question looks for, until it is whole
        typed = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in kinds.items())
        target = "'" + str(half).replace("'", "''") + "'"  # COPY takes no parameter for its file
        with on_disk(path):
            self._db.register("given", dict(columns))
            self._db.execute(f"COPY (SELECT {typed} FROM given) TO {target} (FORMAT parquet, COMPRESSION zstd)")
            self._db.unregister("given")
            half.replace(path)

    def ask(self, sql: str) -> dict[str, Any]:
        """The columns that a question returns; its tables are `runs` and `epochs`. Raises StoreError.

        A question that begins with a comma names more tables in the WITH that these two are named in. Null is NaN
        among numbers, "" among texts, NaT among moments, which are UTC.
        """
        known: list[str] = []
        given: dict[str, list[str]] = {}
        for table, kinds in (("runs", RUN_COLUMNS), ("epochs", EPOCH_COLUMNS)):
            parts = sorted(self.folder.glob(f"{table}-*.parquet"))
            # Epochs whose runs were never written are not of this cohort yet.
            written = [str(part) for part in parts if part.with_name(part.name.replace(table, "runs", 1)).exists()]
            names = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in kinds.items())
            source = f"SELECT * FROM read_parquet(${table})" if written else f"SELECT {names} WHERE false"
            known.append(f"{table} AS ({source})")
            given |= {table: written} if written else {}
        with on_disk(self.folder):
            found = self._db.execute(f"WITH {', '.join(known)} {sql}", given).fetchnumpy()
        return {name: _plain(values) for name, values in found.items()}


def _column(rows: Sequence[Mapping[str, Any]], name: str, kind: str) -> np.ndarray[Any, Any]:
    """One column of rows that may leave it out."""
    values = [row.get(name) for row in rows]
    if kind == MOMENT:
        return np.array([np.datetime64("NaT") if value is None else to_ms(value) for value in values], "datetime64[ms]")
    if kind == TEXT:
        return np.array([*values, ""], dtype=object)[:-1]  # the last keeps numpy from guessing at lists of nothing
    return np.array([np.nan if value is None else value for value in values], dtype=_NUMPY[kind])


def _plain(values: Any) -> Any:
    if values.dtype.kind in "OU":
        return np.ma.filled(values, "").astype(str)
    if values.dtype.kind == "M":
        return np.ma.filled(values, np.datetime64("NaT"))
    return np.ma.filled(values.astype(np.float64), np.nan) if isinstance(values, np.ma.MaskedArray) else values


@contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Say in a sentence what the operating system refuses, or what DuckDB cannot read or write there."""
    import duckdb

    try:
        yield
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; name another folder with --to") from error
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.OutOfMemoryException) as error:
        what = str(error).splitlines()[0]
        raise StoreError(f"{path}: {what}; delete the part that is named, or name another folder") from error


# What a cohort report asks. A run counts once for its runner, however many recordings of it there are.

SPEED_STEP_MPS = 0.5
LEAST_EPOCHS = 4  # of a run at a speed
LEAST_RUNS = 3  # on a sensor that measures contact, to count a runner on it
_SAME_START_MS = 240_000
_COUNTED = f"""counted AS (
    SELECT * FROM runs WHERE status = 'assessed' AND runner <> '' AND surface = 'outdoor' QUALIFY row_number() OVER (
        PARTITION BY runner, epoch_ms(started_at) // {_SAME_START_MS} ORDER BY epochs_scored DESC, sha256) = 1)"""
_FREE = PARTS_OF_X[:3]  # zB follows from zDF and zk
_MEANS = ", ".join(f"avg({name}) AS {name}" for name in _FREE)
# A region has one name at slow speeds and another at fast ones, so that a run has odds of one of the two only.
_SHUFFLE, _GROUNDED = odds_column(Pattern.SHUFFLE), odds_column(Pattern.SHORT_GROUNDED)
_MEAN_ODDS = [
    f"avg(coalesce({_SHUFFLE}, {_GROUNDED})) AS {_SHUFFLE}",
    *(f"avg({name}) AS {name}" for name in map(odds_column, Pattern) if name not in (_SHUFFLE, _GROUNDED)),
]


def census(parts: Parts) -> dict[str, Any]:
    """Recordings, runs, nameless of them, runners and epochs by sensor, status and reason (of refused files alone)."""
    return parts.ask(
        "SELECT sensor, status, CASE WHEN status = 'refused' THEN reason ELSE '' END AS reason,"
        " count(DISTINCT nullif(sha256, '')) + count(*) FILTER (sha256 = '') AS recordings, count(*) AS runs,"
        " count(DISTINCT nullif(runner, '')) AS runners, count(*) FILTER (runner = '') AS nameless,"
        " coalesce(sum(epochs_scored), 0)::DOUBLE AS epochs"
        " FROM runs GROUP BY ALL ORDER BY runs DESC, sensor, status, reason"
    )


def runner_means(parts: Parts) -> dict[str, Any]:
    """A row a runner: means of zSL, zDF and zk over the runs on one sensor, that of most runs.

    One that measured contact in LEAST_RUNS runs goes before one that did not. Means of the odds stand beside them,
    those of short, grounded steps with those of the same region at slow speeds.

    Beside them the variance of each mean and the covariances of pairs of means (zSL_zDF ...), from run to run.
    """
    pairs = combinations_with_replacement(_FREE, 2)
    return parts.ask(
        f", {_COUNTED} SELECT runner, sensor, max(sex) AS sex, avg(height_m) AS height_m, avg(speed_mps) AS speed_mps,"
        f" count(*) AS runs, {_MEANS},"
        f" {', '.join(f'covar_samp({a}, {b}) / count({b}) AS {a}_{b}' for a, b in pairs)}, {', '.join(_MEAN_ODDS)}"
        " FROM counted GROUP BY runner, sensor"
        " QUALIFY row_number() OVER (PARTITION BY runner"
        f" ORDER BY count(zDF) >= {LEAST_RUNS} DESC, count(*) DESC, sensor) = 1 ORDER BY runner"
    )


def runner_means_by_speed(parts: Parts) -> dict[str, Any]:
    """A row a runner, sensor and half metre a second: means of zSL, zDF, zk over the runs with LEAST_EPOCHS there."""
    weighted = ", ".join(f"sum(weight * {name}) / sum(weight) FILTER ({name} IS NOT NULL) AS {name}" for name in _FREE)
    return parts.ask(
        f", {_COUNTED}, paced AS (SELECT epochs.runner, epochs.sensor, sha256, session,"
        f" floor(epochs.speed_mps / {SPEED_STEP_MPS}) * {SPEED_STEP_MPS} AS low_mps, {weighted}"
        " FROM epochs SEMI JOIN counted USING (sha256, session) WHERE scored"
        f" GROUP BY ALL HAVING count(*) >= {LEAST_EPOCHS})"
        f" SELECT runner, sensor, low_mps, count(*) AS runs, {_MEANS}"
        " FROM paced GROUP BY ALL ORDER BY sensor, low_mps, runner"
    )
