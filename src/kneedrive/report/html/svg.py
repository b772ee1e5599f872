"""HTML that cannot be broken out of, and the grammar of all charts: scales, ticks, lines, marks, words beside dots."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from kneedrive.quantities import METRES_PER_KM, METRES_PER_MILE
from kneedrive.record import Record
from kneedrive.report import numbers

# HTML that cannot be broken out of: whatever is not Markup already is escaped, in the one place that does it.

_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&#39;"}
# Control characters have no meaning in HTML, and some parsers stumble over them.
_ESCAPES |= dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "")
_ALONE = frozenset({"meta", "link", "br", "hr"})


class Markup(str):
    """Text that is HTML already. Only `el`, `join` and the page's own style and script make it."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """The text as HTML; Markup stays as it is."""
    return text if isinstance(text, Markup) else Markup(text.translate(_ESCAPES))


def join(parts: str | Iterable[str], between: str = "") -> Markup:
    """Parts one after the other, each escaped where it is not Markup."""
    if isinstance(parts, str):
        return escaped(parts)
    return Markup(escaped(between).join(escaped(part) for part in parts))


def el(name: str, /, *children: str | Iterable[str], **attributes: str | float | bool | None) -> Markup:
    """An element. `class_` is class, `stroke_width` is stroke-width; None and False leave an attribute out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None)
    inside = "".join(join(child) for child in children)
    return Markup(f"<{name}{written}>" if name in _ALONE else f"<{name}{written}>{inside}</{name}>")


def _attribute(key: str, value: str | float | bool) -> str:
    name = key.rstrip("_").replace("_", "-")
    if isinstance(value, bool):
        return f" {name}" if value else ""
    return f' {name}="{escaped(value if isinstance(value, str) else coordinate(value))}"'


def coordinate(place: float) -> str:
    """A place in a drawing, to a hundredth: geometry, not a number to read."""
    return f"{place:.2f}".rstrip("0").rstrip(".") if place % 1 else f"{place:.0f}"


def at(percent: float) -> str:
    """A place as a share of the drawing's width or height, so that drawings stretch and their letters do not."""
    return f"{coordinate(percent)}%"


# The grammar of all charts: scales, ticks, lines, marks. Places are percentages, sizes are pixels.
#
# A drawing fills its box at any width; only lines and areas are stretched, in an inner drawing, so that letters and
# dots keep their size from a phone to a wide screen.


_LEAST, _ROOM, _EDGE = 1.5, 0.4, 0.1  # spreads that a scale of scores reaches at least, adds, and keeps free of ticks
_INNER = 1000.0  # units of an inner drawing to each side
_STEPS = (1.0, 2.0, 5.0)
_SLOWEST_MPS = 0.4
_CROWDED = 12.0  # percent between paces below which one of them is left out
_PACE_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600)
PLAIN = "m-plain"
SHAPES = {"drive": "m-drive", "piston": "m-piston", "shuffle": "m-shuffle", "note": "m-note"}


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

    def place(self, value: float) -> str:
        """The attribute for a value."""
        return at(self.percent(value))


def spanning(values: Iterable[float], *, margin: float = 0.08, least: float = 0.0, up: bool = True) -> Scale:
    """A scale over all finite values with a margin, at least `least` wide."""
    known = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(known), max(known)
    width = max(high - low, least, 1e-9)
    middle = (low + high) / 2
    reach = width * (0.5 + margin)
    return Scale(low=middle - reach, high=middle + reach, up=up)


def spreads(amounts: Iterable[float], farthest: float = math.inf, *, up: bool = True) -> Scale:
    """A scale of scores around usual: all that is known and a little more, so that no empty bands are left."""
    known = [min(max(amount, -farthest), farthest) for amount in amounts if math.isfinite(amount)] or [0.0]
    return Scale(low=min(-_LEAST, min(known) - _ROOM), high=max(_LEAST, max(known) + _ROOM), up=up)


def spread_ticks(scale: Scale) -> list[Tick]:
    """Every whole spread that is not at the very edge."""
    steps = range(math.ceil(scale.low + _EDGE), math.floor(scale.high - _EDGE) + 1)
    return [Tick(value=float(step), text=numbers.signed(float(step))) for step in steps]


def round_steps(low: float, high: float, most: int, finest: float = 0.0) -> list[float]:
    """At most `most` round numbers between two bounds, no closer together than `finest`; as many as that allows."""
    power = 10.0 ** math.floor(math.log10(max((high - low) / most, finest)) - 1)
    for step in (step * power * scale for scale in (1.0, 10.0, 100.0, 1000.0) for step in _STEPS):
        places = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        if len(places) <= most and step >= finest * (1 - 1e-9):
            return [place * step for place in places]
    return []


