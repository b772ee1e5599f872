"""Week by week: each series with its intervals, breaks of the sensor and tags, the trend where one was found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from kneedrive.history.result import Break, Trend, Week, WeeklyView, WeekValue
from kneedrive.report import history, numbers
from kneedrive.report.history import break_words, half, series_of
from kneedrive.report.html import svg
from kneedrive.report.html.blocks import Event
from kneedrive.report.html.run_charts import grouped, week_words
from kneedrive.report.html.svg import Beside, Markup, Scale, Tick, at, el, join
from kneedrive.report.verdict import SCORE_ENDS
from kneedrive.sensors import REFERENCES

_WEEK = timedelta(days=7)
_MIDDLE = 3.5  # days into a week
_NARROWEST = 272.0  # pixels of a drawing on a phone
_FLAG = 17.0  # pixels that a numbered flag needs
_LABELS = 6
_FARTHEST = 6.0  # spreads that the scale reaches at most: an interval may be far longer than anybody's weeks differ


def charts(found: WeeklyView, events: Sequence[Event]) -> list[tuple[str, Markup]]:
    """Title and drawing of each series; none where no week has a value."""
    now = [trend.series for trend in found.trends]
    names = sorted(series_of(found), key=lambda name: name not in now)  # what is followed now comes first
    return [(history.COLUMNS[name], chart(name, found, events)) for name in names]


def days(found: WeeklyView) -> Scale:
    """Days since the first Monday, over all weeks of the view."""
    return Scale(low=0.0, high=7.0 * max(len(found.weeks), 1))


def chart(name: str, found: WeeklyView, events: Sequence[Event]) -> Markup:
    """One series over the weeks."""
    x = days(found)
    values = [(week, week.values[name]) for week in found.weeks if name in week.values]
    y = svg.spreads((end for _, told in values for end in (told.low, told.high)), _FARTHEST)
    first = found.weeks[0].monday
    return svg.drawing(
        "weeks",
        f"{history.COLUMNS[name].capitalize()} by week; the table below has its numbers.",
        svg.area(0, y.percent(1), 100, y.percent(-1), "ribbon"),
        svg.line(0, y.percent(0), 100, y.percent(0), "zero"),
        svg.y_axis(y, svg.spread_ticks(y)),
        svg.x_axis(x, month_ticks(found.weeks, first)),
        svg.ends(*SCORE_ENDS[name]),
        [_break(each, x, first) for each in found.breaks],
        _flags(list(numbered(found, events)), x, first),
        [_line(part, name, x, y, first) for part in grouped(found.weeks)],
        [_trend(trend, found, x, y) for trend in found.trends if trend.series == name and trend.called],
        [_dot(week, told, (x, y), first) for week, told in values],
        marked=True,
    )


def month_ticks(weeks: Sequence[Week], first: date) -> list[Tick]:
    """The beginning of a month where there is room, its name; January is the year."""
    starts = [later.monday for week, later in pairwise(weeks) if week.monday.month != later.monday.month]
    every = max(1, math.ceil(len(starts) / _LABELS))
    shown = [start for start in starts if (start.month - 1) % every == 0] if every > 1 else starts
    return [Tick(value=float((start.replace(day=1) - first).days), text=numbers.month(start)) for start in shown]


def _since(day: date, first: date) -> float:
    return float((day - first).days)


def _line(part: Sequence[Week], name: str, x: Scale, y: Scale, first: date) -> Markup:
    """The weeks between two breaks, joined; a week without a value lifts the pen."""
    points: list[tuple[float, float] | None] = []
    last: date | None = None
    for week in part:
        if name not in week.values:
            continue
        if last is not None and week.monday - last > _WEEK:
            points.append(None)
        points.append((_since(week.monday, first) + _MIDDLE, y.inside(week.values[name].value)))
        last = week.monday
    return svg.stretched(svg.path(x, y, points, "faint"))


def _dot(week: Week, told: WeekValue, scales: tuple[Scale, Scale], first: date) -> Markup:
    x, y = scales
    place = x.percent(_since(week.monday, first) + _MIDDLE)
    width = 50.0 * 7.0 / x.high
    words = f"{week_words(week)}: {numbers.with_error(told.value, half(told))}, {numbers.plural(told.runs, 'run')}"
    return svg.mark(
        words,
        svg.area(place - width, 0, place + width, 100, "reach"),
        svg.line(place, y.percent(y.inside(told.low)), place, y.percent(y.inside(told.high)), "error"),
        el("circle", cx=at(place), cy=y.place(y.inside(told.value)), r=3.5, class_="week"),
    )


def _break(each: Break, x: Scale, first: date) -> Markup:
    """A line across which nothing is compared, with what changed beside it."""
    place = x.percent(x.inside(_since(each.date, first)))
    beside = Beside(dx=-6, dy=-8, anchor="end") if place > 50 else Beside(dx=6, dy=-8, anchor="start")
    short = f"new sensor: {REFERENCES[each.after].short}" if each.kind == "sensor" else "sensor changed"
    return svg.mark(
        f"{numbers.day(each.date)}: {break_words(each)}. Before and after cannot be compared.",
        svg.area(place - 1, 0, place + 1, 100, "reach"),
        svg.line(place, 0, place, 100, "break"),
        svg.words(place, 100, short, beside, "tick"),
    )


def numbered(found: WeeklyView, events: Sequence[Event]) -> list[tuple[int, Event]]:
    """The events within the weeks, numbered in order of time."""
    if not found.weeks:
        return []
    first, last = found.weeks[0].monday, found.weeks[-1].monday + _WEEK
    within = sorted((event for event in events if first <= event.day < last), key=lambda event: (event.day, event.text))
    return list(enumerate(within, start=1))


def _flags(events: Sequence[tuple[int, Event]], x: Scale, first: date) -> Markup:
    """A numbered flag above the chart for each event, in as many rows as keep them apart on a phone."""
    rows: list[float] = []
    parts = []
    for number, event in events:
        place = x.percent(_since(event.day, first) + 0.5)
        pixel = place * _NARROWEST / 100
        row = next((i for i, last in enumerate(rows) if pixel - last >= _FLAG), len(rows))
        rows[row : row + 1] = [pixel]
        parts.append(_flag(number, event, place, row))
    return join(parts)


def _flag(number: int, event: Event, place: float, row: int) -> Markup:
    up = -10 - row * 18
    return svg.mark(
        f"{number}: {numbers.day(event.day)}, {numbers.clean(event.text)}",
        svg.line(place, 0, place, 100, "tag"),
        el("circle", cx=at(place), cy=up, r=8, class_="flag"),
        svg.words(place, 0, numbers.number(number), Beside(dx=0, dy=up + 4), "flag-number"),
    )


def _trend(trend: Trend, found: WeeklyView, x: Scale, y: Scale) -> Markup:
    """The slope that was found, through the middle of its weeks."""
    slope, series = trend.slope_per_week, trend.series
    if slope is None or trend.first is None or trend.last is None:
        return Markup("")
    first = found.weeks[0].monday
    part = [week for week in grouped(found.weeks)[-1] if series in week.values]
    at = [_since(week.monday, first) + _MIDDLE for week in part]
    # The trend test gives a slope and no height: the line goes through the median of what the slope leaves.
    level = median(week.values[series].value - slope * day / 7 for week, day in zip(part, at, strict=True))
    ends = [(day, y.inside(level + slope * day / 7)) for day in (at[0], at[-1])]
    role = history.ROLES.get(trend.verdict, "")
    return svg.stretched(svg.path(x, y, ends, f"trend {role}".strip()))


def table(found: WeeklyView, *, miles: bool) -> Markup:
    """The weeks in numbers, the latest first."""
    names = series_of(found)
    unit = "miles" if miles else "km"
    series = [f"{history.COLUMNS[name]} ({name})" for name in names]
    head = ["week of", "runs", unit, "slow, min", *series, "slow and shuffle-like", "sensor"]
    rows = [_row(week, names, miles=miles) for week in reversed(found.weeks)]
    return el(
        "table",
        el("thead", el("tr", *(el("th", text, scope="col") for text in head))),
        el("tbody", *rows),
    )


def _row(week: Week, names: Sequence[str], *, miles: bool) -> Markup:
    told = [week.values.get(name) for name in names]
    cells = [
        numbers.number(week.runs),
        numbers.length(week.distance_m, miles=miles),
        numbers.whole_minutes(week.slow_s),
        *(numbers.with_error(each.value, half(each)) if each else numbers.MISSING for each in told),
        numbers.percent(week.shuffle_share),
        REFERENCES[week.sensor].short if week.sensor else "",
    ]
    return el("tr", el("th", week.monday.isoformat(), scope="row"), *(el("td", cell) for cell in cells))
