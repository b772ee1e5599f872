"""Ten histories through files: written as FIT, read, analysed, and judged by weeks and against each other."""

from datetime import UTC, datetime, timedelta

import pytest

from kneedrive.analysis import analyze
from kneedrive.app.history import past_run
from kneedrive.histories.compare import compare
from kneedrive.histories.result import Comparison, PastRun, Setting, WeeklyView
from kneedrive.histories.weeks import weekly
from kneedrive.readers import read
from kneedrive.simulate import DEMO_RUNNER
from kneedrive.simulate.gait import PATTERNS
from kneedrive.simulate.scene import History, simulate_history
from tests.fit_activity import activity_fit

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
WEEKS = 16
SETTING = Setting(runner=DEMO_RUNNER)


def written(seed: int, **changes: object) -> list[PastRun]:
    """The runs of one history, each from the bytes of its file."""
    told = {"pattern": PATTERNS["neutral"], "first_at": FIRST, "weeks": WEEKS, "run_sd": 0.3, **changes}
    files = [activity_fit(activity) for activity in simulate_history(History(**told), seed)]  # type: ignore[arg-type]
    found = [read(data, f"{place}.fit")[0] for place, data in enumerate(files)]
    return [past_run(analyze(activity, runner=DEMO_RUNNER)) for activity in found]


def view(runs: list[PastRun]) -> WeeklyView:
    return weekly(runs, FIRST.date() + timedelta(weeks=WEEKS, days=-1), WEEKS, SETTING)


def halves(runs: list[PastRun]) -> Comparison:
    return compare(runs[: len(runs) // 2], runs[len(runs) // 2 :], SETTING)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_an_unchanged_runner_is_told_of_no_change(seed: int) -> None:
    runs = written(seed, week_sd=0.15)
    found = view(runs)

    assert not any(trend.called for trend in found.trends)
    assert not any(row.verdict == "changed" for row in halves(runs).rows)
    assert found.last_weeks is not None
    assert found.last_weeks.findings[0].pattern == "neutral"


@pytest.mark.slow
@pytest.mark.parametrize(("change", "word"), [(2.5, "towards drive"), (-2.5, "towards shuffle")])
def test_a_runner_who_moves_all_along_is_told_the_direction(change: float, word: str) -> None:
    drive = next(trend for trend in view(written(5, change_D=change)).trends if trend.series == "D")

    assert drive.verdict == word
    assert drive.change == pytest.approx(change, abs=0.7)


@pytest.mark.slow
@pytest.mark.parametrize("change", [1.8, -1.8])
def test_a_step_half_way_is_found_by_a_comparison(change: float) -> None:
    rows = {row.metric: row for row in halves(written(6, change_D=change, step_week=WEEKS // 2)).rows}

    assert rows["D"].verdict == "changed"
    assert rows["D"].low < change < rows["D"].high
    assert rows["ln_k"].verdict != "changed"


@pytest.mark.slow
@pytest.mark.parametrize("next_sensor", ["garmin_wrist", "coros"])
def test_no_verdict_crosses_a_change_of_sensor(next_sensor: str) -> None:
    runs = written(7, sensor_week=8, next_sensor=next_sensor)
    found = view(runs)

    assert [each.sensors for each in found.breaks] == [("garmin_strap", next_sensor)]
    assert {trend.weeks for trend in found.trends} == {8}
    assert {trend.sensor for trend in found.finished} == {"garmin_strap"}
    assert halves(runs).status == "refused"
