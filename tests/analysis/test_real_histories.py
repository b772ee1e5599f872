"""Two real histories: which sensors compute, where one gave way to the other, and what may be said afterwards."""

from datetime import date, timedelta
from functools import cache

import pytest

from kneedrive.analysis import analyze
from kneedrive.app.history import past_run
from kneedrive.histories.result import PastRun, Setting
from kneedrive.histories.segments import computed
from kneedrive.histories.weeks import weekly
from kneedrive.readers import read
from tests.conftest import needs_data, real_files

pytestmark = [pytest.mark.slow, needs_data]
SETTING = Setting()
NEW_SENSOR = date(2023, 5, 24)


@cache
def history(folder: str) -> tuple[PastRun, ...]:
    """Every run of a folder, as the store would return it."""
    found = []
    for path in real_files(f"{folder}/*.fit*"):
        found += [past_run(analyze(activity)) for activity in read(path.read_bytes(), path.name)]
    return tuple(sorted(found, key=lambda run: run.started_at))


def test_the_wrist_computes_its_contact_time_and_the_sensor_before_it_measured() -> None:
    runs = history("history-strap-then-wrist")
    before = {run.sensor for run in runs if run.started_at.date() < NEW_SENSOR}
    after = {run.sensor for run in runs if run.started_at.date() >= NEW_SENSOR}
    assert after == {"garmin_wrist"}
    assert len(before) == 1
    wrist = computed(runs, "garmin_wrist", SETTING.method)
    worn = computed(runs, before.pop(), SETTING.method)
    assert wrist.verdict == "computed"
    assert wrist.residual_DF == pytest.approx(0.0014, abs=0.0005)
    assert worn.verdict == "measured"
    assert worn.residual_DF == pytest.approx(0.014, abs=0.003)


def test_coros_measures() -> None:
    found = computed(history("history-coros"), "coros", SETTING.method)
    assert found.verdict == "measured"
    assert found.residual_DF == pytest.approx(0.012, abs=0.003)


def test_the_sensor_changes_on_its_day_and_only_steps_are_judged_afterwards() -> None:
    view = weekly(history("history-strap-then-wrist"), date(2023, 12, 31), 80, SETTING)
    (found,) = view.breaks
    assert (found.date, found.kind, found.after) == (NEW_SENSOR, "sensor", "garmin_wrist")
    assert [trend.series for trend in view.trends] == ["zSL"]
    later = [week for week in view.weeks if week.monday > NEW_SENSOR and week.values]
    assert later
    assert {name for week in later for name in week.values} == {"zSL"}


def test_one_sensor_all_year_has_no_break_and_is_judged_by_d_and_p() -> None:
    runs = history("history-coros")
    view = weekly(runs, runs[-1].started_at.date() + timedelta(days=1), 50, SETTING)
    assert view.breaks == ()
    assert [trend.series for trend in view.trends] == ["D", "P"]
