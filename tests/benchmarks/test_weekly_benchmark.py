"""The benchmark of the weekly report builds the store that it measures."""

from datetime import date
from pathlib import Path

import pytest

from kneedrive.store import Store
from tests.benchmarks import weekly


def test_the_store_holds_as_many_runs_as_asked_for_six_a_week(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store" / "runs.sqlite") as store:
        weekly.fill(store, 13)
        days = [row.started_at.date() for row in store.runs()]

    assert len(days) == 13
    assert days[6] == date(2016, 1, 11)
    assert days[-1].isoformat() == weekly.last_day(13)


@pytest.mark.slow
def test_a_quick_run_measures_every_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (table,) = weekly.weekly(quick=True).values()

    assert len(table.rows) == 6
    assert all(float(cell) > 0 for row in table.rows for cell in row[1:])
