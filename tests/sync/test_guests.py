"""Sources that other packages bring: the example of the documentation, installed, and packages that are at fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.sync.files import DRIVE, PISTON
from tests.sync.household import Household

EXAMPLE = ROOT / "docs" / "example-source"
FAULTY = """\
from datetime import UTC, datetime, timedelta
from kneedrive.sources.plan import Fetched, Listed

class Faulty:
    name, lookback = "faulty", timedelta(days=1)
    def listing(self, since):
        {listing}
        yield Listed(id="1", version="1", started_at=None, sport="running")
    def fetch(self, item):
        {fetch}

def connect(context):
    {connect}
    return Faulty()
"""

LISTED = "yield Listed(version='1', sport='running', {})"
FETCHED = "return Fetched(source='', id='1', version='1', format='fit', name='', {})"


def install(home: Household, source: Path) -> Household:
    """Install a package for this household alone, from its files and without the network."""
    place = home.folder / "packages"
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", place, source], check=True)
    home.environment["PYTHONPATH"] = str(place)
    return home


def put(home: Household, name: str, module: str) -> Household:
    """What an installed package leaves: a module, and its entry point."""
    place = home.folder / "packages"
    about = place / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[kneedrive.sources]\n{name} = {name}_source:connect\n")
    (place / f"{name}_source.py").write_text(module)
    home.environment["PYTHONPATH"] = str(place)
    return home


@pytest.fixture
def folder(home: Household) -> Path:
    """A folder with two runs."""
    place = home.folder / "runs"
    place.mkdir()
    (place / "1.fit").write_bytes(DRIVE)
    (place / "2.fit").write_bytes(PISTON)
    return place


def test_the_example_works_as_it_is_installed(home: Household, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="the build backend of the example is not installed")
    install(home, EXAMPLE)

    first = home.run("sync", "--json", EXAMPLE_RUNS=str(folder))
    second = home.run("sync", "example", "--json", EXAMPLE_RUNS=str(folder))
    status = home.run("auth", "status", EXAMPLE_RUNS=str(folder))

    assert (first.code, first.json["new"]) == (0, 2)
    assert [each["source"] for each in first.json["sources"]] == ["example"]
    assert (second.code, second.json["already_there"]) == (0, 2)
    assert "example        set up" in status.out


@pytest.fixture
def guest(home: Household) -> Household:
    """The example without its installation."""
    return put(home, "example", (EXAMPLE / "kneedrive_example_source.py").read_text())


def test_a_source_that_is_not_set_up_is_passed_over_unless_it_is_named(guest: Household) -> None:
    assert "kneedrive setup" in guest.run("sync").err
    assert "the source example is not set up" in guest.run("sync", "example").err
    assert guest.run("auth", "status").code == 4


def test_its_own_error_is_told_as_it_is(guest: Household, folder: Path) -> None:
    said = guest.run("sync", "example", EXAMPLE_RUNS=str(folder / "gone"))

    assert said.code == 5
    assert "is not there: plug it in" in said.err


def test_no_package_takes_the_place_of_a_source_of_our_own(home: Household) -> None:
    put(home, "garmin", FAULTY.format(listing="1 / 0", fetch="1 / 0", connect="1 / 0"))

    assert "Garmin needs your personal API key" in home.run("sync", "garmin").err


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ({"listing": "1 / 0"}, 1, "the source faulty has a fault of its own"),
        ({"fetch": "1 / 0"}, 6, "the source faulty has a fault of its own"),
        ({"listing": "yield 'no record'"}, 1, "the source faulty has a fault of its own"),
        ({"fetch": "return 'no record'"}, 6, "the source faulty has a fault of its own"),
        ({"listing": LISTED.format("id='2', started_at=datetime(2026, 1, 1)")}, 1, "has a fault of its own"),
        ({"listing": LISTED.format("id=2, started_at=None")}, 1, "has a fault of its own"),
        ({"fetch": FETCHED.format("body='text', fetched_at=datetime(2026, 1, 1, tzinfo=UTC)")}, 6, "has a fault of"),
        ({"fetch": FETCHED.format("body=b'', fetched_at=datetime(2026, 1, 1)")}, 6, "has a fault of its own"),
        ({"connect": "1 / 0"}, 2, "the source faulty cannot be loaded"),
        ({"connect": "return 3"}, 2, "the source faulty cannot be loaded"),
    ],
)
def test_a_fault_in_a_package_is_told_as_its_own_and_stops_no_other(
    home: Household, folder: Path, fault: dict[str, str], code: int, words: str
) -> None:
    put(home, "faulty", FAULTY.format(**{"listing": "pass", "fetch": "return None", "connect": "pass", **fault}))
    home.with_folders(folder)

    said = home.run("sync", "--json")

    assert said.code == code
    assert "Traceback" not in said.err
    assert words in said.out + said.err
    assert said.json["new"] == 2


def test_a_fault_in_a_package_shows_itself_to_its_author(home: Household) -> None:
    put(home, "faulty", FAULTY.format(listing="1 / 0", fetch="pass", connect="pass"))

    assert "ZeroDivisionError" in home.run("sync", "--debug").err
