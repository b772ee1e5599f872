"""The library's commands as users meet them: what they say, what they refuse, how they end."""

from __future__ import annotations

import csv
import io
import os
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kneedrive.cli import options
from kneedrive.cli.output import confirmed
from kneedrive.report.numbers import path
from tests.app.shelf import FIRST, Shelf, run_fit, store_file
from tests.cli.calling import PROGRAM, Capture, Said, here, home, process
from tests.conftest import FIXTURES
from tests.store.cases import contents
from tests.surroundings import as_anybody


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A folder of made recordings, empty at first."""
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def filled(shelf: Shelf, capsys: Capture) -> Shelf:
    """Three runs on three days, and one of three recordings."""
    shelf.runs(3)
    shelf.copies()
    assert here(capsys, "import", shelf.folder).code == 0
    return shelf


def words(said: Said) -> str:
    """What was said, on one line."""
    return " ".join((said.out + said.err).split())


def ids(capture: Capture, *more: str) -> list[str]:
    return [run["id"] for run in here(capture, "runs", "--json", *more).objects]


COMMANDS = (
    ("runs",),
    ("forget", "last", "--yes"),
    ("split", "last"),
    ("rebuild",),
    ("purge", "--all", "--yes"),
    ("backup", "copy"),
    ("export", "--to", "out"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_without_a_store_a_command_says_how_to_begin(
    command: tuple[str, ...], capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    said = here(capsys, *command)

    assert (said.code, said.out) == (3, "")
    assert "kneedrive import FILE or FOLDER" in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command", ["runs", "show", "report", "weekly", "compare", "advise", "export --to out", "forget last"]
)
def test_an_empty_store_is_told_in_the_same_words_by_every_command(
    command: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here(capsys, "tag", "2026-03-02", "new shoes")

    said = here(capsys, *command.split())

    assert (said.code, said.out) == (3, "")
    assert said.err == "kneedrive: there are no runs yet: kneedrive import FILE or FOLDER takes some in\n"
    assert not Path("out").exists()


def _newer(path: Path) -> None:
    here_db = sqlite3.connect(path)
    here_db.execute("PRAGMA user_version = 99")
    here_db.close()


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        pytest.param(_newer, "a newer kneedrive made this store", id="a newer schema"),
        pytest.param(lambda path: path.write_bytes(b"a letter " * 900), "this is not a database", id="a foreign file"),
        pytest.param(lambda path: (path.unlink(), path.mkdir()), "this is a folder", id="a folder"),
    ],
)
@pytest.mark.parametrize("command", [*COMMANDS, ("import", "shelf")], ids=lambda command: command[0])
def test_what_is_no_store_of_ours_is_one_sentence_and_stays_as_it_is(
    filled: Shelf, harm: Any, says: str, command: tuple[str, ...], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    harm(store_file())
    held = store_file().read_bytes() if store_file().is_file() else b""
    monkeypatch.chdir(filled.folder.parent)

    said = here(capsys, *command)

    assert (said.code, said.out) == (1, "")
    assert says in said.err
    assert said.err.count("\n") == 1
    assert held == (store_file().read_bytes() if store_file().is_file() else b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full here")
def test_a_full_disk_is_a_sentence_and_what_was_stored_stays(filled: Shelf, tmp_path: Path, capsys: Capture) -> None:
    before = contents(store_file())
    for day in range(20, 30):
        filled.put(f"new{day}.fit", run_fit(day, minutes=45))
    # No file of this process may grow beyond what the store has now: to SQLite that is a disk without room.
    blocks = store_file().stat().st_size // 1024
    line = f'ulimit -f {blocks}; trap "" XFSZ; exec "$0" import "$1"'

    done = subprocess.run(
        ["bash", "-c", line, PROGRAM, str(filled.folder)],
        env=home(tmp_path) | {"KNEEDRIVE_STORE": str(store_file())},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "what was stored before is unharmed" in done.stderr
    after = contents(store_file())
    assert all(row in after["recording"] for row in before["recording"])
    assert len(after["recording"]) == len(after["activity"]) < 16


def test_a_folder_that_may_not_be_written_is_a_sentence(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    shelf.runs(1)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)

    monkeypatch.setenv("KNEEDRIVE_STORE", str(closed / "store.sqlite"))

    with as_anybody():
        said = here(capsys, "import", shelf.folder)

    assert said.code == 1
    assert "Traceback" not in said.err
    assert "name another path" in said.err


def test_a_place_that_is_no_folder_is_a_sentence(shelf: Shelf, tmp_path: Path) -> None:
    shelf.runs(1)
    (tmp_path / "file").write_bytes(b"")

    said = process(tmp_path, "import", shelf.folder, KNEEDRIVE_STORE=str(tmp_path / "file" / "store.sqlite"))

    assert (said.code, said.out) == (1, "")
    assert "name another path" in said.err


def test_runs_are_listed_oldest_first(filled: Shelf, capsys: Capture) -> None:
    said = here(capsys, "runs")

    dates = [line.split()[1] for line in said.out.splitlines() if "2026-" in line]
    assert dates == ["2026-03-02", "2026-03-03", "2026-03-04", "2026-05-04"]
    assert "4 runs." in said.out


def test_runs_as_csv_can_be_read_back(filled: Shelf, capsys: Capture) -> None:
    said = here(capsys, "runs", "--csv")

    rows = list(csv.DictReader(said.out.splitlines()))
    objects = here(capsys, "runs", "--json").objects
    assert [row["id"] for row in rows] == [run["id"] for run in objects]
    assert [float(row["distance_m"]) for row in rows] == [run["distance_m"] for run in objects]
    assert {row["recordings"] for row in rows} == {"1", "3"}


@pytest.mark.parametrize(
    ("since", "runs"),
    [
        pytest.param("2026-03-03", 3, id="a date, that day included"),
        pytest.param("2026-05-05", 0, id="after all"),
        pytest.param("3w", 1, id="a span"),
        pytest.param("1y", 4, id="a long span"),
    ],
)
def test_runs_since(filled: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch, since: str, runs: int) -> None:
    monkeypatch.setattr(options, "now", lambda: datetime(2026, 5, 20, tzinfo=UTC))

    assert len(ids(capsys, "--since", since)) == runs


def test_a_date_means_the_day_where_the_runner_ran(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The made watch is an hour ahead of UTC; 23:30 UTC is half past midnight of the next day there."""
    from kneedrive.simulate.gait import PATTERNS
    from kneedrive.simulate.scene import Scene, Segment, simulate
    from tests.fit_activity import activity_fit

    late = Scene(plan=(Segment(900, 3.0),), started_at=FIRST.replace(hour=23, minute=30))
    here(capsys, "import", shelf.put("late.fit", activity_fit(simulate(PATTERNS["neutral"], 1, scene=late))))

    for zone in ("UTC", "America/Los_Angeles", "Asia/Tokyo"):
        monkeypatch.setenv("KNEEDRIVE_ZONE", zone)
        assert len(ids(capsys, "--since", "2026-03-03")) == 1
        assert ids(capsys, "--since", "2026-03-04") == []
        assert here(capsys, "show", "2026-03-03", "--sources").code == 0
        assert here(capsys, "show", "2026-03-02", "--sources").code == 3


