"""What each chart draws, as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from kneedrive.report.html.blocks import Content, Event
from msgspec.structs import astuple

from kneedrive.analysis.result import Analysis, Epochs
from kneedrive.history.result import Break, Difference, PersonalZ
from kneedrive.recording import frozen
from kneedrive.report.html import page, run_charts, svg, week_charts
from kneedrive.report.html.svg import Scale
from tests.pages import EVENTS, demo_page, half_a_year, run_page

CONTENT = demo_page()
ANALYSIS = CONTENT.analysis
assert ANALYSIS is not None


def told(page: str) -> list[str]:
    """What its marks tell."""
    return [text.replace("\u00a0", " ") for text in re.findall(r'role="img"><title>([^<]*)</title>', page)]


def epochs(*reasons: str) -> Epochs:
    n = len(reasons)
    places = frozen(30.0 * np.arange(n))
    return Epochs(start_s=places, weight=frozen(np.ones(n)), reason=np.array(reasons, dtype=np.str_), columns={})


def test_neighbours_left_out_for_one_reason_are_one_stretch() -> None:
    found = list(run_charts.spans(epochs("start", "start", "", "hilly", "walking", "walking"), 30.0))

    assert [astuple(each) for each in found] == [
        (0.0, 60.0, "start"),
        (90.0, 120.0, "hilly"),
        (120.0, 180.0, "walking"),
    ]


def test_every_stretch_left_out_is_shaded_and_says_why() -> None:
    assert ANALYSIS
    drawn = run_charts.series(ANALYSIS, miles=False)
    out = list(run_charts.spans(ANALYSIS.epochs, 30.0))

    assert len(told(drawn)) == len(out) == drawn.count('class="left-out"')
    assert told(drawn)[0] == "0:00 to 1:00: start of the run, not scored"
    for start, reason in zip(ANALYSIS.epochs.start_s, ANALYSIS.epochs.reason, strict=True):
        assert [span.reason for span in out if span.start_s <= start < span.end_s] == ([reason] if reason else [])


def test_every_scored_half_minute_can_be_read() -> None:
    assert ANALYSIS
    drawn = run_charts.series(ANALYSIS, miles=False)

    assert drawn.count('class="reading"') == ANALYSIS.quality.epochs_scored


def test_a_quantity_that_was_never_recorded_has_no_chart() -> None:
    assert ANALYSIS
    columns = dict(ANALYSIS.epochs.columns)
    columns["vertical_oscillation_m"] = np.full(len(ANALYSIS.epochs), np.nan)
    without = ANALYSIS.replace(epochs=ANALYSIS.epochs.replace(columns=columns))

    assert "rows3" in run_charts.series(without, miles=False)
    assert "oscillation" not in run_charts.series(without, miles=False)


def test_where_little_was_scored_the_scale_is_that_of_the_bulk() -> None:
    """Otherwise three scored half-minutes would cut off the run."""
    columns = {"speed_mps": np.array([3.0, 3.1, 2.9, 3.2, 2.8, 3.0, 9.0])}
    few = epochs("", *(["hilly"] * 6)).replace(columns=columns)
    many = epochs(*([""] * 5), "hilly", "hilly").replace(columns=columns)

    assert sorted(run_charts._shown(columns["speed_mps"], few)) == [2.8, 2.9, 3.0, 3.0, 3.1, 3.2]
    assert sorted(run_charts._shown(columns["speed_mps"], many)) == [2.8, 2.9, 3.0, 3.1, 3.2]


def banded(probability: float | None, label: str = "drive-like") -> Analysis:
    assert ANALYSIS
    first, *rest = (band.replace(label="neutral") for band in ANALYSIS.pace_profile)
    return ANALYSIS.replace(pace_profile=(first.replace(label=label, probability=probability), *rest))


@pytest.mark.parametrize(
    ("probability", "role", "words"), [(0.9, "drive", "drive-like"), (0.7, "drive", "drive-like?"), (0.4, "", "")]
)
def test_a_mark_claims_no_more_than_its_words(probability: float, role: str, words: str) -> None:
    analysis = banded(probability)
    shown = run_charts.look(analysis.pace_profile[0], analysis.method.labels)

    assert (shown.role, shown.words, shown.unsure) == (role, words, words.endswith("?"))


def test_the_doubt_of_the_terminal_is_drawn_in_every_chart() -> None:
    analysis = banded(0.7)

    drawn = [run_charts.plane(analysis, None, miles=False)]
    drawn += [panel for _, panel in run_charts.panels(analysis, CONTENT.ranges, miles=False)]

    assert [each.count("symbol drive unsure") for each in drawn] == [1] * len(drawn)
    assert drawn[1].count('class="doubt">?</text>') == 1
    assert "drive-like?" in run_charts.key(analysis)
    assert "less than 85 % likely" in run_charts.doubt(analysis).replace("\u00a0", " ")


def test_without_doubt_nothing_is_said_of_it() -> None:
    assert run_charts.doubt(banded(0.95)) == ""
    assert "unsure" not in run_charts.key(banded(0.95))


def test_the_key_names_what_was_found_and_not_the_pattern_of_its_colour() -> None:
    """Short steps alone are not called a shuffle, and a note is something."""
    assert "shuffle" not in re.sub("m-shuffle|symbol shuffle", "", run_charts.key(banded(0.95, "short-steps")))
    assert 'href="#m-note"' in run_charts.key(banded(0.95, "long-grounded"))
    assert "long, grounded steps" in run_charts.key(banded(0.95, "long-grounded"))


def test_a_plain_mark_is_no_pattern_or_where_steps_alone_are_known_neither_long_nor_short() -> None:
    wrist = half_a_year("neutral", 0.0, 13).analysis
    assert ANALYSIS
    assert wrist

    assert "no clear pattern" in run_charts.key(ANALYSIS)
    assert "not clearly long or short" in run_charts.key(wrist)


def test_scores_are_named_and_not_letters_alone() -> None:
    assert ANALYSIS
    assert "drive or shuffle (D)</th>" in run_charts.number_table(ANALYSIS, miles=False)
    assert re.search(
        r"drive score -2\.3, bounce score [+-]?0\.\d, shuffle-like", run_charts.plane(ANALYSIS, None, miles=False)
    )


def test_no_epochs_draw_nothing() -> None:
    assert ANALYSIS
    assert run_charts.series(ANALYSIS.replace(epochs=epochs()), miles=False) == ""


@pytest.mark.parametrize(
    ("seconds", "ticks"), [(1500, ["0:00", "5:00", "10:00", "15:00", "20:00", "25:00"]), (90, ["0:00", "1:00"])]
)
def test_the_time_axis_has_few_round_times(seconds: float, ticks: list[str]) -> None:
    assert [tick.text for tick in run_charts.time_ticks(Scale(low=0.0, high=seconds))] == ticks


def test_a_dot_for_each_pace_band_says_its_score_and_label() -> None:
    assert ANALYSIS
    (_, drawn), *_ = run_charts.panels(ANALYSIS, CONTENT.ranges, miles=False)

    assert told(drawn)[0] == "7:02 /km, 16 min: -2.3 ± 0.6, shuffle-like"
    assert len(told(drawn)) == len(ANALYSIS.pace_profile)


def test_the_shuffle_onset_pace_is_drawn_where_it_is() -> None:
    assert ANALYSIS
    x = Scale(low=2.0, high=4.0)
    drawn = run_charts.score_panel("D", ANALYSIS, x, miles=False)

    assert "shuffle-onset 6:40" in drawn
    assert '<line x1="25%" y1="0%" x2="25%" y2="100%" class="onset">' in drawn


def test_without_an_onset_none_is_drawn() -> None:
    neutral = run_page("neutral").analysis
    assert neutral

    assert "onset" not in run_charts.score_panel("D", neutral, Scale(low=2.0, high=4.0), miles=False)


def test_a_metric_says_what_is_usual_beside_what_was_measured() -> None:
    assert ANALYSIS
    panels = dict(run_charts.panels(ANALYSIS, CONTENT.ranges, miles=False))

    assert told(panels["Ground contact time"])[0] == "7:02 /km: 312 ms, usual 295 ms"
    assert 'class="ribbon"' in panels["Ground contact time"]


def test_the_map_has_a_mark_for_each_band_and_each_week() -> None:
    content = half_a_year()
    assert content.analysis
    assert content.weekly
    drawn = run_charts.plane(content.analysis, content.weekly, miles=False)

    bands, trail = len(content.analysis.pace_profile), len(run_charts.trail(content.weekly))
    assert (bands, trail) == (6, 26)
    assert len(told(drawn)) == bands + trail
    assert drawn.count('class="trail') == trail - 1


def test_the_trail_ends_where_the_sensor_changed() -> None:
    """The weeks of another sensor say nothing about where the runner stands now."""
    content = half_a_year("neutral", 0.0, 13)

    assert run_charts.trail(content.weekly) == []
    assert run_charts.plane(content.analysis, content.weekly, miles=False) == ""


def test_a_week_says_its_value_interval_and_runs() -> None:
    content = half_a_year()
    assert content.weekly
    drawn = week_charts.chart("D", content.weekly, EVENTS)

    assert re.fullmatch(r"Week of Mon 18 May 2026: [+-]?\d\.\d ± \d\.\d, 3 runs", told(drawn)[2])
    assert drawn.count('class="week"') == 26


def test_weeks_breaks_and_flags_stand_at_their_days() -> None:
    """26 weeks are 182 days; a week's dot stands at its middle."""
    found = half_a_year().weekly
    assert found
    broken = Break(date=date(2026, 8, 3), kind="oscillation", before="", after="")
    drawn = week_charts.chart("D", found.replace(breaks=(broken,)), (Event(day=date(2026, 6, 1), text="a"),))

    assert f'<circle cx="{100 * 3.5 / 182:.2f}%"' in drawn
    assert f'<line x1="{100 * 77 / 182:.4g}%" y1="0%" x2="{100 * 77 / 182:.4g}%" y2="100%" class="break">' in drawn
    assert f'<circle cx="{100 * 14.5 / 182:.2f}%" cy="-10"' in drawn


