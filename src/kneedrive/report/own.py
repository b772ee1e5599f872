"""A run against the runner's own last weeks, beside the comparison with others: one reliable, one uncertain."""

from __future__ import annotations

from functools import partial

from kneedrive.channels import CHANNELS
from kneedrive.history import Baseline, OwnView, PersonalZ
from kneedrive.report import view
from kneedrive.report.layout import flow, heading, table
from kneedrive.report.style import Style

_TABLE = 80  # columns from which the comparison is a table
_USUAL, _FAR = 1.0, 2.0  # spreads between runners, only for the words below
NAMES = {key: channel.name for key, channel in CHANNELS.items()} | {
    "stance_time_s": "contact",
    "vertical_oscillation_m": "oscillation",
    "ln_k": "torso bounce",
}
REASONS = {
    "no scored epochs": "Nothing of this run was scored.",
    "slower than the baseline": "This run was slower than all that it would be held against.",
    "faster than the baseline": "This run was faster than all that it would be held against.",
}
ONLY_STEPS = "The rest is not compared: on this sensor it follows from speed and cadence."


def render(found: OwnView, style: Style) -> list[str]:
    """The block AGAINST YOURSELF; it says what is missing where nothing can be compared."""
    if found.reason or not found.rows:
        return [*heading("Against yourself", style), *flow(missing(found), style)]
    lines = _table(found, style) if style.columns >= _TABLE else _sentences(found, style)
    said = ["Against yourself is the reliable part; against other runners at this speed is uncertain."]
    if found.baseline.computed.believed:
        said.append(ONLY_STEPS)
    return [
        *heading("Against yourself", style, basis(found.baseline)),
        *lines,
        *(line for text in said for line in flow(text, style)),
    ]


def basis(usual: Baseline) -> str:
    """ "24 runs since 12 Sep 2026, same sensor"."""
    since = f" since {view.day(usual.first)}" if usual.first else ""
    return f"{view.plural(usual.runs, 'run')}{since}, same sensor"


def missing(found: OwnView) -> str:
    """Why there is nothing to compare."""
    if found.reason != "baseline not ready":
        return REASONS.get(found.reason, "Nothing of this run can be compared.")
    lacking = found.baseline.missing
    needed = [
        view.plural(lacking[key], one, many)
        for key, one, many in (
            ("runs", "more run", "more runs"),
            ("days", "more day", "more days"),
            ("epochs", "more scored half-minute", "more scored half-minutes"),
        )
        if key in lacking
    ]
    return (
        f"Not yet: the weeks before hold {view.plural(found.baseline.runs, 'run')} on this sensor. For a comparison "
        f"with yourself {' and '.join(needed)} are needed."
    )


def _table(found: OwnView, style: Style) -> list[str]:
    rows = [["", "this run", "usually", "off by", "for you", "others"]]
    rows += [[NAMES[row.metric], *numbers(row), row.level, others(row)] for row in found.rows]
    filled = [
        [*row[:4], *(cell.ljust(width) for cell, width in zip(row[4:], _widths(rows), strict=True))] for row in rows
    ]
    return table(filled, style)


def _widths(rows: list[list[str]]) -> list[int]:
    return [max(len(row[place]) for row in rows) for place in (4, 5)]


def _sentences(found: OwnView, style: Style) -> list[str]:
    lines = []
    for row in found.rows:
        value, usual, off = numbers(row)
        among = f"; among others {others(row)}" if others(row) else ""
        lines += flow(f"{NAMES[row.metric]} {value}, usually {usual} ({off}): {row.level}{among}", style, hang=2)
    return lines


def numbers(row: PersonalZ) -> tuple[str, str, str]:
    """The run's value with its unit, the usual one, and the difference."""
    if row.metric == "ln_k":
        return view.from_ln(row.value), view.from_ln(row.usual), view.change_percent(row.difference)
    shown = partial(view.value, row.metric)
    return view.quantity(row.metric, row.value), shown(row.usual), _bare(view.difference(row.metric, row.difference))


def _bare(text: str) -> str:
    return text.split(view.TIE, maxsplit=1)[0]


def others(row: PersonalZ) -> str:
    """Where the value lies among other runners at that speed, in words; "" where that is not known."""
    if row.others is None:
        return ""
    if abs(row.others) < _USUAL:
        return "usual"
    size = "much " if abs(row.others) >= _FAR else ""
    return f"{size}{'higher' if row.others > 0 else 'lower'}"
