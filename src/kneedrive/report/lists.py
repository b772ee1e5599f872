"""Lists: what an import or a sync did with its files, and the runs, recordings, tags and runners of the store."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from kneedrive.analysis.posterior import Certainty
from kneedrive.analysis.result import Finding
from kneedrive.errors import KneedriveError, RateLimited
from kneedrive.histories.result import Break, Trend, WeeklyView
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.quantities import QUANTITIES
from kneedrive.record import Record
from kneedrive.report import blocks, numbers
from kneedrive.report.blocks import Column, Heading, Inline, Items, Note, Prose, Section, Span, Table, command, words
from kneedrive.report.history import break_words
from kneedrive.report.machine import plain
from kneedrive.report.numbers import MISSING
from kneedrive.report.words import STRAVA_CREDIT, from_strava, listed
from kneedrive.sensors import REFERENCES

# A spreadsheet takes a text that begins so for a formula, and runs it; names of devices come out of files.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: Any) -> Any:
    """A value in a CSV table: "" for what is not measured; seven significant digits, as in the store; harmless text."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def credit(formats: Iterable[str]) -> Section:
    """The line that names Strava where one of these recordings came from its API."""
    return [Note(STRAVA_CREDIT)] if from_strava(formats) else []


# What an import or a sync did: counts, what failed or needs a look, and what stopped a source.


class Fate(StrEnum):
    """What can become of a file or an activity; the words are keys of JSON."""

    ADDED = "added"
    UPDATED = "updated"
    MERGED = "merged"
    ALREADY_THERE = "already_there"
    NOT_A_RUN = "not_a_run"
    SKIPPED = "skipped"
    FAILED = "failed"
    FORGOTTEN = "forgotten"  # by the runner; it stays so


BROUGHT = (Fate.ADDED, Fate.UPDATED, Fate.MERGED)  # something came into the history
# In the order in which it is told.
VERDICTS = {
    Fate.ADDED: "new",
    Fate.UPDATED: "updated",
    Fate.MERGED: "merged with a run that was there",
    Fate.ALREADY_THERE: "already there",
    Fate.NOT_A_RUN: "not a run",
    Fate.SKIPPED: "skipped",
    Fate.FAILED: "failed",
}
MOST_SHOWN = 12


class Ledger(Record, frozen=True, kw_only=True):
    """What was counted, and what needs a look."""

    counts: Mapping[str, int]  # by verdict
    without_dynamics: int  # runs among the new ones
    failed: Sequence[tuple[str, str]]  # name, reason
    beside: Sequence[tuple[str, Sequence[str]]]  # name, ids of runs that overlap and are not alike
    skipped: Mapping[str, int]  # by reason
    cut: Sequence[tuple[str, str]]  # name, where reading stopped; taken in as far as they go
    dry_run: bool

    @property
    def nothing_done(self) -> bool:
        """Whether something failed and nothing else came of it; what was skipped is nothing."""
        done = VERDICTS.keys() - {Fate.SKIPPED, Fate.FAILED}
        return bool(self.failed) and not any(self.counts.get(verdict) for verdict in done)


def ledger_of(outcomes: Iterable[Any], *, dry_run: bool = False) -> Ledger:
    """The outcomes added up; each has name, verdict, dynamics, reason, beside and cut."""
    seen = list(outcomes)
    return Ledger(
        counts=Counter(each.verdict for each in seen),
        without_dynamics=sum(each.verdict in (Fate.ADDED, Fate.UPDATED) and not each.dynamics for each in seen),
        failed=[(each.name, each.reason) for each in seen if each.verdict == Fate.FAILED],
        beside=[(each.name, each.beside) for each in seen if each.beside],
        skipped=Counter(each.reason for each in seen if each.verdict == Fate.SKIPPED),
        cut=[(each.name, each.cut) for each in seen if each.cut],
        dry_run=dry_run,
    )


