"""Glyphs and colours."""

import pytest

from kneedrive.report.text import ASCII, COLOURED, PLAIN, UNICODE, Paint, Style


def test_plain_paint_changes_nothing() -> None:
    assert all(PLAIN.apply(role, "text") == "text" for role in (*Paint.__struct_fields__, "", "unknown"))


def test_every_colour_is_switched_off_again() -> None:
    for role in ("strong", "faint", "drive", "piston", "shuffle", "note"):
        assert COLOURED.apply(role, "text").endswith("text" + COLOURED.reset)
    assert COLOURED.apply("", "text") == "text"


@pytest.mark.parametrize("field", UNICODE.__struct_fields__)
def test_both_sets_of_glyphs_have_the_same_shape(field: str) -> None:
    assert len(getattr(UNICODE, field)) == len(getattr(ASCII, field))
    assert getattr(ASCII, field).isascii()


@pytest.mark.parametrize(
    ("text", "spelled"),
    [("±0.3", "+/-0.3"), ("1–2", "1-2"), ("24.9°", "24.9 deg"), ("“x”", '"x"'), ("Björn", "Bj?rn"), ("plain", "plain")],
)
def test_ascii_spells_signs_out(text: str, spelled: str) -> None:
    assert Style(ascii=True).spell(text) == spelled
    assert Style().spell(text) == text


@pytest.mark.parametrize(("width", "columns", "measure"), [(20, 40, 40), (80, 80, 80), (200, 200, 92)])
def test_width_has_a_least_value_and_prose_a_widest(width: int, columns: int, measure: int) -> None:
    style = Style(width=width)

    assert (style.columns, style.measure) == (columns, measure)
