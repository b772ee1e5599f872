"""What a report of one run says beside its pictures, as whole sentences; the terminal wraps them, the page sets them.

Each function takes the analysis and returns sentences, none where it has nothing to say.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from kneedrive.findings import Analysis, Change, Fade, Unjudged
from kneedrive.report import verdict, view, words

_SHUFFLING = ("shuffle-like", "short-bounce")
SHORT_BURSTS = 6  # so many accelerations are listed one by one


class Facts(NamedTuple):
    """When, how far, how long and how fast; and what recorded it."""

    run: tuple[str, ...]
    source: str


def facts(analysis: Analysis, *, miles: bool) -> Facts:
    """The head of a report."""
    activity = analysis.activity
    length, seconds = activity.distance_m, activity.duration_s
    pieces = [view.start(activity.started_at, activity.utc_offset_s)]
    if length:
        pieces.append(view.distance(length, miles=miles))
    pieces.append(view.clock(seconds))
    if length and seconds:
        pieces.append(view.pace(length / seconds, miles=miles))
    device = view.device(activity.device) if activity.device.maker or activity.device.product else ""
    surface = "indoors or on a treadmill" if analysis.surface == "indoor" else ""
    powered = words.STRAVA_CREDIT if activity.format == "strava" else ""
    named = (device, words.PROVENANCE[analysis.provenance], surface, powered)
    return Facts(tuple(pieces), ", ".join(piece for piece in named if piece))


def bounce(analysis: Analysis) -> list[str]:
    """How far the torso goes up and down, the piston and torso scores, and what the vertical ratio is made of."""
    if analysis.scores.P.value is None:
        unknown = bounce_unknown(analysis)
        return [f"Bounce unknown: {analysis.scores.P.reason.rstrip('.')}."] if unknown else []
    said = [_rise(analysis), _piston(analysis), _torso(analysis), _vr_split(analysis)]
    return [text for text in said if text]


def _rise(analysis: Analysis) -> str:
    """Oscillation in centimetres beside what is usual at the speed, and for steps like the runner's own."""
    key, usual = "vertical_oscillation_m", analysis.usual
    medians = {name: spread.median for name, spread in analysis.metrics.items()}
    due = verdict.called_for(medians, usual)
    if key not in medians or due is None:
        return ""
    return (
        f"Each step takes you {view.quantity(key, medians[key])} up and down. Usual at this speed is "
        f"{view.value(key, usual[key])}, and {view.value(key, due)} for steps as long as yours."
    )


def _piston(analysis: Analysis) -> str:
    """P beside the two parts that it weighs against each other, each in spreads."""
    piston, parts = analysis.scores.P, analysis.scores.z
    if piston.value is None:
        return ""
    shown = f"P{view.TIE}{view.with_error(piston.value, piston.se)}"
    judged = _bounce_words(piston.value, analysis.method.labels.score)
    if "bouncy" in _noted(analysis):
        judged += "; much bounce that goes with long steps is a note, no verdict"
    if not {"zB", "zSL"} <= parts.keys():
        return f"Bounce for the length of the step (piston score {shown}): {judged}."
    return (
        f"Counted in spreads (1 is as far as runners at one speed usually lie apart), bounce for steps like yours is "
        f"{view.score(parts['zB'])} from usual, the length of the step {view.score(parts['zSL'])}. What bounce has "
        f"over length is the piston score, {shown}: {judged}."
    )


def _noted(analysis: Analysis) -> set[str]:
    """What is noted beside the label of the whole run."""
    return {word for finding in analysis.findings if finding.scope == "run" for word in finding.qualifiers}


def _torso(analysis: Analysis) -> str:
    """K, in the words of the bounds that the labels have for it."""
    torso, rules = analysis.scores.K, analysis.method.labels
    if torso.value is None:
        return ""
    # Less than usual counts early only beside drive, where it was noted.
    least = rules.torso_quiet if "quiet torso" in _noted(analysis) else -rules.score
    size = "about as much as"
    if torso.value >= rules.torso_extra:
        size = "more than"
    elif torso.value <= least:
        size = "less than"
    shown = view.with_error(torso.value, torso.se)
    return f"Torso bounce: {size} the timing of your feet explains (K{view.TIE}{shown})."


