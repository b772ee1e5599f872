"""A fault of kneedrive's own in one recording: it is said, logged, and the rest goes on."""

from __future__ import annotations

import hashlib
import json
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kneedrive import archives, readers
from kneedrive.app import boundary as fault_log
from kneedrive.app import importing
from kneedrive.app.boundary import REPORT, boundary
from kneedrive.app.importing import FEW
from kneedrive.archives import unpack
from kneedrive.errors import Fault, NotEnoughData, StoreError, TooLarge, Truncated
from kneedrive.recording import Activity
from kneedrive.store import Store
from tests.app.shelf import Shelf, run_fit, store_file, zipped
from tests.cli.calling import BROKEN, RUN, Capture, Said, here, home
from tests.store.cases import contents

SENTENCE = "a fault in kneedrive, please report it"
BAD = run_fit(1)
BAD_ID = hashlib.sha256(BAD).hexdigest()[:12]
Break = Callable[..., None]


def failing(*_: object, **__: object) -> Any:
    """What a bug does."""
    return 1 / 0


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the log of this test's home lies."""
    return tmp_path / "data" / "kneedrive" / "kneedrive.log"


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> Break:
    """Have one kind of work fail on the recording BAD."""

    def spoil(work: str) -> None:
        module, name = {"reading": (readers, "read"), "analysis": (importing, "run_of")}[work]
        real = getattr(module, name)

        def spoilt(given: bytes | tuple[Activity, ...], *more: Any) -> Any:
            bad = given == BAD if isinstance(given, bytes) else given[0].id == BAD_ID
            return failing() if bad else real(given, *more)

        monkeypatch.setattr(module, name, spoilt)

    return spoil


def no_traceback(said: Said) -> Said:
    assert "Traceback" not in said.err
    assert "ZeroDivisionError" not in said.err + said.out
    return said


@pytest.mark.parametrize("more", [(), ("--debug",)], ids=["", "debug"])
def test_a_line_break_in_a_name_forges_no_line(
    more: tuple[str, ...], shelf: Shelf, bug: Break, log: Path, capsys: Capture
) -> None:
    forged = "kneedrive: all fine.fit"
    bug("reading")

    said = here(capsys, "analyze", shelf.put(f"bad\n{forged}", BAD), *more)

    written = [*said.err.splitlines(), *log.read_text(encoding="utf-8").splitlines()]
    assert not [line for line in written if line.startswith(forged)]
    assert f"kneedrive: bad {forged}: {SENTENCE}" in said.err.splitlines()


@pytest.mark.parametrize("work", ["reading", "analysis"])
def test_an_import_goes_on_behind_it(work: str, shelf: Shelf, bug: Break, log: Path, capsys: Capture) -> None:
    shelf.runs(4)
    bug(work)

    said = no_traceback(here(capsys, "import", shelf.folder, "--json"))
    (found,) = said.objects

    assert said.code == 6
    assert (found["added"], found["failed"]) == (3, 1)
    assert found["failures"] == [{"name": "shelf/001.fit", "reason": SENTENCE}]
    assert said.err == f"kneedrive: the traceback of a fault is in {log}: please send it with your report\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    written = log.read_text(encoding="utf-8")
    assert written.count("Traceback (most recent call last)") == 1
    assert "\nshelf/001.fit\n" in written
    assert "ZeroDivisionError" in written


def test_an_import_of_that_file_alone_fails(shelf: Shelf, bug: Break, capsys: Capture) -> None:
    bug("reading")

    said = no_traceback(here(capsys, "import", shelf.put("bad.fit", BAD)))

    assert said.code == 1
    assert f"bad.fit: {SENTENCE}" in said.out


def test_a_rehearsal_goes_on_behind_it(shelf: Shelf, bug: Break, capsys: Capture) -> None:
    shelf.runs(3)
    bug("reading")

    said = no_traceback(here(capsys, "import", "--dry-run", shelf.folder, "--json"))

    assert (said.code, said.objects[0]["added"], said.objects[0]["failed"]) == (6, 2, 1)


@pytest.mark.parametrize("place", [0, 1, 3], ids=["before the command", "behind it", "last"])
def test_the_traceback_is_shown_on_demand(place: int, shelf: Shelf, bug: Break, capsys: Capture) -> None:
    shelf.runs(2)
    bug("reading")
    words = ["import", str(shelf.folder), "--json"]

    said = here(capsys, *words[:place], "--debug", *words[place:])

    assert said.code == 6
    assert said.err.startswith("shelf/001.fit:\nTraceback (most recent call last)")
    assert "ZeroDivisionError" in said.err
    assert said.objects[0]["added"] == 1


