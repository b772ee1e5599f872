"""Words beside dots."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kneedrive.report.html.labels import Box, Dot, placed, text_box

PHONE, WIDE = (272.0, 340.0), (560.0, 340.0)
PERCENT = st.floats(0, 100, allow_nan=False)


def test_a_lone_dot_has_its_words_at_the_right() -> None:
    (beside,) = placed([Dot(50, 50, "5:50")], [PHONE])

    assert beside
    assert (beside.anchor, beside.dx > 0) == ("start", True)


def test_at_the_right_edge_words_turn_to_the_left() -> None:
    (beside,) = placed([Dot(98, 50, "5:50")], [PHONE, WIDE])

    assert beside
    assert beside.anchor == "end"


def test_words_without_any_free_place_are_left_out() -> None:
    crowd = [Dot(50, 50, "5:50")] * 30

    assert None in placed(crowd, [PHONE])


def test_boxes_that_only_touch_do_not_meet() -> None:
    assert not Box(0, 0, 10, 10).meets(Box(10, 0, 20, 10))
    assert Box(0, 0, 10, 10).meets(Box(9, 9, 20, 20))


@given(st.lists(st.builds(Dot, PERCENT, PERCENT, st.sampled_from(["4:45", "12:30", "now"])), max_size=9))
def test_no_words_cover_other_words_at_any_of_the_widths(dots: list[Dot]) -> None:
    sizes = [PHONE, WIDE]
    chosen = placed(dots, sizes)

    for size in sizes:
        boxes = [text_box(dot, beside, size) for dot, beside in zip(dots, chosen, strict=True) if beside]
        assert not any(one.meets(other) for place, one in enumerate(boxes) for other in boxes[place + 1 :])
        assert all(box.left >= 0 and box.right <= size[0] for box in boxes)