def bounce_unknown(analysis: Analysis) -> bool:
    """Whether drive is judged and bounce is not."""
    return analysis.scores.D.value is not None and analysis.scores.P.value is None


def _bounce_words(piston: float, bound: float) -> str:
    if piston >= bound:
        return "more bounce than goes with steps of that length"
    if piston <= -bound:
        return "less bounce than goes with steps of that length"
    return "the two are near balance"


def _vr_split(analysis: Analysis) -> str:
    split = analysis.vr_split
    if split is None:
        return ""
    parts = (
        f"{view.from_ln(split.ln_T)} (the time of a step), {view.from_ln(split.ln_B)} (the share of air in it) and "
        f"{view.from_ln(split.ln_k)} (torso bounce)"
    )
    whole = view.from_ln(split.ln_VR)
    return f"The vertical ratio, up and down per length of step, is {whole} times usual: {parts} multiplied, rounded."


def slow_running(analysis: Analysis, *, miles: bool) -> list[str]:
    """Shuffle-onset pace and the share of slow running almost without flight."""
    return [text for text in (_onset(analysis, miles=miles), _flight_share(analysis, miles=miles)) if text]


def _onset(analysis: Analysis, *, miles: bool) -> str:
    onset = analysis.shuffle_onset
    if onset.verdict == "at" and onset.speed_mps:
        return f"Shuffle-like from {view.pace(onset.speed_mps, miles=miles)} downwards: your shuffle-onset pace."
    if onset.verdict == "none" and any(band.label in _SHUFFLING for band in analysis.pace_profile):
        return "Some pace of this run looks shuffle-like, but not surely and not all slower ones: no pace is named."
    return {
        "every": "Shuffle-like at every pace of this run, so no pace can be named where it begins.",
        "none": "No pace of this run stands out as shuffle-like.",
    }.get(onset.verdict, "")


def _flight_share(analysis: Analysis, *, miles: bool) -> str:
    slow = analysis.slow
    if slow.share_flight_under_40ms is None or slow.speed_mps is None:
        return ""
    limit = view.quantity("flight_time_s", analysis.method.profile.short_flight_s)
    apart = view.quantity("stance_time_s", analysis.method.profile.maker_gap_s)
    share = view.percent(slow.share_flight_under_40ms) if slow.share_flight_under_40ms else "none"
    return (
        f"At {view.pace(slow.speed_mps, miles=miles)} and slower, {share} of the running had less than {limit} "
        f"in the air per step. Sensors of different makers differ by about {apart} in that."
    )


class Faded(NamedTuple):
    """An opening, a line for each notable change, and a closing word."""

    opening: str
    changes: tuple[str, ...] = ()
    closing: str = ""


def fade(analysis: Analysis, *, miles: bool) -> Faded | None:
    """Late against early at the same speed; no change is a result. None where it need not be mentioned."""
    found = analysis.fade
    if found.verdict == "not enough":
        said = bool(found.reason) and found.reason not in said_already(analysis)
        return Faded(f"Not compared: {found.reason.rstrip('.')}.") if said else None
    if found.verdict != "changed":
        return Faded(f"No change that can be told from noise, over {_pairs(found, miles=miles)}.")
    return Faded(
        f"At the same speed, over {_pairs(found, miles=miles)}. {_range(found)}:",
        tuple(_moved(key, change) for key, change in found.changes.items() if change.notable),
        "A habit needs three runs.",
    )


def _pairs(found: Fade, *, miles: bool) -> str:
    at = f" around {view.pace(found.speed_mps, miles=miles)}" if found.speed_mps else ""
    return view.plural(found.pairs, "pair") + f" of half-minutes{at}"


