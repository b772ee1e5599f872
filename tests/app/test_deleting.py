"""Deleting, and what must not stand in its way: damaged originals, older results, other readers, closed places."""

from __future__ import annotations

import io
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from kneedrive.app import importing
from kneedrive.cli.output import confirmed
from kneedrive.store import Store
from tests.app.shelf import Shelf, store_file
from tests.cli.calling import Capture, Said, here, home
from tests.conftest import ROOT
from tests.store.cases import contents


@pytest.fixture
def filled(shelf: Shelf, capsys: Capture) -> Shelf:
    """A store with two runs of one file each."""
    shelf.runs(2)
    assert here(capsys, "import", shelf.folder).code == 0
    return shelf


def ids(capture: Capture) -> list[str]:
    return [run["id"] for run in here(capture, "runs", "--json").objects]


def change(sql: str) -> None:
    """Do something to the store behind kneedrive's back."""
    db = sqlite3.connect(store_file(), isolation_level=None)
    db.execute(sql)
    db.close()


DAMAGE = "UPDATE recording SET body = x'0011' WHERE id = 1"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(lambda shelf: ("runs",), id="runs"),
        pytest.param(lambda shelf: ("import", shelf.folder), id="import"),
        pytest.param(lambda shelf: ("weekly",), id="weekly"),
    ],
)
def test_a_damaged_original_does_not_stop_what_derives_again(
    filled: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch, command: Callable[[Shelf], tuple[str, ...]]
) -> None:
    before = ids(capsys)
    change(DAMAGE)
    monkeypatch.setattr(importing, "VERSION", "of tomorrow")

    first, second = here(capsys, *command(filled)), here(capsys, *command(filled))

    assert first.code == second.code == 0
    assert f"kneedrive forget {before[0]} and then kneedrive import --again with its file" in first.err
    assert "Results that rest on it alone stay as they were." in first.err
    assert second.err == ""
    assert ids(capsys) == before


def test_a_damaged_original_is_forgotten_while_results_are_older(
    filled: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged, other = ids(capsys)
    change(DAMAGE)
    monkeypatch.setattr(importing, "VERSION", "of tomorrow")

    said = here(capsys, "forget", damaged, "--yes")

    assert said.code == 0
    assert f"{damaged} is deleted." in said.out
    assert ids(capsys) == [other]
    assert here(capsys, "import", filled.folder, "--again").code == 0
    assert ids(capsys) == [damaged, other]


@pytest.mark.parametrize("damaged", [1, 2, 3])
def test_a_run_with_a_damaged_original_is_taken_apart_and_forgotten(
    shelf: Shelf, capsys: Capture, damaged: int
) -> None:
    """Whichever of its three recordings it is."""
    shelf.copies()
    here(capsys, "import", shelf.folder)
    change(f"UPDATE recording SET body = x'0011' WHERE id = {damaged}")

    assert here(capsys, "split", "last").code == 0
    assert here(capsys, "runs").err == ""
    left = ids(capsys)
    assert len(left) == 2

    for run in left:
        assert here(capsys, "forget", run, "--yes").code == 0
    assert contents(store_file())["run"] == []


@pytest.mark.parametrize("damaged", ["1", "2", "3", "1, 2, 3"])
def test_a_run_is_shown_from_those_of_its_originals_that_can_be_read(
    shelf: Shelf, capsys: Capture, damaged: str
) -> None:
    shelf.copies()
    here(capsys, "import", shelf.folder)
    change(f"UPDATE recording SET body = x'0011' WHERE id IN ({damaged})")
    said = here(capsys, "show", "last")

    assert said.code == int(damaged == "1, 2, 3")
    assert ("is damaged" in said.err) == (said.code == 1)


@pytest.mark.parametrize(("line", "asked"), [(b"\xff\n", False), (b"", False), (b" Yes\n", True)])
def test_an_answer_that_is_no_text_is_no_consent(monkeypatch: pytest.MonkeyPatch, line: bytes, *, asked: bool) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(line), encoding="utf-8")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)

    assert confirmed(yes=False)("Delete it?") is asked


