"""A fake Strava: login, rotating tokens, paging, streams, both pairs of rate limits. `python -m tests.fakes.strava`."""

import argparse
import base64
import copy
import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tests.fakes.server import Asked, Clock, FakeServer, Reply, fixture, reply, stand

CLIENT_ID, CLIENT_SECRET = "24601", "fake-client-secret-9f2c"
ACCESS_S = 21_600
SAME_TOKEN_S = 3_600
FAULTS: Mapping[str, Any] = fixture("strava/faults.json")
FIRST_ID = 154_504_250_376_823
QUARTER_S = 900


def runs(count: int, newest: datetime = datetime(2026, 3, 1, 7, 0, tzinfo=UTC)) -> list[dict[str, Any]]:
    """`count` runs, one every other day, oldest last, each with an id of its own past 32 bits."""
    pattern = fixture("strava/summary_run.json")
    made = []
    for number in range(count):
        start = newest - timedelta(days=2 * number)
        run = copy.deepcopy(pattern)
        run["id"] = FIRST_ID + count - number
        run["start_date"] = f"{start:%Y-%m-%dT%H:%M:%SZ}"
        run["start_date_local"] = f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        run["external_id"] = f"garmin_push_{run['id']}"
        made.append(run)
    return made


class FakeStrava(FakeServer):
    """Strava for one athlete. `grant_scope`: what the athlete ticks; `deny`: whether they refuse."""

    def __init__(
        self,
        activities: list[dict[str, Any]],
        clock: Callable[[], datetime],
        *,
        overall: tuple[int, int] = (200, 2000),
        reading: tuple[int, int] = (100, 1000),
    ) -> None:
        super().__init__(clock)
        self.activities = activities
        self.streams: dict[str, Any] = {}
        self.gear: dict[str, Any] = {"g1": {"id": "g1", "name": "Pegasus 41", "distance": 88_983.1}}
        self.overall = overall
        self.reading = reading
        self.counted: list[datetime] = []
        self.access: dict[str, datetime] = {}
        self.refresh = ""
        self.dead: list[str] = []
        self.grant_scope = "read,activity:read_all"
        self.deny = False
        self.token_scope = ""
        self.revoked = False
        self._numbers = itertools.count(1)
        self._codes: dict[str, str] = {}
        self.known_faults |= {name: reply(body["body"], body["status"]) for name, body in FAULTS.items()}
        self.api_url, self.oauth_url = f"{self.url}/api/v3", f"{self.url}/oauth"

    def answer(self, asked: Asked) -> Reply:
        if asked.path.startswith("/oauth/"):
            return self._oauth(asked)
        refused = self._limited() or self._unauthorised(asked)
        found = refused or self._api(asked)
        return found._replace(headers={**found.headers, **self._usage()})

    def issue(self) -> dict[str, Any]:
        """New tokens; the refresh token before is dead at once, access tokens live on until their end."""
        number = next(self._numbers)
        if self.refresh:
            self.dead.append(self.refresh)
        self.refresh = f"refresh-secret-{number:04d}"
        access = f"access-secret-{number:04d}"
        self.access[access] = self.clock() + timedelta(seconds=ACCESS_S)
        self.revoked = False
        return self._told(access)

    def _told(self, access: str) -> dict[str, Any]:
        return {
            "token_type": "Bearer",
            "access_token": access,
            "refresh_token": self.refresh,
            "expires_at": int(self.access[access].timestamp()),
            "expires_in": int((self.access[access] - self.clock()).total_seconds()),
        }

    def _oauth(self, asked: Asked) -> Reply:
        doors = {"authorize": self._authorise, "token": self._token, "revoke": self._revoke}
        door = doors.get(asked.path.removeprefix("/oauth/"))
        return door(asked) if door else self.known_faults["404"]

    def _authorise(self, asked: Asked) -> Reply:
        """The athlete at the browser: says yes or no at once."""
        query = asked.query
        if query["client_id"] != CLIENT_ID:
            return self.known_faults["400 client id"]
        answer = {"state": query["state"], "error": "access_denied"}
        if not self.deny:
            code = f"code-secret-{next(self._numbers):04d}"
            self._codes[code] = self.grant_scope
            answer = {"state": query["state"], "code": code, "scope": self.grant_scope}
        return Reply(302, b"", {"Location": f"{query['redirect_uri']}?{urlencode(answer)}"})

    def _token(self, asked: Asked) -> Reply:
        form = asked.form
        if form["client_id"] != CLIENT_ID:
            return self.known_faults["400 client id"]
        if form["client_secret"] != CLIENT_SECRET:
            return self.known_faults["401 secret"]
        if form["grant_type"] == "refresh_token":
            return self._refreshed(form["refresh_token"])
        if form["code"] not in self._codes:
            return self.known_faults["400 code"]
        self.token_scope = self._codes.pop(form["code"])
        return reply({**self.issue(), "athlete": {"id": 227615, "firstname": "Invented"}})

    def _refreshed(self, given: str) -> Reply:
        if given != self.refresh or self.revoked:
            return self.known_faults["400 refresh"]
        latest, ends = max(self.access.items(), key=lambda item: item[1])
        same = ends - self.clock() > timedelta(seconds=SAME_TOKEN_S)
        return reply(self._told(latest) if same else self.issue())

    def _revoke(self, asked: Asked) -> Reply:
        wanted = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if asked.headers.get("authorization") != wanted:
            return self.known_faults["401 secret"]
        if asked.form["token"] in (self.refresh, *self.access):
            self.revoked = True
            self.access.clear()
        return Reply(200)

    def _unauthorised(self, asked: Asked) -> Reply | None:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if self.revoked or self.access.get(token, self.clock()) <= self.clock():
            return self.known_faults["401 token"]
        return self.known_faults["401 scope"] if "activity:read" not in self.token_scope else None

    def _api(self, asked: Asked) -> Reply:
        path = asked.path.removeprefix("/api/v3/").split("/")
        if path == ["athlete", "activities"]:
            return reply(self._page(asked.query))
        if len(path) == 3 and path[0] == "activities" and path[2] == "streams":
            return self._streams(path[1], asked.query)
        if len(path) == 2 and path[0] == "gear" and path[1] in self.gear:
            return reply(self.gear[path[1]])
        return self.known_faults["404"]

    def _page(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Newest first; oldest first with `after`. Every second full page is one short: the list goes on behind it."""
        after, before = int(query.get("after", -(2**40))), int(query.get("before", 2**40))
        inside = [item for item in self.activities if after < _epoch(item) < before]
        inside.sort(key=_epoch, reverse="after" not in query)
        size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
        assert 1 <= size <= 200
        ends = [0]
        while ends[-1] < len(inside):
            ends.append(min(ends[-1] + size - (len(ends) % 2 == 0), len(inside)))
        return inside[ends[page - 1] : ends[page]] if page < len(ends) else []

    def _streams(self, number: str, query: Mapping[str, str]) -> Reply:
        activity = next((item for item in self.activities if str(item["id"]) == number), None)
        if activity is None or activity.get("manual"):
            return self.known_faults["404"]
        assert query["key_by_type"] == "true"
        streams = self.streams.get(number) or fixture("strava/streams_run.json")
        return reply({name: values for name, values in streams.items() if name in query["keys"].split(",")})

    def _limited(self) -> Reply | None:
        """Counts every request, refused ones too, as Strava does."""
        self.counted.append(self.clock())
        short, day = self._used()
        full = short > min(self.overall[0], self.reading[0]) or day > min(self.overall[1], self.reading[1])
        return self.known_faults["429"] if full else None

    def _used(self) -> tuple[int, int]:
        now = self.clock()
        quarter = now.timestamp() // QUARTER_S
        return (
            sum(moment.timestamp() // QUARTER_S == quarter for moment in self.counted),
            sum(moment.date() == now.date() for moment in self.counted),
        )

    def _usage(self) -> dict[str, str]:
        used = "{},{}".format(*self._used())
        return {
            "X-RateLimit-Limit": "{},{}".format(*self.overall),
            "X-RateLimit-Usage": used,
            "X-ReadRateLimit-Limit": "{},{}".format(*self.reading),
            "X-ReadRateLimit-Usage": used,
        }


def _epoch(activity: Mapping[str, Any]) -> int:
    return int(datetime.fromisoformat(activity["start_date"]).timestamp())


def main() -> None:
    """Serve until interrupted, by the machine's clock."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--activities", type=int, default=12)
    parser.add_argument("--quarter", type=int, default=100, help="requests allowed in 15 minutes")
    parser.add_argument("--day", type=int, default=1000)
    asked = parser.parse_args()
    limit = (asked.quarter, asked.day)
    fake = FakeStrava(runs(asked.activities), lambda: datetime.now(UTC), overall=limit, reading=limit)
    stand(fake, api_url=fake.api_url, oauth_url=fake.oauth_url, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)


if __name__ == "__main__":
    main()

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "Clock", "FakeStrava", "runs"]
