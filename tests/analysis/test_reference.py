import numpy as np
import pytest
from msgspec.structs import asdict

from kneedrive.analysis import reference
from kneedrive.analysis.reference import Against, expected, usual_metrics
from kneedrive.method import Method
from kneedrive.recording import Runner
from kneedrive.sensors import REFERENCES
from tests.seen_by import against

METHOD = Method()
TALL = Runner(height_m=1.78)

# Speed, cadence, step length, duty factor, stance time, flight time, oscillation on a strap (k 1.28, cm), sweep angle.
TABLE = [
    (2.00, 163.0, 0.736, 0.421, 0.310, 0.058, 8.3, 19.2),
    (2.50, 166.2, 0.902, 0.389, 0.281, 0.080, 8.9, 21.8),
    (3.00, 169.5, 1.062, 0.370, 0.262, 0.092, 9.1, 24.6),
    (3.50, 172.8, 1.216, 0.358, 0.249, 0.098, 9.1, 27.5),
    (4.50, 179.2, 1.506, 0.343, 0.230, 0.105, 8.8, 33.2),
    (6.00, 189.0, 1.905, 0.322, 0.204, 0.113, 8.4, 40.5),
]


def at(speed: float, runner: Runner = TALL, word: str = "garmin_strap", grade: float | None = None) -> dict[str, float]:
    slope = None if grade is None else np.array([grade])
    found = expected(np.array([speed]), Against(reference=REFERENCES[word], runner=runner, method=METHOD), slope)
    return {name: float(value[0]) for name, value in asdict(found).items()}


@pytest.mark.parametrize("row", TABLE, ids=[f"{row[0]} m/s" for row in TABLE])
def test_usual_values_match_the_published_table(row: tuple[float, ...]) -> None:
    usual = {key: float(value[0]) for key, value in usual_metrics(np.array([row[0]]), against("garmin_strap")).items()}
    assert usual["cadence_spm"] == pytest.approx(row[1], abs=0.06)
    assert usual["step_length_m"] == pytest.approx(row[2], abs=0.001)
    assert usual["duty_factor"] == pytest.approx(row[3], abs=0.0006)
    assert usual["stance_time_s"] == pytest.approx(row[4], abs=0.0006)
    assert usual["flight_time_s"] == pytest.approx(row[5], abs=0.0006)
    assert 100.0 * usual["vertical_oscillation_m"] == pytest.approx(row[6], abs=0.06)
    assert usual["stance_angle_deg"] == pytest.approx(row[7], abs=0.06)
    assert usual["vertical_ratio"] == pytest.approx(usual["vertical_oscillation_m"] / usual["step_length_m"])


def test_taller_runners_take_fewer_steps() -> None:
    assert 60.0 / at(3.0, Runner(height_m=1.98))["T_s"] == pytest.approx(159.5)


def test_without_a_height_the_height_term_vanishes_and_the_spread_grows() -> None:
    assert at(3.0, Runner())["T_s"] == at(3.0)["T_s"]
    assert (at(3.0, Runner())["sd_ln_T"], at(3.0)["sd_ln_T"]) == (0.060, 0.050)


@pytest.mark.parametrize(
    ("runner", "speed", "factor"),
    [
        (TALL, 2.2, 1.0),
        (TALL, 2.19, 1.3),
        (Runner(height_m=1.60), 3.0, 1.0),
        (Runner(height_m=1.59), 3.0, 1.3),
        (Runner(height_m=1.78, age=60), 3.0, 1.0),
        (Runner(height_m=1.78, age=61), 3.0, 1.3),
        (Runner(height_m=1.50, age=70), 2.1, 1.3),
        (TALL, 2.0, 1.3),
        (TALL, 1.99, 1.5),
        (Runner(height_m=1.50), 1.8, 1.5),
        (TALL, 4.5, 1.0),
        (TALL, 4.51, 1.3),
    ],
)
def test_spreads_widen_once_outside_the_anchors(runner: Runner, speed: float, factor: float) -> None:
    found = at(speed, runner)
    assert found["sd_ln_T"] == pytest.approx(0.050 * factor)
    assert found["sd_DF"] == pytest.approx((0.010 + 0.048 / speed) * factor)
    assert found["sd_ln_k"] == pytest.approx(0.075 * factor)


def test_the_spread_of_beta_joins_timing_and_torso() -> None:
    shape = 1 / 8 - 0.1816901 * 0.3698
    assert at(3.0)["sd_ln_beta"] == pytest.approx(np.hypot(0.026 * 0.1816901 / shape, 0.075), rel=1e-6)


def test_beta_is_k_times_the_shape_of_the_bounce() -> None:
    assert at(3.0)["beta"] == pytest.approx(1.28 * (1 / 8 - 0.1816901 * 0.3698), rel=1e-6)


def test_coros_reads_less_ground_contact_and_less_bounce_as_speed_grows() -> None:
    found = at(3.0, word="coros")
    assert found["DF"] == pytest.approx(0.367 - 0.015 - 0.018 * 0.2)
    assert found["ln_k"] == pytest.approx(np.log(1.27) - 0.08 * 0.2)


@pytest.mark.parametrize(("speed", "x"), [(1.5, -1.1), (1.7, -1.1), (2.8, 0.0), (4.2, 1.4), (5.0, 1.4)])
def test_the_slope_of_a_class_ends_where_its_runs_did(speed: float, x: float) -> None:
    found = at(speed, word="coros")
    assert found["ln_k"] == pytest.approx(np.log(1.27) - 0.08 * x)
    assert found["DF"] == pytest.approx(0.237 + 0.390 / speed - 0.015 - 0.018 * x)


@pytest.mark.parametrize("word", ["stryd", "apple", "other", "garmin_strap_ble", "garmin_wrist"])
def test_classes_without_k_ref_expect_no_bounce(word: str) -> None:
    found = at(3.0, word=word)
    assert np.isnan(found["ln_k"])
    assert np.isnan(found["beta"])


@pytest.mark.parametrize(
    ("grade", "ln_T", "DF", "ln_k"),
    [(0.04, -0.016, 0.012, -0.020), (-0.03, 0.012, -0.009, 0.015), (0.02, 0.0, 0.0, 0.0), (np.nan, 0.0, 0.0, 0.0)],
)
def test_hill_terms_hold_beyond_the_flat_only(grade: float, ln_T: float, DF: float, ln_k: float) -> None:
    flat, hill = at(3.0), at(3.0, grade=grade)
    assert np.log(hill["T_s"] / flat["T_s"]) == pytest.approx(ln_T)
    assert hill["DF"] - flat["DF"] == pytest.approx(DF)
    assert hill["ln_k"] - flat["ln_k"] == pytest.approx(ln_k)


def test_a_computed_sensor_is_held_against_steps_only() -> None:
    usual = usual_metrics(np.array([3.0]), against("garmin_wrist"))
    assert set(usual) == {"cadence_spm", "step_length_m"}


def test_leg_length_is_a_share_of_the_height() -> None:
    angle = reference.usual_metrics(np.array([3.0]), against("garmin_strap", 1.75))
    contact_m = 3.0 * angle["stance_time_s"]
    assert contact_m / (2.0 * np.sin(np.radians(angle["stance_angle_deg"]))) == pytest.approx(0.9275)
    assert "stance_angle_deg" not in reference.usual_metrics(np.array([3.0]), against("garmin_strap", None))
