"""Why something is not judged, in words a runner understands. Every missing score carries one of these."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kneedrive.analysis.gates import SHORT, Gated
from kneedrive.analysis.reference import Case
from kneedrive.analysis.result import Unjudged
from kneedrive.analysis.scores import LETTERS
from kneedrive.sensors import SensorClass

WHAT = {
    "D": "drive or shuffle as measured",
    "P": "piston as measured",
    "G": "time on the ground as measured",
    "K": "torso bounce beyond the timing",
}

SPEED_UNMEASURED = (
    "indoors the watch guesses the speed, so step length is not known; a foot pod, or --speed-calibrated where the "
    "distance was set right, would allow it"
)


NO_CADENCE = "no cadence was recorded, and without it nothing can be told of form"


def letter_reasons(gated: Gated, case: Case) -> dict[str, str]:
    """For each letter the reason that would hold if it had no value."""
    return {letter: _letter(letter, gated, case) for letter in LETTERS}


def _letter(letter: str, gated: Gated, case: Case) -> str:
    if letter not in case.reference.scores:
        return case.reference.open
    if not case.speed_trusted:
        return SPEED_UNMEASURED
    return _too_few(letter, gated, case)


def _too_few(letter: str, gated: Gated, case: Case) -> str:
    least = case.method.epochs.min_epochs
    free = np.equal(gated.reason, "")
    channel, column = ("oscillation", "beta") if letter == "P" else ("contact time", "duty_factor")
    if letter == "K":
        channel, column = "oscillation and contact time", "ln_k"
    count = int((free & np.isfinite(gated.columns[column])).sum())
    return f"only {count} steady half-minutes have {channel}; {least} are needed"


def too_few_epochs(gated: Gated, case: Case) -> str:
    """Why a run is not assessed: how many epochs would count, and what took the others."""
    total, scored = len(gated.reason), int(np.equal(gated.reason, "").sum())
    if not case.speed_trusted and not case.has_dynamics:
        why = "computed by the watch" if case.sensor.word == SensorClass.GARMIN_WRIST else "missing"
        return f"{SPEED_UNMEASURED}; and contact time is {why}, so nothing is left to judge"
    if not np.isfinite(gated.columns["cadence_spm"]).any():
        return NO_CADENCE
    names, counts = np.unique(gated.reason[gated.reason != ""], return_counts=True)
    most = sorted(zip(counts.tolist(), names.tolist(), strict=True), reverse=True)[:3]
    left_out = ", ".join(f"{SHORT[name]} {count}" for count, name in most)
    needed = f"{case.method.epochs.min_epochs} are needed"
    return f"{scored} of {total} half-minutes can be judged, {needed}" + (f" ({left_out})" if left_out else "")


def unjudged(values: Mapping[str, str], case: Case) -> tuple[Unjudged, ...]:
    """What a runner might expect and does not get, by reason; `values`: the reasons of the letters without value."""
    why = [(WHAT[letter], reason) for letter, reason in values.items()]
    if not case.speed_trusted:
        why.append(("step length", SPEED_UNMEASURED))
        if case.has_dynamics:
            why.append(("contact time, duty factor and bounce", OWN_BASELINE))
    if case.sensor.word == SensorClass.GARMIN_WRIST:
        why.append(("contact time, oscillation and vertical ratio", ESTIMATE))
    if case.has_dynamics and case.speed_trusted:
        why += _runner_unknown(case)
    by_reason: dict[str, list[str]] = {}
    for what, reason in why:
        by_reason.setdefault(reason, []).append(what)
    return tuple(Unjudged(what="; ".join(whats), reason=reason) for reason, whats in by_reason.items())


OWN_BASELINE = "they were measured and can be held against your own runs, but not against other runners without a speed"
ESTIMATE = "what is shown is the watch's estimate from your speed, cadence and height"


def _runner_unknown(case: Case) -> list[tuple[str, str]]:
    """Stance angle and stiffness need the runner's measures, and contact time that was measured."""
    if case.runner.height_m is None:
        return [("stance sweep angle and leg stiffness", "the runner's height is not known")]
    return [("leg stiffness", "the runner's mass is not known")] if case.runner.mass_kg is None else []
