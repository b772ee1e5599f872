"""The page in a real browser: nothing asked for, nothing complained about, everything drawn, readable and reachable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kneedrive.recording import Runner
from kneedrive.report import numbers, words
from kneedrive.report.html.page import Content, render
from kneedrive.report.machine import analysis_record
from tests.browser import Browser, Page, Screen, axe_source, chromium, need
from tests.pages import demo_page, half_a_year, run_page

WIDE, PHONE = Screen(1200, height=900), Screen(390, height=844)
MOST_WORDS = 500

# Rectangles of all words of a drawing that is to be seen.
WORDS = """
Array.from(document.querySelectorAll(".plot > svg")).filter((svg) => svg.getClientRects().length).map((svg) =>
  Array.from(svg.querySelectorAll("text:not(.letter)")).filter((text) => text.getClientRects().length).map((text) => {
    const box = text.getBoundingClientRect();
    return [text.textContent, box.left, box.top, box.right, box.bottom];
  }))
"""
DRAWINGS = """
Array.from(document.querySelectorAll(".plot > svg")).map((svg) => {
  const box = svg.getBoundingClientRect();
  return [svg.getAttribute("aria-label"), box.width, box.height, svg.querySelectorAll("path, circle, rect").length];
})
"""
BOTTOMS = """
["h1", ".meaning p", ".hero svg", ".next"].map((what) => {
  const box = document.querySelector(what).getBoundingClientRect();
  return [what, box.top, box.bottom];
})
"""
SMALL = """
Array.from(document.querySelectorAll("nav a, summary"))
  .filter((each) => each.getClientRects().length && each.getBoundingClientRect().height < 44).length
"""
OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))"
TIP = "[document.getElementById('tip').hidden, document.getElementById('tip').textContent]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need(chromium(), "Chromium")
    with Browser() as running:
        yield running


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages on disk, by name."""
    half = half_a_year()
    contents = {
        "half a year": half.replace(analysis=half.analysis.replace(runner=Runner(name="Anna Karenina", height_m=1.78))),
        "sensor change": half_a_year("neutral", 0.0, 13),
        "piston": run_page("piston"),
        "short-airy": run_page("short-airy", miles=True),
        "demo": demo_page(),
    }
    folder = tmp_path_factory.mktemp("pages")
    return {name: written(folder / f"{name.replace(' ', '-')}.html", content) for name, content in contents.items()}


def written(path: Path, content: Content) -> Path:
    path.write_text(render(content), encoding="utf-8")
    return path


def overlaps(drawings: list[list[list[Any]]]) -> list[tuple[str, str]]:
    """Pairs of words of one drawing that share more than a hair."""
    return [
        (one[0], other[0])
        for words in drawings
        for place, one in enumerate(words)
        for other in words[place + 1 :]
        if min(one[3], other[3]) - max(one[1], other[1]) > 1 and min(one[4], other[4]) - max(one[2], other[2]) > 3
    ]


def fits(page: Page, screen: Screen) -> None:
    """Everything is inside the screen's width, and no word lies on another."""
    edges = [edge for drawing in page.run(WORDS) for word in drawing for edge in (word[1], word[3])]

    assert overlaps(page.run(WORDS)) == []
    assert page.run("document.documentElement.scrollWidth") <= screen.width
    assert min(edges) >= 0
    assert max(edges) <= screen.width


@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("name", ["half a year", "sensor change", "piston", "short-airy", "demo"])
def test_the_first_screen_holds_verdict_picture_and_what_to_do(
    browser: Browser, places: dict[str, Path], name: str, screen: Screen
) -> None:
    page = browser.open(places[name], screen)

    for what, top, bottom in page.run(BOTTOMS):
        assert 0 <= top < bottom <= screen.height, what
    if name in ("half a year", "sensor change"):
        assert page.run("document.querySelector('.you').getBoundingClientRect().bottom") < screen.height


@pytest.mark.parametrize("name", ["half a year", "sensor change", "piston", "short-airy", "demo"])
def test_there_is_little_to_read_before_anything_is_opened(
    browser: Browser, places: dict[str, Path], name: str
) -> None:
    page = browser.open(places[name], WIDE)

    assert page.run("document.body.innerText.split(/\\s+/).length") <= MOST_WORDS


@pytest.mark.parametrize("screen", [Screen(360), Screen(800, dark=True), Screen(1600)], ids=["360", "800", "1600"])
def test_half_a_year_is_drawn_whole_at_every_width(browser: Browser, places: dict[str, Path], screen: Screen) -> None:
    page = browser.open(places["half a year"], screen)
    fits(page, screen)
    page.run(OPEN_ALL)
    drawn = page.run(DRAWINGS)

    assert page.complaints() == []
    assert page.requests() == []
    assert len(drawn) == 13  # the pace picture, four quantities, two series of weeks, five runs, the run over time
    assert all(width > 100 and height > 60 and shapes > 1 for _, width, height, shapes in drawn)
    fits(page, screen)


@pytest.mark.parametrize("name", ["sensor change", "piston", "short-airy", "demo"])
def test_other_pages_fit_a_phone(browser: Browser, places: dict[str, Path], name: str) -> None:
    page = browser.open(places[name], PHONE)
    page.run(OPEN_ALL)

    fits(page, PHONE)
    assert page.complaints() == []
    assert page.requests() == []


