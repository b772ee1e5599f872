"""What each chart draws, as text."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from kneedrive.analysis.result import Analysis, Epochs
from kneedrive.histories.result import Break, BreakKind, Difference, Level, Outcome, PersonalZ, WeeklyView
from kneedrive.patterns import AXES, Pattern
from kneedrive.recording import frozen
from kneedrive.report import history, screen
from kneedrive.report.blocks import Mark, Picture, Span, Table, plain
from kneedrive.report.html import charts, page, svg
from kneedrive.report.html.svg import Scale
from tests.pages import TAGS, demo_page, half_a_year, run_page
from tests.report.histories import Tag

LONG_AGO = date(2020, 1, 1)  # before all weeks

CONTENT = demo_page()
ANALYSIS = CONTENT.analysis


def told(drawn: str) -> list[str]:
    """What its marks tell."""
    return [text.replace("\u00a0", " ") for text in re.findall(r'role="img"><title>([^<]*)</title>', drawn)]


def weeks(pattern: str = "shuffle-when-slow", change: float = 1.3, sensor_week: int | None = None) -> WeeklyView:
    found = half_a_year(pattern, change, sensor_week).weekly
    assert found
    return found


# The pace picture.


def drawn_of(analysis: Analysis) -> str:
    (block,) = screen.pace_picture(analysis, miles=False)
    assert isinstance(block, Picture)
    return charts.picture(block)


@pytest.mark.parametrize(
    ("pattern", "axis"), [("shuffle-when-slow", "D"), ("drive", "D"), ("piston", "P"), ("short-airy", "G")]
)
def test_the_picture_shows_the_axis_of_the_headline_in_the_colours_of_its_ends(pattern: str, axis: str) -> None:
    drawn = drawn_of(run_page(pattern).analysis)
    ends = re.findall(r'class="end (c-\w+)"[^>]*>(?:← )?([^<→]*?)(?: →)?<', drawn)

    assert ends == [
        (svg.tint(end), name) for end, name in zip(charts.ends_of(axis), (AXES[axis].low, AXES[axis].high), strict=True)
    ]


def test_a_row_for_each_pace_says_its_pattern() -> None:
    assert told(drawn_of(ANALYSIS))[-2:] == [
        "6:14 /km for 18:30: nothing stands out",
        "7:02 /km for 16:00: shuffle-like",
    ]
    assert len(told(drawn_of(ANALYSIS))) == len(ANALYSIS.pace_profile)


def row(**given: Any) -> str:
    known: dict[str, Any] = {"before": ("5:00", "2:00"), "mean": 1.5, "sd": 0.5}
    block = Picture(
        heads=("/km", "time"),
        axis="D",
        rows=(Mark(**(known | given)),),
        ticks=(-2.0, -1.0, 1.0, 2.0),
    )
    return charts.picture(block)


def test_a_mark_stands_at_its_mean_on_a_line_of_one_sd_to_each_side() -> None:
    assert '<line x1="66.67%" y1="92" x2="83.33%" y2="92" class="error c-green">' in row(tone=Pattern.DRIVE)
    assert '<circle cx="75%" cy="92" r="10" class="disc c-green">' in row(tone=Pattern.DRIVE)
    assert 'cx="100%"' in row(mean=9.0, sd=0.1)


def test_what_is_hollow_is_hollow_and_what_is_not_known_is_not_drawn() -> None:
    assert row(hollow=True).count("hollow") == 2
    assert "hollow" not in row()
    assert '<circle cx="' not in row(mean=None, sd=None)


def test_the_words_behind_a_row_have_its_colour() -> None:
    drawn = row(tone=Pattern.DRIVE, behind=(Span("drive-like", Pattern.DRIVE),))

    assert re.search(r'class="named c-green"[^>]*>drive-like<', drawn)


def test_one_runner_in_five_and_in_25_lie_beyond_the_guides() -> None:
    places = re.findall(r'<text x="([\d.]+)%"[^>]*>(1 in \d+)<', row())

    assert places == [("16.67", "1 in 25"), ("33.33", "1 in 5"), ("66.67", "1 in 5"), ("83.33", "1 in 25")]


def test_the_shuffle_onset_pace_stands_between_its_rows() -> None:
    text = page.render(CONTENT)

    assert re.search(r"shuffle-onset 6:40./km</text>", text)
    assert text.index("5:57") < text.index("6:14") < text.index("7:02")
    assert text.count('class="onset"') == 1
    assert 'class="onset"' not in page.render(run_page("neutral"))


# Quantities by pace and over time.


def test_a_metric_says_what_is_usual_beside_what_was_measured() -> None:
    cards = {re.findall('class="what">([^<]*)', card)[0]: card for card in charts.metric_cards(ANALYSIS, miles=False)}

    assert told(cards["Ground contact time"])[0].startswith("7:02 /km: 302 ms, usual 28")
    assert 'class="ribbon"' in cards["Ground contact time"]
    assert list(cards) == ["Step length", "Cadence", "Ground contact time", "Vertical oscillation"]


def epochs(*reasons: str) -> Epochs:
    n = len(reasons)
    places = frozen(30.0 * np.arange(n))
    return Epochs(start_s=places, weight=frozen(np.ones(n)), reason=np.array(reasons, dtype=np.str_), columns={})


def test_neighbours_left_out_for_one_reason_are_one_stretch() -> None:
    found = list(charts.spans(epochs("start", "start", "", "hilly", "walking", "walking"), 30.0))

    assert found == [
        (0.0, 60.0, "start"),
        (90.0, 120.0, "hilly"),
        (120.0, 180.0, "walking"),
    ]


def test_every_stretch_left_out_is_shaded_and_says_why() -> None:
    drawn = charts.series(ANALYSIS, miles=False)
    out = list(charts.spans(ANALYSIS.epochs, 30.0))

    assert len(told(drawn)) == len(out) == drawn.count('class="left-out"')
    assert told(drawn)[0] == "0:00 to 1:00: start of the run, not scored"
    for start, reason in zip(ANALYSIS.epochs.start_s, ANALYSIS.epochs.reason, strict=True):
        assert [why for begin, end, why in out if begin <= start < end] == ([reason] if reason else [])


def test_a_quantity_that_was_never_recorded_has_no_chart_and_no_epochs_draw_nothing() -> None:
    columns = dict(ANALYSIS.epochs.columns)
    columns["vertical_oscillation_m"] = np.full(len(ANALYSIS.epochs), np.nan)
    drawn = charts.series(ANALYSIS.replace(epochs=ANALYSIS.epochs.replace(columns=columns)), miles=False)

    assert "rows3" in drawn
    assert "oscillation" not in drawn
    assert charts.series(ANALYSIS.replace(epochs=epochs()), miles=False) == ""


def test_where_little_was_scored_the_scale_is_that_of_the_bulk() -> None:
    """Otherwise three scored half-minutes would cut off the run."""
    columns = {"speed_mps": np.array([3.0, 3.1, 2.9, 3.2, 2.8, 3.0, 9.0])}
    few = epochs("", *(["hilly"] * 6)).replace(columns=columns)
    many = epochs(*([""] * 5), "hilly", "hilly").replace(columns=columns)

    assert sorted(charts._shown(columns["speed_mps"], few)) == [2.8, 2.9, 3.0, 3.0, 3.1, 3.2]
    assert sorted(charts._shown(columns["speed_mps"], many)) == [2.8, 2.9, 3.0, 3.1, 3.2]


@pytest.mark.parametrize(
    ("seconds", "ticks"), [(1500, ["0:00", "5:00", "10:00", "15:00", "20:00", "25:00"]), (90, ["0:00", "1:00"])]
)
def test_the_time_axis_has_few_round_times(seconds: float, ticks: list[str]) -> None:
    assert [tick.text for tick in charts.time_ticks(Scale(low=0.0, high=seconds))] == ticks


# Weeks.


def test_a_week_says_its_value_interval_and_runs() -> None:
    drawn = charts.by_week("D", weeks(), TAGS, LONG_AGO, miles=False)

    assert re.fullmatch(r"Week of Mon 18 May 2026: [+-]?\d\.\d ± \d\.\d, 3 runs", told(drawn)[2])
    assert drawn.count("<circle") == 26 + len(TAGS)
    assert drawn.count('class="km') == 26


def test_weeks_breaks_flags_and_the_run_stand_at_their_days() -> None:
    """26 weeks are 182 days; a week's dot stands at its middle."""
    broken = Break(date=date(2026, 8, 3), kind=BreakKind.OSCILLATION, before="", after="")
    tags = (Tag("2026-06-01", "a"),)
    drawn = charts.by_week("D", weeks().replace(breaks=(broken,)), tags, date(2026, 8, 5), miles=False)

    assert f'<circle cx="{100 * 3.5 / 182:.2f}%"' in drawn
    assert f'<line x1="{100 * 77 / 182:.4g}%" y1="0" x2="{100 * 77 / 182:.4g}%" y2="100%" class="break">' in drawn
    assert f'<circle cx="{100 * 14.5 / 182:.2f}%" cy="10"' in drawn
    assert f'<rect x="{100 * 77 / 182:.4g}%" y="0" width="{100 * 7 / 182:.3g}%" height="100%" class="now">' in drawn
    assert drawn.count('class="km here"') == 1


