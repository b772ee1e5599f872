"""The spoken parts of a run's report. Each takes analysis and style and returns lines, none where it has nothing."""

from __future__ import annotations

from functools import partial

from kneedrive.findings import Analysis, Change, Fade
from kneedrive.report import verdict, view, words
from kneedrive.report.layout import ends, flow, heading
from kneedrive.report.style import Style

_GAP = "   "
_COMPUTED = "garmin_wrist"
_SHORT_BURSTS = 6  # so many accelerations are listed one by one


def title(analysis: Analysis, style: Style) -> list[str]:
    """When, how far, how long, how fast; device and sensor."""
    activity = analysis.activity
    length, seconds = activity.distance_m, activity.duration_s
    pieces = [view.start(activity.started_at, activity.utc_offset_s)]
    if length:
        pieces.append(view.distance(length, miles=style.miles))
    pieces.append(view.clock(seconds))
    if length and seconds:
        pieces.append(view.pace(length / seconds, miles=style.miles))
    device = view.device(activity.device) if activity.device.maker or activity.device.product else ""
    surface = "indoors or on a treadmill" if analysis.surface == "indoor" else ""
    faint = ", ".join(piece for piece in (device, words.PROVENANCE[analysis.provenance], surface) if piece)
    return [
        style.paint.apply("strong", line) for line in flow(_GAP.join(pieces).replace(" ", view.TIE), style, indent=0)
    ] + [style.paint.apply("faint", line) for line in flow(faint, style, indent=0)]


def judgement(analysis: Analysis, style: Style) -> list[str]:
    """The verdict with its confidence, and what it means."""
    role = _role(analysis)
    head = flow(verdict.headline(analysis) + ".", style, indent=0)
    lines = [style.paint.apply(role, line) for line in head]
    if analysis.findings:
        spoken = verdict.slow_finding(analysis) or verdict.run_finding(analysis)
        sure = style.spell(verdict.confidence(spoken)).replace(view.TIE, " ")
        lines = [*lines[:-1], *ends(lines[-1], style.paint.apply("faint", sure), style)]
    for sentence in verdict.sentences(analysis, miles=style.miles):
        lines += flow(sentence, style, indent=0)
    return lines


def _role(analysis: Analysis) -> str:
    if not analysis.findings:
        return "strong"
    spoken = verdict.slow_finding(analysis) or verdict.run_finding(analysis)
    return words.LABELS[spoken.label].role or "strong"


def bounce(analysis: Analysis, style: Style) -> list[str]:
    """The piston score, torso bounce and the exact split of the vertical ratio."""
    piston, torso = analysis.scores.P, analysis.scores.K
    said = []
    if piston.value is not None:
        shown = view.with_error(piston.value, piston.se)
        said.append(f"{_bounce_words(piston.value, analysis.method.labels.score)} (P{view.TIE}{shown}).")
    elif bounce_unknown(analysis):
        said.append(f"Bounce unknown: {piston.reason.rstrip('.')}.")
    if torso.value is not None:
        said.append(f"Torso bounce beyond the timing of the feet: {view.with_error(torso.value, torso.se)} spreads.")
    lines = [line for sentence in said for line in flow(sentence, style)] + _vr_split(analysis, style)
    return [*heading("Up and down", style), *lines] if lines else []


def said_already(analysis: Analysis) -> set[str]:
    """Reasons that the verdict or the part about bounce has given, so that no other part repeats them."""
    said = {analysis.status_reason} if analysis.findings else {analysis.status_reason, analysis.scores.D.reason}
    return said | ({analysis.scores.P.reason} if bounce_unknown(analysis) else set())


def bounce_unknown(analysis: Analysis) -> bool:
    """Whether drive is judged and bounce is not."""
    return analysis.scores.D.value is not None and analysis.scores.P.value is None


def _bounce_words(piston: float, bound: float) -> str:
    if piston >= bound:
        return "More up and down than your steps call for"
    if piston <= -bound:
        return "Less up and down than your steps would allow"
    return "About as much up and down as your steps call for"


def _vr_split(analysis: Analysis, style: Style) -> list[str]:
    split = analysis.vr_split
    if split is None:
        return []
    parts = (
        f"{view.change_percent(split.ln_T)} from the time of a step, {view.change_percent(split.ln_B)} from the share "
        f"of air in it, {view.change_percent(split.ln_k)} from torso bounce that timing does not explain"
    )
    return flow(f"Vertical ratio against usual: {view.change_percent(split.ln_VR)}, made of {parts}.", style)


