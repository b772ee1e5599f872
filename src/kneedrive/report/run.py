"""The report of one run for a terminal: the verdict first, then pictures, numbers, sentences, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from string import ascii_lowercase

from kneedrive.analysis.result import Analysis, Change, Fade, PaceBand, Score, Unjudged
from kneedrive.method import LabelRules
from kneedrive.quantities import CHANNELS
from kneedrive.record import Record
from kneedrive.report import numbers, text, verdict
from kneedrive.report.numbers import SHOWN, bare_pace, pace_unit, quantity, value
from kneedrive.report.text import INDENT, Style, beside, columns_of, ends, finish, flow, heading, pad, table
from kneedrive.report.verdict import STRAVA_CREDIT
from kneedrive.sensors import REFERENCES

# Who must be named where data are shown: Strava's terms ask for it.


def credit(formats: Iterable[str], style: Style) -> list[str]:
    """The line that names Strava where one of these recordings came from its API, else none.

    formats: of recordings, or several with commas between, as the store lists them.
    """
    named = any("strava" in each.split(",") for each in formats)
    return [style.paint.apply("faint", STRAVA_CREDIT)] if named else []


# The two pictures of a run: its pace profile and the map of drive against bounce, with one letter per pace band.


_SIDE_BY_SIDE = 130  # columns from which the two pictures stand beside each other
_PROFILE_GAP = 4
_WIDEST_PROFILE = 80
_MAP_CELLS = (49, 13)
_MAP_EDGES = text.Edges(
    top="more bounce for the step length: piston-like",
    bottom="less bounce for the step length",
    left="shuffle-like",
    middle="usual",
    right="drive-like",
)


def both(analysis: Analysis, style: Style) -> list[list[str]]:
    """Pace profile and map, side by side where there is room."""
    if style.columns < _SIDE_BY_SIDE:
        return [pace_profile(analysis, style), plane(analysis, style)]
    across = _MAP_CELLS[0] + 7
    narrow = style.replace(width=min(style.columns - _PROFILE_GAP - across, _WIDEST_PROFILE))
    left, right = pace_profile(analysis, narrow), plane(analysis, style.replace(width=across))
    return [beside(left, right, narrow.width, _PROFILE_GAP)] if right else [pace_profile(analysis, style)]


def axes(analysis: Analysis) -> tuple[str, ...]:
    """What the profile shows: D, and P where a band is piston-like; step length where neither is judged."""
    bands = analysis.pace_profile
    judged = [letter for letter in "DP" if any(getattr(band.scores, letter).value is not None for band in bands)]
    bouncing = {band.label for band in bands} & _PISTON
    if "D" in judged and "P" in judged and not bouncing:
        return ("D",)
    if bouncing and bouncing == {band.label for band in bands} - {"neutral"}:
        return ("P",)
    if judged:
        return tuple(judged)
    return ("zSL",) if any("zSL" in band.scores.z for band in bands) else ()


_BOUNCING = frozenset({"piston-like", "short-bounce"})  # read from P
_PISTON = frozenset({"piston-like"})
_SILENT = frozenset({"neutral", "usual-steps"})
_WIDEST_SCALE = 61
_LONGEST_NAME = 14  # "shuffle-like?" and shorter stay whole


def pace_profile(analysis: Analysis, style: Style) -> list[str]:
    """One row per pace band, fastest first: letter, pace, time, the score with its error, its label."""
    shown = axes(analysis)
    if not shown:
        return []
    lines = [line for letter in shown for line in _scale(letter, analysis, style, apart=len(shown) > 1)]
    key = _key(style)
    if any(label.endswith("?") for label in _labels(analysis)):
        key += f" A question mark: less than {numbers.percent(analysis.method.labels.spoken)} likely."
    remark = "drive above, bounce below" if len(shown) > 1 else ""
    return [*heading("Pace profile", style, remark), *lines, *_faint(key, style)]


def _key(style: Style) -> str:
    glyphs = style.glyphs
    return (
        f"{glyphs.dot} you, {glyphs.bar * 2} how sure (two times in three the truth lies on the line), {glyphs.tick} "
        "one and two spreads; a spread is as far as runners at one speed usually lie apart."
    )


def _labels(analysis: Analysis) -> list[str]:
    """The word behind each band, fastest first; "" where nothing is likely to stand out, "?" where it is not sure."""
    return [band_words(band, analysis.method.labels) for band in reversed(analysis.pace_profile)]


def band_words(band: PaceBand, rules: LabelRules) -> str:
    """The word behind a band; "" where nothing is likely to stand out, with a question mark where it is not sure."""
    sure = 1.0 if band.probability is None else band.probability
    if band.label in _SILENT or sure < rules.leaning:
        return ""
    return _name(band) + ("" if sure >= rules.spoken else "?")


def _name(band: PaceBand) -> str:
    return verdict.LABELS[band.label].name if band.label in verdict.LABELS else band.label


def _scale(letter: str, analysis: Analysis, style: Style, *, apart: bool) -> list[str]:
    """One score by pace: a line of words over the scale, then a row per band.

    apart: the other score has a scale of its own, so that a label stands on the scale that it is read from.
    """
    bands = tuple(reversed(analysis.pace_profile))
    names = [_brief(name) for name in _labels(analysis)]
    if apart:
        here = [(band.label in _BOUNCING) == (letter == "P") for band in bands]
        names = [name if shown else "" for name, shown in zip(names, here, strict=True)]
    heads = [_row_head(mark, band, style) for mark, band in zip(ascii_lowercase, bands, strict=False)]
    left, right = max(map(columns_of, heads)), max(map(len, names))
    cells = min(style.measure - left - right - (4 if right else 2), _WIDEST_SCALE)
    cells -= 1 - cells % 2
    low, high = verdict.SCORE_ENDS[letter]
    lines = [" " * (left + 2) + text.scale_words(low, "usual", high, cells)]
    for head, name, band in zip(heads, names, bands, strict=False):
        score, role = band_score(band, letter, analysis), band_role(band)
        row = text.interval_row(score.value, score.se, cells, style, role)
        lines.append(f"{pad(head, left)}  {row}  {style.paint.apply(role, name)}")
    return lines


def band_score(band: PaceBand, letter: str, analysis: Analysis) -> Score:
    """A band's score on the axis; step length alone has no score, only the error that its reference has."""
    if letter != "zSL":
        found: Score = getattr(band.scores, letter)
        return found
    rules = analysis.method.labels
    se = rules.systematic_zSL if analysis.runner.height_m is not None else rules.systematic_zSL_no_height
    return Score(value=band.scores.z.get("zSL"), se=se)


