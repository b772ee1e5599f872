"""Odds in words that a runner knows: coarse, with the base rate beside them."""

from __future__ import annotations

from bisect import bisect_right

from kneedrive.report.numbers import TIE

# Fifths, and beyond them what is still told apart; a probability belongs to the nearest.
_STEPS = ((0, 5), (1, 10), (1, 5), (2, 5), (3, 5), (4, 5), (9, 10), (5, 5))
_EDGES = (0.05, 0.15, 0.30, 0.50, 0.70, 0.85, 0.95)


def coarse(probability: float) -> tuple[int, int]:
    """How many in how many: fifths, and a tenth at either end; (0, 5) and (5, 5) beyond a twentieth."""
    return _STEPS[bisect_right(_EDGES, probability)]


def in_words(probability: float) -> str:
    """The odds alone: "3 in 5"."""
    n, of = coarse(probability)
    if n == 0:
        return f"fewer than {_in(1, 20)}"
    return f"more than {_in(19, 20)}" if n == of else _in(n, of)


def _in(n: int, of: int) -> str:
    """ "3 in 5", not parted where a line breaks."""
    return f"{n}{TIE}in{TIE}{of}"


def with_range(probability: float, low: float, high: float) -> str:
    """The odds and how far they depend on what is not well known: "about 3 in 5; between 2 and 4 in 5"."""
    (least, of), (most, of_most) = coarse(low), coarse(high)
    if (least, of) == (most, of_most):
        return about(probability)
    whole = {0, of} | {0, of_most}
    if of == of_most and not {least, most} & whole:
        return f"{about(probability)}; between {least} and {_in(most, of)}"
    return f"{about(probability)}; between {in_words(low)} and {in_words(high)}"


def about(probability: float) -> str:
    """The odds with "about" before those that were rounded."""
    n, of = coarse(probability)
    return in_words(probability) if n in (0, of) else f"about {in_words(probability)}"