def test_a_trend_rises_by_its_slope_through_the_middle_of_its_weeks() -> None:
    found = half_a_year().weekly
    assert found
    (trend, *_) = found.trends
    drawn = week_charts.chart("D", found, ())
    (line,) = re.findall(r'd="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)" class="trend drive"', drawn)
    left, low, right, high = map(float, line)
    ends = [end for week in found.weeks for end in (week.values["D"].low, week.values["D"].high)]
    y = svg.spreads(ends)
    span = y.high - y.low
    values = sorted(week.values["D"].value for week in found.weeks)

    assert trend.slope_per_week
    assert (left, right) == pytest.approx((1000 * 3.5 / 182, 1000 * 178.5 / 182), abs=0.1)
    assert (low - high) / 1000 * span == pytest.approx(25 * trend.slope_per_week, abs=0.01)
    assert y.high - (low + high) / 2 / 1000 * span == pytest.approx(np.median(values), abs=0.25)


def test_months_are_named_where_they_begin_and_january_is_the_year() -> None:
    found = half_a_year().weekly
    assert found
    year = [found.weeks[0].replace(monday=date(2026, 9, 7) + timedelta(weeks=week)) for week in range(22)]

    ticks = week_charts.month_ticks(year, date(2026, 9, 7))

    assert [tick.text for tick in ticks] == ["Oct", "Nov", "Dec", "2027", "Feb"]
    assert ticks[0].value == 24.0
    long = [found.weeks[0].replace(monday=date(2024, 1, 1) + timedelta(weeks=week)) for week in range(104)]
    assert len(week_charts.month_ticks(long, date(2024, 1, 1))) <= 7


