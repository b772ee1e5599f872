"""Where words stand beside dots so that none covers another, at every width a chart may get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kneedrive.report.html.plot import Beside

_LETTER_PX = 7.2  # wider than letters are on average in any sans face at 13 px
_LINE_PX = 14.0
_DOT_PX = 7.0


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
    """A dot at a place in percent, and its words."""

    x: float
    y: float
    text: str


_PLACES = (
    Beside(11, 4, "start"),
    Beside(-11, 4, "end"),
    Beside(0, -11, "middle"),
    Beside(0, 20, "middle"),
    Beside(9, -10, "start"),
    Beside(9, 18, "start"),
    Beside(-9, -10, "end"),
    Beside(-9, 18, "end"),
)


def placed(dots: Sequence[Dot], sizes: Sequence[tuple[float, float]]) -> list[Beside | None]:
    """A place for each dot's words; None where every place covers something. sizes: widths and heights in pixels.

    Earlier dots choose first.
    """
    # Words further off would be read as another dot's, so what finds no place is left to the pointer and the table.
    chosen: list[Beside | None] = []
    taken: list[list[Box]] = [[_dot_box(dot, size) for dot in dots] for size in sizes]
    for dot in dots:
        free = next((place for place in _PLACES if _fits(dot, place, sizes, taken)), None)
        chosen.append(free)
        if free:
            for boxes, size in zip(taken, sizes, strict=True):
                boxes.append(text_box(dot, free, size))
    return chosen


def _fits(dot: Dot, place: Beside, sizes: Sequence[tuple[float, float]], taken: Sequence[Sequence[Box]]) -> bool:
    for (width, height), boxes in zip(sizes, taken, strict=True):
        own = text_box(dot, place, (width, height))
        if own.left < 0 or own.right > width or own.top < 0 or own.bottom > height:
            return False
        if any(own.meets(box) for box in boxes):
            return False
    return True


def text_box(dot: Dot, place: Beside, size: tuple[float, float]) -> Box:
    """The room that a dot's words take."""
    wide = len(dot.text) * _LETTER_PX
    x, base = dot.x * size[0] / 100 + place.dx, dot.y * size[1] / 100 + place.dy
    left = {"start": x, "end": x - wide, "middle": x - wide / 2}[place.anchor]
    return Box(left, base - _LINE_PX + 3, left + wide, base + 3)


def _dot_box(dot: Dot, size: tuple[float, float]) -> Box:
    x, y = dot.x * size[0] / 100, dot.y * size[1] / 100
    return Box(x - _DOT_PX, y - _DOT_PX, x + _DOT_PX, y + _DOT_PX)
