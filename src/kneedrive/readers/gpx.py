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

from kneedrive.errors import Malformed, NoActivity, ReadError
from kneedrive.method import TrackRules
from kneedrive.model import Activity, Sensor
from kneedrive.readers import markup, tracks
from kneedrive.readers.markup import Outline, number
from kneedrive.readers.points import Point
from kneedrive.readers.sports import sport_of
from kneedrive.readers.tracks import Head

if TYPE_CHECKING:
    from gpxpy.gpx import GPX, GPXTrack, GPXTrackPoint

RULES = TrackRules()
MAX_POINTS = 100_000  # gpxpy needs 2 to 4 kB a point
_NAN = float("nan")
_POINTS = frozenset({"trkpt", "wpt", "rtept"})
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
_UNPLACED = re.compile(r"<trkpt\b(?![^>]*\blat\s*=)|<trkpt\b(?![^>]*\blon\s*=)")


def read(data: bytes, name: str, id: str) -> tuple[Activity, ...]:  # noqa: A002
    """The activities of a GPX file: its tracks, those of one sport that follow one another within half an hour joined.

    Raises Malformed for broken or hostile XML, NoActivity for routes and tracks without times.
    """
    text = markup.decoded(data, name)
    outline = _outlined(text, name)
    gpx = _parsed(_mended(text, outline), name)
    device = _device(gpx.creator or "")
    found: list[Activity] = []
    for group in tracks.bounded(_sessions(gpx.tracks), name):
        points = list(_points(group))
        head = Head(id, "gpx", name, group[0].type or "", device, utc_offset_s=_utc_offset_s(group))
        activity = tracks.activity(points, head)
        if activity is not None:
            found.append(activity)
    if not found:
        what = "a track without times" if gpx.tracks else "no track"
        problem = f"holds {what}: a route or a plan, not a recorded run"
        raise NoActivity(problem, name=name)
    return tuple(
        activity.replace(id=_numbered(id, number_)) for activity, number_ in zip(found, count(1), strict=False)
    )


def _numbered(id: str, session: int) -> str:  # noqa: A002
    return id if session == 1 else f"{id}-{session}"


def _outlined(text: str, name: str) -> Outline:
    """What the document is made of, refused where it is no GPX or would fill the memory."""
    outline = markup.outline(text, name)
    if markup.local(outline.root) != "gpx":
        problem = f"is XML, but its first element is <{outline.root[:40]}> and not <gpx>"
        raise Malformed(problem, name=name)
    points = sum(many for tag, many in outline.elements.items() if markup.local(tag) in _POINTS)
    if points > MAX_POINTS:
        problem = f"has {points:,} points; kneedrive reads up to {MAX_POINTS:,} (more than a day of one a second)"
        raise ReadError(problem, name=name)
    return outline


def _mended(text: str, outline: Outline) -> str:
    """The document with every prefix declared, and NaN for positions that points do not have."""
    names = outline.elements.keys() | outline.attributes
    used = {name.partition(":")[0] for name in names if ":" in name} - {"xml", "xmlns"}
    missing = sorted(prefix for prefix in used if f"xmlns:{prefix}" not in outline.attributes)
    declarations = "".join(f' xmlns:{prefix}="urn:undeclared:{prefix}"' for prefix in missing)
    body = text.encode()
    text = (body[: outline.root_at] + declarations.encode() + body[outline.root_at :]).decode()
    return _UNPLACED.sub('<trkpt lat="nan" lon="nan"', text)


def _parsed(text: str, name: str) -> GPX:
    """gpxpy's view. GPX 1.0 knows no extensions, yet writers put them there: such files are read as 1.1."""
    import gpxpy
    from gpxpy.gpx import GPXException

    version = "1.1" if "<extensions" in text else None
    try:
        return gpxpy.parse(text, version=version)
    except GPXException as error:  # its text may quote a position, so it is not passed on
        problem = "holds a value that its field does not allow (a position, a height or a number); export it again"
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
