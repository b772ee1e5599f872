"""Where recordings lie: files, folders, gzip, zip, zip in zip, and exports as they come. Bytes out, nothing written.

walk(paths)            every recording under these paths, one at a time, and what was skipped and why
unwrap(data, name)     the recordings inside the bytes of one file, of standard input or of a download

What a thing is, its bytes say and not its name. Archives are bounded (Limits): in members, in depth, in bytes and in
how far they may unfold. No path from an archive is ever used as a path. E-mail addresses in names are masked.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from kneedrive.archives import layouts, unpack
from kneedrive.archives.layouts import SKIPPED
from kneedrive.archives.unpack import Budget, Entry, Found, Limits, failing, given, masked, named
from kneedrive.errors import ReadError, UnknownFormat
from kneedrive.readers import sniff

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
    closed: list[OSError] = []
    entries = list(_files(folder, limits, closed.append))
    yield from _recordings(entries, name, lambda entry: Budget(limits, entry.size), depth=0)
    for error in closed:
        shown = masked(Path(error.filename or name).name)
        yield Found(name=shown, read=failing(_unreadable(error, shown)))


def _files(folder: Path, limits: Limits, closed: Callable[[OSError], None]) -> Iterator[Entry]:
    """The files under a folder, sorted; links to folders are not followed. A hidden folder counts as one file."""
    for where, folders, files in os.walk(folder, onerror=closed):
        hidden = [name for name in folders if name.startswith(".")]
        folders[:] = sorted(set(folders) - set(hidden))
        for name in sorted([*files, *hidden]):
            path = Path(where) / name
            yield _in_folder(path, path.relative_to(folder).as_posix(), limits)


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
    peek, read = partial(_start, path, unpack.HEAD_BYTES), partial(_whole, path, limits.member_bytes)
    return Entry(path=inside, size=path.stat().st_size, peek=peek, read=read, disk=path)


def _of_bytes(path: str, data: bytes) -> Entry:
    return Entry(path=path, size=len(data), peek=given(data[: unpack.HEAD_BYTES]), read=given(data))


def _start(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise _unreadable(error, masked(path.name)) from error


def _whole(path: Path, most: int) -> bytes:
    data = _start(path, most + 1)
    if len(data) > most:
        raise ReadError(f"has more than {most:,} bytes, far more than a run", name=masked(path.name))
    return data


def _unreadable(error: OSError, name: str) -> ReadError:
    return ReadError(f"cannot be read: {error.strerror or error}", name=name)


def _recordings(entries: list[Entry], base: str, budget_of: Callable[[Entry], Budget], depth: int) -> Iterator[Found]:
    """The recordings of a folder or an archive, as its layout says; it ends where a budget is spent."""
    layout = layouts.layout_of(entries, lambda entry: budget_of(entry).allows_list(entry.size))
    for entry in entries:
        name = masked(f"{base}/{entry.path}" if base else entry.path)
        reason = layouts.reason_to_skip(entry.path, layout)
        if reason:
            yield Found(name=name, read=named(entry.read, name), skipped=reason)
            continue
        budget = budget_of(entry)
        sport = layout.sport(entry.path)
        for found in _unfolded(entry, name, budget, depth, claimed=False):
            yield found.replace(sport=found.sport or sport)
        if budget.spent and depth:
            return
    for path in layout.missing(entry.path for entry in entries):
        lost = ReadError("is listed in the export but is not in it", name=masked(path))
        yield Found(name=masked(f"{base}/{layout.root}{path}"), read=failing(lost), skipped="missing")


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
    if kind == "zip":
        source = entry.disk or io.BytesIO(entry.read())
        with unpack.opened(source, budget, depth + 1) as archive:
            yield from _recordings(unpack.entries(archive, budget), name, lambda _: budget, depth + 1)
    elif kind == "gzip":
        budget.enter(depth + 1, 1)
        inner = _of_bytes(entry.path, unpack.gunzip(entry.read(), budget))
        yield from _unfolded(inner, name, budget, depth + 1, claimed=claimed)
    else:
        recorded = claimed or layouts.looks_recorded(entry.path, kind)
        yield Found(name=name, read=named(entry.read, name), skipped="" if recorded else "other")


__all__ = ["SKIPPED", "Found", "Limits", "masked", "unwrap", "walk"]
