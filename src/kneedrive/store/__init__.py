"""The store: every run of a runner in one SQLite file. Recordings are the truth, all else can be rebuilt from them."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from msgspec.structs import asdict

from kneedrive.analysis.result import Analysis, Epochs
from kneedrive.errors import DamagedOriginal, Fault, NotEnoughData, ReadOnlyStore, StillHeld, StoreError, TooLarge
from kneedrive.history.result import PastRun
from kneedrive.recording import Outline, Recording
from kneedrive.store.rows import (
    RUNS,
    Ahead,
    Derive,
    NewActivity,
    NewRun,
    Origin,
    Packed,
    Placed,
    Progress,
    RunRow,
    SourceRow,
    Tag,
    follow_one_another,
    from_ms,
    pack,
    run_row,
    to_ms,
    unpack,
)

# The file of the store: made, opened, checked; and what SQLite's errors mean to a user.

APPLICATION_ID = 0x6B6E6565  # "knee", at byte 68 of the file: tells our files from other SQLite databases
SCHEMA_VERSION = 2
DERIVED_TABLES = ("detail", "epochs", "run_source", "activity", "run")  # children first
TRUTH_TABLES = ("origin", "recording", "split", "forgotten", "tag", "sync_state")
# Changes of the six tables that hold the truth, by the version they lead to. Derived tables are never migrated.
MIGRATIONS = {2: "ALTER TABLE recording ADD COLUMN sport TEXT NOT NULL DEFAULT '';"}
PATIENCE_S = 30.0
_SMALLEST = 512  # bytes of a database

_MEANING = {
    sqlite3.SQLITE_BUSY: "another kneedrive is writing to the store and has not finished; wait for it, then try again",
    sqlite3.SQLITE_LOCKED: "the store is in use; wait for the other command, then try again",
    sqlite3.SQLITE_READONLY: "the store cannot be written: make the file and its folder writable, or name another path",
    sqlite3.SQLITE_PERM: "the store may not be opened: it belongs to somebody else; name another path",
    sqlite3.SQLITE_IOERR: "the disk failed while the store was used; the run in hand was not kept, what was stored "
    "before is unharmed; check the disk, then run the same command again",
    sqlite3.SQLITE_FULL: "the disk is full; the run in hand was not kept, what was stored before is unharmed; free "
    "some space, then run the same command again",
    sqlite3.SQLITE_CORRUPT: "the store is damaged; move it away and restore a backup, or import the files again",
    sqlite3.SQLITE_CANTOPEN: "the store cannot be opened: make its folder writable, or name another path",
    sqlite3.SQLITE_NOTADB: "this is not a database, and kneedrive leaves it alone; name another path or move it away",
}


def plain_code(error: sqlite3.Error) -> int:
    """SQLite's code without its extension, which it carries in the higher bytes; 0 for errors of the module itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Say in a sentence what SQLite reports, where it is the user's to know. Everything else is a bug and passes."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = plain_code(error)
        if not code and "Could not decode" in str(error):  # the module's own error for bytes that are no text
            code = sqlite3.SQLITE_CORRUPT
        if code not in _MEANING:
            raise
        kind = ReadOnlyStore if code == sqlite3.SQLITE_READONLY else StoreError
        message = f"{path}: {_MEANING[code]}"
        raise kind(message) from error


@contextmanager
def reached(path: Path, what: str) -> Iterator[None]:
    """Say in a sentence what the operating system refuses."""
    try:
        yield
    except OSError as error:
        message = f"{path}: {what} cannot be opened or made there ({error.strerror}); name another path"
        raise StoreError(message) from error


def is_there(path: Path) -> bool:
    """Whether a file is there. Raises StoreError where that cannot be told: a closed folder, too long a name."""
    with reached(path, "the store"):
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
    return True


def open_file(path: Path, *, create: bool, patience_s: float = PATIENCE_S) -> sqlite3.Connection:
    """An open connection to a store of this version. Raises StoreError; a file that is not ours is not touched."""
    with reached(path, "the store"):
        _be_there(path, create=create)
    with told(path):
        db = _connected(path, patience_s)
        try:
            _prepare(db)
        except sqlite3.Error:
            db.close()
            raise
    with suppress(OSError):  # somebody else's file, shared on purpose, or a disk that cannot be written
        path.chmod(0o600)
    return db


def _connected(path: Path, patience_s: float) -> sqlite3.Connection:
    """A connection to a file that was found to be a store."""
    try:
        return _checked(str(path), path, patience_s)
    except sqlite3.OperationalError as error:
        # To read, SQLite makes a file beside the store. Where it may not, it can read all the same if it is told that
        # nothing changes, which is true unless something waits in a journal.
        if plain_code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) or _has_journal(path):
            raise
    return _checked(f"{path.absolute().as_uri()}?immutable=1", path, patience_s)


def _has_journal(path: Path) -> bool:
    journals = (path.with_name(f"{path.name}-{kind}") for kind in ("wal", "journal"))
    return any(each.exists() and each.stat().st_size for each in journals)


