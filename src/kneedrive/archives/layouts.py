"""What lies where in the folders and exports that runners have: which files cannot be recordings, and what lists say.

Strava's bulk export: activities.csv beside activities/, with routes/ and media/. Its header is localised, has double
names and grows with the years: the column of file names is found by what stands in it, the sport is the fourth column
in all of them. A Garmin account export: zips of every FIT file ever sent, beside JSON. A watch: GARMIN/Activity beside
folders of settings and monitoring.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from kneedrive.archives.found import Entry
from kneedrive.errors import ReadError

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


class Layout(NamedTuple):
    """What is known about a tree of files. root: where a Strava export begins, None where there is none.

    sports: what its list calls each recording, by path; listed paths that are not there included.
    """

    root: str | None = None
    sports: Mapping[str, str] = {}


def layout_of(entries: Sequence[Entry]) -> Layout:
    """The layout of a tree, told from its paths; an unreadable list costs the sports, not the recordings."""
    for entry in entries:
        *above, file = entry.path.split("/")
        root = "/".join([*above, ""])
        if file == _LIST and any(other.path.startswith(root + _FOLDER) for other in entries):
            return Layout(root, {root + path: sport for path, sport in _listed(entry).items()})
    return Layout()


def _listed(entry: Entry) -> dict[str, str]:
    """The sport of each recording that an export lists, by its path in the export."""
    try:
        text = entry.read().decode("utf-8-sig", errors="replace")
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except (ReadError, csv.Error):
        return {}
    cells = Counter(at for row in rows for at, cell in enumerate(row) if cell.startswith(_FOLDER))
    if not cells:
        return {}
    column = cells.most_common(1)[0][0]
    wide = (row for row in rows if len(row) > max(column, _SPORT_COLUMN))
    return {row[column]: row[_SPORT_COLUMN] for row in wide if row[column].startswith(_FOLDER)}


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
    return "watch" if _is_of_watch([folder.lower() for folder in folders]) else ""


def _is_of_watch(folders: list[str]) -> bool:
    """Whether the path runs through a folder of a watch that holds no activities: GARMIN/Monitor, GARMIN/Sleep."""
    return any(above == "garmin" and below in _WATCH_FOLDERS for above, below in pairwise(folders))


def looks_recorded(path: str, head: bytes) -> bool:
    """Whether a file is, or claims to be, a recording: the first by its bytes, the second by its name.

    What claims to be one and is not goes on to the reader, which says what is wrong with it.
    """
    plain = head.replace(b"\0", b"").lower()
    is_one = head[8:12] == b".FIT" or b"<gpx" in plain or b"<trainingcenterdatabase" in plain
    return is_one or path.lower().removesuffix(".gz").endswith(RECORDINGS)
