"""A coach's list: a line a runner, for the terminal, as JSON and CSV, and as the index of their pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from kneedrive.analysis.result import Finding
from kneedrive.past.result import Break, Trend, WeeklyView
from kneedrive.record import Record
from kneedrive.report import numbers, odds
from kneedrive.report.blocks import Block, Column, Heading, Inline, Note, Prose, Section, Table, strong, words
from kneedrive.report.history import break_words
from kneedrive.report.lists import cell, credit, named, runner_name
from kneedrive.report.machine import plain
from kneedrive.report.numbers import MISSING, clean, number, plural, signed
from kneedrive.report.words import listed

LONGEST_NAME = 14


class Line(Record, frozen=True, kw_only=True):
    """One runner over some weeks. view is None where they cannot be shown, and then trouble says why.

    formats: those of the recordings of these weeks, commas between.
    """

    runner: str
    last_run: date | None = None
    view: WeeklyView | None = None
    trouble: str = ""
    formats: frozenset[str] = frozenset()

    @property
    def runs(self) -> int:
        """Runs in the weeks of the view."""
        return sum(week.runs for week in self.view.weeks) if self.view else 0

    @property
    def headline(self) -> Finding | None:
        """What the last weeks say first."""
        last = self.view.last_weeks if self.view else None
        return last.findings[0] if last and last.findings else None

    @property
    def trend(self) -> Trend | None:
        """The largest called change; else the series that is tested first, whose verdict says that there is none."""
        trends = self.view.trends if self.view else ()
        return max((each for each in trends if each.called), key=_size, default=next(iter(trends), None))

    @property
    def broken(self) -> Break | None:
        """The last change of sensor in the weeks of the view."""
        return self.view.breaks[-1] if self.view and self.view.breaks else None


def _size(trend: Trend) -> float:
    return abs(trend.change or 0.0)


def by_change(lines: Sequence[Line]) -> list[Line]:
    """Called changes first, the largest first; then new sensors, the latest first; then the rest by name."""

    def rank(line: Line) -> tuple[int, float, str]:
        if line.trend is not None and line.trend.called:
            return 0, -_size(line.trend), line.runner
        if line.broken is not None:
            return 1, -line.broken.date.toordinal(), line.runner
        return 2 if line.view else 3, 0.0, line.runner

    return sorted(lines, key=rank)


# For people.


def roster(lines: Sequence[Line], weeks: int, today: date) -> list[Section]:
    """The table and what stands below it."""
    return [[Heading("Runners", f"{plural(weeks, 'week')} each"), table(lines, today)], below(lines)]


def below(lines: Sequence[Line]) -> list[Block]:
    """What changed with a sensor, why some runners cannot be shown, and how the list is sorted."""
    new = [Prose(words(f"{runner_name(line.runner)}, {break_words(line.broken)}.")) for line in lines if line.broken]
    key = "The largest change first, then new sensors. kneedrive weekly --runner NAME shows the weeks of one."
    named = ((runner_name(line.runner), line.trouble) for line in lines if line.trouble)
    named_for = credit(each for line in lines for each in line.formats)
    return [*new, *(Prose(words(f"{name}: {trouble}.")) for name, trouble in named), Note(words(key)), *named_for]


def table(lines: Sequence[Line], today: date) -> Table:
    """A row a runner."""
    columns = (
        Column(head="runner", left=True),
        Column(head="runs", drop=3),
        Column(head="last run", left=True, drop=5),
        Column(head="pattern", left=True),
        Column(head="odds", unit="(any runner)", left=True, drop=2),
        Column(head="trend", left=True),
        Column(head="change", drop=1),
        Column(head="new sensor", left=True, drop=6),
    )
    return Table(columns, tuple(_row(line, today) for line in lines))


def _row(line: Line, today: date) -> tuple[Inline, ...]:
    first, trend, broken = line.headline, line.trend, line.broken
    called = trend is not None and trend.called
    verdict = MISSING
    if line.view and trend:
        verdict = trend.verdict if called else listed(line.view.verdicts)
    return tuple(
        words(text)
        for text in (
            clean(line.runner, LONGEST_NAME) or "(no name)",
            number(line.runs),
            numbers.short_day(line.last_run, today) if line.last_run else MISSING,
            named(first.pattern, first.certainty) if first else MISSING,
            f"{odds.in_words(first.probability)} ({odds.in_words(first.base_rate)})" if first else MISSING,
            strong(verdict) if called else verdict,
            signed(trend.change, 1) if trend and called else "",
            numbers.short_day(broken.date, today) if broken else "",
        )
    )


# For programs.


def record(line: Line) -> dict[str, Any]:
    """One object, one row of CSV: facts alone, None where there is none."""
    first, trend, broken = line.headline, line.trend, line.broken
    last = line.view.last_weeks if line.view else None
    told: dict[str, Any] = plain(
        {
            "runner": line.runner,
            "runs": line.runs,
            "last_run": line.last_run,
            "sensor": line.view.sensor if line.view else None,
            "pattern": first.pattern if first else None,
            "certainty": first.certainty if first else None,
            "probability": first.probability if first else None,
            "base_rate": first.base_rate if first else None,
            "pattern_runs": last.runs if last else None,
            "trend": trend.verdict if trend else None,
            "series": trend.series if trend else None,
            "change": trend.change if trend else None,
            "change_low": trend.low if trend else None,
            "change_high": trend.high if trend else None,
            "trend_first": trend.first if trend else None,
            "trend_last": trend.last if trend else None,
            "break": broken.date if broken else None,
            "break_kind": broken.kind if broken else None,
            "break_from": broken.before if broken else None,
            "break_to": broken.after if broken else None,
            "trouble": line.trouble or None,
        }
    )
    return told


COLUMNS = tuple(record(Line(runner="")))


def as_csv(lines: Sequence[Line]) -> str:
    """A heading and a row a runner."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([cell(value) for value in record(line).values()])
    return out.getvalue().rstrip("\n")
