"""What doctor tells about a file."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from kneedrive.analysis.result import Analysis, ChannelSummary
from kneedrive.recording import Interval, Lap, Note, Samples, Sensor, frozen
from kneedrive.report import doctor, terminal
from kneedrive.report.blocks import Style
from tests.conftest import Golden
from tests.report.runs import RUNS

STYLE = Style(width=92)


def render(*analyses: Analysis, style: Style = STYLE) -> str:
    return terminal.render(doctor.examination(analyses, miles=style.miles), style)


def flat(text: str) -> str:
    """The text without line breaks and runs of blanks."""
    return " ".join(text.split())


def examined(of: str = "demo", /, **given: Any) -> Analysis:
    """A run whose file says these things."""
    found = RUNS[of]()
    return found.replace(activity=found.activity.replace(**given))


def test_examination_of_a_run_with_everything(golden: Golden) -> None:
    time_s = frozen([0.0, 1.0, 2.0, 20.0])
    stryd = Samples(time_s=time_s, stance_time_s=frozen([0.25, 0.26, np.nan, np.nan]))
    odd = examined(
        id="3f2a9c01b7de",
        name="morning.fit",
        started_at=datetime(2026, 11, 8, 6, 42, 10, tzinfo=UTC),
        sensors=(Sensor(maker="garmin", product="hrm_pro_plus", ant_device_type=30, source="antplus"),),
        alternatives={"stryd": stryd},
        laps=(Lap(start_s=0, end_s=20),),
        pauses=(Interval(start_s=2, end_s=20),),
        averages={"cadence_spm": 166.0},
        notes=(Note(code="crc", text="the checksum does not match", offset=48213),),
    )
    golden.check("doctor.txt", render(odd))


def test_an_alternative_shows_its_own_coverage() -> None:
    other = Samples(time_s=frozen([0.0, 1.0]), stance_time_s=frozen([0.25, np.nan]))
    text = flat(render(examined(alternatives={"stryd": other})))

    assert "ALTERNATIVE: STRYD" in text
    assert "ground contact time 50 % 250 ms" in text


def test_pace_and_distance_are_in_the_units_that_were_asked_for() -> None:
    run = RUNS["demo"]().replace(
        channels={
            "speed_mps": ChannelSummary(coverage=1.0, median=3.0),
            "distance_m": ChannelSummary(coverage=1.0, median=5000.0),
        }
    )
    text = flat(render(run, style=STYLE.replace(miles=True)))

    assert "pace 100 % 8:56 /mile" in text
    assert "distance 100 % 3.11 miles" in text
    assert "m/s" not in text


def test_a_bar_is_drawn_only_for_what_is_not_whole() -> None:
    found = {
        "cadence_spm": ChannelSummary(coverage=1.0, median=166.0),
        "stance_time_s": ChannelSummary(coverage=0.5, median=0.25),
    }
    lines = render(RUNS["demo"]().replace(channels=found)).splitlines()

    assert [line.rstrip().endswith("█") for line in lines if line.startswith(("  cadence ", "  ground contact"))] == [
        False,
        True,
    ]


def test_odd_things_come_with_their_place() -> None:
    note = Note(code="crc", text="the checksum of the file does not match", offset=48213)
    text = flat(render(examined(notes=(note,))))

    assert "The checksum of the file does not match (at byte 48,213)." in text


def test_a_note_that_reader_and_analysis_both_carry_is_said_once() -> None:
    note = Note(code="unit", text="oscillation unit corrected")
    run = examined(notes=(note,))
    both = run.replace(quality=run.quality.replace(notes=(note,)))

    assert render(both).count("Oscillation unit corrected") == 1


def test_a_wrist_file_hears_which_sensor_would_say_more() -> None:
    text = flat(render(examined("shuffle-wrist", sensors=())))

    assert "Judged for its speed: step length." in text
    assert "A chest strap or pod" in text


def test_what_is_judged_by_developer_fields_says_how_to_take_the_others() -> None:
    other = Samples(time_s=frozen([0.0, 1.0]), stance_time_s=frozen([0.25, np.nan]))
    run = examined("shuffle-stryd", alternatives={"stryd": other})
    text = flat(render(run.replace(provenance_reason="contact time comes from Stryd's developer fields")))

    assert "judged here; --dynamics native judges by those above" in text


def test_a_file_without_samples_says_so() -> None:
    text = flat(render(examined("averages", averages={"cadence_spm": 166.0}).replace(channels={})))

    assert "None: the file holds no samples." in text
    assert "cadence 166 steps/min" in text
    assert "Nothing is judged" in text


def test_several_sessions_are_listed_before_the_runs_among_them() -> None:
    text = flat(render(examined(), examined("cycling", id="aaaabbbbcccc")))

    assert "2 sessions, 1 of them a run." in text
    assert text.index("aaaabbbbcccc") < text.index("DEVICES")
    assert text.count("DEVICES") == 1


def test_positions_are_named_and_never_shown() -> None:
    text = flat(render(examined()))

    assert "recorded: never shown, exported or put on a page; the store keeps the file as it is, with them" in text


def test_one_reason_is_said_once_and_in_words() -> None:
    run = RUNS["too-few"]()
    text = flat(render(run))

    assert "Too little steady running to judge: " in text
    assert text.count(run.status_reason) == 1


def test_how_a_sensor_is_reached_is_said_in_words() -> None:
    strap = Sensor(maker="garmin", product="hrm_600", source="bluetooth_low_energy")
    pod = Sensor(maker="stryd", product="pod", ant_device_type=124, source="antplus")
    text = flat(render(examined(sensors=(strap, pod))))

    assert "(Bluetooth)." in text
    assert "(foot pod, ANT+)." in text


def test_two_records_are_enough_for_a_time_axis() -> None:
    two = examined(samples=Samples(time_s=frozen([0.0, 90.0])))

    assert "one every 90 s, the longest gap 2 min" in flat(render(two))


def test_a_sport_that_is_unknown_is_no_name() -> None:
    text = flat(render(examined(sport="unknown")))

    assert ", no sport named" in text
