"""Part (c): the same simulated runner seen through each class of sensor."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from kneedrive.analysis import analyze
from kneedrive.app.history import past_run
from kneedrive.histories.result import PastRun
from kneedrive.histories.segments import computed
from kneedrive.method import Method
from kneedrive.sensors import REFERENCES
from kneedrive.simulate.gait import PATTERNS, Offsets, Pattern
from kneedrive.simulate.scene import Scene, Segment, simulate
from tests.validation.page import Section, listing, paragraph, percent, table
from tests.validation.people import Said, Task, run
from tests.validation.sizes import Crew, Size

SHOWN = ("piston", "drive", "shuffle", "long-grounded", "short-airy", "neutral")
PLAN = (Segment(540, 2.6), Segment(540, 2.9))
DAYS_APART = 0.5  # SD of a runner's form from run to run, in spreads between runners
METHOD = Method()


class Habit(NamedTuple):
    """A runner whose form differs from day to day, recorded by one class of sensor."""

    sensor: str
    seed: int


def part(size: Size, crew: Crew) -> Section:
    """The section."""
    return Section("c", "The same runner through each class of sensor", (*labels(size, crew), *tested(size, crew)))


def may_speak(pattern: str, sensor: str) -> bool:
    """Whether a class measures enough for a pattern to be spoken."""
    row = REFERENCES[sensor]
    return row.measures_bounce if pattern == "piston-like" else row.measures_contact


def labels(size: Size, crew: Crew) -> tuple[str, ...]:
    """What each class makes of each pattern."""
    tasks = [
        Task(PATTERNS[name].usual, Offsets(), seed, Scene(plan=PLAN, sensor=sensor), 2.75)
        for sensor in REFERENCES
        for name in SHOWN
        for seed in range(size.sensor_runs)
    ]
    found = crew.over(run, tasks)
    rows, forbidden = [], 0
    for place, sensor in enumerate(REFERENCES):
        cells = []
        for column in range(len(SHOWN)):
            start = (place * len(SHOWN) + column) * size.sensor_runs
            cells.append(_cell(found[start : start + size.sensor_runs]))
        mine = found[place * len(SHOWN) * size.sensor_runs :][: len(SHOWN) * size.sensor_runs]
        forbidden += sum(one.certainty == "spoken" and not may_speak(one.pattern, sensor) for one in mine)
        rows.append((f"`{sensor}`", REFERENCES[sensor].scores or "none", *cells))
    text = paragraph(
        f"Each pattern is planted {size.sensor_runs} times and recorded by each class, without error of the sensor. "
        "A cell gives the pattern that led most often, how often, and how often it was spoken (odds of 0.80 and more).",
        "From steps alone nothing was spoken, and no piston without a measured bounce."
        if not forbidden
        else f"Spoken where the class may not: {forbidden}.",
        "A wrist, whose contact time is computed, is left with the length of steps, and leans at most.",
    )
    return text, table(("class", "may speak of", *SHOWN), rows)


def _cell(mine: list[Said]) -> str:
    label, count = Counter(one.pattern or "unjudged" for one in mine).most_common(1)[0]
    spoken = sum(one.pattern == label and one.certainty == "spoken" for one in mine)
    return f"{label} {percent(count / len(mine))}, spoken {percent(spoken / len(mine))}"


def tested(size: Size, crew: Crew) -> tuple[str, ...]:
    """The computed-sensor test on twelve runs of one runner."""
    runs = max(12, size.sensor_runs)
    habits = [Habit(sensor, seed) for sensor in REFERENCES for seed in range(runs)]
    past = crew.over(recorded, habits)
    rows, wrong = [], []
    for place, sensor in enumerate(REFERENCES):
        found = computed(past[place * runs : (place + 1) * runs], sensor, METHOD)
        left = None if found.residual_DF is None else 100 * found.residual_DF
        rows.append((f"`{sensor}`", found.verdict, "–" if left is None else f"{left:.2f}"))
        if (found.verdict == "computed") != (sensor == "garmin_wrist"):
            wrong.append(sensor)
    text = paragraph(
        f"**Computed or measured?** The test on {runs} runs of one runner whose form differs from day to day (SD "
        f"{DAYS_APART}): what a polynomial in speed and cadence, fitted on half of the runs, leaves of the duty factor "
        "of the others, in percentage points.",
        "It finds the wrist computed and all others not." if not wrong else f"It is wrong about {listing(wrong)}.",
    )
    return text, table(("class", "verdict", "left, pp"), rows)


def recorded(habit: Habit) -> PastRun:
    """One run of that runner."""
    moved = np.random.default_rng([habit.seed, 5]).normal(scale=DAYS_APART, size=3)
    pattern = Pattern(name="day", usual=Offsets(*moved.tolist()))
    activity = simulate(pattern, habit.seed, scene=Scene(plan=PLAN, sensor=habit.sensor))
    run_of_day = past_run(analyze(activity))
    return run_of_day.replace(id=f"{habit.sensor}-{habit.seed}")
