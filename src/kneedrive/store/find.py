"""Which run a user means."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from kneedrive.errors import NotEnoughData, StoreError
from kneedrive.store.read import Reading
from kneedrive.store.rows import RUNS, RunRow, run_row

# The whole id first: it is also the beginning of the ids of later sessions of the same file.
_BY_ID = (
    "AND id IN (SELECT run FROM activity WHERE runner = ? AND key = ?)",
    "AND id IN (SELECT run FROM activity WHERE runner = ? AND key LIKE ? || '%')",
)
_IN_ORDER = " ORDER BY started_at_ms, key"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = re.compile(r"[0-9a-f]{4,12}(-\d+)?")


class Searching(Reading):
    """Finds runs by what a user types."""

    def find(self, spec: str, zone_offset_s: int = 0) -> RunRow:
        """The run that a user means: "last", a local date, or the first four or more digits of an id.

        Ids of all activities of a run count, so that an old id still leads to a run that was merged since.
        zone_offset_s: local time minus UTC for runs that do not say. Raises NotEnoughData for an empty store,
        StoreError for no such run or several.
        """
        if not self._all("SELECT 1 FROM run WHERE runner = ? LIMIT 1", self.runner):
            message = "there are no runs in the store yet; import some first"
            raise NotEnoughData(message)
        rows = self._meant(spec.strip().lower(), zone_offset_s)
        if len(rows) == 1:
            return run_row(rows[0])
        if not rows:
            message = (
                f"{spec}: no such run; say last, a date like 2026-05-24, or the start of an id from the list of runs"
            )
        else:
            message = f"{spec}: {len(rows)} runs; say which by its id: {', '.join(row[0] for row in rows[:8])}"
        raise StoreError(message)

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
