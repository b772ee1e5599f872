"""What --full adds to the first screen of a run: odds, numbers by pace, bounce, slow running, fade, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kneedrive.analysis.gates import SHORT
from kneedrive.analysis.result import ESTIMATE, Analysis, Change, FadeVerdict, PaceBand
from kneedrive.patterns import PATTERNS
from kneedrive.quantities import CHANNELS
from kneedrive.report import numbers, odds
from kneedrive.report import words as said
from kneedrive.report.blocks import (
    Block,
    Column,
    Heading,
    Inline,
    Items,
    Note,
    Prose,
    Section,
    Table,
    faint,
    strong,
    words,
)
from kneedrive.report.numbers import TIE
from kneedrive.sensors import SensorClass


def sections(analysis: Analysis, *, miles: bool) -> list[Section]:
    """Every part that has content, in order."""
    return [
        likelihoods(analysis),
        numbers_by_pace(analysis, miles=miles) or measured(analysis),
        part("Up and down", bounce(analysis)),
        part("The swinging knee", knee(analysis)),
        part("When slow", slow_running(analysis, miles=miles)),
        fade(analysis, miles=miles),
        part("Accelerations", accelerations(analysis, miles=miles), "kept out of every comparison"),
        part("Left and right", balance(analysis)),
        part("What was left out, and why", left_out(analysis)),
        part("What a watch cannot know", limits(analysis)),
    ]


def part(title: str, texts: Sequence[str | Inline], remark: str = "") -> Section:
    """A heading and paragraphs; nothing where there are none."""
    return [Heading(title, remark), *(Prose(words(text)) for text in texts)] if texts else []


# Odds and numbers.


def likelihoods(analysis: Analysis) -> Section:
    """How likely each pattern is, beside what it is for any runner."""
    posterior = analysis.posterior
    if posterior is None or not analysis.findings:
        return []
    ranked = sorted(posterior.odds, key=lambda pattern: -posterior.odds[pattern])
    columns = (Column(left=True), Column(head="likely"), Column(head="any runner"), Column(left=True, drop=1))
    rows = tuple(
        (
            words(PATTERNS[pattern].name),
            words(strong(odds.in_words(posterior.odds[pattern]))),
            words(odds.in_words(posterior.base_rates[pattern])),
            words(faint(PATTERNS[pattern].meaning)),
        )
        for pattern in ranked
    )
    bounce = bool({"zk", "zB"} & set(posterior.measured))
    unmeasured = [] if bounce else [Note(words(said.NO_BOUNCE))]
    remark = "the whole run; patterns overlap, so odds do not add up to one"
    return [Heading("How likely", remark), Table(columns, rows), *unmeasured]


# Columns of the table, their units, and which are left out first where there is little room.
BAND_COLUMNS = {
    "cadence_spm": ("cadence", "/min", 0),
    "step_length_m": ("step", "m", 0),
    "stance_time_s": ("contact", "ms", 1),
    "flight_time_s": ("in the air", "ms", 2),
    "vertical_oscillation_m": ("bounce", "cm", 3),
    "vertical_ratio": ("ratio", "%", 4),
}
# What a watch at the wrist writes, and what is worked out from that.
CLAIMED = frozenset({"stance_time_s", "flight_time_s", "vertical_oscillation_m", "vertical_ratio", "duty_factor"})
CLAIMED |= {"stance_angle_deg", "k_leg_kn_m"}


def claimed(analysis: Analysis, key: str) -> bool:
    """Whether a number is what a watch works out, and no measurement."""
    return analysis.provenance is SensorClass.GARMIN_WRIST and key in CLAIMED


def claim(analysis: Analysis, keys: Iterable[str]) -> list[Block]:
    """Which numbers are faint and why, where there are any; named, since not every screen shows what is faint."""
    names = [CHANNELS[key].short for key in keys if claimed(analysis, key)]
    if not names:
        return []
    estimated = f"{said.capital(said.listed(names))}: the watch’s own estimate from speed, cadence and height"
    return [Note(words(f"{estimated}, its claim and no measurement."))]


def numbers_by_pace(analysis: Analysis, *, miles: bool) -> Section:
    """Every metric by pace band, beside what is usual at that speed; computed values faint."""
    bands = analysis.pace_profile
    shown = [key for key in BAND_COLUMNS if any(key in band.metrics for band in bands)]
    if not shown:
        return []
    columns = [Column(head="pace", unit=numbers.pace_unit(miles=miles))]
    for key in shown:
        head, unit, drop = BAND_COLUMNS[key]
        columns.append(Column(head=head, unit=unit, drop=drop))
    rows = tuple(
        (words(numbers.bare_pace(band.speed_mps, miles=miles)), *(_against(key, band, analysis) for key in shown))
        for band in reversed(bands)
    )
    blocks: list[Block] = [Heading("Numbers by pace", "yours / usual at that speed"), Table(tuple(columns), rows)]
    return [*blocks, *claim(analysis, shown)]


def _against(key: str, band: PaceBand, analysis: Analysis) -> Inline:
    """ "306 / 291", or the value alone where nothing is known to be usual."""
    amount, usual = band.metrics.get(key), band.usual.get(key)
    shown = numbers.value(key, amount)
    if amount is not None and usual is not None:
        shown += f" / {numbers.value(key, usual)}"
    return words(faint(shown) if claimed(analysis, key) else shown)


def measured(analysis: Analysis) -> Section:
    """Medians and what most of the run lay between, beside what is usual; of a file without samples its averages."""
    known = {key: spread for key, spread in analysis.metrics.items() if key in numbers.SHOWN and key != "speed_mps"}
    if not any(spread.n for spread in known.values()):
        return averages(analysis)
    columns = [Column(left=True), Column(head="median"), Column(head="mostly")]
    columns += [Column(head="usual", drop=1)] if analysis.usual else []
    rows = []
    for key, spread in known.items():
        usual = numbers.quantity(key, analysis.usual[key]) if key in analysis.usual else ""
        cells = (
            numbers.quantity(key, spread.median),
            f"{numbers.value(key, spread.p10)}–{numbers.value(key, spread.p90)}",
        )
        shown = [words(faint(cell) if claimed(analysis, key) else cell) for cell in cells]
        rows.append((words(CHANNELS[key].name), *shown, *([words(usual)] if analysis.usual else [])))
    blocks: list[Block] = [
        Heading("What was measured", OVER.get(analysis.metrics_over, "")),
        Table(tuple(columns), tuple(rows)),
    ]
    return [*blocks, *claim(analysis, known)]


OVER = {
    "scored epochs": "over the half-minutes that were scored",
    "all running epochs": "over all half-minutes of running",
    "all epochs": "over all half-minutes",
    "single seconds": "over single seconds",
    "session averages": "averages of the whole activity",
}


def averages(analysis: Analysis) -> Section:
    """What a file without samples says of the whole run."""
    known = {key: amount for key, amount in analysis.activity.averages.items() if key in numbers.SHOWN}
    rows = tuple((words(CHANNELS[key].name), words(numbers.quantity(key, known[key]))) for key in known)
    head = Heading("What the file says", "averages of the whole activity")
    return [head, Table((Column(left=True), Column(head="average")), rows)] if rows else []


# Sentences.


def bounce(analysis: Analysis) -> list[str]:
    """How far the torso goes up and down, and what the vertical ratio is made of; or why bounce is not judged."""
    posterior, usual = analysis.posterior, analysis.usual
    if posterior is None or not {"zk", "zB"} & set(posterior.measured):
        unknown = analysis.reference.open if analysis.findings else ""
        return [f"Not judged: {unknown}."] if unknown else []
    medians = {key: spread.median for key, spread in analysis.metrics.items()}
    due, key = called_for(medians, usual), "vertical_oscillation_m"
    texts = []
    if key in medians and due is not None:
        texts.append(
            f"Each step takes you {numbers.quantity(key, medians[key])} up and down. Usual at this speed is "
            f"{numbers.value(key, usual[key])}, and {numbers.value(key, due)} for steps as long as yours."
        )
    return [*texts, *vr_split(analysis)]


def called_for(yours: Mapping[str, float], usual: Mapping[str, float]) -> float | None:
    """The oscillation (m) that would be usual for steps as long as these; None where one of the two is not known.

    Usual oscillation is that of usual steps; bounce goes with the square of the step time, and at one speed step time
    and step length go together.
    """
    oscillation, length = usual.get("vertical_oscillation_m"), usual.get("step_length_m")
    if not oscillation or not length or "step_length_m" not in yours:
        return None
    return oscillation * (yours["step_length_m"] / length) ** 2


def vr_split(analysis: Analysis) -> list[str]:
    """What the vertical ratio's distance from usual is made of."""
    split = analysis.vr_split
    if split is None:
        return []
    return [
        f"Your vertical ratio, up and down per length of step, is {numbers.change_percent(split.ln_VR)} from usual: "
        f"{numbers.change_percent(split.ln_T)} by the time of a step, {numbers.change_percent(split.ln_B)} by the "
        f"share of air in it, {numbers.change_percent(split.ln_k)} by the torso."
    ]


