"""Which epochs count, and for every other one the single reason why it does not: the first gate that catches it.

Also here, since the gates rest on it, is what cannot be a measurement of running: wrong units, cadence of something
else, impossible contact or bounce, a sensor that slipped, drifts or was replaced.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from kneedrive.analysis import features
from kneedrive.analysis.epochs import Table
from kneedrive.analysis.reference import Case, expected_ln_k, usual_cadence_spm
from kneedrive.method import Plausible, SensorRules
from kneedrive.record import Record
from kneedrive.recording import Array, Note, Samples, frozen
from kneedrive.stats import Mask, level_edge, median, middle, robust_sd, running_median

# In the order in which they are asked: each gate, the same in a few words for a list, and what it means.
_ROWS = (
    ("start", "start of the run", "at the very start, before the sensors have settled"),
    ("pause", "around a pause", "a pause, or close to one"),
    ("gap", "gap in the recording", "too little of it was recorded"),
    ("few samples", "too few records", "too few recorded values"),
    ("no cadence", "no cadence", "no cadence was recorded"),
    (
        "cadence lock",
        "half or double cadence",
        "cadence jumped to half or double while the speed stayed that of running",
    ),
    (
        "walking",
        "walking",
        "the cadence of walking or standing; or a little above, and the sensor saw no ground contact",
    ),
    ("ambiguous", "between walking and running", "a cadence where walking and running overlap"),
    ("mixed", "walking in part", "running and walking within one epoch"),
    ("no speed", "no speed", "no speed was recorded, or indoors only guessed"),
    ("slow", "too slow to compare", "slower than the reference has support for"),
    ("fast", "too fast to compare", "faster than the reference has support for"),
    ("accelerating", "accelerating", "holds an acceleration or a sprint, which has mechanics of its own"),
    ("unsteady", "changing speed", "speed changed too much for too long"),
    ("hilly", "too steep", "too steep"),
    (
        "flat line",
        "a sensor that stood still",
        "contact time and oscillation did not move for long: the sensor was stuck",
    ),
    ("implausible", "impossible values", "values that running cannot give, or that contradict each other"),
    (
        "sensor jump",
        "a sensor whose level jumped",
        "the level of oscillation shifted suddenly: the strap slipped, or another sensor took over",
    ),
    ("no stance time", "no contact time", "no ground contact time (nor anything else this sensor can be judged by)"),
)
SHORT = {gate: short for gate, short, _ in _ROWS}
GATES = {gate: meaning for gate, _, meaning in _ROWS}

FROM_STANCE = ("stance_time_s", "flight_time_s", "duty_factor", "ln_k", "stance_angle_deg", "k_leg_kn_m")
FROM_OSCILLATION = ("vertical_oscillation_m", "vertical_ratio", "ln_k", "beta")


class Gated(Record, frozen=True, kw_only=True):
    """What the gates say of each epoch."""

    reason: npt.NDArray[np.str_]  # "" where scored
    by_steps: bool  # only speed and cadence are judged
    columns: dict[str, Array]  # those of the table, with values that cannot be measurements taken out
    running: Mask  # epochs of running, scored or not
    # Where contact time or oscillation was taken out, by the gate that says why; such an epoch may still be scored.
    doubts: dict[str, Mask]


def gate(table: Table, case: Case) -> Gated:
    """Every gate in order. Where the dynamics suffice for too few epochs, speed and cadence alone are judged."""
    least = case.method.epochs.min_epochs
    columns, doubts = _without_doubtful(table, case)
    caught = _caught(table, case)
    free = ~np.any(list(caught.values()), axis=0)
    has_speed = np.isfinite(columns["speed_mps"])
    # What the sensor class can be judged by: contact time, or oscillation where it counts.
    judged = np.isfinite(columns["duty_factor"])
    if case.reference.measures_bounce:
        judged |= np.isfinite(columns["beta"])
    judged &= case.reference.measures_contact & (has_speed | (not case.speed_trusted))
    steps = free & has_speed & np.isfinite(columns["step_time_s"])
    # All or nothing per run: scores over some epochs and steps over the others would be two runs under one name.
    few = (free & judged).sum() < least
    by_steps = bool(case.speed_trusted and few and (not case.reference.measures_contact or steps.sum() >= least))
    if not by_steps:
        for name, mask in doubts.items():
            caught[name] = mask & ~judged | caught.get(name, False)
        caught["no stance time"] = ~judged
    order = [name for name in GATES if name in caught]
    return Gated(
        reason=np.select([caught[name] for name in order], order, default=""),
        by_steps=by_steps,
        columns=columns,
        running=columns["cadence_spm"] >= case.method.gait.running_spm,
        doubts=doubts,
    )


def _caught(table: Table, case: Case) -> dict[str, Mask]:
    """Which epochs each gate of coverage, gait and speed catches, whatever the others say."""
    method, cadence, speed = case.method, table.columns["cadence_spm"], table.columns["speed_mps"]
    least_s, walking_spm, running_spm = method.epochs.min_covered_s, method.gait.walking_spm, method.gait.running_spm
    short = table.used_s < least_s
    stance = np.isfinite(table.columns["stance_time_s"])
    running = cadence >= running_spm
    # Watches withhold contact time while walking, so its absence tells, in a run that otherwise has it.
    usually = bool(running.any()) and bool(np.mean(stance[running]) > 0.5)
    between = (cadence >= walking_spm) & (cadence < running_spm)
    caught = {
        "start": short & (table.shares["start"] > 0),
        "pause": short & (table.shares["pause"] > 0),
        "gap": table.covered_s < least_s,
        "few samples": table.records < method.epochs.min_records,
        "no cadence": ~np.isfinite(cadence),
        "walking": (cadence < walking_spm) | (between & ~stance & usually),
        "ambiguous": between,
        "mixed": table.shares["walking"] >= method.gait.mixed_share,
        "implausible": cadence > method.plausible.cadence_max_spm,
    }
    if not case.speed_trusted:
        # A guessed speed gates nothing; but without dynamics it is all there is to judge.
        return caught | {"no speed": np.full(len(speed), not case.reference.measures_contact)}
    return caught | {
        "no speed": ~np.isfinite(speed),
        "cadence lock": _locked(cadence, speed, case),
        "accelerating": table.shares["burst"] > 0,
        "slow": speed < method.plausible.speed_min_mps,
        "fast": speed > method.plausible.speed_max_mps,
        "unsteady": table.shares["steady"] < method.steady.min_share,
        "hilly": np.abs(table.columns["grade"]) > method.grade.hilly,
    }


def _locked(cadence: Array, speed: Array, case: Case) -> Mask:
    """Epochs at running speed whose cadence is about half or double of what is typical: arm swing, music, one leg."""
    rules, moving = case.method.plausible, speed >= case.method.plausible.speed_min_mps
    sound = moving & (cadence >= case.method.gait.running_spm) & (cadence <= rules.cadence_max_spm)
    # A lock throughout leaves no sound epoch to compare with, only what runners usually do.
    usual = usual_cadence_spm(speed, case.runner.height_m, case.method.population)
    typical = median(cadence[sound]) if sound.any() else usual
    # Relative, since half a cadence that is off by 10 % is itself off by 10 %.
    half, double = (np.abs(cadence / (factor * typical) - 1.0) <= rules.cadence_lock for factor in (0.5, 2.0))
    return moving & (half | double)


def _without_doubtful(table: Table, case: Case) -> tuple[dict[str, Array], dict[str, Mask]]:
    """The columns without what cannot be a measurement, and where something was taken out for which reason."""
    rules, columns = case.method.plausible, dict(table.columns)
    # Most of the epoch: its median is then the stuck value.
    stuck = table.shares["frozen"] > 0.5
    # Contact time or duty factor that no runner has, or that the device's own per cent contradicts.
    stance, duty = columns["stance_time_s"], columns["duty_factor"]
    no_stance = (stance < rules.stance_min_s) | (stance > rules.stance_max_s)
    no_stance |= (duty < rules.duty_min) | (duty > rules.duty_max)
    no_stance |= np.abs(columns["duty_factor_said"] / duty - 1.0) > rules.duty_mismatch
    # Oscillation that no runner has, or that is less than the flight needs.
    oscillation, flight = columns["vertical_oscillation_m"], np.maximum(columns["flight_time_s"], 0.0)
    no_bounce = (oscillation < rules.oscillation_min_m) | (oscillation > rules.oscillation_max_m)
    no_bounce |= oscillation < features.ballistic_rise_m(flight)
    jumped = np.zeros(len(stuck), dtype=np.bool_)
    if case.reference.measures_bounce:
        # Above what is usual at the speed, since k itself changes with speed on some sensors.
        above = columns["ln_k"] - expected_ln_k(columns["speed_mps"], case)
        ran = columns["cadence_spm"] >= case.method.gait.running_spm
        jumped = sensor_jump(np.where(ran & ~(stuck | no_stance | no_bounce), above, np.nan), rules)
    for names, mask in ((FROM_STANCE, stuck | no_stance), (FROM_OSCILLATION, stuck | no_bounce | jumped)):
        for name in names:
            columns[name] = np.where(mask, np.nan, columns[name])
    return columns, {"flat line": stuck, "implausible": no_stance | no_bounce, "sensor jump": jumped}


def sensor_jump(ln_k_above: Array, rules: Plausible) -> Mask:
    """Epochs on the shorter side of a sudden shift of ln k (against what is usual at the speed), if there is one.

    A shift is a change of level between neighbouring stretches that are calm in themselves, and that the whole of
    either side confirms: a strap that slipped or another sensor that took over, not a runner who got tired.
    """
    jumped = np.zeros(len(ln_k_above), dtype=np.bool_)
    at = np.flatnonzero(np.isfinite(ln_k_above))
    values, width = ln_k_above[at], rules.k_jump_epochs
    if len(values) < 2 * width:
        return jumped
    windows = running_median(values, width)
    steps = np.abs(windows[width:] - windows[:-width])
    rough = int(np.argmax(steps))
    # Medians do not see which of the few epochs around the shift belong to which side.
    split = level_edge(values, range(rough + width - width // 2, rough + width + width // 2 + 1))
    before, after = values[:split], values[split:]
    # A burst of bad epochs shifts the windows beside it, but not the medians of both whole sides.
    shift = min(float(steps[rough]), abs(median(before) - median(after)))
    calm = max(robust_sd(before), robust_sd(after)) <= rules.k_jump_calm
    if min(len(before), len(after)) >= width and shift > rules.k_jump and calm:
        jumped[at[split:] if len(after) < len(before) else at[:split]] = True
    return jumped


def drifts(columns: Mapping[str, Array], scored: Mask, rules: SensorRules) -> dict[str, float]:
    """How far duty factor and ln k wander within a run, each where it is more than a sensor may, by column."""
    speed, cadence = columns["speed_mps"], columns["cadence_spm"]
    found = {}
    for name, limit in (("duty_factor", rules.drift_DF), ("ln_k", rules.drift_ln_k)):
        there = scored & np.isfinite(speed) & np.isfinite(cadence) & np.isfinite(columns[name])
        values, n = columns[name][there], int(there.sum())
        width = max(rules.drift_epochs, int(rules.drift_share * n))
        if n < 2 * width:
            continue
        time = np.linspace(-0.5, 0.5, n)
        by = np.column_stack([speed[there], 1.0 / speed[there], cadence[there], np.nan_to_num(columns["grade"][there])])
        # What goes with speed, cadence and slope is taken off. A trend in time is fitted along, so that a runner who
        # speeds up while the sensor drifts does not hide it.
        by -= by.mean(axis=0)  # so that taking it off leaves the level of the column
        slopes = np.linalg.lstsq(np.column_stack([by, np.ones(n), time, time**2]), values, rcond=None)[0]
        wander = float(np.ptp(running_median(values - by @ slopes[: by.shape[1]], width)))
        if wander > limit:
            found[name] = wander
    return found


def corrected_unit(samples: Samples, rules: Plausible) -> tuple[Samples, tuple[Note, ...]]:
    """The samples with an oscillation that physics allows: as it is, ten times as much, or none; with a note."""
    stance, oscillation, cadence = samples.stance_time_s, samples.vertical_oscillation_m, samples.cadence_spm
    if stance is None or oscillation is None or cadence is None:
        return samples, ()
    flight = features.flight_time_s(features.step_time_s(np.where(cadence > 0, cadence, np.nan)), stance)

    def share_below_ballistic(values: Array) -> float:
        """Share of the records in flight that bounce less than the flight alone needs; 0 where none can tell."""
        known = np.isfinite(values) & (flight > 0)
        below = values[known] < features.ballistic_rise_m(flight[known])
        return float(np.mean(below)) if len(below) else 0.0

    share = share_below_ballistic(oscillation)
    if share <= rules.unit_share:
        return samples, ()
    impossible = f"the vertical oscillation is too small for the time in the air in {share:.0%} of the records"
    # Wahoo writes oscillation in a unit ten times too large for the field it uses.
    tenfold = oscillation * rules.unit_factor
    fits = rules.oscillation_min_m <= middle(tenfold) <= rules.oscillation_max_m
    if fits and share_below_ballistic(tenfold) <= rules.unit_share:
        text = f"{impossible}: its unit is wrong in this file, and it was multiplied by {rules.unit_factor:.0f}"
        note = Note(code="oscillation_unit", text=text)
        return samples.replace(vertical_oscillation_m=frozen(tenfold)), (note,)
    note = Note(code="oscillation_impossible", text=f"{impossible}, in no unit that is known: it was left out")
    return samples.replace(vertical_oscillation_m=None), (note,)
