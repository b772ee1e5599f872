"""The guided first run: what is asked, what is kept and written, and that every step can be skipped."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kneedrive.app import setup
from kneedrive.app.library import everybody
from kneedrive.cli import accounts
from kneedrive.cli.output import fitted
from kneedrive.errors import ConfigError
from tests.fakes.garmin import KEY as GARMIN_KEY
from tests.fakes.garmin import FakeGarmin, summaries
from tests.fakes.intervals import KEY, FakeIntervals
from tests.fakes.server import Clock
from tests.sync.files import DRIVE, PISTON
from tests.sync.household import Household
from tests.sync.terminal import Terminal

PAGES = {"garmin": "how to come by Garmin's key", "intervals": "how to come by the other key"}
QUESTIONS = {"garmin": "1 of 5", "intervals": "2 of 5", "folder": "3 of 5", "strava": "4 of 5", "height": "5 of 5"}


class Script:
    """Answers by step, each in turn, then Enter; what was said is kept."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self.answers = {step: list(given) for step, given in answers.items()}
        self.said: list[str] = []
        self.step = ""

    def say(self, text: str) -> None:
        self.said.append(text)
        self.step = next((step for step, mark in QUESTIONS.items() if mark in text), self.step)

    def ask(self, question: str) -> str:
        self.said.append(question)
        waiting = self.answers.get("days" if "days" in question else self.step, [])
        return waiting.pop(0) if waiting else ""

    @property
    def asking(self) -> setup.Asking:
        return setup.Asking(ask=self.ask, hidden=self.ask, say=self.say)

    @property
    def text(self) -> str:
        return "\n".join(self.said)


def converse(home: Household, clock: Clock, script: Script, **changes: Any) -> tuple[dict[str, Any], tuple[Path, ...]]:
    return setup.converse(home.desk(clock).replace(**changes), script.asking, PAGES)


@pytest.fixture
def keyless(home: Household, garmin: FakeGarmin, intervals: FakeIntervals) -> Household:
    """A household that knows where the services are and has no key."""
    home.with_garmin(garmin).with_intervals(intervals)
    for name in ("GARMIN_PERSONAL_API_KEY", "INTERVALS_ICU_API_KEY"):
        del home.environment[name]
    return home


def test_every_step_can_be_skipped_and_nothing_is_asked_of_anybody(
    keyless: Household, garmin: FakeGarmin, intervals: FakeIntervals, clock: Clock
) -> None:
    assert converse(keyless, clock, Script()) == ({}, ())
    assert not garmin.log
    assert not intervals.log
    assert not list(keyless.folder.iterdir())


def test_keys_are_tried_and_kept(keyless: Household, clock: Clock) -> None:
    script = Script(garmin=["wrong-key", GARMIN_KEY], days=["90"], intervals=["k\u00e9y", KEY])

    converse(keyless, clock, script)

    assert script.text.count("That did not work:") == 2
    assert "Garmin takes the key" in script.text
    assert "intervals.icu takes the key" in script.text
    assert f"It ends on {(clock() + timedelta(days=90)).date()}" in script.text
    assert (keyless.garmin_folder / "connect-personal-api-key").read_text().strip() == GARMIN_KEY
    assert (keyless.folder / "config" / "kneedrive" / "intervals-key").read_text().strip() == KEY
    again = Script(garmin=["never asked"], intervals=["never asked"])
    converse(keyless, clock, again)
    assert again.text.count("There is a key already.") == 2


def test_three_wrong_answers_are_as_good_as_none(keyless: Household, clock: Clock, tmp_path: Path) -> None:
    script = Script(
        garmin=["wrong-key"] * 9,
        folder=[str(tmp_path / "nowhere"), "\0", "also nowhere", "x"],
        strava=["nothing.zip", "~nobody-of-this-name/export.zip", "\0", "x"],
        height=["tall", "0.5", "300", "1.78"],
    )

    assert converse(keyless, clock, script) == ({}, ())
    assert not keyless.garmin_folder.exists()


@pytest.mark.parametrize(("text", "metres"), [("1.78", 1.78), ("178", 1.78), ("1,78", 1.78), ("178.5", 1.785)])
def test_a_height_is_understood_as_people_write_it(home: Household, clock: Clock, text: str, metres: float) -> None:
    assert converse(home, clock, Script(height=[text]))[0] == {"runner.height_m": metres}


