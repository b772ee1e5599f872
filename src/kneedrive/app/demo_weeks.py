"""A simulated history, through the very same path as a stored one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from kneedrive import simulate
from kneedrive.analysis import analyze
from kneedrive.analysis.weeks import weekly
from kneedrive.app import Answer
from kneedrive.app.past import habits_of, past_run
from kneedrive.history import Setting
from kneedrive.report.weekly import render
from kneedrive.store import Tag

if TYPE_CHECKING:
    from kneedrive.history import WeeklyView
    from kneedrive.report.habits import Habits
    from kneedrive.report.style import Style

_MONDAY = date(2026, 2, 2)
_WEEKS, _RUNS_A_WEEK, _CHANGE_D = 14, 3, 1.5
_TAG = Tag((_MONDAY + timedelta(weeks=1)).isoformat(), "started drills (simulated)")


def demo_weeks(style: Style, *, json: bool) -> Answer:
    """Fourteen weeks of the simulated runner, who moves towards drive."""
    view, habits = simulated_weeks()
    if json:
        from kneedrive.app.machine import line
        from kneedrive.report.progress_record import weekly_record

        return Answer(text=line(weekly_record(view, habits)))
    return Answer(text=render(view, habits, style, [_TAG]).rstrip("\n"))


def simulated_weeks() -> tuple[WeeklyView, Habits]:
    """The weekly view and the habits of a simulated history."""
    setting = Setting(runner=simulate.DEMO_RUNNER)
    history = simulate.History(
        pattern=simulate.PATTERNS["shuffle-when-slow"],
        first_at=datetime.combine(_MONDAY, datetime.min.time(), UTC),
        weeks=_WEEKS,
        runs_a_week=_RUNS_A_WEEK,
        change_D=_CHANGE_D,
        scene=simulate.Scene(runner=simulate.DEMO_RUNNER, balance_left=0.497),
    )
    done = [
        analyze(activity, runner=simulate.DEMO_RUNNER)
        for activity in simulate.simulate_history(history, simulate.DEMO_SEED)
    ]
    runs, fades = [past_run(each) for each in done], {each.activity.id: each.fade for each in done}
    view = weekly(runs, _MONDAY + timedelta(weeks=_WEEKS, days=-1), _WEEKS, setting)
    return view, habits_of(runs, view, setting, lambda run: fades[run.id])
