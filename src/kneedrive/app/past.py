"""What the store holds of some weeks, and the questions that are asked of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from kneedrive.analysis.baseline import own_view
from kneedrive.analysis.habits import balance_habit, fade_habit, slow_contrast
from kneedrive.analysis.local_time import between, local_date
from kneedrive.analysis.weeks import weekly
from kneedrive.app.settings import setting_of, zone_of
from kneedrive.findings import Analysis, Change, Fade
from kneedrive.history import OwnView, PastRun, Setting, SlowContrast, WeeklyView
from kneedrive.report.habits import Habits

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.store import RunRow, Store, Tag

_WIDEST_OFFSET = timedelta(days=1)


def local_day(settings: Config, now: datetime) -> date:
    """The day it is where the runner lives."""
    return (now + timedelta(seconds=zone_of(settings)(now))).date()


def day_of(settings: Config, row: RunRow) -> date:
    """The local day of a run."""
    offset_s = row.utc_offset_s if row.utc_offset_s is not None else zone_of(settings)(row.started_at)
    return (row.started_at + timedelta(seconds=offset_s)).date()


def runs_between(store: Store, first: date, last: date, setting: Setting) -> list[PastRun]:
    """The runs of these local days, both included, and no others read from the store."""
    near = store.past_runs(
        datetime.combine(first, time(), UTC) - _WIDEST_OFFSET, datetime.combine(last, time(), UTC) + 2 * _WIDEST_OFFSET
    )
    return between(near, first, last, setting)


def formats_between(store: Store, first: date, last: date) -> list[str]:
    """The formats of the recordings of these days; a day more at both ends, since no zone is asked."""
    return list(
        store.formats(
            datetime.combine(first, time(), UTC) - _WIDEST_OFFSET,
            datetime.combine(last, time(), UTC) + 2 * _WIDEST_OFFSET,
        )
    )


def weeks_until(store: Store, settings: Config, until: date, weeks: int) -> tuple[WeeklyView, Habits]:
    """The weekly view and the habits of the last weeks in it; only what they need is read."""
    setting = setting_of(settings, until.year)
    back = timedelta(weeks=max(weeks, setting.method.profile.slow_weeks), days=6)
    runs = runs_between(store, until - back, until, setting)
    view = weekly(runs, until, weeks, setting)
    return view, habits_of(runs, view, setting, lambda run: fade_in(store.detail(run.id)))


def habits_of(
    runs: Sequence[PastRun], view: WeeklyView, setting: Setting, fade_of: Callable[[PastRun], Fade]
) -> Habits:
    """What comes back in the runs that count as the runner's last weeks, on the sensor of the view."""
    since = view.until - timedelta(weeks=setting.method.profile.slow_weeks)
    if view.breaks:
        since = max(since, view.breaks[-1].date - timedelta(days=1))
    last = [
        run
        for run in runs
        if since < local_date(run, setting) and (run.sensor, run.surface) == (view.sensor, view.surface)
    ]
    slow = view.slow_speed_mps if any(trend.series == "D" for trend in view.trends) else None
    return Habits(
        slow=slow_contrast(last, slow, setting.method) if slow and last else SlowContrast(verdict="not enough", runs=0),
        balance=balance_habit(last, setting.method),
        fade=fade_habit([fade_of(run) for run in last], setting.method),
    )


def fade_in(detail: str) -> Fade:
    """The fade of a run from what was stored with it."""
    found: Mapping[str, Any] = json.loads(detail).get("fade") or {"verdict": "not enough", "pairs": 0}
    changes = {key: Change(**change) for key, change in found.get("changes", {}).items()}
    return Fade(verdict=found["verdict"], pairs=found["pairs"], changes=changes)


def past_run(analysis: Analysis) -> PastRun:
    """An analysis as a run of the past, for histories that are in no store."""
    activity = analysis.activity
    return PastRun(
        id=activity.id,
        started_at=activity.started_at,
        utc_offset_s=activity.utc_offset_s,
        sensor=analysis.provenance,
        device=activity.device.product,
        surface=analysis.surface,
        distance_m=activity.distance_m,
        duration_s=activity.duration_s,
        epochs=analysis.epochs,
    )


def against_own(store: Store, settings: Config, run_id: str, started_at: datetime) -> OwnView:
    """A stored run against the weeks before it."""
    setting = setting_of(settings, started_at.year)
    back = timedelta(weeks=setting.method.baseline.weeks)
    held = store.past_runs(started_at - back, started_at + timedelta(seconds=1))
    run = next(each for each in held if each.id == run_id)
    return own_view(run, held, setting)


def runs_before(store: Store, settings: Config, row: RunRow) -> list[PastRun]:
    """A run and those of the weeks before it, on its sensor and surface."""
    weeks = setting_of(settings, row.started_at.year).method.profile.slow_weeks
    held = store.past_runs(row.started_at - timedelta(weeks=weeks), row.started_at + timedelta(seconds=1))
    return [run for run in held if (run.sensor, run.surface) == (row.sensor, row.surface)]


def tags_between(tags: Sequence[Tag], first: date, last: date) -> list[Tag]:
    """The tags of these days."""
    return [tag for tag in tags if first.isoformat() <= tag.day <= last.isoformat()]
