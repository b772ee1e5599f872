"""The charts of a page: where a run stands at each pace, its quantities, the weeks around it, strips beside numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby, pairwise
from statistics import median

import numpy as np

from kneedrive.analysis.gates import SHORT
from kneedrive.analysis.reference import usual_ranges
from kneedrive.analysis.result import Analysis, Epochs
from kneedrive.histories.result import Trend, Week, WeeklyView
from kneedrive.patterns import AXES, PATTERNS, Pattern
from kneedrive.quantities import QUANTITIES
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.report import numbers
from kneedrive.report.blocks import SPAN, TICKS, Mark, Picture, plain
from kneedrive.report.history import WEEK, Tagged, break_words, numbered, value_words
from kneedrive.report.html import svg
from kneedrive.report.html.svg import Markup, Scale, Tick, el, join
from kneedrive.report.sections import claimed
from kneedrive.report.words import capital
from kneedrive.sensors import REFERENCES

# The pace picture: a row a pace on the bell of all runners at that pace.

_GUTTER_PX = 88.0  # to the left of the drawing, for the words of a row
_X = Scale(low=-SPAN, high=SPAN)


def picture(block: Picture, *, slim: bool = False, onset: tuple[int, str] | None = None) -> Markup:
    """The picture of a block. slim: for a run in a list. onset: rows above the shuffle-onset pace, and its words."""
    rows, step, head = len(block.rows), 25.0, 24.0
    if not slim:  # so high that a phone's first screen holds it
        step, head = min(max(192.0 / rows, 32.0), 52.0), 66.0
    bottom, (left, middle, right), (low, high) = head + step * rows, block.scale_words, ends_of(block.axis)
    parts = [
        svg.words(0, 12, f"← {left}", f"end {svg.tint(low)}"),
        svg.words(100, 12, f"{right} →", f"end {svg.tint(high)}", text_anchor="end"),
        svg.words(0, head - 8, block.heads[0], "tick", dx=-_GUTTER_PX),
        _bell(block.ticks, low, high) if block.ticks and not slim else "",
    ]
    # The middle, and beyond which one runner in 5 and one in 25 lie; nearer than 16 percent, words touch on a phone.
    close = any(0 < _X.percent(b) - _X.percent(a) < 16.0 for a, b in pairwise(block.ticks))
    guides = [(0.0, middle, "zero", "tick")]
    for place, text in zip(block.ticks, TICKS.values(), strict=False):
        guides.append((place, text, "guide", "tick near" if close and text == TICKS[0.20] else "tick"))
    for place, text, line, kind in guides:
        parts.append(svg.line(_X.percent(place), head - 6, _X.percent(place), bottom, line))
        parts.append(svg.words(_X.percent(place), "100%", text, kind, dy=10, text_anchor="middle"))
    if onset:
        y = head + step * onset[0]
        parts += [svg.area(0, 100, "below", y, bottom - y), svg.line(0, y, 100, y, "onset")]
        parts += [svg.words(100, y, onset[1], "onset-words", dy=-5, text_anchor="end")]
    parts += [_row(row, block.heads[0], head + step * (place + 0.5), step) for place, row in enumerate(block.rows)]
    name = f"From {left} to {right}, a row for each pace"
    return svg.drawing(f"paces{' slim' * slim}", name, *parts, height=bottom + 8)


def ends_of(axis: str) -> tuple[Pattern | None, Pattern | None]:
    """The patterns that lie at the low and at the high end of a score; None where there is none."""
    # Where two have a side the first counts, and of a key that comes again the last one stays.
    sides = {row.side: pattern for pattern, row in [*PATTERNS.items()][::-1] if row.axis == axis}
    return sides.get(-1), sides.get(1)


def _bell(ticks: Sequence[float], left: Pattern | None, right: Pattern | None) -> Markup:
    """All runners at a pace: the middle grey, the outer fifth of either side in the colour of its pattern."""
    y, (_, low, high, _) = Scale(low=0.0, high=1.05, up=True), ticks
    middle, spread = (low + high) / 2, (high - low) / 2 / 0.8416  # SDs of a normal beyond which one in five lies
    below, above = f"tail {svg.tint(left)}", f"tail {svg.tint(right)}"
    drawn = []
    for begin, end, kind in ((_X.low, low, below), (low, high, "ribbon"), (high, _X.high, above)):
        along = np.linspace(begin, end, 33).tolist()
        edge = [(place, math.exp(-0.5 * ((place - middle) / spread) ** 2)) for place in along]
        drawn.append(svg.path(_X, y, [(begin, 0.0), *edge, (end, 0.0)], kind, closed=True))
    return svg.stretched(*drawn, y="20", height="40")


def _row(row: Mark, unit: str, y: float, step: float) -> Markup:
    """A pace: its words at the left, the mark on the line of its error, the pattern's name at the right."""
    pace, time, *_ = (*row.before, "", "")
    behind, pattern = plain(row.behind), row.tone if isinstance(row.tone, Pattern) else None
    drawn: list[Markup] = []
    if row.mean is not None:
        middle, sd = _X.percent(_X.inside(row.mean)), row.sd or 0.0
        low, high = (_X.percent(_X.inside(row.mean + side * sd)) for side in (-1, 1))
        drawn = [
            svg.line(low, y, high, y, f"error {svg.tint(pattern)}{' hollow' * row.hollow}"),
            svg.disc(svg.at(middle), y, pattern, hollow=row.hollow),
        ]
    named = behind or (PATTERNS[pattern].name if pattern else "nothing stands out")
    return svg.mark(
        f"{pace}{numbers.TIE}{unit} for {time}: {named}",
        svg.area(0, 100, "reach", y - step / 2, step),
        svg.words(0, y, pace, "pace", dx=-_GUTTER_PX, dy=5),
        svg.words(0, y, time, "tick time", dx=-12, dy=5, text_anchor="end"),
        *drawn,
        svg.words(100, y, behind, f"named {svg.tint(pattern)}", dx=12, dy=5),
    )


