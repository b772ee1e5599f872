"""The end of a report: what was left out and why, what a watch cannot know, how to go on."""

from __future__ import annotations

from collections.abc import Sequence

from kneedrive.findings import Analysis, Unjudged
from kneedrive.report import view, words
from kneedrive.report.layout import INDENT, flow, heading
from kneedrive.report.sections import said_already
from kneedrive.report.style import Style

_GAP = "   "


def left_out(analysis: Analysis, style: Style) -> list[str]:
    """How much was scored, what was not and why, what was corrected, what is not judged."""
    quality = analysis.quality
    text = f"{number_of(quality.epochs_scored)} of {view.plural(quality.epochs_total, 'half-minute')} scored."
    gates = sorted(quality.excluded.items(), key=lambda item: (-item[1], item[0]))
    if gates:
        text += " Not scored: " + ", ".join(f"{count}{view.TIE}{gate_words(gate)}" for gate, count in gates) + "."
    lines = flow(text, style) if quality.epochs_total else []
    for item in _still_to_say(analysis):
        lines += flow(f"{_capital(item.what)}: {item.reason.rstrip('.')}.", style, hang=2)
    for note in quality.notes:
        lines += flow(f"{_capital(view.clean(note.text, 200).rstrip('.'))}.", style, hang=2)
    return [*heading("What was left out, and why", style), *lines] if lines else []


def _still_to_say(analysis: Analysis) -> list[Unjudged]:
    """What is not judged, but for reasons that stand further up already."""
    said = said_already(analysis)
    return [item for item in analysis.unjudged if item.reason not in said]


def number_of(count: int) -> str:
    """A count, or "none"."""
    return view.number(count) if count else "None"


def gate_words(gate: str) -> str:
    """A gate's reason in plain words."""
    return words.GATES.get(gate, gate)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def limits(analysis: Analysis, style: Style) -> list[str]:
    """What a watch cannot know, and which sensor would let it say more."""
    if analysis.status == "not a run":
        return []
    more = words.MORE[analysis.provenance]
    if not more and analysis.findings:
        more = words.HISTORY_HELPS
    said = [words.KNEE, more]
    if analysis.findings and analysis.runner.height_m is None:
        said.append(words.NO_HEIGHT)
    return [*heading("What a watch cannot know", style), *(line for text in said for line in flow(text, style))]


_NEXT = (
    ("kneedrive analyze FILE --explain", "every number, formula and source"),
    ("kneedrive doctor FILE", "what the file holds"),
    ("kneedrive import FILE", "start your own history"),
)


def next_steps(analysis: Analysis, style: Style) -> list[str]:
    """Commands to go on with."""
    return [*heading("Next", style), *commands(_NEXT if analysis.findings else _NEXT[1:2], style)]


def commands(rows: Sequence[tuple[str, str]], style: Style) -> list[str]:
    """Commands and what they do, in two columns, or below one another where the width is small."""
    width = max(len(command) for command, _ in rows)
    narrow = any(INDENT + width + len(_GAP + what) > style.columns for _, what in rows)
    between = "\n" + " " * INDENT * 2 if narrow else _GAP
    filled = [(command if narrow else f"{command:<{width}}", style.spell(what)) for command, what in rows]
    lines = [f"{' ' * INDENT}{command}{between}{style.paint.apply('faint', what)}" for command, what in filled]
    return "\n".join(lines).split("\n")
