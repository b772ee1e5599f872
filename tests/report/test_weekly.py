"""The weeks on one screen, by what was planted in them."""

import re
from datetime import date, timedelta

import pytest

from kneedrive.history.result import Break
from kneedrive.report import history
from kneedrive.report.text import Style, columns_of
from tests.analysis.runs_of_a_runner import Form
from tests.conftest import Golden
from tests.report.histories import FIRST, STORIES, Story, Tag, runs, sensor_change, steady, story, towards_drive

WIDTHS = (60, 79, 80, 99, 100, 120, 200)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
FORM_WORDS = re.compile(r"\b(drive|bounce|shuffle|piston)\b")


def render(told: Story, style: Style = Style()) -> str:  # noqa: B008 - frozen
    return history.weekly_text(told.view, told.habits, style, told.tags)


@pytest.mark.parametrize("name", STORIES)
def test_weeks_of_each_kind_at_80_columns(name: str, golden: Golden) -> None:
    golden.check(f"weekly-{name}.txt", render(STORIES[name]()))


@pytest.mark.parametrize("name", ["towards_drive", "sensor_change"])
def test_weeks_at_60_columns_in_ascii(name: str, golden: Golden) -> None:
    golden.check(f"weekly-{name}-60-ascii.txt", render(STORIES[name](), Style(width=60, ascii=True)))


def test_wide_weeks_draw_each_interval(golden: Golden) -> None:
    golden.check("weekly-towards_drive-120.txt", render(towards_drive(), Style(width=120)))


@pytest.mark.parametrize("name", STORIES)
def test_no_line_is_wider_than_the_width(name: str) -> None:
    told = STORIES[name]()
    for width in WIDTHS:
        for style in (Style(width=width), Style(width=width, ascii=True, colour=True, miles=True)):
            assert max(map(columns_of, render(told, style).splitlines())) <= width, style


@pytest.mark.parametrize("name", STORIES)
def test_ascii_is_ascii(name: str) -> None:
    assert render(STORIES[name](), Style(ascii=True)).isascii()


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", STORIES)
def test_colour_only_adds_colour(name: str, width: int) -> None:
    told = STORIES[name]()
    coloured = render(told, Style(width=width, colour=True))

    assert COLOURS.sub("", coloured) == render(told, Style(width=width))
    assert "\x1b[" in coloured


@pytest.mark.parametrize(
    ("name", "headline"),
    [
        ("towards_drive", "Towards drive."),
        ("towards_shuffle", "Towards shuffle."),
        ("more_bounce", "More bounce."),
        ("steady", "Steady."),
        ("sensor_change", "Too early to tell."),
        ("too_few_weeks", "Too early to tell."),
        ("wrist_only", "Steady."),
        ("no_running", "Too early to tell."),
    ],
)
def test_what_was_planted_is_the_headline(name: str, headline: str) -> None:
    text = render(STORIES[name]())

    assert any(line.startswith(headline) for line in text.splitlines())


@pytest.mark.parametrize("name", ["wrist_only", "no_running"])
def test_weeks_without_measured_contact_claim_nothing_about_form(name: str) -> None:
    text = render(STORIES[name]()).split("NEXT")[0]

    assert not FORM_WORDS.search(text)


def test_a_called_trend_says_what_else_it_could_be() -> None:
    assert "Season, shoes or fatigue can do the same." in render(towards_drive())
    assert "Season" not in render(steady())


def test_a_steady_trend_says_what_would_have_been_seen() -> None:
    assert "would most likely have been seen" in " ".join(render(steady()).split())


def test_too_few_weeks_say_how_many_more() -> None:
    text = " ".join(render(STORIES["too_few_weeks"]()).split())

    assert "4 weeks can be judged, about 4 more are needed, 8 more are better" in text


def test_nothing_before_a_sensor_change_is_judged() -> None:
    text = render(sensor_change())

    assert "since Tue 8 Apr 2025 alone, when the sensor changed" in text
    assert "27 runs in 9 weeks judged" in text


