"""From epochs to what is known of a run: the mean of its epochs' parts with errors, and the posterior of these."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kneedrive.analysis import certainty, features, reference
from kneedrive.analysis.gates import STEPS
from kneedrive.analysis.posterior import Measurement, Part, Posterior, Scale, measured_rows, posterior
from kneedrive.analysis.reference import Against, Case, Expected, expected, hill_pct
from kneedrive.analysis.resampling import Mask
from kneedrive.analysis.result import Epochs, Finding, Score, Scores
from kneedrive.method import EpochRules, Method, PosteriorRules
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.stats import median

# Scores: how far a run stands from what is usual at its speed, in spreads between runners, and how sure that is.
#
# D = (zSL - zDF)/sqrt 2 and G = (zSL + zDF)/sqrt 2 need no oscillation; P = (zB - zSL)/sqrt 2 needs no contact time.
# So one missing channel never takes the others with it. The axes and their names are a design of ours.

ROOT_2 = math.sqrt(2.0)
LETTERS = ("D", "P", "G", "K")
PARTS = ("zSL", "zDF", "zB", "zk")
SCORED = (*LETTERS, *PARTS)


class RunValue(Record, frozen=True, kw_only=True):
    """A weighted mean over epochs, its standard error from the epochs alone, and how many epochs it has."""

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


def lag_1(values: Array, start_s: Array, rules: EpochRules) -> float:
    """Correlation of neighbouring epochs, from 0 to `autocorrelation_max`; 0 where too few of them are neighbours."""
    neighbours = np.flatnonzero(np.diff(start_s) <= rules.length_s)
    if len(neighbours) < rules.autocorrelation_pairs:
        return 0.0
    around = values - float(np.mean(values))
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
    """The weighted mean over epochs with its error; None where no epoch has a value and a weight."""
    there = np.isfinite(values) & (weights > 0)
    if not there.any():
        return None
    values, weights, start_s = values[there], weights[there], start_s[there]
    mean = float(np.average(values, weights=weights))
    plain = effective_epochs(weights, 0.0)
    variance = float(np.average((values - mean) ** 2, weights=weights)) * plain / max(plain - 1.0, 1.0)
    # Epochs in a row resemble each other, and do not count in full.
    n = effective_epochs(weights, lag_1(values, start_s, rules))
    return RunValue(value=mean, random_se=math.sqrt(variance / n), epochs=len(values))


# What more epochs cannot improve.


def scale_at(speed_mps: float, against: Against) -> Scale:
    """What the parts mean at one speed on this sensor class."""
    there = expected(np.array([speed_mps]), against.reference, against.runner, against.method)
    return Scale(
        speed_mps=speed_mps,
        duty_factor=float(there.DF[0]),
        sd_DF=float(there.sd_DF[0]),
        sd_ln_k=float(there.sd_ln_k[0]),
    )


def systematic(scale: Scale, climb_pct: float, against: Against) -> dict[str, float]:
    """Systematic SD of each part and score: sensor class and population, and the hill terms by the mean climb.

    climb_pct: mean of the slopes that the hill terms were applied to; the terms are as uncertain as they are large.
    NaN for what the class does not measure.
    """
    method, row, height = against.method, against.reference, against.runner.height_m is not None
    rules, hills, population = method.posterior, method.grade, method.population
    doubt = method.sensors.drift_doubt if against.drifting else 1.0
    zSL = math.hypot(
        rules.systematic_zSL if height else rules.systematic_zSL_no_height,
        climb_pct * hills.ln_T_per_pct / (population.sd_ln_T if height else population.sd_ln_T_no_height),
    )
    zDF = math.hypot(doubt * _or_nan(row.sd_DF), climb_pct * hills.DF_per_pct) / scale.sd_DF
    zk = math.hypot(doubt * _or_nan(row.sd_ln_k), climb_pct * hills.ln_k_per_pct) / scale.sd_ln_k
    ground, torso = measured_rows(("zB",), scale)[0, 1:3].tolist()
    zB = math.hypot(ground * zDF, torso * zk)
    timing, bounce = math.hypot(zSL, zDF) / ROOT_2, math.hypot(zSL, zB) / ROOT_2
    return {"zSL": zSL, "zDF": zDF, "zB": zB, "zk": zk, "D": timing, "G": timing, "P": bounce, "K": zk}


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def mean_climb_pct(grade: Array, weights: Array, method: Method) -> float:
    """Mean of the slopes in per cent that count as hills; ups and downs cancel, an unknown slope counts as flat."""
    pct = np.nan_to_num(hill_pct(grade, grade, method))
    return abs(float(np.sum(pct * weights) / np.sum(weights)))


# Where a run, or some epochs of it, stand: run values with errors, and what was measured against what is usual.


class Standing(Record, frozen=True, kw_only=True):
    """Where a run, or a band of it, stands: measured scores and parts with their errors, and their posterior.

    values and se hold only what is measured, unshrunk.
    """

    values: Mapping[str, float]
    se: Mapping[str, float]
    measurement: Measurement
    scale: Scale
    posterior: Posterior


_IN_EVIDENCE = ("cadence_spm", "step_length_m")
_IN_EVIDENCE_DYNAMICS = ("stance_time_s", "flight_time_s", "duty_factor")
_IN_EVIDENCE_BOUNCE = ("vertical_oscillation_m", "vertical_ratio")


def run_values(epochs: Epochs, weights: Array, least: int, rules: EpochRules) -> dict[str, RunValue]:
    """Scores and parts over the epochs that have a weight, of those that at least `least` of these epochs have."""
    found = {}
    for name in SCORED:
        value = run_value(epochs[name], weights, epochs.start_s, rules)
        # Each score has a count of its own: a strap that lost contact time half-way still has its bounce.
        if value is not None and value.epochs >= least:
            found[name] = value
    return found


def standing(epochs: Epochs, where: Mask, least: int, against: Against) -> Standing | None:
    """The standing of the epochs in `where`; None where nothing about them can be judged."""
    weights = np.where(where, epochs.weight, 0.0)
    values = run_values(epochs, weights, least, against.method.epochs)
    if not values:
        return None
    speed = epochs["speed_mps"]
    there = np.isfinite(speed) & (weights > 0)
    scale = scale_at(float(np.average(speed[there], weights=weights[there])), against)
    off = systematic(scale, mean_climb_pct(epochs["grade"], weights, against.method), against)
    # Contact time makes k of an oscillation; without it what is left is the bounce for the step time.
    names = [name for name in ("zSL", "zDF", "zk" if "zk" in values else "zB") if name in values]
    parts = {name: Part(z=values[name].value, se=values[name].random_se, systematic=off[name]) for name in names}
    measurement = Measurement(**parts)
    return Standing(
        values={name: one.value for name, one in values.items()},
        se={name: math.hypot(one.random_se, off[name]) for name, one in values.items()},
        measurement=measurement,
        scale=scale,
        posterior=posterior(measurement, scale, against.method.posterior),
    )


def middle(values: Array) -> float:
    """Median of what is there; NaN where nothing is."""
    there = values[np.isfinite(values)]
    return median(there) if len(there) else float("nan")


def scores_of(at: Standing | None, reasons: Mapping[str, str]) -> Scores:
    """The four scores, each with its error or with the reason why it has no value."""
    values, se = ({}, {}) if at is None else (at.values, at.se)
    found = {
        letter: Score(value=values[letter], se=se[letter]) if letter in values else Score(reason=reasons[letter])
        for letter in LETTERS
    }
    parts = {name: values[name] for name in PARTS if name in values}
    return Scores(D=found["D"], P=found["P"], G=found["G"], K=found["K"], z=parts)


def no_scores(reason: str) -> Scores:
    """Four scores without a value, all for one reason."""
    return scores_of(None, dict.fromkeys(LETTERS, reason))


def usual_at(speed_mps: float, mode: str, case: Case) -> dict[str, float]:
    """What is usual at one speed, by metric key; nothing without a measured speed, steps alone in mode "steps"."""
    if not case.speed_trusted or not np.isfinite(speed_mps):
        return {}
    usual = reference.usual_metrics(np.array([speed_mps]), case.reference, case.runner, case.method)
    keys = _IN_EVIDENCE if mode == STEPS else tuple(usual)
    return {key: float(usual[key][0]) for key in keys}


def measured(epochs: Epochs, where: Mask, keys: tuple[str, ...]) -> dict[str, float]:
    """Medians over the epochs in `where`, of the metrics that were measured there."""
    medians = {key: middle(epochs[key][where]) for key in keys}
    return {key: value for key, value in medians.items() if np.isfinite(value)}


def at_speed(at: Standing, against: Against) -> dict[str, float]:
    """The metrics of the measured parts at the speed of a standing, on the flat; NaN for what was not measured.

    Medians over several paces belong to no one speed: step length and cadence would then stand apart from usual by
    different amounts, and by others than the parts do.
    """
    speed = np.array([at.scale.speed_mps])
    there = expected(speed, against.reference, against.runner, against.method)
    z = {part: at.values.get(part, math.nan) for part in PARTS}
    T, DF = there.T_s * np.exp(there.sd_ln_T * z["zSL"]), there.DF + there.sd_DF * z["zDF"]
    shown = features.metrics(speed, np.log(T), DF, np.log(there.beta) + there.sd_ln_beta * z["zB"])
    shown |= {"speed_mps": speed, "flight_time_s": T - shown["stance_time_s"]}
    return {key: float(value[0]) for key, value in shown.items()}


def evidence(at: Standing, where: Mask, mode: str, case: Case) -> dict[str, float]:
    """The numbers behind a finding: scores, errors, parts, yours and what is usual at the speed it is judged at."""
    keys: tuple[str, ...] = ("speed_mps", *_IN_EVIDENCE)
    if mode != STEPS:
        keys += _IN_EVIDENCE_DYNAMICS
        if case.reference.measures_bounce:
            keys += _IN_EVIDENCE_BOUNCE
    found = {name: at.values[name] for name in (*LETTERS, *PARTS) if name in at.values}
    found |= {f"{name}_se": at.se[name] for name in (*LETTERS, "zSL") if name in at.se}
    yours = at_speed(at, case.against)
    found |= {key: yours[key] for key in keys if np.isfinite(yours[key])}
    found |= {f"usual_{key}": value for key, value in usual_at(at.scale.speed_mps, mode, case).items() if key in keys}
    return found | {"epochs": float(where.sum())}


def findings(
    found: Posterior, scope: str, rules: PosteriorRules, evidence: Mapping[str, float] | None = None
) -> tuple[Finding, ...]:
    """What may be said of a posterior: the leading patterns, the likeliest first."""
    return tuple(
        Finding(
            scope=scope,
            pattern=pattern,
            certainty=certainty.certainty(pattern, found, rules),
            probability=found.odds[pattern],
            base_rate=found.base_rates[pattern],
            basis=found.basis,
            marked=certainty.marked(pattern, found, rules),
            evidence=evidence or {},
        )
        for pattern in certainty.leading(found, rules)
    )
