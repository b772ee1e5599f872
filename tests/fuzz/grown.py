"""Inputs that grow: one piece of a sound file, many times over, up to a megabyte.

What takes more than linear time or far more memory than bytes shows only in what repeats.
"""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Callable

from kneedrive.errors import ReadError
from kneedrive.readers.fit.profile import ACTIVITY, DEVICE_INFO, EVENT, FILE_ID, LAP, RECORD, SESSION, SPORT
from kneedrive.readers.fit.wire import parts
from tests.fuzz.zips import stored, zipped

SIZES = (20_000, 60_000, 250_000, 1_000_000)
PIECE = re.compile(rb"<[?!/]?[A-Za-z:_][^<>\s]*\s?|<[^<>]*>|</[^<>]*>\s*|\s[A-Za-z:]+=\"[^\"]*\"|[^<>]{1,40}")
ELEMENT = re.compile(rb"<([A-Za-z:_][A-Za-z0-9:_]*)\b[^<>]*>.{0,600}?</\1>", re.DOTALL)
NAME = re.compile(rb"<([A-Za-z_]+)")
MARKS = (b"<?xml ", b"<!-- ", b"<![CDATA[", b"]]>", b"&lt;", b' xmlns:a="b"', b"<trkpt ", b"<gpx ", b"'")
JSON = (b"[", b"{", b"[],", b"{},", b'{"":', b"0,", b"null,", b"1e9,", b'"\\u0000",', b"9", b'"a":1,')
LONGEST_NAME = 65_000
READ_KINDS = (FILE_ID, SPORT, SESSION, LAP, RECORD, EVENT, DEVICE_INFO, ACTIVITY, 147, 206, 207)
WIDTHS = ((1, 2), (1, 2), (1, 0), (2, 0x84), (4, 0x86), (4, 0x86), (255, 2))


def grown(kind: str, body: bytes, chance: random.Random, times: int = 1) -> bytes:
    """An input of that kind around a piece of a sound file, as large as chance has it, or so many times as large."""
    size = times * chance.choice(SIZES)
    ways = {"fit": FIT, "gpx": XML, "tcx": XML, "strava": TEXT, "archive": ARCHIVE}[kind]
    return chance.choice(ways)(body, chance, size)