def test_no_runs_in_a_time_is_said(filled: Shelf, capsys: Capture) -> None:
    said = here(capsys, "runs", "--since", "2030-01-01")

    assert (said.code, said.out) == (3, "")
    assert "no runs in that time" in said.err


@pytest.mark.parametrize("when", ["yesterweek", "30", "2026-13-01", "-3d", "99999d"])
def test_a_time_that_is_none_is_wrong_use(when: str, capsys: Capture) -> None:
    said = here(capsys, "runs", f"--since={when}")

    assert said.code == 2
    assert "neither a date like 2026-11-20 nor a span" in said.err


def test_split_takes_a_run_apart_for_good(filled: Shelf, capsys: Capture) -> None:
    said = here(capsys, "split", "2026-05-04")
    here(capsys, "import", filled.folder)
    here(capsys, "rebuild")

    assert said.code == 0
    assert "is now 3 runs" in said.out
    assert len(ids(capsys)) == 6


def test_a_run_of_one_recording_cannot_be_split(filled: Shelf, capsys: Capture) -> None:
    said = here(capsys, "split", "2026-03-02")

    assert said.code == 1
    assert "nothing to take apart" in said.err


def test_forget_deletes_a_run_and_an_import_does_not_bring_it_back(filled: Shelf, capsys: Capture) -> None:
    (gone,) = {run["id"] for run in here(capsys, "runs", "--json").objects if run["recordings"] == 3}

    said = here(capsys, "forget", gone, "--yes")
    again = here(capsys, "import", "--json", filled.folder).objects[0]

    assert said.code == 0
    assert "kneedrive import --again" in said.out
    assert (again["skipped"], again["already_there"]) == (3, 3)
    assert gone not in ids(capsys)