def knee(analysis: Analysis) -> list[str | Inline]:
    """The swing knee with its ground, or why it cannot be told."""
    if not analysis.findings:
        return []
    found = analysis.knee
    if found.probability_less is None:
        return [f"{said.capital(found.reason)}. {said.KNEE_LIFT}"]
    sentence = said.knee_sentence(found) or words(
        "Whether your knee bends less than usual as the leg swings through is not clear: "
        f"{odds.about(found.probability_less)} (any runner: 1 in 2)."
    )
    return [words(sentence, " ", said.KNEE_GROUND, said.KNEE_LIFT)]


def slow_running(analysis: Analysis, *, miles: bool) -> list[str]:
    """Shuffle-onset pace, and the share of slow running almost without flight."""
    return [text for text in (onset(analysis, miles=miles), flight_share(analysis, miles=miles)) if text]


def onset(analysis: Analysis, *, miles: bool) -> str:
    """From which pace on running is shuffle-like."""
    found = analysis.shuffle_onset
    if found.verdict == "at" and found.speed_mps:
        return f"Shuffle-like from {numbers.pace(found.speed_mps, miles=miles)} downwards: your shuffle-onset pace."
    return {
        "every": "Shuffle-like at every pace of this run alike, so no pace can be named where it begins.",
        "alike": "Shuffle-like when slow, but not surely more than when fast: no pace can be named where it begins.",
        "none": "No pace can be named from which your running is surely shuffle-like.",
    }.get(found.verdict, "")


