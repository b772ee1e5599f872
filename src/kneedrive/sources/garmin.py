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
from kneedrive.sources.http import Answer, Client, Http, Pace
from kneedrive.sources.plan import NOT_A_RUN, UNIDENTIFIED, Fetched, Listed, identified, moment
from kneedrive.sources.tokens import Moment, PrivateFile

# A personal API key is exchanged for a token that lives for a day.

KEY_PAGE = "https://connect.garmin.com/app/settings/personalApiToken"
LOGIN = "kneedrive auth garmin"
EXCHANGE_PATH = "personalapitoken-service/personal-api/personal-api-key/token"
DAY = timedelta(days=1)
FRESH = timedelta(hours=1)  # a token with less than this left is exchanged before it is used
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{8,8192}")  # RFC 6750


class Pass(Record, frozen=True, kw_only=True, rename={"access": "access_token"}):
    """A token for a day. fingerprint: of the key and the address that gave it. key_ends: when the key is over."""

    fingerprint: str
    access: Secret
    expires_at: Moment
    key_ends: date | None = None


class Keyring:
    """Exchanges a key for tokens and keeps the last one in a file, bound to a hash of the key that it belongs to."""

    def __init__(self, http: Http, key: Secret, file: PrivateFile, pace: Pace) -> None:
        if not key:
            raise ConfigError(f"Garmin needs your personal API key: make one at {KEY_PAGE} and run '{LOGIN}'")
        self._http = http
        self._key = key
        self._file = file
        self._pace = pace
        self._fingerprint = fingerprint(http.base_url, key)
        self._token: Secret | None = None

    def access(self) -> Secret:
        """A token that is good now. Raises SourceError."""
        if self._token is None:
            held = load(self._file, self._fingerprint)
            enough = held is not None and held.expires_at - self._pace.clock() > FRESH
            self._token = held.access if held and enough else self.exchange().access
        return self._token

    def renew(self, failed: Secret) -> Secret:
        """Another token than `failed`: one that another process has fetched meanwhile, else a new one."""
        held = load(self._file, self._fingerprint)
        other = held is not None and held.access != failed and held.expires_at > self._pace.clock()
        self._token = held.access if held and other else self.exchange().access
        return self._token

    def note_end(self, key_ends: date) -> None:
        """Remember when the key ends; Garmin's answers do not say."""
        held = load(self._file, self._fingerprint)
        if held:
            self._file.save(held.replace(key_ends=key_ends))

    def exchange(self) -> Pass:
        """A new token for the key, kept in the file. Raises NotAuthorised where Garmin refuses the key."""
        held = load(self._file, self._fingerprint)
        authorization = Secret(f"ApiKey {self._key.reveal()}")
        asked = self._pace.ask(lambda: self._http.post(EXCHANGE_PATH, {}, authorization=authorization))
        answer = asked.good(
            "Garmin refuses the personal API key: it is mistyped, expired or deleted; "
            f"make a new one at {KEY_PAGE} and run '{LOGIN}'",
            "Garmin answered the key with HTTP {}: check GARMIN_PERSONAL_API_BASE_URL",
        )
        access = _token(answer)
        fresh = Pass(
            fingerprint=self._fingerprint,
            access=access,
            expires_at=_end(access, self._pace.clock()),
            key_ends=held.key_ends if held else None,
        )
        self._file.save(fresh)
        return fresh


def fingerprint(base_url: str, key: Secret) -> str:
    """What tells a key and its address from others, and gives neither away."""
    return hashlib.sha256(f"{base_url}\0{key.reveal()}".encode()).hexdigest()


def load(file: PrivateFile, of: str) -> Pass | None:
    """The token that is kept for the key with this fingerprint; None for none, another key's, or a damaged file."""
    try:
        held = file.read_as(Pass)
    except (ValueError, RecursionError):
        return None
    ours = held is not None and held.fingerprint == of and TOKEN.fullmatch(held.access.reveal())
    return held if ours else None


def _token(answer: Answer) -> Secret:
    text = answer.body[:9000].decode("ascii", "replace").strip().strip('"')
    if answer.is_page() or not TOKEN.fullmatch(text):
        raise Unreachable("Garmin answered the key with something that is no token: try again later")
    return Secret(text)


def _end(access: Secret, now: datetime) -> datetime:
    """When a token ends: by its own word (RFC 7519, exp), which is not verified, else a day from now."""
    try:
        payload = access.reveal().split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError, RecursionError):
        return now + DAY


# The activities: listed page by page, each fetched as the zip of what the watch recorded.

LIST_PATH = "activitylist-service/activities/search/activities"
FILE_PATH = "download-service/files/activity"
ZIP = "application/x-zip-compressed"
INTERVAL_S = 0.5
PER_PAGE, MAX_PAGES = 40, 2500  # the service fails (HTTP 500) on pages of more than about 45
LATE = timedelta(days=1)  # the list goes by local dates, which may lie a day off ours
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
TOKEN_REFUSED = f"Garmin refuses the token that it gave for the key: run '{LOGIN}' with a new key"
VERSION_KEYS = ("activityId", "startTimeGMT", "duration", "distance")


class Garmin(Client):
    """A Source: Garmin Connect, by the key of its owner."""

    name = "garmin"

    def __init__(self, http: Http, key: Secret, file: PrivateFile, pace: Pace) -> None:
        self.keyring = Keyring(http, key, file, pace)
        super().__init__(http, pace, self.keyring)

    def listing(self, since: datetime | None) -> Iterator[Listed]:
        """Every activity from the day of `since` on, each once. Raises SourceError.

        A short page is not the last: an empty one is, or one without anything new.
        """
        seen: set[str] = set()
        start = 0
        for _ in range(MAX_PAGES):
            items = self._page(start, since)
            fresh = {item.id: item for item in items if item.id not in seen}
            if not fresh:
                return
            yield from fresh.values()
            seen.update(fresh)
            start += len(items)
        raise Unreachable(f"Garmin still had activities after {MAX_PAGES} pages: check GARMIN_PERSONAL_API_BASE_URL")

    def fetch(self, item: Listed) -> Fetched | None:
        """The zip with the file as the watch recorded it; None where Garmin has it no longer (HTTP 404)."""
        answer = self._get(f"{FILE_PATH}/{item.id}", {}, ZIP)
        if answer.status == 401:
            raise NotAuthorised(TOKEN_REFUSED)
        body = answer.file(item.id, "copy it from the watch instead")
        return None if body is None else self._fetched(item, body, "zip")

    def _page(self, start: int, since: datetime | None) -> list[Listed]:
        query = {"start": start, "limit": PER_PAGE}
        from_day = {} if since is None else {"startDate": f"{since - LATE:%Y-%m-%d}"}
        answer = self._get(LIST_PATH, {**query, **from_day}, "application/json").good(
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
