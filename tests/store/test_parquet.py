"""Parts of a cohort: what is written is read again, in bounded memory, and questions are answered right."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kneedrive.errors import ConfigError, StoreError
from kneedrive.store import parquet
from kneedrive.store.parquet import EPOCH_COLUMNS, RUN_COLUMNS, Parts, Rows
from tests.conftest import ROOT
from tests.growth import resident

pytestmark = pytest.mark.extra
EPOCHS = 100  # half-minutes of a made run
SENSORS = ("garmin_strap", "coros", "garmin_wrist")


@pytest.fixture(autouse=True)
def _installed(request: pytest.FixtureRequest) -> None:
    if "absent" not in request.node.name:
        pytest.importorskip("duckdb", reason="kneedrive[lab] is not installed")


def made(number: int, *, runners: int = 500, epochs: int = EPOCHS) -> Rows:
    """The rows of a made run, different for each number: its runner's zSL is the runner's number in hundredths."""
    rng = np.random.default_rng(number)
    digest, runner, sensor = f"{number:064x}", f"runner {number % runners}", SENSORS[number % 3]
    level = (number % runners) / 100
    run: dict[str, Any] = {
        "sha256": digest,
        "session": 1,
        "name": f"{number}.fit",
        "runner": runner,
        "started_at": datetime(2026, 1, 1 + number // runners % 28, 7, 30, tzinfo=UTC),
        "sensor": sensor,
        "surface": "outdoor",
        "status": "assessed",
        "method": "3",
        "epochs_scored": epochs,
        "zSL": level,
    }
    columns: dict[str, Any] = {name: np.full(epochs, np.nan, dtype="f4") for name in EPOCH_COLUMNS}
    for name, text in (("sha256", digest), ("runner", runner), ("sensor", sensor), ("reason", "")):
        columns[name] = np.full(epochs, text, dtype=object)
    columns |= {
        "session": np.ones(epochs, dtype="i4"),
        "start_s": np.arange(epochs, dtype="f4") * 30,
        "scored": np.ones(epochs, dtype=bool),
        "weight": np.ones(epochs, dtype="f4"),
        "speed_mps": rng.uniform(2.0, 4.0, epochs).astype("f4"),
        "cadence_spm": rng.normal(170, 5, epochs).astype("f4"),
        "zSL": np.full(epochs, level, dtype="f4"),
    }
    return Rows(runs=(run,), epochs=columns)


def test_absent_the_extra_a_sentence_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ConfigError, match=r"pip install 'kneedrive\[lab\]'"):
        Parts(tmp_path / "out", create=True)
    assert not (tmp_path / "out").exists()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    with Parts(tmp_path, create=True) as parts:
        for number in range(3):
            parts.add(made(number))
        parts.add(Rows(runs=({"sha256": "f" * 64, "session": 0, "status": "refused", "reason": "is empty"},)))
    with Parts(tmp_path) as parts:
        runs = parts.ask("SELECT * FROM runs ORDER BY sha256")
        epochs = parts.ask("SELECT * FROM epochs ORDER BY sha256, start_s")

    assert list(runs) == list(RUN_COLUMNS)
    assert list(epochs) == list(EPOCH_COLUMNS)
    assert runs["started_at"][0] == np.datetime64("2026-01-01T07:30:00")
    assert runs["status"].tolist() == ["assessed"] * 3 + ["refused"]
    assert runs["reason"].tolist() == ["", "", "", "is empty"]
    assert np.isnan(runs["D"]).all()
    expected = np.concatenate([made(number).epochs["cadence_spm"] for number in range(3)])
    np.testing.assert_array_equal(epochs["cadence_spm"], expected)
    assert np.isnan(epochs["zDF"]).all()


def test_a_part_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """Epochs whose runs were never written, and files cut off while they were written, are not of the cohort."""
    with Parts(tmp_path, create=True) as parts:
        parts.add(made(1))
        parts.flush()
        parts.add(made(2))
    (tmp_path / "runs-000002.parquet").unlink()
    (tmp_path / "runs-000003.part").write_bytes(b"cut off")
    with Parts(tmp_path) as parts:
        assert parts.ask("SELECT DISTINCT sha256 FROM epochs")["sha256"].tolist() == [f"{1:064x}"]
        parts.add(made(3))
    with Parts(tmp_path) as parts:
        assert parts.ask("SELECT sha256 FROM runs ORDER BY ALL")["sha256"].tolist() == [f"{n:064x}" for n in (1, 3)]
        assert parts.ask("SELECT DISTINCT sha256 FROM epochs ORDER BY ALL")["sha256"].size == 2


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs-000001.parquet").write_bytes(b"no parquet")
    with Parts(tmp_path) as parts, pytest.raises(StoreError, match=r"runs-000001\.parquet"):
        parts.ask("SELECT * FROM runs")


def test_a_folder_name_may_hold_a_quote(tmp_path: Path) -> None:
    with Parts(tmp_path / "o'hara", create=True) as parts:
        parts.add(made(1))
    with Parts(tmp_path / "o'hara") as parts:
        assert parts.ask("SELECT count(*) AS n FROM epochs")["n"].tolist() == [EPOCHS]


def test_runner_means_are_those_of_the_runs_and_a_run_counts_once(tmp_path: Path) -> None:
    """Five runs of one runner, the first of them in a second recording with fewer half-minutes."""
    values = [0.1, 0.4, -0.3, 0.8, 0.2]
    with Parts(tmp_path, create=True) as parts:
        for day, value in enumerate(values, start=1):
            odds = {"odds_shuffle_like" if day < 4 else "odds_short_grounded": day / 10}
            parts.add(_run(day, zSL=value, zDF=2 * value, zk=None, odds_neutral=0.5, **odds))
        parts.add(_run(1, zSL=9.0, zDF=9.0, zk=9.0, epochs_scored=5, sha256="e" * 64))
        parts.add(_run(9, zSL=9.0, zDF=9.0, zk=9.0, runner=""))
        parts.add(_run(10, zSL=9.0, zDF=9.0, zk=9.0, surface="indoor"))
        parts.flush()
        found = parquet.runner_means(parts)

    assert found["runner"].tolist() == ["anna"]
    assert found["runs"].tolist() == [5]
    assert found["zSL"][0] == pytest.approx(np.mean(values))
    assert found["zSL_zSL"][0] == pytest.approx(np.var(values, ddof=1) / 5, rel=1e-6)
    assert found["zSL_zDF"][0] == pytest.approx(2 * np.var(values, ddof=1) / 5, rel=1e-6)
    assert np.isnan(found["zk"][0])
    assert found["odds_shuffle_like"][0] == pytest.approx(0.3)
    assert found["odds_neutral"][0] == pytest.approx(0.5)


def test_a_sensor_that_measures_contact_goes_before_one_that_has_more_runs(tmp_path: Path) -> None:
    with Parts(tmp_path, create=True) as parts:
        for day in range(1, 13):
            contact = day <= 3
            parts.add(_run(day, zSL=0.5, zDF=1.0 if contact else None, sensor="coros" if contact else "garmin_wrist"))
            parts.add(_run(day, zSL=0.5, zDF=1.0 if day < 3 else None, runner="ben", sensor=str(day < 3)))
        parts.flush()
        found = parquet.runner_means(parts)

    assert found["runs"].tolist() == [3, 10]
    assert found["sensor"].tolist() == ["coros", "False"]


def _run(day: int, **given: Any) -> Rows:
    run = {
        "sha256": f"{day:064x}",
        "session": 1,
        "runner": "anna",
        "sensor": "coros",
        "surface": "outdoor",
        "status": "assessed",
        "started_at": datetime(2026, 1, day, 7, tzinfo=UTC),
        "epochs_scored": 50,
    }
    return Rows(runs=(run | given,))


def test_means_by_speed_weigh_the_half_minutes_of_a_run(tmp_path: Path) -> None:
    rows = made(7, epochs=40)
    columns = dict(rows.epochs)
    columns["speed_mps"] = np.where(np.arange(40) < 37, 2.6, 3.6).astype("f4")
    columns["zSL"] = np.where(np.arange(40) % 2, 1.0, 0.0).astype("f4")
    columns["weight"] = np.where(np.arange(40) % 2, 0.5, 1.0).astype("f4")
    with Parts(tmp_path, create=True) as parts:
        parts.add(Rows(runs=rows.runs, epochs=columns))
        parts.flush()
        found = parquet.runner_means_by_speed(parts)

    assert found["low_mps"].tolist() == [2.5]  # three half-minutes at the other speed are too few
    assert found["zSL"][0] == pytest.approx(18 * 0.5 / (18 * 0.5 + 19), rel=1e-6)


def sql_of_the_page() -> str:
    """The question that docs/scale.md shows, with our table in place of its path."""
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    return page.split("```sql\n")[1].split("```")[0].replace("'OUT/epochs-*.parquet'", "epochs")


@pytest.mark.slow
def test_the_question_of_the_page_over_a_million_half_minutes(tmp_path: Path) -> None:
    with Parts(tmp_path, create=True) as parts:
        for number in range(10_000):
            parts.add(made(number, runners=50))
    with Parts(tmp_path) as parts:
        assert parts.ask("SELECT count(*) AS n FROM epochs")["n"].tolist() == [1_000_000]
        begun = time.perf_counter()
        found = parts.ask(sql_of_the_page())
        taken_s = time.perf_counter() - begun

    own = [made(number, runners=50).epochs for number in range(7, 10_000, 50)]
    speed, cadence = (np.concatenate([each[name] for each in own]) for name in ("speed_mps", "cadence_spm"))
    there = np.floor(speed.astype("f8") * 4) / 4 == 3.0
    row = (found["runner"] == "runner 7") & (found["speed"] == 3.0)
    assert found["half_minutes"][row].tolist() == [int(there.sum())]
    assert found["cadence"][row][0] == pytest.approx(np.median(cadence[there]), abs=0.01)
    assert found["zSL"][row] == pytest.approx(0.07, abs=1e-6)
    assert taken_s < 30  # it takes about half a second; a busy machine has time


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the most memory a process held")
def test_memory_does_not_grow_with_the_cohort(tmp_path: Path) -> None:
    """50,000 made results through the writer: less than 500 MB in all, and no more than a part more than 5,000 take."""
    context = get_context("spawn")
    peaks = []
    for count in (5_000, 50_000):
        ours, theirs = context.Pipe()
        process = context.Process(target=_write, args=(theirs, tmp_path / str(count), count))
        process.start()
        peaks.append(ours.recv())
        process.join()

    assert peaks[1] < 500e6
    assert peaks[1] < peaks[0] + 100e6


def _results(count: int) -> Iterator[Rows]:
    """The same arrays under many names, so that making them takes little time."""
    base = made(0)
    for number in range(count):
        digest = f"{number:064x}"
        named = np.full(EPOCHS, digest, dtype=object)
        yield Rows(runs=({**base.runs[0], "sha256": digest},), epochs={**base.epochs, "sha256": named})


def _write(pipe: Any, folder: Path, count: int) -> None:
    with Parts(folder, create=True) as parts:
        for rows in _results(count):
            parts.add(rows)
    # Not getrusage: a process begins with the peak of whoever started it.
    pipe.send(resident("VmHWM"))