def test_a_run_outside_the_weeks_has_no_place_in_them() -> None:
    assert "this run" not in charts.by_week("D", weeks(), (), LONG_AGO, miles=False)


def test_a_trend_rises_by_its_slope_through_the_middle_of_its_weeks() -> None:
    found = weeks()
    (trend, *_) = found.trends
    drawn = charts.by_week("D", found, (), LONG_AGO, miles=False)
    (line,) = re.findall(r'd="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)" class="trend c-green"', drawn)
    left, low, right, high = map(float, line)
    ends = [end for week in found.weeks for end in (week.values["D"].low, week.values["D"].high)]
    y = svg.spreads(ends)
    span = y.high - y.low
    values = sorted(week.values["D"].value for week in found.weeks)

    assert trend.slope_per_week
    assert (left, right) == pytest.approx((1000 * 3.5 / 182, 1000 * 178.5 / 182), abs=0.1)
    assert (low - high) / 1000 * span == pytest.approx(25 * trend.slope_per_week, abs=0.01)
    assert y.high - (low + high) / 2 / 1000 * span == pytest.approx(np.median(values), abs=0.25)


def test_a_trend_is_drawn_only_where_one_was_found() -> None:
    assert 'class="trend' in charts.by_week("D", weeks(), (), LONG_AGO, miles=False)
    assert 'class="trend' not in charts.by_week("P", weeks(), (), LONG_AGO, miles=False)


