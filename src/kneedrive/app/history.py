"""What the store holds of some weeks, the questions asked of it, and the weeks and comparisons on the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from kneedrive.advice import TAKEN
from kneedrive.analysis.result import Analysis, Change, Fade, FadeVerdict
from kneedrive.app import NOT_ENOUGH, OK, PARTLY, Answer, Form, setting_of, zone_of
from kneedrive.app.library import csv_text, everybody, opened
from kneedrive.errors import KneedriveError, NotEnoughData
from kneedrive.histories import compare as between_sides
from kneedrive.histories import result
from kneedrive.histories.result import PastRun, Setting, WeeklyView, local_date
from kneedrive.histories.weeks import balance_habit, fade_habit, slow_contrast, weekly
from kneedrive.record import Record
from kneedrive.report import history as words
from kneedrive.report import lists
from kneedrive.report.comparison import Periods, comparison
from kneedrive.report.lists import RunnerWeeks, credit
from kneedrive.report.machine import comparison_record, weekly_record
from kneedrive.store import NO_RUNS, Store

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.report.blocks import Style
    from kneedrive.store.rows import RunRow, Tag

# What the store holds of some weeks, and the questions that are asked of it.


def local_day(settings: Config, now: datetime) -> date:
    """The day it is where the runner lives."""
    return result.local_day(now, None, zone_of(settings))


def day_of(settings: Config, row: RunRow) -> date:
    """The local day of a run."""
    return result.local_day(row.started_at, row.utc_offset_s, zone_of(settings))


def runs_between(store: Store, first: date, last: date, setting: Setting) -> list[PastRun]:
    """The runs of these local days, both included, and no others read from the store."""
    return result.between(store.past_runs(*result.moments(first, last)), first, last, setting)


def formats_between(store: Store, first: date, last: date) -> set[str]:
    """The formats of the recordings of these days and of those beside them."""
    return store.formats(*result.moments(first, last))


def runs_until(store: Store, settings: Config, until: date, weeks: int) -> list[PastRun]:
    """The runs that these weeks, their habits and a run's own baseline need, read once; no others."""
    setting = setting_of(settings, until.year)
    back = max(weeks, setting.method.profile.slow_weeks, setting.method.baseline.weeks)
    # Weeks begin on a Monday, so the first of them may lie six days further back.
    return runs_between(store, until - timedelta(weeks=back, days=6), until, setting)


def weeks_of(runs: Sequence[PastRun], store: Store, settings: Config, until: date, weeks: int) -> WeeklyView:
    """The weekly view with the habits of the last weeks in it. runs: as `runs_until` reads them, or more."""
    setting = setting_of(settings, until.year)
    view = weekly(runs, until, weeks, setting)
    return view.replace(habits=habits_of(runs, view, setting, lambda run: fade_in(store.detail(run.id))))


def weeks_until(store: Store, settings: Config, until: date, weeks: int) -> WeeklyView:
    """The same, for who needs no more of the runs."""
    return weeks_of(runs_until(store, settings, until, weeks), store, settings, until, weeks)


def habits_of(
    runs: Sequence[PastRun], view: WeeklyView, setting: Setting, fade_of: Callable[[PastRun], Fade]
) -> result.Habits:
    """What comes back in the runs that count as the runner's last weeks, on the sensor of the view."""
    since = view.until - timedelta(weeks=setting.method.profile.slow_weeks)
    if view.breaks:
        since = max(since, view.breaks[-1].date - timedelta(days=1))  # a stretch begins on the day of its break
    like = (view.sensor, view.surface)
    last = [run for run in runs if since < local_date(run, setting) and (run.sensor, run.surface) == like]
    slow = view.slow_speed_mps if any(trend.series == "D" for trend in view.trends) else None
    return result.Habits(
        slow=slow_contrast(last, slow, setting) if slow and last else result.Habits().slow,
        balance=balance_habit(last, setting.method),
        fade=fade_habit([fade_of(run) for run in last], setting.method),
    )


def fade_in(detail: str) -> Fade:
    """The fade of a run from what was stored with it."""
    found: Mapping[str, Any] = json.loads(detail).get("fade") or {"verdict": "not enough", "blocks": 0}
    changes = {key: Change(**change) for key, change in found.get("changes", {}).items()}
    return Fade(verdict=FadeVerdict(found["verdict"]), blocks=found.get("blocks", 0), changes=changes)


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
        height_m=analysis.runner.height_m,
    )


def tags_between(tags: Sequence[Tag], first: date, last: date) -> list[Tag]:
    """The tags of these days."""
    return [tag for tag in tags if first.isoformat() <= tag.day <= last.isoformat()]


# The history on the terminal: weeks, and before against after.


