"""Blocks on a terminal: rich wraps, colours and sets tables; here is what it cannot do.

No line is longer than the width: columns of a table are left out whole, by their priority, and never cut. A value stays
with its unit. With `ascii` nothing but ASCII is printed. Pictures are made of letters.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style as Look
from rich.table import Table as Grid
from rich.text import Text

from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.report import blocks
from kneedrive.report.blocks import SPAN, Inline, Role, Section, Style, words
from kneedrive.report.numbers import TIE, WHOLE

INDENT = 2
GAP = 3
_BOUND = "\ue000"  # stands for a tie while rich wraps, since rich breaks lines at U+00A0; of the private use area
_LEVELS = "▁▂▃▄▅▆▇█"  # of a line of values, low to high

# Pictures are drawn in these letters too: each of theirs becomes a single one, so that nothing moves.
_ASCII_LETTERS = str.maketrans({
    "±": "+/-", "–": "-", "—": "-", "−": "-", "·": "-", "•": "*", "×": "x", "→": "->", "←": "<-", "↑": "^", "≥": ">=",
    "≤": "<=", "≈": "~", "°": " deg", "²": "^2", "√": "sqrt ", "π": "pi", "θ": "theta", "β": "beta", "Φ": "Phi",
    "Δ": "change of ", "’": "'", "“": '"', "”": '"', "…": "...", "●": "*", "○": "o", "─": "-", "│": "|", "◆": "*",
    "‹": "<", "›": ">", **dict(zip(_LEVELS, "_.-=+*#@", strict=True)),
})  # fmt: skip

_ROLES = {Role.STRONG: "bold", Role.FAINT: "dim", Role.COMMAND: "underline"}
# The colours of patterns.py as rich names them; grey is the terminal's own, since nothing is to stand out there.
_COLOURS = {"orange": "dark_orange", "blue": "dodger_blue2", "grey": "default"}


def spell(text: str, style: Style) -> str:
    """The text in the characters of a style: with `ascii` nothing but ASCII and the marks of ties is left."""
    text = text.replace(TIE, _BOUND)
    if not style.ascii or text.isascii():
        return text
    kept = (_BOUND, WHOLE)
    return "".join(c if c.isascii() or c in kept else "?" for c in text.translate(_ASCII_LETTERS))


@cache
def look(tone: blocks.Tone) -> Look:
    """How a tone looks. Colour only repeats what the words say."""
    if isinstance(tone, Pattern):
        colour = PATTERNS[tone].colour
        return Look.parse(f"bold {_COLOURS.get(colour, colour)}")
    return Look.parse(_ROLES.get(tone, "none"))


@cache
def codes() -> frozenset[str]:
    """Every escape code that a rendered report may hold."""
    tones = [look(tone) for tone in (*Role, *Pattern)]
    looks = [*tones, *(look(Role.FAINT) + tone for tone in tones)]
    painted = (_printed([Text("x", each)], Style(colour=True)) for each in looks)
    return frozenset(code for text in painted for code in text.rstrip("\n").split("x") if code)


def render(report: Iterable[Section], style: Style) -> str:
    """The sections as one text with an empty line between them, ending in a line break. Pure."""
    lines: list[Text] = []
    for section in report:
        # A heading stands out to the left of what belongs to it.
        below = INDENT if any(isinstance(block, blocks.Heading) for block in section) else 0
        drawn: list[Text] = []
        for block in section:
            indent = 0 if isinstance(block, blocks.Heading) else below
            drawn += [Text(" " * indent) + line for line in _block(block, style.within(indent))]
        if drawn:
            lines += [Text(), *drawn] if lines else drawn
    return _printed(lines, style)


def _console(style: Style) -> Console:
    """A console that prints into a text; nothing about it depends on the machine."""
    # Without _environ={} rich would read COLUMNS, NO_COLOR and TERM; highlight and markup would colour what files say.
    return Console(
        file=io.StringIO(),
        width=style.columns,
        color_system="256" if style.colour else None,
        force_terminal=style.colour,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )


def _printed(lines: Sequence[Text], style: Style) -> str:
    console = _console(style)
    for line in lines:
        line.rstrip()
    console.print(Text("\n").join(lines), soft_wrap=True)  # they are wrapped already, some on purpose not
    file = console.file
    return file.getvalue().replace(_BOUND, " ").replace(WHOLE, "") if isinstance(file, io.StringIO) else ""


def _block(block: blocks.Block, style: Style) -> list[Text]:
    match block:
        case blocks.Heading():
            return _heading(block, style)
        case blocks.Prose():
            lines = flow(block.text, style)
            return [_fainter(line) for line in lines] if block.faint else lines
        case blocks.Facts():
            return _facts(block, style)
        case blocks.Items():
            mark = Text(spell("· ", style))
            return [line for item in block.items for line in _hung(mark, flow(item, style.within(INDENT)))]
        case blocks.Terms():
            return _terms(block, style)
        case blocks.Rule():
            return [Text(spell("─" * style.measure, style), look(Role.FAINT))]
        case blocks.Table():
            return _table(block, style)
        case blocks.Picture():
            return _picture(block, style)


def text_of(inline: Inline, style: Style) -> Text:
    """A text in the letters and colours of a style, on one line."""
    made = Text()
    for piece in words(inline):
        if isinstance(piece, blocks.Spark):
            drawn = (" " if share is None else _LEVELS[math.floor(share * 7 + 0.5)] for share in piece.shares)
            made.append(spell("".join(drawn), style))
        elif isinstance(piece, blocks.Bar):
            # Something above zero shows at least one column.
            filled = max(math.floor(piece.share * piece.cells + 0.5), 1 if piece.share > 0 else 0)
            made.append(spell(_LEVELS[-1] * filled, style), look(piece.tone))
        else:
            # A command is typed as it stands, so no line breaks inside it.
            text = piece.text.replace(" ", TIE) if piece.tone is Role.COMMAND else piece.text
            made.append(spell(text, style), look(piece.tone))
    return made


def flow(inline: Inline, style: Style) -> list[Text]:
    """Text wrapped to the measure. A word longer than a line is folded; a path has a line of its own, too long."""
    made, room = text_of(inline, style), style.measure
    if WHOLE not in made.plain:
        return list(made.wrap(_console(style), room))
    cuts = [0]
    for word in re.finditer(r"\S+", made.plain):
        if word.start() > cuts[-1] and cell_len(made.plain[cuts[-1] : word.end()]) > room:
            cuts.append(word.start())
    return list(made.divide(cuts[1:]))


def _fainter(line: Text) -> Text:
    line.stylize_before(look(Role.FAINT))
    return line


def _hung(mark: Text, lines: list[Text]) -> list[Text]:
    """The lines beside a mark: it stands in front of the first one, and as much room before the others."""
    blank = Text(" " * cell_len(mark.plain))
    return [(blank if place else mark) + line for place, line in enumerate(lines)]


def _heading(block: blocks.Heading, style: Style) -> list[Text]:
    """A title in capitals with a faint remark behind it, or below where it does not fit."""
    head, remark = Text(spell(block.title.upper(), style), look(Role.STRONG)), Text(spell(block.remark, style))
    if not block.remark:
        return [head]
    if cell_len(head.plain) + INDENT + cell_len(remark.plain) <= style.measure:
        return [head + Text(" " * INDENT) + _fainter(remark)]
    return [head, *(_fainter(line) for line in remark.wrap(_console(style), style.measure - INDENT))]


def _facts(block: blocks.Facts, style: Style) -> list[Text]:
    """As many facts on a line as fit."""
    lines: list[Text] = []
    for fact in block.facts:
        made = text_of(fact, style)
        if lines and cell_len(lines[-1].plain) + GAP + cell_len(made.plain) <= style.measure:
            lines[-1] = lines[-1] + Text(" " * GAP) + made
        else:
            lines += made.wrap(_console(style), style.measure)
    return lines


def _terms(block: blocks.Terms, style: Style) -> list[Text]:
    """Names in a column and what they mean beside them, or below them where that leaves too little room."""
    names = [text_of(name, style) for name, _ in block.rows]
    wide = max((cell_len(name.plain) for name in names), default=0) + GAP
    lines: list[Text] = []
    for name, (_, meaning) in zip(names, block.rows, strict=True):
        if style.indent + wide <= (style.indent + style.measure) // 2:
            name.pad_right(wide - cell_len(name.plain))
            lines += _hung(name, flow(meaning, style.within(wide)))
        else:
            lines += [name, *_hung(Text(" " * INDENT), flow(meaning, style.within(INDENT)))]
    return lines


def _table(block: blocks.Table, style: Style) -> list[Text]:
    """Columns of their natural width; where they do not fit, the gap shrinks first and then columns are left out."""
    cells = [[text_of(cell, style) for cell in row] for row in block.rows]
    heads = [[spell(column.head, style), spell(column.unit, style)] for column in block.columns]
    widths = [max(map(cell_len, (*head, *(row[i].plain for row in cells)))) for i, head in enumerate(heads)]
    kept = list(range(len(block.columns)))
    while (spare := style.columns - sum(widths[i] for i in kept)) < len(kept) - 1:
        droppable = [i for i in kept if block.columns[i].drop]
        if not droppable:
            break
        kept.remove(max(droppable, key=lambda i: (block.columns[i].drop, i)))
    gap = min(max(spare // max(len(kept) - 1, 1), 1), GAP)
    grid = Grid(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style=look(Role.FAINT))
    grid.show_header = any(map("".join, heads))
    units = any(unit for _, unit in heads)
    for i in kept:
        column = block.columns[i]
        head = "\n".join(heads[i]) if units else heads[i][0]
        grid.add_column(head, justify="left" if column.left else "right", width=widths[i], no_wrap=True)
    for row in cells:
        grid.add_row(*(row[i] for i in kept))
    console = _console(style)
    options = console.options.update(width=10_000)  # it was made to fit, and a row must not be cut
    rows = console.render_lines(grid, options, pad=False)
    return [Text.assemble(*((segment.text, segment.style or "") for segment in row)) for row in rows]


def _picture(block: blocks.Picture, style: Style) -> list[Text]:
    """A line of words over the scale, then a row per mark, then the key."""
    befores = [[spell(cell, style) for cell in cells] for cells in (block.heads, *(row.before for row in block.rows))]
    widths = [max(map(cell_len, column)) for column in zip_longest(*befores, fillvalue="")]
    behinds = [text_of(row.behind, style) for row in block.rows]
    left = sum(width + INDENT for width in widths)
    right = max((cell_len(text.plain) for text in behinds), default=0)
    cells = min(style.measure - left - (right + INDENT if right else 0), 61)
    cells = max(cells - 1 + cells % 2, 15)  # odd, so that "usual" has a cell in the very middle
    fronts = [
        Text("".join(cell.rjust(width) + " " * INDENT for cell, width in zip(row, widths, strict=False)))
        for row in befores
    ]
    low, middle, high = (spell(word, style) for word in block.scale_words)
    over = list(low.ljust(cells)[: max(cells - len(high), 0)] + high)
    at = (cells - len(middle)) // 2
    if len(low) < at and at + len(middle) < cells - len(high):  # else the ends leave no room for it
        over[at : at + len(middle)] = middle
    lines = [_fainter(fronts[0] + Text("".join(over)))]
    for front, row, behind in zip(fronts[1:], block.rows, behinds, strict=True):
        drawn = front + _interval(row, block, cells, style) + Text(" " * INDENT) + behind
        lines += flow(row.across, style) if row.across else [drawn]
    return [*lines, *(_fainter(line) for line in flow(block.key, style) if block.key)]


def _interval(row: blocks.Mark, block: blocks.Picture, cells: int, style: Style) -> Text:
    """A value with one SD to each side, exactly `cells` columns wide. What lies outside points outwards."""

    def place(amount: float) -> int:
        """The cell of an amount; outside is the nearest end."""
        share = (min(max(amount, -SPAN), SPAN) + SPAN) / (2 * SPAN)
        return math.floor(share * (cells - 1) + 0.5)

    drawn = [" "] * cells
    for tick in block.ticks:
        drawn[place(tick)] = "." if style.ascii else "·"  # the dash of a text would be taken for a bar
    drawn[place(0.0)] = "│"
    if row.mean is None or not math.isfinite(row.mean):
        return Text(spell("".join(drawn), style))
    sd = row.sd or 0.0
    low, high = place(row.mean - sd), place(row.mean + sd)
    drawn[low : high + 1] = "─" * (high + 1 - low)
    mark = "○" if row.hollow else "●"
    if abs(row.mean) > SPAN:
        mark = "›" if row.mean > 0 else "‹"
    drawn[place(row.mean)] = mark
    text = Text(spell("".join(drawn), style))
    text.stylize(look(row.tone), low, high + 1)
    return text