def _checked(address: str, path: Path, patience_s: float) -> sqlite3.Connection:
    # Transactions are ours alone: isolation_level None means the same in every Python version.
    db = sqlite3.connect(address, timeout=patience_s, isolation_level=None, uri=address != str(path))
    try:
        _check(db, path)
    except (sqlite3.Error, StoreError):
        db.close()
        raise
    return db


def _be_there(path: Path, *, create: bool) -> None:
    """Make folder and file with their modes, before SQLite would make them readable to all."""
    if path.is_dir():
        message = f"{path}: this is a folder; name a file in it for the store"
        raise StoreError(message)
    if path.exists():
        _look(path)
        return
    if not create:
        message = f"{path}: there is no store yet; import some runs first"
        raise StoreError(message)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    touch(path)


def _look(path: Path) -> None:
    """Refuse what is too small to be a database: SQLite takes a file of one byte for an empty one.

    The file is not opened for that. Whoever closes a file loses all locks on it that the process has.
    """
    if 0 < path.stat().st_size < _SMALLEST:
        message = f"{path}: {_MEANING[sqlite3.SQLITE_NOTADB]}"
        raise StoreError(message)


def touch(path: Path) -> None:
    """Make an empty file that nobody else can read."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _check(db: sqlite3.Connection, path: Path) -> None:
    """Refuse what is not ours, newer than we are, or not whole."""
    ours, version, names = _file_said(db)
    if ours != APPLICATION_ID and (ours or version or names):
        message = f"{path}: this database belongs to another program, and kneedrive leaves it alone; name another path"
        raise StoreError(message)
    if version > SCHEMA_VERSION:
        message = (
            f"{path}: a newer kneedrive made this store (schema {version}, this one knows {SCHEMA_VERSION}); "
            "install that version, or name another path"
        )
        raise StoreError(message)
    expected = TRUTH_TABLES if version < SCHEMA_VERSION else TRUTH_TABLES + DERIVED_TABLES
    missing = [name for name in expected if name not in names]
    if version and missing:
        message = (
            f"{path}: the store is damaged, its table {missing[0]} is gone; move it away and restore a backup, or "
            "import the files again"
        )
        raise StoreError(message)


def _file_said(db: sqlite3.Connection) -> tuple[int, int, set[str]]:
    """Application id, version, and names of tables and indexes, as they are at one moment."""
    db.execute("BEGIN")  # another process may be making them just now
    try:
        (ours,), (version,) = (db.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version"))
        names = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
    return ours, version, names


def _prepare(db: sqlite3.Connection) -> None:
    """Settings of the connection; schema and journal of a new file or an old one."""
    for setting in ("foreign_keys = ON", "secure_delete = ON", "synchronous = NORMAL"):
        db.execute(f"PRAGMA {setting}")
    if _version(db) < SCHEMA_VERSION:
        _upgrade(db)
    _use_wal(db)


def _use_wal(db: sqlite3.Connection) -> None:
    """Let others read while one writes. Where that cannot be set, the store works without.

    SQLite does not wait here for another process that is setting the same at this moment.
    """
    if db.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        return
    try:
        db.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if plain_code(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _upgrade(db: sqlite3.Connection) -> None:
    """Bring the schema to this version in one transaction: truth is migrated, derived tables are made anew, empty."""
    try:
        db.execute("BEGIN IMMEDIATE")
        version = _version(db)
        if version < SCHEMA_VERSION:  # another process may have been first
            for step in range(version + 1, SCHEMA_VERSION + 1):
                _run_script(db, MIGRATIONS.get(step, "") if version else "")  # a new file has nothing to migrate
            for table in DERIVED_TABLES:
                db.execute(f"DROP TABLE IF EXISTS {table}")
            _run_script(db, Path(__file__).with_name("schema.sql").read_text(encoding="utf-8"))
            db.execute("UPDATE recording SET derived = ''")
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _run_script(db: sqlite3.Connection, script: str) -> None:
    """Statement by statement: executescript() would end the transaction."""
    statement = ""
    for part in script.split(";")[:-1]:
        statement += part + ";"  # which may stand in a comment or a string, and end nothing
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""


# A copy of the store, made while others may write to it.


_PART = ".part"
_BESIDE = ("", "-journal", "-wal", "-shm")  # what SQLite has beside a file that it writes


def copy_file(db: sqlite3.Connection, path: Path, target: Path, *, force: bool = False) -> None:
    """Write a consistent copy of the open store at `path`. An older backup is replaced in one step.

    Raises StoreError: where the store is damaged; and, unless `force` asks for it to be replaced, where another file is
    at `target`, or a backup with recordings while the store has none. What killed backups left unfinished in the folder
    is deleted.
    """
    half = target.with_name(f"{target.name}.{os.getpid()}{_PART}")
    with reached(target, "the backup"):
        _replaceable(path, target, force=force)
        _clear(target)
        touch(half)
        try:
            with told(target), closing(sqlite3.connect(half, isolation_level=None)) as copy:
                _fill(copy, db)
                _worth(copy, path, target, force=force)
                if os.name != "nt":  # while the lock is held, so that no other backup takes it for abandoned
                    half.replace(target)
            if half.exists():  # Windows renames no file that is open
                half.replace(target)
        finally:
            _delete(half)


def _fill(copy: sqlite3.Connection, db: sqlite3.Connection) -> None:
    # The mark and the lock tell whoever clears the folder what this file is, and that it is not abandoned.
    copy.execute("PRAGMA locking_mode = EXCLUSIVE")
    copy.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.backup(copy)
    # A backup is one file: no journal beside it.
    copy.execute("PRAGMA journal_mode = DELETE")


def _worth(copy: sqlite3.Connection, path: Path, target: Path, *, force: bool) -> None:
    """Refuse a copy that is damaged, or that has no recordings where an older backup has some."""
    try:
        sound = copy.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
        empty = sound and not _has_recordings(copy)
    except sqlite3.DatabaseError:
        sound = empty = False
    if not sound:
        message = (
            f"{path}: the store is damaged, so no backup is made of it and {target} stays as it is; move the store "
            "away and restore a backup, or import the files again"
        )
        raise StoreError(message)
    if empty and not force and target.exists() and _may_have_recordings(target):
        message = (
            f"{target}: this backup stays, since it has recordings and the store has none; name another file, or "
            "--force overwrites it"
        )
        raise StoreError(message)


def _has_recordings(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM recording LIMIT 1").fetchone() is not None


def _may_have_recordings(backup: Path) -> bool:
    """Whether a backup has recordings; also where that cannot be read, since some could be saved from it."""
    try:
        with closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as older:
            return _has_recordings(older)
    except sqlite3.DatabaseError:
        return True


def _replaceable(path: Path, target: Path, *, force: bool) -> None:
    if target.is_dir():
        message = f"{target}: this is a folder; name a file in it for the backup"
        raise StoreError(message)
    if not target.exists():
        return
    if not target.is_file():
        message = f"{target}: this is no ordinary file; name another one for the backup"
        raise StoreError(message)
    if target.samefile(path):
        message = f"{target}: this is the store itself; name another file for the backup"
        raise StoreError(message)
    if not force and not _is_ours(target):
        message = (
            f"{target}: this file exists and is no backup of kneedrive; name another one, or --force overwrites it"
        )
        raise StoreError(message)


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return int.from_bytes(file.read(72)[68:72], "big") == APPLICATION_ID


def _clear(target: Path) -> None:
    """Delete unfinished backups in the target's folder that no process works on any more.

    One of this target is known by its name; it may have been killed before its first byte.
    """
    named = re.compile(re.escape(target.name) + r"\.\d+" + re.escape(_PART))
    for each in target.parent.glob(f"*{_PART}"):
        with suppress(OSError):  # somebody else's
            if each.is_file() and (named.fullmatch(each.name) or _is_ours(each)) and _is_abandoned(each):
                _delete(each)


def _is_abandoned(path: Path) -> bool:
    """Whether no connection holds the lock that a backup under way has."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as half:
        try:
            half.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        except sqlite3.DatabaseError:  # cut off in the middle, so nobody writes to it
            return True
    return True