class Group(StrEnum):
    """What groups of runs are made by."""

    SHOE = "shoe"
    TAG = "tag"


SHOES = "shoes:"  # what a tag begins with that names the shoes of its day
OTHERS = "all others"
ONE_GROUP = {
    Group.SHOE: "no two pairs of shoes have a run in the last year: a service that knows them names them, or a tag of "
    'the day does: kneedrive tag DATE "shoes: NAME"',
    Group.TAG: 'no tagged day has a run in the last year: kneedrive tag DATE "what was different" makes such a day',
}


class Question(Record, frozen=True, kw_only=True):
    """What to compare."""

    tag: str = ""  # a date or a part of a tag's text, "" for the latest; of groups the one held against all others
    periods: Periods | None = None  # asked for by their days
    across_sensors: bool = False
    group: Group | None = None  # compares groups of runs instead


def weekly_answer(
    settings: Config, weeks: int, until: date | None, now: datetime, style: Style, *, json: bool
) -> Answer:
    """The weeks that end with the one of `until`; else with this one, or that of the last run where they hold none.

    Raises NotEnoughData where the weeks that were asked for hold no run.
    """
    today = local_day(settings, now)
    with opened(settings) as store:
        store.need_runs()
        last = until or last_active(store, settings, today, weeks)
        found = weeks_until(store, settings, last, weeks)
        if not any(week.runs for week in found.weeks):
            latest = latest_day(store, settings, last)
            if latest is None:
                raise NotEnoughData("no runs up to that day: kneedrive runs lists what there is")
            raise NotEnoughData(
                f"no runs in these {weeks} weeks; the latest was on {latest}: "
                f"kneedrive weekly --until {latest} shows its weeks"
            )
        tags = tags_between(store.tags(), found.weeks[0].monday, last)
        named = credit(formats_between(store, found.weeks[0].monday, last))
    if json:
        return Answer.objects([weekly_record(found)])
    opening = "" if until or last == today else words.moved_back(weeks, last)
    report = words.weekly(found, tags, miles=style.miles, name=settings.runner.name, opening=opening)
    return Answer.laid_out([*report, named], style)


def last_active(store: Store, settings: Config, today: date, weeks: int) -> date:
    """Today, or the day of the last run where the weeks up to today hold none."""
    monday = today - timedelta(days=today.weekday(), weeks=weeks - 1)
    latest = latest_day(store, settings, today)
    return today if latest is None or latest >= monday else latest


def latest_day(store: Store, settings: Config, last: date) -> date | None:
    """The local day of the last run up to a day."""
    near = store.runs(until=result.moments(last, last)[1])  # and some of the days after, since zones differ
    return max((day for row in near if (day := day_of(settings, row)) <= last), default=None)


def compare(settings: Config, asked: Question, now: datetime, style: Style, *, json: bool) -> Answer:
    """Before against after. Raises NotEnoughData without a tag to compare by."""
    with opened(settings) as store:
        store.need_runs()
        found, periods = compared(store, settings, asked, local_day(settings, now))
        formats = [each for days in (periods.before, periods.after) for each in formats_between(store, *days)]
    code = OK if found.status is result.Outcome.COMPARED else NOT_ENOUGH
    if json:
        return Answer.objects([comparison_record(found, periods)], code)
    report = comparison(found, periods, miles=style.miles, name=settings.runner.name)
    return Answer.laid_out([*report, credit(formats)], style, code)


def compared(store: Store, settings: Config, asked: Question, today: date) -> tuple[result.Comparison, Periods]:
    """The comparison that was asked for, and the days it is of."""
    setting = setting_of(settings, today.year)
    if asked.group:
        return _grouped(store, setting, asked, today)
    periods = asked.periods or _around_tag(store.tags(), asked.tag, setting.method.compare.weeks, today)
    sides = [runs_between(store, *days, setting) for days in (periods.before, periods.after)]
    if sides[0] and not asked.periods:  # weeks before the first run are no part of what is compared
        first = min(local_date(run, setting) for run in sides[0])
        periods = periods.replace(before=(max(periods.before[0], first), periods.before[1]))
    return between_sides.compare(sides[0], sides[1], setting, across_sensors=asked.across_sensors), periods


