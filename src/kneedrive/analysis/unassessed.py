"""Activities that carry no verdict: walks, other sports, too little running, files without samples. Facts remain."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kneedrive.analysis import epochs, metrics, profile, standing
from kneedrive.analysis.assess import NO_SAMPLES, NOT_A_RUN, Run, base, blank
from kneedrive.analysis.case import Case
from kneedrive.findings import Analysis, Spread, Unjudged
from kneedrive.model import Array, Note

FROM_SESSION = "session averages"


def without_samples(case: Case, notes: tuple[Note, ...]) -> Analysis:
    """A file with averages at most: what the averages are."""
    reason = "the file holds no samples, only what the session adds up to; averages say nothing about form"
    found, spreads = blank(case), metrics.averages(case.activity)
    return found.replace(
        status=NO_SAMPLES,
        status_reason=reason,
        quality=found.quality.replace(notes=(*case.activity.notes, *notes)),
        metrics=spreads,
        metrics_over=FROM_SESSION if spreads else "",
        scores=standing.no_scores(reason),
        unjudged=(Unjudged(what="running form", reason=reason),),
        slow=found.slow.replace(reason=reason),
        fade=found.fade.replace(reason=reason),
    )


def without_scores(run: Run, status: str, reason: str) -> Analysis:
    """What was measured, and no judgement."""
    over, spreads = _spreads(run)
    other_sport = status == NOT_A_RUN
    if other_sport:
        # Cadence of a bicycle is no cadence of steps.
        spreads = {key: value for key, value in spreads.items() if key in metrics.NOT_OF_STEPS}
    # Scores are dropped even where a few epochs had one: nine epochs are no verdict.
    found = base(run, standing.no_scores(reason))
    return found.replace(
        status=status,
        status_reason=reason,
        metrics=spreads or metrics.averages(run.case.activity),
        metrics_over=over if spreads else FROM_SESSION,
        unjudged=(Unjudged(what="running form", reason=reason),),
        accelerations=() if other_sport else found.accelerations,
        slow=found.slow.replace(reason=reason),
        fade=found.fade.replace(reason=reason),
        balance=None if other_sport else profile.balance(run.epochs, run.gated.running, run.case),
    )


def _spreads(run: Run) -> tuple[str, Mapping[str, Spread]]:
    """Metrics over running epochs; over all epochs where nobody ran; over seconds where a file is too short for any."""
    everywhere = np.ones(len(run.epochs), dtype=np.bool_)
    for over, where in (("all running epochs", run.gated.running), ("all epochs", everywhere)):
        if found := metrics.spreads(run.epochs.columns, where, run.case):
            return over, found
    seconds = _by_second(run)
    return "single seconds", metrics.spreads(seconds, np.ones(len(run.stream.time_s), dtype=np.bool_), run.case)


def _by_second(run: Run) -> dict[str, Array]:
    missing = np.full(len(run.stream.time_s), np.nan)
    columns = {name: run.stream.columns.get(name, missing) for name in epochs.MEASURED}
    return epochs.derived(columns | {"grade": run.seconds.grade}, run.case.runner, run.case.method)
