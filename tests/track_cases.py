"""The cases of fixtures/tracks, each with what has to come out: from the plan of the run, not from a reader."""

from typing import Any, NamedTuple

from tests.track_writer import GPX_1_0, dialect, gpx, lap, nothing, points, spots, stamp, tcx, trk

COMPUTED = ["speed_computed"]


class Case(NamedTuple):
    """One fixture: its name with suffix, what it is, its bytes, what has to come out."""

    name: str
    about: str
    body: bytes
    expected: object


def expected(duration_s: float, **facts: Any) -> dict[str, Any]:
    """What an activity has to say: usual values of a plain run, and what is special about this one."""
    usual = {
        "sport": "running",
        "elapsed_s": duration_s,
        "distance_m": 3.0 * duration_s,
        "speed_mps": 3.0,
        "cadence_spm": 168.0,
        "utc_offset_s": None,
        "pauses": 0,
        "laps": 0,
        "notes": [],
    }
    return {"duration_s": float(duration_s), **usual, **facts}


def gpx_cases() -> list[Case]:
    """Tracks that are well, each odd in one way."""
    minute, usual = spots(60), expected(60, notes=COMPUTED)
    plain = gpx(trk(points(minute)))
    later = spots(60, since=200)
    jumbled = [minute[0]._replace(at_s=30), *minute[1:]]
    long = spots(780, 1)
    rows = [
        ("plain", "a run of 13 minutes, a point every second", gpx(trk(points(long))), [expected(780, notes=COMPUTED)]),
        ("strava-number", "the sport is Strava's number 9", gpx(trk(points(minute), sport="9")), [usual]),
        ("trail", "the sport is called Trail Running", gpx(trk(points(minute), sport="Trail Running")), [usual]),
        (
            "both-feet",
            "cadence counts both feet already",
            gpx(trk(points(spots(60, cadence=168)))),
            [expected(60, notes=["cadence_both_feet", *COMPUTED])],
        ),
        (
            "walk-both-feet",
            "a walk with both feet counted: slower than one leg of a runner by speed, not by cadence",
            gpx(trk(points(spots(60, speed=1.4, cadence=106)), sport="walking")),
            [
                expected(
                    60,
                    sport="walking",
                    distance_m=84.0,
                    speed_mps=1.4,
                    cadence_spm=106.0,
                    notes=["cadence_both_feet", *COMPUTED],
                )
            ],
        ),
        (
            "cadence-zero",
            "a cadence of 0 throughout",
            gpx(trk(points(spots(60, cadence=0)))),
            [expected(60, cadence_spm=None, notes=["cadence_empty", *COMPUTED])],
        ),
        (
            "no-cadence",
            "positions only",
            gpx(trk(points(minute, nothing))),
            [expected(60, cadence_spm=None, notes=COMPUTED)],
        ),
        ("undeclared-prefix", "a prefix that nobody declared", gpx(trk(points(minute)), names=""), [usual]),
        ("version-1-0", "GPX 1.0 with extensions", gpx(trk(points(minute)), version="1.0", schema=GPX_1_0), [usual]),
        ("blanks-first", "blanks before the XML declaration", "\n  " + plain, [usual]),
        (
            "no-sport",
            "no sport, and it looks like running",
            gpx(trk(points(minute), sport="")),
            [expected(60, notes=["sport_assumed", *COMPUTED])],
        ),
        (
            "no-sport-ride",
            "no sport, and it is faster than running",
            gpx(trk(points(spots(60, speed=8), nothing), sport="")),
            [
                expected(
                    60,
                    sport="unknown",
                    distance_m=480.0,
                    speed_mps=8.0,
                    cadence_spm=None,
                    notes=["sport_unknown", *COMPUTED],
                )
            ],
        ),
        (
            "two-segments",
            "a pause between two segments",
            gpx(trk(points(minute), points(later))),
            [expected(120, elapsed_s=260.0, pauses=1, notes=COMPUTED)],
        ),
        (
            "silent-pause",
            "no point for 200 s while standing",
            gpx(trk(points([*minute, *(spot._replace(east_m=spot.east_m - 600) for spot in spots(60, since=260))]))),
            [expected(120, elapsed_s=320.0, pauses=1, notes=COMPUTED)],
        ),
        (
            "gap-while-running",
            "no point for 140 s while running on: a gap, no pause",
            gpx(trk(points([*minute, *later]))),
            [expected(260, notes=COMPUTED)],
        ),
        (
            "laps-as-tracks",
            "a track for each lap",
            gpx(trk(points(minute)) + trk(points(spots(60, since=65)))),
            [expected(125, notes=COMPUTED)],
        ),
        (
            "two-sports",
            "a run and a ride",
            gpx(trk(points(minute)) + trk(points(spots(60, since=600, speed=8), nothing), sport="Ride")),
            [usual, expected(60, sport="cycling", distance_m=480.0, speed_mps=8.0, cadence_spm=None, notes=COMPUTED)],
        ),
        (
            "time-backwards",
            "the first time is 30 s too late",
            gpx(trk(points(jumbled))),
            [expected(55, notes=[*COMPUTED, "time_backwards"])],
        ),
        (
            "some-untimed",
            "two points without a time",
            gpx(trk(points(minute) + points(minute[:2], time=None))),
            [expected(60, notes=[*COMPUTED, "untimed_points"])],
        ),
        (
            "stray-date",
            "the first point is of another year",
            gpx(trk(points(minute[:1], time="2019-01-01T00:00:00Z") + points(minute))),
            [expected(60, notes=[*COMPUTED, "stray_points"])],
        ),
        (
            "unplaced-point",
            "a point without a position",
            gpx(trk(points(minute[:3]) + points(minute[3:4], placed=False) + points(minute[4:]))),
            [usual],
        ),
        (
            "zone",
            "times two hours ahead of UTC",
            gpx(trk(points(minute, zone_h=2))),
            [expected(60, utc_offset_s=7200, notes=COMPUTED)],
        ),
        (
            "dialects",
            "speed, distance, power and cadence in other dialects",
            gpx(trk(points(minute, dialect))),
            [expected(60)],
        ),
        (
            "speed-in-km-h",
            "a recorded speed in km/h contradicts the positions",
            gpx(trk(points(minute, lambda spot: f"<extensions><speed>{spot.speed_mps * 3.6}</speed></extensions>"))),
            [expected(60, cadence_spm=None, notes=COMPUTED)],
        ),
    ]
    texts = [Case(f"{name}.gpx", about, text.encode(), truth) for name, about, text, truth in rows]
    mark = "\ufeff"
    return [
        *texts,
        Case("byte-order-mark.gpx", "a byte order mark first", (mark + plain).encode(), [usual]),
        Case(
            "utf-16.gpx",
            "UTF-16 with a byte order mark",
            (mark + plain.replace("UTF-8", "UTF-16")).encode("utf-16-le"),
            [usual],
        ),
    ]


