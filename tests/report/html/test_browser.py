"""The page in a real browser: nothing asked for, nothing complained about, everything drawn, readable and reachable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kneedrive.report.html.blocks import Content, Event

from kneedrive.analysis import analyze
from kneedrive.app.analyze import read
from kneedrive.history.result import Break
from kneedrive.report import history, numbers, verdict
from kneedrive.report.html.page import render
from kneedrive.report.machine import analysis_record
from tests.browser import Browser, Page, Screen, axe_source, chromium, need
from tests.conftest import FIXTURES
from tests.pages import STARTED, demo_page, half_a_year, run_page

WIDTHS = (360, 800, 1600)
SCREENS = [Screen(width, dark) for width in WIDTHS for dark in (False, True)]
HOSTILE = '"><img src=x onerror="document.title=1"><script>document.title=2</script>'

# Rectangles of all words of a drawing that is to be seen; words of one mark may touch, such as a flag and its number.
WORDS = """
Array.from(document.querySelectorAll(".plot > svg")).filter((svg) => svg.getClientRects().length).map((svg) =>
  Array.from(svg.querySelectorAll("text")).map((text) => {
    const box = text.getBoundingClientRect();
    return [text.textContent, box.left, box.top, box.right, box.bottom];
  }))
"""
DRAWINGS = """
Array.from(document.querySelectorAll(".plot > svg")).map((svg) => {
  const box = svg.getBoundingClientRect();
  return [svg.getAttribute("aria-label"), box.width, box.height, svg.querySelectorAll("use, path, circle").length];
})
"""
# Words of the map that lie on a dot or on a ring of the weeks.
COVERED = """
(() => {
  const box = (each) => each.getBoundingClientRect();
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5
    && Math.min(a.bottom, b.bottom) - 3 - Math.max(a.top, b.top) > 0.5;
  const marks = Array.from(document.querySelectorAll("#map .symbol, #map .ring"), box);
  return Array.from(document.querySelectorAll("#map text.name"))
    .filter((text) => marks.some((mark) => meet(box(text), mark))).map((text) => text.textContent);
})()
"""
SMALL = """
Array.from(document.querySelectorAll("[role=tab], summary"))
  .filter((each) => each.getClientRects().length && each.getBoundingClientRect().height < 44).length
"""
TABS = "document.querySelectorAll('[role=tab]').length"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need(chromium(), "Chromium")
    with Browser() as running:
        yield running


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages on disk, by name."""
    contents = {
        "half a year": half_a_year(),
        "sensor change": half_a_year("neutral", 0.0, 13),
        "demo": demo_page(),
        "piston": run_page("piston"),
        "drive": run_page("drive", miles=True),
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


def each_tab(page: Page) -> Iterator[int]:
    """Every tab chosen once."""
    for place in range(page.run(TABS)):
        page.run(f"document.querySelectorAll('[role=tab]')[{place}].click()")
        yield place


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen.width}{'-dark' if screen.dark else ''}")
def test_half_a_year_is_drawn_whole_at_every_width(browser: Browser, places: dict[str, Path], screen: Screen) -> None:
    page = browser.open(places["half a year"], screen)

    drawn = page.run(DRAWINGS)
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")

    assert page.complaints() == []
    assert page.requests() == []
    assert len(drawn) == 10  # six panels by pace, the map, the run over time, two series of weeks
    for _ in each_tab(page):
        seen = [row for row in page.run(DRAWINGS) if row[1]]
        assert all(width > 200 and height > 100 and shapes > 1 for _, width, height, shapes in seen)
        assert overlaps(page.run(WORDS)) == []
        assert page.run("document.documentElement.scrollWidth") <= screen.width
        edges = [edge for drawing in page.run(WORDS) for word in drawing for edge in (word[1], word[3])]
        assert min(edges) >= 0
        assert max(edges) <= screen.width


@pytest.mark.parametrize("name", ["sensor change", "demo", "piston", "drive"])
def test_other_pages_fit_a_phone(browser: Browser, places: dict[str, Path], name: str) -> None:
    page = browser.open(places[name], Screen(360))

    for _ in each_tab(page):
        assert overlaps(page.run(WORDS)) == []
        assert page.run("document.documentElement.scrollWidth") <= 360
    assert page.complaints() == []
    assert page.requests() == []


