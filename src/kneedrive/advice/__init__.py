"""From findings to one focus for the next weeks, in the order coaches give: strength, speed, drills, cues."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kneedrive.record import Record

if TYPE_CHECKING:
    from kneedrive.analysis.result import Analysis

# What to work on, as advice/ chooses it and report/ prints it.

TAKEN = "advice: "  # begins the text of the tag that is set where a focus is taken up
NOTHING = "neutral"  # the finding whose plan is to leave things as they are


class Entry(Record, frozen=True, kw_only=True):
    """One exercise, drill or cue. stresses: what it trains or exaggerates. sources: whose idea it is."""

    id: str
    name: str
    kind: str
    purpose: str
    how: str
    often: str
    mistake: str
    avoid: str
    stresses: tuple[str, ...]
    sources: tuple[str, ...]


class Plan(Record, frozen=True, kw_only=True):
    """What one finding calls for: a focus and why, the entries by id in order.

    excess: what the finding already has too much of. watch: the numbers that would show a change.
    """

    finding: str
    focus: str
    why: str
    entries: tuple[str, ...]
    excess: tuple[str, ...]
    watch: tuple[str, ...]
    remark: str


class Advice(Record, frozen=True, kw_only=True):
    """One focus: the plan, its entries in order, and what has to be said besides."""

    plan: Plan
    entries: tuple[Entry, ...]
    remarks: tuple[str, ...]

    @property
    def calls_for_work(self) -> bool:
        """Whether there is a focus to take up; else everything may stay as it is."""
        return self.plan.finding != NOTHING


# From findings to one focus for the next weeks, in the order coaches give: strength, speed, drills, cues.
#
# The catalogue and the plans are data (advice.toml); here is only the choice. Pure: no file but the package's own.


CALM = {"drive-like", "long-grounded"}  # long steps, which alone can be bouncy without being a pattern of bounce
STEPS_ONLY = {"short-steps", "long-steps", "usual-steps"}
_FILE = Path(__file__).with_name("advice.toml")  # importlib.resources would cost a report 8 ms
KINDS = ("strength", "mobility", "speed", "drill", "cue")

ASYMMETRY = (
    "Your left and right foot have differed by the same side and by much in several runs. kneedrive cannot tell why, "
    "and neither can a watch: let a physiotherapist or a sports doctor look at it before you train around it."
)
EXAGGERATING = (
    "Since you took up this work your bounce has gone up and your cadence down: the knee lift is being exaggerated. "
    "Less height, more forward, and drop the drills for a week."
)
LEANING = "The finding only leans this way, so let this be a light addition, not a change of plan."
ALONE = "{} By itself that is a note, no pattern that calls for work."
LEFT = (
    "One number that is far from usual is no reason to change it. If you like, a few strides a week keep the faster "
    "gears."
)
BOUNCY = "You also go up and down more than usual; with steps of this length that is a note, nothing to work on."
APART = {
    "short steps": "Your steps are short for the pace.",
    "long steps": "Your steps are long for the pace.",
    "low duty factor": "Little of each step is spent on the ground.",
    "high duty factor": "Much of each step is spent on the ground.",
    "bouncy": "You go up and down more than usual for the pace.",
}
UNCLEAR = "The run does not show this clearly. Look at some more runs before you change anything."


class Situation(Record, frozen=True, kw_only=True):
    """What advice depends on. label, certainty and qualifiers as in findings.Finding; scope "slow": part of the run."""

    label: str = "unjudged"
    certainty: str = "spoken"
    scope: str = "run"
    asymmetric: bool = False
    exaggerating: bool = False
    qualifiers: tuple[str, ...] = ()


def situation(analysis: Analysis, *, asymmetric: bool = False, exaggerating: bool = False) -> Situation:
    """What the findings of a run come to: its most certain label that is not neutral, else neutral, else unjudged.

    A finding from speed and cadence alone says nothing about drive, bounce or shuffle and counts as unjudged.
    """
    judged = [finding for finding in analysis.findings if finding.label not in STEPS_ONLY]
    if not judged:
        return Situation(asymmetric=asymmetric, exaggerating=exaggerating)
    telling = [finding for finding in judged if finding.label != "neutral"] or judged
    best = max(telling, key=lambda finding: finding.probability or 0.0)
    return Situation(
        label=best.label,
        certainty=best.certainty,
        scope=best.scope,
        asymmetric=asymmetric,
        exaggerating=exaggerating,
        qualifiers=best.qualifiers,
    )


def advise(facts: Situation) -> Advice:
    """The one focus that a situation calls for.

    What only leans is advised lightly; what is unclear falls back to "leave it alone"; exaggeration takes out every
    entry that stresses height.
    """
    certain = facts.certainty != "unclear" or facts.label in (NOTHING, "unjudged")
    plan = _worded(plans()[facts.label if certain else NOTHING], facts)
    known = catalogue()
    excess = set(plan.excess) | ({"height"} if facts.exaggerating else set())
    chosen = tuple(known[entry] for entry in plan.entries if not excess & set(known[entry].stresses))
    return Advice(plan=plan, entries=chosen, remarks=_remarks(facts, plan, certain=certain))


def _worded(plan: Plan, facts: Situation) -> Plan:
    """The plan with its reason as this run has it: what stands out by itself is named, so that nothing is denied."""
    apart = [APART[name] for name in facts.qualifiers if name in APART]
    if apart and facts.label == plan.finding == NOTHING:
        return plan.replace(why=ALONE.format(" ".join(apart)), remark=LEFT)
    if "bouncy" in facts.qualifiers and plan.finding in CALM:
        return plan.replace(why=f"{plan.why} {BOUNCY}")
    return plan


def _remarks(facts: Situation, plan: Plan, *, certain: bool) -> tuple[str, ...]:
    said = [plan.remark]
    if not certain:
        said.append(UNCLEAR)
    elif facts.certainty == "leaning" and facts.label not in (NOTHING, "unjudged", "drive-like"):
        said.append(LEANING)
    if facts.exaggerating:
        said.append(EXAGGERATING)
    if facts.asymmetric:
        said.append(ASYMMETRY)
    return tuple(said)


def catalogue() -> dict[str, Entry]:
    """All entries by id, in the order coaches give."""
    return {entry["id"]: Entry(**_tuples(entry)) for entry in _written()["entry"]}


def plans() -> dict[str, Plan]:
    """The plan for each finding."""
    return {plan["finding"]: Plan(**_tuples(plan)) for plan in _written()["plan"]}


def sources() -> dict[str, str]:
    """Whose ideas these are, by the short name that entries use."""
    return dict(_written()["sources"])


def search(word: str) -> tuple[Entry, ...]:
    """The entries whose id, name or kind holds this word; all of them for an empty word."""
    wanted = word.casefold()
    return tuple(
        entry
        for entry in catalogue().values()
        if wanted in entry.id.casefold() or wanted in entry.name.casefold() or wanted == entry.kind
    )


def plans_with(entry: Entry) -> tuple[Plan, ...]:
    """The findings that call for an entry."""
    return tuple(plan for plan in plans().values() if entry.id in plan.entries)


@cache
def _written() -> dict[str, Any]:
    import tomllib

    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def _tuples(table: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
