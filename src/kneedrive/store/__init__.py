"""The store: every run of a runner in one SQLite file. Recordings are the truth, all else can be rebuilt from them.

One transaction per recording: a kill at any moment loses at most the one in hand. Two processes may write at once;
they wait for one another. The store knows nothing of analysis: a `Derive` function says what a recording means.

    with Store.open(path) as store:
        store.add(recording, Origin(source="file"), derive, version="1")
        latest = store.find("last")
"""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any, Self

from kneedrive.errors import DamagedOriginal, Fault, KneedriveError, NotEnoughData, StillHeld, StoreError, TooLarge
from kneedrive.histories.result import PastRun
from kneedrive.recording import Outline, Recording
from kneedrive.store import database
from kneedrive.store import rows as tables
from kneedrive.store.database import NO_RUNS
from kneedrive.store.rows import (
    ID_LENGTH,
    Derive,
    Kept,
    NewRun,
    Origin,
    Progress,
    RunRow,
    SourceRow,
    Tag,
    from_ms,
    to_ms,
)

__all__ = ["ID_LENGTH", "MARK", "NO_RUNS", "Store"]

MARK = "|"  # behind the version of what brought no recording: why
_LEVEL = 1  # of zlib; FIT files: 3 to 9 % larger than gzip's default, a third of the time
_PASSES = 3  # putting one recording in its place can set another free; that one is placed in the next pass
_ONCE = "ON CONFLICT DO NOTHING"
_IN_ORDER = " ORDER BY started_at_ms, key"
_BETWEEN = "AND started_at_ms >= :since AND started_at_ms < :until" + _IN_ORDER
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = re.compile(r"[0-9a-f]{4,12}(-\d+)?")
_BY_ID = "AND id IN (SELECT run FROM activity WHERE runner = :runner AND key LIKE :begin)"
_OF_RECORDING = " FROM recording WHERE runner = :runner AND sha256 = :sha256"
_OF_ACTIVITY = (
    " FROM activity JOIN recording ON recording.id = activity.recording"
    " WHERE activity.runner = :runner AND activity.key = :key"
)
_OF_ORIGIN = " FROM origin WHERE runner = :runner AND source = :source"


