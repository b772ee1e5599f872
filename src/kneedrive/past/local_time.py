"""Days and weeks as the runner lived them: a run belongs to the day of its local time, whatever day it was in UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from kneedrive.past.result import PastRun, Setting
from kneedrive.recording import Array

EPOCH_DAY = date(1970, 1, 1)
DAYS_TO_MONDAY = 3  # the epoch was a Thursday
WEEK_S = 604_800.0
WIDEST_OFFSET = timedelta(days=1)  # no clock on earth is further from UTC


def offset_s(moment: datetime, said_s: int | None, zone: Callable[[datetime], int] | None) -> int:
    """Seconds that the runner's clock was ahead of UTC: what the file says, else the configured zone, else 0."""
    if said_s is not None:
        return said_s
    return zone(moment) if zone else 0


def local_day(moment: datetime, said_s: int | None, zone: Callable[[datetime], int] | None) -> date:
    """The day it was by the runner's own clock, which was so far ahead of UTC as `offset_s` says."""
    return (moment + timedelta(seconds=offset_s(moment, said_s, zone))).date()


def local_date(run: PastRun, setting: Setting) -> date:
    """The day of a run by the runner's own clock."""
    return local_day(run.started_at, run.utc_offset_s, setting.zone)


def weeks_since_epoch(runs: Sequence[PastRun], setting: Setting) -> Array:
    """Local start times in weeks since 1970, as fractions."""
    ahead_s = (offset_s(run.started_at, run.utc_offset_s, setting.zone) for run in runs)
    return np.array([(run.started_at.timestamp() + each) / WEEK_S for run, each in zip(runs, ahead_s, strict=True)])


def week_number(day: date) -> int:
    """Number of the ISO week that holds a day, counted from the week of 1 January 1970."""
    return ((day - EPOCH_DAY).days + DAYS_TO_MONDAY) // 7


def monday(week: int) -> date:
    """First day of a numbered week."""
    return EPOCH_DAY + timedelta(days=7 * week - DAYS_TO_MONDAY)


def day_of(at_weeks: float) -> date:
    """The date of a time in weeks since 1970."""
    return EPOCH_DAY + timedelta(days=int(np.floor(7.0 * at_weeks)))


def between(runs: Iterable[PastRun], first: date, last: date, setting: Setting) -> list[PastRun]:
    """The runs from the first day to the last, both included, in order of time.

    Most of a long history is told apart by UTC alone, which is what makes ten years cheap.
    """
    low = datetime.combine(first, time(), UTC) - WIDEST_OFFSET
    high = datetime.combine(last, time(), UTC) + 2 * WIDEST_OFFSET
    near = [run for run in runs if low <= run.started_at <= high]
    kept = [run for run in near if first <= local_date(run, setting) <= last]
    return sorted(kept, key=lambda run: run.started_at)
