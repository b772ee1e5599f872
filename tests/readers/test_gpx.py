"""GPX: what is read out of it, how it is mended, and an independent reading to compare with."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import gpxpy
import gpxpy.gpx
import numpy as np
import pytest

from kneedrive import readers
from kneedrive.errors import Malformed, NoActivity, ReadError
from kneedrive.readers import points as reader_points
from kneedrive.readers import tracks
from kneedrive.recording import Activity
from tests.conftest import real_files
from tests.track_writer import START, Spot, cadenced, gpx, nothing, points, spots, trk

MINUTE = spots(60)
REAL = real_files("gpx/*.gpx")


def read(text: str) -> tuple[Activity, ...]:
    return readers.read(text.encode(), "run.gpx")


def only(text: str) -> Activity:
    (activity,) = read(text)
    return activity


def test_a_plain_run_is_read_whole() -> None:
    activity = only(gpx(trk(points(MINUTE))))

    assert (activity.format, activity.name, activity.records) == ("gpx", "run.gpx", 13)
    assert activity.started_at == START
    assert activity.device.product == "kneedrive tests"
    assert activity.positioned
    assert activity.samples.time_s.tolist() == list(range(0, 61, 5))


def test_channels_that_are_not_there_are_none() -> None:
    samples = only(gpx(trk(points(MINUTE)))).samples

    assert set(samples.present()) == {"distance_m", "speed_mps", "altitude_m", "cadence_spm", "heart_rate_bpm"}


def test_arrays_cannot_be_written_to() -> None:
    samples = only(gpx(trk(points(MINUTE)))).samples

    assert not any(values.flags.writeable for values in (samples.time_s, *samples.present().values()))


@pytest.mark.parametrize(
    ("element", "channel", "value"),
    [
        ("<gpxtpx:hr>151</gpxtpx:hr>", "heart_rate_bpm", 151),
        ("<heartrate>151</heartrate>", "heart_rate_bpm", 151),
        ("<st:heartRate>151</st:heartRate>", "heart_rate_bpm", 151),
        ("<gpxdata:hr>151</gpxdata:hr>", "heart_rate_bpm", 151),
        ("<power>250</power>", "power_w", 250),
        ("<gpxpx:PowerInWatts>250</gpxpx:PowerInWatts>", "power_w", 250),
        ("<gpxtpx:cad>85</gpxtpx:cad>", "cadence_spm", 170),
        ("<gpxdata:cadence>85</gpxdata:cadence>", "cadence_spm", 170),
        ("<RunCadence>85</RunCadence>", "cadence_spm", 170),
        ("<speed>3.1</speed>", "speed_mps", 3.1),
        ("<hr>151</hr><heartrate>99</heartrate>", "heart_rate_bpm", 151),
        ("<hr></hr><heartrate>99</heartrate>", "heart_rate_bpm", None),
    ],
)
def test_every_dialect_of_an_extension_is_understood(element: str, channel: str, value: float | None) -> None:
    text = gpx(trk(points(MINUTE, lambda _: f"<extensions><wrap>{element}</wrap></extensions>")))

    values = only(text).samples.channel(channel)

    assert (values is None) if value is None else (values is not None and np.all(values == value))


def test_speed_of_gpx_1_0_stands_outside_of_extensions() -> None:
    text = gpx(trk(points(MINUTE, lambda _: "<speed>3.1</speed>")), version="1.0")

    speed = only(text).samples.speed_mps
    assert speed is not None
    assert np.all(speed == 3.1)


def test_activities_of_one_file_are_numbered() -> None:
    text = gpx(trk(points(MINUTE)) + trk(points(MINUTE), sport="Ride") + trk(points(MINUTE), sport="Hike"))

    first, *later = read(text)

    assert [activity.id for activity in later] == [f"{first.id}-2", f"{first.id}-3"]


@pytest.mark.parametrize(
    ("gap_s", "sport", "activities"),
    [(5, "running", 1), (1800, "running", 1), (1805, "running", 2), (5, "Walk", 2), (-30, "running", 2)],
    ids=["next lap", "half an hour later", "later than that", "another sport", "at the same time"],
)
def test_tracks_that_follow_one_another_are_one_activity(gap_s: float, sport: str, activities: int) -> None:
    text = gpx(trk(points(MINUTE)) + trk(points(spots(60, since=60 + gap_s)), sport=sport))

    assert len(read(text)) == activities


@pytest.mark.parametrize(
    ("written", "started_at", "utc_offset_s"),
    [
        ("2026-05-04T06:00:00Z", datetime(2026, 5, 4, 6, tzinfo=UTC), None),
        ("2026-05-04T06:00:00", datetime(2026, 5, 4, 6, tzinfo=UTC), None),
        ("2026-05-04T06:00:00.250Z", datetime(2026, 5, 4, 6, 0, 0, 250_000, tzinfo=UTC), None),
        ("2026-05-04T08:00:00+02:00", datetime(2026, 5, 4, 6, tzinfo=UTC), 7200),
        ("2026-05-04T02:30:00-03:30", datetime(2026, 5, 4, 6, tzinfo=UTC), -12600),
        ("2026-05-04T06:00:00+00:00", datetime(2026, 5, 4, 6, tzinfo=UTC), None),
        ("2026-5-4T6:0:0Z", datetime(2026, 5, 4, 6, tzinfo=UTC), None),
        ("2026-5-4 8:00:00+02:00", datetime(2026, 5, 4, 6, tzinfo=UTC), 7200),
    ],
)
def test_the_start_is_utc_and_the_zone_is_kept_where_the_file_tells_one(
    written: str, started_at: datetime, utc_offset_s: int | None
) -> None:
    activity = only(gpx(trk(points(MINUTE[:1], time=written))))

    assert activity.started_at == started_at
    assert activity.utc_offset_s == utc_offset_s


@pytest.mark.parametrize(
    "written", ["2026-05-04T06:00:00+99:00", "yesterday", "2026-02-30T06:00:00Z", "2026-5-4T6:0:000Z", "T" * 9]
)
def test_an_impossible_time_is_no_time(written: str) -> None:
    with pytest.raises(NoActivity):
        read(gpx(trk(points(MINUTE, time=written))))


def test_the_zone_is_that_of_the_first_time_that_tells_one() -> None:
    local = points(spots(60, since=65), zone_h=2), points(spots(60, since=130), zone_h=3)

    assert only(gpx(trk(points(MINUTE), *local))).utc_offset_s == 7200


def test_prefixes_are_declared_at_the_root_and_not_in_a_comment_before_it() -> None:
    text = gpx(trk(points(MINUTE)), names="").replace("<gpx ", "<!-- <gpx --><gpx ", 1)

    assert only(text).samples.heart_rate_bpm is not None


def test_more_points_than_two_days_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "MAX_POINTS", 12)

    with pytest.raises(ReadError, match="has more than 12 points; kneedrive reads up to 12"):
        read(gpx(trk(points(MINUTE))))


def test_more_activities_than_years_of_running_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_points, "MAX_SESSIONS", 2)
    both = trk(points(MINUTE)) + trk(points(MINUTE), sport="Ride")

    assert len(read(gpx(both))) == 2
    with pytest.raises(ReadError, match="holds more than 2 activities"):
        read(gpx(both + trk(points(MINUTE))))


def test_points_of_a_route_count_towards_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "MAX_POINTS", 14)

    with pytest.raises(ReadError, match="has more than 14 points"):
        read(gpx('<wpt lat="0" lon="0"/><rte><rtept lat="0" lon="0"/></rte>' + trk(points(MINUTE))))


def test_a_value_that_is_no_number_is_refused_without_quoting_it() -> None:
    """It may be somebody's position."""
    with pytest.raises(Malformed) as caught:
        read(gpx(trk(points(MINUTE))).replace('lat="0.000000"', 'lat="47.1234x"', 1))

    assert "47" not in str(caught.value)


