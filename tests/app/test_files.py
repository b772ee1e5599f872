"""What is written for the runner: theirs alone, never over what somebody else wrote, and no formula in it."""

from __future__ import annotations

import csv
import io
import os
import stat
from pathlib import Path

import pytest

from kneedrive.app.library import write_csv
from kneedrive.config import config_folder
from kneedrive.report.lists import cell
from tests.app.shelf import Shelf, store_file
from tests.cli.calling import Capture, here
from tests.store.cases import contents


@pytest.fixture
def filled(shelf: Shelf, capsys: Capture) -> Shelf:
    """A store with a run."""
    shelf.runs(1)
    assert here(capsys, "import", shelf.folder).code == 0
    return shelf


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


WRITTEN = {
    "a page": (("report", "--html", "-o", "out"), "out"),
    "a report as JSON": (("report", "--json", "-o", "out"), "out"),
    "a report": (("report", "-o", "out"), "out"),
    "the demo's page": (("demo", "--html", "out"), "out"),
    "a backup": (("backup", "out"), "out"),
    "the table of runs": (("export", "--to", "."), "runs.csv"),
    "the table of epochs": (("export", "--to", "."), "epochs.csv"),
    "the table of weeks": (("export", "--to", "."), "weeks.csv"),
}
BY_NAME = pytest.mark.parametrize(("command", "name"), WRITTEN.values(), ids=WRITTEN)
THEIRS = "id,name,phone\n"  # as an address book begins


@BY_NAME
def test_only_the_runner_can_read_what_is_written(
    filled: Shelf, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = os.umask(0)
    try:
        assert here(capsys, *command).code == 0
    finally:
        os.umask(before)

    assert mode(tmp_path / name) == 0o600


@BY_NAME
def test_another_file_is_only_overwritten_by_force(
    filled: Shelf, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(THEIRS)
    (tmp_path / name).chmod(0o644)
    there = sorted(tmp_path.iterdir())

    refused = here(capsys, *command)
    kept = (tmp_path / name).read_text(), mode(tmp_path / name), sorted(tmp_path.iterdir())
    forced = here(capsys, *command, "--force")

    assert (refused.code, refused.out.startswith("{") or refused.out == "") == (1, True)
    assert "--force overwrites it" in refused.err
    assert kept == (THEIRS, 0o644, there)
    assert forced.code == 0
    assert THEIRS.encode() not in (tmp_path / name).read_bytes()
    assert mode(tmp_path / name) == 0o600


MARKED = {key: each for key, each in WRITTEN.items() if key != "a report"}


@pytest.mark.parametrize(("command", "name"), MARKED.values(), ids=MARKED)
def test_a_file_of_ours_is_written_anew(
    filled: Shelf, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], name: str
) -> None:
    """Also one of a first version, which others could read."""
    monkeypatch.chdir(tmp_path)
    here(capsys, *command)
    (tmp_path / name).chmod(0o644)

    again = here(capsys, *command)

    assert (again.code, again.err) == (0, "")
    assert mode(tmp_path / name) == 0o600


def test_a_table_of_another_version_is_ours(filled: Shelf, capsys: Capture, tmp_path: Path) -> None:
    """Later columns may be others."""
    own = here(capsys, "runs", "--json").objects[0]["id"]
    (tmp_path / "runs.csv").write_text(f"id,started_at,utc_offset_s,mood\n{own},2,3,good\n")

    assert here(capsys, "export", "--to", tmp_path).code == 0


def test_one_foreign_table_keeps_all_from_being_written(filled: Shelf, capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "weeks.csv").write_text(THEIRS)

    assert here(capsys, "export", "--to", tmp_path / "out").code == 1

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["weeks.csv"]


def test_the_store_is_not_overwritten_by_a_page(filled: Shelf, capsys: Capture) -> None:
    before = contents(store_file())

    assert here(capsys, "report", "--html", "-o", store_file()).code == 1

    assert contents(store_file()) == before


OWN = ("store", "login", "key", "configuration", "link")


@pytest.mark.parametrize("own", OWN)
@BY_NAME
def test_what_kneedrive_lives_on_is_not_overwritten_by_force(
    filled: Shelf,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    name: str,
    own: str,
) -> None:
    """Whatever they are called: here each is called as what is written."""
    monkeypatch.chdir(tmp_path)
    target, config = tmp_path / name, config_folder(os.environ)
    config.mkdir(parents=True)
    if own == "store":
        store_file().replace(target)
        monkeypatch.setenv("KNEEDRIVE_STORE", str(target))
    elif own in ("login", "key"):
        secret = config / {"login": "strava-token-anna.json", "key": "garmin-key-anna"}[own]
        secret.write_text("{}")
        target.symlink_to(secret)
    elif own == "configuration":
        target.write_text("[runner]\nheight_m = 1.8\n")
        monkeypatch.setenv("KNEEDRIVE_CONFIG", str(target))
    else:
        target.hardlink_to(store_file())
    before = target.read_bytes()

    said = here(capsys, *command, "--force")

    assert (said.code, said.out.startswith("{") or said.out == "") == (1, True)
    assert "itself, and --force does not overwrite it; name another file" in said.err
    assert target.read_bytes() == before


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
def test_a_page_does_not_take_the_place_of_a_store_that_is_to_come(capsys: Capture, ending: str) -> None:
    place = store_file().with_name(store_file().name + ending)
    place.parent.mkdir(parents=True)

    assert here(capsys, "demo", "--html", place, "--force").code == 1

    assert not place.exists()


def test_a_device_takes_a_page(filled: Shelf, capsys: Capture) -> None:
    before = mode(Path(os.devnull))

    assert here(capsys, "report", "--html", "-o", os.devnull).code == 0

    assert mode(Path(os.devnull)) == before


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("garmin fr955", "garmin fr955"),
        ("a=1", "a=1"),
        ("", ""),
        (-1.5, -1.5),
        (-7200, -7200),
        (None, ""),
        (float("nan"), ""),
        (1.23456789, 1.234568),
        (1234567.89, 1234568.0),
        (0.000123456789, 0.0001234568),
    ],
)
def test_a_cell_is_harmless_and_numbers_stay_numbers(value: object, shown: object) -> None:
    assert cell(value) == shown
    assert type(cell(value)) is type(shown)


def test_a_table_holds_what_the_store_holds() -> None:
    """Seven digits, as many as float32 has."""
    table = io.StringIO()

    assert write_csv(table, ["a", "b"], [[0.1234567, -12345.678], ["=1", None]]) == 2
    assert table.getvalue() == "a,b\n0.1234567,-12345.68\n'=1,\n"


@pytest.mark.parametrize("command", [("runs", "--csv"), ("export", "--to", "out")])
def test_a_device_that_is_a_formula_is_text_in_every_table(
    filled: Shelf, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    from kneedrive.store import Store

    monkeypatch.chdir(tmp_path)
    with Store.open(store_file()) as store:
        store._do("UPDATE run SET device = '=cmd|calc', utc_offset_s = -7200")

    said = here(capsys, *command)

    text = said.out if command[0] == "runs" else (tmp_path / "out" / "runs.csv").read_text()
    (row,) = csv.DictReader(text.splitlines())
    assert (row["device"], row["utc_offset_s"]) == ("'=cmd|calc", "-7200")
