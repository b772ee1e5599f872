"""FIT messages to activities."""

from datetime import UTC, datetime

import numpy as np
import pytest

from kneedrive.errors import Malformed, NoActivity, Truncated
from kneedrive.readers import fit, identity, read, sniff
from kneedrive.readers.fit.session import Axis, Clock, axis
from kneedrive.recording import Interval, Lap, Runner, Sensor
from tests.fit_writer import Field, Message, fit_bytes
from tests.readers.fit_cases import START, codes, column, file_id, only, records, run, session, timer

# Whole files to activities: sessions, totals, pauses, laps, devices, and what a file may lack.


def test_a_plain_run_is_read_whole() -> None:
    octets = run(records(20, column(41, "uint16", [2500] * 20)), session())
    activity = only(octets)

    assert (activity.sport, activity.sub_sport, activity.is_run) == ("running", "generic", True)
    assert activity.started_at == datetime(2021, 9, 8, 1, 46, 40, tzinfo=UTC)
    assert (activity.records, activity.elapsed_s, activity.duration_s) == (20, 19.0, 19.0)
    assert activity.samples.present().keys() == {"cadence_spm", "stance_time_s"}
    assert (activity.format, activity.name, activity.id, activity.notes) == ("fit", "run.fit", identity(octets), ())


def test_the_kind_is_told_from_the_bytes_and_the_id_is_their_hash() -> None:
    octets = run()

    assert sniff(octets) == "fit"
    assert read(octets, "run.txt")[0].id == identity(octets)


@pytest.mark.parametrize(
    ("column_of", "expected"), [(column(0, "uint32", [9] * 20), True), (column(3, "uint8", [9] * 20), False)]
)
def test_only_whether_there_were_positions_is_kept(column_of: object, expected: bool) -> None:
    assert only(run(records(20, column_of), session())).positioned is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("height_cm", "weight_100g", "wearer"),
    [
        (178, 702, Runner(height_m=1.78, mass_kg=70.2)),
        (255, 65535, Runner()),  # no value
        (60, 5000, Runner()),  # nobody's
        (189, 0, Runner(height_m=1.89)),
    ],
)
def test_height_and_mass_are_those_of_the_watchs_profile(height_cm: int, weight_100g: int, wearer: Runner) -> None:
    profile = Message(3, (Field(3, "uint8", height_cm), Field(4, "uint16", weight_100g)))
    assert only(run(records(), session(), profile)).wearer == wearer
    assert only(run(records(), session())).wearer == Runner()


class TestSessions:
    """One activity for each, in the order of their start."""

    def triathlon(self, *, summary_first: bool) -> bytes:
        parts = [records(10, first=START + 100 * i) for i in range(3)]
        told = [session(START + 100 * i, 99, sport) for i, sport in enumerate((5, 2, 1))]
        return run(*told, *parts) if summary_first else run(*parts, *reversed(told))

    @pytest.mark.parametrize("summary_first", [True, False])
    def test_records_go_to_the_session_that_began_before_them(self, summary_first: bool) -> None:
        octets = self.triathlon(summary_first=summary_first)
        activities = read(octets, "x.fit")

        assert [(a.sport, a.records) for a in activities] == [("swimming", 10), ("cycling", 10), ("running", 10)]
        assert [a.id for a in activities] == [f"{identity(octets)}{number}" for number in ("", "-2", "-3")]
        assert [a.samples.time_s[0] for a in activities] == [0, 0, 0]

    def test_a_record_before_the_first_session_belongs_to_it(self) -> None:
        early = run(
            records(10, first=START - 5), session(START, 50), session(START + 50, 50, 2), records(5, first=START + 60)
        )

        assert [a.records for a in read(early, "x.fit")] == [10, 5]

    def test_a_record_without_a_time_stays_with_the_one_before_it(self) -> None:
        bare = Message(20, (Field(253, "uint32", None), Field(4, "uint8", 80)))
        octets = run(session(START, 99), session(START + 100, 99), records(10), bare, records(10, first=START + 100))

        assert [a.records for a in read(octets, "x.fit")] == [11, 10]

    def test_chained_files_give_activities_in_the_order_of_their_start(self) -> None:
        octets = run(records(5, first=START + 5000), session(START + 5000, 4)) + run()

        assert [a.records for a in read(octets, "x.fit")] == [20, 5]

    def test_a_chained_file_without_activity_does_not_hide_the_run(self) -> None:
        assert len(read(fit_bytes((file_id(2),)) + run(), "x.fit")) == 1

    def test_a_session_without_records_gives_its_averages(self) -> None:
        activity = only(
            run(session(START, 600, 1, Field(18, "uint8", 85), Field(92, "uint8", 64), Field(91, "uint16", 2480)))
        )

        assert (activity.records, activity.elapsed_s) == (0, 600)
        assert activity.averages == pytest.approx({"cadence_spm": 171, "stance_time_s": 0.248})

    def test_an_average_of_zero_is_no_average(self) -> None:
        assert dict(only(run(records(), session(START, 19, 1, Field(91, "uint16", 0)))).averages) == {}

    def test_an_unknown_sport_is_called_by_its_number(self) -> None:
        assert only(run(records(), session(sport=201))).sport == "sport 201"