def test_a_break_is_drawn_right_before_the_week_that_it_falls_in() -> None:
    lines = render(sensor_change()).splitlines()
    place = next(i for i, line in enumerate(lines) if "Garmin strap → wrist" in line)

    assert lines[place + 1].strip().startswith("2025-04-07")


@pytest.mark.parametrize("days", [0, 6])
def test_a_break_on_the_first_or_last_day_of_a_week_belongs_to_it(days: int) -> None:
    told = sensor_change()
    moved = told.view.breaks[0].replace(date=date(2025, 4, 7) + timedelta(days=days))
    lines = render(told._replace(view=told.view.replace(breaks=(moved,)))).splitlines()
    place = next(i for i, line in enumerate(lines) if "Garmin strap → wrist" in line)

    assert lines[place + 1].strip().startswith("2025-04-07")


def test_a_tag_stands_right_before_its_week() -> None:
    lines = render(towards_drive()).splitlines()
    place = next(i for i, line in enumerate(lines) if "started wall drills" in line)

    assert lines[place].strip() == "◆ 2025-01-16  started wall drills"
    assert lines[place + 1].strip().startswith("2025-01-13")


def test_a_tag_in_a_pause_is_still_drawn() -> None:
    inside = Tag((FIRST + timedelta(weeks=10)).isoformat(), "broke a toe")
    told = sensor_change()

    assert "broke a toe" in render(told._replace(tags=(inside,)))


def test_control_characters_of_a_tag_are_not_printed() -> None:
    hostile = Tag(FIRST.isoformat(), "wall\x1b[2J\ndrills")

    assert "\x1b" not in render(steady()._replace(tags=(hostile,)))


def test_a_long_pause_is_one_line() -> None:
    assert "2025-03-10 and the weeks after: 4 without a run" in render(sensor_change())


def test_sparklines_are_cut_where_the_sensor_changed() -> None:
    lines = [
        line for line in render(sensor_change()).splitlines() if line.startswith(("  distance", "  drive", "  steps"))
    ]
    drawn = [line[12:35] for line in lines[-3:]]

    assert [row.index("│") for row in drawn] == [13, 13, 13]
    assert drawn[1][14:].strip() == ""
    assert drawn[2][:13].strip() == ""


def test_many_weeks_draw_only_the_last_that_fit() -> None:
    told = story(runs(10, Form()), 90)
    lines = [line for line in render(told, Style(width=60)).splitlines() if line.startswith("  distance")]

    assert not lines or max(map(len, lines)) <= 60


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (Break(date=date(2025, 1, 6), kind="sensor", before="coros", after="none"), "COROS → none"),
        (Break(date=date(2025, 1, 6), kind="firmware", before="3", after="4"), "firmware 3 → 4"),
        (
            Break(date=date(2025, 1, 6), kind="oscillation", before="coros", after="coros"),
            "oscillation jumped: the sensor, not form",
        ),
    ],
)
def test_each_kind_of_break_has_its_words(broken: Break, words: str) -> None:
    assert history.break_words(broken) == words


def test_miles_are_used_everywhere_or_nowhere() -> None:
    text = render(towards_drive(), Style(miles=True))

    assert "/mile" in text
    assert "miles" in text
    assert "/km" not in text
    assert " km" not in text


def test_a_week_that_holds_no_run_is_never_filled_in() -> None:
    held = [run for run in runs(10, Form()) if not 28 <= (run.started_at.date() - FIRST).days < 35]
    lines = render(story(held, 10)).splitlines()

    assert next(line for line in lines if "2025-02-03" in line).split() == ["2025-02-03", "–"]


def test_what_is_drawn_week_by_week_is_explained_below_it() -> None:
    text = " ".join(render(STORIES["sensor_change"](), Style()).split())

    assert (
        "Above 0 means longer steps with less of each on the ground (drive), more up and down for steps of that length "
        "(bounce), longer steps for the pace (steps). OVER THE WEEKS"
    ) in text


def test_weeks_without_anything_judged_need_no_explanation() -> None:
    assert "Above 0" not in render(STORIES["no_running"](), Style())
