"""Behind the verdict: rules, formulas, numbers, references with their sources, gates, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_type_hints

from kneedrive.analysis.result import Analysis, Finding, PaceBand, Score
from kneedrive.method import Method
from kneedrive.quantities import CHANNELS
from kneedrive.record import Record
from kneedrive.report import numbers, verdict
from kneedrive.report.numbers import exact
from kneedrive.report.run import gate_words
from kneedrive.report.text import Style, finish, flow, heading, table

# What --explain knows of the method: rules by label and formulas in words. The numbers come from Method alone.


class Condition(Record, frozen=True):
    """One bound of a label's rule: a score or part, a comparison, and the knob of LabelRules it is held against."""

    part: str
    relation: str
    knob: str
    sign: int = 1


RULES: dict[str, tuple[Condition, ...]] = {
    "piston-like": (
        Condition("P", "≥", "score"),
        Condition("zB", "≥", "piston_zB_min"),
        Condition("zSL", "≤", "piston_zSL_max"),
    ),
    "drive-like": (
        Condition("D", "≥", "score"),
        Condition("zSL", "≥", "drive_zSL_min"),
        Condition("zDF", "≤", "drive_zDF_max"),
    ),
    "shuffle-like": (
        Condition("D", "≤", "score", -1),
        Condition("zDF", "≥", "shuffle_zDF_min"),
        Condition("zSL", "≤", "shuffle_zSL_max"),
    ),
    "long-grounded": (
        Condition("G", "≥", "score"),
        Condition("zSL", ">", "corner_over"),
        Condition("zDF", ">", "corner_over"),
    ),
    "short-airy": (
        Condition("G", "≤", "score", -1),
        Condition("zSL", "<", "corner_over", -1),
        Condition("zDF", "<", "corner_over", -1),
    ),
}
RULES["short-grounded"] = RULES["shuffle-like"]
RULES["short-bounce"] = RULES["piston-like"] + RULES["shuffle-like"]

SCORED_BY = {
    "piston-like": ("P", 1),
    "drive-like": ("D", 1),
    "shuffle-like": ("D", -1),
    "short-grounded": ("D", -1),
    "long-grounded": ("G", 1),
    "short-airy": ("G", -1),
    "short-bounce": ("P", 1),
}

PARTS = {
    "zSL": "how long a step is for its speed: ln(T/T_exp)/s_T, T the time of a step (60/cadence)",
    "zDF": "how much of a stride a foot is on the ground: (DF−DF_exp)/s_DF, DF = contact time/(2T)",
    "zB": "bounce for the time of a step: ln(β/β_exp)/s_B, β = oscillation/(gT²)",
    "zk": "bounce that timing does not explain: ln(k/k_exp)/s_k, k = oscillation/(gT²(1/8−0.18169·DF))",
}

SCORES = {
    "D": "D = (zSL−zDF)/√2: long steps with short contact are above zero, short steps that stay on the ground below",
    "P": "P = (zB−zSL)/√2: bounce that does not buy step length is above zero",
    "G": "G = (zSL+zDF)/√2: long steps with long contact are above zero, short quick steps below",
    "K": "K = zk: torso bounce beyond timing",
}

PROBABILITY = "p = Φ((S/(1+s²) − {truth})/(s/√(1+s²)))"

_ONE_RUN = ("resampling", "epochs", "gait", "steady", "grade", "plausible", "population", "labels", "profile", "fade")


def usual(method: Method) -> tuple[str, ...]:
    """How what is usual at a speed v (m/s) and height h (m) is computed, each with its source."""
    known, sources = method.population, _sources(method.population)
    cadence = (
        f"usual cadence {exact(known.cadence_at_3_spm)} + {exact(known.cadence_per_mps)}·(v−3) "
        f"− {exact(-known.cadence_per_m)}·(h−{exact(known.height_m)}) steps/min [{sources['cadence_at_3_spm']}]"
    )
    duty = f"usual duty factor {exact(known.duty_base)} + {exact(known.duty_per_slowness)}/v [{sources['duty_base']}]"
    spreads = (
        f"spreads between runners: s_T {exact(known.sd_ln_T)}, without a known height {exact(known.sd_ln_T_no_height)} "
        f"[{sources['sd_ln_T']}]; s_DF {exact(known.sd_duty_base)} + {exact(known.sd_duty_per_slowness)}/v "
        f"[{sources['sd_duty_base']}]; s_k {exact(known.sd_ln_k)} "
        f"[{sources['sd_ln_k']}]"
    )
    return cadence, duty, spreads


