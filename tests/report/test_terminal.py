"""The whole report, by kind of run, width and style."""

import re

import pytest

from kneedrive.report import doctor, explain, run, verdict
from kneedrive.report.text import Style, columns_of
from tests.conftest import Golden
from tests.report.cases import CASES, activity, analysis, drive, wrist

WIDTHS = (60, 61, 80, 100, 120, 130, 150, 200)
RENDERERS = {"terminal": run.render, "explain": explain.render, "doctor": doctor.render}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", CASES)
def test_report_of_each_kind_at_80_columns(name: str, golden: Golden) -> None:
    golden.check(f"{name}.txt", run.render(CASES[name](), Style(width=80)))


@pytest.mark.parametrize("name", CASES)
def test_report_of_each_kind_at_60_columns_in_ascii(name: str, golden: Golden) -> None:
    golden.check(f"{name}-60-ascii.txt", run.render(CASES[name](), Style(width=60, ascii=True)))


def test_wide_report_puts_the_pictures_side_by_side(golden: Golden) -> None:
    golden.check("shuffle_when_slow-150.txt", run.render(CASES["shuffle_when_slow"](), Style(width=150)))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", RENDERERS)
def test_no_line_is_wider_than_the_width(kind: str, name: str) -> None:
    told = CASES[name]()
    for width in WIDTHS:
        for style in (Style(width=width), Style(width=width, ascii=True, colour=True, miles=True)):
            assert max(map(columns_of, RENDERERS[kind](told, style).splitlines())) <= width, style


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", RENDERERS)
def test_ascii_is_ascii(kind: str, name: str) -> None:
    assert RENDERERS[kind](CASES[name](), Style(ascii=True)).isascii()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", RENDERERS)
def test_colour_only_adds_colour(kind: str, name: str) -> None:
    coloured = RENDERERS[kind](CASES[name](), Style(colour=True))

    assert COLOURS.sub("", coloured) == RENDERERS[kind](CASES[name](), Style())
    assert "\x1b[" in coloured


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", RENDERERS)
def test_lines_end_without_blanks_and_text_with_one_line_break(kind: str, name: str) -> None:
    text = RENDERERS[kind](CASES[name](), Style())

    assert not [line for line in text.splitlines() if line != line.rstrip()]
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("name", CASES)
def test_same_analysis_gives_the_same_text(name: str) -> None:
    assert run.render(CASES[name](), Style()) == run.render(CASES[name](), Style())


def test_parts_come_in_their_order() -> None:
    text = run.render(CASES["shuffle_when_slow"](), Style())
    parts = ("Shuffle-like when slow", "PACE PROFILE", "MAP", "NUMBERS BY PACE", "WITHIN THE RUN", "ACCELERATIONS")
    places = [text.index(part) for part in (*parts, "WHAT WAS LEFT OUT", "WHAT A WATCH CANNOT KNOW", "NEXT")]

    assert places == sorted(places)


def test_miles_are_used_everywhere_or_nowhere() -> None:
    text = run.render(analysis(), Style(miles=True))

    assert "/mile" in text
    assert "/km" not in text
    assert " km" not in text


def test_wrist_report_claims_no_pattern() -> None:
    text = run.render(wrist(), Style(width=200))
    verdict = text.split("PACE PROFILE")[0]

    assert not re.search(r"(drive|piston|shuffle)-like", verdict)
    assert "estimate from speed and cadence" in text
    assert "MAP" not in text


def test_unknown_height_says_what_knowing_it_would_do() -> None:
    known = run.render(analysis(), Style())
    unknown = run.render(analysis(runner=analysis().runner.replace(height_m=None)), Style())

    assert "--height" not in known
    assert "--height" in unknown


def test_a_hostile_name_cannot_steer_the_terminal() -> None:
    device = activity().device.replace(product="x\x1b]0;owned\x07\x1b[2J\u202ey")
    text = run.render(analysis(activity=activity(device=device)), Style())

    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_a_score_beyond_the_scale_points_outwards() -> None:
    assert "›" in run.render(drive(), Style())


def test_a_fade_counts_only_where_it_is_notable() -> None:
    text = run.render(CASES["shuffle_when_slow"](), Style(width=200))

    assert "contact lengthened by 9 ms (+6 to +12)" in text
    assert "oscillation grew" not in text


def test_pictures_stand_side_by_side_from_130_columns_on() -> None:
    together = [run.render(analysis(), Style(width=width)).split("MAP")[0].rsplit("\n", 1)[1] for width in (129, 130)]

    assert "PACE PROFILE" not in together[0]
    assert "PACE PROFILE" in together[1]


def test_a_metric_without_a_usual_value_stands_alone() -> None:
    text = run.render(CASES["stryd"](), Style())

    assert re.search(r"5:47 .* 92 / 92 +9\.3 +9\.0$", text, re.MULTILINE)


