"""GPX and TCX, by one pass over their elements that nothing can blow up.

Elements go by their names without prefix, in lower case, so that undeclared prefixes, old versions and extensions where
none belong make no difference. No schema is trusted: points lack times, positions or distances, laps overlap, and a
watch in a gym has no position.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import ClassVar, NoReturn
from xml.parsers import expat

from kneedrive.errors import Malformed, NoActivity, ReadError
from kneedrive.method import TrackRules
from kneedrive.readers import Kind, points, sport_of
from kneedrive.readers.motion import LARGEST, SMALLEST
from kneedrive.readers.points import COLUMN, LapRow, Session, empty_point
from kneedrive.recording import Activity

RULES = TrackRules()
# A day of one point a second with every extension: 20 MB and 700,000 elements of GPX, 30 MB and 1,050,000 of TCX.
MAX_BYTES = 40 * 1024 * 1024
MAX_ELEMENTS = 1_500_000
MAX_DEPTH = 64
MAX_POINTS = 100_000
# Entities are where XML turns hostile (a few lines that unfold to gigabytes, a file on this machine quoted into the
# text), and no activity file needs them: a document type is refused before anything in it is looked at.
_DOCTYPE = "declares a document type (DOCTYPE), which can hide harmful entities; no recording needs one"
_BLANKS = "\ufeff \t\r\n\0"
# How the bytes of an encoding begin: with its mark, or, UTF-16 of plain letters, with a zero in every other byte.
_MARKS = (
    (re.compile(rb"\xef\xbb\xbf"), "utf-8"),
    (re.compile(rb"\xff\xfe|[ \t\r\n]*<\0[?gT]\0"), "utf-16-le"),
    (re.compile(rb"\xfe\xff|[ \t\r\n]*\0<\0[?gT]"), "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# Single-byte encodings are believed as declared; all else is UTF-8, also what calls itself UTF-16 and is not.
_SINGLE = ("iso-8859", "windows-", "latin", "us-ascii", "cp12")
_HEAD = 400  # bytes in which an encoding is told
_DECLARATION = re.compile(r"<\?xml\b[^>]*\?>")
_ENDLESS_TAG = re.compile(r"<(?![!?])[^<>]{65536}")  # a parser holds all attributes of an element at once
_SHORT_TIME = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})[T ]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_NAN = float("nan")
_TIME, _LATITUDE, _LONGITUDE = (COLUMN[name] for name in ("unix_s", "latitude_deg", "longitude_deg"))


def read_gpx(data: bytes) -> list[Activity]:
    """The activities of a GPX file: its tracks, those of one sport that follow one another within half an hour joined.

    Raises Malformed for broken or hostile XML, ReadError for more than MAX_POINTS points, NoActivity for routes and
    tracks without times.
    """
    document = _Gpx()
    _fill(document, data, "gpx")
    found = points.activities(_joined(document.tracks), Kind.GPX)
    if not found:
        what = "a track without times" if document.tracks else "no track"
        raise NoActivity(f"holds {what}: a route or a plan, not a recorded run")
    return found


def read_tcx(data: bytes) -> list[Activity]:
    """The activities of a TCX file, one per Activity element that has a point with a time or at least a lap.

    Raises Malformed for broken or hostile XML, ReadError for more than MAX_POINTS points, NoActivity for courses and
    workouts.
    """
    document = _Tcx()
    _fill(document, data, "TrainingCenterDatabase")
    found = points.activities(document.sessions, Kind.TCX)
    if not found:
        what = "a course" if document.courses else "no activity with a time"
        raise NoActivity(f"holds {what}: nothing that was recorded on a run")
    return found


class Document:
    """What `walk` tells of a document; GPX and TCX keep what they need of it."""

    # Elements of which a file may hold MAX_POINTS of a kind, with the word for the kind in the refusal.
    counted: ClassVar[Mapping[str, str]] = {}

    def __init__(self) -> None:
        self.root = ""  # the name of the outermost element
        self.open: list[str] = []  # the names of those that are open, the innermost last

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element opens; it is in `open` already."""

    def end(self, name: str, text: str) -> None:
        """An element closes, and is in `open` no more; `text` is what stood directly in it, stripped."""


