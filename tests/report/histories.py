"""Weeks of one invented runner with something planted in them, seen through the analysis: cases for reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from kneedrive.analysis.result import Change, Fade, FadeVerdict
from kneedrive.histories.compare import compare
from kneedrive.histories.result import Comparison, Habits, PastRun, Setting, WeeklyView
from kneedrive.histories.weeks import balance_habit, fade_habit, slow_contrast, weekly
from kneedrive.report.comparison import Periods
from tests.analysis.runs_of_a_runner import START, Form, days, past_run

SETTING = Setting()
FIRST = START.date()
SPEEDS = (2.3, 2.4, 2.8, 3.0, 3.2)
PLANTED = Form(ln_T=0.06, DF=-0.04)  # towards drive by about two spreads


COMPUTED = Form(noise_DF=0.0)  # contact time follows from speed alone


class Tag(NamedTuple):
    """As the store has them."""

    day: str
    text: str


class Story(NamedTuple):
    """What a report of weeks is made of."""

    view: WeeklyView
    tags: tuple[Tag, ...] = ()


def runs(weeks: int, change: Form, first: int = 0, **more: object) -> list[PastRun]:
    """Three runs a week whose form moves from the usual by `change` in a straight line, with a runner's own scatter."""
    random = np.random.default_rng(7)
    at = days(weeks, first)
    made = []
    for place, day in enumerate(at):
        share = place / (len(at) - 1)
        ln_T, DF = share * change.ln_T + 0.006 * random.normal(), share * change.DF + change.noise_DF * random.normal()
        form = change._replace(ln_T=ln_T, DF=DF, ln_k=share * change.ln_k)
        made.append(past_run(day, form, speeds=SPEEDS, **more))  # type: ignore[arg-type]
    return made


def story(held: list[PastRun], weeks: int, *, fades: tuple[Fade, ...] = (), tags: tuple[Tag, ...] = ()) -> Story:
    """The weeks that these runs fill."""
    until = FIRST + timedelta(weeks=weeks, days=-1)
    view = weekly(held, until, weeks, SETTING)
    last = [run for run in held if run.sensor == view.sensor]
    followed = any(trend.series == "D" for trend in view.trends)
    habits = Habits(
        slow=slow_contrast(last if followed else [], view.slow_speed_mps or 0.0, SETTING),
        balance=balance_habit(last, SETTING.method),
        fade=fade_habit(fades, SETTING.method),
    )
    return Story(view.replace(habits=habits), tags)


def towards_drive() -> Story:
    """A change that is large enough to be called, with a tag where it began."""
    tag = Tag((FIRST + timedelta(days=10)).isoformat(), "started wall drills")
    return story(runs(14, PLANTED), 14, tags=(tag,))


def towards_shuffle() -> Story:
    """The other way; contact lengthens late in run after run."""
    change = Change(difference=0.008, low=0.005, high=0.011, threshold=0.006, notable=True)
    fades = (Fade(verdict=FadeVerdict.CHANGED, blocks=9, changes={"stance_time_s": change}),) * 4
    return story(runs(14, Form(ln_T=-0.06, DF=0.04)), 14, fades=fades)


def more_bounce() -> Story:
    """The torso bounces more and more, timing stays; left and right differ in all runs."""
    held = runs(14, Form(ln_k=0.2), balance_left=np.full(30, 0.478))
    return story(held, 14)


def steady() -> Story:
    """Nothing planted; nothing fades."""
    return story(runs(14, Form()), 14, fades=(Fade(verdict=FadeVerdict.NO_CHANGE, blocks=8),) * 5)


def sensor_change() -> Story:
    """A strap for nine weeks, a wrist from then on, and a month without running."""
    strap = runs(9, Form())
    wrist = runs(9, COMPUTED, first=13, sensor="garmin_wrist")
    return story(strap + wrist, 22)


def too_few_weeks() -> Story:
    """Four weeks."""
    return story(runs(4, Form()), 12)


def wrist_only() -> Story:
    """A watch that works out contact time from speed and cadence."""
    return story(runs(12, COMPUTED, sensor="garmin_wrist"), 12)


def no_running() -> Story:
    """Runs that hold nothing to score."""
    empty = [run.replace(epochs=run.epochs.replace(reason=np.full(30, "walking"))) for run in runs(4, Form())]
    return story(empty, 4)


STORIES: dict[str, Callable[[], Story]] = {
    case.__name__: case
    for case in (
        towards_drive,
        towards_shuffle,
        more_bounce,
        steady,
        sensor_change,
        too_few_weeks,
        wrist_only,
        no_running,
    )
}


class Pair(NamedTuple):
    """What a report of a comparison is made of."""

    found: Comparison
    periods: Periods


def pair(before: list[PastRun], after: list[PastRun], name: str = "", *, across_sensors: bool = False) -> Pair:
    """Two lists of runs compared."""
    found = compare(before, after, SETTING, across_sensors=across_sensors)
    return Pair(
        found, Periods(before=(FIRST, date(2025, 3, 30)), after=(date(2025, 3, 31), date(2025, 6, 22)), name=name)
    )


def shifted(form: Form, weeks: int = 6, **more: object) -> list[PastRun]:
    """Weeks of runs at another form, twelve weeks later."""
    random = np.random.default_rng(11)
    return [
        past_run(day, form._replace(ln_T=form.ln_T + 0.006 * random.normal()), seed=3, **more)  # type: ignore[arg-type]
        for day in days(weeks, 12)
    ]


PAIRS: dict[str, Callable[[], Pair]] = {
    "changed": lambda: pair(shifted(Form()), shifted(PLANTED), "started wall drills"),
    "no_change": lambda: pair(shifted(Form()), shifted(Form(DF=0.0005)), "new shoes"),
    "few_runs": lambda: pair(shifted(Form()), shifted(Form(), 1)),
    "some_runs": lambda: pair(shifted(Form(noise_DF=0.09)), shifted(Form(noise_DF=0.09), 2)),
    "few_before": lambda: pair(shifted(Form(), 1), shifted(Form()), "new shoes"),
    "exaggerated": lambda: pair(shifted(Form()), shifted(Form(ln_T=0.05, ln_k=0.25)), "high knees"),
    "refused": lambda: pair(shifted(Form()), shifted(Form(), sensor="coros")),
    "across_sensors": lambda: pair(shifted(Form()), shifted(Form(), sensor="coros"), across_sensors=True),
    "wrist": lambda: pair(
        shifted(COMPUTED, sensor="garmin_wrist"), shifted(COMPUTED._replace(ln_T=0.06), sensor="garmin_wrist")
    ),
    "no_overlap": lambda: pair(shifted(Form(), speeds=(2.4, 2.5)), shifted(Form(), speeds=(3.4, 3.5))),
}