def band_role(band: PaceBand) -> str:
    """The colour of a band."""
    return verdict.LABELS[band.label].role if band.label in verdict.LABELS else ""


def _faint(text: str, style: Style) -> list[str]:
    return [style.paint.apply("faint", line) for line in flow(text, style)]


def _brief(name: str) -> str:
    """A long label without its steps, so that the scale keeps its room: "short, quick, light"."""
    return name.replace(" steps", "", 1) if len(name) > _LONGEST_NAME else name


def _row_head(mark: str, band: PaceBand, style: Style) -> str:
    paced = numbers.pace(band.speed_mps, miles=style.miles)
    return f"  {mark} {pad(paced, 9 if not style.miles else 11, right=True)} {numbers.clock(band.seconds):>7}"


def plane(analysis: Analysis, style: Style) -> list[str]:
    """The map of D against P; none where one of them is not judged."""
    points = [
        text.Point(x=band.scores.D.value, y=band.scores.P.value, mark=mark, role=band_role(band) or "strong")
        for mark, band in zip(ascii_lowercase, reversed(analysis.pace_profile), strict=False)
        if band.scores.D.value is not None and band.scores.P.value is not None
    ]
    if not points:
        return []
    drawn = text.plane(points, _MAP_EDGES, _MAP_CELLS, style)
    key = (
        "Letters are the pace bands of the profile; the dotted box is one spread around usual. Upwards counts bounce "
        "beyond the length of the step: short steps lie high even with little oscillation."
    )
    if hidden := _hidden(points):
        key += f" At one place: {hidden}."
    return [
        *heading("Map", style, "drive to the right, bounce for the length of the step upwards"),
        *drawn,
        *_faint(key, style),
    ]


