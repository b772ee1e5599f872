"""What goes into the store and comes out of it: typed rows, and epochs as one packed block."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import asdict

from kneedrive.analysis.result import Analysis, Epochs, Scope
from kneedrive.errors import DamagedOriginal
from kneedrive.histories.result import PastRun
from kneedrive.record import Record
from kneedrive.recording import Activity, Outline, Recording

ID_LENGTH = 12  # digits of a hash that are an id
_FLOAT = np.dtype("<f4")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Kept(StrEnum):
    """What became of a recording that came to the store."""

    ADDED = "added"
    HELD = "already there"
    UPDATED = "updated"  # the same key of a source has other content now
    RESTORED = "restored"  # the bytes had been purged
    FORGOTTEN = "forgotten"  # the runner deleted it


class Origin(Record, frozen=True, kw_only=True):
    """Where a recording was found. Times (aware UTC) are of answers of services, which may be kept for a while only."""

    source: str
    key: str = ""  # the source's own name for it; "" means its hash
    version: str = ""  # changes when the source's content does
    fetched_at: datetime | None = None
    expires_at: datetime | None = None  # None: the runner's own file


class NewActivity(Record, frozen=True, kw_only=True):
    """One session of a recording, to be stored."""

    activity: Activity
    outline: Outline
    provenance: str
    is_run: bool = True  # it is part of a run, and some `NewRun` has it as a member


class NewRun(Record, frozen=True, kw_only=True):
    """A run to be stored, in place of whatever runs its activities were part of."""

    analysis: Analysis  # of the merged activity, whose id becomes the run's
    members: tuple[str, ...]  # ids of all its activities
    sources: Mapping[str, str] = {}  # the activity that gives each channel
    verdicts: Mapping[str, str] = {}  # why an activity is part of it
    detail: str = "{}"  # JSON, kept as it is
    firmware: str = ""


class Placed(Record, frozen=True, kw_only=True):
    """What was made of one recording: its sessions, and every run that is new or different because of it.

    Sessions that the runner deleted (`Store.forgotten`) are to be left out.
    """

    activities: tuple[NewActivity, ...] = ()
    runs: tuple[NewRun, ...] = ()


Derive = Callable[[Recording], Placed]
Progress = Callable[[int, int], object]


class RunRow(Record, frozen=True, kw_only=True):
    """A run in a list. started_at: aware UTC. Scores and their SE are None where not judged."""

    id: str
    started_at: datetime
    utc_offset_s: int | None
    device: str
    sensor: str
    firmware: str
    surface: str
    duration_s: float
    distance_m: float | None
    status: str
    dynamics: int
    recordings: int
    epochs_total: int
    epochs_scored: int
    label: str
    certainty: str
    D: float | None
    D_se: float | None
    P: float | None
    P_se: float | None
    G: float | None
    G_se: float | None
    K: float | None
    K_se: float | None
    formats: str = ""  # of its recordings, sorted, with commas between


# Runs of one runner, in the order of RunRow; conditions and an order may follow.
RUNS = (
    "SELECT key, started_at_ms, utc_offset_s, device, sensor, firmware, surface, duration_s, distance_m, status,"
    " dynamics, recordings, epochs_total, epochs_scored, label, certainty, D, D_se, P, P_se, G, G_se, K, K_se,"
    " coalesce((SELECT group_concat(format) FROM"
    " (SELECT DISTINCT format FROM activity WHERE run = run.id ORDER BY format)), '')"
    " FROM run WHERE runner = :runner "
)
# The same in the order of PastRun, and then of what `unpack` takes.
PAST_RUNS = (
    "SELECT key, started_at_ms, utc_offset_s, sensor, device, surface, distance_m, duration_s, firmware,"
    " height_m, length, columns, reasons, block FROM run JOIN epochs ON epochs.run = run.id WHERE runner = :runner "
)
# Activities that are runs, in the order of Outline; a condition is to follow.
OUTLINES = (
    "SELECT key, format, device, started_at_ms, duration_s, elapsed_s, distance_m, heart_rate_bpm, dynamics"
    " FROM activity WHERE runner = :runner AND is_run AND "
)


class SourceRow(Record, frozen=True, kw_only=True):
    """One of the activities that a run is made of."""

    outline: Outline
    provenance: str
    verdict: str
    name: str
    sources: tuple[str, ...]
    channels: tuple[str, ...]  # what it gives
    kept: bool  # its original is still stored
    shoe: str = ""  # what was worn, as its source says


class Tag(Record, frozen=True, kw_only=True):
    """Something noted for a day. day: local date in ISO form."""

    day: str
    text: str


def pack(epochs: Epochs) -> dict[str, Any]:
    """Epochs as a row with one block, which schema.sql describes. Raises ValueError for more than 256 reasons."""
    legend, codes = np.unique(epochs.reason, return_inverse=True)
    if len(legend) > 256:
        raise ValueError(f"{len(legend)} different reasons do not fit one byte")
    # Many columns of a run without dynamics are empty: their names are kept, four bytes an epoch are not.
    held = {name: values for name, values in epochs.columns.items() if np.isfinite(values).any()}
    floats = np.array([epochs.start_s, epochs.weight, *held.values()], dtype=_FLOAT)
    return {
        "length": len(epochs),
        "columns": ",".join(name if name in held else f"-{name}" for name in epochs.columns),
        "reasons": "\n".join(str(reason) for reason in legend),
        "block": floats.tobytes() + codes.astype(np.uint8).tobytes(),
    }


def unpack(length: int, columns: str, reasons: str, block: bytes) -> Epochs:
    """The epochs of a row, read-only float64. Raises ValueError or TypeError for what `pack` cannot have made."""
    names = columns.split(",") if columns else []
    held = [name for name in names if not name.startswith("-")]
    cells = (2 + len(held)) * length
    if len(block) != cells * _FLOAT.itemsize + length:
        raise ValueError(f"a block of {len(block)} bytes is not {length} epochs of {len(held)} columns")
    with np.errstate(invalid="ignore"):  # damaged numbers of a kind that no computation gives
        floats = np.frombuffer(block, _FLOAT, cells).astype(np.float64)
    floats = floats.reshape(2 + len(held), length)
    floats.flags.writeable = False
    codes = np.frombuffer(block, np.uint8, length, cells * _FLOAT.itemsize)
    legend = np.array(reasons.split("\n"))
    if (codes >= len(legend)).any():
        raise ValueError("a block names a reason that there is not")
    nothing = np.full(length, np.nan)
    nothing.flags.writeable = False
    rows = dict(zip(held, floats[2:], strict=True))
    rows = {name.removeprefix("-"): rows.get(name, nothing) for name in names}
    return Epochs(start_s=floats[0], weight=floats[1], reason=legend[codes], columns=rows)


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970 UTC."""
    # Whole numbers all the way: timestamp() is a float, and may be a millisecond off.
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_ms(moment_ms: int) -> datetime:
    """The aware UTC moment, exact."""
    seconds, rest_ms = divmod(moment_ms, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest_ms * 1000)


