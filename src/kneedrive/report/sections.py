"""The sections of a report beyond the first screen: a run in full, the run against its runner, what to work on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from kneedrive.advice import KINDS, Advice, Entry, Plan
from kneedrive.analysis.gates import SHORT
from kneedrive.analysis.posterior import Certainty
from kneedrive.analysis.result import ESTIMATE, Analysis, FadeVerdict, OnsetVerdict, Over
from kneedrive.histories.result import Level, OwnView, PersonalZ, Unjudged
from kneedrive.patterns import AXES, PATTERNS
from kneedrive.quantities import QUANTITIES
from kneedrive.report import blocks, numbers
from kneedrive.report import words as said
from kneedrive.report.blocks import Block, Column, Heading, Inline, Note, Prose, Section, Table, faint, strong, words
from kneedrive.report.numbers import TIE
from kneedrive.sensors import SensorClass


def sections(analysis: Analysis, *, miles: bool) -> list[Section]:
    """Every part of a run that has content, in order."""
    return [
        likelihoods(analysis),
        numbers_by_pace(analysis, miles=miles) or measured(analysis),
        part("Up and down", bounce(analysis)),
        part("The swinging knee", knee(analysis)),
        part("When slow", when_slow(analysis, miles=miles)),
        fade(analysis, miles=miles),
        part("Accelerations", [accelerations(analysis, miles=miles)], "kept out of every comparison"),
        part("Left and right", [balance(analysis)]),
        part("What was left out, and why", left_out(analysis)),
        part("What a watch cannot know", [NOT_THE_KNEE] if analysis.findings else []),
    ]


def part(title: str, texts: Iterable[Inline], remark: str = "") -> Section:
    """A heading and paragraphs, those that are not empty; nothing where there are none."""
    paragraphs = [Prose(text) for text in texts if text]
    return [Heading(title, remark), *paragraphs] if paragraphs else []


def likelihoods(analysis: Analysis) -> Section:
    """How likely each pattern is, beside what it is for any runner."""
    posterior = analysis.posterior
    if posterior is None or not analysis.findings:
        return []
    columns = (Column(left=True), Column(head="likely"), Column(head="any runner"), Column(left=True, drop=1))
    rows = []
    for pattern, probability in sorted(posterior.odds.items(), key=lambda item: -item[1]):  # likeliest first
        row, base = PATTERNS[pattern], numbers.odds(posterior.base_rates[pattern])
        rows.append((row.name, strong(numbers.odds(probability)), base, faint(row.meaning)))
    unmeasured = [] if posterior.bounce_measured else [Note(said.NO_BOUNCE)]
    remark = "the whole run; patterns overlap, so odds do not add up to one"
    return [Heading("How likely", remark), Table(columns, rows), *unmeasured]


def claimed(analysis: Analysis, key: str) -> bool:
    """Whether a number is what a watch works out, and no measurement."""
    return analysis.provenance is SensorClass.GARMIN_WRIST and QUANTITIES[key].computed


def claim(analysis: Analysis, keys: Iterable[str]) -> list[Block]:
    """Which numbers are faint and why, where there are any; named, since not every screen shows what is faint."""
    names = [QUANTITIES[key].in_short for key in keys if claimed(analysis, key)]
    if not names:
        return []
    estimated = f"{said.capital(said.listed(names))}: the watch’s own estimate from speed, cadence and height"
    return [Note(f"{estimated}, its claim and no measurement.")]


def numbers_by_pace(analysis: Analysis, *, miles: bool) -> Section:
    """Every metric by pace band, beside what is usual at that speed; computed values faint."""
    bands = analysis.pace_profile
    headed = [row for row in QUANTITIES.values() if row.heading]
    shown = [row for row in headed if any(row.key in band.metrics for band in bands)]
    if not shown:
        return []
    columns = [Column(head="pace", unit=numbers.pace_unit(miles=miles))]
    for row in shown:
        # Cadence and step are what everything else hangs on: they stay, and the last are left out first.
        drop = max(headed.index(row) - 1, 0)
        columns.append(Column(head=row.heading, unit=row.heading_unit or row.unit, drop=drop))
    rows = []
    for band in reversed(bands):  # fastest first, as in the picture
        cells: list[Inline] = [numbers.bare_pace(band.speed_mps, miles=miles)]
        for row in shown:
            amount, usual = band.metrics.get(row.key), band.usual.get(row.key)
            text = numbers.value(row.key, amount)
            text += "" if amount is None or usual is None else f" / {numbers.value(row.key, usual)}"
            cells.append(faint(text) if claimed(analysis, row.key) else text)
        rows.append(cells)
    head = Heading("Numbers by pace", "yours / usual at that speed")
    return [head, Table(columns, rows), *claim(analysis, [row.key for row in shown])]


def measured(analysis: Analysis) -> Section:
    """Medians and what most of the run lay between, beside what is usual; of a file without samples its averages."""
    known = {key: spread for key, spread in analysis.metrics.items() if key != "speed_mps"}
    if not any(spread.n for spread in known.values()):
        whole = {key: amount for key, amount in analysis.activity.averages.items() if key in QUANTITIES}
        said_of_it = [(QUANTITIES[key].name, numbers.quantity(key, amount)) for key, amount in whole.items()]
        head = Heading("What the file says", "averages of the whole activity")
        return [head, Table((Column(left=True), Column(head="average")), said_of_it)] if whole else []
    columns = [Column(left=True), Column(head="median"), Column(head="mostly")]
    columns += [Column(head="usual", drop=1)] if analysis.usual else []
    rows = []
    for key, spread in known.items():
        mostly = f"{numbers.value(key, spread.p10)}–{numbers.value(key, spread.p90)}"
        ours = (numbers.quantity(key, spread.median), mostly)
        cells: list[Inline] = [faint(each) if claimed(analysis, key) else each for each in ours]
        if analysis.usual:
            cells.append(numbers.quantity(key, analysis.usual[key]) if key in analysis.usual else "")
        rows.append((QUANTITIES[key].name, *cells))
    head = Heading("What was measured", OVER.get(analysis.metrics_over, ""))
    return [head, Table(columns, rows), *claim(analysis, known)]


OVER = {
    Over.SCORED: "over the half-minutes that were scored",
    Over.RUNNING: "over all half-minutes of running",
    Over.ALL: "over all half-minutes",
    Over.SECONDS: "over single seconds",
    Over.SESSION: "averages of the whole activity",
}


def bounce(analysis: Analysis) -> list[str]:
    """How far the torso goes up and down, and what the vertical ratio is made of; or why bounce is not judged."""
    if analysis.posterior is None or not analysis.posterior.bounce_measured:
        unknown = analysis.reference.open if analysis.findings else ""
        return [f"Not judged: {unknown}."] if unknown else []
    usual, key = analysis.usual, "vertical_oscillation_m"
    medians = {key: spread.median for key, spread in analysis.metrics.items()}
    due, split = called_for(medians, usual), analysis.vr_split
    texts = []
    if key in medians and due is not None:
        texts.append(
            f"Each step takes you {numbers.quantity(key, medians[key])} up and down. Usual at this speed is "
            f"{numbers.value(key, usual[key])}, and {numbers.value(key, due)} for steps as long as yours."
        )
    if split is not None:
        texts.append(
            f"Your vertical ratio, up and down per length of step, is {numbers.change_percent(split.ln_VR)} from "
            f"usual: {numbers.change_percent(split.ln_T)} by the time of a step, "
            f"{numbers.change_percent(split.ln_B)} by the share of air in it, "
            f"{numbers.change_percent(split.ln_k)} by the torso."
        )
    return texts


def called_for(yours: Mapping[str, float], usual: Mapping[str, float]) -> float | None:
    """The oscillation (m) that would be usual for steps as long as these; None where one of the two is not known."""
    # Bounce goes with the square of the step time, and at one speed step time and step length go together.
    oscillation, length = usual.get("vertical_oscillation_m"), usual.get("step_length_m")
    if not oscillation or not length or "step_length_m" not in yours:
        return None
    return oscillation * (yours["step_length_m"] / length) ** 2


def knee(analysis: Analysis) -> list[Inline]:
    """The swing knee with its ground, or why it cannot be told."""
    if not analysis.findings:
        return []
    found = analysis.knee
    if found.probability_less is None:
        return [f"{said.capital(found.reason)}. {said.KNEE_LIFT}"]
    sentence = said.knee_sentence(found) or (
        "Whether your knee bends less than usual as the leg swings through is not clear: "
        f"{numbers.about(found.probability_less)} (any runner: 1 in 2)."
    )
    return [words(sentence, " ", said.KNEE_GROUND, said.KNEE_LIFT)]


NO_ONSET = {
    OnsetVerdict.EVERY: "Shuffle-like at every pace of this run alike, so no pace can be named where it begins.",
    OnsetVerdict.ALIKE: "Shuffle-like when slow, but not surely more than when fast: no pace can be named where it "
    "begins.",
    OnsetVerdict.NONE: "No pace can be named from which your running is surely shuffle-like.",
}


def when_slow(analysis: Analysis, *, miles: bool) -> list[str]:
    """From which pace on running is shuffle-like; how much had little flight, only where contact was measured."""
    found, slow = analysis.shuffle_onset, analysis.slow
    told = NO_ONSET.get(found.verdict, "")
    if found.speed_mps:
        told = f"Shuffle-like from {numbers.pace(found.speed_mps, miles=miles)} downwards: your shuffle-onset pace."
    if slow.share_flight_under_40ms is None or slow.speed_mps is None:
        return [told]
    limit = numbers.quantity("flight_time_s", analysis.method.profile.short_flight_s)
    apart = numbers.quantity("stance_time_s", analysis.method.profile.maker_gap_s)
    share = numbers.percent(slow.share_flight_under_40ms) if slow.share_flight_under_40ms else "none"
    little = (
        f"At {numbers.pace(slow.speed_mps, miles=miles)} and slower, {share} of the running had less than {limit} "
        f"in the air per step. Sensors of different makers differ by about {apart} in that."
    )
    return [told, little]


def fade(analysis: Analysis, *, miles: bool) -> Section:
    """Late against early at the same speed; no change is a result."""
    found = analysis.fade
    at = f" around {numbers.pace(found.speed_mps, miles=miles)}" if found.speed_mps else ""
    over = f"{numbers.plural(found.blocks, 'block')} of three minutes{at}"
    if found.verdict is FadeVerdict.NOT_ENOUGH:
        reason = found.reason.rstrip(".")  # said once, where it is that of the whole run
        text = f"Not compared: {reason}." if reason and reason not in analysis.status_reason else ""
    elif found.verdict is FadeVerdict.CHANGED:
        text = f"Over {over}, at the same speed (in brackets what holds {numbers.times_in_100(found.level)}):"
    else:
        text = f"No change that can be told from noise, over {over}."
    changes = []
    for key, change in found.changes.items():
        if change.notable:  # "contact lengthened by 9 ms (+6 to +12)"
            low, high = (numbers.bare(numbers.change(key, amount)) for amount in (change.low, change.high))
            changes.append(f"{said.moved(key, change.difference)} ({low} to {high})")
    # The intervals come from the scatter of the blocks, which a slow drift of the sensor does not widen.
    held = Prose("Sensors drift too, and that is not in the brackets. A habit needs three runs.")
    told: list[Block] = [Prose(text)] if text else []
    if changes:
        told += [blocks.Items(changes), held]
    told += [Prose(f"{said.capital(QUANTITIES[key].name)}: {why}.") for key, why in found.suppressed.items()]
    return [Heading("Within the run", "last third against first, same speed"), *told] if told else []


MOST_BURSTS = 6  # so many accelerations are listed one by one


def accelerations(analysis: Analysis, *, miles: bool) -> str:
    """Bursts that were kept out of every score: picking up speed is piston-like in everybody."""
    bursts = analysis.accelerations
    if not bursts:
        return ""
    shown = [
        f"{numbers.clock(burst.start_s)}{TIE}({numbers.bare_pace(burst.from_mps, miles=miles)}{TIE}to{TIE}"
        f"{numbers.pace(burst.to_mps, miles=miles)})"
        for burst in bursts[:MOST_BURSTS]
    ]
    rest = len(bursts) - len(shown)
    more = f" and {rest} more" if rest else ""
    return f"{len(bursts)} found, at {', '.join(shown)}{more}. Picking up speed is piston-like in everybody."


def balance(analysis: Analysis) -> str:
    """Left and right: a number, never a diagnosis."""
    found = analysis.balance
    if found is None:
        return ""
    left, right = numbers.percent(found.left, 1), numbers.percent(1 - found.left, 1)
    more = " The two differ by more than chance in this run; whether they do constantly takes several."
    return f"Left {left}, right {right} of the contact time.{more if found.said else ''}"


def left_out(analysis: Analysis) -> list[str]:
    """How much was scored, what was not and why, what is not judged, what was corrected."""
    quality = analysis.quality
    texts = []
    if quality.epochs_total:
        scored = numbers.number(quality.epochs_scored) if quality.epochs_scored else "None"
        text = f"{scored} of {numbers.plural(quality.epochs_total, 'half-minute')} scored."
        gates = sorted(quality.excluded.items(), key=lambda item: (-item[1], item[0]))  # what took most, first
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


# The run against the runner's own last weeks.

NOT_COMPARED = {
    Unjudged.NOTHING_SCORED: "Nothing of this run was scored.",
    Unjudged.SLOWER: "Slower than all that it would be held against.",
    Unjudged.FASTER: "Faster than all that it would be held against.",
}
ONLY_STEPS = "The rest is not compared: on this sensor it follows from speed, cadence and height."
# At one speed these are made of cadence, contact and oscillation; beside those they would say the same thing twice.
FOLLOWING = frozenset({"step_length_m", "flight_time_s", "duty_factor", "vertical_ratio"})
MOST_NAMED = 2


def own_line(found: OwnView) -> str:
    """What is not as always, or that all is."""
    if found.reason or not found.rows:
        return not_compared(found)
    notable = [row for row in found.rows if row.level is not Level.AS_ALWAYS]
    if not notable:
        return f"As always, against your last {numbers.plural(found.baseline.runs, 'run')}."
    # What follows from another quantity is named only where that one is not.
    first = [row for row in notable if row.metric not in FOLLOWING] or notable
    named = []
    for row in first[:MOST_NAMED]:
        value, usual, _ = own_values(row)
        named.append(f"{QUANTITIES[row.metric].in_short} {value}, usually {usual}: {row.level}")
    return f"{said.capital('; '.join(named))}."


def against_yourself(found: OwnView) -> Section:
    """The table of every quantity, or what is missing for it."""
    if found.reason or not found.rows:
        return [Heading("Against yourself"), Prose(not_compared(found))]
    columns = (
        Column(left=True), Column(head="this run"), Column(head="usually"), Column(head="off by", drop=1),
        Column(head="for you", left=True),
    )  # fmt: skip
    rows = []
    for row in found.rows:
        level = row.level if row.level is Level.AS_ALWAYS else strong(row.level)  # what is news stands out
        rows.append((QUANTITIES[row.metric].in_short, *own_values(row), level))
    usual = found.baseline
    since = f" since {numbers.day(usual.first)}" if usual.first else ""
    basis = f"{numbers.plural(usual.runs, 'run')}{since}, same sensor"
    notes = [Note(ONLY_STEPS)] if usual.computed.believed else []
    return [Heading("Against yourself", basis), Table(columns, rows), *notes]


def not_compared(found: OwnView) -> str:
    """Why there is nothing to compare."""
    if found.reason is not Unjudged.NOT_READY:
        return NOT_COMPARED.get(found.reason, "Nothing of this run can be compared.")
    lacking = found.baseline.missing
    names = {"runs": "more run", "epochs": "more half-minute", "days": "more day"}
    needed = next(numbers.plural(lacking[key], one) for key, one in names.items() if key in lacking)
    over = f" over {numbers.plural(lacking['days'], 'day')}" if {"runs", "days"} <= lacking.keys() else ""
    return f"Not yet: needs {needed}{over} on this sensor."


def own_values(row: PersonalZ) -> tuple[str, str, str]:
    """The run's value with its unit, the usual one, and the difference, in per cent where it is one of logarithms."""
    off = numbers.change(row.metric, row.difference)
    if row.metric != "ln_k":  # its values are ratios, so no per cent stands beside its difference
        off = numbers.bare(off)
    return numbers.quantity(row.metric, row.value), numbers.value(row.metric, row.usual), off


