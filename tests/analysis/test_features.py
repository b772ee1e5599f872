import math

import numpy as np
import pytest

from kneedrive.analysis import features

# Worked by hand from Morin 2005: mass, height, speed, cadence and stance time in ms; below, what follows from them.
GIVEN = [(70, 1.75, 3.0, 168, 260), (70, 1.75, 2.2, 158, 330), (70, 1.75, 4.5, 182, 205)]
WORKED = {
    "T": (0.357143, 0.379747, 0.329670),
    "tf": (0.0971429, 0.0497468, 0.124670),
    "DF": (0.364000, 0.434500, 0.310917),
    "rise": (0.0115718, 0.00303466, 0.0190592),
    "VO": (0.0736561, 0.0651539, 0.0730432),
    "SL": (1.07143, 0.835443, 1.48352),
    "VR": (6.87457, 7.79872, 4.92365),
    "k_leg": (10.0070, 9.11999, 9.81099),
    "theta": (24.8652, 23.0401, 29.8218),
    "beta": (0.0588648, 0.0460556, 0.0685095),
}
# The parts of k_leg: Fmax in N, how far the body sinks and how far the leg shortens in m.
FORCE, SINK, DELTA_L = (1481.68, 1241.27, 1734.65), (0.0620843, 0.0621192, 0.0539839), (0.148064, 0.136105, 0.176807)


def computed(row: tuple[float, ...]) -> dict[str, float]:
    mass, height = row[0], row[1]
    speed, cadence, stance = (np.array([value]) for value in (row[2], row[3], row[4] / 1000.0))
    leg = 0.53 * height
    T = features.step_time_s(cadence)
    flight, DF = features.flight_time_s(T, stance), features.duty_factor(stance, T)
    VO, SL = features.vo_model_m(T, DF), features.step_length_m(speed, T)
    found = (
        T,
        flight,
        DF,
        features.ballistic_rise_m(flight),
        VO,
        SL,
        100.0 * features.vertical_ratio(VO, SL),
        features.leg_stiffness_n_m(mass, leg, speed, stance, flight) / 1000.0,
        features.stance_angle_deg(speed, stance, leg),
        features.beta(VO, T),
    )
    return {name: float(value[0]) for name, value in zip(WORKED, found, strict=True)}


@pytest.mark.parametrize("row", range(3), ids=["3.0 m/s", "2.2 m/s", "4.5 m/s"])
@pytest.mark.parametrize("name", WORKED)
def test_worked_rows_come_out(row: int, name: str) -> None:
    assert computed(GIVEN[row])[name] == pytest.approx(WORKED[name][row], rel=1e-4)


@pytest.mark.parametrize("row", range(3))
def test_the_stiffness_of_the_leg_is_its_force_over_its_compression(row: int) -> None:
    assert computed(GIVEN[row])["k_leg"] == pytest.approx(FORCE[row] / DELTA_L[row] / 1000.0, rel=1e-5)


@pytest.mark.parametrize("row", range(3))
def test_the_closed_form_is_sink_plus_flight(row: int) -> None:
    found = computed(GIVEN[row])
    stance, flight = GIVEN[row][4] / 1000.0, found["tf"]
    sink = 9.81 * stance**2 * ((flight / stance + 1.0) / (2.0 * math.pi) - 1.0 / 8.0)
    assert sink == pytest.approx(SINK[row], rel=1e-5)
    assert found["VO"] == pytest.approx(sink + found["rise"], rel=1e-9)


def test_the_shape_constant_is_half_minus_one_over_pi() -> None:
    assert pytest.approx(0.181690, abs=5e-7) == features.SINE_SHAPE


# A spring-mass runner (70 kg, leg 0.9275 m), integrated: leg stiffness, apex speed and take-off speed give contact and
# flight; the oscillation of its mass must be within 5 % of the closed form.
SLIP = [
    (10, 2.5, 0.5, 0.300, 0.102, 149.5, 0.373, 0.0930),
    (10, 3.5, 0.5, 0.246, 0.102, 172.7, 0.353, 0.0732),
    (10, 4.5, 0.7, 0.213, 0.143, 168.9, 0.299, 0.0885),
    (15, 3.5, 0.5, 0.200, 0.102, 198.7, 0.331, 0.0585),
]


