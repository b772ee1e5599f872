"""What comes back in run after run."""

import numpy as np
import pytest

from kneedrive.analysis.result import Change, Fade
from kneedrive.history.habits import balance_habit, fade_habit, slow_contrast, slow_speed
from kneedrive.history.result import PastRun
from kneedrive.method import Method
from tests.analysis.runs_of_a_runner import past_run

METHOD = Method()


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
    return Fade(verdict="changed", blocks=8, changes=changes)


NOT_TOLD = Fade(verdict="not enough", blocks=2)


def test_slow_is_the_slowest_quarter() -> None:
    runs = [past_run(day, speeds=(2.0, 3.0, 4.0, 5.0), n=40) for day in range(5)]
    assert slow_speed(runs, METHOD.profile) == pytest.approx(2.6, abs=0.5)
    assert slow_speed([], METHOD.profile) is None


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
    found = slow_contrast([two_paces(day, value) for day, value in enumerate(contrasts)], 2.7, METHOD)
    assert found.verdict == verdict


def test_the_contrast_is_a_mean_over_runs_with_its_error() -> None:
    found = slow_contrast([two_paces(day, value) for day, value in enumerate((-0.8, -1.0, -1.2))], 2.7, METHOD)
    assert found.mean == pytest.approx(-1.0)
    assert found.se == pytest.approx(0.2 / np.sqrt(3.0))


@pytest.mark.parametrize("slow", [3, 0])
def test_three_slow_epochs_are_no_slow_running(slow: int) -> None:
    runs = [two_paces(day, -1.0, slow=slow) for day in range(5)]
    assert slow_contrast(runs, 2.7, METHOD).runs == 0


def test_paces_that_are_too_alike_make_no_contrast() -> None:
    assert slow_contrast([two_paces(day, -1.0) for day in range(5)], 3.2, METHOD).verdict == "not enough"


def test_two_sensors_make_no_contrast() -> None:
    mixed = [two_paces(day, -1.0, sensor="coros" if day else "garmin_strap") for day in range(5)]
    assert slow_contrast(mixed, 2.7, METHOD).verdict == "not enough"


@pytest.mark.parametrize(
    ("left", "verdict", "side"),
    [
        ([[0.52] * 10] * 3, "constant difference", "left"),
        ([[0.48] * 10] * 3, "constant difference", "right"),
        ([[0.485] * 10] * 3, "constant difference", "right"),
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