@pytest.mark.parametrize("command", [("forget", "last"), ("purge", "--all")], ids=lambda command: command[0])
def test_nothing_is_deleted_without_a_yes(filled: Shelf, capsys: Capture, command: tuple[str, ...]) -> None:
    before = contents(store_file())

    said = here(capsys, *command)

    assert said.code == 1
    assert "--yes agrees" in said.err
    assert contents(store_file()) == before


def test_purge_leaves_nothing(filled: Shelf, capsys: Capture) -> None:
    said = here(capsys, "purge", "--all", "--yes")

    assert (said.code, said.out) == (0, "The store is empty.\n")
    assert not any(contents(store_file()).values())
    assert here(capsys, "runs").code == 3


@pytest.mark.parametrize("name", ["kneedrive.log", "kneedrive.log.1"])
def test_purge_deletes_the_log_where_there_is_no_store(capsys: Capture, name: str) -> None:
    log = store_file().with_name(name)
    log.parent.mkdir(parents=True)
    log.write_text("names recordings")

    refused = here(capsys, "purge", "--all")
    kept = log.exists()
    said = here(capsys, "purge", "--all", "--yes")

    assert (refused.code, kept) == (1, True)
    assert (said.code, said.out) == (0, "There were no runs; the log of faults is deleted.\n")
    assert not log.exists()
    assert not store_file().exists()
    assert here(capsys, "purge", "--all", "--yes").code == 3


def test_a_purged_store_takes_the_same_runs_again(filled: Shelf, capsys: Capture) -> None:
    before = contents(store_file())
    here(capsys, "purge", "--all", "--yes")

    here(capsys, "import", filled.folder)

    assert contents(store_file()) == before