def ledger(counted: Ledger, elapsed_s: float, remarks: Sequence[str] = ()) -> list[Section]:
    """One line of counts, then what failed and what looks like somebody else's run. remarks: on the sources."""
    counts = {verdict: counted.counts.get(verdict, 0) for verdict in VERDICTS}
    # That nothing is new is an answer too; of the rest only what there is.
    parts = [f"{numbers.number(n)} {VERDICTS[verdict]}" for verdict, n in counts.items() if n or verdict == Fate.ADDED]
    if counted.without_dynamics:
        parts.insert(1, f"of which {numbers.number(counted.without_dynamics)} without running dynamics")
    if counted.cut:
        parts.append(f"{numbers.number(len(counted.cut))} of these cut short")
    line = f"{'Would be: ' if counted.dry_run else ''}{', '.join(parts)}, in {numbers.minutes(elapsed_s)}."
    skipped = []
    for why, count in sorted(counted.skipped.items(), key=lambda one: (-one[1], one[0])):
        reason = numbers.clean(why, 200)  # it may hold words of the file
        # Some are said of a file ("holds no track"), some of a kind of files ("planned routes").
        if reason.startswith(("holds ", "is ", "comes ", "has ")):
            reason = f"{'it' if count == 1 else 'each'} {reason}"
        skipped.append(f"Skipped {numbers.number(count)}: {reason}.")
    overlaps = [(name, ", ".join(runs)) for name, runs in counted.beside]
    strangers = "Perhaps somebody else's. --runner NAME keeps runners apart; kneedrive forget RUN takes one out."
    return [
        [Prose(line), *_first(skipped, "more reason")],
        _files("could not be read", counted.failed),
        _files("cut short, taken in as far as they go", counted.cut),
        _files("runs at the same time that are not alike", overlaps, " overlaps ", Prose(strangers)),
        [Prose(text) for text in remarks],
    ]


def _files(title: str, named: Sequence[tuple[str, str]], joined: str = ": ", *above: blocks.Block) -> Section:
    """Files by name, each with what there is to say of it."""
    items = [f"{numbers.path(numbers.clean(name))}{joined}{text}" for name, text in named]
    return [Heading(title), *above, *_first(items, "more file")] if items else []


def _first(items: Sequence[str], others: str) -> list[Items]:
    """The first of these sentences, and how many `others` there are."""
    more = len(items) - MOST_SHOWN
    rest = [f"and {numbers.plural(more, others)}; --json lists them all"] if more > 0 else []
    return [Items([*items[:MOST_SHOWN], *rest])] if items else []


def problem(error: KneedriveError, service: str, utc_offset_s: int) -> str:
    """What stopped a source, with the time to come back as the runner's clock shows it."""
    if not isinstance(error, RateLimited):
        return str(error)
    until = numbers.start(error.retry_at, utc_offset_s)
    go_on = f"go on after {until}, by the same command, or let --wait do it"
    return f"{service} asks for a pause: {go_on}; what was fetched is kept"


def ledger_record(counted: Ledger) -> dict[str, Any]:
    """An import: counts by verdict, and each file that failed, was cut short or overlaps."""
    return {
        "schema_version": 1,
        **{verdict: counted.counts.get(verdict, 0) for verdict in VERDICTS if verdict != Fate.FAILED},
        "without_dynamics": counted.without_dynamics,
        "cut_short": [{"name": name, "where": where} for name, where in counted.cut],
        "failed": len(counted.failed),
        "failures": [{"name": name, "reason": reason} for name, reason in counted.failed],
        "overlapping": [{"name": name, "runs": list(runs)} for name, runs in counted.beside],
        "skipped_by_reason": dict(sorted(counted.skipped.items())),
        "dry_run": counted.dry_run,
    }


def sync_record(summed: Ledger, sources: Sequence[Mapping[str, Any]], runs: Sequence[str]) -> dict[str, Any]:
    """A sync: the counts of all sources together, then each source with what stopped it."""
    counts = ledger_record(summed)
    # What an import calls added a sync calls new, and programs read both.
    new = {"schema_version": counts.pop("schema_version"), "new": counts.pop("added")}
    again = sorted(each["retry_at"] for each in sources if each["retry_at"])
    return {**new, **counts, "retry_at": again[-1] if again else None, "sources": list(sources), "runs": list(runs)}


def source_record(name: str, counted: Mapping[str, int], error: KneedriveError | None) -> dict[str, Any]:
    """One source: its counts, and the error that stopped it with the time to come back."""
    verdicts = {"new" if each == Fate.ADDED else each: counted.get(each, 0) for each in VERDICTS}
    retry_at = error.retry_at if isinstance(error, RateLimited) else None
    return {
        "source": name,
        **verdicts,
        "error": {"code": error.code, "message": str(error)} if error else None,
        "retry_at": retry_at.isoformat().replace("+00:00", "Z") if retry_at else None,
    }


STATUS = {
    "assessed": "not judged",
    "too few epochs": "too little to judge",
    "walk": "walk",
    "no samples": "averages only",
    "not a run": "not a run",
}
CSV_COLUMNS = (
    "id", "started_at", "utc_offset_s", "device", "sensor", "surface", "duration_s", "distance_m", "status", "label",
    "certainty", "D", "D_se", "P", "P_se", "G", "G_se", "K", "K_se", "epochs_total", "epochs_scored", "recordings",
)  # fmt: skip


