"""Folders as a source: a watch that is plugged in, a download folder, a synced one. It looks and does not open."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from glob import escape, glob
from pathlib import Path

from kneedrive.sources.plan import Listed

SUFFIXES = (".fit", ".gpx", ".tcx", ".gz", ".zip")
DEPTH = 8
# A watch as a drive (older ones) and, under a desktop's MTP mount, with a folder for each of its memories.
DRIVES, MTP = ("/media/{user}/*", "/run/media/{user}/*", "/Volumes/*"), "{runtime}/gvfs/mtp:host=*/*"
ON_A_WATCH = "/[Gg][Aa][Rr][Mm][Ii][Nn]/[Aa][Cc][Tt][Ii][Vv][Ii][Tt]*"
Closed = Callable[[OSError], object]


def watches(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The activity folders of Garmin watches that are plugged in and mounted where systems mount them by themselves."""
    user = str(os.getuid()) if hasattr(os, "getuid") else ""
    named = {
        "user": escape(environment.get("USER") or "*"),
        "runtime": escape(environment.get("XDG_RUNTIME_DIR") or f"/run/user/{user}"),
    }
    found = (place for root in (MTP, *DRIVES) for place in glob(root.format(**named) + ON_A_WATCH))  # noqa: PTH207 - a pattern from the root
    return tuple(sorted(map(Path, filter(os.path.isdir, found))))


def listing(
    folders: Iterable[Path], since: datetime | None = None, closed: Closed = lambda _: None
) -> Iterator[Listed]:
    """Every recording in the folders, by path; its version is its size and time of change.

    A folder may be a pattern such as ~/watch*/GARMIN/Activity, also one of files (~/Downloads/2026*.fit). One that is
    missing (an unplugged watch) or closed to us lists nothing. Links to folders are not followed.
    closed: called with the error, and the path in it, for each folder or file that is there and cannot be looked at.
    """

    def tell(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):  # those are missing, or unplugged as we look
            closed(error)

    for folder in dict.fromkeys(place for each in folders for place in places(each)):
        for path in sorted(path for path in _files(folder, tell) if path.name.lower().endswith(SUFFIXES)):
            try:
                seen = path.stat()
            except OSError as error:
                tell(error)
                continue
            changed = None
            with suppress(ValueError, OverflowError, OSError):  # times that no calendar has
                changed = datetime.fromtimestamp(seen.st_mtime, UTC)
            if since is None or changed is None or changed >= since:
                version = f"{seen.st_size}-{seen.st_mtime_ns}"
                yield Listed(id=str(path), version=version, started_at=changed, sport="")


def missing(folders: Iterable[Path]) -> tuple[Path, ...]:
    """The folders that are not there now, for the report to name."""
    return tuple(folder for folder in folders if not any(map(is_there, places(folder))))


def places(folder: Path) -> list[Path]:
    """The folders and files that a path means: itself where it is there, else all that it fits as a pattern."""
    if is_there(folder) or not any(sign in str(folder) for sign in "*?["):
        return [folder]
    found = glob(str(folder), recursive=True)  # noqa: PTH207 - Path.glob takes no pattern from the root
    return sorted(place for place in map(Path, found) if is_there(place))


def is_there(place: Path) -> bool:
    """Whether this is a folder or a file now; what cannot be looked at, or is no path at all, is none."""
    return os.path.isdir(place) or os.path.isfile(place)  # noqa: PTH112, PTH113 - pathlib raises where it cannot look


def _files(folder: Path, tell: Closed) -> Iterator[Path]:
    """The files in a folder and below, hidden ones left out; or the one file that was named itself."""
    if os.path.isfile(folder):  # noqa: PTH113 - pathlib raises where it cannot look
        yield folder
        return
    with suppress(ValueError):  # a name that no path can have
        for place, inside, names in os.walk(folder, onerror=tell):
            deep = len(Path(place).relative_to(folder).parts) == DEPTH
            inside[:] = [] if deep else [name for name in inside if not name.startswith(".")]
            yield from (Path(place, name) for name in names if not name.startswith("."))
