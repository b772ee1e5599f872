"""Folders as a source: what is new there, what is changed, what has nothing to do with running."""

from __future__ import annotations

import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kneedrive.app.importing import Outcome
from kneedrive.app.sync import Pulled, told
from kneedrive.report.blocks import Style
from kneedrive.report.lists import Fate
from tests.app.shelf import run_fit
from tests.cli.calling import SETTINGS
from tests.conftest import FIXTURES
from tests.surroundings import as_anybody
from tests.sync.files import DRIVE, PISTON, SHUFFLE
from tests.sync.household import Household, counts


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def watch(home: Household) -> Path:
    """A folder with two runs, configured."""
    folder = home.folder / "watch"
    (folder / "Activity").mkdir(parents=True)
    (folder / "Activity" / "1.fit").write_bytes(DRIVE)
    (folder / "Activity" / "2.fit").write_bytes(PISTON)
    home.with_folders(folder)
    return folder


def test_without_any_account_a_sync_works_on_folders(home: Household, watch: Path) -> None:
    said = home.run("sync", "--json")

    assert said.code == 0
    assert (said.json["new"], said.json["without_dynamics"]) == (2, 0)
    assert [each["source"] for each in said.json["sources"]] == ["folder"]
    assert len(said.json["runs"]) == 2


