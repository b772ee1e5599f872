"""The file itself: its mode, what is no store of ours, what can go wrong with a disk, backups, two at once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kneedrive.errors import StoreError
from kneedrive.store import Origin, Store
from kneedrive.store import file as store_file
from tests.conftest import ROOT
from tests.store.cases import Application, contents, told

FILE = Origin(source="file")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with one run."""
    with Store.open(tmp_path / "kneedrive" / "runs.sqlite", patience_s=0.05) as store:
        store.add(told(), FILE, Application(store), version="1")
        yield store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_can_read_a_new_store(store: Store) -> None:
    before = os.umask(0)
    try:
        with Store.open(store.path.parent / "deeper" / "runs.sqlite") as other:
            other.add(told(), FILE, Application(other), version="1")
            files = list(other.path.parent.iterdir())
            assert {path.name: mode(path) for path in files} == {path.name: 0o600 for path in files}
            assert len(files) > 1
            assert mode(other.path.parent) == 0o700
    finally:
        os.umask(before)


def test_a_store_that_others_can_read_is_closed_to_them(store: Store) -> None:
    store.close()
    store.path.chmod(0o644)

    Store.open(store.path).close()

    assert mode(store.path) == 0o600


def test_a_store_knows_that_it_is_one(store: Store) -> None:
    assert store.path.read_bytes()[68:72] == b"knee"
    with sqlite3.connect(store.path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (store_file.SCHEMA_VERSION,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_every_table_says_what_one_row_is() -> None:
    schema = (Path(store_file.__file__).parent / "schema.sql").read_text()
    tables = schema.split("CREATE TABLE")[1:]

    assert len(tables) == 11
    assert all(table.split("(\n", 1)[1].lstrip().startswith("-- One row ") for table in tables)


def test_derived_tables_are_those_after_the_truth() -> None:
    schema = (Path(store_file.__file__).parent / "schema.sql").read_text()
    names = [part.split("(")[0].strip() for part in schema.split("CREATE TABLE IF NOT EXISTS")[1:]]

    assert set(names[6:]) == set(store_file.DERIVED_TABLES)


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE song (title TEXT)")
    db.close()


def _of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA application_id = 7")
        db.execute("CREATE TABLE song (title TEXT)")
    db.close()


def _newer(path: Path) -> None:
    Store.open(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda path: path.write_bytes(b"a letter " * 400), "is not a database", id="text"),
        pytest.param(lambda path: path.write_bytes(b"x"), "is not a database", id="a byte"),
        pytest.param(lambda path: path.write_bytes(bytes(8192)), "is not a database", id="zeros"),
        pytest.param(_foreign, "belongs to another program", id="a database"),
        pytest.param(_of_another_program, "belongs to another program", id="a database with an id"),
        pytest.param(_newer, r"a newer kneedrive made this store \(schema 99, this one knows 2\)", id="a newer store"),
        pytest.param(Path.mkdir, "this is a folder", id="a folder"),
    ],
)
def test_what_is_no_store_is_refused_and_not_touched(
    tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    path = tmp_path / "precious"
    make(path)
    before = None if path.is_dir() else path.read_bytes(), mode(path)

    with pytest.raises(StoreError, match=words) as caught:
        Store.open(path)

    assert str(path) in str(caught.value)
    assert (None if path.is_dir() else path.read_bytes(), mode(path)) == before


@pytest.mark.parametrize("empty", [b"", None], ids=["killed before the first byte", "killed before the schema"])
def test_a_file_that_was_never_finished_becomes_a_store(tmp_path: Path, empty: bytes | None) -> None:
    path = tmp_path / "runs.sqlite"
    if empty is None:
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA journal_mode = WAL")
        db.close()
    else:
        path.write_bytes(empty)

    with Store.open(path) as store:
        assert store.runs() == []


def test_a_store_that_must_be_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store yet"):
        Store.open(tmp_path / "deep" / "runs.sqlite", create=False)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="the store cannot be opened or made there"):
        Store.open(tmp_path / "file" / "runs.sqlite")


def test_a_damaged_page_is_said(store: Store) -> None:
    store.close()
    whole = store.path.read_bytes()
    store.path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))

    with pytest.raises(StoreError, match="the store is damaged"):
        Store.open(store.path)


