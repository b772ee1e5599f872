"""Each fault at each call of a sync: the exit code, one clear sentence, nothing stored half, healed by the next."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from unittest.mock import Mock

import pytest

from kneedrive import cli
from kneedrive.app import importing, library, sync
from kneedrive.app.importing import Outcome
from kneedrive.config import Config
from kneedrive.errors import StoreError
from kneedrive.recording import Recording
from kneedrive.store import Store
from kneedrive.store.rows import Origin
from tests.fakes.garmin import KEY as GARMIN_KEY
from tests.fakes.garmin import FakeGarmin
from tests.fakes.intervals import KEY, FakeIntervals
from tests.fakes.server import FakeServer
from tests.fakes.strava import CLIENT_SECRET, FakeStrava
from tests.sources.desk import IMPATIENT_S
from tests.sync.files import DRIVE, PISTON, SHUFFLE
from tests.sync.household import Household, Said

SECRETS = re.compile(
    r"(access|refresh|code)-secret-\d+|" + re.escape(CLIENT_SECRET) + f"|{KEY}|{GARMIN_KEY}|jwt-secret"
)
TIMES = 40  # enough for every try of every activity
NETWORK = ("500", "html", "html 503", "half", "hang", "drop")
JSON = ("broken json", "other json", "deep json")
REFUSED = ("401 token", "401 scope", "401 secret", "403 inactive", "403 athletes")

# (service, call): exit code by fault. What concerns one activity is 6; three of them in a row concern the service.
EXPECTED: dict[tuple[str, str], dict[str, int]] = {
    ("strava", "/athlete/activities"): {
        **dict.fromkeys((*NETWORK, *JSON, "404", "429", "418"), 5),
        **dict.fromkeys(REFUSED, 4),
    },
    ("strava", "/streams"): {
        **dict.fromkeys((*NETWORK, *JSON, "429", "418"), 5),
        **dict.fromkeys(REFUSED, 4),
        "404": 0,
    },
    ("strava", "/oauth/token"): {
        **dict.fromkeys((*NETWORK, *JSON, "404", "429"), 5),
        **dict.fromkeys((*REFUSED[:3], "400 refresh", "400 client id", *REFUSED[3:]), 4),
    },
    ("intervals", "/activities"): {
        **dict.fromkeys((*NETWORK, *JSON, "404", "422", "429"), 5),
        **dict.fromkeys(("401", "403"), 4),
    },
    ("intervals", "/file"): {
        **dict.fromkeys((*NETWORK, "429"), 5),
        **dict.fromkeys(("401", "403", "422", "broken json"), 6),
        "404": 0,
    },
    ("garmin", "/token"): {
        **dict.fromkeys((*NETWORK, *JSON, "400", "404", "429"), 5),
        **dict.fromkeys(("401", "403"), 4),
    },
    ("garmin", "/search/activities"): {
        **dict.fromkeys((*NETWORK, *JSON, "400", "404", "429"), 5),
        **dict.fromkeys(("401", "403"), 4),
    },
    ("garmin", "/files/activity"): {
        **dict.fromkeys((*NETWORK, "429"), 5),
        **dict.fromkeys(("400", "403", "406", "broken json"), 6),
        "401": 4,
        "404": 0,
    },
}
MATRIX = [(*call, fault, code) for call, faults in EXPECTED.items() for fault, code in faults.items()]
Run = Callable[..., Said]


@pytest.fixture
def run(
    home: Household,
    strava: FakeStrava,
    intervals: FakeIntervals,
    garmin: FakeGarmin,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """The command line in this process, by the clock of the fakes, in a household with both services."""
    home.with_strava(strava).log_in(strava)
    home.with_intervals(intervals).with_garmin(garmin)
    files = (DRIVE, PISTON, SHUFFLE)
    garmin.with_files(*files)
    intervals.files = {entry["id"]: body for entry, body in zip(intervals.activities, files, strict=True)}
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("kneedrive.cli.options.now", strava.clock)

    def run(*arguments: str) -> Said:
        capfd.readouterr()
        code = cli.main(arguments)
        return Said(code, *capfd.readouterr())

    return run


@pytest.mark.parametrize(("service", "call", "fault", "code"), MATRIX)
def test_a_fault_ends_in_its_code_and_a_sentence_and_leaves_nothing_half(
    home: Household,
    strava: FakeStrava,
    intervals: FakeIntervals,
    garmin: FakeGarmin,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    call: str,
    fault: str,
    code: int,
) -> None:
    fake: FakeServer = {"strava": strava, "garmin": garmin}.get(service, intervals)
    if "oauth" in call:
        strava.clock.advance(hours=7)  # type: ignore[attr-defined]
    fake.fail(fault, on=call, times=TIMES)

    with monkeypatch.context() as impatient:
        if fault == "hang":
            impatient.setattr("kneedrive.sources.http.Http.read_s", IMPATIENT_S)
        said = run("sync", service, "--json")

    assert said.code == code
    told = json.loads(said.out)
    check_words(said, told, code)
    assert not home.store_file.exists() or home.whole()
    fake.faults.clear()
    heal(home, fake, told)


def check_words(said: Said, told: dict, code: int) -> None:
    """One sentence a problem, with what to do; nothing where there is none; no secret and no traceback anywhere."""
    assert not SECRETS.search(said.out + said.err)
    assert "Traceback" not in said.err
    lines = said.err.splitlines()
    (source,) = told["sources"]
    assert (source["error"] is not None) == (code in (4, 5))
    assert len(lines) == (1 if source["error"] else 0)
    assert bool(told["failures"]) == (code == 6) or code == 5
    for line in [*lines, *(each["reason"] for each in told["failures"])]:
        assert 30 < len(line) < 400, line
        assert re.search(r"[:;,] \w+", line), line
        assert "127.0.0.1" not in line
        assert "urllib3" not in line
    assert (told["retry_at"] is not None) == (source["error"] is not None and source["error"]["code"] == "rate_limited")


def heal(home: Household, fake: FakeServer, told: dict) -> None:
    """After the fault has passed, a full sync has everything, each once."""
    pulled = home.pull(fake.clock, names=(told["sources"][0]["source"],), full=True)

    assert pulled[0].problem is None
    assert home.held()["run"] == (5 if told["sources"][0]["source"] == "strava" else 3)
    assert home.whole()


@pytest.mark.parametrize("service", ["strava", "intervals", "garmin"])
def test_a_service_that_is_not_there(
    strava: FakeStrava, intervals: FakeIntervals, garmin: FakeGarmin, run: Run, service: str
) -> None:
    {"strava": strava, "intervals": intervals, "garmin": garmin}[service].stop()

    said = run("sync", service)

    assert said.code == 5
    assert "cannot be reached: check the network" in said.err


@pytest.mark.parametrize(
    ("fault", "code"), [("500", 5), ("401 secret", 4), ("drop", 5), ("hang", 5), ("403 inactive", 4)]
)
def test_a_logout_that_fails_at_the_service_is_done_here(
    home: Household, strava: FakeStrava, run: Run, monkeypatch: pytest.MonkeyPatch, fault: str, code: int
) -> None:
    run("sync", "strava", "--no-report")
    if fault == "hang":
        monkeypatch.setattr("kneedrive.sources.http.Http.read_s", IMPATIENT_S)
    strava.fail(fault, on="/oauth/revoke", times=TIMES)

    said = run("auth", "logout", "--yes")

    assert said.code == code
    assert len(said.err.splitlines()) == 1
    assert home.held()["run"] == 0
    assert not home.token_file.exists()


@pytest.mark.parametrize("fault", ["", "500"])
def test_a_logout_says_who_keeps_the_content_and_what_the_service_did_not_hear(
    home: Household, strava: FakeStrava, run: Run, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    run("sync", "strava", "--no-report")
    if fault:
        strava.fail(fault, on="/oauth/revoke", times=TIMES)
    monkeypatch.setattr(Store, "open", partial(Store.open, patience_s=0.05))
    derived: list[object] = []
    monkeypatch.setattr(library, "derive_again", lambda *given: derived.append(given))
    with closing(sqlite3.connect(home.store_file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM run").fetchone()
        said = run("auth", "logout", "--yes")

    assert (said.code, len(derived)) == (6, 1)
    assert "Logged out of Strava; its recordings deleted." in said.out
    assert "another program is reading the store" in said.err
    assert ("Strava has a problem of its own" in said.err) == bool(fault)
    assert home.held()["run"] == 0


@pytest.mark.parametrize("fault", [StoreError("the store is locked"), ZeroDivisionError(), KeyboardInterrupt()])
def test_a_fault_in_the_report_comes_after_what_was_kept_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], fault: BaseException
) -> None:
    monkeypatch.setattr(sync, "news", Mock(side_effect=fault))

    if isinstance(fault, ZeroDivisionError):
        with pytest.raises(ZeroDivisionError):
            run("sync", "strava")
        out = capfd.readouterr().out
    else:
        out = run("sync", "strava").out

    assert out.startswith("5 new")


def test_a_full_disk_is_said_and_the_runs_before_stay(
    home: Household, strava: FakeStrava, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_as_usual = importing.keep
    kept: list[object] = []

    def keep(recording: Recording, origin: Origin, store: Store, settings: Config) -> Outcome:
        kept.append(recording)
        if len(kept) == 3:
            store._do("PRAGMA max_page_count = 1")  # no page more than there are
        return kept_as_usual(recording, origin, store, settings)

    monkeypatch.setattr("kneedrive.app.importing.keep", keep)

    said = run("sync", "strava")

    assert said.code == 1
    assert "the disk is full" in said.err
    assert home.held()["run"] == 2
    assert home.whole()


def test_a_damaged_login_is_said(home: Household, run: Run) -> None:
    home.token_file.write_text("{", encoding="utf-8")

    said = run("sync", "strava")

    assert said.code == 4
    assert "damaged: log in again" in said.err


def test_an_address_that_would_give_secrets_away_is_refused(
    home: Household, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNEEDRIVE_STRAVA_URL", "http://example.org/api")

    said = run("sync", "strava")

    assert said.code == 2
    assert "must be https" in said.err
