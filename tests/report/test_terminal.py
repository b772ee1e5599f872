"""Blocks on a terminal: widths, ties, whole columns, ASCII, colour."""

import re

import pytest
from rich.cells import cell_len
from rich.color import Color

from kneedrive.patterns import Pattern
from kneedrive.report import terminal
from kneedrive.report.blocks import (
    Bar,
    Block,
    Column,
    Facts,
    Heading,
    Items,
    Mark,
    Note,
    Picture,
    Prose,
    Role,
    Rule,
    Section,
    Span,
    Style,
    Table,
    Terms,
    command,
    faint,
    plain,
    spark,
    strong,
    words,
)
from kneedrive.report.numbers import path, quantity

CODES = re.compile(r"\x1b\[[0-9;]*m")
MILD = Mark(before=("5:51", "18:00"), mean=-0.9, sd=0.5)
MARKED = Mark(before=("6:50", "9:00"), mean=-1.8, sd=0.6, tone=Pattern.SHUFFLE, behind=words("shuffle-like"))


def picture(*rows: Mark) -> Picture:
    return Picture(heads=("/km", "time"), axis="D", rows=rows, ticks=(-1.0, 1.0))


def table(cells: int = 4) -> Table:
    columns = (Column(head="pace", unit="/km"), *(Column(head=f"quantity {i}", drop=i) for i in range(1, cells)))
    return Table(columns, (tuple(words(f"{i}00 / 1{i}0") for i in range(cells)),))


REPORT: list[Section] = [
    [Prose(words("You, since June: ", Span("shuffle-like", Pattern.SHUFFLE), " when slow. " * 20)), Rule()],
    [Facts(tuple(words(strong(fact)) for fact in ("Sun 8 Nov 2026, 07:42", "12.4 km", "1:12:31", "Garmin, Björn’s")))],
    [Heading("Pace", "and a remark that is rather long for what it has to say here"), picture(MILD, MARKED)],
    [Heading("Numbers"), table(9), Note(words("A key ± what it needs. " * 9))],
    [Items((words("one " * 40), words("two"))), Terms(((words(command("kneedrive advise")), words("more " * 30)),))],
    [Prose(words("Trend ", spark((0.1, None, 0.3, 0.2), 1.0), " ", Bar(0.4, 10, Pattern.DRIVE), "日本 " * 40))],
]


def drawn(*blocks: Block, **style: object) -> list[str]:
    return terminal.render([blocks], Style(**style)).splitlines()  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [60, 61, 80, 120, 200])
@pytest.mark.parametrize("style", [{}, {"ascii": True}, {"colour": True}])
def test_no_line_is_wider_than_the_width_or_ends_in_a_blank(width: int, style: dict[str, bool]) -> None:
    text = CODES.sub("", terminal.render(REPORT, Style(width=width, **style)))

    assert max(map(cell_len, text.splitlines())) <= width
    assert not [line for line in text.splitlines() if line != line.rstrip()]
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_ascii_is_ascii_and_spells_signs_out() -> None:
    text = terminal.render(REPORT, Style(ascii=True))

    assert text.isascii()
    assert "Bj?rn's" in text
    assert "+/-" in text


def test_colour_only_adds_colour_and_only_codes_that_may_pass() -> None:
    coloured = terminal.render(REPORT, Style(colour=True))

    assert CODES.sub("", coloured) == terminal.render(REPORT, Style())
    assert set(CODES.findall(coloured)) <= terminal.codes()
    assert terminal.look(Pattern.SHUFFLE).render("shuffle-like") in coloured


def test_every_pattern_has_a_look_of_its_own_and_neutral_that_of_text() -> None:
    looks = {pattern: terminal.look(pattern).color for pattern in Pattern if pattern is not Pattern.SHORT_GROUNDED}

    assert len({str(colour) for colour in looks.values()}) == len(looks)
    assert str(looks[Pattern.NEUTRAL]) == str(Color.default())


@pytest.mark.parametrize("width", range(40, 56))
def test_a_value_stays_with_its_unit_and_a_command_whole(width: int) -> None:
    text = words("some words before ", quantity("stance_time_s", 0.2714), " and ", command("kneedrive weekly"), " too")
    lines = drawn(Prose(text), width=width)

    assert any("271 ms" in line for line in lines)
    assert any("kneedrive weekly" in line for line in lines)