class Store(AbstractContextManager["Store"]):
    """An open store, seen by one runner (`runner`: "" where there is only one). Close it, or use it in `with`."""

    def __init__(self, db: sqlite3.Connection, path: Path, runner: str) -> None:
        self._db = db
        self.path = path
        self.runner = runner

    @classmethod
    def open(
        cls, path: Path, *, runner: str = "", create: bool = True, patience_s: float = database.PATIENCE_S
    ) -> Self:
        """Open a store, and make it (mode 0600, in a folder of mode 0700) where there is none.

        An older schema is brought up to date: originals stay, results are left to `rebuild`. patience_s: how long to
        wait for another process. Raises StoreError for what is no store of ours, newer or damaged, or cannot be opened.
        One that may not be written can be read all the same; what would change it raises ReadOnlyStore.
        """
        return cls(database.open_file(path, create=create, patience_s=patience_s), path, runner)

    @classmethod
    def read(cls, path: Path, *, runner: str = "") -> Self:
        """Open a store to read only: nothing in the file or beside it changes. Raises StoreError."""
        return cls(database.read_file(path), path, runner)

    @staticmethod
    def is_there(path: Path) -> bool:
        """Whether a file is at this place. Raises StoreError where that cannot be told, as in a closed folder."""
        with database.reached(path, "the store"), suppress(FileNotFoundError, NotADirectoryError):
            path.stat()
            return True
        return False

    def close(self) -> None:
        """Close the file; what was not committed is gone."""
        self._db.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def backup(self, target: Path, *, force: bool = False) -> None:
        """Copy the whole store, all runners, to another file while others may write; an older backup is replaced.

        force: any other file too, or a backup with recordings by a store without. Raises StoreError, also for a damaged
        store. What killed backups left unfinished in the folder is deleted.
        """
        database.copy_file(self._db, self.path, target, force=force)

    # Statements. Every one may name :runner, who is this store's.

    def _all(self, sql: str, **values: object) -> list[Any]:
        with database.told(self.path):
            return self._db.execute(sql, {"runner": self.runner, **values}).fetchall()

    def _column(self, sql: str, **values: object) -> list[Any]:
        """The first value of each row."""
        return [row[0] for row in self._all(sql, **values)]

    def _do(self, sql: str, **values: object) -> int:
        """Run one statement; returns the row number of an insert."""
        with database.told(self.path):
            return self._db.execute(sql, {"runner": self.runner, **values}).lastrowid or 0

    def _insert(self, table: str, conflict: str = "", /, **values: object) -> int:
        """Insert a row and return its number. conflict: SQL for where it is there already, "" for an error."""
        names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        return self._do(f"INSERT INTO {table} ({names}) VALUES ({marks}) {conflict}", **values)  # noqa: S608 - ours

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, from a lock that keeps other writers out to a commit, or back to the start on any error."""
        # Called in a transaction that is open already, it joins that: SQLite has none inside another.
        if self._db.in_transaction:
            yield
            return
        with database.told(self.path), database.transaction(self._db):
            yield

    # Runs, and what is stored of one.

    def runs(self, since: datetime | None = None, until: datetime | None = None) -> list[RunRow]:
        """Runs that started at or after `since` and before `until` (aware), oldest first."""
        return list(map(tables.run_row, self._all(tables.RUNS + _BETWEEN, **_period(since, until))))

    def past_runs(self, since: datetime | None = None, until: datetime | None = None) -> list[PastRun]:
        """The same runs with their epochs, for the analysis of a history."""
        found = []
        for row in self._all(tables.PAST_RUNS + _BETWEEN, **_period(since, until)):
            with self._whole(row[0]):
                found.append(tables.past_run(row))
        return found

    def detail(self, run_id: str) -> str:
        """The JSON that was stored with a run. Raises StoreError, also where it is damaged."""
        held = "SELECT json FROM run JOIN detail ON detail.run = run.id WHERE runner = :runner AND key = :key"
        packed = _only(self._column(held, key=run_id), run_id)
        with self._whole(run_id):
            text = zlib.decompress(packed).decode()
            json.loads(text)
        return text

    def sources(self, run_id: str) -> list[SourceRow]:
        """The activities that a run is made of, the one that leads it first."""
        rows = self._all(
            "SELECT activity.key, activity.format, activity.device, activity.started_at_ms, activity.duration_s,"
            " activity.elapsed_s, activity.distance_m, activity.heart_rate_bpm, activity.dynamics,"
            " provenance, verdict, recording.name, recording.body IS NOT NULL, recording.id, activity.id"
            " FROM run JOIN activity ON activity.run = run.id JOIN recording ON recording.id = activity.recording"
            " WHERE run.runner = :runner AND run.key = :key ORDER BY activity.key <> run.key, activity.key",
            key=run_id,
        )
        _only(rows, run_id)
        found = []
        for *outline, provenance, verdict, name, kept, number, activity in rows:
            origins = self._all("SELECT source, shoe FROM origin WHERE recording = :id ORDER BY source", id=number)
            channels = self._column("SELECT channel FROM run_source WHERE activity = :id ORDER BY channel", id=activity)
            row = SourceRow(
                outline=tables.outline_of(outline),
                provenance=provenance,
                verdict=verdict,
                name=name,
                sources=tuple(dict.fromkeys(source for source, _ in origins)),
                channels=tuple(channels),
                kept=bool(kept),
                # Two sources may each say what was worn: one of them, always the same one, is shown.
                shoe=_shoe_name(max((shoe for _, shoe in origins), default="")),
            )
            found.append(row)
        return found

    @contextmanager
    def _whole(self, run_id: str) -> Iterator[None]:
        """Say which run's results lie in the database otherwise than they were put there."""
        try:
            yield
        except (ValueError, TypeError, AttributeError, zlib.error) as error:
            raise StoreError(
                f"{self.path}: the results of {run_id} are damaged; kneedrive rebuild makes them anew from the "
                f"original, kneedrive forget {run_id} deletes the run"
            ) from error

    # Which run a user means, and who has some.

    def find(self, spec: str, zone_offset_s: int = 0) -> RunRow:
        """The run that a user means: "last", a local date, or the first four or more digits of an id.

        Ids of all activities of a run count, so that an old id still leads to a run that was merged since.
        zone_offset_s: local time minus UTC for runs that do not say. Raises NotEnoughData for an empty store, and
        for no such run or several.
        """
        self.need_runs()
        meant, rows = spec.strip().lower(), []
        if meant in ("last", "latest"):
            rows = self._all(tables.RUNS + "ORDER BY started_at_ms DESC, key LIMIT 1")
        elif _DAY.fullmatch(meant):
            began = "AND date(started_at_ms / 1000.0 + coalesce(utc_offset_s, :offset_s), 'unixepoch') = :day"
            rows = self._all(tables.RUNS + began + _IN_ORDER, offset_s=zone_offset_s, day=meant)
        elif _ID.fullmatch(meant):
            # The whole id first: it is also the beginning of the ids of later sessions of the same file.
            by_id = tables.RUNS + _BY_ID + _IN_ORDER
            rows = self._all(by_id, begin=meant) or self._all(by_id, begin=f"{meant}%")
        if len(rows) == 1:
            return tables.run_row(rows[0])
        if not rows:
            none = "no such run; say last, a date like 2026-05-24, or the start of an id from the list of runs"
            raise NotEnoughData(f"{spec}: {none}")
        told = []
        for row in map(tables.run_row, rows[:8]):  # more would fill the screen
            offset_s = zone_offset_s if row.utc_offset_s is None else row.utc_offset_s
            told.append(f"{row.id} ({row.started_at + timedelta(seconds=offset_s):%Y-%m-%d %H:%M})")
        raise NotEnoughData(f"{spec}: {len(rows)} runs; say which by its id: {', '.join(told)}")

    def need_runs(self) -> None:
        """Raise NotEnoughData where this runner has no run yet."""
        if not self._all("SELECT 1 FROM run WHERE runner = :runner LIMIT 1"):
            raise NotEnoughData(NO_RUNS)

    def runners(self) -> list[str]:
        """Everybody who has something in this store, by name; a tag without a name and a recording is nobody's."""
        return self._column("SELECT runner FROM recording UNION SELECT runner FROM tag WHERE runner <> '' ORDER BY 1")

    def everybody(self) -> dict[str, tuple[int, datetime, datetime] | None]:
        """Everybody in this store by name: number of runs, start of the first and of the last; None without any.

        Who has neither a name nor a run, but a ride perhaps, is nobody to be listed.
        """
        rows = self._all("SELECT runner, count(*), min(started_at_ms), max(started_at_ms) FROM run GROUP BY runner")
        runs = {name: (count, from_ms(first), from_ms(last)) for name, count, first, last in rows}
        known = dict.fromkeys(self.runners()) | runs
        return {name: told for name, told in known.items() if name or told}

    def without_run(self, spec: str) -> list[str]:
        """Hashes of the originals that are part of no run and begin like this id: of four or more digits."""
        if not _ID.fullmatch(spec):
            return []
        hashes = "SELECT sha256 FROM recording WHERE runner = :runner AND sha256 LIKE :spec || '%'"
        no_run = " AND NOT EXISTS (SELECT 1 FROM activity WHERE recording = recording.id AND run IS NOT NULL)"
        return self._column(hashes + no_run + " ORDER BY sha256", spec=spec)

    # What is stored around a recording: who decides what it means asks this.

    def near(self, outline: Outline, start_s: float) -> list[Outline]:
        """Stored runs that start within `start_s` of this one, and whatever starts so near to those in turn.

        The one itself is not among them. Sorted by start.
        """
        around = tables.OUTLINES + "started_at_ms BETWEEN :start - :margin AND :start + :margin"
        # A merged run may begin with any of its activities, so the neighbours' neighbours can belong to it too. What
        # was found is not asked again, or two neighbours would ask for each other without end.
        found, waiting = {outline.id: outline}, [outline]
        while waiting:
            rows = self._all(around, start=to_ms(waiting.pop().started_at), margin=int(start_s * 1000))
            new = [each for each in map(tables.outline_of, rows) if each.id not in found]
            found |= {each.id: each for each in new}
            waiting += new
        del found[outline.id]
        return sorted(found.values(), key=lambda each: (each.started_at, each.id))

    def overlapping(self, outline: Outline) -> list[Outline]:
        """Stored runs that were under way at the same time as this one, without it. Sorted by start."""
        meets = tables.OUTLINES + "started_at_ms <= :start + :length AND ended_at_ms >= :start AND key <> :key"
        start_ms, length_ms = to_ms(outline.started_at), int(outline.elapsed_s * 1000)
        return list(
            map(tables.outline_of, self._all(meets + _IN_ORDER, start=start_ms, length=length_ms, key=outline.id))
        )

    def apart(self, ids: Iterable[str]) -> frozenset[frozenset[str]]:
        """The pairs among these activities that the runner split."""
        wanted = set(ids)
        pairs = self._all("SELECT a, b FROM split WHERE runner = :runner")
        return frozenset(frozenset(pair) for pair in pairs if wanted.issuperset(pair))

    def together(self, ids: Iterable[str]) -> frozenset[tuple[str, ...]]:
        """The runs, as the sorted ids of their activities, that any of these activities are part of now."""
        members = (
            "SELECT key FROM activity WHERE run ="
            " (SELECT run FROM activity WHERE runner = :runner AND key = :key) ORDER BY key"
        )
        return frozenset(tuple(found) for each in ids if (found := self._column(members, key=each)))

    def recording(self, activity_id: str) -> Recording | None:
        """The original that holds an activity; None where it was purged or never was. Raises DamagedOriginal."""
        columns = "SELECT sha256, recording.format, name, body, recording.sport"
        rows = self._all(columns + _OF_ACTIVITY + " AND body IS NOT NULL", key=activity_id)
        return tables.recording_of(rows[0], self.path) if rows else None

    def keeps(self, activity_id: str) -> bool:
        """Whether the original that holds an activity is stored, and not purged."""
        return bool(self._all("SELECT 1" + _OF_ACTIVITY + " AND body IS NOT NULL", key=activity_id))

    def holds(self, sha256: str) -> bool:
        """Whether the original with this hash is stored, bytes and results."""
        return bool(self._all("SELECT 1" + _OF_RECORDING + " AND body IS NOT NULL", sha256=sha256))

    def unnamed(self, sha256: str) -> bool:
        """Whether the original with this hash is stored without the sport that an export's list would give it."""
        return bool(self._all("SELECT 1" + _OF_RECORDING + " AND sport = ''", sha256=sha256))

    def forgotten(self, sha256: str) -> frozenset[str]:
        """Ids of the activities of this recording that the runner deleted."""
        deleted = "SELECT activity FROM forgotten WHERE runner = :runner AND sha256 = :sha256"
        return frozenset(self._column(deleted, sha256=sha256))

    # Recordings into the store, one transaction each.

    def add(self, recording: Recording, origin: Origin, derive: Derive, *, version: str, again: bool = False) -> Kept:
        """Keep a recording and what `derive` makes of it, or nothing of both.

        again: also where the runner deleted it. version: of the results.
        """
        sha256 = recording.sha256
        with self.writing():
            rows = self._all("SELECT id, body IS NOT NULL" + _OF_RECORDING, sha256=sha256)
            gone = self.forgotten(sha256)
            if not rows and gone and not again:
                # Where it was found is noted without it, so that the next sync does not fetch it again.
                self._note_origin(origin, sha256, None)
                return Kept.FORGOTTEN
            verdict, number = self._admit(recording, origin, *rows)
            replaced = self._note_origin(origin, sha256, number)
            if gone and again:
                self._do("DELETE FROM forgotten WHERE runner = :runner AND sha256 = :sha256", sha256=sha256)
            learns = bool(recording.sport) and self.unnamed(sha256)
            if learns:
                self._do("UPDATE recording SET sport = :sport WHERE id = :id", sport=recording.sport, id=number)
            # Deriving is what costs: what lies there with its results, and has learnt nothing, is left alone.
            if verdict is not Kept.HELD or (gone and again) or learns:
                self._place(number, recording, derive, version)
            self._mark_loose()
        return Kept.UPDATED if replaced and verdict is Kept.ADDED else verdict

    def _admit(self, recording: Recording, origin: Origin, known: tuple[int, int] | None = None) -> tuple[Kept, int]:
        """Keep the bytes; says what happened and the number of the recording's row. known: that, and whether bytes."""
        number, kept = known or (0, 0)
        # The runner's own copy of what a service sent before never expires.
        renewed = (
            "ON CONFLICT (sha256, runner) DO UPDATE SET body = coalesce(body, excluded.body),"
            " fetched_at_ms = coalesce(excluded.fetched_at_ms, fetched_at_ms), expires_at_ms ="
            " CASE WHEN body IS NOT NULL AND expires_at_ms IS NULL THEN NULL ELSE excluded.expires_at_ms END"
        )
        new = self._insert(
            "recording",
            renewed,
            runner=self.runner,
            sha256=recording.sha256,
            format=recording.format,
            name=recording.name,
            size=len(recording.body),
            fetched_at_ms=origin.fetched_at and to_ms(origin.fetched_at),
            expires_at_ms=origin.expires_at and to_ms(origin.expires_at),
            sport=recording.sport,
            body=b"" if kept else zlib.compress(recording.body, _LEVEL),
        )
        return (Kept.HELD if kept else Kept.RESTORED, number) if known else (Kept.ADDED, new)

    def _note_origin(self, origin: Origin, sha256: str, number: int | None) -> bool:
        """Remember where it was found; True where that place held another recording before, which is dropped."""
        where = {"source": origin.source, "key": origin.key or sha256}
        before = self._column("SELECT recording" + _OF_ORIGIN + " AND key = :key", **where)
        renewed = "ON CONFLICT (runner, source, key) DO UPDATE SET version = excluded.version, recording = :recording"
        self._insert("origin", renewed, runner=self.runner, **where, version=origin.version, recording=number)
        # What was edited at its source has another hash under the same key; the older goes where nothing else has it.
        replaced = bool(before) and before[0] not in (None, number)
        if replaced:
            self._drop_orphan(before[0])
        return replaced

    def _drop_orphan(self, number: int) -> bool:
        """Delete a recording that is to be found nowhere any more; False where it still is."""
        if self._all("SELECT 1 FROM origin WHERE recording = :id", id=number):
            return False
        self._displace(number)
        self._do("DELETE FROM recording WHERE id = :id", id=number)
        return True

    def _displace(self, number: int) -> None:
        """Take a recording's activities away, and every run that they were part of."""
        self._do("DELETE FROM run WHERE id IN (SELECT run FROM activity WHERE recording = :id)", id=number)
        self._do("DELETE FROM activity WHERE recording = :id", id=number)

    def _place(self, number: int, recording: Recording, derive: Derive, version: str) -> None:
        """Write what is derived from a recording; runs that its activities were part of, or change, are replaced."""
        self._displace(number)
        placed = derive(recording)
        for new in placed.activities:
            self._insert("activity", recording=number, runner=self.runner, **tables.activity_values(new))
        # All old runs go before the first new one comes: a new run may have the key of an old one.
        old = "DELETE FROM run WHERE id IN (SELECT run FROM activity WHERE runner = :runner AND key = :key)"
        for key in (key for run in placed.runs for key in run.members):
            self._do(old, key=key)
        for run in placed.runs:
            self._put_run(run)
        # A running activity in no run would be in no list and in no search: better no transaction than such a one.
        rows = self._all("SELECT key FROM activity WHERE recording = :id AND is_run AND run IS NULL", id=number)
        if rows:
            raise ValueError(f"derived activities without their run: {rows}")
        self._do("UPDATE recording SET derived = :version WHERE id = :id", version=version, id=number)

    def _put_run(self, new: NewRun) -> None:
        number = self._insert("run", runner=self.runner, **tables.run_values(new))
        member = "UPDATE activity SET run = :run, verdict = :verdict WHERE runner = :runner AND key = :key"
        for key in new.members:
            self._do(member, run=number, verdict=new.verdicts.get(key, ""), key=key)
        # What the activities know better than the analysis of their merger.
        self._do(
            "UPDATE run SET dynamics = (SELECT max(dynamics) FROM activity WHERE run = run.id),"
            " device = (SELECT device FROM activity WHERE run = run.id AND key = run.key) WHERE id = :run",
            run=number,
        )
        gives = (
            "INSERT INTO run_source (run, channel, activity) SELECT :run, :channel, id FROM activity"
            " WHERE runner = :runner AND key = :key"
        )
        for channel, key in sorted(new.sources.items()):
            self._do(gives, run=number, channel=channel, key=key)
        self._insert("epochs", run=number, **tables.pack(new.analysis.epochs))
        self._insert("detail", run=number, json=zlib.compress(new.detail.encode()))

    def _mark_loose(self) -> None:
        """Have every recording derived again of which a run is in no run: it was part of one that is gone."""
        self._do(
            "UPDATE recording SET derived = '' WHERE id IN"
            " (SELECT recording FROM activity WHERE is_run AND run IS NULL)"
        )

    # Deriving again, and taking runs apart.

    def stale(self, version: str) -> int:
        """How many recordings have results of another version than this one and can be derived again."""
        return len(self._to_derive(version))

    def versions(self) -> set[str]:
        """The versions that results were derived with; those that are to be made again without a version have none."""
        derived = "SELECT DISTINCT derived FROM recording WHERE runner = :runner AND derived <> ''"
        return set(self._column(derived + " AND body IS NOT NULL"))

    def outdate(self) -> None:
        """Have every recording of this runner whose bytes are kept derived again by the next `rebuild`."""
        self._do("UPDATE recording SET derived = '' WHERE runner = :runner AND body IS NOT NULL")

    def rebuild(
        self,
        derive: Derive,
        *,
        version: str,
        progress: Progress | None = None,
        ahead: Callable[[Iterator[Recording]], Iterator[Recording]] = iter,
        guard: Callable[[str], AbstractContextManager[object]] = nullcontext,
        unread: Callable[[str, KneedriveError], object] = lambda _id, _error: None,
    ) -> int:
        """Derive again whatever has results of another version; returns how many recordings that were.

        Each is a transaction of its own, so that a rebuild can be stopped and goes on the next time. What `derive`
        raises stops it; the recording in hand keeps its old results. Fault, TooLarge and DamagedOriginal do not stop
        it, and `unread` is told of them: old results stay, after TooLarge as results of another version. Purged
        recordings keep theirs (see `to_fetch`).
        ahead: hands the recordings on in their order, and may do costly work on them before the lock is taken.
        guard: entered with a recording's name for the work on it.
        """
        done = 0
        too_large: set[int] = set()
        for _ in range(_PASSES):
            numbers = [number for number in self._to_derive(version) if number not in too_large]
            if numbers:  # the work would be for nothing where nothing can be written; this asks
                self._do("UPDATE recording SET derived = derived WHERE 0")
            for position, recording in enumerate(ahead(self._originals(numbers, version, unread)), start=1):
                try:
                    with guard(recording.name):
                        done += self._derive_again(recording, derive, version)
                except (Fault, TooLarge) as error:
                    unread(recording.sha256[:ID_LENGTH], error)
                    known = self._column("SELECT id" + _OF_RECORDING, sha256=recording.sha256)
                    # More memory may be there another time; a fault of ours comes again until there is a new version.
                    if isinstance(error, TooLarge):
                        too_large.update(known)
                    else:
                        self._leave(known, version)
                if progress:
                    progress(position, len(numbers))
        return done

    def _to_derive(self, version: str) -> list[int]:
        older = "SELECT id FROM recording WHERE runner = :runner AND derived <> :version AND body IS NOT NULL"
        return self._column(older + " ORDER BY id", version=version)

    def _originals(
        self, numbers: list[int], version: str, unread: Callable[[str, KneedriveError], object]
    ) -> Iterator[Recording]:
        # One by one, as they are asked for: together they may be larger than memory.
        columns = "SELECT sha256, format, name, body, sport FROM recording"
        columns += " WHERE id = :id AND derived <> :version AND body IS NOT NULL"
        for number in numbers:
            rows = self._all(columns, id=number, version=version)
            try:
                yield from [tables.recording_of(row, self.path) for row in rows]
            except DamagedOriginal as error:
                self._leave([number], version)
                unread(error.id, error)

    def _leave(self, numbers: Sequence[int], version: str) -> None:
        """Take the old results of a recording for those of this version, since they cannot be made again."""
        with self.writing():
            # Sessions whose run is gone go too: nothing could make one of them.
            for number in numbers:  # none where another process has deleted it meanwhile
                self._do("DELETE FROM activity WHERE recording = :id AND is_run AND run IS NULL", id=number)
                self._do("UPDATE recording SET derived = :version WHERE id = :id", version=version, id=number)

    def _derive_again(self, recording: Recording, derive: Derive, version: str) -> int:
        with self.writing():
            older = "SELECT id" + _OF_RECORDING + " AND derived <> :version AND body IS NOT NULL"
            rows = self._column(older, sha256=recording.sha256, version=version)
            for number in rows:  # none where another process was faster
                self._place(number, recording, derive, version)
                self._mark_loose()
        return len(rows)

    def split(self, run_id: str) -> tuple[str, ...]:
        """Take a merged run apart for good; returns the ids of its activities, which `rebuild` makes runs of."""
        with self.writing():
            ids = sorted(row.outline.id for row in self.sources(run_id))
            for a, b in combinations(ids, 2):
                self._insert("split", _ONCE, runner=self.runner, a=a, b=b)
            self._do("DELETE FROM run WHERE runner = :runner AND key = :key", key=run_id)
            self._mark_loose()
        return tuple(ids)

    # Deleting for good.

    def forget(self, run_id: str) -> tuple[str, ...]:
        """Delete a run with its originals; returns the ids of its activities.

        Their ids and hashes are remembered, so that no sync brings them back. An original that holds other sessions
        too is kept for them. Raises StillHeld as `purge_all` does.
        """
        with self.writing():
            ids = tuple(row.outline.id for row in self.sources(run_id))
            for activity in ids:
                ((number, sha256),) = self._all("SELECT recording.id, sha256" + _OF_ACTIVITY, key=activity)
                self._insert("forgotten", _ONCE, runner=self.runner, activity=activity, sha256=sha256)
                self._do("DELETE FROM activity WHERE runner = :runner AND key = :key", key=activity)
                if not self._all("SELECT 1 FROM activity WHERE recording = :id", id=number):
                    self._delete_for_good(number)
            self._do("DELETE FROM run WHERE runner = :runner AND key = :key", key=run_id)
        self._wipe()
        return ids

    def forget_original(self, sha256: str) -> None:
        """Delete an original that is part of no run, as `forget` deletes a run."""
        with self.writing():
            for number in self._column("SELECT id" + _OF_RECORDING, sha256=sha256):
                keys = self._column("SELECT key FROM activity WHERE recording = :id", id=number)
                # Of one that could not be read no activity is known; its first would have had this id.
                for activity in keys or [sha256[:ID_LENGTH]]:
                    self._insert("forgotten", _ONCE, runner=self.runner, activity=activity, sha256=sha256)
                self._delete_for_good(number)
        self._wipe()

    def purge_expired(self, now: datetime) -> int:
        """Delete the bytes of answers that may no longer be kept, of all runners; results stay. Returns how many.

        Raises StillHeld as `purge_all` does.
        """
        count = "SELECT count(*) FROM recording WHERE body IS NOT NULL AND expires_at_ms <= :now"
        now_ms = to_ms(now)
        if self._column(count, now=now_ms) == [0]:  # every command asks: who only reads needs no lock
            return 0
        with self.writing():
            (found,) = self._column(count, now=now_ms)
            self._do("UPDATE recording SET body = NULL WHERE body IS NOT NULL AND expires_at_ms <= :now", now=now_ms)
        if found:  # else another process has done it meanwhile
            self._wipe()
        return int(found)

    def purge_source(self, source: str) -> int:
        """Delete everything that came from a source and from nowhere else, results included. Returns how many.

        Runs that it shared with other recordings are left to `rebuild`. Raises StillHeld as `purge_all` does.
        """
        with self.writing():
            numbers = self._column("SELECT recording" + _OF_ORIGIN + " AND recording IS NOT NULL", source=source)
            for table in ("origin", "sync_state"):
                self._do(f"DELETE FROM {table} WHERE runner = :runner AND source = :source", source=source)  # noqa: S608
            # What was found elsewhere too still has an origin, and stays.
            gone = sum(self._drop_orphan(number) for number in numbers)
            self._mark_loose()
        self._wipe()
        return gone

    def purge_all(self) -> None:
        """Delete everything of every runner, also what was forgotten, and give the space back.

        Raises StillHeld where all that is done, except that the file still holds the old content, because another
        process reads it and did not end in time. It is overwritten once that has ended and the store is closed again;
        the space is then given back by another `purge_all`, since what is cut off would never be overwritten.
        """
        with self.writing():
            for table in database.DERIVED_TABLES + database.TRUTH_TABLES:
                self._do(f"DELETE FROM {table}")  # noqa: S608 - a name of ours
        self._wipe()  # before the space is given back, which overwrites nothing
        self._do("VACUUM")
        self._wipe()

    def _delete_for_good(self, number: int) -> None:
        """Delete a recording that the runner deleted; its origins stay, without the remarks behind their versions."""
        # A version without a remark is how a sync knows what the runner deleted from what it could not fetch or read.
        bare = "UPDATE origin SET version = substr(version, 1, instr(version, :mark) - 1) WHERE recording = :id"
        self._do(bare + " AND instr(version, :mark)", mark=MARK, id=number)
        self._do("DELETE FROM recording WHERE id = :id", id=number)

    def _wipe(self) -> None:
        """Bring the zeros that deleted content becomes (secure_delete) into the file, and empty the journal."""
        ((busy, *_),) = self._all("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise StillHeld(
                f"{self.path}: that is deleted, but another program is reading the store, so the old content is still "
                "in the file; end that program, then any command of kneedrive overwrites it"
            )

    # What is remembered beside runs: tags, and how far each source has been read.

    def tag(self, day: date, text: str) -> None:
        """Note something for a local day; the same twice is kept once."""
        self._insert("tag", _ONCE, runner=self.runner, day=day.isoformat(), text=text)

    def untag(self, day: date, text: str) -> bool:
        """Take a tag back; False where there was none."""
        this = "FROM tag WHERE runner = :runner AND day = :day AND text = :text"
        with self.writing():
            there = self._all("SELECT 1 " + this, day=day.isoformat(), text=text)
            self._do("DELETE " + this, day=day.isoformat(), text=text)
        return bool(there)

    def tags(self) -> list[Tag]:
        """All tags by day."""
        rows = self._all("SELECT day, text FROM tag WHERE runner = :runner ORDER BY day, id")
        return [Tag(day=day, text=text) for day, text in rows]

    def set_cursor(self, source: str, cursor: str) -> None:
        """Remember how far a source has been read."""
        further = "ON CONFLICT (runner, source) DO UPDATE SET cursor = excluded.cursor"
        self._insert("sync_state", further, runner=self.runner, source=source, cursor=cursor)

    def cursor(self, source: str) -> str | None:
        """How far a source has been read; None for never."""
        found = self._column("SELECT cursor FROM sync_state WHERE runner = :runner AND source = :source", source=source)
        return found[0] if found else None

    def known(self, source: str) -> dict[str, str]:
        """What a source's sync need not fetch again: its own key to the version that was seen."""
        return dict(self._all("SELECT key, version" + _OF_ORIGIN, source=source))

    def absent(self, source: str) -> set[str]:
        """Keys without a recording: what the runner deleted (its version has no remark), and what `note_seen` noted."""
        return set(self._column("SELECT key" + _OF_ORIGIN + " AND recording IS NULL", source=source))

    def note_seen(self, source: str, key: str, version: str) -> None:
        """Remember a version of which no recording was kept: it is gone at the source, or cannot be read."""
        renewed = "ON CONFLICT (runner, source, key) DO UPDATE SET version = excluded.version"
        self._insert("origin", renewed, runner=self.runner, source=source, key=key, version=version)

    def noted_shoes(self, source: str) -> dict[str, str]:
        """What a source says was worn, by its own keys: the id of the shoes, a blank, their name."""
        return dict(self._all("SELECT key, shoe" + _OF_ORIGIN + " AND shoe <> ''", source=source))

    def note_shoes(self, source: str, shoes: Mapping[str, str]) -> None:
        """Remember what was worn, "" for nothing, by the keys of a source; keys that it does not have are passed over.

        A key stands for what came in one archive with it too: "12" also for "12#1".
        """
        worn = (
            "UPDATE origin SET shoe = :shoe WHERE runner = :runner AND source = :source"
            " AND (key = :key OR substr(key, 1, length(:key) + 1) = :key || '#')"
        )
        with self.writing():
            for key, shoe in shoes.items():
                self._do(worn, source=source, key=key, shoe=shoe)

    def shoes(self) -> dict[str, str]:
        """The shoes of each run that a source names some for, by the run's id."""
        rows = self._all(
            "SELECT run.key, shoe FROM run JOIN activity ON activity.run = run.id"
            " JOIN origin ON origin.recording = activity.recording"
            " WHERE run.runner = :runner AND shoe <> '' ORDER BY source DESC, origin.id DESC"
        )
        # Of several shoes for a run the last row stays: that of the first source by name, as it was first told.
        return {run: _shoe_name(shoe) for run, shoe in rows}

    def with_runs(self, source: str) -> set[str]:
        """Keys of a source whose recording holds a run."""
        held = "SELECT origin.key FROM origin JOIN activity ON activity.recording = origin.recording"
        return set(self._column(held + " WHERE origin.runner = :runner AND source = :source AND is_run", source=source))

    def to_fetch(self, source: str, version: str) -> list[str]:
        """Keys of recordings whose bytes were purged and whose results are older than `version`, sorted."""
        keys = "SELECT key FROM origin JOIN recording ON recording.id = origin.recording WHERE origin.runner = :runner"
        purged = " AND source = :source AND body IS NULL AND derived <> :version ORDER BY key"
        return self._column(keys + purged, source=source, version=version)

    def formats(self, since: datetime, until: datetime) -> set[str]:
        """The formats of the recordings that began in this time: who must be named beside their numbers."""
        formats = "SELECT DISTINCT format FROM activity WHERE runner = :runner"
        return set(self._column(formats + " AND started_at_ms BETWEEN :since AND :until", **_period(since, until)))


def _only(rows: Sequence[Any], run_id: str) -> Any:
    if not rows:
        raise StoreError(f"{run_id}: no such run in the store")
    return rows[0]


def _period(since: datetime | None, until: datetime | None) -> dict[str, int]:
    # No bound is far beyond any date, and still a whole number of 64 bits, as SQLite has them.
    return {"since": to_ms(since) if since else -(2**62), "until": to_ms(until) if until else 2**62}


def _shoe_name(shoe: str) -> str:
    """Of what a source says was worn, an id, a blank and a name."""
    return shoe.partition(" ")[2] or shoe
