"""The map: drive to the right, bounce upwards, a dot for each pace band of the run and a trail of the weeks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from kneedrive.findings import Analysis, PaceBand
from kneedrive.history import Week, WeeklyView
from kneedrive.report import view
from kneedrive.report.html import plot
from kneedrive.report.html.labels import Dot, placed
from kneedrive.report.html.markup import Markup, el, join
from kneedrive.report.html.plot import Beside, Scale
from kneedrive.report.pictures import SPAN
from kneedrive.report.profile import band_role, band_words
from kneedrive.report.words import SCORE_ENDS

_SIZES = ((272.0, 340.0), (400.0, 340.0), (560.0, 340.0))  # of the drawing on a phone, on a tablet, at most
_OLDEST = 0.25  # opacity of the first week of the trail


class Spot(NamedTuple):
    """D and P of something."""

    d: float
    p: float


def spots(bands: Sequence[PaceBand]) -> Iterator[tuple[PaceBand, Spot]]:
    """The bands that have both scores, fastest first."""
    for band in reversed(bands):
        d, p = band.scores.D.value, band.scores.P.value
        if d is not None and p is not None:
            yield band, Spot(d, p)


def trail(weekly: WeeklyView | None) -> list[tuple[Week, Spot]]:
    """The weeks since the last break in order; none where what measures now has no such scores."""
    if weekly is None:
        return []
    # Weeks before a change of the sensor say nothing about where the runner stands now.
    told = [week for week in weekly.weeks if week.values]
    last = [week for week in told if week.segment == told[-1].segment]
    both = [week for week in last if "D" in week.values and "P" in week.values]
    return [(week, Spot(week.values["D"].value, week.values["P"].value)) for week in both]


def plane(analysis: Analysis | None, weekly: WeeklyView | None, *, miles: bool) -> Markup:
    """The map; empty where neither a band nor a week has both scores."""
    bands = list(spots(analysis.pace_profile)) if analysis else []
    weeks = trail(weekly)
    every = [spot for _, spot in (*bands, *weeks)]
    if not every:
        return Markup("")
    span = max(SPAN, math.ceil(max(abs(score) for spot in every for score in spot) + 0.2))
    x, y = Scale(-span, span), Scale(-span, span, up=True)
    names = [view.bare_pace(band.speed_mps, miles=miles) for band, _ in bands]
    ends = [(weeks[0][1], view.month(weeks[0][0].monday)), (weeks[-1][1], "now")] if len(weeks) > 1 else []
    told = [*zip((spot for _, spot in bands), names, strict=True), *ends]
    dots = [Dot(x.percent(spot.d), y.percent(spot.p), text) for spot, text in told]
    inside = (
        _frame(x, y, span),
        _trail(weeks, x, y),
        _bands(bands, (x, y), analysis, miles=miles),
        [_name(dot, beside) for dot, beside in zip(dots, placed(dots, _SIZES), strict=True)],
    )
    return plot.drawing("map", "Map of drive against bounce; the table of paces has its numbers.", *inside, marked=True)


def _name(dot: Dot, beside: Beside | None) -> Markup:
    """A dot's words, where there is room for them."""
    return plot.words(dot.x, dot.y, dot.text, beside, "name") if beside else Markup("")


def _frame(x: Scale, y: Scale, span: float) -> Markup:
    """The plane itself: the middle, one spread of runners around it, and the words at its edges."""
    left, right, top, bottom = x.percent(-1), x.percent(1), y.percent(1), y.percent(-1)
    steps = [plot.Tick(float(step), view.signed(float(step))) for step in range(-math.floor(span) + 1, math.ceil(span))]
    ends = SCORE_ENDS
    return join(
        (
            plot.area(0, 0, 100, 100, "ground"),
            plot.area(left, top, right, bottom, "usual"),
            plot.line(50, 0, 50, 100, "zero"),
            plot.line(0, 50, 100, 50, "zero"),
            plot.x_axis(x, steps),
            plot.y_axis(y, []),
            join(plot.words(0, y.percent(step.value), step.text, Beside(-8, 4, "end"), "tick") for step in steps),
            plot.words(50, 0, f"more bounce: {ends['P'][1]}", Beside(0, -8), "edge piston"),
            plot.words(0, 100, ends["D"][0], Beside(0, 38, "start"), "edge shuffle"),
            plot.words(100, 100, ends["D"][1], Beside(0, 38, "end"), "edge drive"),
            plot.words(50, 100, ends["P"][0], Beside(0, 38), "edge"),
        )
    )


def _trail(weeks: Sequence[tuple[Week, Spot]], x: Scale, y: Scale) -> Markup:
    """Weeks as small rings joined by a line that grows darker towards today."""
    spans = [
        plot.line(x.percent(a.d), y.percent(a.p), x.percent(b.d), y.percent(b.p), f"trail {age}")
        for age, (a, b) in zip(_ages(len(weeks) - 1), pairwise(spot for _, spot in weeks), strict=True)
    ]
    rings = [
        plot.mark(
            f"{week_words(week)}: D {view.score(spot.d)}, P {view.score(spot.p)}",
            el("circle", cx=x.place(spot.d), cy=y.place(spot.p), r=9, class_="reach"),
            el("circle", cx=x.place(spot.d), cy=y.place(spot.p), r=3, class_=f"ring {age}"),
        )
        for age, (week, spot) in zip(_ages(len(weeks)), weeks, strict=True)
    ]
    return join((*spans, *rings))


def _ages(count: int) -> list[str]:
    """A class for each place in a row of weeks, oldest first."""
    return [f"age{math.ceil((place + 1) * 4 / count)}" for place in range(max(count, 0))]


def week_words(week: Week) -> str:
    """ "Week of Mon 2 Mar 2026"."""
    return f"Week of {view.day(week.monday)}"


def _bands(
    bands: Sequence[tuple[PaceBand, Spot]], scales: tuple[Scale, Scale], analysis: Analysis | None, *, miles: bool
) -> Markup:
    x, y = scales
    if analysis is None:
        return Markup("")
    parts = []
    for band, spot in bands:
        told = (
            f"{view.pace(band.speed_mps, miles=miles)}: D {view.score(spot.d)}, P {view.score(spot.p)}"
            f"{_said(band_words(band, analysis.method.labels))}"
        )
        parts.append(plot.mark(told, plot.symbol(x.percent(spot.d), y.percent(spot.p), band_role(band))))
    return join(reversed(parts))  # the fastest lies on top, as on the terminal


def _said(text: str) -> str:
    return f", {text}" if text else ""


def grouped(weeks: Sequence[Week]) -> list[list[Week]]:
    """Weeks with values, split where the sensor changed."""
    told = [week for week in weeks if week.values]
    return [list(part) for _, part in groupby(told, key=lambda week: week.segment)]
