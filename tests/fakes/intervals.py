"""A fake intervals.icu: lists activities and hands out files. `python -m tests.fakes.intervals FILE...`."""

import argparse
import base64
import copy
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.fakes.server import Asked, FakeServer, Reply, fixture, reply, stand

KEY = "fake-api-key-71d4"
FAULTS: Mapping[str, Any] = fixture("intervals/faults.json")


def entries(count: int, newest: datetime = datetime(2026, 3, 1, 7, 0, tzinfo=UTC)) -> list[dict[str, Any]]:
    """`count` uploaded runs, one every other day, newest first."""
    pattern = fixture("intervals/activity.json")
    made = []
    for number in range(count):
        entry = copy.deepcopy(pattern)
        entry["id"] = f"i{70_000_000 + count - number}"
        entry["start_date_local"] = f"{newest - timedelta(days=2 * number):%Y-%m-%dT%H:%M:%S}"
        made.append(entry)
    return made


class FakeIntervals(FakeServer):
    """intervals.icu for one key. files: bytes by activity id; those without answer 404. athletes: a coach's lists."""

    def __init__(
        self, activities: list[dict[str, Any]], files: Mapping[str, bytes], clock: Callable[[], datetime]
    ) -> None:
        super().__init__(clock)
        self.activities = activities
        self.files = files
        self.athletes: dict[str, list[dict[str, Any]]] = {"0": activities}  # "0" is the key's owner
        self.gear: Any = [{"id": "b1", "name": "Invented Racer", "type": "Shoes"}, {"id": "b2", "type": "Shoes"}]
        self.known_faults |= {name: reply(body["body"], body["status"]) for name, body in FAULTS.items()}
        self.known_faults["429 told"] = reply(FAULTS["429"]["body"], 429, Retry_After="7")
        self.api_url = f"{self.url}/api/v1"

    def answer(self, asked: Asked) -> Reply:
        wanted = "Basic " + base64.b64encode(f"API_KEY:{KEY}".encode()).decode()
        if asked.headers.get("authorization") != wanted:
            return self.known_faults["403"]
        path = asked.path.removeprefix("/api/v1/").split("/")
        if len(path) == 3 and path[0] == "athlete" and path[1] in self.athletes:
            return self._about(path[1], path[2], asked)
        if len(path) == 3 and path[0] == "activity" and path[2] == "file" and path[1] in self.files:
            return Reply(200, self.files[path[1]], {"Content-Type": "application/octet-stream"})
        return self.known_faults["404"]

    def _about(self, athlete: str, what: str, asked: Asked) -> Reply:
        if what == "activities":
            listed = self.activities if athlete == "0" else self.athletes[athlete]
            return reply(self._between(listed, asked.query["oldest"], asked.query["newest"]))
        if what == "gear":
            return reply(self.gear)
        if what == "athlete-summary" and {"start", "end"} <= asked.query.keys():
            names = [name for name in self.athletes if name != "0"]
            return reply([{"athlete_id": name, "athlete_name": f"Runner {name}", "count": 3} for name in names * 2])
        return self.known_faults["404"]

    @staticmethod
    def _between(listed: list[dict[str, Any]], oldest: str, newest: str) -> list[dict[str, Any]]:
        """Days are inclusive. Stubs of Strava activities have no date and are always there."""
        return [item for item in listed if oldest <= item.get("start_date_local", oldest)[:10] <= newest]


def main() -> None:
    """Serve the given files until interrupted, by the machine's clock."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    asked = parser.parse_args()
    listed = entries(len(asked.files))
    bodies = {entry["id"]: path.read_bytes() for entry, path in zip(listed, asked.files, strict=True)}
    fake = FakeIntervals([*listed, fixture("intervals/stub.json")], bodies, lambda: datetime.now(UTC))
    stand(fake, api_url=fake.api_url, api_key=KEY)


if __name__ == "__main__":
    main()
