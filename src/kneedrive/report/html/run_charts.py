"""The charts of one run: pace profile, map of drive against bounce, quantities over time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import numpy as np

from kneedrive.analysis.result import Analysis, Epochs, PaceBand
from kneedrive.history.result import Week, WeeklyView
from kneedrive.method import LabelRules
from kneedrive.quantities import CHANNELS
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.report import numbers, run
from kneedrive.report.html import svg
from kneedrive.report.html.blocks import Ranges, shape_of
from kneedrive.report.html.svg import Beside, Dot, Markup, Place, Scale, Tick, at, el, join, placed
from kneedrive.report.numbers import bare_pace, clock, minutes, pace, pace_unit, quantity, unit, value, with_error
from kneedrive.report.run import axes, band_role, band_words, capital, gate_words
from kneedrive.report.verdict import SCORE_ENDS, SCORES

# How a pace band is drawn: the shape of its pattern, hollow where it is not sure, plain where nothing is said.

_NOTHING, _NOTHING_OF_STEPS = "no clear pattern", "not clearly long or short"


class Look(Record, frozen=True, kw_only=True):
    """A mark's role and the words that belong to it, "" where nothing is said of the band."""

    role: str
    words: str

    @property
    def unsure(self) -> bool:
        """Whether the words carry a question mark."""
        return self.words.endswith("?")


def look(band: PaceBand, rules: LabelRules) -> Look:
    """What a band's mark shows: never more than its words say."""
    told = band_words(band, rules)
    return Look(role=band_role(band) if told else "", words=told)


def key(analysis: Analysis) -> Markup:
    """Which mark stands for which words, of those on the page, fastest first."""
    looks = [look(band, analysis.method.labels) for band in reversed(analysis.pace_profile)]
    nothing = _NOTHING_OF_STEPS if axes(analysis) == ("zSL",) else _NOTHING
    shown = sorted(dict.fromkeys(looks), key=lambda each: not each.words)
    entries = (el("li", shape_of(each.role, unsure=each.unsure), each.words or nothing) for each in shown)
    return el("ul", *entries, class_="key")


def doubt(analysis: Analysis) -> str:
    """What a hollow mark says; "" where there is none."""
    rules = analysis.method.labels
    if not any(look(band, rules).unsure for band in analysis.pace_profile):
        return ""
    bound = numbers.percent(rules.spoken)
    return f"A hollow mark leans that way, but that is less than {bound} likely."


# The pace profile: scores by pace with the shuffle-onset pace, and each metric against its usual range.


METRICS = ("step_length_m", "cadence_spm", "stance_time_s", "flight_time_s", "vertical_oscillation_m")
COMPUTED = "garmin_wrist"  # its contact time and bounce are no measurements, and are marked so
_MARGIN = 0.12
BAND = svg.words(100, 0, "band: usual", Beside(dx=0, dy=-8, anchor="end"), "tick")  # above the drawing, where no dot is
_RIGHT = 55.0  # percent from which words turn to the left


def panels(analysis: Analysis, ranges: Ranges, *, miles: bool) -> list[tuple[str, Markup]]:
    """Title and drawing of each panel: scores first, then metrics; none without pace bands."""
    if not analysis.pace_profile:
        return []
    x = svg.spanning([band.speed_mps for band in analysis.pace_profile], margin=_MARGIN, least=0.5, up=False)
    scored = [(score_title(letter), score_panel(letter, analysis, x, miles=miles)) for letter in run.axes(analysis)]
    measured = [
        (capital(CHANNELS[key].name), metric_panel(key, analysis, (x, ranges), miles=miles))
        for key in METRICS
        if any(key in band.usual and key in band.metrics for band in analysis.pace_profile)
    ]
    return scored + measured


def score_title(letter: str) -> str:
    """What a score's panel is called."""
    return {"D": "Drive or shuffle", "P": "Bounce", "zSL": "Long or short steps"}[letter]


