"""Weekly means, trends and differences: by hand, against scipy, and rule by rule."""

import msgspec
import numpy as np
import pytest
from msgspec.structs import asdict
from scipy import stats as oracle

from kneedrive.histories import trend
from kneedrive.histories.compare import WeekDifference, week_difference
from kneedrive.histories.result import day_of, week_number
from kneedrive.histories.trend import (
    RunValues,
    TrendFit,
    between_variance,
    trend_columns,
    trend_fit,
    week_means,
    weekly_fit,
)
from kneedrive.method import Method, SeriesRules
from tests.analysis.many_histories import Weeks, draw

RULES = SeriesRules()


def line(weeks: int, change: float, *, noise: float = 0.3, seed: int = 0) -> TrendFit:
    """A single history of one series; the change is from the first run to the last."""
    plan = Weeks(change=change, weeks=weeks, series=1, missing=0.0, run_sd=(noise, noise))
    drawn = draw(plan, 1, seed)
    return trend_fit(drawn.at, drawn.values, drawn.se, RULES)


def split(step: float, *, weeks: int = 24, noise: float = 0.3, seed: int = 0) -> WeekDifference:
    """Two halves of one history of three quantities; the first one moves."""
    plan = Weeks(step=step, step_at=weeks // 2, weeks=weeks, series=3, missing=0.0, run_sd=(noise, noise))
    drawn = draw(plan, 1, seed)
    after = (np.arange(weeks) >= weeks // 2).astype(float)
    return week_difference(drawn.values, drawn.se, after, np.full(3, 0.3), RULES)


def test_a_week_is_the_mean_of_its_runs_and_its_error_that_of_a_mean() -> None:
    drawn = draw(Weeks(series=1, missing=0.0, weeks=400, run_sd=(0.4, 0.4)), 1, 1)
    means = week_means(drawn.values, np.zeros_like(drawn.values))

    assert float(means.run_sd[0, 0]) == pytest.approx(0.4, abs=0.03)
    assert means.variance[0, 0] == pytest.approx(np.full(400, float(means.run_sd[0, 0]) ** 2 / 3))
    assert float(np.std(means.value)) == pytest.approx(0.4 / np.sqrt(3), rel=0.1)
    # Runs within 1.345 SD of their mean are not touched.
    calm = np.abs(drawn.values - drawn.values.mean(axis=-1, keepdims=True)).max(axis=-1) < 0.4
    assert means.value[calm] == pytest.approx(drawn.values.mean(axis=-1)[calm])


def test_a_wild_run_is_held_back_and_a_missing_week_stays_missing() -> None:
    drawn = draw(Weeks(series=1, missing=0.0, run_sd=(0.3, 0.3)), 1, 2)
    values = drawn.values.copy()
    values[0, 0, 4, 0] += 30.0
    values[0, 0, 5] = np.nan
    means, calm = week_means(values, drawn.se), week_means(drawn.values, drawn.se)

    assert 0.0 < means.value[0, 0, 4] - calm.value[0, 0, 4] < 1.0
    assert np.isnan(means.value[0, 0, 5])
    assert list(means.runs[0, 0, 4:6]) == [3, 0]


def test_an_uncertain_run_counts_less() -> None:
    means = week_means(np.array([[[0.0, 1.0]]]), np.array([[[0.1, 1.0]]]))

    assert 0.0 < float(means.value[0, 0]) < 0.5


def test_a_single_run_a_week_leaves_all_scatter_to_the_weeks() -> None:
    drawn = draw(Weeks(series=1, runs=1, weeks=30, missing=0.0), 1, 3)
    means = week_means(drawn.values, np.zeros_like(drawn.values))
    X = np.broadcast_to(np.stack([np.ones(30), drawn.at], axis=-1), (1, 1, 30, 2))

    assert float(means.run_sd[0, 0]) == 0.0
    assert weekly_fit(X, means, RULES).weeks[0, 0] == 30
    theirs = oracle.linregress(drawn.at, drawn.values[0, 0, :, 0])
    assert weekly_fit(X, means, RULES).coefficient[0, 0, 1] == pytest.approx(theirs.slope)


def test_the_variance_between_weeks_is_found() -> None:
    drawn = draw(Weeks(series=1, weeks=40, drift=0.5, run_sd=(0.3, 0.3)), 400, 4)
    X = np.broadcast_to(np.stack([np.ones(40), drawn.at], axis=-1), (400, 1, 40, 2))

    assert float(between_variance(X, week_means(drawn.values, drawn.se)).mean()) == pytest.approx(0.25, abs=0.02)


def test_without_correlation_the_error_of_a_slope_is_scipys() -> None:
    rules = msgspec.structs.replace(RULES, week_rho=0.0, week_rho_max=0.0)
    drawn = draw(Weeks(series=1, weeks=20, runs=1, missing=0.0), 1, 5)
    fit = trend_fit(drawn.at, drawn.values, np.zeros_like(drawn.values), rules)
    theirs = oracle.linregress(drawn.at, drawn.values[0, 0, :, 0])

    assert float(fit.slope_per_week[0, 0]) == pytest.approx(theirs.slope)
    assert float(fit.p[0, 0]) == pytest.approx(theirs.pvalue)
    assert float(fit.freedom[0, 0]) == 18.0
    reach = oracle.t.ppf(0.975, 18) * theirs.stderr * 19
    assert float(fit.high[0, 0] - fit.change[0, 0]) == pytest.approx(reach)


def test_correlated_weeks_widen_the_error_and_cost_degrees_of_freedom() -> None:
    drawn = draw(Weeks(series=1, weeks=30, missing=0.0), 1, 6)
    free = msgspec.structs.replace(RULES, week_rho_max=0.0)
    held = msgspec.structs.replace(RULES, week_rho=0.5, rho_weight=1e12)
    wide, plain = (trend_fit(drawn.at, drawn.values, drawn.se, rules) for rules in (held, free))

    assert float(wide.freedom[0, 0]) == pytest.approx(30 / 3 - 2)
    ratio = (wide.high - wide.change) / oracle.t.ppf(0.975, 8) / ((plain.high - plain.change) / oracle.t.ppf(0.975, 28))
    assert float(ratio[0, 0]) == pytest.approx(np.sqrt(3.0))


def test_a_large_change_is_called_in_its_direction_and_its_interval_holds_it() -> None:
    for change in (1.5, -1.5):
        fit = line(26, change)
        assert bool(fit.called[0, 0])
        assert np.sign(fit.change[0, 0]) == np.sign(change)
        assert float(fit.low[0, 0]) < change < float(fit.high[0, 0])
        assert not bool(fit.steady[0, 0])


def test_seven_weeks_are_not_tested() -> None:
    fit = line(7, 5.0, noise=0.1)

    assert not fit.called.any()
    assert not fit.steady.any()
    assert np.isnan(fit.p).all()
    assert np.isnan(fit.detectable).all()
    assert bool(line(8, 5.0, noise=0.1).called[0, 0])


def test_a_sure_change_too_small_to_matter_is_not_called() -> None:
    fit = line(40, 0.15, noise=0.01)

    assert float(fit.p[0, 0]) < 1e-4
    assert not fit.called.any()
    assert fit.steady.all()


def test_a_change_within_the_runners_own_scatter_is_not_called() -> None:
    fit = line(26, 1.5, noise=0.6)
    strict = msgspec.structs.replace(RULES, detectable=1000.0)
    drawn = draw(Weeks(change=1.5, weeks=26, series=1, missing=0.0, run_sd=(0.6, 0.6)), 1, 0)

    assert float(fit.worthwhile[0, 0]) == pytest.approx(2.77 * float(fit.run_sd[0, 0]) / np.sqrt(26 * 3 / 2))
    assert not trend_fit(drawn.at, drawn.values, drawn.se, strict).called.any()


def test_a_slope_that_one_wild_week_makes_is_stopped_by_theil_sen() -> None:
    values = np.zeros((1, 12, 1))
    values[0, :, 0] = -0.02 * np.arange(12)
    values[0, -1, 0] = 40.0
    lenient = msgspec.structs.replace(RULES, alpha=0.99, min_change=0.0, detectable=0.0)
    fit = trend_fit(np.arange(12.0), values, np.full((1, 12, 1), 0.1), lenient)

    assert float(fit.change[0]) > 0
    assert float(fit.p_holm[0]) < 0.99
    assert not fit.called.any()


def test_noisy_weeks_are_too_early_and_name_what_they_would_show() -> None:
    fit = line(12, 0.0, noise=1.0)

    assert not fit.called.any()
    assert not fit.steady.any()
    assert float(fit.detectable[0, 0]) > 1.0


def test_the_season_is_fitted_along_from_sixty_weeks_on() -> None:
    at = np.arange(120.0)
    season = 0.5 * np.sin(2 * np.pi * at / RULES.year_weeks + 1.0)
    noise = 0.05 * np.random.default_rng(8).standard_normal((1, 120, 2))
    long = trend_fit(at, season[:, None] + noise, np.full((1, 120, 2), 0.05), RULES)
    short = trend_fit(at[:26], (season[:, None] + noise)[:, :26], np.full((1, 26, 2), 0.05), RULES)

    assert (bool(long.seasonal[0]), bool(short.seasonal[0])) == (True, False)
    assert abs(float(long.change[0])) < 0.05
    assert not long.called.any()
    assert float(long.freedom[0]) == pytest.approx(120 * (1 - long.rho[0]) / (1 + long.rho[0]) - 4)


def test_the_season_of_each_week_is_what_was_planted() -> None:
    at = np.arange(65.0)
    season = 0.5 * np.cos(2 * np.pi * at / RULES.year_weeks + 1.0)
    values = (0.002 * at + season)[None, :]
    X = trend_columns(np.broadcast_to(at, (1, 65)), np.array([64.0]), RULES)
    fit = weekly_fit(X, week_means(values[..., None], np.full((1, 65, 1), 0.01)), RULES)

    assert (X[..., 2:] @ fit.coefficient[..., 2:, None])[0, :, 0] == pytest.approx(season, abs=1e-6)


def test_two_series_are_tested_together() -> None:
    drawn = draw(Weeks(change=0.5, weeks=26, missing=0.0), 200, 9)
    both = trend_fit(drawn.at, drawn.values, drawn.se, RULES)
    alone = trend_fit(drawn.at, drawn.values[:, :1], drawn.se[:, :1], RULES)

    assert both.p[:, 0] == pytest.approx(alone.p[:, 0])
    assert both.called[:, 0].sum() < alone.called[:, 0].sum()
    assert (both.p_holm >= both.p).all()


def test_one_history_is_judged_alone_as_among_many() -> None:
    drawn = draw(Weeks(change=1.0), 30, 10)
    many = trend_fit(drawn.at, drawn.values, drawn.se, RULES)
    one = trend_fit(drawn.at, drawn.values[7], drawn.se[7], RULES)

    for name in ("change", "low", "p_holm", "detectable", "rho", "called", "steady"):
        assert getattr(one, name) == pytest.approx(getattr(many, name)[7], abs=1e-3)


def test_a_difference_is_that_of_the_weekly_means_and_found() -> None:
    found = split(1.0)

    assert list(found.changed[0]) == [True, False, False]
    assert found.low[0, 0] < 1.0 < found.high[0, 0]
    assert list(found.more_weeks[0]) == [0.0, 0.0, 0.0]
    assert found.told[0, 1]
    assert found.bound[0, 1] == pytest.approx(max(abs(found.low[0, 1]), abs(found.high[0, 1])))


def test_a_sure_difference_below_the_threshold_is_no_change() -> None:
    found = split(0.2, noise=0.02)

    assert found.p_holm[0, 0] < 0.001
    assert not found.changed.any()
    assert found.told.all()


def test_without_correlation_a_difference_is_students() -> None:
    rules = msgspec.structs.replace(RULES, week_rho=0.0, week_rho_max=0.0)
    values = np.random.default_rng(11).standard_normal((1, 20, 1))
    after = (np.arange(20) >= 9).astype(float)
    found = week_difference(values, np.zeros_like(values), after, np.zeros(1), rules)
    theirs = oracle.ttest_ind(values[0, 9:, 0], values[0, :9, 0])

    assert float(found.p[0]) == pytest.approx(theirs.pvalue)
    assert float(found.low[0]) == pytest.approx(theirs.confidence_interval(0.95).low)


def test_two_weeks_on_a_side_are_not_compared() -> None:
    values = np.random.default_rng(12).standard_normal((3, 12, 2))
    found = week_difference(
        values, np.full(values.shape, 0.1), (np.arange(12) >= 10).astype(float), np.full(3, 0.3), RULES
    )

    assert np.isnan(found.difference).all()
    assert not (found.changed | found.told).any()
    assert (found.weeks_before.tolist(), found.weeks_after.tolist()) == ([10.0] * 3, [2.0] * 3)


def test_the_weeks_that_are_needed_make_the_interval_fine_enough() -> None:
    found = split(0.0, weeks=10, noise=0.6, seed=1)
    short = np.isfinite(found.more_weeks) & (found.more_weeks > 0)
    assert short.any()
    before, after = found.weeks_before[short], found.weeks_after[short] + found.more_weeks[short]
    half = (found.high - found.low)[short] / 2
    now = 1 / found.weeks_before[short] + 1 / found.weeks_after[short]

    assert (half * np.sqrt((1 / before + 1 / after) / now) <= 1.5 * 0.3 + 1e-9).all()


def test_an_earlier_side_that_is_too_short_needs_endless_weeks() -> None:
    values = np.random.default_rng(13).standard_normal((1, 30, 2))
    found = week_difference(
        values, np.full(values.shape, 0.1), (np.arange(30) >= 3).astype(float), np.full(1, 0.1), RULES
    )

    assert np.isinf(found.more_weeks[0])


METHOD = Method()


def straight(weeks: int, change: float, *, noise: float = 0.0, seed: int = 0, runs: int = 3) -> RunValues:
    """So many runs a week whose value rises by `change` from the first run to the last."""
    week = np.repeat(2900 + np.arange(weeks), runs)
    at = week - 3 / 7 + np.tile(np.array([0.2, 0.5, 0.9])[:runs], weeks)
    value = change * (at - at[0]) / max(at[-1] - at[0], 1e-9) + noise * np.random.default_rng(seed).normal(size=len(at))
    return RunValues(at_weeks=at, week=week, value=value, se=np.full(len(at), 0.1))


def without(runs: RunValues, week: int) -> RunValues:
    kept = runs.week != week
    return RunValues(**{name: values[kept] for name, values in asdict(runs).items()})


def test_one_clear_trend_does_not_carry_a_second_one_along() -> None:
    both = trend.trends({"D": straight(16, 2.0, noise=0.2), "P": straight(16, 0.0, noise=0.2, seed=1)}, METHOD)

    assert [each.verdict for each in both] == ["towards drive", "steady"]
    assert both[0].low < 2.0 < both[0].high  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "change", "word"),
    [
        ("D", 2.0, "towards drive"),
        ("D", -2.0, "towards shuffle"),
        ("P", 2.0, "more bounce"),
        ("P", -2.0, "less bounce"),
        ("zSL", 2.0, "longer steps"),
        ("zSL", -2.0, "shorter steps"),
        ("heart_rate_bpm", -3.0, "lower"),
    ],
)
def test_a_called_trend_is_named_by_series_and_direction(name: str, change: float, word: str) -> None:
    (found,) = trend.trends({name: straight(16, change, noise=0.1)}, METHOD, "coros")

    assert (found.verdict, found.called, found.sensor) == (word, True, "coros")
    assert found.change == pytest.approx(change, abs=0.3)


