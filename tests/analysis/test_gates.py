from typing import Any

import numpy as np
import pytest

from kneedrive.analysis import analyze, gates
from kneedrive.analysis.epochs import Table
from kneedrive.analysis.result import Analysis
from kneedrive.method import Method, Plausible
from kneedrive.recording import Activity, Array, Interval, Samples, frozen
from tests.analysis.runs import COROS, FOOT_POD, RUNNER, activity, case, samples

SECOND = np.arange(900.0)
LATE = (SECOND >= 300) & (SECOND < 420)  # epochs 10 to 13


def during(value: float, usual: float) -> Any:
    """Usual values with a little jitter, and another value in epochs 10 to 13."""
    return np.where(LATE, value, usual * (1.0 + 0.002 * np.sin(2.0 * SECOND)))


def analysed(recorded: Samples | None = None, **changes: Any) -> Analysis:
    return analyze(activity(recorded, **changes), runner=RUNNER)


def reasons(recorded: Samples | None = None, **changes: Any) -> list[str]:
    return [str(reason) for reason in analysed(recorded, **changes).epochs.reason]


def test_steady_running_is_scored_after_the_first_minute() -> None:
    assert reasons() == ["start"] * 2 + [""] * 28


NAN = float("nan")


@pytest.mark.parametrize(
    ("reason", "channels"),
    [
        ("walking", {"cadence_spm": during(110.0, 168.0), "speed_mps": during(1.5, 3.0)}),
        ("walking", {"cadence_spm": during(137.0, 168.0), "stance_time_s": during(NAN, 0.26)}),
        ("ambiguous", {"cadence_spm": during(137.0, 168.0)}),
        ("no cadence", {"cadence_spm": during(NAN, 168.0)}),
        ("cadence lock", {"cadence_spm": during(84.0, 168.0)}),
        ("implausible", {"cadence_spm": during(240.0, 168.0)}),
        ("no speed", {"speed_mps": during(NAN, 3.0)}),
        ("slow", {"speed_mps": during(1.6, 3.0)}),
        ("fast", {"speed_mps": during(6.5, 3.0)}),
        ("hilly", {"altitude_m": 100.0 + np.clip(SECOND - 300.0, 0.0, 120.0) * 3.0 * 0.08}),
        ("unsteady", {"speed_mps": 3.0 + LATE * 0.6 * np.sin(2 * np.pi * SECOND / 40.0)}),
        ("no stance time", {"stance_time_s": during(NAN, 0.26), "vertical_oscillation_m": during(NAN, 0.094)}),
        ("implausible", {"stance_time_s": during(0.5, 0.26), "vertical_oscillation_m": during(NAN, 0.094)}),
        ("flat line", {"stance_time_s": during(0.26, 0.26), "vertical_oscillation_m": during(0.094, 0.094)}),
    ],
)
def test_each_gate_catches_what_it_is_for(reason: str, channels: dict[str, Any]) -> None:
    found = reasons(samples(**channels))
    middle = found[11:13]
    assert middle == [reason, reason]


def test_an_epoch_with_a_fifth_of_walking_is_mixed() -> None:
    cadence = np.where((SECOND >= 300) & (SECOND < 306), 110.0, 168.0)
    assert reasons(samples(cadence_spm=cadence))[10] == "mixed"
    cadence = np.where((SECOND >= 300) & (SECOND < 305), 110.0, 168.0)
    assert reasons(samples(cadence_spm=cadence))[10] == ""


BURST = np.interp(SECOND, [0, 300, 306, 330, 345, 900], [3.0, 3.0, 4.6, 4.6, 3.0, 3.0])
QUICKER = np.interp(SECOND, [0, 300, 306, 330, 345, 900], [168.0, 168.0, 178.0, 178.0, 168.0, 168.0])


