"""Whole results, number by number, as they were when they were last read: a change that nobody meant shows here.

Not a proof that a number is right; the other tests are. `pytest --update-golden` writes them anew, to be read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from msgspec.structs import asdict

from kneedrive.analysis import analyze
from kneedrive.analysis.result import Analysis
from kneedrive.histories.baseline import own_view, usual
from kneedrive.histories.compare import compare
from kneedrive.histories.result import PastRun, Setting
from kneedrive.histories.weeks import balance_habit, shuffle_share, slow_contrast, weekly
from kneedrive.method import Method
from kneedrive.record import Record
from kneedrive.recording import Activity, Runner
from kneedrive.simulate import DEMO_RUNNER
from kneedrive.simulate.gait import PATTERNS, Offsets, Pattern
from kneedrive.simulate.scene import PLANS, Fault, Scene, Segment, simulate
from tests.analysis.runs_of_a_runner import START, Form, days, past_run
from tests.conftest import Golden

NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]\d+)?")
# Not results; the habits of a weekly view are added to it by others, and have a page of their own here.
UNSAID = ("activity", "method", "runner", "reference", "provenance_reason", "cov", "base_rates", "habits")
SETTING = Setting(runner=Runner(height_m=1.80))


def lines(value: Any, name: str = "") -> Iterator[str]:
    """Every number and word inside a result: one line for each object, with the way to it."""
    if isinstance(value, np.ndarray):
        yield f"{name}: {array(value)}"
        return
    inner = dict(parts(value))
    made = Record | Mapping | tuple | list | np.ndarray
    plain = {key: each for key, each in inner.items() if not isinstance(each, made)}
    if plain:
        yield f"{name}: " + ", ".join(f"{key} {shown(each)}" for key, each in plain.items())
    for key, each in inner.items():
        if key not in plain:
            yield from lines(each, f"{name}.{key}" if name else key)


def parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What a value, a mapping or a row is made of."""
    if isinstance(value, Record):
        yield from ((field, inner) for field, inner in asdict(value).items() if field not in UNSAID)
    elif isinstance(value, Mapping):
        yield from ((str(key), inner) for key, inner in value.items())
    else:
        yield from ((str(place), inner) for place, inner in enumerate(value))


