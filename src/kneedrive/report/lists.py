"""What an import or a sync did, and lists from the store, as lines, CSV and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kneedrive.quantities import CHANNELS
from kneedrive.record import Record
from kneedrive.report import numbers
from kneedrive.report.numbers import clean, minutes, number, path, plural
from kneedrive.report.run import credit
from kneedrive.report.text import Style, columns_of, finish, flow, heading, table
from kneedrive.report.verdict import LABELS

if TYPE_CHECKING:
    from datetime import datetime

# What an import or a sync did, as lines and as JSON.

VERDICTS = ("added", "updated", "merged", "already_there", "not_a_run", "skipped", "failed")
WORDS = {
    "added": "new",
    "updated": "updated",
    "merged": "merged with a run that was there",
    "already_there": "already there",
    "not_a_run": "not a run",
    "skipped": "skipped",
    "failed": "failed",
}
MOST_SHOWN, LONGEST = 12, 200  # reasons of skipped files may hold words of the file


class Ledger(Record, frozen=True, kw_only=True):
    """Counts by verdict, runs without running dynamics among the new ones, and what needs a look.

    failed: (name, reason). cut: (name, where reading stopped), taken in as far as they go. beside: (name, ids of runs
    that overlap and are not alike). skipped: count by reason.
    """

    counts: Mapping[str, int]
    without_dynamics: int
    failed: Sequence[tuple[str, str]]
    beside: Sequence[tuple[str, Sequence[str]]]
    skipped: Mapping[str, int]
    cut: Sequence[tuple[str, str]] = ()
    dry_run: bool = False

    @property
    def nothing_done(self) -> bool:
        """Whether something failed and nothing else came of it."""
        return bool(self.failed) and not any(self.counts.get(verdict) for verdict in VERDICTS[:5])


def ledger_of(outcomes: Iterable[Any], *, dry_run: bool = False) -> Ledger:
    """The outcomes added up; each has name, verdict, dynamics, reason, beside and cut."""
    seen = list(outcomes)
    return Ledger(
        counts=Counter(each.verdict for each in seen),
        without_dynamics=sum(each.verdict in ("added", "updated") and not each.dynamics for each in seen),
        failed=[(each.name, each.reason) for each in seen if each.verdict == "failed"],
        beside=[(each.name, each.beside) for each in seen if each.beside],
        skipped=Counter(each.reason for each in seen if each.verdict == "skipped"),
        cut=[(each.name, each.cut) for each in seen if each.cut],
        dry_run=dry_run,
    )


def ledger_record(ledger: Ledger) -> dict[str, Any]:
    """For programs."""
    return {
        "schema_version": 1,
        **{verdict: ledger.counts.get(verdict, 0) for verdict in VERDICTS if verdict != "failed"},
        "without_dynamics": ledger.without_dynamics,
        "cut_short": [{"name": name, "where": where} for name, where in ledger.cut],
        "failed": len(ledger.failed),
        "failures": [{"name": name, "reason": reason} for name, reason in ledger.failed],
        "overlapping": [{"name": name, "runs": list(runs)} for name, runs in ledger.beside],
        "skipped_by_reason": dict(sorted(ledger.skipped.items())),
        "dry_run": ledger.dry_run,
    }


def render(ledger: Ledger, style: Style, elapsed_s: float) -> str:
    """One line of counts, then what failed and what looks like somebody else's run."""
    parts = [
        f"{number(ledger.counts.get(verdict, 0))} {WORDS[verdict]}" for verdict in VERDICTS if _told(verdict, ledger)
    ]
    if ledger.without_dynamics:
        parts.insert(1, f"of which {number(ledger.without_dynamics)} without running dynamics")
    if ledger.cut:
        parts.append(f"{number(len(ledger.cut))} of these cut short")
    line = f"{', '.join(parts)}, in {minutes(elapsed_s)}."
    blocks = [flow(("Would be: " if ledger.dry_run else "") + line, style, 0) + _skipped(ledger, style)]
    if ledger.failed:
        blocks.append([*heading("could not be read", style), *_named(ledger.failed, style)])
    if ledger.cut:
        blocks.append([*heading("cut short, taken in as far as they go", style), *_named(ledger.cut, style)])
    if ledger.beside:
        blocks.append(_strangers(ledger, style))
    return finish(blocks, style)