@pytest.mark.parametrize(
    ("name", "old"),
    [("ana", ""), ("ana", "[runners.ana]\nmass_kg = 60.0\n"), ('A. "B" Ü', ""), ("ana", "[runner]\nheight_m = 1.9\n")],
)
def test_a_named_runners_height_is_not_written_for_the_owner(
    home: Household, clock: Clock, name: str, old: str
) -> None:
    place = home.folder / "config" / "kneedrive" / "config.toml"
    place.parent.mkdir(parents=True)
    place.write_text(old, encoding="utf-8")
    script = Script(height=["1.6"])
    desk = home.desk(clock, runner=name)
    desk = desk.replace(settings=desk.settings.replace(runner=desk.settings.runner.replace(height_m=None)))

    setup.write(place, setup.converse(desk, script.asking, PAGES)[0])

    heights = [home.desk(clock, runner=each).settings.runner.height_m for each in (name, None)]
    assert heights == [1.6, 1.9 if "1.9" in old else None]


def test_a_folder_and_an_export_that_are_there_are_taken(home: Household, clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "a" / "watch:1").mkdir(parents=True)
    export = tmp_path / "export_1.zip"
    export.write_bytes(b"PK")
    pattern = str(tmp_path / "a" / "watch*")

    wanted = converse(home, clock, Script(folder=[pattern], strava=[f"'{export}'"]))

    assert wanted == ({"sources.folder.paths": [pattern]}, (export,))


def test_a_watch_that_is_found_is_named(home: Household, clock: Clock, tmp_path: Path) -> None:
    script = Script()

    converse(home, clock, script, watches=(tmp_path / "GARMIN" / "Activity",))

    assert f"Found: {tmp_path / 'GARMIN' / 'Activity'}" in script.text


# The file.


@pytest.mark.parametrize(
    ("old", "values", "new"),
    [
        ("", {"runner.height_m": 1.78}, "[runner]\nheight_m = 1.78\n"),
        ("[runner]\n", {"runner.height_m": 1.78}, "[runner]\nheight_m = 1.78\n"),
        ("[runner] # me\nheight_m = 1.6 # old\n", {"runner.height_m": 1.78}, "[runner] # me\nheight_m = 1.78\n"),
        (
            '[sources.folder]\n# paths = []\n[display]\nunits = "km"\n',
            {"sources.folder.paths": ["~/a b", "C:\\x"]},
            '[sources.folder]\npaths = ["~/a b", "C:\\\\x"]\n# paths = []\n[display]\nunits = "km"\n',
        ),
        (
            '[sources.folder]\npaths = ["~/a"]\n',
            {"sources.folder.paths": ["~/b", "~/a"]},
            '[sources.folder]\npaths = ["~/a", "~/b"]\n',
        ),
        ("# all mine\n", {"sources.folder.paths": ["\u00fc"]}, '# all mine\n\n[sources.folder]\npaths = ["\u00fc"]\n'),
    ],
)
def test_a_key_is_set_in_place(tmp_path: Path, old: str, values: Mapping[str, Any], new: str) -> None:
    place = tmp_path / "config.toml"
    place.write_text(old, encoding="utf-8")

    setup.write(place, values)

    assert place.read_text(encoding="utf-8") == new
    assert place.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "old",
    [
        '[sources.folder]\npaths = [\n  "~/a",\n]\n',  # over several lines
        'sources.folder.paths = ["~/a"]\n',  # dotted
        'sources = {folder = {paths = ["~/a"]}}\n',
        'x = """\n[sources.folder]\n"""\n',  # a heading that is none
        "[sources.folder\n",  # no TOML
        "sources = 3\n",
        "[sources.folder]\npaths = 3\n",
    ],
)
def test_a_file_that_cannot_be_changed_safely_stays_as_it_is(tmp_path: Path, old: str) -> None:
    place = tmp_path / "config.toml"
    place.write_text(old)

    with pytest.raises(ConfigError, match=r"write into it yourself: sources.folder.paths = \[\"~/b\"\]"):
        setup.write(place, {"sources.folder.paths": ["~/b"]})
    assert place.read_text() == old


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir(mode=0o755)
    target = tmp_path / "dotfiles" / "mine.toml"
    target.write_text("")
    (tmp_path / "config.toml").symlink_to(target)

    setup.write(tmp_path / "config.toml", {"runner.height_m": 1.78})

    assert (tmp_path / "config.toml").is_symlink()
    assert tomllib.loads(target.read_text()) == {"runner": {"height_m": 1.78}}
    assert target.parent.stat().st_mode & 0o777 == 0o755


