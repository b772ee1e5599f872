"""What sections are made of: headings, sentences, tables that open, charts that share a place, marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kneedrive.report import spoken
from kneedrive.report.html import plot
from kneedrive.report.html.markup import Markup, el, join

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
    figures = [el("figure", el("figcaption", spoken.capital(title)), drawn) for title, drawn in panels]
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
    return shape_of(role, unsure=unsure) if role in plot.SHAPES else Markup("")


def shape_of(role: str, *, unsure: bool = False) -> Markup:
    """The mark of a pattern or of none, as high as the letters beside it."""
    return el(
        "svg",
        plot.shape(role, unsure=unsure),
        class_="swatch",
        viewBox="-9 -9 18 18",
        aria_hidden="true",
        focusable="false",
    )
