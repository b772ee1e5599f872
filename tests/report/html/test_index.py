"""The index of a club's pages, and an analysis inside a notebook, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kneedrive.report.html.page import index, shown
from kneedrive.report.lists import RunnerWeeks, by_change, roster_notes, roster_table
from tests.browser import Browser, Screen, axe_source, chromium, need
from tests.pages import half_a_year

HOST = "<!doctype html><html lang='en'><title>t</title><body style='color: rgb(1, 2, 3)'><h1>host</h1>{}</body></html>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need(chromium(), "Chromium")
    with Browser() as running:
        yield running


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of three runners: one who changed, one with a new sensor, and one who cannot be shown."""
    day = date(2026, 11, 15)
    lines = by_change(
        [
            RunnerWeeks(runner="Zoë <b>", trouble="no runs up to that day"),
            RunnerWeeks(runner="Anna Karenina, club of the north", last_run=day, view=half_a_year().weekly),
            RunnerWeeks(runner="ben", last_run=day, view=half_a_year("neutral", 0.0, 13).weekly),
        ]
    )
    path = tmp_path_factory.mktemp("index") / "index.html"
    path.write_text(
        index("Runners", roster_table(lines, date(2026, 11, 20)), ["anna.html", "ben.html", ""], roster_notes(lines)),
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("screen", [Screen(360), Screen(1200, dark=True)], ids=["phone", "wide"])
def test_the_index_fits_and_asks_for_nothing(browser: Browser, listed: Path, screen: Screen) -> None:
    page = browser.open(listed, screen)

    assert page.run("document.documentElement.scrollWidth") <= screen.width
    assert page.complaints() == []
    assert page.requests() == []
    assert page.run("Array.from(document.querySelectorAll('tbody th'), (each) => each.innerText.slice(0, 4))") == [
        "Anna",
        "ben",
        "Zoë ",
    ]
    assert page.run("Array.from(document.querySelectorAll('tbody a'), (each) => each.getAttribute('href'))") == [
        "anna.html",
        "ben.html",
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_in_the_index(browser: Browser, listed: Path, dark: bool) -> None:
    source = axe_source()
    need(source, "axe-core")
    page = browser.open(listed, Screen(1200, dark))
    page.run(f"{source}; 0")
    found = page.run("axe.run().then((result) => result.violations)")

    assert [(each["id"], [node["html"] for node in each["nodes"][:3]]) for each in found] == []


def test_an_analysis_in_a_notebook_is_drawn_and_leaves_the_rest_alone(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "notebook.html"
    path.write_text(HOST.format(shown(half_a_year().analysis)), encoding="utf-8")
    page = browser.open(path, Screen(1000))

    assert page.run("getComputedStyle(document.body).color") == "rgb(1, 2, 3)"
    assert page.run("getComputedStyle(document.querySelector('body > h1')).fontSize") == "32px"
    assert page.run("getComputedStyle(document.querySelector('.kneedrive-run h1')).fontSize") != "32px"
    assert page.run("document.querySelector('.kneedrive-run .hero svg').getBoundingClientRect().height") > 60
    assert page.run("document.documentElement.scrollWidth") <= 1000
