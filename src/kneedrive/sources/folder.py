"""Folders as a source: a watch's mount point, a download folder, a synced one. It looks and does not open."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from kneedrive.sources.items import Listed

SUFFIXES = (".fit", ".gpx", ".tcx", ".gz", ".zip")
DEPTH = 8


def listing(folders: Iterable[Path], since: datetime | None = None) -> Iterator[Listed]:
    """Every recording in the folders, by path; its version is its size and time of change.

    A folder that is missing (an unplugged watch) or closed to us lists nothing. Links to folders are not followed.
    """
    for folder in folders:
        for entry in _files(folder, DEPTH):
            found = _listed(entry)
            if found and (since is None or (found.started_at and found.started_at >= since)):
                yield found


def missing(folders: Iterable[Path]) -> tuple[Path, ...]:
    """The folders that are not there now, for the report to name."""
    return tuple(folder for folder in folders if not folder.is_dir())


def _files(folder: Path | str, depth: int) -> Iterator[os.DirEntry[str]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, depth - 1) if depth else ()
        elif entry.name.lower().endswith(SUFFIXES):
            yield entry


def _listed(entry: os.DirEntry[str]) -> Listed | None:
    try:
        seen = entry.stat()
    except OSError:  # unplugged while we look
        return None
    changed = datetime.fromtimestamp(seen.st_mtime, UTC)
    return Listed(id=entry.path, version=f"{seen.st_size}-{seen.st_mtime_ns}", started_at=changed, sport="")
