"""What comes back in run after run: from runs, and the arithmetic by hand and against scipy."""

import numpy as np
import pytest
from scipy import stats as oracle

from kneedrive.analysis.result import Change, Fade, FadeVerdict
from kneedrive.histories.result import PastRun, Setting
from kneedrive.histories.weeks import (
    balance_habit,
    contrast_of,
    fade_habit,
    pace_change,
    pace_slope,
    run_contrast,
    shuffle_share,
    slow_contrast,
    weekly,
)
from tests.analysis.runs_of_a_runner import Form, past_run

SETTING = Setting()
METHOD = SETTING.method
RULES = METHOD.series
KINDS = ("garmin_strap", "coros")


def two_paces(day: float, contrast: float, *, sensor: str = "garmin_strap", slow: int = 10) -> PastRun:
    """Mostly 3.2 m/s with D = 0, and some epochs at 2.6 m/s whose D is `contrast`."""
    run = past_run(day, sensor=sensor, speeds=(3.2,), n=30)
    is_slow = np.arange(30) < slow
    columns = dict(run.epochs.columns)
    columns["speed_mps"] = np.where(is_slow, 2.6, 3.2)
    columns["D"] = np.where(is_slow, contrast, 0.0)
    return run.replace(epochs=run.epochs.replace(columns=columns))


def balanced(day: float, left: list[float]) -> PastRun:
    return past_run(day, n=len(left), balance_left=np.array(left))


def faded(**differences: float) -> Fade:
    changes = {
        name: Change(
            difference=value, low=value - 0.001, high=value + 0.001, threshold=0.006, notable=abs(value) > 0.006
        )
        for name, value in differences.items()
    }
    return Fade(verdict=FadeVerdict.CHANGED, blocks=8, changes=changes)


NOT_TOLD = Fade(verdict=FadeVerdict.NOT_ENOUGH, blocks=2)


def test_slow_is_the_slowest_quarter() -> None:
    runs = [past_run(day, speeds=(2.0, 3.0, 4.0, 5.0), n=40) for day in range(5)]
    until = runs[-1].started_at.date()
    assert weekly(runs, until, 8, SETTING).slow_speed_mps == pytest.approx(2.6, abs=0.5)
    assert weekly([], until, 8, SETTING).slow_speed_mps is None


@pytest.mark.parametrize(
    ("contrasts", "verdict"),
    [
        ((-1.0, -1.1, -0.9), "more than slowing down"),
        ((-0.75, -1.4, -0.2), "not shown"),
        ((-0.6, -0.6, -0.6), "not shown"),
        ((0.9, 1.0, 1.1), "not shown"),
        ((-1.0, -1.1), "not enough"),
    ],
)
def test_the_slow_contrast_needs_size_and_sureness(contrasts: tuple[float, ...], verdict: str) -> None:
    found = slow_contrast([two_paces(day, value) for day, value in enumerate(contrasts)], 2.7, SETTING)
    assert found.verdict == verdict


@pytest.mark.parametrize(("speed_mps", "share"), [(2.4, 1.0), (1.9, 0.0), (3.2, 0.0)])
def test_slow_running_is_counted_as_a_shuffle_only_at_speeds_where_that_may_be_said_for_sure(
    speed_mps: float, share: float
) -> None:
    run = past_run(1, Form(ln_T=-0.15, DF=0.08), speeds=(speed_mps,))
    assert shuffle_share([run], speed_mps, SETTING) == share


def test_the_contrast_is_a_mean_over_runs_and_its_error_knows_the_tilt_of_the_sensor() -> None:
    runs = {sensor: [two_paces(day, D, sensor=sensor) for day, D in enumerate((-0.8, -1.0, -1.2))] for sensor in KINDS}
    found = {sensor: slow_contrast(runs[sensor], 2.7, SETTING) for sensor in KINDS}
    tilt = {sensor: np.sqrt((each.se or 0.0) ** 2 - 0.04 / 3.0) for sensor, each in found.items()}

    assert [each.mean for each in found.values()] == pytest.approx([-1.0, -1.0])
    # 0.010 per m/s over 0.6 m/s in units of the spread between runners, a little less at 2.6 m/s, by sqrt 2
    assert tilt["garmin_strap"] == pytest.approx(0.01 * 0.6 / 0.026 / np.sqrt(2), rel=0.1)
    assert tilt["coros"] == pytest.approx(1.5 * tilt["garmin_strap"])


