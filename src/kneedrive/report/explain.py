"""Behind the report: every rule, formula, number and source that judged a run, read from what decides."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, get_type_hints

from kneedrive.analysis.posterior import RULED_OUT_ALOUD, Posterior
from kneedrive.analysis.result import Analysis
from kneedrive.method import Method, PosteriorRules
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.quantities import QUANTITIES
from kneedrive.report import numbers
from kneedrive.report import words as said
from kneedrive.report.blocks import Column, Heading, Items, Prose, Section, Table, Terms, strong, words
from kneedrive.report.numbers import exact
from kneedrive.report.sections import left_out, measured

FORMULAS = {
    "zSL": "how long a step is for its speed: ln(T/T_exp)/s_T, T the time of a step (60/cadence)",
    "zDF": "how much of a stride a foot is on the ground: (DF−DF_exp)/s_DF, DF = contact time/(2T)",
    "zk": "bounce that timing does not explain: ln(k/k_exp)/s_k, k = oscillation/(gT²(1/8−0.18169·DF))",
    "zB": "bounce for the time of a step: (s_k·zk + ln(1 − C·s_DF·zDF/B_exp))/s_B",
    "D": "(zSL−zDF)/√2: long steps with little of each on the ground above zero, a shuffle below",
    "P": "(zB−zSL)/√2: bounce that does not buy step length",
    "G": "(zSL+zDF)/√2: long steps on the ground above zero, quick light ones below",
    "K": "zk: torso bounce beyond the timing",
}


def sections(analysis: Analysis, *, miles: bool) -> list[Section]:
    """Every rule and number behind the report."""
    posterior = analysis.posterior
    reason = f" ({analysis.status_reason.rstrip('.')})" if analysis.status_reason else ""
    run = f"Activity {analysis.activity.id}, method version {analysis.method.version}"
    # What was left out and what is not judged, and how much of the run each metric covers.
    shares = (f"{name} {numbers.percent(share)}" for name, share in analysis.quality.coverage.items() if share)
    gates = [*left_out(analysis), f"Coverage of half-minutes: {', '.join(shares) or 'none'}."]
    return [
        [Heading("Explained"), Prose(f"{run}: {analysis.status}{reason}.")],
        *([regions(analysis, posterior, miles=miles), model(analysis, posterior)] if posterior else []),
        _knee(analysis),
        measured(analysis),
        _bands(analysis, miles=miles),
        sensor(analysis),
        [Heading("Gates"), Items(gates)],
        _fade(analysis),
        [Heading("Words"), *map(Prose, GLOSSARY)],
        *_knob_sections(analysis.method),
    ]


def region(pattern: Pattern, rules: PosteriorRules, *, miles: bool) -> str:
    """The rule of a pattern as it decides: "D ≤ -0.7, zSL ≤ -0.25, zDF ≥ 0.25"."""
    row, limits = PATTERNS[pattern], {"score": rules.score, "part": rules.part, "-part": -rules.part}
    if not row.region:
        return "none of the others holds"
    bounds = [f"{b.axis} {'≥' if b.side > 0 else '≤'} {exact(b.side * limits[b.limit])}" for b in row.region]
    # The two have one region, and pace alone tells them apart.
    paced = {Pattern.SHUFFLE: "slower than", Pattern.SHORT_GROUNDED: "from"}
    if pattern in paced:
        bounds.append(f"{paced[pattern]} {numbers.pace(rules.shuffle_under_mps, miles=miles)}")
    return ", ".join(bounds)


def regions(analysis: Analysis, posterior: Posterior, *, miles: bool) -> Section:
    """Every pattern with its rule and its odds; from steps alone also how these hang on the correlation."""
    rules, rows = analysis.method.posterior, []
    for pattern, probability in posterior.odds.items():
        base, where = numbers.probability(posterior.base_rates[pattern]), region(pattern, rules, miles=miles)
        told = words(strong(numbers.probability(probability)), f" (any runner: {base}), where {where}")
        rows.append((PATTERNS[pattern].name, told))
    aloud = said.listed([PATTERNS[each].name for each in RULED_OUT_ALOUD])
    texts = [
        f"Said from {numbers.percent(rules.spoken)}, leaning from {numbers.percent(rules.leaning)}; {aloud} are ruled "
        f"out up to {numbers.percent(rules.ruled_out)}. “Markedly”: the score is {exact(rules.marked)} or more. From "
        "steps alone, and of a piston without measured bounce, nothing is more than leaning; nor slower than "
        f"{numbers.pace(rules.leaning_under_mps, miles=miles)}.",
    ]
    if analysis.odds_range:
        low, high = sorted(rules.r_range)
        shown = [
            f"{PATTERNS[pattern].name} {numbers.odds_between(posterior.odds[pattern], *ends)}"
            for pattern, ends in analysis.odds_range.items()
            if posterior.odds[pattern] > rules.ruled_out
        ]
        texts.append(f"With a correlation of steps and contact from {exact(low)} to {exact(high)}: {'; '.join(shown)}.")
    head = Heading("Patterns", "probability that the true values lie in the region")
    return [head, Terms(rows), *map(Prose, texts)]


def model(analysis: Analysis, posterior: Posterior) -> Section:
    """What was measured of a runner, what is believed of any, and what follows."""
    rules = analysis.method.posterior
    prior = (
        "Before a recording a runner is normal around what is usual at that speed and height, each part with an SD of "
        f"1 between runners; r(zSL, zDF) = {exact(rules.r_zSL_zDF)}, zk by itself. What a recording measures is "
        "weighed in with its errors; what it does not measure is missing. Odds are the mass over "
        f"{numbers.number(rules.points)} fixed points."
    )
    rows = []
    for place, name in enumerate(("zSL", "zDF", "zk")):
        seen = analysis.scores.z.get(name) if name in posterior.measured else None
        sd = posterior.cov[place][place] ** 0.5
        rows.append((name, numbers.signed(seen, 2), numbers.with_error(posterior.mean[place], sd, decimals=2)))
    for letter, score in analysis.scores.items():
        found = posterior.scores[letter]
        shown = numbers.with_error(score.value, score.se, decimals=2)
        rows.append((letter, shown, numbers.with_error(found.mean, found.sd, decimals=2)))
    columns = (Column(left=True), Column(head="measured"), Column(head="believed"))
    head = Heading("The model", "in SDs between runners; ± one standard error, or SD of what is believed")
    return [head, Prose(prior), Table(columns, rows), Terms([*FORMULAS.items()])]


def _knee(analysis: Analysis) -> Section:
    found, rules = analysis.knee, analysis.method.posterior
    if found.probability_less is None:
        return [Heading("The swinging knee"), Prose(f"{said.capital(found.reason)}.")] if found.reason else []
    text = (
        f"h = {exact(rules.knee_per_zSL)}·zSL − {exact(-rules.knee_per_zDF)}·zDF + e, with an SD of 1 between runners "
        f"({exact(rules.knee_sd_deg)}°): {numbers.with_error(found.degrees, found.se)}° from the mean at this speed, "
        f"less with a probability of {numbers.probability(found.probability_less)}. {said.KNEE_GROUND}"
    )
    return [Heading("The swinging knee"), Prose(text)]


def _bands(analysis: Analysis, *, miles: bool) -> Section:
    judged = [(band, band.posterior) for band in reversed(analysis.pace_profile) if band.posterior]
    if not judged:
        return []
    rules = analysis.method.profile
    columns = (
        Column(head=numbers.pace_unit(miles=miles)), Column(head="n"), Column(head="D"), Column(head="P", drop=2),
        Column(head="G", drop=3), Column(head="first", left=True), Column(head="p"), Column(left=True, drop=1),
    )  # fmt: skip
    rows = []
    for band, found in judged:
        pace, first = numbers.bare_pace(band.speed_mps, miles=miles), band.leading[0]
        believed = (numbers.with_error(found.scores[letter].mean, found.scores[letter].sd) for letter in "DPG")
        odds = numbers.probability(found.odds[first])
        rows.append((pace, str(band.epochs), *believed, PATTERNS[first].name, odds, band.certainty))
    size = numbers.quantity("speed_mps", rules.band_mps)
    return [Heading("Pace bands", f"of {size} with at least {rules.band_epochs} half-minutes"), Table(columns, rows)]


def sensor(analysis: Analysis) -> Section:
    """What the sensor class may be off, and what is usual on it."""
    reference = analysis.reference
    constants = {
        "usual oscillation over the modelled one, k": reference.k_ref,
        "change of ln k per m/s": reference.s_k or None,
        "shift of its duty factor": reference.shift_DF or None,
        "tilt of its duty factor per m/s": reference.tilt_DF or None,
        "what its duty factor may be off": reference.sd_DF,
        "what its ln k may be off": reference.sd_ln_k,
    }
    known = [f"{name} {exact(value)}" for name, value in constants.items() if value is not None]
    height = {"file": "from the file", "settings": "from you"}.get(analysis.height_from, "not known")
    if analysis.runner.height_m is not None:
        height = f"{numbers.number(analysis.runner.height_m, 2)}{numbers.TIE}m, {height}"
    # At a speed v (m/s) and a height h (m), each with its source.
    usual = analysis.method.population
    hints = get_type_hints(type(usual), include_extras=True)
    sources = {name: hints[name].__metadata__[1] for name in usual.__struct_fields__}
    cadence = (
        f"Usual cadence {exact(usual.cadence_at_3_spm)} + {exact(usual.cadence_per_mps)}·(v−3) "
        f"− {exact(-usual.cadence_per_m)}·(h−{exact(usual.height_m)}) steps/min [{sources['cadence_at_3_spm']}]."
    )
    duty = f"Usual duty factor {exact(usual.duty_base)} + {exact(usual.duty_per_slowness)}/v [{sources['duty_base']}]."
    spreads = (
        f"SDs between runners: s_T {exact(usual.sd_ln_T)}, without a known height {exact(usual.sd_ln_T_no_height)} "
        f"[{sources['sd_ln_T']}]; s_DF {exact(usual.sd_duty_base)} + {exact(usual.sd_duty_per_slowness)}/v "
        f"[{sources['sd_duty_base']}]; s_k {exact(usual.sd_ln_k)} [{sources['sd_ln_k']}]."
    )
    texts = (
        f"{analysis.provenance}: {numbers.clean(analysis.provenance_reason, 200).rstrip('.')}.",
        f"Reference for {reference.words}: {'; '.join(known) or 'nothing that could be compared'}.",
        f"It rests on: {reference.basis}.",
        f"Height: {height}.",
        cadence,
        duty,
        spreads,
    )
    return [Heading("Sensor and reference"), Items(texts)]


def _fade(analysis: Analysis) -> Section:
    found = analysis.fade
    if not found.changes:
        return []
    columns = (
        Column(left=True), Column(head="late − early"), Column(head=f"{numbers.percent(found.level, 1)} interval"),
        Column(head="counts from", drop=1), Column(left=True),
    )  # fmt: skip
    rows = []
    for key, change in found.changes.items():
        name = "torso bounce, ln k" if key == "ln_k" else QUANTITIES[key].name
        off, ends = numbers.difference(key, change.difference), numbers.interval(key, change.low, change.high)
        limit = numbers.difference(key, abs(change.threshold)).lstrip("+")
        rows.append((name, off, ends, limit, "counts" if change.notable else ""))
    return [Heading("Fade", f"{numbers.plural(found.blocks, 'block')} of three minutes"), Table(columns, rows)]


# Aerial and terrestrial are the two styles of the Volodalen method (Gindre 2016, Lussiana 2017 and 2019, Patoz 2019 to
# 2022).
GLOSSARY = (
    "SD between runners: as far as runners at one speed usually lie apart. About two in three lie within one of usual, "
    "19 in 20 within two.",
    "A step goes from one foot to the other. Garmin, Apple and Polar call its length stride length. Cadence counts the "
    "steps of both feet. The duty factor is the share of a stride (two steps) that one foot is on the ground; flight "
    "time is what is left of a step.",
    "Oscillation is how far the torso goes up and down in a step. The vertical ratio (oscillation per step length) "
    "differs from usual for three reasons that add up exactly as logarithms, ln VR = ln T + ln B + ln k: longer steps, "
    "more air in a step (B = 1/8−0.18169·DF), torso bounce. At one speed longer steps and shorter contact raise it, so "
    "a low vertical ratio is never taken for drive.",
    "Words that clash: in the research on running styles, “forward” or “terrestrial” running means long contact and "
    "little bounce, and “aerial” running means the opposite. Coaches, and kneedrive with them, call it drive when the "
    "step is long and the contact short. What the research calls forward is closest to “long, grounded steps” here.",
)


def knobs(method: Method) -> Iterator[tuple[str, str, Any, str, str]]:
    """Group, name, value, unit and source of every number that the analysis of one run uses, in order of definition."""
    # Those of weeks, comparisons and merging decide nothing about one run.
    names = "resampling epochs gait steady grade plausible population sensors posterior profile fade"
    for group in names.split():
        rules = getattr(method, group)
        hints = get_type_hints(type(rules), include_extras=True)
        for name in rules.__struct_fields__:
            unit, source = hints[name].__metadata__
            yield group, name, getattr(rules, name), unit, source


def _knob_sections(method: Method) -> Iterator[Section]:
    remark = "with unit and source; “design” is a choice, not a finding"
    for group, rows in groupby(knobs(method), key=itemgetter(0)):
        items = []
        for _, name, value, unit, source in rows:
            shown = " to ".join(map(exact, value)) if isinstance(value, tuple) else exact(value)
            items.append(f"{name} = {shown}{'' if unit == '1' else ' ' + unit} [{source}]")
        yield [Heading(f"Numbers of the method: {group}", remark), Items(items)]
        remark = ""  # it is said once, over the first
