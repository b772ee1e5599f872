"""Points into columns: what is left out, and where a run is paused."""

import numpy as np
import pytest

from kneedrive.readers.points import POINT, cleaned, columns_of
from kneedrive.recording import Interval

NAN = float("nan")
MORNING = 1_777_874_400.0


def table(times: list[float], pace_mps: float = 3.0, **columns: list[float]) -> np.ndarray:
    """Rows of points due east at one speed, `times` seconds after a morning in May; columns by their names."""
    rows = np.full((len(times), len(POINT)), NAN)
    rows[:, 0] = MORNING + np.array(times)
    rows[:, 1:3] = 0.0
    rows[:, 3] = pace_mps * np.array(times) / 111_195
    for name, values in columns.items():
        rows[:, POINT.index(name)] = values
    return rows


@pytest.mark.parametrize(
    ("times", "kept", "codes"),
    [
        ([0, 1, 2], [0, 1, 2], []),
        ([0, NAN, 2], [0, 2], ["untimed_points"]),
        ([0, -1e9 * 2, 2], [0, 2], ["untimed_points"]),
        ([0, 1e10, 2], [0, 2], ["untimed_points"]),
        ([0, 5, 2, 6], [0, 2, 6], ["time_backwards"]),
        ([0, 1, 50_000], [0, 1], ["stray_points"]),
        ([NAN, NAN], [], ["untimed_points"]),
    ],
)
def test_points_that_cannot_be_placed_in_time_are_left_out_with_a_note(
    times: list[float], kept: list[float], codes: list[str]
) -> None:
    rows, notes = cleaned(table(times))

    assert (rows[:, 0] - MORNING).tolist() == kept
    assert [note.code for note in notes] == codes


def test_a_note_says_how_many_points_were_left_out() -> None:
    _, (note,) = cleaned(table([0, NAN, NAN, 3]))

    assert note.text == "2 of 4 points without a time were left out"


def test_parts_are_put_in_order_of_their_first_time() -> None:
    rows, notes = cleaned(table([10, 11, 12, 0, 1, 2], part=[0, 0, 0, 1, 1, 1]))

    assert (rows[:, 0] - MORNING).tolist() == [0, 1, 2, 10, 11, 12]
    assert notes == ()


@pytest.mark.parametrize(
    ("times", "parts", "speed_mps", "pauses"),
    [
        ([0, 5, 10, 15], [0, 0, 0, 0], 3.0, []),
        ([0, 5, 10, 15], [0, 0, 1, 1], 3.0, []),
        ([0, 5, 10, 30, 35], [0, 0, 0, 1, 1], 3.0, [(10, 30)]),
        ([0, 5, 10, 12, 17], [0, 0, 0, 1, 1], 3.0, []),
        ([0, 5, 10, 30, 35], [0, 0, 0, 0, 0], 3.0, []),
        ([0, 5, 10, 30, 35], [0, 0, 0, 0, 0], 0.1, [(10, 30)]),
        ([0, 5, 10, 25, 30], [0, 0, 0, 0, 0], 0.1, []),
        ([0, 30, 60, 90, 120], [0, 0, 0, 0, 0], 0.1, []),
        ([0], [0], 3.0, []),
    ],
    ids=[
        "even",
        "a lap",
        "a new part after a silence",
        "a new part after a blink",
        "silent while running",
        "silent while standing",
        "silent for 15 s",
        "a point every 30 s",
        "one point",
    ],
)
def test_a_pause_is_told_by_the_file_or_stood_through(
    times: list[float], parts: list[float], speed_mps: float, pauses: list[tuple[float, float]]
) -> None:
    columns = columns_of(table(times, speed_mps, part=parts), MORNING)

    assert list(columns.pauses) == [Interval(start_s=start, end_s=end) for start, end in pauses]
    assert columns.time_s[columns.starts].tolist() == [0, *(end for _, end in pauses)]


def test_without_positions_recorded_distance_tells_standing_from_running() -> None:
    times, nowhere = [0.0, 5, 10, 60, 65], [NAN] * 5
    still = table(times, latitude_deg=nowhere, distance_m=[0, 15, 30, 31, 46])
    ran = table(times, latitude_deg=nowhere, distance_m=[0, 15, 30, 180, 195])

    assert len(columns_of(still, MORNING).pauses) == 1
    assert len(columns_of(ran, MORNING).pauses) == 0


@pytest.mark.parametrize(
    ("column", "written", "kept"),
    [
        ("latitude_deg", [91.0, -91, 90, -90], [NAN, NAN, 90, -90]),
        ("altitude_m", [-501.0, 9001, -500, 9000], [NAN, NAN, -500, 9000]),
        ("heart_rate_bpm", [0.0, 255, 20, 250], [NAN, NAN, 20, 250]),
        ("power_w", [-1.0, 3001, 0, 3000], [NAN, NAN, 0, 3000]),
        ("speed_mps", [-1.0, 61, 0, 60], [NAN, NAN, 0, 60]),
        ("distance_m", [-1.0, 5, 6, 7], [NAN, 5, 6, 7]),
        ("distance_m", [0.0, 0, 0, 0], [NAN, NAN, NAN, NAN]),
    ],
)
def test_values_that_cannot_be_measured_are_missing(column: str, written: list[float], kept: list[float]) -> None:
    columns = columns_of(table([0, 1, 2, 3], 3.0, **{column: written}), MORNING)

    assert columns.channels[column] == pytest.approx(kept, nan_ok=True)