def score_panel(letter: str, analysis: Analysis, x: Scale, *, miles: bool) -> Markup:
    """One score by pace with its error, the usual range as a ribbon, the shuffle-onset pace as a line."""
    found = [(band, run.band_score(band, letter, analysis)) for band in analysis.pace_profile]
    shown = [(band, score) for band, score in found if score.value is not None]
    ends = [(score.value or 0.0) + side * (score.se or 0.0) for _, score in shown for side in (-1, 1)]
    y = svg.spreads(ends)
    low, high = SCORE_ENDS[letter]
    dots = [_dot(band, letter, (x, y), analysis, miles=miles) for band, _ in shown]
    return svg.drawing(
        "scores",
        f"{score_title(letter)} by pace; the table below has its numbers.",
        svg.area(0, y.percent(1), 100, y.percent(-1), "ribbon"),
        svg.line(0, y.percent(0), 100, y.percent(0), "zero"),
        BAND,
        svg.ends(low, high),
        svg.y_axis(y, svg.spread_ticks(y)),
        svg.x_axis(x, svg.pace_ticks(x, miles=miles)),
        _onset(analysis, x, miles=miles) if letter == "D" else "",
        dots,
        marked=True,
    )


def _dot(band: PaceBand, letter: str, scales: tuple[Scale, Scale], analysis: Analysis, *, miles: bool) -> Markup:
    x, y = scales
    score = run.band_score(band, letter, analysis)
    amount, se = score.value or 0.0, score.se or 0.0
    place = x.percent(band.speed_mps)
    shown = look(band, analysis.method.labels)
    role, named = shown.role, shown.words
    told = f"{pace(band.speed_mps, miles=miles)}, {minutes(band.seconds)}: {with_error(score.value, score.se)}" + (
        f", {named}" if named else ""
    )
    return svg.mark(
        told,
        svg.area(place - 2, 0, place + 2, 100, "reach"),
        svg.line(place, y.percent(amount - se), place, y.percent(amount + se), f"error {role}".strip()),
        svg.symbol(place, y.percent(amount), role, unsure=shown.unsure),
        svg.words(place, y.percent(amount), "?", Beside(dx=10, dy=5, anchor="start"), "doubt") if shown.unsure else "",
    )


def _onset(analysis: Analysis, x: Scale, *, miles: bool) -> Markup:
    """The shuffle-onset pace, and the paces below it."""
    speed = analysis.shuffle_onset.speed_mps
    if speed is None:
        return Markup("")
    place = x.percent(x.inside(speed))
    beside = Beside(dx=-6, dy=16, anchor="end") if place > _RIGHT else Beside(dx=6, dy=16, anchor="start")
    text = f"shuffle-onset {pace(speed, miles=miles)}"
    return join(
        (
            svg.area(0, 0, place, 100, "below"),
            svg.line(place, 0, place, 100, "onset"),
            svg.words(place, 0, text, beside, "edge shuffle"),
        )
    )


def metric_panel(key: str, analysis: Analysis, drawn: tuple[Scale, Ranges], *, miles: bool) -> Markup:
    """A metric by pace, a dot for each band, on the ribbon of what is usual."""
    x, ranges = drawn
    bands = [band for band in analysis.pace_profile if key in band.metrics]
    ribbon = _ribbon_points(key, ranges)
    y = svg.spanning([*(band.metrics[key] for band in bands), *(value for _, value in ribbon)], margin=0.15)
    title = CHANNELS[key].name
    return svg.drawing(
        "scores",
        f"{capital(title)} by pace; the table below has its numbers.",
        svg.stretched(svg.path(x, y, ribbon, "ribbon", closed=True)) if ribbon else "",
        svg.y_axis(y, svg.quantity_ticks(key, y, 5)),
        svg.x_axis(x, svg.pace_ticks(x, miles=miles)),
        svg.words(0, 0, f"{title}, {unit(key)}", Beside(dx=0, dy=-8, anchor="start"), "edge"),
        BAND if ribbon else "",
        [_metric_dot(key, band, (x, y), analysis, miles=miles) for band in bands],
        marked=True,
    )


def _ribbon_points(key: str, ranges: Ranges) -> list[tuple[float, float]]:
    """Along the lower edge and back along the upper one; nothing where nothing is known to be usual."""
    if key not in ranges.low:
        return []
    there = zip(ranges.speed_mps.tolist(), ranges.low[key].tolist(), strict=True)
    back = zip(np.flip(ranges.speed_mps).tolist(), np.flip(ranges.high[key]).tolist(), strict=True)
    return [*there, *back]


