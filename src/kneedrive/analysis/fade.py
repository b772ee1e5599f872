"""Whether form changed within a run: late epochs against early ones of the same speed and slope.

Speed and hills change form more than tiredness does, so only matched pairs are compared. "No change" is a result.
"""

from __future__ import annotations

import math
from heapq import heapify, heappop, heappush

import numpy as np

from kneedrive.analysis import scores
from kneedrive.analysis.gates import STEPS
from kneedrive.analysis.reference import Case
from kneedrive.analysis.resampling import Mask
from kneedrive.analysis.result import Change, Epochs, Fade
from kneedrive.method import FadeRules, Method
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.stats import median, student_quantile

# Tiredness lengthens contact and lowers cadence; the other way round is a runner who warmed up, and no fade.
DIRECTIONS = {
    "cadence_spm": -1,
    "stance_time_s": 1,
    "duty_factor": 1,
    "vertical_oscillation_m": 0,
    "vertical_ratio": 0,
    "ln_k": 0,
}
# At one speed the others follow from these; each that is measured is one more chance for noise to look like a change.
INDEPENDENT = frozenset({"cadence_spm", "duty_factor", "vertical_oscillation_m"})
OF_STEPS = ("cadence_spm",)
OF_TIMING = ("cadence_spm", "stance_time_s", "duty_factor")
BOUNCE_IS_TIMING = ("stryd", "model_derived")


class Pairs(Record, frozen=True, kw_only=True):
    """Matched epochs: index of the early and of the late one."""

    early: list[int]
    late: list[int]


def moving_time_s(epochs: Epochs, covered_s: Array) -> Array:
    """Moving time at the start of each epoch: what was recorded, without the epochs that were paused."""
    # A coffee after the first half is no tiring.
    moving = np.where(epochs.reason == "pause", 0.0, covered_s)
    return np.concatenate(([0.0], np.cumsum(moving)[:-1])) if len(moving) else moving


def thirds(epochs: Epochs, covered_s: Array, rules: FadeRules) -> tuple[Mask, Mask]:
    """Scored epochs of the first and of the last third of the moving time after the warm-up."""
    at_s = moving_time_s(epochs, covered_s)
    total_s = float(at_s[-1] + covered_s[-1]) if len(at_s) else 0.0
    third_s = (total_s - rules.warm_up_s) * rules.third
    if third_s <= 0:
        nothing = np.zeros(len(at_s), dtype=np.bool_)
        return nothing, nothing
    # Cadence and bounce settle over the first minutes, which would look like a change.
    early = (at_s >= rules.warm_up_s) & (at_s < rules.warm_up_s + third_s)
    return epochs.scored & early, epochs.scored & (at_s >= total_s - third_s)


def match(speed_mps: Array, grade: Array, early: Mask, late: Mask, rules: FadeRules) -> Pairs:
    """Pairs of an early and a late epoch, nearest speeds first, each epoch used once. Unknown grade counts as flat.

    One early epoch at a time is held against all late ones: a table of all pairs would grow with the square of a run.
    """
    first, last = np.flatnonzero(early), np.flatnonzero(late)
    # Without altitude nothing can be matched on slope; a note of the run says so.
    slope = np.nan_to_num(grade)
    late_mps, late_slope = speed_mps[last], slope[last]
    free = np.ones(len(last), dtype=np.bool_)

    def nearest(row: int) -> list[tuple[float, int, int]]:
        apart = np.abs(late_mps / speed_mps[first[row]] - 1.0)
        fits = free & (apart <= rules.speed_match) & (np.abs(late_slope - slope[first[row]]) <= rules.grade_match)
        if not fits.any():
            return []
        column = int(np.argmin(np.where(fits, apart, np.inf)))
        return [(float(apart[column]), row, column)]

    waiting = [found for row in range(len(first)) for found in nearest(row)]
    heapify(waiting)
    pairs: dict[int, int] = {}
    while waiting:
        _, row, column = heappop(waiting)
        if free[column]:
            free[column], pairs[row] = False, column
        else:  # a nearer one has taken it
            for found in nearest(row):
                heappush(waiting, found)
    kept = sorted(pairs.items())
    return Pairs(early=[int(first[row]) for row, _ in kept], late=[int(last[column]) for _, column in kept])


def level_of(keys: tuple[str, ...], rules: FadeRules) -> float:
    """Probability that the interval of each metric covers, so that all of them do with that of the rules."""
    return 1.0 - (1.0 - rules.interval) / len(INDEPENDENT & set(keys))


def change(key: str, differences: Array, start_s: Array, level: float, method: Method) -> Change | None:
    """Mean of the paired differences with its interval; None with too few pairs. start_s: of the early epochs.

    level: probability that the interval covers. Notable: the interval excludes 0 and the mean reaches the threshold, in
    the direction that counts for this metric.
    """
    there = np.isfinite(differences)
    if there.sum() < method.fade.min_pairs:
        return None
    known, threshold = differences[there], float(getattr(method.fade, key))
    # Of neighbouring pairs: tiredness, heat and wind come in stretches.
    rho = scores.lag_1(known, start_s[there], method.epochs)
    # Student needs a degree of freedom; two epochs say next to nothing, and the interval is as wide.
    n = max(scores.effective_epochs(np.ones(len(known)), rho), 2.0)
    t = student_quantile(0.5 + level / 2.0, n - 1.0)
    mean, half = float(np.mean(known)), t * float(np.std(known, ddof=1)) / math.sqrt(n)
    counts = DIRECTIONS[key] * mean >= 0
    notable = counts and abs(mean) >= threshold and abs(mean) > half
    return Change(difference=mean, low=mean - half, high=mean + half, threshold=threshold, notable=notable)


def keys_of(mode: str, case: Case) -> tuple[str, ...]:
    """The metrics that this sensor measures, so that a change in them is one of the runner's."""
    if mode == STEPS:
        return OF_STEPS
    return OF_TIMING if case.sensor.word in BOUNCE_IS_TIMING else tuple(DIRECTIONS)


def fade(epochs: Epochs, covered_s: Array, mode: str, case: Case) -> Fade:
    """Late against early at matched speed and grade, metric by metric."""
    if not case.speed_trusted:
        return Fade(verdict="not enough", blocks=0, reason="speed was not measured, so no paces can be matched")
    rules = case.method.fade
    early, late = thirds(epochs, covered_s, rules)
    pairs = match(epochs["speed_mps"], epochs["grade"], early, late, rules)
    if len(pairs.early) < rules.min_pairs:
        there = f"{len(pairs.early) or 'no'} pair{'' if len(pairs.early) == 1 else 's'} of early and late half-minutes"
        reason = f"{there} with the same speed and slope; {rules.min_pairs} are needed"
        return Fade(verdict="not enough", blocks=len(pairs.early), reason=reason)
    changes, keys = {}, keys_of(mode, case)
    level = level_of(keys, rules)
    for key in keys:
        differences = epochs[key][pairs.late] - epochs[key][pairs.early]
        found = change(key, differences, epochs.start_s[pairs.early], level, case.method)
        if found is not None:
            changes[key] = found
    verdict = "changed" if any(one.notable for one in changes.values()) else "no change"
    speed = median(epochs["speed_mps"][pairs.early + pairs.late])
    return Fade(verdict=verdict, blocks=len(pairs.early), speed_mps=speed, changes=changes, level=level)
