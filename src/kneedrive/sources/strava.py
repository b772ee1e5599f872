"""Strava's API: the runner's activities, listed and fetched as documents of our own (readers/strava.py reads them).

Strava hands out speed and cadence, never the watch's file and never contact time or oscillation. Positions are never
asked for and never kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from kneedrive.errors import RateLimited, Unreachable
from kneedrive.sources import limits, strava_faults
from kneedrive.sources.http import Answer, Http, bearer, json_of
from kneedrive.sources.items import Fetched, Listed, identified, moment, unidentified
from kneedrive.sources.oauth import Service

if TYPE_CHECKING:
    from kneedrive.sources.oauth import Login

SERVICE = Service(
    name="Strava",
    command=strava_faults.LOGIN,
    scope="read,activity:read_all",
    enough=("activity:read_all", "activity:read"),
)
FORMAT = "strava"
DOCUMENT = "kneedrive-strava-1"
PER_PAGE, MAX_PAGES = 200, 250
LOOKBACK = timedelta(days=365)  # two requests for most runners
# Pages overlap by this much: Strava does not say by which clock it sorts, and local ones are up to 14 hours apart.
OVERLAP = timedelta(days=1)
KEEP = timedelta(days=7)  # the API policy's longest time for raw answers
REFUSALS = 3  # of one request, by rate limit
STREAMS = ("time", "distance", "altitude", "velocity_smooth", "heartrate", "cadence", "watts")
SUMMARY = (
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
Wait = Callable[[datetime], object]


class Strava:
    """A Source. `wait(until)` sleeps through a rate limit; without it the limit is raised as RateLimited."""

    name = "strava"
    lookback = LOOKBACK

    def __init__(self, http: Http, login: Login, *, clock: Callable[[], datetime], wait: Wait | None = None) -> None:
        self._http = http
        self._login = login
        self._clock = clock
        self._wait = wait
        self._usage: limits.Usage | None = None

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
            reached = _reached(items)
            if not items or (not fresh and page > 1) or (since and reached and reached < since - OVERLAP):
                return
            before, page = (reached + OVERLAP, 1) if fresh and reached and page == 1 else (before, page + 1)
        message = f"Strava still had activities after {MAX_PAGES} pages: check its base address in the configuration"
        raise Unreachable(message)

    def fetch(self, item: Listed) -> Fetched | None:
        """The activity as one document; None where Strava has it no longer (HTTP 404). Manual ones have no streams."""
        streams: Any = {}
        if not item.summary.get("manual"):
            answer = self._get(f"activities/{item.id}/streams", {"keys": ",".join(STREAMS), "key_by_type": "true"})
            if answer.status == 404:
                return None
            streams = json_of(_good(answer))
        now = self._clock()
        return Fetched(
            source=self.name,
            id=item.id,
            version=item.version,
            format=FORMAT,
            name=f"strava-{item.id}",
            body=document(item.summary, streams),
            fetched_at=now,
            expires_at=now + KEEP,
        )

    def _page(self, before: datetime | None, page: int) -> list[Listed]:
        until = {} if before is None else {"before": int(before.timestamp())}
        entries = json_of(_good(self._get("athlete/activities", {**until, "page": page, "per_page": PER_PAGE})))
        if not isinstance(entries, list):
            message = "Strava's list of activities is none that kneedrive understands: try again later"
            raise Unreachable(message)
        return [listed(entry) if identified(entry) else unidentified() for entry in entries]

    def _get(self, path: str, query: Mapping[str, Any]) -> Answer:
        # Foreseeing a full window matters: a refused request counts for the day all the same.
        for _ in range(REFUSALS):
            self._hold(limits.open_at(self._usage, self._clock()))
            answer = self._signed(path, query)
            if answer.status != 429:
                return answer
            until = limits.after_refusal(self._usage, self._clock())
            self._hold(until)
        raise self._limited(until)

    def _signed(self, path: str, query: Mapping[str, Any]) -> Answer:
        token = self._login.access()
        answer = self._counted(self._http.get(path, query, authorization=bearer(token)))
        if strava_faults.bad_token(answer):
            fresh = self._login.renew(token)
            answer = self._counted(self._http.get(path, query, authorization=bearer(fresh)))
        return answer

    def _counted(self, answer: Answer) -> Answer:
        self._usage = limits.usage(answer.headers, self._clock()) or self._usage
        return answer

    def _hold(self, until: datetime | None) -> None:
        if until is None:
            return
        if self._wait is None:
            raise self._limited(until)
        self._wait(until)

    def _limited(self, until: datetime) -> RateLimited:
        message = f"Strava's rate limit is reached: go on after {until:%Y-%m-%d %H:%M} UTC; what was fetched is kept"
        return RateLimited(message, retry_at=until)


def _reached(items: Sequence[Listed]) -> datetime | None:
    """The start that a page goes back to; None where its activities are not in the order of their starts."""
    starts = [item.started_at for item in items if item.started_at]
    ordered = all(older <= newer + OVERLAP for newer, older in pairwise(starts))
    return starts[-1] if starts and ordered else None


def _good(answer: Answer) -> Answer:
    if answer.status != 200:
        raise strava_faults.error_for(answer)
    return answer


def listed(summary: Mapping[str, Any]) -> Listed:
    """One entry of the list. Only runs are worth a request; an activity whose start cannot be read comes without."""
    kept = kept_of(summary)
    sport = str(kept.get("sport_type") or kept.get("type") or "")
    return Listed(
        id=str(summary["id"]),
        version=hashlib.sha256(_json(kept)).hexdigest()[:16],
        started_at=moment(kept.get("start_date")),
        sport="running" if sport in RUNS else sport.lower(),
        skip="" if sport in RUNS else "not a run",
        summary=kept,
        complete=bool(kept.get("manual")),
    )


def kept_of(summary: Mapping[str, Any]) -> dict[str, Any]:
    """What we keep of a summary: no names, no people, no places; of the position only whether there was one."""
    kept = {key: summary[key] for key in SUMMARY if key in summary}
    return {**kept, "positioned": bool(summary.get("start_latlng"))}


def document(summary: Mapping[str, Any], streams: Any) -> bytes:
    """The bytes we store: one JSON object with `format`, `activity` (see SUMMARY) and `streams` by name (see STREAMS).

    The same answers give the same bytes. Raises Unreachable where the streams are no object of streams.
    """
    if not isinstance(streams, dict):
        message = "Strava sent streams in a shape that kneedrive does not understand: try again later"
        raise Unreachable(message)
    # Picked by name: whatever else an answer holds (positions, were they ever sent unasked) goes no further.
    arrays = {name: streams[name].get("data") for name in STREAMS if isinstance(streams.get(name), dict)}
    # The format stands first, so that a reader knows the document by its first bytes.
    return b'{"format":%b,"activity":%b,"streams":%b}' % (_json(DOCUMENT), _json(dict(summary)), _json(arrays))


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
