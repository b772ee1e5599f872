"""Folders as a source: what is new or changed, and a watch that is not plugged in."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kneedrive.sources import folder
from kneedrive.sources.plan import Action, plan


def put(path: Path, body: bytes = b"x", changed: float = 1_770_000_000.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    os.utime(path, (changed, changed))
    return path


def names(*folders: Path) -> list[str]:
    return [Path(item.id).name for item in folder.listing(folders)]


MTP = "gvfs/mtp:host=091e_4b48_0000c4fa0516"


@pytest.mark.parametrize(
    "place", ["Primary/GARMIN/Activity", "Internal Storage/Garmin/Activity", "Primary/GARMIN/Activities"]
)
def test_a_watch_that_speaks_mtp_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setattr(folder, "DRIVES", ())
    put(tmp_path / MTP / place / "run.fit")
    put(tmp_path / "gvfs/mtp:host=SAMSUNG/Card/DCIM/photo.jpg")

    (found,) = folder.watches({"XDG_RUNTIME_DIR": str(tmp_path), "USER": "nobody-of-this-name"})

    assert names(found) == ["run.fit"]
    assert str(found).endswith(place)


@pytest.mark.parametrize("runtime", ["/nowhere", "/run/[odd]*"])
def test_no_watch_is_none(monkeypatch: pytest.MonkeyPatch, runtime: str) -> None:
    monkeypatch.setattr(folder, "DRIVES", ("/media/{user}/*",))  # not what may be plugged into this machine

    assert folder.watches({"XDG_RUNTIME_DIR": runtime, "USER": "[nobody]*"}) == ()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("mtp*/*/GARMIN/Activity", ["a.fit", "b.fit"]),
        ("mtp:host=1/Primary/GARMIN/Activity", ["a.fit"]),
        ("**/Activity", ["a.fit", "b.fit"]),
        ("mtp:host=[12]/Primary", ["a.fit", "b.fit"]),
        ("mtp:host=9*", []),
        ("odd[1]", ["c.fit"]),
        ("[", []),
    ],
)
def test_a_folder_may_be_a_pattern(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    """What is there by its own name is no pattern."""
    put(tmp_path / "mtp:host=1" / "Primary" / "GARMIN" / "Activity" / "a.fit")
    put(tmp_path / "mtp:host=2" / "Primary" / "GARMIN" / "Activity" / "b.fit")
    put(tmp_path / "odd[1]" / "c.fit")

    assert sorted(names(tmp_path / pattern)) == expected
    assert folder.missing([tmp_path / pattern]) == (() if expected else (tmp_path / pattern,))


def test_a_folder_that_fits_twice_is_looked_into_once(tmp_path: Path) -> None:
    put(tmp_path / "watch" / "a.fit")

    assert names(tmp_path / "w*", tmp_path / "*h", tmp_path / "watch") == ["a.fit"]


@pytest.mark.parametrize("since", [None, datetime(2026, 1, 1, tzinfo=UTC)])
@pytest.mark.parametrize("year", [-30_000, 36_812])
def test_a_time_that_no_calendar_has_is_unknown_and_the_file_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, since: datetime | None, year: int
) -> None:
    (tmp_path / "run.fit").write_bytes(b"x")
    real = Path.stat
    second = int((year - 1970) * 31_556_952)

    def stat(path: Path, **how: bool) -> os.stat_result:
        """Of a file with a time that not every file system can keep."""
        found = real(path, **how)
        if path.name != "run.fit":
            return found
        times = {"st_mtime": float(second), "st_mtime_ns": second}
        return os.stat_result((*found[:8], second, *found[9:]), times)

    monkeypatch.setattr(Path, "stat", stat)

    (found,) = folder.listing([tmp_path], since)

    assert found.started_at is None
    assert str(second) in found.version


@pytest.mark.parametrize("name", ["\0", "n" * 300, "file/below"])
def test_a_path_that_cannot_be_a_folder_lists_nothing_and_is_missing(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("no folder")

    assert list(folder.listing([tmp_path / name])) == []
    assert folder.missing([tmp_path / name]) == (tmp_path / name,)


def test_recordings_are_found_in_all_depths_in_order(tmp_path: Path) -> None:
    for name in ("b.fit", "a.FIT", "Activity/c.fit.gz", "Activity/x/d.gpx", "e.tcx", "f.zip"):
        put(tmp_path / name)

    assert names(tmp_path) == ["c.fit.gz", "d.gpx", "a.FIT", "b.fit", "e.tcx", "f.zip"]


@pytest.mark.parametrize("name", ["notes.txt", "fit", ".hidden.fit", "._apple.fit", ".cache/a.fit", "a.fit.part"])
def test_other_files_are_passed_over(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)

    assert names(tmp_path) == []


def test_an_unplugged_watch_is_no_error(tmp_path: Path) -> None:
    put(tmp_path / "here/a.fit")
    away = tmp_path / "away"

    assert names(away, tmp_path / "here") == ["a.fit"]
    assert folder.missing([away, tmp_path / "here"]) == (away,)


def test_a_recording_in_place_of_a_folder_is_listed_itself(tmp_path: Path) -> None:
    recording, note = put(tmp_path / "a.fit"), put(tmp_path / "a.txt")

    assert names(recording, note, tmp_path / "a.*") == ["a.fit"]
    assert folder.missing([recording, tmp_path / "b.*"]) == (tmp_path / "b.*",)


def test_links_that_run_in_a_circle_end(tmp_path: Path) -> None:
    put(tmp_path / "a.fit")
    (tmp_path / "loop").symlink_to(tmp_path)

    assert names(tmp_path) == ["a.fit"]


def test_a_link_to_nowhere_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "gone.fit").symlink_to(tmp_path / "nowhere.fit")

    assert names(tmp_path) == []


def test_a_file_below_the_depth_is_not_looked_for(tmp_path: Path) -> None:
    put(tmp_path.joinpath(*"abcdefgh", "last.fit"))
    put(tmp_path.joinpath(*"abcdefghi", "too-deep.fit"))

    assert names(tmp_path) == ["last.fit"]


@pytest.mark.parametrize(
    ("body", "changed", "action"),
    [
        (b"x", 1_770_000_000.0, Action.KNOWN),
        (b"xy", 1_770_000_000.0, Action.UPDATED),
        (b"x", 1_770_000_060.0, Action.UPDATED),
    ],
    ids=["same", "other size", "other time"],
)
def test_only_what_changed_is_looked_into_again(tmp_path: Path, body: bytes, changed: float, action: str) -> None:
    path = put(tmp_path / "a.fit")
    first = plan(folder.listing([tmp_path]), {})
    known = {step.item.id: step.item.version for step in first}
    put(path, body, changed)

    second = plan(folder.listing([tmp_path]), known)

    assert [step.action for step in first] == [Action.NEW]
    assert [step.action for step in second] == [action]


def test_since_goes_by_the_time_of_change(tmp_path: Path) -> None:
    put(tmp_path / "old.fit", changed=1_760_000_000.0)
    put(tmp_path / "new.fit", changed=1_770_000_000.0)
    since = datetime.fromtimestamp(1_770_000_000.0, UTC)

    assert [Path(item.id).name for item in folder.listing([tmp_path], since)] == ["new.fit"]


def test_no_file_is_opened(tmp_path: Path) -> None:
    path = put(tmp_path / "a.fit")
    path.chmod(0)

    assert names(tmp_path) == ["a.fit"]