def test_a_rebuild_names_a_damaged_original(filled: Shelf, capsys: Capture) -> None:
    before = ids(capsys)
    change(DAMAGE)

    said = here(capsys, "rebuild")

    assert (said.code, said.out) == (6, "1 recordings derived again.\n")
    assert "000.fit is damaged" in said.err
    assert ids(capsys) == before


def test_an_original_of_which_no_run_can_be_made_is_named_and_can_be_forgotten(
    filled: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later reader refuses it."""
    lost, other = ids(capsys)
    change(f"UPDATE recording SET body = x'{zlib.compress(b'a letter').hex()}' WHERE id = 1")
    monkeypatch.setattr(importing, "VERSION", "of tomorrow")

    said = here(capsys, "runs", "--json")
    assert [run["id"] for run in said.objects] == [other]
    assert f"its original is kept, and has no results. kneedrive forget {lost} deletes it" in said.err
    forgotten = here(capsys, "forget", lost, "--yes")

    assert forgotten.code == 0
    assert len(contents(store_file())["recording"]) == 1
    assert here(capsys, "import", filled.folder).code == 0
    assert ids(capsys) == [other]


def test_nothing_is_forgotten_for_an_id_that_is_none(filled: Shelf, capsys: Capture) -> None:
    said = here(capsys, "forget", "ffff", "--yes")

    assert (said.code, len(ids(capsys))) == (3, 2)
    assert "no such run" in said.err


def test_results_that_cannot_be_derived_again_now_are_used_as_they_are(
    filled: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process holds the lock for longer than anybody waits."""
    before = ids(capsys)
    monkeypatch.setattr(Store, "open", partial(Store.open, patience_s=0.05))
    monkeypatch.setattr(importing, "VERSION", "of tomorrow")
    other = sqlite3.connect(store_file(), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    said = here(capsys, "runs", "--json")
    other.close()

    assert said.code == 0
    assert [run["id"] for run in said.objects] == before
    assert "another kneedrive is writing" in said.err
    assert "Until then the results of before are used." in said.err


@pytest.fixture
def reader(filled: Shelf, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """Another program that reads the store and does not end."""
    monkeypatch.setattr(Store, "open", partial(Store.open, patience_s=0.05))
    db = sqlite3.connect(store_file(), isolation_level=None)
    db.execute("BEGIN")
    db.execute("SELECT count(*) FROM run").fetchone()
    yield db
    db.close()


def test_a_purge_says_who_keeps_the_content_and_ends_as_partly_done(
    reader: sqlite3.Connection, capsys: Capture
) -> None:
    full = store_file().stat().st_size
    first = here(capsys, "purge", "--all", "--yes")
    held = store_file().stat().st_size
    reader.close()
    second = here(capsys, "purge", "--all", "--yes")

    assert (first.code, first.out) == (6, "")
    assert f"{store_file()}: that is deleted, but another program is reading the store" in first.err
    assert "'kneedrive purge --all' gives the space back" in first.err
    assert store_file().stat().st_size < full <= held
    assert (second.code, second.out, second.err) == (0, "The store is empty.\n", "")
    assert not any(contents(store_file()).values())


def test_a_run_that_is_forgotten_says_who_keeps_the_content(reader: sqlite3.Connection, capsys: Capture) -> None:
    said = here(capsys, "forget", "last", "--yes")

    assert said.code == 6
    assert "is deleted" in said.out
    assert "another program is reading the store" in said.err
    reader.close()
    assert len(ids(capsys)) == 1


# Closed places, seen by who modes bind


AS_ANYBODY = """
import sys
from kneedrive.cli import main
from tests.surroundings import become_anybody
become_anybody()
sys.exit(main(sys.argv[1:]))
"""


def as_anybody(store: Path, *words: str) -> Said:
    """Run a command as somebody whom the modes of files bind."""
    done = subprocess.run(
        [sys.executable, "-c", AS_ANYBODY, *words],
        cwd=ROOT,
        env=home(store.parent.parent / "home") | {"KNEEDRIVE_STORE": str(store)},
        capture_output=True,
        check=False,
        timeout=120,
        text=True,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def closed(filled: Shelf) -> Iterator[Path]:
    """A store in a folder that others can reach; a test closes them."""
    above = Path(tempfile.mkdtemp(prefix="kneedrive-"))
    above.chmod(0o755)
    store = above / "kept" / "runs.sqlite"
    store.parent.mkdir()
    shutil.copy(store_file(), store)
    yield store
    store.parent.chmod(0o700)
    shutil.rmtree(above)


@pytest.mark.parametrize("stale", [False, True], ids=["up to date", "with older results"])
@pytest.mark.parametrize(
    "command", [("runs", "--json"), ("show", "last", "--json"), ("weekly", "--json"), ("tags", "--json")]
)
def test_a_store_that_may_not_be_written_answers(
    capsys: Capture, closed: Path, command: tuple[str, ...], stale: bool
) -> None:
    """Also with an answer of a service in it whose time is up: it cannot be deleted."""
    expected = here(capsys, *command)
    with Store.open(closed) as store:
        if stale:
            store.outdate()
        store._do("UPDATE recording SET expires_at_ms = 0 WHERE id = 1")
    closed.chmod(0o444)
    closed.parent.chmod(0o555)

    said = as_anybody(closed, *command)

    assert (said.code, said.out) == (expected.code, expected.out)
    assert ("the store cannot be written" in said.err) == (stale and command[0] != "tags")


@pytest.mark.parametrize(
    "command", [("tag", "today", "new shoes"), ("forget", "last", "--yes"), ("purge", "--all", "--yes")]
)
def test_what_would_change_a_store_that_may_not_be_written_is_one_sentence(
    closed: Path, command: tuple[str, ...]
) -> None:
    closed.chmod(0o444)
    closed.parent.chmod(0o555)

    said = as_anybody(closed, *command)

    assert (said.code, said.out) == (1, "")
    assert said.err.count("\n") == 1
    assert "the store cannot be written: make the file and its folder writable" in said.err


COMMANDS = [
    ("runs",),
    ("import", "nothing"),
    ("import", "--dry-run", "nothing"),
    ("tags",),
    ("sync", "--dry-run", "folder"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_store_in_a_closed_folder_is_one_sentence(
    closed: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNEEDRIVE_FOLDERS", str(closed.parent))
    closed.parent.chmod(0)

    said = as_anybody(closed, *command)

    assert said.code == 1
    assert said.err == (
        f"kneedrive: {closed}: the store cannot be opened or made there (Permission denied); name another path\n"
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_store_with_a_name_that_is_too_long_is_one_sentence(
    shelf: Shelf, capsys: Capture, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNEEDRIVE_FOLDERS", str(shelf.folder))
    monkeypatch.setenv("KNEEDRIVE_STORE", str(tmp_path / ("n" * 300)))

    said = here(capsys, *command)

    assert said.code == 1
    assert said.err.count("\n") == 1
    assert "the store cannot be opened or made there (File name too long); name another path" in said.err


BLOCKS = {"epochs": "UPDATE epochs SET block = x'00'", "detail": "UPDATE detail SET json = x'00'"}


@pytest.mark.parametrize("damage", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize("command", ["show", "report", "weekly", "advise", "export --to out"])
def test_damaged_results_are_one_sentence_and_a_rebuild_mends_them(
    filled: Shelf, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    words = command.split()
    before = here(capsys, *words)
    change(damage)

    said = here(capsys, *words)

    if said != before:  # not every command asks for both
        assert (said.code, said.out) == (1, "")
        assert said.err.count("\n") == 1
        assert "are damaged; kneedrive rebuild makes them anew" in said.err
    assert damage == BLOCKS["detail"] or said != before
    assert here(capsys, "rebuild").code == 0
    assert here(capsys, *words) == before


def test_a_missing_table_is_one_sentence(filled: Shelf, capsys: Capture) -> None:
    change("DROP TABLE tag")

    said = here(capsys, "runs")

    assert (said.code, said.out) == (1, "")
    assert "the store is damaged, its table tag is gone" in said.err
