"""The weeks as one picture: how much was run, how it was run, where the sensor changed, what was noted, and the run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby, pairwise
from statistics import median

from kneedrive.past.result import Trend, Week, WeeklyView, WeekValue
from kneedrive.patterns import AXES
from kneedrive.record import Record
from kneedrive.report import numbers
from kneedrive.report.history import WEEK, Tagged, break_words, numbered, tag_words, value_words
from kneedrive.report.html import svg
from kneedrive.report.html.run_charts import ends_of
from kneedrive.report.html.svg import Markup, Scale, Tick, el, join
from kneedrive.report.words import capital
from kneedrive.sensors import REFERENCES, SensorClass

_MIDDLE = 3.5  # days into a week
_NARROWEST = 290.0  # pixels of a drawing on a phone
_NAME_ROOM = 14.0  # percent that the name of a sensor needs
_FLAG = 17.0  # pixels that a numbered flag needs
_LABELS = 6
_DOT, _SMALL_DOT, _MANY = 4.0, 2.5, 40  # radii in pixels, and the weeks from which dots are small
_FARTHEST = 6.0  # spreads that the scale reaches at most: an interval may be far longer than anybody's weeks differ
_BARS_TOP, _BARS = 80.0, 20.0  # percent of the drawing that show how much was run
_FORM = 70.0  # percent of the drawing, from its top, that show how it was run


class Frame(Record, frozen=True, kw_only=True):
    """What every part of a picture is drawn on: days since the first Monday, and the scale of the series."""

    first: date
    x: Scale
    y: Scale

    def percent(self, day: date, later: float = 0.0) -> float:
        """Where a day lies, in percent of the width; `later` in days."""
        return self.x.percent(self.x.inside((day - self.first).days + later))

    def height(self, value: float) -> float:
        """Where a value lies, in percent of the height."""
        return self.y.percent(self.y.inside(value)) * _FORM / 100


def chart(
    name: str, found: WeeklyView, tags: Sequence[Tagged], run_day: date | None = None, *, miles: bool = False
) -> Markup:
    """One series over the weeks, the distances below it. run_day: of the run that the page is about."""
    values = [(week, week.values[name]) for week in found.weeks if name in week.values]
    ends = [end for _, told in values for end in (told.low, told.high)]
    frame = Frame(
        first=found.weeks[0].monday, x=Scale(low=0.0, high=7.0 * len(found.weeks)), y=svg.spreads(ends, _FARTHEST)
    )
    top, bottom = frame.height(1), frame.height(-1)
    low, high = ends_of(name)
    return svg.drawing(
        "weeks",
        f"{capital(AXES[name].short)} and distance by week; the table has the numbers",
        _now(run_day, frame),
        svg.area(0, 100, "ribbon", svg.at(top), svg.at(bottom - top)),
        svg.line(0, svg.at(frame.height(0)), 100, svg.at(frame.height(0)), "zero"),
        svg.words(0, svg.at(frame.height(0)), "usual", "tick", dx=-8, dy=4, text_anchor="end"),
        svg.words(0, 0, f"↑ {AXES[name].high}", f"end {svg.tint(high)}", dy=-8),
        svg.words(0, svg.at(_FORM), f"↓ {AXES[name].low}", f"end {svg.tint(low)}", dy=12),
        svg.x_axis(frame.x, month_ticks(found.weeks, frame.first)),
        _bars(found.weeks, frame, run_day),
        svg.words(0, svg.at(_BARS_TOP), _most(found.weeks, miles=miles), "tick", dx=-8, dy=10, text_anchor="end"),
        _breaks(found, frame),
        _flags(numbered(found, tags), frame),
        *(_line(part, name, frame) for part in grouped(found.weeks)),
        *(_trend(trend, found, frame) for trend in found.trends if trend.series == name and trend.called),
        *(_dot(week, told, frame, _DOT if len(values) <= _MANY else _SMALL_DOT) for week, told in values),
    )


def grouped(weeks: Sequence[Week]) -> list[list[Week]]:
    """Weeks with values, split where the sensor changed."""
    told = [week for week in weeks if week.values]
    return [list(part) for _, part in groupby(told, key=lambda week: week.segment)]


def month_ticks(weeks: Sequence[Week], first: date) -> list[Tick]:
    """The beginning of a month where there is room, its name; January is the year."""
    starts = [later.monday for week, later in pairwise(weeks) if week.monday.month != later.monday.month]
    every = max(1, math.ceil(len(starts) / _LABELS))
    shown = [start for start in starts if (start.month - 1) % every == 0] if every > 1 else starts
    return [Tick(value=float((start.replace(day=1) - first).days), text=numbers.month(start)) for start in shown]


def week_words(week: Week) -> str:
    """ "Week of Mon 2 Mar 2026"."""
    return f"Week of {numbers.day(week.monday)}"


def _now(run_day: date | None, frame: Frame) -> Markup:
    """The week of the run that the page is about."""
    if run_day is None or not 0 <= (run_day - frame.first).days < frame.x.high:
        return Markup("")
    left = frame.percent(run_day - timedelta(days=run_day.weekday()))
    right = left + frame.x.percent(7.0)
    label = svg.words((left + right) / 2, 0, "this run", "tick", dy=-8, text_anchor="middle")
    return join((svg.area(left, right, "now"), label))


def _most(weeks: Sequence[Week], *, miles: bool) -> str:
    """The distance of the highest bar, in whole km or miles."""
    most = max((week.distance_m for week in weeks), default=0.0)
    return numbers.distance(round(most, -3) if not miles else most, miles=miles) if most else ""


def _bars(weeks: Sequence[Week], frame: Frame, run_day: date | None) -> Iterator[Markup]:
    """A bar a week, as high as its distance."""
    most = max((week.distance_m for week in weeks), default=0.0)
    for week in weeks:
        if not week.distance_m:
            continue
        height, left = _BARS * week.distance_m / most, frame.percent(week.monday, 1.0)
        here = run_day is not None and week.monday <= run_day < week.monday + WEEK
        right, top = frame.percent(week.monday, 6.0), _BARS_TOP + _BARS - height
        yield svg.area(left, right, f"km{' here' * here}", svg.at(top), svg.at(height))


def _line(part: Sequence[Week], name: str, frame: Frame) -> Markup:
    """The weeks between two breaks, joined; a week without a value lifts the pen."""
    points: list[tuple[float, float] | None] = []
    last: date | None = None
    for week in part:
        if name not in week.values:
            continue
        if last is not None and week.monday - last > WEEK:
            points.append(None)
        points.append(((week.monday - frame.first).days + _MIDDLE, frame.y.inside(week.values[name].value)))
        last = week.monday
    return svg.stretched(svg.path(frame.x, frame.y, points, "faint"), height=svg.at(_FORM))


def _dot(week: Week, told: WeekValue, frame: Frame, radius: float) -> Markup:
    place, width = frame.percent(week.monday, _MIDDLE), frame.x.percent(_MIDDLE)
    said = f"{week_words(week)}: {value_words(told)}, {numbers.plural(told.runs, 'run')}"
    low, middle, high = (svg.at(frame.height(value)) for value in (told.low, told.value, told.high))
    return svg.mark(
        said,
        svg.area(place - width, place + width, "reach"),
        svg.line(place, low, place, high, "whisker quiet"),
        el("circle", cx=svg.at(place), cy=middle, r=radius, class_="dot"),
    )


def _breaks(found: WeeklyView, frame: Frame) -> Iterator[Markup]:
    """A line at each break, and between them the name of what measured, where there is room for it."""
    breaks = found.breaks
    places = [0.0, *(frame.percent(each.date) for each in breaks), 100.0]
    sensors = [breaks[0].sensors[0] if breaks else found.sensor, *(each.sensors[1] for each in breaks)]
    for (left, right), sensor in zip(pairwise(places), sensors, strict=True):
        if right - left >= _NAME_ROOM and sensor in REFERENCES:
            yield svg.words(left, svg.at(_FORM), REFERENCES[SensorClass(sensor)].short, "tick", dx=6, dy=28)
    for each, place in zip(breaks, places[1:], strict=False):
        yield svg.mark(
            f"{break_words(each)}. Before and after cannot be compared.",
            svg.area(place - 1, place + 1, "reach"),
            svg.line(place, 0, place, "100%", "break"),
        )


def _flags(tags: Sequence[tuple[int, Tagged]], frame: Frame) -> Iterator[Markup]:
    """A numbered flag on the chart for each tag, in as many rows as keep them apart on a phone."""
    rows: list[float] = []
    for number, tag in tags:
        place = frame.percent(date.fromisoformat(tag.day), 0.5)
        pixel = place * _NARROWEST / 100
        row = next((i for i, last in enumerate(rows) if pixel - last >= _FLAG), len(rows))
        rows[row : row + 1] = [pixel]
        up = 10.0 + row * 18
        yield svg.mark(
            tag_words(number, tag),
            svg.line(place, 0, place, "100%", "tag"),
            el("circle", cx=svg.at(place), cy=up, r=8, class_="flag"),
            svg.words(place, up, numbers.number(number), "flag-number", dy=4, text_anchor="middle"),
        )


def _trend(trend: Trend, found: WeeklyView, frame: Frame) -> Markup:
    """The slope that was found, through the middle of its weeks."""
    slope, series = trend.slope_per_week, trend.series
    part = [week for week in grouped(found.weeks)[-1] if series in week.values]
    if slope is None or not part:
        return Markup("")
    at = [(week.monday - frame.first).days + _MIDDLE for week in part]
    # The trend test gives a slope and no height: the line goes through the median of what the slope leaves.
    level = median(week.values[series].value - slope * day / 7 for week, day in zip(part, at, strict=True))
    ends = [(day, frame.y.inside(level + slope * day / 7)) for day in (at[0], at[-1])]
    tint = svg.tint(ends_of(series)[1 if slope > 0 else 0])
    return svg.stretched(svg.path(frame.x, frame.y, ends, f"trend {tint}"), height=svg.at(_FORM))
