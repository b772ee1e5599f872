"""What is usual for one runner, when that may be said, and how far one run is from it."""

import numpy as np
import pytest

from kneedrive.analysis.reference import usual_ranges
from kneedrive.histories.baseline import others, own_view, usual
from kneedrive.histories.result import OwnView, PastRun, PersonalZ, Setting
from kneedrive.histories.segments import measured, table
from tests.analysis.runs_of_a_runner import FORM, Form, days, past_run

SETTING = Setting()
HISTORY = [past_run(day, Form(ln_T=0.02 + 0.004 * (-1) ** round(day))) for day in days(7)]


def row(view: OwnView, metric: str) -> PersonalZ:
    return next(each for each in view.rows if each.metric == metric)


def enough(runs: int = 8, last_day: float = 21.0, epochs: int = 19) -> list[PastRun]:
    """So many runs from day 0 to `last_day`."""
    return [past_run(day, n=epochs) for day in np.linspace(0.0, last_day, runs)]


@pytest.mark.parametrize(
    ("runs", "missing"),
    [
        (enough(), {}),
        (enough(runs=7, epochs=30), {"runs": 1}),
        (enough(last_day=20.0), {"days": 1}),
        (enough(epochs=18), {"epochs": 6}),
        ([], {"runs": 8, "days": 21, "epochs": 150}),
    ],
)
def test_a_baseline_says_what_it_still_needs(runs: list[PastRun], missing: dict[str, int]) -> None:
    found = usual(runs, "garmin_strap", "outdoor", SETTING).told
    assert found.missing == missing
    assert found.ready == (not missing)


@pytest.mark.parametrize("other", [{"sensor": "coros"}, {"surface": "indoor"}], ids=["sensor", "surface"])
def test_runs_on_another_sensor_or_surface_do_not_count(other: dict[str, str]) -> None:
    strangers = [past_run(day + 0.5, **other) for day in range(20)]  # type: ignore[arg-type]
    assert usual([*enough(), *strangers], "garmin_strap", "outdoor", SETTING).told.runs == 8


def test_the_spread_never_falls_below_its_floor() -> None:
    quiet = [past_run(day, FORM._replace(noise_ln_T=1e-6, noise_DF=1e-6, noise_ln_k=1e-6)) for day in days(7)]
    fit = usual(quiet, "garmin_strap", "outdoor", SETTING).fit
    assert fit is not None
    assert fit.run_sd == pytest.approx([1.5 / 169.5, 0.005, 0.02], rel=0.02)


def test_the_spread_is_that_of_runs_and_not_of_epochs() -> None:
    random = np.random.default_rng(4)
    restless = [past_run(day, FORM._replace(DF=0.02 * random.normal())) for day in days(8)]
    found = row(own_view(past_run(57), restless, SETTING), "duty_factor")
    assert found.spread == pytest.approx(0.02, rel=0.5)


def test_a_run_like_all_others_is_as_always() -> None:
    view = own_view(past_run(50, Form(ln_T=0.02)), HISTORY, SETTING)
    assert view.reason == ""
    assert {each.level for each in view.rows} == {"as always"}


def test_a_run_with_higher_cadence_is_clearly_different_in_steps_alone() -> None:
    view = own_view(past_run(50, Form(ln_T=0.02 - 0.04)), HISTORY, SETTING)
    cadence = row(view, "cadence_spm")
    assert cadence.level == "clearly different"
    assert cadence.difference == pytest.approx(0.04 * cadence.usual, rel=0.2)
    assert cadence.value == pytest.approx(cadence.usual + cadence.difference)
    assert row(view, "duty_factor").level == "as always"


def test_a_faster_run_is_held_against_the_same_speed() -> None:
    view = own_view(past_run(50, Form(ln_T=0.02), speeds=(3.35, 3.4)), HISTORY, SETTING)
    assert row(view, "cadence_spm").usual == pytest.approx((169.5 + 6.5 * 0.375) / np.exp(0.02), rel=0.005)
    assert {each.level for each in view.rows} == {"as always"}


@pytest.mark.parametrize(
    ("speeds", "reason"), [((3.9, 4.0), "faster than the baseline"), ((2.1, 2.2), "slower than the baseline")]
)
def test_a_speed_never_run_before_is_not_judged(speeds: tuple[float, float], reason: str) -> None:
    view = own_view(past_run(50, speeds=speeds), HISTORY, SETTING)
    assert (view.rows, view.reason) == ((), reason)


def test_the_run_itself_and_later_ones_are_not_its_baseline() -> None:
    run = past_run(30, Form(ln_T=-0.05))
    later = [past_run(30 + day, Form(ln_T=-0.05)) for day in range(1, 30)]
    assert own_view(run, [*HISTORY, run, *later], SETTING).baseline.last == max(
        past.started_at for past in HISTORY if past.started_at < run.started_at
    )


def test_runs_before_the_last_eight_weeks_are_forgotten() -> None:
    view = own_view(past_run(49 + 8 * 7), HISTORY, SETTING)
    assert view.baseline.runs == 0
    assert view.reason == "baseline not ready"