def test_an_acceleration_is_listed_and_not_scored() -> None:
    found = analysed(samples(speed_mps=BURST, cadence_spm=QUICKER))
    assert found.epochs.reason[10] == "accelerating"
    assert [round(one.start_s) for one in found.accelerations] == [pytest.approx(299, abs=3)]
    assert found.accelerations[0].from_mps == pytest.approx(3.0, abs=0.3)
    assert found.accelerations[0].to_mps == pytest.approx(4.6, abs=0.05)
    assert found.accelerations[0].cadence_spm == pytest.approx(173.0, abs=2.0)


def test_a_gain_of_speed_that_the_feet_know_nothing_of_is_neither_listed_nor_scored() -> None:
    found = analysed(samples(speed_mps=BURST))
    assert found.epochs.reason[10] == "accelerating"
    assert not found.accelerations


def test_setting_off_from_a_walk_is_no_acceleration() -> None:
    speed = np.interp(SECOND, [0, 300, 304, 900], [1.4, 1.4, 3.2, 3.2])
    found = analysed(samples(speed_mps=speed, cadence_spm=np.where(SECOND < 302, 110.0, 168.0)))
    assert found.accelerations == ()


@pytest.mark.parametrize(("pause_s", "listed"), [(200.0, 1), (290.0, 0), (312.0, 0)])
def test_a_burst_that_touches_a_pause_is_not_listed(pause_s: float, listed: int) -> None:
    found = analysed(samples(speed_mps=BURST, cadence_spm=QUICKER), pauses=(Interval(start_s=pause_s, end_s=pause_s),))
    assert len(found.accelerations) == listed


def test_ten_seconds_around_a_pause_do_not_count() -> None:
    found = reasons(pauses=(Interval(start_s=315.0, end_s=315.0),))
    assert found[10] == "pause"
    assert found[9] == found[11] == ""


def test_a_pause_without_an_event_is_seen_in_the_gap() -> None:
    keep = (SECOND < 315) | (SECOND > 400)
    whole = samples()
    cut = Samples(**{"time_s": frozen(SECOND[keep]), **{k: frozen(v[keep]) for k, v in whole.present().items()}})
    found = analysed(cut)
    assert found.epochs.reason[found.epochs.start_s == 300.0] == "pause"
    assert found.epochs.reason[found.epochs.start_s == 390.0] == "pause"


def test_a_short_gap_is_a_gap() -> None:
    keep = (SECOND % 30 < 9) | (SECOND % 30 > 20) | (SECOND < 300) | (SECOND >= 330)
    whole = samples()
    cut = Samples(**{"time_s": frozen(SECOND[keep]), **{k: frozen(v[keep]) for k, v in whole.present().items()}})
    assert analysed(cut).epochs.reason[10] == "gap"


def test_too_few_records_in_an_epoch_are_not_trusted() -> None:
    assert set(reasons(samples(900, step_s=14.0))) >= {"few samples"}


def test_smart_recording_is_scored() -> None:
    assert reasons(samples(900, step_s=6.0)).count("") == 28


def test_grounded_running_is_not_walking() -> None:
    found = analysed(samples(cadence_spm=150.0, stance_time_s=during(0.41, 0.405), speed_mps=2.3))
    assert found.epochs.reason[12] == ""
    assert found.epochs["duty_factor"][12] >= 0.50


def test_hills_count_half() -> None:
    found = analysed(samples(altitude_m=100.0 + np.clip(SECOND - 300.0, 0.0, 240.0) * 3.0 * 0.04))
    assert found.epochs.weight[13] == 0.5
    assert found.epochs.weight[5] == 1.0
    assert found.epochs.weight[0] == 0.0


def test_a_missing_contact_time_leaves_the_epoch_to_the_bounce_score() -> None:
    found = analysed(samples(stance_time_s=during(NAN, 0.26)))
    assert found.epochs.reason[12] == ""
    assert np.isnan(found.epochs["D"][12])
    assert np.isfinite(found.epochs["P"][12])


def test_an_impossible_oscillation_costs_the_bounce_score_only() -> None:
    found = analysed(samples(vertical_oscillation_m=during(0.2, 0.094) + 0.0005 * np.sin(SECOND)))
    assert found.epochs.reason[12] == ""
    assert np.isnan(found.epochs["P"][12])
    assert np.isfinite(found.epochs["D"][12])