def _delete(half: Path) -> None:
    for beside in _BESIDE:
        half.with_name(half.name + beside).unlink(missing_ok=True)


# Questions to the store. Nothing here changes it.


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
            epochs = unpack(Packed(**dict(zip(Packed.__struct_fields__, row, strict=True))))
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


# Which run a user means.


# The whole id first: it is also the beginning of the ids of later sessions of the same file.
_BY_ID = (
    "AND id IN (SELECT run FROM activity WHERE runner = ? AND key = ?)",
    "AND id IN (SELECT run FROM activity WHERE runner = ? AND key LIKE ? || '%')",
)
NO_RUNS = "there are no runs yet: kneedrive import FILE or FOLDER takes some in"
_IN_ORDER = " ORDER BY started_at_ms, key"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = re.compile(r"[0-9a-f]{4,12}(-\d+)?")


class Searching(Reading):
    """Finds runs by what a user types."""

    def find(self, spec: str, zone_offset_s: int = 0) -> RunRow:
        """The run that a user means: "last", a local date, or the first four or more digits of an id.

        Ids of all activities of a run count, so that an old id still leads to a run that was merged since.
        zone_offset_s: local time minus UTC for runs that do not say. Raises NotEnoughData for an empty store, and
        for no such run or several.
        """
        if not self._all("SELECT 1 FROM run WHERE runner = ? LIMIT 1", self.runner):
            raise NotEnoughData(NO_RUNS)
        rows = self._meant(spec.strip().lower(), zone_offset_s)
        if len(rows) == 1:
            return run_row(rows[0])
        if not rows:
            message = (
                f"{spec}: no such run; say last, a date like 2026-05-24, or the start of an id from the list of runs"
            )
        else:
            message = f"{spec}: {len(rows)} runs; say which by its id: {', '.join(row[0] for row in rows[:8])}"
        raise NotEnoughData(message)

    def runners(self) -> list[str]:
        """Everybody who has something in this store, by name."""
        return [row[0] for row in self._all("SELECT runner FROM recording UNION SELECT runner FROM tag ORDER BY 1")]

    def runs_by_runner(self) -> dict[str, tuple[int, datetime, datetime]]:
        """Number of runs, start of the first and of the last, by name."""
        rows = self._all("SELECT runner, count(*), min(started_at_ms), max(started_at_ms) FROM run GROUP BY runner")
        return {name: (count, from_ms(first), from_ms(last)) for name, count, first, last in rows}

    def without_run(self, spec: str) -> list[str]:
        """Hashes of the originals that are part of no run and begin like this id: of four or more digits."""
        if not _ID.fullmatch(spec):
            return []
        rows = self._all(
            "SELECT sha256 FROM recording WHERE runner = ? AND sha256 LIKE ? || '%' AND NOT EXISTS"
            " (SELECT 1 FROM activity WHERE recording = recording.id AND run IS NOT NULL) ORDER BY sha256",
            self.runner,
            spec,
        )
        return [sha256 for (sha256,) in rows]

    def _meant(self, spec: str, zone_offset_s: int) -> list[Any]:
        if spec in ("last", "latest"):
            return self._all(RUNS + "ORDER BY started_at_ms DESC, key LIMIT 1", self.runner)
        if _DAY.fullmatch(spec):
            return self._on_day(spec, zone_offset_s)
        if not _ID.fullmatch(spec):
            return []
        found = (self._all(RUNS + condition + _IN_ORDER, self.runner, self.runner, spec) for condition in _BY_ID)
        return next((rows for rows in found if rows), [])

    def _on_day(self, day: str, zone_offset_s: int) -> list[Any]:
        try:
            first = date.fromisoformat(day)
        except ValueError:
            return []
        midnight_ms = (first - date(1970, 1, 1)) // timedelta(milliseconds=1)
        return self._all(
            RUNS + "AND started_at_ms + coalesce(utc_offset_s, ?) * 1000 BETWEEN ? AND ? ORDER BY started_at_ms, key",
            self.runner,
            zone_offset_s,
            midnight_ms,
            midnight_ms + 86_400_000 - 1,
        )


