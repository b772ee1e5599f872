"""The smallest program that syncs: a folder as its store, one file per activity. `python -m tests.sources.keeper`."""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from kneedrive.sources.http import Http
from kneedrive.sources.oauth import Login
from kneedrive.sources.plan import Outcome, Source, completed, follow, listing_from, plan
from kneedrive.sources.strava import Strava, Windows
from kneedrive.sources.tokens import TokenFile
from tests.sources import desk
from tests.sources.desk import APPLICATION

CURSOR, GONE = "cursor.json", "gone"


def known(store: Path) -> Mapping[str, str]:
    """The held version of each activity, those found gone included."""
    return {path.stem: path.suffix[1:] for path in store.iterdir() if path.name != CURSOR and path.suffix != ".part"}


def keep(store: Path, outcome: Outcome) -> None:
    """Store one outcome, whole or not at all."""
    item = outcome.step.item
    part = store / f"{item.id}.part"
    part.write_bytes(outcome.fetched.body if outcome.fetched else b"gone")
    part.replace(store / f"{item.id}.{item.version}")


def sync(source: Source, store: Path, clock: Callable[[], datetime]) -> int:
    """One sync as a command would do it; how many activities it fetched."""
    cursor = store / CURSOR
    complete_to = datetime.fromisoformat(json.loads(cursor.read_text())) if cursor.exists() else None
    listed_at = clock()
    listed_from = listing_from(complete_to, listed_at, source.lookback)
    steps = plan(source.listing(listed_from), known(store))
    left = []
    fetched = 0
    for outcome in follow(source, steps):
        if outcome.problem:
            left.append(outcome.step.item)
        else:
            keep(store, outcome)
            fetched += 1
    moment = completed(complete_to, listed_from, listed_at, left)
    if moment:
        cursor.write_text(json.dumps(moment.isoformat()))
    return fetched


def now() -> datetime:
    return datetime.now(UTC)


def main(api_url: str, oauth_url: str, tokens: str, store: str) -> None:
    """Sync from the fake at these addresses, by the machine's clock."""
    login = Login(
        APPLICATION,
        Http("Strava", oauth_url),
        TokenFile(Path(tokens)),
        clock=now,
    )
    client = Strava(desk.http("Strava", api_url), Windows("Strava", clock=now), login)
    sync(client, Path(store), now)


if __name__ == "__main__":
    main(*sys.argv[1:])
