"""The trend test against scipy and pymannkendall, its bounds by hand, its gates one by one."""

import numpy as np
import pymannkendall
import pytest
from msgspec.structs import asdict
from scipy import stats

from kneedrive.history import trend
from kneedrive.history.trend import RunValues, middle_of_weight, run_scatter, week_points
from kneedrive.method import TrendRules
from kneedrive.stats import theil_sen

RULES = TrendRules()


def values(n: int, seed: int, slope: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    at = 2900.0 + np.arange(n) + random.uniform(0.2, 0.8, size=n)
    return at, slope * (at - at[0]) + random.normal(size=n)


def straight(weeks: int, change: float, *, noise: float = 0.0, seed: int = 0) -> RunValues:
    """Three runs a week whose value rises by `change` from the first run to the last."""
    week = np.repeat(2900 + np.arange(weeks), 3)
    at = week + np.tile([0.2, 0.5, 0.9], weeks)
    value = change * (at - at[0]) / (at[-1] - at[0]) + noise * np.random.default_rng(seed).normal(size=len(at))
    return RunValues(at_weeks=at, week=week, value=value, se=np.full(len(at), 0.1))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [8, 16, 33])
def test_slope_and_intercept_are_those_of_scipy(n: int, seed: int) -> None:
    at, value = values(n, seed, 0.1)
    found = theil_sen(at, value)
    assert found.slope == pytest.approx(stats.theilslopes(value, at)[0], rel=1e-12)
    assert np.median(found.residual) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("n", [8, 16, 33])
def test_the_interval_is_within_one_rank_of_scipys(n: int) -> None:
    at, value = values(n, n, 0.1)
    line = theil_sen(at, value)
    _, variance = trend.kendall(value)
    low, high = trend.slope_interval(line.slopes, variance**0.5, 0.05) or (np.nan, np.nan)
    theirs = stats.theilslopes(value, at, 0.95)
    ranks = [np.searchsorted(line.slopes, bound) for bound in (low, theirs[2], high, theirs[3])]
    assert abs(ranks[0] - ranks[1]) <= 1
    assert abs(ranks[2] - ranks[3]) <= 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("digits", [0, 1, 9])