def runs(rows: Sequence[Any], zone: Callable[[datetime], int], *, miles: bool) -> list[Section]:
    """A row a run, the latest last: when, how far, how fast, what was found.

    rows: the store's. zone: seconds that local time is ahead of UTC, for runs that do not say.
    """
    length, pace = "miles" if miles else "km", numbers.pace_unit(miles=miles)
    columns = (
        Column(head="id", left=True), Column(head="start", left=True), Column(head=length, drop=1),
        Column(head="time", drop=3), Column(head=pace, drop=2), Column(head="sensor", left=True, drop=4),
        Column(head="found", left=True),
    )  # fmt: skip
    cells: list[tuple[Inline, ...]] = []
    for row in rows:
        offset_s = zone(row.started_at) if row.utc_offset_s is None else row.utc_offset_s
        speed = row.distance_m / row.duration_s if row.distance_m and row.duration_s else None
        found = named(Pattern(row.label), Certainty(row.certainty)) if row.label else blocks.faint(STATUS[row.status])
        start = f"{numbers.local_time(row.started_at, offset_s):%Y-%m-%d %H:%M}"
        far, fast = numbers.length(row.distance_m, miles=miles), numbers.bare_pace(speed, miles=miles)
        cells.append((row.id, start, far, numbers.clock(row.duration_s), fast, REFERENCES[row.sensor].short, found))
    counted = words(numbers.plural(len(rows), "run"), ". ", command("kneedrive show ID"), " shows one.")
    return [[Table(columns, cells)], [Prose(counted), *credit(row.formats for row in rows)]]


def named(pattern: Pattern, sure: Certainty) -> Inline:
    """A pattern in a list, as surely as it may be said."""
    if pattern is Pattern.NEUTRAL:
        return PATTERNS[pattern].name
    if sure is Certainty.OPEN:
        return "nothing clear"
    return Span("leans " * (sure is Certainty.LEANING) + PATTERNS[pattern].name, pattern)


