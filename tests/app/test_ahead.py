"""Work ahead of the store, in one process or several: the same results in the same order, and nothing left behind."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kneedrive.app import importing
from kneedrive.app.importing import FEW, Workers, recorded
from kneedrive.app.workers import AHEAD
from kneedrive.config import Config, RunnerSettings
from kneedrive.recording import Recording
from tests.app.shelf import Shelf, run_fit, settings
from tests.cli.calling import PROGRAM, home
from tests.store.cases import contents

SEVERAL = FEW + 6


def recordings(count: int) -> list[Recording]:
    """Recordings of different days."""
    return [recorded(run_fit(day, minutes=3), f"{day}.fit") for day in range(count)]


def ids(of: list[Recording], **how: int) -> list[list[str]]:
    """The ids of the activities that were found in each by another process."""
    with Workers(settings(), **how) as working:
        found = list(working.each(of))
    assert [each for each, _ in found] == of
    return [[row.activity.id for row in known.rows] if known else [] for _, known in found]


def expected(of: list[Recording]) -> list[list[str]]:
    """The same where all goes well: the first few are left to this process."""
    return [[] if place < FEW - 1 else [each.sha256[:12]] for place, each in enumerate(of)]


def pids(mark: str) -> set[int]:
    """The processes whose environment holds this mark."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (path / "environ").read_bytes() and "Z" not in (path / "stat").read_text().split()[2]:
                found.add(int(path.name))
        except OSError:
            continue
    return found


def test_results_come_in_the_order_of_the_jobs() -> None:
    given = recordings(SEVERAL)

    assert ids(given, processes=2) == expected(given)
    assert ids(given, processes=1) == [[]] * SEVERAL


def test_a_recording_that_cannot_be_read_is_left_to_whoever_reads_it_again() -> None:
    given = recordings(SEVERAL)
    given[FEW + 2] = given[FEW + 2].replace(body=given[FEW + 2].body[:40])

    assert ids(given, processes=2) == [*expected(given)[: FEW + 2], [], *expected(given)[FEW + 3 :]]


def test_a_job_without_a_recording_keeps_its_place() -> None:
    jobs = [job for each in recordings(SEVERAL) for job in (each.name, each)]
    with Workers(settings(), processes=2) as working:
        found = [(job, known is not None) for job, known in working.each(jobs)]

    early, late = [(job, False) for job in jobs], [(job, isinstance(job, Recording)) for job in jobs]
    assert found == early[: 2 * FEW - 2] + late[2 * FEW - 2 :]


def test_few_recordings_start_no_process() -> None:
    with Workers(settings(), processes=2) as working:
        for _ in working.each(recordings(FEW - 1)):
            assert not multiprocessing.active_children()
        list(working.each(recordings(1)))
        assert multiprocessing.active_children()

    assert not multiprocessing.active_children()


def test_jobs_are_taken_only_a_little_ahead() -> None:
    taken = 0

    def jobs() -> Iterator[Recording]:
        nonlocal taken
        for each in recordings(60):
            taken += 1
            yield each

    with Workers(settings(), processes=2) as working:
        for done, _ in enumerate(working.each(jobs()), start=1):
            assert taken - done <= 2 * AHEAD


def test_large_recordings_stay_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "LARGE_BYTES", 100)

    assert ids(recordings(SEVERAL), processes=2) == [[]] * SEVERAL


def test_a_process_that_is_killed_loses_nothing() -> None:
    given = [recorded(run_fit(day, minutes=45), f"{day}.fit") for day in range(SEVERAL)]
    found = []
    with Workers(settings(), processes=2) as working:
        for number, (_, known) in enumerate(working.each(given)):
            found.append([row.activity.id for row in known.rows] if known else [])
            if number == FEW + 2:
                for worker in multiprocessing.active_children():
                    worker.kill()

    assert found == expected(given)


def test_where_every_process_is_killed_this_one_goes_on_alone() -> None:
    given = recordings(FEW + 20)
    with Workers(settings(), processes=2) as working:
        working.work = end_itself
        found = list(working.each(given))
        assert not multiprocessing.active_children()

    assert found == [(each, None) for each in given]


def end_itself(_: object) -> None:
    """Works only while there are other processes, and ends them."""
    assert multiprocessing.parent_process()
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_system_without_more_processes_does_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(11, "no more processes")

    monkeypatch.setattr("multiprocessing.process.BaseProcess.start", refuse)
    given = recordings(SEVERAL)

    assert ids(given, processes=2) == expected(given)


def test_no_secret_is_sent_to_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRAVA_CLIENT_SECRET", "hush")

    (sent,) = Workers(settings(runner_height_m=1.8)).work.args  # type: ignore[attr-defined]

    assert sent == Config(runner=RunnerSettings(height_m=1.8))
    assert not sent.sources.strava.client_secret


INTERRUPTED = (
    r"interrupted: (at least \d+ files? (is|are) kept; the same command goes on from there|"
    r"the same command begins anew)\n"
)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are counted under /proc")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_however_an_import_ends_no_process_is_left(shelf: Shelf, tmp_path: Path, end: signal.Signals) -> None:
    mark = f"KNEEDRIVE_MARK_OF_THIS_TEST={tmp_path}{end:d}{os.getpid()}"
    name, _, value = mark.partition("=")
    shelf.runs(80, minutes=3)
    log = tmp_path / "stderr"
    with log.open("wb") as file:
        run = subprocess.Popen(
            [PROGRAM, "import", str(shelf.folder)],
            env=home(tmp_path) | {name: value},
            stdout=subprocess.DEVNULL,
            stderr=file,
            start_new_session=True,
        )
    assert _within(30, lambda: len(pids(mark)) >= 3 or run.poll() is not None)
    assert run.poll() is None, log.read_text()

    if end is signal.SIGINT:  # from the keyboard it goes to all of them
        os.killpg(run.pid, end)
    else:
        run.send_signal(end)
    run.wait(30)

    assert _within(20, lambda: not pids(mark))
    # A process that was just starting may say that the one who started it is gone; after Ctrl-C none does.
    assert end is not signal.SIGINT or re.fullmatch(INTERRUPTED, log.read_text())
    assert run.returncode == (130 if end is signal.SIGINT else -end)


def _within(seconds: float, holds: object) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def test_several_processes_make_the_same_store_as_one(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.runs(SEVERAL, minutes=12)
    shelf.copies()
    stores = []
    for cores in ("1", "2"):
        place = tmp_path / f"{cores}.sqlite"
        program = f"import sys\nfrom kneedrive.app import importing\nimporting.cores = lambda: {cores}\n" + (
            "if __name__ == '__main__':\n from kneedrive.cli import main\n sys.exit(main(['import', sys.argv[1]]))\n"
        )
        script = tmp_path / f"script{cores}.py"
        script.write_text(program)
        command = [sys.executable, str(script), str(shelf.folder)]
        subprocess.run(command, env=home(tmp_path) | {"KNEEDRIVE_STORE": str(place)}, check=True, timeout=120)
        stores.append(contents(place))

    assert stores[0] == stores[1]
    assert len(stores[0]["run"]) == SEVERAL + 1
