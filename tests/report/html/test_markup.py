"""HTML that cannot be broken out of."""

from __future__ import annotations

import pytest

from kneedrive.report.html.svg import Markup, at, coordinate, el, escaped, join


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "plain"),
        ("<b>", "&lt;b&gt;"),
        ("Tom & 'Jerry'", "Tom &amp; &#x27;Jerry&#x27;"),
        ('"', "&quot;"),
        ("&amp;", "&amp;amp;"),
        ("a\x00b\x1b[1mc\x7f", "ab[1mc"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("±’–", "±’–"),
    ],
)
def test_text_becomes_html_that_reads_the_same(text: str, written: str) -> None:
    assert escaped(text) == written


def test_what_is_html_already_is_not_escaped_twice() -> None:
    once = escaped("<b>")

    assert escaped(once) is once
    assert isinstance(once, Markup)


@pytest.mark.parametrize(
    ("element", "written"),
    [
        (el("p", "a < b"), "<p>a &lt; b</p>"),
        (el("p", el("b", "x"), "&"), "<p><b>x</b>&amp;</p>"),
        (el("ul", [el("li", "1"), "<"]), "<ul><li>1</li>&lt;</ul>"),
        (el("meta", charset="utf-8"), '<meta charset="utf-8">'),
        (el("p"), "<p></p>"),
        (el("a", "x", href='"><script>'), '<a href="&quot;&gt;&lt;script&gt;">x</a>'),
        (el("p", class_="note", aria_label="x"), '<p class="note" aria-label="x"></p>'),
        (el("p", hidden=True), "<p hidden></p>"),
        (el("p", hidden=False, id=None), "<p></p>"),
        (el("circle", r=5.5, cx=3.0), '<circle r="5.5" cx="3"></circle>'),
        (el("meta", name="viewport"), '<meta name="viewport">'),
    ],
)
def test_an_element_escapes_its_text_and_attributes(element: Markup, written: str) -> None:
    assert element == written


def test_parts_that_are_joined_are_escaped() -> None:
    assert join(["<", Markup("<br>")]) == "&lt;<br>"


@pytest.mark.parametrize(
    ("place", "written"), [(3.0, "3"), (33.333333, "33.33"), (0.5, "0.5"), (-8.0, "-8"), (99.999, "100")]
)
def test_places_have_two_decimals_at_most(place: float, written: str) -> None:
    assert coordinate(place) == written
    assert at(place) == f"{written}%"