def test_a_backup_made_while_another_writes_is_whole(filled: Shelf, capsys: Capture, tmp_path: Path) -> None:
    before = contents(store_file())
    writer = sqlite3.connect(store_file(), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM run")
    try:
        said = here(capsys, "backup", tmp_path / "copy")
    finally:
        writer.close()

    assert said.code == 0
    assert contents(tmp_path / "copy") == before


def test_a_backup_is_a_store(filled: Shelf, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here(capsys, "backup", tmp_path / "copy")
    before = ids(capsys)

    monkeypatch.setenv("KNEEDRIVE_STORE", str(tmp_path / "copy"))

    assert ids(capsys) == before


def test_a_progress_bar_with_rate_and_time_left_in_a_terminal_only(shelf: Shelf, tmp_path: Path) -> None:
    shelf.runs(3)
    terminal, side = os.openpty()
    run = subprocess.Popen(
        [PROGRAM, "import", str(shelf.folder)], env=home(tmp_path), stdout=subprocess.PIPE, stderr=side, text=True
    )
    os.close(side)
    shown = _all_of(terminal)
    out, _ = run.communicate(timeout=60)

    assert run.returncode == 0
    assert "Importing" in shown
    assert "3/3" in shown
    assert "/s" in shown
    assert "0:00" in shown
    assert out.startswith("3 new")
    assert process(tmp_path, "import", shelf.folder).err == ""


def _all_of(terminal: int) -> str:
    """What a terminal shows until its other side is closed."""
    pieces: list[bytes] = []
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # how Linux says that it is closed
            piece = b""
        if not piece:
            os.close(terminal)
            return b"".join(pieces).decode()
        pieces.append(piece)


def test_a_path_that_is_not_there_is_named(capsys: Capture) -> None:
    said = here(capsys, "import", "nowhere.fit")

    assert said.code == 1
    assert "nowhere.fit: cannot be read: No such file or directory" in words(said)


def test_a_name_that_nobody_has_is_a_mistake_until_it_is_said_to_be_new(shelf: Shelf, capsys: Capture) -> None:
    shelf.runs(1)
    first = here(capsys, "import", shelf.folder, "--runner", "anna")
    new = here(capsys, "import", shelf.folder, "--runner", "anna", "--new-runner")
    typed = here(capsys, "import", shelf.folder, "--runner", "ana")
    asked = here(capsys, "runs", "--runner", "ana")

    assert [said.code for said in (first, new, typed, asked)] == [2, 0, 2, 2]
    assert "there is no runner 'anna' yet: kneedrive runners lists them; --new-runner begins a new one" in words(first)
    assert "did you mean anna?" in words(typed)
    assert "--new-runner" not in words(asked)
    assert [row["name"] for row in here(capsys, "runners", "--json").objects] == ["anna"]


def test_who_is_meant_is_said_where_nobody_was_named_and_there_are_several(shelf: Shelf, capsys: Capture) -> None:
    shelf.runs(1)
    here(capsys, "import", shelf.folder)
    here(capsys, "import", shelf.folder, "--runner", "anna", "--new-runner")
    unnamed = here(capsys, "show")

    assert "this is about the runner without a name. Also in the store: anna (--runner NAME)." in words(unnamed)
    assert "Also in the store" not in words(here(capsys, "show", "--runner", "anna"))


def test_the_only_runner_is_meant_where_nobody_was_named(shelf: Shelf, capsys: Capture) -> None:
    shelf.runs(2)
    here(capsys, "import", shelf.folder, "--runner", "anna", "--new-runner")
    config = shelf.folder.parent / "config.toml"
    config.write_text("[runner]\nheight_m = 1.9\n[runners.anna]\nheight_m = 1.7\n", encoding="utf-8")
    shown = here(capsys, "show", "--json", "--config", config)
    again = here(capsys, "import", shelf.folder)  # perhaps somebody else's

    assert len(here(capsys, "runs", "--json").objects) == 2
    assert shown.objects[0]["runner"]["height_m"] == 1.7
    assert again.code == 2
    assert "the store holds runs of anna: --runner NAME says whose you mean; --new-runner begins one" in words(again)
    assert [row["name"] for row in here(capsys, "runners", "--json").objects] == ["anna"]


@pytest.mark.parametrize(
    "command", ["import .", "import . --dry-run", "report", "tag today x", "tags", "export --to o"]
)
def test_where_all_have_a_name_one_has_to_be_said(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    shelf.runs(1)
    monkeypatch.chdir(shelf.folder)
    for name in ("anna", "ben"):
        here(capsys, "import", ".", "--runner", name, "--new-runner")
    said = here(capsys, *command.split())

    assert said.code == 2
    assert "the store holds runs of anna, ben: --runner NAME says whose you mean" in words(said)
    assert ("--new-runner" in words(said)) == (command in ("import .", "tag today x"))
    assert [row["name"] for row in here(capsys, "runners", "--json").objects] == ["anna", "ben"]
    assert here(capsys, "import", ".", "--new-runner").code == 0
    assert here(capsys, "report").code == 0


def test_what_is_about_all_needs_no_name(shelf: Shelf, capsys: Capture) -> None:
    shelf.runs(1)
    for name in ("anna", "ben"):
        here(capsys, "import", shelf.folder, "--runner", name, "--new-runner")

    assert here(capsys, "backup", shelf.folder / "copy").code == 0
    assert here(capsys, "purge", "--all", "--yes").code == 0


def test_a_tag_alone_makes_no_runner(shelf: Shelf, capsys: Capture) -> None:
    shelf.runs(1)
    here(capsys, "tag", "today", "wall drills")
    assert "wall drills" in here(capsys, "tags").out
    here(capsys, "import", shelf.folder, "--runner", "anna", "--new-runner")

    assert [row["name"] for row in here(capsys, "runners", "--json").objects] == ["anna"]


def test_a_runner_without_a_name_and_without_a_run_is_not_listed(shelf: Shelf, capsys: Capture) -> None:
    shelf.put("ride.fit", (FIXTURES / "formats" / "bike-ride.fit").read_bytes())
    here(capsys, "import", shelf.folder)
    shelf.runs(1)
    here(capsys, "import", shelf.folder / "000.fit", "--runner", "anna", "--new-runner")

    assert [row["name"] for row in here(capsys, "runners", "--json").objects] == ["anna"]
    assert "without a name" not in here(capsys, "runners").out
    assert [row["runner"] for row in here(capsys, "weekly", "--every-runner", "--json").objects] == ["anna"]


def test_what_to_look_at_next_is_of_the_runner_whose_runs_were_taken_in(shelf: Shelf, capsys: Capture) -> None:
    """Their name is in the commands where others are there too, and these would be about somebody else without it."""
    for file, name in zip(shelf.runs(3), ("anna", "ben", "Jo Li"), strict=True):
        said = words(here(capsys, "import", file, "--runner", name, "--new-runner"))
        called = {"anna": "", "ben": " --runner ben", "Jo Li": ' --runner "Jo Li"'}[name]

        assert said.endswith(f"More kneedrive report{called} kneedrive weekly{called}")


def test_the_runners_of_the_configuration_are_known(shelf: Shelf, capsys: Capture) -> None:
    shelf.runs(2)
    file = shelf.folder.parent / "family.toml"
    file.write_text('[runner]\nname = "ben"\n[runners.anna]\nheight_m = 1.7\n', encoding="utf-8")
    assert here(capsys, "import", shelf.folder, "--runner", "anna", "--config", file).code == 0
    told = here(capsys, "runners", "--config", file)

    assert [row[:2] for row in map(str.split, told.out.splitlines()[1:3])] == [["anna", "2"], ["ben", "0"]]


DONE = (
    ("tag", "2026-03-02", "new shoes"),
    ("split", "2026-03-01"),
    ("forget", "last", "--yes"),
    ("rebuild",),
    ("backup", "copy"),
    ("export", "--to", "out"),
    ("report", "-o", "page"),
    ("report", "--html", "-o", "page"),
    ("demo", "--html", "page"),
    ("purge", "--all", "--yes"),
    ("purge", "--all"),
)


@pytest.mark.parametrize("command", DONE, ids=" ".join)
def test_what_was_done_is_one_object_for_programs(
    filled: Shelf, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    if command[0] == "split":
        (merged,) = {run["id"] for run in here(capsys, "runs", "--json").objects if run["recordings"] == 3}
        command = ("split", merged)

    (told,) = here(capsys, *command, "--json").objects

    assert told["schema_version"] == 1
    assert isinstance(told["message"], str)
    assert told["message"]


def test_tags_of_no_store_are_none_and_make_none(capsys: Capture) -> None:
    said = here(capsys, "tags")

    assert said.code == 0
    assert "No tags yet" in said.out
    assert not store_file().exists()


def test_the_only_tag_of_a_day_is_taken_back_without_its_text(capsys: Capture) -> None:
    here(capsys, "tag", "2026-03-02", "new shoes")
    said = here(capsys, "tag", "2026-03-02", "--remove")

    assert (said.code, said.out) == (0, "Took back 2026-03-02: new shoes.\n")
    assert here(capsys, "tag", "2026-03-02", "--remove").code == 3


def test_of_several_tags_of_a_day_one_has_to_be_named(capsys: Capture) -> None:
    here(capsys, "tag", "2026-03-02", "new shoes")
    here(capsys, "tag", "2026-03-02", "wall drills")
    said = here(capsys, "tag", "2026-03-02", "--remove")

    assert said.code == 3
    assert "has 2 tags ('new shoes', 'wall drills')" in said.err
    assert "new shoes" in here(capsys, "tags").out


def test_a_tag_needs_no_quotes(capsys: Capture) -> None:
    here(capsys, "tag", "2026-03-02", "wall", "drills")

    assert [row["text"] for row in here(capsys, "tags", "--json").objects] == ["wall drills"]
    assert here(capsys, "tag", "2026-03-02", "wall", "drills", "--remove").code == 0


def test_a_run_is_meant_by_its_day(shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.runs(1)
    here(capsys, "import", shelf.folder)
    (run,) = here(capsys, "runs", "--json").objects
    began = datetime.fromisoformat(run["started_at"])
    monkeypatch.setattr(options, "now", lambda: began + timedelta(days=1))

    assert here(capsys, "show", "yesterday", "--json").objects[0]["activity"]["id"] == run["id"]
    assert "no such run" in here(capsys, "show", "today").err
    assert "2022-13-40 is no day of any calendar" in here(capsys, "show", "2022-13-40").err


def test_a_tag_without_a_text_is_wrong_use(capsys: Capture) -> None:
    said = here(capsys, "tag", "2026-03-02")

    assert said.code == 2
    assert "say what changed" in said.err


def test_a_tag_is_set_listed_and_taken_back(capsys: Capture) -> None:
    assert here(capsys, "tag", "2026-03-02", "started wall drills").code == 0
    assert "2026-03-02   started wall drills" in here(capsys, "tags").out

    assert here(capsys, "tag", "2026-03-02", "started wall drills", "--remove").code == 0
    assert here(capsys, "tag", "2026-03-02", "started wall drills", "--remove").code == 3


def test_three_thousand_runs_are_listed(capsys: Capture) -> None:
    here(capsys, "tag", "2026-03-02", "makes a store")
    start_ms = int(FIRST.timestamp() * 1000)
    day_ms = int(timedelta(days=1).total_seconds() * 1000)
    db = sqlite3.connect(store_file())
    db.executemany(
        "INSERT INTO run (runner, key, started_at_ms, device, sensor, firmware, surface, duration_s, status, dynamics,"
        " recordings, epochs_total, epochs_scored, label, certainty)"
        " VALUES ('', ?, ?, '', 'coros', '', 'outdoor', 1800, 'assessed', 2, 1, 60, 50, '', '')",
        [(f"{number:012x}", start_ms + number * day_ms) for number in range(3000)],
    )
    db.commit()
    db.close()

    said = here(capsys, "runs")

    assert said.out.count("\n") == 3000 + 3
    assert "3,000 runs." in said.out


def test_a_question_is_asked_in_lines_that_fit(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A terminal that breaks the line itself would part "[y/" from "N]"."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdin", Typed("y\n"))
    question = "Delete 0123456789ab of 2026-03-02 and its 3 original recordings from the store?"

    agreed = confirmed(yes=False)(question)

    asked = capsys.readouterr().err
    assert agreed
    assert " ".join(asked.split()) == f"{question} [y/N]"
    assert max(map(len, asked.splitlines())) < 80


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_path_in_a_question_is_never_broken(monkeypatch: pytest.MonkeyPatch, capsys: Capture, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for length in range(10, 150, 7):
        monkeypatch.setattr("sys.stdin", Typed("n\n"))
        place = ("/home/ann/my runs/" * 10)[:length].strip()

        agreed = confirmed(yes=False)(f"Delete every run in {path(place)}, with the originals?")

        assert not agreed
        assert f"{place}," in capsys.readouterr().err


class Typed(io.StringIO):
    """What somebody types at a terminal."""

    def isatty(self) -> bool:
        return True
