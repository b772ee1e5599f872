"""From what was found to one thing to do: a cue to take along today, an exercise or drill beside it, and why.

The catalogue and the plans are data (advice.json); here is only the choice. Coaches' order is kept within a plan:
strength and mobility, then running faster, then drills, then cues.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kneedrive.analysis.posterior import RULES, Basis, Bend, Certainty, Knee, Posterior, leading
from kneedrive.analysis.provenance import BLUETOOTH_STRAPS, PODS, STRAPS, has_dynamics
from kneedrive.analysis.result import Analysis, Finding, Scope
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.products import GARMIN_PRODUCTS
from kneedrive.record import Record
from kneedrive.sensors import REFERENCES

if TYPE_CHECKING:
    from kneedrive.histories.result import LastWeeks

TAKEN = "advice: "  # begins the text of the tag that is set where a focus is taken up
KINDS = ("strength", "mobility", "speed", "drill", "cue")

# Plans besides those of the patterns, which have the keys of the patterns.
UNJUDGED = "unjudged"
SHORT_STEPS, LONG_STEPS = "short-steps", "long-steps"
MUCH_CONTACT, LITTLE_CONTACT = "much-contact", "little-contact"
MUCH_BOUNCE, BOUNCY_LONG_STEPS = "much-bounce", "bouncy-long-steps"
LITTLE_KNEE_BEND = "little-knee-bend"
LONG = (Pattern.DRIVE, Pattern.LONG_GROUNDED, LONG_STEPS)  # with much bounce they have a plan of their own

KNEE_TOO = " As the leg swings through, your knee probably bends less than usual too, and that is the surer of the two."
ALONE_SD = 1.0  # design: a part this far from usual (1 runner in 6 lies beyond) is named where no pattern leads
LEAST_RUNS = 3  # design: fewer runs are no weeks
MOST_OF_SLOW = 0.5  # design: share of slow running that makes "shuffle-like when slow" a thing to work on

ASYMMETRY = (
    "Your left and right foot have differed by the same side and by much in several runs. kneedrive cannot tell why, "
    "and neither can a watch: let a physiotherapist or a sports doctor look at it before you train around it."
)
EXAGGERATED = "Bounce went up while cadence went down, as when the knee lift is exaggerated: less height, more forward."
NO_DRILLS = "That is so since you took up this work: drop the drills for a week."
LEANING = "It only leans this way, so let this be a light addition, not a change of plan."
ALONE = "One number far from usual is no pattern, so let this be a light addition, not a change of plan."
OPEN = "Nothing is clear yet. Take this lightly, and look at some more runs before you change anything."


class Entry(Record, frozen=True, kw_only=True):
    """One exercise, drill or cue."""

    id: str
    name: str
    kind: str
    purpose: str
    how: str
    often: str
    short: str  # what and how often, as a clause: "strides, 4 of 15 seconds at the end of an easy run, once a week"
    mistake: str
    avoid: str
    stresses: tuple[str, ...]  # what it trains or exaggerates; no plan holds what its finding has too much of
    sources: tuple[str, ...]  # whose idea it is


class Plan(Record, frozen=True, kw_only=True):
    """What one finding calls for: a focus and why, the entries by id in order."""

    finding: str
    focus: str
    why: str  # begins with "Your", so that it can follow "Over your last 12 runs"
    cue: str  # the ids of what is said first
    beside: str
    entries: tuple[str, ...]
    excess: tuple[str, ...]  # what the finding already has too much of
    watch: tuple[str, ...]  # the numbers that would show a change
    remark: str


class Ground(Record, frozen=True, kw_only=True):
    """What advice rests on: the plan it calls for, how surely, and of what it was said."""

    finding: str
    certainty: Certainty
    scope: Scope = Scope.RUN  # a run, its slow part or the last weeks, of `runs` runs
    runs: int = 1
    alone: bool = False  # a part of the timing is far from usual without a pattern
    knee_bends: Bend = Bend.UNSAID  # less or more than usual, where that may be said
    knee_first: bool = False  # that is surer than the finding
    asymmetric: bool = False  # left and right differ constantly over runs
    exaggerating: bool = False  # bounce went up and cadence down since a focus was taken up


class Advice(Record, frozen=True, kw_only=True):
    """One focus: why, a cue to take along today, an exercise or drill beside it, and the whole plan in order."""

    plan: Plan
    ground: Ground
    why: str
    cue: Entry
    beside: Entry
    entries: tuple[Entry, ...]
    remarks: tuple[str, ...]
    watch: tuple[str, ...]  # the numbers that would show a change, those that the sensor measures
    command: str  # that tells more

    @property
    def calls_for_work(self) -> bool:
        """Whether there is a focus to take up; else everything may stay as it is."""
        return self.plan.finding != Pattern.NEUTRAL

    @property
    def today(self) -> str:
        """The cue as a sentence."""
        return f"{'Try' if self.calls_for_work else 'If you like'}: {self.cue.short}."

    @property
    def besides(self) -> str:
        """The exercise or drill as a sentence."""
        return f"Add: {self.beside.short}."


def do_next(
    analysis: Analysis,
    last_weeks: LastWeeks | None = None,
    *,
    asymmetric: bool = False,
    exaggerating: bool = False,
    stored: bool = True,  # where `kneedrive advise` finds the run
) -> Advice:
    """The one focus that a run calls for, with what the runner's last weeks add. The flags are those of a Ground."""
    ground = ground_of(analysis, last_weeks).replace(asymmetric=asymmetric, exaggerating=exaggerating)
    told = advise(ground, stored=stored)
    # A run without cadence has no sensor that measures anything: the weeks then say what the runner wears.
    of_weeks = last_weeks is not None and analysis.posterior is None
    sensor = REFERENCES[last_weeks.sensor if last_weeks and of_weeks else analysis.provenance]
    return told.replace(watch=tuple(key for key in told.plan.watch if sensor.shows(key)) or plans()[UNJUDGED].watch)