def test_a_slipped_strap_loses_its_bounce_on_the_shorter_side() -> None:
    rng = np.random.default_rng(1)
    oscillation = np.where(SECOND >= 600, 1.25, 1.0) * (0.094 + 0.0005 * rng.normal(size=900))
    found = analysed(samples(vertical_oscillation_m=oscillation))
    assert np.isnan(found.epochs["P"][21:]).all()
    assert np.isfinite(found.epochs["D"][2:]).all()
    assert np.isfinite(found.epochs["P"][2:19]).all()


def test_an_impossible_contact_time_is_no_slipped_strap() -> None:
    """Contact of 0.13 s would make k, which contains it, jump; the oscillation itself did not move."""
    stance = np.where(SECOND >= 600, 0.13, 0.26) + 0.001 * np.sin(2.0 * SECOND)
    found = analysed(samples(stance_time_s=stance))
    assert np.isnan(found.epochs["D"][21:]).all()
    assert np.isfinite(found.epochs["P"][21:]).all()


def test_every_epoch_has_one_known_reason_and_all_are_counted() -> None:
    found = analysed(samples(cadence_spm=during(110.0, 168.0), speed_mps=np.where(SECOND > 600, 1.9, 3.0)))
    assert set(found.epochs.reason) <= {"", *gates.GATES}
    assert sum(found.quality.excluded.values()) + found.quality.epochs_scored == found.quality.epochs_total == 30
    assert found.quality.excluded["walking"] == 4


def test_the_first_gate_that_catches_gives_the_reason() -> None:
    steep = 100.0 + np.clip(SECOND - 300.0, 0.0, 120.0) * 3.0 * 0.08
    walking = np.where(SECOND < 360, during(110.0, 168.0), 168.0)
    found = analysed(samples(altitude_m=steep, cadence_spm=walking)).epochs
    assert np.abs(found["grade"][11:13]).min() > Method().grade.hilly
    assert found.reason[11:13].tolist() == ["walking", "hilly"]


@pytest.mark.parametrize(
    ("dropout", "mode_is_steps"), [(slice(0, 500), False), (slice(0, 850), True)], ids=["half", "nearly all"]
)
def test_without_enough_dynamics_the_steps_are_judged(dropout: slice, mode_is_steps: bool) -> None:
    gone = 1.0 + 0.002 * np.sin(2.0 * SECOND)
    gone[dropout] = NAN
    found = analysed(samples(stance_time_s=0.26 * gone, vertical_oscillation_m=0.094 * gone), sensors=(), device=COROS)
    assert found.status == "assessed"
    assert (found.findings[0].basis == "steps") == mode_is_steps
    if mode_is_steps:
        assert "only" in found.scores.D.reason


def test_indoors_a_guessed_speed_gates_nothing_and_judges_nothing() -> None:
    made: Activity = activity(samples(speed_mps=during(1.0, 9.0)), positioned=False)
    found = analyze(made, runner=RUNNER)
    assert (found.status, found.surface, found.quality.epochs_scored) == ("assessed", "indoor", 28)
    assert (found.findings, found.posterior) == ((), None)
    assert all(score.value is None and score.reason for _, score in found.scores.items())
    assert "step_length_m" not in found.metrics
    assert "duty_factor" in found.metrics


@pytest.mark.parametrize("trust", [{"speed_calibrated": True}, {"sensors": FOOT_POD}])
def test_indoors_a_measured_speed_is_judged(trust: dict[str, Any]) -> None:
    made = activity(sub_sport="treadmill")
    if "sensors" in trust:
        made = made.replace(sensors=(*made.sensors, trust["sensors"]))
    found = analyze(made, runner=RUNNER, speed_calibrated="speed_calibrated" in trust)
    assert found.surface == "indoor"
    assert found.scores.D.value is not None
    assert found.findings[0].basis == "measured"