def test_a_label_that_is_not_sure_carries_a_question_mark_and_its_meaning() -> None:
    text = run.render(CASES["stryd"](), Style())

    assert "drive-like?" in text
    assert "long, grounded steps?" not in text  # less likely than not: not worth a word
    assert "A question mark: less than 85 % likely." in " ".join(text.split())
    assert "question mark" not in run.render(CASES["piston"](), Style())


def test_bounce_unknown_is_said_once() -> None:
    text = " ".join(run.render(CASES["stryd"](), Style()).split())

    assert text.count("Stryd computes oscillation") == 1
    assert "Bounce unknown: Stryd computes oscillation" in text


@pytest.mark.parametrize(
    ("case", "shown"),
    [
        ("shuffle_when_slow", ("D",)),
        ("piston", ("P",)),
        ("oscillation_only", ("P",)),
        ("stryd", ("D",)),
        ("wrist", ("zSL",)),
        ("walk", ()),
    ],
)
def test_profile_shows_the_score_that_tells_most(case: str, shown: tuple[str, ...]) -> None:
    assert run.axes(CASES[case]()) == shown


def test_profile_shows_both_scores_where_piston_and_drive_meet() -> None:
    first, *rest = CASES["piston"]().pace_profile
    both = analysis(pace_profile=(first.replace(label="drive-like"), *rest))

    assert run.axes(both) == ("D", "P")
    text = run.render(both, Style())
    assert text.count("  a  5:19 /km") == 2
    drive, bounce = text.split("PACE PROFILE")[1].split("less bounce")[:2]
    assert "drive above, bounce below" in drive
    assert drive.count("drive-like") == 2  # the end of the scale and the label of the first band
    assert "drive-like" not in bounce.split("MAP")[0].replace("piston-like", "")


@pytest.mark.parametrize(
    ("piston", "words"),
    [(1.0, "more bounce than goes"), (0.99, "near balance"), (-0.99, "near balance"), (-1.0, "less bounce than goes")],
)
def test_bounce_is_worded_by_the_bound_of_the_method(piston: float, words: str) -> None:
    found = analysis().scores.P.replace(value=piston)
    text = run.render(analysis(scores=analysis().scores.replace(P=found)), Style())

    assert words in " ".join(text.split())


@pytest.mark.parametrize("name", CASES)
def test_the_short_report_keeps_to_the_width_and_to_one_screen(name: str) -> None:
    told = CASES[name]()
    for width in WIDTHS:
        lines = run.short(told, Style(width=width)).splitlines()

        assert max(map(columns_of, lines)) <= width, width
        assert len(lines) <= (40 if width < 80 else 30), width


def test_the_short_report_is_the_first_screen_of_the_whole_one(golden: Golden) -> None:
    short, whole = (render(CASES["shuffle_when_slow"](), Style()) for render in (run.short, run.render))

    assert whole.startswith(short[: short.index("96 of")])
    golden.check("short-shuffle_when_slow.txt", short)


def test_a_walk_in_short_goes_on_with_what_the_file_holds() -> None:
    text = run.short(CASES["walk"](), Style())

    assert "kneedrive analyze FILE " in text
    assert "kneedrive doctor FILE" in text
    assert "--explain" not in text


def test_the_words_are_explained_where_the_report_points_to() -> None:
    assert "Words: the same command with --explain" in run.render(analysis(), Style())
    told = " ".join(explain.render(analysis(), Style()).split("WORDS")[1].split())
    assert all(
        word in told
        for word in ("A spread is", "D, the drive score", "P, the piston", "K, torso", "The vertical ratio")
    )


def test_what_the_report_says_of_the_knee_is_not_repeated_in_the_explanation() -> None:
    report, explained = (" ".join(render(analysis(), Style()).split()) for render in (run.render, explain.render))

    assert verdict.KNEE[:60] in report
    assert verdict.KNEE[:60] not in explained


def test_only_a_run_whose_bounce_is_judged_hears_that_accelerations_are_piston_like() -> None:
    remark = "piston-like in everybody"

    assert remark in run.render(CASES["shuffle_when_slow"](), Style())
    bursts = CASES["shuffle_when_slow"]().accelerations
    assert remark not in run.render(wrist().replace(accelerations=bursts), Style())


def test_letters_that_fall_together_are_named_below_the_map() -> None:
    first, *rest = CASES["shuffle_when_slow"]().pace_profile
    same = tuple(band.replace(scores=first.scores) for band in (first, *rest))
    text = " ".join(run.render(analysis(pace_profile=same), Style()).split())

    assert "At one place: a with b and c" in text


def test_the_whole_report_speaks_of_half_minutes_only() -> None:
    for name in CASES:
        assert "epoch" not in run.render(CASES[name](), Style()).lower().replace("too few epochs", "")
