"""Bounds and missing parts that only show when a test looks exactly there."""

from datetime import timedelta

import numpy as np
import pytest

from kneedrive.analysis import analyze
from kneedrive.analysis.provenance import choose
from kneedrive.histories.baseline import own_view
from kneedrive.histories.compare import compare
from kneedrive.histories.result import PastRun, Setting
from kneedrive.histories.segments import jump
from kneedrive.histories.weeks import balance_habit, slow_contrast
from kneedrive.method import Method, TrendRules
from kneedrive.recording import Array
from tests.analysis.runs import RUNNER, activity, samples
from tests.analysis.runs_of_a_runner import days, past_run

SETTING = Setting()


def without(run: PastRun, metric: str, epochs: int) -> PastRun:
    """The run without a metric in its first epochs."""
    columns = dict(run.epochs.columns)
    columns[metric] = np.where(np.arange(len(run.epochs)) < epochs, np.nan, columns[metric])
    return run.replace(epochs=run.epochs.replace(columns=columns))


def test_a_metric_that_some_epochs_lack_is_judged_by_the_others() -> None:
    view = own_view(without(past_run(60), "duty_factor", 7), [past_run(day) for day in days(8)], SETTING)
    epochs = {row.metric: row.epochs for row in view.rows}

    assert epochs["duty_factor"] == 23
    assert epochs["cadence_spm"] == 30


def test_a_metric_that_no_epoch_has_is_not_judged() -> None:
    view = own_view(without(past_run(60), "duty_factor", 30), [past_run(day) for day in days(8)], SETTING)

    assert {row.metric for row in view.rows} >= {"cadence_spm", "step_length_m"}
    assert "duty_factor" not in {row.metric for row in view.rows}


@pytest.mark.parametrize(("epochs", "runs"), [(3, 0), (4, 5), (5, 5)])
def test_a_run_is_compared_from_its_fourth_epoch_on(epochs: int, runs: int) -> None:
    before = [past_run(day, n=epochs, speeds=(3.0,)) for day in range(0, 25, 5)]
    after = [past_run(day, n=epochs, speeds=(3.0,)) for day in range(40, 65, 5)]
    found = compare(before, after, SETTING)

    assert found.runs_before <= runs
    assert (found.runs_before > 0) == (runs > 0)


def test_a_run_without_any_cadence_is_not_called_a_walk() -> None:
    found = analyze(activity(samples(900, cadence_spm=None)), runner=RUNNER)

    assert found.status == "too few epochs"


@pytest.mark.parametrize(("epochs", "status"), [(9, "too few epochs"), (10, "assessed")])
def test_ten_epochs_make_a_run(epochs: int, status: str) -> None:
    # The first minute is dropped, so the run has two epochs more than are scored.
    found = analyze(activity(samples(30 * (epochs + 2))), runner=RUNNER)

    assert found.quality.epochs_scored == epochs
    assert found.status == status
    assert (found.scores.D.value is not None) == (status == "assessed")


def test_a_baseline_reaches_back_eight_weeks_to_the_second() -> None:
    run = past_run(100)
    reach = timedelta(weeks=Method().baseline.weeks)
    inside = [past_run(day).replace(started_at=run.started_at - reach + timedelta(days=day)) for day in range(0, 40, 4)]
    before = inside[0].replace(id="before", started_at=run.started_at - reach - timedelta(seconds=1))
    same = inside[0].replace(id="same", started_at=run.started_at)

    assert own_view(run, [before, *inside, same], SETTING).baseline.runs == len(inside)


def test_half_the_cadence_of_a_runner_of_quick_steps_is_a_lock() -> None:
    # Half of 196 is 98, which is too far from half of what is usual to be told without the run's own cadence.
    wave = 0.5 * np.sin(2.0 * np.arange(1500))
    cadence = np.where(np.arange(1500) < 900, 196.0, 98.0) + wave
    found = analyze(activity(samples(1500, cadence_spm=cadence, stance_time_s=0.21 + 0.001 * wave)), runner=RUNNER)

    assert found.quality.excluded["cadence lock"] >= 18


def test_a_balance_that_some_epochs_lack_counts_by_the_others() -> None:
    left = np.where(np.arange(30) < 5, np.nan, 0.52)
    found = balance_habit([past_run(day, balance_left=left) for day in range(4)], Method())

    assert (found.verdict, found.runs, found.side) == ("constant difference", 4, "left")


@pytest.mark.parametrize(("contrast", "verdict"), [(-1.0, "more than slowing down"), (-0.5, "not shown")])
def test_runs_that_do_not_differ_at_all_are_told_without_a_spread(contrast: float, verdict: str) -> None:
    runs = []
    for day in range(3):
        run = past_run(day, speeds=(3.2,), n=30)
        slow = np.arange(30) < 10
        columns = {"speed_mps": np.where(slow, 2.6, 3.2), "D": np.where(slow, contrast, 0.0)}
        runs.append(run.replace(epochs=run.epochs.replace(columns={**run.epochs.columns, **columns})))
    found = slow_contrast(runs, 2.7, SETTING)

    assert found.verdict == verdict
    assert 0.0 < (found.se or 0.0) < 0.3  # what the tilt of the sensor leaves open


def test_a_cadence_with_gaps_still_comes_with_its_sensor() -> None:
    found = of_stryd([180.0] * 9 + [np.nan])

    assert found is not None
    assert found[0] == 180.0


def test_a_cadence_that_was_never_measured_stays_that_of_the_watch() -> None:
    found = of_stryd([np.nan] * 10)

    assert found is not None
    assert 160 < found[0] < 175


def of_stryd(cadence_spm: list[float]) -> Array | None:
    """The cadence that goes with the dynamics of another sensor, which recorded this one."""
    run = activity(samples(10), alternatives={"stryd": samples(10, cadence_spm=cadence_spm)})
    return choose(run, "stryd").samples.cadence_spm


def test_a_metric_that_the_history_lacks_in_part_has_a_baseline_all_the_same() -> None:
    history = [without(past_run(day), "duty_factor", 5) for day in days(8)]

    assert "duty_factor" in {row.metric for row in own_view(past_run(60), history, SETTING).rows}


def test_five_runs_on_either_side_are_enough_for_a_jump() -> None:
    levels = np.zeros((10, 3))
    levels[5:, 2] = 0.020

    assert jump(levels, TrendRules()) == 5
    assert jump(levels[1:], TrendRules()) is None


@pytest.mark.parametrize(
    ("before", "after", "status"), [("2", "", "compared"), ("", "3", "compared"), ("2", "3", "refused")]
)
def test_only_two_known_firmwares_can_differ(before: str, after: str, status: str) -> None:
    first = [past_run(day).replace(firmware=before) for day in range(0, 24, 2)]
    then = [past_run(day).replace(firmware=after) for day in range(40, 64, 2)]

    assert compare(first, then, SETTING).status == status