class TestWithoutSession:
    """The recording was cut or never closed: what the records themselves tell."""

    def test_totals_come_from_the_records(self) -> None:
        rising = column(5, "uint32", [300 * i for i in range(20)])
        activity = only(run(records(20, rising)))

        assert (activity.elapsed_s, activity.duration_s, activity.distance_m) == (19, 19, 57)
        assert "missing_session" in codes(activity)

    @pytest.mark.parametrize("number", [12, 19], ids=["sport message", "lap"])
    def test_the_sport_comes_from_another_message(self, number: int) -> None:
        field = Field(0, "enum", 2) if number == 12 else Field(25, "enum", 2)

        assert only(run(records(), Message(number, (field,)))).sport == "cycling"

    @pytest.mark.parametrize(
        ("cadence", "speed_mps", "sport"), [(85, 3.0, "running"), (85, 8.0, "unknown"), (55, 1.9, "unknown")]
    )
    def test_the_sport_is_guessed_from_speed_and_cadence(self, cadence: int, speed_mps: float, sport: str) -> None:
        speeds = column(6, "uint16", [int(1000 * speed_mps)] * 20)
        activity = only(run(records(20, column(4, "uint8", [cadence] * 20), speeds)))

        assert activity.sport == sport
        assert codes(activity)[-1] == ("sport_assumed" if sport == "running" else "sport_unknown")

    def test_without_any_speed_nothing_is_guessed(self) -> None:
        assert only(run(records())).sport == "unknown"


class TestPauses:
    """Timer stops to timer starts."""

    @pytest.mark.parametrize("stop", [1, 4, 8, 9])
    def test_a_stop_and_a_start_make_a_pause(self, stop: int) -> None:
        activity = only(run(timer(0, 0), timer(5, stop), timer(9, 0), records(), session()))

        assert activity.pauses == (Interval(start_s=5, end_s=9),)

    def test_a_stop_without_a_start_is_the_end(self) -> None:
        assert only(run(timer(0, 0), records(), timer(19, 4), session())).pauses == ()

    def test_a_second_stop_does_not_move_the_first(self) -> None:
        activity = only(run(timer(5, 4), timer(7, 4), timer(9, 0), records(), session()))

        assert activity.pauses == (Interval(start_s=5, end_s=9),)

    def test_other_events_are_no_pauses(self) -> None:
        other = [
            Message(21, (Field(253, "uint32", START + i), Field(0, "enum", 9), Field(1, "enum", i % 2)))
            for i in range(9)
        ]

        assert only(run(*other, records(), session())).pauses == ()

    def test_pauses_count_where_no_timer_time_is_told(self) -> None:
        assert only(run(timer(5, 4), timer(9, 0), records())).duration_s == 15

    def test_a_pause_outside_the_session_is_none_of_its_own(self) -> None:
        assert only(run(timer(500, 4), timer(900, 0), records(), session())).pauses == ()


class TestLaps:
    """As the watch closed them."""

    def lap(self, begin: int, end: int, lasted_s: int = 0, distance_m: int = 100) -> Message:
        times = (Field(253, "uint32", START + end), Field(2, "uint32", START + begin))
        return Message(19, (*times, Field(7, "uint32", 1000 * lasted_s), Field(9, "uint32", 100 * distance_m)))

    def test_a_lap_is_read_with_its_distance(self) -> None:
        activity = only(run(records(), self.lap(0, 8, 8), self.lap(8, 19, 11, 50), session()))

        assert activity.laps == (Lap(start_s=0, end_s=8, distance_m=100), Lap(start_s=8, end_s=19, distance_m=50))

    def test_a_lap_stamped_with_the_start_of_the_recording_ends_when_its_time_is_over(self) -> None:
        octets = run(records(300), self.lap(100, 0, 150), session(START, 299))

        assert only(octets).laps == (Lap(start_s=100, end_s=250, distance_m=100),)

    def test_a_lap_of_another_session_is_left_out(self) -> None:
        octets = run(records(), self.lap(500, 600, 100), session())

        assert only(octets).laps == ()


