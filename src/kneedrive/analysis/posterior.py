"""What is true of a runner at one speed, given what was measured: one joint normal distribution for every sensor.

The runner is x = (zSL, zDF, zk, h): step time, duty factor and torso bounce against what is usual at that speed, and
swing knee bend h against its mean there, all in SDs between runners. Before a recording x is N(0, prior_cov); a
recording measures some parts with error, and what it does not measure is missing, not a special case. The posterior is
normal too, and the odds of a pattern are its mass in the region of the pattern, over one fixed set of points.
`posterior` serves a run, a pace band, the slow part of a run and eight weeks alike. The last part of this file says how
sure a word may be: what the odds allow to be said of the patterns and of the knee.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

import numpy as np

from kneedrive.analysis.features import SINE_SHAPE, bounce_shape
from kneedrive.method import PosteriorRules
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.stats import Mask, below, normal_quantile

RULES = PosteriorRules()
ROOT_2 = math.sqrt(2.0)
TINY = 1e-12  # variance that keeps the root of a covariance real where a part is known exactly
FEWEST_OPEN = 2  # so many patterns are named where none is leant to
RULED_OUT_ALOUD = (Pattern.SHUFFLE, Pattern.DRIVE, Pattern.PISTON)

# D, G and K as weights of x; P is not linear in x.
SCORE_WEIGHTS: Mapping[str, Array] = {
    "D": np.array([1.0, -1.0, 0.0, 0.0]) / ROOT_2,
    "G": np.array([1.0, 1.0, 0.0, 0.0]) / ROOT_2,
    "K": np.array([0.0, 0.0, 1.0, 0.0]),
}


class Basis(StrEnum):
    """Whether contact or bounce was measured, or everything follows from speed and cadence."""

    MEASURED = "measured"
    STEPS = "steps"


class Scale(Record, frozen=True, kw_only=True):
    """What the parts of x mean at a speed: the usual duty factor there, and the SDs between runners in use."""

    speed_mps: float
    duty_factor: float
    sd_DF: float
    sd_ln_k: float

    @property
    def timing_slope(self) -> float:
        """How much of ln B one SD of duty factor takes away, to first order."""
        return self.sd_DF * SINE_SHAPE / bounce_shape(self.duty_factor)

    @property
    def sd_ln_beta(self) -> float:
        """The sB of the method: SD of bounce for the step time between runners, of which zB is counted."""
        return math.hypot(self.timing_slope, self.sd_ln_k)


class Part(Record, frozen=True, kw_only=True):
    """One measured part in SDs between runners: its value, the SE of its epochs and its class's systematic SD."""

    z: float
    se: float = 0.0
    systematic: float = 0.0

    @property
    def variance(self) -> float:
        """Both errors, joined in squares."""
        return self.se**2 + self.systematic**2

    @property
    def known(self) -> bool:
        """Whether it was measured at all: a NaN in any of the three says that it was not."""
        return math.isfinite(self.z) and math.isfinite(self.variance)


class Measurement(Record, frozen=True, kw_only=True):
    """What a recording measured of x; None, or a part with a NaN, where it did not.

    zB is for recordings of bounce without contact time; beside zk it would say the same thing twice (ValueError).
    """

    zSL: Part | None = None
    zDF: Part | None = None
    zk: Part | None = None
    zB: Part | None = None

    def __post_init__(self) -> None:
        if {"zk", "zB"} <= self.parts().keys():
            message = "zk and zB are one oscillation told twice: give zk where contact time was measured, else zB"
            raise ValueError(message)

    def parts(self) -> dict[str, Part]:
        """The measured parts by name, in order."""
        named = {"zSL": self.zSL, "zDF": self.zDF, "zk": self.zk, "zB": self.zB}
        return {name: part for name, part in named.items() if part is not None and part.known}


class Estimate(Record, frozen=True, kw_only=True):
    """Posterior mean and SD."""

    mean: float
    sd: float