# One small chart a quantity by pace: the runner's own on the ribbon of what is usual.


def metric_cards(analysis: Analysis, *, miles: bool) -> list[Markup]:
    """A card for each quantity; what a watch worked out by itself is faint, as its claim, beside nothing."""
    shown = ("step_length_m", "cadence_spm", "stance_time_s", "vertical_oscillation_m")
    keys = [key for key in shown if any(key in band.metrics for band in analysis.pace_profile)]
    if not keys:
        return []
    speeds = [band.speed_mps for band in analysis.pace_profile]
    x = svg.spanning(speeds, margin=0.12, least=0.5, up=False)
    # What is usual, a spread to each side and a little beyond the speeds: along its lower edge, and back again.
    reach = max(max(speeds) - min(speeds), 0.5) * 0.06
    along = np.linspace(min(speeds) - reach, max(speeds) + reach, 16)
    low, high = usual_ranges(along, analysis.against)
    there_and_back = np.concatenate((along, along[::-1])).tolist()
    edges = {key: np.concatenate((low[key], high[key][::-1])).tolist() for key in low}
    ribbons = {key: list(zip(there_and_back, edge, strict=True)) for key, edge in edges.items()}
    return [_card(key, analysis, x, ribbons.get(key, []), miles=miles) for key in keys]


def _card(key: str, analysis: Analysis, x: Scale, ribbon: Sequence[tuple[float, float]], *, miles: bool) -> Markup:
    claim, spread, usual = claimed(analysis, key), analysis.metrics.get(key), analysis.usual.get(key)
    beside = "your watch’s estimate" if claim else f"usual {numbers.value(key, usual)}" if usual else ""
    name = capital(QUANTITIES[key].name)
    value = el("strong", numbers.quantity(key, spread.median if spread else None))
    head = el("figcaption", el("span", name, class_="what"), value, el("small", beside))
    bands = [band for band in analysis.pace_profile if key in band.metrics]
    y = svg.spanning([*(band.metrics[key] for band in bands), *(edge for _, edge in ribbon)], margin=0.15)
    dots = []
    for band in bands:
        expected = f", usual {numbers.quantity(key, band.usual[key])}" if key in band.usual else ""
        tip = f"{numbers.pace(band.speed_mps, miles=miles)}: {numbers.quantity(key, band.metrics[key])}{expected}"
        dots.append(svg.dot(tip, x.percent(band.speed_mps), y.percent(band.metrics[key]), reach=4, radius=4.5))
    drawn = svg.drawing(
        "metric",
        f"{name} by pace, slow at the left",
        svg.stretched(svg.path(x, y, ribbon, "ribbon", closed=True)) if ribbon else "",
        svg.y_axis(y, svg.quantity_ticks(key, y, 2)),
        svg.x_axis(x, svg.pace_ticks(x, miles=miles)),
        dots,
    )
    return el("figure", head, drawn, class_=f"card{' claimed' * claim}")


