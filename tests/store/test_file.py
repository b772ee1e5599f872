"""The file itself: its mode, what is no store of ours, what can go wrong with a disk, two at once."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kneedrive.errors import StoreError
from kneedrive.store import Store
from kneedrive.store import database as store_file
from kneedrive.store.rows import Origin
from tests.conftest import ROOT
from tests.store.cases import Application, contents, mode, run_python, told

FILE = Origin(source="file")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with one run."""
    with Store.open(tmp_path / "kneedrive" / "runs.sqlite", patience_s=0.05) as store:
        store.add(told(), FILE, Application(store), version="1")
        yield store


NOW = store_file.SCHEMA_VERSION


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


def _newer(path: Path, by: int = 97) -> None:
    Store.open(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {store_file.SCHEMA_VERSION + by}")
    db.close()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda path: path.write_bytes(b"a letter " * 400), "is not a database", id="text"),
        pytest.param(lambda path: path.write_bytes(b"x"), "is not a database", id="a byte"),
        pytest.param(lambda path: path.write_bytes(bytes(8192)), "is not a database", id="zeros"),
        pytest.param(_foreign, "belongs to another program", id="a database"),
        pytest.param(_of_another_program, "belongs to another program", id="a database with an id"),
        pytest.param(_newer, "a newer kneedrive made this store", id="a newer store"),
        pytest.param(lambda path: _newer(path, 1), rf"\(schema {NOW + 1}, this one knows {NOW}\)", id="newer by one"),
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
    with pytest.raises(StoreError, match="there are no runs yet"):
        Store.open(tmp_path / "deep" / "runs.sqlite", create=False)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="the store cannot be opened or made there"):
        Store.open(tmp_path / "file" / "runs.sqlite")


def test_a_name_that_is_too_long_is_said(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 300)

    with pytest.raises(StoreError, match="the store cannot be opened or made there"):
        Store.open(path)
    with pytest.raises(StoreError, match="the store cannot be opened or made there"):
        Store.is_there(path)


def test_whether_a_store_is_there(store: Store, tmp_path: Path) -> None:
    assert Store.is_there(store.path)
    assert not Store.is_there(tmp_path / "nowhere" / "runs.sqlite")
    assert not Store.is_there(store.path / "runs.sqlite")  # below a file


@pytest.mark.parametrize("table", store_file.TRUTH_TABLES + store_file.DERIVED_TABLES)
def test_a_missing_table_is_said_and_nothing_is_made_in_its_place(store: Store, table: str) -> None:
    store._do("PRAGMA foreign_keys = OFF")
    store._do(f"DROP TABLE {table}")
    store.close()

    for _ in range(2):
        with pytest.raises(StoreError, match=f"the store is damaged, its table {table} is gone; move it away"):
            Store.open(store.path)


@pytest.mark.parametrize("version", range(1, store_file.SCHEMA_VERSION))
def test_a_store_of_an_older_schema_is_brought_up_to_date(store: Store, version: int) -> None:
    expected = contents(store.path)
    later = {"recording": ("sport", 2), "origin": ("shoe", 3)}
    for table, (column, since) in later.items():
        if since > version:
            store._do(f"ALTER TABLE {table} DROP COLUMN {column}")
    store._do("DROP TABLE epochs")  # derived tables of an older schema may be others
    store._do(f"PRAGMA user_version = {version}")
    store.close()

    with Store.open(store.path) as upgraded:
        assert upgraded.stale("1") == 1
        upgraded.rebuild(Application(upgraded), version="1")

    assert contents(store.path) == expected


