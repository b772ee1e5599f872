"""Wrapping, tables and blocks."""

import pytest

from kneedrive.report import text
from kneedrive.report.numbers import TIE, path
from kneedrive.report.text import Style, columns_of, finish, flow

NARROW = Style(width=60)


def test_a_value_stays_with_its_unit_when_lines_wrap() -> None:
    text = " ".join(["some words before it and"] * 2) + f" then 291{TIE}ms"
    lines = finish([flow(text, NARROW)], NARROW).splitlines()

    assert lines[-1].endswith("291 ms")
    assert not any(line.endswith("291") for line in lines)


@pytest.mark.parametrize("width", [60, 80, 92, 120, 200])
def test_prose_keeps_to_a_readable_measure(width: int) -> None:
    lines = text.flow("word " * 200, Style(width=width))

    assert max(map(len, lines)) <= min(width, 92)


def test_labels_with_a_hyphen_are_not_broken() -> None:
    lines = text.flow("x" * 50 + " shuffle-like", NARROW)

    assert lines[1].strip() == "shuffle-like"


@pytest.mark.parametrize(
    "folder", ["/media/watch/GARMIN/", "/Volumes/my old watch/", "C:\\Users\\Ann\\", "/跑步/手表/"]
)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_path_is_never_broken_however_long_it_is(folder: str, ascii_only: bool) -> None:
    style = Style(width=60, ascii=ascii_only)
    for length in range(10, 150):
        place = (folder * 20)[:length].rstrip()

        text = finish([flow(f"{path(place)} is not there now and {path(place)} neither.", style)], style)

        assert style.spell(place) in text, length
        assert " ".join(text.split()) == " ".join(
            style.spell(f"{place} is not there now and {place} neither.").split()
        ), length


def test_other_words_longer_than_a_line_are_broken() -> None:
    assert text.flow("x" * 140, NARROW) == ["  " + "x" * 58, "  " + "x" * 58, "  " + "x" * 24]


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("word", ["running", "走る走る"])
def test_cutting_a_word_ends_at_any_width(word: str, width: int) -> None:
    assert "".join(text.wrap(word, width)) == word


@pytest.mark.parametrize("before", ["", "a"])
def test_wide_letters_stay_what_they_are(before: str) -> None:
    text = before + "跑步" * 40

    lines = flow(text, NARROW)

    assert "".join(line.strip() for line in lines) == text
    assert max(map(columns_of, lines)) <= 60


def test_wide_letters_do_not_break_the_width() -> None:
    lines = text.flow("跑步" * 20 + " and words " * 10, NARROW)

    assert max(map(text.columns_of, lines)) <= 60


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("跑步", 4), ("\x1b[1mab\x1b[0m", 2), ("é", 1)])
def test_columns_count_what_the_terminal_shows(text: str, columns: int) -> None:
    assert columns_of(text) == columns


def test_table_columns_line_up_to_the_right() -> None:
    lines = text.table([["", "a"], ["row", "1.25"], ["longer", "10.5"]], NARROW)

    assert lines == ["              a", "  row      1.25", "  longer   10.5"]


def test_a_table_too_wide_loses_its_last_columns_and_never_its_first() -> None:
    lines = text.table([["x" * 30, "y" * 20, "z" * 20]], NARROW)

    assert lines == ["  " + "x" * 30 + " " + "y" * 20]


def test_ends_fall_below_one_another_when_there_is_no_room() -> None:
    assert text.ends("a" * 40, "b" * 30, NARROW) == ["a" * 40, "b" * 30]
    assert text.ends("a", "b", NARROW) == ["a" + " " * 58 + "b"]


def test_blocks_stand_side_by_side() -> None:
    assert text.beside(["a", "b"], ["c"], 3, gap=1) == ["a   c", "b   "]


def test_empty_blocks_leave_no_gap() -> None:
    assert text.finish([["a"], [], ["b "]], NARROW) == "a\n\nb\n"


def test_a_remark_that_does_not_fit_moves_below_the_heading() -> None:
    assert text.heading("Title", NARROW, "short") == ["TITLE  short"]
    assert len(text.heading("Title", NARROW, "long " * 12)) == 3


def test_only_the_heading_rows_of_a_table_are_faint() -> None:
    lines = text.table([["a"], ["b"], ["c"]], NARROW.replace(colour=True), heads=2)

    assert [line.startswith("\x1b[2m") for line in lines] == [True, True, False]
