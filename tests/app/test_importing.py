"""From files to a store, through the command: what each file becomes, once and again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from kneedrive.app import importing
from tests.app.shelf import Shelf, ride_fit, run_fit, store_file, zipped
from tests.cli.calling import BROKEN, OTHER_RUN, RUN, SETTINGS, Capture, here
from tests.conftest import DATA, needs_data
from tests.store.cases import contents

COUNTED = ("added", "merged", "already_there", "not_a_run", "skipped", "failed")


def ledger(capture: Capture, *words: str | Path) -> dict[str, Any]:
    """What an import counted."""
    return here(capture, "import", "--json", *words).objects[0]


def counts(capture: Capture, *words: str | Path) -> dict[str, int]:
    """The same, zeros left out."""
    return {key: value for key, value in ledger(capture, *words).items() if key in COUNTED and value}


@needs_data
@pytest.mark.slow
def test_the_real_histories_and_exports_count_as_their_page_says(capsys: Capture) -> None:
    exports = sorted((DATA / "exports").glob("*.zip"))
    strap, coros = DATA / "history-strap-then-wrist", DATA / "history-coros"

    first = ledger(capsys, strap, *exports)
    second = ledger(capsys, strap, *exports, coros)
    third = ledger(capsys, strap, *exports, coros)

    assert first["added"] + first["merged"] + first["not_a_run"] == 177
    assert (first["already_there"], first["failed"]) == (40, 0)
    assert sum("no activity" in reason for reason in first["skipped_by_reason"]) == 1
    assert second["added"] + second["merged"] + second["not_a_run"] == 387 - 177
    assert {key: third[key] for key in ("added", "merged", "not_a_run", "failed")} == dict.fromkeys(
        ("added", "merged", "not_a_run", "failed"), 0
    )
    assert len(here(capsys, "runs", "--json").objects) == 387


def test_every_file_has_one_outcome(shelf: Shelf, capsys: Capture) -> None:
    shelf.runs(2)
    shelf.put("again.fit", run_fit(1))
    shelf.put("ride.fit", ride_fit())
    shelf.put("broken.fit", BROKEN.read_bytes())
    shelf.put("settings.fit", SETTINGS.read_bytes())
    shelf.put("notes.txt", "no run")

    found = counts(capsys, shelf.folder)

    assert found == {"added": 2, "already_there": 1, "not_a_run": 1, "skipped": 2, "failed": 1}


def test_the_same_import_twice_adds_nothing(shelf: Shelf, capsys: Capture) -> None:
    shelf.runs(3)
    shelf.copies()
    counts(capsys, shelf.folder)
    before = contents(store_file())

    again = counts(capsys, shelf.folder)

    assert again == {"already_there": 6}
    assert contents(store_file()) == before


def test_one_bad_file_does_not_stop_the_rest_and_ends_with_6(shelf: Shelf, capsys: Capture) -> None:
    shelf.put("a.fit", BROKEN.read_bytes())
    shelf.put("b.fit", RUN.read_bytes())

    said = here(capsys, "import", shelf.folder)

    assert said.code == 6
    assert "1 new" in said.out
    assert "a.fit: is not a FIT, GPX or TCX file" in " ".join(said.out.split())


def test_an_import_that_took_in_nothing_and_failed_ends_with_1(shelf: Shelf, capsys: Capture) -> None:
    shelf.put("a.fit", BROKEN.read_bytes())
    shelf.put("empty.fit", b"")
    shelf.put("notes.txt", "no run")

    said = here(capsys, "import", shelf.folder)

    assert said.code == 1
    assert "empty.fit: is empty\n" in said.out


def test_a_file_that_ends_too_early_is_taken_in_and_named(shelf: Shelf, capsys: Capture) -> None:
    body = RUN.read_bytes()
    shelf.put("cut.fit", body[: len(body) // 2])
    shelf.put("whole.fit", OTHER_RUN.read_bytes())

    found = ledger(capsys, shelf.folder)

    assert (found["added"], found["failed"]) == (2, 0)
    (cut,) = found["cut_short"]
    assert cut["name"].endswith("cut.fit")
    assert f"(at byte {len(body) // 2:,})" in cut["where"] or "is cut off (at byte" in cut["where"]


@pytest.mark.parametrize(
    ("after", "kept"),
    [(0, "the same command begins anew"), (1, "at least 1 file is kept"), (3, "at least 3 files are kept")],
)
def test_an_import_that_is_interrupted_says_what_is_kept(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch, after: int, kept: str
) -> None:
    shelf.runs(4)
    real = importing.Intake.collect

    def interrupted(*given: Any) -> Iterator[importing.Outcome]:
        yield from islice(real(*given), after)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(importing.Intake, "collect", interrupted)
        said = here(capsys, "import", shelf.folder)

    assert said.code == 130
    assert said.err.startswith(f"interrupted: {kept}")
    assert counts(capsys, shelf.folder)["added"] == 4 - after
    assert len(here(capsys, "runs", "--json").objects) == 4


def test_a_name_that_is_no_text_is_stored_spelled_out(shelf: Shelf, capsys: Capture) -> None:
    for day, name in enumerate((b"caf\xe9.fit", b"d\xff/x.fit")):
        place = Path(os.fsdecode(os.fsencode(shelf.folder) + b"/" + name))
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(run_fit(day))

    assert counts(capsys, shelf.folder) == {"added": 2}

    (source,) = here(capsys, "show", "last", "--sources", "--json").objects[0]["sources"]
    assert source["name"] == r"shelf/d\udcff/x.fit"
    assert here(capsys, "report", "--html", "-o", os.devnull).code == 0


def test_a_skipped_file_says_why(shelf: Shelf, capsys: Capture) -> None:
    shelf.put("notes.txt", "no run")
    shelf.put("photo.jpg", b"\xff\xd8")

    said = here(capsys, "import", shelf.folder)

    assert "pictures, films and documents" in " ".join(said.out.split())


def test_copies_of_a_run_become_one_run_that_names_them(shelf: Shelf, capsys: Capture) -> None:
    shelf.copies()

    found = counts(capsys, shelf.folder)
    (run,) = here(capsys, "runs", "--json").objects
    sources = here(capsys, "show", "last", "--sources").out

    assert found == {"added": 1, "merged": 2}
    assert run["recordings"] == 3
    assert all(name in sources for name in ("copy.fit", "copy.gpx", "copy.tcx"))
    assert "ground contact time" in sources.split("copy.gpx")[0]
    assert sources.count("heart rate") == 1
    assert "heart rate" not in sources.split("copy.gpx")[0].split("copy.tcx")[0]


def test_the_order_of_import_does_not_matter(shelf: Shelf, capsys: Capture, tmp_path: Path) -> None:
    copies = shelf.copies()
    here(capsys, "import", *copies)
    forth = contents(store_file())
    store_file().unlink()

    here(capsys, "import", *reversed(copies))

    assert contents(store_file()) == forth


def test_a_run_at_the_same_time_that_is_not_alike_is_warned_about(shelf: Shelf, capsys: Capture) -> None:
    here(capsys, "import", shelf.put("mine.fit", run_fit(1, minutes=30)))
    theirs = shelf.put("theirs.fit", run_fit(1, minutes=15))

    said = here(capsys, "import", theirs)

    assert "theirs.fit overlaps" in said.out
    assert "--runner NAME" in said.out


def test_the_list_of_an_export_names_the_sport_of_a_track_without_one(shelf: Shelf, capsys: Capture) -> None:
    assert counts(capsys, shelf.export("Ride")) == {"not_a_run": 1, "skipped": 1}


def test_what_a_track_says_of_its_sport_comes_before_the_list(shelf: Shelf, capsys: Capture) -> None:
    assert counts(capsys, shelf.export("Ride", track_sport="running")) == {"added": 1, "skipped": 1}


def test_the_sport_of_a_list_survives_a_rebuild(shelf: Shelf, capsys: Capture) -> None:
    counts(capsys, shelf.export("Ride"))
    before = contents(store_file())

    here(capsys, "rebuild")

    assert contents(store_file()) == before


def test_an_export_names_the_sport_of_a_track_that_came_without_its_list(shelf: Shelf, capsys: Capture) -> None:
    export = shelf.export("Ride")
    import zipfile

    with zipfile.ZipFile(export) as archive:
        loose = shelf.put("loose.gpx", archive.read("activities/1.gpx"))
    assert counts(capsys, loose) == {"added": 1}

    assert counts(capsys, export) == {"already_there": 1, "skipped": 1}

    assert here(capsys, "runs", "--json").objects == []


def test_addresses_in_names_are_in_no_output_and_not_in_the_store(shelf: Shelf, capsys: Capture) -> None:
    address = "runner.name@example.org"
    shelf.put(f"{address}_1.fit", run_fit())
    shelf.put(f"{address}_2.fit", BROKEN.read_bytes())
    shelf.put("export.zip", zipped({f"{address}_3.fit": run_fit(1), f"{address}_4.fit": b"broken"}))

    said = [
        here(capsys, *words)
        for words in (
            ("import", shelf.folder),
            ("import", "--json", shelf.folder),
            ("show", "--sources"),
            ("show", "--sources", "--json"),
            ("runs", "--json"),
        )
    ]

    assert not any(address in one.out + one.err for one in said)
    assert address.encode() not in store_file().read_bytes()
    assert "***_2.fit" in said[0].out


def test_runners_in_one_store_do_not_meet(shelf: Shelf, capsys: Capture) -> None:
    shelf.copies()
    counts(capsys, shelf.folder)

    theirs = counts(capsys, shelf.folder, "--runner", "anna", "--new-runner")

    assert theirs == {"added": 1, "merged": 2}
    assert len(here(capsys, "runs", "--json", "--runner", "anna").objects) == 1
    assert len(here(capsys, "runs", "--json").objects) == 1


def test_a_dry_run_counts_as_the_import_does_and_makes_no_store(shelf: Shelf, capsys: Capture) -> None:
    shelf.runs(2)
    shelf.put("twice.fit", run_fit(0))
    shelf.put("ride.fit", ride_fit())
    shelf.copies()

    dry = counts(capsys, shelf.folder, "--dry-run")

    assert not store_file().parent.exists()
    assert dry == counts(capsys, shelf.folder)


def test_a_dry_run_leaves_a_store_byte_for_byte(shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.runs(1)
    counts(capsys, shelf.folder)
    before = store_file().read_bytes()
    shelf.runs(3)
    monkeypatch.setattr("kneedrive.app.importing.VERSION", "of tomorrow")

    dry = counts(capsys, shelf.folder, "--dry-run")

    assert dry == {"added": 2, "already_there": 1}
    assert store_file().read_bytes() == before


def test_what_was_forgotten_stays_away_until_it_is_asked_for_again(shelf: Shelf, capsys: Capture) -> None:
    (path,) = shelf.runs(1)
    counts(capsys, path)
    here(capsys, "forget", "last", "--yes")

    kept_away = ledger(capsys, path)
    rehearsed = counts(capsys, path, "--again", "--dry-run")
    taken = counts(capsys, path, "--again")

    assert (kept_away["skipped"], kept_away["skipped_by_reason"]) == (1, {importing.DELETED: 1})
    assert rehearsed == taken == {"added": 1}
    assert len(here(capsys, "runs", "--json").objects) == 1


def test_a_dry_run_knows_what_was_forgotten(shelf: Shelf, capsys: Capture) -> None:
    (path,) = shelf.runs(1)
    counts(capsys, path)
    here(capsys, "forget", "last", "--yes")

    assert counts(capsys, path, "--dry-run") == {"skipped": 1}


def test_a_file_as_large_as_a_day_is_small_in_the_store(shelf: Shelf, capsys: Capture) -> None:
    import gzip

    paths = shelf.runs(8, minutes=45)

    counts(capsys, shelf.folder)

    gzipped = sum(len(gzip.compress(path.read_bytes())) for path in paths)
    assert store_file().stat().st_size <= 1.2 * gzipped + 20_000 * len(paths) + 100_000  # an empty store is 100 kB


def test_two_imports_at_once_end_in_the_same_store(shelf: Shelf, capsys: Capture, tmp_path: Path) -> None:
    import subprocess

    from tests.cli.calling import PROGRAM, home

    shelf.runs(10)
    shelf.copies()
    here(capsys, "import", shelf.folder)
    alone = contents(store_file())
    both = tmp_path / "both"
    command = [PROGRAM, "import", "--json", str(shelf.folder)]

    pair = [subprocess.Popen(command, env=home(both), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in "ab"]
    said = [one.communicate(timeout=120) for one in pair]

    assert [one.returncode for one in pair] == [0, 0], said
    assert contents(both / "data" / "kneedrive" / "kneedrive.sqlite") == alone


def test_a_recording_that_another_process_stored_meanwhile_is_joined(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit, gpx, _ = shelf.copies()
    capsys.readouterr()

    derivation = importing.derivation
    done: list[int] = []

    def ready_and_overtaken(*given: Any, **how: Any) -> Any:
        ready = derivation(*given, **how)
        if not done:
            done.append(1)
            assert here(capsys, "import", gpx).code == 0
        return ready

    monkeypatch.setattr(importing, "derivation", ready_and_overtaken)

    assert counts(capsys, fit) == {"merged": 1}
    (run,) = here(capsys, "runs", "--json").objects
    assert run["recordings"] == 2


def test_nothing_is_read_or_analysed_while_the_store_is_locked(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kneedrive.app import importing
    from kneedrive.store import Store

    locked: list[str] = []
    opened: list[Store] = []
    make = Store.open.__func__  # type: ignore[attr-defined]

    def opening(cls: type[Store], *args: Any, **how: Any) -> Store:
        opened.append(make(cls, *args, **how))
        return opened[-1]

    def watched(name: str) -> None:
        real = getattr(importing, name)

        def call(*args: Any, **how: Any) -> Any:
            locked.extend([name] * opened[-1]._db.in_transaction)
            return real(*args, **how)

        monkeypatch.setattr(importing, name, call)

    monkeypatch.setattr(Store, "open", classmethod(opening))
    for name in ("activities_of", "run_of"):
        watched(name)
    shelf.runs(2)
    shelf.copies()

    counts(capsys, shelf.folder)
    here(capsys, "rebuild")

    assert len(opened) == 2
    assert locked == []
