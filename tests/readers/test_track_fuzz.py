"""Damaged and invented GPX and TCX: an activity or a ReadError, nothing else."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kneedrive import readers
from kneedrive.errors import ReadError
from kneedrive.readers.tracks import read_gpx, read_tcx
from kneedrive.recording import Activity
from tests.make_track_fixtures import FOLDER

CALM = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SMALL = [path.read_bytes() for path in sorted(FOLDER.glob("*.[gt][pc]x")) if path.stat().st_size < 12_000]
WORDS = [b"<", b">", b"&", b"&#0;", b"\xff\xfe", b"\0", b"nan", b"-1e400", b"<trkpt>", b"</trkseg>", b"xmlns:q=''"]
NUMBERS = st.one_of(st.floats(), st.integers(), st.sampled_from(["", "nan", "inf", "-0", "1e309", "1,5", "४२", "x"]))


def sound(activities: tuple[Activity, ...]) -> None:
    """What every activity promises, whatever it came from."""
    assert activities
    for activity in activities:
        time_s = activity.samples.time_s
        assert np.all(np.isfinite(time_s))
        assert np.all(np.diff(time_s) >= 0)
        assert 0 <= activity.duration_s < 1e7
        assert activity.distance_m is None or activity.distance_m >= 0
        for values in activity.samples.present().values():
            assert len(values) == len(time_s)
            assert not np.any(np.isinf(values))


def read(data: bytes) -> None:
    with suppress(ReadError):
        sound(readers.read(data))


@CALM
@given(data=st.data())
def test_mutated_files_give_an_activity_or_a_read_error(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from(SMALL)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(len(body) - 1, 0)))
        cut = data.draw(st.integers(0, 40))
        body[at : at + cut] = data.draw(st.one_of(st.sampled_from(WORDS), st.binary(max_size=4)))
    read(bytes(body))


@pytest.mark.parametrize("name", ["plain.tcx", "two-segments.gpx", "utf-16.gpx"])
def test_a_file_cut_anywhere_gives_an_activity_or_a_read_error(name: str) -> None:
    body = (FOLDER / name).read_bytes()
    for end in range(0, len(body), 17):
        read(body[:end])


@CALM
@given(values=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=12))
def test_absurd_numbers_in_gpx_give_an_activity_or_a_read_error(values: list[tuple[object, ...]]) -> None:
    rows = "".join(
        f'<trkpt lat="{lat}" lon="{lon}"><ele>{lat}</ele><time>2026-05-04T06:00:{row:02}Z</time><extensions>'
        f"<cad>{cad}</cad><speed>{speed}</speed><distance>{distance}</distance></extensions></trkpt>"
        for row, (lat, lon, cad, speed, distance) in enumerate(values)
    )
    read(f'<gpx version="1.1"><trk><trkseg>{rows}</trkseg></trk></gpx>'.encode())


@CALM
@given(
    times=st.lists(st.one_of(st.datetimes().map(str), st.text(max_size=12), NUMBERS), min_size=1, max_size=12),
    total=NUMBERS,
)
def test_absurd_times_in_tcx_give_an_activity_or_a_read_error(times: list[object], total: object) -> None:
    rows = "".join(
        f"<Trackpoint><Time>{str(time).replace('<', '').replace('&', '')}</Time></Trackpoint>" for time in times
    )
    totals = f"<TotalTimeSeconds>{total}</TotalTimeSeconds><DistanceMeters>{total}</DistanceMeters>"
    laps = f'<Lap StartTime="2026-05-04T06:00:00Z">{totals}<Track>{rows}</Track></Lap>'
    read(f"<TrainingCenterDatabase><Activity>{laps}</Activity></TrainingCenterDatabase>".encode())


@CALM
@given(st.binary(max_size=200))
def test_bytes_that_are_no_xml_are_refused_by_both_readers(data: bytes) -> None:
    for reader in (read_gpx, read_tcx):
        with pytest.raises(ReadError):
            reader(data)
