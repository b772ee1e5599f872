"""TCX: laps, tracks, extensions and totals, and an independent reading to compare with."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from kneedrive import readers
from kneedrive.errors import Malformed, NoActivity, ReadError
from kneedrive.readers import tracks
from kneedrive.recording import Activity, Lap
from tests.conftest import real_files
from tests.track_writer import START, lap, spots, tcx, trackpoint

MINUTE = spots(60)
REAL = real_files("tcx/*.tcx")


def read(text: str) -> tuple[Activity, ...]:
    return readers.read(text.encode(), "run.tcx")


def only(text: str) -> Activity:
    (activity,) = read(text)
    return activity


def test_a_plain_run_is_read_whole() -> None:
    activity = only(tcx(lap(MINUTE, timer_s=60, total_m=180)))

    assert (activity.format, activity.name, activity.records) == ("tcx", "run.tcx", 13)
    assert activity.started_at == START
    assert activity.device.product == "Invented watch"
    assert set(activity.samples.present()) == {
        "distance_m",
        "speed_mps",
        "cadence_spm",
        "power_w",
        "heart_rate_bpm",
    }


def test_a_treadmill_run_has_no_position_and_keeps_its_speed() -> None:
    activity = only(tcx(lap(MINUTE, places=False)))

    assert not activity.positioned
    assert activity.samples.speed_mps is not None


def test_the_zone_is_that_of_the_first_time_that_tells_one() -> None:
    """A run across a border of zones keeps the local time that it began with."""
    first, second = lap(MINUTE, zone_h=2), lap(spots(60, since=65), zone_h=3)

    assert only(tcx(first, second)).utc_offset_s == 7200
    assert only(tcx(lap(MINUTE), second)).utc_offset_s == 10_800


def test_laps_lie_on_the_time_axis_of_the_activity() -> None:
    text = tcx(*(lap(spots(60, since=start), timer_s=60, total_m=180) for start in (0, 65, 130)))

    assert only(text).laps == (
        Lap(start_s=0, end_s=65, distance_m=180),
        Lap(start_s=65, end_s=130, distance_m=180),
        Lap(start_s=130, end_s=190, distance_m=180),
    )


@pytest.mark.parametrize(
    ("told_s", "duration_s"),
    [(190, 190), (150, 190), (200, 200), (500, 190), (0, 190), (-5, 190)],
    ids=["equal", "far too short", "a little longer", "longer than the day", "zero", "negative"],
)
def test_timer_time_is_that_of_the_laps_where_it_fits(told_s: float, duration_s: float) -> None:
    assert only(tcx(lap(spots(190), timer_s=told_s))).duration_s == duration_s


def test_the_cadence_of_the_extension_comes_before_that_of_the_point() -> None:
    text = tcx(lap(MINUTE)).replace("<Extensions>", "<Cadence>0</Cadence><Extensions>")

    cadence = only(text).samples.cadence_spm
    assert cadence is not None
    assert np.all(cadence == 168)


def test_a_heart_rate_of_the_lap_is_not_one_of_a_point() -> None:
    average = "<AverageHeartRateBpm><Value>99</Value></AverageHeartRateBpm>"
    text = tcx(lap(MINUTE)).replace("<Track>", average + "<Track>")

    rates = only(text).samples.heart_rate_bpm
    assert rates is not None
    assert np.all(rates == 140)


def test_totals_without_points_give_an_activity_of_averages() -> None:
    activity = only(tcx(lap(timer_s=600, total_m=1800)))

    assert dict(activity.averages) == {"speed_mps": 3.0}
    assert len(activity.samples.time_s) == 0
    assert (activity.duration_s, activity.records) == (600, 0)


@pytest.mark.parametrize(("timer_s", "total_m"), [(0, 10), (-1, 10), (1e9, 10)])
def test_totals_of_no_time_or_of_weeks_are_no_activity(timer_s: float, total_m: float) -> None:
    with pytest.raises(NoActivity):
        read(tcx(lap(timer_s=timer_s, total_m=total_m)))


def test_a_total_faster_than_anything_is_not_a_distance() -> None:
    activity = only(tcx(lap(timer_s=60, total_m=1e6)))

    assert activity.distance_m is None
    assert not activity.averages


def test_an_activity_in_a_course_folder_is_told_from_a_course() -> None:
    text = tcx(lap(MINUTE)).replace("<Activities>", "<Courses><Course><Track/></Course></Courses><Activities>")

    assert only(text).records == 13


@pytest.mark.parametrize(
    ("sport", "expected"), [("Running", "running"), ("Biking", "cycling"), ("Other", "running"), ("", "running")]
)
def test_the_sport_is_that_of_the_file_or_what_it_looks_like(sport: str, expected: str) -> None:
    assert only(tcx(lap(MINUTE), sport=sport)).sport == expected


def test_a_ride_has_no_steps() -> None:
    assert only(tcx(lap(MINUTE), sport="Biking")).samples.cadence_spm is None


def test_the_device_is_the_creator_and_no_other_name() -> None:
    others = "<Training><Plan><Name>Plan B</Name></Plan></Training></Activity>"
    text = tcx(lap(MINUTE)).replace("<Name>", "<ProductID>7</ProductID><Name>").replace("</Activity>", others)

    assert only(text).device.product == "Invented watch"


def test_lap_distances_stand_in_where_no_point_has_one() -> None:
    text = tcx(*(lap(spots(60, since=s), total_m=180, places=False, distance=False) for s in (0, 65)))

    assert only(text).distance_m == 360


def test_an_activity_without_any_distance_says_none() -> None:
    assert only(tcx(lap(MINUTE, places=False, distance=False))).distance_m is None


def test_another_document_that_mentions_the_root_is_refused() -> None:
    with pytest.raises(Malformed, match="first element is <note>"):
        read("<note><TrainingCenterDatabase/></note>")


@pytest.mark.parametrize(
    ("extra", "says"), [("<Trackpoint/>", "points"), ("<Lap/>" * 13, "laps"), ("<Activity/>" * 13, "activities")]
)
def test_more_than_two_days_have_is_refused(monkeypatch: pytest.MonkeyPatch, extra: str, says: str) -> None:
    text = tcx(lap(MINUTE))
    most = text.count("<Trackpoint>")
    monkeypatch.setattr(tracks, "MAX_POINTS", max(most, 12))

    assert only(text)
    with pytest.raises(ReadError, match=f"has more than {max(most, 12)} {says}; kneedrive reads up to"):
        read(text.replace("</Activity>", f"{extra}</Activity>"))


def test_a_point_outside_of_an_activity_is_ignored() -> None:
    with pytest.raises(NoActivity):
        read(f"<TrainingCenterDatabase><Lap><Track>{trackpoint(MINUTE[0])}</Track></Lap></TrainingCenterDatabase>")


def plainly(body: bytes) -> tuple[int, int]:
    """An independent reading with ElementTree: points of activities, and those with a time."""
    root = ElementTree.fromstring(body.decode("utf-8-sig").strip())
    spaced = "{http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2}"
    found = [point for one in root.iter(f"{spaced}Activity") for point in one.iter(f"{spaced}Trackpoint")]
    return len(found), sum(point.find(f"{spaced}Time") is not None for point in found)


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_real_file_holds_what_an_independent_reading_finds(path: Path) -> None:
    body = path.read_bytes()
    try:
        activities = readers.read(body, "x.tcx")
    except NoActivity:
        assert plainly(body)[0] == 0
        return
    recorded, timed = plainly(body)
    notes = [note for activity in activities for note in activity.notes]
    kept = sum(len(activity.samples.time_s) for activity in activities)
    assert sum(activity.records for activity in activities) == recorded
    assert kept <= timed
    assert kept == timed or any(note.code in ("time_backwards", "stray_points") for note in notes)
