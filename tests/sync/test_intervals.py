"""intervals.icu end to end: the files themselves, with all their dynamics."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any

import pytest

from kneedrive.app import importing
from kneedrive.app.analyze import read
from kneedrive.app.importing import Outcome
from tests.conftest import FIXTURES
from tests.fakes.intervals import FakeIntervals
from tests.fakes.server import fixture
from tests.fit_activity import activity_fit
from tests.sync.files import DRIVE, PISTON, SHUFFLE
from tests.sync.household import Household, counts


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in members.items():
            archive.writestr(f"{name}.fit", body)
    return out.getvalue()


@pytest.fixture
def runner(home: Household, intervals: FakeIntervals) -> Household:
    """A household with a key, and a file for each of the three entries: plain, gzipped, zipped."""
    files = (DRIVE, gzip.compress(PISTON), zipped(shuffle=SHUFFLE))
    intervals.files = {entry["id"]: body for entry, body in zip(intervals.activities, files, strict=True)}
    return home.with_intervals(intervals)


def test_the_files_come_with_their_dynamics(runner: Household, intervals: FakeIntervals) -> None:
    pulled = runner.pull(intervals.clock)

    assert counts(pulled) == {"added": 3}
    assert all(outcome.dynamics for outcome in pulled[0].outcomes)
    with runner.store() as store:
        assert {row.label for row in store.runs()} == {"drive-like", "piston-like", "shuffle-like"}


def test_nothing_is_fetched_twice(runner: Household, intervals: FakeIntervals) -> None:
    runner.pull(intervals.clock)
    intervals.forget()

    assert counts(runner.pull(intervals.clock)) == {"already_there": 3}
    assert not intervals.asked("/file")


def test_stubs_of_strava_are_skipped_with_the_reason(runner: Household, intervals: FakeIntervals) -> None:
    intervals.activities.append(fixture("intervals/stub.json"))

    said = runner.run("sync", "--no-report")

    assert said.code == 0
    assert said.out.count("comes from Strava") == 1


def test_a_zip_of_two_runs_is_two_runs(runner: Household, intervals: FakeIntervals) -> None:
    only = intervals.activities[0]["id"]
    intervals.activities[1:] = []
    intervals.files = {only: zipped(one=DRIVE, two=PISTON)}

    first, second = runner.pull(intervals.clock), runner.pull(intervals.clock)

    assert counts(first) == {"added": 2}
    assert counts(second) == {"already_there": 1}


def test_a_kill_between_two_runs_of_a_zip_loses_neither(
    runner: Household, intervals: FakeIntervals, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = intervals.activities[0]["id"]
    intervals.activities[1:] = []
    intervals.files = {only: zipped(one=DRIVE, two=PISTON)}
    kept_as_usual = importing.keep
    kept: list[object] = []

    def keep(*given: Any) -> Outcome:
        if kept:
            raise KeyboardInterrupt
        kept.append(given)
        return kept_as_usual(*given)

    monkeypatch.setattr("kneedrive.app.importing.keep", keep)
    with pytest.raises(KeyboardInterrupt):
        runner.pull(intervals.clock)
    monkeypatch.setattr("kneedrive.app.importing.keep", kept_as_usual)

    assert runner.held()["run"] == 1
    runner.pull(intervals.clock)
    assert runner.held()["run"] == 2


def test_a_damaged_file_fails_once_and_the_rest_goes_on(runner: Household, intervals: FakeIntervals) -> None:
    broken = intervals.activities[1]["id"]
    intervals.files = {**intervals.files, broken: (FIXTURES / "malformed" / "cut-in-definition.fit").read_bytes()}

    first, second = runner.run("sync", "--json"), runner.run("sync", "--json")

    assert (first.code, first.json["new"], first.json["failed"]) == (6, 2, 1)
    assert (second.code, second.json["new"], second.json["failed"]) == (0, 0, 0)
    assert runner.whole()


def test_a_file_that_is_no_activity_is_skipped(runner: Household, intervals: FakeIntervals) -> None:
    weight = (FIXTURES / "malformed" / "not-an-activity-weight.fit").read_bytes()
    intervals.files = {**intervals.files, intervals.activities[1]["id"]: weight}

    pulled = runner.pull(intervals.clock)

    assert counts(pulled) == {"added": 2, "skipped": 1}
    assert counts(runner.pull(intervals.clock)) == {"already_there": 2}


def test_a_file_of_another_sport_is_not_there_as_a_run(runner: Household, intervals: FakeIntervals) -> None:
    """The list calls it a run, the file does not."""
    intervals.files = {**intervals.files, intervals.activities[1]["id"]: ride()}

    first, second = counts(runner.pull(intervals.clock)), counts(runner.pull(intervals.clock))

    assert first == {"added": 2, "not_a_run": 1}
    assert second == {"already_there": 2}


def ride() -> bytes:
    path = FIXTURES / "labels" / "drive.fit"
    (activity,) = read(path.read_bytes(), path.name)
    return activity_fit(activity.replace(sport="cycling"))


def test_the_files_are_the_runners_own_and_stay(runner: Household, intervals: FakeIntervals) -> None:
    runner.pull(intervals.clock)
    intervals.clock.advance(days=400)  # type: ignore[attr-defined]
    runner.pull(intervals.clock)

    with runner.store() as store:
        assert all(row.kept for run in store.runs() for row in store.sources(run.id))


def test_a_file_that_was_imported_before_is_there_already(runner: Household, intervals: FakeIntervals) -> None:
    (runner.folder / "mine.fit").write_bytes(DRIVE)
    runner.run("import", str(runner.folder / "mine.fit"))

    assert counts(runner.pull(intervals.clock)) == {"added": 2, "already_there": 1}


def test_one_source_that_fails_does_not_stop_another(runner: Household, intervals: FakeIntervals) -> None:
    folder = runner.folder / "watch"
    folder.mkdir()
    (folder / "1.fit").write_bytes(DRIVE)
    runner.with_folders(folder)
    intervals.fail("403", times=9)

    said = runner.run("sync", "--json")

    assert said.code == 4
    assert said.json["new"] == 1
    assert [each["error"] and each["error"]["code"] for each in said.json["sources"]] == [None, "not_authorised"]
    assert "API key" in said.err