def _metric_dot(key: str, band: PaceBand, scales: tuple[Scale, Scale], analysis: Analysis, *, miles: bool) -> Markup:
    x, y = scales
    usual = f", usual {quantity(key, band.usual[key])}" if key in band.usual else ""
    told = f"{pace(band.speed_mps, miles=miles)}: {quantity(key, band.metrics[key])}{usual}"
    place, shown = x.percent(band.speed_mps), look(band, analysis.method.labels)
    return svg.mark(
        told,
        svg.area(place - 2, 0, place + 2, 100, "reach"),
        svg.symbol(place, y.percent(band.metrics[key]), shown.role, unsure=shown.unsure),
    )


def number_table(analysis: Analysis, *, miles: bool) -> Markup:
    """Everything by pace as a table, fastest first: yours, and what is usual behind a slash."""
    bands = analysis.pace_profile
    letters = [letter for letter in "DPGK" if any(getattr(band.scores, letter).value is not None for band in bands)]
    keys = [key for key in METRICS if any(key in band.metrics for band in bands)]
    head = [
        f"pace, {pace_unit(miles=miles)}",
        "time",
        *map(_score_head, letters),
        *(_head(key, analysis) for key in keys),
        "label",
    ]
    rows = [_row(band, letters, keys, analysis, miles=miles) for band in reversed(bands)]
    return el(
        "table",
        el("thead", el("tr", *(el("th", text, scope="col") for text in head))),
        el("tbody", *rows),
    )


def _score_head(letter: str) -> str:
    return f"{SCORES[letter]} ({letter})"


def _head(key: str, analysis: Analysis) -> str:
    estimate = analysis.provenance == COMPUTED and key not in analysis.usual
    return f"{CHANNELS[key].name}, {unit(key)}" + (" (the watch’s estimate)" if estimate else "")


def _row(band: PaceBand, letters: Sequence[str], keys: Sequence[str], analysis: Analysis, *, miles: bool) -> Markup:
    scores = [with_error(score.value, score.se) for score in (getattr(band.scores, name) for name in letters)]
    cells = [clock(band.seconds), *scores, *(_against(key, band) for key in keys)]
    named = band_words(band, analysis.method.labels)
    return el(
        "tr",
        el("th", bare_pace(band.speed_mps, miles=miles), scope="row"),
        *(el("td", cell) for cell in (*cells, named)),
    )


def _against(key: str, band: PaceBand) -> str:
    found = value(key, band.metrics.get(key))
    return f"{found} / {value(key, band.usual[key])}" if key in band.usual else found


# The map: drive to the right, bounce upwards, a dot for each pace band of the run and a trail of the weeks.


# Of the drawing on the narrowest phone, on wider ones, on tablets, on a wide screen, and on paper.
_SIZES = (
    (272.0, 370.0),
    (300.0, 370.0),
    (340.0, 370.0),
    (420.0, 370.0),
    (520.0, 370.0),
    (600.0, 370.0),
    (560.0, 280.0),
)


class Spot(Record, frozen=True, kw_only=True):
    """D and P of something."""

    d: float
    p: float


def spots(bands: Sequence[PaceBand]) -> Iterator[tuple[PaceBand, Spot]]:
    """The bands that have both scores, fastest first."""
    for band in reversed(bands):
        d, p = band.scores.D.value, band.scores.P.value
        if d is not None and p is not None:
            yield band, Spot(d=d, p=p)


def trail(weekly: WeeklyView | None) -> list[tuple[Week, Spot]]:
    """The weeks since the last break in order; none where what measures now has no such scores."""
    if weekly is None:
        return []
    # Weeks before a change of the sensor say nothing about where the runner stands now.
    told = [week for week in weekly.weeks if week.values]
    last = [week for week in told if week.segment == told[-1].segment]
    both = [week for week in last if "D" in week.values and "P" in week.values]
    return [(week, Spot(d=week.values["D"].value, p=week.values["P"].value)) for week in both]


