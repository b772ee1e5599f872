"""Scales, ticks, lines and marks."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.report.html import svg
from kneedrive.report.html.svg import Scale


@pytest.mark.parametrize(
    ("scale", "value", "percent"),
    [
        (Scale(low=0, high=10), 2.5, 25.0),
        (Scale(low=0, high=10, up=True), 2.5, 75.0),
        (Scale(low=-3, high=3, up=True), 0.0, 50.0),
        (Scale(low=-3, high=3), 6.0, 150.0),
    ],
)
def test_a_scale_places_values_in_percent(scale: Scale, value: float, percent: float) -> None:
    assert scale.percent(value) == percent


def test_values_beyond_a_scale_are_drawn_at_its_end() -> None:
    assert [Scale(low=-3, high=3).inside(value) for value in (-9, 1, 9)] == [-3, 1, 3]


def test_a_scale_spans_what_is_known_with_a_margin_and_a_least_width() -> None:
    assert svg.spanning([1.0, 3.0, math.nan], margin=0.1) == Scale(low=0.8, high=3.2, up=True)
    assert svg.spanning([2.0], least=1.0, margin=0.0) == Scale(low=1.5, high=2.5, up=True)
    assert svg.spanning([]).high > svg.spanning([]).low


@pytest.mark.parametrize(
    ("amounts", "low", "high"),
    [([0.2, -0.9], -1.5, 1.5), ([-2.3, 0.0], -2.7, 1.5), ([1.4, 2.6], -1.5, 3.0), ([9.0], -1.5, 6.4), ([], -1.5, 1.5)],
)
def test_a_scale_of_scores_ends_where_nothing_is_left_to_see(amounts: list[float], low: float, high: float) -> None:
    scale = svg.spreads([*amounts, math.nan])

    assert (scale.low, scale.high) == pytest.approx((low, high))
    assert scale.up


def test_paces_that_would_touch_are_left_out() -> None:
    scale = Scale(low=0.3, high=4.0)
    places = [scale.percent(tick.value) for tick in svg.pace_ticks(scale, miles=False, most=5)]

    assert len(places) >= 2
    assert min(abs(one - other) for one, other in pairwise(places)) >= 12.0


@pytest.mark.parametrize(
    ("low", "high", "most", "finest", "steps"),
    [
        (0.0, 10.0, 6, 0.0, [0, 2, 4, 6, 8, 10]),
        (217.0, 293.0, 4, 1.0, [220, 240, 260, 280]),
        (165.2, 166.9, 5, 1.0, [166]),
        (-2.5, 2.5, 5, 0.0, [-2, -1, 0, 1, 2]),
        (0.93, 1.13, 5, 0.01, [0.95, 1.0, 1.05, 1.1]),
    ],
)
def test_ticks_are_round_and_not_finer_than_what_is_shown(
    low: float, high: float, most: int, finest: float, steps: list[float]
) -> None:
    assert svg.round_steps(low, high, most, finest) == pytest.approx(steps)


def test_ticks_of_a_quantity_carry_display_units() -> None:
    ticks = svg.quantity_ticks("stance_time_s", Scale(low=0.217, high=0.293), 4)

    assert [tick.text for tick in ticks] == ["220", "240", "260", "280"]
    assert [tick.value for tick in ticks] == pytest.approx([0.22, 0.24, 0.26, 0.28])


@pytest.mark.parametrize(
    ("miles", "words"), [(False, ["5:00", "5:30", "6:00", "6:30", "7:00"]), (True, ["8:00", "9:00", "10:00", "11:00"])]
)
def test_ticks_of_speed_are_round_paces(miles: bool, words: list[str]) -> None:
    ticks = svg.pace_ticks(Scale(low=2.35, high=3.4), miles=miles, most=5)

    assert [tick.text for tick in ticks] == words
    assert all(2.35 <= tick.value <= 3.4 for tick in ticks)


def test_standing_still_has_a_pace_axis_too() -> None:
    assert len(svg.pace_ticks(Scale(low=-0.1, high=0.2), miles=False, most=5)) <= 5


def test_a_line_lifts_its_pen_where_nothing_is_known() -> None:
    drawn = svg.path(Scale(low=0, high=4), Scale(low=0, high=10), [(0, 0), (1, 5), None, (3, 10)], "faint")

    assert drawn == '<path d="M0 0L250 500M750 1000" class="faint"></path>'


def test_an_area_is_a_closed_line() -> None:
    assert 'Z"' in svg.path(Scale(low=0, high=1), Scale(low=0, high=1), [(0, 0), (1, 1), (1, 0)], "ribbon", closed=True)


def test_a_mark_says_its_numbers_and_escapes_them() -> None:
    assert svg.mark("<7:02>", svg.line(0, 0, 10, 0, "x")).startswith(
        '<g class="mark" role="img"><title>&lt;7:02&gt;</title><line x1="0%"'
    )


@pytest.mark.parametrize("pattern", [pattern for pattern in Pattern if pattern is not Pattern.NEUTRAL])
def test_each_pattern_has_a_disc_of_its_colour_with_its_letter(pattern: Pattern) -> None:
    row = PATTERNS[pattern]

    assert svg.disc("10%", 20, pattern).startswith(f'<circle cx="10%" cy="20" r="10" class="disc c-{row.colour}">')
    assert f">{row.mark}</text>" in svg.disc("10%", 20, pattern)
    assert svg.disc("10%", 20, pattern, hollow=True).count("hollow") == 2


@pytest.mark.parametrize("pattern", [None, Pattern.NEUTRAL])
def test_where_nothing_is_named_the_disc_is_small_grey_and_without_a_letter(pattern: Pattern | None) -> None:
    assert svg.disc("10%", 20, pattern) == '<circle cx="10%" cy="20" r="5.5" class="disc c-grey"></circle>'


def test_words_stand_beside_their_place() -> None:
    assert (
        svg.words(50, 0, "a", "tick", dx=6, dy=-8, text_anchor="end")
        == '<text x="50%" y="0" class="tick" dx="6" dy="-8" text-anchor="end">a</text>'
    )
    assert svg.words(50, 0, "") == ""


def test_a_drawing_has_a_name_and_a_height_of_its_own_where_one_is_given() -> None:
    assert svg.drawing("paces", "A picture", height=100.0) == (
        '<div class="plot paces"><svg role="group" aria-label="A picture" focusable="false" height="100"></svg></div>'
    )