@pytest.mark.parametrize("slow", [3, 0])
def test_three_slow_epochs_are_no_slow_running(slow: int) -> None:
    runs = [two_paces(day, -1.0, slow=slow) for day in range(5)]
    assert slow_contrast(runs, 2.7, SETTING).runs == 0


def test_paces_that_are_too_alike_make_no_contrast() -> None:
    assert slow_contrast([two_paces(day, -1.0) for day in range(5)], 3.2, SETTING).verdict == "not enough"


def test_two_sensors_make_no_contrast() -> None:
    mixed = [two_paces(day, -1.0, sensor="coros" if day else "garmin_strap") for day in range(5)]
    assert slow_contrast(mixed, 2.7, SETTING).verdict == "not enough"


@pytest.mark.parametrize(
    ("left", "verdict", "side"),
    [
        ([[0.52] * 10] * 3, "constant difference", "left"),
        ([[0.48] * 10] * 3, "constant difference", "right"),
        ([[0.485] * 10] * 3, "none", ""),  # at the limit, and as likely within it
        ([[0.514] * 10] * 3, "none", ""),
        ([[0.52] * 7 + [0.50] * 3] * 3, "none", ""),
        ([[0.52] * 10, [0.48] * 10, [0.52] * 10], "none", ""),
        ([[0.52] * 10] * 3 + [[0.50] * 10] * 7, "none", ""),
        ([[0.52] * 10] * 2, "not enough", ""),
    ],
)
def test_a_constant_difference_stays_on_its_side(left: list[list[float]], verdict: str, side: str) -> None:
    found = balance_habit([balanced(day, values) for day, values in enumerate(left)], METHOD)
    assert (found.verdict, found.side) == (verdict, side)


def test_runs_without_balance_do_not_count() -> None:
    assert balance_habit([past_run(day) for day in range(5)], METHOD).verdict == "not enough"


@pytest.mark.parametrize(
    ("fades", "verdict", "metrics"),
    [
        ([faded(stance_time_s=0.010)] * 3, "habit", ("stance_time_s",)),
        ([faded(stance_time_s=0.010)] * 2 + [faded(stance_time_s=-0.010)], "none", ()),
        ([faded(stance_time_s=0.010)] * 3 + [faded(stance_time_s=0.001)] * 4, "none", ()),
        ([faded(stance_time_s=0.010)] * 3 + [NOT_TOLD] * 4, "habit", ("stance_time_s",)),
        ([faded(stance_time_s=0.010)] * 2 + [NOT_TOLD], "not enough", ()),
        ([], "not enough", ()),
    ],
)
def test_a_habit_needs_three_runs_that_agree(fades: list[Fade], verdict: str, metrics: tuple[str, ...]) -> None:
    found = fade_habit(fades, METHOD)
    assert (found.verdict, found.metrics) == (verdict, metrics)


def test_a_habit_names_the_usual_change() -> None:
    found = fade_habit([faded(stance_time_s=value) for value in (0.008, 0.010, 0.020)], METHOD)
    assert found.median == {"stance_time_s": 0.010}


