"""Documents of Strava's API to activities: cadence, time, places, oddities, and every way to be broken."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kneedrive import readers
from kneedrive.errors import Malformed
from kneedrive.readers.strava import read
from kneedrive.recording import Activity
from kneedrive.sources.strava import document, listed
from tests.conftest import DATA, needs_data
from tests.fakes.server import fixture

RUN = fixture("strava/summary_run.json")
STREAMS = fixture("strava/streams_run.json")


def body(summary: Any = None, streams: Any = None, **change: Any) -> bytes:
    """The document of the fixture run, with changes to its summary."""
    given_streams = STREAMS if streams is None else {name: {"data": data} for name, data in streams.items()}
    return document(listed({**(summary or RUN), **change}).summary, given_streams)


def activity(data: bytes) -> Activity:
    (found,) = read(data)
    return found


def codes(found: Activity) -> list[str]:
    return [note.code for note in found.notes]


def test_a_run_is_read_whole() -> None:
    (found,) = readers.read(body(), "strava-1")

    assert (found.id, found.format, found.name) == (readers.identity(body()), "strava", "strava-1")
    assert (found.sport, found.sub_sport, found.is_run) == ("running", "generic", True)
    assert found.started_at == datetime(2026, 7, 5, 6, 30, tzinfo=UTC)
    assert (found.duration_s, found.elapsed_s, found.distance_m) == (2520.0, 2584.0, 7340.5)
    assert found.device.product == "Garmin Forerunner 255"
    assert found.records == len(found.samples.time_s) == 120
    assert found.notes == ()


def test_there_are_no_dynamics_and_never_will_be() -> None:
    assert set(activity(body()).samples.present()) == {
        "distance_m",
        "speed_mps",
        "altitude_m",
        "cadence_spm",
        "heart_rate_bpm",
        "power_w",
    }


def test_streams_keep_their_values_and_their_gaps() -> None:
    samples = activity(body()).samples

    assert samples.speed_mps is not None
    np.testing.assert_array_equal(samples.speed_mps, STREAMS["velocity_smooth"]["data"])
    np.testing.assert_array_equal(samples.time_s, STREAMS["time"]["data"])
    assert samples.time_s[61] - samples.time_s[60] == 4.0
    assert not samples.speed_mps.flags.writeable


def test_null_is_not_measured_and_zero_is_zero() -> None:
    samples = activity(body(streams={"time": [0, 1, 2], "watts": [None, 0, 250]})).samples

    np.testing.assert_array_equal(samples.power_w, [np.nan, 0.0, 250.0])


def test_a_number_without_end_is_not_measured() -> None:
    data = body(streams={"time": [0, 1], "watts": [1, 2]}).replace(b"[1,2]", b"[1e999,2]")

    np.testing.assert_array_equal(activity(data).samples.power_w, [np.nan, 2.0])


def test_a_stream_that_is_missing_is_no_channel() -> None:
    samples = activity(body(streams={"time": [0, 1]})).samples

    assert samples.present() == {}


@pytest.mark.parametrize(
    ("sport", "cadence", "expected", "noted"),
    [
        ("Run", [82, 83], [164, 166], []),
        ("TrailRun", [70, 0], [140, 0], []),  # standing counts neither way
        ("Walk", [55, 56], [110, 112], []),
        ("Run", [164, 166], [164, 166], ["cadence_in_steps"]),
        ("Run", [0, 0], [0, 0], []),
        ("Run", [None, 85], [None, 170], []),
        ("Ride", [85, 86], [85, 86], []),
    ],
)
def test_cadence_counts_both_feet(sport: str, cadence: list[Any], expected: list[Any], noted: list[str]) -> None:
    found = activity(body(streams={"time": [0, 1], "cadence": cadence}, sport_type=sport))

    np.testing.assert_array_equal(found.samples.cadence_spm, np.array(expected, dtype=float))
    assert codes(found) == noted


def test_no_cadence_on_the_move_is_not_measured_and_standing_is_zero() -> None:
    streams = {"time": [0, 1, 2], "cadence": [0, 0, 82], "velocity_smooth": [0.0, 3.0, 3.0]}

    np.testing.assert_array_equal(activity(body(streams=streams)).samples.cadence_spm, [0.0, np.nan, 164.0])


@pytest.mark.parametrize(("told", "expected"), [(82.4, 164.8), (165.0, 165.0)])
def test_the_average_cadence_counts_both_feet(told: float, expected: float) -> None:
    assert activity(body(average_cadence=told)).averages["cadence_spm"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, 7200),  # summer time, though the bracket says one hour
        ({"utc_offset": -25200.0, "timezone": "(GMT-08:00) America/Los_Angeles"}, -25200),
        ({"utc_offset": -14400.0}, -14400),  # told, whatever the zone says
        ({"utc_offset": None}, 7200),  # by the zone's name
        ({"utc_offset": None, "start_date": "2026-01-05T06:30:00Z"}, 3600),  # winter
        ({"utc_offset": None, "timezone": "(GMT+05:45) Asia/Kathmandu"}, 20700),
        ({"utc_offset": None, "timezone": "(GMT+01:00) No/Where"}, 7200),  # by the local start and its false Z
        ({"utc_offset": None, "timezone": "(GMT+01:00) ../../etc/passwd"}, 7200),
        ({"utc_offset": None, "timezone": None}, 7200),
        ({"utc_offset": 999_999.0}, 7200),
        ({"utc_offset": None, "timezone": None, "start_date_local": None}, None),
        ({"utc_offset": None, "timezone": None, "start_date_local": "2027-01-01T00:00:00Z"}, None),
    ],
)
def test_local_time_is_utc_plus_the_offset_that_is_true(change: dict[str, Any], expected: int | None) -> None:
    found = activity(body(**change))

    assert found.utc_offset_s == expected
    assert ("no_utc_offset" in codes(found)) is (expected is None)


def test_the_false_z_of_the_local_start_does_not_move_the_run() -> None:
    assert activity(body(start_date_local="1999-01-01T00:00:00Z")).started_at == datetime(2026, 7, 5, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize("local", ["2026-07-05T00:00:01Z", "2026-07-05T00:00:01"])
def test_a_hidden_start_is_noted(local: str) -> None:
    assert codes(activity(body(start_date_local=local))) == ["hidden_start"]


@pytest.mark.parametrize(
    ("change", "sub_sport", "positioned"),
    [
        ({}, "generic", True),
        ({"start_latlng": []}, "generic", False),
        ({"start_latlng": None}, "generic", False),
        ({"trainer": True}, "treadmill", False),
        ({"sport_type": "TrailRun"}, "trail", True),
        ({"sport_type": "VirtualRun"}, "virtual_activity", False),  # its places are invented
    ],
)
def test_a_treadmill_has_no_position(change: dict[str, Any], sub_sport: str, positioned: bool) -> None:
    found = activity(body(**change))

    assert (found.sub_sport, found.positioned) == (sub_sport, positioned)


@pytest.mark.parametrize(
    ("change", "sport"),
    [
        ({"sport_type": None}, "running"),  # an answer of before 2022
        ({"sport_type": "Walk"}, "walking"),
        ({"sport_type": "Hike"}, "hiking"),
        ({"sport_type": "Ride"}, "cycling"),
        ({"sport_type": "Yoga"}, "yoga"),
        ({"sport_type": None, "type": None}, "unknown"),
    ],
)
def test_the_sport_is_in_the_words_of_fit(change: dict[str, Any], sport: str) -> None:
    assert activity(body(**change)).sport == sport


def test_an_activity_entered_by_hand_has_totals_only() -> None:
    found = activity(body(fixture("strava/summary_manual.json"), streams={}))

    assert len(found.samples.time_s) == found.records == 0
    assert found.samples.present() == {}
    assert found.averages == {"speed_mps": 2.913}
    assert (found.duration_s, found.distance_m, found.device.product) == (2520.0, 7340.5, "")
    assert codes(found) == ["manual"]


def test_a_stream_of_another_length_is_left_out_and_noted() -> None:
    found = activity(body(streams={"time": [0, 1, 2], "cadence": [80, 81], "distance": [0, 3, 6]}))

    assert set(found.samples.present()) == {"distance_m"}
    assert codes(found) == ["stream_length"]


@pytest.mark.parametrize(
    ("time", "kept"),
    [([0, 1, 5, 3, 6], [0, 1, 5, 6]), ([0, None, 2, 2, 3], [0, 2, 2, 3]), ([5, 4, 3, 2, 1], [5])],
)
def test_time_never_goes_back(time: list[Any], kept: list[int]) -> None:
    found = activity(body(streams={"time": time, "distance": [0, 1, 2, 3, 4]}))

    np.testing.assert_array_equal(found.samples.time_s, kept)
    assert found.samples.distance_m is not None
    assert len(found.samples.distance_m) == len(kept)
    assert codes(found) == ["time_backwards"]


def broken(*path: str, value: Any = None, drop: bool = False) -> bytes:
    """The document with one thing changed or taken away."""
    whole = copy.deepcopy(json.loads(body()))
    inner = whole
    for key in path[:-1]:
        inner = inner[key]
    if drop:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is not JSON"),
        (b"\x0e\x10.FIT", "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        (b"[" * 200_000, "it is not JSON that can be read"),
        (b"[]", "its format is not kneedrive-strava-1"),
        (b"null", "its format is not"),
        (b'{"format": "kneedrive-strava-2"}', "its format is not"),
        (b'{"format": "kneedrive-strava-1"}', "activity is missing"),
        (broken("activity", value=[]), "activity is missing or no object"),
        (broken("streams", drop=True), "streams is missing"),
        (broken("activity", "start_date", drop=True), "activity.start_date is not a date"),
        (broken("activity", "start_date", value="yesterday"), "activity.start_date is not a date"),
        (broken("activity", "start_date", value="0001-01-01T00:00:00+23:00"), "activity.start_date is not a date"),
        (broken("activity", "distance", value="far"), "activity.distance is not a usable number"),
        (broken("activity", "moving_time", value=True), "activity.moving_time is not a usable number"),
        (broken("activity", "distance", value=10**400), "activity.distance is not a usable number"),
        (broken("activity", "distance", value=float("nan")), "activity.distance is not a usable number"),
        (broken("activity", "distance", value=-1), "activity.distance is negative"),
        (broken("activity", "moving_time", value=-0.5), "activity.moving_time is negative"),
        (broken("activity", "elapsed_time", value=-60), "activity.elapsed_time is negative"),
        (broken("activity", "utc_offset", value=float("inf")), "activity.utc_offset is not a usable number"),
        (broken("streams", "time", value="text"), "streams.time is not a list of numbers"),
        (broken("streams", "time", value={"data": [1]}), "streams.time is not a list of numbers"),
        (broken("streams", "cadence", value=[1, "2"]), "streams.cadence is not a list of numbers"),
        (broken("streams", "cadence", value=[True]), "streams.cadence is not a list of numbers"),
        (broken("streams", "cadence", value=[[1], [2]]), "streams.cadence is not a list of numbers"),
        (broken("streams", "watts", value=[10**400]), "streams.watts holds a number without end"),
    ],
)
def test_what_is_broken_is_named(data: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words) as caught:
        read(data)

    assert str(caught.value).startswith("is no Strava activity: ")


def test_broken_json_is_told_with_its_place() -> None:
    with pytest.raises(Malformed) as caught:
        read(b'{"format": oops}')

    assert caught.value.offset == 11


@pytest.mark.parametrize("cut", range(0, len(body()) - 1, 97))
def test_a_document_cut_anywhere_is_refused(cut: int) -> None:
    with pytest.raises(Malformed):
        read(body()[:cut])


NUMBERS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
VALUES = st.recursive(
    NUMBERS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3)
)


def problem(data: bytes) -> str:
    """What is said against a document, "" where it is read."""
    try:
        found = activity(data)
    except Malformed as error:
        return str(error)
    assert np.all(np.diff(found.samples.time_s) >= 0)
    return ""


@given(st.sampled_from(sorted(listed(RUN).summary)), VALUES)
def test_any_value_in_the_summary_gives_an_activity_or_one_sentence(key: str, value: Any) -> None:
    said = problem(broken("activity", key, value=value))

    assert not said or f"activity.{key}" in said


@given(st.sampled_from(sorted(json.loads(body())["streams"])), VALUES)
def test_any_value_in_a_stream_gives_an_activity_or_one_sentence(key: str, value: Any) -> None:
    said = problem(broken("streams", key, value=value))

    assert not said or f"streams.{key}" in said


def recorded_runs() -> list[Any]:
    """Every run in the recorded lists of activities."""
    path = DATA / "strava-json" / "all_athlete_activities.json"
    if not Path(path).is_file():
        return []
    return [item for answer in json.loads(path.read_text()) for item in answer["body"] if item["type"] == "Run"]


@needs_data
def test_every_recorded_summary_is_understood() -> None:
    found = [activity(document(listed(item).summary, {})) for item in recorded_runs()]

    assert len(found) == 119
    assert all(one.is_run and one.utc_offset_s is not None for one in found)
    cadences = [one.averages["cadence_spm"] for one in found if "cadence_spm" in one.averages]
    assert len(cadences) > 100
    assert 130 < min(cadences) < max(cadences) < 200


@needs_data
def test_nothing_of_a_recorded_place_or_name_is_kept() -> None:
    for item in recorded_runs():
        text = document(listed(item).summary, {}).decode()
        assert item["name"] not in text
        assert not item["start_latlng"] or str(item["start_latlng"][0]) not in text
        assert not item["map"]["summary_polyline"] or item["map"]["summary_polyline"] not in text


@needs_data
def test_recorded_streams_are_understood() -> None:
    recorded = json.loads((DATA / "strava-json/sample_streams.fixture.json").read_text())
    by_type = {stream["type"]: stream for stream in recorded}

    found = activity(document(listed(RUN).summary, by_type))

    assert found.records == len(by_type["time"]["data"])
    assert set(found.samples.present()) <= {
        "distance_m",
        "speed_mps",
        "altitude_m",
        "cadence_spm",
        "heart_rate_bpm",
        "power_w",
    }
