"""A runner's weeks: what each ISO week held, D and P at one speed, breaks, and the trend since the last break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from kneedrive.analysis.reference import expected
from kneedrive.analysis.scores import letters, run_value
from kneedrive.history.curve import Table, column, curves, departure_at, departures, table
from kneedrive.history.habits import shuffle_share, slow_speed
from kneedrive.history.local_time import WEEK_S, between, local_date, monday, week_number, weeks_since_epoch
from kneedrive.history.result import Computed, Curve, PastRun, Setting, Trend, Week, WeeklyView, WeekValue
from kneedrive.history.segments import Stretch, computed, stretches
from kneedrive.history.trend import RunValues, trends, week_points
from kneedrive.method import TrendRules
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES
from kneedrive.stats import quantile

Series = Mapping[str, RunValues]
TWO_SIDED_95 = 0.975


class Told(Record, frozen=True, kw_only=True):
    """What a week says about form: which stretch it belongs to, and its values by series."""

    segment: int
    values: dict[str, WeekValue]


def weekly(
    runs: Sequence[PastRun], until: date, weeks: int, setting: Setting, *, surface: str = "outdoor"
) -> WeeklyView:
    """The `weeks` ISO weeks of local time that end with the one that holds `until`; later runs do not count.

    Distance and number of runs are of all runs; scores, slow running and trends of those on `surface`.
    """
    last = week_number(until)
    seen = between(runs, monday(last - weeks + 1), until, setting)
    judged = [run for run in seen if run.surface == surface and run.epochs.scored.any()]
    parts, breaks = stretches(judged, setting)
    speed = reference_speed(judged)
    slow = slow_until(runs, until, surface, setting)
    tests = [computed(part.runs, part.sensor, setting.method) for part in parts]
    series = [part_series(part, test, speed, setting) for part, test in zip(parts, tests, strict=True)]
    told = told_weeks(series, setting.method.trend)
    found = trends(series[-1], setting.method.trend) if series else ()
    return WeeklyView(
        until=until,
        weeks=tuple(
            week(number, held, slow, told.get(number), (surface, setting))
            for number, held in by_week(seen, range(last - weeks + 1, last + 1), setting)
        ),
        breaks=breaks,
        trends=found,
        verdicts=verdicts(found),
        sensor=parts[-1].sensor if parts else "none",
        surface=surface,
        reference_speed_mps=speed,
        slow_speed_mps=slow,
        computed=tests[-1] if tests else None,
    )


def slow_until(runs: Sequence[PastRun], until: date, surface: str, setting: Setting) -> float | None:
    """What counts as slow, from the last weeks up to and with a day."""
    since = until - timedelta(weeks=setting.method.profile.slow_weeks) + timedelta(days=1)
    recent = [run for run in between(runs, since, until, setting) if run.surface == surface]
    return slow_speed(recent, setting.method.profile)


def reference_speed(runs: Sequence[PastRun]) -> float | None:
    """Median speed of the scored epochs: where the runner's form is known best."""
    speeds = np.concatenate([np.empty(0), *(column(run, "speed_mps") for run in runs)])
    speeds = speeds[np.isfinite(speeds)]
    return float(np.median(speeds)) if len(speeds) else None


def letters_of(sensor: str, test: Computed) -> tuple[str, ...]:
    """Which series a sensor class is tested by: D, and P where its oscillation says something; else steps alone."""
    allowed = REFERENCES[sensor].scores
    return ("zSL",) if test.believed or "D" not in allowed else tuple(name for name in "DP" if name in allowed)


def part_series(part: Stretch, test: Computed, speed_mps: float | None, setting: Setting) -> Series:
    """Run values of a stretch at the reference speed, by series; empty lists of runs where none has a value.

    The runner's own curve takes speed out. Time is fitted along, so that a change of form is not taken for one of
    speed in a runner who also got faster.
    """
    rows = table(part.runs)
    if speed_mps is None or not rows.epochs:
        return {}
    off = departures(rows, part.sensor, setting)
    at = weeks_since_epoch(part.runs, setting)
    fitted = curves(rows, off, setting, at[rows.run])
    z = standardised(rows, {name: off[name] for name in fitted}, fitted, (part.sensor, speed_mps, setting))
    near = (np.abs(rows.speed_mps / speed_mps - 1.0) <= setting.method.trend.speed_window) & (rows.weight >= 1.0)
    values = letters(z) | z
    return {
        name: run_values(part.runs, at, np.where(near, values[name], np.nan), setting)
        for name in letters_of(part.sensor, test)
    }


