"""What to work on, as blocks: what to do next, the whole plan, and the catalogue of exercises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from kneedrive.advice import KINDS, Advice, Entry, Plan
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.quantities import CHANNELS
from kneedrive.report import numbers
from kneedrive.report.blocks import Heading, Inline, Items, Note, Prose, Section, Terms, command, strong, words

TITLES = {
    "strength": "First, strength",
    "mobility": "With it, mobility",
    "speed": "Then, gradually, faster running",
    "drill": "On top, drills",
    "cue": "While running, one thing to think of at a time",
}
IF_YOU_LIKE = "If you like"  # above what goes with a plan that changes nothing
CATALOGUE_TITLES = dict(zip(KINDS, ("strength", "mobility", "running faster", "drills", "cues"), strict=True))
WATCHED = {key: channel.name for key, channel in CHANNELS.items()} | {
    "D": "longer steps with less of each on the ground (drive) or the other way round (shuffle)",
    "P": "bounce for steps of that length",
    "G": "long steps on the ground or short ones in the air",
}
RECENT = timedelta(weeks=3)  # a run older than that says little about how somebody runs now
DISCLAIMER = (
    "Ideas of coaches, chosen by timing alone: a watch does not see your hips, your strength or your history. "
    "Stop what hurts, and ask somebody who can see you run."
)


def do_next(advice: Advice) -> Section:
    """One cue and one exercise or drill, and the command that tells more."""
    said = words(f"{advice.today} {advice.besides} ", command(advice.command), " tells more.")
    return [Heading("Do next", advice.plan.focus), Prose(said)]


def whole(advice: Advice, notes: Iterable[str] = ()) -> list[Section]:
    """The whole plan: what comes first, then everything in the order coaches give. notes: what to say at the end."""
    first = [Prose(words(text)) for text in (advice.why, advice.today, advice.besides, *advice.remarks)]
    report: list[Section] = [[Heading("Do next", advice.plan.focus), *first]]
    if advice.calls_for_work:
        by_kind = [(title, [entry for entry in advice.entries if entry.kind == kind]) for kind, title in TITLES.items()]
    else:
        by_kind = [(IF_YOU_LIKE, list(advice.entries))]
    report += [[Heading(title), Items(tuple(map(_described, chosen)))] for title, chosen in by_kind if chosen]
    watched = ", ".join(WATCHED[key] for key in advice.plan.watch)
    report.append([Heading("What to watch"), Prose(words(f"A change would show in: {watched}."))])
    more = words(
        command("kneedrive drills NAME"), " tells the common mistake of each, and whose idea it is. ", DISCLAIMER
    )
    return [*report, [Note(more)], *([Prose(words(note))] for note in notes)]


def _described(entry: Entry) -> Inline:
    care = f" Care: {entry.avoid}" if entry.avoid else ""
    often = f"How often: {entry.often[:1].lower()}{entry.often[1:]}."
    return words(strong(entry.name), f". {entry.how} {often}{care}")


TO_TAKE = "kneedrive advise --take notes today as the day you take this up; kneedrive compare then shows what changes."
NOT_TAKEN = "Nothing was tagged: this run asks for no change, so there is nothing to take up."


def taken(today: date) -> str:
    """That it was taken up."""
    return f"Taken up on {numbers.day(today)}. From now on kneedrive compare --tag advice shows what changes."


def aged(day: date, today: date) -> str:
    """How old the run is that the advice rests on; nothing where it is recent."""
    if today - day <= RECENT:
        return ""
    weeks = numbers.plural((today - day).days // 7, "week")
    return f"That run is {weeks} old: take in newer ones first, if there are any."


def one(entry: Entry, plans: Sequence[Plan], sources: Mapping[str, str]) -> list[Section]:
    """One entry of the catalogue, whole."""
    rows = (
        ("What for", entry.purpose),
        ("How", entry.how),
        ("How often", entry.often + "."),
        ("Mistake", entry.mistake),
        ("Care", entry.avoid or "Nothing special."),
        ("Called for by", (", ".join(map(called, plans)) or "no finding by itself") + "."),
        ("Idea from", "; ".join(sources[key] for key in entry.sources) + "."),
    )
    return [[Heading(entry.name), Terms(tuple((words(head), words(text)) for head, text in rows))]]


def listing(entries: Sequence[Entry]) -> list[Section]:
    """The catalogue by kind: the word to ask for it, and its name."""
    report: list[Section] = []
    for kind, title in CATALOGUE_TITLES.items():
        rows = tuple((words(command(entry.id)), words(entry.name)) for entry in entries if entry.kind == kind)
        if rows:
            report.append([Heading(title), Terms(rows)])
    return [*report, [Note(words(command("kneedrive drills NAME"), " tells more about one of them."))]]


def called(plan: Plan) -> str:
    """What a runner calls the finding of a plan."""
    if plan.finding in PATTERNS:
        return PATTERNS[Pattern(plan.finding)].name
    return plan.finding.replace("-", " ")
