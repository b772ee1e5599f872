"""Scores: how far a run stands from what is usual at its speed, in spreads between runners, and how sure that is.

D = (zSL - zDF)/sqrt 2 and G = (zSL + zDF)/sqrt 2 need no oscillation; P = (zB - zSL)/sqrt 2 needs no contact time.
So one missing channel never takes the others with it. The axes and their names are a design of ours; nothing of them
has been validated against filmed runners.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from kneedrive.analysis import features
from kneedrive.analysis.case import Case
from kneedrive.analysis.normal import below, both_above, robust_sd
from kneedrive.analysis.prepare import Mask
from kneedrive.analysis.reference import Expected, expected, hill_pct
from kneedrive.method import EpochRules
from kneedrive.model import Array
from kneedrive.percentiles import median

ROOT_2 = math.sqrt(2.0)
LETTERS = ("D", "P", "G", "K")
PARTS = ("zSL", "zDF", "zB", "zk")
SCORED = (*LETTERS, *PARTS)


class RunValue(NamedTuple):
    """A weighted median over epochs, its standard error from the epochs alone, and how many epochs it has."""

    value: float
    random_se: float
    epochs: int


def z_parts(columns: Mapping[str, Array], there: Expected) -> dict[str, Array]:
    """zSL, zDF, zk and zB of epochs against what is expected there; NaN where a part is missing.

    At one speed ln SL and ln T differ by the same amount from what is usual, so zSL is computed from the step time.
    """
    return {
        "zSL": np.log(columns["step_time_s"] / there.T_s) / there.sd_ln_T,
        "zDF": (columns["duty_factor"] - there.DF) / there.sd_DF,
        "zB": features.log(columns["beta"] / there.beta) / there.sd_ln_beta,
        "zk": (columns["ln_k"] - there.ln_k) / there.sd_ln_k,
    }


def letters(z: Mapping[str, Array]) -> dict[str, Array]:
    """D, P, G and K from the parts."""
    return {
        "D": (z["zSL"] - z["zDF"]) / ROOT_2,
        "P": (z["zB"] - z["zSL"]) / ROOT_2,
        "G": (z["zSL"] + z["zDF"]) / ROOT_2,
        "K": z["zk"],
    }


def epoch_scores(columns: Mapping[str, Array], scored: Mask, judged: str, case: Case) -> dict[str, Array]:
    """Parts and scores of every scored epoch; NaN elsewhere, and for letters that are not `judged`.

    Where speed is no measurement nothing can be expected of it, so all of them are NaN.
    """
    where = scored & case.speed_trusted
    speed, grade = np.where(where, columns["speed_mps"], np.nan), np.where(where, columns["grade"], 0.0)
    z = z_parts(columns, expected(speed, case.reference, case.runner, case.method, grade))
    # Contact and bounce that a watch computed would be cadence in disguise; what is left is the steps.
    if not judged:
        z |= {part: np.full_like(speed, np.nan) for part in ("zDF", "zB", "zk")}
    found = letters(z) | z
    found |= {letter: np.full_like(speed, np.nan) for letter in LETTERS if letter not in judged}
    return {name: found[name] for name in SCORED}


def weighted_median(values: Array, weights: Array) -> float:
    """The value with half of the weight on either side; the mean of the two middle ones where it falls between."""
    # The tolerance below keeps sums of 0.5 and 1 from missing the middle by rounding.
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    half = reached[-1] / 2.0
    low = int(np.searchsorted(reached, half * (1.0 - 1e-12)))
    high = int(np.searchsorted(reached, half * (1.0 + 1e-12)))
    return float(values[order[low]] + values[order[min(high, len(order) - 1)]]) / 2.0


def lag_1(values: Array, start_s: Array, rules: EpochRules) -> float:
    """Correlation of neighbouring epochs, from 0 to `autocorrelation_max`; 0 where too few of them are neighbours."""
    neighbours = np.flatnonzero(np.diff(start_s) <= rules.length_s)
    if len(neighbours) < rules.autocorrelation_pairs:
        return 0.0
    # About the median, as the run value is: one wild epoch should not look like memory.
    around = values - median(values)
    variance = float(around @ around) / len(around)
    if variance == 0.0:
        return 0.0
    covariance = float(around[neighbours] @ around[neighbours + 1]) / len(neighbours)
    return min(max(covariance / variance, 0.0), rules.autocorrelation_max)


def effective_epochs(weights: Array, rho: float) -> float:
    """How many independent epochs weighted AR(1) ones are worth; at least 1."""
    plain = float(np.sum(weights) ** 2 / np.sum(weights**2))
    return max(plain * (1.0 - rho) / (1.0 + rho), 1.0)


def run_value(values: Array, weights: Array, start_s: Array, rules: EpochRules) -> RunValue | None:
    """The weighted median over epochs with its error; None where no epoch has a value and a weight."""
    there = np.isfinite(values) & (weights > 0)
    if not there.any():
        return None
    values, weights, start_s = values[there], weights[there], start_s[there]
    # The scatter is robust, the count is not optimistic: epochs in a row resemble each other, and do not count in full.
    n = effective_epochs(weights, lag_1(values, start_s, rules))
    return RunValue(weighted_median(values, weights), robust_sd(values) / math.sqrt(n), len(values))


def systematic_se(case: Case, grade: Array, weights: Array) -> dict[str, float]:
    """What more epochs cannot improve: sensor and population, and the hill terms where ups and downs do not cancel.

    The hill terms are as uncertain as they are large; only their mean over the epochs is an error of the run.
    """
    labels, hills, population = case.method.labels, case.method.grade, case.method.population
    unknown_height = case.runner.height_m is None
    reference = case.reference
    pct = hill_pct(grade, grade, case.method)
    # An unknown slope counts as flat, as it does in the reference.
    climb = abs(float(np.sum(np.nan_to_num(pct) * weights) / np.sum(weights)))
    sd_ln_T = population.sd_ln_T_no_height if unknown_height else population.sd_ln_T
    zSL = math.hypot(
        labels.systematic_zSL_no_height if unknown_height else labels.systematic_zSL,
        climb * hills.ln_T_per_pct / sd_ln_T,
    )
    zDF = math.hypot(_or_nan(reference.sd_zDF), climb * hills.DF_per_pct / population.sd_DF)
    k_slope = climb * hills.ln_k_per_pct / population.sd_ln_k
    zB, K = math.hypot(_or_nan(reference.sd_zB), k_slope), math.hypot(_or_nan(reference.sd_K), k_slope)
    timing, bounce = math.hypot(zSL, zDF) / ROOT_2, math.hypot(zSL, zB) / ROOT_2
    return {"zSL": zSL, "zDF": zDF, "zB": zB, "zk": K, "D": timing, "G": timing, "P": bounce, "K": K}


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def posterior(score: float, se: float) -> tuple[float, float]:
    """Mean and SD of the true score, given the measured one and that runners are spread as N(0, 1)."""
    shrink = 1.0 + se**2
    return score / shrink, se / math.sqrt(shrink)


def probability(score: float, se: float, truth: float) -> float:
    """Probability that the true score passes `truth` on the side of the measured one."""
    mean, sd = posterior(abs(score), se)
    return below((mean - truth) / sd)


def probability_within(score: float, se: float, bound: float) -> float:
    """Probability that the true score lies between -bound and bound."""
    mean, sd = posterior(score, se)
    return below((bound - mean) / sd) - below((-bound - mean) / sd)


def together(z: Mapping[str, float], se: Mapping[str, float], timing_share: float, truth: float) -> float:
    """Probability that true P is at least `truth` and true D at most -`truth`, from zSL, zDF, zB and their errors.

    Both lean on zSL, and usual bounce falls with the duty factor (between runners zDF and zB correlate by
    -timing_share), so much bounce beside long contact is mostly error: neither the smaller of the two probabilities
    nor their product is true, and the three parts are weighed at once.
    """
    parts = ("zSL", "zDF", "zB")
    runners = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, -timing_share], [0.0, -timing_share, 1.0]])
    errors = np.diag([se[part] ** 2 for part in parts])
    # The posterior of a normal: prior and errors weighed against each other, all three parts at once.
    weigh = runners @ np.linalg.inv(runners + errors)
    axes = np.array([[-1.0, 0.0, 1.0], [-1.0, 1.0, 0.0]]) / ROOT_2  # P and -D
    mean = axes @ weigh @ np.array([z[part] for part in parts])
    spread = axes @ (runners - weigh @ runners) @ axes.T
    sd = np.sqrt(np.diag(spread))
    first, second = ((truth - mean) / sd).tolist()
    return both_above(first, second, float(spread[0, 1] / (sd[0] * sd[1])))
