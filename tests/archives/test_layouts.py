"""Strava's bulk export: its list, its localised and double headers, its routes and media."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from kneedrive.archives import walk
from kneedrive.archives.unpack import Limits
from tests.fuzz.zips import zipped as zip_of

FIT = b"\x0e\x10\x00\x00\x00\x00\x00\x00.FIT\x00\x00"
ENGLISH = ["Activity ID", "Activity Date", "Activity Name", "Activity Type", "Elapsed Time", "Distance", "Filename"]
GERMAN = ["Aktivitäts-ID", "Datum", "Name", "Aktivitätsart", "Beschreibung", "Zeit", "Distanz", "Zeit", "Dateiname"]


def listed(header: list[str], *rows: tuple[str, str]) -> bytes:
    """activities.csv with these sports and file names, the file in the last column, double headers behind it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*header, "Elapsed Time", "Distance"])
    for sport, file in rows:
        filler = ["0"] * (len(header) - 5)
        writer.writerow(
            ["1", "May 6, 2024, 4:02:34 AM", 'a "quoted", name\nin two lines', sport, *filler, file, "60", "1"]
        )
    return text.getvalue().encode("utf-8-sig")


def export(list_: bytes, root: str = "") -> dict[str, bytes]:
    return {
        f"{root}activities.csv": list_,
        f"{root}activities/1.fit": FIT,
        f"{root}activities/2.fit": FIT,
        f"{root}routes/1.gpx": b"<gpx></gpx>",
        f"{root}media/1.bin": b"film",
    }


def laid(tmp_path: Path, files: dict[str, bytes], *, packed: bool) -> Path:
    if packed:
        with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return tmp_path / "export.zip"
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("root", ["", "export_1/"])
@pytest.mark.parametrize(
    ("header", "sports"), [(ENGLISH, ("Run", "Ride")), (GERMAN, ("Lauf", "Radfahrt"))], ids=["English", "German"]
)
def test_the_list_of_an_export_names_the_sports(
    tmp_path: Path, root: str, header: list[str], sports: tuple[str, str], *, packed: bool
) -> None:
    list_ = listed(header, (sports[0], "activities/1.fit"), (sports[1], "activities/2.fit"))

    found = list(walk([laid(tmp_path, export(list_, root), packed=packed)]))

    assert [one.sport for one in found if not one.skipped] == list(sports)
    assert sorted(one.skipped for one in found if one.skipped) == ["other", "route", "table"]


def test_a_listed_file_that_is_not_there_is_counted_as_missing(tmp_path: Path) -> None:
    list_ = listed(ENGLISH, ("Run", "activities/1.fit"), ("Run", "activities/9.fit.gz"), ("Run", ""))

    found = list(walk([laid(tmp_path, export(list_), packed=True)]))

    assert [one.name for one in found if one.skipped == "missing"] == ["export.zip/activities/9.fit.gz"]


@pytest.mark.parametrize(
    "list_",
    [b"", b"\x00\x01\x02", b'"' + b"x" * 200_000, b"a,b,c\n1,2,3\n", "ключ,дата\n".encode("utf-16")],
    ids=["empty", "noise", "an endless field", "no files", "another encoding"],
)
def test_a_list_that_cannot_be_read_costs_the_sports_and_nothing_else(tmp_path: Path, list_: bytes) -> None:
    found = walk([laid(tmp_path, export(list_), packed=True)])

    assert [(one.sport, one.read()) for one in found if not one.skipped] == [("", FIT), ("", FIT)]


def row(*cells: str) -> bytes:
    return ",".join(cells).encode() + b"\n"


RUN = row("1", "2", "3", "Run", "activities/1.fit")


@pytest.mark.parametrize(
    "list_",
    [
        RUN + b"\n" * 50_001,
        RUN + row(*["x"] * 301),
        RUN + b"x," * 70_000,
        RUN + b" " * (16 * 1024 * 1024),
    ],
    ids=["rows", "columns", "a line", "bytes"],
)
def test_a_list_larger_than_any_is_not_taken_for_one(tmp_path: Path, list_: bytes) -> None:
    found = walk([laid(tmp_path, export(list_), packed=True)])

    assert [(one.sport, one.read()) for one in found if not one.skipped] == [("", FIT), ("", FIT)]


def test_a_long_list_is_read_to_its_end(tmp_path: Path) -> None:
    rows = [row("1", "2", "3", "Ride", f"activities/{number}.gpx") for number in range(3, 45_000)]
    found = walk([laid(tmp_path, export(b"".join([*rows, RUN])), packed=True)])

    assert [one.sport for one in found if not one.skipped] == ["Run", ""]


def test_the_files_of_a_list_may_begin_far_down(tmp_path: Path) -> None:
    by_hand = [row("1", "2", "3", "Run", "")] * 1_000
    found = walk([laid(tmp_path, export(b"".join([*by_hand, RUN])), packed=True)])

    assert [one.sport for one in found if not one.skipped] == ["Run", ""]


def test_lists_in_archives_share_what_may_be_read_of_lists(tmp_path: Path) -> None:
    inner = laid(tmp_path, export(RUN), packed=True).read_bytes()
    (tmp_path / "both.zip").write_bytes(zip_of({"1.zip": inner, "2.zip": inner}))
    limits = Limits(list_bytes=len(RUN) * 2 - 1)

    found = [(one.name, one.sport, one.read()) for one in walk([tmp_path / "both.zip"], limits) if not one.skipped]

    assert [sport for name, sport, _ in found if name.endswith("activities/1.fit")] == ["Run", ""]
    assert [content for *_, content in found] == [FIT] * 4


def test_an_export_is_found_below_folders_that_look_like_one(tmp_path: Path) -> None:
    """The folder a has a list and no activities, a/b activities and no list."""
    files = {"a/activities.csv": RUN, "a/activities.txt": b"", "a/b/activities/1.fit": FIT} | export(RUN, "c/")

    found = walk([laid(tmp_path, files, packed=True)])

    sports = {one.name.partition("/")[2]: one.sport for one in found if not one.skipped}
    assert sports == {"a/b/activities/1.fit": "", "c/activities/1.fit": "Run", "c/activities/2.fit": ""}


def test_routes_beside_no_list_are_looked_at(tmp_path: Path) -> None:
    """Only in an export does the folder's name say what is in it."""
    folder = laid(tmp_path, {"routes/1.gpx": b"<gpx></gpx>"}, packed=False)

    assert [one.skipped for one in walk([folder])] == [""]
