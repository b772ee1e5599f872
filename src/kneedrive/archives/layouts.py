"""What lies where in the folders and exports that runners have: which files cannot be recordings, and what lists say.

Strava's bulk export: activities.csv beside activities/, with routes/ and media/. Its header is localised, has double
names and grows with the years: the column of file names is found by what stands in it, the sport is the fourth column
in all of them. A Garmin account export: zips of every FIT file ever sent, beside JSON. A watch: GARMIN/Activity beside
folders of settings and monitoring.
"""

from __future__ import annotations

import csv
import io
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise

from kneedrive.archives.unpack import Entry
from kneedrive.errors import ReadError
from kneedrive.record import Record

# Why a file is no recording, by the word that is counted.
SKIPPED = {
    "hidden": "hidden files and what systems leave behind",
    "media": "pictures, films and documents",
    "table": "tables and texts of an export",
    "route": "planned routes",
    "watch": "settings and monitoring of a watch",
    "missing": "listed in an export but not in it",
    "other": "neither FIT, GPX nor TCX",
}
RECORDINGS = (".fit", ".gpx", ".tcx")
_MEDIA = (".jpg", ".jpeg", ".png", ".gif", ".heic", ".webp", ".mp4", ".mov", ".mp3", ".pdf", ".kml", ".kmz")
_TABLES = (".csv", ".json", ".txt", ".html", ".htm", ".md", ".ics", ".log", ".db", ".sqlite")
_WATCH_FOLDERS = frozenset(
    {
        "apps",
        "courses",
        "customdatafields",
        "goals",
        "hrvstatus",
        "monitor",
        "newfiles",
        "schedule",
        "segments",
        "settings",
        "sleep",
        "totals",
        "weight",
        "workouts",
    }
)
_LIST = "activities.csv"
_FOLDER = "activities/"
_SPORT_COLUMN = 3
_ROWS, _COLUMNS = 50_000, 300  # of a list: forty-five years of three activities a day; exports have 100 columns
_SAMPLE = 200  # rows with a file from which the column of files is told


class Layout(Record, frozen=True, kw_only=True):
    """What is known about a tree of files."""

    root: str | None = None  # where a Strava export begins, None where there is none
    sports: Mapping[str, str] = {}  # what its list calls a recording, by path from the root, be it there or not

    def sport(self, path: str) -> str:
        """What the list calls the recording at this path; "" where it does not name it."""
        there = self.root is not None and path.startswith(self.root)
        return self.sports.get(path[len(self.root or "") :], "") if there else ""

    def missing(self, paths: Iterable[str]) -> list[str]:
        """What the list names, from the root and sorted, that is not among these paths."""
        root = self.root or ""
        return sorted(self.sports.keys() - {path[len(root) :] for path in paths if path.startswith(root)})


def layout_of(entries: Sequence[Entry], allows: Callable[[Entry], bool]) -> Layout:
    """The layout of a tree, told from its paths; an unreadable list costs the sports, not the recordings.

    allows: whether a list is not too large to be read.
    """
    lists = [entry for entry in entries if entry.path.rpartition("/")[2] == _LIST]
    paths = sorted(entry.path for entry in entries) if lists else []
    for entry in lists:
        root = entry.path.removesuffix(_LIST)
        # Sorted, what begins like the folder stands right behind it.
        first = bisect_left(paths, root + _FOLDER)
        if first < len(paths) and paths[first].startswith(root + _FOLDER):
            return Layout(root=root, sports=_listed(entry) if allows(entry) else {})
    return Layout()


def _listed(entry: Entry) -> dict[str, str]:
    """The sport of each recording that an export lists, by its path in the export."""
    try:
        table = entry.read()
        told = (row for row in _rows(table) if _FOLDER in ",".join(row))
        sample = islice(told, _SAMPLE)
        cells = Counter(at for row in sample for at, cell in enumerate(row) if cell.startswith(_FOLDER))
        if not cells:
            return {}
        column = cells.most_common(1)[0][0]
        wide = (row for row in _rows(table) if len(row) > max(column, _SPORT_COLUMN))
        return {row[column]: row[_SPORT_COLUMN] for row in wide if row[column].startswith(_FOLDER)}
    except (ReadError, csv.Error):
        return {}


def _rows(table: bytes) -> Iterator[list[str]]:
    """The rows of a table, one at a time. Raises csv.Error where it is none, or larger than a list of activities."""
    lines = io.TextIOWrapper(io.BytesIO(table), encoding="utf-8-sig", errors="replace", newline="")
    for number, row in enumerate(csv.reader(_bounded(lines))):
        if number >= _ROWS or len(row) > _COLUMNS:
            raise csv.Error(f"more than {_ROWS:,} rows or {_COLUMNS:,} columns")
        yield row


def _bounded(lines: io.TextIOWrapper) -> Iterator[str]:
    """The lines of a text; raises csv.Error at one that is longer than a cell may be, before it becomes a row."""
    while line := lines.readline(csv.field_size_limit() + 1):
        if len(line) > csv.field_size_limit():
            raise csv.Error("a line without an end")
        yield line


def reason_to_skip(path: str, layout: Layout) -> str:
    """The word of SKIPPED that says why this path cannot be a recording; "" where it may be one."""
    *folders, file = path.split("/")
    if any(part.startswith(".") for part in (*folders, file)) or "__MACOSX" in folders:
        return "hidden"  # "._run.fit" is what macOS writes beside "run.fit" on foreign disks
    name = file.lower()
    if layout.root is not None and path.startswith(f"{layout.root}routes/"):
        return "route"
    if name.endswith(_MEDIA):
        return "media"
    if name.endswith(_TABLES):
        return "table"
    # A folder of a watch that holds no activities: GARMIN/Monitor, GARMIN/Sleep.
    under = pairwise(folder.lower() for folder in folders)
    return "watch" if any(above == "garmin" and below in _WATCH_FOLDERS for above, below in under) else ""


def looks_recorded(path: str, kind: str) -> bool:
    """Whether a file is, or claims to be, a recording: the first by its kind, as sniffed, the second by its name.

    What claims to be one and is not goes on to the reader, which says what is wrong with it.
    """
    return kind in ("fit", "gpx", "tcx") or path.lower().removesuffix(".gz").endswith(RECORDINGS)
