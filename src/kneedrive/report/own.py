"""A run against the runner's own last weeks: in one line, and as a table."""

from __future__ import annotations

from functools import partial

from kneedrive.past.result import Baseline, Level, OwnView, PersonalZ, Unjudged
from kneedrive.quantities import CHANNELS
from kneedrive.report import numbers
from kneedrive.report.blocks import Column, Heading, Inline, Note, Prose, Section, Table, strong, words
from kneedrive.report.words import capital

NAMES = {key: channel.short for key, channel in CHANNELS.items()} | {"ln_k": "torso bounce"}
REASONS = {
    Unjudged.NOTHING_SCORED: "Nothing of this run was scored.",
    Unjudged.SLOWER: "Slower than all that it would be held against.",
    Unjudged.FASTER: "Faster than all that it would be held against.",
}
ONLY_STEPS = "The rest is not compared: on this sensor it follows from speed, cadence and height."
FOLLOWING = frozenset({"step_length_m", "flight_time_s", "duty_factor", "vertical_ratio"})
MOST_NAMED = 2


def in_a_line(found: OwnView) -> Inline:
    """What is not as always, or that all is."""
    if found.reason or not found.rows:
        return words(missing(found))
    notable = [row for row in found.rows if row.level is not Level.AS_ALWAYS]
    if not notable:
        return words(f"As always, against your last {numbers.plural(found.baseline.runs, 'run')}.")
    # What follows from another quantity is named only where that one is not.
    first = [row for row in notable if row.metric not in FOLLOWING] or notable
    named = [f"{NAMES[row.metric]} {shown[0]}, usually {shown[1]}: {row.level}" for row, shown in _numbers(first)]
    return words(f"{capital('; '.join(named[:MOST_NAMED]))}.")


def section(found: OwnView) -> Section:
    """The table, or what is missing for it."""
    if found.reason or not found.rows:
        return [Heading("Against yourself"), Prose(words(missing(found)))]
    columns = (
        Column(left=True),
        Column(head="this run"),
        Column(head="usually"),
        Column(head="off by", drop=1),
        Column(head="for you", left=True),
    )
    rows = tuple(
        (
            words(NAMES[row.metric]),
            *map(words, shown),
            words(row.level if row.level is Level.AS_ALWAYS else strong(row.level)),
        )
        for row, shown in _numbers(found.rows)
    )
    notes = [Note(words(ONLY_STEPS))] if found.baseline.computed.believed else []
    return [Heading("Against yourself", basis(found.baseline)), Table(columns, rows), *notes]


def basis(usual: Baseline) -> str:
    """ "24 runs since 12 Sep 2026, same sensor"."""
    since = f" since {numbers.day(usual.first)}" if usual.first else ""
    return f"{numbers.plural(usual.runs, 'run')}{since}, same sensor"


def missing(found: OwnView) -> str:
    """Why there is nothing to compare."""
    if found.reason is not Unjudged.NOT_READY:
        return REASONS.get(found.reason, "Nothing of this run can be compared.")
    lacking = found.baseline.missing
    names = {"runs": "more run", "epochs": "more half-minute", "days": "more day"}
    needed, *_ = [numbers.plural(lacking[key], one) for key, one in names.items() if key in lacking]
    over = f" over {numbers.plural(lacking['days'], 'day')}" if {"runs", "days"} <= lacking.keys() else ""
    return f"Not yet: needs {needed}{over} on this sensor."


def _numbers(rows: tuple[PersonalZ, ...] | list[PersonalZ]) -> list[tuple[PersonalZ, tuple[str, str, str]]]:
    return [(row, shown(row)) for row in rows]


def shown(row: PersonalZ) -> tuple[str, str, str]:
    """The run's value with its unit, the usual one, and the difference."""
    if row.metric == "ln_k":
        return numbers.from_ln(row.value), numbers.from_ln(row.usual), numbers.change_percent(row.difference)
    value = partial(numbers.value, row.metric)
    off = numbers.difference(row.metric, row.difference).split(numbers.TIE, maxsplit=1)[0]
    return numbers.quantity(row.metric, row.value), value(row.usual), off