class Posterior(Record, frozen=True, kw_only=True):
    """What may be believed of the true x, and of the patterns, at one speed."""

    speed_mps: float
    measured: tuple[str, ...]  # names of the measured parts
    mean: tuple[float, ...]  # of (zSL, zDF, zk, h)
    cov: tuple[tuple[float, ...], ...]  # 4 x 4
    scores: Mapping[str, Estimate]  # D, P, G, K, in SDs between runners
    odds: Mapping[Pattern, float]  # probability of each pattern; regions overlap, so the sum is not 1
    base_rates: Mapping[Pattern, float]  # the same before anything was measured: any runner

    @property
    def basis(self) -> Basis:
        """Steps where neither contact nor bounce was measured."""
        return Basis.STEPS if set(self.measured) <= {"zSL"} else Basis.MEASURED

    @property
    def bounce_measured(self) -> bool:
        """Whether it was measured how far the torso bounces, with contact time (zk) or without (zB)."""
        return bool({"zk", "zB"} & set(self.measured))


def prior_cov(rules: PosteriorRules = RULES) -> Array:
    """Covariance of x between runners, 4 x 4: variances 1, zk independent, h a noisy sum of zSL and zDF."""
    timing = np.array([[1.0, rules.r_zSL_zDF], [rules.r_zSL_zDF, 1.0]])
    cov = np.eye(4)
    cov[:2, :2] = timing
    cov[3, :2] = cov[:2, 3] = timing @ [rules.knee_per_zSL, rules.knee_per_zDF]
    return cov


def conditioned(cov: Array, rows: Array, variances: Array) -> tuple[Array, Array]:
    """Gain (4 x m) and posterior covariance (4 x 4) after measuring rows @ x with independent errors.

    cov: before, 4 x 4. rows: m x 4, variances: m. The posterior mean of a prior mean of 0 is gain @ measured values.
    """
    across = rows @ cov
    gain = np.asarray(np.linalg.solve(across @ rows.T + np.diag(variances), across).T, dtype=np.float64)
    after = cov - gain @ across  # rounding leaves it a hair asymmetric
    return gain, 0.5 * (after + after.T)


def measured_rows(names: tuple[str, ...], scale: Scale) -> Array:
    """What each named part measures, as weights of x: len(names) x 4. zB to first order in zDF."""
    weights = {
        "zSL": (1.0, 0.0, 0.0, 0.0),
        "zDF": (0.0, 1.0, 0.0, 0.0),
        "zk": (0.0, 0.0, 1.0, 0.0),
        "zB": (0.0, -scale.timing_slope / scale.sd_ln_beta, scale.sd_ln_k / scale.sd_ln_beta, 0.0),
    }
    return np.array([weights[name] for name in names]).reshape(-1, 4)


@cache
def normal_points(count: int, base: float) -> Array:
    """Fixed points, count x 3, of a standard normal: an evenly spread sequence (Roberts 2018) by the normal quantile.

    Its fourth coordinate is left out: that is the knee's, whose probability has a closed form and no region.
    """
    shares = np.mod(0.5 + np.outer(np.arange(1, count + 1), base ** -np.arange(1.0, 4.0)), 1.0)
    points = np.asarray(normal_quantile(shares), dtype=np.float64)
    points.setflags(write=False)
    return points


def spread(mean: Array, cov: Array, rules: PosteriorRules = RULES) -> Array:
    """The fixed points of normals with these means (... x 4) and one covariance (4 x 4): ... x points x 3."""
    # The knee is left out: no region asks for it, and its own probability has a closed form.
    root = np.linalg.cholesky(cov[:3, :3] + TINY * np.eye(3))
    points: Array = mean[..., None, :3] + normal_points(rules.points, rules.points_base) @ root.T
    return points


@cache
def any_runner(rules: PosteriorRules = RULES) -> Array:
    """The fixed points (points x 3) of the prior: what the parts of x are before anything is measured."""
    points = spread(np.zeros(4), prior_cov(rules), rules)
    points.setflags(write=False)
    return points


def letters(z: Mapping[str, Array]) -> dict[str, Array]:
    """The scores D, P, G and K from the parts, element by element.

    D and G need no oscillation and P needs no contact time, so one missing channel never takes the others with it.
    """
    return {
        "D": (z["zSL"] - z["zDF"]) / ROOT_2,
        "P": (z["zB"] - z["zSL"]) / ROOT_2,
        "G": (z["zSL"] + z["zDF"]) / ROOT_2,
        "K": z["zk"],
    }