def tcx_cases() -> list[Case]:
    """Training centre files that are well, each odd in one way."""
    minute, later = spots(60), spots(60, since=200)
    one = expected(60, laps=1)
    plain = tcx(lap(minute, timer_s=60, total_m=180))
    second = tcx(lap(spots(60, speed=8, since=600), plain=True), sport="Biking")
    ride = second[second.index("<Activity S") : second.index("</Activities>")]
    rows = [
        ("plain", "a run of one lap with speed, cadence and power", plain, [one]),
        ("blanks-first", "blanks before the XML declaration", "   \n\t" + plain, [one]),
        ("no-namespace", "extensions without a prefix", tcx(lap(minute, extension="")), [one]),
        ("foreign-prefix", "extensions under a prefix that nobody declared", tcx(lap(minute, extension="zz:")), [one]),
        (
            "cadence-only",
            "cadence outside of the extension, no speed",
            tcx(lap(minute, plain=True)),
            [expected(60, laps=1, notes=COMPUTED)],
        ),
        (
            "both-feet",
            "cadence counts both feet already",
            tcx(lap(spots(60, cadence=168))),
            [expected(60, laps=1, notes=["cadence_both_feet"])],
        ),
        ("treadmill", "no position", tcx(lap(minute, places=False)), [one]),
        (
            "no-distances",
            "no distance: taken from the positions",
            tcx(lap(minute, distance=False)),
            [one],
        ),
        (
            "distance-restarts",
            "distance counts from 0 in each lap",
            tcx(lap(minute), lap(spots(60, since=65), from_m=195)),
            [expected(125, laps=2, distance_m=360.0, notes=["distance_restarts"])],
        ),
        (
            "pause-in-lap",
            "a pause between two tracks of a lap",
            tcx(lap(minute, [spot._replace(east_m=spot.east_m - 420) for spot in later], timer_s=120)),
            [expected(120, elapsed_s=260.0, pauses=1, laps=1)],
        ),
        (
            "three-laps",
            "three laps without a pause",
            tcx(*(lap(spots(60, since=start), timer_s=65) for start in (0, 65, 130))),
            [expected(195, elapsed_s=190.0, distance_m=570.0, laps=3)],
        ),
        (
            "laps-overlap",
            "the second lap begins before the first has ended",
            tcx(lap(minute), lap(spots(10, since=20))),
            [expected(60, laps=2, notes=["time_backwards"])],
        ),
        (
            "first-point-empty",
            "the first point has a time and nothing else",
            plain.replace("<Track>\n", f"<Track>\n<Trackpoint><Time>{stamp(0)}</Time></Trackpoint>\n"),
            [one],
        ),
        (
            "zone",
            "times four hours behind UTC",
            tcx(lap(minute, zone_h=-4)),
            [expected(60, laps=1, utc_offset_s=-14400)],
        ),
        ("two-activities", "a run and a ride", plain.replace("</Activities>", ride + "</Activities>"), [one, _ride()]),
        (
            "multisport",
            "a run inside a multi-sport session",
            tcx(lap(minute), around="<MultiSportSession><FirstSport>{}</FirstSport></MultiSportSession>"),
            [one],
        ),
        (
            "totals-only",
            "laps with totals and no points",
            tcx(lap(timer_s=600, total_m=1800)),
            [expected(600, speed_mps=None, cadence_spm=None, notes=["no_points"])],
        ),
        (
            "speed-in-km-h",
            "a recorded speed in km/h contradicts the distance",
            plain.replace("Speed>3.0<", "Speed>10.8<"),
            [expected(60, laps=1, notes=COMPUTED)],
        ),
    ]
    return [Case(f"{name}.tcx", about, text.encode(), truth) for name, about, text, truth in rows]


def _ride() -> dict[str, Any]:
    distance_m = 480.0  # the recorded distance of the ride begins at 4,800 m
    return expected(60, sport="cycling", laps=1, distance_m=distance_m, speed_mps=8.0, cadence_spm=None, notes=COMPUTED)