def many(piece: bytes, size: int) -> bytes:
    """The piece again and again, about `size` bytes."""
    return piece * max(1, size // max(len(piece), 1))


def numbered(piece: bytes, size: int) -> bytes:
    """The piece again and again with "#" in it replaced by a number."""
    numbers = range(max(1, size // (len(piece) + 5)))
    return b"".join(piece.replace(b"#", b"%d" % number) for number in numbers)


def _amid(body: bytes, at: int, piece: bytes) -> bytes:
    return body[:at] + piece + body[at:]


def text_piece(body: bytes, chance: random.Random, size: int) -> bytes:
    """A token of the text, in its place."""
    found = PIECE.search(body, chance.randrange(len(body)))
    if found is None:
        return many(body, size)
    return _amid(body, found.start(), many(found[0], size))


def element(body: bytes, chance: random.Random, size: int) -> bytes:
    """A whole element, in its place."""
    found = ELEMENT.search(body, chance.randrange(len(body)))
    return text_piece(body, chance, size) if found is None else _amid(body, found.end(), many(found[0], size))


def distinct(body: bytes, chance: random.Random, size: int) -> bytes:
    """Elements, prefixes or attributes, each with a name of its own."""
    found = NAME.search(body, chance.randrange(len(body)))
    name = found[1] if found else b"a"
    piece = chance.choice((b"<%b#/>", b"<p#:%b/>", b"<%b a#='1'/>", b"<%b xmlns:p#='u'/>", b"<%b>#</%b>"))
    ends = [match.end() for match in re.finditer(rb">", body)] or [0]
    return _amid(body, chance.choice(ends), numbered(piece.replace(b"%b", name), size))


def marks(body: bytes, chance: random.Random, size: int) -> bytes:
    """A mark that means something to a reader: in a comment, in text, or before all else."""
    mark = many(chance.choice(MARKS), size)
    head = b"<?xml <gpx " if chance.random() < 0.5 else b""
    ends = [match.end() for match in re.finditer(rb">", body)] or [0]
    inside = b"<!-- " + mark.replace(b"--", b"") + b" -->" if chance.random() < 0.6 else mark
    return chance.choice((head + mark + body, _amid(body, chance.choice(ends), inside)))


def json_piece(body: bytes, chance: random.Random, size: int) -> bytes:
    """A piece of JSON's syntax behind one of its marks."""
    places = [match.end() for match in re.finditer(rb"[\[{:,]", body)] or [0]
    return _amid(body, chance.choice(places), many(chance.choice(JSON), size))


def _stated(body: bytes) -> bytes:
    """The FIT file with the size that it has."""
    head = body[0]
    return body[:4] + max(len(body) - head - 2, 0).to_bytes(4, "little") + body[8:]


def _starts(body: bytes) -> list[int]:
    """Where messages and definitions of a FIT file start."""
    try:
        part = next(parts(body))
    except ReadError:
        return [14]
    places = {start for layout in part.layouts for start in (*layout.starts.tolist(), layout.offset)}
    return sorted(places) or [14]


def fit_piece(body: bytes, chance: random.Random, size: int) -> bytes:
    """Some messages in a row, with the definitions among them, again and again."""
    starts = _starts(body)
    first = chance.randrange(len(starts))
    last = min(first + chance.choice((1, 1, 2, 5, 30)), len(starts) - 1)
    piece = body[starts[first] : starts[last]] or body[starts[first] : starts[first] + 8]
    return _stated(_amid(body, starts[last], many(piece, size)))


def fit_kinds(_body: bytes, chance: random.Random, size: int) -> bytes:
    """Some kinds of messages with few or no fields, each kind many times; those of four bytes count the seconds."""
    made = bytearray(b"\x0c\x20\x64\x08\0\0\0\0.FIT")
    for local, kind in enumerate(chance.sample(READ_KINDS, 6)):
        numbers = chance.sample((253, 0, 1, 2, 3, 4, 5, 7, 8, 9, 25, 39), chance.randint(0, 3))
        fields = [(number, *chance.choice(WIDTHS)) for number in numbers]
        made += bytes((0x40 | local, 0, 0, kind, 0, len(fields))) + b"".join(map(bytes, fields))
        number = min(size // 6 // (1 + sum(width for _, width, _ in fields)), 190 if kind == SESSION else size)
        step = chance.choice((1, 1, 500))
        for second in range(1_000_000_000, 1_000_000_000 + step * number, step):
            told = (second.to_bytes(4, "little") if width == 4 else bytes(width) for _, width, _ in fields)
            made += bytes((local,)) + b"".join(told)
    return _stated(bytes(made + b"\0\0"))


def chained(body: bytes, _chance: random.Random, size: int) -> bytes:
    """The same file again and again."""
    return many(body, size)


def gzip_parts(body: bytes, chance: random.Random, size: int) -> bytes:
    """A gzip file of many parts, most of them tiny."""
    return many(gzip.compress(chance.choice((b"", b"x", body[:50])), mtime=0), size) + gzip.compress(body, mtime=0)


def members(body: bytes, chance: random.Random, size: int) -> bytes:
    """A zip of many members whose names follow a pattern, beside one that may be a recording."""
    pattern = chance.choice(("{}.fit", "{}/activities.csv", "activities/{}.gpx", "{}.zip", "{}.gz", "{}", "a/{}.txt"))
    inside = chance.choice((b"", b"x", body[:30]))
    number = size // (len(pattern) * 2 + len(inside) + 90)
    return stored({**{pattern.format(i): inside for i in range(number)}, "last.fit": body[:5000]})


def long_names(body: bytes, chance: random.Random, size: int) -> bytes:
    """A zip whose members have names as long as can be, or whose one long name stands before many others."""
    long = chance.choice("a@/: .\u00e9") * (LONGEST_NAME // 2)
    if chance.random() < 0.5:
        return stored({f"{i}{long}.fit": b"x" for i in range(max(1, size // (2 * len(long.encode()))))})
    return stored({long + ".zip": members(body, chance, size)})


def lists(_body: bytes, chance: random.Random, size: int) -> bytes:
    """An export whose list of activities is a pattern that packs well, 60 times as large as asked for."""
    row = chance.choice(
        (b"\n", b",", b'"', b'"\n', b"1,2,3,4,activities/#\n", b"activities/1.fit,", b"," * 200 + b"\n")
    )
    table = numbered(row, size) if b"#" in row else many(row, 60 * size)
    return zipped({"activities.csv": table, "activities/1.fit": b"x"})


Way = Callable[[bytes, random.Random, int], bytes]
FIT: tuple[Way, ...] = (fit_piece, fit_piece, fit_kinds, fit_kinds, chained)
XML: tuple[Way, ...] = (text_piece, element, distinct, marks)
TEXT: tuple[Way, ...] = (text_piece, json_piece, json_piece)
ARCHIVE: tuple[Way, ...] = (gzip_parts, members, long_names, lists)