def plane(analysis: Analysis | None, weekly: WeeklyView | None, *, miles: bool) -> Markup:
    """The map; empty where neither a band nor a week has both scores."""
    bands = list(spots(analysis.pace_profile)) if analysis else []
    weeks = trail(weekly)
    every = [spot for _, spot in (*bands, *weeks)]
    if not every:
        return Markup("")
    x, y = svg.spreads((spot.d for spot in every), up=False), svg.spreads(spot.p for spot in every)
    names = [numbers.bare_pace(band.speed_mps, miles=miles) for band, _ in bands]
    ends = [(weeks[0][1], numbers.month(weeks[0][0].monday)), (weeks[-1][1], "now")] if len(weeks) > 1 else []
    told = [*zip((spot for _, spot in bands), names, strict=True), *ends]
    dots = [Dot(x=x.percent(spot.d), y=y.percent(spot.p), text=text) for spot, text in told]
    rings = [Dot(x=x.percent(spot.d), y=y.percent(spot.p)) for _, spot in weeks]
    places = placed(dots, rings, _SIZES)
    inside = (
        _frame(x, y),
        _trail(weeks, x, y),
        [_leader(dot, place) for dot, place in zip(dots, places, strict=True)],
        _bands(bands, (x, y), analysis, miles=miles),
        [_name(dot, place) for dot, place in zip(dots, places, strict=True)],
    )
    return svg.drawing("map", "Map of drive against bounce; the table of paces has its numbers.", *inside, marked=True)


def _name(dot: Dot, place: Place | None) -> Markup:
    """A dot's words, where there is room for them."""
    return svg.words(dot.x, dot.y, dot.text, place.beside, "name") if place else Markup("")


def _leader(dot: Dot, place: Place | None) -> Markup:
    """A line from a dot to words that stand further off."""
    return svg.leader(dot.x, dot.y, place.leader) if place and place.leader else Markup("")


def _frame(x: Scale, y: Scale) -> Markup:
    """The plane itself: the middle, one spread of runners around it, and the words at its edges."""
    left, right, top, bottom = x.percent(-1), x.percent(1), y.percent(1), y.percent(-1)
    ends = SCORE_ENDS
    return join(
        (
            svg.area(0, 0, 100, 100, "ground"),
            svg.area(left, top, right, bottom, "usual"),
            svg.line(x.percent(0), 0, x.percent(0), 100, "zero"),
            svg.line(0, y.percent(0), 100, y.percent(0), "zero"),
            svg.x_axis(x, svg.spread_ticks(x)),
            join(
                svg.words(0, y.percent(step.value), step.text, Beside(dx=-8, dy=4, anchor="end"), "tick")
                for step in svg.spread_ticks(y)
            ),
            svg.words(50, 0, f"more bounce for the step length: {ends['P'][1]}", Beside(dx=0, dy=-8), "edge piston"),
            svg.words(0, 100, ends["D"][0], Beside(dx=0, dy=38, anchor="start"), "edge shuffle"),
            svg.words(100, 100, ends["D"][1], Beside(dx=0, dy=38, anchor="end"), "edge drive"),
            svg.words(50, 100, f"{ends['P'][0]} for the step length", Beside(dx=0, dy=56), "edge"),
        )
    )


def _trail(weeks: Sequence[tuple[Week, Spot]], x: Scale, y: Scale) -> Markup:
    """Weeks as small rings joined by a line that grows darker towards today."""
    spans = [
        svg.line(x.percent(a.d), y.percent(a.p), x.percent(b.d), y.percent(b.p), f"trail {age}")
        for age, (a, b) in zip(_ages(len(weeks) - 1), pairwise(spot for _, spot in weeks), strict=True)
    ]
    rings = [
        svg.mark(
            f"{week_words(week)}: {_scores(spot)}",
            el("circle", cx=x.place(spot.d), cy=y.place(spot.p), r=9, class_="reach"),
            el("circle", cx=x.place(spot.d), cy=y.place(spot.p), r=3, class_=f"ring {age}"),
        )
        for age, (week, spot) in zip(_ages(len(weeks)), weeks, strict=True)
    ]
    return join((*spans, *rings))


def _scores(spot: Spot) -> str:
    return f"drive score {numbers.score(spot.d)}, bounce score {numbers.score(spot.p)}"


