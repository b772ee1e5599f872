"""Which epochs count, and for every other one the single reason why it does not: the first gate that catches it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from kneedrive.analysis import plausible
from kneedrive.analysis.epochs import Table
from kneedrive.analysis.reference import Case, expected_ln_k, usual_cadence_spm
from kneedrive.analysis.resampling import Mask
from kneedrive.method import Method
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.stats import median

GATES: dict[str, str] = {
    "start": "at the very start, before the sensors have settled",
    "pause": "a pause, or close to one",
    "gap": "too little of it was recorded",
    "few samples": "too few recorded values",
    "no cadence": "no cadence was recorded",
    "cadence lock": "cadence jumped to half or double while the speed stayed that of running",
    "walking": "the cadence of walking or standing; or a little above, and the sensor saw no ground contact",
    "ambiguous": "a cadence where walking and running overlap",
    "mixed": "running and walking within one epoch",
    "no speed": "no speed was recorded, or indoors only guessed",
    "slow": "slower than the reference has support for",
    "fast": "faster than the reference has support for",
    "accelerating": "holds an acceleration or a sprint, which has mechanics of its own",
    "unsteady": "speed changed too much for too long",
    "hilly": "too steep",
    "flat line": "contact time and oscillation did not move for long: the sensor was stuck",
    "implausible": "values that running cannot give, or that contradict each other",
    "sensor jump": "the level of oscillation shifted suddenly: the strap slipped, or another sensor took over",
    "no stance time": "no ground contact time (nor anything else this sensor can be judged by)",
}

# The same in a few words, for a list.
SHORT = {
    "walking": "walking",
    "ambiguous": "between walking and running",
    "mixed": "walking in part",
    "gap": "gap in the recording",
    "few samples": "too few records",
    "start": "start of the run",
    "pause": "around a pause",
    "unsteady": "changing speed",
    "accelerating": "accelerating",
    "hilly": "too steep",
    "slow": "too slow to compare",
    "fast": "too fast to compare",
    "no speed": "no speed",
    "no cadence": "no cadence",
    "no stance time": "no contact time",
    "implausible": "impossible values",
    "flat line": "a sensor that stood still",
    "sensor jump": "a sensor whose level jumped",
    "cadence lock": "half or double cadence",
}

DYNAMICS, STEPS = "dynamics", "steps"
Reasons = npt.NDArray[np.str_]


class Gated(Record, frozen=True, kw_only=True):
    """reason: "" where scored, one per epoch. mode: "dynamics", or "steps" where only speed and cadence are judged.

    columns: those of the table, with values that cannot be measurements taken out. running: epochs of running,
    scored or not. dynamic: how many epochs would be scored for what their dynamics say. doubts: where contact time or
    oscillation was taken out, by the gate that says why; such an epoch may still be scored for the rest.
    """

    reason: Reasons
    mode: str
    columns: dict[str, Array]
    running: Mask
    dynamic: int
    doubts: dict[str, Mask]


def gate(table: Table, case: Case) -> Gated:
    """Every gate in order. Where the dynamics suffice for too few epochs, speed and cadence alone are judged."""
    method = case.method
    columns, doubts = _without_doubtful(table, case)
    caught = _coverage(table, method) | _gait(table, case) | _speed(table, case)
    free = ~np.any(list(caught.values()), axis=0)
    dynamic = int((free & _has_dynamics(columns, case)).sum())
    steps = free & np.isfinite(columns["speed_mps"]) & np.isfinite(columns["step_time_s"])
    # All or nothing per run: scores over some epochs and steps over the others would be two runs under one name.
    few = dynamic < method.epochs.min_epochs
    by_steps = case.speed_trusted and few and (not case.has_dynamics or steps.sum() >= method.epochs.min_epochs)
    if not by_steps:
        missing = ~_has_dynamics(columns, case)
        for name, mask in doubts.items():
            caught[name] = mask & missing | caught.get(name, False)
        caught["no stance time"] = missing
    return Gated(
        reason=first_reason(caught, len(table.start_s)),
        mode=STEPS if by_steps else DYNAMICS,
        columns=columns,
        running=columns["cadence_spm"] >= method.gait.running_spm,
        dynamic=dynamic,
        doubts=doubts,
    )


def judged(mode: str, case: Case) -> str:
    """The letters that may be given; none where steps alone are judged."""
    return "" if mode == STEPS else case.reference.scores


def first_reason(caught: Mapping[str, Mask], n: int) -> Reasons:
    """For each of n epochs the first of GATES whose mask is True, "" where none is."""
    reason = np.full(n, "", dtype=f"<U{max(map(len, GATES))}")
    # Backwards, so that an earlier gate overwrites a later one.
    for name in reversed(GATES):
        if name in caught:
            reason[caught[name]] = name
    return reason


def _coverage(table: Table, method: Method) -> dict[str, Mask]:
    least = method.epochs.min_covered_s
    short = table.used_s < least
    return {
        "start": short & (table.shares["start"] > 0),
        "pause": short & (table.shares["pause"] > 0),
        "gap": table.covered_s < least,
        "few samples": table.records < method.epochs.min_records,
    }


def _gait(table: Table, case: Case) -> dict[str, Mask]:
    rules, cadence = case.method.gait, table.columns["cadence_spm"]
    locked = _locked(table, case)
    stance = np.isfinite(table.columns["stance_time_s"])
    running = cadence >= rules.running_spm
    # Watches withhold contact time while walking, so its absence tells, in a run that otherwise has it.
    usually = bool(running.any()) and bool(np.mean(stance[running]) > 0.5)
    between = (cadence >= rules.walking_spm) & (cadence < rules.running_spm)
    return {
        "no cadence": ~np.isfinite(cadence),
        "cadence lock": locked,
        "walking": (cadence < rules.walking_spm) | (between & ~stance & usually),
        "ambiguous": between,
        "mixed": table.shares["walking"] >= rules.mixed_share,
        "implausible": cadence > case.method.plausible.cadence_max_spm,
    }


def _locked(table: Table, case: Case) -> Mask:
    cadence, speed = table.columns["cadence_spm"], table.columns["speed_mps"]
    if not case.speed_trusted:
        return np.zeros(len(cadence), dtype=np.bool_)
    rules = case.method.plausible
    sound = (cadence >= case.method.gait.running_spm) & (cadence <= rules.cadence_max_spm)
    sound &= speed >= rules.speed_min_mps
    if sound.any():
        typical = np.full_like(cadence, median(cadence[sound]))
    else:
        # A lock throughout leaves no sound epoch to compare with, only what runners usually do.
        typical = usual_cadence_spm(speed, case.runner.height_m, case.method.population)
    return plausible.locked_cadence(cadence, speed, typical, rules)


def _speed(table: Table, case: Case) -> dict[str, Mask]:
    method, speed = case.method, table.columns["speed_mps"]
    if not case.speed_trusted:
        # A guessed speed gates nothing; but without dynamics it is all there is to judge.
        return {"no speed": np.full(len(speed), not case.has_dynamics)}
    return {
        "no speed": ~np.isfinite(speed),
        "accelerating": table.shares["burst"] > 0,
        "slow": speed < method.plausible.speed_min_mps,
        "fast": speed > method.plausible.speed_max_mps,
        "unsteady": table.shares["steady"] < method.steady.min_share,
        "hilly": np.abs(table.columns["grade"]) > method.grade.hilly,
    }


def _has_dynamics(columns: Mapping[str, Array], case: Case) -> Mask:
    """Epochs that hold what the sensor class can be judged by: contact time, or oscillation where it counts."""
    nothing = np.zeros(len(columns["speed_mps"]), dtype=np.bool_)
    if not case.has_dynamics:
        return nothing
    there = np.isfinite(columns["duty_factor"])
    if case.reference.measures_bounce:
        there |= np.isfinite(columns["beta"])
    return there & (np.isfinite(columns["speed_mps"]) | (not case.speed_trusted))


FROM_STANCE = ("stance_time_s", "flight_time_s", "duty_factor", "ln_k", "stance_angle_deg", "k_leg_kn_m")
FROM_OSCILLATION = ("vertical_oscillation_m", "vertical_ratio", "ln_k", "beta")


def _without_doubtful(table: Table, case: Case) -> tuple[dict[str, Array], dict[str, Mask]]:
    """The columns without what cannot be a measurement, and where something was taken out for which reason."""
    rules, columns = case.method.plausible, dict(table.columns)
    # Most of the epoch: its median is then the stuck value.
    stuck = table.shares["frozen"] > 0.5
    stance, oscillation = (
        plausible.implausible_stance(columns, rules),
        plausible.implausible_oscillation(columns, rules),
    )
    jumped = plausible.sensor_jump(_ln_k_above(columns, stuck | stance | oscillation, case), rules)
    for names, mask in ((FROM_STANCE, stuck | stance), (FROM_OSCILLATION, stuck | oscillation | jumped)):
        for name in names:
            columns[name] = np.where(mask, np.nan, columns[name])
    return columns, {"flat line": stuck, "implausible": stance | oscillation, "sensor jump": jumped}


def _ln_k_above(columns: Mapping[str, Array], doubtful: Mask, case: Case) -> Array:
    """Ln k over what is usual at the speed, where k is a measurement and the runner ran."""
    if not case.reference.measures_bounce:
        return np.full(len(doubtful), np.nan)
    # Above what is usual at the speed, since k itself changes with speed on some sensors.
    usual = expected_ln_k(columns["speed_mps"], case.reference, case.method.population)
    counts = ~doubtful & (columns["cadence_spm"] >= case.method.gait.running_spm)
    return np.where(counts, columns["ln_k"] - usual, np.nan)
