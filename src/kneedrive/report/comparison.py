"""Before and after as blocks: what changed at the same pace, a line a quantity with its verdict in words."""

from __future__ import annotations

from datetime import date

from kneedrive import advice
from kneedrive.histories.result import Apart, Comparison, Difference, Outcome
from kneedrive.patterns import AXES
from kneedrive.quantities import QUANTITIES
from kneedrive.record import Record
from kneedrive.report import blocks, numbers, screen
from kneedrive.report.blocks import Column, Heading, Note, Prose, Section, Table, faint, strong
from kneedrive.report.words import capital, listed
from kneedrive.sensors import REFERENCES

# What can be compared: quantities, and the scores that have words for it.
SCORES = {key: axis for key, axis in AXES.items() if axis.name}
COMPARED = QUANTITIES | SCORES
REFUSED = {
    Apart.SENSOR: "The two periods were measured by different sensors ({} and {}).",
    Apart.FIRMWARE: "The sensor’s firmware changed between the two periods.",
    Apart.WATCH: "The two periods were recorded by different watches, and speed and cadence are the watch’s own.",
    Apart.JUMPED: "Oscillation jumped between the two periods while timing stayed: the sensor, not form.",
}
BEFORE_STAYS = (
    "The time before is too short, and more weeks from now on do not change that. What helps: older runs "
    f"(kneedrive{numbers.TIE}import), or a later day to compare by (kneedrive{numbers.TIE}tag{numbers.TIE}DATE)."
)


class Periods(Record, frozen=True, kw_only=True):
    """The days compared, both ends included, and what lies between them ("" for two periods alone)."""

    before: tuple[date, date]
    after: tuple[date, date]
    name: str = ""


def comparison(compared: Comparison, periods: Periods, *, miles: bool, name: str) -> list[Section]:
    """The whole comparison. name: the runner's, "" where there is none."""
    sides = ("before", "after")
    head = f"Before and after “{numbers.clean(periods.name)}”" if periods.name else "Before and after"
    if compared.group:
        sides = (numbers.clean(compared.names[0], 24), numbers.clean(compared.names[1], 24))
        head = f"“{sides[1]}” (after) against “{sides[0]}” (before)"
    spans = [f"{numbers.day(first)} to {numbers.day(last)}" for first, last in (periods.before, periods.after)]
    rows = list(zip(map(faint, sides), map(faint, spans), strict=True))
    facts = [strong(fact) for fact in (numbers.clean(name), head) if fact]
    return [
        [blocks.Facts(facts), blocks.Terms(rows)],
        judgement(compared, miles=miles),
        _side_by_side(compared, miles=miles),
        [Note(text) for text in closing(compared)],
        screen.tail(screen.Context(more=("kneedrive weekly", 'kneedrive tag today "..."'))),
    ]


def judgement(compared: Comparison, *, miles: bool) -> Section:
    """What it comes to, in a sentence or two."""
    runs = f"{numbers.plural(compared.runs_before, 'run')} before and {numbers.number(compared.runs_after)} after"
    match compared.status:
        case Outcome.REFUSED:
            sensors = (REFERENCES[each].words for each in (compared.sensor_before, compared.sensor_after))
            command = f"kneedrive compare{numbers.TIE}--across-sensors"
            insist = f"A difference would be the sensor’s as likely as yours. {command} compares them all the same."
            headline, text = "Not compared", f"{REFUSED[compared.reason].format(*sensors)} {insist}"
        case Outcome.NO_OVERLAP:
            headline = "Nothing to compare"
            text = "The runs before and after have no pace and slope in common, so there is nothing to match."
        case Outcome.NOT_ENOUGH:
            headline, text = "Not enough weeks yet", f"{runs} can be used; too few of them share a pace and a slope."
            if compared.more_weeks:
                more = numbers.plural(compared.more_weeks, "more week")
                text = f"{runs} can be used; the shorter side takes about {more}."
            # more_weeks is what the shorter side lacks, which may be the one after though both are too short.
            needed = min(compared.weeks_before, compared.weeks_after) + compared.more_weeks
            # No week to come makes the time before longer; groups may be run in again.
            if not compared.group and compared.weeks_before < needed:
                headline, text = "Not enough weeks before", f"{runs} can be used. {BEFORE_STAYS}"
        case _:
            ends = (compared.speed_low_mps, compared.speed_high_mps)
            low, high = (numbers.pace(speed, miles=miles) for speed in ends)
            left_out = numbers.plural(compared.left_out, "run")
            others = f"; {left_out} left out: another sensor or surface, or nothing scored" if compared.left_out else ""
            headline = _changed(compared)
            text = f"{runs}, matched on pace and slope between {high} and {low}{others}."
    return [Prose(strong(f"{headline}.")), Prose(text)]


