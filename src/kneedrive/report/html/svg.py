"""HTML that cannot be broken out of, and the grammar of all charts: scales, ticks, lines, marks."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable

from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.quantities import METRES_PER_KM, METRES_PER_MILE, QUANTITIES
from kneedrive.record import Record
from kneedrive.report import numbers

# Control characters have no meaning in HTML, and some parsers stumble over them.
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))
_ALONE = frozenset({"meta", "link", "br", "hr"})


class Markup(str):
    """Text that is HTML already. Only `el`, `join` and the page's own style and script make it."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """The text as HTML; Markup stays as it is."""
    return text if isinstance(text, Markup) else Markup(html.escape(text.translate(_CONTROLS)))


def join(parts: str | Iterable[str]) -> Markup:
    """Parts one after the other, each escaped where it is not Markup."""
    return escaped(parts) if isinstance(parts, str) else Markup("".join(map(escaped, parts)))


def el(name: str, /, *children: str | Iterable[str], **attributes: str | float | bool | None) -> Markup:
    """An element. `class_` is class, `stroke_width` is stroke-width; None and False leave an attribute out."""
    written = name
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        written += f" {key.rstrip('_').replace('_', '-')}"
        if value is not True:
            written += f'="{escaped(value if isinstance(value, str) else coordinate(value))}"'
    inside = "".join(map(join, children))
    return Markup(f"<{written}>" if name in _ALONE else f"<{written}>{inside}</{name}>")


def coordinate(place: float) -> str:
    """A place in a drawing, to a hundredth: geometry, not a number to read."""
    # A hundredth of a percent is a tenth of a pixel at most; more digits would only make the page larger.
    return f"{place:.2f}".rstrip("0").rstrip(".") if place % 1 else f"{place:.0f}"


def at(percent: float) -> str:
    """A place as a share of the drawing's width or height, so that drawings stretch and their letters do not."""
    return f"{coordinate(percent)}%"


# Scales and ticks. A drawing fills its box at any width: places along it are percentages, and only lines and areas are
# stretched, in an inner drawing, so that letters and dots keep their size from a phone to a wide screen.

_INNER = 1000.0  # units of an inner drawing to each side
_PACE_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600)


class Scale(Record, frozen=True, kw_only=True):
    """From a value to percent of the drawing; `up` scales grow upwards."""

    low: float
    high: float
    up: bool = False

    def percent(self, value: float) -> float:
        """0 to 100; values outside land outside."""
        share = (value - self.low) / (self.high - self.low)
        return 100.0 * (1.0 - share if self.up else share)

    def inside(self, value: float) -> float:
        """The nearest value on the scale."""
        return min(max(value, self.low), self.high)


def spanning(values: Iterable[float], *, margin: float = 0.08, least: float = 0.0, up: bool = True) -> Scale:
    """A scale over all finite values with a margin, at least `least` wide."""
    known = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(known), max(known)
    middle, reach = (low + high) / 2, max(high - low, least, 1e-9) * (0.5 + margin)
    return Scale(low=middle - reach, high=middle + reach, up=up)


def spreads(amounts: Iterable[float]) -> Scale:
    """A scale of scores around usual: all that is known and a little more, so that no empty bands are left."""
    # To 6 spreads at most: an interval may be far longer than anybody's weeks differ.
    known = [min(max(amount, -6.0), 6.0) for amount in amounts if math.isfinite(amount)] or [0.0]
    return Scale(low=min(-1.5, min(known) - 0.4), high=max(1.5, max(known) + 0.4), up=True)


class Tick(Record, frozen=True, kw_only=True):
    """A value and its words."""

    value: float
    text: str


def round_steps(low: float, high: float, most: int, finest: float) -> list[float]:
    """At most `most` round numbers between two bounds, no closer together than `finest`; as many as that allows."""
    # Of the powers of ten below the step that is wanted, so that the search begins with too many numbers.
    power = 10.0 ** math.floor(math.log10(max((high - low) / most, finest)) - 1)
    for step in (step * power * scale for scale in (1.0, 10.0, 100.0, 1000.0) for step in (1.0, 2.0, 5.0)):
        # A quotient of floats may miss a whole number by a hair.
        places = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        if len(places) <= most and step >= finest * (1 - 1e-9):
            return [place * step for place in places]
    return []


def quantity_ticks(key: str, scale: Scale, most: int) -> list[Tick]:
    """Round values of a quantity in its display unit, none finer than it is shown."""
    shown = QUANTITIES[key]
    steps = round_steps(scale.low * shown.factor, scale.high * shown.factor, most, 10.0**-shown.decimals)
    return [Tick(value=step / shown.factor, text=numbers.number(step, shown.decimals)) for step in steps]


def pace_ticks(scale: Scale, *, miles: bool, most: int = 3) -> list[Tick]:
    """Round paces within the speeds of a scale."""
    length_m = METRES_PER_MILE if miles else METRES_PER_KM
    # An axis of pace has no end towards standing still.
    slow_s, fast_s = (length_m / max(speed_mps, 0.4) for speed_mps in (scale.low, scale.high))
    rows = (range(math.ceil(fast_s / step) * step, math.floor(slow_s) + 1, step) for step in _PACE_STEPS_S)
    ticks: list[Tick] = []
    for pace in next((row for row in rows if len(row) <= most), ()):
        tick = Tick(value=length_m / pace, text=numbers.clock(pace))
        # There paces crowd together, and those nearer than 12 percent are left out.
        if not ticks or abs(scale.percent(tick.value) - scale.percent(ticks[-1].value)) >= 12.0:
            ticks.append(tick)
    return ticks