def _ages(count: int) -> list[str]:
    """A class for each place in a row of weeks, oldest first."""
    return [f"age{math.ceil((place + 1) * 4 / count)}" for place in range(max(count, 0))]


def week_words(week: Week) -> str:
    """ "Week of Mon 2 Mar 2026"."""
    return f"Week of {numbers.day(week.monday)}"


def _bands(
    bands: Sequence[tuple[PaceBand, Spot]], scales: tuple[Scale, Scale], analysis: Analysis | None, *, miles: bool
) -> Markup:
    x, y = scales
    if analysis is None:
        return Markup("")
    parts = []
    for band, spot in bands:
        shown = look(band, analysis.method.labels)
        told = f"{numbers.pace(band.speed_mps, miles=miles)}: {_scores(spot)}{_said(shown.words)}"
        at = (x.percent(spot.d), y.percent(spot.p))
        parts.append(svg.mark(told, svg.symbol(*at, shown.role, unsure=shown.unsure)))
    return join(reversed(parts))  # the fastest lies on top, as on the terminal


def _said(text: str) -> str:
    return f", {text}" if text else ""


def grouped(weeks: Sequence[Week]) -> list[list[Week]]:
    """Weeks with values, split where the sensor changed."""
    told = [week for week in weeks if week.values]
    return [list(part) for _, part in groupby(told, key=lambda week: week.segment)]


# A run over its time: one small chart per quantity over one time axis, with what was not scored shaded in all.


KEYS = ("speed_mps", "cadence_spm", "stance_time_s", "vertical_oscillation_m")
_GAP = 6.0  # percent between two charts
_LEAST = {"speed_mps": 0.6, "cadence_spm": 12.0, "stance_time_s": 0.03, "vertical_oscillation_m": 0.012}
_TIME_STEPS_S = (60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400)
_MOST_TICKS = 6
_MOSTLY = 0.5  # of what was recorded: where less was scored, the scale is made for the bulk of all instead
_FENCE = 1.5  # quartile ranges beyond the quartiles, as in a box plot


class Span(Record, frozen=True, kw_only=True):
    """Neighbouring epochs that were left out for one reason."""

    start_s: float
    end_s: float
    reason: str


def spans(epochs: Epochs, length_s: float) -> Iterator[Span]:
    """The stretches that were not scored, in order."""
    rows = zip(epochs.start_s.tolist(), map(str, epochs.reason), strict=True)
    for reason, group in groupby(rows, key=lambda row: row[1]):
        starts = [start for start, _ in group]
        if reason:
            yield Span(start_s=starts[0], end_s=starts[-1] + length_s, reason=reason)


def series(analysis: Analysis, *, miles: bool) -> Markup:
    """The charts; empty where the run has no epochs."""
    epochs = analysis.epochs
    keys = [key for key in KEYS if key in epochs.columns and np.isfinite(epochs[key]).any()]
    if not keys or not len(epochs):
        return Markup("")
    length_s = float(analysis.method.epochs.length_s)
    x = Scale(low=0.0, high=max(float(epochs.start_s[-1]) + length_s, analysis.activity.elapsed_s))
    left_out = list(spans(epochs, length_s))
    height = (100.0 + _GAP) / len(keys) - _GAP
    charts = [
        _chart(key, epochs, x, (place * (height + _GAP), height), analysis, miles=miles)
        for place, key in enumerate(keys)
    ]
    return svg.drawing(
        f"series rows{len(keys)}",
        "The run over its time; what was left out is shaded and listed in the table below.",
        [_shade(span, x) for span in left_out],
        svg.x_axis(x, time_ticks(x)),
        charts,
        [_reading(place, keys, epochs, x, length_s, miles=miles) for place in np.flatnonzero(epochs.scored).tolist()],
        [_mark(span, x) for span in left_out],
        marked=True,
    )


def time_ticks(x: Scale) -> list[Tick]:
    """Round times since the start."""
    step = next((step for step in _TIME_STEPS_S if x.high / step <= _MOST_TICKS), _TIME_STEPS_S[-1])
    return [Tick(value=float(second), text=numbers.clock(second)) for second in range(0, int(x.high) + 1, step)]


