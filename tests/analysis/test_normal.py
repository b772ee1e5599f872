"""Quantiles against scipy."""

import numpy as np
import pytest
from scipy import stats

from kneedrive import stats as normal

SHARES = (0.0001, 0.0125, 0.025, 0.3, 0.5, 0.85, 0.975, 0.9917, 0.9999)


@pytest.mark.parametrize("share", SHARES)
def test_the_normal_quantile_is_that_of_scipy(share: float) -> None:
    assert normal.quantile(share) == pytest.approx(stats.norm.ppf(share), abs=1e-9)


@pytest.mark.parametrize("z", [-6.0, -1.0, 0.0, 0.3, 2.5])
def test_the_share_below_is_that_of_scipy(z: float) -> None:
    assert normal.below(z) == pytest.approx(stats.norm.cdf(z), abs=1e-12)


@pytest.mark.parametrize("correlation", [-0.95, -0.4, 0.0, 0.7])
@pytest.mark.parametrize(("first", "second"), [(0.0, 0.0), (-1.2, 0.5), (2.0, -3.0), (-9.0, 1.0), (9.0, 0.0)])
def test_the_share_above_two_bounds_is_that_of_scipy(first: float, second: float, correlation: float) -> None:
    spread = [[1.0, correlation], [correlation, 1.0]]
    expected = stats.multivariate_normal.cdf([-first, -second], cov=spread)
    assert normal.both_above(first, second, correlation) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("freedom", [1.0, 1.4, 2.0, 3.0, 7.5, 40.0, 2000.0])
@pytest.mark.parametrize("share", [0.025, 0.5, 0.85, 0.975, 0.9917])
def test_students_quantile_is_that_of_scipy(share: float, freedom: float) -> None:
    assert normal.student_quantile(share, freedom) == pytest.approx(stats.t.ppf(share, freedom), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("freedom", [1.0, 2.0, 5.5, 300.0])
@pytest.mark.parametrize("t", [-30.0, -1.4, 0.0, 0.7, 4.0])
def test_students_share_below_is_that_of_scipy(t: float, freedom: float) -> None:
    assert normal.student_below(t, freedom) == pytest.approx(stats.t.cdf(t, freedom), abs=1e-6)


def test_the_array_form_is_close_to_the_error_function() -> None:
    z = np.linspace(-6.0, 6.0, 241)
    np.testing.assert_allclose(normal.two_sided(z), 2.0 * stats.norm.cdf(z) - 1.0, atol=5e-4)


def test_the_robust_sd_is_that_of_scipy() -> None:
    values = np.random.default_rng(3).normal(size=50)
    assert normal.robust_sd(values) == pytest.approx(stats.median_abs_deviation(values, scale="normal"), rel=1e-4)


@pytest.mark.parametrize("values", [[], [4.0]])
def test_fewer_than_two_values_have_no_spread(values: list[float]) -> None:
    assert normal.robust_sd(np.array(values)) == 0.0