def test_from_nothing_to_the_first_report(keyless: Household, garmin: FakeGarmin) -> None:
    garmin.clock = lambda: datetime.now(UTC)
    garmin.activities = summaries(1, newest=datetime.now(UTC) - timedelta(days=1))
    garmin.with_files(DRIVE)
    (keyless.folder / "runs").mkdir()
    (keyless.folder / "runs" / "1.fit").write_bytes(PISTON)
    terminal = Terminal(keyless, "setup")
    answers = (
        (r"Key \(not", GARMIN_KEY),
        ("How many days", "90"),
        (r"2 of 5[\s\S]*Key \(not", ""),
        ("Another folder", "~/runs"),
        ("Is the export here", ""),
        ("Height", "178"),
    )
    for question, answer in answers:
        terminal.until(question)
        terminal.type(answer)

    assert terminal.ended() == 0
    assert "2 new" in terminal.screen
    assert "DO NEXT" in terminal.screen
    assert GARMIN_KEY not in terminal.screen
    written = tomllib.loads((keyless.folder / "config" / "kneedrive" / "config.toml").read_text())
    assert written == {"runner": {"height_m": 1.78}, "sources": {"folder": {"paths": ["~/runs"]}}}


def test_what_is_said_at_the_end_fits_the_terminal_too(keyless: Household) -> None:
    keyless.environment["COLUMNS"] = "70"
    terminal = Terminal(keyless, "setup")
    for question in (r"Key \(not", r"2 of 5[\s\S]*Key \(not", "Another folder", "Is the export here", "Height in"):
        terminal.until(question)
        terminal.type("")

    assert terminal.ended() == 0
    assert "kneedrive demo shows" in " ".join(terminal.screen.split())
    assert max(len(line.rstrip()) for line in terminal.screen.splitlines()) <= 70


def test_whether_there_are_runs_already_is_known(home: Household, clock: Clock) -> None:
    (home.folder / "1.fit").write_bytes(PISTON)
    before = everybody(home.desk(clock).settings)
    assert home.run("import", str(home.folder / "1.fit"), "--runner", "ana", "--new-runner").code == 0

    assert not before
    found = everybody(home.desk(clock, runner="ana").settings)
    assert found["ana"]
    assert not found.get("")


@pytest.mark.parametrize("columns", [40, 80])
def test_no_word_is_broken_at_the_edge_of_a_terminal(columns: int) -> None:
    text = "\n".join([setup.WELCOME, setup.STRAVA_STEP, f"  1. {setup.HEIGHT_STEP * 3}", "Height, such as 1.78: " * 4])
    lines = fitted(text, columns)

    assert lines.split() == text.split()
    assert max(map(len, lines.splitlines())) <= columns + 1
    assert lines.endswith(": ")


@pytest.mark.parametrize("columns", [60, 80, 92])
def test_no_word_is_left_alone_on_a_line_that_was_broken_by_hand(columns: int) -> None:
    texts = (setup.WELCOME, setup.STRAVA_STEP, setup.HEIGHT_STEP, accounts.GARMIN_KEY, accounts.INTERVALS_KEY)
    lines = fitted("\n".join((*texts, accounts.REGISTER)), columns).splitlines()

    for line, below in pairwise(lines):
        new = not line or not below or re.match(r"\d of 5", line) or re.match(r" *\d\. ", below)
        assert new or len(line) + 1 + len(below.split()[0]) > columns, (line, below)


def test_the_words_of_a_step_stand_below_each_other() -> None:
    assert fitted("  1. Open the page\n  and", 13) == "  1. Open the\n     page\n  and"


def test_without_a_terminal_nothing_is_asked(home: Household) -> None:
    said = home.run("setup")

    assert said.code == 2
    assert "in a terminal" in said.err