# What to work on: what to do next, the whole plan, and the catalogue of exercises.

TITLES = {
    "strength": "First, strength",
    "mobility": "With it, mobility",
    "speed": "Then, gradually, faster running",
    "drill": "On top, drills",
    "cue": "While running, one thing to think of at a time",
}
CATALOGUE_TITLES = dict(zip(KINDS, ("strength", "mobility", "running faster", "drills", "cues"), strict=True))
DISCLAIMER = (
    "Ideas of coaches, chosen by timing alone: a watch does not see your hips, your strength or your history. "
    "Stop what hurts, and ask somebody who can see you run."
)
UNCLEAR = "Nothing is clear yet, so take it lightly."


def do_next(advice: Advice | None, remark: str = "") -> Section:
    """One cue and one exercise or drill, and the command that tells more; nothing where nothing was judged."""
    if advice is None:
        return []
    # Where findings are about as likely, or one number stands alone, it is to be taken lightly.
    caveat = f"{UNCLEAR} " if advice.ground.certainty is Certainty.OPEN else ""
    told = words(f"{advice.today} {advice.besides} {caveat}", blocks.command(advice.command), " tells more.")
    return [Heading("Do next", advice.plan.focus), Prose(told), *([Prose(remark)] if remark else [])]


def plan(advice: Advice, notes: Iterable[str] = ()) -> list[Section]:
    """The whole plan: what comes first, then everything in the order coaches give. notes: what to say at the end."""
    first = [Prose(text) for text in (advice.why, advice.today, advice.besides, *advice.remarks)]
    report: list[Section] = [[Heading("Do next", advice.plan.focus), *first]]
    # A plan that asks for no change has no order.
    for kind, title in TITLES.items() if advice.calls_for_work else [("", "If you like")]:
        if chosen := [_described(entry) for entry in advice.entries if kind in ("", entry.kind)]:
            report.append([Heading(title), blocks.Items(chosen)])
    watched = ", ".join(AXES[key].watched if key in AXES else QUANTITIES[key].name for key in advice.watch)
    report.append([Heading("What to watch"), Prose(f"A change would show in: {watched}.")])
    drills = blocks.command("kneedrive drills NAME")
    more = words(drills, " tells the common mistake of each, and whose idea it is. ", DISCLAIMER)
    return [*report, [Note(more)], *([Prose(note)] for note in notes)]