def _hidden(points: list[text.Point]) -> str:
    """Which letters fall together on the map, where only the first is drawn: "b with c, d with e and f"."""
    together = [group for group in text.together(points, _MAP_CELLS) if len(group) > 1]
    return ", ".join(f"{first} with {' and '.join(rest)}" for first, *rest in together)


# The tables of a run: metrics by pace band against what is usual, or over the whole run.


_COMPUTED = "garmin_wrist"

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


def number_lines(analysis: Analysis, style: Style) -> list[str]:
    """Metrics by pace band against what is usual at that speed; over the whole run where there are no bands."""
    if not analysis.pace_profile:
        return _run_numbers(analysis, style)
    shown = [key for key in BAND_COLUMNS if any(key in band.metrics for band in analysis.pace_profile)]
    rows = [["pace", *(_HEADS[key][0] for key in shown)]]
    rows.append([pace_unit(miles=style.miles), *(_HEADS[key][1] for key in shown)])
    between = " / " if style.columns >= _ROOMY else "/"
    for band in reversed(analysis.pace_profile):
        cells = [_against(key, band, between) for key in shown]
        rows.append([bare_pace(band.speed_mps, miles=style.miles), *cells])
    remark = "yours / usual at that speed"
    return [
        *heading("Numbers by pace", style, remark),
        *table(rows, style, heads=2),
        *(line for text in estimate_remark(analysis) for line in flow(text, style)),
    ]


def _against(key: str, band: PaceBand, between: str) -> str:
    """ "306 / 291", or the value alone where nothing is known to be usual."""
    found, usual = band.metrics.get(key), band.usual.get(key)
    if found is None or usual is None:
        return value(key, found)
    return f"{value(key, found)}{between}{value(key, usual)}"


class Measured(Record, frozen=True, kw_only=True):
    """What was measured over a whole run: a title, what it is over, and rows of text with their heading."""

    title: str
    remark: str
    rows: list[list[str]]


def measured(analysis: Analysis) -> Measured | None:
    """Medians and what most of the run lay between, beside what is usual where that is known; None without any.

    A file without samples has the averages of its session.
    """
    rows = [["", "median", "mostly", "usual"]]
    for key, spread in analysis.metrics.items():
        if key in ("speed_mps", "distance_m", "altitude_m") or not spread.n:
            continue
        usual = quantity(key, analysis.usual[key]) if key in analysis.usual else ""
        between = f"{value(key, spread.p10)}–{value(key, spread.p90)}"
        rows.append([CHANNELS[key].name, quantity(key, spread.median), between, usual])
    if len(rows) == 1:
        return _averages(analysis)
    if not analysis.usual:
        rows = [row[:-1] for row in rows]
    return Measured(
        title="What was measured", remark=verdict.OVER.get(analysis.metrics_over, analysis.metrics_over), rows=rows
    )


def _averages(analysis: Analysis) -> Measured | None:
    known = {key: amount for key, amount in analysis.activity.averages.items() if key in SHOWN}
    if not known:
        return None
    rows = [["", "average"], *([CHANNELS[key].name, quantity(key, known[key])] for key in known)]
    return Measured(title="What the file says", remark="averages of the whole activity", rows=rows)


def _run_numbers(analysis: Analysis, style: Style) -> list[str]:
    found = measured(analysis)
    if found is None:
        return []
    remark = estimate_remark(analysis) if found.title != "What the file says" else []
    lines = [line for text in remark for line in flow(text, style)]
    return [*heading(found.title, style, found.remark), *table(found.rows, style), *lines]


def estimate_remark(analysis: Analysis) -> list[str]:
    """That what a watch computes from speed and cadence is no measurement; nothing where it is one."""
    if analysis.provenance != _COMPUTED:
        return []
    return ["Contact, air, oscillation and ratio are the watch’s estimate from speed and cadence, not measurements."]


# What a report of one run says beside its pictures, as whole sentences; the terminal wraps them, the page sets them.
#
# Each function takes the analysis and returns sentences, none where it has nothing to say.


_SHUFFLING = ("shuffle-like", "short-bounce")
SHORT_BURSTS = 6  # so many accelerations are listed one by one


