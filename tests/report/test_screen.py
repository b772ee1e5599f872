"""The first screen of a run and what a sync tells: what it says, in which words, at which size."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.cells import cell_len

from kneedrive.advice import Ground, advise, do_next
from kneedrive.analysis import analyze
from kneedrive.analysis.population import runners_at, share_beyond
from kneedrive.analysis.posterior import Basis, Certainty
from kneedrive.analysis.result import Analysis, Scope
from kneedrive.errors import KneedriveError
from kneedrive.histories.result import Trend, Verdict, Week, WeeklyView
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.readers import read
from kneedrive.recording import Note, Runner
from kneedrive.report import numbers, screen, sections, words
from kneedrive.report.blocks import Picture, Prose, Style, plain
from kneedrive.report.terminal import render
from kneedrive.sensors import SensorClass
from kneedrive.simulate import DEMO_RUNNER
from tests.conftest import FIXTURES, Golden, needs_data, real_files
from tests.report.runs import JUDGED, RUNS, UNJUDGED, context_of, with_history

FORBIDDEN = re.compile(
    r"\b[DPGK]\b ?[+-−]?\d|spread|multiplied|leans? (towards )?n(eutral|othing)|confidence|epoch|overstrid|foot strike|"
    r"good form|bad form|leave the ground|hip"
)


def shown(name: str, *, miles: bool = False, **style: int | bool) -> str:
    analysis = RUNS[name]()
    return render(screen.first_screen(analysis, context_of(analysis), miles=miles), Style(miles=miles, **style))  # type: ignore[arg-type]


def at_home(**style: int | bool) -> str:
    """The first screen of a run with a history."""
    analysis, context, _ = with_history()
    return render(screen.first_screen(analysis, context, miles=bool(style.get("miles"))), Style(**style))  # type: ignore[arg-type]


def blank(text: str) -> str:
    return text.replace(numbers.TIE, " ")


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", RUNS)
def test_each_kind_of_run_at_80_columns(name: str, golden: Golden) -> None:
    golden.check(f"screen-{name}.txt", shown(name, width=80))


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("60", {"width": 60}),
        ("80", {"width": 80}),
        ("120", {"width": 120}),
        ("60-ascii", {"width": 60, "ascii": True}),
        ("80-miles", {"width": 80, "miles": True}),
    ],
)
def test_a_run_with_a_history(name: str, style: dict[str, int | bool], golden: Golden) -> None:
    golden.check(f"screen-history-{name}.txt", at_home(**style))


@pytest.mark.parametrize("make", [*(lambda n=name: shown(n) for name in RUNS), at_home])
def test_one_screen_of_40_lines_and_250_words(make: Callable[[], str]) -> None:
    text = make()

    assert len(text.splitlines()) <= 40
    assert sum(any(letter.isalnum() for letter in word) for word in text.split()) <= 250
    assert "--full" in text


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("width", [60, 73, 80, 120, 200])
def test_no_line_is_wider_than_the_width(name: str, width: int) -> None:
    analysis = RUNS[name]()
    for report in (screen.first_screen, screen.all_sections):
        text = render(report(analysis, context_of(analysis), miles=False), Style(width=width, ascii=width == 60))
        assert max(map(cell_len, text.splitlines())) <= width


@pytest.mark.parametrize("name", RUNS)
def test_the_words_are_a_runners(name: str) -> None:
    analysis = RUNS[name]()
    whole = flat(render(screen.all_sections(analysis, context_of(analysis), miles=False), Style(width=200)))

    # What a watch cannot know is named once, at the end.
    assert not FORBIDDEN.search(whole.replace(sections.NOT_THE_KNEE, "")), FORBIDDEN.search(whole)


@pytest.mark.parametrize("name", JUDGED)
def test_a_verdict_comes_with_its_odds_those_of_any_runner_and_something_to_do(name: str) -> None:
    text = flat(shown(name))

    assert re.search(r"\d in \d+ likely \(any runner: \d in \d+\)|\d in \d+ \(any runner: \d in \d+\)", text)
    assert "DO NEXT" in text
    assert words.KNEE_LIFT in text
    assert "runners beyond you" in text


@pytest.mark.parametrize("name", UNJUDGED)
def test_what_is_not_judged_says_why_and_claims_nothing(name: str) -> None:
    text = flat(shown(name))

    assert not re.search("likely|-like|DO NEXT|knee", text)
    assert RUNS[name]().status_reason.rstrip(".")[1:] in text


def test_a_run_without_cadence_is_not_called_short() -> None:
    text = shown("no-cadence")

    assert text.splitlines()[2] == "No cadence was recorded, and without it nothing can be told of form."
    assert not re.search(r"too (short|little|few)", text)
    assert "heart rate" in text


@pytest.mark.parametrize("name", JUDGED)
def test_the_picture_shows_the_axis_of_the_headline(name: str) -> None:
    analysis = RUNS[name]()
    first = screen.headliner(analysis)
    assert first
    (drawn,) = screen.pace_picture(analysis, miles=False)
    assert isinstance(drawn, Picture)

    letter = PATTERNS[first.pattern].axis or "D"
    assert drawn.axis == letter
    bands = [band.posterior for band in reversed(analysis.pace_profile)]
    assert [row.mean for row in drawn.rows] == [band.scores[letter].mean for band in bands if band]
    assert {row.hollow for row in drawn.rows} == {first.basis is Basis.STEPS}


@pytest.mark.parametrize("name", JUDGED)
def test_from_steps_alone_nothing_is_spoken_and_no_contact_is_cited(name: str) -> None:
    text, steps = flat(shown(name)), RUNS[name]().findings[0].basis is Basis.STEPS

    assert (words.STEPS_ALONE in text) == steps
    assert ("○" in text) == steps
    if steps:
        assert not re.search("ground contact time|flight time|vertical oscillation", text)
        assert re.search("Leans towards|Probably|hint|Nothing stands out", text)


@pytest.mark.parametrize("name", JUDGED)
def test_a_pattern_is_ruled_out_aloud_where_that_is_news(name: str) -> None:
    analysis, text = RUNS[name](), flat(shown(name))
    leads = analysis.findings[0]
    news = bool(analysis.ruled_out) and (leads.pattern is not Pattern.NEUTRAL or leads.basis is Basis.STEPS)

    assert ("ruled out" in text) == news


@pytest.mark.parametrize("name", JUDGED)
def test_a_sensor_that_the_file_holds_is_never_advised(name: str) -> None:
    analysis, text = RUNS[name](), flat(shown(name))

    if analysis.reference.measures_bounce:
        assert not re.search("would (tell|settle)", text)
    if analysis.provenance is SensorClass.STRYD:
        assert "a Stryd" not in text
    if analysis.provenance in (SensorClass.COROS, SensorClass.COROS_POD):
        assert "COROS watch, would" not in text


def test_only_the_longest_bands_are_drawn_and_the_rest_is_counted() -> None:
    analysis = RUNS["demo"]()
    (drawn,) = screen.pace_picture(analysis, miles=False, most=4)

    assert isinstance(drawn, Picture)
    assert [row.before[1] for row in drawn.rows] == ["7:00", "10:00", "18:30", "16:00"]
    assert "2 more in full" in plain(drawn.key)


@pytest.mark.parametrize(
    ("key", "share"), [("step_length_m", 0.02), ("flight_time_s", 0.02), ("vertical_oscillation_m", 0.02)]
)
def test_runners_beyond_are_those_of_the_population(key: str, share: float) -> None:
    run = RUNS["neutral"]()
    among = runners_at(2.8, run.against)[key]
    low, high = sorted(among)[int(share * len(among))], sorted(among)[-int(share * len(among))]

    assert share_beyond(low, among) == pytest.approx(share, abs=0.002)
    assert share_beyond(high, among) == pytest.approx(share, abs=0.002)
    assert share_beyond(sorted(among)[len(among) // 2], among) == pytest.approx(0.5, abs=0.002)


def test_the_usual_value_is_the_middle_of_these_runners() -> None:
    run = RUNS["neutral"]()
    among = runners_at(run.metrics["speed_mps"].median, run.against)

    for key, usual in run.usual.items():
        if key in among:
            assert sorted(among[key])[len(among[key]) // 2] == pytest.approx(usual, rel=0.01), key


@pytest.mark.parametrize("less", [0.93, 0.07])
@pytest.mark.parametrize("certainty", list(Certainty))
def test_the_knee_is_told_as_surely_as_it_may_be(less: float, certainty: Certainty) -> None:
    knee = RUNS["demo"]().knee.replace(probability_less=less, certainty=certainty)
    text = plain(words.knee_sentence(knee))

    assert bool(text) == (certainty is not Certainty.OPEN)
    assert ("probably bends" in text) == (certainty is Certainty.SPOKEN)
    assert ("may bend" in text) == (certainty is Certainty.LEANING)
    assert (("less than usual" if less > 0.5 else "more than usual") in text) == bool(text)


def test_who_the_runner_is_comes_first_and_only_from_three_runs_on() -> None:
    analysis, context, _ = with_history()
    assert context.weeks
    few = context.replace(weeks=context.weeks.replace(runs=2))

    assert at_home().startswith("You, since ")
    assert flat(at_home()).count("24 runs") == 1
    assert "You, since" not in render(screen.first_screen(analysis, few, miles=False), Style())


def test_slow_running_that_says_the_same_is_not_said_twice() -> None:
    run = RUNS["drive-coros"]()
    (found,) = run.findings
    slow = found.replace(scope=Scope.SLOW, certainty=Certainty.SPOKEN, probability=0.85)

    assert words.headline(run.replace(findings=(found, slow))) == "Leans towards drive-like, most clearly when slow"
    assert words.headline(run.replace(findings=(found, slow.replace(certainty=found.certainty)))) == words.headline(run)
    assert screen.headliner(run.replace(findings=(found, slow))) == found
    assert "when slow, leans" in words.headline(run.replace(findings=(found, slow.replace(pattern=Pattern.SHUFFLE))))


def test_miles_are_used_everywhere_or_nowhere() -> None:
    analysis = RUNS["demo"]()
    text = render(screen.all_sections(analysis, context_of(analysis), miles=True), Style(miles=True))

    assert "/mile" in text
    assert "/km" not in text
    assert " km" not in text


def judged_by(analysis: Analysis, **changes: object) -> str:
    return flat(render([screen.verdict(analysis.replace(**changes), miles=False, apart=False)], Style(width=200)))


def test_a_measured_source_that_speaks_in_the_watchs_place_is_named() -> None:
    text = judged_by(RUNS["shuffle-stryd"](), instead_of=SensorClass.GARMIN_WRIST, height_from="file")

    assert "Stryd foot pod instead of the wrist" in text
    assert "height 1.78 m from your watch" in text


def test_a_screen_of_many_words_shows_fewer_paces() -> None:
    run = RUNS["demo"]()
    wordy = context_of(run).replace(week="word " * 120)
    drawn = [block for section in screen.first_screen(run, wordy, miles=False) for block in section]
    (picture,) = (block for block in drawn if isinstance(block, Picture))

    assert screen.words_of(screen.first_screen(run, wordy, miles=False)) <= screen.MOST_WORDS
    assert 1 <= len(picture.rows) < len(screen.shown_bands(run, screen.MOST_BANDS))


def test_where_fewer_paces_do_not_do_what_stands_elsewhere_is_left_out() -> None:
    run, context, _ = with_history()
    drawn = screen.first_screen(run, context.replace(week="word " * 300), miles=False)

    assert screen.words_of(drawn) <= screen.MOST_WORDS
    assert "DO NEXT" in render(drawn, Style())
    assert words.KNEE_LIFT in flat(render(drawn, Style()))


def hold(path: Path) -> None:
    """Asserts that the runs of a file keep to a screen, with all that can stand beside them, known and unknown tall."""
    try:
        activities = read(path.read_bytes(), path.name)
    except KneedriveError:
        pytest.skip("holds no activity, which is another test's business")
    _, context, weeks = with_history()
    beside = context.replace(
        week=screen.week_line(weeks, weeks.until, miles=False), remark=sections.aged(date(2026, 1, 1), date(2026, 3, 1))
    )
    for run in (analyze(each, runner=runner) for each in activities for runner in (Runner(), DEMO_RUNNER)):
        advised = beside.replace(advice=do_next(run, context.weeks))
        for new in ("", "3 new runs: 12.1 km on 8 Nov, 5.70 km on 6 Nov, 30 min on 4 Nov."):
            drawn = screen.first_screen(run, advised, miles=False, new=new)
            assert screen.words_of(drawn) <= screen.MOST_WORDS
            assert len(render(drawn, Style()).splitlines()) <= 40


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*.fit")), ids=lambda path: path.stem)
def test_no_fixture_fills_more_than_a_screen(path: Path) -> None:
    hold(path)


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [*real_files("fit/*", "gpx/*", "tcx/*"), *real_files("history-*/*")[::20]], ids=lambda path: path.name
)
def test_no_real_file_fills_more_than_a_screen(path: Path) -> None:
    hold(path)


@pytest.mark.parametrize("certainty", list(Certainty))
def test_what_to_do_next_says_where_nothing_is_clear(certainty: Certainty) -> None:
    told = advise(Ground(finding=Pattern.SHUFFLE, certainty=certainty))
    text = flat(render([sections.do_next(told)], Style()))

    assert (sections.UNCLEAR in text) == (certainty is Certainty.OPEN)


@pytest.mark.parametrize("onset", [None, 2.6])
@pytest.mark.parametrize("pattern", [Pattern.SHUFFLE, Pattern.DRIVE])
def test_odds_of_slow_running_are_said_at_its_own_pace(pattern: Pattern, onset: float | None) -> None:
    run = RUNS["demo"]()
    slow = words.of_scope(run.findings, Scope.SLOW)[0].replace(pattern=pattern)
    begins = run.shuffle_onset.replace(speed_mps=onset)
    text = judged_by(run, findings=(*words.of_scope(run.findings, Scope.RUN), slow), shuffle_onset=begins)

    assert f"When slow (around {blank(numbers.pace(slow.evidence['speed_mps'], miles=False))}) it is" in text
    assert "Slower than" not in text
    assert ("It begins at 6:25 /km." in text) == (pattern is Pattern.SHUFFLE and onset is not None)


def test_the_knee_is_told_at_the_mean_pace_of_the_run_where_slow_running_is_the_headline() -> None:
    run = RUNS["demo"]()
    assert run.posterior is not None
    knee = run.knee.replace(probability_less=0.9, certainty=Certainty.SPOKEN)
    whole = words.of_scope(run.findings, Scope.RUN)
    mean = blank(numbers.pace(run.posterior.speed_mps, miles=False))

    told = judged_by(run, knee=knee)
    assert "When slow (around" in told
    assert f"your knee probably bends less than usual at the mean pace of this run, {mean} (about" in told
    assert "at this pace" not in told
    assert "less than usual at this pace (about" in judged_by(run, findings=whole, knee=knee)


def test_open_odds_of_slow_running_are_those_of_every_pattern_named() -> None:
    run = RUNS["demo"]()
    (slow,) = words.of_scope(run.findings, Scope.SLOW)
    both = [
        slow.replace(pattern=pattern, certainty=Certainty.OPEN, probability=0.4)
        for pattern in (Pattern.SHUFFLE, Pattern.PISTON)
    ]
    text = judged_by(run, findings=(*words.of_scope(run.findings, Scope.RUN), *both))

    assert re.search(r"When slow \(around [0-9:]+ /km\): shuffle-like about 2 in 5 .*; piston-like about 2 in 5 ", text)
    assert "It begins" not in text


def test_two_patterns_that_are_both_likely_have_each_their_odds() -> None:
    run = RUNS["shuffle-stryd"]()
    told = [
        run.findings[0].replace(
            scope=Scope.RUN, pattern=pattern, certainty=Certainty.LEANING, marked=False, probability=p, base_rate=base
        )
        for pattern, p, base in ((Pattern.PISTON, 0.64, 0.14), (Pattern.SHORT_AIRY, 0.55, 0.10))
    ]
    text = judged_by(run, findings=tuple(told))

    assert "Leans towards piston-like; also leans towards quick, light steps." in text
    assert "piston-like about 3 in 5 (any runner: 1 in 10); quick, light steps about 3 in 5 (1 in 10)" in text


def test_a_sensor_that_drifted_is_noted_at_the_verdict() -> None:
    run = RUNS["demo"]()
    quality = run.quality.replace(notes=(Note(code="drift", text="the sensor drifted by 3 points"),))

    assert words.DRIFTED in judged_by(run, quality=quality)
    assert words.DRIFTED not in judged_by(run)
    assert "drifted by 3 points" in " ".join(sections.left_out(run.replace(quality=quality)))


def test_a_hostile_name_cannot_steer_the_terminal() -> None:
    run = RUNS["demo"]()
    device = run.activity.device.replace(product="x\x1b]0;owned\x07\x1b[2J\u202ey")
    text = judged_by(run, activity=run.activity.replace(device=device))

    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_a_run_of_a_named_runner_begins_with_the_name() -> None:
    plain_run = RUNS["demo"]()
    named = plain_run.replace(runner=plain_run.runner.replace(name="anna\x1b[31m"))

    assert plain(screen.facts(named, miles=False).facts[0]).startswith("anna")
    assert "\x1b" not in plain(screen.facts(named, miles=False).facts[0])
    assert plain(screen.facts(plain_run, miles=False).facts[0]).startswith("Sun 8 Nov 2026")


# What a sync tells: what is new, the main run of the day, the weeks in a line.

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
