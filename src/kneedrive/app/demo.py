"""A simulated history, through the very same path as a stored one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from kneedrive import simulate
from kneedrive.analysis import analyze
from kneedrive.app import Answer
from kneedrive.app.history import habits_of, past_run
from kneedrive.histories.baseline import own_view
from kneedrive.histories.result import Setting
from kneedrive.histories.weeks import weekly
from kneedrive.recording import Sensor
from kneedrive.report.history import weekly as weekly_report
from kneedrive.store.rows import Tag

if TYPE_CHECKING:
    from kneedrive.analysis.result import Analysis
    from kneedrive.histories.result import WeeklyView
    from kneedrive.report.blocks import Style

SETTING = Setting(runner=simulate.DEMO_RUNNER)
_MONDAY = date(2026, 2, 2)
_WEEKS, _RUNS_A_WEEK, _CHANGE_D = 14, 3, 1.5
_TAG = Tag(day=(_MONDAY + timedelta(weeks=1)).isoformat(), text="started drills (simulated)")


def demo_weeks(style: Style, *, json: bool) -> Answer:
    """Fourteen weeks of the simulated runner, who moves towards drive."""
    view = seen_in(simulated_runs())
    if json:
        from kneedrive.report.machine import weekly_record

        return Answer.objects([weekly_record(view)])
    return Answer.laid_out(weekly_report(view, [_TAG], miles=style.miles), style)


def demo_page(*, miles: bool) -> Answer:
    """The page of the simulated runner: the run of `demo` on the day after the last of the simulated weeks."""
    from kneedrive.app.page import RUNS, content_of, last_run
    from kneedrive.report.html import page
    from kneedrive.report.machine import analysis_record

    done = simulated_runs()
    last = simulate.simulate_demo().replace(started_at=done[-1].activity.started_at + timedelta(days=1))
    # A file outlives the command that wrote it, so the page says itself that nobody ran this.
    latest = analyze(last, runner=simulate.DEMO_RUNNER)
    latest = latest.replace(activity=latest.activity.replace(device=Sensor(maker="", product="Simulated watch")))
    view = seen_in([*done, latest])
    runs, today = [past_run(each) for each in (*done, latest)], latest.activity.started_at.date()
    content = content_of(latest, miles=miles)
    content = content.replace(
        context=content.context.replace(weeks=view.last_weeks, own=own_view(runs[-1], runs[:-1], SETTING)),
        weekly=view,
        tags=(_TAG,),
        runs=tuple(
            last_run(each.activity, analysis_record(each), today, miles=miles) for each in reversed(done[-RUNS:])
        ),
    )
    return Answer(text=page.render(content))


def simulated_runs() -> list[Analysis]:
    """Every run of the simulated history, analysed."""
    history = simulate.History(
        pattern=simulate.PATTERNS["shuffle-when-slow"],
        first_at=datetime.combine(_MONDAY, datetime.min.time(), UTC),
        weeks=_WEEKS,
        runs_a_week=_RUNS_A_WEEK,
        change_D=_CHANGE_D,
        scene=simulate.Scene(runner=simulate.DEMO_RUNNER, balance_left=0.497),
    )
    activities = simulate.simulate_history(history, simulate.DEMO_SEED)
    return [analyze(activity, runner=simulate.DEMO_RUNNER) for activity in activities]


def seen_in(done: Sequence[Analysis]) -> WeeklyView:
    """The weeks of these runs."""
    runs, fades = [past_run(each) for each in done], {each.activity.id: each.fade for each in done}
    view = weekly(runs, _MONDAY + timedelta(weeks=_WEEKS, days=-1), _WEEKS, SETTING)
    return view.replace(habits=habits_of(runs, view, SETTING, lambda run: fades[run.id]))
