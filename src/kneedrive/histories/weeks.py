"""A runner's weeks: what each ISO week held, D and P at one speed, breaks, the trend since the last break, what
the runner is over the last of them, and the habits that many runs show together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from kneedrive.analysis import posterior
from kneedrive.analysis.gates import drifts
from kneedrive.analysis.reference import Against, expected, from_middle
from kneedrive.analysis.result import Fade, FadeVerdict, Scope
from kneedrive.analysis.scores import findings, mean_climb_pct, scale_at, standing, systematic
from kneedrive.histories import result, segments
from kneedrive.histories.result import Computed, Habit, PastRun, Setting
from kneedrive.histories.segments import Curve, Stretch, Table
from kneedrive.histories.trend import HEART_RATE, RunValues, trends, week_values
from kneedrive.method import Method, SeriesRules, TrendRules
from kneedrive.patterns import Pattern
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES, SensorClass
from kneedrive.stats import TINY, ragged, robust_sd, student_below, student_quantile, weighted_mean

FAR_FREEDOM = 1e6  # degrees of freedom of what is known without scatter
Told = tuple[int, dict[str, result.WeekValue]]  # which stretch a week belongs to, and its values by series


def weekly(
    runs: Sequence[PastRun], until: date, weeks: int, setting: Setting, *, surface: str = "outdoor"
) -> result.WeeklyView:
    """The `weeks` ISO weeks of local time that end with the one that holds `until`; later runs do not count.

    Distance and number of runs are of all runs; scores, slow running and trends of those on `surface`.
    """
    last = result.week_number(until)
    seen = result.between(runs, result.monday(last - weeks + 1), until, setting)
    judged = segments.scored_on(seen, surface)
    parts, breaks = segments.stretches(judged, setting)
    speeds = segments.speeds(judged)
    speed = float(np.median(speeds)) if len(speeds) else None  # where the runner's form is known best
    since = until - timedelta(weeks=setting.method.profile.slow_weeks, days=-1)  # both days count
    recent = segments.scored_on(result.between(runs, since, until, setting), surface)
    lately = segments.speeds(recent)
    # Slow is what is slow for this runner now: a share of the last weeks, whatever weeks are shown.
    slow = float(np.percentile(lately, setting.method.profile.slow_percentile)) if len(lately) else None
    tests = [segments.computed(part.runs, part.sensor, setting.method) for part in parts]
    series = [part_series(part, test, speed, setting) for part, test in zip(parts, tests, strict=True)]
    told = told_weeks(series, setting.method.trend)
    found = [trends(each, setting.method, part.sensor) for each, part in zip(series, parts, strict=True)]
    latest = found[-1] if found else ()
    return result.WeeklyView(
        until=until,
        weeks=row_a_week(seen, range(last - weeks + 1, last + 1), told, slow, surface, setting),
        breaks=breaks,
        trends=latest,
        verdicts=verdicts(latest),
        sensor=parts[-1].sensor if parts else SensorClass.NONE,
        surface=surface,
        reference_speed_mps=speed,
        slow_speed_mps=slow,
        computed=tests[-1] if tests else None,
        last_weeks=last_weeks(recent, slow, latest, setting),
        pace_change=pace_change(recent, setting) if recent else None,
        finished=tuple(trend for each in found[:-1] for trend in each if not trend.weeks_missing),
        heart_rate=heart_rate(parts[-1], speed, setting) if parts else None,
    )


def letters_of(test: Computed) -> tuple[str, ...]:
    """Which series a sensor class is tested by: D, and P where its oscillation says something; else steps alone."""
    allowed = REFERENCES[test.sensor].scores
    return ("zSL",) if test.believed or "D" not in allowed else tuple(name for name in "DP" if name in allowed)


def part_series(part: Stretch, test: Computed, speed_mps: float | None, setting: Setting) -> dict[str, RunValues]:
    """Run values of a stretch at the reference speed, by series; empty lists of runs where none has a value.

    The runner's own curve takes speed out. Time is fitted along, so that a change of form is not taken for one of
    speed in a runner who also got faster.
    """
    rows = segments.table(part.runs)
    if speed_mps is None or not rows.epochs:
        return {}
    here = setting.of(part.runs)
    off = segments.departures(rows, part.sensor, here)
    at = result.weeks_since_epoch(part.runs, setting)
    fitted = segments.curves(rows, off, here, at[rows.run])
    z = standardised(rows, off, fitted, speed_mps, here.against(part.sensor))
    values = posterior.letters(z) | z
    return {name: run_values(part.runs, rows, values[name], speed_mps, setting) for name in letters_of(test)}


def standardised(
    rows: Table, off: Mapping[str, Array], fitted: Mapping[str, Curve], speed_mps: float, against: Against
) -> dict[str, Array]:
    """zSL, zDF, zB and zk of each epoch as they would be at the reference speed on the flat."""
    there = expected(np.array([speed_mps]), against)
    spread = {"ln_T": there.sd_ln_T, "DF": there.sd_DF, "ln_beta": there.sd_ln_beta, "ln_k": there.sd_ln_k}
    z = {}
    for name, part in (("ln_T", "zSL"), ("DF", "zDF"), ("ln_beta", "zB"), ("ln_k", "zk")):
        moved = moved_by(fitted[name], rows, speed_mps) if name in fitted else np.nan
        z[part] = (off[name] - moved) / spread[name]
    return z


def moved_by(fitted: Curve, rows: Table, speed_mps: float) -> Array:
    """What a curve adds to each epoch for not having been run at a speed on the flat."""
    return fitted.at(rows.speed_mps, rows.grade) - fitted.at(speed_mps, 0.0)


def run_values(runs: Sequence[PastRun], rows: Table, values: Array, speed_mps: float, setting: Setting) -> RunValues:
    """The mean of each run that has enough epochs on the flat and near a speed, and its SE. values: of the rows."""
    rules = setting.method.trend
    close = np.abs(rows.speed_mps / speed_mps - 1.0) <= rules.speed_window
    weight = np.where(close & (rows.weight >= 1.0), 1.0, 0.0)
    value, se, epochs = segments.run_means(rows, values, weight, len(runs), setting)
    kept = epochs >= rules.run_epochs
    at, week = result.weeks_since_epoch(runs, setting), result.week_numbers(runs, setting)
    return RunValues(at_weeks=at[kept], week=week[kept], value=value[kept], se=se[kept])


def heart_rate(part: Stretch, speed_mps: float | None, setting: Setting) -> result.Trend | None:
    """Heart rate at the reference speed over a stretch: context for its trends, never a verdict of its own."""
    rows, beats = segments.table(part.runs), segments.joined(part.runs, HEART_RATE)
    at = result.weeks_since_epoch(part.runs, setting)
    fitted = segments.curves(rows, {HEART_RATE: beats}, setting, at[rows.run])
    if speed_mps is None or not fitted:
        return None
    off = beats - moved_by(fitted[HEART_RATE], rows, speed_mps)
    values = run_values(part.runs, rows, off, speed_mps, setting)
    rules = setting.method.series
    beats_rules = rules.replace(min_change=rules.heart_change, telling=rules.heart_telling)
    return trends({HEART_RATE: values}, setting.method.replace(series=beats_rules), part.sensor)[0]


# What the runner is over the last weeks: one posterior of the run means.


def last_weeks(
    recent: Sequence[PastRun], slow: float | None, tested: Sequence[result.Trend], setting: Setting
) -> result.LastWeeks | None:
    """The runner over the last weeks (runs in order of time), on the sensor that was used last; None without a run.

    tested: the trends of the stretch that these weeks are the end of.
    """
    parts, _ = segments.stretches(recent, setting)
    if not parts:
        return None
    part, rules = parts[-1], setting.method.posterior
    here = setting.of(part.runs)
    against = here.against(part.sensor)
    believed = segments.computed(part.runs, part.sensor, setting.method).believed
    found = posterior_of(part.runs, against, setting, steps=believed)
    if found is None:
        return None
    told, ranges = found
    return result.LastWeeks(
        first=result.local_date(part.runs[0], setting),
        last=result.local_date(part.runs[-1], setting),
        runs=len(part.runs),
        sensor=part.sensor,
        surface=part.runs[-1].surface,
        posterior=told,
        findings=findings(told, Scope.WEEKS, rules),
        ruled_out=posterior.ruled_out(told, rules),
        knee=posterior.knee(told, height_known=here.runner.height_m is not None, rules=rules),
        verdicts=verdicts(tested),
        verdict_since=min((trend.first for trend in tested if trend.first), default=None),
        share_of_slow=None if slow is None or believed else shuffle_share(part.runs, slow, setting),
        slow_speed_mps=slow,
        odds_range=ranges,
        device=part.runs[-1].device,
    )


def posterior_of(
    runs: Sequence[PastRun], against: Against, setting: Setting, *, steps: bool
) -> tuple[posterior.Posterior, Mapping[Pattern, tuple[float, float]]] | None:
    """The posterior of the means of these runs, and from steps alone the range of its odds; None without step time."""
    rows = segments.table(runs)
    weight, known = rows.weight, np.isfinite(rows.speed_mps) & (rows.weight > 0)
    if not known.any():
        return None
    scale = scale_at(float(np.average(rows.speed_mps[known], weights=weight[known])), against)
    climb = mean_climb_pct(rows.grade[known], weight[known], setting.method.grade)
    wanders = ("speed_mps", "cadence_spm", "duty_factor", "ln_k", "grade")
    drifted = []
    for run in runs:
        # Where speed is guessed, as on a treadmill, there is no zSL; a change of pace would look like a drift.
        trusted = np.isfinite(segments.column(run, "zSL"))
        columns = {name: segments.column(run, name) for name in wanders}
        drifted.append(drifts(columns, trusted, setting.method.sensors))
    wandered = np.array(drifted, dtype=bool)
    calm = systematic(scale, climb, against)
    doubted = systematic(scale, climb, against.replace(drifts=next(filter(None, drifted), {})))
    parts: dict[str, posterior.Part] = {}
    for name in ("zSL",) if steps else ("zSL", "zDF", "zk", "zB"):
        means = segments.run_means(rows, segments.joined(runs, name), weight, len(runs), setting)
        found = _over_runs(*means, setting.method.trend)
        # With contact time the oscillation is told by zk; zB would tell it twice.
        if found is not None and not (name == "zB" and "zk" in parts):
            z, se, share = found
            # The class is off in the same way in all runs, so its errors do not average out; where the sensor wandered
            # within a run they count for more, as far as that run does.
            off = calm[name] + float(share[wandered].sum()) * (doubted[name] - calm[name])
            parts[name] = posterior.Part(z=z, se=se, systematic=off)
    measurement, rules = posterior.Measurement(**parts), setting.method.posterior
    told = posterior.posterior(measurement, scale, rules)
    return told, posterior.odds_range(measurement, scale, rules) if told.basis is posterior.Basis.STEPS else {}


def _over_runs(
    value: Array, se: Array, epochs: npt.NDArray[np.int64], rules: TrendRules
) -> tuple[float, float, Array] | None:
    """Weighted mean over runs, its SE, and the share of each run in it; None where none has enough epochs.

    Runs count by how they differ and by their own errors. Few runs do not know how much they differ; then they are
    taken to as those of others do.
    """
    kept = epochs >= rules.run_epochs
    if not kept.any():
        return None
    value, noise = value[kept], se[kept] ** 2
    between = max(robust_sd(value) ** 2 - float(noise.mean()), 0.0)
    if len(value) < rules.few_runs:
        between = max(between, rules.run_sd**2)
    # Runs that agree exactly and are without error would else weigh infinitely.
    weight = 1.0 / np.maximum(between + noise, 1e-12)
    share = np.zeros(len(kept))
    share[kept] = weight / weight.sum()
    return float(np.average(value, weights=weight)), math.sqrt(1.0 / float(weight.sum())), share


# One row a week.


def told_weeks(series: Sequence[Mapping[str, RunValues]], rules: TrendRules) -> dict[int, Told]:
    """The values of each week; where a break falls inside a week, the later stretch speaks for it."""
    told: dict[int, Told] = {}
    for segment, by_name in enumerate(series):
        for name, values in by_name.items():
            for number, value in week_values(values, rules):
                if told.get(number, (-1, {}))[0] != segment:
                    told[number] = (segment, {})
                told[number][1][name] = value
    return told


def row_a_week(
    runs: Sequence[PastRun],
    numbers: range,
    told: Mapping[int, Told],
    slow_mps: float | None,
    surface: str,
    setting: Setting,
) -> tuple[result.Week, ...]:
    """One row of the view a week; a week without runs has one too."""
    held: dict[int, list[PastRun]] = {number: [] for number in numbers}
    for run in runs:
        held[result.week_number(result.local_date(run, setting))].append(run)
    slow_mps = math.nan if slow_mps is None else slow_mps  # no epoch is slower than that
    rows = []
    for number, those in held.items():
        segment, values = told.get(number, (None, {}))
        here = [run for run in those if run.surface == surface]
        slow = sum(int((segments.column(run, "speed_mps") <= slow_mps).sum()) for run in here)
        week = result.Week(
            monday=result.monday(number),
            runs=len(those),
            distance_m=sum(run.distance_m or 0.0 for run in those),
            duration_s=sum(run.duration_s for run in those),
            slow_s=float(slow * setting.method.epochs.length_s),
            shuffle_share=shuffle_share(here, slow_mps, setting),
            values=values,
            sensor=those[-1].sensor if those else "",
            segment=segment,
        )
        rows.append(week)
    return tuple(rows)


def verdicts(found: Sequence[result.Trend]) -> tuple[result.Verdict, ...]:
    """What is called; else "steady" where a change of any series would have been seen, else "too early to tell"."""
    called = tuple(trend.verdict for trend in found if trend.called)
    seen = bool(found) and all(trend.verdict is result.Verdict.STEADY for trend in found)
    return called or (result.Verdict.STEADY if seen else result.Verdict.TOO_EARLY,)


# Habits: what many runs say together of slow running, of how pace is changed, of the feet, and of what fades.


def shuffle_share(runs: Sequence[PastRun], slow_mps: float, setting: Setting) -> float | None:
    """Share of slow running in runs whose slow part is surely shuffle-like; None where no contact was measured."""
    least, rules = setting.method.profile.contrast_epochs, setting.method.posterior
    slow = shuffling = 0
    for run in runs:
        if not REFERENCES[run.sensor].measures_contact or "D" not in run.epochs.columns:
            continue
        where = run.epochs.scored & (run.epochs["speed_mps"] <= slow_mps)
        D, count = run.epochs["D"][where], int(where.sum())
        if np.isfinite(D).sum() < least:
            continue
        slow += count
        if np.nanmean(D) > -rules.score:  # the prior only draws it nearer to usual
            continue
        at = standing(run.epochs, where, least, setting.of([run]).against(run.sensor))
        # Some are so fast when slow that nobody shuffles at their speed.
        if at is not None and Pattern.SHUFFLE in at.posterior.odds:
            sure = posterior.certainty(Pattern.SHUFFLE, at.posterior, rules)
            shuffling += count if sure is posterior.Certainty.SPOKEN else 0
    return shuffling / slow if slow else None


def run_contrast(run: PastRun, slow_mps: float, setting: Setting) -> tuple[float, float] | None:
    """D of the slow epochs minus D near the run's median speed, and by how much one unit of tilt would change it.

    None where one of them is too few or too alike.
    """
    rules = setting.method.profile
    D, speed = segments.column(run, "D"), segments.column(run, "speed_mps")
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
    levers = [float(each) / scale_at(v, against).sd_DF / posterior.ROOT_2 for each, v in zip(off, at, strict=True)]
    return float(np.mean(D[slow]) - np.mean(D[usual])), levers[1] - levers[0]


def slow_contrast(runs: Sequence[PastRun], slow_mps: float, setting: Setting) -> result.SlowContrast:
    """The contrast over runs on one sensor."""
    found = [value for run in runs if (value := run_contrast(run, slow_mps, setting)) is not None]
    rules = setting.method.series
    if len(found) < rules.contrast_runs or len({run.sensor for run in runs}) != 1:
        return result.SlowContrast(verdict=Habit.NOT_ENOUGH, runs=len(found))
    contrast, lever = np.array(found).T
    return contrast_of(contrast, lever, REFERENCES[runs[0].sensor].sd_tilt_DF, rules)


def contrast_of(contrast: Array, lever: Array, tilt: float, rules: SeriesRules) -> result.SlowContrast:
    """From D(slow) - D(usual) of each run, and by how much D changes there per unit of tilt.

    tilt: SD of the class's tilt error, in duty factor per m/s. It is the same in all runs, so more runs do not help
    it; the degrees of freedom are Satterthwaite's (1946).
    """
    n = len(contrast)
    mean, noise = float(contrast.mean()), float(np.var(contrast, ddof=1)) / n
    systematic = (tilt * float(lever.mean())) ** 2
    se = math.sqrt(noise + systematic)
    freedom = min((noise + systematic) ** 2 * (n - 1) / noise**2, FAR_FREEDOM) if noise > 0 else FAR_FREEDOM
    beyond = (rules.contrast_max - mean) / max(se, TINY)
    chance = float(student_below(beyond, freedom))
    more = mean <= rules.contrast_max and chance >= rules.contrast_sure
    verdict = Habit.MORE if more else Habit.NOT_SHOWN
    return result.SlowContrast(verdict=verdict, runs=n, mean=mean, se=se, probability=chance)


def pace_change(runs: Sequence[PastRun], setting: Setting) -> result.PaceChange:
    """How cadence goes with speed within these runs (in order of time), on the watch and sensor of the last of them."""
    rules = setting.method.series
    keys = segments.known_keys(runs)
    same = [run for run, key in zip(runs, keys, strict=True) if key == keys[-1] and run.surface == runs[-1].surface]
    flat = [np.where(run.epochs.weight[run.epochs.scored] >= 1.0, 1.0, 0.0) for run in same]
    row = np.repeat(np.arange(len(same)), [len(part) for part in flat])
    speed, cadence = (ragged(row, segments.joined(same, name), len(same)) for name in ("speed_mps", "cadence_spm"))
    weight = ragged(row, np.concatenate(flat), len(same))
    slope, se, n = pace_slope(speed, cadence, np.nan_to_num(weight), rules)
    people = (rules.pace_low, rules.pace_high)
    usual = result.PaceChange(runs=n, faster=rules.pace_faster, usual=rules.pace_usual, people=people)
    if not math.isfinite(slope):
        reason = f"{n or 'no'} run{'' if n == 1 else 's'} at changing speed on one watch in eight weeks; "
        return usual.replace(reason=f"{reason}{rules.pace_runs} are needed")
    reach = se * float(student_quantile(1.0 - 0.5 * rules.alpha, n - 1.0))
    longer, quicker = ((1.0 + rules.pace_faster) ** power - 1.0 for power in (1.0 - slope, slope))
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
    tells = power >= rules.pace_sd_ln_v**2 * np.maximum(weight.sum(axis=-1), TINY)
    power = np.where(tells, power, 0.0)
    shared = np.where(tells, np.where(weight > 0, weight * x * y, 0.0).sum(axis=-1), 0.0)
    n, whole = int(tells.sum()), float(power.sum())
    if n < rules.pace_runs:
        return math.nan, math.nan, n
    b = float(shared.sum()) / whole
    off = float(((shared - b * power) ** 2).sum())
    return b, math.sqrt(off * n / (n - 1)) / whole, n


def balance_habit(runs: Sequence[PastRun], method: Method) -> result.BalanceHabit:
    """A difference between the feet that stays: said where runs lie surely beyond the bound, and enough of them do."""
    shares, rules = [segments.column(run, "balance_left") for run in runs], method.series
    left = np.array([np.nanmean(share) for share in shares if np.isfinite(share).any()])
    if len(left) < rules.balance_runs:
        return result.BalanceHabit(verdict=Habit.NOT_ENOUGH, runs=len(left), runs_beyond=0)
    mean, se = float(left.mean()), float(left.std(ddof=1)) / math.sqrt(len(left))
    side = 1.0 if mean >= 0.5 else -1.0
    beyond = (side * (mean - 0.5) - rules.balance_habit) / max(se, TINY)
    chance = float(student_below(beyond, len(left) - 1.0))
    # A hair of tolerance: 48.5 % and its like have no exact binary value.
    count = int((side * (left - 0.5) >= rules.balance_habit - 1e-9).sum())
    constant = count >= rules.balance_runs and chance >= rules.balance_sure
    return result.BalanceHabit(
        verdict=Habit.UNEVEN if constant else Habit.NONE,
        runs=len(left),
        runs_beyond=count,
        left=mean,
        side=("left" if side > 0 else "right") if constant else "",
        se=se,
        probability=chance,
    )


def fade_habit(fades: Sequence[Fade], method: Method) -> result.FadeHabit:
    """What faded the same way in at least three runs and in at least half of those that could tell."""
    told = [fade for fade in fades if fade.verdict is not FadeVerdict.NOT_ENOUGH]
    least = method.fade.habit_runs
    if len(told) < least:
        return result.FadeHabit(verdict=Habit.NOT_ENOUGH, runs=len(told))
    notable: dict[tuple[str, bool], list[float]] = {}
    for fade in told:
        for name, change in fade.changes.items():
            if change.notable:
                notable.setdefault((name, change.difference > 0), []).append(change.difference)
    often = {name: found for (name, _), found in notable.items() if len(found) >= max(least, len(told) / 2)}
    return result.FadeHabit(
        verdict=Habit.FADES if often else Habit.NONE,
        runs=len(told),
        metrics=tuple(sorted(often)),
        median={name: float(np.median(found)) for name, found in sorted(often.items())},
    )