# Transactions, and the rows that are derived from a recording.


class Placing(Searching):
    """Writes activities and runs beside the recording that they were derived from."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, from a lock that keeps other writers out to a commit, or back to the start on any error."""
        if self._db.in_transaction:
            yield
            return
        self._do("BEGIN IMMEDIATE")
        try:
            yield
            self._do("COMMIT")
        finally:
            # SQLite has gone back by itself after some errors, a full disk among them.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _displace(self, number: int) -> None:
        """Take a recording's activities away, and every run that they were part of."""
        self._do("DELETE FROM run WHERE id IN (SELECT run FROM activity WHERE recording = ?)", number)
        self._do("DELETE FROM activity WHERE recording = ?", number)

    def _place(self, number: int, placed: Placed, version: str) -> None:
        """Write what was derived from a recording; runs that its activities change are replaced."""
        for new in placed.activities:
            self._put_activity(number, new)
        for run in placed.runs:
            self._take_from_runs(run.members)
        for run in placed.runs:
            self._put_run(run)
        rows = self._all("SELECT key FROM activity WHERE recording = ? AND is_run AND run IS NULL", number)
        if rows:
            message = f"derived activities without their run: {rows}"
            raise ValueError(message)
        self._do("UPDATE recording SET derived = ? WHERE id = ?", version, number)

    def _put_activity(self, number: int, new: NewActivity) -> None:
        activity, outline = new.activity, new.outline
        started_ms = to_ms(outline.started_at) or 0
        self._insert(
            "activity",
            recording=number,
            runner=self.runner,
            key=activity.id,
            format=outline.format,
            device=outline.device,
            started_at_ms=started_ms,
            ended_at_ms=started_ms + int(outline.elapsed_s * 1000),
            duration_s=outline.duration_s,
            elapsed_s=outline.elapsed_s,
            distance_m=outline.distance_m,
            heart_rate_bpm=outline.heart_rate_bpm,
            dynamics=outline.dynamics,
            sport=activity.sport,
            sub_sport=activity.sub_sport,
            provenance=new.provenance,
            is_run=new.is_run,
            verdict="",
        )

    def _take_from_runs(self, members: Sequence[str]) -> None:
        for key in members:
            self._do(
                "DELETE FROM run WHERE id IN (SELECT run FROM activity WHERE runner = ? AND key = ?)", self.runner, key
            )

    def _put_run(self, new: NewRun) -> None:
        number = self._insert("run", **self._run_values(new))
        for key in new.members:
            self._do(
                "UPDATE activity SET run = ?, verdict = ? WHERE runner = ? AND key = ?",
                number,
                new.verdicts.get(key, ""),
                self.runner,
                key,
            )
        # What the activities know better than the analysis of their merger.
        self._do(
            "UPDATE run SET dynamics = (SELECT max(dynamics) FROM activity WHERE run = run.id),"
            " device = (SELECT device FROM activity WHERE run = run.id AND key = run.key) WHERE id = ?",
            number,
        )
        for channel, key in sorted(new.sources.items()):
            self._do(
                "INSERT INTO run_source (run, channel, activity) SELECT ?, ?, id FROM activity"
                " WHERE runner = ? AND key = ?",
                number,
                channel,
                self.runner,
                key,
            )
        self._insert("epochs", run=number, **asdict(pack(new.analysis.epochs)))
        self._insert("detail", run=number, json=zlib.compress(new.detail.encode()))

    def _run_values(self, new: NewRun) -> dict[str, object]:
        activity = new.analysis.activity
        return {
            "runner": self.runner,
            "key": activity.id,
            "started_at_ms": to_ms(activity.started_at),
            "utc_offset_s": activity.utc_offset_s,
            "device": "",
            "firmware": new.firmware,
            "duration_s": activity.duration_s,
            "distance_m": activity.distance_m,
            "dynamics": 0,
            "recordings": len(new.members),
            **_place_said(new.analysis),
        }

    def _insert(self, table: str, **values: object) -> int:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        return self._do(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())  # noqa: S608 - names of ours

    def _mark_loose(self) -> None:
        """Have every recording derived again of which a run is in no run: it was part of one that is gone."""
        self._do(
            "UPDATE recording SET derived = '' WHERE id IN"
            " (SELECT recording FROM activity WHERE is_run AND run IS NULL)"
        )

    def _do(self, sql: str, *values: object) -> int:
        """Run one statement; returns the row number of an insert."""
        with told(self.path):
            return self._db.execute(sql, values).lastrowid or 0