def _sources(rules: Record) -> dict[str, str]:
    hints = get_type_hints(type(rules), include_extras=True)
    return {name: hints[name].__metadata__[1] for name in rules.__struct_fields__}


def knobs(method: Method) -> Iterator[tuple[str, str, Any, str, str]]:
    """Group, name, value, unit and source of every number that the analysis of one run uses, in order of definition."""
    for group in _ONE_RUN:
        rules = getattr(method, group)
        hints = get_type_hints(type(rules), include_extras=True)
        for name in rules.__struct_fields__:
            unit, source = hints[name].__metadata__
            yield group, name, getattr(rules, name), unit, source


# Behind the verdict: numbers, formulas in words, references with their sources, gates, and how sure it is.


def render(analysis: Analysis, style: Style) -> str:
    """Every number behind the report and where it comes from; no line wider than the style. Pure."""
    blocks = [
        _heads(analysis, style),
        *(_finding(finding, analysis, style) for finding in analysis.findings),
        _scores(analysis, style),
        _measured(analysis, style),
        _bands(analysis, style),
        _sensor(analysis, style),
        _gates(analysis, style),
        _fade(analysis, style),
        _glossary(style),
        _knobs(analysis, style),
    ]
    return finish(blocks, style)


def _lines(texts: Iterable[str], style: Style) -> list[str]:
    return [line for text in texts for line in flow(text, style, hang=2)]


def _heads(analysis: Analysis, style: Style) -> list[str]:
    activity = analysis.activity
    said = (
        f"Activity {activity.id}, status: {analysis.status}"
        + (f" ({analysis.status_reason.rstrip('.')})." if analysis.status_reason else "."),
        f"Method version {analysis.method.version}. Every score counts spreads between runners: 0 is usual at that "
        "speed, +1 and −1 are one standard deviation away.",
    )
    return [*heading("Explained", style), *_lines(said, style)]


def _finding(finding: Finding, analysis: Analysis, style: Style) -> list[str]:
    label = verdict.LABELS[finding.label]
    scope = "the slow paces" if finding.scope == "slow" else "the whole run"
    said = [f"{label.name}, {finding.strength}, {finding.certainty}: {label.meaning}."]
    said += _rule(finding, analysis, miles=style.miles)
    said += _likelihood(finding, analysis)
    said.append(f"Confidence {finding.confidence}: {verdict.CONFIDENCE[finding.confidence]}.")
    if finding.qualifiers or finding.also:
        said.append("Beside it: " + ", ".join((*finding.qualifiers, *finding.also)) + ".")
    return [*heading(f"Finding about {scope}", style), *_lines(said, style), *_evidence(finding, style)]


def _evidence(finding: Finding, style: Style) -> list[str]:
    """The numbers behind a finding: scores and parts with their errors, then metrics against what is usual."""
    known = finding.evidence
    scores = [
        f"{name} {numbers.with_error(known[name], known.get(f'{name}_se'), decimals=2)}"
        for name in ("D", "P", "G", "K", "zSL", "zDF", "zB", "zk")
        if name in known
    ]
    lines = flow("Its scores and parts: " + ", ".join(scores) + ".", style, hang=2) if scores else []
    rows = [
        ["pace", numbers.pace(amount, miles=style.miles), numbers.MISSING]
        if key == "speed_mps"
        else [CHANNELS[key].name, numbers.quantity(key, amount), numbers.value(key, known.get(f"usual_{key}"))]
        for key, amount in known.items()
        if key in CHANNELS
    ]
    over = f"medians over {numbers.plural(round(known['epochs']), 'half-minute')}" if "epochs" in known else "medians"
    return [*lines, *(table([[over, "here", "usual"], *rows], style) if rows else [])]


def _rule(finding: Finding, analysis: Analysis, *, miles: bool) -> list[str]:
    conditions = RULES.get(finding.label)
    if conditions is None:
        return []
    rules = analysis.method.labels
    held = [f"{c.part} {c.relation} {numbers.exact(c.sign * getattr(rules, c.knob))}" for c in conditions]
    speed = f", slower than {numbers.pace(rules.shuffle_under_mps, miles=miles)}"
    return [f"Rule: {', '.join(held)}{speed if finding.label == 'shuffle-like' else ''}."]


