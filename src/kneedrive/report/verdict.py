"""Every word that a report chooses, in tables, and the verdict in one or two plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kneedrive.analysis.result import Analysis, Finding, PaceBand
from kneedrive.quantities import CHANNELS
from kneedrive.record import Record
from kneedrive.report import numbers
from kneedrive.sensors import REFERENCES

# Every word a report chooses, in tables: labels, reasons, sensors, limits. Rules of speech:
#
# A watch sees timing and bounce, so a label ends in "-like". Nothing is called good or bad. Every comparison is at
# the same speed. A low vertical ratio is never part of drive, and much bounce alone is a note, not a verdict.

# Long steps may have longer contact than usual and still spend less of each step on the ground. So a label's evidence
# is the share of time on the ground, which it is made of, and not the contact time alone.
SPOKEN_METRICS = {"duty_factor": "each foot on the ground {} of the time"}


class Label(Record, frozen=True):
    """A label's words. role: its colour. cites: the metrics that show it best, in order."""

    name: str
    meaning: str
    role: str
    cites: tuple[str, ...]


LABELS = {
    "piston-like": Label(
        "piston-like",
        "you go up and down more than the length of your steps calls for at that speed",
        "piston",
        ("step_length_m", "cadence_spm"),
    ),
    "drive-like": Label(
        "drive-like",
        "your steps are longer than usual for that speed, and less of each is spent on the ground",
        "drive",
        ("step_length_m", "duty_factor", "flight_time_s"),
    ),
    "shuffle-like": Label(
        "shuffle-like",
        "your steps are shorter than usual for that speed, and more of each is spent on the ground",
        "shuffle",
        ("duty_factor", "flight_time_s", "cadence_spm"),
    ),
    "short-grounded": Label(
        "short, grounded steps",
        "your steps are shorter than usual for that speed, and more of each is spent on the ground",
        "shuffle",
        ("duty_factor", "flight_time_s", "cadence_spm"),
    ),
    "long-grounded": Label(
        "long, grounded steps",
        "your steps are longer than usual for that speed, and more of each is spent on the ground",
        "note",
        ("step_length_m", "duty_factor", "stance_time_s"),
    ),
    "short-airy": Label(
        "short, quick, light steps",
        "your steps are shorter and quicker than usual for that speed, and less of each is spent on the ground",
        "note",
        ("cadence_spm", "duty_factor", "stance_time_s"),
    ),
    "short-bounce": Label(
        "short steps with bounce",
        "your steps are shorter than usual for that speed, and you go up and down more than they call for",
        "piston",
        ("step_length_m", "duty_factor"),
    ),
    "neutral": Label(
        "neutral",
        "neither piston-like nor drive-like nor shuffle-like",
        "",
        ("cadence_spm", "stance_time_s", "vertical_oscillation_m"),
    ),
    "short-steps": Label(
        "short steps", "your steps are shorter than usual for that speed", "shuffle", ("step_length_m", "cadence_spm")
    ),
    "usual-steps": Label(
        "usual steps", "your steps are as long as usual for that speed", "", ("step_length_m", "cadence_spm")
    ),
    "long-steps": Label(
        "long steps", "your steps are longer than usual for that speed", "drive", ("step_length_m", "cadence_spm")
    ),
}

# A neutral run one part of which is far from usual: what it is called, and how it is said.
APART = {
    "short steps": ("short steps", "your steps are shorter than usual for that speed"),
    "long steps": ("long steps", "your steps are longer than usual for that speed"),
    "low duty factor": ("little time on the ground", "less of each step than usual is spent on the ground"),
    "high duty factor": ("much time on the ground", "more of each step than usual is spent on the ground"),
}

SCORES = {
    "D": "drive or shuffle",
    "P": "piston",
    "G": "long on the ground or short in the air",
    "K": "torso bounce",
}

SCORE_ENDS = {
    "D": ("shuffle-like", "drive-like"),
    "P": ("less bounce", "piston-like"),
    "zSL": ("shorter", "longer"),
}

