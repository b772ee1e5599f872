"""Windows of requests: read from headers, predicted, waited for."""

from datetime import UTC, datetime

import pytest

from kneedrive.sources.http import MARGIN, Throttle, Window, after_refusal, next_midnight, next_quarter, open_at, usage

NOW = datetime(2026, 3, 2, 10, 7, 30, tzinfo=UTC)
QUARTER = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)


def headers(overall: str, reading: str | None = None) -> dict[str, str]:
    told = {"X-RateLimit-Limit": "200,2000", "X-RateLimit-Usage": overall}
    return told if reading is None else {**told, "X-ReadRateLimit-Limit": "100,1000", "X-ReadRateLimit-Usage": reading}


def test_both_pairs_are_read() -> None:
    seen = usage(headers("12,340", "11,330"), NOW)

    assert seen is not None
    assert seen.quarter == (Window(limit=200, used=12), Window(limit=100, used=11))
    assert seen.day == (Window(limit=2000, used=340), Window(limit=1000, used=330))


@pytest.mark.parametrize(
    "told",
    [{}, {"X-RateLimit-Limit": "200,2000"}, headers("12"), headers("a,b"), headers("1,2,3"), headers("")],
    ids=["none", "half", "one number", "words", "three numbers", "empty"],
)
def test_headers_that_say_nothing_are_no_usage(told: dict[str, str]) -> None:
    assert usage(told, NOW) is None


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
    assert open_at(usage(headers(overall, reading), NOW), NOW) == expected


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (QUARTER, QUARTER + MARGIN),  # the margin has not passed
        (QUARTER + MARGIN, None),
        (MIDNIGHT, None),
    ],
)
def test_a_window_that_has_passed_is_empty(later: datetime, expected: datetime | None) -> None:
    assert open_at(usage(headers("200,340"), NOW), later) == expected


def test_nothing_known_means_go_ahead() -> None:
    assert open_at(None, NOW) is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [(headers("12,340"), QUARTER), (headers("12,2000"), MIDNIGHT), ({}, QUARTER)],
    ids=["no full window", "full day", "no headers"],
)
def test_a_refusal_is_waited_out_by_the_clock(told: dict[str, str], expected: datetime) -> None:
    assert after_refusal(usage(told, NOW), NOW) == expected + MARGIN


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
    assert next_midnight(datetime.fromisoformat("2026-03-02T22:00:00-05:00")) == datetime(2026, 3, 4, tzinfo=UTC)


def test_requests_keep_their_distance() -> None:
    clock = [100.0]
    slept: list[float] = []

    def sleep(span_s: float) -> None:
        slept.append(span_s)
        clock[0] += span_s

    throttle = Throttle(0.5, lambda: clock[0], sleep)
    throttle.wait()
    throttle.wait()
    clock[0] += 0.2
    throttle.wait()
    clock[0] += 9.0
    throttle.wait()
    throttle.wait()

    assert slept == pytest.approx([0.5, 0.3, 0.5])