def axes(x: Array, scale: Scale, rules: PosteriorRules = RULES) -> dict[str, Array]:
    """The parts and scores of true values x (... x 3 or 4, the parts in order), by name."""
    zSL, zDF, zk = x[..., 0], x[..., 1], x[..., 2]
    # ln B is not linear in zDF; far out the straight line of B would reach zero, so it ends at a least B.
    ln_B = np.log(np.maximum(1.0 - scale.timing_slope * zDF, rules.least_B))
    z = {"zSL": zSL, "zDF": zDF, "zB": (scale.sd_ln_k * zk + ln_B) / scale.sd_ln_beta, "zk": zk}
    return z | letters(z)


def regions(at: Mapping[str, Array], speed_mps: float, rules: PosteriorRules = RULES) -> dict[Pattern, Mask]:
    """Which patterns hold at these axes. Bounds are inclusive; neutral is where no other holds."""
    limits = {"score": rules.score, "part": rules.part, "-part": -rules.part}
    other = Pattern.SHORT_GROUNDED if speed_mps < rules.shuffle_under_mps else Pattern.SHUFFLE
    held = {
        pattern: np.logical_and.reduce([side.side * at[side.axis] >= limits[side.limit] for side in row.region])
        for pattern, row in PATTERNS.items()
        if row.region and pattern is not other
    }
    return held | {Pattern.NEUTRAL: ~np.logical_or.reduce(list(held.values()))}


def posterior(measurement: Measurement, scale: Scale, rules: PosteriorRules = RULES) -> Posterior:
    """The posterior at the speed of `scale`, which should be the mean speed of what was measured.

    With nothing measured it is the prior, and the odds are the base rates.
    """
    before, parts = prior_cov(rules), measurement.parts()
    names = tuple(parts)
    gain, cov = conditioned(
        before, measured_rows(names, scale), np.array([part.variance for part in parts.values()], dtype=float)
    )
    mean = gain @ np.array([part.z for part in parts.values()], dtype=float)
    at = axes(spread(mean, cov, rules), scale, rules)
    usual = axes(any_runner(rules), scale, rules)
    linear = {name: Estimate(mean=float(w @ mean), sd=math.sqrt(w @ cov @ w)) for name, w in SCORE_WEIGHTS.items()}
    return Posterior(
        speed_mps=scale.speed_mps,
        measured=names,
        mean=tuple(mean.tolist()),
        cov=tuple(tuple(row) for row in cov.tolist()),
        scores=linear | {"P": Estimate(mean=float(at["P"].mean()), sd=float(at["P"].std()))},
        odds={pattern: float(there.mean()) for pattern, there in regions(at, scale.speed_mps, rules).items()},
        base_rates={pattern: float(there.mean()) for pattern, there in regions(usual, scale.speed_mps, rules).items()},
    )


def odds_range(
    measurement: Measurement, scale: Scale, rules: PosteriorRules = RULES
) -> dict[Pattern, tuple[float, float]]:
    """Least and largest odds of each pattern over the correlations of step time and duty factor that are thinkable."""
    cases = [posterior(measurement, scale, rules.replace(r_zSL_zDF=r)).odds for r in (rules.r_zSL_zDF, *rules.r_range)]
    across = {pattern: [odds[pattern] for odds in cases] for pattern in cases[0]}
    return {pattern: (min(odds), max(odds)) for pattern, odds in across.items()}


class Certainty(StrEnum):
    """How a finding may be said: as a fact, as a leaning, or by its odds only."""

    SPOKEN = "spoken"
    LEANING = "leaning"
    OPEN = "open"


class Bend(StrEnum):
    """How the swinging knee may be said to bend against the mean of runners at that speed."""

    LESS = "less"
    MORE = "more"
    UNSAID = ""


