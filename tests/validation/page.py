"""What the page is made of: sections, tables, and numbers rounded so that another processor writes the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tests.make_method import table

__all__ = ["Section", "counted", "one", "percent", "several", "signed", "table", "two", "wilson", "wilson_words"]

NONE = "–"
Z_95 = 1.96


class Section(NamedTuple):
    """A part of the page: its letter, its heading and its paragraphs and tables in order."""

    letter: str
    title: str
    blocks: tuple[str, ...]

    def __str__(self) -> str:
        return "\n\n".join((f"## ({self.letter}) {self.title}", *self.blocks))


def two(value: float | None) -> str:
    """Two decimals; a dash where there is no number. No minus before zero."""
    return NONE if value is None or math.isnan(value) else f"{value + 0.0:.2f}".replace("-0.00", "0.00")


def one(value: float | None) -> str:
    """One decimal."""
    return NONE if value is None or math.isnan(value) else f"{value:.1f}".replace("-0.0", "0.0")


def signed(value: float | None) -> str:
    """Two decimals with the sign."""
    return NONE if value is None or math.isnan(value) else f"{value:+.2f}".replace("-0.00", "+0.00")


def percent(share: float | None) -> str:
    """A share in whole per cent, with one decimal below ten."""
    if share is None or math.isnan(share):
        return NONE
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"


def counted(hits: int, of: int) -> str:
    """How many of how many, with the share."""
    return f"{hits} of {of} ({percent(hits / of)})" if of else f"0 of {of}"


def several(n: int, noun: str) -> str:
    """A count with its noun."""
    if n == 1:
        return f"1 {noun}"
    return f"{n:,} {noun[:-1]}ies" if noun.endswith("ry") else f"{n:,} {noun}s"


def wilson(hits: float, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson's score interval); NaN where nothing was counted."""
    if not of:
        return math.nan, math.nan
    share, weight = hits / of, 1.0 + Z_95**2 / of
    middle = (share + Z_95**2 / (2 * of)) / weight
    reach = Z_95 * math.sqrt(share * (1 - share) / of + Z_95**2 / (4 * of**2)) / weight
    return middle - reach, middle + reach


def wilson_words(hits: float, of: int) -> str:
    """The interval as it stands in a table."""
    low, high = wilson(hits, of)
    return f"{two(low)} to {two(high)}" if of else NONE


def paragraph(*sentences: str) -> str:
    """Sentences as one paragraph; empty ones are left out."""
    return " ".join(sentence for sentence in sentences if sentence)


def listing(names: Sequence[str]) -> str:
    """Names in a row, in code type."""
    return ", ".join(f"`{name}`" for name in names) if names else "none"
