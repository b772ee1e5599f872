"""The joint posterior: what the method page states of it, independent oracles, and what it refuses."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Mapping

import msgspec
import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.stats import multivariate_normal, norm

from kneedrive.analysis.posterior import (
    RULES,
    Basis,
    Measurement,
    Part,
    Posterior,
    Scale,
    axes,
    conditioned,
    measured_rows,
    normal_points,
    odds_range,
    posterior,
    prior_cov,
    regions,
    spread,
)
from kneedrive.method import PosteriorRules
from kneedrive.patterns import Pattern
from kneedrive.recording import Array
from tests.seen_by import scale_at, seen_by

AT = scale_at(2.8)
NOTHING = Measurement()
NAN = math.nan
ROOT_2 = math.sqrt(2.0)
MASS = 0.007  # how far the mass over the fixed points may be from the true one


def steps(z: float, *, height_known: bool = True) -> Measurement:
    return seen_by("none", {"zSL": z}, AT, height_known=height_known)


def strap(zSL: float, zDF: float, zk: float, scale: Scale = AT) -> Measurement:
    return seen_by("garmin_strap", {"zSL": zSL, "zDF": zDF, "zk": zk}, scale)


def by_name(odds: Mapping[Pattern, float], *names: str) -> list[float]:
    return [odds[Pattern(name)] for name in names]


# What the method page states.


def test_any_runner_has_the_base_rates_of_the_page() -> None:
    stated = {
        Pattern.NEUTRAL: 0.36,
        Pattern.DRIVE: 0.19,
        Pattern.SHUFFLE: 0.19,
        Pattern.PISTON: 0.14,
        Pattern.LONG_GROUNDED: 0.10,
        Pattern.SHORT_AIRY: 0.10,
    }
    assert posterior(NOTHING, AT).odds == pytest.approx(stated, abs=0.005)


@pytest.mark.parametrize(
    ("zSL", "stated"),
    [
        (-2.0, {"shuffle-like": 0.61, "short-airy": 0.21, "piston-like": 0.25, "drive-like": 0.0}),
        (-1.0, {"shuffle-like": 0.47, "short-airy": 0.26, "piston-like": 0.29, "drive-like": 0.0}),
        (1.0, {"drive-like": 0.47, "long-grounded": 0.26, "shuffle-like": 0.0, "piston-like": 0.0}),
        (0.0, {"neutral": 0.64}),
    ],
)
def test_steps_alone_have_the_odds_of_the_page(zSL: float, stated: dict[str, float]) -> None:
    odds = posterior(steps(zSL), AT).odds

    assert by_name(odds, *stated) == pytest.approx(list(stated.values()), abs=0.0055)


def test_two_thirds_of_short_airy_runners_are_piston_like_too() -> None:
    held = regions(axes(spread(np.zeros(4), prior_cov()), AT), 2.8)
    airy = held[Pattern.SHORT_AIRY]

    assert held[Pattern.PISTON][airy].mean() == pytest.approx(0.66, abs=0.02)


def test_the_knee_goes_with_drive_as_on_the_page() -> None:
    cov, D = prior_cov(), np.array([1.0, -1.0, 0.0, 0.0]) / ROOT_2

    assert cov[3] @ D / math.sqrt(D @ cov @ D) == pytest.approx(0.61, abs=0.005)
    assert cov[3, :2] @ [0.36, -0.40] == pytest.approx(0.38, abs=0.005)
    assert np.diag(cov) == pytest.approx(np.ones(4))
    assert cov[2].tolist() == [0.0, 0.0, 1.0, 0.0]


def test_the_range_from_steps_is_that_of_correlations_from_0_to_a_half() -> None:
    stated = posterior(steps(-2.0), AT).odds
    other = [
        posterior(steps(-2.0), AT, msgspec.structs.replace(RULES, r_zSL_zDF=r)).odds[Pattern.SHUFFLE]
        for r in (0.0, -0.5)
    ]
    low, high = odds_range(steps(-2.0), AT)[Pattern.SHUFFLE]

    assert (low, high) == tuple(other)
    assert low == pytest.approx(0.40, abs=0.01)
    assert high == pytest.approx(0.76, abs=0.01)
    assert low < stated[Pattern.SHUFFLE] < high


def test_the_range_holds_what_is_stated_even_where_odds_do_not_follow_the_correlation() -> None:
    measured = strap(0.3, 0.4, -0.2)
    stated, found = posterior(measured, AT).odds, odds_range(measured, AT)

    assert found.keys() == stated.keys()
    assert all(low <= stated[pattern] <= high for pattern, (low, high) in found.items())


# Oracles.


@pytest.mark.parametrize(
    "measured",
    [NOTHING, steps(-1.3), strap(0.8, -1.1, 0.4), Measurement(zDF=Part(z=1.0, se=0.3, systematic=0.8))],
    ids=["nothing", "steps", "strap", "contact"],
)
def test_mean_and_covariance_are_those_of_the_precision_form(measured: Measurement) -> None:
    parts = measured.parts()
    rows = np.eye(4)[[("zSL", "zDF", "zk").index(name) for name in parts]]
    weight = np.diag([1.0 / (part.se**2 + part.systematic**2) for part in parts.values()])
    cov = np.linalg.inv(np.linalg.inv(prior_cov()) + rows.T @ weight @ rows)
    mean = cov @ rows.T @ weight @ np.array([part.z for part in parts.values()])
    found = posterior(measured, AT)

    assert np.array(found.mean) == pytest.approx(mean)
    assert np.array(found.cov) == pytest.approx(cov)
    assert found.scores["D"].mean == pytest.approx((mean[0] - mean[1]) / ROOT_2)
    assert found.scores["D"].sd == pytest.approx(math.sqrt((cov[0, 0] + cov[1, 1] - 2 * cov[0, 1]) / 2))
    assert found.scores["G"].mean == pytest.approx((mean[0] + mean[1]) / ROOT_2)
    assert found.scores["K"].mean == pytest.approx(mean[2])


def quadrant(found: Posterior) -> float:
    """Mass of zSL >= 0.25 and zDF <= -0.25."""
    turned = np.diag([-1.0, 1.0])
    mean, cov = turned @ found.mean[:2], turned @ np.array(found.cov)[:2, :2] @ turned
    return float(multivariate_normal(mean, cov).cdf([-0.25, -0.25]))


@pytest.mark.parametrize("measured", [NOTHING, steps(1.0), strap(0.8, -0.4, 0.0)], ids=["nothing", "steps", "strap"])
def test_a_quadrant_has_the_mass_of_the_bivariate_normal(measured: Measurement) -> None:
    """With a mark of 0.35 for D the region of drive is the quadrant of its two parts."""
    rules = PosteriorRules(score=0.35)

    found = posterior(measured, AT, rules)

    assert found.odds[Pattern.DRIVE] == pytest.approx(quadrant(found), abs=MASS)


def drive_mass(found: Posterior) -> float:
    """By integrating over zSL: zDF is normal given zSL."""
    cov = np.array(found.cov)
    slope, sd = cov[0, 1] / cov[0, 0], math.sqrt(cov[1, 1] - cov[0, 1] ** 2 / cov[0, 0])
    first = norm(found.mean[0], math.sqrt(cov[0, 0]))

    def at(zSL: float) -> float:
        middle = found.mean[1] + slope * (zSL - found.mean[0])
        return float(first.pdf(zSL) * norm.cdf((min(-0.25, zSL - 0.7 * ROOT_2) - middle) / sd))

    return float(quad(at, 0.25, 8.0, points=[0.7 * ROOT_2 - 0.25])[0])


def piston_mass(found: Posterior, scale: Scale) -> float:
    """By integrating over zSL and zDF: zk stands apart from them unless it was measured through zB."""
    cov = np.array(found.cov)
    weight, zk_sd = np.linalg.inv(cov[:2, :2]), math.sqrt(cov[2, 2])
    top = math.sqrt(np.linalg.det(weight)) / (2.0 * math.pi)
    slope = 0.1816901 * scale.sd_DF / (0.125 - 0.1816901 * scale.duty_factor)
    sB = math.hypot(slope, scale.sd_ln_k)

    def at(zDF: float, zSL: float) -> float:
        bound = (sB * max(0.25, 0.7 * ROOT_2 + zSL) - math.log(max(1.0 - slope * zDF, 0.05))) / scale.sd_ln_k
        off = np.array([zSL, zDF]) - found.mean[:2]
        return top * math.exp(-0.5 * off @ weight @ off) * 0.5 * math.erfc((bound - found.mean[2]) / (zk_sd * ROOT_2))

    return float(dblquad(at, -6.0, 0.25, -6.0, 6.0, epsabs=1e-4, epsrel=1e-4)[0])


@pytest.mark.parametrize(
    "measured", [NOTHING, steps(1.0), strap(0.8, -1.1, 0.4), strap(1.5, -1.5, 0.0)], ids=["nothing", "steps", "a", "b"]
)
def test_drive_has_the_mass_of_its_integral(measured: Measurement) -> None:
    found = posterior(measured, AT)

    assert found.odds[Pattern.DRIVE] == pytest.approx(drive_mass(found), abs=MASS)


@pytest.mark.parametrize("speed_mps", [2.2, 4.5])
def test_piston_has_the_mass_of_its_integral_at_its_speed(speed_mps: float) -> None:
    scale = scale_at(speed_mps)
    found = posterior(strap(-0.9, -0.3, 1.2, scale), scale)

    assert found.odds[Pattern.PISTON] == pytest.approx(piston_mass(found, scale), abs=MASS)


def simulated(found: Posterior, scale: Scale, random: np.random.Generator) -> dict[Pattern, float]:
    """Masses over a quarter of a million random draws; axes and regions are written out again here."""
    zSL, zDF, zk, _ = random.multivariate_normal(found.mean, found.cov, 250_000).T
    B = 0.125 - (0.5 - 1 / math.pi) * scale.duty_factor
    ratio = 1.0 - (0.5 - 1 / math.pi) * scale.sd_DF * zDF / B
    sB = math.hypot((0.5 - 1 / math.pi) * scale.sd_DF / B, scale.sd_ln_k)
    zB = (scale.sd_ln_k * zk + np.log(np.clip(ratio, 0.05, None))) / sB
    D, P, G = (zSL - zDF) / ROOT_2, (zB - zSL) / ROOT_2, (zSL + zDF) / ROOT_2
    short = Pattern.SHUFFLE if scale.speed_mps < 3.0 else Pattern.SHORT_GROUNDED
    held = {
        short: (D <= -0.7) & (zSL <= -0.25) & (zDF >= 0.25),
        Pattern.DRIVE: (D >= 0.7) & (zSL >= 0.25) & (zDF <= -0.25),
        Pattern.PISTON: (P >= 0.7) & (zB >= 0.25) & (zSL <= 0.25),
        Pattern.LONG_GROUNDED: (G >= 0.7) & (zSL >= 0.25) & (zDF >= 0.25),
        Pattern.SHORT_AIRY: (G <= -0.7) & (zSL <= -0.25) & (zDF <= -0.25),
    }
    none = np.ones(len(zSL), dtype=bool)
    for there in held.values():
        none &= ~there
    return {pattern: float(there.mean()) for pattern, there in (held | {Pattern.NEUTRAL: none}).items()}


def test_every_mass_is_that_of_random_draws() -> None:
    """28 measurements over speeds and sensors: each mass near, and the root of their mean square very near."""
    random, gaps = np.random.default_rng(7), []
    for sensor in ("none", "stryd", "garmin_strap", "coros") * 7:
        scale = scale_at(float(random.uniform(2.0, 4.8)), height_m=float(random.choice([1.78, 1.55])))
        z = dict(zip(("zSL", "zDF", "zk"), random.normal(0.0, 1.3, 3).tolist(), strict=True))
        found = posterior(seen_by(sensor, z, scale), scale)
        true = simulated(found, scale, random)
        assert found.odds.keys() == true.keys()
        gaps += [found.odds[pattern] - mass for pattern, mass in true.items()]

    assert np.abs(gaps).max() < MASS + 0.003  # of the draws themselves
    assert np.sqrt(np.mean(np.square(gaps))) < 0.002


def test_true_parts_are_where_the_posterior_says() -> None:
    """Over drawn runners the true x, against the posterior mean, scatters as its covariance."""
    random = np.random.default_rng(3)
    truth = random.multivariate_normal(np.zeros(4), prior_cov(), 100_000)
    rows, sd = measured_rows(("zSL", "zDF"), AT), np.array([0.36, 0.8])
    seen = truth @ rows.T + sd * random.standard_normal((100_000, 2))
    gain, cov = conditioned(prior_cov(), rows, sd**2)
    left = truth - seen @ gain.T

    assert np.cov(left.T) == pytest.approx(cov, abs=0.01)
    assert np.abs(left.T @ seen / len(seen)).max() < 0.01  # nothing of what was seen is left unused


# One function for everything: parts, speeds, runs of weeks.


def test_what_is_not_measured_changes_nothing() -> None:
    alone = posterior(Measurement(zSL=Part(z=-1.0, systematic=0.36)), AT)
    holes = posterior(
        Measurement(zSL=Part(z=-1.0, systematic=0.36), zDF=Part(z=NAN, systematic=0.8), zk=Part(z=0.5, systematic=NAN)),
        AT,
    )

    assert holes == alone
    assert (alone.measured, alone.basis) == (("zSL",), Basis.STEPS)


def test_nothing_measured_is_any_runner() -> None:
    found = posterior(NOTHING, AT)

    assert found.odds == found.base_rates
    assert found.mean == (0.0, 0.0, 0.0, 0.0)
    assert np.array(found.cov) == pytest.approx(prior_cov())


def test_base_rates_do_not_depend_on_what_was_measured() -> None:
    assert posterior(strap(2.0, -2.0, 1.0), AT).base_rates == posterior(NOTHING, AT).odds


def test_errors_are_joined_in_squares() -> None:
    both = posterior(Measurement(zSL=Part(z=-1.0, se=0.3, systematic=0.4)), AT)

    assert both.mean == pytest.approx(posterior(Measurement(zSL=Part(z=-1.0, se=0.5)), AT).mean)
    assert both.mean[0] == pytest.approx(-1.0 / 1.25)


def test_weeks_lose_the_noise_and_keep_the_systematic_error() -> None:
    run, weeks, known = (
        posterior(Measurement(zDF=Part(z=1.0, se=se, systematic=0.8)), AT).scores["D"].sd for se in (0.5, 0.05, 0.0)
    )

    assert run > weeks > known
    assert weeks == pytest.approx(known, abs=0.002)


@pytest.mark.parametrize(("speed_mps", "key"), [(2.99, Pattern.SHUFFLE), (3.0, Pattern.SHORT_GROUNDED)])
def test_short_grounded_steps_are_a_shuffle_at_slow_speeds_only(speed_mps: float, key: Pattern) -> None:
    scale = scale_at(speed_mps)
    found = posterior(strap(-2.0, 2.0, 0.0, scale), scale)

    assert len(found.odds) == 6
    assert max(found.odds, key=lambda pattern: found.odds[pattern]) is key
    assert found.odds.keys() == found.base_rates.keys()


def test_bounce_for_the_timing_depends_on_the_speed() -> None:
    slow, fast = (posterior(NOTHING, scale_at(speed)).odds[Pattern.PISTON] for speed in (2.0, 4.5))

    assert slow == pytest.approx(0.130, abs=0.005)
    assert fast == pytest.approx(0.147, abs=0.005)


def test_contact_so_long_that_no_bounce_is_left_stays_finite() -> None:
    zB = axes(np.array([[0.0, zDF, 0.0] for zDF in (5.0, 50.0, 500.0)]), AT)["zB"]

    assert np.isfinite(zB).all()
    assert zB[1] == zB[2] == pytest.approx(math.log(0.05) / AT.sd_ln_beta)
    assert zB[0] > zB[1]


def test_bounce_without_contact_is_measured_as_one_sum() -> None:
    """Near the middle, where zB is linear: as zk and zDF weighed together."""
    slope = AT.timing_slope
    found = posterior(Measurement(zB=Part(z=1.0, se=0.5)), AT)
    total = 1.0 + 0.25

    assert AT.sd_ln_beta == pytest.approx(math.hypot(slope, 0.075))
    assert found.mean[2] == pytest.approx(0.075 / AT.sd_ln_beta / total)
    assert found.mean[1] == pytest.approx(-slope / AT.sd_ln_beta / total)
    assert found.scores["P"].mean > posterior(NOTHING, AT).scores["P"].mean + 0.4


def test_one_oscillation_is_not_counted_twice() -> None:
    with pytest.raises(ValueError, match="told twice"):
        Measurement(zk=Part(z=0.0, systematic=0.9), zB=Part(z=0.0, systematic=0.5))
    assert list(Measurement(zk=Part(z=NAN), zB=Part(z=0.0, systematic=0.5)).parts()) == ["zB"]


def test_a_part_known_exactly_is_taken_at_its_word() -> None:
    found = posterior(Measurement(zSL=Part(z=-1.0), zDF=Part(z=1.0), zk=Part(z=0.0)), AT)

    assert found.odds[Pattern.SHUFFLE] == 1.0
    assert found.odds[Pattern.NEUTRAL] == 0.0
    assert found.scores["D"].mean == pytest.approx(-ROOT_2)


# The points, the same everywhere and quick.


def expected_points() -> Array:
    """The sequence written out, term by term."""
    p = 1.1673039782614187
    assert p**5 == pytest.approx(p + 1.0)
    shares = [[math.fmod(0.5 + n * p**-axis, 1.0) for axis in (1, 2, 3)] for n in range(1, 4097)]
    return np.asarray(norm.ppf(shares))


def test_the_points_are_the_stated_sequence() -> None:
    points = normal_points(RULES.points, RULES.points_base)

    assert points.shape == (4096, 3)
    assert points == pytest.approx(expected_points(), abs=1e-9)
    assert points.mean(axis=0) == pytest.approx(np.zeros(3), abs=0.005)
    assert np.cov(points.T) == pytest.approx(np.eye(3), abs=0.03)  # axes 1 and 3: 0.026


def test_the_points_are_made_once_and_cannot_be_changed() -> None:
    points = normal_points(RULES.points, RULES.points_base)

    assert normal_points(RULES.points, RULES.points_base) is points
    with pytest.raises(ValueError, match="read-only"):
        points[0, 0] = 0.0


def test_many_means_at_once_are_each_alone() -> None:
    means = np.array([[0.5, -0.5, 0.0, 0.0], [-1.0, 1.0, 0.3, 0.0]])
    together = regions(axes(spread(means, prior_cov()), AT), 2.8)

    for row, mean in enumerate(means):
        alone = regions(axes(spread(mean, prior_cov()), AT), 2.8)
        assert all(np.array_equal(there[row], alone[pattern]) for pattern, there in together.items())


SAY = """
from kneedrive.analysis.posterior import Measurement, Part, Scale, posterior
measured = Measurement(zSL=Part(z=-0.7, se=0.1, systematic=0.36), zDF=Part(z=0.9, systematic=0.8))
said = repr(posterior(measured, Scale(speed_mps=2.8, duty_factor=0.376, sd_DF=0.027, sd_ln_k=0.075)))
"""


def test_two_processes_say_the_same_to_the_last_digit() -> None:
    here: dict[str, str] = {}
    exec(SAY, here)
    there = subprocess.run([sys.executable, "-c", SAY + "print(said)"], capture_output=True, text=True, check=True)

    assert there.stdout.strip() == here["said"]


def test_a_measurement_is_as_a_value_should_be() -> None:
    assert msgspec.json.decode(msgspec.json.encode(steps(-1.0)), type=Measurement) == steps(-1.0)
    with pytest.raises(AttributeError):
        steps(-1.0).zSL = None  # type: ignore[misc]
