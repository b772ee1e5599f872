"""Lists from the store: runs, the recordings of one run, tags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kneedrive.report import view
from kneedrive.report.credit import credit
from kneedrive.report.layout import finish, flow, heading, table
from kneedrive.report.style import Style
from kneedrive.report.words import LABELS

if TYPE_CHECKING:
    from datetime import datetime

CERTAINTY = {"spoken": "", "leaning": "leans ", "unclear": "unclear: "}
SENSORS = {
    "garmin_strap": "Garmin strap",
    "garmin_strap_ble": "HRM 200/600",
    "garmin_pod": "Garmin pod",
    "garmin_wrist": "wrist",
    "coros": "COROS",
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
    footer = [view.plural(len(rows), "run") + ".", *credit((row.formats for row in rows), style)]
    return finish([runs_table(rows, style), footer], style)


def runs_table(rows: Sequence[Any], style: Style) -> list[str]:
    """The lines of `runs`, with their heading."""
    unit = "mile" if style.miles else "km"
    head = ("id", "start", "distance", "time", f"/{unit}", "sensor", "D", "P", "finding")
    lines = [head, *(_run(row, style) for row in rows)]
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
        blocks.append([*heading(title, style), *(line for text in about for line in flow(text, style))])
    if len(rows) > 1:
        blocks.append(["kneedrive split RUN takes them apart for good."])
    return finish(blocks, style)


def _channels(names: Iterable[str]) -> str:
    words = [name.rsplit("_", 1)[0].replace("_", " ") if "_" in name else name for name in names]
    return ", ".join(words) or "nothing that the others lack"


def tags(rows: Sequence[Any], style: Style) -> str:
    """A line a tag."""
    if not rows:
        return finish([flow('No tags yet. kneedrive tag 2026-11-20 "started wall drills" sets one.', style, 0)], style)
    return finish([[f"{row.day}  {view.clean(row.text)}" for row in rows]], style)