@pytest.mark.parametrize("width", [360, 412, 600, 800, 1000, 1600])
@pytest.mark.parametrize("name", ["half a year", "demo"])
def test_no_name_of_the_map_lies_on_a_dot_or_a_week(
    browser: Browser, places: dict[str, Path], name: str, width: int
) -> None:
    page = browser.open(places[name], Screen(width))

    assert page.run(COVERED) == []
    assert page.run("document.querySelectorAll('#map text.name').length") >= 5


def test_what_a_finger_chooses_is_large_enough(browser: Browser, places: dict[str, Path]) -> None:
    page = browser.open(places["demo"], Screen(360))
    page.call("Emulation.setTouchEmulationEnabled", enabled=True)

    assert page.run(TABS) > 3
    assert page.run(SMALL) == 0


def test_a_finger_beside_a_dot_of_the_map_means_the_nearest(browser: Browser, places: dict[str, Path]) -> None:
    page = browser.open(places["demo"], Screen(360))
    page.run("document.querySelector('#map').scrollIntoView({block: 'center'})")
    page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
    x, y = page.run(
        "(() => { const box = document.querySelector('#map .symbol.shuffle').getBoundingClientRect();"
        " return [box.left - 12, box.top - 6]; })()"
    )

    page.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])

    assert page.run("document.getElementById('tip').textContent").endswith("shuffle-like")
    assert not page.run("document.getElementById('tip').hidden")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["half a year", "sensor change", "demo"])
