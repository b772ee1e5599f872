"""Puts the parts of a run together: an assessed one with its findings, any other with its facts and the reason.

What is not judged says why, in words a runner understands: every missing score carries a reason.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kneedrive.analysis import epochs, fade, posterior, profile, result, scores
from kneedrive.analysis.epochs import Seconds, Stream, Table, runs_of, sliding_mean
from kneedrive.analysis.gates import GATES, SHORT, Gated
from kneedrive.analysis.posterior import Basis, Certainty
from kneedrive.analysis.reference import OUTDOOR, Case
from kneedrive.analysis.scores import Standing
from kneedrive.patterns import Pattern
from kneedrive.quantities import METRICS
from kneedrive.record import Record
from kneedrive.recording import Array, Note, NoteCode
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
NO_SAMPLES = "the file holds no samples, only what the session adds up to; averages say nothing about form"
OWN_BASELINE = "they were measured and can be held against your own runs, but not against other runners without a speed"


class Run(Record, frozen=True, kw_only=True):
    """Everything that is known about one run before it is judged."""

    case: Case
    stream: Stream
    seconds: Seconds
    table: Table
    gated: Gated
    epochs: result.Epochs


def status(run: Run) -> tuple[result.Status, str]:
    """Whether the run can be assessed, and if not, why, in a sentence."""
    case, sport, reason = run.case, run.case.activity.sport, run.gated.reason
    if sport in WALKING_SPORTS:
        return result.Status.WALK, f"the file calls it {sport}; kneedrive judges running only"
    if not case.activity.is_run:
        denied = next((note.text for note in case.activity.notes if note.code == NoteCode.TOO_FAST), "")
        if not denied and sport in ("", "unknown", "generic"):
            denied = "the file does not say what sport it is"
        return result.Status.NOT_A_RUN, denied or f"the file calls it {sport}, not running"
    # Before the question of walking: a run with long walks in it is a run.
    if run.epochs.scored.sum() >= case.method.epochs.min_epochs:
        return result.Status.ASSESSED, ""
    below, cadence = case.method.gait.walking_spm, run.stream.columns.get("cadence_spm", np.empty(0))
    # No epoch of running but one of walking; by the second where a file is shorter than epochs.
    if not run.gated.running.any() and ((reason == "walking").any() or 0 < middle(cadence) < below):
        walk = f"the cadence is below {below:.0f} steps a minute almost throughout: this was a walk"
        return result.Status.WALK, walk
    if not case.speed_trusted and not case.reference.measures_contact:
        why = "computed by the watch" if case.reference.name is SensorClass.GARMIN_WRIST else "missing"
        return result.Status.TOO_FEW, f"{SPEED_UNMEASURED}; and contact time is {why}, so nothing is left to judge"
    if not np.isfinite(run.epochs["cadence_spm"]).any():
        return result.Status.TOO_FEW, "no cadence was recorded, and without it nothing can be told of form"
    names, counts = np.unique(reason[reason != ""], return_counts=True)
    most = sorted(zip(counts.tolist(), names.tolist(), strict=True), reverse=True)[:3]
    left_out = ", ".join(f"{SHORT[name]} {count}" for count, name in most)
    judged = f"{run.epochs.scored.sum()} of {len(reason)} half-minutes can be judged"
    needed = f"{judged}, {case.method.epochs.min_epochs} are needed"
    return result.Status.TOO_FEW, f"{needed} ({left_out})" if left_out else needed


def assessed(run: Run) -> result.Analysis:
    """The analysis of a run with enough epochs: what it is, and what may be said of its slow part and of the knee."""
    case, epochs, rules = run.case, run.epochs, run.case.method.posterior
    why = {letter: _open(letter, run) for letter in SAID_OF}
    at = scores.standing(epochs, epochs.scored, case.method.epochs.min_epochs, case)
    bands = profile.pace_profile(epochs, why, case)
    slow = profile.slow_running(epochs, case)
    values = scores.scores_of(at, why)
    facts = _facts(case, run).replace(
        status=result.Status.ASSESSED,
        metrics=spreads(epochs.columns, epochs.scored, case),
        metrics_over=result.Over.SCORED,
        usual=scores.usual_at(middle(epochs["speed_mps"][epochs.scored]), case),
        scores=values,
        unjudged=_unjudged([letter for letter, score in values.items() if score.value is None], why, case),
        pace_profile=bands,
        shuffle_onset=profile.shuffle_onset(bands, epochs, case),
        slow=slow,
        vr_split=profile.vr_split(epochs, case),
        balance=profile.balance(epochs, epochs.scored, case),
        fade=fade.fade(epochs, run.table.covered_s, case),
    )
    if at is None:
        return facts
    evidence = scores.evidence(at, epochs.scored, case)
    found = scores.findings(at.posterior, result.Scope.RUN, rules, evidence)
    steps = at.posterior.basis is Basis.STEPS
    return facts.replace(
        posterior=at.posterior,
        findings=found + _slow_findings(run, at, slow.speed_mps, {one.pattern: one.certainty for one in found}),
        ruled_out=posterior.ruled_out(at.posterior, rules),
        odds_range=posterior.odds_range(at.measurement, at.scale, rules) if steps else {},
        knee=posterior.knee(at.posterior, height_known=case.runner.height_m is not None, rules=rules),
    )


def _slow_findings(
    run: Run, at: Standing, slow_mps: float | None, said: Mapping[Pattern, Certainty]
) -> tuple[result.Finding, ...]:
    """What the slow part is likely to be and the run, of which `said` is named, less surely; if slower by enough."""
    rules = run.case.method.profile
    if slow_mps is None:
        return ()
    where = run.epochs.scored & (run.epochs["speed_mps"] <= slow_mps)
    part = scores.standing(run.epochs, where, rules.contrast_epochs, run.case)
    if part is None or at.scale.speed_mps - part.scale.speed_mps < rules.contrast_gap_mps:
        return ()
    sure = list(Certainty)  # the surest first
    # That nothing stands out is said of the slow part only where something does in the run.
    evidence = scores.evidence(part, where, run.case)
    return tuple(
        one
        for one in scores.findings(part.posterior, result.Scope.SLOW, run.case.method.posterior, evidence)
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


def _unjudged(letters: list[str], reasons: Mapping[str, str], case: Case) -> tuple[result.Unjudged, ...]:
    """What a runner might expect and does not get, by reason; letters: the scores without a value."""
    why = [(SAID_OF[letter][0], reasons[letter]) for letter in letters]
    if not case.speed_trusted:
        why.append(("step length", SPEED_UNMEASURED))
    if case.reference.measures_contact and not case.speed_trusted:
        why.append(("contact time, duty factor and bounce", OWN_BASELINE))
    if case.reference.name is SensorClass.GARMIN_WRIST:
        why.append(("contact time, oscillation and vertical ratio", result.ESTIMATE))
    if case.reference.measures_contact and case.speed_trusted:
        if case.runner.height_m is None:
            why.append(("stance sweep angle and leg stiffness", "the runner's height is not known"))
        elif case.runner.mass_kg is None:
            why.append(("leg stiffness", "the runner's mass is not known"))
    by_reason: dict[str, list[str]] = {}
    for what, reason in why:
        by_reason.setdefault(reason, []).append(what)
    return tuple(result.Unjudged(what="; ".join(whats), reason=reason) for reason, whats in by_reason.items())


def unscored(case: Case, status: result.Status, reason: str, run: Run | None = None) -> result.Analysis:
    """What was measured, and no judgement; without samples there is no run, and averages at most."""
    facts = _facts(case, run)
    over, metrics = _metrics_over(run) if run else (result.Over.NOTHING, {})
    if status is result.Status.NOT_A_RUN:
        # Cadence of a bicycle is no cadence of steps.
        metrics = {key: value for key, value in metrics.items() if key in NOT_OF_STEPS}
        facts = facts.replace(accelerations=())
    elif run:
        facts = facts.replace(balance=profile.balance(run.epochs, run.gated.running, case))
    if not metrics:  # those of the session; n is 0, as they come from no epoch
        said = {key: value for key, value in case.activity.averages.items() if key in METRICS and np.isfinite(value)}
        metrics = {key: result.Spread(median=value, p10=value, p90=value, n=0) for key, value in said.items()}
        over = result.Over.SESSION if metrics or run else result.Over.NOTHING
    return facts.replace(
        status=status,
        status_reason=reason,
        metrics=metrics,
        metrics_over=over,
        # Scores are dropped even where a few epochs had one: nine epochs are no verdict.
        scores=scores.scores_of(None, dict.fromkeys(scores.LETTERS, reason)),
        unjudged=(result.Unjudged(what="running form", reason=reason),),
        slow=result.Slow(reason=reason),
        fade=result.Fade(reason=reason),
    )


def _facts(case: Case, run: Run | None) -> result.Analysis:
    """The facts of the file, and of its samples what was counted and what was left out; nothing is judged."""
    activity, channels = case.activity, {}
    for name, values in activity.samples.present().items():
        count = int(np.isfinite(values).sum())
        # Records without a usable time count as well: coverage is of what was recorded.
        share = count / max(activity.records, len(values), 1)
        channels[name] = result.ChannelSummary(coverage=share, median=middle(values) if count else None)
    facts = result.Analysis(
        activity=activity,
        runner=case.runner,
        method=case.method,
        provenance=case.reference.name,
        provenance_reason=case.sensor_reason,
        reference=case.reference,
        surface=case.surface,
        instead_of=case.instead_of,
        quality=result.Quality(notes=(*activity.notes, *case.notes)),
        channels=channels,
    )
    if run is None:
        return facts
    words, counts = np.unique(run.gated.reason[run.gated.reason != ""], return_counts=True)
    quality = facts.quality.replace(
        epochs_total=len(run.epochs),
        epochs_scored=int(run.epochs.scored.sum()),
        excluded=dict(zip(words.tolist(), counts.tolist(), strict=True)),
        coverage={name: float(np.mean(np.isfinite(run.epochs[name]))) for name in METRICS},
        notes=(*facts.quality.notes, *_own_notes(run)),
    )
    return facts.replace(quality=quality, accelerations=accelerations(run), epochs=run.epochs)


def _own_notes(run: Run) -> list[Note]:
    case, gated, scored = run.case, run.gated, run.epochs.scored
    texts: list[tuple[str, str]] = []
    # What was taken out of epochs that still count for the rest: their gate is in no count of what was not scored.
    for name, mask in gated.doubts.items():
        if not case.by_steps and (count := int((mask & scored).sum())):
            out = "contact time or oscillation was left out of half-minutes scored for the rest"
            texts.append(("left_out", f"{out} ({count} of them): {GATES[name]}"))
    ratio = gated.columns["step_length_said"] / gated.columns["step_length_m"]
    off = np.abs(ratio[np.isfinite(ratio)] - 1.0) > case.method.plausible.step_mismatch
    if off.sum() > 0.5 * len(off):  # in most epochs: worth a note, never a gate
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


def spread(values: Array) -> result.Spread | None:
    """Median, 10th and 90th percentile of what is there; None where nothing is."""
    there = values[np.isfinite(values)]
    if not len(there):
        return None
    p10, median, p90 = np.percentile(there, (10, 50, 90)).tolist()
    return result.Spread(median=median, p10=p10, p90=p90, n=len(there))


def spreads(columns: Mapping[str, Array], where: Mask, case: Case) -> dict[str, result.Spread]:
    """The metrics over some epochs (or seconds). Without a measured speed nothing that is computed from it is shown."""
    keys = [key for key in METRICS if key in columns and (case.speed_trusted or key not in FROM_SPEED)]
    found = {key: spread(columns[key][where]) for key in keys}
    return {key: value for key, value in found.items() if value is not None}


def _metrics_over(run: Run) -> tuple[result.Over, Mapping[str, result.Spread]]:
    """Metrics over running epochs; over all epochs where nobody ran; over seconds where a file is too short for any."""
    everywhere = np.ones(len(run.epochs), dtype=np.bool_)
    for over, where in ((result.Over.RUNNING, run.gated.running), (result.Over.ALL, everywhere)):
        if found := spreads(run.epochs.columns, where, run.case):
            return over, found
    stream, missing = run.stream, np.full(len(run.stream.time_s), np.nan)
    seconds = {name: stream.columns.get(name, missing) for name in epochs.MEASURED} | {"grade": run.seconds.grade}
    derived = epochs.derived(seconds, run.case.runner, run.case.method)
    return result.Over.SECONDS, spreads(derived, np.ones(len(missing), dtype=np.bool_), run.case)


def accelerations(run: Run) -> tuple[result.Acceleration, ...]:
    """The bursts out of running, with their own numbers. Setting off from a walk or a stand is not one of them."""
    case, stream, seconds = run.case, run.stream, run.seconds
    speed, cadence = stream.columns.get("speed_mps"), stream.columns.get("cadence_spm")
    if speed is None or cadence is None or not case.speed_trusted:
        return ()
    stance = stream.columns.get("stance_time_s", np.full_like(speed, np.nan))
    rules, slowest = case.method.steady, case.method.plausible.speed_min_mps
    smooth = sliding_mean(speed, rules.burst_smoothing_s)
    # Whoever sets off after a traffic light accelerates too, from standing.
    unsettled = seconds.start | seconds.pause
    found = []
    for start, end in runs_of(seconds.burst):
        before, within = cadence[max(start - rules.burst_before_s, 0) : start], cadence[start:end]
        # A gain of speed that the feet know nothing of is a position which jumped, and nobody accelerated.
        quickens = np.fmax.reduce(within, initial=-np.inf) - middle(before) >= rules.burst_cadence_spm
        paces = smooth[start:end][np.isfinite(smooth[start:end])]
        # A burst that touches a pause is setting off again; cutting it there would leave a piece that gains nothing.
        if unsettled[start:end].any() or not quickens or not len(paces):
            continue
        if paces[0] < slowest or np.max(paces) > rules.fastest_mps:
            continue
        steps, contact = spread(within), spread(stance[start:end])
        found.append(
            result.Acceleration(
                start_s=float(stream.time_s[start]),
                end_s=float(stream.time_s[end - 1] + 1.0),
                from_mps=float(paces[0]),
                to_mps=float(np.max(paces)),
                cadence_spm=steps.median if steps else None,
                stance_time_s=contact.median if contact else None,
            )
        )
    return tuple(found)
