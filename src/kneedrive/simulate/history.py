"""Weeks of simulated runs with a change planted in them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np

from kneedrive.method import Method
from kneedrive.record import Record
from kneedrive.recording import Activity
from kneedrive.simulate.course import PLANS, ar1
from kneedrive.simulate.gait import Offsets, Pattern
from kneedrive.simulate.scene import Scene, simulate

_PLANS = ("easy", "progressive", "fast")  # the week's runs in turn
_METHOD = Method()
_HOURS = (6, 17, 12)  # and at these hours, UTC


class History(Record, frozen=True, kw_only=True):
    """A runner over weeks. The pattern at the start moves by `change_D` along the drive axis.

    first_at: aware UTC, some time on the Monday of the first week. The change is linear over the weeks, or at once
    before `step_week` (0 is the first). run_sd: SD of D from run to run; week_sd, week_rho: slow drift of the weeks
    (AR(1)). From `sensor_week` on the runs are recorded by `next_sensor`.
    """

    pattern: Pattern
    first_at: datetime
    weeks: int = 16
    runs_a_week: int = 3
    change_D: float = 0.0
    step_week: int | None = None
    run_sd: float = 0.4
    week_sd: float = 0.0
    week_rho: float = 0.5
    sensor_week: int | None = None
    next_sensor: str = "garmin_wrist"
    scene: Scene = Scene()


def simulate_history(history: History, seed: int, *, method: Method = _METHOD) -> Iterator[Activity]:
    """The runs of a history in order of time. Deterministic by all arguments."""
    rng = np.random.default_rng(seed)
    drift = ar1(rng, history.weeks, sd=history.week_sd, rho=history.week_rho)
    for week in range(history.weeks):
        for run in range(history.runs_a_week):
            planted = history.change_D * _progress(history, week, run) + drift[week]
            # The same spread across the drive axis, as runners have it; it moves G and leaves D alone.
            D, other = planted + history.run_sd * rng.standard_normal(), history.run_sd * rng.standard_normal()
            pattern = history.pattern.moved(along_drive(D, other))
            yield simulate(pattern, int(rng.integers(2**32)), scene=_scene(history, week, run), method=method)


def along_drive(D: float, G: float) -> Offsets:
    """Offsets that move D and G by these amounts."""
    return Offsets((G + D) / math.sqrt(2), (G - D) / math.sqrt(2))


def _progress(history: History, week: int, run: int) -> float:
    """Share of the planted change that is reached, 0 to 1."""
    if history.step_week is not None:
        return float(week >= history.step_week)
    runs = history.weeks * history.runs_a_week
    return (week * history.runs_a_week + run) / max(runs - 1, 1)


def _scene(history: History, week: int, run: int) -> Scene:
    day = run * 7 // history.runs_a_week
    started_at = history.first_at.replace(hour=_HOURS[run % 3]) + timedelta(weeks=week, days=day)
    changed = history.sensor_week is not None and week >= history.sensor_week
    return history.scene.replace(
        started_at=started_at,
        plan=PLANS[_PLANS[run % 3]],
        sensor=history.next_sensor if changed else history.scene.sensor,
    )
