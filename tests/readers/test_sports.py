"""Words for sports in many tongues."""

from datetime import UTC, datetime

import pytest

from kneedrive.readers import sport_of, sub_sport_of, with_sport
from kneedrive.recording import Activity, Note, Samples, Sensor, frozen


@pytest.mark.parametrize(
    ("words", "sport"),
    [
        ("running", "running"),
        ("Run", "running"),
        ("RUNNING", "running"),
        ("9", "running"),
        ("trail_running", "running"),
        ("TrailRun", "running"),
        ("VirtualRun", "running"),
        ("treadmill_running", "running"),
        ("Course à pied", "running"),
        ("Laufen", "running"),
        ("Lauf", "running"),
        ("Carrera", "running"),
        ("Corsa", "running"),
        ("Hardlopen", "running"),
        ("Biking", "cycling"),
        ("Ride", "cycling"),
        ("E-Bike Ride", "cycling"),
        ("1", "cycling"),
        ("cycling", "cycling"),
        ("Radfahrt", "cycling"),
        ("Walk", "walking"),
        ("10", "walking"),
        ("Hike", "hiking"),
        ("Wanderung", "hiking"),
        ("Swim", "swimming"),
        ("16", "swimming"),
        ("NordicSki", "cross_country_skiing"),
        ("Skilanglauf", "cross_country_skiing"),
        ("Other", "unknown"),
        ("", "unknown"),
        ("Trunk show", "unknown"),
        ("99", "unknown"),
    ],
)
def test_words_become_fit_words(words: str, sport: str) -> None:
    assert sport_of(words) == sport


@pytest.mark.parametrize(
    ("words", "sub_sport"),
    [
        ("running", "generic"),
        ("trail_running", "trail"),
        ("TrailRun", "trail"),
        ("treadmill_running", "treadmill"),
        ("Indoor Running", "treadmill"),
        ("VirtualRun", "virtual_activity"),
    ],
)
def test_the_kind_of_running_is_kept(words: str, sub_sport: str) -> None:
    assert sub_sport_of(words) == sub_sport


def activity(sport: str, *codes: str) -> Activity:
    return Activity(
        id="abc",
        format="gpx",
        name="run.gpx",
        started_at=datetime(2026, 5, 4, tzinfo=UTC),
        utc_offset_s=None,
        sport=sport,
        sub_sport="generic",
        device=Sensor(maker=""),
        sensors=(),
        duration_s=0.0,
        elapsed_s=0.0,
        distance_m=None,
        records=0,
        positioned=False,
        samples=Samples(time_s=frozen([])),
        notes=tuple(Note(code=code, text="") for code in codes),
    )


@pytest.mark.parametrize(
    ("said", "codes", "words", "sport"),
    [
        ("running", ("sport_assumed",), "Ride", "cycling"),
        ("unknown", ("sport_unknown",), "Trail Run", "running"),
        ("running", (), "Ride", "running"),
        ("unknown", ("sport_unknown",), "Workout", "unknown"),
        ("running", ("sport_assumed",), "", "running"),
    ],
    ids=["a guess gives way", "unknown gives way", "the file comes first", "no use", "no words"],
)
def test_an_export_names_the_sport_only_where_the_file_does_not(
    said: str, codes: tuple[str, ...], words: str, sport: str
) -> None:
    assert with_sport(activity(said, *codes), words).sport == sport


def test_a_sport_from_an_export_takes_the_guess_out_of_the_notes() -> None:
    named = with_sport(activity("running", "speed_computed", "sport_assumed"), "Trail Run")

    assert [note.code for note in named.notes] == ["speed_computed"]
    assert named.sub_sport == "trail"
