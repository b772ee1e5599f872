"""How sure a word may be: what the odds of a posterior allow to be said of the patterns and of the knee."""

from __future__ import annotations

import math
from enum import StrEnum

from kneedrive.analysis.posterior import RULES, Basis, Posterior
from kneedrive.method import PosteriorRules
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.record import Record
from kneedrive.stats import below

FEWEST_OPEN = 2  # so many patterns are named where none is leant to
RULED_OUT_ALOUD = (Pattern.SHUFFLE, Pattern.DRIVE, Pattern.PISTON)


class Certainty(StrEnum):
    """How a finding may be said: as a fact, as a leaning, or by its odds only."""

    SPOKEN = "spoken"
    LEANING = "leaning"
    OPEN = "open"


class Knee(Record, frozen=True, kw_only=True):
    """Swing knee bend against the mean of runners at this speed; None with a reason where it cannot be told."""

    probability_less: float | None = None  # that it bends less than that mean
    degrees: float | None = None  # posterior mean of the difference, negative: bends less
    se: float | None = None  # its posterior SD, degrees
    certainty: Certainty = Certainty.OPEN
    basis: Basis = Basis.STEPS
    reason: str = ""


def at_most_leaning(
    pattern: Pattern, measured: tuple[str, ...], speed_mps: float, rules: PosteriorRules = RULES
) -> bool:
    """Whether a pattern may not be spoken whatever its odds: from steps alone, a piston without bounce, very slow."""
    if set(measured) <= {"zSL"} or speed_mps < rules.leaning_under_mps:
        return True
    return pattern is Pattern.PISTON and not {"zk", "zB"} & set(measured)


def certainty(pattern: Pattern, posterior: Posterior, rules: PosteriorRules = RULES) -> Certainty:
    """How a pattern may be said."""
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
    reason = _knee_silence(posterior, basis, height_known=height_known, rules=rules)
    if reason:
        return Knee(basis=basis, reason=reason)
    mean, sd = posterior.mean[3], math.sqrt(posterior.cov[3][3])
    less = below(-mean / sd)
    sure = Certainty.SPOKEN if basis is Basis.MEASURED else Certainty.LEANING
    return Knee(
        probability_less=less,
        degrees=rules.knee_sd_deg * mean,
        se=rules.knee_sd_deg * sd,
        certainty=sure if max(less, 1.0 - less) >= rules.spoken else Certainty.OPEN,
        basis=basis,
    )


def _knee_silence(posterior: Posterior, basis: Basis, *, height_known: bool, rules: PosteriorRules) -> str:
    """Why the knee cannot be told; empty where it can."""
    if not {"zSL", "zDF"} & set(posterior.measured):
        return "the knee is told from step and contact time, and neither was measured"
    if basis is Basis.STEPS and not height_known:
        return "from steps alone the knee can be told only with the runner's height"
    if not rules.knee_slow_mps <= posterior.speed_mps <= rules.knee_fast_mps:
        return f"runners were filmed at {rules.knee_slow_mps} to {rules.knee_fast_mps} m/s only"
    return ""