def run_row(row: Sequence[Any]) -> RunRow:
    """A row of `RUNS`, typed."""
    return RunRow(**dict(zip(RunRow.__struct_fields__, (row[0], from_ms(row[1]), *row[2:]), strict=True)))


def outline_of(row: Sequence[Any]) -> Outline:
    """A row of `OUTLINES`, typed."""
    return Outline(**dict(zip(Outline.__struct_fields__, (*row[:3], from_ms(row[3]), *row[4:]), strict=True)))


def past_run(row: Sequence[Any]) -> PastRun:
    """A row of `PAST_RUNS`, typed. Raises as `unpack` does, and for epochs out of order or weights that are none."""
    epochs = unpack(*row[10:])
    in_order = np.isfinite(epochs.start_s).all() and (np.diff(epochs.start_s) > 0).all()
    if not in_order or not ((epochs.weight >= 0) & (epochs.weight <= 1)).all():
        raise ValueError("epochs in no order")
    values = (row[0], from_ms(row[1]), *row[2:8], epochs, *row[8:10])
    return PastRun(**dict(zip(PastRun.__struct_fields__, values, strict=True)))


def recording_of(row: Sequence[Any], path: Path) -> Recording:
    """An original from its row (hash, format, name, bytes, sport) in the store at `path`. Raises DamagedOriginal."""
    sha256, kind, name, body, sport = row
    try:
        return Recording(sha256=sha256, format=kind, name=name, body=zlib.decompress(body), sport=sport)
    except (zlib.error, TypeError) as error:
        own = sha256[:ID_LENGTH]
        raise DamagedOriginal(
            f"{path}: the original of {name} is damaged; restore a backup, or kneedrive forget {own} and then "
            "kneedrive import --again with its file",
            id=own,
        ) from error


def activity_values(new: NewActivity) -> dict[str, object]:
    """The columns of an activity; those of its outline have the names of the record's fields."""
    compared = asdict(new.outline)
    started_ms = to_ms(compared.pop("started_at"))
    return {
        "key": compared.pop("id"),
        "started_at_ms": started_ms,
        "ended_at_ms": started_ms + int(new.outline.elapsed_s * 1000),
        **compared,
        "sport": new.activity.sport,
        "sub_sport": new.activity.sub_sport,
        "provenance": new.provenance,
        "is_run": new.is_run,
        "verdict": "",
    }


def run_values(new: NewRun) -> dict[str, object]:
    """The columns of a run that say what the analysis found; device and dynamics are its activities'."""
    analysis = new.analysis
    activity = analysis.activity
    finding = next((each for each in analysis.findings if each.scope is Scope.RUN), None)
    return {
        "key": activity.id,
        "started_at_ms": to_ms(activity.started_at),
        "utc_offset_s": activity.utc_offset_s,
        "device": "",
        "sensor": analysis.provenance,
        "firmware": new.firmware,
        "surface": analysis.surface,
        "duration_s": activity.duration_s,
        "distance_m": activity.distance_m,
        "height_m": analysis.runner.height_m,
        "status": analysis.status,
        "dynamics": 0,
        "recordings": len(new.members),
        "epochs_total": len(analysis.epochs),
        "epochs_scored": int(analysis.epochs.scored.sum()),
        "label": finding.pattern if finding else "",
        "certainty": finding.certainty if finding else "",
        **{name: score.value for name, score in analysis.scores.items()},
        **{f"{name}_se": score.se for name, score in analysis.scores.items()},
    }
