"""One activity becomes an Analysis: pure numpy, no clock, no file, same input same output.

analyze() reads from top to bottom as the method does: which sensor made it, one value a second, half-minute epochs,
the gates, what is usual at the speed, scores, labels; then paces, accelerations and fade.
"""

from __future__ import annotations

import numpy as np

from kneedrive.analysis import assess, epochs, gates, provenance, scores
from kneedrive.analysis.reference import Case, place_of
from kneedrive.analysis.result import Analysis, Epochs, HeightFrom, Status
from kneedrive.method import Method
from kneedrive.recording import Activity, Runner, Samples

__all__ = ["analyze"]


def analyze(
    activity: Activity,
    *,
    runner: Runner = Runner(),  # noqa: B008 - frozen
    method: Method = Method(),  # noqa: B008 - frozen
    speed_calibrated: bool = False,
    dynamics: str | None = None,
    slow_mps: float | None = None,
) -> Analysis:
    """Everything kneedrive can say about one activity; what it cannot say comes with the reason.

    speed_calibrated: the runner's word that indoor speed is right. dynamics: "native", "stryd" or "runscribe" chooses
    whose contact time is judged; without it the best source that measures. slow_mps: at or below which speed the
    runner runs slowly, as the last weeks say; without it the slowest quarter of this run. Height and mass that the
    runner does not tell are taken from the watch's profile. Never raises for what a file may hold: an activity that is
    no run, or too short, is an Analysis with a status that says so.
    """
    chosen = provenance.choose(activity, dynamics, method.sensors)
    samples, corrections = gates.corrected_unit(chosen.samples, method.plausible)
    sensor = provenance.provenance(activity, chosen.replace(samples=samples), method.sensors)
    surface, speed_trusted = place_of(activity, speed_calibrated=speed_calibrated)
    case = Case(
        activity=activity,
        runner=runner.replace(
            height_m=activity.wearer.height_m if runner.height_m is None else runner.height_m,
            mass_kg=activity.wearer.mass_kg if runner.mass_kg is None else runner.mass_kg,
        ),
        method=method,
        reference=sensor.reference,
        sensor_reason=sensor.reason,
        instead_of=chosen.instead_of,
        notes=(*chosen.notes, *corrections),
        surface=surface,
        speed_trusted=speed_trusted,
        slow_mps=slow_mps,
    )
    said, known = runner.height_m is not None, case.runner.height_m is not None
    height_from = HeightFrom.SETTINGS if said else HeightFrom.FILE if known else HeightFrom.NOBODY
    return _assessed(case, samples).replace(height_from=height_from)


def _assessed(case: Case, samples: Samples) -> Analysis:
    """The run cut into half-minutes with their gates and scores, and what is said of it, or why nothing is."""
    if not len(samples.time_s) or not samples.present():
        return assess.unscored(case, Status.NO_SAMPLES, assess.NO_SAMPLES)
    method = case.method
    stream = epochs.resample(samples, method.resampling, method.epochs)
    seconds = epochs.seconds_of(stream, case.activity, method)
    table = epochs.cut(stream, seconds, case.runner, method)
    gated = gates.gate(table, case)
    scored = gated.reason == ""
    case = case.replace(by_steps=gated.by_steps)
    # Where speed is guessed, a change of pace would look like a drift.
    if case.reference.measures_contact and case.speed_trusted:
        case = case.replace(drifts=gates.drifts(gated.columns, scored, method.sensors))
    # An unknown grade is no hill: comparisons with NaN are False.
    hilly = np.abs(gated.columns["grade"]) > method.grade.flat
    rows = Epochs(
        start_s=table.start_s,
        weight=np.where(scored, np.where(hilly, method.grade.hilly_weight, 1.0), 0.0),
        reason=gated.reason,
        columns=gated.columns | scores.epoch_scores(gated.columns, scored, case),
    )
    run = assess.Run(case=case, stream=stream, seconds=seconds, table=table, gated=gated, epochs=rows)
    status, why = assess.status(run)
    return assess.assessed(run) if status is Status.ASSESSED else assess.unscored(case, status, why, run)
