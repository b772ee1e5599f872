"""The whole command line as processes of their own: logins at a terminal, limits, kills, logout."""

from __future__ import annotations

import json
import random
import signal
import stat
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import FIXTURES, ROOT
from tests.fakes.strava import CLIENT_ID, CLIENT_SECRET, FakeStrava, runs
from tests.sources import desk
from tests.sync.household import Household, command
from tests.sync.streams import steady
from tests.sync.terminal import Terminal

PATIENCE_S = 20.0
UNLIMITED = (10**6, 10**6)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def today() -> Iterator[FakeStrava]:
    """Strava by this machine's clock, with four recent runs of 42 minutes."""
    listed = runs(4, newest=now() - timedelta(days=1))
    with FakeStrava(listed, now) as fake:
        fake.streams = {str(each["id"]): steady() for each in listed}
        yield fake


URL = r"http://127\.0\.0\.1:\d+/oauth/authorize\S+(?=\s)"  # whole: a terminal may hand it out in pieces


def test_a_login_by_the_browser_and_a_first_sync(home: Household, today: FakeStrava) -> None:
    terminal = Terminal(home.with_strava(today), "auth", "strava")
    desk.follow(terminal.until(URL)[0])
    terminal.until("Logged in to Strava")

    assert terminal.ended() == 0
    assert stat.S_IMODE(home.token_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.token_file.parent.stat().st_mode) == 0o700

    said = home.run("sync")

    assert said.code == 0
    assert said.out.startswith("4 new, of which 4 without running dynamics")
    assert "4 new runs: " in said.out
    assert "Weeks This week " in " ".join(said.out.split())
    assert "from your steps alone" in " ".join(said.out.split())
    assert " ".join(said.out.split()).count("Take in the file of the watch itself, or Strava's bulk export") == 1
    assert said.out.rstrip().endswith("Powered by Strava")
    assert said.out.count("Powered by Strava") == 1


def test_a_refusal_in_the_browser_is_said(home: Household, today: FakeStrava) -> None:
    today.deny = True
    terminal = Terminal(home.with_strava(today), "auth", "strava")
    desk.follow(terminal.until(URL)[0])

    assert terminal.ended() == 4
    assert "access was denied in the browser" in terminal.screen
    assert not home.token_file.exists()


@pytest.mark.parametrize(
    "option", [("--port", "99999"), ("--port", "-1"), ("--timeout", "-5"), ("--timeout", "0"), ("--timeout", "²")]
)
def test_a_number_that_cannot_be_is_wrong_use(home: Household, strava: FakeStrava, option: tuple[str, str]) -> None:
    terminal = Terminal(home.with_strava(strava), "auth", "strava", *option)

    assert terminal.ended() == 2
    assert "must be a whole number from" in terminal.screen
    assert "Traceback" not in terminal.screen


def test_nobody_answers_within_the_time(home: Household, today: FakeStrava) -> None:
    terminal = Terminal(home.with_strava(today), "auth", "strava", "--timeout", "1")

    assert terminal.ended() == 4
    assert "no answer from the browser within 1 s" in terminal.screen


def test_a_login_without_a_browser_pastes_the_address(home: Household, today: FakeStrava) -> None:
    terminal = Terminal(home.with_strava(today), "auth", "strava", "--headless")
    address = desk.click(terminal.until(URL)[0])
    terminal.until("stays hidden")
    terminal.type(address)

    assert terminal.ended() == 0
    assert "code-secret" not in terminal.screen
    assert home.run("auth", "status").code == 0


def test_an_application_that_is_typed_in_is_kept_for_the_next_sync(home: Household, today: FakeStrava) -> None:
    home.with_strava(today)
    for name in ("STRAVA_CLIENT_ID", "STRAVA_CLIENT_SECRET"):
        del home.environment[name]
    terminal = Terminal(home, "auth", "strava")
    terminal.until("Client id: ")
    assert "https://www.strava.com/settings/api" in terminal.screen
    assert "subscribers only" in terminal.screen
    terminal.until("Client id: ")
    terminal.type(CLIENT_ID)
    terminal.until("not shown")
    terminal.type(CLIENT_SECRET)
    desk.follow(terminal.until(URL)[0])

    assert terminal.ended() == 0
    assert CLIENT_SECRET not in terminal.screen
    assert home.run("sync", "--json").json["new"] == 4
    assert json.loads(home.token_file.read_text())["client_secret"] == CLIENT_SECRET


def test_a_login_is_refused_without_a_terminal(home: Household, today: FakeStrava) -> None:
    said = home.with_strava(today).run("auth", "strava")

    assert said.code == 4
    assert "in a terminal" in said.err
    assert not today.log


def test_a_part_of_the_scope_is_said(home: Household, today: FakeStrava) -> None:
    today.grant_scope = "read,activity:read"
    terminal = Terminal(home.with_strava(today), "auth", "strava")
    desk.follow(terminal.until(URL)[0])

    assert terminal.ended() == 0
    assert "Runs that only you can see" in terminal.screen


