"""What comes back in run after run: slow running, its contrast with the usual pace, balance, fade."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kneedrive.analysis.result import Fade
from kneedrive.analysis.scores import Against, standing
from kneedrive.history.curve import column
from kneedrive.history.result import BalanceHabit, FadeHabit, PastRun, Setting, SlowContrast
from kneedrive.method import Method, ProfileRules
from kneedrive.patterns import Pattern
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES
from kneedrive.stats import student_below


def slow_speed(runs: Sequence[PastRun], rules: ProfileRules) -> float | None:
    """Speed at or below which running counts as slow: a percentile of the scored epochs of these runs.

    The runs are those of the last `slow_weeks` weeks. None where nothing was scored.
    """
    speeds = np.concatenate([np.empty(0), *(column(run, "speed_mps") for run in runs)])
    speeds = speeds[np.isfinite(speeds)]
    return float(np.percentile(speeds, rules.slow_percentile)) if len(speeds) else None


def shuffle_share(runs: Sequence[PastRun], slow_mps: float, setting: Setting) -> float | None:
    """Share of the slow epochs that lie in runs whose slow part is shuffle-like surely enough to be spoken of.

    None where no run has enough slow epochs with contact time.
    """
    shuffling, known = 0, 0
    for run in runs:
        slow = run.epochs.scored & (run.epochs["speed_mps"] <= slow_mps)
        held = Against(reference=REFERENCES[run.sensor], runner=setting.runner, method=setting.method)
        at = standing(run.epochs, slow, setting.method.profile.contrast_epochs, held)
        if at is not None and "D" in at.values:
            sure = at.posterior.odds.get(Pattern.SHUFFLE, 0.0) >= setting.method.posterior.spoken
            known, shuffling = known + int(slow.sum()), shuffling + int(slow.sum()) * sure
    return shuffling / known if known else None


def run_contrast(run: PastRun, slow_mps: float, rules: ProfileRules) -> float | None:
    """D of the slow epochs minus D near the run's median speed; None where one of them is too few or too alike."""
    D, speed = column(run, "D"), column(run, "speed_mps")
    there = np.isfinite(D) & np.isfinite(speed)
    D, speed = D[there], speed[there]
    if not len(D):
        return None
    usual = np.abs(speed / np.median(speed) - 1.0) <= rules.contrast_near
    slow = speed <= slow_mps
    if min(slow.sum(), usual.sum()) < rules.contrast_epochs:
        return None
    if np.median(speed[usual]) - np.median(speed[slow]) < rules.contrast_gap_mps:
        return None
    return float(np.median(D[slow]) - np.median(D[usual]))


def slow_contrast(runs: Sequence[PastRun], slow_mps: float, method: Method) -> SlowContrast:
    """The contrast over runs on one sensor. Three runs are few: the probability is Student's, not the normal's."""
    rules = method.profile
    found = [value for run in runs if (value := run_contrast(run, slow_mps, rules)) is not None]
    if len(found) < rules.contrast_runs or len({run.sensor for run in runs}) != 1:
        return SlowContrast(verdict="not enough", runs=len(found))
    mean, se = float(np.mean(found)), float(np.std(found, ddof=1)) / math.sqrt(len(found))
    beyond = rules.contrast_max - mean
    chance = student_below(beyond / se, len(found) - 1) if se > 0 else float(beyond >= 0)
    more = mean <= rules.contrast_max and chance >= method.posterior.spoken
    verdict = "more than slowing down" if more else "not shown"
    return SlowContrast(verdict=verdict, runs=len(found), mean=mean, se=se, probability=chance)


def balance_habit(runs: Sequence[PastRun], method: Method) -> BalanceHabit:
    """A difference between the feet that stays: on one side, in most epochs of all runs and in enough single runs."""
    rules = method.profile
    shares = [column(run, "balance_left") for run in runs]
    measured = [share[np.isfinite(share)] for share in shares if np.isfinite(share).any()]
    if len(measured) < rules.balance_runs:
        return BalanceHabit(verdict="not enough", runs=len(measured), runs_beyond=0)
    together = np.concatenate(measured)
    left = float(np.median(together))
    sign = 1.0 if left >= 0.5 else -1.0

    def beyond(epochs: Array) -> bool:
        # A hair of tolerance: 48.5 % and its like have no exact binary value.
        return float(np.mean(sign * (epochs - 0.5) >= rules.balance_pp - 1e-9)) >= rules.balance_share

    count = sum(map(beyond, measured))
    constant = count >= rules.balance_runs and beyond(together)
    return BalanceHabit(
        verdict="constant difference" if constant else "none",
        runs=len(measured),
        runs_beyond=count,
        left=left,
        side=("left" if sign > 0 else "right") if constant else "",
    )


def fade_habit(fades: Sequence[Fade], method: Method) -> FadeHabit:
    """What faded the same way in at least three runs and in at least half of those that could tell."""
    told = [fade for fade in fades if fade.verdict != "not enough"]
    least = method.fade.habit_runs
    if len(told) < least:
        return FadeHabit(verdict="not enough", runs=len(told))
    notable: dict[tuple[str, bool], list[float]] = {}
    for fade in told:
        for name, change in fade.changes.items():
            if change.notable:
                notable.setdefault((name, change.difference > 0), []).append(change.difference)
    often = {name: found for (name, _), found in notable.items() if len(found) >= max(least, len(told) / 2)}
    return FadeHabit(
        verdict="habit" if often else "none",
        runs=len(told),
        metrics=tuple(sorted(often)),
        median={name: float(np.median(found)) for name, found in sorted(often.items())},
    )
