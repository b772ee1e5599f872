"""Strava's API: how often it may be asked, the runner's activities listed and fetched as documents of our own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from kneedrive.errors import Unreachable
from kneedrive.sources.http import Answer, Client, Pace
from kneedrive.sources.oauth import error_for, fault, good
from kneedrive.sources.plan import NOT_A_RUN, UNIDENTIFIED, Fetched, Listed, identified, moment, shoe_of

# How often Strava may be asked: so often in a quarter of an hour and in a day, in all and for reading.

QUARTER = timedelta(minutes=15)
MARGIN = timedelta(seconds=2)  # clocks differ; a request too early counts for the day all the same
PAIRS = (("X-RateLimit-Limit", "X-RateLimit-Usage"), ("X-ReadRateLimit-Limit", "X-ReadRateLimit-Usage"))


def next_quarter(now: datetime) -> datetime:
    """The next :00, :15, :30 or :45, in UTC."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour + QUARTER * ((now.astimezone(UTC) - hour) // QUARTER + 1)


def opens_at(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the next request may go out by the headers of an answer of now: `now`, or the end of a full window."""
    told: list[datetime] = []
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for limits, used in PAIRS:
        try:
            (short, day), (short_used, day_used) = (
                map(int, headers.get(name, "").split(",")) for name in (limits, used)
            )
        except ValueError:  # no windows that can be read
            continue
        told.append(midnight + MARGIN if day_used >= day else now)
        told.append(next_quarter(now) + MARGIN if short_used >= short else now)
    return max(told, default=None)


class Windows(Pace):
    """Strava's pace: a full window is waited out before Strava has to refuse, which would count for the day too."""

    brief_s = 0.0  # also a short pause goes to `wait`, which says until when
    limited = "{service}'s rate limit is reached: go on after {until:%Y-%m-%d %H:%M} UTC; what was fetched is kept"
    _opens_at: datetime | None = None

    def ready(self) -> None:
        """Return when no window is full. Raises RateLimited where that is not to be waited for."""
        if self._opens_at and self._opens_at > self.clock():
            self.hold(self._opens_at)

    def seen(self, answer: Answer) -> datetime:
        """Take notice of the windows; when to come back: the next quarter of an hour where none is said to be full."""
        now = self.clock()
        self._opens_at = opens_at(answer.headers, now) or self._opens_at
        return self._opens_at if self._opens_at and self._opens_at > now else next_quarter(now) + MARGIN


# Strava's API: the runner's activities, listed and fetched as documents of our own (readers/strava.py reads them).
#
# Strava hands out speed and cadence, never the watch's file and never contact time or oscillation. Positions are
# never asked for and never kept.

DOCUMENT = "kneedrive-strava-1"
PER_PAGE, MAX_PAGES = 200, 250  # the most that Strava gives; a service that never ends is not read for ever
# Pages overlap by this much: Strava does not say by which clock it sorts, and local ones are up to 14 hours apart.
OVERLAP = timedelta(days=1)
KEEP = timedelta(days=7)  # the API policy's longest time for raw answers
STREAMS = ("time", "distance", "altitude", "velocity_smooth", "heartrate", "cadence", "watts")
SUMMARY = (  # of what the list says; names, texts, people and places are not among it
    "average_cadence",
    "average_heartrate",
    "average_speed",
    "average_watts",
    "device_name",
    "device_watts",
    "distance",
    "elapsed_time",
    "external_id",
    "id",
    "manual",
    "moving_time",
    "sport_type",
    "start_date",
    "start_date_local",
    "timezone",
    "trainer",
    "type",
    "utc_offset",
)
RUNS = ("Run", "TrailRun", "VirtualRun")


def base_url(now: datetime) -> str:
    """The address of the API: Strava moves it on 1 June 2027, when the old one ends. Its login stays where it is."""
    moved = now >= datetime(2027, 6, 1, tzinfo=UTC)
    return "https://api-v3.strava.com" if moved else "https://www.strava.com/api/v3"


class Strava(Client):
    """A Source: Strava's own API."""

    name = "strava"

    def listing(self, since: datetime | None) -> Iterator[Listed]:
        """Every activity from `since` on, each once. Raises SourceError.

        Read by date, the newest first: by page numbers, an activity deleted meanwhile would move an older one onto a
        page that was read before. Numbers count only where the answer is in no order, or one day fills it. A short
        page is not the last: an empty one is, or a second one without anything new.
        """
        seen: set[str] = set()
        before: datetime | None = None
        page = 1
        for _ in range(MAX_PAGES):
            items = self._page(before, page)
            fresh = [item for item in items if item.id not in seen]
            seen.update(item.id for item in fresh)
            yield from (item for item in fresh if since is None or item.started_at is None or item.started_at >= since)
            starts = [item.started_at for item in items if item.started_at]
            ordered = all(older <= newer + OVERLAP for newer, older in pairwise(starts))
            reached = starts[-1] if starts and ordered else None  # the start that the page goes back to
            if not items or (not fresh and page > 1) or (since and reached and reached < since - OVERLAP):
                return
            before, page = (reached + OVERLAP, 1) if fresh and reached and page == 1 else (before, page + 1)
        raise Unreachable(
            f"Strava still had activities after {MAX_PAGES} pages: check its base address in the configuration"
        )

    def fetch(self, item: Listed) -> Fetched | None:
        """The activity as one document; None where Strava has it no longer (HTTP 404). Manual ones have no streams."""
        streams: Any = {}
        if not item.summary.get("manual"):
            answer = self._get(f"activities/{item.id}/streams", {"keys": ",".join(STREAMS), "key_by_type": "true"})
            if answer.status == 404:
                return None
            streams = good(answer).json()
        return self._fetched(item, document(item.summary, streams), "strava", KEEP)

    def shoe_names(self, ids: Collection[str]) -> Mapping[str, str]:
        """The name of each pair of shoes; the id where Strava hands out none. One request a pair."""
        names = {}
        for gear in ids:
            answer = self._get(f"gear/{gear}", {})
            if answer.status >= 500 or answer.status in (400, 401):
                raise error_for(answer)
            entry = answer.json() if answer.status == 200 else None
            name = entry.get("name") if isinstance(entry, dict) else None
            names[gear] = name if isinstance(name, str) and name.strip() else gear
        return names

    def _page(self, before: datetime | None, page: int) -> list[Listed]:
        until = {} if before is None else {"before": int(before.timestamp())}
        answer = good(self._get("athlete/activities", {**until, "page": page, "per_page": PER_PAGE}))
        return [listed(entry) if identified(entry) else UNIDENTIFIED for entry in answer.rows()]

    def _stale(self, answer: Answer) -> bool:
        said = fault(answer)  # no token cures what is wrong with the scope or the application
        return answer.status == 401 and said["code"] != "missing" and said["resource"] != "Application"


def listed(summary: Mapping[str, Any]) -> Listed:
    """One entry of the list. Only runs are worth a request; an activity whose start cannot be read comes without."""
    # No names, no people, no places are kept of it; of the position only whether there was one.
    kept = {key: summary[key] for key in SUMMARY if key in summary} | {"positioned": bool(summary.get("start_latlng"))}
    sport = str(kept.get("sport_type") or kept.get("type") or "")
    return Listed(
        id=str(summary["id"]),
        version=hashlib.sha256(_json(kept)).hexdigest()[:16],
        started_at=moment(kept.get("start_date")),
        sport="running" if sport in RUNS else sport.lower(),
        skip="" if sport in RUNS else NOT_A_RUN,
        shoe=shoe_of(summary.get("gear_id")),
        summary=kept,
        complete=bool(kept.get("manual")),
    )


def document(summary: Mapping[str, Any], streams: Any) -> bytes:
    """The bytes we store: one JSON object with `format`, `activity` (see SUMMARY) and `streams` by name (see STREAMS).

    The same answers give the same bytes. Raises Unreachable where the streams are no object of streams.
    """
    if not isinstance(streams, dict):
        raise Unreachable("Strava sent streams in a shape that kneedrive does not understand: try again later")
    # Picked by name: whatever else an answer holds (positions, were they ever sent unasked) goes no further.
    arrays = {name: streams[name].get("data") for name in STREAMS if isinstance(streams.get(name), dict)}
    # The format stands first, so that a reader knows the document by its first bytes.
    return b'{"format":%b,"activity":%b,"streams":%b}' % (_json(DOCUMENT), _json(dict(summary)), _json(arrays))


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
