"""Pictures as exact text."""

import pytest

from kneedrive.report import text
from kneedrive.report.text import COLOURED, Edges, Point, Style, plane

PLAIN = Style(ascii=True)


@pytest.mark.parametrize(
    ("amount", "se", "drawn"),
    [
        (None, None, "  . . | . .  "),
        (0.0, None, "  . . o . .  "),
        (0.0, 1.0, "  . --o-- .  "),
        (-1.8, 0.6, " -o-- | . .  "),
        (9.0, 0.5, "  . . | . . >"),
        (-9.0, 0.5, "< . . | . .  "),
        (float("nan"), 0.5, "  . . | . .  "),
    ],
)
def test_interval_row_draws_value_and_error_on_the_scale(amount: float | None, se: float | None, drawn: str) -> None:
    assert text.interval_row(amount, se, 13, PLAIN) == drawn


@pytest.mark.parametrize("cells", [11, 23, 45, 61])
@pytest.mark.parametrize("amount", [-4.0, -3.0, -0.1, 0.0, 2.9, 3.0])
def test_interval_row_keeps_its_width(amount: float, cells: int) -> None:
    assert len(text.interval_row(amount, 2.5, cells, Style())) == cells


def test_colour_covers_the_interval_and_nothing_else() -> None:
    row = text.interval_row(0.0, 1.0, 13, PLAIN.replace(colour=True), "drive")

    assert row.count(COLOURED.drive) == row.count(COLOURED.reset) == 1
    assert row.replace(COLOURED.drive, "").replace(COLOURED.reset, "") == text.interval_row(0.0, 1.0, 13, PLAIN)


@pytest.mark.parametrize(
    ("amounts", "drawn"),
    [
        ([1.0, 2.0, 3.0], "_+@"),
        ([1.0, None, 3.0], "_ @"),
        ([2.0, 2.0], "++"),
        ([None, None], "  "),
        ([float("nan"), 1.0, 0.0], " @_"),
        ([], ""),
    ],
)
def test_sparkline_spans_lowest_to_highest_with_gaps(amounts: list[float | None], drawn: str) -> None:
    assert text.sparkline(amounts, PLAIN) == drawn


@pytest.mark.parametrize(("share", "drawn"), [(0.0, ""), (0.01, "@"), (0.5, "@@@@"), (1.0, "@" * 8), (2.0, "@" * 8)])
def test_bar_shows_something_for_anything_above_zero(share: float, drawn: str) -> None:
    assert text.bar(share, 8, PLAIN) == drawn


@pytest.mark.parametrize(
    ("cells", "drawn"),
    [
        (31, "left        middle        right"),
        (23, "left    middle    right"),
        (19, "left  middle  right"),
        (17, "left middle right"),
        (16, "left       right"),
        (15, "left      right"),
        (9, "leftright"),
    ],
)
def test_scale_words_keep_the_ends_and_drop_the_middle(cells: int, drawn: str) -> None:
    assert text.scale_words("left", "middle", "right", cells) == drawn


EDGES = text.Edges(top="up", bottom="down", left="left", middle="mid", right="right")


def test_map_places_drive_to_the_right_and_bounce_upwards() -> None:
    points = [text.Point(x=2.0, y=1.5, mark="a"), text.Point(x=-2.0, y=-1.5, mark="b")]
    lines = text.plane(points, EDGES, (25, 9), PLAIN)
    rows = [line[4:-1] for line in lines[1:-2]]

    (a,) = [(i, row.index("a")) for i, row in enumerate(rows) if "a" in row]
    (b,) = [(i, row.index("b")) for i, row in enumerate(rows) if "b" in row]
    assert a[0] < 4 < b[0]
    assert b[1] < 12 < a[1]


def test_map_keeps_its_frame_whatever_the_points() -> None:
    points = [text.Point(x=99.0, y=-99.0, mark="a"), text.Point(x=0.0, y=0.0, mark="b")]
    lines = text.plane(points, EDGES, (25, 9), PLAIN)

    assert {len(line) for line in lines} == {30}
    assert lines[-3].endswith("a|")


@pytest.mark.parametrize(("x", "crossed"), [(3.0, True), (0.5, False), (0.25, False)])
def test_the_cross_gives_way_to_letters_beside_it(x: float, *, crossed: bool) -> None:
    lines = text.plane([text.Point(x=x, y=0.0, mark="a")], EDGES, (25, 9), PLAIN)

    assert ("+" in lines[5][3:-1]) is crossed


def test_marks_of_one_place_are_together_in_their_order() -> None:
    points = [
        text.Point(x=2.0, y=2.0, mark="a"),
        text.Point(x=-2.0, y=2.0, mark="b"),
        text.Point(x=2.0, y=2.01, mark="c"),
    ]

    assert text.together(points, (25, 9)) == [["a", "c"], ["b"]]


def test_map_draws_the_first_of_points_that_fall_together() -> None:
    points = [Point(x=2.0, y=2.0, mark="a"), Point(x=2.0, y=2.0, mark="b")]
    text = "\n".join(plane(points, Edges(top="", bottom="", left="", middle="", right=""), (25, 9), PLAIN))

    assert "a" in text
    assert "b" not in text