class _Gpx(Document):
    """The tracks of a GPX file: timed positions, with extensions of many dialects."""

    counted: ClassVar = {"trkpt": "points", "wpt": "points", "rtept": "points", "trk": "tracks"}
    # Elements of a point by name, with the column of POINT that they fill: its own, and those of extensions.
    fields: ClassVar = {"ele": COLUMN["altitude_m"], "speed": COLUMN["speed_mps"]}
    extensions: ClassVar = {
        "hr": COLUMN["heart_rate_bpm"],
        "heartrate": COLUMN["heart_rate_bpm"],
        "cad": COLUMN["cadence"],
        "cadence": COLUMN["cadence"],
        "runcadence": COLUMN["cadence"],
        "power": COLUMN["power_w"],
        "watts": COLUMN["power_w"],
        "powerinwatts": COLUMN["power_w"],
        "speed": COLUMN["speed_mps"],
        "distance": COLUMN["distance_m"],
    }

    def __init__(self) -> None:
        super().__init__()
        self.tracks: list[Session] = []
        self._creator = ""
        self._segments = 0
        self._point: list[float] | None = None
        self._extended: set[int] = set()  # columns that an extension has filled

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "trkpt" and self.tracks:
            self._point, self._extended = empty_point(self._segments), set()
            if not ("lat" in attributes and "lon" in attributes):
                attributes = {local(key): text for key, text in attributes.items()}
            self._point[_LATITUDE] = _own_number(attributes.get("lat", ""))
            self._point[_LONGITUDE] = _own_number(attributes.get("lon", ""))
        elif name == "trkseg":
            self._segments += 1
        elif name == "trk":
            self.tracks.append(Session(product=self._creator))
        elif len(self.open) == 1:
            # GPX does not name watches, only the program that wrote the file.
            self._creator = attribute(attributes, "creator")

    def end(self, name: str, text: str) -> None:
        if not self.tracks:
            return
        track, point, parent = self.tracks[-1], self._point, self.open[-1] if self.open else ""
        if point is None:
            if name == "type" and parent == "trk":
                track.sport = text
        elif name == "trkpt":
            track.points.extend(point)
            self._point = None
        elif parent == "trkpt" and name == "time":
            point[_TIME] = track.time(*moment(text))
        elif parent == "trkpt" and name in self.fields:
            column = self.fields[name]
            if column not in self._extended and point[column] != point[column]:  # NaN: not said so far
                point[column] = _own_number(text)
        elif name in self.extensions and (column := self.extensions[name]) not in self._extended:
            # The first of several dialects counts, and before a field of the point itself.
            self._extended.add(column)
            point[column] = number(text)


def _joined(tracks: list[Session]) -> list[Session]:
    # Some programs write every lap, or what follows a pause, as a track of its own: put together are those of one sport
    # of which each begins within half an hour after the one before.
    sessions: list[Session] = []
    for track in tracks:
        before = sessions[-1] if sessions else None
        gap_s = track.first_s - before.last_s if before else _NAN
        if before and 0 <= gap_s <= RULES.join_gap_s and sport_of(before.sport) == sport_of(track.sport):
            before.points.extend(track.points)
            before.last_s = track.last_s
        else:
            sessions.append(track)
    return sessions


class _Tcx(Document):
    """The activities of a TCX file: laps of tracks of points, with Garmin's extensions."""

    counted: ClassVar = {"trackpoint": "points", "lap": "laps", "activity": "activities"}
    # Elements of a point by name, with the column of POINT that they fill. Its only <Value> is its heart rate. The
    # extension's RunCadence comes after a Cadence of 0 in some files: the later one counts.
    fields: ClassVar = {
        "latitudedegrees": COLUMN["latitude_deg"],
        "longitudedegrees": COLUMN["longitude_deg"],
        "altitudemeters": COLUMN["altitude_m"],
        "distancemeters": COLUMN["distance_m"],
        "speed": COLUMN["speed_mps"],
        "cadence": COLUMN["cadence"],
        "runcadence": COLUMN["cadence"],
        "value": COLUMN["heart_rate_bpm"],
        "watts": COLUMN["power_w"],
    }
    totals: ClassVar = {"totaltimeseconds": "timer_s", "distancemeters": "distance_m"}

    def __init__(self) -> None:
        super().__init__()
        self.courses = 0
        self.sessions: list[Session] = []
        self._tracks = 0
        self._point: list[float] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "activity":
            self.sessions.append(Session(sport=attribute(attributes, "sport")))
        elif name == "course":
            self.courses += 1
        elif name == "track":
            self._tracks += 1
        elif name == "trackpoint":
            self._point = empty_point(self._tracks) if "activity" in self.open else None
        elif name == "lap" and "activity" in self.open:
            session = self.sessions[-1]
            began_s = session.time(*moment(attribute(attributes, "starttime")))
            session.laps.append(LapRow(unix_s=began_s, timer_s=_NAN, distance_m=_NAN))

    def end(self, name: str, text: str) -> None:
        if "activity" not in self.open:
            return
        session, parent = self.sessions[-1], self.open[-1]
        if self._point is not None:
            if name == "trackpoint":
                session.points.extend(self._point)
                self._point = None
            elif name == "time":
                self._point[_TIME] = session.time(*moment(text))
            elif name in self.fields and text:
                self._point[self.fields[name]] = number(text)
        elif parent == "lap" and session.laps and name in self.totals:
            session.laps[-1] = session.laps[-1].replace(**{self.totals[name]: number(text)})
        elif parent == "creator" and name == "name":
            session.product = text


def _fill(document: Document, data: bytes, root: str) -> None:
    """Read a file into the document. Raises ReadError, and Malformed where its first element is another one."""
    walk(decoded(data), document)
    if document.root != root.lower():
        raise Malformed(f"is XML, but its first element is <{document.root[:40]}> and not <{root}>")


