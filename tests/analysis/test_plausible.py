import numpy as np
import pytest

from kneedrive.analysis import plausible
from kneedrive.method import Plausible
from kneedrive.recording import Array
from tests.analysis.runs import samples

RULES = Plausible()


def test_a_possible_oscillation_is_left_alone() -> None:
    made = samples()
    assert plausible.corrected_unit(made, RULES) == (made, ())


def test_an_oscillation_ten_times_too_small_is_corrected_and_noted() -> None:
    made = samples(vertical_oscillation_m=0.0117, stance_time_s=0.24, cadence_spm=168.0)
    fixed, notes = plausible.corrected_unit(made, RULES)
    assert np.allclose(np.asarray(fixed.vertical_oscillation_m), 0.117)
    assert [note.code for note in notes] == ["oscillation_unit"]
    assert "oscillation" in notes[0].text
    assert "unit" in notes[0].text


def test_an_oscillation_of_no_known_unit_is_left_out_and_noted() -> None:
    made = samples(vertical_oscillation_m=0.0002, stance_time_s=0.24, cadence_spm=168.0)
    fixed, notes = plausible.corrected_unit(made, RULES)
    assert fixed.vertical_oscillation_m is None
    assert [note.code for note in notes] == ["oscillation_impossible"]


def test_records_without_flight_cannot_tell_the_unit() -> None:
    made = samples(vertical_oscillation_m=0.005, stance_time_s=0.40, cadence_spm=170.0)
    assert plausible.corrected_unit(made, RULES)[1] == ()


@pytest.mark.parametrize(("length", "stuck"), [(59, 0), (60, 60), (100, 100)])
def test_a_sensor_is_stuck_when_nothing_moves_for_a_minute(length: int, stuck: int) -> None:
    moving = np.arange(200.0)
    held = np.where((moving >= 50) & (moving < 50 + length), 50.0, moving)
    found = plausible.frozen_seconds({"stance_time_s": held, "vertical_oscillation_m": held}, RULES.flat_line_s)
    assert found is not None
    assert found.sum() == stuck


def test_a_sensor_with_one_moving_channel_is_not_stuck() -> None:
    still, moving = np.full(200, 0.25), np.arange(200.0)
    found = plausible.frozen_seconds({"stance_time_s": still, "vertical_oscillation_m": moving}, RULES.flat_line_s)
    assert found is not None
    assert not found.any()


def test_a_sensor_without_dynamics_cannot_be_stuck() -> None:
    assert plausible.frozen_seconds({"speed_mps": np.full(99, 3.0)}, 60) is None


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
    found = plausible.locked_cadence(np.array([cadence]), np.array([speed]), np.array([168.0]), RULES)
    assert found[0] == locked


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
    columns = {"stance_time_s": stance, "duty_factor": duty, "duty_factor_said": said}
    assert plausible.implausible_stance({k: np.array([v]) for k, v in columns.items()}, RULES)[0] == doubtful


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
    columns = {"vertical_oscillation_m": np.array([oscillation]), "flight_time_s": np.array([flight])}
    assert plausible.implausible_oscillation(columns, RULES)[0] == doubtful


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
    assert np.flatnonzero(plausible.sensor_jump(values, RULES)).tolist() == dropped


@pytest.mark.parametrize(("factor", "disagrees"), [(1.0, False), (1.07, False), (1.09, True), (0.5, True)])
def test_a_device_step_length_may_disagree(factor: float, disagrees: bool) -> None:
    columns = {"step_length_said": np.full(10, factor), "step_length_m": np.ones(10)}
    assert plausible.step_length_disagrees(columns, RULES) == disagrees
