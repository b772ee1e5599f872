"""Pages of the simulated runner: half a year with everything in it, and a single run of each pattern."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

from kneedrive import simulate
from kneedrive.analysis import analyze
from kneedrive.analysis.result import Analysis
from kneedrive.app.page import content_of, last_run
from kneedrive.histories.baseline import own_view
from kneedrive.histories.compare import compare
from kneedrive.histories.result import Habits, PastRun, Setting
from kneedrive.histories.weeks import balance_habit, fade_habit, slow_contrast, weekly
from kneedrive.report.comparison import Periods
from kneedrive.report.html.page import Content
from kneedrive.report.machine import analysis_record
from kneedrive.simulate import DEMO_RUNNER
from kneedrive.simulate.gait import PATTERNS
from kneedrive.simulate.scene import PLANS, History, Scene
from tests.report.histories import Tag

FIRST = datetime(2026, 5, 18, 6, 0, tzinfo=UTC)
WEEKS = 26
UNTIL = date(2026, 11, 15)
STARTED = date(2026, 8, 31)
TAGS = (Tag("2026-07-06", "new shoes"), Tag(STARTED.isoformat(), "started wall drills and strides"))
SETTING = Setting(runner=DEMO_RUNNER)


def run_page(pattern: str, *, miles: bool = False) -> Content:
    """One progressive run of a pattern, without any history."""
    plan = "fast" if pattern == "short-grounded" else "progressive"
    activity = simulate.simulate(PATTERNS[pattern], 3, scene=Scene(plan=PLANS[plan], runner=DEMO_RUNNER))
    return content_of(analyze(activity.replace(id="0" * 12), runner=DEMO_RUNNER), miles=miles)


def demo_page() -> Content:
    """The run of `kneedrive demo`."""
    return content_of(analyze(simulate.simulate_demo(), runner=DEMO_RUNNER))


@cache
def half_a_year(pattern: str = "shuffle-when-slow", change_d: float = 1.3, sensor_week: int | None = None) -> Content:
    """The last run of half a year in which D moves, with every part of the page filled."""
    scene = Scene(runner=DEMO_RUNNER, balance_left=0.492)
    history = History(
        pattern=PATTERNS[pattern],
        first_at=FIRST,
        weeks=WEEKS,
        change_D=change_d,
        sensor_week=sensor_week,
        scene=scene,
        week_sd=0.1,
    )
    analyses = [analyze(activity, runner=DEMO_RUNNER) for activity in simulate.simulate_history(history, 5)]
    demo = analyze(
        simulate.simulate_demo().replace(started_at=FIRST + timedelta(weeks=WEEKS, days=-1)), runner=DEMO_RUNNER
    )
    return page_of([*analyses, demo] if sensor_week is None else analyses)


def page_of(analyses: list[Analysis]) -> Content:
    """The page of the last of these runs, with the others as its history."""
    runs = [past_run(each) for each in analyses]
    found = weekly(runs, UNTIL, WEEKS, SETTING)
    since = STARTED - timedelta(weeks=8)
    before = [run for run in runs if since <= run.started_at.date() < STARTED]
    after = [run for run in runs if STARTED <= run.started_at.date() < STARTED + timedelta(weeks=8)]
    days = Periods(
        before=(since, STARTED - timedelta(days=1)), after=(STARTED, STARTED + timedelta(weeks=8)), name=TAGS[-1].text
    )
    habits = Habits(
        slow=slow_contrast(runs[-24:], found.slow_speed_mps or 2.5, SETTING),
        balance=balance_habit(runs[-24:], SETTING.method),
        fade=fade_habit([each.fade for each in analyses[-24:]], SETTING.method),
    )
    content = content_of(analyses[-1])
    return content.replace(
        context=content.context.replace(weeks=found.last_weeks, own=own_view(runs[-1], runs[:-1], SETTING)),
        runs=tuple(
            last_run(each.activity, analysis_record(each), found.until, miles=False)
            for each in reversed(analyses[-6:-1])
        ),
        weekly=found.replace(habits=habits),
        tags=TAGS,
        comparison=compare(before, after, SETTING),
        periods=days,
    )


def past_run(analysis: Analysis) -> PastRun:
    """What the store would keep of a run."""
    activity = analysis.activity
    return PastRun(
        id=activity.id,
        started_at=activity.started_at,
        utc_offset_s=activity.utc_offset_s,
        sensor=analysis.provenance,
        device="a watch",
        surface=analysis.surface,
        distance_m=activity.distance_m,
        duration_s=activity.duration_s,
        epochs=analysis.epochs,
    )