def _told(verdict: str, ledger: Ledger) -> bool:
    return verdict == "added" or bool(ledger.counts.get(verdict))


def _named(files: Sequence[tuple[str, str]], style: Style) -> list[str]:
    return _shown([f"{path(clean(name))}: {why}" for name, why in files], "more file", style)


def _shown(said: Sequence[str], others: str, style: Style) -> list[str]:
    """The first of these sentences, and how many `others` there are."""
    lines = [line for text in said[:MOST_SHOWN] for line in flow(text, style, hang=2)]
    more = len(said) - MOST_SHOWN
    return lines + (flow(f"and {plural(more, others)}; --json lists them all", style) if more > 0 else [])


def _skipped(ledger: Ledger, style: Style) -> list[str]:
    """Why files were skipped, the most frequent reason first."""
    reasons = sorted(ledger.skipped.items(), key=lambda one: (-one[1], one[0]))
    return _shown([f"Skipped {number(count)}: {_reason(why, count)}." for why, count in reasons], "more reason", style)


def _reason(why: str, count: int) -> str:
    """A reason as it is said of a file ("holds no track") or of a kind of files ("planned routes")."""
    said = clean(why, LONGEST)
    subject = "it" if count == 1 else "each"
    return f"{subject} {said}" if said.startswith(("holds ", "is ", "comes ", "has ")) else said


def _strangers(ledger: Ledger, style: Style) -> list[str]:
    overlaps = [f"{path(clean(name))} overlaps {', '.join(runs)}" for name, runs in ledger.beside]
    return [
        *heading("runs at the same time that are not alike", style),
        *flow("Perhaps somebody else's. --runner NAME keeps runners apart; kneedrive forget RUN takes one out.", style),
        *_shown(overlaps, "more file", style),
    ]


# Lists from the store: runs, the recordings of one run, tags.


CERTAINTY = {"spoken": "", "leaning": "leans ", "unclear": "unclear: "}
SENSORS = {
    "garmin_strap": "Garmin strap",
    "garmin_strap_ble": "HRM 600",
    "garmin_pod": "Garmin pod",
    "garmin_wrist": "wrist",
    "coros": "COROS",
    "coros_pod": "COROS POD",
    "apple": "Apple",
    "stryd": "Stryd",
    "model_derived": "modelled",
    "other": "other",
    "none": "none",
}
STATUS = {
    "assessed": "not judged",
    "too few epochs": "too short",
    "walk": "walk",
    "no samples": "no records",
    "not a run": "not a run",
}
SCORES = ("D", "P")
LEGEND = (
    "D: above 0 toward drive-like, below 0 toward shuffle-like. P: above 0 toward piston-like.",
    "0 is usual at that speed; 1 is as far from it as runners at one speed usually are; – is not judged.",
)
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


def runs(rows: Sequence[Any], style: Style) -> str:
    """A line a run, the latest last: when, how far, how fast, what was found. rows: the store's."""
    everything = _columns(rows, style)
    shown = _fitting(everything, style)
    legend = LEGEND if "D" in shown else ()
    if len(shown) < len(everything):
        legend = (*legend, f"kneedrive runs --width {_width(everything)} shows more columns.")
    footer = [numbers.plural(len(rows), "run") + ".", *(line for text in legend for line in flow(text, style, 0))]
    return finish([_table(shown, style), [*footer, *credit((row.formats for row in rows), style)]], style)


def runs_table(rows: Sequence[Any], style: Style) -> list[str]:
    """The lines of `runs`, with their heading."""
    return _table(_fitting(_columns(rows, style), style), style)


def _columns(rows: Sequence[Any], style: Style) -> dict[str, list[str]]:
    """All columns by their heading; scores only where some run has one."""
    heads = ("id", "start", "distance", "time", numbers.pace_unit(miles=style.miles), "sensor", *SCORES, "finding")
    cells = [_run(row, style) for row in rows]
    columns = {head: [line[place] for line in cells] for place, head in enumerate(heads)}
    scored = any(row.D is not None or row.P is not None for row in rows)
    return columns if scored else {head: cells for head, cells in columns.items() if head not in SCORES}


