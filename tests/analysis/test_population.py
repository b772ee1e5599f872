"""Means, spreads and correlations of many runners: what was planted is found, with intervals that cover it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats as oracle

from kneedrive.analysis.population import (
    LEAST_RUNNERS,
    Interval,
    base_rates,
    correlation,
    in_use,
    joint,
    level,
    runners_at,
)
from kneedrive.method import Method
from kneedrive.patterns import Pattern
from tests.seen_by import against

RUNNERS, RUNS = 400, 4
R = -0.30
COV = np.array([[1.0, R * 1.5, 0.0], [R * 1.5, 2.25, 0.0], [0.0, 0.0, 0.64]])  # SDs of 1, 1.5 and 0.8
NAMES = ("zSL", "zDF", "zk")


def cohort(seed: int, *, shift: float = 0.0, run_sd: float = 0.5) -> dict[str, Any]:
    """Runner means as the store gives them, of runners whose classes read off by `shift`, with noise from run to run.

    The noise of zSL and zDF is the same, as that of a speed read wrongly would be.
    """
    rng = np.random.default_rng(seed)
    true = rng.multivariate_normal(np.zeros(3), COV, RUNNERS)
    noise = run_sd * rng.standard_normal((RUNNERS, RUNS, 3))
    noise[..., 1] = noise[..., 0]
    runs = true[:, None, :] + noise
    sensor = np.where(np.arange(RUNNERS) % 2, "coros", "garmin_strap")
    runs[sensor == "coros"] += shift
    found: dict[str, Any] = {"sensor": sensor, "speed_mps": np.full(RUNNERS, 2.8), "height_m": np.full(RUNNERS, 1.75)}
    found |= {name: runs[..., place].mean(axis=1) for place, name in enumerate(NAMES)}
    for a, first in enumerate(NAMES):
        for b, second in enumerate(NAMES[a:], start=a):
            apart = runs - runs.mean(axis=1, keepdims=True)
            found[f"{first}_{second}"] = (apart[..., a] * apart[..., b]).sum(axis=1) / (RUNS - 1) / RUNS
    return found


def covers(found: Interval | None, true: float) -> bool:
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    return found.low <= true <= found.high


def test_the_planted_distribution_is_covered_whatever_classes_read_off() -> None:
    """Of 200 cohorts about 95 in 100 cover what was planted; shared noise and shifts of a class are no part of it."""
    found = [joint(cohort(seed, shift=2.0)) for seed in range(200)]
    shares = {
        "r": np.mean([covers(each.correlations["zSL zDF"], R) for each in found]),
        "none": np.mean([covers(each.correlations["zSL zk"], 0.0) for each in found]),
        **{
            name: np.mean([covers(each.levels[name].sd, sd) for each in found])
            for name, sd in zip(NAMES, (1.0, 1.5, 0.8), strict=True)
        },
    }

    assert all(0.89 <= share <= 0.99 for share in shares.values()), shares


def test_noise_of_few_runs_is_not_taken_for_runners() -> None:
    runners = cohort(1, run_sd=2.0)
    with_noise, without = level(runners["zk"]), level(runners["zk"], runners["zk_zk"])

    assert with_noise.sd is not None
    assert without.sd is not None
    assert with_noise.sd.value > 1.2  # sqrt(0.64 + 2^2/4) is 1.28
    assert without.sd.value == pytest.approx(0.8, abs=0.15)


def test_a_mean_is_covered() -> None:
    rng = np.random.default_rng(0)
    found = [level(rng.normal(0.4, 1.0, 20)) for _ in range(1000)]

    assert np.mean([covers(each.mean, 0.4) for each in found]) == pytest.approx(0.95, abs=0.02)


def test_few_runners_have_no_spread_and_one_has_no_interval() -> None:
    values = np.array([0.2, 0.4, np.nan])
    assert level(values[2:]).mean is None
    assert level(values[:1]).mean == Interval(0.2)
    assert level(values).runners == 2
    assert level(values).sd is None
    few = np.arange(LEAST_RUNNERS - 1, dtype=float)
    assert correlation(few, few**2) is None


def test_a_correlation_of_few_runners_has_the_interval_of_fishers_z() -> None:
    first, second = np.random.default_rng(4).multivariate_normal([0.0, 0.0], [[1.0, 0.5], [0.5, 1.0]], LEAST_RUNNERS).T
    found, theirs = correlation(first, second), oracle.pearsonr(first, second)
    interval = theirs.confidence_interval(0.95)

    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((theirs.statistic, *interval), abs=1e-4)


def test_a_part_without_spread_has_no_correlation() -> None:
    many = np.arange(20, dtype=float)
    assert correlation(many, np.zeros(20)) is None


def test_what_is_in_use_is_widened_by_the_errors_of_the_sensors() -> None:
    """At 2.8 m/s with height: zSL by 0.36, zDF of strap and COROS by 2.1 and 2.7 pp of 2.71, zk by 0.068 and 0.09."""
    found = in_use(cohort(1))

    sd_DF = 0.010 + 0.048 / 2.8
    expected = {
        "zSL": 1 + 0.36**2,
        "zDF": 1 + ((0.021 / sd_DF) ** 2 + (0.027 / sd_DF) ** 2) / 2,
        "zk": 1 + ((0.068 / 0.075) ** 2 + (0.09 / 0.075) ** 2) / 2,
    }
    assert {name: sd**2 for name, sd in found.sd.items()} == pytest.approx(expected, rel=1e-6)
    r = Method().posterior.r_zSL_zDF / np.sqrt(expected["zSL"] * expected["zDF"])
    assert found.correlations["zSL zDF"] == pytest.approx(r, rel=1e-6)
    assert found.correlations["zSL zk"] == 0.0


def test_base_rates_are_those_of_the_method() -> None:
    """The method page: neutral 0.36, drive 0.19, shuffle 0.19, piston 0.14, long-grounded 0.10, short-airy 0.10."""
    assert base_rates() == pytest.approx(
        {
            Pattern.NEUTRAL: 0.36,
            Pattern.DRIVE: 0.19,
            Pattern.SHUFFLE: 0.19,
            Pattern.PISTON: 0.14,
            Pattern.LONG_GROUNDED: 0.10,
            Pattern.SHORT_AIRY: 0.10,
        },
        abs=0.006,
    )


def test_the_sensor_of_a_watch_alone_says_nothing_of_contact() -> None:
    wrist = cohort(1) | {"sensor": np.full(RUNNERS, "garmin_wrist"), "zDF": np.full(RUNNERS, np.nan)}
    assert in_use(wrist).sd["zDF"] == 1.0
    assert joint(wrist).levels["zDF"].runners == 0
    assert joint(wrist).correlations["zSL zDF"] is None


@pytest.mark.parametrize("speed_mps", [1.3, 1.7, 2.8])
def test_nobody_is_on_the_ground_longer_than_is_possible(speed_mps: float) -> None:
    drawn = runners_at(speed_mps, against("garmin_strap", None))

    assert 0.05 <= drawn["duty_factor"].min() < drawn["duty_factor"].max() <= 0.6
    assert np.all(drawn["vertical_oscillation_m"] > 0.0)


def test_runners_with_more_of_a_step_on_the_ground_are_drawn_with_that_score() -> None:
    drawn = runners_at(2.8, against("garmin_strap"))
    zDF = (drawn["G"] - drawn["D"]) / np.sqrt(2.0)

    assert np.corrcoef(zDF, drawn["duty_factor"])[0, 1] > 0.999
