"""A copy of the store, made while others may write to it."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from kneedrive.errors import StoreError
from kneedrive.store.file import APPLICATION_ID, reached, told, touch

_PART = ".part"
_BESIDE = ("", "-journal", "-wal", "-shm")  # what SQLite has beside a file that it writes


def copy_file(db: sqlite3.Connection, path: Path, target: Path, *, force: bool = False) -> None:
    """Write a consistent copy of the open store at `path`. An older backup is replaced in one step.

    Raises StoreError; also where another file is at `target`, unless `force` asks for it to be replaced. What killed
    backups left unfinished in the folder is deleted.
    """
    half = target.with_name(f"{target.name}.{os.getpid()}{_PART}")
    with reached(target, "the backup"):
        _replaceable(path, target, force=force)
        _clear(target)
        touch(half)
        try:
            with told(target), closing(sqlite3.connect(half, isolation_level=None)) as copy:
                _fill(copy, db)
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