def standardised(
    rows: Table, off: Mapping[str, Array], fitted: Mapping[str, Curve], at: tuple[str, float, Setting]
) -> dict[str, Array]:
    """zSL, zDF, zB and zk of each epoch as they would be at the reference speed on the flat."""
    sensor, speed_mps, setting = at
    there = expected(np.array([speed_mps]), REFERENCES[sensor], setting.runner, setting.method)
    spread = {"ln_T": there.sd_ln_T, "DF": there.sd_DF, "ln_beta": there.sd_ln_beta, "ln_k": there.sd_ln_k}
    z = {}
    for name, part in (("ln_T", "zSL"), ("DF", "zDF"), ("ln_beta", "zB"), ("ln_k", "zk")):
        if name not in fitted:
            z[part] = np.full(rows.epochs, np.nan)
            continue
        curve = fitted[name]
        moved = departure_at(curve, rows.speed_mps, rows.grade) - departure_at(
            curve, np.array([speed_mps]), np.zeros(1)
        )
        z[part] = (off[name] - moved) / spread[name]
    return z


def run_values(runs: Sequence[PastRun], at_weeks: Array, values: Array, setting: Setting) -> RunValues:
    """The weighted median of each run that has enough epochs, with its standard error."""
    rules, kept = setting.method, []
    ends = np.cumsum([int(run.epochs.scored.sum()) for run in runs])
    for place, (run, part) in enumerate(zip(runs, np.split(values, ends[:-1]), strict=True)):
        scored = run.epochs.scored
        found = run_value(part, run.epochs.weight[scored], run.epochs.start_s[scored], rules.epochs)
        if found is not None and found.epochs >= rules.trend.run_epochs:
            kept.append((at_weeks[place], week_number(local_date(run, setting)), found.value, found.random_se))
    columns = np.array(kept, dtype=np.float64).reshape(len(kept), 4)
    return RunValues(at_weeks=columns[:, 0], week=columns[:, 1].astype(np.int64), value=columns[:, 2], se=columns[:, 3])


def told_weeks(series: Sequence[Series], rules: TrendRules) -> dict[int, Told]:
    """The value of each week by series; where a break falls inside a week, the later stretch speaks for it."""
    told: dict[int, Told] = {}
    for segment, by_name in enumerate(series):
        for name, values in by_name.items():
            for number, value in week_values(values, rules):
                if told.get(number, Told(segment=-1, values={})).segment != segment:
                    told[number] = Told(segment=segment, values={})
                told[number].values[name] = value
    return told


def week_values(values: RunValues, rules: TrendRules) -> Iterator[tuple[int, WeekValue]]:
    """Each week's value with its 95 % interval."""
    points = week_points(values, rules)
    reach = quantile(TWO_SIDED_95) * points.se
    for place, number in enumerate(points.week):
        middle, off = float(points.value[place]), float(reach[place])
        at = datetime.fromtimestamp(float(points.at_weeks[place]) * WEEK_S, UTC)
        yield (
            int(number),
            WeekValue(value=middle, low=middle - off, high=middle + off, runs=int(points.runs[place]), at=at),
        )


def by_week(runs: Sequence[PastRun], numbers: range, setting: Setting) -> Iterator[tuple[int, list[PastRun]]]:
    """The runs of each week, in order; a week without runs gives an empty list."""
    held: dict[int, list[PastRun]] = {number: [] for number in numbers}
    for run in runs:
        held[week_number(local_date(run, setting))].append(run)
    yield from held.items()


def week(
    number: int, runs: Sequence[PastRun], slow_mps: float | None, told: Told | None, asked: tuple[str, Setting]
) -> Week:
    """One row of the view."""
    surface, setting = asked
    here = [run for run in runs if run.surface == surface and slow_mps is not None]
    slow = sum(int((column(run, "speed_mps") <= slow_mps).sum()) for run in here) if slow_mps else 0
    return Week(
        monday=monday(number),
        runs=len(runs),
        distance_m=sum(run.distance_m or 0.0 for run in runs),
        duration_s=sum(run.duration_s for run in runs),
        slow_s=float(slow * setting.method.epochs.length_s),
        shuffle_share=shuffle_share(here, slow_mps, setting) if slow_mps else None,
        values=told.values if told else {},
        sensor=runs[-1].sensor if runs else "",
        segment=told.segment if told else None,
    )


def verdicts(found: Sequence[Trend]) -> tuple[str, ...]:
    """What is called; else "steady" where a change of some series would have been seen, else "too early to tell"."""
    called = tuple(trend.verdict for trend in found if trend.called)
    if called:
        return called
    return ("steady",) if any(trend.verdict == "steady" for trend in found) else ("too early to tell",)