class Tick(Record, frozen=True, kw_only=True):
    """A value and its words."""

    value: float
    text: str


def quantity_ticks(key: str, scale: Scale, most: int = 5) -> list[Tick]:
    """Round values of a quantity in its display unit, none finer than it is shown."""
    shown = numbers.SHOWN[key]
    finest = 10.0**-shown.decimals
    steps = round_steps(scale.low * shown.factor, scale.high * shown.factor, most, finest)
    return [Tick(value=step / shown.factor, text=numbers.number(step, shown.decimals)) for step in steps]


def pace_ticks(scale: Scale, *, miles: bool, most: int = 5) -> list[Tick]:
    """Round paces within the speeds of a scale."""
    length_m = METRES_PER_MILE if miles else METRES_PER_KM
    slow_s, fast_s = length_m / max(scale.low, _SLOWEST_MPS), length_m / max(scale.high, _SLOWEST_MPS)
    rows = (range(math.ceil(fast_s / step) * step, math.floor(slow_s) + 1, step) for step in _PACE_STEPS_S)
    paces = next((row for row in rows if len(row) <= most), range(0))
    ticks: list[Tick] = []
    for pace in paces:  # paces crowd together towards standing still
        tick = Tick(value=length_m / pace, text=numbers.clock(pace))
        if not ticks or abs(scale.percent(tick.value) - scale.percent(ticks[-1].value)) >= _CROWDED:
            ticks.append(tick)
    return ticks


def drawing(kind: str, name: str, *parts: str | Iterable[str], marked: bool = False) -> Markup:
    """A chart in its box. name: what a screen reader says. marked: it holds marks that can be reached one by one."""
    svg = el("svg", *parts, role="group" if marked else "img", aria_label=name, focusable="false")
    return el("div", svg, class_=f"plot {kind}")


def stretched(*parts: str | Iterable[str], y: float = 0.0, height: float = 100.0) -> Markup:
    """An inner drawing whose lines stretch with the box and are cut off at its edges; y and height in percent."""
    return el(
        "svg",
        *parts,
        x="0",
        y=at(y),
        width="100%",
        height=at(height),
        viewBox=f"0 0 {_INNER:.0f} {_INNER:.0f}",
        preserveAspectRatio="none",
    )


Points = Sequence[tuple[float, float] | None]


