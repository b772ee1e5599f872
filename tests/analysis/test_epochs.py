import numpy as np
import pytest

from kneedrive.analysis import analyze
from kneedrive.stats import medians
from tests.analysis.runs import RUNNER, activity, samples

NAN = float("nan")


@pytest.mark.parametrize(
    ("row", "median"),
    [
        ([3.0, 1.0, 2.0], 2.0),
        ([4.0, 1.0, 2.0, 9.0], 3.0),
        ([NAN, 5.0, NAN], 5.0),
        ([NAN, 1.0, 2.0, NAN], 1.5),
        ([NAN, NAN], NAN),
    ],
)
def test_the_median_of_a_row_is_that_of_what_is_there(row: list[float], median: float) -> None:
    assert medians(np.array([row])).tolist() == pytest.approx([median], nan_ok=True)


def test_rows_agree_with_numpy() -> None:
    rows = np.random.default_rng(1).normal(size=(50, 30))
    rows[rows > 1.0] = np.nan
    assert medians(rows) == pytest.approx(np.nanmedian(rows, axis=1))


@pytest.mark.parametrize(("every", "known"), [(1, True), (2, True), (3, False)])
def test_a_metric_needs_three_recorded_values_of_its_own(every: int, known: bool) -> None:
    sparse = np.where(np.arange(225) % every == 0, 0.26, np.nan)
    found = analyze(activity(samples(900, step_s=4.0, stance_time_s=sparse)), runner=RUNNER)
    assert bool(np.isfinite(found.epochs["stance_time_s"][10:20]).all()) == known


@pytest.mark.parametrize(("seconds", "known"), [(20, True), (19, False)])
def test_a_metric_needs_twenty_seconds_of_its_own(seconds: int, known: bool) -> None:
    second = np.arange(900.0)
    heart = np.where((second >= 300) & (second < 330 - seconds), np.nan, 150.0)
    found = analyze(activity(samples(heart_rate_bpm=heart)), runner=RUNNER)
    assert bool(np.isfinite(found.epochs["heart_rate_bpm"][10])) == known


def test_an_epoch_that_is_left_out_still_shows_what_was_recorded() -> None:
    found = analyze(activity(), runner=RUNNER)
    assert found.epochs.reason[0] == "start"
    assert found.epochs["cadence_spm"][0] == pytest.approx(168.0, abs=0.5)
    assert np.isnan(found.epochs["D"][0])
