"""Questions to the store. Nothing here changes it."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from kneedrive.errors import DamagedOriginal, StoreError
from kneedrive.findings import Epochs
from kneedrive.history import PastRun
from kneedrive.model import Outline, Recording
from kneedrive.store.file import told
from kneedrive.store.rows import RUNS, Packed, RunRow, SourceRow, follow_one_another, from_ms, run_row, to_ms, unpack

_OUTLINES = (
    "SELECT key, format, device, started_at_ms, duration_s, elapsed_s, distance_m, heart_rate_bpm, dynamics"
    " FROM activity WHERE runner = ? AND is_run AND "
)
_FIELDS = (
    "id",
    "format",
    "device",
    "started_at",
    "duration_s",
    "elapsed_s",
    "distance_m",
    "heart_rate_bpm",
    "dynamics",
)
ID_LENGTH = 12  # digits of a hash that are an id
_ALWAYS_MS = (-(2**62), 2**62)


class Reading:
    """One runner's runs in an open store."""

    def __init__(self, db: sqlite3.Connection, path: Path, runner: str) -> None:
        self._db = db
        self.path = path
        self.runner = runner

    def runs(self, since: datetime | None = None, until: datetime | None = None) -> list[RunRow]:
        """Runs that started at or after `since` and before `until` (aware), oldest first."""
        rows = self._all(
            RUNS + "AND started_at_ms >= ? AND started_at_ms < ? ORDER BY started_at_ms, key",
            self.runner,
            *_between(since, until),
        )
        return [run_row(row) for row in rows]

    def past_runs(self, since: datetime | None = None, until: datetime | None = None) -> list[PastRun]:
        """The same runs with their epochs, for the analysis of a history."""
        rows = self._all(
            "SELECT key, started_at_ms, utc_offset_s, sensor, device, surface, distance_m, duration_s, firmware,"
            " length, columns, reasons, block FROM run JOIN epochs ON epochs.run = run.id"
            " WHERE runner = ? AND started_at_ms >= ? AND started_at_ms < ? ORDER BY started_at_ms, key",
            self.runner,
            *_between(since, until),
        )
        return [self._past_run(row) for row in rows]

    def epochs(self, run_id: str) -> Epochs:
        """The epochs of a run. Raises StoreError, also where they are damaged."""
        rows = self._all(
            "SELECT length, columns, reasons, block FROM run JOIN epochs ON epochs.run = run.id"
            " WHERE runner = ? AND key = ?",
            self.runner,
            run_id,
        )
        return self._unpacked(self._only(rows, run_id), run_id)

    def detail(self, run_id: str) -> str:
        """The JSON that was stored with a run. Raises StoreError, also where it is damaged."""
        rows = self._all(
            "SELECT json FROM run JOIN detail ON detail.run = run.id WHERE runner = ? AND key = ?", self.runner, run_id
        )
        with self._whole(run_id):
            text = zlib.decompress(self._only(rows, run_id)[0]).decode()
            json.loads(text)
        return text

    def sources(self, run_id: str) -> list[SourceRow]:
        """The activities that a run is made of, the one that leads it first."""
        rows = self._all(
            "SELECT activity.key, activity.format, activity.device, activity.started_at_ms, activity.duration_s,"
            " activity.elapsed_s, activity.distance_m, activity.heart_rate_bpm, activity.dynamics,"
            " provenance, verdict, recording.name, recording.id, recording.body IS NOT NULL, activity.id"
            " FROM run JOIN activity ON activity.run = run.id JOIN recording ON recording.id = activity.recording"
            " WHERE run.runner = ? AND run.key = ? ORDER BY activity.key <> run.key, activity.key",
            self.runner,
            run_id,
        )
        self._only(rows[:1], run_id)
        return [self._source_row(row) for row in rows]

    def near(self, outline: Outline, start_s: float) -> list[Outline]:
        """Stored runs that start within `start_s` of this one, and whatever starts so near to those in turn.

        The one itself is not among them. Sorted by start.
        """
        found: dict[str, Outline] = {}
        around = [outline]
        while around:
            new = {each.id: each for near in around for each in self._starting(near, start_s)}
            around = [each for name, each in new.items() if name not in found and name != outline.id]
            found |= {each.id: each for each in around}
        return sorted(found.values(), key=lambda each: (each.started_at, each.id))

    def overlapping(self, outline: Outline) -> list[Outline]:
        """Stored runs that were under way at the same time as this one, without it. Sorted by start."""
        start_ms = to_ms(outline.started_at) or 0
        rows = self._all(
            _OUTLINES + "started_at_ms <= ? AND ended_at_ms >= ? AND key <> ? ORDER BY started_at_ms, key",
            self.runner,
            start_ms + int(outline.elapsed_s * 1000),
            start_ms,
            outline.id,
        )
        return [_outline(row) for row in rows]

    def apart(self, ids: Iterable[str]) -> frozenset[frozenset[str]]:
        """The pairs among these activities that the runner split."""
        wanted = set(ids)
        pairs = self._all("SELECT a, b FROM split WHERE runner = ?", self.runner)
        return frozenset(frozenset(pair) for pair in pairs if wanted.issuperset(pair))

    def together(self, ids: Iterable[str]) -> frozenset[tuple[str, ...]]:
        """The runs, as the sorted ids of their activities, that any of these activities are part of now."""
        rows = (
            self._all(
                "SELECT key FROM activity WHERE run = (SELECT run FROM activity WHERE runner = ? AND key = ?)"
                " ORDER BY key",
                self.runner,
                each,
            )
            for each in ids
        )
        return frozenset(tuple(key for (key,) in members) for members in rows if members)

    def recording(self, activity_id: str) -> Recording | None:
        """The original that holds an activity; None where it was purged or never was. Raises DamagedOriginal."""
        rows = self._all(
            "SELECT sha256, recording.format, name, body, recording.sport FROM activity JOIN recording"
            " ON recording.id = activity.recording WHERE activity.runner = ? AND activity.key = ? AND body IS NOT NULL",
            self.runner,
            activity_id,
        )
        return self._recording(rows[0]) if rows else None

    def keeps(self, activity_id: str) -> bool:
        """Whether the original that holds an activity is stored, and not purged."""
        rows = self._all(
            "SELECT 1 FROM activity JOIN recording ON recording.id = activity.recording"
            " WHERE activity.runner = ? AND activity.key = ? AND body IS NOT NULL",
            self.runner,
            activity_id,
        )
        return bool(rows)

    def unnamed(self, sha256: str) -> bool:
        """Whether the original with this hash is stored without the sport that an export's list would give it."""
        return bool(
            self._all("SELECT 1 FROM recording WHERE sha256 = ? AND runner = ? AND sport = ''", sha256, self.runner)
        )

    def holds(self, sha256: str) -> bool:
        """Whether the original with this hash is stored, bytes and results."""
        return bool(
            self._all(
                "SELECT 1 FROM recording WHERE sha256 = ? AND runner = ? AND body IS NOT NULL", sha256, self.runner
            )
        )

    def forgotten(self, sha256: str) -> frozenset[str]:
        """Ids of the activities of this recording that the runner deleted."""
        rows = self._all("SELECT activity FROM forgotten WHERE runner = ? AND sha256 = ?", self.runner, sha256)
        return frozenset(row[0] for row in rows)

    def stale(self, version: str) -> int:
        """How many recordings have results of another version than this one and can be derived again."""
        rows = self._all(
            "SELECT count(*) FROM recording WHERE runner = ? AND derived <> ? AND body IS NOT NULL",
            self.runner,
            version,
        )
        return int(rows[0][0])

    def versions(self) -> set[str]:
        """The versions that results were derived with; those that are to be made again without a version have none."""
        rows = self._all(
            "SELECT DISTINCT derived FROM recording WHERE runner = ? AND derived <> '' AND body IS NOT NULL",
            self.runner,
        )
        return {version for (version,) in rows}

    def _recording(self, row: Any) -> Recording:
        sha256, kind, name, body, sport = row
        try:
            return Recording(sha256=sha256, format=kind, name=name, body=zlib.decompress(body), sport=sport)
        except (zlib.error, TypeError) as error:
            own = sha256[:ID_LENGTH]
            message = (
                f"{self.path}: the original of {name} is damaged; restore a backup, or kneedrive forget {own} and then "
                "kneedrive import --again with its file"
            )
            raise DamagedOriginal(message, id=own) from error

    def _unpacked(self, row: Any, run_id: str) -> Epochs:
        with self._whole(run_id):
            epochs = unpack(Packed(*row))
            if not follow_one_another(epochs):
                message = "epochs in no order"
                raise ValueError(message)
        return epochs

    @contextmanager
    def _whole(self, run_id: str) -> Iterator[None]:
        """Say which run's results lie in the database otherwise than they were put there."""
        try:
            yield
        except (ValueError, TypeError, AttributeError, zlib.error) as error:
            message = (
                f"{self.path}: the results of {run_id} are damaged; kneedrive rebuild makes them anew from the "
                f"original, kneedrive forget {run_id} deletes the run"
            )
            raise StoreError(message) from error

    def _all(self, sql: str, *values: object) -> list[Any]:
        with told(self.path):
            return self._db.execute(sql, values).fetchall()

    def _only(self, rows: Sequence[Any], run_id: str) -> Any:
        if not rows:
            message = f"{run_id}: no such run in the store"
            raise StoreError(message)
        return rows[0]

    def _past_run(self, row: Any) -> PastRun:
        key, started_at_ms, utc_offset_s, sensor, device, surface, distance_m, duration_s, firmware = row[:9]
        return PastRun(
            id=key,
            started_at=from_ms(started_at_ms),
            utc_offset_s=utc_offset_s,
            sensor=sensor,
            device=device,
            surface=surface,
            distance_m=distance_m,
            duration_s=duration_s,
            epochs=self._unpacked(row[9:], key),
            firmware=firmware,
        )

    def _starting(self, outline: Outline, start_s: float) -> list[Outline]:
        start_ms, margin_ms = to_ms(outline.started_at) or 0, int(start_s * 1000)
        rows = self._all(
            _OUTLINES + "started_at_ms BETWEEN ? AND ?", self.runner, start_ms - margin_ms, start_ms + margin_ms
        )
        return [_outline(row) for row in rows]

    def _source_row(self, row: Any) -> SourceRow:
        *_, recording_id, kept, activity_id = row
        origins = self._all("SELECT DISTINCT source FROM origin WHERE recording = ? ORDER BY source", recording_id)
        channels = self._all("SELECT channel FROM run_source WHERE activity = ? ORDER BY channel", activity_id)
        return SourceRow(
            outline=_outline(row[:9]),
            provenance=row[9],
            verdict=row[10],
            name=row[11],
            sources=tuple(origin for (origin,) in origins),
            channels=tuple(channel for (channel,) in channels),
            kept=bool(kept),
        )


def _between(since: datetime | None, until: datetime | None) -> tuple[int, int]:
    first, last = to_ms(since), to_ms(until)
    return _ALWAYS_MS[0] if first is None else first, _ALWAYS_MS[1] if last is None else last


def _outline(row: Any) -> Outline:
    named = dict(zip(_FIELDS, row, strict=True))
    return Outline(**{**named, "started_at": from_ms(named["started_at"])})