def test_what_was_seen_is_not_opened_again(home: Household, watch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.pull(now)
    monkeypatch.setattr("kneedrive.archives.walk", lambda paths: pytest.fail(f"opened {paths}"))

    assert counts(home.pull(now)) == {"already_there": 2}


def test_a_new_file_is_found(home: Household, watch: Path) -> None:
    home.pull(now)
    (watch / "3.fit").write_bytes(SHUFFLE)

    assert counts(home.pull(now)) == {"added": 1, "already_there": 2}


def test_a_file_that_is_written_over_does_not_take_the_run_before_with_it(home: Household, watch: Path) -> None:
    home.pull(now)
    (watch / "Activity" / "1.fit").write_bytes(SHUFFLE)

    assert counts(home.pull(now)) == {"added": 1, "already_there": 1}
    assert home.held()["run"] == 3


def test_a_copy_under_another_name_adds_nothing(home: Household, watch: Path) -> None:
    home.pull(now)
    (watch / "copy of 1.fit").write_bytes(DRIVE)

    assert counts(home.pull(now)) == {"already_there": 3}


def test_an_unplugged_watch_is_no_error(home: Household, watch: Path) -> None:
    shutil.rmtree(watch)

    said = home.run("sync")

    assert said.code == 0
    assert f"{watch} is not there now and was passed over." in " ".join(said.out.split())


def test_the_path_of_an_unplugged_watch_is_never_broken(home: Household) -> None:
    for length in range(20, 200):
        folder = Path(("/media/my watch/" * 20)[:length].strip())

        said = told([Pulled(source="folder", missing=(folder,))], home.desk(now), Style(), dry_run=False, elapsed_s=0)

        assert str(folder) in said.text, length
        assert " ".join(said.text.split()).endswith(f"{folder} is not there now and was passed over."), length


def test_the_name_of_a_damaged_file_is_never_broken(home: Household) -> None:
    for length in range(5, 60):
        name = ("watch/GARMIN/my runs/" * 4)[:length].strip()
        outcome = Outcome(name=name, verdict=Fate.FAILED, reason="it is cut short in the middle of a definition")

        said = told([Pulled(source="folder", outcomes=(outcome,))], home.desk(now), Style(), dry_run=False, elapsed_s=0)

        assert name in said.text, length


def test_files_that_are_none_of_ours_are_skipped(home: Household, watch: Path) -> None:
    with zipfile.ZipFile(watch / "holiday.zip", "w") as archive:
        archive.writestr("beach.jpg", b"\xff\xd8 a picture")
    (watch / "notes.fit").write_bytes(b"not a recording at all")

    said = home.run("sync", "--json")

    assert said.code == 0
    assert (said.json["new"], said.json["skipped"], said.json["failed"]) == (2, 2, 0)


def test_a_file_without_a_run_is_againonce_and_is_not_there_afterwards(home: Household, watch: Path) -> None:
    (watch / "settings.fit").write_bytes(SETTINGS.read_bytes())

    first, second, full = counts(home.pull(now)), counts(home.pull(now)), counts(home.pull(now, full=True))

    assert first == {"added": 2, "skipped": 1}
    assert second == {"already_there": 2}
    assert full == {"already_there": 2, "skipped": 1}


def test_an_old_run_that_comes_late_is_told_with_its_day(home: Household, watch: Path) -> None:
    first = home.run("sync")
    (watch / "old.fit").write_bytes(run_fit(0))

    second = home.run("sync")

    assert "\nMon 9 Nov 2026, " in first.out
    assert "1 new run: " in second.out
    assert "\nMon 2 Mar 2026, " in second.out


def test_runs_in_a_zip_are_found(home: Household, watch: Path) -> None:
    with zipfile.ZipFile(watch / "export.zip", "w") as archive:
        archive.writestr("a/b.fit", SHUFFLE)

    assert counts(home.pull(now)) == {"added": 3}


def test_a_damaged_file_fails_once_and_is_tried_again_in_full(home: Household, watch: Path) -> None:
    shutil.copy(FIXTURES / "malformed" / "cut-in-definition.fit", watch / "bad.fit")

    first, second, full = (home.run("sync", "--json", *more) for more in ((), (), ("--full",)))

    assert [said.code for said in (first, second, full)] == [6, 0, 6]
    assert first.json["failures"][0]["name"] == "bad.fit"
    assert home.held()["run"] == 2


def test_a_file_that_may_not_be_opened_is_tried_again(home: Household, watch: Path) -> None:
    closed = watch / "Activity" / "1.fit"
    closed.chmod(0)
    with as_anybody():
        first = home.pull(now)
    closed.chmod(0o600)

    assert counts(first) == {"added": 1, "failed": 1}
    assert counts(home.pull(now))["added"] == 1


@pytest.mark.parametrize(
    ("closed", "mode", "found"),
    [
        (".", 0, {"watch": "cannot be read: Permission denied"}),
        ("Activity", 0, {"Activity": "cannot be read: Permission denied"}),
        ("Activity", 0o444, dict.fromkeys(("1.fit", "2.fit"), "cannot be read: Permission denied")),
        ("..", 0, {"watch": "cannot be read: Permission denied"}),
    ],
)
def test_a_folder_that_may_not_be_looked_into_is_said(
    home: Household, closed: str, mode: int, found: dict[str, str]
) -> None:
    folder = home.folder / "disk" / "watch"
    (folder / "Activity").mkdir(parents=True)
    for number, body in ((1, DRIVE), (2, PISTON)):
        (folder / "Activity" / f"{number}.fit").write_bytes(body)
    other = home.folder / "other"
    other.mkdir()
    (other / "3.fit").write_bytes(SHUFFLE)
    home.with_folders(folder, other)
    shut = (folder / closed).resolve()
    shut.chmod(mode)
    try:
        with as_anybody():
            pulled = home.pull(now)
    finally:
        shut.chmod(0o755)

    said = told(pulled, home.desk(now), Style(), dry_run=False, elapsed_s=0)
    assert counts(pulled) == {"added": 1, "failed": len(found)}
    assert {each.name: each.reason for one in pulled for each in one.outcomes if each.verdict == "failed"} == found
    assert said.code == 6
    assert "cannot be read: Permission denied" in " ".join(said.text.split())
    assert "not there now" not in said.text
    assert counts(home.pull(now)) == {"added": 2, "already_there": 1}


def test_a_file_that_goes_away_in_the_middle_is_tried_again(
    home: Household, watch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kneedrive import archives

    real, gone = archives.walk, watch / "Activity" / "1.fit"

    def walk(paths: list[Path], limits: archives.Limits) -> object:
        gone.unlink(missing_ok=True)
        return real(paths, limits)

    with monkeypatch.context() as patched:
        patched.setattr("kneedrive.archives.walk", walk)
        first = home.pull(now)
    gone.write_bytes(DRIVE)

    assert counts(first) == {"added": 1, "failed": 1}
    assert counts(home.pull(now))["added"] == 1


def test_a_dry_run_reads_and_writes_nothing(home: Household, watch: Path) -> None:
    said = home.run("sync", "--dry-run")

    assert said.code == 0
    assert said.out.startswith("Would be: 2 new")
    assert not home.store_file.exists()


def test_no_path_is_kept_in_the_store(home: Household, watch: Path) -> None:
    home.pull(now)

    found = str(watch).encode() in home.stored_text()
    assert not found


def test_a_watch_that_is_plugged_in_needs_no_configuration(home: Household) -> None:
    home.environment["KNEEDRIVE_WATCH"] = "yes"
    runtime = home.folder / "run"
    place = runtime / "gvfs" / "mtp:host=091e_4b48_0000c4fa0516" / "Primary" / "GARMIN" / "Activity"
    place.mkdir(parents=True)
    (place / "1.fit").write_bytes(DRIVE)

    found = home.run("sync", "--json", XDG_RUNTIME_DIR=str(runtime), USER="nobody-of-this-name")
    shown = home.run("auth", "status", XDG_RUNTIME_DIR=str(runtime), USER="nobody-of-this-name")
    others = home.run("sync", "--runner", "ana", XDG_RUNTIME_DIR=str(runtime), USER="nobody-of-this-name")

    assert found.json["new"] == 1
    assert str(place) in shown.out
    assert (others.code, "kneedrive setup" in others.err) == (2, True)  # a watch is its owner's


def test_a_sync_of_nothing_says_what_can_be_set_up(home: Household) -> None:
    said = home.run("sync")

    assert said.code == 2
    assert "kneedrive setup" in said.err


@pytest.mark.parametrize(
    ("name", "word"),
    [("folder", "sources.folder.paths"), ("polar", "garmin, intervals or strava"), ("garmin", "kneedrive auth garmin")],
)
def test_a_source_that_is_not_there_is_wrong_use(home: Household, name: str, word: str) -> None:
    said = home.run("sync", name)

    assert said.code == 2
    assert word in said.err


def test_a_pattern_of_files_is_a_place_too(home: Household, watch: Path) -> None:
    first = min(watch.rglob("*.fit"))
    home.environment["KNEEDRIVE_FOLDERS"] = str(first.with_name(first.name[:-1] + "?"))
    said = home.run("sync", "folder", "--json")

    assert said.json["new"] == 1
    assert "not there" not in home.run("sync", "folder").out


def test_runners_stay_apart(home: Household, watch: Path) -> None:
    home.run("sync", "--runner", "ann", "--new-runner")
    said = home.run("sync", "--runner", "bob", "--new-runner", "--json")

    assert said.json["new"] == 2
    assert home.held()["run"] == 4


def test_what_to_look_at_next_is_of_the_runner_whose_runs_came(home: Household, watch: Path) -> None:
    """Their name is in the commands where others are there too, and these would be about somebody else without it."""
    for name, called in (("ann", ""), ("bob", " --runner bob"), ("Jo Li", ' --runner "Jo Li"')):
        said = " ".join(home.run("sync", "--runner", name, "--new-runner").out.split())

        assert said.endswith(
            f"More kneedrive report{called} kneedrive weekly{called} kneedrive report{called} --html"
        ), said
