"""Writes GPX and TCX text for tests: invented runs on the ocean, in the ways that writers differ.

gpx(trk(points(spots(60))))        a run of a minute, a point every five seconds
tcx(lap(spots(60), timer_s=60))    the same
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

START = datetime(2026, 5, 4, 6, 0, 0, tzinfo=UTC)
METRES_PER_DEGREE = math.pi * 6_371_008.8 / 180
GPX_1_1 = "http://www.topografix.com/GPX/1/1"
GPX_1_0 = "http://www.topografix.com/GPX/1/0"
TPX = 'xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1"'
TCX = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"
AX2 = 'xmlns:ns3="http://www.garmin.com/xmlschemas/ActivityExtension/v2"'
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Spot(NamedTuple):
    """A moment of an invented run. cadence: as the file writes it."""

    at_s: float
    east_m: float
    speed_mps: float
    cadence: int


def spots(seconds: int, every: int = 5, *, speed: float = 3.0, cadence: int = 84, since: float = 0) -> list[Spot]:
    """A run due east at one speed, beginning `since` seconds after START where it would be at that time."""
    times = [since + second for second in range(0, seconds + 1, every)]
    return [Spot(time, time * speed, speed, cadence) for time in times]


def stamp(at_s: float, zone_h: float = 0) -> str:
    """The time of a moment, in a zone; whole seconds."""
    moment = (START + timedelta(seconds=at_s)).astimezone(timezone(timedelta(hours=zone_h)))
    return moment.isoformat().replace("+00:00", "Z")


def trkpt(spot: Spot, *, time: str | None = "", more: str = "", placed: bool = True, zone_h: float = 0) -> str:
    """A track point; `time` None leaves it out, text replaces it; `more` stands behind it."""
    longitude = -30 + spot.east_m / METRES_PER_DEGREE
    place = f' lat="0.000000" lon="{longitude:.8f}"' if placed else ""
    when = "" if time is None else f"<time>{time or stamp(spot.at_s, zone_h)}</time>"
    return f"<trkpt{place}><ele>12.0</ele>{when}{more}</trkpt>\n"


def cadenced(spot: Spot, prefix: str = "gpxtpx:") -> str:
    """Garmin's extension with heart rate and cadence."""
    inside = f"<{prefix}hr>140</{prefix}hr><{prefix}cad>{spot.cadence}</{prefix}cad>"
    return f"<extensions><{prefix}TrackPointExtension>{inside}</{prefix}TrackPointExtension></extensions>"


def trk(*segments: str, sport: str = "running") -> str:
    """A track of segments of points."""
    called = f"<type>{sport}</type>" if sport else ""
    return f"<trk><name>Invented</name>{called}" + "".join(f"<trkseg>\n{one}</trkseg>" for one in segments) + "</trk>"


def gpx(content: str, *, names: str = TPX, version: str = "1.1", schema: str = GPX_1_1) -> str:
    """A GPX document."""
    return f'{XML}<gpx version="{version}" creator="kneedrive tests" xmlns="{schema}" {names}>{content}</gpx>\n'


def points(of: Sequence[Spot], more: Callable[[Spot], str] = cadenced, **how: Any) -> str:
    """The track points of these spots."""
    return "".join(trkpt(spot, more=more(spot), **how) for spot in of)


def nothing(_: Spot) -> str:
    """No extension."""
    return ""


def dialect(spot: Spot) -> str:
    """An extension that says all it can, in the words of other writers."""
    told = f"<speed>{spot.speed_mps}</speed><x:distance>{spot.east_m:.1f}</x:distance><power>210</power>"
    return f"<extensions>{told}<x:Cadence>{spot.cadence}</x:Cadence></extensions>"


def trackpoint(spot: Spot, *, places: bool = True, distance: bool = True, extension: str = "ns3:", **how: Any) -> str:
    """A trackpoint. extension: the prefix of Garmin's extension, None for none; cadence in it, as watches do."""
    longitude = -30 + spot.east_m / METRES_PER_DEGREE
    place = f"<LatitudeDegrees>0.0</LatitudeDegrees><LongitudeDegrees>{longitude:.8f}</LongitudeDegrees>"
    parts = [
        f"<Time>{stamp(spot.at_s, how.get('zone_h', 0))}</Time>",
        f"<Position>{place}</Position>" if places else "",
        f"<DistanceMeters>{spot.east_m - how.get('from_m', 0):.2f}</DistanceMeters>" if distance else "",
        "<HeartRateBpm><Value>140</Value></HeartRateBpm>",
        f"<Cadence>{spot.cadence}</Cadence>" if how.get("plain") else "",
        how.get("more", _tpx(spot, extension) if not how.get("plain") else ""),
    ]
    return f"<Trackpoint>{''.join(parts)}</Trackpoint>\n"


def _tpx(spot: Spot, prefix: str) -> str:
    told = {"Speed": spot.speed_mps, "RunCadence": spot.cadence, "Watts": 210}
    inside = "".join(f"<{prefix}{name}>{value}</{prefix}{name}>" for name, value in told.items())
    return f"<Extensions><{prefix}TPX>{inside}</{prefix}TPX></Extensions>"


def lap(*tracks: Sequence[Spot], timer_s: float | None = None, total_m: float | None = None, **how: Any) -> str:
    """A lap of tracks; its totals stand before the first track."""
    first = tracks[0][0].at_s if tracks else 0
    timer = "" if timer_s is None else f"<TotalTimeSeconds>{timer_s}</TotalTimeSeconds>"
    total = "" if total_m is None else f"<DistanceMeters>{total_m}</DistanceMeters>"
    inside = "".join(f"<Track>\n{''.join(trackpoint(spot, **how) for spot in one)}</Track>" for one in tracks)
    return f'<Lap StartTime="{stamp(first, how.get("zone_h", 0))}">{timer}{total}{inside}</Lap>'


def tcx(*laps: str, sport: str = "Running", around: str = "{}") -> str:
    """A TCX document with one activity of these laps."""
    creator = "<Creator><Name>Invented watch</Name></Creator>"
    activity = f'<Activity Sport="{sport}"><Id>{stamp(0)}</Id>{"".join(laps)}{creator}</Activity>'
    return tcx_document(around.format(activity))


def tcx_document(content: str) -> str:
    """A TCX document with this inside of its list of activities."""
    root = "TrainingCenterDatabase"
    return f'{XML}<{root} xmlns="{TCX}" {AX2}><Activities>{content}</Activities></{root}>\n'
