"""The report of one run for a terminal: the verdict first, then the evidence, then what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from kneedrive.findings import Analysis
from kneedrive.report import closing, profile, sections, tables
from kneedrive.report.layout import finish
from kneedrive.report.style import Style


def render(
    analysis: Analysis,
    style: Style,
    focus: Sequence[str] = (),
    own: Sequence[str] = (),
    following: Sequence[str] | None = None,
) -> str:
    """The whole report, no line wider than `style.width` (from 60 columns on), ending in a line break.

    focus: lines about what to work on, told before the next commands. own: lines that hold the run against the
    runner's own weeks. following: the next commands, where they are not those after a file's report.

    Pure: the same analysis and style give the same text. Parts without content are left out.
    """
    blocks: list[Sequence[str]] = [
        sections.title(analysis, style),
        sections.judgement(analysis, style),
        *profile.both(analysis, style),
        tables.numbers(analysis, style),
        sections.bounce(analysis, style),
        own,
        sections.slow_running(analysis, style),
        sections.fade(analysis, style),
        sections.accelerations(analysis, style),
        sections.balance(analysis, style),
        closing.left_out(analysis, style),
        closing.limits(analysis, style),
        focus,
        closing.next_steps(analysis, style) if following is None else following,
    ]
    return finish(blocks, style)


def short(analysis: Analysis, style: Style) -> str:
    """The first screen: title, verdict, pace profile, how much was scored, and how to see the rest. Pure."""
    blocks = [
        sections.title(analysis, style),
        sections.judgement(analysis, style),
        profile.pace_profile(analysis, style),
        closing.left_out_line(analysis, style),
        closing.after_short(analysis, style),
    ]
    return finish(blocks, style)