def test_a_path_stands_whole_on_a_line_of_its_own() -> None:
    place = "/home/ana/" + "runs/" * 20 + "a file.fit"
    lines = drawn(Prose(words("Written to ", path(place), " just now.")), width=60)

    assert lines == ["Written to", place, "just now."]


def test_a_word_longer_than_the_line_is_folded() -> None:
    assert drawn(Prose(words("x" * 100)), width=60) == ["x" * 60, "x" * 40]


def test_what_belongs_to_a_heading_stands_in_and_an_empty_section_leaves_no_gap() -> None:
    text = terminal.render([[Heading("Next", "soon"), Prose(words("go"))], [], [Prose(words("end"))]], Style())

    assert text == "NEXT  soon\n  go\n\nend\n"


@pytest.mark.parametrize(("width", "kept"), [(120, 9), (60, 5), (40, 3)])
def test_whole_columns_are_left_out_by_their_priority_never_cut(width: int, kept: int) -> None:
    head, _, row = drawn(table(9), width=width)

    assert re.findall(r"quantity \d", head) == [f"quantity {i}" for i in range(1, kept)]
    assert row.split() == [part for i in range(kept) for part in (f"{i}00", "/", f"1{i}0")]


def test_the_columns_of_highest_number_go_first_wherever_they_stand() -> None:
    columns = (Column(head="name", left=True, drop=2), Column(head="kept"), Column(head="other", drop=1))
    lines = drawn(Table(columns, ((words("n" * 30), words("k"), words("o" * 30)),)), width=40)

    assert [line.split() for line in lines] == [["kept", "other"], ["k", "o" * 30]]


def test_terms_stand_below_one_another_where_there_is_little_room() -> None:
    terms = Terms(((words("a rather long command of many words"), words("what it does " * 4)),))

    assert drawn(terms, width=120)[0].startswith("a rather long command of many words   what it does")
    assert drawn(terms, width=50)[0] == "a rather long command of many words"


def test_a_picture_places_value_error_ticks_and_words() -> None:
    head, mild, marked = drawn(picture(MILD, MARKED), width=80)
    middle = mild.index("│")

    assert [head.index(word) for word in ("shuffle", "usual", "drive")] == sorted(
        head.index(word) for word in ("shuffle", "usual", "drive")
    )
    assert abs(head.index("usual") + 2 - middle) <= 1
    assert "─●─" in mild
    assert marked.index("●") < mild.index("●") < middle
    assert marked.endswith("shuffle-like")


@pytest.mark.parametrize(("row", "mark"), [({"hollow": True}, "○"), ({"mean": -9.0}, "‹"), ({"mean": 9.0}, "›")])
def test_what_is_inferred_is_hollow_and_what_lies_outside_points_there(row: dict[str, object], mark: str) -> None:
    assert mark in drawn(picture(MILD.replace(**row)))[1]


def test_a_mark_without_a_value_shows_the_scale_alone() -> None:
    assert "●" not in drawn(picture(Mark(before=("a", "b"))))[1]


def test_a_sparkline_of_values_that_hardly_differ_looks_steady() -> None:
    assert drawn(Prose(words(spark((10.0, 10.1, None, 10.2), 8.0)))) == ["▄▅ ▅"]
    assert drawn(Prose(words(spark((10.0, 14.0, 18.0), 8.0)))) == ["▁▅█"]


def test_a_share_above_nothing_shows() -> None:
    assert drawn(Prose(words("|", Bar(0.001, 10), "|", Bar(0.0, 10), "|", Bar(0.5, 10)))) == ["|█||█████"]


@pytest.mark.parametrize("letter", "●○─│‹›▁▂▃▄▅▆▇█·")
def test_a_letter_of_a_picture_is_one_letter_in_ascii(letter: str) -> None:
    spelt = terminal.spell(letter, Style(ascii=True))

    assert (len(spelt), spelt.isascii()) == (1, True)
    assert terminal.spell(letter, Style()) == letter


def test_words_joins_strings_and_pieces_and_plain_reads_them() -> None:
    text = words("a ", words(faint("b"), " c"))

    assert [piece.tone for piece in text if isinstance(piece, Span)] == [Role.PLAIN, Role.FAINT, Role.PLAIN]
    assert plain(text) == "a b c"