def array(values: np.ndarray) -> str:
    """Of a column its first, middle and last value, its mean and how many there are; of words how often each."""
    if values.dtype.kind != "f":
        words, counts = np.unique(values, return_counts=True)
        return ", ".join(f"{word or 'scored'} {count}" for word, count in zip(words, counts, strict=True))
    there = values[np.isfinite(values)]
    some = [there[0], there[len(there) // 2], there[-1], there.mean()] if len(there) else []
    return " ".join([*map(shown, map(float, some)), f"of {len(there)}"])


def shown(value: object) -> str:
    """A value in six digits, days and moments in words."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else f"{value:.6g}"
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def check(golden: Golden, name: str, result: object) -> None:
    """The words are equal, and every number is to five digits: processors differ in the last of them."""
    text = "\n".join(lines(result)) + "\n"
    path = golden.folder / f"{name}.txt"
    if golden.update:
        golden.check(path.name, text)
    now, then = text.splitlines(), path.read_text(encoding="utf-8").splitlines()
    assert [NUMBER.sub("#", line) for line in now] == [NUMBER.sub("#", line) for line in then]
    for line, stored in zip(now, then, strict=True):
        told, kept = ([float(each) for each in NUMBER.findall(text)] for text in (line, stored))
        assert told == [pytest.approx(each, rel=1e-5, abs=1e-9) for each in kept], stored


LEANING = Pattern(name="leaning", usual=Offsets(-0.6, 0.9, 0.5))
STEEP = (
    Segment(300, 2.6),
    Segment(240, 2.5, 0.035),
    Segment(240, 2.5, 0.05),
    Segment(120, 2.3, 0.09),
    Segment(300, 2.9, -0.03),
)
FADING = Scene(plan=PLANS["long"], fade=Offsets(-0.9, 1.2, 0.8), balance_left=0.478)
BAD_DAY = (
    Fault(kind="lost", channel="stance_time_s", start_s=300, end_s=480),
    Fault(kind="frozen", channel="stance_time_s", start_s=700, end_s=800),
    Fault(kind="frozen", channel="vertical_oscillation_m", start_s=700, end_s=800),
    Fault(kind="scaled", channel="cadence_spm", start_s=900, end_s=990, value=0.5),
    Fault(kind="set", channel="vertical_oscillation_m", start_s=1100, end_s=1160, value=0.2),
    Fault(kind="hidden", channel="speed_mps", start_s=1300, end_s=1390),
)
SLIPPED = (Fault(kind="scaled", channel="vertical_oscillation_m", start_s=1200, end_s=9999, value=1.4),)
SHORT = Runner(height_m=1.55, mass_kg=52.0, age=30)
OLD = Runner(height_m=1.72, mass_kg=66.0, age=67)

RUNS: dict[str, tuple[Pattern, Scene, Runner]] = {
    "demo": (PATTERNS["shuffle-when-slow"], Scene(plan=PLANS["demo"], balance_left=0.488), DEMO_RUNNER),
    "varied": (PATTERNS["short-bounce"], Scene(plan=PLANS["varied"]), DEMO_RUNNER),
    "steep": (LEANING, Scene(plan=STEEP), DEMO_RUNNER),
    "fading": (PATTERNS["neutral"], FADING, DEMO_RUNNER),
    "bad-day": (PATTERNS["piston"], Scene(plan=PLANS["easy"], faults=BAD_DAY), DEMO_RUNNER),
    "slipped": (PATTERNS["neutral"], Scene(plan=PLANS["long"], faults=SLIPPED), DEMO_RUNNER),
    "height-unknown": (PATTERNS["bouncy"], Scene(plan=PLANS["progressive"], runner=Runner()), Runner()),
    "short": (PATTERNS["long-grounded"], Scene(runner=SHORT), SHORT),
    "old": (PATTERNS["drive"], Scene(plan=PLANS["fast"], runner=OLD), OLD),
    "coros": (PATTERNS["short-airy"], Scene(sensor="coros", smart=True), DEMO_RUNNER),
    "wrist": (PATTERNS["shuffle"], Scene(sensor="garmin_wrist"), DEMO_RUNNER),
    "stryd": (PATTERNS["shuffle"], Scene(sensor="stryd", plan=PLANS["progressive"]), DEMO_RUNNER),
    "apple": (PATTERNS["drive"], Scene(sensor="apple", missing=("vertical_oscillation_m",)), DEMO_RUNNER),
    "bounce-only": (PATTERNS["piston"], Scene(missing=("stance_time_s", "duty_factor")), DEMO_RUNNER),
    "no-altitude": (PATTERNS["neutral"], Scene(missing=("altitude_m",), dropout=0.3), DEMO_RUNNER),
    "treadmill": (PATTERNS["drive"], Scene(indoor=True), DEMO_RUNNER),
    "foot-pod": (PATTERNS["drive"], Scene(indoor=True, foot_pod=True), DEMO_RUNNER),
    "walk": (PATTERNS["neutral"], Scene(plan=PLANS["walk"]), DEMO_RUNNER),
    "too-short": (PATTERNS["neutral"], Scene(plan=PLANS["short"]), DEMO_RUNNER),
    "interrupted": (PATTERNS["neutral"], Scene(plan=PLANS["interrupted"]), DEMO_RUNNER),
    "sprints": (PATTERNS["neutral"], Scene(plan=PLANS["sprints"]), DEMO_RUNNER),
    "surges": (PATTERNS["neutral"], Scene(plan=PLANS["surges"]), DEMO_RUNNER),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_analysed_as_it_was(name: str, golden: Golden) -> None:
    pattern, scene, runner = RUNS[name]
    activity: Activity = simulate(pattern, 11, scene=scene)
    analysis: Analysis = analyze(activity, runner=runner)

    check(golden, f"run-{name}", analysis)


def wavering(place: int, change: float = 0.0) -> Form:
    """A form that differs from day to day, and drifts."""
    wave = math.sin(1.7 * place)
    return Form(
        ln_T=0.012 * wave + change * 0.004, DF=-0.006 * wave - change * 0.002, ln_k=0.03 * math.cos(2.3 * place)
    )


def history(weeks: int = 14, change: float = 0.0, sensor: str = "garmin_strap", first: int = 0) -> list[PastRun]:
    """Three runs a week of different length, on slopes, and with feet that differ."""
    made = []
    for place, day in enumerate(days(weeks, first)):
        n = 18 + 3 * (place % 5)
        random = np.random.default_rng([place, n])
        grade = np.where(np.arange(n) % 6 == 0, 0.03, 0.004) * (-1.0) ** np.arange(n)
        left = 0.484 + 0.003 * random.normal(size=n)
        speeds = (2.3, 2.7, 2.8, 3.1, 3.4) if place % 3 else (2.2, 2.4, 2.5, 2.6, 2.9)
        form = wavering(place, change * place)
        made.append(past_run(day, form, sensor=sensor, seed=place, n=n, speeds=speeds, grade=grade, balance_left=left))
    return made


def changed() -> list[PastRun]:
    """The same runner, seven weeks with one sensor and seven with another."""
    return [*history(7), *history(7, sensor="coros", first=7)]


TAKEN_APART: dict[str, Callable[[], object]] = {
    "baseline": lambda: usual(history(), "garmin_strap", "outdoor", SETTING).told,
    "baseline-coros": lambda: usual(history(4, sensor="coros"), "coros", "outdoor", SETTING).told,
    "baseline-few": lambda: usual(history(2), "garmin_strap", "outdoor", SETTING).told,
    "own-view": lambda: own_view(past_run(100, Form(ln_T=0.05, DF=-0.02), n=40), history(), SETTING),
    "own-view-stryd": lambda: own_view(past_run(60, sensor="stryd"), history(8, sensor="stryd"), SETTING),
    "own-view-wrist": lambda: own_view(past_run(60, sensor="garmin_wrist"), history(8, sensor="garmin_wrist"), SETTING),
    "weekly": lambda: weekly(history(change=1.0), START.date() + timedelta(days=97), 14, SETTING),
    "weekly-down": lambda: weekly(history(change=-0.6), START.date() + timedelta(days=90), 12, SETTING),
    "weekly-changed": lambda: weekly(changed(), START.date() + timedelta(days=97), 14, SETTING),
    "weekly-wrist": lambda: weekly(history(sensor="garmin_wrist"), START.date() + timedelta(days=97), 14, SETTING),
    "compare": lambda: compare(history(6), history(8, change=0.8, first=6), SETTING),
    "compare-few": lambda: compare(history(1), history(2, first=3), SETTING),
    "compare-sensors": lambda: compare(history(6), history(6, sensor="coros", first=8), SETTING),
    "habits": lambda: (
        slow_contrast(history(6), 2.45, SETTING),
        balance_habit(history(6), Method()),
        shuffle_share([past_run(1, Form(ln_T=-0.09, DF=0.06), speeds=(2.3, 2.5, 2.9))], 2.6, SETTING),
    ),
}


@pytest.mark.parametrize("name", TAKEN_APART)
def test_a_history_is_analysed_as_it_was(name: str, golden: Golden) -> None:
    check(golden, f"history-{name}", TAKEN_APART[name]())
