"""How far a run stands from what is usual at its speed, in spreads between runners, and how sure that is.

From epochs to what is known of a run: the mean of its epochs' parts with errors, and the posterior of these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kneedrive.analysis import features, posterior, reference
from kneedrive.analysis.posterior import ROOT_2, Measurement, Part, Posterior, Scale
from kneedrive.analysis.reference import Against, Case, Expected
from kneedrive.analysis.result import Epochs, Finding, Scope, Score, Scores
from kneedrive.method import EpochRules, GradeRules, PosteriorRules
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.stats import TINY, Mask

LETTERS = ("D", "P", "G", "K")
PARTS = ("zSL", "zDF", "zB", "zk")
SCORED = (*LETTERS, *PARTS)


class RunValue(Record, frozen=True, kw_only=True):
    """A weighted mean over epochs, its standard error from the epochs alone, and how many epochs it has."""

    value: float
    random_se: float
    epochs: int


def z_parts(columns: Mapping[str, Array], there: Expected) -> dict[str, Array]:
    """zSL, zDF, zk and zB of epochs against what is expected there; NaN where a part is missing."""
    return {
        # At one speed ln SL and ln T differ by the same amount from what is usual.
        "zSL": np.log(columns["step_time_s"] / there.T_s) / there.sd_ln_T,
        "zDF": (columns["duty_factor"] - there.DF) / there.sd_DF,
        "zB": features.log(columns["beta"] / there.beta) / there.sd_ln_beta,
        "zk": (columns["ln_k"] - there.ln_k) / there.sd_ln_k,
    }


def epoch_scores(columns: Mapping[str, Array], scored: Mask, case: Case) -> dict[str, Array]:
    """Parts and scores of every scored epoch; NaN elsewhere, and for letters that are not judged."""
    # Of a speed that is no measurement nothing can be expected.
    where = scored & case.speed_trusted
    speed, grade = np.where(where, columns["speed_mps"], np.nan), np.where(where, columns["grade"], 0.0)
    z = z_parts(columns, reference.expected(speed, case, grade))
    judged = "" if case.by_steps else case.reference.scores
    # Contact and bounce that a watch computed would be cadence in disguise; what is left is the steps.
    if not judged:
        z |= {part: np.full_like(speed, np.nan) for part in ("zDF", "zB", "zk")}
    found = posterior.letters(z) | z
    found |= {letter: np.full_like(speed, np.nan) for letter in LETTERS if letter not in judged}
    return {name: found[name] for name in SCORED}


def lag_1(values: Array, start_s: Array, rules: EpochRules) -> Array:
    """Correlation (...) of neighbours in (..., n), 0 to `autocorrelation_max`; 0 for too few. NaN is no value."""
    there = np.isfinite(values)
    count = np.maximum(there.sum(axis=-1), 1)
    around = np.where(there, values - (np.where(there, values, 0.0).sum(axis=-1) / count)[..., None], 0.0)
    variance = (around**2).sum(axis=-1) / count
    neighbours = there[..., 1:] & there[..., :-1] & (np.diff(start_s) <= rules.length_s)
    pairs = neighbours.sum(axis=-1)
    # By the pairs, not by all squares as in stats.lag_1: a gap between epochs must not look like independence.
    covariance = (around[..., 1:] * around[..., :-1] * neighbours).sum(axis=-1) / np.maximum(pairs, 1)
    told = (pairs >= rules.autocorrelation_pairs) & (variance > 0)
    return np.where(told, np.clip(covariance / np.where(told, variance, 1.0), 0.0, rules.autocorrelation_max), 0.0)


def effective_epochs(weights: Array, rho: Array | float) -> Array:
    """How many independent epochs weighted AR(1) ones (..., n) are worth, at least 1; no weight is 0."""
    plain = weights.sum(axis=-1) ** 2 / np.maximum((weights**2).sum(axis=-1), TINY)  # Kish's effective sample size
    worth: Array = np.maximum(plain * (1.0 - rho) / (1.0 + rho), 1.0)
    return worth


def run_values(values: Array, weights: Array, start_s: Array, rules: EpochRules) -> list[RunValue | None]:
    """The weighted mean over epochs of each row (rows, epochs) with its error; None where none has value and weight."""
    counts = weights > 0
    values, weights, start_s = values[:, counts], weights[counts], start_s[counts]
    there = np.isfinite(values)
    weight = np.where(there, weights, 0.0)
    total = np.maximum(weight.sum(axis=-1), TINY)
    mean = (np.where(there, values, 0.0) * weight).sum(axis=-1) / total
    off = np.where(there, values - mean[:, None], 0.0)
    plain = effective_epochs(weight, 0.0)
    # Freed from the bias of its own mean, as n/(n - 1) does where weights are equal.
    variance = (off**2 * weight).sum(axis=-1) / total * plain / np.maximum(plain - 1.0, 1.0)
    # Epochs in a row resemble each other, and do not count in full.
    se = np.sqrt(variance / effective_epochs(weight, lag_1(values, start_s, rules)))
    found = zip(mean.tolist(), se.tolist(), there.sum(axis=-1).tolist(), strict=True)
    return [RunValue(value=value, random_se=error, epochs=n) if n else None for value, error, n in found]


def scale_at(speed_mps: float, against: Against) -> Scale:
    """What the parts mean at one speed on this sensor class."""
    there = reference.expected(np.array([speed_mps]), against)
    return Scale(
        speed_mps=speed_mps, duty_factor=there.DF.item(), sd_DF=there.sd_DF.item(), sd_ln_k=there.sd_ln_k.item()
    )


def systematic(scale: Scale, climb_pct: float, against: Against) -> dict[str, float]:
    """Systematic SD of each part and score, for class, population and mean climb; NaN for what is not measured."""
    method, row, height = against.method, against.reference, against.runner.height_m is not None
    rules, hills, population = method.posterior, method.grade, method.population
    doubt = method.sensors.drift_doubt if against.drifts else 1.0
    sd_DF, sd_ln_k = (math.nan if sd is None else sd for sd in (row.sd_DF, row.sd_ln_k))
    # The error of zSL was measured in z, those of DF and ln k in their own unit: only the latter become smaller in z
    # where the spread between runners is widened.
    # Hill terms are as uncertain as they are large, by the mean of the slopes that they were applied to.
    zSL = math.hypot(
        rules.systematic_zSL if height else rules.systematic_zSL_no_height,
        climb_pct * hills.ln_T_per_pct / (population.sd_ln_T if height else population.sd_ln_T_no_height),
    )
    zDF = math.hypot(doubt * sd_DF, climb_pct * hills.DF_per_pct) / scale.sd_DF
    zk = math.hypot(doubt * sd_ln_k, climb_pct * hills.ln_k_per_pct) / scale.sd_ln_k
    ground, torso = posterior.measured_rows(("zB",), scale)[0, 1:3].tolist()
    zB = math.hypot(ground * zDF, torso * zk)
    timing, bounce = math.hypot(zSL, zDF) / ROOT_2, math.hypot(zSL, zB) / ROOT_2
    return {"zSL": zSL, "zDF": zDF, "zB": zB, "zk": zk, "D": timing, "G": timing, "P": bounce, "K": zk}


def mean_climb_pct(grade: Array, weights: Array, rules: GradeRules) -> float:
    """Mean of the slopes in per cent that count as hills; ups and downs cancel, an unknown slope counts as flat."""
    return abs(float(np.sum(np.nan_to_num(reference.hill_pct(grade, rules)) * weights) / np.sum(weights)))


class Standing(Record, frozen=True, kw_only=True):
    """Where a run, or a band of it, stands: measured scores and parts with their errors, and their posterior."""

    values: Mapping[str, float]  # like `se` only of what is measured, unshrunk
    se: Mapping[str, float]
    measurement: Measurement
    scale: Scale
    posterior: Posterior


def standing(epochs: Epochs, where: Mask, least: int, against: Against) -> Standing | None:
    """The standing of the epochs in `where` by what at least `least` of them have; None where nothing can be judged."""
    weights = np.where(where, epochs.weight, 0.0)
    table = np.array([epochs[name] for name in SCORED])
    means = dict(zip(SCORED, run_values(table, weights, epochs.start_s, against.method.epochs), strict=True))
    # Each score has a count of its own: a strap that lost contact time half-way still has its bounce.
    values = {name: mean for name, mean in means.items() if mean is not None and mean.epochs >= least}
    if not values:
        return None
    speed = epochs["speed_mps"]
    there = np.isfinite(speed) & (weights > 0)
    scale = scale_at(float(np.average(speed[there], weights=weights[there])), against)
    off = systematic(scale, mean_climb_pct(epochs["grade"], weights, against.method.grade), against)
    # Contact time makes k of an oscillation; without it what is left is the bounce for the step time.
    names = [name for name in ("zSL", "zDF", "zk" if "zk" in values else "zB") if name in values]
    parts = {name: Part(z=values[name].value, se=values[name].random_se, systematic=off[name]) for name in names}
    measurement = Measurement(**parts)
    return Standing(
        values={name: one.value for name, one in values.items()},
        se={name: math.hypot(one.random_se, off[name]) for name, one in values.items()},
        measurement=measurement,
        scale=scale,
        posterior=posterior.posterior(measurement, scale, against.method.posterior),
    )


def scores_of(at: Standing | None, reasons: Mapping[str, str]) -> Scores:
    """The four scores, each with its error or with the reason why it has no value."""
    values, se = ({}, {}) if at is None else (at.values, at.se)
    found = {
        letter: Score(value=values[letter], se=se[letter]) if letter in values else Score(reason=reasons[letter])
        for letter in LETTERS
    }
    parts = {name: values[name] for name in PARTS if name in values}
    return Scores(D=found["D"], P=found["P"], G=found["G"], K=found["K"], z=parts)


def usual_at(speed_mps: float, case: Case) -> dict[str, float]:
    """What is usual at one speed, by metric key; nothing without a measured speed, of steps where they alone count."""
    if not case.speed_trusted or not np.isfinite(speed_mps):
        return {}
    usual = reference.usual_metrics(np.array([speed_mps]), case)
    return {key: float(usual[key][0]) for key in (reference.OF_STEPS if case.by_steps else usual)}


def evidence(at: Standing, where: Mask, case: Case) -> dict[str, float]:
    """The numbers behind a finding: scores, errors, parts, yours and what is usual at the speed it is judged at."""
    # Yours are what the measured parts come to at that one speed, on the flat. Medians over several paces belong to no
    # one speed: step length and cadence would stand apart from usual by other amounts than the parts do.
    speed = np.array([at.scale.speed_mps])
    there = reference.expected(speed, case)
    z = {part: at.values.get(part, math.nan) for part in PARTS}
    T, DF = there.T_s * np.exp(there.sd_ln_T * z["zSL"]), there.DF + there.sd_DF * z["zDF"]
    yours = features.metrics(speed, np.log(T), DF, np.log(there.beta) + there.sd_ln_beta * z["zB"])
    yours |= {"speed_mps": speed, "flight_time_s": T - yours["stance_time_s"]}
    usual = usual_at(at.scale.speed_mps, case)
    shown = [key for key in ("speed_mps", *usual) if key in yours]
    found = {name: at.values[name] for name in SCORED if name in at.values}
    found |= {f"{name}_se": at.se[name] for name in (*LETTERS, "zSL") if name in at.se}
    found |= {key: yours[key].item() for key in shown if np.isfinite(yours[key]).all()}
    found |= {f"usual_{key}": usual[key] for key in shown if key in usual}
    return found | {"epochs": float(where.sum())}


def findings(
    found: Posterior, scope: Scope, rules: PosteriorRules, evidence: Mapping[str, float] | None = None
) -> tuple[Finding, ...]:
    """What may be said of a posterior: the leading patterns, the likeliest first."""
    return tuple(
        Finding(
            scope=scope,
            pattern=pattern,
            certainty=posterior.certainty(pattern, found, rules),
            probability=found.odds[pattern],
            base_rate=found.base_rates[pattern],
            basis=found.basis,
            marked=posterior.marked(pattern, found, rules),
            evidence=evidence or {},
        )
        for pattern in posterior.leading(found, rules)
    )
