"""What the store remembers beside runs: tags, how far each source has been read, who is in it."""

from __future__ import annotations

from datetime import date, datetime

from kneedrive.store.rows import Tag, to_ms
from kneedrive.store.write import Writing


class Notes(Writing):
    """Small facts, each written in one statement."""

    def tag(self, day: date, text: str) -> None:
        """Note something for a local day; the same twice is kept once."""
        self._do("INSERT OR IGNORE INTO tag (runner, day, text) VALUES (?, ?, ?)", self.runner, day.isoformat(), text)

    def untag(self, day: date, text: str) -> bool:
        """Take a tag back; False where there was none."""
        with self.writing():
            there = Tag(day.isoformat(), text) in self.tags()
            self._do("DELETE FROM tag WHERE runner = ? AND day = ? AND text = ?", self.runner, day.isoformat(), text)
        return there

    def tags(self) -> list[Tag]:
        """All tags by day."""
        return [
            Tag(*row) for row in self._all("SELECT day, text FROM tag WHERE runner = ? ORDER BY day, id", self.runner)
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
        """Keys without a recording: what the runner deleted, and what `note_seen` noted."""
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

    def runners(self) -> list[str]:
        """Everybody who has something in this store, by name."""
        return [row[0] for row in self._all("SELECT DISTINCT runner FROM recording ORDER BY runner")]
