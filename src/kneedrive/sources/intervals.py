"""intervals.icu: the runner's activities, fetched as the very files that were uploaded, dynamics and all."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from kneedrive.config import Secret
from kneedrive.errors import ConfigError
from kneedrive.sources.http import Answer, Client, Http, Pace, basic
from kneedrive.sources.plan import NOT_A_RUN, UNIDENTIFIED, Fetched, Listed, identified, moment, shoe_of

INTERVAL_S = 0.5  # its limits are written nowhere: two requests a second are taken for gentle
LATE = timedelta(days=1)  # the list goes by local dates, which may lie a day off ours on either side
RUNS = ("Run", "TrailRun", "VirtualRun")
STUB = "comes from Strava, which forbids intervals.icu to hand it on; use 'kneedrive sync strava' or Strava's export"
VERSION_KEYS = ("id", "source", "file_type", "external_id", "start_date_local", "distance", "moving_time", "type")


class Intervals(Client):
    """A Source: intervals.icu. athlete: whose runs; 0 is the owner of the key."""

    name = "intervals"

    def __init__(self, http: Http, key: Secret, pace: Pace, *, athlete: str = "0") -> None:
        if not key:
            raise ConfigError("intervals.icu needs your API key (its Settings, Developer): set INTERVALS_ICU_API_KEY")
        # The user is literally that; the key is the password.
        super().__init__(http, pace, basic("API_KEY", key))
        self._athlete = athlete

    def listing(self, since: datetime | None) -> Iterator[Listed]:
        """Every activity from the day of `since` on. Raises SourceError."""
        # The list wants a day to begin at; the first watches with GPS came later.
        oldest = "2000-01-01" if since is None else f"{since - LATE:%Y-%m-%d}"
        answer = self._of_athlete("activities", oldest=oldest, newest=f"{self._pace.clock() + LATE:%Y-%m-%d}")
        yield from (listed(item) if identified(item) else UNIDENTIFIED for item in answer.rows())

    def fetch(self, item: Listed) -> Fetched | None:
        """The original file as it was uploaded, maybe gzipped or zipped; None where there is none (HTTP 404)."""
        body = self._get(f"activity/{item.id}/file", {}).file(item.id, "import it from the watch instead")
        kind = str(item.summary.get("file_type") or "").lower()
        return None if body is None else self._fetched(item, body, kind)

    def shoe_names(self, ids: Collection[str]) -> Mapping[str, str]:
        """The name of each pair of shoes; the id where there is none. One request."""
        entries = self._of_athlete("gear").json()
        rows = [each for each in entries if identified(each)] if isinstance(entries, list) else []
        named = {str(each["id"]): each["name"] for each in rows if isinstance(each.get("name"), str)}
        return {each: named.get(each, "").strip() or each for each in ids}

    def athletes(self) -> Mapping[str, str]:
        """Whose runs the key can read beside its owner's, by id: those whom a coach follows. Raises SourceError."""
        today = self._pace.clock()
        answer = self._of_athlete("athlete-summary", start=f"{today - LATE:%Y-%m-%d}", end=f"{today:%Y-%m-%d}")
        rows = [row for row in answer.rows("athletes") if identified(row, "athlete_id")]
        return dict(sorted((str(row["athlete_id"]), str(row.get("athlete_name") or "")) for row in rows))

    def _of_athlete(self, what: str, **query: str) -> Answer:
        # The service says 403 to a wrong key too.
        return self._get(f"athlete/{self._athlete}/{what}", query).good(
            "intervals.icu refuses the API key: copy it anew from its Settings, Developer",
            "intervals.icu answered with HTTP {}: check its base address and athlete id",
        )


def listed(summary: Mapping[str, Any]) -> Listed:
    """One entry of the list. Stubs of Strava activities and other sports are announced with the reason to skip them."""
    kept = {key: str(summary[key]) for key in VERSION_KEYS if summary.get(key) is not None}
    sport = kept.get("type", "")
    stub = kept.get("source") == "STRAVA" or "_note" in summary
    other = "" if sport in RUNS else NOT_A_RUN
    gear = summary.get("gear")
    shoe = shoe_of(gear.get("id"), gear.get("name")) if isinstance(gear, Mapping) else shoe_of(summary.get("gear_id"))
    return Listed(
        id=str(summary["id"]),
        version=hashlib.sha256(repr(sorted(kept.items())).encode()).hexdigest()[:16],
        started_at=moment(summary.get("start_date") or summary.get("start_date_local")),
        sport="running" if sport in RUNS else sport.lower(),
        skip=STUB if stub else other,
        shoe=shoe,
        summary=kept,
    )
