"""Windows of requests: read from headers, predicted, waited for."""

from datetime import UTC, datetime

import pytest

from kneedrive.errors import RateLimited
from kneedrive.sources.http import Answer, Pace
from kneedrive.sources.strava import MARGIN, Windows, next_quarter, opens_at

NOW = datetime(2026, 3, 2, 10, 7, 30, tzinfo=UTC)
QUARTER = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)


def headers(overall: str, reading: str | None = None) -> dict[str, str]:
    told = {"X-RateLimit-Limit": "200,2000", "X-RateLimit-Usage": overall}
    return told if reading is None else {**told, "X-ReadRateLimit-Limit": "100,1000", "X-ReadRateLimit-Usage": reading}


def holds(told: dict[str, str], later: datetime = NOW) -> datetime | None:
    """Until when a request at the moment `later` is held back after an answer with these headers; None: it is not."""
    now, held = [NOW], []

    def wait(until: datetime) -> None:
        held.append(until)

    pace = Windows("Strava", clock=lambda: now[0], wait=wait)
    pace.seen(Answer(service="Strava", status=200, headers=told, body=b""))
    now[0] = later
    pace.ready()
    return held[0] if held else None


@pytest.mark.parametrize(
    "told",
    [{}, {"X-RateLimit-Limit": "200,2000"}, headers("12"), headers("a,b"), headers("1,2,3"), headers("")],
    ids=["none", "half", "one number", "words", "three numbers", "empty"],
)
def test_headers_that_say_nothing_are_no_usage(told: dict[str, str]) -> None:
    assert opens_at(told, NOW) is None
    assert holds(told) is None


def test_headers_that_say_nothing_undo_no_others() -> None:
    pace = Windows("Strava", clock=lambda: NOW)
    for told in (headers("200,340"), {}):
        pace.seen(Answer(service="Strava", status=200, headers=told, body=b""))

    with pytest.raises(RateLimited):
        pace.ready()


@pytest.mark.parametrize(
    ("overall", "reading", "expected"),
    [
        ("12,340", "11,330", None),
        ("199,340", "99,330", None),
        ("200,340", "11,330", QUARTER + MARGIN),
        ("12,340", "100,330", QUARTER + MARGIN),
        ("12,340", "101,330", QUARTER + MARGIN),
        ("12,2000", "11,330", MIDNIGHT + MARGIN),
        ("12,340", "11,1000", MIDNIGHT + MARGIN),
        ("200,340", "11,1000", MIDNIGHT + MARGIN),
        ("200,340", None, QUARTER + MARGIN),
    ],
)
def test_a_full_window_holds_until_its_end(overall: str, reading: str | None, expected: datetime | None) -> None:
    assert opens_at(headers(overall, reading), NOW) == (expected or NOW)
    assert holds(headers(overall, reading)) == expected


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (QUARTER, QUARTER + MARGIN),  # the margin has not passed
        (QUARTER + MARGIN, None),
        (MIDNIGHT, None),
    ],
)
def test_a_window_that_has_passed_is_empty(later: datetime, expected: datetime | None) -> None:
    assert holds(headers("200,340"), later) == expected


def test_nothing_known_means_go_ahead() -> None:
    Windows("Strava", clock=lambda: NOW).ready()


@pytest.mark.parametrize(
    ("told", "expected"),
    [(headers("12,340"), QUARTER), (headers("12,2000"), MIDNIGHT), ({}, QUARTER)],
    ids=["no full window", "full day", "no headers"],
)
def test_a_refusal_is_waited_out_by_the_clock(told: dict[str, str], expected: datetime) -> None:
    refused = Answer(service="Strava", status=429, headers=told, body=b"")

    assert Windows("Strava", clock=lambda: NOW).seen(refused) == expected + MARGIN


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-02T10:00:00+00:00", "2026-03-02T10:15:00+00:00"),
        ("2026-03-02T10:14:59.999+00:00", "2026-03-02T10:15:00+00:00"),
        ("2026-03-02T10:45:00+00:00", "2026-03-02T11:00:00+00:00"),
        ("2026-12-31T23:59:00+00:00", "2027-01-01T00:00:00+00:00"),
        ("2026-03-02T10:05:00+05:45", "2026-03-02T04:30:00+00:00"),  # 04:20 in UTC
    ],
)
def test_quarters_are_those_of_utc(now: str, expected: str) -> None:
    assert next_quarter(datetime.fromisoformat(now)) == datetime.fromisoformat(expected)


def test_the_day_ends_at_midnight_in_utc() -> None:
    now = datetime.fromisoformat("2026-03-02T22:00:00-05:00")

    assert opens_at(headers("12,2000"), now) == datetime(2026, 3, 4, tzinfo=UTC) + MARGIN


def test_requests_keep_their_distance() -> None:
    clock = [100.0]
    slept: list[float] = []

    def sleep(span_s: float) -> None:
        slept.append(span_s)
        clock[0] += span_s

    pace = Pace("a service", 0.5, clock=lambda: NOW, monotonic=lambda: clock[0], sleep=sleep)
    pace.ready()
    pace.ready()
    clock[0] += 0.2
    pace.ready()
    clock[0] += 9.0
    pace.ready()
    pace.ready()

    assert slept == pytest.approx([0.5, 0.3, 0.5])