def _changed(compared: Comparison) -> str:
    """ "Changed at the same pace: contact shortened and cadence rose"."""
    changed = [row for row in compared.rows if row.verdict is Outcome.CHANGED]
    # A score says again what the quantities in it say more plainly.
    changed = [row for row in changed if row.metric not in SCORES] or changed
    if changed:
        opening = "Different across the sensors" if compared.across_sensors else "Changed at the same pace"
        return f"{opening}: {listed([change_words(row) for row in changed])}"
    if all(row.verdict is Outcome.NO_CHANGE for row in compared.rows):
        return "No change at the same pace"
    return "No change shown, and not enough weeks yet to rule one out"


def change_words(row: Difference) -> str:
    """ "contact shortened"."""
    return COMPARED[row.metric].rose if row.difference > 0 else COMPARED[row.metric].fell


def _side_by_side(compared: Comparison, *, miles: bool) -> Section:
    """A line a metric, with its verdict."""
    if not compared.rows:
        return []
    columns = (
        Column(left=True), Column(head="before"), Column(head="after"),
        Column(head="difference, and its range", left=True, drop=1), Column(left=True),
    )  # fmt: skip
    rows = []
    for row in compared.rows:
        unit = "" if row.metric in SCORES else QUANTITIES[row.metric].unit
        name = f"{name_of(row.metric)}, {unit}" if unit else name_of(row.metric)
        before, after = (numbers.value(row.metric, amount) for amount in (row.before, row.after))
        off, low, high = (numbers.change(row.metric, amount) for amount in (row.difference, row.low, row.high))
        reach = f"{off} ({numbers.bare(low)} to {numbers.bare(high)})"
        rows.append((name, before, after, reach, difference_verdict(row, units=False)))
    at = f"at {numbers.pace(compared.speed_mps, miles=miles)} on the flat"
    return [Heading("Side by side", at), Table(columns, rows)]


def name_of(metric: str) -> str:
    """What a compared quantity is called: short, but a score by its whole name."""
    return SCORES[metric].name if metric in SCORES else QUANTITIES[metric].in_short


def difference_verdict(row: Difference, *, units: bool = True) -> str:
    """ "changed by 4 to 9 ms", "no change over 6 ms", "not enough weeks: about 5 more". units: where none stand by."""
    # What stands before a verdict names the unit, but for ln k: it has none, and its changes are in per cent.
    shown = str if units or row.metric == "ln_k" else numbers.bare
    if row.verdict is Outcome.CHANGED:
        ends = sorted((row.low, row.high), key=abs)
        least, most = (numbers.change(row.metric, amount).lstrip("+-") for amount in ends)
        # The nearer end may round to nothing, and "changed by 0 to 5" would contradict itself.
        if not any(digit in numbers.bare(least) for digit in "123456789"):
            return f"changed by up to {shown(most)}"
        return f"changed by {shown(most)}" if least == most else f"changed by {numbers.bare(least)} to {shown(most)}"
    if row.verdict is Outcome.NO_CHANGE:
        return f"no change over {shown(numbers.at_most(row.metric, row.bound))}"
    if row.more_weeks is None:
        return "cannot be told from the time before"  # too short, or its runs differ too much
    if row.more_weeks > 52:  # design: who would need more has runs that differ too much to tell
        return "cannot be told: the runs differ too much"
    return f"not enough weeks: about {numbers.number(row.more_weeks)} more"


def closing(compared: Comparison) -> list[str]:
    """What has to be said besides."""
    known = {row.metric: COMPARED[row.metric].meaning for row in compared.rows}
    meanings = [f"{name_of(metric)}: {meaning}" for metric, meaning in known.items() if meaning]
    worth = "Neither direction is good or bad." if len(meanings) == 1 else "None of them is good or bad."
    if any(row.metric in SCORES for row in compared.rows):
        meanings.append("a score of 1 is as far as two runners at one pace usually lie apart")
    texts = [f"{capital('; '.join(meanings))}. {worth}"] if meanings else []
    if compared.across_sensors:
        texts.append("Compared over a change of sensor, as asked: any difference may be the sensor’s.")
    texts += [advice.EXAGGERATED] if compared.over_exaggeration else []
    changed = any(row.verdict is Outcome.CHANGED for row in compared.rows)
    why = "What changed may also be season, shoes or fatigue: this does not know why."
    return texts + ([why] if changed and not compared.across_sensors else [])