def test_months_are_named_where_they_begin_and_january_is_the_year() -> None:
    first = weeks().weeks[0]
    year = [first.replace(monday=date(2026, 9, 7) + timedelta(weeks=week)) for week in range(22)]
    ticks = charts.month_ticks(year, date(2026, 9, 7))
    long = [first.replace(monday=date(2024, 1, 1) + timedelta(weeks=week)) for week in range(104)]

    assert [tick.text for tick in ticks] == ["Oct", "Nov", "Dec", "2027", "Feb"]
    assert ticks[0].value == 24.0
    assert len(charts.month_ticks(long, date(2024, 1, 1))) <= 7


def test_a_break_parts_what_each_sensor_measured_and_says_that_nothing_is_compared_across() -> None:
    drawn = charts.by_week("D", weeks("neutral", 0.0, 13), (), LONG_AGO, miles=False)

    assert drawn.count('class="break"') == 1
    assert re.findall(r'class="tick" dx="6" dy="28">([^<]*)<', drawn) == ["Garmin strap", "wrist"]
    assert "a Garmin chest strap → a Garmin watch at the wrist. Before and after cannot be compared." in told(drawn)[0]


def test_the_table_of_weeks_is_theirs_the_latest_first() -> None:
    found = weeks()
    week = found.weeks[-1].replace(runs=4, distance_m=31_400.0, shuffle_share=0.25)
    _, table = history.weeks_in_numbers(found.replace(weeks=(*found.weeks[:-1], week)), miles=False)
    assert isinstance(table, Table)
    first = [plain(cell).replace("\u00a0", " ") for cell in table.rows[0]]

    assert len(table.rows) == 26
    assert first[:3] == ["2026-11-09", "4", "31.4"]
    assert re.fullmatch(r"[+-]\d\.\d ± \d\.\d", first[3])
    assert first[-1] == "25 %"