class TestDevices:
    """The watch and what talked to it."""

    def info(self, index: int | None, *fields: Field) -> Message:
        return Message(23, (Field(0, "uint8", index), *fields))

    def test_the_watch_is_named_with_its_firmware(self) -> None:
        creator = self.info(0, Field(2, "uint16", 1), Field(4, "uint16", 3992), Field(5, "uint16", 1918))
        device = only(run(creator, records(), session())).device

        assert device == Sensor(maker="Garmin", maker_id=1, product="Forerunner 255", product_id=3992, firmware="19.18")

    def test_a_name_in_the_file_goes_before_ours(self) -> None:
        named = Message(0, (Field(0, "enum", 4), Field(1, "uint16", 294), Field(8, "string", "COROS PACE 3")))

        assert only(fit_bytes((named, records(), session()))).device.product == "COROS PACE 3"

    def test_a_strap_is_told_once_and_the_watchs_own_parts_not_at_all(self) -> None:
        strap = (Field(1, "uint8", 30), Field(2, "uint16", 1), Field(4, "uint16", 1752), Field(25, "enum", 1))
        infos = (
            self.info(0, Field(2, "uint16", 1)),
            self.info(1, Field(1, "uint8", 0), Field(2, "uint16", 1), Field(25, "enum", 5)),
            self.info(2, *strap),
            self.info(2, *strap),
            self.info(2, Field(1, "uint8", 30), Field(25, "enum", 1)),
            self.info(3, Field(25, "enum", 1)),
        )
        found = only(run(*infos, records(), session())).sensors

        assert [(sensor.product, sensor.ant_device_type, sensor.source) for sensor in found] == [
            ("HRM-Run", 30, "antplus")
        ]

    def test_a_number_counts_as_ant_profile_only_for_ant_sensors(self) -> None:
        bluetooth = self.info(
            1, Field(1, "uint8", 1), Field(2, "uint16", 1), Field(4, "uint16", 4607), Field(25, "enum", 3)
        )
        (sensor,) = only(run(bluetooth, records(), session())).sensors

        assert (sensor.product, sensor.ant_device_type) == ("HRM 600", None)

    def test_an_unknown_maker_is_called_by_its_number(self) -> None:
        (sensor,) = only(run(self.info(1, Field(2, "uint16", 999)), records(), session())).sensors

        assert (sensor.maker, sensor.maker_id, sensor.product) == ("maker 999", 999, "")


class TestLocalTime:
    """The watch's own clock, as an offset."""

    @pytest.mark.parametrize(
        ("local", "expected"),
        [(7200, 7200), (-12600, -12600), (7201, 7200), (0, 0), (86_400 * 3, None), (None, None)],
        ids=["whole hours", "half hours", "a second late", "UTC", "impossible", "untold"],
    )
    def test_it_is_rounded_to_what_zones_are(self, local: int | None, expected: int | None) -> None:
        told = None if local is None else START + local
        message = Message(34, (Field(253, "uint32", START), Field(5, "uint32", told)))

        assert only(run(records(), session(), message)).utc_offset_s == expected


class TestTotals:
    """Stated totals count where they can be true."""

    def test_an_elapsed_time_shorter_than_the_records_is_not_believed(self) -> None:
        assert only(run(records(100), session(START, 19))).elapsed_s == 99

    def test_an_absurd_elapsed_time_is_not_believed(self) -> None:
        assert only(run(records(20), session(START, 4_000_000))).elapsed_s == 19

    def test_a_timer_longer_than_the_elapsed_time_is_not_believed(self) -> None:
        timer_s = Field(8, "uint32", 99_000_000)
        message = session()
        told = message._replace(fields=(*(field for field in message.fields if field.number != 8), timer_s))

        assert only(run(records(), told)).duration_s == 19


