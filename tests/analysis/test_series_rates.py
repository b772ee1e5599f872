"""False alarms and power of the serial statistics: small here, at full size where marked slow.

The generators and all rates are those of tests/validation/series.py. A limit holds when the share is within it and
two standard errors.
"""

import pytest

from tests.analysis.many_histories import Blocks, Runs, Weeks
from tests.validation import series, shuffled
from tests.validation.series import DRIFTS, FADE_LIMIT, HARDEST, OWN_LIMITS, POWER_LIMITS, TREND_LIMITS, Rate

SMALL, FULL = 500, 5000
SIZES = [SMALL, pytest.param(FULL, marks=pytest.mark.slow)]


def within(rate: Rate, limit: float) -> bool:
    return rate.share <= limit + 2.0 * (limit * (1.0 - limit) / rate.of) ** 0.5


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("weeks", [16, 39])
@pytest.mark.parametrize("name", TREND_LIMITS)
def test_steady_weeks_are_seldom_called(name: str, weeks: int, count: int) -> None:
    assert within(series.trend_alarms(DRIFTS[name]._replace(weeks=weeks), count, 51), TREND_LIMITS[name])


@pytest.mark.parametrize("count", SIZES)
def test_a_season_alone_is_no_trend_once_a_year_has_been_seen(count: int) -> None:
    season = DRIFTS["season of 0.2"]

    assert within(series.trend_alarms(season._replace(weeks=78), count, 52), 0.05)
    assert series.trend_alarms(season._replace(weeks=39), SMALL, 52).share > 0.3


@pytest.mark.parametrize("weeks", [16, 26, pytest.param(39, marks=pytest.mark.slow)])
def test_a_change_is_found_nearly_as_often_as_plain_least_squares_would_at_equal_false_alarms(weeks: int) -> None:
    planted = Weeks(weeks=weeks, change=1.0)
    hardest = DRIFTS[HARDEST]._replace(weeks=weeks)
    alarms = series.trend_alarms(hardest, 3000, 53)
    mine = series.trend_power(planted, 3000, 54)
    plain = series.plain_power(hardest, planted, alarms.share, 3000, 55)

    assert mine.share / plain.share >= POWER_LIMITS[weeks] - 0.03


@pytest.mark.parametrize("weeks", [16, 26])
def test_where_steady_is_said_a_change_of_one_would_have_been_called(weeks: int) -> None:
    found = series.seen_where_steady(Weeks(weeks=weeks), SMALL, 56)

    assert found.of > 100
    assert found.share >= 0.8


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("weeks", [8, 24])
@pytest.mark.parametrize("name", TREND_LIMITS)
def test_unchanged_weeks_seldom_differ(name: str, weeks: int, count: int) -> None:
    assert within(series.compare_alarms(DRIFTS[name]._replace(weeks=weeks), count, 57), 0.075)


def test_a_difference_of_one_is_found_over_twelve_weeks_a_side() -> None:
    assert series.compare_power(Weeks(weeks=24, step=1.0), SMALL, 58).share > 0.95


@pytest.mark.parametrize("count", [300, pytest.param(FULL, marks=pytest.mark.slow)])
@pytest.mark.parametrize("runs", [8, 24])
@pytest.mark.parametrize("drift", OWN_LIMITS)
def test_an_unchanged_run_is_seldom_clearly_different(drift: float, runs: int, count: int) -> None:
    assert within(series.own_alarms(Runs(runs=runs, drift=drift), count, 59), OWN_LIMITS[drift])


def test_more_runs_find_a_changed_one_more_often() -> None:
    found = [series.own_power(Runs(runs=runs, change=4.0), 200, 60).share for runs in (8, 24)]

    assert found[0] > 0.4
    assert found[1] > 0.7


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("wander", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("minutes", [40, 60, 120])
def test_an_unchanged_run_seldom_fades(minutes: int, wander: float, count: int) -> None:
    assert within(series.fade_alarms(Blocks(minutes=minutes, wander=wander), count, 61), FADE_LIMIT)


@pytest.mark.parametrize("wander", series.FADE_POWER)
def test_a_fade_of_four_epoch_sd_is_found_in_an_hour(wander: float) -> None:
    found = series.fade_power(Blocks(minutes=60, wander=wander, change=4.0), 1000, 62)

    assert found.share >= series.FADE_POWER[wander]


def test_a_fade_that_begins_half_way_is_known_to_be_missed() -> None:
    """Not a promise but a limit: what a line does not follow looks like the wander of a sensor."""
    late = Blocks(minutes=60, change=4.0, begins=0.5)

    assert series.fade_power(late, SMALL, 64).share < 0.1


def test_a_rate_beyond_its_limit_is_named() -> None:
    rates = {"calm": Rate(0.04, 1000), "wild": Rate(0.2, 1000)}

    assert series.told(series.broken(rates, {"calm": 0.05, "wild": 0.05})) == "Limits broken for: wild."
    assert series.told([]) == "All limits hold."


@pytest.mark.skipif(not shuffled.TABLE.is_file(), reason="the folder of real recordings is not on this machine")
@pytest.mark.parametrize("runs", [8, 24])
def test_real_runs_in_random_order_are_seldom_clearly_different(runs: int) -> None:
    found = shuffled.shuffled(runs, 60, 63, shuffled.runners())

    assert len(found.shares) >= 5
    assert found.shares.mean() <= 0.06
