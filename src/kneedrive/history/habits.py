"""What comes back in run after run: slow running, its contrast with the usual pace, balance, fade."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kneedrive.analysis.result import Fade
from kneedrive.analysis.scores import ROOT_2, SHUFFLE, Standing, earned, probability
from kneedrive.history.curve import column
from kneedrive.history.result import BalanceHabit, FadeHabit, PastRun, Setting, SlowContrast
from kneedrive.method import Method, ProfileRules
from kneedrive.recording import Array, Runner
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
    """Share of the slow epochs in which the shuffle rule holds as surely as a spoken label; None: it cannot be told."""
    held = [holds for run in runs if (holds := shuffling(run, slow_mps, setting)) is not None]
    epochs = np.concatenate([np.empty(0), *held])
    return float(epochs.mean()) if len(epochs) else None


def shuffling(run: PastRun, slow_mps: float, setting: Setting) -> Array | None:
    """1 for each slow epoch of the run that is shuffle-like, 0 for the others; None where D is not judged."""
    D, zSL, zDF, speed = (column(run, name) for name in ("D", "zSL", "zDF", "speed_mps"))
    slow = np.isfinite(D) & (speed <= slow_mps)
    rules, se = setting.method.labels, timing_se(run.sensor, setting.runner, setting.method)
    if se is None or not slow.any():
        return None
    holds = np.zeros(int(slow.sum()))
    D, zSL, zDF, speed = D[slow], zSL[slow], zDF[slow], speed[slow]
    # Most epochs are far from any label: only those that can earn this one are asked.
    for place in np.flatnonzero(-rules.score >= D):
        values = {"D": float(D[place]), "zSL": float(zSL[place]), "zDF": float(zDF[place])}
        named = {one.label for one in earned(Standing(values=values, se={}, speed_mps=float(speed[place])), rules)}
        holds[place] = SHUFFLE in named and probability(values["D"], se, rules.truth) >= rules.spoken
    return holds


def timing_se(sensor: str, runner: Runner, method: Method) -> float | None:
    """Systematic SE of D on a sensor class; None where it is not judged."""
    reference, labels = REFERENCES[sensor], method.labels
    if reference.sd_zDF is None:
        return None
    zSL = labels.systematic_zSL_no_height if runner.height_m is None else labels.systematic_zSL
    return math.hypot(zSL, reference.sd_zDF) / ROOT_2


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
    more = mean <= rules.contrast_max and chance >= method.labels.spoken
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
