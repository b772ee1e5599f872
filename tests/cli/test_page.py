"""`kneedrive report --html`: the page of a stored run says what the commands say."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kneedrive.report import history, numbers
from tests.cli.history import MIDDLE, Capture, Said, caller, make_history, make_store
from tests.conftest import FIXTURES

Call = Callable[..., Said]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of twelve weeks, made once; tests get copies."""
    folder = tmp_path_factory.mktemp("history")
    hostile = shutil.copy(FIXTURES / "formats" / "hostile-strings.fit", folder / "<script>alert(1)<script>.fit")
    return make_store(folder / "home", make_history(folder / "runs"), Path(hostile))


@pytest.fixture
def call(kept: Path, tmp_path: Path, capsys: Capture) -> Call:
    """Commands on a copy of the store."""
    store = tmp_path / "kneedrive.sqlite"
    shutil.copy(kept, store)
    return caller(tmp_path, store, capsys)


def plain(page: str) -> str:
    """The page with blanks where values are tied to their units."""
    return page.replace(numbers.TIE, " ").replace("&#39;", "'")


def visible(page: str) -> str:
    """Its words alone."""
    return re.sub(r"\s+", " ", re.sub(r"(?s)<(style|script|title)\b.*?</\1>|<[^>]*>", " ", plain(page)))


def test_the_page_goes_to_stdout_without_a_file(call: Call) -> None:
    said = call("report", "--html")

    assert said.code == 0
    assert said.out.startswith("<!doctype html>")


def test_the_page_has_the_verdict_weeks_and_advice_of_the_commands(call: Call) -> None:
    words = visible(call("report", "--html", "2026-03-27").out)
    shown, advised = call("show", "2026-03-27", "--json").json, call("advise", "2026-03-27", "--json").json
    weekly = call("weekly", "--weeks", "26", "--json").json

    assert (
        numbers.with_error(shown["scores"]["P"]["value"], shown["scores"]["P"]["se"]).replace(numbers.TIE, " ") in words
    )
    assert f"{shown['quality']['epochs_scored']} of {shown['quality']['epochs_total']} half-minutes" in words
    assert advised["focus"] in words
    assert "26 weeks to " in words
    assert all(verdict in words.lower() for verdict in weekly["verdicts"])
    for week in weekly["weeks"]:
        assert week["monday"] in words


@pytest.mark.parametrize("weeks", [4, 12])
def test_the_page_shows_as_many_weeks_as_asked_for(call: Call, weeks: int) -> None:
    page = call("report", "--html", "--weeks", str(weeks), "2026-03-27").out

    assert len(re.findall(r'<th scope="row">2026-\d\d-\d\d<|<th scope="row">2025-\d\d-\d\d<', page)) == weeks


def test_a_tag_brings_its_comparison_and_a_flag(call: Call) -> None:
    call("tag", MIDDLE, "<b>wall</b> drills")
    page = call("report", "--html", "2026-03-27").out
    told = call("compare", "--json").json

    assert "Before and after “&lt;b&gt;wall&lt;/b&gt; drills”" in page
    assert "<b>wall" not in page
    assert 'class="flag"' in page
    changed = sum(row["verdict"] == "changed" for row in told["rows"])
    assert page.count('class="dot told"', page.index('id="compare"')) == changed > 0


def test_miles_reach_the_page(call: Call) -> None:
    page = visible(call("report", "--html", "--units", "miles", "2026-03-27").out)

    assert "/mile" in page
    assert "/km" not in page


def test_names_in_a_file_put_no_tag_into_its_page(call: Call) -> None:
    runs = [line.split() for line in call("runs").out.splitlines() if line[:1].isalnum()]
    (hostile,) = [row[0] for row in runs if row[1].startswith("2026-11")]
    page = call("report", "--html", hostile).out

    assert page.count("<script") == 1
    assert not re.search(r"<(img|iframe|svg onload|b>)", page)


def test_the_trend_is_told_in_the_words_of_the_terminal(call: Call) -> None:
    """One module speaks of trends, for both."""
    terminal = " ".join(call("weekly", "--weeks", "26").out.split())
    words = visible(call("report", "--html", "2026-03-27").out)

    assert history.TREND_OTHERWISE in terminal
    assert history.TREND_OTHERWISE in words