def test_status_tells_what_is_set_up_and_asks_nobody(home: Household, today: FakeStrava) -> None:
    before = home.with_strava(today).run("auth", "status")
    home.log_in(today)
    today.forget()
    after, told = home.run("auth", "status"), home.run("auth", "status", "--json")

    assert (before.code, after.code) == (4, 0)
    assert "not logged in" in before.out
    assert "logged in as athlete 227615" in after.out
    assert told.json["strava"]["logged_in"] is True
    assert not today.log


def test_at_the_limit_the_time_is_told_in_words_and_for_programs(home: Household) -> None:
    limits = {"overall": (4, 2000), "reading": (4, 1000)}
    with FakeStrava(runs(6, newest=now()), now, **limits) as fake:
        home.with_strava(fake).log_in(fake)

        said = home.run("sync", "--json", "--no-report", KNEEDRIVE_ZONE="Asia/Tokyo")

    assert said.code == 5
    again = datetime.fromisoformat(said.json["retry_at"])
    assert 0 <= (again - now()).total_seconds() < 16 * 60
    local = again + timedelta(hours=9)
    assert f"go on after {local:%a} {local.day} {local:%b %Y, %H:%M}" in said.err
    assert said.json["sources"][0]["error"]["code"] == "rate_limited"
    assert said.json["new"] == home.held()["run"] == 1


def test_logout_revokes_and_deletes_what_came_from_strava(home: Household, today: FakeStrava) -> None:
    home.with_strava(today).log_in(today)
    home.run("sync", "--no-report")
    home.run("import", str(FIXTURES / "labels" / "drive.fit"))

    asked, done = home.run("auth", "logout"), home.run("auth", "logout", "--yes")

    assert "Nothing was changed" in asked.out
    assert done.code == 0
    assert "4 of its recordings deleted" in done.out
    assert today.revoked
    assert not home.token_file.exists()
    assert (home.held()["run"], home.held()["recording"]) == (1, 1)
    left = b"velocity_smooth" in home.stored_text()
    assert not left
    assert home.run("sync").code == 4


def test_a_logout_that_strava_does_not_hear_forgets_all_the_same(home: Household, today: FakeStrava) -> None:
    home.with_strava(today).log_in(today)
    home.run("sync", "--no-report")
    today.stop()

    done = home.run("auth", "logout", "--yes")

    assert done.code == 5
    assert "the login is forgotten here" in done.err
    assert not home.token_file.exists()
    assert home.held()["run"] == 0


def test_a_logout_without_a_login_says_so(home: Household, today: FakeStrava) -> None:
    assert home.with_strava(today).run("auth", "logout", "--yes").code == 4


def test_lists_and_reports_name_strava(home: Household, today: FakeStrava) -> None:
    home.with_strava(today).log_in(today)
    home.run("sync", "--no-report")

    for arguments in (("runs",), ("show", "last"), ("weekly",)):
        assert "Powered by Strava" in home.run(*arguments).out, arguments


def test_files_name_nobody(home: Household) -> None:
    home.run("import", str(FIXTURES / "labels" / "drive.fit"))

    for arguments in (("runs",), ("show", "last")):
        assert "Strava" not in home.run(*arguments).out, arguments


@contextmanager
def started(home: Household, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        command(*arguments), cwd=ROOT, env=home.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        yield child


def fetched(fake: FakeStrava) -> Counter[str]:
    """How often each activity's streams were given."""
    return Counter(
        asked.path.split("/")[4] for asked, status in fake.served() if asked.path.endswith("/streams") and status == 200
    )


@pytest.mark.slow
def test_kills_lose_and_double_nothing_and_fetch_at_most_the_one_in_hand_again(home: Household) -> None:
    chance = random.Random(11)
    with FakeStrava(runs(90), now, overall=UNLIMITED, reading=UNLIMITED) as fake:
        home.with_strava(fake).log_in(fake)
        kills = 0
        for _ in range(40):
            enough = sum(fetched(fake).values()) + chance.randint(1, 12)
            with started(home, "sync", "--no-report") as child:
                while child.poll() is None and sum(fetched(fake).values()) < enough:
                    time.sleep(0.002)
                child.send_signal(signal.SIGKILL)
            if child.returncode == 0:
                break
            kills += 1

        assert kills >= 5
        assert sum(fetched(fake).values()) <= 90 + kills
        assert home.held()["run"] == home.held()["recording"] == 90
        assert home.whole()


@pytest.mark.slow
def test_two_syncs_at_once_double_nothing(home: Household) -> None:
    with FakeStrava(runs(30), now, overall=UNLIMITED, reading=UNLIMITED) as fake:
        home.with_strava(fake).log_in(fake)
        with started(home, "sync", "--no-report") as one, started(home, "sync", "--no-report") as other:
            codes = [one.wait(PATIENCE_S), other.wait(PATIENCE_S)]

    assert codes == [0, 0]
    assert home.held()["run"] == home.held()["recording"] == 30
    assert home.whole()