def advise(ground: Ground, *, stored: bool = True) -> Advice:
    """The one focus that a ground calls for."""
    plan, known = plans()[ground.finding], catalogue()
    entries = _entries(plan, ground)
    of_knee = known[plans()[LITTLE_KNEE_BEND].cue]
    knee_first = ground.knee_first and of_knee in entries
    seen = {Scope.WEEKS: f"Over your last {ground.runs} runs", Scope.SLOW: "When you run slowly"}.get(ground.scope, "")
    why = plan.why
    if seen and ground.finding not in (Pattern.NEUTRAL, UNJUDGED):
        why = f"{seen} {plan.why[:1].lower()}{plan.why[1:]}"
    return Advice(
        plan=plan,
        ground=ground,
        why=why + (KNEE_TOO if knee_first else ""),
        cue=of_knee if knee_first else known[plan.cue],
        beside=known[plan.beside],
        entries=entries,
        remarks=_remarks(plan, ground),
        watch=plan.watch,
        command="kneedrive advise" if stored else f"kneedrive drills {plan.beside}",
    )


def ground_of(analysis: Analysis, last_weeks: LastWeeks | None = None) -> Ground:
    """What to work on: the surest finding that is not neutral, of the weeks before the run; else what stands alone.

    A pattern, or the knee where no pattern is said, as surely as it is said; then a part of the timing that lies far
    from usual with no pattern to its name; then the likelier of two open patterns; then nothing ("neutral"), or
    "unjudged".
    """
    weeks = last_weeks if last_weeks is not None and last_weeks.runs >= LEAST_RUNS else None
    found: list[Ground] = []
    if weeks is not None:
        for ground in _grounds(weeks.findings, weeks.posterior, weeks.knee):
            scope = Scope.WEEKS if ground.scope is Scope.RUN else ground.scope
            found.append(ground.replace(scope=scope, runs=weeks.runs))
        if (weeks.share_of_slow or 0.0) >= MOST_OF_SLOW:
            slow = Ground(finding=Pattern.SHUFFLE, certainty=Certainty.LEANING, scope=Scope.SLOW, runs=weeks.runs)
            found.append(slow)
    if analysis.posterior is not None:
        found += _grounds(analysis.findings, analysis.posterior, analysis.knee)
    for certainty in Certainty:  # spoken, leaning, open
        if surest := next((ground for ground in found if ground.certainty is certainty), None):
            return surest
    judged = analysis.posterior is not None or weeks is not None
    return Ground(finding=Pattern.NEUTRAL if judged else UNJUDGED, certainty=Certainty.SPOKEN)


def _grounds(findings: tuple[Finding, ...], posterior: Posterior, knee: Knee) -> Iterator[Ground]:
    """What these findings, this posterior and this knee call for, the more telling first."""
    bends = knee.bends
    said = [each for each in findings if each.pattern is not Pattern.NEUTRAL and each.certainty is not Certainty.OPEN]
    for each in said:
        finding = plan_for(each.pattern, each.basis, posterior)
        surer = bends is Bend.LESS and knee.certainty is Certainty.SPOKEN and each.certainty is not Certainty.SPOKEN
        yield Ground(finding=finding, certainty=each.certainty, scope=each.scope, knee_bends=bends, knee_first=surer)
    if bends is Bend.LESS and not said:
        yield Ground(finding=LITTLE_KNEE_BEND, certainty=knee.certainty, knee_bends=bends)
    if alone := standing_alone(posterior):
        yield Ground(finding=alone, certainty=Certainty.OPEN, alone=True, knee_bends=bends)
    named = leading(posterior)
    # Where neutral may be named too, nothing stands out enough to be worked on.
    if Pattern.NEUTRAL not in named or posterior.odds[Pattern.NEUTRAL] < RULES.perhaps:
        finding = plan_for(named[0], posterior.basis, posterior)
        yield Ground(finding=finding, certainty=Certainty.OPEN, knee_bends=bends)


