"""Cadence in steps per minute, whatever the file counted."""

import numpy as np
import pytest

from kneedrive.readers.motion import steps_per_minute


def even(value: float, n: int = 50) -> np.ndarray:
    return np.full(n, float(value))


@pytest.mark.parametrize(
    ("raw", "speed_mps", "spm", "guessed"),
    [
        (60, 3.0, 120, False),
        (82, 2.2, 164, False),
        (88, 3.0, 176, False),
        (110, 6.0, 220, False),
        (120, 2.0, 120, True),
        (165, 3.0, 165, True),
        (210, 6.0, 210, True),
        (57, 1.4, 114, False),
        (105, 1.4, 105, True),
        (76, 1.6, 152, False),
        (82, np.nan, 164, False),
        (165, np.nan, 165, True),
    ],
)
def test_cadence_counts_both_feet(raw: float, speed_mps: float, spm: float, guessed: bool) -> None:
    """One leg doubled, both feet kept and noted; a walker's both feet told by the speed."""
    found, notes = steps_per_minute(even(raw), even(speed_mps))

    assert found == pytest.approx(even(spm))
    assert [note.code for note in notes] == (["cadence_both_feet"] if guessed else [])


def test_walking_breaks_do_not_hide_that_both_feet_are_counted() -> None:
    raw = np.concatenate([even(118, 30), even(176, 20)])

    assert steps_per_minute(raw, even(1.7))[0] == pytest.approx(raw)


def test_walking_breaks_of_one_leg_are_doubled_with_the_rest() -> None:
    raw = np.concatenate([even(57, 30), even(80, 20)])

    assert steps_per_minute(raw, even(1.5))[0] == pytest.approx(2 * raw)


def test_zero_throughout_is_no_channel_and_says_so() -> None:
    found, notes = steps_per_minute(even(0), even(3))

    assert found is None
    assert [note.code for note in notes] == ["cadence_empty"]


def test_nothing_recorded_is_no_channel_without_a_word() -> None:
    assert steps_per_minute(even(np.nan), even(3)) == (None, ())


def test_zero_while_moving_is_missing_and_zero_at_rest_is_zero() -> None:
    raw, speed = np.array([85.0, 0, 0, 85]), np.array([3.0, 3.0, 0.0, 3.0])

    assert steps_per_minute(raw, speed)[0] == pytest.approx([170, np.nan, 0, 170], nan_ok=True)


@pytest.mark.parametrize("raw", [-5.0, 255.0, 1e9], ids=["negative", "the byte for no value", "absurd"])
def test_values_that_no_leg_makes_are_missing(raw: float) -> None:
    found, _ = steps_per_minute(np.array([85.0, 86.0, raw, *even(85)]), even(3, 53))

    assert found is not None
    assert np.isnan(found[2])
