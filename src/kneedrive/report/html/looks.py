"""How a pace band is drawn: the shape of its pattern, hollow where it is not sure, plain where nothing is said."""

from __future__ import annotations

from typing import NamedTuple

from kneedrive.findings import Analysis, PaceBand
from kneedrive.method import LabelRules
from kneedrive.report import view
from kneedrive.report.html.blocks import shape_of
from kneedrive.report.html.markup import Markup, el
from kneedrive.report.profile import axes, band_role, band_words

_NOTHING, _NOTHING_OF_STEPS = "no clear pattern", "not clearly long or short"


class Look(NamedTuple):
    """A mark's role and the words that belong to it, "" where nothing is said of the band."""

    role: str
    words: str

    @property
    def unsure(self) -> bool:
        """Whether the words carry a question mark."""
        return self.words.endswith("?")


def look(band: PaceBand, rules: LabelRules) -> Look:
    """What a band's mark shows: never more than its words say."""
    told = band_words(band, rules)
    return Look(band_role(band) if told else "", told)


def key(analysis: Analysis) -> Markup:
    """Which mark stands for which words, of those on the page, fastest first."""
    looks = [look(band, analysis.method.labels) for band in reversed(analysis.pace_profile)]
    nothing = _NOTHING_OF_STEPS if axes(analysis) == ("zSL",) else _NOTHING
    shown = sorted(dict.fromkeys(looks), key=lambda each: not each.words)
    entries = (el("li", shape_of(each.role, unsure=each.unsure), each.words or nothing) for each in shown)
    return el("ul", *entries, class_="key")


def doubt(analysis: Analysis) -> str:
    """What a hollow mark says; "" where there is none."""
    rules = analysis.method.labels
    if not any(look(band, rules).unsure for band in analysis.pace_profile):
        return ""
    bound = view.percent(rules.spoken)
    return f"A hollow mark leans that way, but that is less than {bound} likely."
