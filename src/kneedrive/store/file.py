"""The file of the store: made, opened, checked, copied; and what SQLite's errors mean to a user."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from kneedrive.errors import StoreError

APPLICATION_ID = 0x6B6E6565  # "knee", at byte 68 of the file: tells our files from other SQLite databases
SCHEMA_VERSION = 2
DERIVED_TABLES = ("detail", "epochs", "run_source", "activity", "run")  # children first
# Changes of the six tables that hold the truth, by the version they lead to. Derived tables are never migrated.
MIGRATIONS = {2: "ALTER TABLE recording ADD COLUMN sport TEXT NOT NULL DEFAULT '';"}
PATIENCE_S = 30.0
_MAGIC = b"SQLite format 3\0"

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


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Say in a sentence what SQLite reports, where it is the user's to know. Everything else is a bug and passes."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        # Extended codes carry the plain one in their low byte; errors of the module itself carry none.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code not in _MEANING:
            raise
        message = f"{path}: {_MEANING[code]}"
        raise StoreError(message) from error


@contextmanager
def _reached(path: Path, what: str) -> Iterator[None]:
    """Say in a sentence what the operating system refuses."""
    try:
        yield
    except OSError as error:
        message = f"{path}: {what} cannot be opened or made there ({error.strerror}); name another path"
        raise StoreError(message) from error


def open_file(path: Path, *, create: bool, patience_s: float = PATIENCE_S) -> sqlite3.Connection:
    """An open connection to a store of this version. Raises StoreError; a file that is not ours is not touched."""
    with _reached(path, "the store"):
        _be_there(path, create=create)
    with told(path):
        # Transactions are ours alone: isolation_level None means the same in every Python version.
        db = sqlite3.connect(path, timeout=patience_s, isolation_level=None)
        try:
            _check(db, path)
            _prepare(db)
        except (sqlite3.Error, StoreError):
            db.close()
            raise
    with suppress(PermissionError):  # somebody else's file, shared on purpose
        path.chmod(0o600)
    return db


def copy_file(db: sqlite3.Connection, path: Path, target: Path) -> None:
    """Write a consistent copy while others may write. An older backup is replaced in one step, anything else is not."""
    half = target.with_name(f"{target.name}.{os.getpid()}.part")
    with _reached(target, "the backup"):
        _replaceable(path, target)
        _touch(half)
        try:
            with told(target), closing(sqlite3.connect(half, isolation_level=None)) as copy:
                db.backup(copy)
                # A backup is one file: no journal beside it.
                copy.execute("PRAGMA journal_mode = DELETE")
            half.replace(target)
        finally:
            half.unlink(missing_ok=True)


def _replaceable(path: Path, target: Path) -> None:
    if target.is_dir():
        message = f"{target}: this is a folder; name a file in it for the backup"
        raise StoreError(message)
    if target.exists() and target.samefile(path):
        message = f"{target}: this is the store itself; name another file for the backup"
        raise StoreError(message)
    if target.exists() and _application_id(target) != APPLICATION_ID:
        message = f"{target}: this file exists and is no backup of kneedrive; name another one"
        raise StoreError(message)


def _application_id(path: Path) -> int:
    with path.open("rb") as file:
        return int.from_bytes(file.read(72)[68:72], "big")


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
    _touch(path)


def _look(path: Path) -> None:
    """Refuse what is no database before SQLite does: it takes a file of a few bytes for an empty one."""
    with suppress(PermissionError), path.open("rb") as file:  # which SQLite will say
        if file.read(len(_MAGIC)) not in (_MAGIC, b""):
            message = f"{path}: {_MEANING[sqlite3.SQLITE_NOTADB]}"
            raise StoreError(message)


def _touch(path: Path) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _check(db: sqlite3.Connection, path: Path) -> None:
    """Refuse what is not ours or newer than we are."""
    (ours,), (version,) = (db.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version"))
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if ours != APPLICATION_ID and (ours or version or tables):
        message = f"{path}: this database belongs to another program, and kneedrive leaves it alone; name another path"
        raise StoreError(message)
    if version > SCHEMA_VERSION:
        message = (
            f"{path}: a newer kneedrive made this store (schema {version}, this one knows {SCHEMA_VERSION}); "
            "install that version, or name another path"
        )
        raise StoreError(message)


def _prepare(db: sqlite3.Connection) -> None:
    """Settings of the connection; schema and journal of a new file or an old one."""
    for setting in ("foreign_keys = ON", "secure_delete = ON", "synchronous = NORMAL"):
        db.execute(f"PRAGMA {setting}")
    if _version(db) < SCHEMA_VERSION:
        _upgrade(db)
    if db.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        db.execute("PRAGMA journal_mode = WAL")


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
