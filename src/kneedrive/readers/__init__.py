"""Bytes to activities, and the words that files and exports have for sports.

The kind of a file is told from its bytes, never from its name. Every reader takes the bytes and returns activities, one
per session, without id and name, with notes about what it forgave.
"""

import hashlib
import re
from enum import StrEnum
from importlib import import_module

from kneedrive.errors import ReadError, UnknownFormat
from kneedrive.recording import Activity, NoteCode


class Kind(StrEnum):
    """What bytes are. STRAVA: a document of sources/strava.py. NONE: nothing that is read or unpacked here."""

    FIT = "fit"
    GPX = "gpx"
    TCX = "tcx"
    STRAVA = "strava"
    GZIP = "gzip"
    ZIP = "zip"
    NONE = ""


FILES = frozenset({Kind.FIT, Kind.GPX, Kind.TCX})  # of watches and services, one recording each
ARCHIVES = frozenset({Kind.GZIP, Kind.ZIP})
# By kind, where its reader stands: each takes milliseconds to load, and one is needed.
_READERS = {
    Kind.FIT: ("fit", "read"),
    Kind.GPX: ("tracks", "read_gpx"),
    Kind.TCX: ("tracks", "read_tcx"),
    Kind.STRAVA: ("strava", "read"),
}
# How the bytes of each kind begin, and where; XML has its first element somewhere near the beginning.
_MARKS = (
    (b".FIT", 8, Kind.FIT),
    (b"\x1f\x8b", 0, Kind.GZIP),
    (b"PK\x03\x04", 0, Kind.ZIP),
    (b"PK\x05\x06", 0, Kind.ZIP),  # an empty one
    (b'{"format":"kneedrive-strava-', 0, Kind.STRAVA),  # as sources/strava.py writes it
)
_ELEMENTS = ((b"<gpx", Kind.GPX), (b"<trainingcenterdatabase", Kind.TCX))
_HEAD = 4096


def sniff(data: bytes) -> Kind:
    """What these bytes are, told from how they begin."""
    for mark, place, kind in _MARKS:
        if data.startswith(mark, place):
            return kind
    head = data[:_HEAD].replace(b"\0", b"").lower()  # without the zeros of UTF-16
    return next((kind for element, kind in _ELEMENTS if element in head), Kind.NONE)


def identity(data: bytes) -> str:
    """The id that a recording's activities carry: the first 12 hex digits of the SHA-256 of its bytes."""
    return hashlib.sha256(data).hexdigest()[:12]


def read(data: bytes, name: str = "") -> tuple[Activity, ...]:
    """The activities in the bytes of one FIT, GPX or TCX file, or of a document of Strava's API.

    The second and later ones have a number behind the id. Raises ReadError (UnknownFormat, Truncated, Malformed,
    NoActivity) with the name and, where one can be named, the byte offset.
    """
    kind = sniff(data)
    if not data:
        raise UnknownFormat("is empty", name=name)
    if kind not in _READERS:
        raise UnknownFormat("is not a FIT, GPX or TCX file; export it again, or leave it out", offset=0, name=name)
    module, function = _READERS[kind]
    try:
        found: list[Activity] = getattr(import_module(f"kneedrive.readers.{module}"), function)(data)
    except ReadError as problem:
        problem.name = name
        raise
    own = identity(data)
    return tuple(
        activity.replace(name=name, id=f"{own}-{number}" if number > 1 else own)
        for number, activity in enumerate(found, start=1)
    )


UNKNOWN = "unknown"
_UNNAMED = (NoteCode.SPORT_ASSUMED, NoteCode.SPORT_UNKNOWN)  # of the notes where a file names no sport
ON_FOOT = frozenset({"running", "walking", "hiking"})

# Strava writes its own numbers into <type> of its GPX exports.
_NUMBERS = {"1": "cycling", "4": "hiking", "9": "running", "10": "walking", "16": "swimming"}
_RUNNING = (
    r"\bruns?\b|\brunning\b|\b(trail|virtual|treadmill)run|\brace\b|\bjog|\blauf|\bcourse\b|\bcarrera\b|\bcorsa\b"
)
_WORDS = (
    ("cycling", re.compile(r"bik|cycl|\bride\b|virtualride|radfahr|vélo|ciclis|fiets")),
    ("running", re.compile(_RUNNING + r"|\bcorrida\b|\bhardlopen\b|\bbieg|\bбег|跑步|ランニング")),
    ("hiking", re.compile(r"hik|wander|randonn|trek")),
    ("walking", re.compile(r"walk|\bgehen|spazier|marche|camina")),
    ("swimming", re.compile(r"swim|schwimm|natation|nataci")),
    ("cross_country_skiing", re.compile(r"ski|langlauf")),
)
_SUB_SPORTS = (("trail", "trail"), ("treadmill", "treadmill"), ("indoor", "treadmill"), ("virtual", "virtual_activity"))


def sport_of(words: str) -> str:
    """FIT's word for what a file or an export calls a sport; "unknown" where it calls it nothing that is known.

    The first that fits counts, cycling before running: "Run, then ride" is rare, "ride" inside "Laufrad" is not.
    """
    plain = words.strip().lower().replace("_", " ").replace("-", " ")
    if plain in _NUMBERS:
        return _NUMBERS[plain]
    return next((sport for sport, pattern in _WORDS if pattern.search(plain)), UNKNOWN)


def sub_sport_of(words: str) -> str:
    """FIT's word for the kind of running, where the file names one; else "generic"."""
    plain = words.lower()
    return next((sub_sport for part, sub_sport in _SUB_SPORTS if part in plain), "generic")


def with_sport(activity: Activity, words: str) -> Activity:
    """The activity with the sport that an export's list gives it, where the file names none and the words say one."""
    sport = sport_of(words)
    if sport == UNKNOWN or not any(note.code in _UNNAMED for note in activity.notes):
        return activity
    notes = tuple(note for note in activity.notes if note.code not in _UNNAMED)
    return activity.replace(sport=sport, sub_sport=sub_sport_of(words), notes=notes)