def test_equal_weeks_are_steady_and_not_an_error() -> None:
    (found,) = trend.trends({"D": straight(10, 0.0)}, METHOD)

    assert (found.verdict, found.p, found.change) == ("steady", 1.0, 0.0)


@pytest.mark.parametrize(("weeks", "missing", "advised"), [(7, 1, 5), (8, 0, 4), (12, 0, 0)])
def test_the_weeks_that_are_missing_are_counted(weeks: int, missing: int, advised: int) -> None:
    (found,) = trend.trends({"D": straight(weeks, 5.0, noise=0.05)}, METHOD)

    assert (found.weeks_missing, found.weeks_advised, found.weeks) == (missing, advised, weeks)
    assert (found.verdict == "too early to tell") == bool(missing)
    assert (found.change is None) == bool(missing)


def test_a_series_with_fewer_runs_a_week_is_tested_beside_one_with_more() -> None:
    many, few = straight(12, 1.0, noise=0.1, runs=3), straight(12, 0.0, noise=0.1, runs=2)
    both = trend.trends({"D": many, "P": few}, Method())

    assert [(each.weeks, each.runs) for each in both] == [(12, 36), (12, 24)]
    assert [each.change for each in both] == pytest.approx(
        [trend.trends({"D": each}, Method())[0].change for each in (many, few)]
    )


