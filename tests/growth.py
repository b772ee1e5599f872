"""Inputs of any size for every reader and for archives, each of a shape that costs the most of something.

`SHAPES[name](size)` is an input of about `size` bytes; "archives" are unfolded, all else is read.
"""

from __future__ import annotations

import gzip
import json
import math
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from kneedrive import readers
from kneedrive.archives import unwrap
from kneedrive.errors import ReadError
from tests.fuzz.zips import stored, zipped

Shape = Callable[[int], bytes]
MEGABYTE = 1_000_000
STEEPEST = 2.6  # times the processor time for twice the input
USUAL_WORK_S = 0.06  # what the work of `slowness` takes on a quiet core
GPX = b'<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
TCX = b"<TrainingCenterDatabase><Activities><Activity>"
TCX_END = b"</Activity></Activities></TrainingCenterDatabase>"
START = 1_000_000_000
RECORD, SESSION, LAP, EVENT, DEVICE_INFO, DESCRIPTION = 20, 18, 19, 21, 23, 206
TIME, HEART_RATE, DISTANCE = (253, 4, 0x86), (3, 1, 2), (5, 4, 0x86)


def taken(body: bytes) -> None:
    """Unfold and read an input as the program would; a refusal is an answer."""
    for _, found in unwrap(body, "given"):
        if not isinstance(found, ReadError):
            try:
                readers.read(found, "given")
            except ReadError:
                continue


def steepness(spent_s: Callable[[int], float], *, soon_s: float, tries: int) -> float:
    """By what factor the time grows when the input doubles, 0 where all takes less than `soon_s` of processor time.

    spent_s: processor time for so many times the input. Once, twice and four times are measured, the best of several
    tries each, and the lesser of the two factors counts: what fills a cache steps up once, what is quadratic goes on.
    Other work on the same core makes processor time grow as well, so later tries wait for it to pass.
    """
    best = {1: math.inf, 2: math.inf, 4: math.inf}
    factor = 0.0
    for attempt in range(tries):
        if attempt >= 2:
            time.sleep(1.0)
        best = {times: min(sofar, spent_s(times)) for times, sofar in best.items()}
        if best[2] < soon_s:
            return 0.0
        factor = min(best[2] / best[1], math.sqrt(best[4] / best[1]))
        if factor <= STEEPEST:
            break
    return factor


def slowness() -> float:
    """How much slower than a quiet core of the usual kind this one is now; at least 1. A fixed piece of work tells."""
    begun_s = time.process_time()
    numbers = list(range(600_000))
    for _ in range(3):
        sum(number * number for number in numbers)
    return max(1.0, (time.process_time() - begun_s) / USUAL_WORK_S)


def resident(line: str) -> int:
    """A line of what the kernel says about this process, in bytes. VmHWM is the most it ever held."""
    told = Path("/proc/self/status").read_text(encoding="ascii").split(f"{line}:")[1]
    return int(told.split()[0]) * 1024


def repeated(piece: bytes, before: bytes = b"", after: bytes = b"") -> Shape:
    """A piece again and again, "#" in it being its number, between two ends."""

    def shape(size: int) -> bytes:
        count = size // (len(piece) + 5 * piece.count(b"#"))
        many = b"".join(piece.replace(b"#", b"%d" % i) for i in range(count)) if b"#" in piece else piece * count
        return before + many + after

    return shape


