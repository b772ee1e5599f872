"""The file of the store: made, opened, checked, copied; and what SQLite's errors mean to a user."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from kneedrive.errors import ReadOnlyStore, StoreError

APPLICATION_ID = 0x6B6E6565  # "knee", at byte 68 of the file: tells our files from other SQLite databases
SCHEMA_VERSION = 4
DERIVED_TABLES = ("detail", "epochs", "run_source", "activity", "run")  # children first
TRUTH_TABLES = ("origin", "recording", "split", "forgotten", "tag", "sync_state")
# Changes of the six tables that hold the truth, by the version they lead to. Derived tables are never migrated.
MIGRATIONS = {
    2: "ALTER TABLE recording ADD COLUMN sport TEXT NOT NULL DEFAULT '';",
    3: "ALTER TABLE origin ADD COLUMN shoe TEXT NOT NULL DEFAULT '';",
}
PATIENCE_S = 30.0
NO_RUNS = "there are no runs yet: kneedrive import FILE or FOLDER takes some in"
_SMALLEST = 512  # bytes of a database: one page of the smallest size that SQLite knows
_RESTORE = "move it away and restore a backup, or import the files again"
_UNHARMED = "the run in hand was not kept, what was stored before is unharmed"
_AGAIN = "then run the same command again"

_MEANING = {
    sqlite3.SQLITE_BUSY: "another kneedrive is writing to the store and has not finished; wait for it, then try again",
    sqlite3.SQLITE_LOCKED: "the store is in use; wait for the other command, then try again",
    sqlite3.SQLITE_READONLY: "the store cannot be written: make the file and its folder writable, or name another path",
    sqlite3.SQLITE_PERM: "the store may not be opened: it belongs to somebody else; name another path",
    sqlite3.SQLITE_IOERR: f"the disk failed while the store was used; {_UNHARMED}; check the disk, {_AGAIN}",
    sqlite3.SQLITE_FULL: f"the disk is full; {_UNHARMED}; free some space, {_AGAIN}",
    sqlite3.SQLITE_CORRUPT: f"the store is damaged; {_RESTORE}",
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
        raise kind(f"{path}: {_MEANING[code]}") from error


@contextmanager
def reached(path: Path, what: str) -> Iterator[None]:
    """Say in a sentence what the operating system refuses."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path}: {what} cannot be opened or made there ({error.strerror}); name another path"
        ) from error


