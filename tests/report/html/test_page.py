"""The page as text: its order, its policy, its size, and that nothing is loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from kneedrive.report.html.blocks import Content

from kneedrive.app.show import content_of
from kneedrive.history.result import WeeklyView
from kneedrive.report import verdict
from kneedrive.report.html.page import render
from kneedrive.simulate.gait import PATTERNS
from tests.conftest import Golden
from tests.pages import demo_page, half_a_year, run_page
from tests.report.cases import CASES

HALF_YEAR_BYTES = 600_000
TITLES = [
    "By pace",
    "Map",
    "Over the run",
    "Up and down",
    "Against yourself",
    "Your weeks",
    "Before and after “started wall drills and strides”",
    "What to work on",
    "What was left out, and why",
    "What a watch cannot know",
]
ALONE = {"meta", "link", "br", "hr"}


class Outline(HTMLParser):
    """Elements and words of a page; complains about tags that do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.titles: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [value or "" for key, value in attrs if key in ("src", "href", "action", "xlink:href")]
        assert not [key for key in given if key.startswith("on") or key == "style"]
        if tag not in ALONE:
            self.open.append(tag)
        if tag == "h2":
            self.titles.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["h2"]:
            self.titles[-1] += data


def text_of(content: Content) -> str:
    return render(content).replace("\u00a0", " ")


METRICS = "Step length|Cadence|Ground contact time|Flight time|Vertical oscillation"


def without_own(page: str) -> str:
    """The page without our style and script, what only a pointing device reads, and panels that are like the first."""
    page = re.sub(rf"(?s)<figure><figcaption>(?:{METRICS})</figcaption>.*?</figure>", "", page)
    page = re.sub(r"(?s)<(style|script)>.*?</\1>", r"<\1></\1>", page)
    page = re.sub(r"sha256-[^&]*&#39;", "sha256-&#39;", page)
    page = re.sub(r'(?s)<g class="reading".*?</g>|<rect[^>]*class="reach"></rect>', "", page)
    return re.sub(r'(?<= )d="(.{40})[^"]*(.{20})"', r'd="\1 … \2"', page)  # both ends of a long line


def test_the_parts_stand_in_order_and_every_tag_is_closed() -> None:
    assert Outline(render(half_a_year())).titles == TITLES


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_links_lead_nowhere_but_within_the_page(name: str) -> None:
    outline = Outline(render(run_page(name)))

    assert {link for link in outline.links if not link.startswith("#")} == set()
    assert {link[1:] for link in outline.links} <= set(outline.ids)
    assert len(outline.ids) == len(set(outline.ids))


def test_no_address_of_any_network_is_in_the_page() -> None:
    assert not re.search(r"(https?:)?//[a-z]", render(half_a_year()).replace("// ", ""))


def test_the_policy_lets_this_style_and_this_script_act_and_nothing_else() -> None:
    page = render(demo_page())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)

    assert policy.startswith("default-src &#39;none&#39;; ")
    for name in ("style", "script"):
        (own,) = re.findall(rf"(?s)<{name}>(.*?)</{name}>", page)
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert f"{name}-src &#39;sha256-{digest}&#39;" in policy
    assert "unsafe" not in policy


def test_the_script_is_the_same_whatever_the_run() -> None:
    scripts = {re.findall(r"(?s)<script>(.*?)</script>", render(run_page(name)))[0] for name in ("drive", "piston")}

    assert len(scripts) == 1


def test_half_a_year_fits_600_kb() -> None:
    assert len(render(half_a_year()).encode()) < HALF_YEAR_BYTES


def test_the_same_content_gives_the_same_page() -> None:
    assert render(demo_page()) == render(demo_page())


def test_miles_are_everywhere_or_nowhere() -> None:
    page = text_of(run_page("drive", miles=True))

    assert "/mile" in page
    assert "/km" not in page
    assert " km<" not in page


def test_what_is_not_judged_is_not_drawn() -> None:
    """A wrist: the score of steps alone, no map, and contact time only as the watch's estimate."""
    content = half_a_year("neutral", 0.0, 13)
    page = text_of(content)

    assert "Map" not in Outline(page).titles
    assert "ground contact time, ms (the watch’s estimate)" in page
    assert "Ground contact time by pace" not in page
    assert "Long or short steps by pace" in page
    assert "Drive or shuffle by pace" not in page


def test_a_page_of_weeks_alone_begins_with_their_verdict() -> None:
    page = text_of(half_a_year().replace(analysis=None, own=None, advice=None))

    assert re.search(r"<h1[^>]*>.*Towards drive\.</h1>", page)
    assert Outline(page).titles == ["Map", "Your weeks", TITLES[6], "What a watch cannot know"]


def test_advice_to_leave_things_alone_begins_with_nothing() -> None:
    page = text_of(run_page("neutral"))

    assert "<h3>If you like</h3>" in page
    assert "faster running</h3>" not in page


def test_weeks_without_any_run_are_not_shown() -> None:
    found = half_a_year().weekly
    assert isinstance(found, WeeklyView)
    empty = found.replace(weeks=tuple(week.replace(runs=0, values={}) for week in found.weeks))

    assert "Your weeks" not in text_of(demo_page().replace(weekly=empty))


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_kind_of_analysis_has_a_page_with_its_verdict(name: str) -> None:
    analysis = CASES[name]()
    page = text_of(content_of(analysis))

    assert Outline(page).titles[-1:] == (TITLES[-2:-1] if name in ("not_a_run", "walk") else TITLES[-1:])
    assert f"{verdict.headline(analysis)}.</h1>" in page


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("speed_and_cadence", '<th scope="row">cadence</th><td>'),
        ("averages_only", '<th scope="row">cadence</th><td>'),
        ("treadmill", '<th scope="row">ground contact time</th><td>'),
    ],
)
def test_without_pace_bands_the_medians_of_the_run_are_shown(name: str, row: str) -> None:
    assert row in text_of(content_of(CASES[name]()))


def test_strava_is_named_where_its_data_are_shown() -> None:
    assert "Powered by Strava" in text_of(half_a_year().replace(formats=frozenset({"fit,strava"})))
    assert "Powered by Strava" not in text_of(half_a_year())


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_golden_page_of_each_pattern(name: str, golden: Golden) -> None:
    page = without_own(render(run_page(name).replace(advice=None)))

    golden.check(f"{name}.html", page.replace("><", ">\n<"))