def timed(piece: bytes, seconds: Callable[[int], int], before: bytes, after: bytes) -> Shape:
    """A piece again and again, "@" in it being the time that `seconds` gives for its number."""

    def shape(size: int) -> bytes:
        times = (datetime(2020, 1, 1) + timedelta(seconds=seconds(i)) for i in range(size // (len(piece) + 15)))  # noqa: DTZ001
        return before + b"".join(piece.replace(b"@", f"{time:%Y%m%dT%H%M%S}".encode()) for time in times) + after

    return shape


def fit(*parts: bytes) -> bytes:
    """A FIT file of these messages, without checksums."""
    body = b"".join(parts)
    return struct.pack("<BBHI4s", 12, 0x20, 2132, len(body), b".FIT") + body + b"\0\0"


def defined(local: int, kind: int, *fields: tuple[int, int, int]) -> bytes:
    """A definition: number, size and type of each field."""
    head = bytes((0x40 | local, 0, 0)) + struct.pack("<HB", kind, len(fields))
    return head + b"".join(map(bytes, fields))


def counted(local: int, count: int, rest: bytes = b"", step: int = 1) -> bytes:
    """Messages that begin with a time, `step` seconds apart."""
    return b"".join(bytes((local,)) + struct.pack("<I", START + step * i) + rest for i in range(count))


def sessions_of(kind: int, fields: Iterable[tuple[int, int, int]], rest: Callable[[int], bytes]) -> Shape:
    """As many sessions as are allowed, all as long as the file, each over the same messages of a kind."""

    def shape(size: int) -> bytes:
        told = defined(1, SESSION, (2, 4, 0x86), (7, 4, 0x86))
        told += counted(1, 200, struct.pack("<I", 100_000_000), step=500)
        records = defined(0, RECORD, TIME) + counted(0, size // 20)
        rows = (b"\2" + struct.pack("<I", START + i) + rest(i) for i in range(size // 2 // (5 + len(rest(0)))))
        return fit(told, defined(2, kind, *fields), *rows, records)

    return shape


def short_messages(kind: int) -> Shape:
    """Messages of a kind without a field: a byte each."""
    return lambda size: fit(defined(0, kind), b"\0" * size)


def wide_and_narrow(size: int) -> bytes:
    """One record with an array of 255 values, and many with one."""
    wide = [(number, 255, 2) for number in (3, 4, 7, 8)]
    narrow = [(number, 1, 2) for number in (3, 4, 7, 8)]
    return fit(
        defined(0, RECORD, *wide),
        b"\0" + b"\x50" * 1020,
        defined(1, RECORD, *narrow),
        b"\1\x80\x80\x80\x80" * (size // 5),
    )


def layouts(size: int) -> bytes:
    """Definitions that all differ, in as many chained files as are read."""
    one = b"".join(defined(0, RECORD, (i % 250, 1, 2), (i // 250, 1, 2)) + b"\0\1\1" for i in range(size // 100 // 15))
    return fit(one) * 100


def devices(size: int) -> bytes:
    """Sensors that all differ, in as many chained files as are read."""
    told = defined(0, DEVICE_INFO, (0, 1, 2), (2, 2, 0x84), (4, 2, 0x84))
    told += b"".join(b"\0" + struct.pack("<BHH", 1, 1, i) for i in range(size // 100 // 6))
    return fit(told, defined(1, RECORD, HEART_RATE), b"\1\1") * 100


def strava(**streams: Sequence[object]) -> bytes:
    """A document of Strava's API."""
    document = {"format": "kneedrive-strava-1", "activity": {"start_date": "2026-07-05T06:30:00Z"}, "streams": streams}
    return json.dumps(document, separators=(",", ":")).encode()


def many_members(name: str, body: bytes = b"") -> Shape:
    """A zip of members named by their numbers."""
    return lambda size: stored({name.format(i): body for i in range(size // (2 * len(name) + 90 + len(body)))})


def list_of(row: bytes, times: int) -> Shape:
    """An export with a list of this row again and again, which packs well: `times` the size when unfolded."""
    return lambda size: zipped({"activities.csv": row * (times * size // len(row)), "activities/1.fit": b"x"})


def long_name(letters: str, most: int) -> Shape:
    """Zip members with names as long as can be."""
    return lambda size: stored(
        {f"{i}{letters * (most // len(letters))}.fit": b"x" for i in range(max(1, size // (2 * most)))}
    )


def packed(before: bytes, point: bytes, after: bytes) -> bytes:
    """A document of so many points that it is refused, and still is no larger than XML may be."""
    return before + point * 1_400_000 + after


def gpx_in_a_gzip(size: int) -> bytes:
    """A track that packs well, then nothing up to the size: the size allows what is unfolded."""
    return gzip.compress(packed(SEGMENT, b"<trkpt/>", SEGMENT_END), mtime=0).ljust(size, b"\0")


def tcx_in_a_zip(size: int) -> bytes:
    """As many TCX files as fit, each with more points than are read."""
    body = packed(TCX + b"<Lap><Track>", b"<Trackpoint/>", b"</Track></Lap>" + TCX_END)
    return zipped({f"{i}.tcx": body for i in range(max(1, size // 60_000))})


def full_tracks_in_a_zip(point: bytes, packed_bytes: int) -> Shape:
    """As many tracks as fit, each with as many points as are read; one packs into so many bytes."""
    body = SEGMENT + point * 100_000 + SEGMENT_END
    return lambda size: zipped({f"{i}.gpx": body for i in range(max(1, size // packed_bytes))})


def long_outer_name(size: int) -> bytes:
    """A zip with an endless name around many members."""
    return stored({"a" * 60_000 + ".zip": many_members("{}.fit")(size)})


def nested_lists(size: int) -> bytes:
    """Exports inside an archive, each with a list that packs well."""
    inner = zipped({"activities.csv": b"activities/,,,," * 60 * 15_000, "activities/1.fit": b"x"})
    return stored({f"{i}.zip": inner for i in range(max(1, size // len(inner)))})


SEGMENT, SEGMENT_END = GPX + b"<trk><trkseg>", b"</trkseg></trk></gpx>"
PLACED = b'<trkpt lat="1" lon="2"><time>@</time></trkpt>'
TIMED = PLACED.replace(b"@", b"2020-01-01T00:00:00Z")
ATTRIBUTES = b"<trkpt " + b" ".join(b'a%d=""' % i for i in range(20)) + b"/>"
FITS: dict[str, Shape] = {
    "records of a byte": short_messages(RECORD),
    "laps of a byte": short_messages(LAP),
    "descriptions of a byte": short_messages(DESCRIPTION),
    "unknown messages": short_messages(147),
    "compressed times": lambda size: fit(
        defined(0, RECORD, TIME), counted(0, 1), defined(0, RECORD), bytes(0x80 | i % 32 for i in range(size))
    ),
    "one wide record": wide_and_narrow,
    "times that jump": lambda size: fit(
        defined(0, RECORD, TIME), *(b"\0" + struct.pack("<I", START + i * 7919 % 200_000) for i in range(size // 5))
    ),
    "pauses": lambda size: fit(defined(0, RECORD, TIME, DISTANCE), counted(0, size // 9, bytes(4), step=100)),
    "redefinitions": lambda size: fit((defined(0, RECORD, HEART_RATE) + b"\0\x50") * (size // 11)),
    "layouts": layouts,
    "devices": devices,
    "sessions and laps": sessions_of(LAP, [(2, 4, 0x86)], lambda _: b""),
    "sessions and events": sessions_of(EVENT, [TIME, (0, 1, 0), (1, 1, 0)], lambda i: bytes((0, i % 2))),
}
XMLS: dict[str, Shape] = {
    "points without anything": repeated(b"<trkpt/>", SEGMENT, SEGMENT_END),
    "points": timed(PLACED, lambda i: i, SEGMENT, SEGMENT_END),
    "points in pairs": timed(PLACED, lambda i: i // 2 * 100 + i % 2, SEGMENT, SEGMENT_END),
    "tracks": repeated(b"<trk/>", GPX, b"</gpx>"),
    "extensions": repeated(b"<a/>", SEGMENT + b"<trkpt><extensions>", b"</extensions></trkpt>" + SEGMENT_END),
    "names of elements": repeated(b"<a#/>", GPX, b"</gpx>"),
    "prefixes": repeated(b"<a#:b/>", GPX, b"</gpx>"),
    "declared prefixes": repeated(b"<a xmlns:b#='c'/>", GPX, b"</gpx>"),
    "names of attributes": repeated(b"<a b#='1'/>", GPX, b"</gpx>"),
    "beginnings of points in a comment": repeated(b"<trkpt ", GPX + b"<!-- ", b" --></gpx>"),
    "beginnings of declarations": repeated(b"<?xml ", b"<?xml <gpx "),
    "declarations of prefixes in text": repeated(b" xmlns:a ", GPX, b"</gpx>"),
    "escaped letters": repeated(b"a&lt;", GPX + b"<trk><type>", b"</type></trk></gpx>"),
    "words of sports": repeated(b"runrace ", GPX + b"<trk><type>", b"</type></trk></gpx>"),
    "digits of a time": repeated(b"2020-1-1T", SEGMENT + b"<trkpt><time>", b"</time></trkpt>" + SEGMENT_END),
    "digits of a place": repeated(b"1", SEGMENT + b"<trkpt><ele>", b"</ele></trkpt>" + SEGMENT_END),
    "laps": repeated(b"<Lap/>", TCX, TCX_END),
    "trackpoints": timed(
        b"<Trackpoint><Time>@</Time></Trackpoint>", lambda i: i, TCX + b"<Lap><Track>", b"</Track></Lap>" + TCX_END
    ),
    "activities": repeated(b"<Activity/>", TCX, TCX_END),
}
STRAVAS: dict[str, Shape] = {
    "streams": lambda size: strava(**{name: list(range(size // 15)) for name in ("time", "cadence")}),
    "nulls": lambda size: strava(time=[None] * (size // 5)),
    "nested lists": lambda size: b'{"format":"kneedrive-strava-1","activity":' + b"[" * size,
    "endless numbers": lambda size: strava(time=[10**4000] * (size // 4000)),
}
ARCHIVES: dict[str, Shape] = {
    "members": many_members("{}.fit"),
    "members that are no recordings": many_members("{}"),
    "gzipped members": many_members("{}.fit.gz", gzip.compress(b"x", mtime=0)),
    "zips in a zip": many_members("{}.zip", stored({"a": b""})),
    "lists": many_members("{}/activities.csv"),
    "long names": long_name("a", 65_000),
    "long names of @": long_name("@", 65_000),
    "long names of /": long_name("/", 65_000),
    "a long name around members": long_outer_name,
    "parts of a gzip": repeated(gzip.compress(b"", mtime=0)),
    "parts of a byte": repeated(gzip.compress(b"x", mtime=0)),
    "zeros": lambda size: gzip.compress(bytes(90 * size), mtime=0),
    "zeros in a zip": lambda size: zipped({"a.fit": bytes(90 * size)}),
    "a list of newlines": list_of(b"\n", 15),
    "a list of newlines, far larger": list_of(b"\n", 60),
    "a list of commas": list_of(b",", 15),
    "a list of short rows": list_of(b"," * 250 + b"\n", 15),
    "a list of files": list_of(b"1,2,3,4,activities/1.fit\n", 10),
    "lists in archives": nested_lists,
    "gpx in a gzip": gpx_in_a_gzip,
    "tcx in a zip": tcx_in_a_zip,
    "gpx in a zip": full_tracks_in_a_zip(b"<trkpt/>", 2_000),
    "gpx with times in a zip": full_tracks_in_a_zip(TIMED, 19_000),
    "gpx with times of its own in a zip": full_tracks_in_a_zip(b"<trkpt><time>2020-1-1T0:0:0Zx</time></trkpt>", 14_000),
    "gpx of attributes in a zip": full_tracks_in_a_zip(ATTRIBUTES, 54_000),
}
SHAPES = {
    f"{kind}: {name}": shape
    for kind, shapes in (("fit", FITS), ("xml", XMLS), ("strava", STRAVAS), ("archive", ARCHIVES))
    for name, shape in shapes.items()
}
