"""Copies of the store: whole, in one file, never over what is none, and nothing left of those that were killed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from kneedrive.errors import StoreError
from kneedrive.store import Store
from kneedrive.store import database as backup
from kneedrive.store.rows import Origin
from tests.store.cases import Application, contents, mode, run_python, told

FILE = Origin(source="file")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with one run."""
    with Store.open(tmp_path / "kneedrive" / "runs.sqlite", patience_s=0.05) as store:
        store.add(told(), FILE, Application(store), version="1")
        yield store


def test_a_backup_holds_everything_in_one_file(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "backup.sqlite"

    store.backup(target)

    assert contents(target) == contents(store.path)
    assert mode(target) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["backup.sqlite"]


def test_a_backup_can_be_opened_as_a_store(store: Store, tmp_path: Path) -> None:
    store.backup(tmp_path / "backup.sqlite")

    with Store.open(tmp_path / "backup.sqlite") as copy:
        assert copy.recording(told().sha256[:12]) == told()


def test_an_older_backup_is_replaced(store: Store, tmp_path: Path) -> None:
    store.backup(tmp_path / "backup.sqlite")
    store.add(told(start_s=1e5), FILE, Application(store), version="1")

    store.backup(tmp_path / "backup.sqlite")

    assert contents(tmp_path / "backup.sqlite") == contents(store.path)


def test_a_backup_leaves_out_what_is_not_committed(store: Store, tmp_path: Path) -> None:
    before = contents(store.path)
    with Store.open(store.path) as writer, writer.writing():
        writer.add(told(start_s=1e5), FILE, Application(writer), version="1")
        store.backup(tmp_path / "backup.sqlite")

    assert contents(tmp_path / "backup.sqlite") == before


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("kneedrive/runs.sqlite", "this is the store itself"),
        ("letter.txt", "is no backup of kneedrive"),
        ("kneedrive", "this is a folder"),
        ("nowhere/backup.sqlite", "the backup cannot be opened or made there"),
    ],
)
def test_a_backup_never_overwrites_what_is_none(store: Store, tmp_path: Path, target: str, words: str) -> None:
    (tmp_path / "letter.txt").write_text("dear runner")
    before = contents(store.path)

    with pytest.raises(StoreError, match=words):
        store.backup(tmp_path / target)

    assert contents(store.path) == before
    assert (tmp_path / "letter.txt").read_text() == "dear runner"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kneedrive", "letter.txt"]


