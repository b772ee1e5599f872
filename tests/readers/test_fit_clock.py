"""The time axis: what is left out, what is closed, what is only noted."""

import numpy as np
import pytest

from kneedrive.readers.fit.session import Axis, Clock, axis

START = 1_000_000_000.0


def line(*seconds: float, start: float | None = START, elapsed_s: float | None = None) -> Axis:
    """The axis of records at these seconds after START, 10 bytes apart."""
    times = START + np.array(seconds)
    return axis(times, 100 + 10 * np.arange(len(times)), start, elapsed_s)


def codes(found: Axis) -> list[str]:
    return [note.code for note in found.notes]


def test_a_plain_axis_counts_from_the_sessions_start() -> None:
    found = line(2, 3, 4)

    assert (found.time_s.tolist(), codes(found)) == ([2, 3, 4], [])


@pytest.mark.parametrize("start", [None, START + 10, START - 50_000], ids=["none", "after it", "half a day before"])
def test_the_first_record_is_the_start_where_the_session_does_not_agree(start: float | None) -> None:
    found = line(5, 6, 7, start=start)

    assert (found.clock.zero, found.time_s.tolist()) == (START + 5, [0, 1, 2])


def test_gaps_and_equal_times_stay() -> None:
    assert line(0, 1, 1, 2, 600).time_s.tolist() == [0, 1, 1, 2, 600]


def test_records_without_a_time_are_left_out_with_the_place_of_the_first() -> None:
    found = line(0, np.nan, 2, np.nan)

    assert (found.time_s.tolist(), found.keep.tolist()) == ([0, 2], [True, False, True, False])
    assert [(note.code, note.offset) for note in found.notes] == [("time_invalid", 110)]


@pytest.mark.parametrize("wrong", [-500, 40_000], ids=["early", "late"])
def test_one_wrong_time_costs_one_record(wrong: float) -> None:
    found = line(0, 1, wrong, 3, 4)

    assert (found.time_s.tolist(), codes(found)) == ([0, 1, 3, 4], ["time_backwards"])


def test_a_stray_end_is_left_out() -> None:
    found = line(0, 1, 2, 3_000_000)

    assert (found.time_s.tolist(), codes(found)) == ([0, 1, 2], ["time_far"])


def test_a_night_of_pause_is_kept() -> None:
    assert line(0, 1, 30_000, 30_001).time_s.tolist() == [0, 1, 30_000, 30_001]


class TestClockSet:
    """One gap that the session's elapsed time denies is the clock being set."""

    def test_the_gap_is_closed_to_what_the_elapsed_time_leaves(self) -> None:
        found = line(0, 1, 2, 100_005, 100_006, elapsed_s=6)

        assert (found.time_s.tolist(), codes(found)) == ([0, 1, 2, 5, 6], ["clock_set"])

    def test_times_of_laps_and_pauses_follow(self) -> None:
        clock = line(0, 1, 2, 100_005, 100_006, elapsed_s=6).clock

        assert [clock.seconds(START + 2), clock.seconds(START + 100_005)] == [2, 5]

    @pytest.mark.parametrize(
        ("seconds", "elapsed_s"),
        [((0, 1, 30_001), 30_001), ((0, 1, 1801), 1), ((0, 1, 30_001), None), ((0, 1, 30_001), 15_000)],
        ids=["the elapsed time knows of it", "under an hour", "no elapsed time", "explained by half"],
    )
    def test_another_gap_stays(self, seconds: tuple[float, ...], elapsed_s: float | None) -> None:
        found = line(*seconds, elapsed_s=elapsed_s)

        assert (found.time_s.tolist(), codes(found)) == (list(seconds), [])


@pytest.mark.parametrize("times", [[], [np.nan, np.nan]])
def test_without_any_time_the_axis_is_empty(times: list[float]) -> None:
    found = axis(np.array(times), np.zeros(len(times), np.int64), START, 60.0)

    assert (found.time_s.tolist(), found.clock) == ([], Clock(zero=START))


def test_a_watch_that_did_not_know_the_date_is_noted() -> None:
    found = axis(np.array([1000.0, 1001.0]), np.array([0, 1]), 1000.0, None)

    assert (found.time_s.tolist(), codes(found)) == ([0, 1], ["clock_unset"])
