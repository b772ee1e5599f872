"""What doctor tells about a file."""

import numpy as np

from kneedrive.analysis.result import ChannelSummary
from kneedrive.recording import Interval, Lap, Note, Samples, frozen
from kneedrive.report import doctor
from kneedrive.report.text import Style
from tests.conftest import Golden
from tests.report import cases

STYLE = Style(width=92)


def flat(text: str) -> str:
    """The text without line breaks and runs of blanks."""
    return " ".join(text.split())


def test_examination_of_a_run_with_everything(golden: Golden) -> None:
    time_s = frozen([0.0, 1.0, 2.0, 20.0])
    stryd = Samples(time_s=time_s, stance_time_s=frozen([0.25, 0.26, np.nan, np.nan]))
    odd = cases.activity(
        alternatives={"stryd": stryd},
        laps=(Lap(start_s=0, end_s=20),),
        pauses=(Interval(start_s=2, end_s=20),),
        averages={"cadence_spm": 166.0},
        notes=(Note(code="crc", text="the checksum does not match", offset=48213),),
    )
    golden.check("doctor.txt", doctor.render(cases.analysis(activity=odd), STYLE))


def test_an_alternative_shows_its_own_coverage() -> None:
    other = Samples(time_s=frozen([0.0, 1.0]), stance_time_s=frozen([0.25, np.nan]))
    text = flat(doctor.render(cases.analysis(activity=cases.activity(alternatives={"stryd": other})), STYLE))

    assert "ALTERNATIVE: STRYD" in text
    assert "ground contact time 50 % 250 ms" in text


def test_pace_and_distance_are_in_the_units_that_were_asked_for() -> None:
    run = cases.analysis(
        channels={
            "speed_mps": ChannelSummary(coverage=1.0, median=3.0),
            "distance_m": ChannelSummary(coverage=1.0, median=5000.0),
        }
    )
    text = flat(doctor.render(run, STYLE.replace(miles=True)))

    assert "pace 100 % 8:56 /mile" in text
    assert "distance 100 % 3.11 miles" in text
    assert "m/s" not in text


def test_a_bar_is_drawn_only_for_what_is_not_whole() -> None:
    found = {
        "cadence_spm": ChannelSummary(coverage=1.0, median=166.0),
        "stance_time_s": ChannelSummary(coverage=0.5, median=0.25),
    }
    lines = doctor.render(cases.analysis(channels=found), STYLE).splitlines()

    assert [line.rstrip().endswith("█") for line in lines if line.startswith(("  cadence ", "  ground contact"))] == [
        False,
        True,
    ]


def test_odd_things_come_with_their_place() -> None:
    note = Note(code="crc", text="the checksum of the file does not match", offset=48213)
    run = cases.not_a_run()
    text = flat(doctor.render(run.replace(quality=run.quality.replace(notes=(note,))), STYLE))

    assert "The checksum of the file does not match".lower() in text.lower()
    assert "at byte 48,213 [crc]" in text


def test_a_note_that_reader_and_analysis_both_carry_is_said_once() -> None:
    note = Note(code="unit", text="oscillation unit corrected")
    run = cases.analysis(activity=cases.activity(notes=(note,)), quality=cases.QUALITY.replace(notes=(note,)))

    assert doctor.render(run, STYLE).count("Oscillation unit corrected") == 1


def test_a_wrist_file_hears_which_sensor_would_say_more() -> None:
    text = flat(doctor.render(cases.wrist(), STYLE))

    assert "Judged: the length of the steps for their speed." in text
    assert "would settle it" in text


def test_a_file_without_samples_says_so() -> None:
    text = flat(doctor.render(cases.averages_only(), STYLE))

    assert "None: the file holds no samples." in text
    assert "cadence 171 steps/min" in text
    assert "Nothing is judged; what was measured is shown." in text


def test_positions_are_named_and_never_shown() -> None:
    assert "recorded (never kept)" in doctor.render(cases.analysis(), STYLE)


def test_two_records_are_enough_for_a_time_axis() -> None:
    two = cases.activity(samples=Samples(time_s=frozen([0.0, 90.0])))

    assert "one every 90 s, the longest gap 2 min" in flat(doctor.render(cases.analysis(activity=two), STYLE))


def test_a_sport_that_is_unknown_is_no_name() -> None:
    text = flat(doctor.render(cases.analysis(activity=cases.activity(sport="unknown")), STYLE))

    assert "FIT, no sport named" in text
