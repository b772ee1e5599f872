"""A report as lines: width of letters, style and colours, wrapping and tables, pictures made of characters."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from kneedrive.record import Record
from kneedrive.report import terminal
from kneedrive.report.numbers import TIE, WHOLE
from kneedrive.report.words import STRAVA_CREDIT

# Values as the cells of a CSV table that a spreadsheet opens.

# A spreadsheet takes a text that begins so for a formula, and runs it; names of devices come out of files.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: Any) -> Any:
    """Nothing for what is not measured; seven significant digits, which is what the store holds; harmless text."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


# How a report looks: width, glyphs, colours, units. One frozen value; the plain paint is all empty strings.


class Paint(Record, frozen=True):
    """Escape codes by role. Colour only repeats what the words say, so any of them may be empty."""

    strong: str = ""
    faint: str = ""
    drive: str = ""
    piston: str = ""
    shuffle: str = ""
    note: str = ""
    reset: str = ""

    def apply(self, role: str, text: str) -> str:
        """The text in a role's colour; unknown roles and "" leave it as it is."""
        code: str = getattr(self, role, "") if role else ""
        return f"{code}{text}{self.reset}" if code and text else text


# Cyan, magenta and yellow stay apart for the common kinds of colour blindness; no red or green: nothing is good or bad.
COLOURED = Paint("\x1b[1m", "\x1b[2m", "\x1b[1;36m", "\x1b[1;35m", "\x1b[1;33m", "\x1b[3m", "\x1b[0m")
PLAIN = Paint()


class Glyphs(Record, frozen=True):
    """The characters that pictures are made of, each one column wide."""

    dot: str
    bar: str
    tick: str
    zero: str
    beyond_left: str
    beyond_right: str
    levels: str
    corners: str
    across: str
    down: str
    rule: str
    run: str


UNICODE = Glyphs("●", "─", "·", "│", "‹", "›", "▁▂▃▄▅▆▇█", "┌┐└┘", "─", "│", "─", "◆")
ASCII = Glyphs("o", "-", ".", "|", "<", ">", "_.-=+*#@", "++++", "-", "|", "-", "X")

_ASCII_WORDS = str.maketrans(
    {
        "±": "+/-",
        "–": "-",
        "—": "-",
        "−": "-",
        "·": "-",
        "•": "*",
        "×": "x",
        "→": "->",
        "←": "<-",
        "↑": "^",
        "≥": ">=",
        "≤": "<=",
        "≈": "~",
        "°": " deg",
        "²": "^2",
        "√": "sqrt ",
        "π": "pi",
        "θ": "theta",
        "β": "beta",
        "Φ": "Phi",
        "Δ": "change of ",
        "’": "'",
        "“": '"',
        "”": '"',
        "…": "...",
    }
)


class Style(terminal.Style, frozen=True, kw_only=True):
    """The style of the lines that are not made of blocks yet."""

    @property
    def paint(self) -> Paint:
        """Colours, or empty strings."""
        return COLOURED if self.colour else PLAIN

    @property
    def glyphs(self) -> Glyphs:
        """What pictures are drawn with."""
        return ASCII if self.ascii else UNICODE

    def spell(self, text: str) -> str:
        """The text in the characters of this style: with `ascii` nothing but ASCII and ties is left."""
        if not self.ascii or text.isascii():
            return text
        return "".join(
            letter if letter.isascii() or letter in (TIE, WHOLE) else "?" for letter in text.translate(_ASCII_WORDS)
        )


# Text in columns: wrapping, tables, blocks side by side. Knows nothing of runs.


INDENT = 2
_CODES = re.compile(r"\x1b\[[0-9;]*m")
_WORD = re.compile(r"[^ \t\n\r\x0b\x0c]+")  # as textwrap sees words: a tie is part of one
_FILL = "\0"


def columns_of(text: str) -> int:
    """How many terminal columns a line takes: without colour codes, wide East Asian characters counted twice."""
    bare = _CODES.sub("", text)
    if bare.isascii():
        return len(bare)
    from unicodedata import east_asian_width  # late: only names from files are ever not ASCII and wide

    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in bare)


def flow(text: str, style: Style, indent: int = INDENT, hang: int = 0) -> list[str]:
    """Prose wrapped to the measure; a value stays with its unit. `hang` indents all lines but the first further."""
    return wrap(style.spell(text), style.measure, indent, indent + hang)


def wrap(text: str, width: int, first: int = 0, rest: int = 0) -> list[str]:
    """Lines of at most `width` columns, the first indented by `first`, the others by `rest`.

    A path longer than a line stands on a line of its own that is too long; other words as long are broken.
    """
    room = max(width - max(first, rest), 2)  # a wide character needs two; less would cut words for ever
    words = _WORD.sub(lambda word: " ".join(_pieces(word[0], room)), _filled(text))
    lines = textwrap.wrap(
        words,
        width,
        initial_indent=" " * first,
        subsequent_indent=" " * rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_FILL, "").replace(WHOLE, "") for line in lines]