DAMAGE = {
    "cut off": "UPDATE epochs SET block = substr(block, 1, 10)",
    "too long": "UPDATE epochs SET block = CAST(block || x'00' AS BLOB)",
    "zeros": "UPDATE epochs SET block = zeroblob(length(block))",
    "noise": "UPDATE epochs SET block = randomblob(length(block))",
    "a text": "UPDATE epochs SET block = 'of half-minutes'",
    "other columns": "UPDATE epochs SET columns = 'D'",
    "no columns": "UPDATE epochs SET columns = x'00'",
    "a length below 0": "UPDATE epochs SET length = -1",
    "fewer reasons": "UPDATE epochs SET reasons = ''",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_epochs_are_said_and_made_anew_by_a_rebuild(store: Store, damage: str) -> None:
    (run,) = store.runs()
    before = contents(store.path)
    store._do(damage)

    with pytest.raises(StoreError, match=f"the results of {run.id} are damaged; kneedrive rebuild"):
        store.past_runs()

    store.outdate()
    store.rebuild(Application(store), version="1")
    assert contents(store.path) == before


def test_bytes_that_are_no_text_are_damage(store: Store) -> None:
    store._do("UPDATE run SET device = CAST(x'ff00' AS TEXT)")

    with pytest.raises(StoreError, match="the store is damaged"):
        store.runs()


@pytest.mark.parametrize("block", ["x''", "x'789c00'", "'{}'", "x'ff'"])
def test_a_damaged_detail_is_said(store: Store, block: str) -> None:
    (run,) = store.runs()
    store._do(f"UPDATE detail SET json = {block}")

    with pytest.raises(StoreError, match=f"the results of {run.id} are damaged; kneedrive rebuild"):
        store.detail(run.id)


def test_a_detail_that_is_no_json_is_said(store: Store) -> None:
    (run,) = store.runs()
    store._do("UPDATE detail SET json = :json", json=zlib.compress(b"{"))

    with pytest.raises(StoreError, match=f"the results of {run.id} are damaged"):
        store.detail(run.id)


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


ANYBODY = "from tests.surroundings import become_anybody; become_anybody()"  # whom modes bind


ADD_ONE = """
import os, resource, sys
from pathlib import Path
from kneedrive.errors import StoreError
from kneedrive.store import Store
from kneedrive.store.rows import Origin
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


@pytest.mark.parametrize(
    ("folder", "file", "words"),
    [
        pytest.param(0o555, 0o444, "the store cannot be written", id="read-only"),
        pytest.param(0o777, 0o000, "the store cannot be opened", id="somebody else's"),
        pytest.param(0o000, 0o666, "the store cannot be opened or made there", id="in a closed folder"),
    ],
)
def test_what_may_not_be_written_is_said(folder: int, file: int, words: str) -> None:
    inside = Path(tempfile.mkdtemp(prefix="kneedrive-"))
    path = inside / "runs.sqlite"
    try:
        Store.open(path).close()
        path.chmod(file)
        inside.chmod(folder)

        done = run_python(ADD_ONE.replace("BEFORE", ANYBODY), str(path))
    finally:
        inside.chmod(0o700)
        shutil.rmtree(inside)

    assert words in done.stdout, done


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others than root can reach, whatever its modes become."""
    inside = Path(tempfile.mkdtemp(prefix="kneedrive-"))
    inside.chmod(0o755)
    yield inside
    for folder in (inside, *(each for each in inside.iterdir() if each.is_dir())):
        folder.chmod(0o700)
    shutil.rmtree(inside)


READ_ALL = """
import os, sys, urllib.parse
from pathlib import Path
from kneedrive.errors import ReadOnlyStore
from kneedrive.store import Store
BEFORE
with Store.open(Path(sys.argv[1])) as store:
    (run,) = store.runs()
    print(store.recording(run.id).name, len(store.past_runs()[0].epochs), store.cursor("strava"))
    try:
        store.set_cursor("strava", "written")
    except ReadOnlyStore as error:
        print(error)
"""


def made(path: Path) -> Store:
    """A store with a run and a cursor."""
    store = Store.open(path)
    store.add(told(), FILE, Application(store), version="1")
    store.set_cursor("strava", "17")
    return store


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        pytest.param(0o555, 0o444, id="neither the file nor its folder can be written"),
        pytest.param(0o555, 0o666, id="its folder cannot be written"),
        pytest.param(0o777, 0o444, id="the file cannot be written"),
    ],
)
@pytest.mark.parametrize("backup", [False, True], ids=["a store", "a backup"])
def test_a_store_that_may_not_be_written_can_be_read(open_folder: Path, folder: int, file: int, backup: bool) -> None:
    """Also where it holds a name that is special in an address."""
    path = open_folder / "my runs?mode=rwc#1%20.sqlite"
    with made(open_folder / "first" if backup else path) as store:
        if backup:
            store.backup(path)
    path.chmod(file)
    open_folder.chmod(folder)
    before = path.read_bytes()

    done = run_python(READ_ALL.replace("BEFORE", ANYBODY), str(path))

    assert done.stderr == ""
    assert done.stdout.splitlines()[0] == "run.fit 20 17"
    if not (folder == 0o555 and file == 0o666 and backup):  # one file without a journal beside it may still be written
        assert "the store cannot be written" in done.stdout
        assert path.read_bytes() == before


