"""No secret gets out: a grep over all that is printed, logged at the most verbose, raised and stored; file modes."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fakes.garmin import KEY as GARMIN_KEY
from tests.fakes.garmin import FakeGarmin
from tests.fakes.intervals import KEY, FakeIntervals
from tests.fakes.strava import CLIENT_SECRET, FakeStrava
from tests.sync.files import DRIVE
from tests.sync.household import Household, Said

SECRET = re.compile(r"(access|refresh|code|jwt)-secret-\d+|" + f"{CLIENT_SECRET}|{KEY}|{GARMIN_KEY}")
# Every logger of every library writes to stderr, arguments and all; warnings are shown with their line.
VERBOSE = (
    "import logging, sys\n"
    "logging.basicConfig(level=1, format='%(name)s %(message)s %(args)s')\n"
    "{bug}"
    "from kneedrive.cli import main\n"
    "sys.exit(main())\n"
)
BUG = "from kneedrive.{module} import {name}\n{name}.{method} = lambda *given, **named: 1 / 0\n"
FAULTS = ("500", "html", "half", "drop", "401 token", "401 scope", "403 inactive", "429", "400 refresh")
COMMANDS = (("sync", "--json"), ("sync", "--full"), ("auth", "status"), ("config", "show"), ("runs",), ("show", "last"))


def check(text: str, where: object) -> None:
    found = SECRET.search(text)
    assert found is None, f"{found} in {where}"


def verbose(home: Household, *arguments: str, bug: str = "") -> Said:
    """The command with every logger at its most verbose and, on demand, with a bug in it."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "default", "-c", VERBOSE.format(bug=bug), *arguments],
        cwd=ROOT,
        env=home.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def both(home: Household, strava: FakeStrava, intervals: FakeIntervals, garmin: FakeGarmin) -> Household:
    """A household with all services and a login that is at its end, by the machine's clock."""
    intervals.files = {intervals.activities[0]["id"]: DRIVE}
    home.with_strava(strava).with_intervals(intervals).log_in(strava)
    garmin.with_files(DRIVE)
    home.with_garmin(garmin)
    strava.clock = garmin.clock = home_clock
    return home


def home_clock() -> datetime:
    return datetime.now(UTC)


def files_of(home: Household) -> list[Path]:
    return [path for path in home.folder.rglob("*") if path.is_file()]


def test_the_pattern_finds_what_it_should() -> None:
    for secret in (
        GARMIN_KEY,
        "jwt-secret-0004",
        "access-secret-0001",
        "refresh-secret-0003",
        "code-secret-0002",
        CLIENT_SECRET,
        KEY,
    ):
        with pytest.raises(AssertionError):
            check(f"x {secret} y", "here")


@pytest.mark.slow
def test_nothing_that_is_said_or_stored_holds_a_secret(both: Household, strava: FakeStrava) -> None:
    for arguments in COMMANDS:
        said = verbose(both, *arguments)
        check(said.out + said.err, arguments)
        assert said.code in (0, 3), said.err
    check(both.stored_text().decode("latin-1"), "the store")

    assert any(asked.path.endswith("/token") for asked in strava.log)  # a renewal was part of it


@pytest.mark.slow
def test_the_log_was_really_on(both: Household) -> None:
    assert "urllib3.connectionpool" in verbose(both, "sync", "--no-report").err


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_no_failure_gives_a_secret_away(both: Household, strava: FakeStrava, fault: str) -> None:
    strava.fail(fault, times=40)

    for arguments in (("sync", "strava", "garmin"), ("auth", "logout", "--yes")):
        said = verbose(both, *arguments)
        check(said.out + said.err, (fault, arguments))
        assert "Traceback" not in said.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name", "method"),
    [
        ("store", "Store", "add"),
        ("sources.http", "Http", "_body"),
        ("sources.strava", "Strava", "_page"),
        ("sources.garmin", "Garmin", "_page"),
        ("sources.garmin", "Garmin", "exchange"),
        ("sources.tokens", "TokenFile", "save"),
    ],
)
def test_no_traceback_of_a_bug_holds_a_secret(both: Household, module: str, name: str, method: str) -> None:
    said = verbose(
        both,
        "sync",
        module.rpartition(".")[2] if "garmin" in module else "strava",
        "--debug",
        bug=BUG.format(module=module, name=name, method=method),
    )

    assert "ZeroDivisionError" in said.err
    check(said.out + said.err, "the traceback")
    log = both.store_file.with_name("kneedrive.log")
    assert log.exists() == (name == "Store")  # a fault in one recording is logged, every other shows itself
    check(log.read_text(encoding="utf-8") if log.exists() else "", "the log")


def test_every_file_is_private(both: Household) -> None:
    both.run("sync", "--no-report")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in files_of(both)}
    folders = {path.name: stat.S_IMODE(path.stat().st_mode) for path in both.folder.rglob("kneedrive")}
    assert "strava-token.json" in modes
    assert "kneedrive.sqlite" in modes
    assert "garmin-token.json" in modes
    assert set(modes.values()) == {0o600}
    assert set(folders.values()) == {0o700}


def test_only_the_token_files_hold_secrets(both: Household) -> None:
    both.run("sync", "--no-report")

    holding = {path.name for path in files_of(both) if SECRET.search(path.read_bytes().decode("latin-1"))}
    assert holding == {"strava-token.json", "garmin-token.json"}


def test_a_config_file_with_secrets_does_not_show_them(home: Household) -> None:
    place = home.folder / "config" / "kneedrive" / "config.toml"
    place.parent.mkdir(parents=True)
    place.write_text(
        f'[sources.strava]\nclient_secret = "{CLIENT_SECRET}"\n[sources.intervals]\napi_key = "{KEY}"\n',
        encoding="utf-8",
    )

    said = home.run("config", "show")

    assert "(hidden)" in said.out
    check(said.out + said.err, "config show")
