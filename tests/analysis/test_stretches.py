"""Where a history falls apart, and where it only seems to."""

from collections.abc import Sequence

import pytest

from kneedrive.histories.result import PastRun, Setting
from kneedrive.histories.segments import stretches
from tests.analysis.runs_of_a_runner import Form, past_run

SETTING = Setting()
NAMES = {"s": "garmin_strap", "w": "garmin_wrist", "c": "coros"}


def line_of(sensors: str) -> list[PastRun]:
    """One run a day on the sensors of these letters."""
    return [past_run(day, sensor=NAMES[letter], n=6) for day, letter in enumerate(sensors)]


def lengths(runs: Sequence[PastRun]) -> list[tuple[str, int]]:
    return [(part.sensor, len(part.runs)) for part in stretches(runs, SETTING)[0]]


@pytest.mark.parametrize(
    ("sensors", "parts"),
    [
        ("sssss", [("garmin_strap", 5)]),
        ("ssssswwww", [("garmin_strap", 5), ("garmin_wrist", 4)]),
        ("sssswsss", [("garmin_strap", 7)]),
        ("sssswwsss", [("garmin_strap", 7)]),
        ("sssssww", [("garmin_strap", 5)]),
        ("ssswwwsss", [("garmin_strap", 3), ("garmin_wrist", 3), ("garmin_strap", 3)]),
        ("swswsws", [("garmin_strap", 4)]),
        ("wssss", [("garmin_strap", 4)]),
        ("sw", [("garmin_strap", 1)]),
        ("", []),
    ],
)
def test_a_sensor_is_new_once_it_has_stayed_for_three_runs(sensors: str, parts: list[tuple[str, int]]) -> None:
    assert lengths(line_of(sensors)) == parts


def test_a_break_names_its_day_and_both_sensors() -> None:
    (found,) = stretches(line_of("sssswwww"), SETTING)[1]
    assert (found.kind, found.before, found.after) == ("sensor", "garmin_strap", "garmin_wrist")
    assert found.sensors == ("garmin_strap", "garmin_wrist")
    assert found.date == line_of("sssswwww")[4].started_at.date()


def test_a_new_firmware_class_breaks_and_an_unknown_one_does_not() -> None:
    firmware = ["11", "11", "", "11", "12", "12", "", "12"]
    runs = [run.replace(firmware=word) for run, word in zip(line_of("cccccccc"), firmware, strict=True)]
    parts, breaks = stretches(runs, SETTING)
    assert [(each.kind, each.before, each.after) for each in breaks] == [("firmware", "11", "12")]
    assert [len(part.runs) for part in parts] == [4, 4]


@pytest.mark.parametrize(
    ("sensor", "watches", "parts"),
    [
        ("none", ["a"] * 4 + ["b"] * 4, [4, 4]),
        ("garmin_wrist", ["a"] * 4 + ["b"] * 4, [4, 4]),
        ("none", ["", "a", "", "a", "b", "", "b"], [4, 3]),
        ("garmin_strap", ["a"] * 4 + ["b"] * 4, [8]),
        ("coros", ["a"] * 4 + ["b"] * 4, [8]),
    ],
)
def test_a_new_watch_breaks_what_the_watch_itself_makes(sensor: str, watches: list[str], parts: list[int]) -> None:
    runs = [past_run(day, sensor=sensor, n=6).replace(device=watch) for day, watch in enumerate(watches)]
    found, breaks = stretches(runs, SETTING)
    assert [len(part.runs) for part in found] == parts
    expected = [("watch", "a", "b", (sensor, sensor))] if len(parts) > 1 else []
    assert [(each.kind, each.before, each.after, each.sensors) for each in breaks] == expected


def two_halves(after: Form, sensor: str = "garmin_strap") -> list[PastRun]:
    return [past_run(day, after if day >= 10 else Form(), sensor=sensor) for day in range(20)]


def test_an_oscillation_that_jumps_alone_is_the_sensor() -> None:
    runs = two_halves(Form(ln_k=0.15))  # about 14 mm at these speeds
    (found,) = stretches(runs, SETTING)[1]
    assert (found.kind, found.date) == ("oscillation", runs[10].started_at.date())


@pytest.mark.parametrize(
    "after",
    [Form(ln_k=0.06), Form(ln_T=0.03, ln_k=0.15), Form(DF=0.02, ln_k=0.15), Form(ln_T=0.08), Form()],
    ids=["too small", "step time changed too", "duty factor changed too", "steps alone", "nothing"],
)
def test_a_change_that_timing_shares_is_form(after: Form) -> None:
    assert stretches(two_halves(after), SETTING)[1] == ()


def test_a_gradual_rise_is_no_jump() -> None:
    runs = [past_run(day, Form(ln_k=0.15 * day / 40)) for day in range(40)]
    assert stretches(runs, SETTING)[1] == ()


def test_one_odd_day_is_no_jump() -> None:
    runs = [past_run(day, Form(ln_k=0.3 if day == 9 else 0.0)) for day in range(20)]
    assert stretches(runs, SETTING)[1] == ()