def path(x: Scale, y: Scale, points: Points, kind: str, *, closed: bool = False) -> Markup:
    """A line through points for `stretched`; None lifts the pen."""
    written, down = [], False
    for point in points:
        if point is None:
            down = False
            continue
        place = (x.percent(point[0]) * _INNER / 100, y.percent(point[1]) * _INNER / 100)
        written.append(f"{'L' if down else 'M'}{coordinate(round(place[0], 1))} {coordinate(round(place[1], 1))}")
        down = True
    return el("path", d="".join(written) + ("Z" if closed else ""), class_=kind)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight line between two places in percent."""
    return el("line", x1=at(x1), y1=at(y1), x2=at(x2), y2=at(y2), class_=kind)


def area(left: float, top: float, right: float, bottom: float, kind: str) -> Markup:
    """A rectangle between places in percent."""
    return el("rect", x=at(left), y=at(top), width=at(right - left), height=at(bottom - top), class_=kind)


def leader(x: float, y: float, end: tuple[float, float]) -> Markup:
    """A thin line from a place in percent to one so many pixels to the right and down."""
    # Only an inner drawing can begin at a share of the width and go on in pixels.
    return el("svg", el("line", x2=end[0], y2=end[1], class_="leader"), x=at(x), y=at(y), class_="from")


class Beside(Record, frozen=True, kw_only=True):
    """Where words stand next to their place: pixels to the right and down, and which end is held."""

    dx: float = 0.0
    dy: float = 0.0
    anchor: str = "middle"


def words(x: float, y: float, text: str, beside: Beside = Beside(), kind: str = "") -> Markup:  # noqa: B008 - frozen
    """Words at a place in percent."""
    return el(
        "text",
        text,
        x=at(x),
        y=at(y),
        dx=beside.dx or None,
        dy=beside.dy or None,
        text_anchor=None if beside.anchor == "start" else beside.anchor,
        class_=kind or None,
    )


def ends(low: str, high: str) -> Markup:
    """What the lower and the upper end of a scale of scores mean, in a line under the drawing."""
    return join(
        (
            words(0, 100, f"↓ {low}", Beside(dx=0, dy=40, anchor="start"), edge(low)),
            words(100, 100, f"↑ {high}", Beside(dx=0, dy=40, anchor="end"), edge(high)),
        )
    )


def edge(text: str) -> str:
    """The class of words at the edge of a drawing: in the colour of the pattern that they name."""
    return f"edge {text.removesuffix('-like')}" if text.endswith("-like") else "edge"


def x_axis(scale: Scale, ticks: Iterable[Tick], *, grid: bool = False) -> Markup:
    """Words under the drawing, with faint lines through it where `grid`."""
    parts = []
    for tick in ticks:
        place = scale.percent(tick.value)
        parts += [line(place, 0, place, 100, "grid")] if grid else []
        parts.append(words(place, 100, tick.text, Beside(dx=0, dy=18), "tick"))
    return join(parts)


def y_axis(scale: Scale, ticks: Iterable[Tick], *, top: float = 0.0, height: float = 100.0) -> Markup:
    """Words at the left of the drawing, or of its part from `top` on, with faint lines through it."""
    parts = []
    for tick in ticks:
        place = top + scale.percent(tick.value) * height / 100
        parts += [
            line(0, place, 100, place, "grid"),
            words(0, place, tick.text, Beside(dx=-8, dy=4, anchor="end"), "tick"),
        ]
    return join(parts)


def symbol(x: float, y: float, role: str, *, unsure: bool = False) -> Markup:
    """The mark of a pattern: its shape says what its colour says, and it is hollow in doubt. x and y in percent."""
    return shape(role, unsure=unsure, x=at(x), y=at(y))


def shape(role: str, *, unsure: bool, **place: str) -> Markup:
    """A mark by its shape."""
    return el("use", href=f"#{SHAPES.get(role, PLAIN)}", **place, class_=f"symbol {role}{' unsure' * unsure}".strip())


def mark(told: str, *parts: str | Iterable[str]) -> Markup:
    """Something that tells more when it is pointed at or reached by keyboard."""
    return el("g", el("title", told), *parts, class_="mark", role="img")


def shapes() -> Markup:
    """The shapes of all marks, once per page."""
    kinds = (
        (PLAIN, el("circle", r=5.5, class_="shape")),
        ("m-drive", el("path", d="M-5.5-6.5L7 0L-5.5 6.5Z", class_="shape")),
        ("m-piston", el("path", d="M0-7.5L6.5 0L0 7.5L-6.5 0Z", class_="shape")),
        ("m-shuffle", el("rect", x=-5.2, y=-5.2, width=10.4, height=10.4, rx=1, class_="shape")),
        ("m-note", el("path", d="M-2.2-7H2.2V-2.2H7V2.2H2.2V7H-2.2V2.2H-7V-2.2H-2.2Z", class_="shape")),
    )
    symbols = [el("g", shape, id=name) for name, shape in kinds]
    return el("svg", el("defs", *symbols), class_="shapes", aria_hidden="true", focusable="false")


# Where words stand beside dots so that none covers another or a dot, at every width a chart may get.
#
# Words that find no room next to their dot stand further off, and a leader joins the two.


_LETTER_PX = 7.2  # wider than letters are on average in any sans face at 13 px
_LINE_PX = 14.0
_DOT_PX, _RING_PX = 8.0, 5.0
_HALF_PX = 4.0  # from the base of letters to their middle
_DISTANCES_PX = (26, 38, 52, 68, 86)
_TURNS = 16
_UPRIGHT = 0.35  # cosine below which words stand above or below the end of their leader and not beside it
_BEADS_PX = 6.0  # a leader is as good as a row of small boxes


class Box(Record, frozen=True, kw_only=True):
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether they share a pixel."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)


class Dot(Record, frozen=True, kw_only=True):
    """A dot at a place in percent, and its words; without words it is only to be kept free."""

    x: float
    y: float
    text: str = ""


class Place(Record, frozen=True, kw_only=True):
    """Where words stand, and where the leader to them ends: pixels from the dot; no leader where they stand beside."""

    beside: Beside
    leader: tuple[float, float] | None = None


Size = tuple[float, float]
_NEAR = (
    Beside(dx=11, dy=4, anchor="start"),
    Beside(dx=-11, dy=4, anchor="end"),
    Beside(dx=0, dy=-11, anchor="middle"),
    Beside(dx=0, dy=20, anchor="middle"),
    Beside(dx=9, dy=-10, anchor="start"),
    Beside(dx=9, dy=18, anchor="start"),
    Beside(dx=-9, dy=-10, anchor="end"),
    Beside(dx=-9, dy=18, anchor="end"),
)


def placed(dots: Sequence[Dot], rings: Sequence[Dot], sizes: Sequence[Size]) -> list[Place | None]:
    """A place for each dot's words; None where every place covers something. sizes: widths and heights in pixels.

    Earlier dots choose first. No words cover a dot, a ring, other words or their leaders.
    """
    chosen: list[Place | None] = []
    taken = [[*(_around(dot, size, _DOT_PX) for dot in dots), *_rings(rings, size)] for size in sizes]
    crossed: list[list[Box]] = [[_around(dot, size, _DOT_PX) for dot in dots] for size in sizes]
    for dot in dots:
        # A leader passes over a ring only where there is no other way, and never over another dot or words.
        ways = ((place, kept) for kept in (taken, crossed) for place in _places())
        free = next((place for place, kept in ways if _fits(dot, place, sizes, taken, kept)), None)
        chosen.append(free)
        if free is None:
            continue
        for size, boxes, words in zip(sizes, taken, crossed, strict=True):
            own = [text_box(dot, free.beside, size), *leader_boxes(dot, free, size)]
            boxes += own
            words += own
    return chosen


def _places() -> Iterator[Place]:
    """All places, the best first."""
    yield from (Place(beside=beside) for beside in _NEAR)
    for distance in _DISTANCES_PX:
        for turn in range(_TURNS):
            angle = 2 * math.pi * turn / _TURNS
            yield _far(distance * math.cos(angle), distance * math.sin(angle))


def _far(x: float, y: float) -> Place:
    x, y = round(x), round(y)
    level = x / math.hypot(x, y)
    if abs(level) > _UPRIGHT:
        side = math.copysign(1, x)
        return Place(
            beside=Beside(dx=x + 3 * side, dy=y + _HALF_PX, anchor="start" if side > 0 else "end"), leader=(x, y)
        )
    return Place(beside=Beside(dx=x, dy=y + (_LINE_PX - 2 if y > 0 else -_HALF_PX), anchor="middle"), leader=(x, y))


def _fits(
    dot: Dot, place: Place, sizes: Sequence[Size], taken: Sequence[Sequence[Box]], free: Sequence[Sequence[Box]]
) -> bool:
    """Whether words meet nothing that is taken, and their leader nothing that it has to leave free, at every size."""
    for size, boxes, kept_free in zip(sizes, taken, free, strict=True):
        own = text_box(dot, place.beside, size)
        if own.left < 0 or own.right > size[0] or own.top < 0 or own.bottom > size[1]:
            return False
        if any(own.meets(box) for box in boxes):
            return False
        if any(bead.meets(box) for bead in leader_boxes(dot, place, size) for box in kept_free):
            return False
    return True


def text_box(dot: Dot, place: Beside, size: Size) -> Box:
    """The room that a dot's words take."""
    wide = len(dot.text) * _LETTER_PX
    x, base = dot.x * size[0] / 100 + place.dx, dot.y * size[1] / 100 + place.dy
    left = {"start": x, "end": x - wide, "middle": x - wide / 2}[place.anchor]
    return Box(left=left, top=base - _LINE_PX + 3, right=left + wide, bottom=base + 3)


def leader_boxes(dot: Dot, place: Place, size: Size) -> list[Box]:
    """The room that a dot's leader takes, from outside the dot on."""
    if place.leader is None:
        return []
    x, y = place.leader
    length = math.hypot(x, y)
    beads = range(1, math.ceil((length - _DOT_PX) / _BEADS_PX))
    shares = [(_DOT_PX + 1 + bead * _BEADS_PX) / length for bead in beads]
    left, top = dot.x * size[0] / 100, dot.y * size[1] / 100
    return [_square(left + x * share, top + y * share, 1.0) for share in shares if share < 1]


def _rings(rings: Sequence[Dot], size: Size) -> list[Box]:
    return [_around(ring, size, _RING_PX) for ring in rings]


def _around(dot: Dot, size: Size, reach_px: float) -> Box:
    return _square(dot.x * size[0] / 100, dot.y * size[1] / 100, reach_px)


def _square(x: float, y: float, reach: float) -> Box:
    return Box(left=x - reach, top=y - reach, right=x + reach, bottom=y + reach)
