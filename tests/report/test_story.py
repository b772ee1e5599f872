"""What a sync tells: what is new, the main run of the day, the weeks in a line."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest

from kneedrive.histories.result import Trend, Verdict, Week, WeeklyView
from kneedrive.report import screen
from kneedrive.report.blocks import Prose, Style
from kneedrive.report.terminal import render
from tests.conftest import Golden
from tests.report.runs import with_history

MONDAY = date(2026, 11, 16)
AT = datetime(2026, 11, 18, tzinfo=UTC)


class Row(NamedTuple):
    distance_m: float | None
    duration_s: float


def on(day: int, metres: float | None, seconds: float = 1800.0) -> tuple[date, Row]:
    return date(2026, 11, day), Row(metres, seconds)


def week(back: int, runs: int = 2, share: float | None = None, segment: int | None = 0) -> Week:
    return Week(
        monday=MONDAY - timedelta(weeks=back),
        runs=runs,
        distance_m=10_000.0 * runs,
        duration_s=3600.0 * runs,
        slow_s=600.0,
        shuffle_share=share,
        values={},
        sensor="garmin_strap",
        segment=segment,
    )


def view(*weeks: Week, trends: tuple[Trend, ...] = ()) -> WeeklyView:
    return WeeklyView(
        until=MONDAY + timedelta(days=4),
        weeks=weeks,
        breaks=(),
        trends=trends,
        verdicts=(),
        sensor="garmin_strap",
        surface="outdoor",
        reference_speed_mps=3.0,
        slow_speed_mps=2.7,
        computed=None,
    )


def line(*weeks: Week, trends: tuple[Trend, ...] = (), today: date = MONDAY) -> str:
    return screen.week_line(view(*weeks, trends=trends), today, miles=False).replace("\u00a0", " ")


def trend(verdict: str, missing: int = 0, advised: int = 0) -> Trend:
    first = date(2026, 9, 7)
    return Trend(
        series="D",
        verdict=Verdict(verdict),
        weeks=8,
        runs=20,
        weeks_missing=missing,
        weeks_advised=advised,
        first=first,
    )


@pytest.mark.parametrize(
    ("runs", "main"),
    [
        ([on(7, 21_000.0), on(8, 2800.0), on(8, 12_100.0), on(8, 2800.0)], 2),
        ([on(8, 5000.0)], 0),
        ([on(8, None, 900.0), on(8, None, 3600.0)], 1),
    ],
)
def test_the_main_run_is_the_longest_of_the_last_day(runs: list[screen.Dated], main: int) -> None:
    assert screen.main_run(runs) == main


def test_a_few_new_runs_are_named_and_many_are_summed() -> None:
    few: list[screen.Dated] = [on(6, 5700.0), on(8, None, 1800.0)]
    many: list[screen.Dated] = [on(day, 10_000.0) for day in range(1, 9)]

    def told(runs: Sequence[screen.Dated], year: int = 2026) -> str:
        return screen.whats_new(runs, date(year, 12, 1), miles=False).replace("\u00a0", " ")

    assert told(few) == "2 new runs: 5.70 km on 6 Nov, 30 min on 8 Nov."
    assert told(few, 2027) == "2 new runs: 5.70 km on 6 Nov 2026, 30 min on 8 Nov 2026."
    assert told(many) == "8 new runs, 80.0 km, 1 Nov to Sun 8 Nov 2026."
    assert told([(date(2015, 11, 27), Row(10_000.0, 1.0)), *many]).endswith(", 27 Nov 2015 to Sun 8 Nov 2026.")


@pytest.mark.parametrize(("count", "days", "history"), [(30, 3, True), (30, 1, False), (5, 100, False)])
def test_years_that_come_in_at_once_are_a_history(count: int, days: int, history: bool) -> None:
    runs = [(date(2026, 1, 1) + timedelta(days=days * i), Row(5000.0, 1800.0)) for i in range(count)]

    assert screen.is_history(runs) == history


def test_the_week_is_held_against_the_mean_of_the_four_before_also_those_without_a_run() -> None:
    weeks = [week(9, runs=9), week(4), week(3, runs=0), week(2, runs=0), week(1), week(0, runs=1)]

    assert line(*weeks) == "This week 1 run, 10.0 km; a week of the 4 before 10.0 km."
    assert line(*[week(back, runs=0) for back in (4, 3, 2, 1)], week(0)) == "This week 2 runs, 20.0 km."
    later = [line(*weeks, today=MONDAY + timedelta(days=days)) for days in (6, 7, -1)]
    named = "In the week of Mon 16 Nov 2026 1 run, 10.0 km; a week of the 4 before 10.0 km."
    assert later == [line(*weeks), named, named]


@pytest.mark.parametrize(
    ("share", "before", "segment", "words"),
    [
        (0.06, 0.12, 0, "Slow running shuffle-like: 6 %, before 12 %."),
        (0.0, 0.0, 0, ""),
        (None, 0.12, 0, ""),
        (0.06, 0.12, 1, ""),
    ],
)
def test_slow_running_is_compared_on_one_sensor_and_where_there_is_some(
    share: float | None, before: float, segment: int, words: str
) -> None:
    text = line(*[week(back, share=before) for back in (4, 3, 2, 1)], week(0, share=share, segment=segment))

    assert text.endswith(words or "before 20.0 km.")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (trend("towards drive"), "Since Mon 7 Sep 2026 towards drive."),
        (trend("steady"), "Steady."),
        (trend("too early to tell", missing=3), "No trend can be told yet: about 3 more weeks."),
        (trend("too early to tell", advised=4), "No trend can be told yet: about 4 more weeks."),
        (trend("too early to tell"), ""),
    ],
)
def test_where_the_weeks_are_going(found: Trend, words: str) -> None:
    seen = view(week(0), trends=(found,)).replace(verdicts=(found.verdict,))

    assert screen.trend(seen).replace("\u00a0", " ") == words


def test_weeks_are_steady_only_where_every_series_is() -> None:
    seen = view(week(0), trends=(trend("steady"), trend("too early to tell", missing=3)))

    assert "Steady" not in screen.trend(seen.replace(verdicts=(Verdict.TOO_EARLY,)))


@pytest.mark.parametrize("width", [60, 80])
def test_the_story_fits_on_a_screen(width: int, golden: Golden) -> None:
    analysis, context, weeks = with_history()
    context = context.replace(week=screen.week_line(weeks, weeks.until, miles=False))
    text = render(
        screen.first_screen(analysis, context, miles=False, new="3 new runs: 12.1 km on 8 Nov."), Style(width=width)
    )

    golden.check(f"story-{width}.txt", text)
    assert len(text.splitlines()) <= 40
    assert "DO NEXT" in text


def test_after_years_at_once_comes_the_runner_and_below_the_weeks_what_to_do() -> None:
    _, context, _ = with_history()
    text = render(screen.years_at_once("150 new runs.", [[Prose("The weeks.")]], context), Style())

    assert text.startswith("150 new runs.\n\nYou, since")
    assert "\n\nThe weeks.\n\nDO NEXT" in text
    assert "Yourself" not in text
