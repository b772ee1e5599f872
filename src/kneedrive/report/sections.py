"""The spoken parts of a run's report. Each takes analysis and style and returns lines, none where it has nothing."""

from __future__ import annotations

from collections.abc import Sequence

from kneedrive.findings import Analysis
from kneedrive.report import spoken, verdict, view, words
from kneedrive.report.layout import ends, flow, heading
from kneedrive.report.style import Style

_GAP = "   "


def title(analysis: Analysis, style: Style) -> list[str]:
    """When, how far, how long, how fast; device and sensor."""
    head = spoken.facts(analysis, miles=style.miles)
    return [
        style.paint.apply("strong", line) for line in flow(_GAP.join(head.run).replace(" ", view.TIE), style, indent=0)
    ] + [style.paint.apply("faint", line) for line in flow(head.source, style, indent=0)]


def judgement(analysis: Analysis, style: Style) -> list[str]:
    """The verdict with its confidence, and what it means."""
    head = flow(verdict.headline(analysis) + ".", style, indent=0)
    lines = [style.paint.apply(role(analysis), line) for line in head]
    if analysis.findings:
        told = verdict.slow_finding(analysis) or verdict.run_finding(analysis)
        sure = style.spell(verdict.confidence(told)).replace(view.TIE, " ")
        lines = [*lines[:-1], *ends(lines[-1], style.paint.apply("faint", sure), style)]
    for sentence in verdict.sentences(analysis, miles=style.miles):
        lines += flow(sentence, style, indent=0)
    return lines


def role(analysis: Analysis) -> str:
    """The colour of the verdict."""
    if not analysis.findings:
        return "strong"
    told = verdict.slow_finding(analysis) or verdict.run_finding(analysis)
    return words.LABELS[told.label].role or "strong"


def bounce(analysis: Analysis, style: Style) -> list[str]:
    """How far the torso goes up and down, and whether that goes with the length of the step."""
    return _part("Up and down", spoken.bounce(analysis), style)


def slow_running(analysis: Analysis, style: Style) -> list[str]:
    """Shuffle-onset pace and the share of slow running almost without flight."""
    return _part("When slow", spoken.slow_running(analysis, miles=style.miles), style)


def fade(analysis: Analysis, style: Style) -> list[str]:
    """Late against early at the same speed; no change is a result."""
    said = spoken.fade(analysis, miles=style.miles)
    if said is None:
        return []
    changes = [line for change in said.changes for line in flow(change, style, indent=4)]
    closing = flow(said.closing, style)
    head = heading("Within the run", style, "last third against first, same speed")
    return [*head, *flow(said.opening, style), *changes, *closing]


def accelerations(analysis: Analysis, style: Style) -> list[str]:
    """Bursts that were kept out of every score."""
    piston = analysis.scores.P.value is not None
    remark = "not judged: picking up speed is piston-like in everybody" if piston else "kept out of every comparison"
    return _part("Accelerations", spoken.accelerations(analysis, miles=style.miles), style, remark)


def balance(analysis: Analysis, style: Style) -> list[str]:
    """Left and right: a number, never a diagnosis."""
    return _part("Left and right", spoken.balance(analysis), style)


def _part(head: str, said: Sequence[str], style: Style, remark: str = "") -> list[str]:
    """A heading and sentences; nothing where there are none."""
    if not said:
        return []
    return [*heading(head, style, remark), *(line for text in said for line in flow(text, style))]