def test_only_who_asks_for_it_has_another_file_replaced_by_a_backup(store: Store, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear runner")

    store.backup(tmp_path / "letter.txt", force=True)

    assert contents(tmp_path / "letter.txt") == contents(store.path)
    assert mode(tmp_path / "letter.txt") == 0o600
    for target, words in ((store.path, "this is the store itself"), (store.path.parent, "this is a folder")):
        with pytest.raises(StoreError, match=words):
            store.backup(target, force=True)


def test_a_pipe_is_never_replaced_by_a_backup(store: Store, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(StoreError, match="this is no ordinary file"):
        store.backup(tmp_path / "pipe", force=True)

    assert (tmp_path / "pipe").is_fifo()


def damage(store: Store, table: str) -> None:
    """Overwrite the page that a table begins on."""
    ((page,),) = store._all("SELECT rootpage FROM sqlite_master WHERE name = :name", name=table)
    ((size,),) = store._all("PRAGMA page_size")
    store._all("PRAGMA wal_checkpoint(TRUNCATE)")
    with store.path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


@pytest.mark.parametrize("table", ["recording", "activity", "run"])
@pytest.mark.parametrize("force", [False, True], ids=["", "force"])
def test_a_damaged_store_does_not_replace_a_backup(store: Store, tmp_path: Path, table: str, *, force: bool) -> None:
    store.backup(tmp_path / "backup.sqlite")
    before = (tmp_path / "backup.sqlite").read_bytes()
    damage(store, table)

    with Store.open(store.path) as again, pytest.raises(StoreError, match="the store is damaged, so no backup"):
        again.backup(tmp_path / "backup.sqlite", force=force)

    assert (tmp_path / "backup.sqlite").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.sqlite", "kneedrive"]


def test_only_who_asks_for_it_has_a_backup_replaced_by_one_without_recordings(store: Store, tmp_path: Path) -> None:
    store.backup(tmp_path / "backup.sqlite")
    before = (tmp_path / "backup.sqlite").read_bytes()
    store.purge_all()

    with pytest.raises(StoreError, match="it has recordings and the store has none"):
        store.backup(tmp_path / "backup.sqlite")
    kept = (tmp_path / "backup.sqlite").read_bytes()
    store.backup(tmp_path / "empty.sqlite")
    store.backup(tmp_path / "empty.sqlite")
    store.backup(tmp_path / "backup.sqlite", force=True)

    assert kept == before
    assert contents(tmp_path / "backup.sqlite") == contents(store.path)


def test_a_damaged_backup_is_not_replaced_by_one_without_recordings(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "backup.sqlite"
    store.backup(target)
    target.write_bytes(target.read_bytes()[:5000])
    store.purge_all()

    with pytest.raises(StoreError, match="this backup stays"):
        store.backup(target)

    assert target.stat().st_size == 5000


def test_a_backup_is_restored_by_copying_it_to_the_place_of_the_store(store: Store, tmp_path: Path) -> None:
    """As docs/history.md says it: the store is moved away together with the files beside it."""
    store.backup(tmp_path / "backup.sqlite")
    before = contents(store.path)
    store.purge_all()
    store.close()
    for each in store.path.parent.glob("runs.sqlite*"):
        each.rename(tmp_path / each.name)

    store.path.write_bytes((tmp_path / "backup.sqlite").read_bytes())

    with Store.open(store.path):
        assert contents(store.path) == before


KILLED_BACKUP = """
import os, signal, sys
from pathlib import Path
from kneedrive.store import database as backup
from kneedrive.store import Store
def killed(*given):
    WORK
    os.kill(os.getpid(), signal.SIGKILL)
real = backup._fill
backup._fill = killed
with Store.open(Path(sys.argv[1])) as store:
    store.backup(Path(sys.argv[2]))
"""
HALF_WAY = """
    copy, db = given
    class Half:
        def backup(self, copy):
            db.backup(copy, pages=4, progress=lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    real(copy, Half())"""


@pytest.mark.parametrize(
    ("work", "target"),
    [
        pytest.param("pass", "monday", id="before its first byte"),
        pytest.param(HALF_WAY, "monday", id="half-way"),
        pytest.param("real(*given)", "monday", id="before it was named"),
        pytest.param(HALF_WAY, "tuesday", id="half-way, and the next has another name"),
        pytest.param("real(*given)", "tuesday", id="before it was named, and the next has another name"),
    ],
)
def test_what_a_killed_backup_leaves_is_cleared_by_the_next(
    store: Store, tmp_path: Path, work: str, target: str
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    (copies / "film.part").write_bytes(b"half a film" * 100)
    (copies / "monday.part").write_bytes(b"")
    done = run_python(KILLED_BACKUP.replace("WORK", work), str(store.path), str(copies / "monday"))
    assert done.returncode == -9, done.stderr
    assert len(list(copies.glob("monday.*.part"))) == 1

    store.backup(copies / target)

    assert sorted(path.name for path in copies.iterdir()) == sorted(["film.part", "monday.part", target])
    assert contents(copies / target) == contents(store.path)


def test_a_backup_is_not_cleared_by_another_before_it_is_named(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other begins at the last moment before the first is named."""
    replace = Path.replace

    def late(self: Path, target: Path) -> Path:
        if target == tmp_path / "first":
            code = (
                "import sys; from pathlib import Path; from kneedrive.store import Store;"
                "Store.open(Path(sys.argv[1])).backup(Path(sys.argv[2]))"
            )
            assert run_python(code, str(store.path), str(tmp_path / "second")).stderr == ""
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", late)
    store.backup(tmp_path / "first")

    assert contents(tmp_path / "first") == contents(tmp_path / "second") == contents(store.path)
    assert not list(tmp_path.glob("*.part*"))


def test_a_backup_under_way_is_not_cleared_by_another(store: Store, tmp_path: Path) -> None:
    """The other begins while the first has its copy filled, and has not named it."""
    seen: list[Path] = []
    fill = backup._fill

    def filling(copy: sqlite3.Connection, db: sqlite3.Connection) -> None:
        fill(copy, db)
        if not seen:
            seen.extend(tmp_path.glob("*.part"))
            done = run_python(
                "import sys; from pathlib import Path; from kneedrive.store import Store;"
                "Store.open(Path(sys.argv[1])).backup(Path(sys.argv[2]))",
                str(store.path),
                str(tmp_path / "second"),
            )
            assert done.stderr == ""
            assert seen[0].exists()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backup, "_fill", filling)
        store.backup(tmp_path / "first")

    assert contents(tmp_path / "first") == contents(tmp_path / "second") == contents(store.path)
    assert not list(tmp_path.glob("*.part"))
