"""False alarms and power over simulated histories: three runs a week for sixteen weeks."""

import numpy as np
import pytest

from kneedrive.method import TrendRules
from tests.analysis.simulated_histories import Plan, judged, power_curve, rate

DRIFT = Plan(drift_sd=0.15, rho=0.5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plan", "most"),
    [(Plan(), 0.05), (DRIFT, 0.075), (Plan(missing_weeks=0.2), 0.05)],
    ids=["independent weeks", "drifting weeks", "missing weeks"],
)
def test_a_thousand_steady_runners_raise_few_false_alarms(plan: Plan, most: float) -> None:
    assert rate(plan, 1000, seed=20).called <= most


@pytest.mark.slow
def test_slow_drift_of_the_weeks_is_known_to_raise_more() -> None:
    # Not a promise but a limit that reports name: drift that outlasts the window cannot be told from a trend.
    assert 0.05 < rate(Plan(drift_sd=0.15, rho=0.8), 1000, seed=21).called < 0.12


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plan", "least"), [(Plan(), 0.80), (DRIFT, 0.75)], ids=["independent weeks", "drifting weeks"]
)
@pytest.mark.parametrize("change", [1.5, -1.5])
def test_a_change_of_one_and_a_half_is_found(plan: Plan, least: float, change: float) -> None:
    assert rate(plan._replace(change=change), 500, seed=22).found >= least


def test_power_rises_with_the_change() -> None:
    found = [rates.found for rates in power_curve((0.0, 0.75, 2.0), histories=60, seed=23).values()]
    assert found == sorted(found)
    assert found[-1] > 0.9


def test_the_visible_change_is_found_about_four_times_out_of_five() -> None:
    visible = [each[0].detectable or np.inf for each in judged(Plan(), 120, 24, TrendRules())]
    typical = float(np.median(visible))
    assert 0.65 <= rate(Plan(change=typical), 200, seed=25).found <= 0.93


def test_too_few_weeks_are_never_called() -> None:
    rates = rate(Plan(change=3.0, weeks=7), 20, seed=26)
    assert (rates.called, rates.tested) == (0.0, 0.0)
