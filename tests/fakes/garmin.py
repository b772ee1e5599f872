"""A fake Garmin Personal API: one key, tokens of a day, small pages, zips. `python -m tests.fakes.garmin FILE...`."""

import argparse
import base64
import copy
import io
import itertools
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.fakes.server import Asked, FakeServer, Reply, fixture, reply, stand

KEY = "fake-garmin-key-5b1f"
FAULTS: Mapping[str, Any] = fixture("garmin/faults.json")
FIRST_ID = 21_000_000_000
LARGEST_PAGE = 45
EXCHANGE = "/personalapitoken-service/personal-api/personal-api-key/token"
LISTING = "/activitylist-service/activities/search/activities"
DOWNLOAD = "/download-service/files/activity/"
ZIP = "application/x-zip-compressed"


def summaries(count: int, newest: datetime = datetime(2026, 3, 1, 7, 0, tzinfo=UTC)) -> list[dict[str, Any]]:
    """`count` runs, one every other day, newest first."""
    made = []
    for number in range(count):
        start = newest - timedelta(days=2 * number)
        entry = copy.deepcopy(fixture("garmin/activity.json"))
        entry["activityId"] = FIRST_ID + count - number
        entry["startTimeGMT"] = f"{start:%Y-%m-%d %H:%M:%S}"
        entry["startTimeLocal"] = f"{start + timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
        made.append(entry)
    return made


def zipped(name: str, body: bytes) -> bytes:
    """A file in a zip, as the service hands it out."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, body)
    return out.getvalue()


class FakeGarmin(FakeServer):
    """Garmin for the owner of one key. files: zips by activity id; those without answer 404."""

    def __init__(
        self, activities: list[dict[str, Any]], files: Mapping[str, bytes], clock: Callable[[], datetime]
    ) -> None:
        super().__init__(clock)
        self.activities = activities
        self.files = files
        self.key = KEY
        self.tokens: dict[str, datetime] = {}
        self._numbers = itertools.count(1)
        self.known_faults |= {name: reply(body["body"], body["status"]) for name, body in FAULTS.items()}
        self.known_faults["429 told"] = reply({}, 429, Retry_After="14")

    def with_files(self, *bodies: bytes) -> None:
        """Give the activities these files, the newest first, each in a zip as the service names it."""
        names = [str(entry["activityId"]) for entry in self.activities]
        self.files = {name: zipped(f"{name}_ACTIVITY.fit", body) for name, body in zip(names, bodies, strict=False)}

    def answer(self, asked: Asked) -> Reply:
        authorization = asked.headers.get("authorization", "")
        if asked.path == EXCHANGE and asked.method == "POST":
            fits = authorization == f"ApiKey {self.key}" and asked.headers.get("accept") == "*/*"
            return Reply(200, self._token().encode()) if fits else self.known_faults["403"]
        ends = self.tokens.get(authorization.removeprefix("Bearer "))
        if ends is None or ends <= self.clock():
            return self.known_faults["401"]
        if asked.path == LISTING:
            return self._page(int(asked.query.get("start", "0")), int(asked.query.get("limit", "99")), asked)
        if not asked.path.startswith(DOWNLOAD):
            return self.known_faults["404"]
        if ZIP not in asked.headers.get("accept", ""):
            return self.known_faults["406"]
        body = self.files.get(asked.path.removeprefix(DOWNLOAD))
        return self.known_faults["404"] if body is None else Reply(200, body, {"Content-Type": ZIP})

    def _token(self) -> str:
        """A token like the real ones, good for a day."""
        ends = self.clock() + timedelta(days=1)
        parts = (json.dumps({"alg": "none"}), json.dumps({"exp": int(ends.timestamp())}))
        said = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
        token = ".".join([*said, f"jwt-secret-{next(self._numbers):04}"])
        self.tokens[token] = ends
        return token

    def _page(self, start: int, limit: int, asked: Asked) -> Reply:
        if limit > LARGEST_PAGE:
            return self.known_faults["500"]
        since = asked.query.get("startDate", "")
        found = [entry for entry in self.activities if entry.get("startTimeLocal", since)[:10] >= since]
        return reply(found[start : start + limit])


def main() -> None:
    """Serve the given files until interrupted, by the machine's clock."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    asked = parser.parse_args()
    listed = summaries(len(asked.files), datetime.now(UTC))
    fake = FakeGarmin(listed, {}, lambda: datetime.now(UTC))
    fake.with_files(*(path.read_bytes() for path in asked.files))
    stand(fake, api_key=KEY)


if __name__ == "__main__":
    main()
