"""GPX: tracks of timed positions, with cadence, heart rate and power in extensions of many dialects.

gpxpy reads the track; before that the text is checked for what XML can do to a reader (markup.py) and mended where
gpxpy gives up on a whole file for a detail: prefixes that nobody declared, and points without a position.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from kneedrive.errors import Malformed, NoActivity
from kneedrive.method import TrackRules
from kneedrive.model import Activity, Sensor
from kneedrive.readers import markup, tracks
from kneedrive.readers.markup import number
from kneedrive.readers.points import Point
from kneedrive.readers.sports import sport_of
from kneedrive.readers.tracks import Head

if TYPE_CHECKING:
    from gpxpy.gpx import GPX, GPXTrack, GPXTrackPoint

RULES = TrackRules()
_NAN = float("nan")
# What an extension element is called, without prefix and in lower case, by the channel that it feeds.
_EXTENSIONS = {
    "hr": "heart_rate_bpm",
    "heartrate": "heart_rate_bpm",
    "cad": "cadence",
    "cadence": "cadence",
    "runcadence": "cadence",
    "power": "power_w",
    "watts": "power_w",
    "powerinwatts": "power_w",
    "speed": "speed_mps",
    "distance": "distance_m",
}
_PREFIX_USED = re.compile(r"</?([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[A-Za-z_][\w.-]*\s*=")
_PREFIX_DECLARED = re.compile(r"\sxmlns:([A-Za-z_][\w.-]*)\s*=")
_ROOT = re.compile(r"<((?:[A-Za-z_][\w.-]*:)?gpx)\b", re.IGNORECASE)
_UNPLACED = re.compile(r"<trkpt\b(?![^>]*\blat\s*=)|<trkpt\b(?![^>]*\blon\s*=)")


def read(data: bytes, name: str, id: str) -> tuple[Activity, ...]:  # noqa: A002
    """The activities of a GPX file: its tracks, those of one sport that follow one another within half an hour joined.

    Raises Malformed for broken or hostile XML, NoActivity for routes and tracks without times.
    """
    text = markup.decoded(data, name)
    document = _Document()
    markup.walk(text, document, name)
    if document.root != "gpx":
        problem = f"is XML, but its first element is <{document.root}> and not <gpx>"
        raise Malformed(problem, name=name)
    gpx = _parsed(_mended(text), name)
    device = _device(gpx.creator or "")
    found: list[Activity] = []
    for group in _sessions(gpx.tracks):
        points = list(_points(group))
        head = Head(id, "gpx", name, group[0].type or "", device, utc_offset_s=_utc_offset_s(group))
        activity = tracks.activity(points, head)
        if activity is not None:
            found.append(activity)
    if not found:
        what = "a track without times" if document.points else "no track"
        problem = f"holds {what}: a route or a plan, not a recorded run"
        raise NoActivity(problem, name=name)
    return tuple(
        activity.replace(id=_numbered(id, number_)) for activity, number_ in zip(found, count(1), strict=False)
    )


def _numbered(id: str, session: int) -> str:  # noqa: A002
    return id if session == 1 else f"{id}-{session}"


class _Document:
    """What the safe walk over the elements is asked to find out."""

    def __init__(self) -> None:
        self.root = ""
        self.points = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self.root = self.root or name
        self.points += name == "trkpt"

    def end(self, name: str, text: str) -> None:
        """Nothing to learn from the end of an element."""


def _mended(text: str) -> str:
    """The document with every prefix declared, and NaN for positions that points do not have."""
    used = {prefix for pair in _PREFIX_USED.findall(text) for prefix in pair if prefix}
    missing = sorted(used - set(_PREFIX_DECLARED.findall(text)) - {"xml", "xmlns"})
    declarations = "".join(f' xmlns:{prefix}="urn:undeclared:{prefix}"' for prefix in missing)
    text = _ROOT.sub(lambda found: found[0] + declarations, text, count=1)
    return _UNPLACED.sub('<trkpt lat="nan" lon="nan"', text)


def _parsed(text: str, name: str) -> GPX:
    """gpxpy's view. GPX 1.0 knows no extensions, yet writers put them there: such files are read as 1.1."""
    import gpxpy
    from gpxpy.gpx import GPXException

    version = "1.1" if "<extensions" in text else None
    try:
        return gpxpy.parse(text, version=version)
    except GPXException as error:
        problem = f"is not GPX as it should be: {str(error)[:200]}"
        raise Malformed(problem, name=name) from error


def _sessions(gpx_tracks: list[GPXTrack]) -> Iterator[list[GPXTrack]]:
    """Tracks that are one session: same sport, and each begins within half an hour after the one before."""
    group: list[GPXTrack] = []
    for track in gpx_tracks:
        if group and not _continues(group[-1], track):
            yield group
            group = []
        group.append(track)
    if group:
        yield group


def _continues(before: GPXTrack, track: GPXTrack) -> bool:
    ends, starts = _times(before), _times(track)
    if sport_of(before.type or "") != sport_of(track.type or "") or not ends or not starts:
        return False
    return 0 <= starts[0] - ends[-1] <= RULES.join_gap_s


def _times(track: GPXTrack) -> list[float]:
    times = (_unix_s(point.time) for segment in track.segments for point in segment.points)
    return [time for time in times if time == time]


def _points(group: Iterable[GPXTrack]) -> Iterator[Point]:
    parts = count()
    for track in group:
        for segment in track.segments:
            part = next(parts)
            for point in segment.points:
                yield _point(point, part)


def _point(point: GPXTrackPoint, part: int) -> Point:
    told = _extensions(point.extensions)
    return Point(
        unix_s=_unix_s(point.time),
        part=part,
        latitude_deg=point.latitude,
        longitude_deg=point.longitude,
        altitude_m=_NAN if point.elevation is None else point.elevation,
        distance_m=told.get("distance_m", _NAN),
        speed_mps=told.get("speed_mps", _NAN if point.speed is None else point.speed),
        cadence=told.get("cadence", _NAN),
        heart_rate_bpm=told.get("heart_rate_bpm", _NAN),
        power_w=told.get("power_w", _NAN),
    )


def _extensions(elements: Iterable[Any]) -> dict[str, float]:
    """The channels in a point's extensions; the first of several dialects of one channel counts."""
    told: dict[str, float] = {}
    for extension in elements:
        for element in extension.iter():
            channel = _EXTENSIONS.get(markup.local(element.tag))
            if channel:
                told.setdefault(channel, number(element.text))
    return told


def _unix_s(time: datetime | None) -> float:
    """Seconds since 1970; a time without a zone is UTC, as GPX demands; NaN for none and for absurd zones."""
    if time is None:
        return _NAN
    try:
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):  # gpxpy lets zones of a day and more pass
        return _NAN


def _utc_offset_s(group: list[GPXTrack]) -> int | None:
    """The zone of the first time, where it is not UTC: UTC says nothing about where the runner is."""
    times = (point.time for track in group for segment in track.segments for point in segment.points)
    first = next((time for time in times if time is not None), None)
    if first is None or _unix_s(first) != _unix_s(first):
        return None
    offset = first.utcoffset() or timedelta(0)
    return int(offset.total_seconds()) or None


def _device(creator: str) -> Sensor:
    """The program that wrote the file: GPX does not name watches."""
    words = " ".join(creator.split())[:60]
    return Sensor(maker="", product=words, source="file")