_BETWEEN = {
    "neutral": "that true D lies between −{bound} and {bound}, times the same of G or P, whichever is less sure of it "
    "(those two are nearly one axis)",
    "usual-steps": "that true zSL lies between −{bound} and {bound}",
}
_BOTH = (
    "that true P is at least {truth} and true D at most −{truth} at once, from zSL, zDF and zB with their errors, "
    "{prior}; between runners bounce falls as the duty factor rises"
)


def _likelihood(finding: Finding, analysis: Analysis) -> list[str]:
    """How the probability came about."""
    if finding.probability is None:
        return ["No probability is stated for it."]
    rules = analysis.method.labels
    spoken = f"Spoken from {numbers.percent(rules.spoken)}, leaning from {numbers.percent(rules.leaning)}."
    prior = "with most runners near zero (prior N(0, 1))"
    if finding.label in _BETWEEN:
        bound = numbers.exact(rules.score)
        said = f"{_BETWEEN[finding.label].format(bound=bound)}, {prior}"
    elif finding.label == "short-bounce":
        said = _BOTH.format(truth=numbers.exact(rules.truth), prior=prior)
    else:
        formula = PROBABILITY.format(truth=numbers.exact(rules.truth))
        said = f"{formula}, S the score signed towards the label, s its standard error, {prior}"
        said += _worked(finding, analysis)
    return [f"Probability {numbers.probability(finding.probability)}: {said}. {spoken}"]


def _worked(finding: Finding, analysis: Analysis) -> str:
    """The finding's own numbers put into the formula."""
    letter, sign = SCORED_BY.get(finding.label, ("", 1))
    score = getattr(analysis.scores, letter) if letter and finding.scope == "run" else Score()
    value, se = finding.evidence.get(letter, score.value), finding.evidence.get(f"{letter}_se", score.se)
    if value is None or se is None:
        return ""
    return f"; here S = {numbers.exact(sign * value)}, s = {numbers.exact(se)}"


def _scores(analysis: Analysis, style: Style) -> list[str]:
    said = []
    for letter, score in analysis.scores.items():
        shown = f"not judged: {score.reason.rstrip('.')}"
        if score.value is not None:
            shown = numbers.with_error(score.value, score.se, decimals=2)
        said.append(f"{letter}, {verdict.SCORES[letter]}: {shown}. {SCORES[letter]}.")
    parts = analysis.scores.z
    said += [f"{name} {numbers.signed(parts[name], 2)}: {PARTS[name]}." for name in PARTS if name in parts]
    said.append(
        "Run values are weighted medians over the scored half-minutes (weight 1 on the flat, "
        f"{numbers.exact(analysis.method.grade.hilly_weight)} on hills). The standard error joins the scatter between "
        "half-minutes, which resemble their neighbours, with what reference and sensor may be off for a whole run."
    )
    return [*heading("Scores", style), *_lines(said, style)]


def _measured(analysis: Analysis, style: Style) -> list[str]:
    rows = [["", "median", "p10", "p90", "usual", "n"]]
    for key, spread in analysis.metrics.items():
        amounts = (spread.median, spread.p10, spread.p90, analysis.usual.get(key))
        name, shown = f"{CHANNELS[key].name}, {numbers.unit(key)}", [numbers.value(key, amount) for amount in amounts]
        if key == "speed_mps":
            name = f"pace, {numbers.pace_unit(miles=style.miles)}"
            shown = [numbers.bare_pace(amount, miles=style.miles) for amount in amounts]
        rows.append([name, *shown, numbers.number(spread.n)])
    if len(rows) == 1:
        return []
    return [*heading("Measured", style, verdict.OVER.get(analysis.metrics_over, "")), *table(rows, style)]


def _bands(analysis: Analysis, style: Style) -> list[str]:
    if not analysis.pace_profile:
        return []
    rows = [[numbers.pace_unit(miles=style.miles), "n", "D", "P", "zSL", "label", "p"]]
    rows += [_band_row(band, miles=style.miles) for band in reversed(analysis.pace_profile)]
    rules = analysis.method.profile
    remark = f"bands of {numbers.quantity('speed_mps', rules.band_mps)} with at least {rules.band_epochs} half-minutes"
    return [*heading("Pace bands", style, remark), *table(rows, style)]


