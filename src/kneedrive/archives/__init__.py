"""Where recordings lie: files, folders, gzip, zip, zip in zip, and exports as they come. Bytes out, nothing written.

walk(paths)            every recording under these paths, one at a time, and what was skipped and why
unwrap(data, name)     the recordings inside the bytes of one file, of standard input or of a download

What a thing is, its bytes say and not its name. Archives are bounded (Limits): in members, in depth, in bytes and in
how far they may unfold. No path from an archive is ever used as a path. E-mail addresses in names are masked.
"""

from __future__ import annotations

import csv
import errno
import io
import os
import re
import stat
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from kneedrive.archives import unpack
from kneedrive.archives.unpack import Budget, Entry, Found, Limits, Skip, failing, masked, named
from kneedrive.errors import ReadError, UnknownFormat
from kneedrive.readers import FILES, Kind, sniff

__all__ = ["SKIPPED", "Found", "Limits", "Skip", "masked", "unwrap", "walk"]

# Why a file is no recording, in words for people.
SKIPPED = {
    Skip.HIDDEN: "hidden files and what systems leave behind",
    Skip.MEDIA: "pictures, films and documents",
    Skip.TABLE: "tables and texts of an export",
    Skip.ROUTE: "planned routes",
    Skip.WATCH: "settings and monitoring of a watch",
    Skip.MISSING: "listed in an export but not in it",
    Skip.OTHER: "neither FIT, GPX nor TCX",
}
_LIMITS = Limits()


def unwrap(data: bytes, name: str = "", limits: Limits = _LIMITS) -> Iterator[tuple[str, bytes | ReadError]]:
    """The recordings inside these bytes, by name; for one that cannot be unpacked the error in place of its bytes.

    Bytes that are no archive come back as they are. An archive without any recording gives one UnknownFormat.
    """
    shown, empty = masked(name), True
    for found in _unfolded(_of_bytes(name, data), shown, Budget(limits, len(data)), depth=0):
        if not found.skipped:
            empty = False
            try:
                body: bytes | ReadError = found.read()
            except ReadError as error:
                body = error
            yield found.name, body
    if empty:
        yield shown, UnknownFormat("is an archive without a FIT, GPX or TCX file in it", name=shown)


def walk(paths: Iterable[Path], limits: Limits = _LIMITS) -> Iterator[Found]:
    """Every file under these paths in a stable order: recordings, and what was skipped with the reason.

    A path that cannot be read is a Found whose `read` says why. A file named outright counts as a recording whatever
    it is; in folders and archives, files that are none are skipped.
    """
    for path in paths:
        name = masked(path.name or str(path))
        try:
            name = masked(path.name or path.resolve().name)  # fails where the present folder is gone
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                with limits.guard(name):
                    yield from _folder(path, name, limits)
                continue
            entry = _on_disk(path, path.name, limits)
            if not stat.S_ISREG(mode):  # a pipe can be read only once: hold what comes
                entry = _of_bytes(path.name, entry.read())
        except OSError as error:
            yield Found(name=name, read=failing(_unreadable(error, name)))
        except ReadError as error:
            yield Found(name=name, read=failing(error))
        else:
            yield from _unfolded(entry, name, Budget(limits, entry.size), depth=0)


def _folder(folder: Path, name: str, limits: Limits) -> Iterator[Found]:
    """The files under a folder, sorted; links to folders are not followed. A hidden folder counts as one file."""
    closed: list[OSError] = []
    entries = []
    for where, folders, files in os.walk(folder, onerror=closed.append):
        hidden = [inner for inner in folders if inner.startswith(".")]
        folders[:] = sorted(set(folders) - set(hidden))
        for file in sorted([*files, *hidden]):
            path = Path(where) / file
            entries.append(_in_folder(path, path.relative_to(folder).as_posix(), limits))
    yield from _recordings(entries, name, lambda entry: Budget(limits, entry.size), depth=0)
    for error in closed:
        shown = masked(Path(error.filename or name).name)
        yield Found(name=shown, read=failing(_unreadable(error, shown)))


def _in_folder(path: Path, inside: str, limits: Limits) -> Entry:
    """A file as it lies in a folder; where it cannot even be looked at, reading it says why."""
    # Pipes and devices would block, links may lead nowhere: neither is opened.
    try:
        return _on_disk(path, inside, limits) if stat.S_ISREG(path.stat().st_mode) else _of_bytes(inside, b"")
    except OSError as error:  # a folder that may be listed and not entered, a file that goes away as we look
        if error.errno in (errno.ENOENT, errno.ELOOP) and path.is_symlink():
            return _of_bytes(inside, b"")
        unreadable = failing(_unreadable(error, masked(path.name)))
        return Entry(path=inside, size=0, peek=unreadable, read=unreadable)


def _on_disk(path: Path, inside: str, limits: Limits) -> Entry:
    def start(count: int = unpack.HEAD_BYTES) -> bytes:
        try:
            with path.open("rb") as file:
                return file.read(count)
        except OSError as error:
            raise _unreadable(error, masked(path.name)) from error

    def whole() -> bytes:
        data = start(limits.member_bytes + 1)
        if len(data) > limits.member_bytes:
            problem = f"has more than {limits.member_bytes:,} bytes, far more than a run"
            raise ReadError(problem, name=masked(path.name))
        return data

    return Entry(path=inside, size=path.stat().st_size, peek=start, read=whole, disk=path)


def _of_bytes(path: str, data: bytes) -> Entry:
    return Entry(path=path, size=len(data), peek=lambda: data[: unpack.HEAD_BYTES], read=lambda: data)


def _unreadable(error: OSError, name: str) -> ReadError:
    return ReadError(f"cannot be read: {error.strerror or error}", name=name)