def test_the_table_of_weeks_is_theirs_the_latest_first() -> None:
    found = half_a_year().weekly
    assert found
    week = found.weeks[-1].replace(runs=4, distance_m=31_400.0, slow_s=1500.0, shuffle_share=0.25)
    drawn = week_charts.table(found.replace(weeks=(*found.weeks[:-1], week)), miles=False).replace("\u00a0", " ")

    assert re.findall(r'<th scope="row">([^<]*)', drawn)[0] == "2026-11-09"
    first = re.findall(r"<td>([^<]*)", drawn)[:3]
    assert first == ["4", "31.4", "25"]
    assert "<td>25 %</td>" in drawn


def test_a_trend_is_drawn_only_where_one_was_found() -> None:
    content = half_a_year()
    assert content.weekly

    assert 'class="trend drive"' in week_charts.chart("D", content.weekly, ())
    assert 'class="trend' not in week_charts.chart("P", content.weekly, ())


def test_a_break_is_drawn_and_says_that_nothing_is_compared_across() -> None:
    content = half_a_year("neutral", 0.0, 13)
    assert content.weekly
    drawn = week_charts.chart("D", content.weekly, ())

    assert drawn.count('class="break"') == 1
    assert "Garmin strap → wrist. Before and after cannot be compared." in told(drawn)[0]