def test_axe_finds_nothing_serious(browser: Browser, places: dict[str, Path], name: str, dark: bool) -> None:
    source = axe_source()
    need(source, "axe-core")
    page = browser.open(places[name], Screen(800, dark))
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.run(f"{source}; 0")

    found = page.run("axe.run().then((result) => result.violations)")

    serious = [
        (each["id"], each["help"], [node["html"] for node in each["nodes"][:3]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_the_words_are_those_of_the_json(browser: Browser, places: dict[str, Path]) -> None:
    """What the page says is what a program reads, rounded as everywhere."""
    content = half_a_year()
    assert content.analysis
    assert content.weekly
    record = json.loads(json.dumps(analysis_record(content.analysis)))
    page = browser.open(places["half a year"], Screen(1600))
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")

    text = page.run("document.body.innerText")
    table = page.run("Array.from(document.querySelectorAll('#paces tbody tr'), (row) => row.innerText.split('\\t'))")
    weeks = page.run("Array.from(document.querySelectorAll('#weeks tbody tr'), (row) => row.innerText.split('\\t'))")

    assert verdict.headline(content.analysis) in text
    assert history.trend_headline(content.weekly) in text
    assert f"{record['quality']['epochs_scored']} of {record['quality']['epochs_total']} half-minutes" in text.replace(
        numbers.TIE, " "
    )
    assert numbers.pace(record["shuffle_onset_speed_mps"]) in text
    assert len(table) == len(record["pace_profile"])
    for row, band in zip(table, reversed(record["pace_profile"]), strict=True):
        D, metrics = band["scores"]["D"], band["metrics"]
        assert row[0] == numbers.bare_pace(band["speed_mps"])
        assert row[2] == numbers.with_error(D["value"], D["se"])
        assert row[6].split(" / ")[0] == numbers.value("step_length_m", metrics["step_length_m"])
        assert row[8].split(" / ")[0] == numbers.value("stance_time_s", metrics["stance_time_s"])
    assert [row[0] for row in weeks] == [week.monday.isoformat() for week in reversed(content.weekly.weeks)]
    assert [row[1] for row in weeks] == [str(week.runs) for week in reversed(content.weekly.weeks)]


def test_marks_are_reached_by_keyboard_and_tell_their_numbers(browser: Browser, places: dict[str, Path]) -> None:
    page = browser.open(places["demo"], Screen(800))
    told = "[document.activeElement.getAttribute('aria-label'), document.getElementById('tip').textContent]"
    page.run("document.querySelector('#time .mark').focus()")

    first = page.run(told)
    page.press("ArrowRight")
    second = page.run(told)
    page.press("Escape")

    assert first == ["0:00 to 1:00: start of the run, not scored"] * 2
    assert second == ["6:30 to 7:00: no contact time, not scored"] * 2
    assert page.run("document.getElementById('tip').hidden")


def test_pointing_at_a_stretch_that_was_not_scored_says_why(browser: Browser, places: dict[str, Path]) -> None:
    page = browser.open(places["demo"], Screen(800))
    page.run("document.querySelector('#time').scrollIntoView()")
    page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
    x, y = page.run(
        "(() => { const box = document.querySelectorAll('#time .mark')[2].getBoundingClientRect();"
        " return [box.left + box.width / 2, box.top + 40]; })()"
    )

    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    assert page.run("document.getElementById('tip').textContent").endswith(": around a pause, not scored")
    assert not page.run("document.getElementById('tip').hidden")


def test_a_tap_says_the_same(browser: Browser, places: dict[str, Path]) -> None:
    page = browser.open(places["demo"], Screen(360))
    page.run("document.querySelector('#paces .mark').scrollIntoView({block: 'center'})")
    page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
    x, y = page.run(
        "(() => { const box = document.querySelector('#paces .mark use').getBoundingClientRect();"
        " return [box.left + box.width / 2, box.top + box.height / 2]; })()"
    )

    page.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])

    assert page.run("document.getElementById('tip').textContent").endswith("shuffle-like")


def test_tabs_show_one_panel_and_follow_the_arrow_keys(browser: Browser, places: dict[str, Path]) -> None:
    page = browser.open(places["demo"], Screen(800))
    shown = (
        "Array.from(document.querySelectorAll('#paces figure')).filter((each) => each.getClientRects().length).length"
    )
    page.run("document.querySelector('[role=tab]').focus()")

    page.press("ArrowRight")

    assert page.run(shown) == 1
    assert page.run("document.activeElement.textContent") == "Step length"
    assert page.run("document.activeElement.getAttribute('aria-selected')") == "true"


def test_without_script_everything_is_there(browser: Browser, places: dict[str, Path], tmp_path: Path) -> None:
    whole = places["half a year"].read_text(encoding="utf-8")
    path = tmp_path / "still.html"
    path.write_text(whole[: whole.index("<script>")] + "</body></html>", encoding="utf-8")
    page = browser.open(path, Screen(800))

    boxes = [row for row in page.run(DRAWINGS) if row[1] > 200 and row[2] > 100]

    assert len(boxes) == 10
    assert page.run("document.querySelectorAll('figcaption').length") >= 9
    assert page.run("document.querySelectorAll('.mark title').length") > 50


def test_print_shows_every_panel(browser: Browser, places: dict[str, Path]) -> None:
    page = browser.open(places["half a year"], Screen(800))
    page.call("Emulation.setEmulatedMedia", media="print")

    boxes = [row for row in page.run(DRAWINGS) if row[1] > 200 and row[2] > 100]

    assert len(boxes) == 10
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    cells = page.run("Array.from(document.querySelectorAll('td'), (each) => each.getBoundingClientRect().right)")
    assert max(cells) <= 800
    assert page.run("getComputedStyle(document.querySelector('[role=tablist]')).display") == "none"
    assert page.run("Array.from(document.querySelectorAll('.pointing')).every((each) => !each.getClientRects().length)")


def hostile() -> Content:
    """A file, a tag and a firmware whose names are markup."""
    (activity, *_) = read((FIXTURES / "formats" / "hostile-strings.fit").read_bytes(), f"{HOSTILE}.fit")
    activity = activity.replace(device=activity.device.replace(maker=HOSTILE, product=HOSTILE))
    content = half_a_year()
    assert content.weekly
    assert content.periods
    broken = Break(date=STARTED, kind="firmware", before=HOSTILE, after=HOSTILE)
    return content.replace(
        analysis=analyze(activity),
        events=(Event(day=STARTED, text=HOSTILE),),
        weekly=content.weekly.replace(breaks=(broken,)),
        periods=content.periods.replace(name=HOSTILE),
    )


def test_names_from_files_put_no_tag_into_the_page(browser: Browser, tmp_path: Path) -> None:
    page = browser.open(written(tmp_path / "hostile.html", hostile()), Screen(800))

    assert page.run("document.querySelectorAll('script').length") == 1
    assert page.run("document.querySelectorAll('img, iframe, object, embed, link, base, form').length") == 0
    assert page.run("Array.from(document.querySelectorAll('*')).some((each) => each.hasAttribute('onerror'))") is False
    assert page.run("document.title").startswith("kneedrive: ")
    assert "<img src=x" in page.run("document.body.textContent")
    assert page.complaints() == []
    assert page.requests() == []
