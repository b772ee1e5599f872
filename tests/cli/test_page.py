"""`kneedrive report --html`: where it is written, and that the page of a stored run says what the commands say."""

from __future__ import annotations

import json
import re
import shutil
import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest

from kneedrive.app.page import RUNS
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.report import numbers
from tests.cli.history import MIDDLE, Capture, Said, caller, make_history, make_store
from tests.conftest import FIXTURES

Call = Callable[..., Said]
DAY = "2026-03-27"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of twelve weeks, made once; tests get copies."""
    folder = tmp_path_factory.mktemp("history")
    hostile = shutil.copy(FIXTURES / "formats" / "hostile-strings.fit", folder / "<script>alert(1)<script>.fit")
    return make_store(folder / "home", make_history(folder / "runs"), Path(hostile))


@pytest.fixture
def call(kept: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Commands on a copy of the store, in a folder of their own."""
    store = tmp_path / "kneedrive.sqlite"
    shutil.copy(kept, store)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return caller(tmp_path, store, capsys)


def page_of(call: Call, *arguments: str) -> str:
    """The page that `report --html` writes, with blanks where values are tied to their units."""
    assert call("report", "--html", "-o", "page.html", *arguments).code == 0
    return Path("page.html").read_text(encoding="utf-8").replace(numbers.TIE, " ").replace("&#x27;", "'")


def visible(page: str) -> str:
    """Its words alone."""
    page = re.sub(r"</?(b|strong|small|code)\b[^>]*>|<span class=\"whole\">(.*?)</span>", r"\2", page)
    return re.sub(r"\s+", " ", re.sub(r"(?s)<(style|script|title)\b.*?</\1>|<[^>]*>", " ", page))


def test_the_page_goes_to_a_file_named_after_the_day_and_says_where(call: Call) -> None:
    said = call("report", "--html", DAY)

    assert (said.code, said.out) == (0, f"Written to kneedrive-{DAY}.html.\n")
    assert Path(f"kneedrive-{DAY}.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert call("report", "--html", DAY).code == 0  # its own file may be written again


def test_a_file_of_somebody_else_by_that_name_is_left_alone(call: Call) -> None:
    Path(f"kneedrive-{DAY}.html").write_text("theirs", encoding="utf-8")

    assert call("report", "--html", DAY).code == 1
    assert Path(f"kneedrive-{DAY}.html").read_text(encoding="utf-8") == "theirs"


def test_open_opens_the_file_that_was_written(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)

    assert call("report", "--html", "--open", DAY).code == 0
    assert opened == [(Path.cwd() / f"kneedrive-{DAY}.html").as_uri()]
    assert call("report", "--open").code == 2


def test_the_page_has_the_verdict_weeks_and_advice_of_the_commands(call: Call) -> None:
    words = visible(page_of(call, DAY))
    shown, advised = call("show", DAY, "--json").json, call("advise", DAY, "--json").json
    screen = " ".join(call("show", DAY, "--width", "200").out.split())
    (headline,) = re.findall(r"<h1[^>]*>(.*?)</h1>", page_of(call, DAY))

    assert visible(headline).strip() in screen
    assert f"{shown['quality']['epochs_scored']} of {shown['quality']['epochs_total']} half-minutes" in words
    assert advised["focus"] in words
    assert PATTERNS[Pattern(max(shown["odds"], key=shown["odds"].get))].name in words


@pytest.mark.parametrize("weeks", [4, 12])
def test_the_page_shows_as_many_weeks_as_asked_for(call: Call, weeks: int) -> None:
    page = page_of(call, "--weeks", str(weeks), DAY)
    (right,) = {int(place) for place in re.findall(r'class="now"></rect><text x="(\d+)', page)}

    assert right == int(100 - 50 / weeks)  # the middle of the last week


def test_the_last_runs_are_those_before_the_run_as_their_own_reports_tell_them(call: Call) -> None:
    page = page_of(call, DAY)
    days = re.findall(r'class="when">([^<]*)<', page)
    starts = [json.loads(line)["started_at"] for line in call("runs", "--json").out.splitlines()]
    before = sorted(start for start in starts if start < DAY)[-RUNS:]

    assert [re.sub(r" \d{4}$", "", day) for day in days] == [
        f"{int(day[8:10])} {('Jan', 'Feb', 'Mar')[int(day[5:7]) - 1]}" for day in reversed(before)
    ]


def test_a_tag_brings_its_comparison_and_a_flag(call: Call) -> None:
    call("tag", MIDDLE, "<b>wall</b> drills")
    page = page_of(call, DAY)
    told = call("compare", "--json").json

    assert "Since “&lt;b&gt;wall&lt;/b&gt; drills”" in page
    assert "<b>wall" not in page
    assert 'class="flag"' in page
    compared = page[page.index('id="compare"') : page.index("</details>", page.index('id="compare"'))]
    assert [len(re.findall(f'class="dot {kind}"', compared)) for kind in ("told", "quiet")] == [
        sum((row["verdict"] == "changed") is changed for row in told["rows"]) for changed in (True, False)
    ]
    assert told["rows"]


def test_miles_reach_the_page(call: Call) -> None:
    words = visible(page_of(call, "--units", "miles", DAY))

    assert "/mile" in words
    assert "/km" not in words


def test_names_in_a_file_put_no_tag_into_its_page(call: Call) -> None:
    runs = [line.split() for line in call("runs").out.splitlines() if line[:1].isalnum()]
    (hostile,) = [row[0] for row in runs if row[1].startswith("2026-11")]
    page = page_of(call, hostile)

    assert page.count("<script") == 1
    assert not re.search(r"<(img|iframe|svg onload)", page)