def test_another_firmware_class_starts_anew() -> None:
    old = [run.replace(firmware="11") for run in HISTORY]
    assert own_view(past_run(50).replace(firmware="12"), old, SETTING).reason == "baseline not ready"
    assert own_view(past_run(50).replace(firmware="11"), old, SETTING).reason == ""


def test_another_watch_starts_anew_where_the_watch_makes_the_numbers() -> None:
    def view(sensor: str) -> OwnView:
        history = [past_run(day, sensor=sensor) for day in days(7)]
        return own_view(past_run(50, sensor=sensor).replace(device="another"), history, SETTING)

    assert view("none").reason == "baseline not ready"
    assert view("garmin_strap").reason == ""


def test_a_run_is_inside_its_interval_exactly_where_it_is_not_clearly_different() -> None:
    for off in np.linspace(-0.05, 0.05, 11):
        for each in own_view(past_run(50, Form(ln_T=0.02 + off, DF=0.4 * off)), HISTORY, SETTING).rows:
            assert each.low is not None
            assert each.high is not None
            inside = each.low <= each.value <= each.high
            assert inside or each.level == "clearly different" or each.metric not in ("cadence_spm", "duty_factor")
            assert each.level != "clearly different" or not inside
            assert each.z == pytest.approx(each.difference / each.spread)


def test_what_follows_is_never_worse_than_all_that_it_follows_from() -> None:
    order = ["as always", "worth noting", "clearly different"]
    view = own_view(past_run(50, Form(ln_T=0.02, DF=0.02)), HISTORY, SETTING)
    level = {each.metric: order.index(each.level) for each in view.rows}

    assert level["duty_factor"] == 2
    assert level["step_length_m"] == level["cadence_spm"] == 0
    assert level["stance_time_s"] <= 2
    assert level["vertical_oscillation_m"] <= max(level["cadence_spm"], level["duty_factor"], level["ln_k"])


def test_runs_before_a_jump_that_only_a_sensor_makes_are_no_baseline() -> None:
    old = [past_run(day, Form(ln_k=0.2)) for day in days(3)]
    new = [past_run(day) for day in days(4, first=3)]
    found = own_view(past_run(50), [*old, *new], SETTING).baseline
    assert (found.runs, found.first) == (len(new), new[0].started_at)


def test_both_comparisons_stand_side_by_side() -> None:
    view = own_view(past_run(50, Form(ln_T=0.02, DF=0.06)), HISTORY, SETTING)
    duty = row(view, "duty_factor")
    assert duty.others == pytest.approx(0.06 / 0.026, abs=0.2)  # of the spread between runners at 3 m/s
    assert duty.z > 5.0  # and far more against oneself
    assert row(view, "cadence_spm").others == pytest.approx(-row(view, "step_length_m").others)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("sensor", "metrics"),
    [
        ("garmin_wrist", {"cadence_spm", "step_length_m"}),
        ("other", {"cadence_spm", "step_length_m"}),
        ("stryd", {"cadence_spm", "step_length_m", "stance_time_s", "duty_factor"}),
    ],
)
def test_what_a_sensor_computes_is_not_held_against_the_runner(sensor: str, metrics: set[str]) -> None:
    noise = 0.005 if sensor == "stryd" else 0.001  # so little that it must come from speed
    history = [past_run(day, Form(noise_DF=noise), sensor=sensor) for day in days(5)]
    view = own_view(past_run(36, Form(noise_DF=noise), sensor=sensor), history, SETTING)
    assert {each.metric for each in view.rows} == metrics


def test_indoors_without_a_speed_only_what_needs_none_is_judged() -> None:
    unknown = np.full(30, np.nan)
    history = [past_run(day, surface="indoor", zSL=unknown) for day in days(5)]
    view = own_view(past_run(36, surface="indoor", zSL=unknown), history, SETTING)
    assert {each.metric for each in view.rows} == {"duty_factor", "ln_k"}
    assert view.speed_mps is None


@pytest.mark.parametrize("metric", ["cadence_spm", "stance_time_s", "vertical_oscillation_m", "vertical_ratio"])
def test_among_others_a_run_lies_as_far_out_as_in_the_ribbon_of_the_chart(metric: str) -> None:
    speed = 3.0
    still = {"noise_ln_T": 0.0, "noise_DF": 0.0, "noise_ln_k": 0.0}
    run = past_run(50, Form(ln_T=0.05, DF=0.02, ln_k=0.1, **still), speeds=(speed,))
    at = run.epochs["speed_mps"]
    low, high = usual_ranges(at, SETTING.against("garmin_strap"))
    off = np.log(measured(table([run]))[metric] / np.sqrt(low[metric] * high[metric])) / (
        0.5 * np.log(high[metric] / low[metric])
    )
    assert others(run, metric, SETTING) == pytest.approx(float(np.median(off)), abs=0.02)
    assert abs(float(np.median(off))) > 0.5


@pytest.mark.parametrize("metric", ["vertical_oscillation_m", "vertical_ratio"])
def test_what_a_sensor_is_not_held_to_has_no_place_among_others(metric: str) -> None:
    assert others(past_run(1, sensor="garmin_wrist"), metric, SETTING) is None