class Knee(Record, frozen=True, kw_only=True):
    """Swing knee bend against the mean of runners at this speed; None with a reason where it cannot be told."""

    probability_less: float | None = None  # that it bends less than that mean
    degrees: float | None = None  # posterior mean of the difference, negative: bends less
    se: float | None = None  # its posterior SD, degrees
    certainty: Certainty = Certainty.OPEN
    basis: Basis = Basis.STEPS
    reason: str = ""

    @property
    def bends(self) -> Bend:
        """What may be said in a word."""
        if self.probability_less is None or self.certainty is Certainty.OPEN:
            return Bend.UNSAID
        return Bend.LESS if self.probability_less >= 0.5 else Bend.MORE


def at_most_leaning(
    pattern: Pattern, measured: tuple[str, ...], speed_mps: float, rules: PosteriorRules = RULES
) -> bool:
    """Whether a pattern may not be spoken whatever its odds: from steps alone, a piston without bounce, very slow."""
    if set(measured) <= {"zSL"} or speed_mps < rules.leaning_under_mps:
        return True
    return PATTERNS[pattern].rests_on_bounce and not {"zk", "zB"} & set(measured)


def certainty(pattern: Pattern, posterior: Posterior, rules: PosteriorRules = RULES) -> Certainty:
    """How a pattern may be said, by its odds and by what they rest on."""
    if posterior.odds[pattern] < rules.leaning:
        return Certainty.OPEN
    held_back = at_most_leaning(pattern, posterior.measured, posterior.speed_mps, rules)
    return Certainty.SPOKEN if posterior.odds[pattern] >= rules.spoken and not held_back else Certainty.LEANING


def leading(posterior: Posterior, rules: PosteriorRules = RULES) -> tuple[Pattern, ...]:
    """The patterns to name, the likeliest first: all that reach `leaning`; else two, and all that reach `perhaps`."""
    ranked = sorted(posterior.odds, key=lambda pattern: -posterior.odds[pattern])
    likely = tuple(pattern for pattern in ranked if posterior.odds[pattern] >= rules.leaning)
    return likely or tuple(
        pattern
        for place, pattern in enumerate(ranked)
        if place < FEWEST_OPEN or posterior.odds[pattern] >= rules.perhaps
    )


def ruled_out(posterior: Posterior, rules: PosteriorRules = RULES) -> tuple[Pattern, ...]:
    """Which of shuffle-, drive- and piston-like are too unlikely to be true."""
    return tuple(pattern for pattern in RULED_OUT_ALOUD if posterior.odds.get(pattern, 1.0) <= rules.ruled_out)


def marked(pattern: Pattern, posterior: Posterior, rules: PosteriorRules = RULES) -> bool:
    """Whether a pattern is spoken and its score large."""
    row = PATTERNS[pattern]
    if not row.axis or certainty(pattern, posterior, rules) is not Certainty.SPOKEN:
        return False
    return row.side * posterior.scores[row.axis].mean >= rules.marked


def knee(posterior: Posterior, *, height_known: bool, rules: PosteriorRules = RULES) -> Knee:
    """Swing knee bend as timing tells it. height_known: whether zSL was counted with the runner's height."""
    basis = Basis.MEASURED if "zDF" in posterior.measured else Basis.STEPS
    silence = ""
    if not {"zSL", "zDF"} & set(posterior.measured):
        silence = "the knee is told from step and contact time, and neither was measured"
    elif basis is Basis.STEPS and not height_known:
        silence = "from steps alone the knee can be told only with the runner's height"
    elif not rules.knee_slow_mps <= posterior.speed_mps <= rules.knee_fast_mps:
        silence = f"runners were filmed at {rules.knee_slow_mps} to {rules.knee_fast_mps} m/s only"
    if silence:
        return Knee(basis=basis, reason=silence)
    mean, sd = posterior.mean[3], math.sqrt(posterior.cov[3][3])  # of h, the fourth part of x
    less = below(-mean / sd)
    sure = Certainty.SPOKEN if basis is Basis.MEASURED else Certainty.LEANING
    return Knee(
        probability_less=less,
        degrees=rules.knee_sd_deg * mean,
        se=rules.knee_sd_deg * sd,
        certainty=sure if max(less, 1.0 - less) >= rules.spoken else Certainty.OPEN,
        basis=basis,
    )
