"""One line per metric with its numbers, a small picture and a word: before and after, this run and usually."""

from __future__ import annotations

from kneedrive.history import Comparison, Difference, OwnView, PersonalZ
from kneedrive.report import compare, own
from kneedrive.report.html import plot
from kneedrive.report.html.markup import Markup, at, el
from kneedrive.report.html.plot import Scale
from kneedrive.report.spoken import capital

_SPREADS = 3.0  # of the runner, to each side
_THRESHOLDS = 4.0  # changes worth a word, to each side: a scale for all metrics alike


def comparison(found: Comparison) -> Markup:
    """Each metric after minus before: its interval against the change that is worth a word."""
    return el("ul", *(_difference(row) for row in found.rows), class_="rows") if found.rows else Markup("")


def _difference(row: Difference) -> Markup:
    before, after, off = compare.amounts(row, interval=True)
    x = Scale(-_THRESHOLDS, _THRESHOLDS)
    low, middle, high = (x.percent(x.inside(amount / row.threshold)) for amount in (row.low, row.difference, row.high))
    picture = _picture((low, middle, high), x, strong=row.verdict == "changed")
    numbers = f"{before} → {after}"
    return _row(capital(compare.NAMES[row.metric]), numbers, off, picture, compare.verdict(row))


def personal(found: OwnView) -> Markup:
    """Each metric of the run against what is usual for the runner."""
    return el("ul", *(_own(row) for row in found.rows), class_="rows") if found.rows else Markup("")


def _own(row: PersonalZ) -> Markup:
    value, usual, off = own.numbers(row)
    x = Scale(-_SPREADS, _SPREADS)
    among = own.others(row)
    word = row.level + (f"; among others {among}" if among else "")
    picture = _needle(x.percent(x.inside(row.z)), x, strong=row.level == "clearly different")
    return _row(capital(own.NAMES[row.metric]), f"{value}, usually {usual}", off, picture, word)


def _needle(place: float, x: Scale, *, strong: bool) -> Markup:
    """A thin needle on the two ranges that the words stand for: a dot would hide on which side of an edge it is."""
    return _strip(
        plot.area(x.percent(-2), 20, x.percent(2), 80, "once"),
        plot.area(x.percent(-1), 20, x.percent(1), 80, "ribbon"),
        plot.line(50, 10, 50, 90, "zero"),
        plot.line(place, 0, place, 100, "needle told" if strong else "needle"),
    )


def _picture(interval: tuple[float, float, float], x: Scale, *, strong: bool) -> Markup:
    low, middle, high = interval
    kind = "told" if strong else "quiet"
    return _strip(
        plot.area(x.percent(-1), 20, x.percent(1), 80, "ribbon"),
        plot.line(50, 10, 50, 90, "zero"),
        plot.line(low, 50, high, 50, f"error {kind}"),
        el("circle", cx=at(middle), cy="50%", r=4.5, class_=f"dot {kind}"),
    )


def _strip(*drawn: Markup) -> Markup:
    """A small picture beside numbers, which say the same."""
    return el("span", el("svg", *drawn, aria_hidden="true", focusable="false"), class_="strip")


def _row(name: str, numbers: str, difference: str, picture: Markup, word: str) -> Markup:
    return el(
        "li",
        el("span", name, class_="what"),
        el("span", numbers, class_="numbers"),
        el("span", difference, class_="difference"),
        picture,
        el("span", word, class_="word"),
    )
