"""Text in columns: wrapping, tables, blocks side by side. Knows nothing of runs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from kneedrive.report.style import Style
from kneedrive.report.view import TIE, WHOLE

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