def test_no_position_is_left_in_an_activity() -> None:
    text = gpx(trk(points(MINUTE, cadenced))).replace('lat="0.000000"', 'lat="12.345678"')

    assert "12.345678" not in repr(only(text))


def test_an_extension_comes_before_a_field_of_the_point_and_the_first_dialect_before_the_next() -> None:
    text = gpx(
        trk(points(MINUTE, lambda _: "<speed>9</speed><extensions><a:speed>3.1</a:speed><speed>5</speed></extensions>"))
    )

    speed = only(text).samples.speed_mps
    assert speed is not None
    assert np.all(speed == 3.1)


def test_points_outside_of_tracks_and_fields_of_nothing_are_ignored() -> None:
    outside = '<wpt lat="0" lon="0"><time>2026-05-04T05:00:00Z</time></wpt><trkpt lat="x"/><type>ride</type>'
    plain = only(gpx(trk(points(MINUTE))))

    assert only(gpx(outside + trk(points(MINUTE)))).replace(id="", samples=None) == plain.replace(id="", samples=None)


Moment = tuple[float, float | None]


def by_gpxpy(body: bytes) -> set[Moment]:
    """Time and height of each point with a time, as another library reads them."""
    found = gpxpy.parse(body.decode("utf-8-sig").strip(), version="1.1")
    points_ = [point for track in found.tracks for part in track.segments for point in part.points]
    return {(round(point.time.timestamp(), 3), point.elevation) for point in points_ if point.time}


