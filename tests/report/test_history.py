"""The weeks: on one screen, by what was planted in them; trends and habits in sentences."""

import re
from datetime import date, timedelta

import pytest
from rich.cells import cell_len

from kneedrive.histories.result import (
    BalanceHabit,
    Break,
    BreakKind,
    FadeHabit,
    Habit,
    Habits,
    PaceChange,
    SlowContrast,
    Trend,
    Verdict,
    WeeklyView,
)
from kneedrive.histories.trend import DIRECTIONS
from kneedrive.patterns import AXES
from kneedrive.report import blocks, history, terminal
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


# Trends in sentences.


def trend(series: str = "D", verdict: str = "steady", **more: object) -> Trend:
    told: dict[str, object] = {"weeks": 12, "runs": 36, "weeks_missing": 0, "weeks_advised": 0, "detectable": 0.6}
    return Trend(series=series, verdict=Verdict(verdict), **(told | more))  # type: ignore[arg-type]


def view(*trends: Trend, sensor: str = "garmin_strap") -> WeeklyView:
    called = tuple(each.verdict for each in trends if each.called)
    return WeeklyView(
        until=date(2025, 3, 30),
        weeks=(),
        breaks=(),
        trends=trends,
        verdicts=called or (Verdict.STEADY,),
        sensor=sensor,
        surface="outdoor",
        reference_speed_mps=2.8,
        slow_speed_mps=2.4,
        computed=None,
    )


def said(found: WeeklyView) -> str:
    return " ".join(history.sentences(found, miles=False)).replace("\u00a0", " ")


def headline(found: WeeklyView) -> str:
    return blocks.plain(history.judgement(found, miles=False)[0].text).removesuffix(".")


@pytest.mark.parametrize("verdict", [word for series in AXES if series in DIRECTIONS for word in DIRECTIONS[series]])
def test_every_verdict_of_the_analysis_has_its_words(verdict: str) -> None:
    series = next(name for name, words in DIRECTIONS.items() if verdict in words)
    called = trend(series, verdict, change=0.9, low=0.4, high=1.3, first=date(2025, 1, 8))

    assert "a change of 0.9 times the gap between runners (between 0.4 and 1.3)" in said(view(called))
    assert headline(view(called)).lower() == verdict


def test_a_falling_trend_tells_its_range_from_the_smaller_to_the_larger() -> None:
    called = trend("D", "towards shuffle", change=-0.9, low=-1.3, high=-0.4, first=date(2025, 1, 8))

    assert "a change of 0.9 times the gap between runners (between 0.4 and 1.3)" in said(view(called))


def test_two_called_trends_are_both_in_the_headline() -> None:
    found = view(trend("D", "towards drive", change=1.0), trend("P", "less bounce", change=-1.0))

    assert headline(found) == "Towards drive and less bounce"


def test_no_series_is_called_steady_without_saying_what_would_have_been_seen() -> None:
    assert "A change of 0.6 times the gap between runners would most likely have been seen" in said(view(trend()))


@pytest.mark.parametrize(
    ("detectable", "words"),
    [
        (
            7.4,
            "these weeks cannot tell. They differ so much, or drift so much from one to the next, that only a change "
            "of about 7.4",
        ),
        (None, "these weeks cannot tell: they are too few, or drift too much"),
    ],
)
def test_weeks_that_cannot_tell_say_why_and_claim_no_steadiness(detectable: float | None, words: str) -> None:
    blind = view(trend(verdict="too early to tell", detectable=detectable)).replace(verdicts=(Verdict.TOO_EARLY,))

    assert headline(blind) == "Too early to tell"
    assert words in said(blind)
    assert "stands out" not in said(blind)
    assert "0 more are needed" not in said(blind)


def test_a_trend_of_too_few_weeks_says_how_many_more() -> None:
    few = trend(verdict="too early to tell", weeks=5, weeks_missing=3, weeks_advised=7, detectable=None)

    assert "5 weeks can be judged, about 3 more are needed" in said(view(few).replace(verdicts=(few.verdict,)))


def test_more_weeks_are_advised_where_few_were_tested() -> None:
    assert "With 3 more weeks" in said(view(trend(weeks_advised=3)))
    assert "With 1 more week " in said(view(trend(weeks_advised=1)))
    assert "firmer" not in said(view(trend()))


@pytest.mark.parametrize(
    ("sensor", "words"), [("none", "no contact time was recorded"), ("apple", "nothing to be held against")]
)
def test_why_only_steps_are_followed(sensor: str, words: str) -> None:
    assert words in said(view(trend("zSL"), sensor=sensor))


def test_only_steps_is_not_said_of_a_sensor_that_measures() -> None:
    assert "Only the length" not in said(view(trend(), trend("P")))


# What comes back in run after run, in sentences.

