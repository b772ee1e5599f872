"""Odds in words."""

import pytest

from kneedrive.report import odds
from kneedrive.report.numbers import TIE
from kneedrive.report.odds import coarse


def loose(text: str) -> str:
    """As it is read: ties are blanks."""
    return text.replace(TIE, " ")


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "fewer than 1 in 20"),
        (0.049, "fewer than 1 in 20"),
        (0.05, "1 in 10"),
        (0.102, "1 in 10"),
        (0.19, "1 in 5"),
        (0.36, "2 in 5"),
        (0.499, "2 in 5"),
        (0.5, "3 in 5"),
        (0.61, "3 in 5"),
        (0.8, "4 in 5"),
        (0.9, "9 in 10"),
        (0.951, "more than 19 in 20"),
        (1.0, "more than 19 in 20"),
    ],
)
def test_odds_are_said_in_fifths_and_in_tenths_at_the_ends(probability: float, words: str) -> None:
    assert loose(odds.in_words(probability)) == words


def test_likelier_is_never_said_as_less_likely() -> None:
    shares = [n / of for n, of in (coarse(k / 1000) for k in range(1001))]

    assert shares == sorted(shares)
    assert all(abs(share - k / 1000) <= 0.1 + 1e-9 for k, share in enumerate(shares))


def test_what_was_rounded_is_about_that() -> None:
    assert loose(odds.about(0.61)) == "about 3 in 5"
    assert loose(odds.about(0.01)) == "fewer than 1 in 20"


@pytest.mark.parametrize(
    ("probability", "low", "high", "words"),
    [
        (0.615, 0.40, 0.76, "about 3 in 5; between 2 and 4 in 5"),
        (0.58, 0.55, 0.65, "about 3 in 5"),
        (0.21, 0.10, 0.40, "about 1 in 5; between 1 in 10 and 2 in 5"),
        (0.03, 0.02, 0.20, "fewer than 1 in 20; between fewer than 1 in 20 and 1 in 5"),
    ],
)
def test_the_range_is_said_where_it_makes_a_difference(probability: float, low: float, high: float, words: str) -> None:
    assert loose(odds.with_range(probability, low, high)) == words


def test_odds_are_not_parted_where_a_line_breaks() -> None:
    assert " in " not in odds.in_words(0.6)