# Drawings and what is in them. x in percent; y in percent, or in pixels where a drawing has rows of a fixed height.


def drawing(kind: str, name: str, *parts: str | Iterable[str], height: float | None = None) -> Markup:
    """A chart in its box. name: what a screen reader says; height in pixels, else the style gives it."""
    svg = el("svg", *parts, role="group", aria_label=name, focusable="false", height=height)
    return el("div", svg, class_=f"plot {kind}")


def stretched(*parts: str | Iterable[str], y: str = "0", height: str = "100%") -> Markup:
    """An inner drawing whose lines stretch with the box and are cut off at its edges."""
    box = f"0 0 {_INNER:.0f} {_INNER:.0f}"
    return el("svg", *parts, x="0", y=y, width="100%", height=height, viewBox=box, preserveAspectRatio="none")


def path(
    x: Scale, y: Scale, points: Iterable[tuple[float, float] | None], kind: str, *, closed: bool = False
) -> Markup:
    """A line through points for `stretched`; None lifts the pen."""
    written, pen = "", "M"
    for point in points:
        if point:
            across, down = x.percent(point[0]) * _INNER / 100, y.percent(point[1]) * _INNER / 100
            written += f"{pen}{coordinate(round(across, 1))} {coordinate(round(down, 1))}"
        pen = "L" if point else "M"
    return el("path", d=written + "Z" * closed, class_=kind)


def line(x1: float, y1: str | float, x2: float, y2: str | float, kind: str) -> Markup:
    """A straight line; x in percent."""
    return el("line", x1=at(x1), y1=y1, x2=at(x2), y2=y2, class_=kind)


def area(left: float, right: float, kind: str, y: str | float = 0, height: str | float = "100%") -> Markup:
    """A rectangle between two places in percent."""
    return el("rect", x=at(left), y=y, width=at(right - left), height=height, class_=kind)


def words(x: float, y: str | float, text: str, kind: str = "", **given: str | float) -> Markup:
    """Words at a place in percent, if any. given: dx and dy in pixels, text_anchor."""
    return el("text", text, x=at(x), y=y, class_=kind or None, **given) if text else Markup("")


def x_axis(scale: Scale, ticks: Iterable[Tick]) -> Markup:
    """Words under the drawing."""
    return join(words(scale.percent(t.value), "100%", t.text, "tick", dy=18, text_anchor="middle") for t in ticks)


def y_axis(scale: Scale, ticks: Iterable[Tick], *, top: float = 0.0, height: float = 100.0) -> Markup:
    """Words at the left of the drawing, or of its part from `top` on (percent), with faint lines through it."""
    parts = []
    for tick in ticks:
        place = at(top + scale.percent(tick.value) * height / 100)
        parts += [line(0, place, 100, place, "grid")]
        parts += [words(0, place, tick.text, "tick", dx=-8, dy=4, text_anchor="end")]
    return join(parts)


def mark(tip: str, *parts: str | Iterable[str]) -> Markup:
    """Something that tells more when it is pointed at or reached by keyboard."""
    return el("g", el("title", tip), *parts, class_="mark", role="img")


def dot(tip: str, x: float, y: float, *below: Markup, reach: float, radius: float) -> Markup:
    """A value at a place in percent, over what stands `below` it, that tells more within `reach` to either side."""
    circle = el("circle", cx=at(x), cy=at(y), r=radius, class_="dot")
    return mark(tip, area(x - reach, x + reach, "reach"), *below, circle)


# The mark of a pattern: a disc in its colour with its letter, so that nothing depends on the colour. Hollow: inferred
# from steps alone; nothing is named: a small grey disc.


def tint(pattern: Pattern | None) -> str:
    """The class that brings a pattern's colour; grey where nothing is named."""
    return f"c-{PATTERNS[pattern or Pattern.NEUTRAL].colour}"


def disc(x: str, y: str | float, pattern: Pattern | None, *, hollow: bool = False) -> Markup:
    """The mark of a pattern at a place."""
    kind = f"{' hollow' * hollow} {tint(pattern)}"
    if pattern is None or pattern is Pattern.NEUTRAL:
        return el("circle", cx=x, cy=y, r=5.5, class_=f"disc{kind}")
    letter = el("text", PATTERNS[pattern].mark, x=x, y=y, dy=4, text_anchor="middle", class_=f"letter{kind}")
    return join((el("circle", cx=x, cy=y, r=10, class_=f"disc{kind}"), letter))


def chip(pattern: Pattern | None, *, hollow: bool = False) -> Markup:
    """The mark of a pattern before its name, as high as the letters beside it."""
    box = {"class_": "chip", "viewBox": "-11 -11 22 22", "aria_hidden": "true", "focusable": "false"}
    return el("svg", disc("0", 0, pattern, hollow=hollow), **box)