def _chart(key: str, epochs: Epochs, x: Scale, room: tuple[float, float], analysis: Analysis, *, miles: bool) -> Markup:
    """One quantity: its ticks, a faint line for everything, a strong one for what was scored. room: top and height."""
    top, height = room
    values = epochs[key]
    y = svg.spanning(_shown(values, epochs).tolist(), margin=0.12, least=_LEAST[key])
    ticks = svg.pace_ticks(y, miles=miles, most=4) if key == "speed_mps" else svg.quantity_ticks(key, y, 4)
    middle = analysis.method.epochs.length_s / 2
    scored = np.where(epochs.scored, values, np.nan)
    drawn = ((values, "faint"), (scored, "strong"))
    lines = [svg.path(x, y, _points(epochs.start_s + middle, each), kind) for each, kind in drawn]
    return join(
        (
            svg.y_axis(y, ticks, top=top, height=height),
            svg.stretched(lines, y=top, height=height),
            svg.words(0, top, _title(key, analysis, miles=miles), Beside(dx=0, dy=-6, anchor="start"), "edge"),
        )
    )


def _shown(values: Array, epochs: Epochs) -> Array:
    """What the scale is made for. A walk or a sprint would flatten everything else, and may be cut off."""
    known = np.isfinite(values)
    scored: Array = values[epochs.scored & known]
    if len(scored) >= _MOSTLY * known.sum():
        return scored
    lower, upper = np.percentile(values[known], (25, 75))
    reach = _FENCE * (upper - lower)
    bulk: Array = values[known & (values >= lower - reach) & (values <= upper + reach)]
    return bulk


def _title(key: str, analysis: Analysis, *, miles: bool) -> str:
    if key == "speed_mps":
        return f"pace, {numbers.pace_unit(miles=miles)}"
    estimate = analysis.provenance == COMPUTED and key in ("stance_time_s", "vertical_oscillation_m")
    return f"{CHANNELS[key].name}, {numbers.unit(key)}" + (" (the watch’s estimate)" if estimate else "")


def _points(time_s: Array, values: Array) -> list[tuple[float, float] | None]:
    """The places of a line; None where nothing is known."""
    pairs = zip(time_s.tolist(), values.tolist(), np.isfinite(values).tolist(), strict=True)
    return [(second, value) if known else None for second, value, known in pairs]


def _shade(span: Span, x: Scale) -> Markup:
    return svg.area(x.percent(span.start_s), 0, x.percent(span.end_s), 100, "left-out")


def _when(span: Span) -> str:
    return f"{numbers.clock(span.start_s)} to {numbers.clock(span.end_s)}"


def _mark(span: Span, x: Scale) -> Markup:
    return svg.mark(
        f"{_when(span)}: {gate_words(span.reason)}, not scored",
        svg.area(x.percent(span.start_s), 0, x.percent(span.end_s), 100, "reach"),
    )


def _reading(place: int, keys: list[str], epochs: Epochs, x: Scale, length_s: float, *, miles: bool) -> Markup:
    """The numbers of one scored epoch, for those who point; the tables hold them for everybody else."""
    start = float(epochs.start_s[place])
    shown = [
        numbers.pace(float(epochs[key][place]), miles=miles)
        if key == "speed_mps"
        else f"{CHANNELS[key].short.lower()} {numbers.quantity(key, float(epochs[key][place]))}"
        for key in keys
    ]
    left = x.percent(start)
    # Not a mark: two hundred of them would bury the stretches that a keyboard or a screen reader looks for.
    return el(
        "g",
        el("title", f"{numbers.clock(start)}: {', '.join(shown)}"),
        el("rect", x=at(left), width=at(x.percent(start + length_s) - left), height="100%", class_="reach"),
        class_="reading",
        aria_hidden="true",
    )


def table(analysis: Analysis) -> Markup:
    """What was left out and when."""
    left_out = spans(analysis.epochs, float(analysis.method.epochs.length_s))
    rows = [el("tr", el("th", _when(span), scope="row"), el("td", gate_words(span.reason))) for span in left_out]
    head = el("thead", el("tr", el("th", "time", scope="col"), el("th", "not scored because", scope="col")))
    return el("table", head, el("tbody", *rows)) if rows else Markup("")
