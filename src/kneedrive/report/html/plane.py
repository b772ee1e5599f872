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
from kneedrive.report.html.labels import Dot, Place, placed
from kneedrive.report.html.looks import look
from kneedrive.report.html.markup import Markup, el, join
from kneedrive.report.html.plot import Beside, Scale
from kneedrive.report.words import SCORE_ENDS

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
    x, y = plot.spreads((spot.d for spot in every), up=False), plot.spreads(spot.p for spot in every)
    names = [view.bare_pace(band.speed_mps, miles=miles) for band, _ in bands]
    ends = [(weeks[0][1], view.month(weeks[0][0].monday)), (weeks[-1][1], "now")] if len(weeks) > 1 else []
    told = [*zip((spot for _, spot in bands), names, strict=True), *ends]
    dots = [Dot(x.percent(spot.d), y.percent(spot.p), text) for spot, text in told]
    rings = [Dot(x.percent(spot.d), y.percent(spot.p)) for _, spot in weeks]
    places = placed(dots, rings, _SIZES)
    inside = (
        _frame(x, y),
        _trail(weeks, x, y),
        [_leader(dot, place) for dot, place in zip(dots, places, strict=True)],
        _bands(bands, (x, y), analysis, miles=miles),
        [_name(dot, place) for dot, place in zip(dots, places, strict=True)],
    )
    return plot.drawing("map", "Map of drive against bounce; the table of paces has its numbers.", *inside, marked=True)


def _name(dot: Dot, place: Place | None) -> Markup:
    """A dot's words, where there is room for them."""
    return plot.words(dot.x, dot.y, dot.text, place.beside, "name") if place else Markup("")


def _leader(dot: Dot, place: Place | None) -> Markup:
    """A line from a dot to words that stand further off."""
    return plot.leader(dot.x, dot.y, place.leader) if place and place.leader else Markup("")


def _frame(x: Scale, y: Scale) -> Markup:
    """The plane itself: the middle, one spread of runners around it, and the words at its edges."""
    left, right, top, bottom = x.percent(-1), x.percent(1), y.percent(1), y.percent(-1)
    ends = SCORE_ENDS
    return join(
        (
            plot.area(0, 0, 100, 100, "ground"),
            plot.area(left, top, right, bottom, "usual"),
            plot.line(x.percent(0), 0, x.percent(0), 100, "zero"),
            plot.line(0, y.percent(0), 100, y.percent(0), "zero"),
            plot.x_axis(x, plot.spread_ticks(x)),
            join(
                plot.words(0, y.percent(step.value), step.text, Beside(-8, 4, "end"), "tick")
                for step in plot.spread_ticks(y)
            ),
            plot.words(50, 0, f"more bounce for the step length: {ends['P'][1]}", Beside(0, -8), "edge piston"),
            plot.words(0, 100, ends["D"][0], Beside(0, 38, "start"), "edge shuffle"),
            plot.words(100, 100, ends["D"][1], Beside(0, 38, "end"), "edge drive"),
            plot.words(50, 100, f"{ends['P'][0]} for the step length", Beside(0, 56), "edge"),
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
            f"{week_words(week)}: {_scores(spot)}",
            el("circle", cx=x.place(spot.d), cy=y.place(spot.p), r=9, class_="reach"),
            el("circle", cx=x.place(spot.d), cy=y.place(spot.p), r=3, class_=f"ring {age}"),
        )
        for age, (week, spot) in zip(_ages(len(weeks)), weeks, strict=True)
    ]
    return join((*spans, *rings))


def _scores(spot: Spot) -> str:
    return f"drive score {view.score(spot.d)}, bounce score {view.score(spot.p)}"


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
        shown = look(band, analysis.method.labels)
        told = f"{view.pace(band.speed_mps, miles=miles)}: {_scores(spot)}{_said(shown.words)}"
        at = (x.percent(spot.d), y.percent(spot.p))
        parts.append(plot.mark(told, plot.symbol(*at, shown.role, unsure=shown.unsure)))
    return join(reversed(parts))  # the fastest lies on top, as on the terminal


def _said(text: str) -> str:
    return f", {text}" if text else ""


def grouped(weeks: Sequence[Week]) -> list[list[Week]]:
    """Weeks with values, split where the sensor changed."""
    told = [week for week in weeks if week.values]
    return [list(part) for _, part in groupby(told, key=lambda week: week.segment)]