def _fitting(columns: Mapping[str, list[str]], style: Style) -> dict[str, list[str]]:
    """The columns that fit: what was found stays to the last, with the id to ask for and the day."""
    shown = dict(columns)
    for first in (SCORES, ("sensor",), ("time",), ("/km", "/mile"), ("distance",)):
        if _width(shown) > style.columns:
            shown = {head: cells for head, cells in shown.items() if head not in first}
    if _width(shown) > style.columns:
        shown["start"] = [moment.split()[0] for moment in shown["start"]]
    return shown


def _width(columns: Mapping[str, Sequence[str]]) -> int:
    """How wide the columns are side by side, with two blanks between."""
    widths = [max(map(columns_of, (head, *cells))) for head, cells in columns.items()]
    return sum(widths) + 2 * (len(widths) - 1)


def _table(columns: Mapping[str, Sequence[str]], style: Style) -> list[str]:
    lines = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    return table(_finding_left(lines), style, left=2, indent=0)


def _finding_left(lines: Sequence[Sequence[str]]) -> list[list[str]]:
    """The last column is words: filled up so that it stands to the left."""
    widest = max(len(line[-1]) for line in lines)
    return [[*line[:-1], line[-1].ljust(widest)] for line in lines]


def _run(row: Any, style: Style) -> tuple[str, ...]:
    speed = row.distance_m / row.duration_s if row.distance_m and row.duration_s else None
    return (
        row.id,
        _when(row.started_at, row.utc_offset_s),
        numbers.distance(row.distance_m, miles=style.miles).split(numbers.TIE)[0],
        numbers.clock(row.duration_s),
        numbers.bare_pace(speed, miles=style.miles),
        SENSORS[row.sensor],
        numbers.score(row.D),
        numbers.score(row.P),
        finding(row),
    )


def finding(row: Any) -> str:
    """What was found in a stored run, in two or three words."""
    if not row.label:
        return STATUS[row.status]
    return CERTAINTY[row.certainty] + LABELS[row.label].name


def _when(started_at: datetime, utc_offset_s: int | None) -> str:
    return numbers.local_time(started_at, utc_offset_s).strftime("%Y-%m-%d %H:%M")


def run_record(row: Any) -> dict[str, Any]:
    """One stored run for programs: UTC and local time, units in the names."""
    named = {name: getattr(row, name) for name in CSV_COLUMNS}
    local = numbers.local_time(row.started_at, row.utc_offset_s)
    return named | {
        "schema_version": 1,
        "started_at": row.started_at.isoformat().replace("+00:00", "Z"),
        "started_at_local": local.replace(tzinfo=None).isoformat(),
    }


def sources(rows: Sequence[Any], style: Style) -> str:
    """The recordings that a run is made of, and which channel came from which."""
    blocks = []
    for place, row in enumerate(rows):
        outline = row.outline
        title = f"{outline.id}  {outline.format.upper()}  {numbers.clean(outline.device) or 'unknown device'}"
        about = [
            f"From {numbers.clean(row.name)} ({', '.join(row.sources)}), {numbers.start(outline.started_at, None)},"
            f" {numbers.clock(outline.duration_s)}, {numbers.distance(outline.distance_m, miles=style.miles)}.",
            f"Sensor: {SENSORS[row.provenance]}. Gives: {_channels(row.channels)}."
            + (f" Shoes: {numbers.clean(row.shoe)}." if row.shoe else "")
            + ("" if row.kept else " Its original is no longer stored."),
        ]
        if place:
            about.append(f"Merged because start, duration and distance are alike ({row.verdict} run).")
        # Not a heading: capitals would change the id that other commands ask for.
        head = style.paint.apply("strong", style.spell(title))
        blocks.append([head, *(line for text in about for line in flow(text, style))])
    if len(rows) > 1:
        blocks.append(["kneedrive split RUN takes them apart for good."])
    return finish(blocks, style)


def _channels(keys: Iterable[str]) -> str:
    words = [CHANNELS[key].name if key in CHANNELS else key.replace("_", " ") for key in keys]
    return ", ".join(words) or "nothing that the others lack"


def tags(rows: Sequence[Any], style: Style) -> str:
    """A line a tag."""
    if not rows:
        return finish([flow('No tags yet. kneedrive tag 2026-11-20 "started wall drills" sets one.', style, 0)], style)
    return finish([[f"{row.day}  {numbers.clean(row.text)}" for row in rows]], style)