def flight_share(analysis: Analysis, *, miles: bool) -> str:
    """How much slow running had little flight; only where contact was measured."""
    slow = analysis.slow
    if slow.share_flight_under_40ms is None or slow.speed_mps is None:
        return ""
    limit = numbers.quantity("flight_time_s", analysis.method.profile.short_flight_s)
    apart = numbers.quantity("stance_time_s", analysis.method.profile.maker_gap_s)
    share = numbers.percent(slow.share_flight_under_40ms) if slow.share_flight_under_40ms else "none"
    return (
        f"At {numbers.pace(slow.speed_mps, miles=miles)} and slower, {share} of the running had less than {limit} "
        f"in the air per step. Sensors of different makers differ by about {apart} in that."
    )


FADED = {
    "cadence_spm": ("cadence rose", "cadence fell"),
    "step_length_m": ("steps lengthened", "steps shortened"),
    "stance_time_s": ("contact lengthened", "contact shortened"),
    "flight_time_s": ("time in the air grew", "time in the air shrank"),
    "duty_factor": ("more of each step was spent on the ground", "less of each step was spent on the ground"),
    "vertical_oscillation_m": ("oscillation grew", "oscillation shrank"),
    "vertical_ratio": ("vertical ratio rose", "vertical ratio fell"),
    "ln_k": ("torso bounce grew", "torso bounce shrank"),
}