class TestNoActivity:
    """What is refused, and in which words."""

    @pytest.mark.parametrize(
        ("kind", "word"), [(2, "settings"), (6, "course"), (9, "weight"), (32, "daily monitoring")]
    )
    def test_another_kind_of_file_says_what_it_is(self, kind: int, word: str) -> None:
        with pytest.raises(
            NoActivity, match=rf"x.fit: is a watch's file of another kind \({word}\), and holds no activity"
        ):
            read(fit_bytes((file_id(kind), records())), "x.fit")

    def test_an_activity_without_records_and_session_is_none(self) -> None:
        with pytest.raises(NoActivity, match="without records and without a session"):
            read(fit_bytes((file_id(),)), "x.fit")

    def test_a_file_cut_before_its_first_record_says_where(self) -> None:
        octets = run()[:40]
        with pytest.raises(Truncated) as caught:
            read(octets, "x.fit")

        assert (caught.value.got, caught.value.expected) == (40, len(run()) - 2)
        assert caught.value.offset is not None

    def test_a_file_damaged_before_its_first_record_says_where(self) -> None:
        octets = bytearray(run())
        octets[14] = 0x0B
        with pytest.raises(Malformed, match="in a form that the file does not describe") as caught:
            read(bytes(octets), "x.fit")

        assert caught.value.offset == 14

    def test_bytes_without_the_mark_of_fit_are_none(self) -> None:
        with pytest.raises(Malformed, match="is not a FIT file"):
            fit.read(b"nothing")


def test_a_lap_belongs_to_the_session_that_began_last_before_it() -> None:
    """Watches state a session a little longer than it is: the first lap of the next would be its last one too."""
    told = [session(START, 20.9), session(START + 20, 19.0, 2)]
    laps = [Message(19, (Field(2, "uint32", START + second), Field(7, "uint32", 5_000))) for second in (0, 10, 20, 30)]

    first, second = read(run(records(40), *laps, *told), "two.fit")

    assert [lap.start_s for lap in first.laps] == [0, 10]
    assert [lap.start_s for lap in second.laps] == [0, 10]


def test_a_pause_is_shared_out_between_the_sessions_it_touches() -> None:
    told = [session(START, 30.0), session(START + 20, 19.0, 2)]

    first, second = read(run(records(40), timer(15, 4), timer(25, 0), *told), "two.fit")

    assert first.pauses == (Interval(start_s=15, end_s=20),)
    assert second.pauses == (Interval(start_s=0, end_s=5),)


# The time axis: what is left out, what is closed, what is only noted.


def line(*seconds: float, start: float | None = START, elapsed_s: float | None = None) -> Axis:
    """The axis of records at these seconds after START, 10 bytes apart."""
    times = START + np.array(seconds, dtype=np.float64)
    return axis(times, 100 + 10 * np.arange(len(times)), start, elapsed_s)


def noted(found: Axis) -> list[str]:
    return [note.code for note in found.notes]


def test_a_plain_axis_counts_from_the_sessions_start() -> None:
    found = line(2, 3, 4)

    assert (found.time_s.tolist(), noted(found)) == ([2, 3, 4], [])


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

    assert (found.time_s.tolist(), noted(found)) == ([0, 1, 3, 4], ["time_backwards"])


def test_a_stray_end_is_left_out() -> None:
    found = line(0, 1, 2, 3_000_000)

    assert (found.time_s.tolist(), noted(found)) == ([0, 1, 2], ["time_far"])


def test_a_night_of_pause_is_kept() -> None:
    assert line(0, 1, 30_000, 30_001).time_s.tolist() == [0, 1, 30_000, 30_001]


class TestClockSet:
    """One gap that the session's elapsed time denies is the clock being set."""

    def test_the_gap_is_closed_to_what_the_elapsed_time_leaves(self) -> None:
        found = line(0, 1, 2, 100_005, 100_006, elapsed_s=6)

        assert (found.time_s.tolist(), noted(found)) == ([0, 1, 2, 5, 6], ["clock_set"])

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

        assert (found.time_s.tolist(), noted(found)) == (list(seconds), [])


@pytest.mark.parametrize("times", [[], [np.nan, np.nan]])
def test_without_any_time_the_axis_is_empty(times: list[float]) -> None:
    found = axis(np.array(times), np.zeros(len(times), np.int64), START, 60.0)

    assert (found.time_s.tolist(), found.clock) == ([], Clock(zero=START))


def test_a_watch_that_did_not_know_the_date_is_noted() -> None:
    found = axis(np.array([1000.0, 1001.0]), np.array([0, 1]), 1000.0, None)

    assert (found.time_s.tolist(), noted(found)) == ([0, 1], ["clock_unset"])
