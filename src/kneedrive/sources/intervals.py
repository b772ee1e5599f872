"""intervals.icu: the runner's activities, fetched as the very files that were uploaded, dynamics and all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kneedrive.errors import ConfigError, NotAuthorised, SourceError, Unreachable, Withheld
from kneedrive.record import Record
from kneedrive.sources.http import Answer, Http, Paced, basic, file_in, json_of, own_problem
from kneedrive.sources.plan import Fetched, Listed, identified, moment, shoe_of, unidentified

if TYPE_CHECKING:
    from kneedrive.config import Secret
    from kneedrive.sources.http import Throttle

USER = "API_KEY"  # literally; the key is the password
INTERVAL_S = 0.5
FIRST_DAY = "2000-01-01"
LOOKBACK = timedelta(days=365)  # one request, whatever its length
LATE = timedelta(days=1)  # the list goes by local dates, which may lie a day off ours on either side
RUNS = ("Run", "TrailRun", "VirtualRun")
STUB = "comes from Strava, which forbids intervals.icu to hand it on; use 'kneedrive sync strava' or Strava's export"
VERSION_KEYS = ("id", "source", "file_type", "external_id", "start_date_local", "distance", "moving_time", "type")
GONE = (404, 410)


class Athlete(Record, frozen=True, kw_only=True):
    """Somebody whose runs a key can read."""

    id: str
    name: str


class Intervals:
    """A Source. `wait(until)` sleeps through a refusal; without it the refusal is raised as RateLimited."""

    name = "intervals"
    lookback = LOOKBACK

    def __init__(
        self,
        http: Http,
        key: Secret,
        throttle: Throttle,
        *,
        clock: Callable[[], datetime],
        athlete: str = "0",
        wait: Callable[[datetime], object] | None = None,
    ) -> None:
        if not key:
            raise ConfigError("intervals.icu needs your API key (its Settings, Developer): set INTERVALS_ICU_API_KEY")
        self._http = http
        self._authorization = basic(USER, key)
        self._paced = Paced(http.service, throttle, clock=clock, wait=wait)
        self._clock = clock
        self._athlete = athlete

    def listing(self, since: datetime | None) -> Iterator[Listed]:
        """Every activity from the day of `since` on. Raises SourceError."""
        oldest = FIRST_DAY if since is None else f"{since - LATE:%Y-%m-%d}"
        query = {"oldest": oldest, "newest": f"{self._clock() + LATE:%Y-%m-%d}"}
        items = json_of(_good(self._get(f"athlete/{self._athlete}/activities", query), _list_error))
        if not isinstance(items, list):
            raise Unreachable("intervals.icu's list of activities is none that kneedrive understands: try again later")
        yield from (listed(item) if identified(item) else unidentified() for item in items)

    def fetch(self, item: Listed) -> Fetched | None:
        """The original file as it was uploaded, maybe gzipped or zipped; None where there is none (HTTP 404)."""
        answer = self._get(f"activity/{item.id}/file", {})
        if answer.status in GONE:
            return None
        return Fetched(
            source=self.name,
            id=item.id,
            version=item.version,
            format=str(item.summary.get("file_type") or "").lower(),
            name=f"intervals-{item.id}",
            body=file_in(_good(answer, _file_error), item.id),
            fetched_at=self._clock(),
        )

    def shoe_names(self, ids: Collection[str]) -> Mapping[str, str]:
        """The name of each pair of shoes; the id where there is none. One request."""
        entries = json_of(_good(self._get(f"athlete/{self._athlete}/gear", {}), _list_error))
        rows = [each for each in entries if identified(each)] if isinstance(entries, list) else []
        named = {str(each["id"]): each["name"] for each in rows if isinstance(each.get("name"), str)}
        return {each: named.get(each, "").strip() or each for each in ids}

    def athletes(self) -> list[Athlete]:
        """Whose runs the key can read beside its owner's: those whom a coach follows. Raises SourceError."""
        today = self._clock()
        query = {"start": f"{today - LATE:%Y-%m-%d}", "end": f"{today:%Y-%m-%d}"}
        rows = json_of(_good(self._get(f"athlete/{self._athlete}/athlete-summary", query), _list_error))
        if not isinstance(rows, list):
            raise Unreachable("intervals.icu's list of athletes is none that kneedrive understands: try again later")
        found = {
            str(row["athlete_id"]): str(row.get("athlete_name") or "") for row in rows if identified(row, "athlete_id")
        }
        return [Athlete(id=each, name=name) for each, name in sorted(found.items())]

    def _get(self, path: str, query: Mapping[str, Any]) -> Answer:
        return self._paced.ask(lambda: self._http.get(path, query, authorization=self._authorization))


def _good(answer: Answer, problem: Callable[[Answer], SourceError]) -> Answer:
    if answer.status != 200:
        raise problem(answer)
    return answer


def _list_error(answer: Answer) -> SourceError:
    if answer.status in (401, 403):
        # The service says 403 to a wrong key too.
        return NotAuthorised("intervals.icu refuses the API key: copy it anew from its Settings, Developer")
    return own_problem(answer) or Unreachable(
        f"intervals.icu answered with HTTP {answer.status}: check its base address and athlete id"
    )


def _file_error(answer: Answer) -> SourceError:
    # Its key was good for the list, so this is about the one activity: the rest goes on.
    return own_problem(answer) or Withheld(
        f"intervals.icu does not hand out this activity's file (HTTP {answer.status}): import it from the watch instead"
    )


def listed(summary: Mapping[str, Any]) -> Listed:
    """One entry of the list. Stubs of Strava activities and other sports are announced with the reason to skip them."""
    kept = {key: str(summary[key]) for key in VERSION_KEYS if summary.get(key) is not None}
    sport = kept.get("type", "")
    stub = kept.get("source") == "STRAVA" or "_note" in summary
    other = "" if sport in RUNS else "not a run"
    return Listed(
        id=str(summary["id"]),
        version=hashlib.sha256(repr(sorted(kept.items())).encode()).hexdigest()[:16],
        started_at=moment(summary.get("start_date") or summary.get("start_date_local")),
        sport="running" if sport in RUNS else sport.lower(),
        skip=STUB if stub else other,
        shoe=_shoe(summary),
        summary=kept,
    )


def _shoe(summary: Mapping[str, Any]) -> str:
    gear = summary.get("gear")
    if isinstance(gear, Mapping):
        return shoe_of(gear.get("id"), gear.get("name"))
    return shoe_of(summary.get("gear_id"))