def test_what_waits_in_a_journal_is_not_passed_over_to_read(open_folder: Path) -> None:
    """An import was killed, and the journal that holds its runs cannot be worked in."""
    with made(open_folder / "live") as store:
        for name in ("", "-wal"):
            shutil.copy(f"{store.path}{name}", open_folder / f"runs.sqlite{name}")
    assert (open_folder / "runs.sqlite-wal").stat().st_size
    open_folder.chmod(0o555)
    for each in open_folder.iterdir():
        each.chmod(0o444)

    done = run_python(READ_ALL.replace("BEFORE", ANYBODY), str(open_folder / "runs.sqlite"))

    assert "StoreError" in done.stderr
    assert "make its folder writable" in done.stderr


def test_a_store_that_another_holds_open_is_read_with_what_is_in_its_journal(open_folder: Path) -> None:
    path = open_folder / "runs.sqlite"
    with made(path):
        for each in open_folder.iterdir():
            each.chmod(0o444)
        open_folder.chmod(0o555)

        done = run_python(READ_ALL.replace("BEFORE", ANYBODY), str(path))

    assert (done.stderr, done.stdout.splitlines()[0]) == ("", "run.fit 20 17")


def test_a_store_in_a_closed_folder_is_said(open_folder: Path) -> None:
    (open_folder / "closed").mkdir(mode=0o700)
    (open_folder / "closed").chmod(0)
    code = """
import os, sys
from pathlib import Path
from kneedrive.errors import StoreError
from kneedrive.store import Store
BEFORE
for ask in (Store.is_there, Store.open):
    try:
        ask(Path(sys.argv[1]))
    except StoreError as error:
        print(error)
"""

    done = run_python(code.replace("BEFORE", ANYBODY), str(open_folder / "closed" / "runs.sqlite"))

    assert done.stderr == ""
    assert done.stdout.count("the store cannot be opened or made there (Permission denied)") == 2


def test_a_store_without_a_journal_beside_it_opens_while_another_process_works_on_it(store: Store) -> None:
    """As one does for a moment that another has made and is setting up."""
    store._do("PRAGMA journal_mode = DELETE")
    store.close()
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with Store.open(store.path, patience_s=0.05) as opened:
        assert len(opened.runs()) == 1
        other.execute("ROLLBACK")
        assert opened.add(told(start_s=1e5), FILE, Application(opened), version="1") == "added"
    other.close()


@pytest.mark.parametrize("tries", [40, pytest.param(1000, marks=pytest.mark.slow)])
def test_four_processes_that_make_one_store_at_once_do_not_disturb_each_other(tmp_path: Path, tries: int) -> None:
    command = [sys.executable, "-m", "tests.crash.opening", str(tmp_path), str(tries)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"tries": tries, "failed": []}


def test_two_processes_make_and_fill_one_store(tmp_path: Path) -> None:
    """Eight at once: each adds ten of its own and ten that all have."""
    code = """
import sys
from pathlib import Path
from kneedrive.store import Store
from kneedrive.store.rows import Origin
from tests.store.cases import Application, told
with Store.open(Path(sys.argv[1])) as store:
    derive = Application(store)
    for number in range(10):
        for day in (number, int(sys.argv[2]) * 100 + number):
            store.add(told(start_s=day * 1e5), Origin(source="file"), derive, version="1")
"""
    path = tmp_path / "runs.sqlite"
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda own: run_python(code, str(path), own), ("1", "2", "3", "4")))

    assert [done.stderr for done in results] == [""] * 4
    with Store.open(path) as store:
        assert len(store.runs()) == 50