def plan_for(pattern: Pattern, basis: Basis, posterior: Posterior) -> str:
    """The plan for a pattern: from steps alone the one that suits every pattern with such steps."""
    found: str = pattern  # which one that says nothing of steps keeps
    if basis is Basis.STEPS:
        side = next((bound.side for bound in PATTERNS[pattern].region if bound.axis == "zSL"), 0)
        found = {1: LONG_STEPS, -1: SHORT_STEPS}.get(side, pattern)
    return BOUNCY_LONG_STEPS if found in LONG and _bounce(posterior) >= ALONE_SD else found


def standing_alone(posterior: Posterior) -> str:
    """The plan for a part of the timing that is far from usual by itself; "" where none is."""
    known = {name: posterior.mean[place] for place, name in enumerate(("zSL", "zDF")) if name in posterior.measured}
    steps, contact, bounce = known.get("zSL", 0.0), known.get("zDF", 0.0), _bounce(posterior)
    if bounce >= ALONE_SD:
        return BOUNCY_LONG_STEPS if steps >= RULES.part else MUCH_BOUNCE
    if abs(steps) >= max(ALONE_SD, abs(contact)):
        return LONG_STEPS if steps > 0 else SHORT_STEPS
    if abs(contact) >= ALONE_SD:
        return MUCH_CONTACT if contact > 0 else LITTLE_CONTACT
    return ""


def _bounce(posterior: Posterior) -> float:
    """Bounce for the step time against other runners' (zB), as the posterior has it; 0 where none was measured."""
    if not posterior.bounce_measured:
        return 0.0
    return math.sqrt(2.0) * posterior.scores["P"].mean + posterior.mean[0]


def _entries(plan: Plan, ground: Ground) -> tuple[Entry, ...]:
    """The plan's entries but for what the runner has too much of already."""
    known, ids, excess = catalogue(), list(plan.entries), set(plan.excess)
    if ground.knee_bends is Bend.LESS and plan.finding != LITTLE_KNEE_BEND:
        # The knee's cue takes the place of the plan's second cue.
        ids = [name for name in ids if known[name].kind != "cue" or name == plan.cue]
        ids.append(plans()[LITTLE_KNEE_BEND].cue)
    if ground.exaggerating:
        excess.add("height")
    if ground.knee_bends is Bend.MORE:
        excess.add("heel recovery")
    return tuple(known[name] for name in ids if not excess & set(known[name].stresses))


def _remarks(plan: Plan, ground: Ground) -> tuple[str, ...]:
    said = [plan.remark]
    if ground.finding not in (Pattern.NEUTRAL, Pattern.DRIVE, UNJUDGED):
        light = {Certainty.LEANING: [LEANING], Certainty.OPEN: [ALONE if ground.alone else OPEN]}
        said += light.get(ground.certainty, [])
    if ground.exaggerating:
        said += [EXAGGERATED, NO_DRILLS]
    if ground.asymmetric:
        said.append(ASYMMETRY)
    return tuple(said)


def would_settle(analysis: Analysis) -> str:
    """What would settle what the sensor leaves open, "" where nothing is; never a sensor that the file holds."""
    reference = REFERENCES[analysis.provenance]
    names = {GARMIN_PRODUCTS.get(sensor.product_id or 0, sensor.product) for sensor in analysis.activity.sensors}
    if reference.measures_contact:
        return "" if names & (STRAPS | PODS) else reference.settles  # worn, and another source asked for
    there = [name for name, samples in sorted(analysis.activity.alternatives.items()) if has_dynamics(samples)]
    if there:
        return f"This file also holds what a {there[0]} measured: --dynamics {there[0]} judges by it."
    if analysis.activity.format == "strava":
        return "Take in the file of the watch itself, or Strava's bulk export: if it was measured, kneedrive says more."
    if held := sorted(names & (STRAPS | BLUETOOTH_STRAPS | PODS)):
        return (
            f"Your {held[0]} can measure contact time, but this file holds none of it: see that the watch records it."
        )
    return reference.settles


class _Book(Record, frozen=True, kw_only=True):
    """What advice.json holds: ideas from the sources named, in our own words."""

    sources: Mapping[str, str]
    entry: tuple[Entry, ...]
    plan: tuple[Plan, ...]


@cache
def _book() -> _Book:
    # By its path: importlib.resources would cost a report 8 ms.
    return msgspec.json.decode(Path(__file__).with_name("advice.json").read_bytes(), type=_Book)


def catalogue() -> dict[str, Entry]:
    """All entries by id, in the order coaches give."""
    return {entry.id: entry for entry in _book().entry}


def plans() -> dict[str, Plan]:
    """The plan for each finding."""
    return {plan.finding: plan for plan in _book().plan}


def sources() -> dict[str, str]:
    """Whose ideas these are, by the short name that entries use."""
    return dict(_book().sources)


def search(word: str) -> tuple[Entry, ...]:
    """The entries whose id, name or kind holds this word; all of them for an empty word."""
    wanted = word.casefold()
    return tuple(
        entry
        for entry in _book().entry
        if wanted in entry.id.casefold() or wanted in entry.name.casefold() or wanted == entry.kind
    )


def plans_with(entry: Entry) -> tuple[Plan, ...]:
    """The findings that call for an entry."""
    return tuple(plan for plan in _book().plan if entry.id in plan.entries)