class Facts(Record, frozen=True, kw_only=True):
    """When, how far, how long and how fast; and what recorded it."""

    run: tuple[str, ...]
    source: str


def facts(analysis: Analysis, *, miles: bool) -> Facts:
    """The head of a report."""
    activity = analysis.activity
    length, seconds = activity.distance_m, activity.duration_s
    pieces = [numbers.start(activity.started_at, activity.utc_offset_s)]
    if length:
        pieces.append(numbers.distance(length, miles=miles))
    pieces.append(numbers.clock(seconds))
    if length and seconds:
        pieces.append(numbers.pace(length / seconds, miles=miles))
    device = numbers.device(activity.device) if activity.device.maker or activity.device.product else ""
    surface = "indoors or on a treadmill" if analysis.surface == "indoor" else ""
    powered = verdict.STRAVA_CREDIT if activity.format == "strava" else ""
    named = (device, REFERENCES[analysis.provenance].dynamics, surface, powered)
    return Facts(run=tuple(pieces), source=", ".join(piece for piece in named if piece))


def bounce_sentences(analysis: Analysis) -> list[str]:
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
        f"Each step takes you {numbers.quantity(key, medians[key])} up and down. Usual at this speed is "
        f"{numbers.value(key, usual[key])}, and {numbers.value(key, due)} for steps as long as yours."
    )


def _piston(analysis: Analysis) -> str:
    """P beside the two parts that it weighs against each other, each in spreads."""
    piston, parts = analysis.scores.P, analysis.scores.z
    if piston.value is None:
        return ""
    shown = f"P{numbers.TIE}{numbers.with_error(piston.value, piston.se)}"
    judged = _bounce_words(piston.value, analysis.method.labels.score)
    if "bouncy" in _noted(analysis):
        judged += "; much bounce that goes with long steps is a note, no verdict"
    if not {"zB", "zSL"} <= parts.keys():
        return f"Bounce for the length of the step (piston score {shown}): {judged}."
    return (
        "Counted in spreads (1 is as far as runners at one speed usually lie apart), bounce for steps like yours is "
        f"{numbers.score(parts['zB'])} from usual, the length of the step {numbers.score(parts['zSL'])}. What "
        f"bounce has over length is the piston score, {shown}: {judged}."
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
    shown = numbers.with_error(torso.value, torso.se)
    return f"Torso bounce: {size} the timing of your feet explains (K{numbers.TIE}{shown})."


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
        f"{numbers.from_ln(split.ln_T)} (the time of a step), {numbers.from_ln(split.ln_B)} (the share of air in it) "
        f"and {numbers.from_ln(split.ln_k)} (torso bounce)"
    )
    whole = numbers.from_ln(split.ln_VR)
    return f"The vertical ratio, up and down per length of step, is {whole} times usual: {parts} multiplied, rounded."


def slow_running_sentences(analysis: Analysis, *, miles: bool) -> list[str]:
    """Shuffle-onset pace and the share of slow running almost without flight."""
    return [text for text in (_onset(analysis, miles=miles), _flight_share(analysis, miles=miles)) if text]


def _onset(analysis: Analysis, *, miles: bool) -> str:
    onset = analysis.shuffle_onset
    if onset.verdict == "at" and onset.speed_mps:
        return f"Shuffle-like from {numbers.pace(onset.speed_mps, miles=miles)} downwards: your shuffle-onset pace."
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
    limit = numbers.quantity("flight_time_s", analysis.method.profile.short_flight_s)
    apart = numbers.quantity("stance_time_s", analysis.method.profile.maker_gap_s)
    share = numbers.percent(slow.share_flight_under_40ms) if slow.share_flight_under_40ms else "none"
    return (
        f"At {numbers.pace(slow.speed_mps, miles=miles)} and slower, {share} of the running had less than {limit} "
        f"in the air per step. Sensors of different makers differ by about {apart} in that."
    )


class Faded(Record, frozen=True, kw_only=True):
    """An opening, a line for each notable change, and a closing word."""

    opening: str
    changes: tuple[str, ...] = ()
    closing: str = ""