def run_record(row: Any) -> dict[str, Any]:
    """One stored run for programs: UTC and local time, units in the names."""
    # To the millisecond, as the store has it.
    local = numbers.local_time(row.started_at, row.utc_offset_s)
    return {name: getattr(row, name) for name in CSV_COLUMNS} | {
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
        channels = (QUANTITIES[key].name if key in QUANTITIES else key.replace("_", " ") for key in row.channels)
        gives = ", ".join(channels) or "nothing that the others lack"
        about = [
            f"From {numbers.clean(row.name)} ({', '.join(row.sources)}), {numbers.start(outline.started_at, None)},"
            f" {numbers.clock(outline.duration_s)}, {numbers.distance(outline.distance_m, miles=miles)}.",
            f"Sensor: {REFERENCES[row.provenance].words}. Gives: {gives}."
            + (f" Shoes: {numbers.clean(row.shoe)}." if row.shoe else "")
            + ("" if row.kept else " Its original is no longer stored."),
        ]
        if place:
            about.append(f"Merged because start, duration and distance are alike ({row.verdict} run).")
        # Not a heading: capitals would change the id that other commands ask for.
        head = blocks.strong(f"{outline.id}  {outline.format.upper()}  {device}")
        report.append([Prose(head), *map(Prose, about)])
    apart = words(command("kneedrive split RUN"), " takes them apart for good.")
    return [*report, [Prose(apart)] if len(rows) > 1 else []]


def tags(rows: Sequence[Any]) -> list[Section]:
    """A row a tag."""
    if not rows:
        how = command('kneedrive tag 2026-11-20 "started wall drills"')
        return [[Prose(words("No tags yet. ", how, " sets one."))]]
    return [[blocks.Terms([(row.day, numbers.clean(row.text, 160)) for row in rows])]]


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
    cells = []
    for row in rows:
        days = [f"{moment:%Y-%m-%d}" if moment else "" for moment in (row.first, row.last)]
        cells.append((runner_name(row.name), numbers.number(row.runs), *days))
    how = words(
        "--runner NAME says whose runs a command is about; ",
        command("[runners.NAME]"),
        " in the configuration gives each a height of their own.",
    )
    return [[Table(columns, cells)], [Note(how)]]


def runner_record(row: RunnerRow) -> dict[str, Any]:
    """For programs; days are those of UTC."""
    first, last = (day.isoformat().replace("+00:00", "Z") if day else None for day in (row.first, row.last))
    return {"schema_version": 1, "name": row.name, "runs": row.runs, "first": first, "last": last}


# A coach's list: a line a runner, for the terminal, for programs, and as the index of their pages.


class RunnerWeeks(Record, frozen=True, kw_only=True):
    """One runner over some weeks. view is None where they cannot be shown, and then trouble says why."""

    runner: str
    last_run: date | None = None
    view: WeeklyView | None = None
    trouble: str = ""
    formats: frozenset[str] = frozenset()  # of the recordings of these weeks, commas between

    @property
    def runs(self) -> int:
        """Runs in the weeks of the view."""
        return sum(week.runs for week in self.view.weeks) if self.view else 0

    @property
    def headline(self) -> Finding | None:
        """What the last weeks say first."""
        last = self.view.last_weeks if self.view else None
        return last.findings[0] if last and last.findings else None

    @property
    def trend(self) -> Trend | None:
        """The largest called change; else the series that is tested first, whose verdict says that there is none."""
        trends = self.view.trends if self.view else ()
        called = sorted((each for each in trends if each.called), key=lambda each: -abs(each.change or 0.0))
        return next(iter((*called, *trends)), None)

    @property
    def broken(self) -> Break | None:
        """The last change of sensor in the weeks of the view."""
        return self.view.breaks[-1] if self.view and self.view.breaks else None


def by_change(lines: Sequence[RunnerWeeks]) -> list[RunnerWeeks]:
    """Called changes first, the largest first; then new sensors, the latest first; then the rest by name."""

    def rank(line: RunnerWeeks) -> tuple[int, float, str]:
        if line.trend is not None and line.trend.called:
            return 0, -abs(line.trend.change or 0.0), line.runner
        if line.broken is not None:
            return 1, -line.broken.date.toordinal(), line.runner
        return 2 if line.view else 3, 0.0, line.runner

    return sorted(lines, key=rank)


def roster(lines: Sequence[RunnerWeeks], weeks: int, today: date) -> list[Section]:
    """The table and what stands below it."""
    heading = Heading("Runners", f"{numbers.plural(weeks, 'week')} each")
    return [[heading, roster_table(lines, today)], roster_notes(lines)]


def roster_table(lines: Sequence[RunnerWeeks], today: date) -> Table:
    """A row a runner."""
    rows: list[tuple[Inline, ...]] = []
    for line in lines:
        first, trend, broken = line.headline, line.trend, line.broken
        verdict: Inline = MISSING
        if line.view and trend:
            verdict = blocks.strong(trend.verdict) if trend.called else listed(line.view.verdicts)
        row = (
            numbers.clean(line.runner, 14) or "(no name)",
            numbers.number(line.runs),
            numbers.short_day(line.last_run, today) if line.last_run else MISSING,
            named(first.pattern, first.certainty) if first else MISSING,
            f"{numbers.odds(first.probability)} ({numbers.odds(first.base_rate)})" if first else MISSING,
            verdict,
            numbers.score(trend.change) if trend and trend.called else "",
            numbers.short_day(broken.date, today) if broken else "",
        )
        rows.append(row)
    columns = (
        Column(head="runner", left=True), Column(head="runs", drop=3), Column(head="last run", left=True, drop=5),
        Column(head="pattern", left=True), Column(head="odds", unit="(any runner)", left=True, drop=2),
        Column(head="trend", left=True), Column(head="change", drop=1), Column(head="new sensor", left=True, drop=6),
    )  # fmt: skip
    return Table(columns, rows)


def roster_notes(lines: Sequence[RunnerWeeks]) -> list[blocks.Block]:
    """What changed with a sensor, why some runners cannot be shown, and how the list is sorted."""
    texts = [f"{runner_name(line.runner)}, {break_words(line.broken)}." for line in lines if line.broken]
    texts += [f"{runner_name(line.runner)}: {line.trouble}." for line in lines if line.trouble]
    key = "The largest change first, then new sensors. kneedrive weekly --runner NAME shows the weeks of one."
    formats = (each for line in lines for each in line.formats)
    return [*map(Prose, texts), Note(key), *credit(formats)]


# The columns of CSV, and where in a line each stands.
_ROSTER = {
    "runner": "runner", "runs": "runs", "last_run": "last_run", "sensor": "view.sensor",
    "pattern": "headline.pattern", "certainty": "headline.certainty", "probability": "headline.probability",
    "base_rate": "headline.base_rate", "pattern_runs": "view.last_weeks.runs", "trend": "trend.verdict",
    "series": "trend.series", "change": "trend.change", "change_low": "trend.low", "change_high": "trend.high",
    "trend_first": "trend.first", "trend_last": "trend.last", "break": "broken.date", "break_kind": "broken.kind",
    "break_from": "broken.before", "break_to": "broken.after", "trouble": "trouble",
}  # fmt: skip
ROSTER_COLUMNS = tuple(_ROSTER)


def roster_record(line: RunnerWeeks) -> dict[str, Any]:
    """One object, one row of CSV: facts alone, None where there is none."""
    record = {}
    for column, place in _ROSTER.items():
        value: Any = line
        for name in place.split("."):
            value = None if value is None else getattr(value, name)
        record[column] = plain(value)
    return record | {"trouble": line.trouble or None}