def by_us(body: bytes) -> set[Moment]:
    """The same of our activities."""
    found: set[Moment] = set()
    for activity in readers.read(body, "x.gpx"):
        start_s, samples = activity.started_at.timestamp(), activity.samples
        heights = np.full(len(samples.time_s), np.nan) if samples.altitude_m is None else samples.altitude_m
        for time_s, height in zip(samples.time_s.tolist(), heights.tolist(), strict=True):
            found.add((round(start_s + time_s, 3), None if np.isnan(height) else height))
    return found


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_real_file_has_the_times_and_heights_that_gpxpy_finds(path: Path) -> None:
    body = path.read_bytes()
    try:
        told = by_gpxpy(body)
    except gpxpy.gpx.GPXException:
        pytest.skip("gpxpy does not read this file")
    if not told:
        with pytest.raises(NoActivity):
            by_us(body)
        return

    assert by_us(body) <= told
    assert len(by_us(body)) >= len(told) - 1


def plainly(body: bytes) -> tuple[int, Counter[float]]:
    """An independent reading with ElementTree: timed points, and how often each heart rate is said."""
    root = ElementTree.fromstring(body.strip())
    found = [element for element in root.iter() if element.tag.endswith("}trkpt")]
    timed = [point for point in found if any(child.tag.endswith("}time") for child in point)]
    pulses = ([e.text for e in point.iter() if e.tag.lower().endswith(("}hr", "}heartrate"))] for point in timed)
    rates = [float(pulse[0]) for pulse in pulses if pulse and pulse[0]]
    return len(timed), Counter(rate for rate in rates if 20 <= rate <= 250)


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_real_file_holds_what_an_independent_reading_finds(path: Path) -> None:
    body = path.read_bytes()
    timed, rates = plainly(body)
    try:
        activities = readers.read(body, "x.gpx")
    except NoActivity:
        assert timed == 0
        return

    left_out = sum(activity.records - len(activity.samples.time_s) for activity in activities)
    found: Counter[float] = Counter()
    for activity in activities:
        values = activity.samples.heart_rate_bpm
        found.update([] if values is None else values[np.isfinite(values)].tolist())
    assert sum(activity.records for activity in activities) == timed
    assert left_out <= 1
    assert found <= rates
    assert rates.total() - found.total() <= left_out


def at_midnight(seconds: int = 600, **how: int) -> list[Spot]:
    """Moments whose first is midnight UTC of the next day."""
    return spots(seconds, since=18 * 3600, **how)


@pytest.mark.parametrize(
    ("text", "sport"),
    [
        pytest.param(trk(points(spots(600, speed=13.6))), "unknown", id="running at 13.6 m/s"),
        pytest.param(trk(points(spots(600, speed=6.6))), "unknown", id="just too fast"),
        pytest.param(trk(points(spots(600, speed=6.4))), "running", id="very fast"),
        pytest.param(trk(points(spots(600, speed=13.6)), sport="cycling"), "cycling", id="a ride"),
    ],
)
def test_nobody_runs_faster_than_a_sprinter_for_half_of_a_run(text: str, sport: str) -> None:
    activity = only(gpx(text))

    assert activity.sport == sport
    assert ("too_fast" in [note.code for note in activity.notes]) is (sport == "unknown")


@pytest.mark.parametrize(
    ("text", "sport"),
    [
        pytest.param(trk(points(at_midnight(), nothing), sport=""), "unknown", id="a planned route"),
        pytest.param(trk(points(spots(600, since=64_801), nothing), sport=""), "running", id="a second later"),
        pytest.param(trk(points(at_midnight(), nothing)), "running", id="called running"),
        pytest.param(trk(points(at_midnight()), sport=""), "running", id="with heart rate and cadence"),
    ],
)
def test_times_from_midnight_sharp_without_a_sport_are_a_plan(text: str, sport: str) -> None:
    activity = only(gpx(text))

    assert activity.sport == sport
    assert any("midnight sharp" in note.text for note in activity.notes) is (sport == "unknown")