def _filled(text: str) -> str:
    """The text with a filler after each wide character, since textwrap counts characters and not columns."""
    if columns_of(text) == len(text):
        return text
    return "".join(letter if columns_of(letter) == 1 else letter + _FILL for letter in text)


def _pieces(word: str, room: int) -> Iterator[str]:
    """A word in pieces that fit into a line; a path in one."""
    while len(word) > room and WHOLE not in word:
        cut = room - 1 if word[room] == _FILL else room
        yield word[:cut]
        word = word[cut:]
    yield word


def loose(text: str) -> str:
    """The text as it is printed: ties are blanks."""
    return text.replace(TIE, " ")


def heading(title: str, style: Style, remark: str = "") -> list[str]:
    """A title in capitals with a faint remark behind it, or below where it does not fit."""
    head = style.paint.apply("strong", style.spell(title.upper()))
    if not remark:
        return [head]
    room = style.measure - columns_of(head) - INDENT
    if len(style.spell(remark)) <= room:
        return [head + " " * INDENT + style.paint.apply("faint", style.spell(remark))]
    return [head, *(style.paint.apply("faint", line) for line in flow(remark, style))]


def ends(left: str, right: str, style: Style) -> list[str]:
    """Two pieces at both ends of a line, or below one another where they do not fit."""
    room = style.measure - columns_of(left) - columns_of(right)
    return [left + " " * room + right] if room >= INDENT else [left, right]


def pad(text: str, width: int, *, right: bool = False) -> str:
    """The text filled up to a number of columns."""
    blanks = " " * max(width - columns_of(text), 0)
    return blanks + text if right else text + blanks


def table(
    rows: Sequence[Sequence[str]], style: Style, left: int = 1, heads: int = 1, indent: int = INDENT
) -> list[str]:
    """Rows in columns of their natural width, the first `left` columns to the left, the others to the right.

    The first `heads` rows are the heading. Columns at the end are left out where the width does not hold them.
    """
    spelled = [[style.spell(cell) for cell in row] for row in rows]
    widths = [max(columns_of(cell) for cell in column) for column in zip_longest(*spelled, fillvalue="")]
    gap, count = _fitting(widths, style.columns - indent)
    lines = [
        (" " * indent + gap.join(pad(cell, widths[i], right=i >= left) for i, cell in enumerate(row[:count]))).rstrip()
        for row in spelled
    ]
    return [style.paint.apply("faint" if i < heads else "", line) for i, line in enumerate(lines)]


def _fitting(widths: Sequence[int], room: int) -> tuple[str, int]:
    """The widest gap that holds all columns, else a gap of one and the columns that fit."""
    for gap in (3, 2, 1):
        if sum(widths) + gap * (len(widths) - 1) <= room:
            return " " * gap, len(widths)
    count = len(widths)
    while count > 1 and sum(widths[:count]) + count - 1 > room:
        count -= 1
    return " ", count


def beside(left: Sequence[str], right: Sequence[str], width: int, gap: int = 4) -> list[str]:
    """Two blocks side by side, the left one `width` columns wide."""
    return [pad(one, width + gap) + two for one, two in zip_longest(left, right, fillvalue="")]


def finish(blocks: Sequence[Sequence[str]], style: Style) -> str:
    """The blocks as one text with an empty line between them; nothing at the ends of lines."""
    filled = ["\n".join(loose(line).rstrip() for line in block) for block in blocks if block]
    return style.spell("\n\n".join(filled)) + "\n"


# Pictures made of characters: an interval on a scale, a sparkline, a bar, a map. They return text, never print.


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


# What lists and weekly texts still share.


def credit(formats: Iterable[str], style: Style) -> list[str]:
    """The line that names Strava where one of these recordings came from its API, else none.

    formats: of recordings, or several with commas between, as the store lists them.
    """
    named = any("strava" in each.split(",") for each in formats)
    return [style.paint.apply("faint", STRAVA_CREDIT)] if named else []


def commands(rows: Sequence[tuple[str, str]], style: Style) -> list[str]:
    """Commands and what they do, in two columns, or below one another where the width is small."""
    width = max(len(command) for command, _ in rows)
    narrow = any(INDENT + width + len("   " + what) > style.columns for _, what in rows)
    between = "\n" + " " * INDENT * 2 if narrow else "   "
    filled = [(command if narrow else f"{command:<{width}}", style.spell(what)) for command, what in rows]
    lines = [f"{' ' * INDENT}{command}{between}{style.paint.apply('faint', what)}" for command, what in filled]
    return "\n".join(lines).split("\n")
