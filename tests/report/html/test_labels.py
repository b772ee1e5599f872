"""Words beside dots."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kneedrive.report.html.svg import Box, Dot, leader_boxes, placed, text_box

PHONE, WIDE = (272.0, 340.0), (560.0, 340.0)
PERCENT = st.floats(0, 100, allow_nan=False)
DOTS = st.lists(st.builds(Dot, x=PERCENT, y=PERCENT, text=st.sampled_from(["4:45", "12:30", "now"])), max_size=9)
RINGS = st.lists(st.builds(Dot, x=PERCENT, y=PERCENT), max_size=20)
RING_RADIUS_PX = 3.0


def around(dot: Dot, size: tuple[float, float]) -> Box:
    x, y = dot.x * size[0] / 100, dot.y * size[1] / 100
    return Box(left=x - RING_RADIUS_PX, top=y - RING_RADIUS_PX, right=x + RING_RADIUS_PX, bottom=y + RING_RADIUS_PX)


def test_a_lone_dot_has_its_words_at_the_right() -> None:
    (place,) = placed([Dot(x=50, y=50, text="5:50")], [], [PHONE])

    assert place
    assert (place.beside.anchor, place.beside.dx > 0, place.leader) == ("start", True, None)


def test_at_the_right_edge_words_turn_to_the_left() -> None:
    (place,) = placed([Dot(x=98, y=50, text="5:50")], [], [PHONE, WIDE])

    assert place
    assert place.beside.anchor == "end"


def test_words_without_room_beside_their_dot_stand_off_and_a_leader_joins_them() -> None:
    ring_of_rings = [Dot(x=50 + x, y=50 + y) for x in (-8, -4, 0, 4, 8) for y in (-6, -3, 0, 3, 6)]
    (place,) = placed([Dot(x=50, y=50, text="5:50")], ring_of_rings, [PHONE])

    assert place
    assert place.leader
    assert leader_boxes(Dot(x=50, y=50, text="5:50"), place, PHONE)


def test_words_without_any_free_place_are_left_out() -> None:
    crowd = [Dot(x=x, y=y) for x in range(0, 101, 4) for y in range(0, 101, 4)]

    assert placed([Dot(x=50, y=50, text="5:50")], crowd, [PHONE]) == [None]


def test_boxes_that_only_touch_do_not_meet() -> None:
    assert not Box(left=0, top=0, right=10, bottom=10).meets(Box(left=10, top=0, right=20, bottom=10))
    assert Box(left=0, top=0, right=10, bottom=10).meets(Box(left=9, top=9, right=20, bottom=20))


@given(DOTS, RINGS)
def test_no_words_cover_other_words_or_a_ring_at_any_of_the_widths(dots: list[Dot], rings: list[Dot]) -> None:
    sizes = [PHONE, WIDE]
    chosen = placed(dots, rings, sizes)

    for size in sizes:
        told = [(dot, place) for dot, place in zip(dots, chosen, strict=True) if place]
        boxes = [text_box(dot, place.beside, size) for dot, place in told]
        assert not any(one.meets(other) for place, one in enumerate(boxes) for other in boxes[place + 1 :])
        assert not any(box.meets(around(dot, size)) for box in boxes for dot in (*rings, *dots))
        assert not any(
            bead.meets(box)
            for place, (dot, at) in enumerate(told)
            for bead in leader_boxes(dot, at, size)
            for box in (*boxes[:place], *boxes[place + 1 :])
        )
        assert all(box.left >= 0 and box.right <= size[0] for box in boxes)
