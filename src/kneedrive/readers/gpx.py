"""GPX: tracks of timed positions, with cadence, heart rate and power in extensions of many dialects.

Read as a stream of elements by their names without prefix, so that undeclared prefixes, GPX 1.0 and extensions where
none belong make no difference.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import count

from kneedrive.errors import Malformed, NoActivity
from kneedrive.method import TrackRules
from kneedrive.readers import tracks, xml
from kneedrive.readers.sports import sport_of
from kneedrive.readers.tracks import COLUMN, Head, empty_point
from kneedrive.readers.xml import attribute, moment, number
from kneedrive.recording import Activity, Sensor

RULES = TrackRules()
_NAN = float("nan")
_TIME, _LATITUDE, _LONGITUDE = (COLUMN[name] for name in ("unix_s", "latitude_deg", "longitude_deg"))
_POINTS = frozenset({"trkpt", "wpt", "rtept"})
# What an element of a point is called, in lower case, by the column that it feeds.
_FIELDS = {"ele": COLUMN["altitude_m"], "speed": COLUMN["speed_mps"]}
_EXTENSIONS = {
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


def read(data: bytes, name: str, id: str) -> tuple[Activity, ...]:  # noqa: A002
    """The activities of a GPX file: its tracks, those of one sport that follow one another within half an hour joined.

    Raises Malformed for broken or hostile XML, ReadError for more than tracks.MAX_POINTS points, NoActivity for routes
    and tracks without times.
    """
    document = _Document(name)
    xml.walk(xml.decoded(data, name), document, name)
    if document.root != "gpx":
        raise Malformed(f"is XML, but its first element is <{document.root[:40]}> and not <gpx>", name=name)
    found = tracks.numbered(
        _sessions(document.tracks), lambda group, own: _activity(group, document.creator, own, name), name, id
    )
    if not found:
        what = "a track without times" if document.tracks else "no track"
        raise NoActivity(f"holds {what}: a route or a plan, not a recorded run", name=name)
    return found


def _activity(group: list[_Track], creator: str, id: str, name: str) -> Activity | None:  # noqa: A002
    # GPX does not name watches, only the program that wrote the file.
    device = Sensor(maker="", product=" ".join(creator.split())[:60], source="file")
    # The zone of the first time, where it is not UTC: UTC says nothing about where the runner is.
    offset_s = next((track.first[1] for track in group if track.first is not None), 0)
    head = Head(id=id, format="gpx", name=name, sport=group[0].sport, device=device, utc_offset_s=offset_s or None)
    points = group[0].points
    for track in group[1:]:
        points.extend(track.points)
    return tracks.activity(points, head)


class _Track:
    """One track as it fills. first: its first time with the zone's offset, both in seconds; last: its last time."""

    def __init__(self) -> None:
        self.sport = ""
        self.points = array("d")
        self.first: tuple[float, int] | None = None
        self.last = _NAN

    def time(self, text: str) -> float:
        """Seconds since 1970 of the time of a point."""
        when = moment(text)
        if when[0] == when[0]:
            self.first = self.first or when
            self.last = when[0]
        return when[0]


def _sessions(found: list[_Track]) -> Iterator[list[_Track]]:
    """Tracks that are one session: same sport, and each begins within half an hour after the one before."""
    group: list[_Track] = []
    for track in found:
        if group and not _continues(group[-1], track):
            yield group
            group = []
        group.append(track)
    if group:
        yield group


def _continues(before: _Track, track: _Track) -> bool:
    if before.first is None or track.first is None or sport_of(before.sport) != sport_of(track.sport):
        return False
    return 0 <= track.first[0] - before.last <= RULES.join_gap_s


class _Document:
    """Collects tracks from the elements of a document; raises ReadError at a point, of any kind, too many."""

    def __init__(self, name: str) -> None:
        self.root = ""
        self.creator = ""
        self.tracks: list[_Track] = []
        self._seen = 0
        self._name = name
        self._open: list[str] = []
        self._segments = count()
        self._segment = 0
        self._point: list[float] | None = None
        self._extended: set[int] = set()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self.root:
            self.root, self.creator = name, attribute(attributes, "creator")
        if name in _POINTS:
            self._seen += 1
            tracks.check_count(self._seen, "points", self._name)
        self._open.append(name)
        if name == "trkpt" and self.tracks:
            self._point, self._extended = empty_point(self._segment), set()
            if not ("lat" in attributes and "lon" in attributes):
                attributes = {xml.local(key): text for key, text in attributes.items()}
            self._point[_LATITUDE] = self._place(attributes.get("lat", ""))
            self._point[_LONGITUDE] = self._place(attributes.get("lon", ""))
        elif name == "trkseg":
            self._segment = next(self._segments)
        elif name == "trk":
            self.tracks.append(_Track())
            tracks.check_count(len(self.tracks), "tracks", self._name)

    def end(self, name: str, text: str) -> None:
        self._open.pop()
        if not self.tracks:
            return
        track, point, parent = self.tracks[-1], self._point, self._open[-1] if self._open else ""
        if point is None:
            if name == "type" and parent == "trk":
                track.sport = text
        elif name == "trkpt":
            track.points.extend(point)
            self._point = None
        elif parent == "trkpt" and name == "time":
            point[_TIME] = track.time(text)
        elif parent == "trkpt" and name in _FIELDS:
            column = _FIELDS[name]
            if column not in self._extended and point[column] != point[column]:  # NaN: not said so far
                point[column] = self._place(text)
        elif name in _EXTENSIONS and (column := _EXTENSIONS[name]) not in self._extended:
            # The first of several dialects counts, and before a field of the point itself.
            self._extended.add(column)
            point[column] = number(text)

    def _place(self, text: str) -> float:
        """A number that a point's own fields must hold. The text may be somebody's position and is not passed on."""
        try:
            return float(text or "nan")
        except ValueError:
            raise Malformed(
                "holds a value that its field does not allow (a position, a height or a number); export it again",
                name=self._name,
            ) from None
