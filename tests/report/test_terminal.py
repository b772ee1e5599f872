"""The whole report, by kind of run, width and style."""

import re

import pytest

from kneedrive.report import doctor, explain, profile, terminal
from kneedrive.report.layout import columns_of
from kneedrive.report.style import Style
from tests.conftest import Golden
from tests.report.cases import CASES, activity, analysis, drive, wrist

WIDTHS = (60, 61, 80, 100, 120, 130, 150, 200)
RENDERERS = {"terminal": terminal.render, "explain": explain.render, "doctor": doctor.render}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", CASES)
def test_report_of_each_kind_at_80_columns(name: str, golden: Golden) -> None:
    golden.check(f"{name}.txt", terminal.render(CASES[name](), Style(width=80)))


@pytest.mark.parametrize("name", CASES)
def test_report_of_each_kind_at_60_columns_in_ascii(name: str, golden: Golden) -> None:
    golden.check(f"{name}-60-ascii.txt", terminal.render(CASES[name](), Style(width=60, ascii=True)))


def test_wide_report_puts_the_pictures_side_by_side(golden: Golden) -> None:
    golden.check("shuffle_when_slow-150.txt", terminal.render(CASES["shuffle_when_slow"](), Style(width=150)))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", RENDERERS)
def test_no_line_is_wider_than_the_width(kind: str, name: str, width: int) -> None:
    for style in (Style(width=width), Style(width=width, ascii=True, colour=True, miles=True)):
        text = RENDERERS[kind](CASES[name](), style)
        assert max(map(columns_of, text.splitlines())) <= width


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
    assert terminal.render(CASES[name](), Style()) == terminal.render(CASES[name](), Style())


def test_parts_come_in_their_order() -> None:
    text = terminal.render(CASES["shuffle_when_slow"](), Style())
    parts = ("Shuffle-like when slow", "PACE PROFILE", "MAP", "NUMBERS BY PACE", "WITHIN THE RUN", "ACCELERATIONS")
    places = [text.index(part) for part in (*parts, "WHAT WAS LEFT OUT", "WHAT A WATCH CANNOT KNOW", "NEXT")]

    assert places == sorted(places)


def test_miles_are_used_everywhere_or_nowhere() -> None:
    text = terminal.render(analysis(), Style(miles=True))

    assert "/mile" in text
    assert "/km" not in text
    assert " km" not in text


def test_wrist_report_claims_no_pattern() -> None:
    text = terminal.render(wrist(), Style(width=200))
    verdict = text.split("PACE PROFILE")[0]

    assert not re.search(r"(drive|piston|shuffle)-like", verdict)
    assert "estimate from speed and cadence" in text
    assert "MAP" not in text


def test_unknown_height_says_what_knowing_it_would_do() -> None:
    known = terminal.render(analysis(), Style())
    unknown = terminal.render(analysis(runner=analysis().runner.replace(height_m=None)), Style())

    assert "--height" not in known
    assert "--height" in unknown


def test_a_hostile_name_cannot_steer_the_terminal() -> None:
    device = activity().device.replace(product="x\x1b]0;owned\x07\x1b[2J\u202ey")
    text = terminal.render(analysis(activity=activity(device=device)), Style())

    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_a_score_beyond_the_scale_points_outwards() -> None:
    assert "›" in terminal.render(drive(), Style())


def test_a_fade_counts_only_where_it_is_notable() -> None:
    text = terminal.render(CASES["shuffle_when_slow"](), Style(width=200))

    assert "contact lengthened by 9 ms (+6 to +12)" in text
    assert "oscillation grew" not in text


def test_pictures_stand_side_by_side_from_130_columns_on() -> None:
    together = [
        terminal.render(analysis(), Style(width=width)).split("MAP")[0].rsplit("\n", 1)[1] for width in (129, 130)
    ]

    assert "PACE PROFILE" not in together[0]
    assert "PACE PROFILE" in together[1]


def test_a_metric_without_a_usual_value_stands_alone() -> None:
    text = terminal.render(CASES["stryd"](), Style())

    assert re.search(r"5:47 .* 92 / 92 +9\.3 +9\.0$", text, re.MULTILINE)


def test_a_label_that_is_not_sure_carries_a_question_mark_and_its_meaning() -> None:
    text = terminal.render(CASES["stryd"](), Style())

    assert "drive-like?" in text
    assert "long, grounded steps?" not in text  # less likely than not: not worth a word
    assert "A question mark: less than 85 % likely." in " ".join(text.split())
    assert "question mark" not in terminal.render(CASES["piston"](), Style())


def test_bounce_unknown_is_said_once() -> None:
    text = " ".join(terminal.render(CASES["stryd"](), Style()).split())

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
    assert profile.axes(CASES[case]()) == shown


def test_profile_shows_both_scores_where_piston_and_drive_meet() -> None:
    first, *rest = CASES["piston"]().pace_profile
    both = analysis(pace_profile=(first.replace(label="drive-like"), *rest))

    assert profile.axes(both) == ("D", "P")
    assert terminal.render(both, Style()).count("  a  5:19 /km") == 2


@pytest.mark.parametrize(
    ("piston", "words"),
    [(1.0, "More up and down"), (0.99, "About as much"), (-0.99, "About as much"), (-1.0, "Less up")],
)
def test_bounce_is_worded_by_the_bound_of_the_method(piston: float, words: str) -> None:
    found = analysis().scores.P.replace(value=piston)
    text = terminal.render(analysis(scores=analysis().scores.replace(P=found)), Style())

    assert words in text
