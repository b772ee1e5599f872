"""Whole syncs against the fake Strava: a thousand runs, rate limits, rotation, kills, late uploads, revocation."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from kneedrive.errors import NotAuthorised, RateLimited
from kneedrive.sources.strava import MARGIN
from tests.conftest import ROOT
from tests.fakes.server import Clock
from tests.fakes.strava import FakeStrava, runs
from tests.sources import desk
from tests.sources.keeper import known, now, sync


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The folder that stands for the store."""
    folder = tmp_path / "store"
    folder.mkdir()
    return folder


def streams_asked(fake: FakeStrava) -> Counter[str]:
    """How often each activity's streams were asked for and given."""
    return Counter(
        asked.path.split("/")[4] for asked, status in fake.served() if asked.path.endswith("/streams") and status == 200
    )


def ids(fake: FakeStrava) -> set[str]:
    return {str(activity["id"]) for activity in fake.activities}


def test_a_thousand_runs_come_over_many_windows_each_once(clock: Clock, tmp_path: Path, store: Path) -> None:
    """With the usual limits: 100 in a quarter of an hour, 1,000 a day; tokens end and rotate on the way."""
    waits: list[datetime] = []

    def wait(until: datetime) -> None:
        waits.append(until)
        clock.until(until)

    with FakeStrava(runs(1000), clock) as fake:
        fetched = sync(desk.strava(fake, tmp_path, wait), store, clock)

        assert fetched == 1000
        assert set(known(store)) == ids(fake)
        assert set(streams_asked(fake).values()) == {1}
        assert 429 not in fake.statuses
        assert max(waits) == datetime.fromisoformat("2026-03-03T00:00:00+00:00") + MARGIN
        assert len(fake.dead) >= 1
        assert 401 not in fake.statuses
        assert sync(desk.strava(fake, tmp_path), store, clock) == 0


def test_without_waiting_a_sync_stops_at_the_limit_and_the_next_goes_on(
    clock: Clock, tmp_path: Path, store: Path
) -> None:
    with FakeStrava(runs(230), clock) as fake:
        login = desk.logged_in(fake, tmp_path)
        stops = 0
        while True:
            try:
                sync(desk.client(fake, login), store, clock)
                break
            except RateLimited as limit:
                stops += 1
                held = set(known(store))
                newest = {str(item["id"]) for item in fake.activities[: len(held)]}
                assert held == newest  # what the runner asks for first is there first
                clock.until(limit.retry_at)

        assert stops == 2
        assert set(known(store)) == ids(fake)
        assert set(streams_asked(fake).values()) == {1}


@pytest.mark.slow
def test_kills_lose_nothing_and_fetch_at_most_the_one_in_hand_again(tmp_path: Path, store: Path) -> None:
    chance = random.Random(7)
    limits = {"overall": (10**6, 10**6), "reading": (10**6, 10**6)}
    with FakeStrava(runs(120), now, **limits) as fake:
        desk.logged_in(fake, tmp_path)
        tokens = str(tmp_path / "private" / "strava.json")
        command = [sys.executable, "-m", "tests.sources.keeper", fake.api_url, fake.oauth_url, tokens, str(store)]
        kills = 0
        for _ in range(40):
            before = len(streams_asked(fake))
            child = subprocess.Popen(command, cwd=ROOT)
            while child.poll() is None and len(streams_asked(fake)) < before + chance.randint(1, 12):
                time.sleep(0.005)
            child.send_signal(signal.SIGKILL)
            if child.wait() == 0:
                break
            kills += 1

        assert kills >= 5
        assert set(known(store)) == ids(fake)
        assert sum(streams_asked(fake).values()) <= 120 + kills
        assert all((store / f"{id}.{version}").stat().st_size > 100 for id, version in known(store).items())  # noqa: A001


def test_the_second_sync_lists_the_last_year_only(clock: Clock, tmp_path: Path, store: Path) -> None:
    limits = {"overall": (10**6, 10**6), "reading": (10**6, 10**6)}
    with FakeStrava(runs(500), clock, **limits) as fake:  # of nearly three years
        client = desk.strava(fake, tmp_path)
        sync(client, store, clock)
        listed = len(fake.asked("/athlete/activities"))
        fake.forget()

        assert sync(client, store, clock) == 0
        assert listed > 3
        assert len(fake.log) == 1


@pytest.mark.parametrize("day", ["2026-02-10", "2026-01-15", "2025-03-10"])  # 20 days back, 46, and nearly a year
def test_a_late_upload_is_found(fake_strava: FakeStrava, tmp_path: Path, store: Path, day: str) -> None:
    client = desk.strava(fake_strava, tmp_path)
    sync(client, store, fake_strava.clock)
    late = {**fake_strava.activities[0], "id": 42, "start_date": f"{day}T06:00:00Z"}
    fake_strava.activities.append(late)

    assert sync(client, store, fake_strava.clock) == 1
    assert "42" in known(store)


def test_a_changed_activity_is_fetched_again(fake_strava: FakeStrava, tmp_path: Path, store: Path) -> None:
    client = desk.strava(fake_strava, tmp_path)
    sync(client, store, fake_strava.clock)
    fake_strava.activities[1]["distance"] = 5000.0

    assert sync(client, store, fake_strava.clock) == 1


def test_a_failed_activity_is_met_again_however_old(clock: Clock, tmp_path: Path, store: Path) -> None:
    with FakeStrava(runs(60), clock) as fake:
        client = desk.strava(fake, tmp_path)
        oldest = str(fake.activities[-1]["id"])
        fake.fail("half", on=f"/{oldest}/")
        sync(client, store, clock)
        missing = ids(fake) - set(known(store))

        assert missing == {oldest}
        assert sync(client, store, clock) == 1
        assert set(known(store)) == ids(fake)


def test_what_is_gone_is_not_asked_for_twice(fake_strava: FakeStrava, tmp_path: Path, store: Path) -> None:
    client = desk.strava(fake_strava, tmp_path)
    gone = str(fake_strava.activities[2]["id"])
    fake_strava.fail("404", on=f"/{gone}/")
    sync(client, store, fake_strava.clock)
    fake_strava.forget()

    sync(client, store, fake_strava.clock)

    assert not fake_strava.asked("/streams")


def test_a_token_that_rotates_in_the_middle_is_not_noticed(clock: Clock, tmp_path: Path, store: Path) -> None:
    with FakeStrava(runs(20), clock) as fake:
        client = desk.strava(fake, tmp_path)
        real = fake._streams

        def slow(number: str, query: object) -> object:
            clock.advance(hours=1)  # twenty hours in all: three tokens' worth
            return real(number, query)  # type: ignore[arg-type]

        fake._streams = slow  # type: ignore[method-assign, assignment]

        assert sync(client, store, clock) == 20
        assert len(fake.dead) == 3
        assert fake.statuses.count(401) == 0


def test_after_a_revocation_the_sync_says_what_to_do(fake_strava: FakeStrava, tmp_path: Path, store: Path) -> None:
    login = desk.logged_in(fake_strava, tmp_path)
    client = desk.client(fake_strava, login)
    sync(client, store, fake_strava.clock)
    login.end()

    with pytest.raises(NotAuthorised, match="kneedrive auth strava"):
        sync(client, store, fake_strava.clock)

    assert set(known(store)) == ids(fake_strava)