# A run over its time: one small chart per quantity over one time axis, with what was not scored shaded in all.

_GAP = 7.0  # percent between two charts
# What is drawn, and what its axis spans at least, so that what hardly changes looks steady.
_LEAST = {"speed_mps": 0.6, "cadence_spm": 12.0, "stance_time_s": 0.03, "vertical_oscillation_m": 0.012}
_TIME_STEPS_S = (60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400)


def spans(epochs: Epochs, length_s: float) -> Iterator[tuple[float, float, str]]:
    """The stretches that were not scored for one reason, in order: start and end (s), and the reason."""
    rows = zip(epochs.start_s.tolist(), map(str, epochs.reason), strict=True)
    for reason, group in groupby(rows, key=lambda row: row[1]):
        starts = [start for start, _ in group]
        if reason:
            yield starts[0], starts[-1] + length_s, reason


def series(analysis: Analysis, *, miles: bool) -> Markup:
    """The charts; empty where the run has no epochs."""
    epochs, length_s = analysis.epochs, float(analysis.method.epochs.length_s)
    keys = [key for key in _LEAST if key in epochs.columns and np.isfinite(epochs[key]).any()]
    if not keys or not len(epochs):
        return Markup("")
    x = Scale(low=0.0, high=max(float(epochs.start_s[-1]) + length_s, analysis.activity.elapsed_s))
    shaded, reasons = [], []
    for start_s, end_s, reason in spans(epochs, length_s):
        ends = x.percent(start_s), x.percent(end_s)
        tip = f"{numbers.clock(start_s)} to {numbers.clock(end_s)}: {SHORT.get(reason, reason)}, not scored"
        shaded.append(svg.area(*ends, "left-out"))
        reasons.append(svg.mark(tip, svg.area(*ends, "reach")))
    height = (100.0 + _GAP) / len(keys) - _GAP
    return svg.drawing(
        f"series rows{len(keys)}",
        "The run over its time; what was not scored is shaded",
        shaded,
        svg.x_axis(x, time_ticks(x)),
        [_over_time(key, analysis, x, (n * (height + _GAP), height), miles=miles) for n, key in enumerate(keys)],
        reasons,  # over the charts, or they could not be pointed at
    )


def time_ticks(x: Scale) -> list[Tick]:
    """Round times since the start."""
    step = next((step for step in _TIME_STEPS_S if x.high / step <= 6), _TIME_STEPS_S[-1])
    return [Tick(value=float(second), text=numbers.clock(second)) for second in range(0, int(x.high) + 1, step)]


def _over_time(key: str, analysis: Analysis, x: Scale, room: tuple[float, float], *, miles: bool) -> Markup:
    """One quantity: its ticks, a faint line for everything, a strong one for what was scored. room: top and height."""
    (top, height), epochs, claim = room, analysis.epochs, claimed(analysis, key)
    y = svg.spanning(_shown(epochs[key], epochs).tolist(), margin=0.12, least=_LEAST[key])
    name, unit, ticks = QUANTITIES[key].name, QUANTITIES[key].unit, svg.quantity_ticks(key, y, 3)
    if key == "speed_mps":
        name, unit, ticks = "pace", numbers.pace_unit(miles=miles), svg.pace_ticks(y, miles=miles)
    title = f"{capital(name)}, {unit}{' (your watch’s estimate)' * claim}"
    times = (epochs.start_s + analysis.method.epochs.length_s / 2).tolist()
    lines = []
    for kind, shown in (("faint", True), ("strong", epochs.scored & (not claim))):
        known = (np.isfinite(epochs[key]) & shown).tolist()
        rows = zip(times, epochs[key].tolist(), known, strict=True)
        lines.append(svg.path(x, y, [(time, value) if there else None for time, value, there in rows], kind))
    drawn = svg.stretched(*lines, y=svg.at(top), height=svg.at(height))
    return join((svg.y_axis(y, ticks, top=top, height=height), drawn, svg.words(0, svg.at(top), title, "edge", dy=-6)))