def decoded(data: bytes) -> str:
    """The document as text: without byte order mark, leading blanks and XML declaration.

    Encoding by byte order mark, else by the zeros of UTF-16, else as declared, else UTF-8. Characters that do not fit
    become replacement signs: they stand in names and remarks, never in numbers that we could still use.
    """
    if len(data) > MAX_BYTES:
        raise ReadError(f"has {len(data):,} bytes of XML; kneedrive reads up to {MAX_BYTES:,}")
    text = data.decode(_encoding(data), errors="replace").lstrip(_BLANKS)
    declaration = _DECLARATION.match(text)
    return text[declaration.end() :].strip(_BLANKS) if declaration else text


def _encoding(data: bytes) -> str:
    marked = next((encoding for mark, encoding in _MARKS if mark.match(data, 0, _HEAD)), "")
    declared = _DECLARED.search(data, 0, _HEAD)
    named = declared[1].decode("ascii") if declared else ""
    with suppress(LookupError):
        return marked or codecs.lookup(named if named.lower().startswith(_SINGLE) else "utf-8").name
    return "utf-8"


def walk(text: str, document: Document) -> None:
    """Tell a document all its elements, in order. Nothing is ever fetched.

    Raises Malformed with the byte offset (in UTF-8) for what is no XML, for a document type, for absurd nesting;
    ReadError for more than MAX_POINTS points, or of what holds them, before one too many is kept.
    """
    endless = _ENDLESS_TAG.search(text)
    if endless:
        raise Malformed("holds a tag without an end", offset=len(text[: endless.start()].encode()))
    parser = _guarded(document)
    try:
        parser.Parse(text.encode("utf-8", errors="replace"), True)
    except expat.ExpatError as error:
        problem = f"is not well-formed XML: {expat.ErrorString(error.code)}; export it again"
        raise Malformed(problem, offset=max(parser.ErrorByteIndex, 0)) from error


def _guarded(document: Document) -> expat.XMLParserType:
    """A parser that tells the document, and refuses document types, absurd depth and absurd numbers of elements."""
    # Without namespaces: expat then takes undeclared prefixes, which some writers leave behind, as parts of names.
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True  # else a call for every line of a text
    opened, closed, names, counted = document.start, document.end, document.open, document.counted
    texts: list[list[str]] = [[]]  # of the elements that are open, and of what is around the first
    seen = 0
    kinds: Counter[str] = Counter()

    def refuse(problem: str) -> NoReturn:
        raise Malformed(problem, offset=parser.CurrentByteIndex)

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal seen
        seen += 1
        if len(names) >= MAX_DEPTH:
            refuse(f"nests elements deeper than {MAX_DEPTH}")
        if seen > MAX_ELEMENTS:
            refuse(f"has more than {MAX_ELEMENTS:,} elements, far more than a run")
        name = local(tag)
        if not names:
            document.root = name
        if name in counted:
            kinds[counted[name]] += 1
            if kinds[counted[name]] > MAX_POINTS:
                most = f"{MAX_POINTS:,} (more than a day of one a second)"
                raise ReadError(f"has more than {MAX_POINTS:,} {counted[name]}; kneedrive reads up to {most}")
        names.append(name)
        texts.append([])
        opened(name, attributes)

    def characters(piece: str) -> None:
        texts[-1].append(piece)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: closed(names.pop(), "".join(texts.pop()).strip())
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = lambda *_: refuse(_DOCTYPE)
    return parser


@lru_cache(maxsize=256)
def local(tag: str) -> str:
    """The name of an element without prefix or namespace, in lower case: writers agree on little else."""
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def attribute(attributes: dict[str, str], wanted: str) -> str:
    """An attribute by its name in lower case, without prefix; "" for none."""
    return next((text for key, text in attributes.items() if local(key) == wanted), "")


def moment(text: str) -> tuple[float, int]:
    """Seconds since 1970 and the zone's offset of a written time, UTC where it names none; NaN and 0 for no time."""
    try:
        try:
            written = datetime.fromisoformat(text)
        except ValueError:
            short = _SHORT_TIME.match(text)  # some writers leave leading zeros out
            if not short:
                raise
            padded = "{}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*map(int, short.groups()))
            written = datetime.fromisoformat(padded + text[short.end() :])
        aware = written if written.tzinfo else written.replace(tzinfo=UTC)
        offset = aware.utcoffset()
        return aware.timestamp(), int(offset.total_seconds()) if offset else 0
    except (ValueError, OverflowError):
        return _NAN, 0


def number(text: str) -> float:
    """A number that can be reckoned with, or NaN; what is too small to divide by is 0."""
    try:
        value = float(text or "nan")
    except ValueError:
        return _NAN
    if abs(value) < SMALLEST:
        return 0.0
    return value if abs(value) < LARGEST else _NAN


def _own_number(text: str) -> float:
    """A number that a point's own fields must hold. The text may be somebody's position and is not passed on."""
    try:
        return float(text or "nan")
    except ValueError:
        raise Malformed(
            "holds a value that its field does not allow (a position, a height or a number); export it again"
        ) from None
