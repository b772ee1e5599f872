"""Shoes: what a service says was worn is known of each run, kept up to date, and asked for once."""

from __future__ import annotations

from typing import Any

import pytest

from kneedrive.sources.plan import shoe_of
from tests.fakes.intervals import FakeIntervals
from tests.fakes.strava import FakeStrava
from tests.sync.files import DRIVE, PISTON, SHUFFLE
from tests.sync.household import Household


def worn(home: Household) -> list[str]:
    """The shoes of the runs that have some, the oldest run first."""
    with home.store() as store:
        shoes = store.shoes()
        return [shoes[row.id] for row in store.runs() if row.id in shoes]


@pytest.fixture
def coach(home: Household, intervals: FakeIntervals) -> Household:
    """A household with a key for intervals.icu and three runs, the newest first."""
    files = (DRIVE, PISTON, SHUFFLE)
    intervals.files = {entry["id"]: body for entry, body in zip(intervals.activities, files, strict=True)}
    return home.with_intervals(intervals)


@pytest.mark.parametrize(
    ("told", "expected", "requests"),
    [
        ({"gear": {"id": "b1", "name": "Told  Flyer"}}, "Told Flyer", 0),
        ({"gear": {"id": "b1"}}, "Invented Racer", 1),
        ({"gear_id": "b1"}, "Invented Racer", 1),
        ({"gear_id": "b2"}, "b2", 1),  # has no name
        ({"gear_id": "b9"}, "b9", 1),  # is not in the list of gear
    ],
)
def test_intervals_names_shoes_in_several_ways(
    coach: Household, intervals: FakeIntervals, told: dict[str, Any], expected: str, requests: int
) -> None:
    for entry in intervals.activities[:2]:
        entry.update(told)
    coach.pull(intervals.clock)
    coach.pull(intervals.clock)

    assert worn(coach) == [expected] * 2
    assert len(intervals.asked("/gear")) == requests


def test_strava_is_asked_once_for_each_pair(runner: Household, strava: FakeStrava) -> None:
    runner.pull(strava.clock)
    runner.pull(strava.clock)

    assert worn(runner) == ["Pegasus 41"] * 5
    assert len(strava.asked("/gear/")) == 1


def test_what_is_put_on_or_off_later_is_known_without_another_download(runner: Household, strava: FakeStrava) -> None:
    runner.pull(strava.clock)
    strava.forget()
    strava.activities[0]["gear_id"] = None
    strava.activities[1]["gear_id"] = "g2"
    strava.gear["g2"] = {"name": "Spikes 3"}

    runner.pull(strava.clock)

    assert worn(runner) == ["Pegasus 41"] * 3 + ["Spikes 3"]
    assert not strava.asked("/streams")


def test_a_name_that_changes_is_found_by_a_full_sync(runner: Household, strava: FakeStrava) -> None:
    runner.pull(strava.clock)
    strava.gear["g1"]["name"] = "Retired Pegasus"

    runner.pull(strava.clock)
    assert set(worn(runner)) == {"Pegasus 41"}
    runner.pull(strava.clock, full=True)
    assert set(worn(runner)) == {"Retired Pegasus"}


@pytest.mark.parametrize("fault", ["500", "html", "429", "403", "other json", "drop"])
def test_a_name_that_cannot_be_had_stops_nothing_and_is_asked_for_again(
    runner: Household, strava: FakeStrava, fault: str
) -> None:
    strava.fail(fault, on="/gear", times=9)

    (pulled,) = runner.pull(strava.clock)

    assert pulled.problem is None
    assert worn(runner) == ["g1"] * 5
    strava.faults.clear()
    strava.clock.advance(hours=1)  # type: ignore[attr-defined]
    runner.pull(strava.clock, full=fault in ("403", "other json"))  # the service has answered that it has no name
    assert worn(runner) == ["Pegasus 41"] * 5


def test_a_logout_takes_the_shoes_with_it(runner: Household, strava: FakeStrava) -> None:
    runner.pull(strava.clock)

    runner.run("auth", "logout", "--yes")

    assert worn(runner) == []
    assert b"Pegasus" not in runner.stored_text()


def test_the_sources_of_a_run_name_its_shoes(runner: Household, strava: FakeStrava) -> None:
    runner.pull(strava.clock)

    assert "Shoes: Pegasus 41." in runner.run("show", "last", "--sources").out


@pytest.mark.parametrize(
    ("gear", "name", "expected"),
    [
        ("g1", "", "g1"),
        (7, "A  b\n\x1b[31mc", "7 A b [31mc"),
        (None, "x", ""),
        (True, "x", ""),
        ([], "x", ""),
        ("g1 x", None, "g1"),
        (" ", "x", ""),
        ("g1", "n" * 200, "g1 " + "n" * 77),
    ],
)
def test_what_is_no_id_is_no_shoe(gear: Any, name: Any, expected: str) -> None:
    assert shoe_of(gear, name) == expected
