"""The runner's own curves: a robust fit, shrunk to the population, blind to what the runner changed meanwhile."""

import numpy as np
import pytest

from kneedrive.histories.result import Setting
from kneedrive.histories.segments import curves, departures, own_usual, run_means, table
from kneedrive.recording import Array
from kneedrive.stats import robust_sd
from tests.analysis.runs_of_a_runner import Form, past_run

SETTING = Setting()
QUIET = Form(noise_ln_T=0.0, noise_DF=0.0, noise_ln_k=0.0)


@pytest.mark.parametrize("n", [60, 540])
def test_own_slopes_are_shrunk_to_the_populations_by_their_number(n: int) -> None:
    rows = table([past_run(0, QUIET, n=n)])
    dv = rows.speed_mps - np.median(rows.speed_mps)
    found = curves(rows, {"DF": 0.02 + 0.1 * dv}, SETTING)["DF"]
    assert found.slope == pytest.approx(0.1 * n / (n + 60), rel=1e-3)
    assert found.level == pytest.approx(0.02, abs=1e-4)


@pytest.mark.parametrize(("speeds", "bent"), [((2.0, 2.5, 3.0, 3.5, 4.0), True), ((2.9, 3.0, 3.1), False)])
def test_only_a_wide_range_of_speeds_allows_a_bend(speeds: tuple[float, ...], bent: bool) -> None:
    rows = table([past_run(0, QUIET, n=200, speeds=speeds)])
    dv = rows.speed_mps - np.median(rows.speed_mps)
    found = curves(rows, {"DF": 0.05 * dv**2}, SETTING)["DF"]
    assert (found.bend != 0.0) == bent


def test_a_change_over_time_is_not_taken_for_one_of_speed() -> None:
    runs = [past_run(7.0 * week, QUIET, n=60, speeds=(2.6 + 0.05 * week,)) for week in range(12)]
    rows = table(runs)
    drifting: Array = 0.01 * rows.run.astype(np.float64)  # grows with time, and the runner grew faster too
    blind = curves(rows, {"DF": drifting}, SETTING)["DF"]
    timed = curves(rows, {"DF": drifting}, SETTING, rows.run.astype(np.float64))["DF"]
    assert blind.slope > 0.05
    assert timed.slope == pytest.approx(0.0, abs=1e-6)


def test_a_run_as_the_population_runs_has_nothing_but_zeros() -> None:
    rows = table([past_run(0, QUIET)])
    for values in departures(rows, "garmin_strap", SETTING).values():
        np.testing.assert_allclose(values, 0.0, atol=1e-12)


def test_known_departures_come_back() -> None:
    rows = table([past_run(0, Form(ln_T=0.03, DF=-0.02, ln_k=0.1))])
    found = departures(rows, "garmin_strap", SETTING)
    assert np.median(found["ln_T"]) == pytest.approx(0.03, abs=0.005)
    assert np.median(found["DF"]) == pytest.approx(-0.02, abs=0.005)
    assert np.median(found["ln_k"]) == pytest.approx(0.1, abs=0.02)


def test_what_is_usual_for_the_runner_meets_what_was_measured() -> None:
    rows = table([past_run(day, Form(ln_T=0.03, DF=-0.02, ln_k=0.1)) for day in range(10)])
    fitted = curves(rows, departures(rows, "garmin_strap", SETTING), SETTING)
    usual = own_usual(fitted, rows, "garmin_strap", SETTING)
    off = rows.oscillation_m - usual["vertical_oscillation_m"]
    assert np.median(off) == pytest.approx(0.0, abs=0.001)
    assert robust_sd(off) < 0.004


def test_without_a_valid_speed_step_time_is_not_judged_but_duty_factor_is() -> None:
    unknown = np.full(30, np.nan)
    rows = table([past_run(0, surface="indoor", zSL=unknown)])
    found = departures(rows, "garmin_strap", SETTING)
    assert np.isnan(found["ln_T"]).all()
    assert np.isfinite(found["DF"]).all()


def test_a_run_without_dynamics_is_a_table_with_gaps() -> None:
    nothing = np.full(30, np.nan)
    rows = table([past_run(0, sensor="none", duty_factor=nothing, vertical_oscillation_m=nothing)])
    assert set(curves(rows, departures(rows, "none", SETTING), SETTING)) == {"ln_T"}


def test_no_runs_are_an_empty_table() -> None:
    assert table([]).epochs == 0


def test_the_mean_of_a_run_holds_wild_epochs_back_and_knows_that_neighbours_are_alike() -> None:
    random = np.random.default_rng(5)
    runs = [past_run(day, n=200) for day in range(3)]
    rows = table(runs)
    loose = random.normal(size=600)
    alike = np.repeat(random.normal(size=120), 5)
    loose[[10, 60, 120]] = 60.0
    value, se, epochs = run_means(rows, loose, np.ones(600), 3, SETTING)
    _, tight_se, _ = run_means(rows, alike, np.ones(600), 3, SETTING)

    assert list(epochs) == [200] * 3
    assert value == pytest.approx([0.0, 0.0, 0.0], abs=0.25)
    assert se == pytest.approx(np.full(3, 1 / np.sqrt(200)), rel=0.35)
    assert (tight_se > 1.7 * se).all()


def test_epochs_without_weight_or_value_are_in_no_mean() -> None:
    rows = table([past_run(0, n=10), past_run(1, n=4)])
    values = np.arange(14.0)
    values[0] = np.nan
    weight = np.where(np.arange(14) < 10, 1.0, 0.0)
    value, _, epochs = run_means(rows, values, weight, 2, SETTING)

    assert list(epochs) == [9, 0]
    assert value[0] == pytest.approx(5.0)
    assert np.isnan(value[1])
