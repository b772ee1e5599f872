"""The verdict in one or two plain sentences, from findings. Shared by the report of a run, lists and summaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kneedrive.channels import CHANNELS
from kneedrive.findings import Analysis, Finding, PaceBand
from kneedrive.method import REFERENCES
from kneedrive.report import view, words

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
    name = words.LABELS[finding.label].name
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
    return [words.APART[word] for word in finding.qualifiers if word in words.APART]


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def confidence(finding: Finding) -> str:
    """The word alone, beside the headline; `sentences` give its reason, and how likely the pattern is."""
    return f"confidence: {finding.confidence}"


def _why_so_sure(finding: Finding, analysis: Analysis) -> str:
    """The word for confidence with what limits it."""
    if finding.confidence == "high":
        return f"Confidence is high: {words.CONFIDENCE['high']}."
    doubts = _doubts(analysis) if finding.confidence == "low" else []
    return f"Confidence is {finding.confidence}, since {_listed([words.OTHERS, *doubts])}."


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
    return [words.DOUBTS[name] for name, holds in held.items() if holds]


def _listed(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b, and c": the parts are whole clauses."""
    *first, last = parts
    return f"{', '.join(first)}{',' if len(first) > 1 else ''} and {last}" if first else last


def _likely(finding: Finding) -> str:
    """ " (88 % likely)" behind what stands out; nothing where nothing does."""
    if finding.probability is None or finding.label in _QUIET:
        return ""
    return f" ({view.probability(finding.probability)} likely)"


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
        said.append(words.SHORT_WHEN_SLOW)
    told = slow or run
    if told.strength == "marked" and told.certainty == "spoken" and told.label not in _QUIET:
        said.append(words.MARKEDLY)
    return [*said, _why_so_sure(told, analysis)]


def _why_steps_only(analysis: Analysis) -> str:
    if analysis.provenance == _COMPUTED:
        return words.WRIST
    return words.STRAVA_STREAM if analysis.activity.format == "strava" else words.SPEED_AND_CADENCE


def _about_run(finding: Finding, analysis: Analysis, *, after_slow: bool, miles: bool) -> str:
    spread = analysis.metrics.get("speed_mps")
    where = f"At {view.pace(spread.median, miles=miles)}" if spread else "At the speed of this run"
    medians = {key: metric.median for key, metric in analysis.metrics.items()}
    label = words.LABELS[finding.label]
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
    label = words.LABELS[finding.label]
    onset = analysis.shuffle_onset.speed_mps
    where = f"Slower than about {view.pace(onset, miles=miles)}" if onset else "When you run slowly"
    band = _slow_band(analysis.pace_profile, finding.label, onset)
    opening = f"{where} {_hedged(finding, label.meaning)}"
    if band is None:
        return opening + "."
    shown = _evidence(finding, band.metrics, band.usual)
    return _with_evidence(f"{opening}. Around {view.pace(band.speed_mps, miles=miles)}", shown)


def _slow_band(profile: Sequence[PaceBand], label: str, onset: float | None) -> PaceBand | None:
    bands = [band for band in profile if band.label == label and (onset is None or band.high_mps <= onset + 1e-9)]
    return max(bands, key=lambda band: (band.epochs, -band.speed_mps), default=None)


_BOUNCING = frozenset({"piston-like", "short-bounce"})
_APART_CITES = ("step_length_m", "duty_factor", "cadence_spm")


def _evidence(finding: Finding, found: Mapping[str, float], usual: Mapping[str, float]) -> list[str]:
    """The metrics that show a label best; for piston the bounce first, against what steps so short call for."""
    bounce = _bounce(found, usual) if finding.label in _BOUNCING else []
    cites = _APART_CITES if _apart(finding) else words.LABELS[finding.label].cites
    return bounce + comparisons(cites, found, usual)


def _bounce(found: Mapping[str, float], usual: Mapping[str, float]) -> list[str]:
    """Oscillation against what the runner's own steps call for: short quick ones can be piston-like with little."""
    key, due = "vertical_oscillation_m", called_for(found, usual)
    if key not in found or due is None:
        return []
    return [
        f"{CHANNELS[key].name} {view.quantity(key, found[key])} where your steps call for {view.quantity(key, due)}"
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
    return [f"{_spoken(key, found[key])} (usual{view.TIE}{view.value(key, usual[key])})" for key in both]


def _spoken(key: str, amount: float) -> str:
    """A metric as it is said in a sentence."""
    return words.SPOKEN_METRICS.get(key, f"{CHANNELS[key].name} {{}}").format(view.quantity(key, amount))


def _with_evidence(opening: str, shown: Sequence[str]) -> str:
    return f"{opening}: {', '.join(shown)}." if shown else f"{opening}."


def _beside(finding: Finding) -> list[str]:
    """Notes beside the label; no verdicts."""
    said = [words.NO_SHUFFLE] if finding.label == "short-grounded" else []
    said += [_NOTES[word] for word in finding.qualifiers if word in _NOTES]
    if finding.also and finding.label != "short-bounce":  # that name holds both
        others = [f"“{words.LABELS[label].name}”" for label in finding.also if label in words.LABELS]
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
    return f"{text} ({view.probability(finding.probability)})"