@pytest.mark.parametrize("command", ["analyze", "doctor"])
def test_the_next_file_is_reported_on(command: str, shelf: Shelf, bug: Break, log: Path, capsys: Capture) -> None:
    good, bad = shelf.runs(2)
    bug("reading")

    said = no_traceback(here(capsys, command, bad, good, "--json"))
    first, second = said.objects

    assert said.code == 6
    assert first["error"] == {"code": "fault", "message": f"001.fit: {SENTENCE}", "offset": None}
    assert second["activity"]["name"] == "000.fit"
    assert f"kneedrive: 001.fit: {SENTENCE}\n" in said.err
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")
    assert no_traceback(here(capsys, command, bad)).code == 1


def test_a_fault_in_the_report_of_one_run_is_said_of_that_run(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kneedrive.report import screen

    good, bad = shelf.runs(2)
    real = screen.verdict
    monkeypatch.setattr(
        screen,
        "verdict",
        lambda found, **asked: failing() if "001" in found.activity.name else real(found, **asked),
    )

    said = no_traceback(here(capsys, "analyze", bad, good))

    assert said.code == 6
    assert f"001.fit: {SENTENCE}" in said.err
    assert "Garmin Forerunner 965" in said.out


def test_a_sync_goes_on_behind_it(shelf: Shelf, bug: Break, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.runs(3)
    shelf.put("zipped.zip", zipped({"a.fit": run_fit(7), "b.fit": BAD, "c.fit": run_fit(8)}))
    monkeypatch.setenv("KNEEDRIVE_FOLDERS", str(shelf.folder))
    bug("reading")

    said = no_traceback(here(capsys, "sync", "folder", "--json"))

    assert said.code == 6
    assert (said.objects[0]["new"], said.objects[0]["failed"]) == (4, 2)
    assert {each["reason"] for each in said.objects[0]["failures"]} == {SENTENCE}


def test_a_rebuild_goes_on_behind_it(shelf: Shelf, bug: Break, log: Path, capsys: Capture) -> None:
    shelf.runs(3)
    here(capsys, "import", shelf.folder)
    before = contents(store_file())
    bug("analysis")

    said = no_traceback(here(capsys, "rebuild"))

    assert (said.code, said.out) == (6, "2 recordings derived again.\n")
    assert f"kneedrive: shelf/001.fit: {SENTENCE}; its original is kept\n" in said.err
    assert log.read_text(encoding="utf-8").count("Traceback (most recent call last)") == 1
    assert contents(store_file()) == before
    assert len(here(capsys, "runs", "--json").objects) == 3


def test_results_of_another_method_are_made_anew_behind_it_and_what_stays_is_said(
    shelf: Shelf, bug: Break, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.runs(3)
    here(capsys, "import", shelf.folder)
    bug("analysis")
    monkeypatch.setattr(importing, "VERSION", "of tomorrow")

    said = no_traceback(here(capsys, "runs", "--json"))

    assert (said.code, len(said.objects)) == (0, 3)
    assert f"kneedrive: shelf/001.fit: {SENTENCE}; its original is kept\n" in said.err
    assert here(capsys, "runs", "--json").err == ""


def short_of_memory(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Have memory want for reading these recordings."""
    real = readers.read

    def read(body: bytes, name: str) -> Any:
        if name in names:
            raise MemoryError
        return real(body, name)

    monkeypatch.setattr(readers, "read", read)


def test_want_of_memory_keeps_the_results_of_before_and_is_tried_again(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.runs(3)
    here(capsys, "import", shelf.folder)
    before = contents(store_file())["run"]
    with monkeypatch.context() as poor:
        short_of_memory(poor, "shelf/001.fit")
        said = here(capsys, "rebuild")
        there = here(capsys, "runs", "--json")

    assert (said.code, said.out) == (6, "2 recordings derived again.\n")
    assert said.err.count("shelf/001.fit: needs more memory than there is here; its results stay as they were") == 1
    assert (there.code, len(there.objects)) == (0, 3)
    assert "needs more memory" in there.err
    assert here(capsys, "runs", "--json").code == 0
    assert here(capsys, "runs", "--json").err == ""
    assert contents(store_file())["run"] == before


def test_a_rebuild_does_not_leave_out_a_member_for_want_of_memory(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run without what it could lend would be taken for the result of this method."""
    shelf.copies()
    here(capsys, "import", shelf.folder)
    before = contents(store_file())["run_source"]
    with monkeypatch.context() as poor:
        short_of_memory(poor, "shelf/copy.fit")
        here(capsys, "rebuild")

    assert contents(store_file())["run_source"] == before
    assert here(capsys, "rebuild").code == 0
    assert contents(store_file())["run_source"] == before


def test_a_sync_tries_a_file_again_that_memory_was_wanting_for(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.runs(2)
    monkeypatch.setenv("KNEEDRIVE_FOLDERS", str(shelf.folder))
    with monkeypatch.context() as poor:
        short_of_memory(poor, "shelf/001.fit", "001.fit")
        first = here(capsys, "sync", "folder", "--json")

    again = here(capsys, "sync", "folder", "--json")

    assert (first.code, first.objects[0]["new"], first.objects[0]["failed"]) == (6, 1, 1)
    assert (again.code, again.objects[0]["new"]) == (0, 1)


def spoil_the_store(monkeypatch: pytest.MonkeyPatch, *, of: tuple[str, ...]) -> None:
    """Have the store fail on the runs that these recordings lead."""
    real = Store._put_run

    def put(self: Store, new: Any) -> None:
        if new.analysis.activity.name in of:
            failing()
        real(self, new)

    monkeypatch.setattr(Store, "_put_run", put)


def test_what_the_store_cannot_take_is_a_fault_in_that_recording(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.runs(3)
    spoil_the_store(monkeypatch, of=("shelf/001.fit",))

    said = no_traceback(here(capsys, "import", shelf.folder, "--json"))

    assert (said.code, said.objects[0]["added"], said.objects[0]["failed"]) == (6, 2, 1)


def test_a_rebuild_goes_on_behind_what_the_store_cannot_take(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.runs(5)
    here(capsys, "import", shelf.folder)
    spoil_the_store(monkeypatch, of=("shelf/001.fit", "shelf/003.fit"))

    said = no_traceback(here(capsys, "rebuild"))

    assert (said.code, said.out) == (6, "3 recordings derived again.\n")
    assert said.err.count(f"{SENTENCE}; its original is kept") == 2
    assert len(here(capsys, "runs", "--json").objects) == 5


def test_a_fault_that_is_in_no_recording_ends_a_rebuild(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.runs(2)
    here(capsys, "import", shelf.folder)
    monkeypatch.setattr(Store, "_originals", failing)

    said = no_traceback(here(capsys, "rebuild"))

    assert said.code == 1
    assert f"kneedrive: the store: {SENTENCE}\n" in said.err


def test_results_of_before_are_used_where_none_can_be_made(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.runs(2)
    here(capsys, "import", shelf.folder)
    monkeypatch.setattr(Store, "_originals", failing)
    monkeypatch.setattr(importing, "VERSION", "of tomorrow")

    said = no_traceback(here(capsys, "runs", "--json"))

    assert (said.code, len(said.objects)) == (0, 2)
    assert f"kneedrive: the store: {SENTENCE}. Until then the results of before are used.\n" in said.err


def test_a_stored_run_that_cannot_be_judged_again_is_a_sentence(shelf: Shelf, bug: Break, capsys: Capture) -> None:
    here(capsys, "import", shelf.put("bad.fit", BAD))
    bug("reading")

    for words in (("show", "last"), ("report",), ("report", "--html"), ("advise",)):
        said = no_traceback(here(capsys, *words))

        assert (said.code, said.out) == (1, "")
        assert f"kneedrive: bad.fit: {SENTENCE}\n" in said.err


def test_a_neighbour_lends_nothing(shelf: Shelf, log: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    fit, gpx, _ = shelf.copies()
    here(capsys, "import", fit)
    real = readers.read
    monkeypatch.setattr(readers, "read", lambda body, name: failing() if name == "copy.fit" else real(body, name))

    said = no_traceback(here(capsys, "import", gpx, "--json"))

    assert (said.code, said.objects[0]["failed"]) == (0, 0)
    assert "\ncopy.fit\n" in log.read_text(encoding="utf-8")


@pytest.mark.parametrize("where", ["gunzipped", "opened"])
def test_a_fault_in_one_archive_leaves_the_files_around_it(
    where: str, shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gzip

    shelf.runs(2)
    shelf.put("000a.fit.gz", gzip.compress(run_fit(5)))
    shelf.put("000b.zip", zipped({"a.fit": run_fit(6)}))
    monkeypatch.setattr(unpack, where, failing)

    said = no_traceback(here(capsys, "import", shelf.folder, "--json"))

    assert said.code == 6
    assert (said.objects[0]["added"], said.objects[0]["failed"]) == (3, 1)
    assert said.objects[0]["failures"][0]["reason"] == SENTENCE


def test_a_fault_in_one_folder_leaves_the_next(shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put("one/a.fit", run_fit(1))
    file = shelf.put("two.fit", run_fit(2))
    monkeypatch.setattr(archives, "_layout_of", failing)

    said = no_traceback(here(capsys, "import", shelf.folder / "one", file, "--json"))

    assert said.code == 6
    assert said.objects[0]["failures"] == [{"name": "one", "reason": SENTENCE}]
    assert said.objects[0]["added"] == 1


def test_a_library_user_sees_the_exception_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    import kneedrive

    monkeypatch.setattr(readers, "read", failing)
    with pytest.raises(ZeroDivisionError):
        kneedrive.read(BAD)
    monkeypatch.setattr(unpack, "gunzipped", failing)
    with pytest.raises(ZeroDivisionError):
        list(archives.unwrap(b"\x1f\x8b"))


# A spawned process runs this file too, under another name, so that the bug is in every process.
IN_EVERY_PROCESS = """
import sys
from kneedrive.app import importing
from kneedrive import readers
real = readers.read
def read(body, name):
    if name.endswith(("001.fit", "{late}.fit")):
        return 1 / 0
    return real(body, name)
readers.read = read
importing.cores = lambda: 2
if __name__ == "__main__":
    from kneedrive.cli import main
    sys.exit(main(["import", "--json", sys.argv[1]]))
"""


def test_other_processes_go_on_behind_it_too(shelf: Shelf, log: Path, tmp_path: Path) -> None:
    shelf.runs(FEW + 6, minutes=3)
    script = tmp_path / "script.py"
    script.write_text(IN_EVERY_PROCESS.format(late=f"{FEW + 2:03}"))
    done = subprocess.run(
        [sys.executable, script, shelf.folder],
        env=home(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = json.loads(done.stdout)

    assert done.returncode == 6
    assert (found["added"], found["failed"]) == (FEW + 4, 2)
    assert [each["reason"] for each in found["failures"]] == [SENTENCE] * 2
    assert "Traceback" not in done.stderr
    assert log.read_text(encoding="utf-8").count("Traceback (most recent call last)") == 2


def test_want_of_memory_is_no_fault_and_is_not_logged() -> None:
    told: list[str] = []
    token = REPORT.set(lambda name, _traceback: told.append(name))
    try:
        with pytest.raises(TooLarge, match=r"^a\.fit: needs more memory than there is here$"), boundary("a.fit"):
            raise MemoryError
    finally:
        REPORT.reset(token)

    assert not told


def test_errors_that_a_user_should_read_pass_the_boundary() -> None:
    for error in (StoreError("x"), NotEnoughData("x"), Truncated("x")):
        with pytest.raises(type(error)) as caught, boundary("a.fit"):
            raise error
        assert caught.value is error
    with pytest.raises(KeyboardInterrupt), boundary("a.fit"):
        raise KeyboardInterrupt


def test_every_other_one_becomes_a_fault_of_the_recording() -> None:
    told: list[tuple[str, str]] = []
    token = REPORT.set(lambda name, traceback: told.append((name, traceback)))
    try:
        for quiet in (False, True):
            with pytest.raises(Fault, match=rf"^a\.fit: {SENTENCE}$") as caught, boundary("a.fit", quiet=quiet):
                failing()
            assert isinstance(caught.value.__cause__, ZeroDivisionError)
    finally:
        REPORT.reset(token)

    assert [name for name, _ in told] == ["a.fit"]
    assert told[0][1].endswith("ZeroDivisionError: division by zero\n")


def entries(log: Path) -> Iterator[Path]:
    """The files of the log."""
    yield from (each for each in (log, fault_log.older(log)) if each.exists())


def test_the_log_stays_small_and_keeps_the_latest(log: Path) -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 11, 20, tzinfo=UTC)
    for number in range(100):
        fault_log.add_entry(log, now, f"{number}.fit", "x" * 3 * fault_log.LONGEST_ENTRY)
    most = fault_log.MOST_BYTES + fault_log.LONGEST_ENTRY + 1000

    assert all(each.stat().st_size < most for each in entries(log))
    assert len(list(entries(log))) == 2
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in entries(log))
    assert "99.fit" in log.read_text(encoding="utf-8")


def test_a_log_that_cannot_be_written_is_said(shelf: Shelf, bug: Break, log: Path, capsys: Capture) -> None:
    log.mkdir(parents=True)
    bug("reading")

    said = no_traceback(here(capsys, "analyze", shelf.put("bad.fit", BAD)))

    assert said.code == 1
    assert "kneedrive: the traceback of a fault could not be logged (" in said.err


def test_a_purge_deletes_the_log(shelf: Shelf, bug: Break, log: Path, capsys: Capture) -> None:
    shelf.runs(2)
    bug("reading")
    here(capsys, "import", shelf.folder)
    assert log.exists()

    assert here(capsys, "purge", "--all", "--yes").code == 0

    assert not list(entries(log))


def test_without_a_fault_there_is_no_log(shelf: Shelf, log: Path, capsys: Capture) -> None:
    shelf.runs(1)
    here(capsys, "import", shelf.folder, BROKEN)
    here(capsys, "analyze", RUN, BROKEN, "--debug")

    assert not log.exists()
