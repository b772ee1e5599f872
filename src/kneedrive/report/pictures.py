"""Pictures made of characters: an interval on a scale, a sparkline, a bar, a map. They return text, never print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from kneedrive.report import view
from kneedrive.report.layout import pad
from kneedrive.report.style import Style

SPAN = 3.0  # scores beyond three spreads are drawn at the edge
_CROSS = "+"
_SPREADS = (-2.0, -1.0, 1.0, 2.0)


def _place(amount: float, span: float, cells: int) -> int:
    """The cell of an amount on a scale from -span to span; outside is the nearest end."""
    share = (min(max(amount, -span), span) + span) / (2 * span)
    return math.floor(share * (cells - 1) + 0.5)


def interval_row(
    amount: float | None, se: float | None, cells: int, style: Style, role: str = "", *, span: float = SPAN
) -> str:
    """A value with one standard error to each side on a scale of spreads, exactly `cells` columns wide.

    Dots mark one and two spreads, a line the middle. None draws the scale alone. What lies outside points outwards.
    """
    glyphs, row = style.glyphs, [" "] * cells
    for spread in _SPREADS:
        row[_place(spread, span, cells)] = glyphs.tick
    row[_place(0.0, span, cells)] = glyphs.zero
    if amount is None or not math.isfinite(amount):
        return "".join(row)
    low, high = _place(amount - (se or 0.0), span, cells), _place(amount + (se or 0.0), span, cells)
    row[low : high + 1] = glyphs.bar * (high + 1 - low)
    row[_place(amount, span, cells)] = _mark(amount, span, style)
    return "".join(row[:low]) + style.paint.apply(role, "".join(row[low : high + 1])) + "".join(row[high + 1 :])


def _mark(amount: float, span: float, style: Style) -> str:
    if abs(amount) <= span:
        return style.glyphs.dot
    return style.glyphs.beyond_right if amount > 0 else style.glyphs.beyond_left


def scale_words(low: str, middle: str, high: str, cells: int) -> str:
    """Three words over a scale: at its ends and in its middle, exactly `cells` columns wide."""
    row = list(pad(low, cells)[: cells - len(high)] + high)
    at = (cells - len(middle)) // 2
    if len(low) < at and at + len(middle) < cells - len(high):
        row[at : at + len(middle)] = middle
    return "".join(row)


def sparkline(amounts: Sequence[float | None], style: Style) -> str:
    """One column per value between their lowest and highest; a blank where there is none."""
    known = [amount for amount in amounts if amount is not None and math.isfinite(amount)]
    if not known:
        return " " * len(amounts)
    low, width = min(known), max(known) - min(known)
    levels = style.glyphs.levels

    def level(amount: float | None) -> str:
        if amount is None or not math.isfinite(amount):
            return " "
        return levels[math.floor((amount - low) / width * (len(levels) - 1) + 0.5) if width else len(levels) // 2]

    return "".join(level(amount) for amount in amounts)


def bar(share: float, cells: int, style: Style) -> str:
    """A share of 1 as a bar of at most `cells` columns; something above zero shows at least one."""
    filled = math.floor(min(max(share, 0.0), 1.0) * cells + 0.5)
    return style.glyphs.levels[-1] * max(filled, 1 if share > 0 else 0)


class Point(NamedTuple):
    """A mark on the map; y grows upwards."""

    x: float
    y: float
    mark: str
    role: str = ""


class Edges(NamedTuple):
    """The words around a map: top, bottom, and below its left end, middle and right end."""

    top: str
    bottom: str
    left: str
    middle: str
    right: str


def plane(points: Sequence[Point], edges: Edges, cells: tuple[int, int], style: Style) -> list[str]:
    """A map of two scores, `cells` columns and rows inside its frame; the box of dots is one spread to each side.

    Where several points share a place, the first one's mark is drawn.
    """
    across, down = cells
    grid = _grid(across, down, style)
    for point in reversed(points):  # the first is drawn last and stays on top
        row, column = _cell(point, cells)
        grid[row][column] = style.paint.apply(point.role, point.mark)
    centre = grid[down // 2]
    if centre[across // 2] == _CROSS and any(letter.strip() for letter in _beside(centre, across // 2)):
        centre[across // 2] = " "  # the cross among letters would read as one of them
    corners, side = style.glyphs.corners, style.glyphs.down
    framed = [_numbered(i, down, f"{side}{''.join(row)}{side}") for i, row in enumerate(grid)]
    top = corners[0] + _edge(edges.top, across, style) + corners[1]
    bottom = corners[2] + _edge(edges.bottom, across, style) + corners[3]
    words = scale_words(edges.left, edges.middle, edges.right, across + 2)
    return ["   " + top, *framed, "   " + bottom, "   " + words]


def together(points: Sequence[Point], cells: tuple[int, int]) -> list[list[str]]:
    """The marks by the cell that they share on such a map, in the order of the points."""
    found: dict[tuple[int, int], list[str]] = {}
    for point in points:
        found.setdefault(_cell(point, cells), []).append(point.mark)
    return list(found.values())


def _cell(point: Point, cells: tuple[int, int]) -> tuple[int, int]:
    """Row and column of a point."""
    across, down = cells
    return down - 1 - _place(point.y, SPAN, down), _place(point.x, SPAN, across)


_NEAR = 2


def _beside(row: Sequence[str], column: int) -> list[str]:
    return [*row[max(column - _NEAR, 0) : column], *row[column + 1 : column + 1 + _NEAR]]


def _grid(across: int, down: int, style: Style) -> list[list[str]]:
    """Blanks with a box of dots at one spread and a cross at zero."""
    grid = [[" "] * across for _ in range(down)]
    left, right = _place(-1.0, SPAN, across), _place(1.0, SPAN, across)
    top, bottom = _place(-1.0, SPAN, down), _place(1.0, SPAN, down)
    for column in range(left, right + 1, 2):  # a row of letters is half as wide as high: every second cell
        grid[top][column] = grid[bottom][column] = style.glyphs.tick
    for row in range(top, bottom + 1):
        grid[row][left] = grid[row][right] = style.glyphs.tick
    grid[down // 2][across // 2] = _CROSS
    return grid


def _numbered(row: int, down: int, text: str) -> str:
    """The scale at the left: +2, 0 and so on where a row stands for a whole spread."""
    names = {down - 1 - _place(float(spread), SPAN, down): spread for spread in (-2, -1, 0, 1, 2)}
    return f"{view.signed(names[row]) if row in names else '':>2} {text}"


def _edge(words: str, across: int, style: Style) -> str:
    return f" {words} ".center(across, "\0").replace("\0", style.glyphs.across)