NO_SLOW = SlowContrast(verdict=Habit.NOT_ENOUGH, runs=0)
NO_BALANCE = BalanceHabit(verdict=Habit.NOT_ENOUGH, runs=2, runs_beyond=0)
NO_FADE = FadeHabit(verdict=Habit.NOT_ENOUGH, runs=1)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_nothing_is_printed_where_nothing_can_be_told() -> None:
    habits = Habits(slow=NO_SLOW, balance=NO_BALANCE, fade=NO_FADE)
    view = STORIES["no_running"]().view.replace(pace_change=None, heart_rate=None, habits=habits)

    assert history.run_after_run(view, miles=False) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            SlowContrast(verdict=Habit.MORE, runs=5, mean=-1.2, se=0.1),
            "more than slowing down alone explains: your drive score falls by about 1.2 (5 runs).",
        ),
        (
            SlowContrast(verdict=Habit.NOT_SHOWN, runs=5, mean=-0.7, se=0.2),
            "falls by about 0.7 (5 runs): that may be no more than slowing down alone explains.",
        ),
        (SlowContrast(verdict=Habit.NOT_SHOWN, runs=5, mean=-0.05, se=0.1), "falls by about 0.1"),
        (SlowContrast(verdict=Habit.NOT_SHOWN, runs=5, mean=-0.04, se=0.1), "does not fall (5 runs)"),
        (SlowContrast(verdict=Habit.NOT_SHOWN, runs=5, mean=0.4, se=0.1), "does not fall (5 runs)"),
    ],
)
def test_slow_contrast_in_words(found: SlowContrast, words: str) -> None:
    assert words in plain(history.slow(found))


def test_a_contrast_that_is_not_shown_claims_none() -> None:
    text = history.slow(SlowContrast(verdict=Habit.NOT_SHOWN, runs=5, mean=-0.2, se=0.1))

    assert "shorten" not in text


@pytest.mark.parametrize(
    ("left", "side", "words"),
    [(0.522, "left", "The left foot has 52.2 %"), (0.478, "right", "The right foot has 52.2 %")],
)
def test_constant_difference_names_the_foot_that_is_longer_on_the_ground(left: float, side: str, words: str) -> None:
    found = BalanceHabit(verdict=Habit.UNEVEN, runs=9, runs_beyond=8, left=left, side=side)

    assert words in plain(history.balance(found))
    assert "8 of 9 runs" in plain(history.balance(found))


def test_balance_without_a_constant_difference_is_said() -> None:
    found = BalanceHabit(verdict=Habit.NONE, runs=9, runs_beyond=1, left=0.502)

    assert "no constant difference (left 50.2 %, over 9 runs)" in plain(history.balance(found))


def test_fade_habit_says_what_changes_and_by_how_much() -> None:
    found = FadeHabit(
        verdict=Habit.FADES,
        runs=6,
        metrics=("cadence_spm", "ln_k", "stance_time_s"),
        median={"cadence_spm": -3.0, "ln_k": 0.04, "stance_time_s": 0.008},
    )

    assert "cadence fell by 3 steps/min, torso bounce grew by 4 % and contact lengthened by 8 ms" in plain(
        history.fade(found)
    )


def test_no_fade_habit_is_a_result() -> None:
    assert "nothing changes the same way" in history.fade(FadeHabit(verdict=Habit.NONE, runs=6))


def test_how_the_runner_goes_faster_is_a_description() -> None:
    found = PaceChange(
        slope=0.2, low=0.1, high=0.3, runs=12, faster=0.10, longer=0.08, quicker=0.02, usual=0.11, people=(0.01, 0.22)
    )

    assert plain(history.pace_change(found)) == (
        "To run 10 % faster you lengthen the step by 8 % and quicken it by 2 % (12 runs); 1 % is usual, 0 % to 2 % in "
        "the few runners of whom it is known."
    )
    assert "lengthen the step by 11 % and slow it by 1 %" in plain(
        history.pace_change(found.replace(longer=0.11, quicker=-0.01))
    )
    assert history.pace_change(found.replace(longer=None)) == ""


@pytest.mark.parametrize(
    ("verdict", "change", "words"),
    [
        ("lower", -3.2, "3 beats lower since Mon 6 Jan 2025. It may be heat, rest or fitness"),
        ("steady", 0.4, "no change that stands out"),
        ("too early to tell", None, ""),
    ],
)
def test_heart_rate_stands_beside_the_weeks_as_context(verdict: str, change: float | None, words: str) -> None:
    trend = Trend(
        series="heart_rate_bpm",
        verdict=Verdict(verdict),
        weeks=12,
        runs=30,
        weeks_missing=0,
        weeks_advised=0,
        first=date(2025, 1, 6),
        change=change,
    )
    text = plain(history.heart_rate(STORIES["steady"]().view.replace(heart_rate=trend), miles=False))

    assert words in text
    assert bool(words) == bool(text)