def test_tags_outside_the_weeks_have_no_flag_and_others_are_numbered_by_time() -> None:
    tags = [Tag("2026-09-01", "b"), Tag("2026-06-01", "a"), Tag("2020-01-01", "old")]

    told = [text for _, text in history.numbered(weeks(), tags)]
    assert [(text[:3], text[-3:]) for text in told] == [("1: ", ", a"), ("2: ", ", b")]


def test_flags_of_neighbouring_days_do_not_cover_each_other() -> None:
    tags = [Tag(f"2026-07-{day:02}", str(day)) for day in (1, 2, 20)]
    drawn = charts.by_week("D", weeks(), tags, LONG_AGO, miles=False)

    assert re.findall(r'cy="(\d+)" r="8"', drawn) == ["10", "28", "10"]


# Strips.


def test_a_change_is_drawn_in_thresholds_and_strongly_only_where_it_changed() -> None:
    """Four thresholds to each side: 4 steps more is two of them, three quarters to the right."""
    given: dict[str, Any] = {"metric": "cadence_spm", "before": 164.0, "after": 168.0, "difference": 4.0}
    given |= {"low": 2.0, "high": 6.0, "threshold": 2.0, "bound": 6.0}
    changed = page._difference(Difference(**given, verdict=Outcome.CHANGED))

    assert '<circle cx="75%"' in changed
    assert '<line x1="62.5%" y1="50%" x2="87.5%" y2="50%" class="whisker told">' in changed
    assert "before 164" in changed
    assert 'class="dot quiet"' in page._difference(Difference(**given, verdict=Outcome.NO_CHANGE))


@pytest.mark.parametrize(("value", "place"), [(0.271, 50 + 50 / 1.6 / 2), (0.2535, 50 - 50 / 1.6 * 1.5), (0.4, 100.0)])
def test_a_run_stands_on_the_range_of_what_is_not_clearly_different(value: float, place: float) -> None:
    """From 257 to 278 ms, usual 264: 271 is half way up; 253.5 is half as far below the range as it is deep."""
    row = PersonalZ(
        metric="stance_time_s",
        value=value,
        usual=0.264,
        difference=value - 0.264,
        spread=0.005,
        z=(value - 0.264) / 0.005,
        level=Level.NOTING,
        epochs=40,
        low=0.257,
        high=0.278,
    )
    drawn = page._own_row(row).replace("\u00a0", " ")
    (at,) = re.findall(r'<line x1="([\d.]+)%"[^>]*class="needle"', drawn)

    assert float(at) == pytest.approx(place, abs=0.01)
    assert "usually 264" in drawn
    assert "worth noting" in drawn


@pytest.mark.parametrize("part", [page.against_own, page.over_weeks, page.last_runs, page.before_after])
def test_a_part_without_content_is_left_out(part: Any) -> None:
    assert part(CONTENT) == ""