CONFIDENCE = {
    "high": "the same runner on the same sensor",
    "moderate": "compared with other runners, with a sensor that measures and a known height",
    "low": "compared with other runners, and the sensor or the runner's height leaves room for doubt",
}

# Why a verdict that holds a runner against others is no surer.
OTHERS = "you are held against other runners"
DOUBTS = {
    "steps": "only the length of your steps can be judged",
    "sensor": "what is usual on this sensor is known less well than on a Garmin chest strap",
    "strap": "the file does not say which strap it was",
    "indoor": "speed indoors is less sure",
    "height": "your height is not known",
}
MARKEDLY = "“Markedly” says how far from usual you are, not how sure that is."
NO_SHUFFLE = "At this speed that is not called a shuffle; the word is kept for slower running."

OVER = {
    "scored epochs": "over the half-minutes that were scored",
    "all running epochs": "over all half-minutes of running",
    "all epochs": "over all half-minutes",
    "single seconds": "over single seconds",
    "session averages": "averages of the whole activity",
}

GATES = {
    "walking": "walking",
    "ambiguous": "between walking and running",
    "mixed": "part walking, part running",
    "gap": "gap in the recording",
    "few samples": "too few records",
    "start": "start of the run",
    "pause": "around a pause",
    "unsteady": "changing speed",
    "accelerating": "accelerating",
    "hilly": "too steep",
    "slow": "too slow to compare",
    "fast": "too fast to compare",
    "no speed": "no speed",
    "no cadence": "no cadence",
    "no stance time": "no contact time",
    "implausible": "impossible values",
    "flat line": "a sensor that stood still",
    "sensor jump": "a sensor whose level jumped",
    "cadence lock": "half or double cadence",
}

HISTORY_HELPS = "No other sensor would say more; your own history would, since that comparison is far closer."

KNEE = (
    "It sees when your feet touch the ground and how your torso bounces, not the knee: “-like” means the timing that "
    "goes with such running. It tells nothing of angles, foot strike, economy or injury, and no pattern is good or bad."
)

