"""TCX: activities of laps of tracks of points, read as a stream, with Garmin's extensions under any prefix or none.

No schema is trusted: points lack times, positions or distances, laps overlap, and a watch in a gym has no position.
"""

from __future__ import annotations

from array import array
from collections import Counter

from kneedrive.errors import Malformed, NoActivity
from kneedrive.readers import tracks, xml
from kneedrive.readers.tracks import COLUMN, Head, LapRow, empty_point
from kneedrive.readers.xml import attribute, moment, number
from kneedrive.recording import Activity, Sensor

_NAN = float("nan")
# What an element inside a trackpoint is called, in lower case, by the column that it feeds. A point's only <Value> is
# its heart rate. The extension's RunCadence comes after a Cadence of 0 in some files: the later one counts.
_COLUMNS = {
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
_TIME = COLUMN["unix_s"]
_BOUNDED = {"trackpoint": "points", "lap": "laps", "activity": "activities"}
_EMPTY_LAP = LapRow(unix_s=_NAN, timer_s=_NAN, distance_m=_NAN)


def read(data: bytes, name: str, id: str) -> tuple[Activity, ...]:  # noqa: A002
    """The activities of a TCX file, one per Activity element that has a point with a time or at least a lap.

    Raises Malformed for broken or hostile XML, ReadError for more than tracks.MAX_POINTS points, NoActivity for courses
    and workouts.
    """
    document = _Document(name)
    xml.walk(xml.decoded(data, name), document, name)
    if document.root != "trainingcenterdatabase":
        raise Malformed(
            f"is XML, but its first element is <{document.root}> and not <TrainingCenterDatabase>", name=name
        )
    found = tracks.numbered(document.sessions, lambda session, own: _activity(session, own, name), name, id)
    if not found:
        what = "a course" if document.courses else "no activity with a time"
        raise NoActivity(f"holds {what}: nothing that was recorded on a run", name=name)
    return found


def _activity(session: _Session, id: str, name: str) -> Activity | None:  # noqa: A002
    device = Sensor(maker="", product=session.creator, source="file")
    laps = tuple(session.laps)
    head = Head(
        id=id, format="tcx", name=name, sport=session.sport, device=device, utc_offset_s=session.utc_offset_s, laps=laps
    )
    return tracks.activity(session.points, head) or tracks.summary(head)


class _Session:
    """One Activity element as it fills."""

    def __init__(self, sport: str) -> None:
        self.sport = sport
        self.creator = ""
        self.utc_offset_s: int | None = None
        self.laps: list[LapRow] = []
        self.points = array("d")

    def time(self, text: str) -> float:
        """Seconds since 1970 of a written time; its zone is the activity's where it is not UTC."""
        unix_s, offset_s = moment(text)
        self.utc_offset_s = self.utc_offset_s or offset_s or None
        return unix_s


class _Document:
    """Collects activities from the elements of a document; raises ReadError at a point, lap or activity too many."""

    def __init__(self, name: str) -> None:
        self.root = ""
        self.courses = 0
        self.sessions: list[_Session] = []
        self._name = name
        self._open: list[str] = []
        self._seen: Counter[str] = Counter()
        self._tracks = 0
        self._point: list[float] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.root = self.root or name
        self._open.append(name)
        if name in _BOUNDED:
            self._seen[name] += 1
            tracks.check_count(self._seen[name], _BOUNDED[name], self._name)
        if name == "activity":
            self.sessions.append(_Session(attribute(attributes, "sport")))
        elif name == "course":
            self.courses += 1
        elif name == "track":
            self._tracks += 1
        elif name == "trackpoint":
            self._point = empty_point(self._tracks) if "activity" in self._open else None
        elif name == "lap" and "activity" in self._open:
            session = self.sessions[-1]
            session.laps.append(_EMPTY_LAP.replace(unix_s=session.time(attribute(attributes, "starttime"))))

    def end(self, name: str, text: str) -> None:
        self._open.pop()
        if "activity" not in self._open:
            return
        session, parent = self.sessions[-1], self._open[-1]
        if self._point is not None:
            if name == "trackpoint":
                session.points.extend(self._point)
                self._point = None
            elif name == "time":
                self._point[_TIME] = session.time(text)
            elif name in _COLUMNS and text:
                self._point[_COLUMNS[name]] = number(text)
        elif parent == "lap" and session.laps:
            session.laps[-1] = _with_total(session.laps[-1], name, text)
        elif parent == "creator" and name == "name":
            session.creator = " ".join(text.split())[:60]


def _with_total(lap: LapRow, name: str, text: str) -> LapRow:
    if name == "totaltimeseconds":
        return lap.replace(timer_s=number(text))
    if name == "distancemeters":
        return lap.replace(distance_m=number(text))
    return lap
