"""No secret gets out: not into logs at their most verbose, errors, tracebacks, reprs, file modes or what is stored."""

import logging
import re
import stat
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from kneedrive.errors import KneedriveError
from kneedrive.sources.oauth import Callback
from tests.conftest import ROOT
from tests.fakes.intervals import KEY, FakeIntervals
from tests.fakes.server import Clock
from tests.fakes.strava import CLIENT_SECRET, FakeStrava
from tests.sources import desk
from tests.sources.keeper import sync

SECRET = re.compile(r"(access|refresh|code)-secret-\d+|" + f"{CLIENT_SECRET}|{KEY}")
FAULTS = ("500", "html", "half", "drop", "401 token", "401 scope", "403 inactive", "429")


@pytest.fixture
def verbose(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every logger of every library at its most verbose."""
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "requests", "kneedrive"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def check(text: str, where: str) -> None:
    found = SECRET.search(text)
    assert found is None, f"{found} in {where}"


def test_the_pattern_finds_what_it_should() -> None:
    for secret in ("access-secret-0001", "code-secret-0002", CLIENT_SECRET, KEY):
        with pytest.raises(AssertionError):
            check(f"x {secret} y", "here")


def test_a_whole_login_sync_and_logout_leaks_nothing(
    fake_strava: FakeStrava,
    clock: Clock,
    tmp_path: Path,
    verbose: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    login = desk.login(fake_strava, tmp_path)
    with Callback() as callback:
        attempt = desk.begin(fake_strava, callback.redirect_uri)
        with pytest.raises(KneedriveError):
            callback.wait(attempt, 0.0)
        desk.follow(attempt.url)
        login.redeem(callback.wait(attempt, 5.0))
    client = desk.client(fake_strava, login)
    sync(client, store, clock)
    clock.advance(hours=7)
    sync(client, store, clock)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "private").iterdir()}
    login.end()

    assert len(verbose.records) > 10
    check(verbose.text, "the log")
    check("".join(capfd.readouterr()), "what is printed")
    check(repr([vars(login), vars(client), attempt]), "a repr")
    for path in store.iterdir():
        check(path.read_text(), path.name)
    assert modes == {"strava.json": 0o600, "strava.json.lock": 0o600}
    for asked in fake_strava.log:
        if "/authorize" not in asked.path:
            check(f"{asked.path} {asked.query}", "an address")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_leaks_nothing(
    fake_strava: FakeStrava, tmp_path: Path, verbose: pytest.LogCaptureFixture, fault: str
) -> None:
    login = desk.logged_in(fake_strava, tmp_path)
    client = desk.client(fake_strava, login)
    for call in (lambda: list(client.listing(None)), lambda: login.renew(login.access()), login.end):
        fake_strava.faults.clear()
        fake_strava.fail(fault, times=4)
        try:
            call()
        except KneedriveError as error:
            verbose.handler.stream.write("".join(traceback.format_exception(error)))
            logging.getLogger("kneedrive").debug("ended", exc_info=error)

    check(verbose.text, "the log")


def test_a_key_leaks_nothing(fake_intervals: FakeIntervals, verbose: pytest.LogCaptureFixture) -> None:
    client = desk.intervals(fake_intervals)
    for item in client.listing(None):
        client.fetch(item)

    check(verbose.text, "the log")
    check(repr(vars(client)), "a repr")
    for asked in fake_intervals.log:
        check(f"{asked.path} {asked.query}", "an address")


def test_tokens_are_handled_without_loading_a_network_library() -> None:
    """What reads the login's state, plans and looks into folders must stay light."""
    probe = (
        "import sys\n"
        "from kneedrive.sources import folder, oauth, plan, tokens\n"
        "heavy = {'requests', 'urllib3'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )

    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