def test_indoors_without_dynamics_nothing_is_left_to_judge() -> None:
    bare = samples(stance_time_s=None, vertical_oscillation_m=None)
    found = analysed(bare, positioned=False)
    assert found.status == "too few epochs"
    assert found.quality.excluded == {"no speed": 28, "start": 2}
    assert "nothing is left to judge" in found.status_reason
    assert found.metrics["cadence_spm"].median == pytest.approx(168.0, abs=0.5)


def test_what_is_taken_out_of_scored_epochs_is_noted_with_its_number() -> None:
    found = analysed(samples(vertical_oscillation_m=during(0.02, 0.094)))
    assert not found.quality.excluded.get("implausible")
    (note,) = (note for note in found.quality.notes if note.code == "left_out")
    assert "(4 of them)" in note.text
    assert gates.GATES["implausible"] in note.text


def test_a_computed_contact_time_is_no_loss_and_not_noted() -> None:
    found = analysed(samples(vertical_oscillation_m=during(0.02, 0.094)), sensors=())
    assert found.provenance == "garmin_wrist"
    assert not [note for note in found.quality.notes if note.code == "left_out"]


@pytest.mark.parametrize(("stance_s", "epochs"), [(0.356, 0), (0.359, 4)])
def test_running_without_flight_is_scored_and_noted(stance_s: float, epochs: int) -> None:
    found = analysed(samples(stance_time_s=during(stance_s, 0.26)))
    assert found.quality.epochs_scored == 28
    said = [note.text for note in found.quality.notes if note.code == "grounded_running"]
    assert [text.split(" of the ")[0] for text in said] == ([f"grounded running: in {epochs}"] if epochs else [])


RULES = Plausible()


def test_a_possible_oscillation_is_left_alone() -> None:
    made = samples()
    assert gates.corrected_unit(made, RULES) == (made, ())


def test_an_oscillation_ten_times_too_small_is_corrected_and_noted() -> None:
    made = samples(vertical_oscillation_m=0.0117, stance_time_s=0.24, cadence_spm=168.0)
    fixed, notes = gates.corrected_unit(made, RULES)
    assert np.allclose(np.asarray(fixed.vertical_oscillation_m), 0.117)
    assert [note.code for note in notes] == ["oscillation_unit"]
    assert "oscillation" in notes[0].text
    assert "unit" in notes[0].text


def test_an_oscillation_of_no_known_unit_is_left_out_and_noted() -> None:
    made = samples(vertical_oscillation_m=0.0002, stance_time_s=0.24, cadence_spm=168.0)
    fixed, notes = gates.corrected_unit(made, RULES)
    assert fixed.vertical_oscillation_m is None
    assert [note.code for note in notes] == ["oscillation_impossible"]


def test_records_without_flight_cannot_tell_the_unit() -> None:
    made = samples(vertical_oscillation_m=0.005, stance_time_s=0.40, cadence_spm=170.0)
    assert gates.corrected_unit(made, RULES)[1] == ()


@pytest.mark.parametrize(
    ("cadence", "speed", "locked"),
    [
        (84.0, 3.0, True),
        (95.0, 3.0, True),
        (98.0, 3.0, False),
        (336.0, 3.0, True),
        (84.0, 1.5, False),
        (168.0, 3.0, False),
    ],
)
def test_half_or_double_cadence_at_running_speed_is_locked(cadence: float, speed: float, locked: bool) -> None:
    found = reasons(samples(cadence_spm=during(cadence, 168.0), speed_mps=during(speed, 3.0)))[11]
    assert (found == "cadence lock") == locked


@pytest.mark.parametrize(
    ("stance", "duty", "said", "doubtful"),
    [
        (0.260, 0.364, 0.364, False),
        (0.260, 0.364, np.nan, False),
        (0.260, 0.364, 0.3711, False),
        (0.260, 0.364, 0.3720, True),
        (0.139, 0.364, np.nan, True),
        (0.141, 0.364, np.nan, False),
        (0.451, 0.364, np.nan, True),
        (0.260, 0.199, np.nan, True),
        (0.260, 0.551, np.nan, True),
        (np.nan, np.nan, np.nan, False),
    ],
)
def test_contact_that_no_runner_has_is_doubtful(stance: float, duty: float, said: float, doubtful: bool) -> None:
    assert implausible(stance_time_s=stance, duty_factor=duty, duty_factor_said=said) == doubtful


