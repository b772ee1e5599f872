"""Many runners in words and JSON: what became of their recordings, and the population against the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from typing import Any

from msgspec import to_builtins

from kneedrive.analysis.population import LEAST_RUNNERS, Interval, Joint, Level, Used
from kneedrive.method import Method
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.record import Record
from kneedrive.report.blocks import Column, Heading, Note, Prose, Section, Table
from kneedrive.report.numbers import MISSING, number, path, percent, plural, signed
from kneedrive.sensors import REFERENCES


class Became(StrEnum):
    """What became of a file: examined, turned away, known from before, or none that could be a recording."""

    ASSESSED = "assessed"
    UNASSESSED = "unassessed"
    REFUSED = "refused"
    HELD = "held"
    SKIPPED = "skipped"


COUNTED = {
    Became.ASSESSED: "assessed",
    Became.UNASSESSED: "read and not assessed",
    Became.REFUSED: "refused",
    Became.HELD: "already there",
    Became.SKIPPED: "no recordings",
}


class Examined(Record, frozen=True, kw_only=True):
    """What became of the recordings of a cohort, counted."""

    counts: Mapping[Became, int]
    changed: int  # of those already there: came with another runner, sex or height than in their rows
    folder: str


def examined(done: Examined) -> list[Section]:
    """The counts in a sentence, and what to do next."""
    told = [f"{number(count)} {text}" for key, text in COUNTED.items() if (count := done.counts.get(key, 0))]
    texts = [f"{', '.join(told)}, in {path(done.folder)}."]
    if done.counts.get(Became.REFUSED):
        texts.append("A refused file is a row of runs, and its reason says why.")
    if done.changed:
        stay = "came again with another runner, sex or height; their rows stay. A new folder takes changes in."
        texts.append(f"{plural(done.changed, 'recording')} {stay}")
    return [[*map(Prose, texts)]]


def examined_record(done: Examined) -> dict[str, Any]:
    """For programs."""
    counts = {key.value: done.counts.get(key, 0) for key in COUNTED}
    return {"schema_version": 1, **counts, "changed": done.changed, "folder": done.folder}


# The population against the reference.

PARTS = {"zSL": "step time", "zDF": "duty factor", "zk": "torso bounce"}
MOST_REASONS = 8


class Sensors(Record, frozen=True, kw_only=True):
    """How much there is of one sensor class."""

    sensor: str
    runners: int
    runs: int
    epochs: int


class Group(Record, frozen=True, kw_only=True):
    """Runner means of some runners, by "sensor", "speed", "sex" or "height". parts by zSL, zDF, zk."""

    by: str
    sensor: str = ""  # the class whose runners these are, "" for those of all classes
    name: str
    runners: int
    parts: Mapping[str, Level]


class Share(Record, frozen=True, kw_only=True):
    """How likely a pattern is for any runner, and the mean over these runners of how likely their runs make it."""

    pattern: Pattern
    base_rate: float
    here: Level


class Population(Record, frozen=True, kw_only=True):
    """What a cohort says about the method. others: runs that were not assessed by status; refused: files by reason."""

    recordings: int
    runs: int
    runners: int
    without_runner: int
    sensors: Sequence[Sensors]
    others: Mapping[str, int]
    refused: Mapping[str, int]
    groups: Sequence[Group]
    shares: Sequence[Share]
    joint: Joint
    used: Used


def population(cohort: Population) -> list[Section]:
    """The whole report."""
    columns = (Column(head="sensor", left=True), *(Column(head=head) for head in ("runners", "runs", "half-minutes")))
    rows = [
        (REFERENCES[row.sensor].short or row.sensor, *map(number, (row.runners, row.runs, row.epochs)))
        for row in cohort.sensors
    ]
    sensors: Section = [Heading("Sensors"), Table(columns, rows)] if rows else []
    # Between runners nothing can be told of a few.
    between: list[Section] = [_joint(cohort), _shares(cohort)]
    if cohort.runners < LEAST_RUNNERS:
        few = f"spreads, correlations and odds take {LEAST_RUNNERS} runners; here are {cohort.runners}."
        between = [[Prose(f"Between runners: {few}")]]
    return [_opening(cohort), sensors, *_groups(cohort), *between, [Note(LIMITS)]]


def population_record(cohort: Population) -> dict[str, Any]:
    """For programs."""
    return {"schema_version": 1, **to_builtins(cohort)}


def _opening(cohort: Population) -> Section:
    runs, runners = plural(cohort.runs, "assessed outdoor run"), plural(cohort.runners, "named runner")
    texts = [f"{number(cohort.recordings)} recordings; {runs} of {runners} are held against the reference."]
    if cohort.without_runner:
        texts.append(f"{plural(cohort.without_runner, 'assessed run')} without a runner's name are left out below.")
    if cohort.others:
        texts.append(f"Not assessed: {', '.join(f'{number(n)} {status}' for status, n in cohort.others.items())}.")
    for reason, count in list(cohort.refused.items())[:MOST_REASONS]:
        texts.append(f"{plural(count, 'file')} refused: {'it' if count == 1 else 'each'} {reason}.")
    more = len(cohort.refused) - MOST_REASONS
    rest = [Note(f"{plural(more, 'more reason')}: --json lists them all.")] if more > 0 else []
    return [Heading("Cohort"), *map(Prose, texts), *rest]


def _groups(cohort: Population) -> list[Section]:
    """A table for each way to group: mean of the runner means with its interval, and their SD."""
    columns = (
        Column(left=True),
        Column(head="runners"),
        *(
            Column(head=head, unit=unit, drop=drop)
            for place, text in enumerate(PARTS.values())
            for head, unit, drop in ((text, "mean", 0), ("", "95 %", 4 + place), ("", "SD", 1 + place))
        ),
    )
    sections: list[Section] = []
    # Whoever makes the groups makes those of one table one after the other.
    for (by, sensor), groups in groupby(cohort.groups, key=lambda group: (group.by, group.sensor)):
        title = f"By {by}, {REFERENCES[sensor].short or sensor}" if sensor else f"By {by}"
        heading = Heading(title, "against the reference, in SDs between runners")
        rows = []
        for group in groups:
            levels = [group.parts[part] for part in PARTS]
            cells = [cell for level in levels for cell in (*_interval(level.mean, signed), _interval(level.sd)[0])]
            rows.append((group.name, number(group.runners), *cells))
        sections.append([heading, Table(columns, rows)])
    return sections


def _interval(interval: Interval | None, shown: Callable[[float | None, int], str] = number) -> tuple[str, str]:
    """A value and its ends with two decimals; a dash for what is not known."""
    if interval is None:
        return MISSING, MISSING
    ends = MISSING if interval.low is None else f"{shown(interval.low, 2)} to {shown(interval.high, 2)}"
    return shown(interval.value, 2), ends


def _joint(cohort: Population) -> Section:
    """The distribution in use beside the one that these runners have."""
    levels, rows = cohort.joint.levels, []
    for name, text in PARTS.items():
        used, sd = number(cohort.used.sd[name], 2), levels[name].sd
        rows.append((f"SD, {text}", used, *_interval(sd), number(levels[name].runners)))
    for pair, r in cohort.joint.correlations.items():
        names, used = pair.split(" "), signed(cohort.used.correlations[pair], 2)
        runners = min(levels[name].runners for name in names)
        both = ", ".join(PARTS[name] for name in names)
        rows.append((f"r, {both}", used, *_interval(r, signed), number(runners)))
    heads = (Column(head=head) for head in ("in use", "here", "95 %"))
    table = Table((Column(left=True), *heads, Column(head="runners", drop=1)), rows)
    key = (
        "In use: SDs of 1 and a correlation of step time and duty factor of "
        f"{signed(Method().posterior.r_zSL_zDF, 2)}, both as these sensors with their systematic errors would show "
        "them. Here: means of each runner about the mean of the sensor class, the noise of few runs taken off. "
        f"A spread or a correlation takes {LEAST_RUNNERS} runners."
    )
    return [Heading("The joint distribution", "between runners"), table, Note(key)]


def _shares(cohort: Population) -> Section:
    """The odds over these runners beside the base rates: a distribution that fits gives back its own."""
    rows = []
    for share in cohort.shares:
        mean, between = share.here.mean, MISSING
        if mean and mean.low is not None and mean.high is not None:
            between = f"{number(100 * max(mean.low, 0.0))} to {percent(min(mean.high, 1.0))}"
        here = percent(mean.value if mean else None)
        rows.append((PATTERNS[share.pattern].name, percent(share.base_rate), here, between))
    columns = (Column(left=True), *(Column(head=head) for head in ("any runner", "here", "95 %")))
    key = (
        "Here: the mean of the odds over these runners, each counted once. Where sensors leave much open, odds "
        "stay near those of any runner whatever is true, so a difference says more than an agreement."
    )
    return [Heading("Patterns", "how likely they are"), Table(columns, rows), Note(key)]


LIMITS = (
    "One runner counts once, on the sensor of most of their runs that measures contact, if any does. "
    "A mean that departs from 0 may be these runners, "
    "their sensors, or the reference; several classes that depart alike point at the reference. "
    "Swing knee bend is in no recording of a watch, so its part of the distribution cannot be checked here."
)
