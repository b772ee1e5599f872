"""The weeks on one screen, by what was planted in them."""

import re
from datetime import date, timedelta

import pytest
from rich.cells import cell_len

from kneedrive.histories.result import Break, BreakKind
from kneedrive.report import history, terminal
from kneedrive.report.blocks import Style
from tests.analysis.runs_of_a_runner import Form
from tests.conftest import Golden
from tests.report.histories import FIRST, STORIES, Story, Tag, runs, sensor_change, steady, story, towards_drive

WIDTHS = (60, 79, 80, 99, 100, 120, 200)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
FORM_WORDS = re.compile(r"\b(drive|bounce|shuffle|piston)\b")


def render(told: Story, style: Style = Style()) -> str:  # noqa: B008 - frozen
    return terminal.render(history.weekly(told.view, told.tags, miles=style.miles), style)


@pytest.mark.parametrize("name", STORIES)
def test_weeks_of_each_kind_at_80_columns(name: str, golden: Golden) -> None:
    golden.check(f"weekly-{name}.txt", render(STORIES[name]()))


@pytest.mark.parametrize("width", [60, 120])
@pytest.mark.parametrize("name", ["towards_drive", "sensor_change"])
def test_weeks_at_other_widths(name: str, width: int, golden: Golden) -> None:
    golden.check(f"weekly-{name}-{width}.txt", render(STORIES[name](), Style(width=width, ascii=width == 60)))


@pytest.mark.parametrize("name", STORIES)
def test_no_line_is_wider_than_the_width(name: str) -> None:
    told = STORIES[name]()
    for width in WIDTHS:
        for style in (Style(width=width), Style(width=width, ascii=True, colour=True, miles=True)):
            text = COLOURS.sub("", render(told, style))
            assert max(map(cell_len, text.splitlines())) <= width, style


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
        ("sensor_change", "Steady."),
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
    text = render(STORIES[name]()).split("\n\nMore ")[0]

    assert not FORM_WORDS.search(text)


def test_a_called_trend_says_what_else_it_could_be() -> None:
    assert "Season, heat or shoes can do the same (these weeks go from" in " ".join(render(towards_drive()).split())
    assert "Season" not in render(steady())


def test_a_steady_trend_says_what_would_have_been_seen() -> None:
    assert "would most likely have been seen" in " ".join(render(steady()).split())


def test_too_few_weeks_say_how_many_more() -> None:
    text = " ".join(render(STORIES["too_few_weeks"]()).split())

    assert "4 weeks can be judged, about 4 more are needed, 8 more are better" in text


def test_nothing_before_a_sensor_change_is_judged() -> None:
    text = render(sensor_change())

    assert "since Tue 8 Apr 2025 alone, when the sensor changed" in text
    assert "BEFORE THAT" in text
    assert "a Garmin chest strap: steady between drive" in " ".join(text.split())


def test_a_break_is_drawn_right_before_the_week_that_it_falls_in() -> None:
    lines = render(sensor_change()).splitlines()
    place = next(i for i, line in enumerate(lines) if "a Garmin chest strap → a Garmin watch at the wrist" in line)

    assert lines[place + 2].strip().startswith("2025-04-07")


@pytest.mark.parametrize("days", [0, 6])
def test_a_break_on_the_first_or_last_day_of_a_week_belongs_to_it(days: int) -> None:
    told = sensor_change()
    moved = told.view.breaks[0].replace(date=date(2025, 4, 7) + timedelta(days=days))
    lines = render(told._replace(view=told.view.replace(breaks=(moved,)))).splitlines()
    place = next(i for i, line in enumerate(lines) if "a Garmin chest strap → a Garmin watch at the wrist" in line)

    assert lines[place + 2].strip().startswith("2025-04-07")


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


def test_every_stretch_names_its_sensor_and_every_break_is_drawn() -> None:
    told = sensor_change()
    first = told.view.breaks[0]
    second = first.replace(date=first.date + timedelta(days=2), kind=BreakKind.FIRMWARE, before="3", after="4")
    text = render(told._replace(view=told.view.replace(breaks=(first, second))))

    assert "\n  A Garmin chest strap\n" in text
    assert "Tue 8 Apr 2025: a Garmin chest strap → a Garmin watch at the wrist" in text
    assert "Thu 10 Apr 2025: firmware 3 → 4" in text