def _grouped(store: Store, setting: Setting, asked: Question, today: date) -> tuple[result.Comparison, Periods]:
    """Two groups of the runs of the last year, and the days from the first to the last run of each.

    Of more than two groups the two with the most runs are compared. Raises NotEnoughData where there are not two.
    """
    first = today - timedelta(weeks=setting.method.compare.group_weeks)
    runs = runs_between(store, first, today, setting)
    groups = _groups_of(store, runs, asked, setting)
    largest = sorted(groups, key=lambda name: (-len(groups[name]), name))[:2]
    if len(largest) < 2:
        raise NotEnoughData(ONE_GROUP[asked.group or Group.TAG])
    before, after = sorted(largest, key=lambda name: (groups[name][0].started_at, name))
    found = between_sides.compare(groups[before], groups[after], setting, across_sensors=asked.across_sensors)
    days = [(local_date(groups[name][0], setting), local_date(groups[name][-1], setting)) for name in (before, after)]
    periods = Periods(before=days[0], after=days[1], name=f"{before} / {after}")
    return found.replace(group=asked.group or "", names=(before, after)), periods


def _groups_of(store: Store, runs: Sequence[PastRun], asked: Question, setting: Setting) -> dict[str, list[PastRun]]:
    """The runs by what they are grouped by, in order of time; by tag, those of untagged days are a group too."""
    shoes, wanted = store.shoes(), asked.tag.casefold()
    on_day: dict[str, list[str]] = {}
    for tag in store.tags():
        on_day.setdefault(tag.day, []).append(tag.text)
    groups: dict[str, list[PastRun]] = {}
    for run in runs:
        texts = on_day.get(local_date(run, setting).isoformat(), [])
        if asked.group is Group.SHOE:
            said = (text[len(SHOES) :].strip() for text in texts if text.casefold().startswith(SHOES))
            name = next(said, shoes.get(run.id, ""))  # what the runner says comes before what a service says
        else:
            name = next((text for text in texts if wanted in text.casefold()), OTHERS)
        if name:
            groups.setdefault(name if wanted in name.casefold() else OTHERS, []).append(run)
    return groups


def _around_tag(tags: list[Tag], spec: str, weeks: int, today: date) -> Periods:
    """So many weeks up to the day of a tag, and as many from that day on, today at the latest.

    It is the latest tag on that day, or with that in its text; of one day the last that the runner set by hand.
    Raises NotEnoughData.
    """
    wanted = spec.casefold()
    found = [tag for tag in tags if tag.day == spec or wanted in tag.text.casefold()]
    if tags and not found:
        raise NotEnoughData(f"no tag has {spec!r} as its day or in its text; kneedrive tags lists them")
    if not found:
        raise NotEnoughData(
            'nothing is tagged yet: kneedrive tag DATE "what changed" sets a day, --before and --after name two'
        )
    latest = [tag for tag in found if tag.day == found[-1].day]
    tag = next((tag for tag in reversed(latest) if not tag.text.startswith(TAKEN)), latest[-1])
    day, span = date.fromisoformat(tag.day), timedelta(weeks=weeks)
    last = min(day + span, max(today, day) + timedelta(days=1)) - timedelta(days=1)
    return Periods(before=(day - span, day - timedelta(days=1)), after=(day, last), name=tag.text)


# The weeks of every runner of a store, in a line each.


class EveryRunner(Record, frozen=True, kw_only=True):
    """Which weeks, and as whom: settings_of gives the settings of a runner by name, heights and all."""

    weeks: int
    now: datetime
    settings_of: Callable[[str], Config]
    until: date | None = None


def lines_of(settings: Config, every: EveryRunner) -> list[RunnerWeeks]:
    """The weeks of everybody who has something in the store, in the order of who changed.

    Where one cannot be shown, the line says why, and the rest goes on. Raises NotEnoughData without any runner.
    """
    names = sorted(everybody(settings))
    if not names:
        raise NotEnoughData(NO_RUNS)
    found = []
    for name in names:
        try:
            own = every.settings_of(name)
            with opened(own) as store:
                today = every.until or local_day(own, every.now)
                last = every.until or last_active(store, own, today, every.weeks)
                view, run = weeks_until(store, own, last, every.weeks), latest_day(store, own, today)
                formats = frozenset(formats_between(store, view.weeks[0].monday, last))
            found.append(RunnerWeeks(runner=name, last_run=run, view=view, formats=formats))
        except KneedriveError as error:
            found.append(RunnerWeeks(runner=name, trouble=str(error)))
    return lists.by_change(found)


def weekly_of_every_runner(settings: Config, every: EveryRunner, style: Style, form: Form) -> Answer:
    """A line a runner. Raises NotEnoughData without any runner."""
    found = lines_of(settings, every)
    code = PARTLY if any(each.trouble for each in found) else OK
    records = map(lists.roster_record, found)
    if form is Form.JSON:
        return Answer.objects(({"schema_version": 1, **each} for each in records), code)
    if form is Form.CSV:
        text = csv_text(lists.ROSTER_COLUMNS, (list(each.values()) for each in records))
        return Answer(text=text, code=code)
    return Answer.laid_out(lists.roster(found, every.weeks, local_day(settings, every.now)), style, code)