def fade(analysis: Analysis, *, miles: bool) -> Section:
    """Late against early at the same speed; no change is a result."""
    found = analysis.fade
    texts: list[Inline] = []
    at = f" around {numbers.pace(found.speed_mps, miles=miles)}" if found.speed_mps else ""
    blocks = f"{numbers.plural(found.blocks, 'block')} of three minutes{at}"
    held = "Sensors drift too, and that is not in the brackets. A habit needs three runs."
    if found.verdict is FadeVerdict.NOT_ENOUGH:
        reason = found.reason.rstrip(".")
        texts = [words(f"Not compared: {reason}.")] if reason and reason not in analysis.status_reason else []
    elif found.verdict is FadeVerdict.CHANGED:
        texts = [
            words(f"Over {blocks}, at the same speed (in brackets what holds {numbers.times_in_100(found.level)}):")
        ]
    else:
        texts = [words(f"No change that can be told from noise, over {blocks}.")]
    changes = tuple(words(moved(key, change)) for key, change in found.changes.items() if change.notable)
    suppressed = [words(f"{said.capital(_faded_name(key))}: {why}.") for key, why in found.suppressed.items()]
    if not texts and not suppressed:
        return []
    listed: list[Block] = [Items(changes), Prose(words(held))] if changes else []
    head = Heading("Within the run", "last third against first, same speed")
    return [head, *map(Prose, texts), *listed, *map(Prose, suppressed)]


def _faded_name(key: str) -> str:
    return CHANNELS[key].name if key in CHANNELS else "torso bounce"


def moved(key: str, change: Change) -> str:
    """ "contact lengthened by 9 ms (+6 to +12)"."""
    rose, fell = FADED[key]

    def shown(amount: float) -> str:
        return numbers.change_percent(amount) if key == "ln_k" else numbers.difference(key, amount)

    low, high = (shown(amount).split(TIE, maxsplit=1)[0] for amount in (change.low, change.high))
    by = shown(change.difference).lstrip("+-")
    return f"{rose if change.difference > 0 else fell} by {by} ({low} to {high})"


MOST_BURSTS = 6  # so many accelerations are listed one by one


def accelerations(analysis: Analysis, *, miles: bool) -> list[str]:
    """Bursts that were kept out of every score: picking up speed is piston-like in everybody."""
    bursts = analysis.accelerations
    if not bursts:
        return []
    shown = [
        f"{numbers.clock(burst.start_s)}{TIE}({numbers.bare_pace(burst.from_mps, miles=miles)}{TIE}to{TIE}"
        f"{numbers.pace(burst.to_mps, miles=miles)})"
        for burst in bursts[:MOST_BURSTS]
    ]
    rest = len(bursts) - len(shown)
    more = f" and {rest} more" if rest else ""
    return [f"{len(bursts)} found, at {', '.join(shown)}{more}. Picking up speed is piston-like in everybody."]


def balance(analysis: Analysis) -> list[str]:
    """Left and right: a number, never a diagnosis."""
    found = analysis.balance
    if found is None:
        return []
    left, right = numbers.percent(found.left, 1), numbers.percent(1 - found.left, 1)
    text = f"Left {left}, right {right} of the contact time."
    if found.said:
        text += " The two differ by more than chance in this run; whether they do constantly takes several."
    return [text]


# What is missing.


def left_out(analysis: Analysis) -> list[str]:
    """How much was scored, what was not and why, what is not judged, what was corrected."""
    quality = analysis.quality
    texts = []
    if quality.epochs_total:
        scored = numbers.number(quality.epochs_scored) if quality.epochs_scored else "None"
        text = f"{scored} of {numbers.plural(quality.epochs_total, 'half-minute')} scored."
        gates = sorted(quality.excluded.items(), key=lambda item: (-item[1], item[0]))
        if gates:
            text += " Not scored: " + ", ".join(f"{count}{TIE}{SHORT.get(gate, gate)}" for gate, count in gates) + "."
        texts.append(text)
    already = {analysis.status_reason, analysis.reference.open, analysis.knee.reason, ESTIMATE}  # of `claim`
    texts += [
        f"{said.capital(item.what)}: {item.reason.rstrip('.')}."
        for item in analysis.unjudged
        if item.reason not in already
    ]
    return texts + [f"{said.capital(numbers.clean(note.text, 200).rstrip('.'))}." for note in quality.notes]


NOT_THE_KNEE = (
    "It sees when your feet touch the ground and how your torso bounces, and no joint: “-like” means the timing that "
    "goes with such running. One thing about the leg goes with timing, and is said with its odds: how far the knee "
    "bends as the leg swings through. Nothing is told of knee lift, hips, foot strike, economy or injury, and no "
    "pattern is good or bad."
)


def limits(analysis: Analysis) -> list[str]:
    """What a watch cannot know."""
    return [NOT_THE_KNEE] if analysis.findings else []