def _shown(values: Array, epochs: Epochs) -> Array:
    """What the scale is made for. A walk or a sprint would flatten everything else, and may be cut off."""
    known = np.isfinite(values)
    scored: Array = values[epochs.scored & known]
    if len(scored) >= known.sum() / 2:
        return scored
    # Where less than half was scored, the bulk of all: to 1.5 quartile ranges beyond the quartiles, as in a box plot.
    lower, upper = np.percentile(values[known], (25, 75))
    reach = 1.5 * (upper - lower)
    bulk: Array = values[known & (values >= lower - reach) & (values <= upper + reach)]
    return bulk


# The weeks as one picture: how much was run, how, where the sensor changed, what was noted, and the run of the page.

_MIDDLE = 3.5  # days into a week
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


def by_week(name: str, view: WeeklyView, tags: Sequence[Tagged], run_day: date, *, miles: bool) -> Markup:
    """One series over the weeks, the distances below it. run_day: of the run that the page is about."""
    values = [(week, week.values[name]) for week in view.weeks if name in week.values]
    ends = [end for _, value in values for end in (value.low, value.high)]
    frame = Frame(first=view.weeks[0].monday, x=Scale(low=0.0, high=7.0 * len(view.weeks)), y=svg.spreads(ends))
    dots = []
    for week, value in values:
        tip = f"Week of {numbers.day(week.monday)}: {value_words(value)}, {numbers.plural(value.runs, 'run')}"
        place, reach = frame.percent(week.monday, _MIDDLE), frame.x.percent(_MIDDLE)
        low, middle, high = map(frame.height, (value.low, value.value, value.high))
        whisker = svg.line(place, svg.at(low), place, svg.at(high), "whisker quiet")
        dots.append(svg.dot(tip, place, middle, whisker, reach=reach, radius=4.0 if len(values) <= 40 else 2.5))
    # The weeks with values, split where the sensor changed.
    known = (week for week in view.weeks if week.values)
    parts = [list(part) for _, part in groupby(known, key=lambda week: week.segment)]
    return svg.drawing(
        "weeks",
        f"{capital(AXES[name].short)} and distance by week; the table has the numbers",
        _ground(name, run_day, frame),
        svg.x_axis(frame.x, month_ticks(view.weeks, frame.first)),
        _distances(view.weeks, frame, run_day, miles=miles),
        _breaks(view, frame),
        _flags(numbered(view, tags), frame),
        [_line(part, name, frame) for part in parts],
        [_trend(trend, parts[-1], frame) for trend in view.trends if trend.series == name and trend.called],
        dots,  # last, or a line over a dot could be what is pointed at
    )


def _ground(name: str, run_day: date, frame: Frame) -> Iterator[Markup]:
    """The week of the page's run, the band of what is usual, a spread to each side, and what lies above and below."""
    if 0 <= (run_day - frame.first).days < frame.x.high:
        left = frame.percent(run_day - timedelta(days=run_day.weekday()))
        right = left + frame.x.percent(7.0)
        yield svg.area(left, right, "now")
        yield svg.words((left + right) / 2, 0, "this run", "tick", dy=-8, text_anchor="middle")
    (low, high), axis = ends_of(name), AXES[name]
    top, middle, bottom = (frame.height(value) for value in (1, 0, -1))
    yield svg.area(0, 100, "ribbon", svg.at(top), svg.at(bottom - top))
    yield svg.line(0, svg.at(middle), 100, svg.at(middle), "zero")
    yield svg.words(0, svg.at(middle), "usual", "tick", dx=-8, dy=4, text_anchor="end")
    yield svg.words(0, 0, f"↑ {axis.high}", f"end {svg.tint(high)}", dy=-8)
    yield svg.words(0, svg.at(_FORM), f"↓ {axis.low}", f"end {svg.tint(low)}", dy=12)


def month_ticks(weeks: Sequence[Week], first: date) -> list[Tick]:
    """The beginning of a month where there is room, its name; January is the year."""
    starts = [later.monday for week, later in pairwise(weeks) if week.monday.month != later.monday.month]
    every = max(1, math.ceil(len(starts) / 6))
    # In step with January, whose name is the year.
    shown = [start for start in starts if (start.month - 1) % every == 0]
    return [Tick(value=float((start.replace(day=1) - first).days), text=numbers.month(start)) for start in shown]