def _place_said(analysis: Analysis) -> dict[str, object]:
    """The columns of a run that say what the analysis found."""
    label = next((each for each in analysis.judgements if each.scope == "run"), None)
    scores = {name: score.value for name, score in analysis.scores.items()}
    errors = {f"{name}_se": score.se for name, score in analysis.scores.items()}
    return {
        "sensor": analysis.provenance,
        "surface": analysis.surface,
        "status": analysis.status,
        "epochs_total": len(analysis.epochs),
        "epochs_scored": int(analysis.epochs.scored.sum()),
        "label": label.pattern if label else "",
        "certainty": label.certainty if label else "",
        **scores,
        **errors,
    }


# Recordings into the store, one transaction each; deriving again, and taking runs apart.


_LEVEL = 1  # FIT files: 3 to 9 % larger than gzip's default, a third of the time
# Putting one recording in its place can set another free; that one is placed in the next pass.
_PASSES = 3


def _passed(_: DamagedOriginal) -> None:
    """Who did not ask is not told."""


class Writing(Placing):
    """Adds, derives again, and takes runs apart."""

    def add(self, recording: Recording, origin: Origin, derive: Derive, *, version: str, again: bool = False) -> str:
        """Keep a recording and what `derive` makes of it, or nothing of both.

        Returns "added", "already there", "updated" (the same key of a source has other content now), "restored" (the
        bytes had been purged), or "forgotten" (the runner deleted it; `again` takes it back). version: of the results.
        """
        with self.writing():
            row = self._known(recording.sha256)
            gone = self.forgotten(recording.sha256)
            if row is None and gone and not again:
                self._note_origin(origin, recording.sha256, None)
                return "forgotten"
            verdict, number = self._admit(recording, origin, row)
            replaced = self._note_origin(origin, recording.sha256, number)
            if gone and again:
                self._do("DELETE FROM forgotten WHERE runner = ? AND sha256 = ?", self.runner, recording.sha256)
            if verdict != "already there" or (gone and again) or self._name_sport(number, recording.sport):
                self._displace(number)
                self._place(number, derive(recording), version)
            self._mark_loose()
        return "updated" if replaced and verdict == "added" else verdict

    def rebuild(
        self,
        derive: Derive,
        *,
        version: str,
        progress: Progress | None = None,
        ahead: Ahead = iter,
        damaged: Callable[[DamagedOriginal], object] = _passed,
    ) -> int:
        """Derive again whatever has results of another version; returns how many recordings that were.

        Each is a transaction of its own, so that a rebuild can be stopped and goes on the next time. What `derive`
        raises stops it; the recording in hand keeps its old results. Fault and TooLarge do not stop it: old results
        stay, after TooLarge as results of another version. Purged recordings keep theirs (see `to_fetch`), and so do
        those whose bytes are damaged, of which `damaged` is told.
        ahead: hands the recordings on in their order, and may do costly work on them before the lock is taken.
        """
        done = 0
        too_large: set[int] = set()
        for _ in range(_PASSES):
            numbers = [number for number in self._to_derive(version) if number not in too_large]
            if numbers:  # the work would be for nothing where nothing can be written; this asks
                self._do("UPDATE recording SET derived = derived WHERE 0")
            originals = self._originals(numbers, version, damaged)
            for position, recording in enumerate(ahead(originals), start=1):
                try:
                    done += self._derive_again(recording, derive, version)
                except Fault:
                    self._leave(self._number(recording), version)
                except TooLarge:
                    too_large.add(self._number(recording))
                if progress:
                    progress(position, len(numbers))
        return done

    def outdate(self) -> None:
        """Have every recording of this runner whose bytes are kept derived again by the next `rebuild`."""
        self._do("UPDATE recording SET derived = '' WHERE runner = ? AND body IS NOT NULL", self.runner)

    def split(self, run_id: str) -> tuple[str, ...]:
        """Take a merged run apart for good; returns the ids of its activities, which `rebuild` makes runs of."""
        with self.writing():
            ids = sorted(row.outline.id for row in self.sources(run_id))
            for i, a in enumerate(ids):
                for b in ids[i + 1 :]:
                    self._do("INSERT OR IGNORE INTO split (runner, a, b) VALUES (?, ?, ?)", self.runner, a, b)
            self._do("DELETE FROM run WHERE runner = ? AND key = ?", self.runner, run_id)
            self._mark_loose()
        return tuple(ids)

    def _number(self, recording: Recording) -> int:
        known = self._known(recording.sha256)
        return known[0] if known else 0  # 0: another process has deleted it meanwhile

    def _known(self, sha256: str) -> tuple[int, bool] | None:
        rows = self._all(
            "SELECT id, body IS NOT NULL FROM recording WHERE sha256 = ? AND runner = ?", sha256, self.runner
        )
        return (rows[0][0], bool(rows[0][1])) if rows else None

    def _admit(self, recording: Recording, origin: Origin, row: tuple[int, bool] | None) -> tuple[str, int]:
        """Keep the bytes; says what happened and the number of the recording's row."""
        fetched_ms, expires_ms = to_ms(origin.fetched_at), to_ms(origin.expires_at)
        if row is None:
            added = self._db_insert(recording, fetched_ms, expires_ms)
            return "added", added
        number, kept = row
        # The runner's own copy of what a service sent before never expires.
        self._do(
            "UPDATE recording SET expires_at_ms = CASE WHEN ? IS NULL OR (body IS NOT NULL AND expires_at_ms IS NULL)"
            " THEN NULL ELSE ? END, fetched_at_ms = coalesce(?, fetched_at_ms) WHERE id = ?",
            expires_ms,
            expires_ms,
            fetched_ms,
            number,
        )
        if kept:
            return "already there", number
        self._do("UPDATE recording SET body = ? WHERE id = ?", zlib.compress(recording.body, _LEVEL), number)
        return "restored", number

    def _db_insert(self, recording: Recording, fetched_ms: int | None, expires_ms: int | None) -> int:
        return self._do(
            "INSERT INTO recording (runner, sha256, format, name, size, fetched_at_ms, expires_at_ms, sport, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self.runner,
            recording.sha256,
            recording.format,
            recording.name,
            len(recording.body),
            fetched_ms,
            expires_ms,
            recording.sport,
            zlib.compress(recording.body, _LEVEL),
        )

    def _note_origin(self, origin: Origin, sha256: str, number: int | None) -> bool:
        """Remember where it was found; True where that place held another recording before, which is dropped."""
        key = origin.key or sha256
        where = (self.runner, origin.source, key)
        rows = self._all("SELECT recording FROM origin WHERE runner = ? AND source = ? AND key = ?", *where)
        self._do(
            "INSERT INTO origin (runner, source, key, version, recording) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (runner, source, key)"
            " DO UPDATE SET version = excluded.version, recording = excluded.recording",
            *where,
            origin.version,
            number,
        )
        replaced = bool(rows) and rows[0][0] not in (None, number)
        if replaced:
            self._drop_orphan(rows[0][0])
        return replaced

    def _drop_orphan(self, number: int) -> bool:
        """Delete a recording that is to be found nowhere any more; False where it still is."""
        if self._all("SELECT 1 FROM origin WHERE recording = ?", number):
            return False
        self._displace(number)
        self._do("DELETE FROM recording WHERE id = ?", number)
        return True

    def _to_derive(self, version: str) -> list[int]:
        rows = self._all(
            "SELECT id FROM recording WHERE runner = ? AND derived <> ? AND body IS NOT NULL ORDER BY id",
            self.runner,
            version,
        )
        return [row[0] for row in rows]

    def _originals(
        self, numbers: list[int], version: str, damaged: Callable[[DamagedOriginal], object]
    ) -> Iterator[Recording]:
        for number in numbers:
            try:
                recording = self._original(number, version)
            except DamagedOriginal as error:
                self._leave(number, version)
                damaged(error)
            else:
                if recording is not None:
                    yield recording

    def _original(self, number: int, version: str) -> Recording | None:
        rows = self._all(
            "SELECT sha256, format, name, body, sport FROM recording"
            " WHERE id = ? AND derived <> ? AND body IS NOT NULL",
            number,
            version,
        )
        return self._recording(rows[0]) if rows else None

    def _leave(self, number: int, version: str) -> None:
        """Take a recording's old results for those of this version, since they cannot be made again.

        Sessions whose run is gone go too: nothing could make one of them.
        """
        with self.writing():
            self._do("DELETE FROM activity WHERE recording = ? AND is_run AND run IS NULL", number)
            self._do("UPDATE recording SET derived = ? WHERE id = ?", version, number)

    def _derive_again(self, recording: Recording, derive: Derive, version: str) -> int:
        with self.writing():
            rows = self._all(
                "SELECT id FROM recording WHERE sha256 = ? AND runner = ? AND derived <> ? AND body IS NOT NULL",
                recording.sha256,
                self.runner,
                version,
            )
            if not rows:  # another process was faster
                return 0
            ((number,),) = rows
            self._displace(number)
            self._place(number, derive(recording), version)
            self._mark_loose()
        return 1

    def _name_sport(self, number: int, sport: str) -> bool:
        """Take the sport that an export's list gives a recording that had none; whether that was so."""
        if not sport or not self._all("SELECT 1 FROM recording WHERE id = ? AND sport = ''", number):
            return False
        self._do("UPDATE recording SET sport = ? WHERE id = ?", sport, number)
        return True


