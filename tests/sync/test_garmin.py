"""Garmin end to end: the key, the runs with their dynamics, what is told and what is kept."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta

import pytest

from kneedrive.app import accounts, setup, sync
from kneedrive.errors import ConfigError, NotAuthorised
from kneedrive.report.blocks import Style
from tests.conftest import FIXTURES
from tests.fakes.garmin import KEY, FakeGarmin, summaries
from tests.sync.files import DRIVE, PISTON, SHUFFLE
from tests.sync.household import Household, code_of, counts
from tests.sync.terminal import Terminal

BARE = (FIXTURES / "missing" / "dynamics.fit").read_bytes()


@pytest.fixture
def runner(home: Household, garmin: FakeGarmin) -> Household:
    """A household with a key in its environment, and a file for each of three runs."""
    garmin.with_files(DRIVE, PISTON, SHUFFLE)
    return home.with_garmin(garmin)


@pytest.fixture
def keyless(runner: Household) -> Household:
    """The same household without the key."""
    del runner.environment["GARMIN_PERSONAL_API_KEY"]
    return runner


def test_the_files_come_with_their_dynamics(runner: Household, garmin: FakeGarmin) -> None:
    pulled = runner.pull(garmin.clock)

    assert counts(pulled) == {"added": 3}
    assert all(outcome.dynamics for outcome in pulled[0].outcomes)
    with runner.store() as store:
        assert {row.label for row in store.runs()} == {"drive-like", "piston-like", "shuffle-like"}
        assert all(row.kept for run in store.runs() for row in store.sources(run.id))


def test_a_second_sync_asks_for_the_list_alone(runner: Household, garmin: FakeGarmin) -> None:
    runner.pull(garmin.clock)
    garmin.forget()

    assert counts(runner.pull(garmin.clock)) == {"already_there": 3}
    assert {asked.path.rpartition("/")[2] for asked in garmin.log} == {"activities"}


def test_a_sync_that_was_stopped_goes_on(runner: Household, garmin: FakeGarmin) -> None:
    garmin.fail("429", on="/files", times=9)
    stopped = runner.pull(garmin.clock)
    garmin.faults.clear()

    assert counts(stopped) == {}
    assert code_of(stopped, runner.desk(garmin.clock)) == 5
    assert counts(runner.pull(garmin.clock)) == {"added": 3}


def test_the_same_run_from_the_watch_and_from_garmin_is_one(runner: Household, garmin: FakeGarmin) -> None:
    (runner.folder / "mine.fit").write_bytes(DRIVE)
    runner.run("import", str(runner.folder / "mine.fit"))

    assert counts(runner.pull(garmin.clock)) == {"added": 2, "already_there": 1}


def test_the_runs_are_printed_with_the_maker_named(runner: Household, garmin: FakeGarmin) -> None:
    said = runner.run("sync", "garmin")

    assert said.code == 0
    assert said.out.startswith("3 new")
    assert said.out.rstrip().endswith(sync.GARMIN_CREDIT)
    assert KEY not in said.out + said.err


def test_files_without_dynamics_are_told_at_once(runner: Household, garmin: FakeGarmin) -> None:
    garmin.with_files(BARE)
    first, second = runner.pull(garmin.clock), runner.pull(garmin.clock)
    garmin.with_files(BARE, DRIVE)
    third = runner.pull(garmin.clock, full=True)

    assert counts(first) == {"added": 1, "skipped": 2}
    assert [len(pulled.remarks) for (pulled,) in (first, second, third)] == [1, 0, 0]
    assert "kneedrive doctor last" in first[0].remarks[0]


def test_doctor_says_what_the_stored_file_holds_or_why_not(runner: Household, garmin: FakeGarmin) -> None:
    before = runner.run("doctor", "last")
    runner.pull(garmin.clock)
    said, neither = runner.run("doctor", "last"), runner.run("doctor", "1999-01-01")
    with sqlite3.connect(runner.store_file) as db:
        db.execute("UPDATE recording SET body = NULL")
    db.close()
    purged = runner.run("doctor", "last")

    assert (before.code, said.code, neither.code, purged.code) == (1, 0, 1, 1)
    assert "ground contact time" in said.out
    assert "last: there is no file of that name; there are no runs yet" in before.err
    assert "1999-01-01: there is no file of that name; no such run" in neither.err
    assert "its original is not kept any more" in purged.err


@pytest.mark.parametrize(("days", "told"), [(None, False), (30, False), (8, False), (7, True), (1, True)])
def test_a_key_that_ends_soon_is_told_a_week_before(
    keyless: Household, garmin: FakeGarmin, days: int | None, told: bool
) -> None:
    here = keyless.desk(garmin.clock)
    setup.keep_key(here, "garmin", KEY, lambda: days)

    (pulled,) = keyless.pull(garmin.clock, names=("garmin",))

    assert any("kneedrive auth garmin" in remark for remark in pulled.remarks) is told
    for columns in range(60, 100):  # to be copied, so on one line
        text = sync.told([pulled], here, Style(width=columns), dry_run=False, elapsed_s=0).text
        assert ("'kneedrive auth garmin'" in text) is told
    assert accounts.garmin_key_ends(here) == ((garmin.clock() + timedelta(days=days)).date() if days else None)


def test_a_key_is_kept_where_garmins_own_client_looks_for_it(keyless: Household, garmin: FakeGarmin) -> None:
    answer = setup.keep_key(keyless.desk(garmin.clock), "garmin", KEY, lambda: 90)

    kept = keyless.folder / ".config" / "garmin" / "connect-personal-api-key"
    assert kept.read_text() == KEY + "\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert str(kept) in answer.text
    assert KEY not in answer.text
    assert counts(keyless.pull(garmin.clock)) == {"added": 3}


def test_a_key_that_another_client_keeps_there_is_enough(keyless: Household, garmin: FakeGarmin) -> None:
    kept = keyless.folder / ".config" / "garmin" / "connect-personal-api-key"
    kept.parent.mkdir(parents=True)
    kept.write_text(f"  {KEY}\n")

    assert counts(keyless.pull(garmin.clock)) == {"added": 3}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["two words", "k\u00e9y", "one\ntwo", "\0"])
def test_a_damaged_key_is_said_and_not_sent(keyless: Household, garmin: FakeGarmin, text: str) -> None:
    kept = keyless.folder / ".config" / "garmin" / "connect-personal-api-key"
    kept.parent.mkdir(parents=True)
    kept.write_text(text)

    (pulled,) = keyless.pull(garmin.clock)

    assert "is damaged: save it anew" in str(pulled.problem)
    assert not garmin.log


def test_a_wrong_key_is_not_kept(keyless: Household, garmin: FakeGarmin) -> None:
    with pytest.raises(NotAuthorised):
        setup.keep_key(keyless.desk(garmin.clock), "garmin", "wrong-key", lambda: None)

    assert not (keyless.folder / ".config").exists()


def test_a_key_in_the_environment_wins_and_is_named(runner: Household, garmin: FakeGarmin) -> None:
    garmin.key = "new-key"

    answer = setup.keep_key(runner.desk(garmin.clock), "garmin", "new-key", lambda: None)

    assert "another key is in force, from environment GARMIN_PERSONAL_API_KEY" in answer.text


def test_a_named_runner_does_not_get_the_owners_runs(keyless: Household, garmin: FakeGarmin) -> None:
    setup.keep_key(keyless.desk(garmin.clock), "garmin", KEY, lambda: None)
    ana = keyless.desk(garmin.clock, runner="ana")

    with pytest.raises(ConfigError, match="nothing to sync from"):
        accounts.chosen(ana, ())
    garmin.key = "anas-key"
    setup.keep_key(ana, "garmin", "anas-key", lambda: None)

    assert accounts.chosen(ana, ()) == ("garmin",)
    assert (keyless.folder / "config" / "kneedrive" / "garmin-key-ana").read_text() == "anas-key\n"


def test_the_owners_key_is_theirs_by_name_too(keyless: Household, garmin: FakeGarmin) -> None:
    file = keyless.folder / "config" / "kneedrive" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[runner]\nname = "ana"\n', encoding="utf-8")
    setup.keep_key(keyless.desk(garmin.clock), "garmin", KEY, lambda: None)

    def ready(**environment: str) -> list[bool]:
        keyless.environment |= environment
        return [accounts.is_ready("garmin", keyless.desk(garmin.clock, runner=name)) for name in (None, "ana", "ben")]

    assert ready() == [True, True, False]
    setup.forget_key(keyless.desk(garmin.clock, runner="ana"), "garmin", lambda _: True)
    assert ready() == [False, False, False]
    file.write_text(f'[runner]\nname = "ana"\n[sources.garmin]\napi_key = "{KEY}"\n', encoding="utf-8")
    assert ready() == [True, True, False]
    assert ready(GARMIN_PERSONAL_API_KEY=KEY) == [True, True, True]


def test_the_owners_folders_are_looked_through_for_nobody_else(keyless: Household, garmin: FakeGarmin) -> None:
    file = keyless.folder / "config" / "kneedrive" / "config.toml"
    file.parent.mkdir(parents=True)

    def looked_into(**environment: str) -> list[bool]:
        keyless.environment |= environment
        return [bool(accounts.folders(keyless.desk(garmin.clock, runner=name))) for name in (None, "ana", "ben")]

    file.write_text(f"[sources.folder]\npaths = ['{keyless.folder}']\n", encoding="utf-8")
    assert looked_into() == [True, True, True]
    file.write_text(f"[runner]\nname = 'ana'\n[sources.folder]\npaths = ['{keyless.folder}']\n", encoding="utf-8")
    assert looked_into() == [True, True, False]
    assert looked_into(KNEEDRIVE_FOLDERS=str(keyless.folder)) == [True, True, True]


def test_logging_out_deletes_key_and_token_and_keeps_the_runs(keyless: Household, garmin: FakeGarmin) -> None:
    here = keyless.desk(garmin.clock)
    setup.keep_key(here, "garmin", KEY, lambda: None)
    keyless.pull(garmin.clock)

    assert setup.forget_key(here, "garmin", lambda _: False).text == "Nothing was changed."
    answer = setup.forget_key(here, "garmin", lambda _: True)

    assert "Your runs stay" in answer.text
    assert not [path for path in keyless.folder.rglob("*garmin*") if path.is_file()]
    assert not list(keyless.folder.rglob("*personal-api-key*"))
    assert keyless.held()["run"] == 3
    with pytest.raises(NotAuthorised, match="no Garmin key is kept"):
        setup.forget_key(here, "garmin", lambda _: True)


def test_the_status_tells_what_is_there_and_asks_nobody(keyless: Household, garmin: FakeGarmin) -> None:
    setup.keep_key(keyless.desk(garmin.clock), "garmin", KEY, lambda: 90)
    garmin.forget()

    said, told = keyless.run("auth", "status"), keyless.run("auth", "status", "--json")

    ends = (garmin.clock() + timedelta(days=90)).date()
    assert f"an API key is set; it ends on {ends}" in said.out
    assert told.json["garmin"] == {"key": True, "key_ends": str(ends)}
    assert not garmin.log


def test_a_token_that_cannot_be_read_hides_nothing_of_the_status(keyless: Household, garmin: FakeGarmin) -> None:
    here = keyless.desk(garmin.clock)
    setup.keep_key(here, "garmin", KEY, lambda: 90)
    token = accounts.garmin_token(here)
    token.delete()
    token.path.mkdir()

    said = keyless.run("auth", "status")

    assert (said.code, said.err) == (0, "")
    assert "an API key is set" in said.out


def test_without_a_command_the_sources_are_named_that_are_set_up(keyless: Household, garmin: FakeGarmin) -> None:
    before = keyless.run().out
    setup.keep_key(keyless.desk(garmin.clock), "garmin", KEY, lambda: None)
    keyless.token_file.parent.mkdir(parents=True, exist_ok=True)
    keyless.token_file.write_text("damaged")
    after = keyless.run()

    assert "Sources   none: kneedrive setup" in before
    assert (after.code, "Sources   Garmin, Strava" in after.out) == (0, True)
    status = keyless.run("auth", "status")  # the damaged login hides no other source
    assert status.code == 4
    assert "an API key is set" in status.out
    assert "is damaged: log in again" in status.err


def test_the_status_of_a_damaged_key_names_the_others(keyless: Household) -> None:
    kept = keyless.garmin_folder / "connect-personal-api-key"
    kept.parent.mkdir(parents=True)
    kept.write_text("two words")

    assert "Strava         not logged in" in keyless.run("auth", "status").out


def test_a_key_is_pasted_unseen_and_tried(keyless: Household, garmin: FakeGarmin) -> None:
    garmin.clock = lambda: datetime.now(UTC)
    garmin.activities = summaries(3, newest=datetime.now(UTC) - timedelta(days=1))
    garmin.with_files(DRIVE)
    terminal = Terminal(keyless, "auth", "garmin")
    terminal.until(r"Key \(not shown\)")
    terminal.type(KEY)
    terminal.until("How many days")
    terminal.type("90")

    assert terminal.ended() == 0
    assert "Garmin takes the key" in terminal.screen
    assert KEY not in terminal.screen
    assert keyless.run("sync", "--json").json["new"] == 1


@pytest.mark.parametrize(("pasted", "code"), [("", 2), ("wrong-key", 4), ("k\u00e9y", 2)])
def test_a_paste_that_is_no_key_changes_nothing(keyless: Household, garmin: FakeGarmin, pasted: str, code: int) -> None:
    terminal = Terminal(keyless, "auth", "garmin", "--days", "30")
    terminal.until(r"Key \(not shown\)")
    terminal.type(pasted)

    assert terminal.ended() == code
    assert not (keyless.folder / ".config").exists()


def test_without_a_terminal_the_variable_is_named(keyless: Household) -> None:
    said = keyless.run("auth", "garmin")

    assert said.code == 4
    assert "GARMIN_PERSONAL_API_KEY" in said.err
