"""A coach's list and pages: a line and a page for every runner of a store."""

import csv
import io
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kneedrive.app.page import file_names
from kneedrive.report.blocks import Style
from kneedrive.report.lists import ROSTER_COLUMNS, RunnerWeeks, roster
from kneedrive.report.terminal import render
from kneedrive.simulate.gait import PATTERNS
from tests.cli.calling import RUN
from tests.cli.history import Capture, Said, at_home, caller, make_history

Call = Callable[..., Said]
CLUB: dict[str, dict[str, Any]] = {
    "Anna": {"change_D": 2.6},
    "ben <b>": {"change_D": 0.0, "pattern": PATTERNS["piston"]},
    "cleo": {"change_D": 0.0, "sensor_week": 9},
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of three runners over twelve weeks, made once; tests get copies."""
    from kneedrive import cli

    folder = tmp_path_factory.mktemp("club")
    with at_home(folder, folder / "club.sqlite"):
        for place, (name, change) in enumerate(CLUB.items()):
            files = make_history(folder / str(place), **change)
            assert cli.main(["import", str(files), "--runner", name, "--new-runner"]) == 0
    return folder / "club.sqlite"


@pytest.fixture
def store(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(kept, tmp_path / "club.sqlite"))


@pytest.fixture
def call(store: Path, tmp_path: Path, capsys: Capture) -> Call:
    return caller(tmp_path, store, capsys)


def by_name(call: Call) -> dict[str, dict[str, Any]]:
    """The objects of the list, in its order."""
    lines = call("weekly", "--every-runner", "--json").out.splitlines()
    return {each["runner"]: each for each in map(json.loads, lines)}


def test_who_changed_comes_first_then_who_has_a_new_sensor(call: Call) -> None:
    said = call("weekly", "--every-runner")
    rows = [line.split()[0] for line in said.out.splitlines() if re.match(r"  (Anna|ben|cleo) ", line)]

    assert said.code == 0
    assert rows == ["Anna", "cleo", "ben"]
    assert re.search(r"Anna +36 .*drive-like .*in \d+ \(1 in 5\) .*towards drive +\+2\.\d", said.out)
    assert re.search(r"cleo, Mon 9 Mar 2026: .*strap.*wrist\.", " ".join(said.out.split()))
    assert re.search(r"ben <b> .*piston-like", said.out)


def test_doctor_asks_whose_run_is_meant_and_reads_the_files_beside_it(call: Call) -> None:
    said, alone = call("doctor", "last", str(RUN)), call("doctor", "last")
    named = call("doctor", "last", "--runner", "Anna")

    assert said.code == 6
    assert "Anna, ben <b>, cleo: --runner NAME says whose you mean" in said.err
    assert RUN.name in said.out
    assert (alone.code, alone.out) == (2, "")
    assert named.code == 0


@pytest.mark.parametrize(("year", "told"), [(2024, "11 Nov 2024"), (2026, "11 Nov  ")])
def test_a_day_of_another_year_is_told_with_its_year(year: int, told: str) -> None:
    report = roster([RunnerWeeks(runner="ana", last_run=date(year, 11, 11))], 12, date(2026, 11, 20))

    assert told in render(report, Style(width=120))


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_table_fits(call: Call, width: int) -> None:
    said = call("weekly", "--every-runner", "--width", str(width))

    assert max(map(len, said.out.splitlines())) <= width
    assert "towards drive" in said.out


def test_programs_get_the_numbers_of_the_weeks_of_each(call: Call) -> None:
    told = by_name(call)
    alone = call("weekly", "--runner", "Anna", "--json").json

    assert list(told) == ["Anna", "cleo", "ben <b>"]
    assert tuple(told["Anna"])[1:] == ROSTER_COLUMNS
    assert told["Anna"]["change"] == next(each["change"] for each in alone["trends"] if each["series"] == "D")
    assert told["Anna"]["probability"] == alone["last_weeks"]["findings"][0]["probability"]
    assert (told["cleo"]["break"], told["cleo"]["break_to"]) == ("2026-03-09", "garmin_wrist")


def test_csv_has_the_same(call: Call) -> None:
    rows = list(csv.DictReader(io.StringIO(call("weekly", "--every-runner", "--csv").out)))

    assert [row["runner"] for row in rows] == ["Anna", "cleo", "ben <b>"]
    assert tuple(rows[0]) == ROSTER_COLUMNS
    assert rows[0]["trend"] == "towards drive"


def test_heights_are_those_of_each_runner(call: Call, tmp_path: Path) -> None:
    """As --runner NAME has them: the tall runner's steps become short ones, the others stay as they were."""
    before = by_name(call)
    config = tmp_path / "config" / "kneedrive" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[runners."Anna"]\nheight_m = 2.0\n', encoding="utf-8")
    after = by_name(call)

    assert after["cleo"] == before["cleo"]
    assert after["Anna"]["probability"] != before["Anna"]["probability"]


def test_one_runner_who_cannot_be_shown_does_not_stop_the_rest(call: Call, store: Path) -> None:
    with sqlite3.connect(store) as db:
        db.execute("UPDATE epochs SET block = x'00' WHERE run IN (SELECT id FROM run WHERE runner = 'cleo')")
    db.close()
    said = call("weekly", "--every-runner")

    assert said.code == 6
    assert "are damaged; kneedrive rebuild" in " ".join(said.out.split())
    assert "towards drive" in said.out


def test_pages_and_an_index_that_leads_to_them(call: Call, tmp_path: Path) -> None:
    said = call("report", "--html", "--every-runner", str(tmp_path / "pages"))
    index = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")

    assert said.code == 0
    assert re.findall(r'<a href="([^"#]+)">([^<]+)</a>', index) == [
        ("Anna.html", "Anna"),
        ("cleo.html", "cleo"),
        ("ben-b.html", "ben &lt;b&gt;"),
    ]
    assert "<b>ben" not in index
    for file, name in (("Anna.html", "Anna"), ("ben-b.html", "ben &lt;b&gt;")):
        assert f"<b>{name}</b>" in (tmp_path / "pages" / file).read_text(encoding="utf-8")
    assert call("report", "--html", "--every-runner", str(tmp_path / "pages")).code == 0  # over its own pages


def test_a_runner_whose_page_cannot_be_made_does_not_keep_the_others_from_theirs(
    call: Call, store: Path, tmp_path: Path
) -> None:
    with sqlite3.connect(store) as db:
        db.execute("UPDATE recording SET body = x'00' WHERE runner = 'Anna'")
    db.close()
    said = call("report", "--html", "--every-runner", str(tmp_path / "pages"))
    index = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")

    assert said.code == 6
    assert "Anna" in said.err
    assert re.findall(r'<a href="([^"#]+)">', index) == ["cleo.html", "ben-b.html"]
    assert "is damaged" in index


def test_pages_overwrite_nothing_of_others(call: Call, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("my own page", encoding="utf-8")

    assert call("report", "--html", "--every-runner", str(tmp_path)).code == 1
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == "my own page"


@pytest.mark.parametrize(
    "words",
    [
        ("weekly", "--csv"),
        ("weekly", "--every-runner", "--runner", "Anna"),
        ("report", "--every-runner", "pages"),
        ("report", "--every-runner", "pages", "--html", "--height", "1.7"),
        ("report", "last", "--every-runner", "pages", "--html", "-o", "page.html"),
        ("report", "2026-03-27", "--every-runner", "pages", "--html"),
    ],
)
def test_options_that_contradict_each_other_are_wrong_use(call: Call, words: tuple[str, ...]) -> None:
    said = call(*words)

    assert said.code == 2
    assert "--every-runner" in said.err


def test_without_a_store_there_is_nobody(tmp_path: Path, capsys: Capture) -> None:
    empty = caller(tmp_path, tmp_path / "none.sqlite", capsys)

    assert empty("weekly", "--every-runner").code == 3


def test_files_are_told_apart_and_none_is_the_index() -> None:
    names = ["a/b", "a b", "A-B", "", "index", "../x", "Ünal"]
    files = file_names(names)
    assert files == file_names(reversed(names))
    assert files == {
        "A-B": "A-B.html",
        "a b": "a-b-2.html",
        "a/b": "a-b-3.html",
        "": "no-name.html",
        "index": "index-2.html",
        "../x": "x.html",
        "Ünal": "Ünal.html",
    }


def test_an_index_does_not_take_the_place_of_the_store(call: Call, store: Path, tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.html").symlink_to(store)
    said = call("report", "--html", "--force", "--every-runner", str(tmp_path / "pages"))

    assert said.code == 1
    assert "this is the store itself, and --force does not overwrite it" in said.err
    assert call("runners").code == 0