def test_s_variance_and_p_are_those_of_pymannkendall_with_ties_or_without(seed: int, digits: int) -> None:
    _, value = values(20, seed, 0.05)
    value = np.round(value, digits)
    theirs = pymannkendall.original_test(value)
    S, variance = trend.kendall(value)
    assert (theirs.s, theirs.var_s) == pytest.approx((S, variance))
    assert trend.kendall_p(S, variance**0.5) == pytest.approx(theirs.p, abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_the_interval_leaves_zero_out_exactly_when_the_test_rejects(seed: int) -> None:
    at, value = values(12, seed, 0.15)
    S, variance = trend.kendall(value)
    bounds = trend.slope_interval(theil_sen(at, value).slopes, variance**0.5, 0.05)
    assert bounds is not None
    assert (bounds[0] > 0 or bounds[1] < 0) == (trend.kendall_p(S, variance**0.5) <= 0.05)


def test_a_rank_outside_the_slopes_gives_no_interval() -> None:
    slopes = np.linspace(0.0, 1.0, 28)
    assert trend.slope_interval(slopes, 15.0, 0.05) is None
    assert trend.slope_interval(slopes, 8.0, 0.05) is not None


def test_only_adjacent_weeks_count_as_neighbours() -> None:
    residual = np.array([1.0, 1.0, -1.0, -1.0])
    # power 1; pairs of adjacent weeks are (1, 1) and (-1, -1), the middle pair is two weeks apart; plus 1/4, capped
    assert trend.neighbour_correlation(residual, np.array([1, 2, 4, 5]), 0.9) == 0.9
    # now all three pairs: (1 - 1 + 1)/3 + 1/4
    assert trend.neighbour_correlation(residual, np.array([1, 2, 3, 4]), 0.9) == pytest.approx(1 / 3 + 1 / 4)


@pytest.mark.parametrize(
    ("residual", "week"),
    [([1.0, -1.0, 1.0, -1.0], [1, 2, 3, 4]), ([1.0, 1.0, 1.0], [1, 3, 5]), ([0.0, 0.0, 0.0], [1, 2, 3])],
)
def test_alternating_distant_or_empty_residuals_are_not_correlated(residual: list[float], week: list[int]) -> None:
    assert trend.neighbour_correlation(np.array(residual), np.array(week), 0.9) == 0.0


def test_correlated_weeks_widen_the_test() -> None:
    slow = straight(16, 0.0)
    wave = slow.replace(value=np.sin((slow.week - 2900) / 2.5))
    found = trend.tested(wave, RULES)
    assert found is not None
    assert found.rho > 0.5
    assert found.sd_S == pytest.approx(np.sqrt(16 * 15 * 37 / 18 * (1 + found.rho) / (1 - found.rho)))


@pytest.mark.parametrize(
    ("p", "adjusted", "levels"),
    [
        ({"D": 0.01, "P": 0.04}, {"D": 0.02, "P": 0.04}, {"D": 0.025, "P": 0.05}),
        ({"D": 0.03, "P": 0.04}, {"D": 0.06, "P": 0.06}, {"D": 0.025, "P": 0.025}),
        ({"D": 0.9, "P": 0.02}, {"D": 0.9, "P": 0.04}, {"D": 0.05, "P": 0.025}),
        ({"zSL": 0.03}, {"zSL": 0.03}, {"zSL": 0.05}),
        ({}, {}, {}),
    ],
)
def test_holm_by_hand(p: dict[str, float], adjusted: dict[str, float], levels: dict[str, float]) -> None:
    found = trend.holm(p, 0.05)
    assert found[0] == pytest.approx(adjusted)
    assert found[1] == pytest.approx(levels)


@pytest.mark.parametrize(
    ("series", "change", "verdict"),
    [
        ("D", 1.5, "towards drive"),
        ("D", -1.5, "towards shuffle"),
        ("P", 1.5, "more bounce"),
        ("P", -1.5, "less bounce"),
        ("zSL", 1.5, "longer steps"),
        ("zSL", -1.5, "shorter steps"),
        ("D", 0.0, "steady"),
    ],
)
def test_a_straight_change_gets_its_word(series: str, change: float, verdict: str) -> None:
    (found,) = trend.trends({series: straight(12, change, noise=0.05)}, RULES)
    assert found.verdict == verdict
    assert found.change == pytest.approx(change, abs=0.15)


def test_before_eight_weeks_it_says_how_many_more() -> None:
    (found,) = trend.trends({"D": straight(5, 3.0)}, RULES)
    assert (found.verdict, found.weeks, found.weeks_missing, found.weeks_advised) == ("too early to tell", 5, 3, 7)
    assert found.p is None


def test_a_change_that_is_too_small_to_matter_is_not_called() -> None:
    (found,) = trend.trends({"D": straight(16, 0.19, noise=0.001)}, RULES)
    assert found.p is not None
    assert found.p < 0.001
    assert found.verdict == "steady"


def test_a_change_inside_the_runs_own_scatter_is_not_called() -> None:
    noisy = straight(8, 1.0)
    off = np.tile([-3.0, 0.0, 3.0], 8)  # every week's median stays on the line
    (found,) = trend.trends({"D": noisy.replace(value=noisy.value + off)}, RULES)
    assert found.p is not None
    assert found.p < 0.01
    assert found.worthwhile == pytest.approx(2.77 * 3.0 * 1.4826 / np.sqrt(12.0), rel=0.1)
    assert not found.called


@pytest.mark.parametrize(
    ("noise", "verdict"), [(0.2, "steady"), (3.0, "too early to tell")], ids=["fine weeks", "coarse weeks"]
)
def test_weeks_that_would_show_only_a_very_large_change_cannot_tell(noise: float, verdict: str) -> None:
    (found,) = trend.trends({"D": straight(12, 0.0, noise=noise)}, RULES)
    assert (found.verdict, found.weeks_missing) == (verdict, 0)
    assert found.detectable is not None
    assert (found.detectable > RULES.telling) == (verdict == "too early to tell")


def test_a_very_large_change_is_called_even_where_a_smaller_one_would_have_been_missed() -> None:
    (found,) = trend.trends({"D": straight(12, 12.0, noise=3.0)}, RULES)
    assert (found.detectable or 0.0) > RULES.telling
    assert found.verdict == "towards drive"


def test_a_trend_is_no_scatter_from_run_to_run() -> None:
    still, moving = (straight(14, change, noise=0.3) for change in (0.0, 6.0))
    assert run_scatter(moving, RULES) == pytest.approx(run_scatter(still, RULES), rel=0.15)
    np.testing.assert_allclose(week_points(moving, RULES).se, week_points(still, RULES).se, rtol=0.15)


@pytest.mark.parametrize(("runs", "at_least"), [(1, 0.45), (2, 0.45), (7, 0.45), (8, 0.0)])
def test_few_runs_do_not_know_their_own_scatter(runs: int, at_least: float) -> None:
    equal = RunValues(
        at_weeks=np.linspace(0.5, runs - 0.5, runs), week=np.arange(runs), value=np.zeros(runs), se=np.full(runs, 0.1)
    )
    assert run_scatter(equal, RULES) == at_least
    assert week_points(equal, RULES).se[0] == pytest.approx(np.hypot(0.1, at_least))


def test_one_clear_trend_does_not_carry_a_second_one_along() -> None:
    both = trend.trends({"D": straight(16, 2.0, noise=0.2), "P": straight(16, 0.0, noise=0.2, seed=1)}, RULES)
    assert [each.verdict for each in both] == ["towards drive", "steady"]


def test_equal_weeks_are_steady_and_not_an_error() -> None:
    (found,) = trend.trends({"D": straight(10, 0.0)}, RULES)
    assert (found.verdict, found.p, found.change) == ("steady", 1.0, 0.0)


def test_a_missing_week_is_not_filled_in() -> None:
    whole = straight(12, 1.0)
    kept = whole.week != 2904
    (found,) = trend.trends({"D": RunValues(**{name: column[kept] for name, column in asdict(whole).items()})}, RULES)
    assert (found.weeks, found.runs) == (11, 33)


def test_a_week_stands_at_the_mean_date_of_its_runs() -> None:
    points = week_points(straight(8, 0.0), RULES)
    np.testing.assert_allclose(points.at_weeks, 2900 + np.arange(8) + (0.2 + 0.5 + 0.9) / 3)


def test_a_sure_run_weighs_more_in_its_week_but_never_decides_alone() -> None:
    runs = RunValues(
        at_weeks=np.array([1.0, 1.1]), week=np.array([1, 1]), value=np.array([0.0, 1.0]), se=np.array([0.0, 1.0])
    )
    value = float(week_points(runs, RULES).value[0])
    assert 0.0 < value < 0.5


@pytest.mark.parametrize(
    ("given", "weight", "middle"),
    [([3.0, 1.0, 2.0], [1, 1, 1], 2.0), ([1.0, 2.0], [1, 1], 1.5), ([1.0, 2.0], [3, 1], 1.25), ([7.0], [2], 7.0)],
)
def test_the_middle_of_weight_by_hand(given: list[float], weight: list[float], middle: float) -> None:
    assert middle_of_weight(np.array(given), np.array(weight, dtype=float)) == pytest.approx(middle)


def test_the_visible_change_grows_with_scatter_and_shrinks_with_weeks() -> None:
    def seen(weeks: int, scatter: float) -> float:
        sd_S = np.sqrt(weeks * (weeks - 1) * (2 * weeks + 5) / 18)
        return trend.visible_change(np.arange(float(weeks)), scatter, sd_S, RULES, 0.05) or np.inf

    assert seen(12, 0.4) == pytest.approx(2.0 * seen(12, 0.2))
    assert seen(24, 0.2) < seen(12, 0.2) < seen(8, 0.2)


def test_a_change_that_is_to_be_seen_more_often_must_be_larger() -> None:
    at, sd_S = np.arange(16.0), 22.2
    often = [trend.visible_change(at, 0.3, sd_S, RULES.replace(power=power), 0.05) or 0.0 for power in (0.5, 0.8, 0.95)]
    assert often[0] * 1.25 < often[1] < often[2] / 1.15


def test_too_few_weeks_can_see_nothing_at_all() -> None:
    assert trend.visible_change(np.arange(4.0), 0.2, 6.0, RULES, 0.05) is None
