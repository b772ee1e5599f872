"""A command loads what it uses and nothing else: that is what keeps its start light."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.calling import RUN, home
from tests.conftest import FIXTURES

NETWORK = ("requests", "urllib3", "http.client", "http.server", "socket", "ssl", "email", "kneedrive.sources")
STORE = ("sqlite3", "kneedrive.store", "kneedrive.archives", "multiprocessing")
HEAVY = ("numpy.random", "importlib.resources", "asyncio", "zoneinfo")
PAGES = ("kneedrive.report.html", "xml.etree.ElementTree", "gpxpy", "shtab")
OTHERS = ("kneedrive.simulate", "kneedrive.histories.weeks", "kneedrive.histories.trend")
NEVER = (*NETWORK, *STORE, *HEAVY, *PAGES, *OTHERS)
SCRIPT = """
import os, sys
sys.argv = ["kneedrive", *sys.argv[1:]]
from kneedrive.__main__ import main
try:
    main()
except SystemExit:
    pass
print(*sorted(sys.modules), file=sys.stderr)
"""


def loaded(folder: Path, *words: str | Path) -> set[str]:
    """The modules that a process has loaded when its command is done."""
    command = [sys.executable, "-c", SCRIPT, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, env=home(folder), check=True, timeout=60)
    return set(done.stderr.splitlines()[-1].split())


def found(modules: set[str], unwanted: tuple[str, ...]) -> set[str]:
    """Those of the modules that are unwanted, or lie in an unwanted package."""
    return {module for module in modules for name in unwanted if module == name or module.startswith(f"{name}.")}


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("analyze", RUN), id="analyze"),
        pytest.param(("analyze", RUN, "--json"), id="analyze --json"),
        pytest.param(("analyze", RUN, "--explain"), id="analyze --explain"),
        pytest.param(("doctor", RUN), id="doctor"),
        pytest.param(("analyze", FIXTURES / "formats" / "bike-ride.fit"), id="analyze a ride"),
    ],
)
def test_reading_one_file_loads_no_network_store_or_page(words: tuple[str | Path, ...], tmp_path: Path) -> None:
    modules = loaded(tmp_path, *words)

    assert "numpy" in modules
    assert found(modules, NEVER) == set()


@pytest.mark.parametrize(
    "words",
    [("--version",), ("--help",), ("drills",), ("drills", "bridge"), ("config", "show"), ("config", "path")],
)
def test_what_reads_no_run_loads_no_store_and_no_network(words: tuple[str, ...], tmp_path: Path) -> None:
    modules = loaded(tmp_path, *words)

    assert found(modules, ("requests", "ssl", "kneedrive.sources", *STORE)) == set()


@pytest.mark.parametrize("words", [("runs",), ("tags",), ("weekly",), ("import", str(RUN)), ("compare",)])
def test_the_store_needs_no_network(words: tuple[str, ...], tmp_path: Path) -> None:
    assert found(loaded(tmp_path, *words), ("requests", "urllib3", "ssl", "http.server", "gpxpy")) == set()


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("config", "path")])
def test_what_prints_no_report_does_not_load_what_lays_one_out(words: tuple[str, ...], tmp_path: Path) -> None:
    assert found(loaded(tmp_path, *words), ("rich",)) == set()


def test_a_configuration_is_read_when_there_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "kneedrive"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('display.units = "miles"\n', encoding="utf-8")

    assert "tomllib" in loaded(tmp_path, "analyze", RUN, "--json")
