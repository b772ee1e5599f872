"""Puts the parts of a run together: an assessed one with its findings, any other with its facts and the reason.

What is not judged says why, in words a runner understands: every missing score carries a reason.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kneedrive.analysis import epochs, fade, posterior, profile, scores
from kneedrive.analysis.epochs import Seconds, Stream, Table, runs_of, sliding_mean
from kneedrive.analysis.gates import GATES, SHORT, Gated, step_length_disagrees
from kneedrive.analysis.posterior import Basis, Certainty
from kneedrive.analysis.reference import OUTDOOR, Case
from kneedrive.analysis.result import (
    ESTIMATE,
    Acceleration,
    Analysis,
    ChannelSummary,
    Epochs,
    Finding,
    Over,
    Quality,
    Scope,
    Spread,
    Status,
    Unjudged,
)
from kneedrive.analysis.scores import Standing
from kneedrive.patterns import Pattern
from kneedrive.quantities import METRICS
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Note, NoteCode
from kneedrive.sensors import SensorClass
from kneedrive.stats import Mask, middle

FROM_SPEED = ("step_length_m", "vertical_ratio", "stance_angle_deg", "k_leg_kn_m")
NOT_OF_STEPS = ("speed_mps", "power_w", "heart_rate_bpm")
WALKING_SPORTS = ("walking", "hiking")

DRIFTED = {
    "duty_factor": "the sensor drifted: at the same speed and cadence the share of time on the ground wandered by "
    "{:.1f} points, so what is judged by it is less sure",
    "ln_k": "the sensor drifted: at the same speed and cadence the bounce beyond timing wandered by {:.0f} %, so what "
    "is judged by it is less sure",
}
SAID_OF = {  # of each score: what it says, what it is made of, and the column that holds that
    "D": ("drive or shuffle as measured", "contact time", "duty_factor"),
    "P": ("piston as measured", "oscillation", "beta"),
    "G": ("time on the ground as measured", "contact time", "duty_factor"),
    "K": ("torso bounce beyond the timing", "oscillation and contact time", "ln_k"),
}
SPEED_UNMEASURED = (
    "indoors the watch guesses the speed, so step length is not known; a foot pod, or --speed-calibrated where the "
    "distance was set right, would allow it"
)
NO_CADENCE = "no cadence was recorded, and without it nothing can be told of form"
NO_SAMPLES = "the file holds no samples, only what the session adds up to; averages say nothing about form"
OWN_BASELINE = "they were measured and can be held against your own runs, but not against other runners without a speed"


class Run(Record, frozen=True, kw_only=True):
    """Everything that is known about one run before it is judged."""

    case: Case
    stream: Stream
    seconds: Seconds
    table: Table
    gated: Gated
    epochs: Epochs


def status(run: Run) -> tuple[Status, str]:
    """Whether the run can be assessed, and if not, why, in a sentence."""
    case, sport = run.case, run.case.activity.sport
    if sport in WALKING_SPORTS:
        return Status.WALK, f"the file calls it {sport}; kneedrive judges running only"
    if not case.activity.is_run:
        denied = next((note.text for note in case.activity.notes if note.code == NoteCode.TOO_FAST), "")
        if not denied and sport in ("", "unknown", "generic"):
            denied = "the file does not say what sport it is"
        return Status.NOT_A_RUN, denied or f"the file calls it {sport}, not running"
    # Before the question of walking: a run with long walks in it is a run.
    if run.epochs.scored.sum() >= case.method.epochs.min_epochs:
        return Status.ASSESSED, ""
    if walked(run):
        below = case.method.gait.walking_spm
        return Status.WALK, f"the cadence is below {below:.0f} steps a minute almost throughout: this was a walk"
    return Status.TOO_FEW, _too_few_epochs(run)


def walked(run: Run) -> bool:
    """Whether there was walking and no epoch of running; judged by the second where a file is shorter than epochs."""
    if run.gated.running.any():
        return False
    if (run.gated.reason == "walking").any():
        return True
    cadence = run.stream.columns.get("cadence_spm")
    return cadence is not None and 0 < middle(cadence) < run.case.method.gait.walking_spm


def _too_few_epochs(run: Run) -> str:
    """Why a run is not assessed: how many epochs would count, and what took the others."""
    case, reason = run.case, run.gated.reason
    if not case.speed_trusted and not case.has_dynamics:
        why = "computed by the watch" if case.reference.name is SensorClass.GARMIN_WRIST else "missing"
        return f"{SPEED_UNMEASURED}; and contact time is {why}, so nothing is left to judge"
    if not np.isfinite(run.epochs["cadence_spm"]).any():
        return NO_CADENCE
    names, counts = np.unique(reason[reason != ""], return_counts=True)
    most = sorted(zip(counts.tolist(), names.tolist(), strict=True), reverse=True)[:3]
    left_out = ", ".join(f"{SHORT[name]} {count}" for count, name in most)
    judged = f"{run.epochs.scored.sum()} of {len(reason)} half-minutes can be judged"
    return f"{judged}, {case.method.epochs.min_epochs} are needed" + (f" ({left_out})" if left_out else "")


def assessed(run: Run) -> Analysis:
    """The analysis of a run with enough epochs."""
    case, epochs = run.case, run.epochs
    why = {letter: _open(letter, run) for letter in SAID_OF}
    at = scores.standing(epochs, epochs.scored, case.method.epochs.min_epochs, case)
    bands = profile.pace_profile(epochs, why, case)
    slow = profile.slow_running(epochs, case)
    found = scores.scores_of(at, why)
    facts = _facts(run).replace(
        status=Status.ASSESSED,
        metrics=spreads(epochs.columns, epochs.scored, case),
        metrics_over=Over.SCORED,
        usual=scores.usual_at(middle(epochs["speed_mps"][epochs.scored]), case),
        scores=found,
        unjudged=_unjudged([letter for letter, score in found.items() if score.value is None], why, case),
        pace_profile=bands,
        shuffle_onset=profile.shuffle_onset(bands, epochs, case),
        slow=slow,
        vr_split=profile.vr_split(epochs, case),
        balance=profile.balance(epochs, epochs.scored, case),
        fade=fade.fade(epochs, run.table.covered_s, case),
    )
    return facts if at is None else _judged(run, at, slow.speed_mps, facts)


def _judged(run: Run, at: Standing, slow_mps: float | None, facts: Analysis) -> Analysis:
    """The facts with what may be said of the run, of its slow part and of the knee."""
    rules = run.case.method.posterior
    evidence = scores.evidence(at, run.epochs.scored, run.case)
    found = scores.findings(at.posterior, Scope.RUN, rules, evidence)
    steps = at.posterior.basis is Basis.STEPS
    return facts.replace(
        posterior=at.posterior,
        findings=found + _slow_findings(run, at, slow_mps, {one.pattern: one.certainty for one in found}),
        ruled_out=posterior.ruled_out(at.posterior, rules),
        odds_range=posterior.odds_range(at.measurement, at.scale, rules) if steps else {},
        knee=posterior.knee(at.posterior, height_known=run.case.runner.height_m is not None, rules=rules),
    )


def _slow_findings(
    run: Run, at: Standing, slow_mps: float | None, said: Mapping[Pattern, Certainty]
) -> tuple[Finding, ...]:
    """What the slow part is likely to be and the run as a whole is less surely, where it is slower by enough.

    said: the patterns that are named for the run. That nothing stands out is said of the slow part only where
    something does in the run.
    """
    rules = run.case.method.profile
    if slow_mps is None:
        return ()
    where = run.epochs.scored & (run.epochs["speed_mps"] <= slow_mps)
    part = scores.standing(run.epochs, where, rules.contrast_epochs, run.case)
    if part is None or at.scale.speed_mps - part.scale.speed_mps < rules.contrast_gap_mps:
        return ()
    sure = list(Certainty)  # the surest first
    evidence = scores.evidence(part, where, run.case)
    return tuple(
        one
        for one in scores.findings(part.posterior, Scope.SLOW, run.case.method.posterior, evidence)
        if sure.index(one.certainty) < sure.index(said.get(one.pattern, Certainty.OPEN))
        and not (one.pattern is Pattern.NEUTRAL and Pattern.NEUTRAL in said)
    )


def _open(letter: str, run: Run) -> str:
    """The reason that a score would have if it had no value."""
    case, (_, channel, column) = run.case, SAID_OF[letter]
    if letter not in case.reference.scores:
        return case.reference.open
    if not case.speed_trusted:
        return SPEED_UNMEASURED
    count = int((run.epochs.scored & np.isfinite(run.epochs[column])).sum())
    return f"only {count} steady half-minutes have {channel}; {case.method.epochs.min_epochs} are needed"


def _unjudged(letters: list[str], reasons: Mapping[str, str], case: Case) -> tuple[Unjudged, ...]:
    """What a runner might expect and does not get, by reason; letters: the scores without a value."""
    why = [(SAID_OF[letter][0], reasons[letter]) for letter in letters]
    if not case.speed_trusted:
        why.append(("step length", SPEED_UNMEASURED))
    if case.has_dynamics and not case.speed_trusted:
        why.append(("contact time, duty factor and bounce", OWN_BASELINE))
    if case.reference.name is SensorClass.GARMIN_WRIST:
        why.append(("contact time, oscillation and vertical ratio", ESTIMATE))
    if case.has_dynamics and case.speed_trusted:
        if case.runner.height_m is None:
            why.append(("stance sweep angle and leg stiffness", "the runner's height is not known"))
        elif case.runner.mass_kg is None:
            why.append(("leg stiffness", "the runner's mass is not known"))
    by_reason: dict[str, list[str]] = {}
    for what, reason in why:
        by_reason.setdefault(reason, []).append(what)
    return tuple(Unjudged(what="; ".join(whats), reason=reason) for reason, whats in by_reason.items())


def without_samples(case: Case) -> Analysis:
    """A file with averages at most: what the averages are."""
    found = _unscored(_blank(case), Status.NO_SAMPLES, NO_SAMPLES)
    quality = found.quality.replace(notes=(*case.activity.notes, *case.notes))
    metrics = _averages(case.activity)
    return found.replace(quality=quality, metrics=metrics, metrics_over=Over.SESSION if metrics else Over.NOTHING)


def without_scores(run: Run, status: Status, reason: str) -> Analysis:
    """What was measured, and no judgement."""
    over, metrics = _metrics_over(run)
    # Scores are dropped even where a few epochs had one: nine epochs are no verdict.
    found = _unscored(_facts(run), status, reason)
    if status is Status.NOT_A_RUN:
        # Cadence of a bicycle is no cadence of steps.
        metrics = {key: value for key, value in metrics.items() if key in NOT_OF_STEPS}
        found = found.replace(accelerations=())
    else:
        found = found.replace(balance=profile.balance(run.epochs, run.gated.running, run.case))
    if not metrics:
        over, metrics = Over.SESSION, _averages(run.case.activity)
    return found.replace(metrics=metrics, metrics_over=over)


def _unscored(facts: Analysis, status: Status, reason: str) -> Analysis:
    return facts.replace(
        status=status,
        status_reason=reason,
        scores=scores.scores_of(None, dict.fromkeys(scores.LETTERS, reason)),
        unjudged=(Unjudged(what="running form", reason=reason),),
        slow=facts.slow.replace(reason=reason),
        fade=facts.fade.replace(reason=reason),
    )


def _facts(run: Run) -> Analysis:
    """What every analysis of samples has, whatever its status."""
    return _blank(run.case).replace(
        quality=_quality(run), accelerations=accelerations(run.stream, run.seconds, run.case), epochs=run.epochs
    )


def _blank(case: Case) -> Analysis:
    """An analysis with the facts of the file and nothing measured or judged."""
    return Analysis(
        activity=case.activity,
        runner=case.runner,
        method=case.method,
        provenance=case.reference.name,
        provenance_reason=case.sensor_reason,
        reference=case.reference,
        surface=case.surface,
        instead_of=case.instead_of,
        channels=_channels(case.activity),
    )


def _quality(run: Run) -> Quality:
    """What was counted and what was left out, with the notes of the reader and our own."""
    words, counts = np.unique(run.gated.reason[run.gated.reason != ""], return_counts=True)
    there = {name: np.isfinite(run.epochs[name]) for name in METRICS}
    return Quality(
        epochs_total=len(run.epochs),
        epochs_scored=int(run.epochs.scored.sum()),
        excluded=dict(zip(words.tolist(), counts.tolist(), strict=True)),
        coverage={name: float(np.mean(known)) for name, known in there.items()} if len(run.epochs) else {},
        notes=(*run.case.activity.notes, *run.case.notes, *_own_notes(run)),
    )


def _own_notes(run: Run) -> list[Note]:
    case, gated, scored = run.case, run.gated, run.epochs.scored
    texts: list[tuple[str, str]] = []
    # What was taken out of epochs that still count for the rest: their gate is in no count of what was not scored.
    for name, mask in gated.doubts.items():
        if not case.by_steps and (count := int((mask & scored).sum())):
            out = "contact time or oscillation was left out of half-minutes scored for the rest"
            texts.append(("left_out", f"{out} ({count} of them): {GATES[name]}"))
    if step_length_disagrees(gated.columns, case.method.plausible):
        text = "the device's own step length does not fit speed and cadence; kneedrive computes it from those"
        texts.append(("step_length", text))
    if case.surface == OUTDOOR and not np.isfinite(gated.columns["grade"]).any():
        texts.append(("no_grade", "no altitude was recorded, so hills cannot be told from the flat"))
    grounded = scored & (run.epochs["duty_factor"] >= case.method.gait.grounded_duty_factor)
    if not case.by_steps and grounded.any():
        where = f"in {grounded.sum()} of the scored half-minutes a foot was on the ground all the time"
        texts.append(("grounded_running", f"grounded running: {where}"))
    texts += [(NoteCode.DRIFT, DRIFTED[name].format(100 * by)) for name, by in case.drifts.items()]
    if (gated.reason == "cadence lock").sum() > gated.running.sum():
        text = "the cadence is half or double of what running needs: the file may count one leg, or something else"
        texts.append(("cadence_lock", text))
    return [Note(code=code, text=text) for code, text in texts]


# What was measured, in numbers: spreads over epochs, channels as recorded, accelerations.


def spread(values: Array) -> Spread | None:
    """Median, 10th and 90th percentile of what is there; None where nothing is."""
    there = values[np.isfinite(values)]
    if not len(there):
        return None
    p10, median, p90 = np.percentile(there, (10, 50, 90)).tolist()
    return Spread(median=median, p10=p10, p90=p90, n=len(there))


def spreads(columns: Mapping[str, Array], where: Mask, case: Case) -> dict[str, Spread]:
    """The metrics over some epochs (or seconds). Without a measured speed nothing that is computed from it is shown."""
    keys = [key for key in METRICS if key in columns and (case.speed_trusted or key not in FROM_SPEED)]
    found = {key: spread(columns[key][where]) for key in keys}
    return {key: value for key, value in found.items() if value is not None}


def _metrics_over(run: Run) -> tuple[Over, Mapping[str, Spread]]:
    """Metrics over running epochs; over all epochs where nobody ran; over seconds where a file is too short for any."""
    everywhere = np.ones(len(run.epochs), dtype=np.bool_)
    for over, where in ((Over.RUNNING, run.gated.running), (Over.ALL, everywhere)):
        if found := spreads(run.epochs.columns, where, run.case):
            return over, found
    stream, missing = run.stream, np.full(len(run.stream.time_s), np.nan)
    seconds = {name: stream.columns.get(name, missing) for name in epochs.MEASURED} | {"grade": run.seconds.grade}
    derived = epochs.derived(seconds, run.case.runner, run.case.method)
    return Over.SECONDS, spreads(derived, np.ones(len(missing), dtype=np.bool_), run.case)


def _averages(activity: Activity) -> dict[str, Spread]:
    """The session averages of a file without samples, as far as they are metrics; n is 0: they come from no epoch."""
    values = {key: value for key, value in activity.averages.items() if key in METRICS and np.isfinite(value)}
    return {key: Spread(median=value, p10=value, p90=value, n=0) for key, value in values.items()}


def _channels(activity: Activity) -> dict[str, ChannelSummary]:
    """Every channel as recorded, unfiltered and uncorrected: share of the records that have it, and its median."""
    # Records without a usable time count as well: coverage is of what was recorded.
    records = max(activity.records, len(activity.samples.time_s), 1)
    found = {}
    for name, values in activity.samples.present().items():
        count = int(np.isfinite(values).sum())
        found[name] = ChannelSummary(coverage=count / records, median=middle(values) if count else None)
    return found


def accelerations(stream: Stream, seconds: Seconds, case: Case) -> tuple[Acceleration, ...]:
    """The bursts out of running, with their own numbers. Setting off from a walk or a stand is not one of them.

    Nor is a gain of speed that the feet know nothing of: that is a position which jumped, and nobody accelerated.
    """
    speed, cadence = stream.columns.get("speed_mps"), stream.columns.get("cadence_spm")
    if speed is None or cadence is None or not case.speed_trusted:
        return ()
    rules, slowest = case.method.steady, case.method.plausible.speed_min_mps
    smooth = sliding_mean(speed, rules.burst_smoothing_s)
    # Whoever sets off after a traffic light accelerates too, from standing.
    unsettled = seconds.start | seconds.pause
    found = []
    for start, end in runs_of(seconds.burst):
        before, within = cadence[max(start - rules.burst_before_s, 0) : start], cadence[start:end]
        quickens = np.fmax.reduce(within, initial=-np.inf) - middle(before) >= rules.burst_cadence_spm
        paces = smooth[start:end][np.isfinite(smooth[start:end])]
        # A burst that touches a pause is setting off again; cutting it there would leave a piece that gains nothing.
        if unsettled[start:end].any() or not quickens or not len(paces):
            continue
        if paces[0] >= slowest and np.max(paces) <= rules.fastest_mps:
            found.append(_acceleration(stream, paces, start, end))
    return tuple(found)


def _acceleration(stream: Stream, paces: Array, start: int, end: int) -> Acceleration:
    typical = {}
    for name in ("cadence_spm", "stance_time_s"):
        values = stream.columns.get(name)
        there = None if values is None else spread(values[start:end])
        typical[name] = None if there is None else there.median
    return Acceleration(
        start_s=float(stream.time_s[start]),
        end_s=float(stream.time_s[end - 1] + 1.0),
        from_mps=float(paces[0]),
        to_mps=float(np.max(paces)),
        **typical,
    )