def _band_row(band: PaceBand, *, miles: bool) -> list[str]:
    cells = [numbers.with_error(score.value, score.se) for score in (band.scores.D, band.scores.P)]
    part = numbers.score(band.scores.z.get("zSL"))
    return [
        numbers.bare_pace(band.speed_mps, miles=miles),
        str(band.epochs),
        *cells,
        part,
        band.label,
        numbers.probability(band.probability),
    ]


def _sensor(analysis: Analysis, style: Style) -> list[str]:
    reference = analysis.reference
    constants = {
        "usual oscillation over the modelled one, k": reference.k_ref,
        "its change per m/s, in ln k": reference.s_k or None,
        "shift of its duty factor": reference.shift_DF or None,
        "its change per m/s": reference.tilt_DF or None,
        "what its duty factor may be off": reference.sd_DF,
        "what its ln k may be off": reference.sd_ln_k,
    }
    known = [f"{name} {numbers.exact(value)}" for name, value in constants.items() if value is not None]
    said = [
        f"{analysis.provenance}: {numbers.clean(analysis.provenance_reason, 200).rstrip('.')}.",
        f"Reference for {reference.words}: " + ("; ".join(known) if known else "nothing that could be compared") + ".",
        f"It rests on: {reference.basis}.",
        *(f"{text[:1].upper()}{text[1:]}." for text in usual(analysis.method)),
        "May speak of: "
        + (", ".join(verdict.SCORES[letter] for letter in reference.scores) or "step length only")
        + ".",
    ]
    return [*heading("Sensor and reference", style), *_lines(said, style)]


def _gates(analysis: Analysis, style: Style) -> list[str]:
    quality = analysis.quality
    said = [f"{numbers.number(quality.epochs_scored)} of {numbers.plural(quality.epochs_total, 'half-minute')} scored."]
    gates = sorted(quality.excluded.items(), key=lambda item: (-item[1], item[0]))
    said += [f"{numbers.number(count)} left out: {gate_words(gate)} ({gate})." for gate, count in gates]
    if quality.coverage:
        shares = (f"{name} {numbers.percent(share)}" for name, share in quality.coverage.items())
        said.append("Coverage of half-minutes: " + ", ".join(shares) + ".")
    said += [f"{item.what}: {item.reason.rstrip('.')}." for item in analysis.unjudged]
    return [*heading("Gates", style), *_lines(said, style)]


def _fade(analysis: Analysis, style: Style) -> list[str]:
    if not analysis.fade.changes:
        return []
    level = f"{numbers.percent(analysis.fade.level, 1)} interval"
    rows = [["", "late minus early", level, "counts from", ""]]
    for key, change in analysis.fade.changes.items():
        between = f"{numbers.difference(key, change.low)} to {numbers.difference(key, change.high)}"
        beyond = "counts" if change.notable else ""
        name = "torso bounce, ln k" if key == "ln_k" else CHANNELS[key].name
        rows.append(
            [
                name,
                numbers.difference(key, change.difference),
                between,
                numbers.threshold(key, change.threshold),
                beyond,
            ]
        )
    remark = f"{numbers.plural(analysis.fade.blocks, 'block')} of 3 minutes"
    return [*heading("Fade", style, remark), *table(rows, style)]


def _glossary(style: Style) -> list[str]:
    told = (verdict.SPREADS, verdict.LETTERS, verdict.STEP, verdict.SPLIT, verdict.CLASH)
    return [*heading("Words", style), *_lines(told, style)]


def _knobs(analysis: Analysis, style: Style) -> list[str]:
    """Every number of the method that one run needs, with its unit and its source, by group."""
    lines = heading("Numbers of the method", style, "with unit and source; “design” is a choice, not a finding")
    last = ""
    for group, name, value, unit, source in knobs(analysis.method):
        if group != last:
            lines += flow(f"{group}:", style)
            last = group
        shown = f"{numbers.exact(value)}{'' if unit == '1' else ' ' + unit}"
        lines += flow(f"{name} = {shown} [{source}]", style, indent=4, hang=2)
    return lines