def test_a_damaged_original_is_said(store: Store) -> None:
    with store.writing():
        store._do("UPDATE recording SET body = x'0011'")

    with pytest.raises(StoreError, match=r"the original of run\.fit is damaged"):
        store.recording(told().sha256[:12])


def test_a_full_disk_is_said_and_harms_nothing(store: Store) -> None:
    before = contents(store.path)
    ((pages,),) = store._all("PRAGMA page_count")
    store._do(f"PRAGMA max_page_count = {pages + 2}")
    big = told(start_s=86_400.0, padding=os.urandom(30_000).hex())

    with pytest.raises(StoreError, match="the disk is full"):
        store.add(big, FILE, Application(store), version="1")

    assert contents(store.path) == before
    store._do("PRAGMA max_page_count = 1000000")
    assert store.add(big, FILE, Application(store), version="1") == "added"


def test_another_writer_is_waited_for_and_then_said(store: Store) -> None:
    with Store.open(store.path, patience_s=0.05) as other, other.writing():
        assert len(store.runs()) == 1  # reading goes on
        with pytest.raises(StoreError, match="another kneedrive is writing"):
            store.add(told(start_s=1e5), FILE, Application(store), version="1")

    assert store.add(told(start_s=1e5), FILE, Application(store), version="1") == "added"


def test_an_unexpected_error_of_sqlite_is_a_bug_and_passes(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        store._all("SELECT * FROM absent")


# What the operating system refuses, in a process of its own


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code that imports us, and catch what it says."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


ADD_ONE = """
import os, resource, sys
from pathlib import Path
from kneedrive.errors import StoreError
from kneedrive.store import Origin, Store
from tests.store.cases import Application, told

BEFORE
try:
    with Store.open(Path(sys.argv[1])) as store:
        big = told(start_s=9e4, padding=os.urandom(50_000).hex())
        print(store.add(big, Origin(source="file"), Application(store), version="1"))
except StoreError as error:
    print(error)
"""


def test_a_disk_that_fails_while_writing_is_said_and_harms_nothing(store: Store) -> None:
    """The system refuses to let a file grow, with another error than that of a full disk."""
    before = contents(store.path)
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))"

    done = run_python(ADD_ONE.replace("BEFORE", limit), str(store.path))

    assert "the disk failed" in done.stdout, done
    assert contents(store.path) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(
    ("folder", "file", "words"),
    [
        pytest.param(0o555, 0o444, "the store cannot be written", id="read-only"),
        pytest.param(0o777, 0o600, "the store cannot be opened", id="somebody else's"),
        pytest.param(0o700, 0o666, "the store cannot be opened or made there", id="in a closed folder"),
    ],
)
def test_what_may_not_be_written_is_said(folder: int, file: int, words: str) -> None:
    inside = Path(tempfile.mkdtemp(prefix="kneedrive-"))
    path = inside / "runs.sqlite"
    try:
        Store.open(path).close()
        path.chmod(file)
        inside.chmod(folder)

        done = run_python(ADD_ONE.replace("BEFORE", "os.setgroups([]); os.setgid(65534); os.setuid(65534)"), str(path))
    finally:
        shutil.rmtree(inside)

    assert words in done.stdout, done


def test_two_processes_make_and_fill_one_store(tmp_path: Path) -> None:
    """Eight at once: each adds ten of its own and ten that all have."""
    code = """
import sys
from pathlib import Path
from kneedrive.store import Origin, Store
from tests.store.cases import Application, told
with Store.open(Path(sys.argv[1])) as store:
    derive = Application(store)
    for number in range(10):
        for day in (number, int(sys.argv[2]) * 100 + number):
            store.add(told(start_s=day * 1e5), Origin(source="file"), derive, version="1")
"""
    path = tmp_path / "runs.sqlite"
    results: list[subprocess.CompletedProcess[str]] = []
    threads = [
        threading.Thread(target=lambda own=own: results.append(run_python(code, str(path), own)))
        for own in ("1", "2", "3", "4")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [done.stderr for done in results] == [""] * 4
    with Store.open(path) as store:
        assert len(store.runs()) == 50


# Backups


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