def test_events_outside_the_weeks_have_no_flag_and_others_are_numbered_by_time() -> None:
    found = half_a_year().weekly
    assert found
    events = (
        Event(day=date(2026, 9, 1), text="b"),
        Event(day=date(2026, 6, 1), text="a"),
        Event(day=date(2020, 1, 1), text="old"),
    )

    assert [(number, event.text) for number, event in week_charts.numbered(found, events)] == [(1, "a"), (2, "b")]


def test_flags_of_neighbouring_days_do_not_cover_each_other() -> None:
    found = half_a_year().weekly
    assert found
    events = tuple(Event(day=date(2026, 7, day), text=str(day)) for day in (1, 2, 20))
    drawn = week_charts.chart("D", found, events)

    assert re.findall(r'cy="(-\d+)" r="8"', drawn) == ["-10", "-28", "-10"]


def test_firmware_names_are_shortened_and_escaped() -> None:
    found = half_a_year().weekly
    assert found
    broken = Break(date=date(2026, 8, 3), kind="firmware", before="<b>" * 20, after="2")

    assert "<b>" not in week_charts.chart("D", found.replace(breaks=(broken,)), ())


def difference(**given: float | str) -> Difference:
    defaults: dict[str, Any] = {
        "metric": "cadence_spm",
        "before": 164.0,
        "after": 168.0,
        "difference": 4.0,
        "low": 2.0,
        "high": 6.0,
        "threshold": 2.0,
        "verdict": "changed",
        "bound": 6.0,
    }
    return Difference(**(defaults | given))


def test_a_change_is_drawn_in_thresholds() -> None:
    """Four thresholds to each side: 4 steps more is two of them, three quarters to the right."""
    drawn = page._difference(difference())

    assert '<circle cx="75%"' in drawn
    assert '<line x1="62.5%" y1="50%" x2="87.5%" y2="50%" class="error told">' in drawn
    assert "164 → 168" in drawn


def test_only_what_changed_is_drawn_strongly() -> None:
    assert 'class="dot quiet"' in page._difference(difference(verdict="no change"))
    assert 'class="dot told"' in page._difference(difference())


def test_a_run_against_its_runner_is_drawn_in_spreads() -> None:
    row = PersonalZ(
        metric="stance_time_s",
        value=0.271,
        usual=0.264,
        difference=0.007,
        spread=0.00466,
        z=1.5,
        level="worth noting",
        epochs=40,
        others=1.2,
    )
    drawn = page._own_comparison(row).replace("\u00a0", " ")

    assert '<line x1="75%" y1="0%" x2="75%" y2="100%" class="needle">' in drawn
    assert "271 ms, usually 264" in drawn
    assert "worth noting; among others higher" in drawn


@pytest.mark.parametrize(
    "part",
    [
        page.profile,
        page.measured,
        page.drive_map,
        page.over_time,
        page.left_out,
        page.against_own,
        page.over_weeks,
        page.before_after,
    ],
)
def test_a_part_without_content_is_left_out(part: Callable[[Content], str]) -> None:
    assert part(CONTENT.replace(analysis=None)) == ""