def slow_running(analysis: Analysis, style: Style) -> list[str]:
    """Shuffle-onset pace and the share of slow running almost without flight."""
    said = [text for text in (_onset(analysis, style), _flight_share(analysis, style)) if text]
    if not said:
        return []
    return [*heading("When slow", style), *(line for text in said for line in flow(text, style))]


def _onset(analysis: Analysis, style: Style) -> str:
    onset = analysis.shuffle_onset
    if onset.verdict == "at" and onset.speed_mps:
        return f"Shuffle-like from {view.pace(onset.speed_mps, miles=style.miles)} downwards: your shuffle-onset pace."
    return {
        "every": "Shuffle-like at every pace of this run, so no pace can be named where it begins.",
        "none": "No pace of this run is shuffle-like.",
    }.get(onset.verdict, "")


def _flight_share(analysis: Analysis, style: Style) -> str:
    slow = analysis.slow
    if slow.share_flight_under_40ms is None or slow.speed_mps is None:
        return ""
    limit = view.quantity("flight_time_s", analysis.method.profile.short_flight_s)
    apart = view.quantity("stance_time_s", analysis.method.profile.maker_gap_s)
    share = view.percent(slow.share_flight_under_40ms) if slow.share_flight_under_40ms else "none"
    return (
        f"At {view.pace(slow.speed_mps, miles=style.miles)} and slower, {share} of the running had less than {limit} "
        f"in the air per step (makers read about {apart} apart)."
    )


def fade(analysis: Analysis, style: Style) -> list[str]:
    """Late against early at the same speed; no change is a result."""
    found = analysis.fade
    if found.verdict == "not enough":
        if not found.reason or found.reason in said_already(analysis):
            return []
        lines = flow(f"Not compared: {found.reason.rstrip('.')}.", style)
    elif found.verdict == "changed":
        lines = _faded(found, style)
    else:
        lines = flow(f"No change that can be told from noise, over {_pairs(found, style)}.", style)
    return [*heading("Within the run", style, "last third against first, same speed"), *lines]


def _pairs(found: Fade, style: Style) -> str:
    at = f" around {view.pace(found.speed_mps, miles=style.miles)}" if found.speed_mps else ""
    return view.plural(found.pairs, "pair") + f" of half-minutes{at}"


def _faded(found: Fade, style: Style) -> list[str]:
    """A line per notable change, its 95 % interval in brackets."""
    moved = [flow(_moved(key, change), style, indent=4) for key, change in found.changes.items() if change.notable]
    opening = f"At the same speed, over {_pairs(found, style)} (95 % interval in brackets):"
    return [
        *flow(opening, style),
        *(line for lines in moved for line in lines),
        *flow("A habit needs three runs.", style),
    ]


def _moved(key: str, change: Change) -> str:
    rose, fell = words.FADED[key]
    shown = view.change_percent if key == "ln_k" else partial(view.difference, key)
    low, high = _bare(shown(change.low)), _bare(shown(change.high))
    by = shown(change.difference).lstrip("+-")
    return f"{rose if change.difference > 0 else fell} by {by} ({low} to {high})"


def _bare(text: str) -> str:
    """A quantity without its unit."""
    return text.split(view.TIE, maxsplit=1)[0]


def accelerations(analysis: Analysis, style: Style) -> list[str]:
    """Bursts that were kept out of every score."""
    bursts = analysis.accelerations
    if not bursts:
        return []
    head = heading("Accelerations", style, "not judged: picking up speed is piston-like in everybody")
    said = [
        f"{view.clock(burst.start_s)} ({view.bare_pace(burst.from_mps, miles=style.miles)} to "
        f"{view.pace(burst.to_mps, miles=style.miles)})"
        for burst in bursts[:_SHORT_BURSTS]
    ]
    rest = len(bursts) - len(said)
    text = f"{len(bursts)} found, at " + ", ".join(said) + (f" and {rest} more" if rest else "") + "."
    return [*head, *flow(text.replace(" to ", f"{view.TIE}to{view.TIE}").replace(" (", f"{view.TIE}("), style)]


def balance(analysis: Analysis, style: Style) -> list[str]:
    """Left and right: a number, never a diagnosis."""
    found = analysis.balance
    if found is None:
        return []
    left, right = view.percent(found.left, 1), view.percent(1 - found.left, 1)
    text = (
        f"Left {left}, right {right} of the contact time; {view.percent(found.same_side)} of the half-minutes lean to "
        "the same side. One run is a number; whether it is a constant difference takes several."
    )
    return [*heading("Left and right", style), *flow(text, style)]
