"""What to work on, as text: the focus at the end of a report, the whole plan, and the catalogue of exercises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from kneedrive.advice import Advice, Entry, Plan
from kneedrive.quantities import CHANNELS
from kneedrive.report import numbers
from kneedrive.report.text import INDENT, Style, finish, flow, heading, pad
from kneedrive.report.verdict import LABELS

KINDS = {
    "strength": "First, strength",
    "mobility": "With it, mobility",
    "speed": "Then, gradually, faster running",
    "drill": "On top, drills",
    "cue": "While running, one thing to think of at a time",
}
IF_YOU_LIKE = "If you like"  # above what goes with a plan that changes nothing
CATALOGUE_KINDS = {
    "strength": "strength",
    "mobility": "mobility",
    "speed": "running faster",
    "drill": "drills",
    "cue": "cues",
}
WATCHED = {key: channel.name for key, channel in CHANNELS.items()} | {
    "D": "the drive score (longer steps with less of each on the ground)",
    "P": "the bounce score (up and down for steps of that length)",
    "G": "the score for long steps on the ground against short ones in the air",
}
RECENT = timedelta(weeks=3)  # a run older than that says little about how somebody runs now
DISCLAIMER = (
    "Ideas of coaches, chosen by timing alone: a watch does not see your hips, your strength or your history. "
    "Stop what hurts, and ask somebody who can see you run."
)


def closing(advice: Advice, style: Style) -> list[str]:
    """The last part of a report: the focus in two or three lines."""
    names = ", ".join(_inline(entry.name) for entry in advice.entries[:3])
    first = f" Begin with: {names}." if names and advice.calls_for_work else ""
    return [
        *heading("to work on", style, advice.plan.focus),
        *flow(f"{advice.plan.why}{first}", style),
        *flow(advice.remarks[0], style),
    ]


def render(advice: Advice, style: Style, following: Sequence[Sequence[str]] = ()) -> str:
    """The whole plan, in the order coaches give. following: what to do next, in blocks."""
    blocks = [
        [
            *heading("to work on", style, advice.plan.focus),
            "",
            *flow(advice.plan.why, style),
            *(line for remark in advice.remarks for line in flow(remark, style)),
        ]
    ]
    for kind, title in KINDS.items():
        chosen = [entry for entry in advice.entries if entry.kind == kind]
        if chosen:
            named = title if advice.calls_for_work else IF_YOU_LIKE
            blocks.append([*heading(named, style), *_described(chosen, style)])
    blocks += [_watched(advice, style), flow(DISCLAIMER, style), *map(list, following)]
    return finish(blocks, style)


def _watched(advice: Advice, style: Style) -> list[str]:
    """What would show that it works."""
    names = [WATCHED.get(key, key) for key in advice.plan.watch]
    text = f"A change would show in: {', '.join(names)}."
    return [*heading("What to watch", style), *flow(text, style)] if names else []


def to_take(style: Style) -> list[str]:
    """How to take the focus up."""
    text = "kneedrive advise --take notes today as the day you take this up; kneedrive compare then shows what changes."
    return flow(text, style, 0)


def taken(today: date, style: Style) -> list[str]:
    """That it was taken up."""
    text = f"Taken up on {numbers.day(today)}. From now on kneedrive compare --tag advice shows what changes."
    return flow(text, style, 0)


def not_taken(style: Style) -> list[str]:
    """That there was nothing to take up."""
    return flow("Nothing was tagged: this run asks for no change, so there is nothing to take up.", style, 0)


def aged(day: date, today: date, style: Style, indent: int = INDENT) -> list[str]:
    """How old the run is that the advice rests on; nothing where it is recent."""
    weeks = (today - day).days // 7
    if today - day <= RECENT:
        return []
    text = f"This rests on a run of {numbers.day(day)}, {numbers.plural(weeks, 'week')} ago: look at a newer one first."
    return flow(text, style, indent)


def _described(entries: Sequence[Entry], style: Style) -> list[str]:
    lines: list[str] = []
    for entry in entries:
        lines += [
            "",
            " " * INDENT + style.paint.apply("strong", style.spell(entry.name)),
            *flow(entry.how, style, INDENT * 2),
            *flow(f"How often: {_inline(entry.often)}.", style, INDENT * 2),
            *flow(f"Common mistake: {entry.mistake}", style, INDENT * 2),
            *(flow(f"Care: {entry.avoid}", style, INDENT * 2) if entry.avoid else []),
        ]
    return lines


def one(entry: Entry, plans: Sequence[Plan], sources: Mapping[str, str], style: Style) -> str:
    """One entry of the catalogue, whole."""
    calls = ", ".join(_finding(plan) for plan in plans) or "no finding by itself"
    rows = (
        ("What for", entry.purpose),
        ("How", entry.how),
        ("How often", entry.often + "."),
        ("Mistake", entry.mistake),
        ("Care", entry.avoid or "Nothing special."),
        ("Called for by", calls + "."),
        ("Idea from", "; ".join(sources[key] for key in entry.sources) + "."),
    )
    wide = max(len(head) for head, _ in rows) + 2
    lines = [style.paint.apply("strong", style.spell(entry.name)), ""]
    for head, text in rows:
        wrapped = flow(text, style, INDENT + wide)
        lines += [" " * INDENT + pad(head, wide) + wrapped[0].lstrip(), *wrapped[1:]]
    return finish([lines], style)


def listing(entries: Sequence[Entry], style: Style) -> str:
    """The catalogue by kind: the word to ask for it, and its name."""
    wide = max(len(entry.id) for entry in entries) + 2
    blocks = []
    for kind, title in CATALOGUE_KINDS.items():
        found = [entry for entry in entries if entry.kind == kind]
        if found:
            rows = [" " * INDENT + pad(entry.id, wide) + style.spell(entry.name) for entry in found]
            blocks.append([*heading(title, style), *rows])
    blocks.append(["kneedrive drills NAME tells more about one of them."])
    return finish(blocks, style)


def _finding(plan: Plan) -> str:
    return LABELS[plan.finding].name if plan.finding in LABELS else plan.finding


def _inline(text: str) -> str:
    return text if text.startswith("A-") else text[:1].lower() + text[1:]
