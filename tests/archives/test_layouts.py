"""Strava's bulk export: its list, its localised and double headers, its routes and media."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from kneedrive.archives import walk

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


def test_routes_beside_no_list_are_looked_at(tmp_path: Path) -> None:
    """Only in an export does the folder's name say what is in it."""
    folder = laid(tmp_path, {"routes/1.gpx": b"<gpx></gpx>"}, packed=False)

    assert [one.skipped for one in walk([folder])] == [""]
