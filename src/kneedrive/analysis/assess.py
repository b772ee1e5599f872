"""Puts the parts of a run together: an assessed one with its findings, any other with its facts and the reason."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kneedrive.analysis import certainty, epochs, fade, plausible, posterior, profile, reasons, scores
from kneedrive.analysis.epochs import Seconds, Table
from kneedrive.analysis.gates import GATES, STEPS, Gated
from kneedrive.analysis.reference import OUTDOOR, Case
from kneedrive.analysis.resampling import Mask, Stream, runs_of, sliding_mean
from kneedrive.analysis.result import (
    Acceleration,
    Analysis,
    ChannelSummary,
    Epochs,
    Fade,
    Finding,
    OnsetVerdict,
    Quality,
    Scores,
    ShuffleOnset,
    Slow,
    Spread,
    Status,
    Unjudged,
)
from kneedrive.analysis.scores import Standing, middle, scores_of, standing, usual_at
from kneedrive.method import Method, SteadyRules
from kneedrive.patterns import Pattern
from kneedrive.quantities import METRICS
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Note
from kneedrive.stats import median

# What was measured, in numbers: spreads over epochs, channels as recorded, accelerations.

FROM_SPEED = ("step_length_m", "vertical_ratio", "stance_angle_deg", "k_leg_kn_m")
NOT_OF_STEPS = ("speed_mps", "power_w", "heart_rate_bpm")


def spread(values: Array) -> Spread | None:
    """Median, 10th and 90th percentile of what is there; None where nothing is."""
    there = values[np.isfinite(values)]
    if not len(there):
        return None
    there.sort()
    # What np.percentile gives, at a tenth of its cost: linear between the two values around each rank.
    at = np.array((0.1, 0.5, 0.9)) * (len(there) - 1)
    p10, median, p90 = np.interp(at, np.arange(len(there)), there).tolist()
    return Spread(median=median, p10=p10, p90=p90, n=len(there))


def spreads(columns: Mapping[str, Array], where: Mask, case: Case) -> dict[str, Spread]:
    """The metrics over some epochs (or seconds). Without a measured speed nothing that is computed from it is shown."""
    keys = METRICS if case.speed_trusted else tuple(key for key in METRICS if key not in FROM_SPEED)
    found = {key: spread(columns[key][where]) for key in keys if key in columns}
    return {key: value for key, value in found.items() if value is not None}


def averages(activity: Activity) -> dict[str, Spread]:
    """The session averages of a file without samples, as far as they are metrics; n is 0: they come from no epoch."""
    values = {key: value for key, value in activity.averages.items() if key in METRICS and np.isfinite(value)}
    return {key: Spread(median=value, p10=value, p90=value, n=0) for key, value in values.items()}


def channels(activity: Activity) -> dict[str, ChannelSummary]:
    """Every channel as recorded, unfiltered and uncorrected: share of the records that have it, and its median."""
    # Records without a usable time count as well: coverage is of what was recorded.
    records = max(activity.records, len(activity.samples.time_s), 1)
    found = {}
    for name, values in activity.samples.present().items():
        there = values[np.isfinite(values)]
        middle = median(there) if len(there) else None
        found[name] = ChannelSummary(coverage=len(there) / records, median=middle)
    return found


def accelerations(stream: Stream, seconds: Seconds, case: Case) -> tuple[Acceleration, ...]:
    """The bursts out of running, with their own numbers. Setting off from a walk or a stand is not one of them.

    Nor is a gain of speed that the feet know nothing of: that is a position which jumped, and nobody accelerated.
    """
    speed = stream.columns.get("speed_mps")
    if speed is None or not case.speed_trusted:
        return ()
    rules = case.method.steady
    smooth = sliding_mean(speed, rules.burst_smoothing_s)
    # Whoever sets off after a traffic light accelerates too, from standing.
    unsettled = seconds.start | seconds.pause
    # A burst that touches a pause is setting off again; cutting it there would leave a piece that gains nothing.
    whole = ((start, end) for start, end in runs_of(seconds.burst) if not unsettled[start:end].any())
    cadence = stream.columns.get("cadence_spm")
    run = ((start, end) for start, end in whole if cadence is not None and _quickens(cadence, start, end, rules))
    found = (_acceleration(stream, smooth, start, end) for start, end in run)
    slowest = case.method.plausible.speed_min_mps
    return tuple(
        one for one in found if one is not None and one.from_mps >= slowest and one.to_mps <= rules.fastest_mps
    )


def _quickens(cadence_spm: Array, start: int, end: int, rules: SteadyRules) -> bool:
    """Whether cadence rises in a burst above what it was just before."""
    before = cadence_spm[max(start - rules.burst_before_s, 0) : start]
    before, within = before[np.isfinite(before)], cadence_spm[start:end][np.isfinite(cadence_spm[start:end])]
    return bool(len(before) and len(within) and np.max(within) - np.median(before) >= rules.burst_cadence_spm)


def _acceleration(stream: Stream, smooth: Array, start: int, end: int) -> Acceleration | None:
    within = smooth[start:end]
    within = within[np.isfinite(within)]
    if not len(within):
        return None
    return Acceleration(
        start_s=float(stream.time_s[start]),
        end_s=float(stream.time_s[end - 1] + 1.0),
        from_mps=float(within[0]),
        to_mps=float(np.max(within)),
        cadence_spm=_median_of(stream, "cadence_spm", start, end),
        stance_time_s=_median_of(stream, "stance_time_s", start, end),
    )


def _median_of(stream: Stream, name: str, start: int, end: int) -> float | None:
    values = stream.columns.get(name)
    found = None if values is None else spread(values[start:end])
    return None if found is None else found.median


# Puts the parts of an assessed run together: status, quality, scores, findings, paces, fade.


WALKING_SPORTS = ("walking", "hiking")
OVER_SCORED = "scored epochs"
TOO_FAST = "too_fast"  # a reader's note: what the file calls running cannot be that
DRIFTED = {
    "duty_factor": "the sensor drifted: at the same speed and cadence the share of time on the ground wandered by "
    "{:.1f} points, so what is judged by it is less sure",
    "ln_k": "the sensor drifted: at the same speed and cadence the bounce beyond timing wandered by {:.0f} %, so what "
    "is judged by it is less sure",
}
UNNAMED_SPORT = "the file does not say what sport it is"


class Run(Record, frozen=True, kw_only=True):
    """Everything that is known about one run before it is judged. drifts: by how much a sensor wandered, by column."""

    case: Case
    stream: Stream
    seconds: Seconds
    table: Table
    gated: Gated
    epochs: Epochs
    notes: tuple[Note, ...]
    drifts: Mapping[str, float] = {}


def as_epochs(table: Table, gated: Gated, scored: dict[str, Array], method: Method) -> Epochs:
    """The table with reasons, weights and scores: what is stored and drawn."""
    counts = gated.reason == ""
    # An unknown grade is no hill: comparisons with NaN are False.
    hilly = np.abs(gated.columns["grade"]) > method.grade.flat
    weight = np.where(counts, np.where(hilly, method.grade.hilly_weight, 1.0), 0.0)
    return Epochs(start_s=table.start_s, weight=weight, reason=gated.reason, columns=gated.columns | scored)


def status(run: Run) -> tuple[Status, str]:
    """Whether the run can be assessed, and if not, why, in a sentence."""
    case = run.case
    if case.activity.sport in WALKING_SPORTS:
        return Status.WALK, f"the file calls it {case.activity.sport}; kneedrive judges running only"
    if not case.activity.is_run:
        denied = next((note.text for note in case.activity.notes if note.code == TOO_FAST), "")
        if denied:
            return Status.NOT_A_RUN, denied
        named = case.activity.sport not in ("", "unknown", "generic")
        called = f"the file calls it {case.activity.sport}, not running" if named else UNNAMED_SPORT
        return Status.NOT_A_RUN, called
    # Before the question of walking: a run with long walks in it is a run.
    if run.epochs.scored.sum() >= case.method.epochs.min_epochs:
        return Status.ASSESSED, ""
    if walked(run):
        below = case.method.gait.walking_spm
        return Status.WALK, f"the cadence is below {below:.0f} steps a minute almost throughout: this was a walk"
    return Status.TOO_FEW, reasons.too_few_epochs(run.gated, case)


def walked(run: Run) -> bool:
    """Whether there was walking and no epoch of running; judged by the second where a file is shorter than epochs."""
    words = run.gated.reason
    if run.gated.running.any():
        return False
    if (words == "walking").any():
        return True
    cadence = run.stream.columns.get("cadence_spm")
    known = cadence[np.isfinite(cadence)] if cadence is not None else np.empty(0)
    return bool(len(known)) and 0 < median(known) < run.case.method.gait.walking_spm


def quality(run: Run) -> Quality:
    """What was counted and what was left out, with the notes of the reader and our own."""
    words, counts = np.unique(run.gated.reason[run.gated.reason != ""], return_counts=True)
    total = len(run.gated.reason)
    columns = {name: run.gated.columns[name] for name in METRICS}
    return Quality(
        epochs_total=total,
        epochs_scored=int(run.epochs.scored.sum()),
        excluded=dict(zip(words.tolist(), counts.tolist(), strict=True)),
        coverage={name: float(np.mean(np.isfinite(values))) for name, values in columns.items()} if total else {},
        notes=(*run.case.activity.notes, *run.notes, *_own_notes(run)),
    )


def _own_notes(run: Run) -> tuple[Note, ...]:
    rules, found = run.case.method.plausible, _left_out(run)
    if plausible.step_length_disagrees(run.gated.columns, rules):
        text = "the device's own step length does not fit speed and cadence; kneedrive computes it from those"
        found.append(Note(code="step_length", text=text))
    if run.case.surface == OUTDOOR and not np.isfinite(run.gated.columns["grade"]).any():
        found.append(Note(code="no_grade", text="no altitude was recorded, so hills cannot be told from the flat"))
    if count := _grounded(run):
        text = f"grounded running: in {count} of the scored half-minutes a foot was on the ground all the time"
        found.append(Note(code="grounded_running", text=text))
    lock, sound = (run.gated.reason == "cadence lock").sum(), run.gated.running.sum()
    found += [Note(code="drift", text=DRIFTED[name].format(100 * by)) for name, by in run.drifts.items()]
    if lock > sound:
        text = "the cadence is half or double of what running needs: the file may count one leg, or something else"
        found.append(Note(code="cadence_lock", text=text))
    return tuple(found)


def _grounded(run: Run) -> int:
    """Scored epochs without any flight, by contact time that was measured."""
    if run.gated.mode == STEPS:
        return 0
    least = run.case.method.gait.grounded_duty_factor
    return int((run.epochs.scored & (run.epochs["duty_factor"] >= least)).sum())


def _left_out(run: Run) -> list[Note]:
    """What was taken out of epochs that still count for the rest: their gate is in no count of what was not scored."""
    if run.gated.mode == STEPS:
        return []
    counts = {name: int((mask & run.epochs.scored).sum()) for name, mask in run.gated.doubts.items()}
    where = "contact time or oscillation was left out of half-minutes scored for the rest ({} of them): {}"
    return [Note(code="left_out", text=where.format(count, GATES[name])) for name, count in counts.items() if count]


def assessed(run: Run) -> Analysis:
    """The analysis of a run with enough epochs."""
    case, epochs, mode = run.case, run.epochs, run.gated.mode
    why = reasons.letter_reasons(run.gated, case)
    at = standing(epochs, epochs.scored, case.method.epochs.min_epochs, case.against)
    bands = profile.pace_profile(epochs, mode, why, case)
    slow = profile.slow_running(epochs, mode, case)
    scores = scores_of(at, why)
    missing = {letter: score.reason for letter, score in scores.items() if score.value is None}
    speed = middle(epochs["speed_mps"][epochs.scored])
    return judged(run, at, slow, base(run, scores)).replace(
        status=Status.ASSESSED,
        status_reason="",
        metrics=spreads(epochs.columns, epochs.scored, case),
        metrics_over=OVER_SCORED,
        usual=usual_at(speed, mode, case),
        unjudged=reasons.unjudged(missing, case),
        pace_profile=bands,
        shuffle_onset=profile.shuffle_onset(bands, epochs, mode, case),
        slow=slow,
        vr_split=None if mode == STEPS else profile.vr_split(epochs, case),
        balance=profile.balance(epochs, epochs.scored, case),
        fade=fade.fade(epochs, run.table.covered_s, mode, case, run.drifts),
    )


def judged(run: Run, at: Standing | None, slow: Slow, facts: Analysis) -> Analysis:
    """The facts with what may be said of the run, of its slow part and of the knee; as they are where nothing may."""
    if at is None:
        return facts
    case, rules = run.case, run.case.method.posterior
    found = findings(run, at, run.epochs.scored, "run")
    steps = at.posterior.basis is posterior.Basis.STEPS
    found += slow_findings(run, at, slow, {one.pattern: one.certainty for one in found})
    return facts.replace(
        posterior=at.posterior,
        findings=found,
        ruled_out=certainty.ruled_out(at.posterior, rules),
        odds_range=posterior.odds_range(at.measurement, at.scale, rules) if steps else {},
        knee=certainty.knee(at.posterior, height_known=case.runner.height_m is not None, rules=rules),
    )


def base(run: Run, scores: Scores) -> Analysis:
    """What every analysis of samples has, whatever its status."""
    return blank(run.case).replace(
        quality=quality(run),
        scores=scores,
        accelerations=accelerations(run.stream, run.seconds, run.case),
        epochs=run.epochs,
    )


def blank(case: Case) -> Analysis:
    """An analysis with the facts of the file and nothing measured or judged."""
    nothing = np.empty(0)
    return Analysis(
        activity=case.activity,
        runner=case.runner,
        method=case.method,
        status=Status.NO_SAMPLES,
        status_reason="",
        provenance=case.sensor.word,
        provenance_reason=case.sensor.reason,
        reference=case.reference,
        surface=case.surface,
        quality=Quality(epochs_total=0, epochs_scored=0, excluded={}, coverage={}),
        metrics={},
        metrics_over="",
        usual={},
        scores=scores.no_scores(""),
        unjudged=(),
        pace_profile=(),
        shuffle_onset=ShuffleOnset(verdict=OnsetVerdict.UNJUDGED),
        slow=Slow(speed_mps=None, epochs=0, share_flight_under_40ms=None),
        vr_split=None,
        balance=None,
        accelerations=(),
        fade=Fade(verdict="not enough", blocks=0),
        channels=channels(case.activity),
        epochs=Epochs(start_s=nothing, weight=nothing, reason=np.empty(0, dtype="<U1"), columns={}),
    )


def findings(run: Run, at: Standing, where: Mask, scope: str) -> tuple[Finding, ...]:
    """What may be said of these epochs: the leading patterns, the likeliest first."""
    evidence = scores.evidence(at, where, run.gated.mode, run.case)
    return scores.findings(at.posterior, scope, run.case.method.posterior, evidence)


def slow_findings(
    run: Run, at: Standing, slow: Slow, said: Mapping[Pattern, certainty.Certainty]
) -> tuple[Finding, ...]:
    """What the slow part is likely to be and the run as a whole is less surely, where it is slower by enough.

    said: the patterns that are named for the run. That nothing stands out is said of the slow part only where
    something does in the run.
    """
    rules, speed = run.case.method.profile, run.epochs["speed_mps"]
    if slow.speed_mps is None:
        return ()
    where = run.epochs.scored & (speed <= slow.speed_mps)
    part = standing(run.epochs, where, rules.contrast_epochs, run.case.against)
    if part is None or at.scale.speed_mps - part.scale.speed_mps < rules.contrast_gap_mps:
        return ()
    sure = list(certainty.Certainty)  # the surest first
    unsaid = certainty.Certainty.OPEN
    return tuple(
        one
        for one in findings(run, part, where, "slow")
        if sure.index(one.certainty) < sure.index(said.get(one.pattern, unsaid))
        and not (one.pattern is Pattern.NEUTRAL and Pattern.NEUTRAL in said)
    )


# Activities that carry no verdict: walks, other sports, too little running, files without samples. Facts remain.


FROM_SESSION = "session averages"


def without_samples(case: Case, notes: tuple[Note, ...]) -> Analysis:
    """A file with averages at most: what the averages are."""
    reason = "the file holds no samples, only what the session adds up to; averages say nothing about form"
    found, spreads = blank(case), averages(case.activity)
    return found.replace(
        status=Status.NO_SAMPLES,
        status_reason=reason,
        quality=found.quality.replace(notes=(*case.activity.notes, *notes)),
        metrics=spreads,
        metrics_over=FROM_SESSION if spreads else "",
        scores=scores.no_scores(reason),
        unjudged=(Unjudged(what="running form", reason=reason),),
        slow=found.slow.replace(reason=reason),
        fade=found.fade.replace(reason=reason),
    )


def without_scores(run: Run, status: Status, reason: str) -> Analysis:
    """What was measured, and no judgement."""
    over, spreads = _spreads(run)
    other_sport = status == Status.NOT_A_RUN
    if other_sport:
        # Cadence of a bicycle is no cadence of steps.
        spreads = {key: value for key, value in spreads.items() if key in NOT_OF_STEPS}
    # Scores are dropped even where a few epochs had one: nine epochs are no verdict.
    found = base(run, scores.no_scores(reason))
    return found.replace(
        status=status,
        status_reason=reason,
        metrics=spreads or averages(run.case.activity),
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
        if found := spreads(run.epochs.columns, where, run.case):
            return over, found
    seconds = _by_second(run)
    return "single seconds", spreads(seconds, np.ones(len(run.stream.time_s), dtype=np.bool_), run.case)


def _by_second(run: Run) -> dict[str, Array]:
    missing = np.full(len(run.stream.time_s), np.nan)
    columns = {name: run.stream.columns.get(name, missing) for name in epochs.MEASURED}
    return epochs.derived(columns | {"grade": run.seconds.grade}, run.case.runner, run.case.method)
