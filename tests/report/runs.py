"""Runs of the simulated runner, analysed: one per kind of report, through the very path of a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from kneedrive.advice import do_next
from kneedrive.analysis import analyze
from kneedrive.analysis.result import Analysis
from kneedrive.app.demo import SETTING, seen_in, simulated_runs
from kneedrive.app.history import past_run
from kneedrive.histories.baseline import own_view
from kneedrive.histories.result import WeeklyView
from kneedrive.recording import Activity, Runner, Samples, frozen
from kneedrive.report import screen
from kneedrive.simulate import DEMO_RUNNER, PATTERNS, Scene, simulate, simulate_demo

UNKNOWN = Runner()


def simulated(pattern: str, runner: Runner = DEMO_RUNNER, **scene: Any) -> Analysis:
    """A run of this pattern in this scene."""
    activity = simulate(PATTERNS[pattern], 5, scene=Scene(**scene))
    return analyze(activity, runner=runner)


def without(*channels: str) -> Activity:
    """The demo's run without some channels."""
    plain = simulate_demo()
    kept = {name: values for name, values in plain.samples.present().items() if name not in channels}
    return plain.replace(samples=Samples(time_s=plain.samples.time_s, **kept), sensors=())


def no_samples() -> Activity:
    """A file that holds nothing but its averages."""
    plain = simulate_demo()
    return plain.replace(samples=Samples(time_s=plain.samples.time_s[:0]), records=0)


def walking(samples: Samples) -> Samples:
    """The same at the cadence of a walk."""
    cadence = samples.cadence_spm
    assert cadence is not None
    return samples.replace(cadence_spm=frozen(cadence * 0.65))


def hidden(activity: Activity, end_s: float) -> Activity:
    """The first seconds of a run alone."""
    kept = activity.samples.time_s < end_s
    channels = {name: frozen(values[kept]) for name, values in activity.samples.present().items()}
    samples = Samples(time_s=frozen(activity.samples.time_s[kept]), **channels)
    return activity.replace(samples=samples, duration_s=end_s, elapsed_s=end_s, records=int(kept.sum()))


DYNAMICS = ("stance_time_s", "duty_factor", "vertical_oscillation_m", "vertical_ratio", "step_length_m", "balance_left")

RUNS: dict[str, Callable[[], Analysis]] = {
    name: cache(make)
    for name, make in {
        "demo": lambda: analyze(simulate_demo(), runner=DEMO_RUNNER),
        "piston": lambda: simulated("piston"),
        "drive-coros": lambda: simulated("drive", UNKNOWN, sensor="coros"),
        "light-pod": lambda: simulated("short-airy", sensor="coros_pod"),
        "neutral": lambda: simulated("neutral"),
        "shuffle-stryd": lambda: simulated("shuffle", sensor="stryd"),
        "shuffle-wrist": lambda: simulated("shuffle", sensor="garmin_wrist"),
        "drive-steps": lambda: simulated("drive", UNKNOWN, sensor="none"),
        "gpx": lambda: analyze(without(*DYNAMICS).replace(format="gpx", utc_offset_s=None)),
        "no-cadence": lambda: analyze(without("cadence_spm", *DYNAMICS)),
        "treadmill": lambda: simulated("neutral", indoor=True),
        "walk": lambda: analyze(simulate_demo().replace(samples=walking(simulate_demo().samples)), runner=DEMO_RUNNER),
        "too-few": lambda: analyze(hidden(simulate_demo(), 240.0), runner=DEMO_RUNNER),
        "averages": lambda: analyze(no_samples()),
        "cycling": lambda: analyze(simulate_demo().replace(sport="cycling")),
    }.items()
}
UNJUDGED = ("no-cadence", "treadmill", "walk", "too-few", "averages", "cycling")
JUDGED = tuple(name for name in RUNS if name not in UNJUDGED)


@cache
def with_history() -> tuple[Analysis, screen.Context, WeeklyView]:
    """The demo's run after fourteen simulated weeks: the run, what stands beside it, and the weeks."""
    done = simulated_runs()
    at = done[-1].activity.started_at + timedelta(days=1)
    latest = analyze(simulate_demo().replace(started_at=at), runner=DEMO_RUNNER)
    view = seen_in([*done, latest])
    runs = [past_run(each) for each in (*done, latest)]
    context = screen.Context(
        weeks=view.last_weeks,
        own=own_view(runs[-1], runs[:-1], SETTING),
        advice=do_next(latest, view.last_weeks),
        more=("--full", "--explain", "kneedrive weekly", "kneedrive report --html"),
    )
    return latest, context, view


def context_of(analysis: Analysis) -> screen.Context:
    """What stands beside a run of a file."""
    return screen.Context(advice=do_next(analysis, stored=False) if analysis.findings else None)