@pytest.mark.parametrize("row", SLIP)
def test_the_closed_form_is_near_a_spring_mass_runner(row: tuple[float, ...]) -> None:
    *_, stance, flight, cadence, DF, oscillation = row
    T = features.step_time_s(cadence)
    assert pytest.approx(stance + flight, abs=0.001) == T
    assert features.duty_factor(stance, T) == pytest.approx(DF, abs=0.002)
    assert features.vo_model_m(T, DF) == pytest.approx(oscillation, rel=0.05)


def slip(stiffness_n_m: float, apex_mps: float, take_off_mps: float) -> tuple[float, float, float, float]:
    """Integrates one step of a spring-mass runner: stance time, flight time, mean speed, oscillation.

    The landing angle is found so that the step is symmetric: the mass leaves as it came.
    """
    mass, leg, g, dt = 70.0, 0.9275, 9.81, 1e-4

    def stance(angle: float) -> tuple[float, float, float, float]:
        x, y, vx, vy, lowest, t = -leg * math.sin(angle), leg * math.cos(angle), apex_mps, -take_off_mps, math.inf, 0.0
        while True:
            length = math.hypot(x, y)
            if t > 0 and length >= leg:
                return t, x, vy, lowest
            push = stiffness_n_m * (leg - length) / mass / length
            vx, vy = vx + push * x * dt, vy + (push * y - g) * dt
            x, y, t, lowest = x + vx * dt, y + vy * dt, t + dt, min(lowest, y + vy * dt)

    low, high = 0.05, 0.9
    for _ in range(22):
        middle = (low + high) / 2
        # Too steep a leg throws the mass back before it has passed over the foot.
        low, high = (low, middle) if stance(middle)[1] < leg * math.sin(middle) else (middle, high)
    angle = (low + high) / 2
    t, _, _, lowest = stance(angle)
    flight = 2.0 * take_off_mps / g
    top = leg * math.cos(angle) + take_off_mps**2 / (2.0 * g)
    return t, flight, (2.0 * leg * math.sin(angle) + apex_mps * flight) / (t + flight), top - lowest


@pytest.mark.parametrize("row", SLIP)
def test_a_spring_mass_runner_bounces_within_five_per_cent_of_its_timing(row: tuple[float, ...]) -> None:
    stance, flight, _, oscillation = slip(row[0] * 1000.0, row[1], row[2])
    T = stance + flight
    assert [stance, flight] == pytest.approx([row[3], row[4]], abs=0.001)
    assert features.vo_model_m(T, features.duty_factor(stance, T)) == pytest.approx(oscillation, rel=0.05)


def test_duty_factor_of_a_half_means_no_flight() -> None:
    assert features.flight_time_s(0.35, 0.35) == 0.0
    assert features.duty_factor(0.35, 0.35) == 0.5


def test_k_is_one_when_the_measured_oscillation_is_the_modelled_one() -> None:
    T, DF = np.array([0.36]), np.array([0.37])
    assert features.ln_k(features.vo_model_m(T, DF), T, DF)[0] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("oscillation", [0.0, -0.01, math.nan])
def test_no_oscillation_has_no_k_and_gives_no_warning(oscillation: float) -> None:
    assert np.isnan(features.ln_k(np.array([oscillation]), np.array([0.36]), np.array([0.37])))[0]


def test_a_contact_longer_than_the_legs_has_no_angle() -> None:
    assert np.isnan(features.stance_angle_deg(np.array([9.0]), np.array([0.4]), 0.9))[0]


def test_the_parts_of_vertical_ratio_add_up_exactly() -> None:
    speed, T, DF = 3.0, np.array([0.36, 0.34]), np.array([0.37, 0.40])
    VO = np.array([0.090, 0.085])
    ln_VR = np.log(features.vertical_ratio(VO, features.step_length_m(np.full(2, speed), T)))
    parts = np.diff(np.log(T)) + np.diff(np.log(features.bounce_shape(DF))) + np.diff(features.ln_k(VO, T, DF))
    assert np.diff(ln_VR)[0] == pytest.approx(parts[0], abs=1e-12)
