"""Medians and percentiles are numpy's, and cost a start nothing."""

import subprocess
import sys

import numpy as np
import pytest

from kneedrive.analysis.stats import median, medians, percentile

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 11, 3600])
def test_the_median_is_numpys_to_the_last_bit(count: int) -> None:
    values = RNG.normal(0.1, 3.0, count)

    assert median(values) == float(np.median(values))


@pytest.mark.parametrize("values", [[np.nan], [1.0, np.nan, 3.0], [np.nan, np.nan, 1.0, 2.0], []])
def test_the_median_of_something_unknown_is_unknown(values: list[float]) -> None:
    assert np.isnan(median(np.array(values)))


def test_whole_numbers_have_a_median_between_them() -> None:
    assert median(np.array([4, 1, 2, 3])) == 2.5


@pytest.mark.parametrize("width", [4, 5])
def test_medians_go_along_the_last_axis(width: int) -> None:
    windows = RNG.normal(size=(7, 3, width))
    windows[2, 1, 0] = np.nan

    assert np.array_equal(medians(windows), np.median(windows, axis=-1), equal_nan=True)


@pytest.mark.parametrize("percent", [0, 2.5, 20, 33.3, 50, 66.6, 75, 90, 97.5, 100])
def test_percentiles_are_numpys_to_the_last_bit(percent: float) -> None:
    arrays = [RNG.normal(3.0, 1.0, count) for count in range(1, 150)]

    assert [percentile(each, percent) for each in arrays] == [float(np.percentile(each, percent)) for each in arrays]


def test_the_values_stay_in_their_order() -> None:
    values = np.array([3.0, 1.0, 2.0])
    median(values)

    assert values.tolist() == [3.0, 1.0, 2.0]


def test_masked_arrays_are_not_loaded() -> None:
    script = "import sys, numpy; from kneedrive.percentiles import median, percentile; "
    script += "median(numpy.ones(3)); percentile(numpy.ones(3), 20); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "numpy.ma" not in done.stdout.split()
