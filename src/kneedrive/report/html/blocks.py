"""What a page is made of: its content, and headings, sentences, tables that open, marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np

from kneedrive.advice import Advice
from kneedrive.analysis.result import Analysis
from kneedrive.history.result import Comparison, OwnView, WeeklyView
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.report import run
from kneedrive.report.history import Habits, Periods
from kneedrive.report.html import svg
from kneedrive.report.html.svg import Markup, el, join

# What a page is made of: facts from the analysis, whichever there are.


class Event(Record, frozen=True, kw_only=True):
    """Something that the runner noted for a local day."""

    day: date
    text: str


class Ranges(Record, frozen=True, kw_only=True):
    """What is usual along the speeds of a run, one spread to each side: low and high by metric key."""

    speed_mps: Array = np.empty(0)
    low: Mapping[str, Array] = {}
    high: Mapping[str, Array] = {}


class Content(Record, frozen=True, kw_only=True):
    """analysis: the run that the page is about. comparison comes with the periods that it is of.

    formats: of the recordings shown, since some have to be named.
    """

    analysis: Analysis | None = None
    ranges: Ranges = Ranges()
    own: OwnView | None = None
    weekly: WeeklyView | None = None
    habits: Habits | None = None
    events: tuple[Event, ...] = ()
    comparison: Comparison | None = None
    periods: Periods | None = None
    advice: Advice | None = None
    formats: frozenset[str] = frozenset()
    miles: bool = False


# What sections are made of: headings, sentences, tables that open, charts that share a place, marks.


_POINT = "Point at a mark or tap it, or go from mark to mark with the arrow keys, to read its numbers."


def section(name: str, title: str, remark: str, *inside: str | Iterable[str]) -> Markup:
    """A part of the page with its heading; nothing where it would be empty."""
    filled = "".join(join(each) for each in inside)
    if not filled:
        return Markup("")
    head = el("h2", title, el("small", remark) if remark else "", id=f"{name}-title")
    return el("section", head, Markup(filled), id=name, aria_labelledby=f"{name}-title")


def paragraphs(said: Iterable[str], kind: str | None = None) -> Markup:
    """Sentences, a paragraph each."""
    return join(el("p", text, class_=kind) for text in said if text)


def pointed(text: str) -> Markup:
    """A remark below a chart, and how to read its marks: nothing that paper could do."""
    return el("p", text, " ", el("span", _POINT, class_="pointing"), class_="note")


def more(summary: str, inside: Markup) -> Markup:
    """Something that opens on demand; a table scrolls in itself where the screen is narrow."""
    if not inside:
        return Markup("")
    # Reachable by keyboard, or what lies beyond the edge could not be scrolled into view.
    box = el("div", inside, class_="scroll", tabindex=0, role="region", aria_label=summary)
    return el("details", el("summary", summary), box)


def tabs(panels: Sequence[tuple[str, Markup]]) -> Markup:
    """Charts of which the script shows one at a time; without it all are there."""
    if not panels:
        return Markup("")
    # The script makes the tabs out of the captions: a page without it, or on paper, has nothing that does not work.
    figures = [el("figure", el("figcaption", run.capital(title)), drawn) for title, drawn in panels]
    return el("div", *figures, class_="tabs")


def titled(title: str, said: Iterable[str], items: Sequence[str] = (), closing: str = "") -> Markup:
    """A small heading, sentences and a list; nothing without sentences."""
    told = [text for text in said if text]
    if not told:
        return Markup("")
    listed = el("ul", *(el("li", item) for item in items)) if items else ""
    return join((el("h3", title), paragraphs(told), listed, paragraphs([closing])))


def facts_list(facts: Iterable[str], source: str) -> Markup:
    """Facts side by side, and below them where they come from."""
    return join((el("ul", *(el("li", fact) for fact in facts), class_="facts"), el("p", source, class_="source")))


def swatch(role: str, *, unsure: bool = False) -> Markup:
    """The mark of a pattern before its name."""
    return shape_of(role, unsure=unsure) if role in svg.SHAPES else Markup("")


def shape_of(role: str, *, unsure: bool = False) -> Markup:
    """The mark of a pattern or of none, as high as the letters beside it."""
    return el(
        "svg",
        svg.shape(role, unsure=unsure),
        class_="swatch",
        viewBox="-9 -9 18 18",
        aria_hidden="true",
        focusable="false",
    )
