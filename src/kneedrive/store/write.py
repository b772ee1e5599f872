"""Recordings into the store, one transaction each; deriving again, and taking runs apart."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from kneedrive.errors import DamagedOriginal
from kneedrive.model import Recording
from kneedrive.store.place import Placing
from kneedrive.store.rows import Ahead, Derive, Origin, Progress, to_ms

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
        raises stops it; the recording in hand keeps its old results. Purged recordings keep theirs (see `to_fetch`),
        and so do those whose bytes are damaged, of which `damaged` is told.
        ahead: hands the recordings on in their order, and may do costly work on them before the lock is taken.
        """
        done = 0
        for _ in range(_PASSES):
            numbers = self._to_derive(version)
            if numbers:  # the work would be for nothing where nothing can be written; this asks
                self._do("UPDATE recording SET derived = derived WHERE 0")
            originals = self._originals(numbers, version, damaged)
            for position, recording in enumerate(ahead(originals), start=1):
                done += self._derive_again(recording, derive, version)
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
        """Take a damaged recording's results for those of this version, since they cannot be made again.

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