def paced(b: float, runs: int, spread: float = 0.08, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Speed and cadence of runs whose days differ in cadence by what their pace does not explain."""
    random = np.random.default_rng(seed)
    ln_v = np.log(3.0) + 0.1 * random.standard_normal((runs, 1)) + spread * random.standard_normal((runs, 30))
    off = (
        b * (ln_v - np.log(3.0)) + 0.03 * random.standard_normal((runs, 1)) + 0.01 * random.standard_normal((runs, 30))
    )
    return np.exp(ln_v), 168.0 * np.exp(off)


def test_how_pace_is_changed_is_the_slope_within_runs() -> None:
    speed, cadence = paced(0.2, 30)
    b, se, runs = pace_slope(speed, cadence, np.ones(speed.shape), RULES)

    assert b == pytest.approx(0.2, abs=4 * se)
    assert (0.001 < se < 0.01, runs) == (True, 30)


def test_seven_telling_runs_are_too_few_and_even_runs_do_not_tell() -> None:
    speed, cadence = paced(0.2, 8)
    seven = pace_slope(speed[:7], cadence[:7], np.ones((7, 30)), RULES)
    even = pace_slope(*paced(0.2, 12, spread=0.02), np.ones((12, 30)), RULES)

    assert np.isfinite(pace_slope(speed, cadence, np.ones((8, 30)), RULES)[0])
    assert np.isnan([seven[0], even[0]]).all()
    assert (seven[2], even[2]) == (7, 0)


def test_an_even_run_changes_nothing() -> None:
    speed, cadence = paced(0.2, 10)
    speed[0], cadence[0] = 3.0, np.linspace(150, 190, 30)

    with_it, without_it = (pace_slope(speed[n:], cadence[n:], np.ones((10 - n, 30)), RULES) for n in (0, 1))
    assert with_it == pytest.approx(without_it)


def paced_run(day: float, b: float, device: str = "a watch", sensor: str = "none") -> PastRun:
    run = past_run(day, sensor=sensor).replace(device=device)
    v = run.epochs["speed_mps"]
    columns = dict(run.epochs.columns) | {"cadence_spm": (168.0 + day) * (v / 3.0) ** b}
    return run.replace(epochs=run.epochs.replace(columns=columns))


def test_the_change_of_pace_is_of_the_watch_that_was_worn_last() -> None:
    runs = [paced_run(day, 0.3, "old") for day in range(9)] + [paced_run(day, 0.15, "new") for day in range(9, 18)]
    found = pace_change(runs, SETTING)

    assert (found.runs, found.reason) == (9, "")
    assert found.slope == pytest.approx(0.15, abs=0.002)
    assert found.low <= found.slope <= found.high  # type: ignore[operator]
    assert found.longer == pytest.approx(1.1**0.85 - 1.0, abs=0.001)
    assert found.quicker == pytest.approx(1.1**0.15 - 1.0, abs=0.001)
    assert (1 + found.longer) * (1 + found.quicker) == pytest.approx(1.1)  # type: ignore[operator]


def test_too_few_runs_say_why_the_change_of_pace_is_not_told() -> None:
    found = pace_change([paced_run(day, 0.3) for day in range(7)], SETTING)

    assert (found.slope, found.longer, found.runs) == (None, None, 7)
    assert "7 runs" in found.reason
    assert "8 are needed" in found.reason


def test_the_contrast_without_tilt_is_students() -> None:
    values = np.array([-1.0, -1.4, -0.9])
    found = contrast_of(values, np.full(3, 20.0), 0.0, RULES)
    t = (-0.7 - values.mean()) / (values.std(ddof=1) / np.sqrt(3))

    assert found.probability == pytest.approx(oracle.t.cdf(t, 2))
    assert (found.verdict == "more than slowing down") == (oracle.t.cdf(t, 2) >= 0.8)


def test_the_tilt_of_a_sensor_makes_a_contrast_less_sure_and_more_runs_do_not_help() -> None:
    lever = np.full(40, -0.5 / 0.026 / np.sqrt(2))
    contrast = np.full(40, -0.85) + 0.05 * np.random.default_rng(3).standard_normal(40)
    found = {tilt: contrast_of(contrast, lever, tilt, RULES) for tilt in (0.0, 0.010, 0.015)}

    said = [each.verdict == "more than slowing down" for each in found.values()]
    assert said == [True, True, False]
    assert found[0.015].se == pytest.approx(np.hypot(0.015 * 0.5 / 0.026 / np.sqrt(2), found[0.0].se or 0.0))


def test_a_constant_difference_needs_three_runs_on_one_side() -> None:
    def said(*left: float) -> bool:
        runs = [balanced(day, [share] * 10) for day, share in enumerate(left)]
        return balance_habit(runs, METHOD).verdict == "constant difference"

    assert said(0.521, 0.522, 0.520)
    assert said(0.479, 0.478, 0.480)
    assert not said(0.521, 0.522)
    assert not said(0.521, 0.479, 0.522)
    assert not said(0.514, 0.5141, 0.5142)
    assert not said(0.52, 0.50, 0.53)


def test_half_minutes_without_a_speed_are_no_part_of_a_contrast() -> None:
    run = two_paces(0.0, -1.0)
    lost = dict(run.epochs.columns)
    lost["speed_mps"] = np.where(np.arange(30) % 10 == 9, np.nan, lost["speed_mps"])
    lost["D"] = np.where(np.arange(30) % 10 == 9, 9.0, lost["D"])
    found = run_contrast(run.replace(epochs=run.epochs.replace(columns=lost)), 2.7, SETTING)

    assert found is not None
    assert found[0] == pytest.approx(-1.0)
