"""Lists from the store: runs, the recordings of one run, tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kneedrive.channels import CHANNELS
from kneedrive.report import view
from kneedrive.report.credit import credit
from kneedrive.report.layout import columns_of, finish, flow, table
from kneedrive.report.style import Style
from kneedrive.report.words import LABELS

if TYPE_CHECKING:
    from datetime import datetime

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
    footer = [view.plural(len(rows), "run") + ".", *(line for text in legend for line in flow(text, style, 0))]
    return finish([_table(shown, style), [*footer, *credit((row.formats for row in rows), style)]], style)


def runs_table(rows: Sequence[Any], style: Style) -> list[str]:
    """The lines of `runs`, with their heading."""
    return _table(_fitting(_columns(rows, style), style), style)


def _columns(rows: Sequence[Any], style: Style) -> dict[str, list[str]]:
    """All columns by their heading; scores only where some run has one."""
    heads = ("id", "start", "distance", "time", view.pace_unit(miles=style.miles), "sensor", *SCORES, "finding")
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
        view.distance(row.distance_m, miles=style.miles).split(view.TIE)[0],
        view.clock(row.duration_s),
        view.bare_pace(speed, miles=style.miles),
        SENSORS[row.sensor],
        view.score(row.D),
        view.score(row.P),
        finding(row),
    )


def finding(row: Any) -> str:
    """What was found in a stored run, in two or three words."""
    if not row.label:
        return STATUS[row.status]
    return CERTAINTY[row.certainty] + LABELS[row.label].name


def _when(started_at: datetime, utc_offset_s: int | None) -> str:
    return view.local_time(started_at, utc_offset_s).strftime("%Y-%m-%d %H:%M")


def run_record(row: Any) -> dict[str, Any]:
    """One stored run for programs: UTC and local time, units in the names."""
    named = {name: getattr(row, name) for name in CSV_COLUMNS}
    local = view.local_time(row.started_at, row.utc_offset_s)
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
        title = f"{outline.id}  {outline.format.upper()}  {view.clean(outline.device) or 'unknown device'}"
        about = [
            f"From {view.clean(row.name)} ({', '.join(row.sources)}), {view.start(outline.started_at, None)},"
            f" {view.clock(outline.duration_s)}, {view.distance(outline.distance_m, miles=style.miles)}.",
            f"Sensor: {SENSORS[row.provenance]}. Gives: {_channels(row.channels)}."
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
    return finish([[f"{row.day}  {view.clean(row.text)}" for row in rows]], style)
