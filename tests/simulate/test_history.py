"""Weeks of runs carry the change that was planted in them."""

from datetime import UTC, datetime

import numpy as np
import pytest

from kneedrive.recording import Activity
from kneedrive.simulate.gait import PATTERNS
from kneedrive.simulate.scene import History, simulate_history

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
STILL = History(pattern=PATTERNS["neutral"], first_at=MONDAY, weeks=4, run_sd=0.0)


def drive(activity: Activity) -> float:
    """D of a run without pauses, hills or walking, by hand."""
    samples = activity.samples
    assert samples.speed_mps is not None
    assert samples.cadence_spm is not None
    assert samples.stance_time_s is not None
    T = 60 / samples.cadence_spm
    zSL = np.log(T * (169.5 + 6.5 * (samples.speed_mps - 3)) / 60) / 0.050
    usual = 0.237 + 0.390 / samples.speed_mps + 0.014 * (np.clip(samples.speed_mps, 1.7, 4.2) - 2.8)
    zDF = (samples.stance_time_s / (2 * T) - usual) / (0.010 + 0.048 / samples.speed_mps)
    return float(np.nanmedian(zSL - zDF)) / np.sqrt(2)


def test_a_history_has_its_runs_in_order_of_time() -> None:
    runs = list(simulate_history(STILL, 1))
    starts = [run.started_at for run in runs]

    assert len(runs) == 12
    assert starts == sorted(starts)
    assert [start.isocalendar().week - 10 for start in starts] == [week for week in range(4) for _ in range(3)]


def test_runs_have_identities_of_their_own() -> None:
    assert len({run.id for run in simulate_history(STILL, 1)}) == 12


def test_the_same_seed_gives_the_same_history() -> None:
    first, again = (list(simulate_history(STILL.replace(run_sd=0.4), 2)) for _ in range(2))

    assert [run.id for run in first] == [run.id for run in again]
    assert [run.averages for run in first] == [run.averages for run in again]


def test_a_still_runner_does_not_change() -> None:
    D = [drive(run) for run in simulate_history(STILL, 3)]

    assert np.std(D) < 0.1


def test_a_planted_slope_is_there_from_first_to_last_run() -> None:
    D = [drive(run) for run in simulate_history(STILL.replace(change_D=1.5), 3)]

    assert D[-1] - D[0] == pytest.approx(1.5, abs=0.15)
    assert np.mean(D[4:8]) - np.mean(D[:4]) == pytest.approx(0.55, abs=0.15)


def test_a_planted_step_happens_before_its_week() -> None:
    D = [drive(run) for run in simulate_history(STILL.replace(change_D=-1.0, step_week=2), 3)]

    assert np.mean(D[6:]) - np.mean(D[:6]) == pytest.approx(-1.0, abs=0.1)
    assert np.ptp(D[:6]) < 0.3


def test_runs_differ_by_the_wanted_spread() -> None:
    history = STILL.replace(weeks=40, run_sd=0.5)

    assert np.std([drive(run) for run in simulate_history(history, 4)]) == pytest.approx(0.5, abs=0.1)


def test_weeks_drift_together() -> None:
    history = STILL.replace(weeks=40, week_sd=0.6, week_rho=0.5)
    D = np.array([drive(run) for run in simulate_history(history, 5)]).reshape(40, 3)

    assert np.std(D.mean(axis=1)) == pytest.approx(0.6, abs=0.2)
    assert np.std(D - D.mean(axis=1, keepdims=True)) < 0.1


def test_a_new_sensor_takes_over_in_its_week() -> None:
    runs = list(simulate_history(STILL.replace(sensor_week=2), 6))

    assert [run.device.product for run in runs] == ["Forerunner 965"] * 6 + ["Forerunner 255"] * 6