# Behind the version of what brought no recording: why.
MARK = "|"

# What the store remembers beside runs: tags, how far each source has been read, who is in it.


class Notes(Writing):
    """Small facts, each written in one statement."""

    def tag(self, day: date, text: str) -> None:
        """Note something for a local day; the same twice is kept once."""
        self._do("INSERT OR IGNORE INTO tag (runner, day, text) VALUES (?, ?, ?)", self.runner, day.isoformat(), text)

    def untag(self, day: date, text: str) -> bool:
        """Take a tag back; False where there was none."""
        with self.writing():
            there = Tag(day=day.isoformat(), text=text) in self.tags()
            self._do("DELETE FROM tag WHERE runner = ? AND day = ? AND text = ?", self.runner, day.isoformat(), text)
        return there

    def tags(self) -> list[Tag]:
        """All tags by day."""
        return [
            Tag(day=day, text=text)
            for day, text in self._all("SELECT day, text FROM tag WHERE runner = ? ORDER BY day, id", self.runner)
        ]

    def set_cursor(self, source: str, cursor: str) -> None:
        """Remember how far a source has been read."""
        self._do(
            "INSERT INTO sync_state (runner, source, cursor) VALUES (?, ?, ?)"
            " ON CONFLICT (runner, source) DO UPDATE SET cursor = excluded.cursor",
            self.runner,
            source,
            cursor,
        )

    def cursor(self, source: str) -> str | None:
        """How far a source has been read; None for never."""
        rows = self._all("SELECT cursor FROM sync_state WHERE runner = ? AND source = ?", self.runner, source)
        return rows[0][0] if rows else None

    def known(self, source: str) -> dict[str, str]:
        """What a source's sync need not fetch again: its own key to the version that was seen."""
        rows = self._all("SELECT key, version FROM origin WHERE runner = ? AND source = ?", self.runner, source)
        return dict(rows)

    def with_runs(self, source: str) -> set[str]:
        """Keys of a source whose recording holds a run."""
        rows = self._all(
            "SELECT DISTINCT origin.key FROM origin JOIN activity ON activity.recording = origin.recording"
            " WHERE origin.runner = ? AND source = ? AND is_run",
            self.runner,
            source,
        )
        return {row[0] for row in rows}

    def note_seen(self, source: str, key: str, version: str) -> None:
        """Remember a version of which no recording was kept: it is gone at the source, or cannot be read."""
        self._do(
            "INSERT INTO origin (runner, source, key, version) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (runner, source, key) DO UPDATE SET version = excluded.version",
            self.runner,
            source,
            key,
            version,
        )

    def absent(self, source: str) -> set[str]:
        """Keys without a recording: what the runner deleted (its version has no remark), and what `note_seen` noted."""
        rows = self._all(
            "SELECT key FROM origin WHERE runner = ? AND source = ? AND recording IS NULL", self.runner, source
        )
        return {row[0] for row in rows}

    def formats(self, since: datetime, until: datetime) -> set[str]:
        """The formats of the recordings that began in this time: who must be named beside their numbers."""
        rows = self._all(
            "SELECT DISTINCT format FROM activity WHERE runner = ? AND started_at_ms BETWEEN ? AND ?",
            self.runner,
            to_ms(since),
            to_ms(until),
        )
        return {row[0] for row in rows}

    def to_fetch(self, source: str, version: str) -> list[str]:
        """Keys of recordings whose bytes were purged and whose results are older than `version`, sorted."""
        rows = self._all(
            "SELECT key FROM origin JOIN recording ON recording.id = origin.recording WHERE origin.runner = ?"
            " AND source = ? AND body IS NULL AND derived <> ? ORDER BY key",
            self.runner,
            source,
            version,
        )
        return [row[0] for row in rows]


