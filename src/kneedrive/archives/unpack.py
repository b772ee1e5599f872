"""gzip and zip, piece by piece and within a budget. Foreign errors become ReadErrors here."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from kneedrive.archives.found import Entry, masked, shortened
from kneedrive.archives.limits import Budget
from kneedrive.errors import Malformed, ReadError, Truncated

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
_END, _END_BYTES = b"PK\x05\x06", 22
_LOCATOR_BYTES, _END64_BYTES = 20, 56
_IN_END64 = 0xFFFFFFFF


def gunzip(data: bytes, budget: Budget, name: str) -> bytes:
    """The content of a gzip stream, of one or several parts; zeros or other bytes behind it are ignored.

    Raises Truncated where it ends early, Malformed for damage (with the byte offset), ReadError beyond the limits.
    """
    whole = io.BytesIO()  # unlike a list of pieces, it holds them once
    at = 0
    while data.startswith(b"\x1f\x8b", at):
        part = zlib.decompressobj(_GZIP_WINDOW)
        fed = _SMALLEST_FEED
        while not part.eof:
            given = data[at : at + fed]
            try:
                piece = part.decompress(given, _PIECE_BYTES)
            except zlib.error as error:
                raise Malformed("is a damaged gzip file", offset=at, name=name) from error
            if not given and not piece and not part.eof:
                problem = "is a gzip file that ends early; copy or download it again"
                raise Truncated(problem, offset=len(data), name=name, got=len(data))
            at += len(given) - len(part.unused_data) - len(part.unconsumed_tail)
            fed = min(2 * fed, _LARGEST_FEED)
            _take(piece, whole, budget, name)
    return whole.getvalue()


def _take(piece: bytes, whole: IO[bytes], budget: Budget, name: str) -> None:
    """Add a piece to what has unfolded of a file; raises ReadError beyond the limits."""
    _check_size(whole.tell() + len(piece), budget, name)
    budget.spend(len(piece), name)
    whole.write(piece)


def _check_size(size: int, budget: Budget, name: str) -> None:
    if size > budget.limits.member_bytes:
        problem = f"unfolds to more than {budget.limits.member_bytes:,} bytes"
        raise ReadError(problem, name=name)


@contextmanager
def opened(source: Path | IO[bytes], budget: Budget, depth: int, name: str) -> Iterator[zipfile.ZipFile]:
    """A zip file, its list of members checked before it is read. Raises ReadError where it is none."""
    try:
        _check_directory(source, budget, name)
        archive = zipfile.ZipFile(source)
    except _ZIP_ERRORS as error:
        raise Malformed("is a damaged zip file; copy or download it again", name=name) from error
    with archive:
        budget.enter(depth, len(archive.infolist()), name)
        yield archive


def entries(archive: zipfile.ZipFile, budget: Budget, name: str) -> list[Entry]:
    """The members of an archive that are files, in its order."""
    return [
        Entry(
            shortened(info.filename.replace("\\", "/")),
            info.file_size,
            partial(_peek, archive, info, f"{name}/{masked(info.filename)}"),
            partial(_member, archive, info, budget, f"{name}/{masked(info.filename)}"),
        )
        for info in archive.infolist()
        if not info.filename.endswith("/")  # is_dir() stumbles over an empty name
    ]


def _peek(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    with _readable(archive, info, name) as stream:
        return stream.read(HEAD_BYTES)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget, name: str) -> bytes:
    whole = io.BytesIO()
    with _readable(archive, info, name) as stream:
        while piece := stream.read(_PIECE_BYTES):
            _take(piece, whole, budget, name)
    return whole.getvalue()


@contextmanager
def _readable(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Iterator[IO[bytes]]:
    if archive.fp is None:
        mistake = "the archive is closed: read a member before the walk goes on"
        raise RuntimeError(mistake)
    if info.flag_bits & _ENCRYPTED:
        raise ReadError("is encrypted; unpack it with its password and import the result", name=name)
    if info.compress_type not in _READABLE:
        problem = f"is packed with the rare method {info.compress_type}; unpack it and import the result"
        raise ReadError(problem, name=name)
    try:
        with archive.open(info) as stream:
            yield stream
    except _ZIP_ERRORS as error:
        raise Malformed("is damaged inside its zip file", offset=info.header_offset, name=name) from error


def _check_directory(source: Path | IO[bytes], budget: Budget, name: str) -> None:
    """Refuse a list of members of absurd length before zipfile makes an object of each."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            size = _directory_bytes(file)
    else:
        size = _directory_bytes(source)
    if size > budget.limits.directory_bytes:
        raise ReadError(f"lists its members in {size:,} bytes, far more than an export has", name=name)


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
