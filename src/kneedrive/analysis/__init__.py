"""One activity becomes an Analysis: pure numpy, no clock, no file, same input same output.

analyze() reads from top to bottom as the method does: which sensor made it, one value a second, half-minute epochs,
the gates, what is usual at the speed, scores, labels; then paces, accelerations and fade.
"""

from __future__ import annotations

from kneedrive.analysis import assess, epochs, gates, plausible, provenance, scores
from kneedrive.analysis.reference import Case, speed_trusted, surface_of
from kneedrive.analysis.resampling import resample
from kneedrive.analysis.result import Analysis, HeightFrom, Status
from kneedrive.method import Method
from kneedrive.recording import Activity, Note, Runner, Samples

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
    samples, corrections = plausible.corrected_unit(chosen.samples, method.plausible)
    surface = surface_of(activity)
    case = Case(
        activity=activity,
        runner=runner.replace(
            height_m=activity.wearer.height_m if runner.height_m is None else runner.height_m,
            mass_kg=activity.wearer.mass_kg if runner.mass_kg is None else runner.mass_kg,
        ),
        method=method,
        sensor=provenance.provenance(activity, chosen.replace(samples=samples), method.sensors),
        surface=surface,
        speed_trusted=speed_trusted(activity, surface, speed_calibrated=speed_calibrated),
        slow_mps=slow_mps,
    )
    found = _found(case, samples, (*chosen.notes, *corrections))
    said, known = runner.height_m is not None, case.runner.height_m is not None
    return found.replace(
        height_from=HeightFrom.SETTINGS if said else HeightFrom.FILE if known else HeightFrom.NOBODY,
        instead_of=chosen.instead_of,
    )


def _found(case: Case, samples: Samples, notes: tuple[Note, ...]) -> Analysis:
    """The assessment, or why there is none."""
    if not len(samples.time_s) or not samples.present():
        return assess.without_samples(case, notes)
    run = _cut_and_gated(case, samples, notes)
    status, why = assess.status(run)
    if status is not Status.ASSESSED:
        return assess.without_scores(run, status, why)
    return assess.assessed(run)


def _cut_and_gated(case: Case, samples: Samples, notes: tuple[Note, ...]) -> assess.Run:
    """The run as half-minute epochs with their gates and scores, before anything is said of the whole."""
    activity, runner, method = case.activity, case.runner, case.method
    stream = resample(samples, method.resampling, method.epochs)
    seconds = epochs.seconds_of(stream, activity, method)
    table = epochs.cut(stream, seconds, runner, method)
    gated = gates.gate(table, case)
    scored = scores.epoch_scores(gated.columns, gated.reason == "", gates.judged(gated.mode, case), case)
    rows = assess.as_epochs(table, gated, scored, method)
    # Where speed is guessed, a change of pace would look like a drift.
    followed = case.has_dynamics and case.speed_trusted
    drifts = plausible.drifts(rows.columns, rows.scored, method.sensors) if followed else {}
    return assess.Run(
        case=case.replace(drifting=bool(drifts)),
        stream=stream,
        seconds=seconds,
        table=table,
        gated=gated,
        epochs=rows,
        notes=notes,
        drifts=drifts,
    )