# The store: every run of a runner in one SQLite file. Recordings are the truth, all else can be rebuilt from them.
#
# One transaction per recording: a kill at any moment loses at most the one in hand. Two processes may write at once;
# they wait for one another. The store knows nothing of analysis: a `Derive` function says what a recording means.
#
#     with Store.open(path) as store:
#         store.add(recording, Origin(source="file"), derive, version="1")
#         latest = store.find("last")


class Store(Notes):
    """An open store, seen by one runner (`runner`: "" where there is only one). Close it, or use it in `with`."""

    @classmethod
    def open(cls, path: Path, *, runner: str = "", create: bool = True, patience_s: float = PATIENCE_S) -> Self:
        """Open a store, and make it (mode 0600, in a folder of mode 0700) where there is none.

        An older schema is brought up to date: originals stay, results are left to `rebuild`. patience_s: how long to
        wait for another process. Raises StoreError for what is no store of ours, newer or damaged, or cannot be opened.
        One that may not be written can be read all the same; what would change it raises ReadOnlyStore.
        """
        return cls(open_file(path, create=create, patience_s=patience_s), path, runner)

    @staticmethod
    def is_there(path: Path) -> bool:
        """Whether a file is at this place. Raises StoreError where that cannot be told."""
        return is_there(path)

    def close(self) -> None:
        """Close the file; what was not committed is gone."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def backup(self, target: Path, *, force: bool = False) -> None:
        """Copy the whole store, all runners, to another file while others may write.

        An older backup is replaced, and with `force` any other file, or a backup with recordings by a store without.
        Raises StoreError, also for a damaged store.
        """
        copy_file(self._db, self.path, target, force=force)

    def forget(self, run_id: str) -> tuple[str, ...]:
        """Delete a run with its originals; returns the ids of its activities.

        Their ids and hashes are remembered, so that no sync brings them back. An original that holds other sessions
        too is kept for them. Raises StillHeld as `purge_all` does.
        """
        with self.writing():
            ids = tuple(row.outline.id for row in self.sources(run_id))
            for activity in ids:
                self._forget_activity(activity)
            self._do("DELETE FROM run WHERE runner = ? AND key = ?", self.runner, run_id)
        self._wipe()
        return ids

    def forget_original(self, sha256: str) -> None:
        """Delete an original that is part of no run, as `forget` deletes a run."""
        own = (self.runner, sha256)
        with self.writing():
            rows = self._all(
                "SELECT activity.key FROM activity JOIN recording ON recording.id = activity.recording"
                " WHERE recording.runner = ? AND sha256 = ?",
                *own,
            )
            for activity in {key for (key,) in rows} or {sha256[:ID_LENGTH]}:
                self._note_forgotten(activity, sha256)
            for (number,) in self._all("SELECT id FROM recording WHERE runner = ? AND sha256 = ?", *own):
                self._delete_for_good(number)
        self._wipe()

    def purge_expired(self, now: datetime) -> int:
        """Delete the bytes of answers that may no longer be kept, of all runners; results stay. Returns how many.

        Raises StillHeld as `purge_all` does.
        """
        expired = "SELECT id FROM recording WHERE body IS NOT NULL AND expires_at_ms <= ?"
        if not self._all(expired, to_ms(now)):  # every command asks: one that only reads must not need the lock
            return 0
        with self.writing():
            rows = self._all(expired, to_ms(now))
            for (number,) in rows:
                self._do("UPDATE recording SET body = NULL WHERE id = ?", number)
        if rows:
            self._wipe()
        return len(rows)

    def purge_source(self, source: str) -> int:
        """Delete everything that came from a source and from nowhere else, results included. Returns how many.

        Runs that it shared with other recordings are left to `rebuild`. Raises StillHeld as `purge_all` does.
        """
        with self.writing():
            rows = self._all(
                "SELECT recording FROM origin WHERE runner = ? AND source = ? AND recording IS NOT NULL",
                self.runner,
                source,
            )
            self._do("DELETE FROM origin WHERE runner = ? AND source = ?", self.runner, source)
            self._do("DELETE FROM sync_state WHERE runner = ? AND source = ?", self.runner, source)
            gone = sum(self._drop_orphan(number) for (number,) in rows)
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
            for table in DERIVED_TABLES + TRUTH_TABLES:
                self._do(f"DELETE FROM {table}")  # noqa: S608 - a name of ours
        self._wipe()  # before the space is given back, which overwrites nothing
        self._do("VACUUM")
        self._wipe()

    def _forget_activity(self, activity: str) -> None:
        own = (self.runner, activity)
        ((number, sha256),) = self._all(
            "SELECT recording.id, sha256 FROM activity JOIN recording ON recording.id = activity.recording"
            " WHERE activity.runner = ? AND activity.key = ?",
            *own,
        )
        self._note_forgotten(activity, sha256)
        self._do("DELETE FROM activity WHERE runner = ? AND key = ?", *own)
        if not self._all("SELECT 1 FROM activity WHERE recording = ?", number):
            self._delete_for_good(number)

    def _delete_for_good(self, number: int) -> None:
        """Delete a recording that the runner deleted; its origins stay, without what was noted behind their versions.

        A version without a remark is how a sync knows what the runner deleted from what it could not fetch or read.
        """
        self._do(
            "UPDATE origin SET version = substr(version, 1, instr(version, ?) - 1)"
            " WHERE recording = ? AND instr(version, ?)",
            MARK,
            number,
            MARK,
        )
        self._do("DELETE FROM recording WHERE id = ?", number)

    def _note_forgotten(self, activity: str, sha256: str) -> None:
        self._do(
            "INSERT OR IGNORE INTO forgotten (runner, activity, sha256) VALUES (?, ?, ?)", self.runner, activity, sha256
        )

    def _wipe(self) -> None:
        """Bring the zeros that deleted content becomes (secure_delete) into the file, and empty the journal."""
        ((busy, *_),) = self._all("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            message = (
                f"{self.path}: that is deleted, but another program is reading the store, so the old content is still "
                "in the file; end that program, then any command of kneedrive overwrites it"
            )
            raise StillHeld(message)


__all__ = [
    "ID_LENGTH",
    "MARK",
    "Derive",
    "NewActivity",
    "NewRun",
    "Origin",
    "Placed",
    "Progress",
    "RunRow",
    "SourceRow",
    "Store",
    "Tag",
]
