"""What many runs say together: slow running and its contrast, how pace is changed, the feet's balance, what fades."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kneedrive.analysis.posterior import ROOT_2, Certainty, certainty
from kneedrive.analysis.reference import from_middle
from kneedrive.analysis.result import Fade, FadeVerdict
from kneedrive.analysis.scores import scale_at, standing
from kneedrive.histories.curve import column, joined
from kneedrive.histories.result import BalanceHabit, FadeHabit, Habit, PaceChange, PastRun, Setting, SlowContrast
from kneedrive.histories.segments import known_keys
from kneedrive.method import Method, ProfileRules, SeriesRules
from kneedrive.patterns import Pattern
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES
from kneedrive.stats import ragged, student_below, student_quantile, weighted_mean

FAR_FREEDOM = 1e6  # degrees of freedom of what is known without scatter


def slow_speed(runs: Sequence[PastRun], rules: ProfileRules) -> float | None:
    """Speed at or below which running counts as slow: a percentile of the scored epochs of these runs.

    The runs are those of the last `slow_weeks` weeks. None where nothing was scored.
    """
    speeds = joined(runs, "speed_mps")
    speeds = speeds[np.isfinite(speeds)]
    return float(np.percentile(speeds, rules.slow_percentile)) if len(speeds) else None


def shuffle_share(runs: Sequence[PastRun], slow_mps: float, setting: Setting) -> float | None:
    """Share of slow running in runs whose slow part is surely shuffle-like; None where no contact was measured."""
    parts = [found for run in runs if (found := slow_part(run, slow_mps, setting)) is not None]
    epochs = sum(count for count, _ in parts)
    return sum(count for count, shuffles in parts if shuffles) / epochs if epochs else None


def slow_part(run: PastRun, slow_mps: float, setting: Setting) -> tuple[int, bool] | None:
    """Slow epochs of a run and whether they are surely shuffle-like; None where they are too few or D unmeasured."""
    method, reference = setting.method, REFERENCES[run.sensor]
    if not reference.measures_contact or "D" not in run.epochs.columns:
        return None
    where = run.epochs.scored & (run.epochs["speed_mps"] <= slow_mps)
    D = run.epochs["D"][where]
    if np.isfinite(D).sum() < method.profile.contrast_epochs:
        return None
    if np.nanmean(D) > -method.posterior.score:  # the prior only draws it nearer to usual
        return int(where.sum()), False
    at = standing(run.epochs, where, method.profile.contrast_epochs, setting.of([run]).against(run.sensor))
    if at is None or Pattern.SHUFFLE not in at.posterior.odds:  # so fast that nobody shuffles
        return int(where.sum()), False
    sure = certainty(Pattern.SHUFFLE, at.posterior, method.posterior)
    return int(where.sum()), sure is Certainty.SPOKEN


def run_contrast(run: PastRun, slow_mps: float, setting: Setting) -> tuple[float, float] | None:
    """D of the slow epochs minus D near the run's median speed, and by how much one unit of tilt would change it.

    None where one of them is too few or too alike.
    """
    rules = setting.method.profile
    D, speed = column(run, "D"), column(run, "speed_mps")
    there = np.isfinite(D) & np.isfinite(speed)
    D, speed = D[there], speed[there]
    if not len(D):
        return None
    usual, slow = np.abs(speed / np.median(speed) - 1.0) <= rules.contrast_near, speed <= slow_mps
    if min(slow.sum(), usual.sum()) < rules.contrast_epochs:
        return None
    at = float(np.median(speed[usual])), float(np.median(speed[slow]))
    if at[0] - at[1] < rules.contrast_gap_mps:
        return None
    against = setting.against(run.sensor)
    off = from_middle(np.array(at), setting.method.population)
    # A tilt moves what is read of duty factor by its distance from the middle speed, and D by that in spreads.
    levers = [float(each) / scale_at(v, against).sd_DF / ROOT_2 for each, v in zip(off, at, strict=True)]
    return float(np.mean(D[slow]) - np.mean(D[usual])), levers[1] - levers[0]


def slow_contrast(runs: Sequence[PastRun], slow_mps: float, setting: Setting) -> SlowContrast:
    """The contrast over runs on one sensor."""
    found = [value for run in runs if (value := run_contrast(run, slow_mps, setting)) is not None]
    rules = setting.method.series
    if len(found) < rules.contrast_runs or len({run.sensor for run in runs}) != 1:
        return SlowContrast(verdict=Habit.NOT_ENOUGH, runs=len(found))
    contrast, lever = np.array(found).T
    return contrast_of(contrast, lever, REFERENCES[runs[0].sensor].sd_tilt_DF, rules)


def contrast_of(contrast: Array, lever: Array, tilt: float, rules: SeriesRules) -> SlowContrast:
    """From D(slow) - D(usual) of each run, and by how much D changes there per unit of tilt.

    tilt: SD of the class's tilt error, in duty factor per m/s. It is the same in all runs, so more runs do not help
    it; the degrees of freedom are Satterthwaite's (1946).
    """
    n = len(contrast)
    mean, noise = float(contrast.mean()), float(np.var(contrast, ddof=1)) / n
    systematic = (tilt * float(lever.mean())) ** 2
    se = math.sqrt(noise + systematic)
    freedom = min((noise + systematic) ** 2 * (n - 1) / noise**2, FAR_FREEDOM) if noise > 0 else FAR_FREEDOM
    beyond = (rules.contrast_max - mean) / max(se, 1e-300)
    chance = float(student_below(beyond, freedom))
    more = mean <= rules.contrast_max and chance >= rules.contrast_sure
    verdict = Habit.MORE if more else Habit.NOT_SHOWN
    return SlowContrast(verdict=verdict, runs=n, mean=mean, se=se, probability=chance)


def pace_change(runs: Sequence[PastRun], setting: Setting) -> PaceChange:
    """How cadence goes with speed within these runs (in order of time), on the watch and sensor of the last of them."""
    rules = setting.method.series
    keys = known_keys(runs)
    same = [run for run, key in zip(runs, keys, strict=True) if key == keys[-1] and run.surface == runs[-1].surface]
    flat = [np.where(run.epochs.weight[run.epochs.scored] >= 1.0, 1.0, 0.0) for run in same]
    row = np.repeat(np.arange(len(same)), [len(part) for part in flat])
    speed, cadence, weight = (
        ragged(row, values, len(same))
        for values in (joined(same, "speed_mps"), joined(same, "cadence_spm"), np.concatenate([np.empty(0), *flat]))
    )
    slope, se, n = pace_slope(speed, cadence, np.nan_to_num(weight), rules)
    usual = PaceChange(
        slope=None,
        low=None,
        high=None,
        runs=n,
        faster=rules.pace_faster,
        usual=rules.pace_usual,
        people=(rules.pace_low, rules.pace_high),
    )
    if not math.isfinite(slope):
        reason = f"{n or 'no'} run{'' if n == 1 else 's'} at changing speed on one watch in eight weeks; "
        return usual.replace(reason=f"{reason}{rules.pace_runs} are needed")
    reach = se * float(student_quantile(1.0 - 0.5 * rules.alpha, n - 1.0))
    longer, quicker = faster(slope, rules.pace_faster)
    return usual.replace(slope=slope, low=slope - reach, high=slope + reach, longer=longer, quicker=quicker)


def pace_slope(speed_mps: Array, cadence_spm: Array, weight: Array, rules: SeriesRules) -> tuple[float, float, int]:
    """b = d ln cadence / d ln speed within runs, its SE over runs, and how many runs tell; NaN with too few.

    From epochs (runs, epochs); NaN pads runs with fewer. SE from the spread of runs (a sandwich by run): the epochs of
    one run are no trials.
    """
    x, y = np.log(speed_mps), np.log(cadence_spm)
    weight = np.where(np.isfinite(x) & np.isfinite(y), weight, 0.0)
    # About each run's own mean, so that a slow and a fast day do not count as a change of pace.
    x, y = x - weighted_mean(x, weight)[..., None], y - weighted_mean(y, weight)[..., None]
    power = np.where(weight > 0, weight * x**2, 0.0).sum(axis=-1)
    tells = power >= rules.pace_sd_ln_v**2 * np.maximum(weight.sum(axis=-1), 1e-300)
    power = np.where(tells, power, 0.0)
    shared = np.where(tells, np.where(weight > 0, weight * x * y, 0.0).sum(axis=-1), 0.0)
    n, whole = int(tells.sum()), float(power.sum())
    if n < rules.pace_runs:
        return math.nan, math.nan, n
    b = float(shared.sum()) / whole
    off = float(((shared - b * power) ** 2).sum())
    return b, math.sqrt(off * n / (n - 1)) / whole, n


def faster(b: float, by: float) -> tuple[float, float]:
    """How much the step lengthens and quickens, as shares, when the runner goes faster by a share at this b."""
    return (1.0 + by) ** (1.0 - b) - 1.0, (1.0 + by) ** b - 1.0


def balance_habit(runs: Sequence[PastRun], method: Method) -> BalanceHabit:
    """A difference between the feet that stays, from the mean of each run that recorded it."""
    shares = [column(run, "balance_left") for run in runs]
    return balance_of(np.array([np.nanmean(share) for share in shares if np.isfinite(share).any()]), method.series)


def balance_of(left: Array, rules: SeriesRules) -> BalanceHabit:
    """From the left share of each run: said where the runs lie surely beyond the bound, and enough of them do."""
    if len(left) < rules.balance_runs:
        return BalanceHabit(verdict=Habit.NOT_ENOUGH, runs=len(left), runs_beyond=0)
    mean, se = float(left.mean()), float(left.std(ddof=1)) / math.sqrt(len(left))
    side = 1.0 if mean >= 0.5 else -1.0
    beyond = (side * (mean - 0.5) - rules.balance_habit) / max(se, 1e-300)
    chance = float(student_below(beyond, len(left) - 1.0))
    # A hair of tolerance: 48.5 % and its like have no exact binary value.
    count = int((side * (left - 0.5) >= rules.balance_habit - 1e-9).sum())
    constant = count >= rules.balance_runs and chance >= rules.balance_sure
    return BalanceHabit(
        verdict=Habit.UNEVEN if constant else Habit.NONE,
        runs=len(left),
        runs_beyond=count,
        left=mean,
        side=("left" if side > 0 else "right") if constant else "",
        se=se,
        probability=chance,
    )


def fade_habit(fades: Sequence[Fade], method: Method) -> FadeHabit:
    """What faded the same way in at least three runs and in at least half of those that could tell."""
    told = [fade for fade in fades if fade.verdict is not FadeVerdict.NOT_ENOUGH]
    least = method.fade.habit_runs
    if len(told) < least:
        return FadeHabit(verdict=Habit.NOT_ENOUGH, runs=len(told))
    notable: dict[tuple[str, bool], list[float]] = {}
    for fade in told:
        for name, change in fade.changes.items():
            if change.notable:
                notable.setdefault((name, change.difference > 0), []).append(change.difference)
    often = {name: found for (name, _), found in notable.items() if len(found) >= max(least, len(told) / 2)}
    return FadeHabit(
        verdict=Habit.FADES if often else Habit.NONE,
        runs=len(told),
        metrics=tuple(sorted(often)),
        median={name: float(np.median(found)) for name, found in sorted(often.items())},
    )