def _described(entry: Entry) -> Inline:
    care = f" Care: {entry.avoid}" if entry.avoid else ""
    often = f"How often: {entry.often[:1].lower()}{entry.often[1:]}."
    return words(strong(entry.name), f". {entry.how} {often}{care}")


def taking_up(advice: Advice, *, asked: bool, taken: date | None) -> str:
    """What is said of taking a plan up: that it was today, that there is nothing to take up, or how it is done."""
    if taken:
        return f"Taken up on {numbers.day(taken)}. From now on kneedrive compare --tag advice shows what changes."
    if not advice.calls_for_work:
        return "Nothing was tagged: this run asks for no change, so there is nothing to take up." if asked else ""
    return "kneedrive advise --take notes today as the day you take this up; kneedrive compare then shows what changes."


def aged(day: date, today: date) -> str:
    """How old the run is that the advice rests on; nothing where it is recent."""
    if today - day <= timedelta(weeks=3):  # an older one says little about how somebody runs now
        return ""
    weeks = numbers.plural((today - day).days // 7, "week")
    return f"That run is {weeks} old: take in newer ones first, if there are any."


def entry_of_catalogue(entry: Entry, plans: Sequence[Plan], sources: Mapping[str, str]) -> list[Section]:
    """One exercise, drill or cue, whole. plans: those that call for it. sources: by the short names it uses."""
    names = {str(pattern): row.name for pattern, row in PATTERNS.items()}
    callers = [names.get(plan.finding, plan.finding.replace("-", " ")) for plan in plans]  # some are no pattern
    rows = (
        ("What for", entry.purpose),
        ("How", entry.how),
        ("How often", entry.often + "."),
        ("Mistake", entry.mistake),
        ("Care", entry.avoid or "Nothing special."),
        ("Called for by", (", ".join(callers) or "no finding by itself") + "."),
        ("Idea from", "; ".join(sources[key] for key in entry.sources) + "."),
    )
    return [[Heading(entry.name), blocks.Terms(rows)]]


def catalogue(entries: Sequence[Entry]) -> list[Section]:
    """The catalogue by kind: the word to ask for each entry, and its name."""
    report: list[Section] = []
    for kind, title in CATALOGUE_TITLES.items():
        rows = [(blocks.command(entry.id), entry.name) for entry in entries if entry.kind == kind]
        if rows:
            report.append([Heading(title), blocks.Terms(rows)])
    return [*report, [Note(words(blocks.command("kneedrive drills NAME"), " tells more about one of them."))]]
