"""Inputs by number: a sound file broken in a way that the number decides, one of odd types, or one that grows."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from kneedrive.errors import ReadError
from kneedrive.readers import read
from kneedrive.sources.strava import document, listed
from tests.conftest import FIXTURES, real_files
from tests.fuzz.grown import grown
from tests.fuzz.typed import typed_fit
from tests.fuzz.zips import stored, zipped

KINDS = ("fit", "gpx", "tcx", "strava", "archive")
LARGEST = {"fit": 60_000, "gpx": 15_000, "tcx": 15_000, "strava": 60_000, "archive": 120_000}
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
ABSURD = (b"0", b"-1", b"nan", b"NaN", b"-inf", b"1e309", b"4294967295", b"-2147483648", b"1e-320", b"", b"null", b"[]")
TOKENS = (
    b"<",
    b">",
    b"&",
    b"&#0;",
    b"]]>",
    b"<!--",
    b"\xff\xfe",
    b"\0",
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"\xed\xa0\x80",
)
EXTREMES = (0x00, 0x01, 0x40, 0x7F, 0x80, 0xC0, 0xFE, 0xFF)
ROUNDS = (0, 1, 1, 1, 2, 3, 6)
TYPED, GROWN = 0.3, 0.05  # shares of the inputs


class Input(NamedTuple):
    """What is fed to a reader. kind tells which one where the bytes do not; grown: whether it can be made larger."""

    number: int
    kind: str
    body: bytes
    grown: bool = False


@cache
def seeds(kind: str) -> tuple[bytes, ...]:
    """Sound files of a kind: fixtures, and small real ones where there are some."""
    if kind == "strava":
        return _strava()
    if kind == "archive":
        return _archives()
    real = real_files("fit*/*.fit", "history-*/*.fit") if kind == "fit" else real_files(f"{kind}/*.{kind}")
    paths = [*FIXTURES.rglob(f"*.{kind}"), *real]
    bodies = {path.read_bytes() for path in paths if 0 < path.stat().st_size <= LARGEST[kind]}
    return tuple(sorted(bodies))


def _strava() -> tuple[bytes, ...]:
    """Documents as they are kept of Strava's answers: with streams, and without."""
    summaries = [json.loads(path.read_bytes()) for path in sorted((FIXTURES / "strava").glob("summary_*.json"))]
    streams = json.loads((FIXTURES / "strava" / "streams_run.json").read_bytes())
    short = {name: {"data": stream["data"][:20]} for name, stream in streams.items()}
    return tuple(document(listed(summary).summary, some) for summary in summaries for some in (streams, short, {}))


def _archives() -> tuple[bytes, ...]:
    """Archives of every shape: plain, stored, nested, gzipped, with an export's layout, and what unfolds a lot."""
    fit = min((body for body in seeds("fit") if readable(body)), key=len)
    gpx = min((body for body in seeds("gpx") if readable(body)), key=len)
    inner = zipped({"a.fit": fit, "b.gpx.gz": gzip.compress(gpx, mtime=0)})
    made = [
        inner,
        gzip.compress(fit, mtime=0),
        gzip.compress(inner, mtime=0),
        zipped({"deep/inner.zip": inner, "notes.txt": b"no run"}),
        zipped(
            {
                "activities.csv": b"Activity ID,Filename\n1,activities/1.fit.gz\n",
                "activities/1.fit.gz": gzip.compress(fit, mtime=0),
            }
        ),
        zipped({"zeros.fit": bytes(2_000_000), "more.fit": bytes(2_000_000)}),
        stored({"../up.fit": fit, "/abs.fit": fit}),
    ]
    real = [path.read_bytes() for path in real_files("fit*/*") if path.stat().st_size <= LARGEST["archive"]]
    return tuple(made + [body for body in real if body[:2] in (b"PK", b"\x1f\x8b")])


def readable(body: bytes) -> bool:
    """Whether a reader makes an activity of it."""
    try:
        return bool(read(body))
    except ReadError:
        return False


def make(number: int, times: int = 1) -> Input:
    """The input of a number; the same on every machine that has the same seeds. times: how large, where it grows."""
    chance = random.Random(number)
    kind = KINDS[number % len(KINDS)]
    sound = typed_fit(chance) if kind == "fit" and chance.random() < TYPED else chance.choice(seeds(kind))
    if chance.random() < GROWN:
        return Input(number, kind, grown(kind, sound, chance, times), grown=True)
    body = bytearray(sound)
    ways = BINARY if kind in ("fit", "archive") else TEXT
    for _ in range(chance.choice(ROUNDS)):
        chance.choice(ways)(body, chance, kind)
        if not body:
            break
    return Input(number, kind, bytes(body))


def _at(body: bytearray, chance: random.Random) -> int:
    # Heads decide most: half of all places lie in the first few hundred bytes.
    reach = len(body) if chance.random() < 0.5 else min(len(body), 400)
    return chance.randrange(max(reach, 1))


def flip(body: bytearray, chance: random.Random, _kind: str) -> None:
    """One bit."""
    if body:
        body[_at(body, chance)] ^= 1 << chance.randrange(8)


def extreme(body: bytearray, chance: random.Random, _kind: str) -> None:
    """Up to four bytes of one extreme value."""
    at, count = _at(body, chance), chance.randint(1, 4)
    body[at : at + count] = bytes([chance.choice(EXTREMES)]) * min(count, len(body) - at)


def cut(body: bytearray, chance: random.Random, _kind: str) -> None:
    """The end is missing."""
    del body[_at(body, chance) :]


def remove(body: bytearray, chance: random.Random, _kind: str) -> None:
    """Some bytes are missing in the middle."""
    at = _at(body, chance)
    del body[at : at + chance.choice((1, 2, 7, 50, 1000))]


def insert(body: bytearray, chance: random.Random, _kind: str) -> None:
    """Noise in the middle."""
    at = _at(body, chance)
    body[at:at] = chance.randbytes(chance.choice((1, 2, 8, 64)))


def repeat(body: bytearray, chance: random.Random, _kind: str) -> None:
    """A piece comes again, perhaps somewhere else."""
    start = _at(body, chance)
    piece = body[start : start + chance.choice((4, 30, 300))]
    at = _at(body, chance)
    body[at:at] = piece * chance.choice((1, 1, 2, 20))


def splice(body: bytearray, chance: random.Random, kind: str) -> None:
    """The rest of another file."""
    other = chance.choice(seeds(kind))
    body[_at(body, chance) :] = other[chance.randrange(len(other)) :]


def number(body: bytearray, chance: random.Random, _kind: str) -> None:
    """One of the numbers becomes absurd."""
    at = _at(body, chance)
    found = NUMBER.search(body, at)
    if found:
        body[found.start() : found.end()] = chance.choice(ABSURD)


def token(body: bytearray, chance: random.Random, _kind: str) -> None:
    """A mark of the syntax in the wrong place."""
    at = _at(body, chance)
    body[at : at + chance.choice((0, 0, 1, 5))] = chance.choice(TOKENS)


Way = Callable[[bytearray, random.Random, str], None]
BINARY: tuple[Way, ...] = (flip, flip, flip, extreme, extreme, extreme, cut, remove, insert, repeat, splice)
TEXT: tuple[Way, ...] = (number,) * 12 + (token, token, flip, cut, remove, insert, repeat, splice)
