"""What a sync tells: what is new, the main run of the day, against yourself, the weeks, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from kneedrive.analysis.result import Analysis
from kneedrive.past.result import Verdict, Week, WeeklyView
from kneedrive.report import numbers, screen
from kneedrive.report.blocks import Inline, Prose, Section, words

MOST_LISTED = 4  # so many new runs are named one by one
MANY_RUNS, LONG = 20, timedelta(weeks=8)  # design: more of them, over longer, are a history and not news


class Row(Protocol):
    """A run in a list, as the store has it."""

    @property
    def distance_m(self) -> float | None:
        """How far it was."""

    @property
    def duration_s(self) -> float:
        """How long it took."""


Dated = tuple[date, Row]


def is_history(runs: Sequence[Dated]) -> bool:
    """Whether the new runs are a history that was taken in for the first time."""
    return len(runs) > MANY_RUNS and runs[-1][0] - runs[0][0] > LONG


def main_run(runs: Sequence[Dated]) -> int:
    """Which run the story is about: the longest of the last day, not the cool-down after it."""
    last = runs[-1][0]
    of_day = [place for place, (day, _) in enumerate(runs) if day == last]
    return max(of_day, key=lambda place: (runs[place][1].distance_m or 0.0, runs[place][1].duration_s))


def whats_new(runs: Sequence[Dated], today: date, *, miles: bool) -> str:
    """The new runs, oldest first: how many, how far, when."""
    count = numbers.plural(len(runs), "new run")
    if len(runs) > MOST_LISTED:
        total = numbers.distance(sum(row.distance_m or 0.0 for _, row in runs), miles=miles)
        return f"{count}, {total}, {numbers.short_day(runs[0][0], runs[-1][0])} to {numbers.day(runs[-1][0])}."
    named = [f"{_length(row, miles=miles)} on {numbers.short_day(day, today)}" for day, row in runs]
    return f"{count}: {', '.join(named)}."


def _length(row: Row, *, miles: bool) -> str:
    return numbers.distance(row.distance_m, miles=miles) if row.distance_m else numbers.minutes(row.duration_s)


def story(new: str, analysis: Analysis, context: screen.Context, *, miles: bool) -> list[Section]:
    """The first screen of the main run under what is new; its numbers are left to `kneedrive report`."""
    above: list[Section] = [[Prose(words(new))], screen.opening(analysis, context, miles=miles)]
    below = [screen.next_step(context), screen.tail(context, analysis)]
    return screen.around_picture(above, analysis, below, miles=miles)


def history_opening(new: str, context: screen.Context) -> list[Section]:
    """Above the weeks, where years came in at once: what is new, and the runner."""
    return [[Prose(words(new))], screen.runner(context.weeks)]


def history_end(context: screen.Context) -> list[Section]:
    """Below them: what to do next, and where the rest is."""
    return [screen.next_step(context), screen.tail(context.replace(own=None, week=()))]


# The weeks in a line.

BEFORE = 4  # weeks that this one is held against


def week_line(view: WeeklyView, today: date, *, miles: bool) -> Inline:
    """The last week beside the four before it, how much slow running was shuffle-like, and where it is going.

    It is called by its Monday where today is not in it.
    """
    *before, week = view.weeks[-BEFORE - 1 :]
    said = [_amount(week, before, today, miles=miles), _shuffle(week, before), trend(view)]
    return words(" ".join(text for text in said if text))


def _amount(week: Week, before: Sequence[Week], today: date, *, miles: bool) -> str:
    now = timedelta() <= today - week.monday < timedelta(weeks=1)
    which = "This week" if now else f"In the week of {numbers.day(week.monday)}"
    runs, length = numbers.plural(week.runs, "run"), numbers.distance(week.distance_m, miles=miles)
    held = [each for each in before if each.runs]
    if not held:
        return f"{which} {runs}, {length}."
    mean = numbers.distance(sum(each.distance_m for each in before) / len(before), miles=miles)
    return f"{which} {runs}, {length}; a week of the {len(before)} before {mean}."


def _shuffle(week: Week, before: Sequence[Week]) -> str:
    """Share of slow running that was shuffle-like, now and before, on one sensor; nothing where it cannot be told."""
    then = [each for each in before if each.shuffle_share is not None and each.segment == week.segment and each.slow_s]
    if week.shuffle_share is None or not then:
        return ""
    usual = sum((each.shuffle_share or 0.0) * each.slow_s for each in then) / sum(each.slow_s for each in then)
    if not week.shuffle_share and not usual:
        return ""
    return f"Slow running shuffle-like: {numbers.percent(week.shuffle_share)}, before {numbers.percent(usual)}."


def trend(view: WeeklyView) -> str:
    """Where the weeks are going, in a few words."""
    called = [each for each in view.trends if each.called]
    if called:
        return " ".join(f"Since {numbers.day(each.first)} {each.verdict}." for each in called if each.first)
    if not view.trends:
        return ""
    if view.verdicts == (Verdict.STEADY,):
        return "Steady."
    more = max(each.weeks_missing or each.weeks_advised for each in view.trends)
    return f"No trend can be told yet: about {numbers.plural(more, 'more week', 'more weeks')}." if more else ""
