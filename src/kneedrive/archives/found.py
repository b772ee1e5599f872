"""What a walk finds, and the names it may show."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from kneedrive.errors import ReadError

# Local parts may hold anything; the domain ends before the "_" that account exports put behind the address. Looked for
# from the start of each part of a path only, so that a long part without an address is gone through once.
_MAIL = re.compile(r"(?<![^/\\\s:])[^/\\\s:]+@[A-Za-z0-9.-]+")
_LONGEST = 1_000  # characters of a path; no system allows more than four times as many
_LEFT_OUT = "..."


class Entry(NamedTuple):
    """A file in a folder or archive, not yet looked at. path: as written there, with "/". peek: its first bytes.

    peek and read raise ReadError where the archive is damaged or a limit is reached. disk: where it can be opened
    without reading it whole, None inside archives.
    """

    path: str
    size: int
    peek: Callable[[], bytes]
    read: Callable[[], bytes]
    disk: Path | None = None


class Found(NamedTuple):
    """One file that a walk came across.

    name: where it was, archives and members joined by "/", without e-mail addresses. read: its bytes, decompressed;
    raises ReadError. Call it before the walk goes on: the archive around it may be closed afterwards. skipped: "" for a
    recording, else one of the words of layouts.SKIPPED. sport: what an export's own list calls it, in its words.
    """

    name: str
    read: Callable[[], bytes]
    skipped: str = ""
    sport: str = ""


def masked(name: str) -> str:
    """A name to show and to store: account exports put the owner's e-mail address into every file name.

    Of an endless one, which many members of an archive may share, the beginning and the end.
    """
    return shortened(_MAIL.sub("***", name))


def shortened(path: str) -> str:
    """The path, or its beginning and its end where it is longer than paths are."""
    half = (_LONGEST - len(_LEFT_OUT)) // 2
    return path if len(path) <= _LONGEST else path[:half] + _LEFT_OUT + path[-half:]


def given(data: bytes) -> Callable[[], bytes]:
    """A `read` for bytes that are there already."""
    return lambda: data


def failing(error: ReadError) -> Callable[[], bytes]:
    """A `read` for what cannot be read: it raises the reason."""

    def read() -> bytes:
        raise error

    return read