def _recordings(entries: list[Entry], base: str, budget_of: Callable[[Entry], Budget], depth: int) -> Iterator[Found]:
    """The recordings of a folder or an archive, as its layout says; it ends where a budget is spent."""
    export, sports = _layout_of(entries, lambda entry: budget_of(entry).allows_list(entry.size))
    root = export or ""
    for entry in entries:
        name = masked(f"{base}/{entry.path}" if base else entry.path)
        reason = _reason_to_skip(entry.path, export)
        if reason:
            yield Found(name=name, read=named(entry.read, name), skipped=reason)
            continue
        budget = budget_of(entry)
        sport = sports.get(entry.path[len(root) :], "") if entry.path.startswith(root) else ""
        for found in _unfolded(entry, name, budget, depth, claimed=False):
            yield found.replace(sport=found.sport or sport)
        if budget.spent and depth:
            return
    for path in sorted(sports.keys() - {entry.path[len(root) :] for entry in entries if entry.path.startswith(root)}):
        lost = ReadError("is listed in the export but is not in it", name=masked(path))
        yield Found(name=masked(f"{base}/{root}{path}"), read=failing(lost), skipped=Skip.MISSING)


def _unfolded(entry: Entry, name: str, budget: Budget, depth: int, *, claimed: bool = True) -> Iterator[Found]:
    """What is in one file, or why nothing is: see _inside."""
    try:
        with budget.limits.guard(name):
            yield from _inside(entry, name, budget, depth, claimed=claimed)
    except ReadError as error:
        yield Found(name=name, read=named(failing(error), name))


def _inside(entry: Entry, name: str, budget: Budget, depth: int, *, claimed: bool) -> Iterator[Found]:
    """The file itself, or what its archive holds. claimed: the user named it as a recording. Raises ReadError."""
    kind = sniff(entry.peek())
    if kind == Kind.ZIP:
        source = entry.disk or io.BytesIO(entry.read())
        with unpack.opened(source, budget, depth + 1) as archive:
            yield from _recordings(unpack.entries(archive, budget), name, lambda _: budget, depth + 1)
    elif kind == Kind.GZIP:
        budget.enter(depth + 1, 1)
        inner = _of_bytes(entry.path, budget.whole(unpack.gunzipped(entry.read())))
        yield from _unfolded(inner, name, budget, depth + 1, claimed=claimed)
    else:
        # What is called a recording and is none goes on to the reader, which says what is wrong with it.
        called = entry.path.lower().removesuffix(".gz").endswith(_RECORDINGS)
        recorded = claimed or called or kind in FILES
        yield Found(name=name, read=named(entry.read, name), skipped=Skip.NO if recorded else Skip.OTHER)


# What lies where in the folders and exports that runners have: which files cannot be recordings, and what lists say.
#
# Strava's bulk export: activities.csv beside activities/, with routes/ and media/. Its header is localised, has double
# names and grows with the years: the column of file names is found by what stands in it, the sport is the fourth column
# in all of them. A Garmin account export: zips of every FIT file ever sent, beside JSON. A watch: GARMIN/Activity
# beside folders of settings and monitoring.

_RECORDINGS = (".fit", ".gpx", ".tcx")
_MEDIA = (".jpg", ".jpeg", ".png", ".gif", ".heic", ".webp", ".mp4", ".mov", ".mp3", ".pdf", ".kml", ".kmz")
_TABLES = (".csv", ".json", ".txt", ".html", ".htm", ".md", ".ics", ".log", ".db", ".sqlite")
# A folder of a watch that holds no activities: GARMIN/Monitor, GARMIN/Sleep.
_WATCH = re.compile(
    "(?:^|/)garmin/(?:apps|courses|customdatafields|goals|hrvstatus|monitor|newfiles|schedule|segments|settings|sleep"
    "|totals|weight|workouts)/"
)
_LIST = "activities.csv"
_FOLDER = "activities/"
_SPORT_COLUMN = 3
_ROWS, _COLUMNS = 50_000, 300  # of a list: forty-five years of three activities a day; exports have 100 columns
_SAMPLE = 200  # rows with a file from which the column of files is told


def _layout_of(entries: Sequence[Entry], allows: Callable[[Entry], bool]) -> tuple[str | None, dict[str, str]]:
    """Where in a tree a Strava export begins, None where there is none, and the sports that its list tells: of each
    recording, be it there or not, by its path from that root. An unreadable list costs the sports, not the recordings.
    """
    lists = [entry for entry in entries if entry.path.rpartition("/")[2] == _LIST]
    paths = sorted(entry.path for entry in entries) if lists else []
    for entry in lists:
        root = entry.path.removesuffix(_LIST)
        # Sorted, what begins like the folder stands right behind it.
        first = bisect_left(paths, root + _FOLDER)
        if first < len(paths) and paths[first].startswith(root + _FOLDER):
            return root, _listed(entry) if allows(entry) else {}
    return None, {}


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


def _reason_to_skip(path: str, export: str | None) -> Skip:
    """Why this path cannot be a recording; Skip.NO where it may be one. export: where a Strava export begins."""
    *folders, file = path.split("/")
    if any(part.startswith(".") for part in (*folders, file)) or "__MACOSX" in folders:
        return Skip.HIDDEN  # "._run.fit" is what macOS writes beside "run.fit" on foreign disks
    name = file.lower()
    if export is not None and path.startswith(f"{export}routes/"):
        return Skip.ROUTE
    if name.endswith(_MEDIA):
        return Skip.MEDIA
    if name.endswith(_TABLES):
        return Skip.TABLE
    return Skip.WATCH if _WATCH.search(path.lower()) else Skip.NO