def test_what_a_finger_chooses_is_large_enough(browser: Browser, places: dict[str, Path]) -> None:
    page = browser.open(places["half a year"], PHONE)
    page.call("Emulation.setTouchEmulationEnabled", enabled=True)

    assert page.run("document.querySelectorAll('summary').length") > 10
    assert page.run(SMALL) == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["half a year", "sensor change", "piston"])
def test_axe_finds_nothing(browser: Browser, places: dict[str, Path], name: str, dark: bool) -> None:
    source = axe_source()
    need(source, "axe-core")
    page = browser.open(places[name], Screen(1200, dark))
    page.run(OPEN_ALL)
    page.run(f"{source}; 0")

    found = page.run("axe.run().then((result) => result.violations)")

    assert [(each["id"], each["help"], [node["html"] for node in each["nodes"][:3]]) for each in found] == []


def test_the_words_are_those_of_the_json(browser: Browser, places: dict[str, Path]) -> None:
    """What the page says is what a program reads, rounded as everywhere."""
    content = half_a_year()
    record = json.loads(json.dumps(analysis_record(content.analysis)))
    page = browser.open(places["half a year"], WIDE)
    page.run(OPEN_ALL)

    text = page.run("document.body.innerText").replace(numbers.TIE, " ")
    heads = page.run("Array.from(document.querySelectorAll('thead'), (row) => row.innerText.split('\\t')[0])")
    (place,) = [place for place, head in enumerate(heads) if head.startswith("pace")]
    rows = f"Array.from(document.querySelectorAll('tbody')[{place}].rows, (row) => row.innerText.split('\\t'))"

    assert words.headline(content.analysis)[1:] in text.replace("\n", " ")  # behind "This run:" it begins small
    assert f"{record['quality']['epochs_scored']} of {record['quality']['epochs_total']} half-minutes" in text
    onset = numbers.pace(record["shuffle_onset_speed_mps"], miles=False).replace(numbers.TIE, " ")
    assert f"shuffle-onset {onset}" in text
    for row, band in zip(page.run(rows), reversed(record["pace_profile"]), strict=True):
        assert row[0] == numbers.bare_pace(band["speed_mps"], miles=False)
        assert row[1].split(" / ")[0] == numbers.value("cadence_spm", band["metrics"]["cadence_spm"])
        assert row[3].split(" / ")[0] == numbers.value("stance_time_s", band["metrics"]["stance_time_s"])


def test_marks_are_reached_by_keyboard_and_tell_their_numbers(browser: Browser, places: dict[str, Path]) -> None:
    page = browser.open(places["demo"], WIDE)
    page.run("document.querySelector('.hero .mark').focus()")

    first = page.run(TIP)
    page.press("ArrowRight")
    second = page.run(TIP)
    page.press("Escape")

    assert [first[0], second[0]] == [False, False]
    assert [told[1].replace(numbers.TIE, " ")[:12] for told in (first, second)] == ["4:45 /km for", "4:48 /km for"]
    assert page.run("document.activeElement.getAttribute('aria-label')") == second[1]
    assert page.run(TIP)[0]


@pytest.mark.parametrize("finger", [False, True], ids=["pointer", "finger"])
def test_pointing_at_a_stretch_that_was_not_scored_says_why(
    browser: Browser, places: dict[str, Path], finger: bool
) -> None:
    page = browser.open(places["demo"], PHONE)
    page.run(OPEN_ALL)
    page.run("document.querySelector('.series .mark').scrollIntoView({block: 'center'})")
    page.run(SETTLED)
    x, y = page.run(
        "(() => { const box = document.querySelectorAll('.series .mark')[2].getBoundingClientRect();"
        " return [box.left + box.width / 2, box.top + 40]; })()"
    )

    if finger:
        page.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    else:
        page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    hidden, text = page.run(TIP)
    assert text.endswith(": around a pause, not scored")
    assert not hidden


def test_the_navigation_leads_to_a_part_that_then_is_in_sight(browser: Browser, places: dict[str, Path]) -> None:
    page = browser.open(places["half a year"], PHONE)
    page.run("document.querySelector('nav a[href=\"#runs\"]').click()")
    page.run(SETTLED)

    assert 0 <= page.run("document.querySelector('#runs h2').getBoundingClientRect().top") < 200


def test_without_script_everything_is_there(browser: Browser, places: dict[str, Path], tmp_path: Path) -> None:
    whole = places["half a year"].read_text(encoding="utf-8")
    path = tmp_path / "still.html"
    path.write_text(whole[: whole.index("<script>")] + "</body></html>", encoding="utf-8")
    page = browser.open(path, WIDE)

    assert len([row for row in page.run(DRAWINGS) if row[1] > 100 and row[2] > 60]) >= 6
    assert page.run("document.querySelectorAll('.mark title').length") > 50
    page.run("document.querySelector('.run summary').click()")
    assert page.run("document.querySelector('.run .slim').getBoundingClientRect().height") > 60


def test_print_opens_everything_and_stays_on_the_paper(browser: Browser, places: dict[str, Path]) -> None:
    page = browser.open(places["half a year"], Screen(800))
    page.call("Emulation.setEmulatedMedia", media="print")
    page.run("window.dispatchEvent(new Event('beforeprint'))")

    boxes = [row for row in page.run(DRAWINGS) if row[1] > 100 and row[2] > 60]
    cells = page.run("Array.from(document.querySelectorAll('td'), (each) => each.getBoundingClientRect().right)")

    assert len(boxes) == 13
    assert max(cells) <= 800
    assert page.run("getComputedStyle(document.querySelector('nav')).display") == "none"