def fade_sentences(analysis: Analysis, *, miles: bool) -> Faded | None:
    """Late against early at the same speed; no change is a result. None where it need not be mentioned."""
    found = analysis.fade
    if found.verdict == "not enough":
        said = bool(found.reason) and found.reason not in said_already(analysis)
        return Faded(opening=f"Not compared: {found.reason.rstrip('.')}.") if said else None
    if found.verdict != "changed":
        return Faded(opening=f"No change that can be told from noise, over {_blocks(found, miles=miles)}.")
    return Faded(
        opening=f"At the same speed, over {_blocks(found, miles=miles)}. {_range(found)}:",
        changes=tuple(_moved(key, change) for key, change in found.changes.items() if change.notable),
        closing="A habit needs three runs.",
    )


def _blocks(found: Fade, *, miles: bool) -> str:
    at = f" around {numbers.pace(found.speed_mps, miles=miles)}" if found.speed_mps else ""
    return numbers.plural(found.blocks, "block") + f" of 3 minutes{at}"


def _range(found: Fade) -> str:
    return f"The range in brackets holds the true change {numbers.times_in_100(found.level)}"


def _moved(key: str, change: Change) -> str:
    rose, fell = verdict.FADED[key]
    shown = numbers.change_percent if key == "ln_k" else partial(numbers.difference, key)
    low, high = _bare(shown(change.low)), _bare(shown(change.high))
    by = shown(change.difference).lstrip("+-")
    return f"{rose if change.difference > 0 else fell} by {by} ({low} to {high})"


def _bare(text: str) -> str:
    """A quantity without its unit."""
    return text.split(numbers.TIE, maxsplit=1)[0]


def accelerations_sentences(analysis: Analysis, *, miles: bool) -> list[str]:
    """Bursts that were kept out of every score."""
    bursts = analysis.accelerations
    if not bursts:
        return []
    said = [
        f"{numbers.clock(burst.start_s)} ({numbers.bare_pace(burst.from_mps, miles=miles)} to "
        f"{numbers.pace(burst.to_mps, miles=miles)})"
        for burst in bursts[:SHORT_BURSTS]
    ]
    rest = len(bursts) - len(said)
    text = f"{len(bursts)} found, at " + ", ".join(said) + (f" and {rest} more" if rest else "") + "."
    return [text.replace(" to ", f"{numbers.TIE}to{numbers.TIE}").replace(" (", f"{numbers.TIE}(")]


def balance_sentences(analysis: Analysis) -> list[str]:
    """Left and right: a number, never a diagnosis."""
    found = analysis.balance
    if found is None:
        return []
    left, right = numbers.percent(found.left, 1), numbers.percent(1 - found.left, 1)
    return [
        f"Left {left}, right {right} of the contact time; {numbers.percent(found.same_side)} of the half-minutes lean "
        "to the same side. One run is a number; whether it is a constant difference takes several."
    ]


def said_already(analysis: Analysis) -> set[str]:
    """Reasons that the verdict or the part about bounce has given, so that no other part repeats them."""
    said = {analysis.status_reason} if analysis.findings else {analysis.status_reason, analysis.scores.D.reason}
    return said | ({analysis.scores.P.reason} if bounce_unknown(analysis) else set())


def left_out_sentences(analysis: Analysis) -> list[str]:
    """How much was scored, what was not and why, what is not judged, what was corrected."""
    quality = analysis.quality
    text = f"{_number_of(quality.epochs_scored)} of {numbers.plural(quality.epochs_total, 'half-minute')} scored."
    gates = sorted(quality.excluded.items(), key=lambda item: (-item[1], item[0]))
    if gates:
        text += " Not scored: " + ", ".join(f"{count}{numbers.TIE}{gate_words(gate)}" for gate, count in gates) + "."
    said = [text] if quality.epochs_total else []
    said += [f"{capital(item.what)}: {item.reason.rstrip('.')}." for item in _still_to_say(analysis)]
    return said + [f"{capital(numbers.clean(note.text, 200).rstrip('.'))}." for note in quality.notes]


def _still_to_say(analysis: Analysis) -> list[Unjudged]:
    """What is not judged, but for reasons that stand further up already."""
    said = said_already(analysis)
    return [item for item in analysis.unjudged if item.reason not in said]


