"""Garmin Connect by its owner's personal API key: the list of activities, and each as the watch's own file."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kneedrive.config import Secret
from kneedrive.errors import ConfigError, NotAuthorised, Unreachable
from kneedrive.record import Record
from kneedrive.sources.http import Client, Http, Pace
from kneedrive.sources.plan import NOT_A_RUN, UNIDENTIFIED, Fetched, Listed, identified, moment
from kneedrive.sources.tokens import Moment, PrivateFile

KEY_PAGE = "https://connect.garmin.com/app/settings/personalApiToken"
LOGIN = "kneedrive auth garmin"
TOKEN_REFUSED = f"Garmin refuses the token that it gave for the key: run '{LOGIN}' with a new key"
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{8,8192}")  # RFC 6750
INTERVAL_S = 0.5
PER_PAGE, MAX_PAGES = 40, 2500  # the service fails (HTTP 500) on pages of more than about 45
LATE = timedelta(days=1)  # the list goes by local dates, which may lie a day off ours
VERSION_KEYS = ("activityId", "startTimeGMT", "duration", "distance")
RUNS = (
    "running",
    "indoor_running",
    "obstacle_run",
    "street_running",
    "track_running",
    "trail_running",
    "treadmill_running",
    "ultra_run",
    "virtual_run",
    "multi_sport",  # the file of a triathlon holds its run
)


class Pass(Record, frozen=True, kw_only=True, rename={"access": "access_token"}):
    """A token for a day. fingerprint: of the key and the address that gave it. key_ends: when the key is over."""

    fingerprint: str
    access: Secret
    expires_at: Moment
    key_ends: date | None = None


class Garmin(Client):
    """A Source: Garmin Connect, by the key of its owner, which is exchanged for a token that lives for a day."""

    name = "garmin"

    def __init__(self, http: Http, key: Secret, file: PrivateFile, pace: Pace) -> None:
        super().__init__(http, pace, self)
        if not key:
            raise ConfigError(f"Garmin needs your personal API key: make one at {KEY_PAGE} and run '{LOGIN}'")
        self._key = key
        self._file = file
        # The kept token is bound to it: it tells a key and its address from others, and gives neither away.
        self._fingerprint = hashlib.sha256(f"{http.base_url}\0{key.reveal()}".encode()).hexdigest()
        self._token: Secret | None = None

    def access(self) -> Secret:
        """A token that is good now, one with less than an hour left exchanged before. Raises SourceError."""
        return self._token or self.renew(None, timedelta(hours=1))

    def renew(self, failed: Secret | None, least: timedelta = timedelta()) -> Secret:
        """Another token than `failed`: one that another process has fetched meanwhile, else a new one."""
        held = self.held()
        good = held is not None and held.access != failed and held.expires_at - self._pace.clock() > least
        self._token = held.access if held and good else self.exchange().access
        return self._token

    def held(self) -> Pass | None:
        """The token that is kept for this key; None for none, another key's, or a damaged file."""
        try:
            held = self._file.read_as(Pass)
        except (ValueError, RecursionError):
            return None
        ours = held is not None and held.fingerprint == self._fingerprint and TOKEN.fullmatch(held.access.reveal())
        return held if ours else None

    def exchange(self) -> Pass:
        """A new token for the key, kept in the file. Raises NotAuthorised where Garmin refuses the key."""
        held = self.held()
        path = "personalapitoken-service/personal-api/personal-api-key/token"
        authorization = Secret(f"ApiKey {self._key.reveal()}")
        answer = self._pace.ask(lambda: self._http.post(path, {}, authorization=authorization)).good(
            "Garmin refuses the personal API key: it is mistyped, expired or deleted; "
            f"make a new one at {KEY_PAGE} and run '{LOGIN}'",
            "Garmin answered the key with HTTP {}: check GARMIN_PERSONAL_API_BASE_URL",
        )
        access = answer.body[:9000].decode("ascii", "replace").strip().strip('"')
        if answer.is_page() or not TOKEN.fullmatch(access):
            raise Unreachable("Garmin answered the key with something that is no token: try again later")
        try:
            payload = access.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            ends = datetime.fromtimestamp(float(claims["exp"]), UTC)  # its own word (RFC 7519), which is not verified
        except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError, RecursionError):
            ends = self._pace.clock() + timedelta(days=1)
        fresh = Pass(
            fingerprint=self._fingerprint,
            access=Secret(access),
            expires_at=ends,
            key_ends=held.key_ends if held else None,  # Garmin's answers do not say
        )
        self._file.save(fresh)
        return fresh

    def listing(self, since: datetime | None) -> Iterator[Listed]:
        """Every activity from the day of `since` on, each once. Raises SourceError."""
        seen: set[str] = set()
        start = 0
        for _ in range(MAX_PAGES):
            items = self._page(start, since)
            fresh = {item.id: item for item in items if item.id not in seen}
            if not fresh:  # a short page is not the last
                return
            yield from fresh.values()
            seen.update(fresh)
            start += len(items)
        raise Unreachable(f"Garmin still had activities after {MAX_PAGES} pages: check GARMIN_PERSONAL_API_BASE_URL")

    def fetch(self, item: Listed) -> Fetched | None:
        """The zip with the file as the watch recorded it; None where Garmin has it no longer (HTTP 404)."""
        answer = self._get(f"download-service/files/activity/{item.id}", {}, "application/x-zip-compressed")
        if answer.status == 401:
            raise NotAuthorised(TOKEN_REFUSED)
        body = answer.file(item.id, "copy it from the watch instead")
        return None if body is None else self._fetched(item, body, "zip")

    def _page(self, start: int, since: datetime | None) -> list[Listed]:
        query = {"start": start, "limit": PER_PAGE}
        from_day = {} if since is None else {"startDate": f"{since - LATE:%Y-%m-%d}"}
        answer = self._get(
            "activitylist-service/activities/search/activities", {**query, **from_day}, "application/json"
        ).good(
            TOKEN_REFUSED,
            "Garmin answered with HTTP {}: check GARMIN_PERSONAL_API_BASE_URL, or try again later",
        )
        return [listed(entry) if identified(entry, "activityId") else UNIDENTIFIED for entry in answer.rows()]


def listed(summary: Mapping[str, Any]) -> Listed:
    """One entry of the list; other sports are announced with the reason to skip them. Names and places are dropped."""
    kind = summary.get("activityType")
    sport = str(kind.get("typeKey") or "") if isinstance(kind, Mapping) else ""
    kept = [sport, *(str(summary.get(key)) for key in VERSION_KEYS)]
    return Listed(
        id=str(summary["activityId"]),
        version=hashlib.sha256(repr(kept).encode()).hexdigest()[:16],
        started_at=moment(summary.get("startTimeGMT")),
        sport="running" if sport in RUNS else sport,
        skip="" if sport in RUNS else NOT_A_RUN,
    )
