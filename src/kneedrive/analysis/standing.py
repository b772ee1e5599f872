"""Where a run, or some epochs of it, stand: run values with errors, and what was measured against what is usual."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kneedrive.analysis import reference, scores
from kneedrive.analysis.case import Case
from kneedrive.analysis.gates import STEPS
from kneedrive.analysis.labels import Standing
from kneedrive.analysis.prepare import Mask
from kneedrive.analysis.scores import LETTERS, PARTS, RunValue
from kneedrive.findings import Epochs, Score, Scores
from kneedrive.model import Array
from kneedrive.percentiles import median

_IN_EVIDENCE = ("cadence_spm", "step_length_m")
_IN_EVIDENCE_DYNAMICS = ("stance_time_s", "flight_time_s", "duty_factor")
_IN_EVIDENCE_BOUNCE = ("vertical_oscillation_m", "vertical_ratio")


def run_values(epochs: Epochs, where: Mask, least: int, case: Case) -> dict[str, RunValue]:
    """Scores and parts of the epochs in `where`, of those that at least `least` of these epochs have."""
    rules = case.method.epochs
    weights = np.where(where, epochs.weight, 0.0)
    found = {}
    for name in scores.SCORED:
        value = scores.run_value(epochs[name], weights, epochs.start_s, rules)
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
    systematic = scores.systematic_se(case, epochs["grade"], weights)
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