NO_HEIGHT = "With --height 1.78 (metres) your steps would be held against those of runners as tall as you."
WRIST = (
    "Your watch works out contact time and oscillation from speed and cadence; they add nothing to those two, so "
    "neither drive nor bounce nor shuffle can be read from them."
)
SPEED_AND_CADENCE = (
    "This recording holds speed and cadence but no contact time, so only the length of the steps can be judged."
)
STRAVA_CREDIT = "Powered by Strava"  # their terms ask for it wherever their data are shown
STRAVA_STREAM = (
    "Strava hands on speed and cadence but no contact time and no oscillation, so whether this run was piston-like, "
    "drive-like or shuffle-like cannot be said from it; the file of the watch can tell: from the watch itself, through "
    "intervals.icu, or in Strava's bulk export."
)
SHORT_WHEN_SLOW = (
    "Short steps at a slow pace are compatible with a shuffle; only contact time from a sensor that measures it can "
    "tell."
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

CLASH = (
    "Words that clash: in the research on running styles, “forward” or “terrestrial” running means long contact and "
    "little bounce, and “aerial” running means the opposite. Coaches, and kneedrive with them, call it drive when the "
    "step is long and the contact short. What the research calls forward is closest to “long, grounded steps” here."
)

SPREADS = (
    "A spread is as far as runners at one speed usually lie apart (one standard deviation): about two in three lie "
    "within one spread of usual, 19 in 20 within two. Every score counts in spreads, and what stands behind ± is its "
    "standard error: two times in three the truth lies within it. What is scored is half-minutes of running; the "
    "numbers of the method call them epochs."
)
LETTERS = (
    "D, the drive score: long steps with little time on the ground are above zero, short steps that stay on the "
    "ground below. P, the piston score: bounce beyond the length of the step. G: long steps with long contact are "
    "above zero, short light ones below. K, torso bounce: the up and down that the timing of the feet does not explain."
)
STEP = (
    "A step goes from one foot to the other. Garmin, Apple and Polar call its length stride length. Cadence counts the "
    "steps of both feet. The duty factor is the share of a stride (two steps) that one foot is on the ground; flight "
    "time is what is left of a step."
)
SPLIT = (
    "Oscillation is how far the torso goes up and down in a step. The vertical ratio (oscillation per step length) "
    "can differ from usual for three reasons that add up exactly as logarithms, "
    "ln VR = ln T + ln B + ln k: longer steps, more air in a step (B = 1/8−0.18169·DF), torso bounce. At one speed "
    "longer steps and shorter contact raise it, so a low vertical ratio is never taken for drive."
)


# The verdict in one or two plain sentences, from findings. Shared by the report of a run, lists and summaries.


_COMPUTED = "garmin_wrist"
_QUIET = frozenset({"neutral", "usual-steps"})
_STEPS = frozenset({"short-steps", "usual-steps", "long-steps"})


def headline(analysis: Analysis) -> str:
    """A few words: "Drive-like", "Shuffle-like when slow, neutral otherwise", "Too little steady running to judge"."""
    if not analysis.findings:
        return _UNASSESSED.get(analysis.status, "Nothing to judge")
    run = run_finding(analysis)
    slow = slow_finding(analysis)
    if slow is None:
        return _sentence_case(_name(run))
    return _sentence_case(f"{_name(slow)} when slow, {_name(run)} otherwise")


_UNASSESSED = {
    "assessed": "Measured, but not comparable with other runners",
    "too few epochs": "Too little steady running to judge",
    "walk": "A walk, not a run",
    "not a run": "Not a run",
    "no samples": "Averages only, nothing to judge",
}


def run_finding(analysis: Analysis) -> Finding:
    """The finding about the run as a whole; the first one where none says so."""
    return next((finding for finding in analysis.findings if finding.scope == "run"), analysis.findings[0])


def slow_finding(analysis: Analysis) -> Finding | None:
    """The finding about the slow paces of a run that is otherwise different."""
    return next((finding for finding in analysis.findings if finding.scope == "slow"), None)


def _name(finding: Finding) -> str:
    """How a label is spoken, by how sure it is."""
    name = LABELS[finding.label].name
    if apart := _apart(finding):
        aside = " and ".join(name for name, _ in apart)
        usual = {"spoken": f"{name}, with {aside}", "leaning": f"probably {name}, with {aside}"}
        return usual.get(finding.certainty, f"{aside}, no clear pattern")
    if finding.label in _QUIET:
        return {"spoken": name, "leaning": f"probably {name}"}.get(finding.certainty, f"unclear, near {name}")
    if finding.certainty == "leaning":
        return f"leans towards {name}"
    if finding.certainty == "unclear":
        return f"unclear, at most a hint of {name}"
    return f"markedly {name}" if finding.strength == "marked" else name


def _apart(finding: Finding) -> list[tuple[str, str]]:
    """Name and saying of each part of a neutral run that is far from usual by itself."""
    return [APART[word] for word in finding.qualifiers if word in APART]


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def confidence(finding: Finding) -> str:
    """The word alone, beside the headline; `sentences` give its reason, and how likely the pattern is."""
    return f"confidence: {finding.confidence}"


def _why_so_sure(finding: Finding, analysis: Analysis) -> str:
    """The word for confidence with what limits it."""
    if finding.confidence == "high":
        return f"Confidence is high: {CONFIDENCE['high']}."
    doubts = _doubts(analysis) if finding.confidence == "low" else []
    return f"Confidence is {finding.confidence}, since {_listed([OTHERS, *doubts])}."


def _doubts(analysis: Analysis) -> list[str]:
    """What keeps a comparison with others from being as close as it can be."""
    strap = analysis.provenance == "garmin_strap"
    steps = run_finding(analysis).label in _STEPS
    held = {
        "steps": steps,
        "sensor": not strap and not steps,
        "strap": strap and analysis.reference != REFERENCES["garmin_strap"],
        "indoor": analysis.surface == "indoor",
        "height": analysis.runner.height_m is None,
    }
    return [DOUBTS[name] for name, holds in held.items() if holds]


def _listed(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b, and c": the parts are whole clauses."""
    *first, last = parts
    return f"{', '.join(first)}{',' if len(first) > 1 else ''} and {last}" if first else last


def _likely(finding: Finding) -> str:
    """ " (88 % likely)" behind what stands out; nothing where nothing does."""
    if finding.probability is None or finding.label in _QUIET:
        return ""
    return f" ({numbers.probability(finding.probability)} likely)"


def sentences(analysis: Analysis, *, miles: bool = False) -> list[str]:
    """What the headline means for this run, each a sentence with its numbers."""
    if not analysis.findings:
        return _without_findings(analysis)
    run, slow = run_finding(analysis), slow_finding(analysis)
    said = [_about_slow(slow, analysis, miles=miles)] if slow else []
    said.append(_about_run(run, analysis, after_slow=slow is not None, miles=miles))
    said += _beside(run)
    if run.label in _STEPS:
        said.insert(0, _why_steps_only(analysis))
    if run.label == "short-steps":
        said.append(SHORT_WHEN_SLOW)
    told = slow or run
    if told.strength == "marked" and told.certainty == "spoken" and told.label not in _QUIET:
        said.append(MARKEDLY)
    return [*said, _why_so_sure(told, analysis)]


def _why_steps_only(analysis: Analysis) -> str:
    if analysis.provenance == _COMPUTED:
        return WRIST
    return STRAVA_STREAM if analysis.activity.format == "strava" else SPEED_AND_CADENCE


def _about_run(finding: Finding, analysis: Analysis, *, after_slow: bool, miles: bool) -> str:
    spread = analysis.metrics.get("speed_mps")
    where = f"At {numbers.pace(spread.median, miles=miles)}" if spread else "At the speed of this run"
    medians = {key: metric.median for key, metric in analysis.metrics.items()}
    label = LABELS[finding.label]
    if finding.label == "neutral":
        middle = f"{where}{', the middle of this run,' if after_slow else ''}"
        doubt = "" if finding.certainty == "spoken" else " clearly"
        apart = " and ".join(meaning for _, meaning in _apart(finding))
        opening = f"{middle} {apart or f'nothing{doubt} stands out'}"
    else:
        opening = f"{where} {_hedged(finding, label.meaning)}"
    return _with_evidence(opening, _evidence(finding, medians, analysis.usual))


def _hedged(finding: Finding, meaning: str) -> str:
    if finding.label in _QUIET:
        return meaning
    if finding.certainty == "leaning":
        return f"it looks as if {meaning}, but this is not sure{_likely(finding)}"
    if finding.certainty == "unclear":
        return f"it cannot be told from chance whether {meaning}{_likely(finding)}"
    return meaning + _likely(finding)


def _about_slow(finding: Finding, analysis: Analysis, *, miles: bool) -> str:
    """The slow paces, shown on the slow band with most epochs."""
    label = LABELS[finding.label]
    onset = analysis.shuffle_onset.speed_mps
    where = f"Slower than about {numbers.pace(onset, miles=miles)}" if onset else "When you run slowly"
    band = _slow_band(analysis.pace_profile, finding.label, onset)
    opening = f"{where} {_hedged(finding, label.meaning)}"
    if band is None:
        return opening + "."
    shown = _evidence(finding, band.metrics, band.usual)
    return _with_evidence(f"{opening}. Around {numbers.pace(band.speed_mps, miles=miles)}", shown)


def _slow_band(profile: Sequence[PaceBand], label: str, onset: float | None) -> PaceBand | None:
    bands = [band for band in profile if band.label == label and (onset is None or band.high_mps <= onset + 1e-9)]
    return max(bands, key=lambda band: (band.epochs, -band.speed_mps), default=None)


_BOUNCING = frozenset({"piston-like", "short-bounce"})
_APART_CITES = ("step_length_m", "duty_factor", "cadence_spm")


def _evidence(finding: Finding, found: Mapping[str, float], usual: Mapping[str, float]) -> list[str]:
    """The metrics that show a label best; for piston the bounce first, against what steps so short call for."""
    bounce = _bounce(found, usual) if finding.label in _BOUNCING else []
    cites = _APART_CITES if _apart(finding) else LABELS[finding.label].cites
    return bounce + comparisons(cites, found, usual)


def _bounce(found: Mapping[str, float], usual: Mapping[str, float]) -> list[str]:
    """Oscillation against what the runner's own steps call for: short quick ones can be piston-like with little."""
    key, due = "vertical_oscillation_m", called_for(found, usual)
    if key not in found or due is None:
        return []
    return [
        f"{CHANNELS[key].name} {numbers.quantity(key, found[key])} where your steps call for "
        f"{numbers.quantity(key, due)}"
    ]


def called_for(found: Mapping[str, float], usual: Mapping[str, float]) -> float | None:
    """The oscillation (m) that would be usual for steps as long as these; None where one of the two is not known.

    Usual oscillation is that of usual steps; bounce goes with the square of the step time, and at one speed step time
    and step length go together.
    """
    oscillation, length = usual.get("vertical_oscillation_m"), usual.get("step_length_m")
    if not oscillation or not length or "step_length_m" not in found:
        return None
    return oscillation * (found["step_length_m"] / length) ** 2


def comparisons(
    keys: Sequence[str], found: Mapping[str, float], usual: Mapping[str, float], *, most: int = 3
) -> list[str]:
    """ "ground contact time 306 ms (usual 291)" for each metric that has both."""
    both = [key for key in keys if key in found and key in usual][:most]
    return [f"{_spoken(key, found[key])} (usual{numbers.TIE}{numbers.value(key, usual[key])})" for key in both]


def _spoken(key: str, amount: float) -> str:
    """A metric as it is said in a sentence."""
    return SPOKEN_METRICS.get(key, f"{CHANNELS[key].name} {{}}").format(numbers.quantity(key, amount))


def _with_evidence(opening: str, shown: Sequence[str]) -> str:
    return f"{opening}: {', '.join(shown)}." if shown else f"{opening}."


def _beside(finding: Finding) -> list[str]:
    """Notes beside the label; no verdicts."""
    said = [NO_SHUFFLE] if finding.label == "short-grounded" else []
    said += [_NOTES[word] for word in finding.qualifiers if word in _NOTES]
    if finding.also and finding.label != "short-bounce":  # that name holds both
        others = [f"“{LABELS[label].name}”" for label in finding.also if label in LABELS]
        said.append(f"A weaker pattern is there too: {_listed(others)}.")
    return said


# What is noted about bounce stands in the part about up and down.
_NOTES = {
    "grounded": "At times almost no flight is left between the steps.",
    "short steps": "Short steps alone pull the drive score down; a shuffle would also stay on the ground longer.",
    "long steps": "Long steps alone raise the drive score; drive-like running would also leave the ground earlier.",
    "low duty factor": "Leaving the ground early alone raises the drive score; drive-like steps would also be longer.",
    "high duty factor": "Staying on the ground alone pulls the drive score down; a shuffle also has short steps.",
}


def _without_findings(analysis: Analysis) -> list[str]:
    reason = analysis.status_reason.strip() or analysis.scores.D.reason
    return [_sentence_case(reason).rstrip(".") + "."] if reason else []


def line(analysis: Analysis) -> str:
    """The verdict as one line for lists: headline and, where something stands out, how likely."""
    text = headline(analysis)
    if not analysis.findings:
        return text
    finding = slow_finding(analysis) or run_finding(analysis)
    if finding.label in _QUIET or finding.probability is None:
        return text
    return f"{text} ({numbers.probability(finding.probability)})"