def _number_of(count: int) -> str:
    return numbers.number(count) if count else "None"


def gate_words(gate: str) -> str:
    """A gate's reason in plain words."""
    return verdict.GATES.get(gate, gate)


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]


def limits_sentences(analysis: Analysis) -> list[str]:
    """What a watch cannot know, and which sensor would let it say more."""
    if analysis.status in ("not a run", "walk"):
        return []
    # What Strava leaves out says nothing about the sensor that was worn.
    if analysis.activity.format == "strava":
        more = "" if analysis.findings else verdict.STRAVA_STREAM
    else:
        more = REFERENCES[analysis.provenance].settles or (verdict.HISTORY_HELPS if analysis.findings else "")
    said = [verdict.KNEE, more]
    if analysis.findings and analysis.runner.height_m is None:
        said.append(verdict.NO_HEIGHT)
    return [text for text in said if text]


# The spoken parts of a run's report. Each takes analysis and style and returns lines, none where it has nothing.


_SECTION_GAP = "   "


def title(analysis: Analysis, style: Style) -> list[str]:
    """When, how far, how long, how fast; device and sensor."""
    head = facts(analysis, miles=style.miles)
    return [
        style.paint.apply("strong", line)
        for line in flow(_SECTION_GAP.join(head.run).replace(" ", numbers.TIE), style, indent=0)
    ] + [style.paint.apply("faint", line) for line in flow(head.source, style, indent=0)]


def judgement(analysis: Analysis, style: Style) -> list[str]:
    """The verdict with its confidence, and what it means."""
    head = flow(verdict.headline(analysis) + ".", style, indent=0)
    lines = [style.paint.apply(role(analysis), line) for line in head]
    if analysis.findings:
        told = verdict.slow_finding(analysis) or verdict.run_finding(analysis)
        sure = style.spell(verdict.confidence(told)).replace(numbers.TIE, " ")
        lines = [*lines[:-1], *ends(lines[-1], style.paint.apply("faint", sure), style)]
    for sentence in verdict.sentences(analysis, miles=style.miles):
        lines += flow(sentence, style, indent=0)
    return lines


def role(analysis: Analysis) -> str:
    """The colour of the verdict."""
    if not analysis.findings:
        return "strong"
    told = verdict.slow_finding(analysis) or verdict.run_finding(analysis)
    return verdict.LABELS[told.label].role or "strong"


def bounce_lines(analysis: Analysis, style: Style) -> list[str]:
    """How far the torso goes up and down, and whether that goes with the length of the step."""
    return _part("Up and down", bounce_sentences(analysis), style)


def slow_running_lines(analysis: Analysis, style: Style) -> list[str]:
    """Shuffle-onset pace and the share of slow running almost without flight."""
    return _part("When slow", slow_running_sentences(analysis, miles=style.miles), style)


def fade_lines(analysis: Analysis, style: Style) -> list[str]:
    """Late against early at the same speed; no change is a result."""
    said = fade_sentences(analysis, miles=style.miles)
    if said is None:
        return []
    changes = [line for change in said.changes for line in flow(change, style, indent=4)]
    closing = flow(said.closing, style)
    head = heading("Within the run", style, "last third against first, same speed")
    return [*head, *flow(said.opening, style), *changes, *closing]


def accelerations_lines(analysis: Analysis, style: Style) -> list[str]:
    """Bursts that were kept out of every score."""
    piston = analysis.scores.P.value is not None
    remark = "not judged: picking up speed is piston-like in everybody" if piston else "kept out of every comparison"
    return _part("Accelerations", accelerations_sentences(analysis, miles=style.miles), style, remark)


def balance_lines(analysis: Analysis, style: Style) -> list[str]:
    """Left and right: a number, never a diagnosis."""
    return _part("Left and right", balance_sentences(analysis), style)


def _part(head: str, said: Sequence[str], style: Style, remark: str = "") -> list[str]:
    """A heading and sentences; nothing where there are none."""
    if not said:
        return []
    return [*heading(head, style, remark), *(line for text in said for line in flow(text, style))]


# The end of a report: what was left out and why, what a watch cannot know, how to go on.


