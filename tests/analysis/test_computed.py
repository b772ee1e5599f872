"""Sensors that work contact time out from speed and cadence are found out; those that measure are not accused."""

import numpy as np
import pytest

from kneedrive.histories.result import PastRun
from kneedrive.histories.segments import computed
from kneedrive.method import Method
from tests.analysis.runs_of_a_runner import Form, past_run

METHOD = Method()


def told(day: float, sensor: str, left: float, n: int = 120) -> PastRun:
    """A run whose duty factor is a cubic in speed and cadence, plus noise of SD `left`."""
    plain = past_run(day, Form(noise_ln_T=0.03), sensor=sensor, n=n)
    v, c = plain.epochs["speed_mps"], plain.epochs["cadence_spm"]
    DF = 0.60 - 0.12 * v + 0.012 * v**2 - 0.0006 * v**3 + 0.0008 * (c - 170) - 0.003 * (c - 170) * (v - 3.0)
    noise = left * np.random.default_rng(round(day)).normal(size=n)
    columns = dict(plain.epochs.columns) | {"duty_factor": DF + noise}
    return plain.replace(epochs=plain.epochs.replace(columns=columns))


@pytest.mark.parametrize(
    ("left", "verdict"), [(0.001, "computed"), (0.0025, "computed"), (0.004, "measured"), (0.012, "measured")]
)
@pytest.mark.parametrize("sensor", ["other", "coros_pod", "coros"])
def test_what_is_left_over_decides_whatever_the_sensor_is_called(sensor: str, left: float, verdict: str) -> None:
    found = computed([told(day, sensor, left) for day in range(12)], sensor, METHOD)
    assert found.verdict == verdict
    assert found.residual_DF == pytest.approx(left, rel=0.15)
    assert found.believed == (verdict == "computed")


@pytest.mark.parametrize(("left", "verdict"), [(0.001, "computed"), (0.004, "assumed"), (0.012, "assumed")])
def test_a_history_can_confirm_a_garmin_wrist_and_never_make_it_a_sensor_that_measures(
    left: float, verdict: str
) -> None:
    found = computed([told(day, "garmin_wrist", left) for day in range(12)], "garmin_wrist", METHOD)
    assert (found.verdict, found.believed) == (verdict, True)
    assert found.residual_DF == pytest.approx(left, rel=0.15)


@pytest.mark.parametrize(("runs", "epochs"), [(7, 40), (8, 18)], ids=["too few runs", "too few epochs"])
@pytest.mark.parametrize(("sensor", "verdict"), [("garmin_wrist", "assumed"), ("coros", "untested")])
def test_too_little_is_not_tested(runs: int, epochs: int, sensor: str, verdict: str) -> None:
    found = computed([told(day, sensor, 0.001, epochs) for day in range(runs)], sensor, METHOD)
    assert (found.verdict, found.residual_DF, found.runs) == (verdict, None, runs)


def test_eight_runs_and_a_hundred_and_fifty_epochs_are_enough() -> None:
    found = computed([told(day, "other", 0.001, 19) for day in range(8)], "other", METHOD)
    assert (found.verdict, found.epochs) == ("computed", 152)


def test_runs_of_other_sensors_are_passed_over() -> None:
    mixed = [told(day, "coros", 0.012) for day in range(10)] + [told(day, "garmin_wrist", 0.001) for day in range(10)]
    assert computed(mixed, "coros", METHOD).verdict == "measured"
    assert computed(mixed, "garmin_wrist", METHOD).verdict == "computed"


def test_runs_are_told_by_other_runs() -> None:
    runs = [told(day, "other", 0.012 if day % 2 else 0.0001) for day in range(12)]
    assert computed(runs, "other", METHOD).residual_DF == pytest.approx(0.012, rel=0.15)


def test_an_offset_from_run_to_run_is_form_and_counts_as_measured() -> None:
    runs = []
    for day in range(12):
        run = told(day, "other", 0.001)
        shifted = run.epochs["duty_factor"] + (0.01 if day % 4 < 2 else -0.01)
        runs.append(run.replace(epochs=run.epochs.replace(columns=dict(run.epochs.columns) | {"duty_factor": shifted})))
    assert computed(runs, "other", METHOD).verdict == "measured"


def test_a_few_odd_half_minutes_do_not_hide_a_sensor_that_computes() -> None:
    runs = []
    for day in range(12):
        run = told(day, "other", 0.001)
        odd = run.epochs["duty_factor"] + np.where(np.random.default_rng(day).random(120) < 0.04, 0.03, 0.0)
        runs.append(run.replace(epochs=run.epochs.replace(columns=dict(run.epochs.columns) | {"duty_factor": odd})))
    assert computed(runs, "other", METHOD).verdict == "computed"


def test_no_dynamics_at_all_is_never_tested() -> None:
    assert computed([past_run(day, sensor="none") for day in range(12)], "none", METHOD).verdict == "untested"