def implausible(**columns: float) -> bool:
    """Whether the values of one epoch cannot be a measurement; what is not given was not measured."""
    names = {*gates.FROM_STANCE, *gates.FROM_OSCILLATION, "speed_mps", "cadence_spm", "step_time_s", "grade"}
    one = np.ones(1)
    table = Table(
        start_s=one,
        columns={name: np.full(1, columns.get(name, NAN)) for name in (*names, *columns, "duty_factor_said")},
        shares=dict.fromkeys(("start", "pause", "steady", "burst", "frozen", "walking"), np.zeros(1)),
        covered_s=30.0 * one,
        used_s=30.0 * one,
        records=30.0 * one,
    )
    return bool(gates.gate(table, case()).doubts["implausible"][0])


@pytest.mark.parametrize(
    ("oscillation", "flight", "doubtful"),
    [
        (0.09, 0.1, False),
        (0.029, 0.0, True),
        (0.181, 0.1, True),
        (0.05, 0.21, True),
        (0.05, -0.21, False),
        (0.09, np.nan, False),
    ],
)
def test_bounce_that_no_runner_has_is_doubtful(oscillation: float, flight: float, doubtful: bool) -> None:
    assert implausible(vertical_oscillation_m=oscillation, flight_time_s=flight) == doubtful


def levels(*parts: tuple[int, float], noise: float = 0.02) -> Array:
    rng = np.random.default_rng(3)
    return np.concatenate([np.full(n, level) for n, level in parts]) + rng.normal(0.0, noise, sum(n for n, _ in parts))


@pytest.mark.parametrize(
    ("values", "dropped"),
    [
        (levels((40, 0.0), (20, 0.25)), list(range(40, 60))),
        (levels((15, 0.3), (40, 0.0)), list(range(15))),
        (levels((40, 0.0), (20, 0.10)), []),
        (levels((60, 0.0)), []),
        (levels((7, 0.0), (40, 0.3)), []),
        (levels((40, 0.0), (20, 0.3), noise=0.055), list(range(40, 60))),
        (levels((40, 0.0), (20, 0.3), noise=0.12), []),
        (np.linspace(0.0, 0.4, 60), []),
    ],
    ids=["late", "early", "small", "none", "too short", "as noisy as a strap", "noisy", "drift"],
)
def test_a_sudden_shift_drops_the_shorter_side(values: Array, dropped: list[int]) -> None:
    assert np.flatnonzero(gates.sensor_jump(values, RULES)).tolist() == dropped


@pytest.mark.parametrize(("factor", "disagrees"), [(1.0, False), (1.07, False), (1.09, True), (0.5, True)])
def test_a_device_step_length_may_disagree(factor: float, disagrees: bool) -> None:
    found = analysed(samples(step_length_m=factor * 3.0 * 60.0 / 168.0))
    assert ("step_length" in [note.code for note in found.quality.notes]) == disagrees


def test_a_runner_who_speeds_up_does_not_hide_that_the_sensor_drifts() -> None:
    time = np.linspace(0.0, 1.0, 120)
    speed = 2.6 + 0.6 * time + 0.05 * np.sin(np.arange(120) * 1.7)
    usual = 0.237 / 0.714 + 0.02 / speed
    columns = {"speed_mps": speed, "cadence_spm": np.full(120, 168.0), "grade": np.zeros(120)}
    scored = np.ones(120, dtype=np.bool_)
    still, drifting = (
        gates.drifts(columns | {"duty_factor": usual + off, "ln_k": np.zeros(120)}, scored, Method().sensors)
        for off in (0.0 * time, -0.08 * time)
    )

    assert still == {}
    assert drifting["duty_factor"] == pytest.approx(0.75 * 0.08, rel=0.1)
