"""The parts of a run's report. Each takes the analysis and the style and returns lines, none where it has nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from kneedrive.channels import CHANNELS
from kneedrive.findings import Analysis, Change, Fade, PaceBand, Unjudged
from kneedrive.report import verdict, view, words
from kneedrive.report.layout import INDENT, ends, flow, heading, table
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


BAND_COLUMNS = (
    "cadence_spm",
    "stance_time_s",
    "step_length_m",
    "flight_time_s",
    "vertical_oscillation_m",
    "vertical_ratio",
)
_HEADS = {
    "cadence_spm": ("cadence", "/min"),
    "stance_time_s": ("contact", "ms"),
    "step_length_m": ("step", "m"),
    "flight_time_s": ("air", "ms"),
    "vertical_oscillation_m": ("bounce", "cm"),
    "vertical_ratio": ("ratio", "%"),
}
_ROOMY = 72  # columns from which the slash between yours and usual gets its blanks


def numbers(analysis: Analysis, style: Style) -> list[str]:
    """Metrics by pace band against what is usual at that speed; over the whole run where there are no bands."""
    if not analysis.pace_profile:
        return _run_numbers(analysis, style)
    shown = [key for key in BAND_COLUMNS if any(key in band.metrics for band in analysis.pace_profile)]
    rows = [["pace", *(_HEADS[key][0] for key in shown)]]
    rows.append([view.pace_unit(miles=style.miles), *(_HEADS[key][1] for key in shown)])
    between = " / " if style.columns >= _ROOMY else "/"
    for band in reversed(analysis.pace_profile):
        cells = [_against(key, band, between) for key in shown]
        rows.append([view.bare_pace(band.speed_mps, miles=style.miles), *cells])
    remark = "yours / usual at that speed"
    return [
        *heading("Numbers by pace", style, remark),
        *table(rows, style, heads=2),
        *_estimate_remark(analysis, style),
    ]


def _against(key: str, band: PaceBand, between: str) -> str:
    """ "306 / 291", or the value alone where nothing is known to be usual."""
    found, usual = band.metrics.get(key), band.usual.get(key)
    if found is None or usual is None:
        return view.value(key, found)
    return f"{view.value(key, found)}{between}{view.value(key, usual)}"


def _run_numbers(analysis: Analysis, style: Style) -> list[str]:
    rows = [["", "median", "mostly", "usual"]]
    for key, spread in analysis.metrics.items():
        if key in ("speed_mps", "distance_m", "altitude_m") or not spread.n:
            continue
        usual = view.quantity(key, analysis.usual[key]) if key in analysis.usual else ""
        between = f"{view.value(key, spread.p10)}–{view.value(key, spread.p90)}"
        rows.append([CHANNELS[key].name, view.quantity(key, spread.median), between, usual])
    if len(rows) == 1:
        return _averages(analysis, style)
    if not analysis.usual:
        rows = [row[:-1] for row in rows]
    remark = f"over {analysis.metrics_over}" if analysis.metrics_over else ""
    return [*heading("What was measured", style, remark), *table(rows, style), *_estimate_remark(analysis, style)]


def _averages(analysis: Analysis, style: Style) -> list[str]:
    """Session averages of a file without samples."""
    known = {key: amount for key, amount in analysis.activity.averages.items() if key in view.SHOWN}
    if not known:
        return []
    rows = [["", "average"], *([CHANNELS[key].name, view.quantity(key, known[key])] for key in known)]
    return [*heading("What the file says", style, "averages of the whole activity"), *table(rows, style)]


def _estimate_remark(analysis: Analysis, style: Style) -> list[str]:
    if analysis.provenance != _COMPUTED:
        return []
    remark = "Contact, air, oscillation and ratio are the watch’s estimate from speed and cadence, not measurements."
    return flow(remark, style)


def bounce(analysis: Analysis, style: Style) -> list[str]:
    """The piston score, torso bounce and the exact split of the vertical ratio."""
    if analysis.scores.P.value is None and analysis.vr_split is None:
        return []
    said = []
    piston, torso = analysis.scores.P, analysis.scores.K
    if piston.value is not None:
        said.append(f"{_bounce_words(piston.value)} (P {view.with_error(piston.value, piston.se)}).")
    if torso.value is not None:
        said.append(f"Torso bounce beyond the timing of the feet: {view.with_error(torso.value, torso.se)} spreads.")
    lines = [line for sentence in said for line in flow(sentence, style)]
    return [*heading("Up and down", style), *lines, *_vr_split(analysis, style)]


def _bounce_words(piston: float) -> str:
    if piston >= 1:
        return "More up and down than your steps call for"
    if piston <= -1:
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
    share = view.percent(slow.share_flight_under_40ms)
    return (
        f"At {view.pace(slow.speed_mps, miles=style.miles)} and slower, {share} of the running had less than {limit} "
        f"in the air per step (makers read about {apart} apart)."
    )


def fade(analysis: Analysis, style: Style) -> list[str]:
    """Late against early at the same speed; no change is a result."""
    found = analysis.fade
    if found.verdict == "not enough":
        if not found.reason or analysis.status != "assessed":
            return []
        text = f"Not compared: {found.reason.rstrip('.')}."
    elif found.verdict == "changed":
        text = _faded(found, style)
    else:
        text = f"No change that can be told from noise, over {_pairs(found, style)}."
    return [*heading("Within the run", style, "last third against first, same speed"), *flow(text, style)]


def _pairs(found: Fade, style: Style) -> str:
    at = f" around {view.pace(found.speed_mps, miles=style.miles)}" if found.speed_mps else ""
    return view.plural(found.pairs, "pair") + f" of half-minutes{at}"


def _faded(found: Fade, style: Style) -> str:
    moved = [_moved(key, change) for key, change in found.changes.items() if change.notable]
    return f"At the same speed {', '.join(moved)}; {_pairs(found, style)}. A habit needs three runs."


def _moved(key: str, change: Change) -> str:
    rose, fell = words.FADED.get(key, (f"{CHANNELS[key].name} rose", f"{CHANNELS[key].name} fell"))
    shown = view.change_percent if key == "ln_k" else partial(view.difference, key)
    low, high = _bare(shown(change.low)), _bare(shown(change.high))
    by = shown(change.difference).lstrip("+-")
    return f"{rose if change.difference > 0 else fell} by {by} (between {low} and {high})"


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


def left_out(analysis: Analysis, style: Style) -> list[str]:
    """How much was scored, what was not and why, what was corrected, what is not judged."""
    quality = analysis.quality
    text = f"{number_of(quality.epochs_scored)} of {view.plural(quality.epochs_total, 'half-minute')} scored."
    gates = sorted(quality.excluded.items(), key=lambda item: (-item[1], item[0]))
    if gates:
        text += " Not scored: " + ", ".join(f"{count}{view.TIE}{gate_words(gate)}" for gate, count in gates) + "."
    lines = flow(text, style) if quality.epochs_total else []
    for item in _still_to_say(analysis):
        lines += flow(f"{_capital(item.what)}: {item.reason.rstrip('.')}.", style, hang=2)
    for note in quality.notes:
        lines += flow(f"{_capital(view.clean(note.text, 200).rstrip('.'))}.", style, hang=2)
    return [*heading("What was left out, and why", style), *lines] if lines else []


def _still_to_say(analysis: Analysis) -> list[Unjudged]:
    """What is not judged, but for the reason that the verdict has given already."""
    return [item for item in analysis.unjudged if item.reason != analysis.status_reason]


def number_of(count: int) -> str:
    """A count, or "none"."""
    return view.number(count) if count else "None"


def gate_words(gate: str) -> str:
    """A gate's reason in plain words."""
    return words.GATES.get(gate, gate)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def limits(analysis: Analysis, style: Style) -> list[str]:
    """What a watch cannot know, and which sensor would let it say more."""
    if analysis.status == "not a run":
        return []
    more = words.MORE[analysis.provenance]
    if not more and analysis.status == "assessed":
        more = words.HISTORY_HELPS
    said = [words.KNEE, more]
    if analysis.findings and analysis.runner.height_m is None:
        said.append(words.NO_HEIGHT)
    return [*heading("What a watch cannot know", style), *(line for text in said for line in flow(text, style))]


_NEXT = (
    ("kneedrive analyze FILE --explain", "every number, formula and source"),
    ("kneedrive doctor FILE", "what the file holds"),
    ("kneedrive import FILE", "start your own history"),
)


def next_steps(analysis: Analysis, style: Style) -> list[str]:
    """Commands to go on with."""
    return [*heading("Next", style), *commands(_NEXT if analysis.findings else _NEXT[1:2], style)]


def commands(rows: Sequence[tuple[str, str]], style: Style) -> list[str]:
    """Commands and what they do, in two columns, or below one another where the width is small."""
    width = max(len(command) for command, _ in rows)
    narrow = any(INDENT + width + len(_GAP + what) > style.columns for _, what in rows)
    between = "\n" + " " * INDENT * 2 if narrow else _GAP
    filled = [(command if narrow else f"{command:<{width}}", style.spell(what)) for command, what in rows]
    lines = [f"{' ' * INDENT}{command}{between}{style.paint.apply('faint', what)}" for command, what in filled]
    return "\n".join(lines).split("\n")
