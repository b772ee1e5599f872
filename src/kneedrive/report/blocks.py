"""A report as data: sections made of blocks, which the terminal and the page draw each in its own way.

A section is a sequence of blocks and a report a sequence of sections; no block knows of widths or colours. Text is
a plain string, or pieces, each with a tone: a role of its own, or the pattern that it speaks of. Values are joined to
their units by numbers.TIE, and paths carry numbers.WHOLE, so that neither is parted where a line breaks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from functools import partial

from kneedrive.patterns import AXES, Pattern
from kneedrive.record import Record


class Role(StrEnum):
    """What a piece of text is, where it is not the name of a pattern."""

    PLAIN = "plain"
    STRONG = "strong"
    FAINT = "faint"
    COMMAND = "command"  # to be typed as it stands


Tone = Role | Pattern


class Span(Record, frozen=True):
    """A piece of text and its tone."""

    text: str
    tone: Tone = Role.PLAIN


class Spark(Record, frozen=True):
    """A column a value, as a share of 1 of the height; None leaves a column empty."""

    shares: tuple[float | None, ...]


class Bar(Record, frozen=True):
    """A share of 1 as a bar; `cells` is its length for 1, in letters."""

    share: float
    cells: int
    tone: Tone = Role.PLAIN


Piece = Span | Spark | Bar
Inline = str | Piece | tuple[Piece, ...]  # text in a block


def words(*parts: Inline) -> tuple[Piece, ...]:
    """Texts one behind the other, as pieces."""
    pieces: list[Piece] = []
    for part in parts:
        pieces += part if isinstance(part, tuple) else [Span(part) if isinstance(part, str) else part]
    return tuple(pieces)


# Text that stands out, that may be passed over, and that is to be typed.
strong = partial(Span, tone=Role.STRONG)
faint = partial(Span, tone=Role.FAINT)
command = partial(Span, tone=Role.COMMAND)


def spark(amounts: Sequence[float | None], least: float) -> Spark:
    """A sparkline whose scale spans at least `least`, so that values which hardly differ look steady."""
    known = [amount for amount in amounts if amount is not None and math.isfinite(amount)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    more = max(least - (high - low), 0.0) / 2
    low, width = low - more, (high + more) - (low - more)
    return Spark(tuple(None if each is None or math.isnan(each) else (each - low) / width for each in amounts))


def plain(text: Inline) -> str:
    """The letters of a text alone."""
    return "".join(piece.text for piece in words(text) if isinstance(piece, Span))


class Heading(Record, frozen=True):
    """A title, and a remark beside it. The blocks of a section that begins with one belong to it."""

    title: str
    remark: str = ""


class Prose(Record, frozen=True):
    """A paragraph. faint: it may be passed over, as a key, a limit or a credit."""

    text: Inline
    faint: bool = False


Note = partial(Prose, faint=True)


class Facts(Record, frozen=True):
    """Short facts in a row: day, distance, time. None of them is broken."""

    facts: Sequence[Inline]


class Items(Record, frozen=True):
    """A list of paragraphs."""

    items: Sequence[Inline]


class Terms(Record, frozen=True):
    """Names and what they mean, or commands and what they do, in two columns."""

    rows: Sequence[tuple[Inline, Inline]]


class Rule(Record, frozen=True):
    """A line across, between what belongs to the runner and what belongs to the run."""


class Column(Record, frozen=True, kw_only=True):
    """A column of a table. drop: 0 stays; where the width does not hold all, the highest are left out first."""

    head: str = ""
    unit: str = ""
    left: bool = False  # text stands to the left, numbers to the right
    drop: int = 0


class Table(Record, frozen=True):
    """Rows in columns; a cell is a text."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Inline]]


class Mark(Record, frozen=True, kw_only=True):
    """A row of a picture: what stands before the scale, a value with its SD on it (None: nothing), a word behind it."""

    before: tuple[str, ...] = ()
    mean: float | None = None
    sd: float | None = None
    tone: Tone = Role.PLAIN
    hollow: bool = False  # inferred, not measured
    behind: Inline = ()
    across: Inline = ()  # words in place of all that


SPAN = 3.0  # SDs between runners, to each side of a picture's middle; what lies beyond is drawn at the edge
# Where marks of the population are set: the share of runners that lies below, and how many lie beyond.
TICKS = {0.04: "1 in 25", 0.20: "1 in 5", 0.80: "1 in 5", 0.96: "1 in 25"}
BEYOND = "dots: 1 runner in 5 and 1 in 25 lie beyond"


class Picture(Record, frozen=True, kw_only=True):
    """Values of one score with their errors, in SDs between runners, a row each."""

    heads: tuple[str, ...]  # over the columns before the scale
    axis: str  # the score by its key in AXES, "" where no row has a value
    rows: Sequence[Mark]
    ticks: Sequence[float] = ()  # where marks are set
    key: Inline = ()  # the line below

    @property
    def scale_words(self) -> tuple[str, str, str]:
        """The words over the low end, the middle and the high end of the scale."""
        return (AXES[self.axis].low, "usual", AXES[self.axis].high) if self.axis else ("", "", "")


Block = Heading | Prose | Facts | Items | Terms | Rule | Table | Picture
Section = Sequence[Block]


WIDEST_PROSE = 92  # a longer line of prose is hard to find back from
NARROWEST = 40  # whole reports are laid out from 60 columns on


class Style(Record, frozen=True, kw_only=True):
    """How to print. It stands here since programs that read JSON need no rich to be loaded."""

    width: int = 80  # columns
    ascii: bool = False  # nothing but ASCII characters
    colour: bool = False  # ANSI codes
    miles: bool = False  # pace and distance
    indent: int = 0  # columns that are left free on the left, by what is drawn beside or below a name

    @property
    def columns(self) -> int:
        """The width that is laid out for."""
        return max(self.width, NARROWEST) - self.indent

    @property
    def measure(self) -> int:
        """The width of a line of prose."""
        return min(max(self.width, NARROWEST), WIDEST_PROSE) - self.indent

    def within(self, columns: int) -> Style:
        """The same with so many columns more left free."""
        return self.replace(indent=self.indent + columns)
