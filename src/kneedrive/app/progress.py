"""The history on the terminal: weeks, and before against after."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from kneedrive.app import NOT_ENOUGH, OK, Answer
from kneedrive.app.library import opened
from kneedrive.app.past import day_of, formats_between, local_day, runs_between, tags_between, weeks_until
from kneedrive.app.settings import setting_of
from kneedrive.errors import NotEnoughData
from kneedrive.focus import TAKEN
from kneedrive.report import weekly as words
from kneedrive.report.credit import credit
from kneedrive.value import Value

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.history import Comparison
    from kneedrive.report.compare import Periods
    from kneedrive.report.style import Style
    from kneedrive.store import Store, Tag

_TWO_DAYS = timedelta(days=2)


class Question(Value):
    """What to compare. tag: a date or a part of a tag's text, "" for the latest; periods: asked for by their days."""

    tag: str = ""
    periods: Periods | None = None
    across_sensors: bool = False


def weekly(settings: Config, weeks: int, until: date | None, now: datetime, style: Style, *, json: bool) -> Answer:
    """The weeks that end with the one of `until`; else with this one, or that of the last run where they hold none.

    Raises NotEnoughData where the weeks that were asked for hold no run.
    """
    today = local_day(settings, now)
    with opened(settings) as store:
        last = until or last_active(store, settings, today, weeks)
        found, habits = weeks_until(store, settings, last, weeks)
        if not any(week.runs for week in found.weeks):
            raise NotEnoughData(nothing_in(store, settings, last, weeks))
        tags = tags_between(store.tags(), found.weeks[0].monday, last)
        named = credit(formats_between(store, found.weeks[0].monday, last), style)
    if json:
        from kneedrive.app.machine import line
        from kneedrive.report.progress_record import weekly_record

        return Answer(text=line(weekly_record(found, habits)))
    opening = [] if until or last == today else words.moved_back(weeks, last, style)
    return Answer(text="\n".join([*opening, words.render(found, habits, style, tags), *named]).rstrip("\n"))


def last_active(store: Store, settings: Config, today: date, weeks: int) -> date:
    """Today, or the day of the last run where the weeks up to today hold none."""
    monday = today - timedelta(days=today.weekday(), weeks=weeks - 1)
    latest = latest_day(store, settings, today)
    return today if latest is None or latest >= monday else latest


def latest_day(store: Store, settings: Config, last: date) -> date | None:
    """The local day of the last run up to a day."""
    near = store.runs(until=datetime.combine(last, time(), UTC) + _TWO_DAYS)
    return max((day for row in near if (day := day_of(settings, row)) <= last), default=None)


def nothing_in(store: Store, settings: Config, last: date, weeks: int) -> str:
    """What to say of weeks without runs: where the latest run is."""
    latest = latest_day(store, settings, last)
    if latest is None:
        return "no runs up to that day: kneedrive runs lists what there is"
    return (
        f"no runs in these {weeks} weeks; the latest was on {latest}: kneedrive weekly --until {latest} shows its weeks"
    )


def compare(settings: Config, asked: Question, now: datetime, style: Style, *, json: bool) -> Answer:
    """Before against after. Raises NotEnoughData without a tag to compare by."""
    with opened(settings) as store:
        found, periods = compared(store, settings, asked, local_day(settings, now))
        formats = [each for days in periods[:2] for each in formats_between(store, *days)]
    code = OK if found.status == "compared" else NOT_ENOUGH
    if json:
        from kneedrive.app.machine import line
        from kneedrive.report.progress_record import comparison_record

        return Answer(text=line(comparison_record(found, periods)), code=code)
    from kneedrive.report import compare as told

    text = "\n".join([told.render(found, periods, style), *credit(formats, style)])
    return Answer(text=text.rstrip("\n"), code=code)


def compared(store: Store, settings: Config, asked: Question, today: date) -> tuple[Comparison, Periods]:
    """The comparison that was asked for, and the days it is of."""
    from kneedrive.analysis import compare as analysis

    setting = setting_of(settings, today.year)
    periods = asked.periods or around(meant_tag(store.tags(), asked.tag), setting.method.compare.weeks, today)
    sides = [runs_between(store, *days, setting) for days in (periods.before, periods.after)]
    return analysis.compare(sides[0], sides[1], setting, across_sensors=asked.across_sensors), periods


def meant_tag(tags: list[Tag], spec: str) -> Tag:
    """The latest tag on that day, or with that in its text; of one day the last that the runner set by hand.

    Raises NotEnoughData.
    """
    wanted = spec.casefold()
    found = [tag for tag in tags if tag.day == spec or wanted in tag.text.casefold()]
    if found:
        latest = [tag for tag in found if tag.day == found[-1].day]
        return next((tag for tag in reversed(latest) if not tag.text.startswith(TAKEN)), latest[-1])
    if not tags:
        message = 'nothing is tagged yet: kneedrive tag DATE "what changed" sets a day, --before and --after name two'
    else:
        message = f"no tag has {spec!r} as its day or in its text; kneedrive tags lists them"
    raise NotEnoughData(message)


def around(tag: Tag, weeks: int, today: date) -> Periods:
    """So many weeks up to the day of a tag, and as many from that day on, today at the latest."""
    from kneedrive.report.compare import Periods

    day, span = date.fromisoformat(tag.day), timedelta(weeks=weeks)
    last = min(day + span, max(today, day) + timedelta(days=1)) - timedelta(days=1)
    return Periods((day - span, day - timedelta(days=1)), (day, last), tag.text)
