"""What is derived follows the method, the runner and the readers; the originals stay."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from kneedrive.app import importing
from kneedrive.app.importing import VERSION, version_of
from kneedrive.app.library import kept, opened, outdated
from tests.app.shelf import Shelf, settings, store_file
from tests.cli.calling import Capture, here
from tests.store.cases import contents


def derived() -> set[str]:
    """The versions of the results in the store."""
    db = sqlite3.connect(store_file())
    try:
        return {version for (version,) in db.execute("SELECT derived FROM recording")}
    finally:
        db.close()


@pytest.fixture
def filled(shelf: Shelf, capsys: Capture) -> Shelf:
    """A store with two runs, one of them of three recordings."""
    shelf.runs(1)
    shelf.copies()
    assert here(capsys, "import", shelf.folder).code == 0
    return shelf


def test_a_rebuild_ends_where_it_began(filled: Shelf, capsys: Capture) -> None:
    before = contents(store_file())

    said = here(capsys, "rebuild")

    assert (said.code, said.out) == (0, "4 recordings derived again.\n")
    assert contents(store_file()) == before


def test_a_rebuild_reads_each_recording_once_by_itself(
    filled: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysed: list[int] = []
    real = importing.run_of
    monkeypatch.setattr(importing, "run_of", lambda *a: analysed.append(len(a[0])) or real(*a))  # type: ignore[func-returns-value]

    here(capsys, "rebuild")

    assert sorted(analysed) == [1, 1, 1, 1, 3, 3, 3]  # each alone, and the run of three as each of them comes back


def test_another_version_of_the_method_is_derived_by_the_next_command(
    filled: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "VERSION", "of tomorrow")

    here(capsys, "runs")

    assert derived() == {"of tomorrow"}


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(("KNEEDRIVE_HEIGHT_M", "1.9"), id="height"),
        pytest.param(("KNEEDRIVE_MASS_KG", "70"), id="mass"),
        pytest.param(("KNEEDRIVE_BIRTH_YEAR", "1950"), id="birth year"),
    ],
)
def test_what_the_runner_says_of_themselves_changes_the_results(
    filled: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch, said: tuple[str, str]
) -> None:
    monkeypatch.setenv("KNEEDRIVE_HEIGHT_M", "1.78")  # without it mass says nothing
    here(capsys, "runs")
    before = contents(store_file())["detail"]
    told = version_of(settings())
    monkeypatch.setenv(*said)

    here(capsys, "runs")

    assert derived() == {version_of(settings())} != {told}
    assert contents(store_file())["detail"] != before


def test_what_else_is_set_changes_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNEEDRIVE_UNITS", "miles")

    assert version_of(settings()) == VERSION


def test_unsaying_it_brings_the_results_back(filled: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(store_file())
    with monkeypatch.context() as patch:
        patch.setenv("KNEEDRIVE_HEIGHT_M", "1.9")
        here(capsys, "runs")

    here(capsys, "runs")

    assert contents(store_file()) == before


def test_current_results_are_left_alone(filled: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "contents_of", None)  # would fail

    assert here(capsys, "runs").code == 0


def test_an_original_that_cannot_be_read_any_more_is_named_and_kept(filled: Shelf, capsys: Capture) -> None:
    _spoil(lambda body: body[:40])
    held = contents(store_file())["recording"]

    said = here(capsys, "rebuild")

    assert said.code == 6
    assert "000.fit" in said.err
    assert "its original is kept" in said.err
    assert contents(store_file())["recording"] == held
    assert len(here(capsys, "runs", "--json").objects) == 1


def test_a_neighbour_that_cannot_be_read_any_more_does_not_stop_an_import(shelf: Shelf, capsys: Capture) -> None:
    fit, gpx, _ = shelf.copies()
    here(capsys, "import", fit)
    _spoil(lambda body: body[:40])

    said = here(capsys, "import", gpx)

    assert (said.code, said.err) == (0, "")


def _spoil(change: Callable[[bytes], bytes]) -> None:
    """Change the bytes of the first original behind kneedrive's back."""
    db = sqlite3.connect(store_file(), isolation_level=None)
    number, body = db.execute("SELECT id, body FROM recording ORDER BY id LIMIT 1").fetchone()
    db.execute("UPDATE recording SET body = ? WHERE id = ?", (zlib.compress(change(zlib.decompress(body))), number))
    db.close()


def test_a_backup_or_a_purge_derives_nothing(
    filled: Shelf, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "VERSION", "of tomorrow")
    monkeypatch.setattr(importing, "contents_of", None)  # would fail

    assert here(capsys, "backup", tmp_path / "copy").code == 0
    assert here(capsys, "purge", "--all", "--yes").code == 0


def test_a_rebuild_that_was_stopped_goes_on_with_the_next_command(filled: Shelf, capsys: Capture) -> None:
    before = contents(store_file())
    with kept(settings()) as store:
        store.outdate()
        assert store.stale(VERSION) == 4

    with opened(settings()) as store:
        assert store.stale(VERSION) == 0

    assert contents(store_file()) == before


@pytest.mark.parametrize(
    ("versions", "why"),
    [
        ({"2.1"}, "the method has changed"),
        ({"2.1 abc", "3.1"}, "the method has changed"),
        ({"3.1 abc"}, "your height, mass, birth year or choice of dynamics has changed: scores may differ"),
        ({"3.1"}, "your height, mass, birth year or choice of dynamics has changed: scores may differ"),
        ({"3.1 def"}, "that was not finished the last time"),
        (set(), "that was not finished the last time"),
    ],
)
def test_why_results_are_made_anew(versions: set[str], why: str) -> None:
    assert outdated(versions, "3.1 def") == why


def test_a_rebuild_that_nobody_asked_for_is_announced(
    filled: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNEEDRIVE_HEIGHT_M", "1.9")

    first, second = here(capsys, "runs", "--json"), here(capsys, "runs", "--json")

    assert first.err == (
        "Working everything out again, since your height, mass, birth year or choice of dynamics has changed: "
        "scores may differ.\n"
    )
    assert (second.err, second.out) == ("", first.out)


def test_a_rebuild_shows_its_progress_in_a_terminal(
    filled: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[tuple[int, int]] = []
    monkeypatch.setenv("KNEEDRIVE_HEIGHT_M", "1.9")
    monkeypatch.setattr("kneedrive.cli.output.progress", lambda _: nullcontext(lambda *now: counted.append(now)))

    here(capsys, "runs")

    assert counted[-1] == (4, 4)
