"""The intervals.icu client against the fake: original files, stubs, pace."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kneedrive.config import Secret
from kneedrive.errors import ConfigError, NotAuthorised, RateLimited, Unreachable, Withheld
from kneedrive.sources.http import Pace
from kneedrive.sources.intervals import INTERVAL_S, STUB, Intervals, listed
from kneedrive.sources.plan import Listed
from tests.fakes.intervals import KEY, FakeIntervals
from tests.fakes.server import Clock, fixture
from tests.sources import desk

ENTRY = fixture("intervals/activity.json")
NEWEST = datetime(2026, 3, 1, 7, tzinfo=UTC)


def first(fake: FakeIntervals) -> Listed:
    return next(desk.intervals(fake).listing(None))


def test_the_list_holds_every_activity(fake_intervals: FakeIntervals) -> None:
    assert [item.id for item in desk.intervals(fake_intervals).listing(None)] == [
        entry["id"] for entry in fake_intervals.activities
    ]


@pytest.mark.parametrize(("days", "count"), [(0, 1), (1, 2), (2, 2), (3, 3), (99, 5)])
def test_since_is_asked_for_by_day_with_one_to_spare(fake_intervals: FakeIntervals, days: int, count: int) -> None:
    """The list goes by local days; ours may begin a day later."""
    found = list(desk.intervals(fake_intervals).listing(NEWEST - timedelta(days=days)))

    assert len(found) == count


def test_the_list_reaches_over_tomorrow(fake_intervals: FakeIntervals) -> None:
    list(desk.intervals(fake_intervals).listing(None))

    assert fake_intervals.log[0].query == {"oldest": "2000-01-01", "newest": "2026-03-03"}


def test_the_original_file_is_handed_on_byte_for_byte(fake_intervals: FakeIntervals) -> None:
    item = first(fake_intervals)

    fetched = desk.intervals(fake_intervals).fetch(item)

    assert fetched
    assert fetched.body == fake_intervals.files[item.id]
    assert (fetched.source, fetched.id, fetched.format) == ("intervals", item.id, "fit")
    assert fetched.fetched_at == fake_intervals.clock()
    assert fetched.expires_at is None  # the runner's own file
    assert fake_intervals.log[-1].path == f"/api/v1/activity/{item.id}/file"


def test_gzipped_and_zipped_files_are_left_as_they_are(fake_intervals: FakeIntervals) -> None:
    item = first(fake_intervals)
    for body in (b"\x1f\x8b\x08 gzip", b"PK\x03\x04 zip"):
        fake_intervals.files = {item.id: body}
        fetched = desk.intervals(fake_intervals).fetch(item)

        assert fetched
        assert fetched.body == body


@pytest.mark.parametrize(
    ("entry", "skip"),
    [
        (ENTRY, ""),
        ({**ENTRY, "type": "TrailRun"}, ""),
        ({**ENTRY, "type": "VirtualRun"}, ""),
        ({**ENTRY, "type": "Ride"}, "not a run"),
        ({**ENTRY, "type": None}, "not a run"),
        ({**ENTRY, "source": "STRAVA"}, STUB),
        (fixture("intervals/stub.json"), STUB),
        ({"id": "i1", "_note": "anything"}, STUB),
    ],
)
def test_what_cannot_be_had_is_listed_with_the_reason(entry: dict[str, Any], skip: str) -> None:
    assert listed(entry).skip == skip


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ({"start_date": "2026-03-01T07:00:00Z"}, datetime(2026, 3, 1, 7, tzinfo=UTC)),
        ({"start_date_local": None}, None),
        ({"start_date_local": "soon"}, None),
    ],
)
def test_the_start_is_the_best_that_is_told(change: dict[str, Any], expected: datetime | None) -> None:
    assert listed({**ENTRY, **change}).started_at == expected


@pytest.mark.parametrize(
    ("change", "same"),
    [({"name": "x"}, True), ({"feel": 3}, True), ({"distance": 1.0}, False), ({"type": "Run "}, False)],
)
def test_the_version_changes_with_the_recording_only(change: dict[str, Any], same: bool) -> None:
    assert (listed(ENTRY).version == listed({**ENTRY, **change}).version) is same


def test_a_file_that_is_not_there_is_none(fake_intervals: FakeIntervals) -> None:
    item = first(fake_intervals)
    fake_intervals.files = {}

    assert desk.intervals(fake_intervals).fetch(item) is None


@pytest.mark.parametrize("fault", ["401", "403", "422"])
def test_a_file_that_is_refused_concerns_itself_alone(fake_intervals: FakeIntervals, fault: str) -> None:
    item = first(fake_intervals)
    fake_intervals.fail(fault)

    with pytest.raises(Withheld, match=rf"this activity's file \(HTTP {fault}\)"):
        desk.intervals(fake_intervals).fetch(item)


@pytest.mark.parametrize("body", [b"", b"<!doctype html><p>Log in"])
def test_an_answer_that_is_no_file_is_refused(fake_intervals: FakeIntervals, body: bytes) -> None:
    item = first(fake_intervals)
    fake_intervals.files = {item.id: body}

    with pytest.raises(Unreachable, match=f"no file for activity {item.id}"):
        desk.intervals(fake_intervals).fetch(item)


def test_a_wrong_key_says_where_to_get_one(fake_intervals: FakeIntervals) -> None:
    with pytest.raises(NotAuthorised, match=r"refuses the API key: copy it anew") as caught:
        list(desk.intervals(fake_intervals, key="wrong-key-secret").listing(None))

    assert "wrong-key-secret" not in str(caught.value)


def test_no_key_is_said_before_anything_is_asked(clock: Clock) -> None:
    connection = desk.http("intervals.icu", "http://127.0.0.1:9")

    with pytest.raises(ConfigError, match="INTERVALS_ICU_API_KEY"):
        Intervals(connection, Secret(""), desk.at_once("intervals.icu", clock))


def test_a_refusal_says_when_to_come_back(fake_intervals: FakeIntervals) -> None:
    fake_intervals.fail("429")

    with pytest.raises(RateLimited) as caught:
        first(fake_intervals)

    assert caught.value.retry_at == fake_intervals.clock() + timedelta(seconds=60)


def test_a_pause_of_seconds_is_slept_through_unasked(fake_intervals: FakeIntervals) -> None:
    slept: list[float] = []
    connection = desk.http("intervals.icu", fake_intervals.api_url)
    pace = desk.at_once("intervals.icu", fake_intervals.clock, sleep=slept.append)
    fake_intervals.fail("429 told")

    assert list(Intervals(connection, Secret(KEY), pace).listing(None))
    assert slept == [7]


@pytest.mark.parametrize("told", ["-1", "soon", "9" * 400, "1e9", ""])
def test_a_pause_that_is_no_number_is_a_minute(fake_intervals: FakeIntervals, told: str) -> None:
    plain = fake_intervals.known_faults["429"]
    fake_intervals.known_faults["429"] = plain._replace(headers={"Retry-After": told})
    fake_intervals.fail("429")

    with pytest.raises(RateLimited) as caught:
        first(fake_intervals)

    assert caught.value.retry_at == fake_intervals.clock() + timedelta(seconds=60)


def test_waiting_goes_on_after_a_refusal(fake_intervals: FakeIntervals, clock: Clock) -> None:
    fake_intervals.fail("429", times=2)

    assert len(list(desk.intervals(fake_intervals, wait=clock.until).listing(None))) == 5


def test_endless_refusals_end(fake_intervals: FakeIntervals, clock: Clock) -> None:
    fake_intervals.fail("429", times=50)

    with pytest.raises(RateLimited) as caught:
        list(desk.intervals(fake_intervals, wait=clock.until).listing(None))

    assert len(fake_intervals.log) == 3
    assert caught.value.retry_at == fake_intervals.clock() + timedelta(seconds=60)  # which is not waited for


def test_two_requests_a_second_at_most(fake_intervals: FakeIntervals) -> None:
    now_s = [0.0]

    def sleep(span_s: float) -> None:
        now_s[0] += span_s

    pace = Pace("intervals.icu", INTERVAL_S, clock=fake_intervals.clock, monotonic=lambda: now_s[0], sleep=sleep)
    connection = desk.http("intervals.icu", fake_intervals.api_url)
    client = Intervals(connection, Secret(KEY), pace)

    fetched = [client.fetch(item) for item in client.listing(None)]

    assert all(fetched)
    assert now_s[0] >= len(fake_intervals.log) / 2 - 0.5
