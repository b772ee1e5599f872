"""The store: every run of a runner in one SQLite file. Recordings are the truth, all else can be rebuilt from them.

One transaction per recording: a kill at any moment loses at most the one in hand. Two processes may write at once;
they wait for one another. The store knows nothing of analysis: a `Derive` function says what a recording means.

    with Store.open(path) as store:
        store.add(recording, Origin(source="file"), derive, version="1")
        latest = store.find("last")
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Self

from kneedrive.errors import StillHeld
from kneedrive.store.backup import copy_file
from kneedrive.store.file import DERIVED_TABLES, PATIENCE_S, TRUTH_TABLES, is_there, open_file
from kneedrive.store.notes import Notes
from kneedrive.store.read import ID_LENGTH
from kneedrive.store.rows import Derive, NewActivity, NewRun, Origin, Placed, Progress, RunRow, SourceRow, Tag, to_ms


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

        An older backup is replaced, and with `force` any other file. Raises StoreError.
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
            self._do("DELETE FROM recording WHERE runner = ? AND sha256 = ?", *own)
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
        process reads it and did not end in time. It is overwritten once that has ended and the store is closed again.
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