def test_a_series_without_values_is_too_early_beside_one_with_some() -> None:
    nothing = RunValues(at_weeks=np.empty(0), week=np.empty(0, dtype=np.int64), value=np.empty(0), se=np.empty(0))
    found = trend.trends({"D": nothing, "P": straight(9, 0.0)}, METHOD)

    assert [(each.verdict, each.weeks) for each in found] == [("too early to tell", 0), ("steady", 9)]
    assert trend.trends({}, METHOD) == ()


def test_a_missing_week_is_not_filled_in() -> None:
    gap = without(straight(12, 1.0, noise=0.1), 2904)
    (found,) = trend.trends({"D": gap}, METHOD)

    assert (found.weeks, found.runs) == (11, 33)
    assert [week for week, _ in trend.week_values(gap, METHOD.trend)] == [2900 + n for n in range(12) if n != 4]


def test_a_week_stands_at_the_mean_date_of_its_runs() -> None:
    grid = trend.laid_out(straight(8, 0.0), 2899, 2907)

    np.testing.assert_allclose(grid.at_weeks[1:], 2900 - 3 / 7 + np.arange(8) + (0.2 + 0.5 + 0.9) / 3)
    assert np.isnan(grid.value[0]).all()
    assert week_number(day_of(float(grid.at_weeks[0]))) == 2899


@pytest.mark.parametrize(("weeks", "runs", "half"), [(1, 1, 0.45), (2, 3, 0.45 / np.sqrt(3)), (9, 1, 0.45)])
def test_runs_that_cannot_know_their_scatter_are_given_that_of_others(weeks: int, runs: int, half: float) -> None:
    values = dict(trend.week_values(straight(weeks, 0.0, runs=runs), METHOD.trend))

    assert values[2900].high - values[2900].value == pytest.approx(1.96 * half, rel=0.01)


def test_many_runs_give_a_week_the_error_of_their_own_scatter() -> None:
    values = dict(trend.week_values(straight(40, 0.0, noise=0.3), METHOD.trend))

    assert values[2910].high - values[2910].value == pytest.approx(1.96 * 0.3 / np.sqrt(3), rel=0.25)
    assert values[2910].runs == 3
