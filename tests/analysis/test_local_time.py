"""Days and weeks by the runner's own clock."""

from datetime import UTC, date, datetime

import pytest

from kneedrive.histories.result import (
    PastRun,
    Setting,
    between,
    day_of,
    local_date,
    monday,
    week_number,
    weeks_since_epoch,
)
from tests.analysis.runs_of_a_runner import past_run


def at(moment: datetime, offset_s: int | None) -> PastRun:
    return past_run(0).replace(started_at=moment, utc_offset_s=offset_s)


SUNDAY_NIGHT = datetime(2025, 6, 8, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("offset_s", "zone_s", "expected"),
    [
        (0, None, date(2025, 6, 8)),
        (3600, None, date(2025, 6, 9)),
        (-36_000, None, date(2025, 6, 8)),
        (None, None, date(2025, 6, 8)),
        (None, 7200, date(2025, 6, 9)),
        (0, 7200, date(2025, 6, 8)),
    ],
)
def test_the_file_says_the_offset_and_the_configured_zone_steps_in(
    offset_s: int | None, zone_s: int | None, expected: date
) -> None:
    setting = Setting(zone=None if zone_s is None else lambda _: zone_s)
    assert local_date(at(SUNDAY_NIGHT, offset_s), setting) == expected


@pytest.mark.parametrize("day", [date(1969, 12, 29), date(1970, 1, 4), date(2024, 12, 30), date(2026, 2, 28)])
def test_weeks_are_those_of_iso(day: date) -> None:
    assert monday(week_number(day)).isocalendar()[:2] == day.isocalendar()[:2]
    assert monday(week_number(day)).weekday() == 0


def test_a_time_in_weeks_falls_on_its_local_day() -> None:
    run = at(SUNDAY_NIGHT, 3600)
    assert day_of(float(weeks_since_epoch([run], Setting())[0])) == date(2025, 6, 9)


@pytest.mark.parametrize(("offset_s", "inside"), [(0, True), (3600, False), (-3600, True)])
def test_a_run_late_on_sunday_may_belong_to_next_week(offset_s: int, inside: bool) -> None:
    kept = between([at(SUNDAY_NIGHT, offset_s)], date(2025, 6, 2), date(2025, 6, 8), Setting())
    assert bool(kept) == inside


def test_runs_come_out_in_order_of_time() -> None:
    kept = between([past_run(3), past_run(1), past_run(2)], date(2025, 1, 1), date(2025, 2, 1), Setting())
    assert [run.started_at.day for run in kept] == [7, 8, 9]