@contextmanager
def transaction(db: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """From a lock (that keeps other writers out, if it is immediate) to a commit, or back to the start on any error."""
    db.execute(f"BEGIN {kind}")
    try:
        yield
        db.execute("COMMIT")
    finally:
        # SQLite has gone back by itself after some errors, a full disk among them.
        if db.in_transaction:
            db.execute("ROLLBACK")


def open_file(path: Path, *, create: bool, patience_s: float) -> sqlite3.Connection:
    """An open connection to a store of this version. Raises StoreError; a file that is not ours is not touched."""
    with reached(path, "the store"):
        _be_there(path, create=create)
    with told(path):
        db = _connected(path, patience_s)
        try:
            # secure_delete: what is deleted is overwritten, since a recording tells where somebody lives.
            for setting in ("foreign_keys = ON", "secure_delete = ON", "synchronous = NORMAL"):
                db.execute(f"PRAGMA {setting}")
            if _version(db) < SCHEMA_VERSION:
                _upgrade(db)
            _use_wal(db)
        except sqlite3.Error:
            db.close()
            raise
    with suppress(OSError):  # somebody else's file, shared on purpose, or a disk that cannot be written
        path.chmod(0o600)
    return db


def read_file(path: Path) -> sqlite3.Connection:
    """A connection that can change nothing. Raises StoreError, also for a store of an older version."""
    with reached(path, "the store"):
        _be_there(path, create=False)
    with told(path):
        db = _connected(path, PATIENCE_S, f"{path.absolute().as_uri()}?mode=ro")
        if (version := _version(db)) < SCHEMA_VERSION:
            db.close()
            older = f"an older kneedrive made this store (schema {version}, this one reads {SCHEMA_VERSION})"
            raise StoreError(f"{path}: {older}; kneedrive runs brings it up to date")
    return db


def _connected(path: Path, patience_s: float, address: str = "") -> sqlite3.Connection:
    """A connection to a file that was found to be a store. address: of SQLite, where it is not the path."""
    try:
        return _checked(address or str(path), path, patience_s)
    except sqlite3.OperationalError as error:
        # To read, SQLite makes a file beside the store. Where it may not, it can read all the same if it is told that
        # nothing changes, which is true unless something waits in a journal.
        journals = (path.with_name(f"{path.name}-{kind}") for kind in ("wal", "journal"))
        waiting = any(each.exists() and each.stat().st_size for each in journals)
        if waiting or plain_code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
    return _checked(f"{path.absolute().as_uri()}?immutable=1", path, patience_s)


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
        raise StoreError(f"{path}: this is a folder; name a file in it for the store")
    if path.exists():
        # SQLite takes a file of one byte for an empty one. It is not opened to find out: whoever closes a file loses
        # all locks on it that the process has.
        if 0 < path.stat().st_size < _SMALLEST:
            raise StoreError(f"{path}: {_MEANING[sqlite3.SQLITE_NOTADB]}")
        return
    if not create:
        raise StoreError(f"{path}: {NO_RUNS}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    touch(path)


def touch(path: Path) -> None:
    """Make an empty file that nobody else can read."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _check(db: sqlite3.Connection, path: Path) -> None:
    """Refuse what is not ours, newer than we are, or not whole."""
    with transaction(db, "DEFERRED"):  # one moment: another process may be making the file just now
        (ours,), version = db.execute("PRAGMA application_id").fetchone(), _version(db)
        names = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    expected = TRUTH_TABLES if version < SCHEMA_VERSION else TRUTH_TABLES + DERIVED_TABLES
    missing = [name for name in expected if name not in names]
    why = ""
    if ours != APPLICATION_ID and (ours or version or names):
        why = "this database belongs to another program, and kneedrive leaves it alone; name another path"
    elif version > SCHEMA_VERSION:
        newer = f"a newer kneedrive made this store (schema {version}, this one knows {SCHEMA_VERSION})"
        why = f"{newer}; install that version, or name another path"
    elif version and missing:
        why = f"the store is damaged, its table {missing[0]} is gone; {_RESTORE}"
    if why:
        raise StoreError(f"{path}: {why}")


def _use_wal(db: sqlite3.Connection) -> None:
    """Let others read while one writes. Where that cannot be set, the store works without."""
    if db.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        return
    try:
        db.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        # SQLite does not wait here for another process that is setting the same at this moment.
        if plain_code(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _upgrade(db: sqlite3.Connection) -> None:
    """Bring the schema to this version in one transaction: truth is migrated, derived tables are made anew, empty."""
    with transaction(db):
        version = _version(db)
        if version >= SCHEMA_VERSION:  # another process was first
            return
        for step in range(version + 1, SCHEMA_VERSION + 1):
            _run_script(db, MIGRATIONS.get(step, "") if version else "")  # a new file has nothing to migrate
        for table in DERIVED_TABLES:
            db.execute(f"DROP TABLE IF EXISTS {table}")
        _run_script(db, Path(__file__).with_name("schema.sql").read_text(encoding="utf-8"))
        db.execute("UPDATE recording SET derived = ''")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


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
    """Write a consistent copy of the open store at `path`, as `Store.backup` says; it comes into place in one step."""
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
    recordings = "SELECT 1 FROM recording LIMIT 1"
    try:
        sound = copy.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
        empty = sound and not copy.execute(recordings).fetchall()
    except sqlite3.DatabaseError:
        sound = empty = False
    if not sound:
        raise StoreError(
            f"{path}: the store is damaged, so no backup is made of it and {target} stays as it is; move the store "
            "away and restore a backup, or import the files again"
        )
    if force or not empty or not target.exists():
        return
    # Where the older one cannot be read, some recordings could still be saved from it.
    there = f"{target.absolute().as_uri()}?mode=ro"
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(there, uri=True)) as older:
        if not older.execute(recordings).fetchall():
            return
    raise StoreError(
        f"{target}: this backup stays, since it has recordings and the store has none; name another file, or "
        "--force overwrites it"
    )


def _replaceable(path: Path, target: Path, *, force: bool) -> None:
    why = ""
    if target.is_dir():
        why = "this is a folder; name a file in it for the backup"
    elif target.exists() and not target.is_file():
        why = "this is no ordinary file; name another one for the backup"
    elif target.exists() and target.samefile(path):
        why = "this is the store itself; name another file for the backup"
    elif target.exists() and not force and not _is_ours(target):
        why = "this file exists and is no backup of kneedrive; name another one, or --force overwrites it"
    if why:
        raise StoreError(f"{target}: {why}")


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return int.from_bytes(file.read(72)[68:72], "big") == APPLICATION_ID


def _clear(target: Path) -> None:
    """Delete unfinished backups in the target's folder that no process works on any more."""
    # One of this target is known by its name; it may have been killed before its first byte.
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
