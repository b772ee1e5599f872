"""The end of a report: what was left out and why, what a watch cannot know, how to go on."""

from __future__ import annotations

from collections.abc import Sequence

from kneedrive.findings import Analysis
from kneedrive.report import spoken
from kneedrive.report.layout import INDENT, flow, heading
from kneedrive.report.style import Style

_GAP = "   "
_SHORT = ("kneedrive analyze FILE", "the whole report")
_WORDS = "Words: kneedrive analyze --explain tells what each means."


def left_out(analysis: Analysis, style: Style) -> list[str]:
    """How much was scored, what was not and why, what was corrected, what is not judged."""
    said = spoken.left_out(analysis)
    first = 1 if analysis.quality.epochs_total else 0  # the count is a paragraph, what follows are items
    lines = [line for place, text in enumerate(said) for line in flow(text, style, hang=2 if place >= first else 0)]
    return [*heading("What was left out, and why", style), *lines] if lines else []


def limits(analysis: Analysis, style: Style) -> list[str]:
    """What a watch cannot know, and which sensor would let it say more."""
    said = spoken.limits(analysis)
    if not said:
        return []
    return [*heading("What a watch cannot know", style), *(line for text in said for line in flow(text, style))]


_NEXT = (
    ("kneedrive analyze FILE --explain", "every number, formula and source"),
    ("kneedrive doctor FILE", "what the file holds"),
    ("kneedrive import FILE", "start your own history"),
)


def left_out_line(analysis: Analysis, style: Style) -> list[str]:
    """How much was scored in one sentence, and how many reasons the whole report gives."""
    said = spoken.left_out(analysis)
    return flow(said[0].split(". ", maxsplit=1)[0].rstrip(".") + ".", style, indent=0) if said else []


def after_short(analysis: Analysis, style: Style) -> list[str]:
    """Commands to go on with after the short report."""
    rows = (_SHORT, *_NEXT) if analysis.findings else (_SHORT, _NEXT[1])
    return [*heading("Next", style), *commands(rows[:2], style)]


def next_steps(analysis: Analysis, style: Style) -> list[str]:
    """Commands to go on with, and where the words of the report are told."""
    if not analysis.findings:
        return [*heading("Next", style), *commands(_NEXT[1:2], style)]
    return [*heading("Next", style), *commands(_NEXT, style), *flow(_WORDS, style)]


def commands(rows: Sequence[tuple[str, str]], style: Style) -> list[str]:
    """Commands and what they do, in two columns, or below one another where the width is small."""
    width = max(len(command) for command, _ in rows)
    narrow = any(INDENT + width + len(_GAP + what) > style.columns for _, what in rows)
    between = "\n" + " " * INDENT * 2 if narrow else _GAP
    filled = [(command if narrow else f"{command:<{width}}", style.spell(what)) for command, what in rows]
    lines = [f"{' ' * INDENT}{command}{between}{style.paint.apply('faint', what)}" for command, what in filled]
    return "\n".join(lines).split("\n")
