"""Where words stand beside dots so that none covers another or a dot, at every width a chart may get.

Words that find no room next to their dot stand further off, and a leader joins the two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kneedrive.report.html.plot import Beside

_LETTER_PX = 7.2  # wider than letters are on average in any sans face at 13 px
_LINE_PX = 14.0
_DOT_PX, _RING_PX = 8.0, 5.0
_HALF_PX = 4.0  # from the base of letters to their middle
_DISTANCES_PX = (26, 38, 52, 68, 86)
_TURNS = 16
_UPRIGHT = 0.35  # cosine below which words stand above or below the end of their leader and not beside it
_BEADS_PX = 6.0  # a leader is as good as a row of small boxes


class Box(NamedTuple):
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether they share a pixel."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)


class Dot(NamedTuple):
    """A dot at a place in percent, and its words; without words it is only to be kept free."""

    x: float
    y: float
    text: str = ""


class Place(NamedTuple):
    """Where words stand, and where the leader to them ends: pixels from the dot; no leader where they stand beside."""

    beside: Beside
    leader: tuple[float, float] | None = None


Size = tuple[float, float]
_NEAR = (
    Beside(11, 4, "start"),
    Beside(-11, 4, "end"),
    Beside(0, -11, "middle"),
    Beside(0, 20, "middle"),
    Beside(9, -10, "start"),
    Beside(9, 18, "start"),
    Beside(-9, -10, "end"),
    Beside(-9, 18, "end"),
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
    yield from (Place(beside) for beside in _NEAR)
    for distance in _DISTANCES_PX:
        for turn in range(_TURNS):
            angle = 2 * math.pi * turn / _TURNS
            yield _far(distance * math.cos(angle), distance * math.sin(angle))


def _far(x: float, y: float) -> Place:
    x, y = round(x), round(y)
    level = x / math.hypot(x, y)
    if abs(level) > _UPRIGHT:
        side = math.copysign(1, x)
        return Place(Beside(x + 3 * side, y + _HALF_PX, "start" if side > 0 else "end"), (x, y))
    return Place(Beside(x, y + (_LINE_PX - 2 if y > 0 else -_HALF_PX), "middle"), (x, y))


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
    return Box(left, base - _LINE_PX + 3, left + wide, base + 3)


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
    return Box(x - reach, y - reach, x + reach, y + reach)