def test_a_stretch_is_of_the_sensor_that_its_own_break_began() -> None:
    assert [each.sensor for each in history.stretches(sensor_change().view)] == ["garmin_strap", "garmin_wrist"]


def test_sparklines_are_cut_where_the_sensor_changed() -> None:
    lines = render(sensor_change()).split("OVER THE WEEKS\n")[1].splitlines()[:4]
    rows = {line.split()[0]: line for line in lines}

    assert len({line.index("│") for line in lines}) == 1
    assert rows["drive"].split("│")[1].startswith("         ")
    assert rows["steps"].split("│")[0].split() == ["steps"]


def test_a_line_of_weeks_that_hardly_differ_looks_steady() -> None:
    lines = render(steady()).split("OVER THE WEEKS\n")[1].splitlines()[:3]

    assert [len(set(line.split()[1])) <= 2 for line in lines] == [True, True, True]


def test_a_row_of_a_week_lies_where_its_words_say() -> None:
    """A week at +1.4 stands between the dots of 1 runner in 5 and 1 in 25, not beyond the word at the end."""
    value = towards_drive().view.weeks[0].values["D"]
    told = towards_drive()
    week = told.view.weeks[0].replace(values={"D": value.replace(value=1.4, low=1.4, high=1.4)})
    lines = render(told._replace(view=told.view.replace(weeks=(week,)), tags=())).splitlines()
    row = next(line for line in lines if line.strip().startswith("2025-01-06"))
    head = next(line for line in lines if "week of" in line)
    scale = row[head.index("shuffle") :]

    assert [mark for mark in scale if mark in "·│●"] == ["·", "·", "│", "·", "●", "·"]
    assert scale.index("●") < head.index("drive") - head.index("shuffle")


def test_no_letter_and_no_word_of_statistics_is_printed() -> None:
    for name in STORIES:
        text = render(STORIES[name]())

        assert not re.search(r"\b[DPGK] [+-]?\d|spreads?\b|neutral|duty|z-score|confidence", text), name


def test_many_weeks_draw_only_the_last_that_fit() -> None:
    told = story(runs(10, Form()), 90)
    late = told.view.replace(weeks=told.view.weeks[::-1])  # the runs at the end
    lines = render(told._replace(view=late), Style(width=60)).split("OVER THE WEEKS")[1].splitlines()

    assert lines[0].strip() == f"the last {history.SHOWN_WEEKS}"
    assert lines[1].startswith("  distance")
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (
            Break(date=date(2025, 1, 6), kind=BreakKind.SENSOR, before="coros", after="none"),
            "COROS → no running dynamics",
        ),
        (Break(date=date(2025, 1, 6), kind=BreakKind.FIRMWARE, before="3", after="4"), "firmware 3 → 4"),
        (
            Break(date=date(2025, 1, 6), kind=BreakKind.OSCILLATION, before="coros", after="coros"),
            "oscillation jumped: the sensor, not form",
        ),
    ],
)
def test_each_kind_of_break_has_its_words(broken: Break, words: str) -> None:
    assert history.break_words(broken) == f"Mon 6 Jan 2025: {words}"


def test_miles_are_used_everywhere_or_nowhere() -> None:
    text = render(towards_drive(), Style(miles=True))

    assert "/mile" in text
    assert "miles" in text
    assert "/km" not in text
    assert " km" not in text


def test_a_week_that_holds_no_run_is_never_filled_in() -> None:
    held = [run for run in runs(10, Form()) if not 28 <= (run.started_at.date() - FIRST).days < 35]
    lines = render(story(held, 10)).splitlines()

    row = next(line for line in lines if "2025-02-03" in line)
    assert row.split()[:2] == ["2025-02-03", "–"]
    assert "●" not in row


def test_what_is_drawn_week_by_week_is_explained_below_it() -> None:
    text = " ".join(render(STORIES["sensor_change"](), Style()).split())

    assert text.count("1 runner in 5 and 1 in 25 lie beyond") == 1


def test_weeks_of_runs_without_a_distance_have_no_line_of_distances() -> None:
    told = steady()
    weeks = tuple(week.replace(distance_m=0.0) for week in told.view.weeks)
    lines = render(told._replace(view=told.view.replace(weeks=weeks))).split("OVER THE WEEKS\n")[1].splitlines()

    assert [line.split()[0] for line in lines[:2]] == ["drive", "bounce"]


def test_weeks_without_anything_judged_need_no_explanation() -> None:
    assert "lie beyond" not in render(STORIES["no_running"](), Style())
