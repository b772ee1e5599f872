"""gzip and zip within a budget: limits, what a walk finds and may show, and the unpacking piece by piece."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import IO, NoReturn

from kneedrive.errors import Malformed, ReadError, Truncated
from kneedrive.readers import Kind, sniff
from kneedrive.record import Record

# How much an archive may hold and unfold to. Real exports stay far below; bombs do not.

_MIB = 1024 * 1024
_ELEMENT_BYTES = 60  # more than an element of a track takes, with its text and attributes
Guard = Callable[[str], AbstractContextManager[object]]


class Limits(Record, frozen=True, kw_only=True):
    """Bounds of one file given by the user, with all archives inside it."""

    members: int = 200_000  # entries in all archives together
    depth: int = 5  # archives inside one another, gzip counted
    member_bytes: int = 256 * _MIB  # one entry, unfolded, which is also what is held in memory
    # Unfolded bytes per byte of the outermost file, once free_bytes are used up: text of a run packs at most 30 to 1.
    ratio: int = 100
    free_bytes: int = 64 * _MIB
    total_bytes: int = 64 * 1024 * _MIB  # everything unfolded
    directory_bytes: int = 16 * _MIB  # the list of members of one zip
    list_bytes: int = 16 * _MIB  # the lists of activities of all exports inside
    # Elements of XML in all files together per byte of the outermost, once free_elements are used up: GPX and TCX of
    # watches have at most 0.6. The file in which they end is still read, since a reader bounds each by itself.
    elements: float = 0.6
    free_elements: int = 300_000
    # Entered with a file's name for the work on it; what it raises as a ReadError is said of that file alone.
    guard: Guard = nullcontext


class Budget:
    """What is left of the limits while one file unfolds. `spent` once any of them is reached: nothing more comes."""

    def __init__(self, limits: Limits, outer_bytes: int) -> None:
        self.limits = limits
        self.spent = False
        self._members = limits.members
        self._list_bytes = limits.list_bytes
        self._elements = max(limits.free_elements, int(limits.elements * outer_bytes))
        self._bytes = min(limits.total_bytes, max(limits.free_bytes, limits.ratio * outer_bytes))

    def enter(self, depth: int, members: int) -> None:
        """Take an archive at this depth with so many members; raises ReadError where that is too much."""
        if depth > self.limits.depth:
            raise ReadError(f"holds archives more than {self.limits.depth} deep; unpack it once")
        self._members -= members
        if self._members < 0:
            self._refuse(f"holds more than {self.limits.members:,} files")

    def whole(self, pieces: Iterable[bytes]) -> bytes:
        """The unfolded pieces of one file put together, each taken from the budget as it comes; ReadError beyond it."""
        whole = io.BytesIO()  # unlike a list of pieces, it holds them once
        for piece in pieces:
            if whole.tell() + len(piece) > self.limits.member_bytes:
                raise ReadError(f"unfolds to more than {self.limits.member_bytes:,} bytes")
            self._bytes -= len(piece)
            if self._bytes < 0:
                self._refuse("unfolds to far more than an archive of its size should; kneedrive stops here")
            whole.write(piece)
        data = whole.getvalue()
        # About how many elements a GPX or TCX file holds, or would if it were not all attributes.
        tracks = sniff(data) in (Kind.GPX, Kind.TCX)
        count = max(data.count(b"<") - data.count(b"</"), len(data) // _ELEMENT_BYTES) if tracks else 0
        if count and self._elements <= 0:
            self._refuse("comes after more XML than an archive of its size should hold; kneedrive stops here")
        self._elements -= count
        return data

    def allows_list(self, count: int) -> bool:
        """Whether a list of activities of so many bytes may still be read; it is then taken."""
        self._list_bytes -= count
        return self._list_bytes >= 0

    def _refuse(self, problem: str) -> NoReturn:
        self.spent = True
        raise ReadError(problem)


# What a walk finds, and the names it may show.

# Local parts may hold anything; the domain ends before the "_" that account exports put behind the address. Looked for
# from the start of each part of a path only, so that a long part without an address is gone through once.
_MAIL = re.compile(r"(?<![^/\\\s:])[^/\\\s:]+@[A-Za-z0-9.-]+")
_LONGEST = 1_000  # characters of a path; no system allows more than four times as many
_LEFT_OUT = "..."


class Entry(Record, frozen=True, kw_only=True):
    """A file in a folder or archive, not yet looked at."""

    path: str  # as written there, with "/"
    size: int
    peek: Callable[[], bytes]  # its first bytes; raises ReadError where the archive is damaged or a limit is reached
    read: Callable[[], bytes]  # all of them, likewise
    disk: Path | None = None  # where it can be opened without reading it whole, None inside archives


class Skip(StrEnum):
    """Why a file is no recording; NO for one that is, or says so."""

    NO = ""
    HIDDEN = "hidden"
    MEDIA = "media"
    TABLE = "table"
    ROUTE = "route"
    WATCH = "watch"
    MISSING = "missing"
    OTHER = "other"


class Found(Record, frozen=True, kw_only=True):
    """One file that a walk came across. Read it before the walk goes on: the archive around it may be closed then."""

    name: str  # where it was, archives and members joined by "/", without e-mail addresses
    read: Callable[[], bytes]  # its bytes, decompressed; raises ReadError
    skipped: Skip = Skip.NO
    sport: str = ""  # what an export's own list calls it, in its words


def masked(name: str) -> str:
    """A name to show and to store: account exports put the owner's e-mail address into every file name.

    Of an endless one, which many members of an archive may share, the beginning and the end.
    """
    return shortened(_MAIL.sub("***", name))


def shortened(path: str) -> str:
    """The path, or its beginning and its end where it is longer than paths are."""
    half = (_LONGEST - len(_LEFT_OUT)) // 2
    return path if len(path) <= _LONGEST else path[:half] + _LEFT_OUT + path[-half:]


def failing(error: ReadError) -> Callable[[], bytes]:
    """A `read` for what cannot be read: it raises the reason."""

    def read() -> bytes:
        raise error

    return read


def named(read: Callable[[], bytes], name: str) -> Callable[[], bytes]:
    """A `read` whose errors say what could not be read, where they do not say it yet."""

    def named_read() -> bytes:
        try:
            return read()
        except ReadError as error:
            error.name = error.name or name
            raise

    return named_read


# gzip and zip, piece by piece and within a budget. Foreign errors become ReadErrors here.

HEAD_BYTES = 4096
_PIECE_BYTES = 1 << 20
# What a part of a gzip file does not need of what it is fed is copied; fed by steps, many small parts copy little.
_SMALLEST_FEED, _LARGEST_FEED = 1 << 9, 1 << 16
_GZIP_WINDOW = 31  # zlib's way to say: gzip header, and check the trailer
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
# What zipfile lets through of its own and of zlib and struct when an archive is damaged.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
    OverflowError,
    OSError,
)
# The records at the end of a zip file, by its specification: the end of the list of members, and, where a number does
# not fit into 32 bits there, a 64-bit one before it with a locator between the two.
_END, _END_BYTES = b"PK\x05\x06", 22
_LOCATOR_BYTES, _END64_BYTES = 20, 56
_IN_END64 = 0xFFFFFFFF


def gunzipped(data: bytes) -> Iterator[bytes]:
    """The content of a gzip stream, of all its parts; what stands behind it is ignored. Raises Truncated, Malformed."""
    at = 0
    while data.startswith(b"\x1f\x8b", at):
        part = zlib.decompressobj(_GZIP_WINDOW)
        fed = _SMALLEST_FEED
        while not part.eof:
            given = data[at : at + fed]
            try:
                piece = part.decompress(given, _PIECE_BYTES)
            except zlib.error as error:
                raise Malformed("is a damaged gzip file", offset=at) from error
            if not given and not piece and not part.eof:
                problem = "is a gzip file that ends early; copy or download it again"
                raise Truncated(problem, offset=len(data), got=len(data))
            at += len(given) - len(part.unused_data) - len(part.unconsumed_tail)
            fed = min(2 * fed, _LARGEST_FEED)
            yield piece


@contextmanager
def opened(source: Path | IO[bytes], budget: Budget, depth: int) -> Iterator[zipfile.ZipFile]:
    """A zip file, its list of members checked before it is read. Raises ReadError where it is none."""
    with ExitStack() as opening:
        try:
            file = opening.enter_context(source.open("rb")) if isinstance(source, Path) else source
            # A list of absurd length is refused before zipfile makes an object of each member.
            size = _directory_bytes(file)
            if size > budget.limits.directory_bytes:
                raise ReadError(f"lists its members in {size:,} bytes, far more than an export has")
            archive = opening.enter_context(zipfile.ZipFile(file))
        except _ZIP_ERRORS as error:
            raise Malformed("is a damaged zip file; copy or download it again") from error
        budget.enter(depth, len(archive.infolist()))
        yield archive


def entries(archive: zipfile.ZipFile, budget: Budget) -> list[Entry]:
    """The members of an archive that are files, in its order."""

    def head(stream: IO[bytes]) -> bytes:
        return stream.read(HEAD_BYTES)

    def whole(stream: IO[bytes]) -> bytes:
        return budget.whole(iter(partial(stream.read, _PIECE_BYTES), b""))

    return [
        Entry(
            path=shortened(info.filename.replace("\\", "/")),
            size=info.file_size,
            peek=partial(_member, archive, info, head),
            read=partial(_member, archive, info, whole),
        )
        for info in archive.infolist()
        if not info.filename.endswith("/")  # is_dir() stumbles over an empty name
    ]


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, take: Callable[[IO[bytes]], bytes]) -> bytes:
    if archive.fp is None:
        raise RuntimeError("the archive is closed: read a member before the walk goes on")
    if info.flag_bits & _ENCRYPTED:
        raise ReadError("is encrypted; unpack it with its password and import the result")
    if info.compress_type not in _READABLE:
        raise ReadError(f"is packed with the rare method {info.compress_type}; unpack it and import the result")
    try:
        with archive.open(info) as stream:
            return take(stream)
    except _ZIP_ERRORS as error:
        raise Malformed("is damaged inside its zip file", offset=info.header_offset) from error


def _directory_bytes(file: IO[bytes]) -> int:
    """The length of a zip's list of members, from its end record or the 64-bit one before it; 0 where there is none."""
    end = file.seek(0, 2)
    reach = min(end, 0xFFFF + _END_BYTES + _LOCATOR_BYTES + _END64_BYTES)
    file.seek(end - reach)
    tail = file.read(reach)
    file.seek(0)
    at = tail.rfind(_END)
    if at < 0 or at + _END_BYTES > len(tail):
        return 0
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    at64 = at - _LOCATOR_BYTES - _END64_BYTES
    if size == _IN_END64 and at64 >= 0:
        return int.from_bytes(tail[at64 + 40 : at64 + 48], "little")
    return size
