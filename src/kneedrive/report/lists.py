"""Lists from the store: runs, the recordings of one run, runners, tags."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from kneedrive.analysis.certainty import Certainty
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.quantities import CHANNELS
from kneedrive.record import Record
from kneedrive.report import numbers
from kneedrive.report.blocks import (
    Column,
    Inline,
    Note,
    Prose,
    Section,
    Span,
    Table,
    Terms,
    command,
    faint,
    strong,
    words,
)
from kneedrive.report.numbers import number
from kneedrive.report.words import STRAVA_CREDIT, from_strava
from kneedrive.sensors import REFERENCES, SensorClass

STATUS = {
    "assessed": "not judged",
    "too few epochs": "too little to judge",
    "walk": "walk",
    "no samples": "averages only",
    "not a run": "not a run",
}
# Values as the cells of a CSV table that a spreadsheet opens.

# A spreadsheet takes a text that begins so for a formula, and runs it; names of devices come out of files.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: Any) -> Any:
    """Nothing for what is not measured; seven significant digits, which is what the store holds; harmless text."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


CSV_COLUMNS = (
    "id",
    "started_at",
    "utc_offset_s",
    "device",
    "sensor",
    "surface",
    "duration_s",
    "distance_m",
    "status",
    "label",
    "certainty",
    "D",
    "D_se",
    "P",
    "P_se",
    "G",
    "G_se",
    "K",
    "K_se",
    "epochs_total",
    "epochs_scored",
    "recordings",
)


def credit(formats: Iterable[str]) -> Section:
    """The line that names Strava where one of these recordings came from its API."""
    return [Note(words(STRAVA_CREDIT))] if from_strava(formats) else []


def runs(rows: Sequence[Any], zone: Callable[[datetime], int], *, miles: bool) -> list[Section]:
    """A row a run, the latest last: when, how far, how fast, what was found. rows: the store's. zone: as app has it."""
    columns = (
        Column(head="id", left=True),
        Column(head="start", left=True),
        Column(head="miles" if miles else "km", drop=1),
        Column(head="time", drop=3),
        Column(head=numbers.pace_unit(miles=miles), drop=2),
        Column(head="sensor", left=True, drop=4),
        Column(head="found", left=True),
    )
    cells = tuple(_run(row, zone, miles=miles) for row in rows)
    counted = words(numbers.plural(len(rows), "run"), ". ", command("kneedrive show ID"), " shows one.")
    return [[Table(columns, cells)], [Prose(counted), *credit(row.formats for row in rows)]]


def _run(row: Any, zone: Callable[[datetime], int], *, miles: bool) -> tuple[Inline, ...]:
    speed = row.distance_m / row.duration_s if row.distance_m and row.duration_s else None
    offset_s = zone(row.started_at) if row.utc_offset_s is None else row.utc_offset_s
    cells = (
        row.id,
        f"{numbers.local_time(row.started_at, offset_s):%Y-%m-%d %H:%M}",
        numbers.length(row.distance_m, miles=miles),
        numbers.clock(row.duration_s),
        numbers.bare_pace(speed, miles=miles),
        REFERENCES[SensorClass(row.sensor)].short,
    )
    return (*map(words, cells), finding(row))


def finding(row: Any) -> Inline:
    """What was found in a stored run, in two or three words."""
    if not row.label:
        return words(faint(STATUS[row.status]))
    return named(Pattern(row.label), Certainty(row.certainty))


def named(pattern: Pattern, sure: Certainty) -> Inline:
    """A pattern in a list, as surely as it may be said."""
    if pattern is Pattern.NEUTRAL:
        return words(PATTERNS[pattern].name)
    if sure is Certainty.OPEN:
        return words("nothing clear")
    return words(Span("leans " * (sure is Certainty.LEANING) + PATTERNS[pattern].name, pattern))


def run_record(row: Any) -> dict[str, Any]:
    """One stored run for programs: UTC and local time, units in the names."""
    named = {name: getattr(row, name) for name in CSV_COLUMNS}
    local = numbers.local_time(row.started_at, row.utc_offset_s)
    return named | {
        "schema_version": 1,
        "started_at": row.started_at.isoformat().replace("+00:00", "Z"),
        "started_at_local": local.replace(tzinfo=None).isoformat(),
    }


def sources(rows: Sequence[Any], *, miles: bool) -> list[Section]:
    """The recordings that a run is made of, and which channel came from which."""
    report: list[Section] = []
    for place, row in enumerate(rows):
        outline = row.outline
        device = numbers.clean(outline.device) or "unknown device"
        about = [
            f"From {numbers.clean(row.name)} ({', '.join(row.sources)}), {numbers.start(outline.started_at, None)},"
            f" {numbers.clock(outline.duration_s)}, {numbers.distance(outline.distance_m, miles=miles)}.",
            f"Sensor: {REFERENCES[SensorClass(row.provenance)].words}. Gives: {_channels(row.channels)}."
            + (f" Shoes: {numbers.clean(row.shoe)}." if row.shoe else "")
            + ("" if row.kept else " Its original is no longer stored."),
        ]
        if place:
            about.append(f"Merged because start, duration and distance are alike ({row.verdict} run).")
        # Not a heading: capitals would change the id that other commands ask for.
        head = Prose(words(strong(f"{outline.id}  {outline.format.upper()}  {device}")))
        report.append([head, *(Prose(words(text)) for text in about)])
    apart = [Prose(words(command("kneedrive split RUN"), " takes them apart for good."))] if len(rows) > 1 else []
    return [*report, apart]


def _channels(keys: Iterable[str]) -> str:
    named = [CHANNELS[key].name if key in CHANNELS else key.replace("_", " ") for key in keys]
    return ", ".join(named) or "nothing that the others lack"


class RunnerRow(Record, frozen=True):
    """A runner, the number of their runs, and when the first and the last began."""

    name: str
    runs: int
    first: datetime | None
    last: datetime | None


def runner_name(name: str) -> str:
    """What a runner is called in a sentence."""
    return numbers.clean(name) or "the runner without a name"


def runners(rows: Sequence[RunnerRow]) -> list[Section]:
    """A row a runner."""
    if not rows:
        return [[Prose(words("Nobody yet: ", command("kneedrive import FILE or FOLDER"), " begins."))]]
    columns = (Column(head="runner", left=True), Column(head="runs"), Column(head="first"), Column(head="last"))
    cells = [
        (runner_name(row.name), number(row.runs), *(f"{day:%Y-%m-%d}" if day else "" for day in (row.first, row.last)))
        for row in rows
    ]
    how = words(
        "--runner NAME says whose runs a command is about; ", command("[runners.NAME]"), " in the configuration"
    )
    return [
        [Table(columns, tuple(tuple(map(words, line)) for line in cells))],
        [Note(words(how, " gives each a height of their own."))],
    ]


def runner_record(row: RunnerRow) -> dict[str, Any]:
    """For programs; days are those of UTC."""
    days = {
        key: day.isoformat().replace("+00:00", "Z") if day else None
        for key, day in (("first", row.first), ("last", row.last))
    }
    return {"schema_version": 1, "name": row.name, "runs": row.runs} | days


def tags(rows: Sequence[Any]) -> list[Section]:
    """A row a tag."""
    if not rows:
        return [
            [Prose(words("No tags yet. ", command('kneedrive tag 2026-11-20 "started wall drills"'), " sets one."))]
        ]
    cells = tuple((words(row.day), words(numbers.clean(row.text, 160))) for row in rows)
    return [[Terms(cells)]]
