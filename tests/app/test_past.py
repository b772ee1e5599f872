"""Which runs of the store a question about the history is asked of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from kneedrive.analysis.result import Fade
from kneedrive.app import history, library
from kneedrive.config import Config, load
from kneedrive.history.result import PastRun
from kneedrive.history.weeks import weekly
from kneedrive.store import Store
from kneedrive.store.rows import Origin, RunRow, Tag
from tests.analysis.runs_of_a_runner import Form, past_run
from tests.report.histories import FIRST, SETTING, runs
from tests.store.cases import START, Application, told

LAST = date(2026, 3, 1)
QUIET = Fade(verdict="no change", pairs=8)


class Shelf:
    """Past runs as the store gives them, and what was asked of it."""

    def __init__(self, held: Sequence[PastRun]) -> None:
        self.held = held
        self.read = 0

    def past_runs(self, since: datetime, until: datetime) -> list[PastRun]:
        """The runs in [since, until)."""
        found = [run for run in self.held if since <= run.started_at < until]
        self.read += len(found)
        return found

    def detail(self, run_id: str) -> str:
        """No fade was looked for."""
        return "{}"


def shelf(held: Sequence[PastRun]) -> Any:
    return cast(Store, Shelf(held))


def settings(**flags: object) -> Config:
    return load({}, {"display.zone": "UTC", **flags})


@pytest.mark.parametrize(
    ("started_at", "offset_s", "inside"),
    [
        (datetime(2026, 3, 2, 9, 30, tzinfo=UTC), -36_000, True),  # 23:30 on the last day in Hawaii
        (datetime(2026, 3, 2, 10, 30, tzinfo=UTC), -36_000, False),
        (datetime(2026, 3, 1, 23, 30, tzinfo=UTC), 3600, False),
        (datetime(2026, 2, 1, 10, 0, tzinfo=UTC), 46_800, True),
        (datetime(2026, 1, 31, 11, 30, tzinfo=UTC), 46_800, True),  # half past midnight of the first day in Tonga
        (datetime(2026, 1, 31, 10, 30, tzinfo=UTC), 46_800, False),
    ],
)
def test_days_are_those_of_the_runner(started_at: datetime, offset_s: int, inside: bool) -> None:
    run = past_run(0.0).replace(started_at=started_at, utc_offset_s=offset_s)

    assert bool(history.runs_between(shelf([run]), date(2026, 2, 1), LAST, SETTING)) is inside


def test_only_the_weeks_that_are_asked_for_are_read() -> None:
    held = shelf(runs(60, Form()))
    until = FIRST + timedelta(weeks=60, days=-1)
    history.weeks_until(held, settings(), until, 12)

    assert held.read <= 3 * 14


def test_habits_are_those_of_the_last_eight_weeks() -> None:
    held = runs(12, Form())
    view = weekly(held, FIRST + timedelta(weeks=12, days=-1), 12, SETTING)

    assert history.habits_of(held, view, SETTING, lambda _: QUIET).fade.runs == 24


def test_habits_begin_after_the_last_break() -> None:
    held = [run.replace(firmware="1" if place < 24 else "2") for place, run in enumerate(runs(12, Form()))]
    view = weekly(held, FIRST + timedelta(weeks=12, days=-1), 12, SETTING)

    assert len(view.breaks) == 1
    assert history.habits_of(held, view, SETTING, lambda _: QUIET).fade.runs == 12


def test_fades_are_read_from_what_was_stored_with_a_run() -> None:
    change = {"difference": 0.01, "low": 0.005, "high": 0.015, "threshold": 0.006, "notable": True}
    stored = {"fade": {"verdict": "changed", "pairs": 7, "speed_mps": 2.8, "changes": {"stance_time_s": change}}}
    found = history.fade_in(json.dumps(stored))

    assert (found.verdict, found.pairs, found.changes["stance_time_s"].difference) == ("changed", 7, 0.01)
    assert history.fade_in("{}").verdict == "not enough"


def test_tags_of_both_end_days_belong_to_the_weeks() -> None:
    tags = [Tag(day=day, text="x") for day in ("2026-01-31", "2026-02-01", "2026-03-01", "2026-03-02")]

    assert [tag.day for tag in history.tags_between(tags, date(2026, 2, 1), LAST)] == ["2026-02-01", "2026-03-01"]


@pytest.mark.parametrize(
    ("offset_s", "zone", "day"),
    [(None, "UTC", "2026-03-01"), (7200, "UTC", "2026-03-02"), (None, "Asia/Tokyo", "2026-03-02")],
)
def test_the_day_of_a_stored_run_is_local(offset_s: int | None, zone: str, day: str) -> None:
    started_at = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
    rest: dict[str, Any] = dict.fromkeys(RunRow.__struct_fields__)
    row = RunRow(**rest | {"id": "a", "started_at": started_at, "utc_offset_s": offset_s})

    assert history.day_of(settings(**{"display.zone": zone}), row).isoformat() == day


def test_a_run_in_winter_is_found_in_summer_by_the_day_it_was_there(tmp_path: Path) -> None:
    run = told(start_s=(datetime(2026, 1, 10, 22, 45, tzinfo=UTC) - START).total_seconds(), utc_offset_s=None)
    there, summer = settings(**{"display.zone": "Europe/Berlin"}), datetime(2026, 7, 1, tzinfo=UTC)
    with Store.open(tmp_path / "runs.sqlite") as store:
        store.add(run, Origin(source="file"), Application(store), version="1")

        assert library.meant(store, there, "2026-01-10", summer).id == run.sha256[:12]
