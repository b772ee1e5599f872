"""A stored history as columns: the numbers of the commands, from a store that is only read."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kneedrive
from kneedrive.app.tables import History, table
from kneedrive.errors import ConfigError, NotEnoughData, StoreError
from tests.cli.history import Capture, at_home, caller, make_history, make_store

WEEKS = 4


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of four weeks, the last of them on a watch whose contact time is computed."""
    folder = tmp_path_factory.mktemp("history")
    return make_store(folder / "home", make_history(folder / "runs", weeks=WEEKS, sensor_week=3))


@pytest.fixture
def store(kept: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it, in a home of its own."""
    copy = Path(shutil.copy(kept, tmp_path / "kneedrive.sqlite"))
    with at_home(tmp_path, copy):
        yield copy


def of(found: History, name: str) -> dict[str, Any]:
    return dict(getattr(found, name))


@pytest.mark.parametrize("name", ["runs", "epochs", "weeks"])
def test_the_columns_hold_what_export_writes(store: Path, tmp_path: Path, capsys: Capture, name: str) -> None:
    caller(tmp_path, store, capsys)("export", "--to", str(tmp_path / "csv"))
    with (tmp_path / "csv" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = of(kneedrive.history(), name)

    assert set(rows[0]) <= set(columns)
    assert {len(column) for column in columns.values()} == {len(rows)}
    for key in rows[0]:
        written, held = [row[key] for row in rows], columns[key]
        if held.dtype.kind in "fib":
            expected = [float(cell) if cell else np.nan for cell in written]
            np.testing.assert_allclose(held.astype(float), expected, rtol=1e-6, err_msg=key)
        elif held.dtype.kind == "M":
            assert [str(moment)[:10] for moment in held] == [cell[:10] for cell in written]
        else:
            assert held.tolist() == written, key


def test_bands_are_those_of_the_runs_with_what_is_usual(store: Path) -> None:
    found = kneedrive.history(store)
    measured = np.isin(found.bands["run_id"], found.runs["id"][found.runs["sensor"] == "garmin_strap"])

    assert set(found.bands["run_id"]) <= set(found.runs["id"])
    assert (found.bands["epochs"] >= 4).all()
    assert (found.bands["low_mps"] < found.bands["speed_mps"]).all()
    assert np.isfinite(found.bands["usual_stance_time_s"][measured]).all()
    assert np.isnan(found.bands["usual_stance_time_s"][~measured]).all()
    assert np.isfinite(found.bands["D"]).all()


def test_numbers_of_a_run_are_those_of_its_half_minutes(store: Path) -> None:
    found = kneedrive.history(store)
    one = found.runs["id"][0]
    own = (found.epochs["run_id"] == one) & found.epochs["scored"]

    assert found.runs["cadence_spm"][0] == pytest.approx(np.median(found.epochs["cadence_spm"][own]), abs=0.01)
    assert found.runs["epochs_scored"][0] == own.sum()
    assert found.runs["started_at"].dtype == np.dtype("M8[ms]")
    assert (np.diff(found.runs["started_at"]) > np.timedelta64(0)).all()
    odds = [found.runs[f"odds_{name}"][0] for name in ("drive_like", "neutral")]
    assert all(0 <= each <= 1 for each in odds)
    assert found.runs["label"].dtype.kind == "U"


def test_the_store_is_only_read_also_while_another_writes(store: Path) -> None:
    before = store.read_bytes()
    with sqlite3.connect(store, isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE run SET label = 'changed'")
        assert "changed" not in kneedrive.history(store).runs["label"]
        writer.execute("ROLLBACK")
    writer.close()

    assert len(kneedrive.history(store).runs["id"]) == 3 * WEEKS
    assert store.read_bytes() == before


def test_a_store_of_an_older_version_is_left_as_it_is(store: Path) -> None:
    with sqlite3.connect(store) as db:
        db.execute("PRAGMA user_version = 1")
    db.close()
    before = store.read_bytes()
    with pytest.raises(StoreError, match=r"an older kneedrive made this store .* brings it up to date"):
        kneedrive.history(store)
    assert store.read_bytes() == before


def test_who_and_where_is_said_when_there_is_nothing(store: Path, tmp_path: Path) -> None:
    with pytest.raises(NotEnoughData, match="there are no runs yet"):
        kneedrive.history(tmp_path / "none.sqlite")
    assert not (tmp_path / "none.sqlite").exists()
    with pytest.raises(ConfigError, match="there is no runner 'ann'"):
        kneedrive.history(store, "ann")


def test_it_says_how_much_there_is(store: Path) -> None:
    assert repr(kneedrive.history(store)).startswith(f"History(runs: {3 * WEEKS} rows, epochs: ")


def test_a_table_without_rows_keeps_its_columns() -> None:
    assert {name: len(column) for name, column in table([], {"a": 1, "b": ""}).items()} == {"a": 0, "b": 0}


def test_an_analysis_shows_itself_and_its_style_stays_inside() -> None:
    from kneedrive.simulate import simulate_demo

    shown = kneedrive.analyze(simulate_demo())._repr_html_()

    assert shown is not None
    assert shown.startswith('<div class="kneedrive-run"><style>@scope (.kneedrive-run) {')
    assert "shuffle-like" in shown
    style = shown.partition("</style>")[0]
    assert ":root" not in style
    assert "\nbody {" not in style
    assert "<script" not in shown