def _distances(weeks: Sequence[Week], frame: Frame, run_day: date, *, miles: bool) -> Iterator[Markup]:
    """A bar a week, as high as its distance, and that of the highest bar, in whole km or miles."""
    most = max(week.distance_m for week in weeks)
    if not most:
        return
    for week in weeks:
        if week.distance_m:
            height, here = 20.0 * week.distance_m / most, week.monday <= run_day < week.monday + WEEK
            left, right = frame.percent(week.monday, 1.0), frame.percent(week.monday, 6.0)
            yield svg.area(left, right, "km here" if here else "km", svg.at(100.0 - height), svg.at(height))
    text = numbers.distance(most if miles else round(most, -3), miles=miles)
    yield svg.words(0, svg.at(80.0), text, "tick", dx=-8, dy=10, text_anchor="end")


def _line(part: Sequence[Week], name: str, frame: Frame) -> Markup:
    """The weeks between two breaks, joined; a week without a value lifts the pen."""
    points: list[tuple[float, float] | None] = []
    last = part[0].monday
    for week in (week for week in part if name in week.values):
        if week.monday - last > WEEK:
            points.append(None)
        points.append(((week.monday - frame.first).days + _MIDDLE, frame.y.inside(week.values[name].value)))
        last = week.monday
    return svg.stretched(svg.path(frame.x, frame.y, points, "faint"), height=svg.at(_FORM))


def _breaks(view: WeeklyView, frame: Frame) -> Iterator[Markup]:
    """A line at each break, and between them the name of what measured, where there is room for it."""
    breaks = view.breaks
    places = [0.0, *(frame.percent(each.date) for each in breaks), 100.0]
    sensors = [breaks[0].sensors[0] if breaks else view.sensor, *(each.sensors[1] for each in breaks)]
    for (left, right), sensor in zip(pairwise(places), sensors, strict=True):
        if right - left >= 14.0 and sensor in REFERENCES:
            yield svg.words(left, svg.at(_FORM), REFERENCES[sensor].short, "tick", dx=6, dy=28)
    for each, place in zip(breaks, places[1:], strict=False):
        yield svg.mark(
            f"{break_words(each)}. Before and after cannot be compared.",
            svg.area(place - 1, place + 1, "reach"),
            svg.line(place, 0, place, "100%", "break"),
        )


def _flags(tags: Sequence[tuple[date, str]], frame: Frame) -> Iterator[Markup]:
    """A numbered flag on the chart for each tag, in as many rows as keep them apart on a phone."""
    rows: list[float] = []  # where the last flag of each row stands, in pixels
    for number, (day, text) in enumerate(tags, start=1):
        place = frame.percent(day, 0.5)
        # Drawings stretch, so room is reckoned for the 290 pixels of a phone; a flag needs 17.
        pixel = place * 290.0 / 100
        row = next((i for i, last in enumerate(rows) if pixel - last >= 17.0), len(rows))
        rows[row : row + 1] = [pixel]
        up = 10.0 + row * 18
        yield svg.mark(
            text,
            svg.line(place, 0, place, "100%", "tag"),
            el("circle", cx=svg.at(place), cy=up, r=8, class_="flag"),
            svg.words(place, up, numbers.number(number), "flag-number", dy=4, text_anchor="middle"),
        )


def _trend(trend: Trend, part: Sequence[Week], frame: Frame) -> Markup:
    """The slope that was found, through the middle of its weeks."""
    slope, series = trend.slope_per_week, trend.series
    known = [(week.monday, week.values[series].value) for week in part if series in week.values]
    if slope is None or not known:
        return Markup("")
    days = [(monday - frame.first).days + _MIDDLE for monday, _ in known]
    # The trend test gives a slope and no height: the line goes through the median of what the slope leaves.
    level = median(value - slope * day / 7 for (_, value), day in zip(known, days, strict=True))
    ends = [(day, frame.y.inside(level + slope * day / 7)) for day in (days[0], days[-1])]
    tint = svg.tint(ends_of(series)[1 if slope > 0 else 0])
    return svg.stretched(svg.path(frame.x, frame.y, ends, f"trend {tint}"), height=svg.at(_FORM))


def strip(x: Scale | None, *drawn: Markup) -> Markup:
    """A strip beside numbers that say the same; on a scale over a band from -1 to 1, with a line through its middle."""
    if x:
        band = svg.area(x.percent(-1), x.percent(1), "ribbon", "20%", "60%")
        drawn = (band, svg.line(50, "10%", 50, "90%", "zero"), *drawn)
    return el("span", el("svg", *drawn, aria_hidden="true", focusable="false"), class_="strip")
