"""From epochs to scores with errors, from scores to what may be said: probability, label, certainty."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kneedrive.analysis import features, reference
from kneedrive.analysis.gates import STEPS
from kneedrive.analysis.reference import Case, Expected, expected, hill_pct
from kneedrive.analysis.resampling import Mask
from kneedrive.analysis.result import Epochs, Finding, Score, Scores
from kneedrive.method import EpochRules, LabelRules
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.stats import below, both_above, median, robust_sd

# Scores: how far a run stands from what is usual at its speed, in spreads between runners, and how sure that is.
#
# D = (zSL - zDF)/sqrt 2 and G = (zSL + zDF)/sqrt 2 need no oscillation; P = (zB - zSL)/sqrt 2 needs no contact time.
# So one missing channel never takes the others with it. The axes and their names are a design of ours; nothing of
# them has been validated against filmed runners.

ROOT_2 = math.sqrt(2.0)
LETTERS = ("D", "P", "G", "K")
PARTS = ("zSL", "zDF", "zB", "zk")
SCORED = (*LETTERS, *PARTS)


class RunValue(Record, frozen=True, kw_only=True):
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
    return RunValue(
        value=weighted_median(values, weights), random_se=robust_sd(values) / math.sqrt(n), epochs=len(values)
    )


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


# Where a run, or some epochs of it, stand: run values with errors, and what was measured against what is usual.


_IN_EVIDENCE = ("cadence_spm", "step_length_m")
_IN_EVIDENCE_DYNAMICS = ("stance_time_s", "flight_time_s", "duty_factor")
_IN_EVIDENCE_BOUNCE = ("vertical_oscillation_m", "vertical_ratio")


def run_values(epochs: Epochs, where: Mask, least: int, case: Case) -> dict[str, RunValue]:
    """Scores and parts of the epochs in `where`, of those that at least `least` of these epochs have."""
    rules = case.method.epochs
    weights = np.where(where, epochs.weight, 0.0)
    found = {}
    for name in SCORED:
        value = run_value(epochs[name], weights, epochs.start_s, rules)
        # Each score has a count of its own: a strap that lost contact time half-way still has its bounce.
        if value is not None and value.epochs >= least:
            found[name] = value
    return found


def standing(epochs: Epochs, where: Mask, least: int, case: Case) -> Standing | None:
    """The standing of the epochs in `where`; None where nothing about them can be judged."""
    values = run_values(epochs, where, least, case)
    if not values:
        return None
    weights = np.where(where, epochs.weight, 0.0)
    systematic = systematic_se(case, epochs["grade"], weights)
    speed = middle(epochs["speed_mps"][where])
    return Standing(
        values={name: one.value for name, one in values.items()},
        se={name: float(np.hypot(one.random_se, systematic[name])) for name, one in values.items()},
        speed_mps=speed,
        duty_factor=middle(epochs["duty_factor"][where]),
        timing_share=reference.timing_share(speed, case.reference, case.method),
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


def evidence(at: Standing, epochs: Epochs, where: Mask, mode: str, case: Case) -> dict[str, float]:
    """The numbers behind a finding: scores, errors, parts, what was measured and what is usual at that speed."""
    keys: tuple[str, ...] = ("speed_mps", *_IN_EVIDENCE)
    if mode != STEPS:
        keys += _IN_EVIDENCE_DYNAMICS
        if case.reference.k_ref is not None:
            keys += _IN_EVIDENCE_BOUNCE
    found = {name: at.values[name] for name in (*LETTERS, *PARTS) if name in at.values}
    found |= {f"{name}_se": at.se[name] for name in (*LETTERS, "zSL") if name in at.se}
    found |= measured(epochs, where, keys)
    found |= {f"usual_{key}": value for key, value in usual_at(at.speed_mps, mode, case).items() if key in keys}
    return found | {"epochs": float(where.sum())}


# From scores to words: which label a set of numbers earns, how strong it is and how probable.


DRIVE, SHUFFLE, PISTON = "drive-like", "shuffle-like", "piston-like"
SHORT_GROUNDED, LONG_GROUNDED, SHORT_AIRY = "short-grounded", "long-grounded", "short-airy"
SHORT_BOUNCE, NEUTRAL = "short-bounce", "neutral"
SHORT_STEPS, USUAL_STEPS, LONG_STEPS = "short-steps", "usual-steps", "long-steps"


class Standing(Record, frozen=True, kw_only=True):
    """Where a run, or a band of it, stands: scores and parts with their errors by name, speed and duty factor.

    values and se hold only what is judged; duty_factor is NaN where contact time was not recorded. timing_share: how
    much of the spread of zB between runners is that of their duty factor, as a correlation.
    """

    values: Mapping[str, float]
    se: Mapping[str, float]
    speed_mps: float
    duty_factor: float = math.nan
    timing_share: float = 0.0

    def of(self, name: str) -> float:
        """A score or part; NaN, which satisfies no rule, where it is not judged."""
        return self.values.get(name, math.nan)


class Earned(Record, frozen=True, kw_only=True):
    """A label whose rule holds, and the score that carries it."""

    label: str
    letter: str


class Named(Record, frozen=True, kw_only=True):
    """The label of a standing with its probability, and the others that qualified."""

    label: str
    strength: str
    probability: float | None
    also: tuple[str, ...] = ()


def earned(at: Standing, rules: LabelRules) -> tuple[Earned, ...]:
    """Every label whose rule holds, the one with the largest score first. A part that is not judged earns nothing."""
    drive, piston, push = at.of("D"), at.of("P"), at.of("G")
    steps, ground, bounce = at.of("zSL"), at.of("zDF"), at.of("zB")
    cut, over, slow = rules.score, rules.corner_over, at.speed_mps < rules.shuffle_under_mps
    shuffle = drive <= -cut and ground >= rules.shuffle_zDF_min and steps <= rules.shuffle_zSL_max
    found = {
        Earned(label=PISTON, letter="P"): piston >= cut
        and bounce >= rules.piston_zB_min
        and steps <= rules.piston_zSL_max,
        Earned(label=DRIVE, letter="D"): drive >= cut
        and steps >= rules.drive_zSL_min
        and ground <= rules.drive_zDF_max,
        Earned(label=SHUFFLE, letter="D"): shuffle and slow,
        Earned(label=SHORT_GROUNDED, letter="D"): shuffle and not slow,
        Earned(label=LONG_GROUNDED, letter="G"): push >= cut and min(steps, ground) > over,
        Earned(label=SHORT_AIRY, letter="G"): push <= -cut and max(steps, ground) < -over,
    }
    kept = [one for one, holds in found.items() if holds]
    return tuple(sorted(kept, key=lambda one: -abs(at.of(one.letter))))


def named(at: Standing, rules: LabelRules) -> Named:
    """The label of a run or band. Piston with shuffle has a name of its own, and claims that both are true at once."""
    found = earned(at, rules)
    if not found:
        return Named(label=NEUTRAL, strength="mild", probability=neutral_probability(at, rules))
    # Probability is of the score alone: the cuts on its parts say which pattern, not how sure.
    chances = {one.label: probability(at.of(one.letter), at.se[one.letter], rules.truth) for one in found}
    strength = "marked" if abs(at.of(found[0].letter)) >= rules.marked else "mild"
    labels = tuple(chances)
    if PISTON in chances and SHUFFLE in chances:
        both = together(at.values, at.se, at.timing_share, rules.truth)
        return Named(label=SHORT_BOUNCE, strength=strength, probability=both, also=labels)
    return Named(label=labels[0], strength=strength, probability=chances[labels[0]], also=labels[1:])


def neutral_probability(at: Standing, rules: LabelRules) -> float | None:
    """Probability that no true score reaches where labels begin; None where no score is judged.

    D stands apart from the two others. G and P are nearly one axis (more of the step on the ground leaves less bounce),
    so of them the one that is less sure counts.
    """
    chances = {
        letter: probability_within(at.of(letter), at.se[letter], rules.score)
        for letter in ("D", "P", "G")
        if letter in at.values
    }
    if not chances:
        return None
    return chances.pop("D", 1.0) * min(chances.values(), default=1.0)


def named_steps(at: Standing, rules: LabelRules) -> Named:
    """Short, usual or long steps for the speed: all that speed and cadence can tell."""
    z = at.of("zSL")
    # The same mark as for the scores, so that "short steps" is as far from usual as any label.
    if abs(z) < rules.score:
        return Named(label=USUAL_STEPS, strength="mild", probability=probability_within(z, at.se["zSL"], rules.score))
    label = SHORT_STEPS if z < 0 else LONG_STEPS
    strength = "marked" if abs(z) >= rules.marked else "mild"
    return Named(label=label, strength=strength, probability=probability(z, at.se["zSL"], rules.truth))


def certainty(probability: float | None, rules: LabelRules) -> str:
    """How the label may be said: spoken, leaning or unclear."""
    if probability is None or probability < rules.leaning:
        return "unclear"
    return "spoken" if probability >= rules.spoken else "leaning"


def qualifiers(at: Standing, label: str, rules: LabelRules) -> tuple[str, ...]:
    """What is added to a label without being one."""
    drive, grounded = label == DRIVE, label in (SHUFFLE, SHORT_BOUNCE, SHORT_GROUNDED)
    # A label needs two parts to agree. Where one alone is far from usual, a score can be large and no pattern follow;
    # then the runner should hear of that part.
    alone, cut = label == NEUTRAL and "D" in at.values, rules.score
    found = {
        "short steps": alone and at.of("zSL") <= -cut,
        "long steps": alone and at.of("zSL") >= cut,
        "low duty factor": alone and at.of("zDF") <= -cut,
        "high duty factor": alone and at.of("zDF") >= cut,
        "extra torso bounce": drive and at.of("K") >= rules.torso_extra,
        "quiet torso": drive and at.of("K") <= rules.torso_quiet,
        "grounded": grounded and at.duty_factor >= rules.grounded_DF,
        "bouncy": at.of("zB") >= rules.bouncy_zB and at.of("zSL") > rules.corner_over,
    }
    return tuple(name for name, holds in found.items() if holds)


def finding(at: Standing, rules: LabelRules, *, scope: str, confidence: str, evidence: Mapping[str, float]) -> Finding:
    """The judgement about a standing, with the numbers behind it."""
    name = named(at, rules) if "D" in at.values or "P" in at.values else named_steps(at, rules)
    return Finding(
        scope=scope,
        label=name.label,
        strength=name.strength,
        certainty=certainty(name.probability, rules),
        probability=name.probability,
        confidence=confidence,
        qualifiers=qualifiers(at, name.label, rules),
        also=name.also,
        evidence=evidence,
    )