def _range(found: Fade) -> str:
    return f"The range in brackets holds the true change {view.times_in_100(found.level)}"


def _moved(key: str, change: Change) -> str:
    rose, fell = words.FADED[key]
    shown = view.change_percent if key == "ln_k" else partial(view.difference, key)
    low, high = _bare(shown(change.low)), _bare(shown(change.high))
    by = shown(change.difference).lstrip("+-")
    return f"{rose if change.difference > 0 else fell} by {by} ({low} to {high})"


def _bare(text: str) -> str:
    """A quantity without its unit."""
    return text.split(view.TIE, maxsplit=1)[0]


def accelerations(analysis: Analysis, *, miles: bool) -> list[str]:
    """Bursts that were kept out of every score."""
    bursts = analysis.accelerations
    if not bursts:
        return []
    said = [
        f"{view.clock(burst.start_s)} ({view.bare_pace(burst.from_mps, miles=miles)} to "
        f"{view.pace(burst.to_mps, miles=miles)})"
        for burst in bursts[:SHORT_BURSTS]
    ]
    rest = len(bursts) - len(said)
    text = f"{len(bursts)} found, at " + ", ".join(said) + (f" and {rest} more" if rest else "") + "."
    return [text.replace(" to ", f"{view.TIE}to{view.TIE}").replace(" (", f"{view.TIE}(")]


def balance(analysis: Analysis) -> list[str]:
    """Left and right: a number, never a diagnosis."""
    found = analysis.balance
    if found is None:
        return []
    left, right = view.percent(found.left, 1), view.percent(1 - found.left, 1)
    return [
        f"Left {left}, right {right} of the contact time; {view.percent(found.same_side)} of the half-minutes lean to "
        "the same side. One run is a number; whether it is a constant difference takes several."
    ]


def said_already(analysis: Analysis) -> set[str]:
    """Reasons that the verdict or the part about bounce has given, so that no other part repeats them."""
    said = {analysis.status_reason} if analysis.findings else {analysis.status_reason, analysis.scores.D.reason}
    return said | ({analysis.scores.P.reason} if bounce_unknown(analysis) else set())


def left_out(analysis: Analysis) -> list[str]:
    """How much was scored, what was not and why, what is not judged, what was corrected."""
    quality = analysis.quality
    text = f"{_number_of(quality.epochs_scored)} of {view.plural(quality.epochs_total, 'half-minute')} scored."
    gates = sorted(quality.excluded.items(), key=lambda item: (-item[1], item[0]))
    if gates:
        text += " Not scored: " + ", ".join(f"{count}{view.TIE}{gate_words(gate)}" for gate, count in gates) + "."
    said = [text] if quality.epochs_total else []
    said += [f"{capital(item.what)}: {item.reason.rstrip('.')}." for item in _still_to_say(analysis)]
    return said + [f"{capital(view.clean(note.text, 200).rstrip('.'))}." for note in quality.notes]


def _still_to_say(analysis: Analysis) -> list[Unjudged]:
    """What is not judged, but for reasons that stand further up already."""
    said = said_already(analysis)
    return [item for item in analysis.unjudged if item.reason not in said]


def _number_of(count: int) -> str:
    return view.number(count) if count else "None"


def gate_words(gate: str) -> str:
    """A gate's reason in plain words."""
    return words.GATES.get(gate, gate)


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]


def limits(analysis: Analysis) -> list[str]:
    """What a watch cannot know, and which sensor would let it say more."""
    if analysis.status in ("not a run", "walk"):
        return []
    # What Strava leaves out says nothing about the sensor that was worn.
    if analysis.activity.format == "strava":
        more = "" if analysis.findings else words.STRAVA_STREAM
    else:
        more = words.MORE[analysis.provenance] or (words.HISTORY_HELPS if analysis.findings else "")
    said = [words.KNEE, more]
    if analysis.findings and analysis.runner.height_m is None:
        said.append(words.NO_HEIGHT)
    return [text for text in said if text]