_CLOSING_GAP = "   "
_SHORT = ("kneedrive analyze FILE", "the whole report")
_WORDS = "Words: the same command with --explain tells what each means."


def left_out_lines(analysis: Analysis, style: Style) -> list[str]:
    """How much was scored, what was not and why, what was corrected, what is not judged."""
    said = left_out_sentences(analysis)
    first = 1 if analysis.quality.epochs_total else 0  # the count is a paragraph, what follows are items
    lines = [line for place, text in enumerate(said) for line in flow(text, style, hang=2 if place >= first else 0)]
    return [*heading("What was left out, and why", style), *lines] if lines else []


def limits_lines(analysis: Analysis, style: Style) -> list[str]:
    """What a watch cannot know, and which sensor would let it say more."""
    said = limits_sentences(analysis)
    if not said:
        return []
    return [*heading("What a watch cannot know", style), *(line for text in said for line in flow(text, style))]


_NEXT = (
    ("kneedrive analyze FILE --explain", "every number, formula and source"),
    ("kneedrive doctor FILE", "what the file holds"),
    ("kneedrive import FILE", "start your own history"),
)


def left_out_line(analysis: Analysis, style: Style) -> list[str]:
    """How much was scored in one sentence, and how many reasons the whole report gives."""
    said = left_out_sentences(analysis)
    return flow(said[0].split(". ", maxsplit=1)[0].rstrip(".") + ".", style, indent=0) if said else []


def after_short(analysis: Analysis, style: Style) -> list[str]:
    """Commands to go on with after the short report."""
    rows = (_SHORT, *_NEXT) if analysis.findings else (_SHORT, _NEXT[1])
    return [*heading("Next", style), *commands(rows[:2], style)]


def next_steps(analysis: Analysis, style: Style) -> list[str]:
    """Commands to go on with, and where the words of the report are told."""
    if not analysis.findings:
        return [*heading("Next", style), *commands(_NEXT[1:2], style)]
    return [*heading("Next", style), *commands(_NEXT, style), *flow(_WORDS, style)]


def commands(rows: Sequence[tuple[str, str]], style: Style) -> list[str]:
    """Commands and what they do, in two columns, or below one another where the width is small."""
    width = max(len(command) for command, _ in rows)
    narrow = any(INDENT + width + len(_CLOSING_GAP + what) > style.columns for _, what in rows)
    between = "\n" + " " * INDENT * 2 if narrow else _CLOSING_GAP
    filled = [(command if narrow else f"{command:<{width}}", style.spell(what)) for command, what in rows]
    lines = [f"{' ' * INDENT}{command}{between}{style.paint.apply('faint', what)}" for command, what in filled]
    return "\n".join(lines).split("\n")


# The report of one run for a terminal: the verdict first, then the evidence, then what is missing.


def render(
    analysis: Analysis,
    style: Style,
    focus: Sequence[str] = (),
    own: Sequence[str] = (),
    following: Sequence[str] | None = None,
) -> str:
    """The whole report, no line wider than `style.width` (from 60 columns on), ending in a line break.

    focus: lines about what to work on, told before the next commands. own: lines that hold the run against the
    runner's own weeks. following: the next commands, where they are not those after a file's report.

    Pure: the same analysis and style give the same text. Parts without content are left out.
    """
    blocks: list[Sequence[str]] = [
        title(analysis, style),
        judgement(analysis, style),
        *both(analysis, style),
        number_lines(analysis, style),
        bounce_lines(analysis, style),
        own,
        slow_running_lines(analysis, style),
        fade_lines(analysis, style),
        accelerations_lines(analysis, style),
        balance_lines(analysis, style),
        left_out_lines(analysis, style),
        limits_lines(analysis, style),
        focus,
        next_steps(analysis, style) if following is None else following,
    ]
    return finish(blocks, style)


def short(analysis: Analysis, style: Style) -> str:
    """The first screen: title, verdict, pace profile, how much was scored, and how to see the rest. Pure."""
    blocks = [
        title(analysis, style),
        judgement(analysis, style),
        pace_profile(analysis, style),
        left_out_line(analysis, style),
        after_short(analysis, style),
    ]
    return finish(blocks, style)
