"""The simulated gait is the form model's, moved by what was planted."""

import math

import numpy as np
import pytest

from kneedrive.recording import Array, Runner
from kneedrive.simulate.gait import (
    PATTERNS,
    Frame,
    Gait,
    Offsets,
    Pattern,
    oscillation_m,
    planted_gait,
    shifted_gait,
    true_scores,
    usual_gait,
)


def frame(sensor: str = "garmin_strap", height_m: float | None = 1.78, age: int | None = None) -> Frame:
    return Frame(runner=Runner(height_m=height_m, age=age), sensor=sensor)


def at(speed_mps: float) -> Array:
    return np.array([speed_mps])


def one(values: Array) -> float:
    return float(values[0])


def planted(offsets: Offsets, speed_mps: float, grade: float = 0.0, of: Frame | None = None) -> Gait:
    return planted_gait(np.array([*offsets])[:, None], at(speed_mps), at(grade), of or frame())


# Speed, cadence, duty factor, contact in ms, chest strap oscillation in cm, worked out by hand from the reference.
USUAL = [
    (2.00, 163.0, 0.4208, 309.8, 8.3),
    (2.50, 166.25, 0.3888, 280.6, 8.9),
    (3.25, 171.125, 0.3633, 254.8, 9.1),
    (4.00, 176.0, 0.3513, 239.5, 8.9),
    (5.00, 182.5, 0.3346, 220.0, 8.7),
    (6.00, 189.0, 0.3216, 204.2, 8.4),
]


@pytest.mark.parametrize(("speed_mps", "cadence_spm", "duty", "stance_ms", "oscillation_cm"), USUAL)
def test_the_usual_gait_is_the_reference(
    speed_mps: float, cadence_spm: float, duty: float, stance_ms: float, oscillation_cm: float
) -> None:
    gait = usual_gait(at(speed_mps), frame())

    assert 60 / one(gait.step_time_s) == pytest.approx(cadence_spm)
    assert one(gait.duty_factor) == pytest.approx(duty, abs=6e-5)
    assert 2000 * one(gait.step_time_s * gait.duty_factor) == pytest.approx(stance_ms, abs=0.1)
    assert 100 * one(oscillation_m(gait)) == pytest.approx(oscillation_cm, abs=0.06)


@pytest.mark.parametrize(("height_m", "cadence_spm"), [(1.58, 179.5), (1.78, 169.5), (1.98, 159.5), (None, 169.5)])
def test_taller_runners_take_fewer_steps(height_m: float | None, cadence_spm: float) -> None:
    assert 60 / one(usual_gait(at(3.0), frame(height_m=height_m)).step_time_s) == pytest.approx(cadence_spm)


@pytest.mark.parametrize(
    ("sensor", "speed_mps", "k"),
    [("garmin_strap", 3.0, 1.28), ("garmin_pod", 3.0, 1.24), ("coros", 2.8, 1.27), ("coros", 3.8, 1.27 * 0.923116)],
)
def test_each_class_has_its_own_bounce(sensor: str, speed_mps: float, k: float) -> None:
    gait = usual_gait(at(speed_mps), frame(sensor))

    assert one(gait.beta) / (1 / 8 - 0.181690 * one(gait.duty_factor)) == pytest.approx(k, rel=1e-4)


@pytest.mark.parametrize(("speed_mps", "apart"), [(2.8, -0.015), (3.8, -0.047), (4.2, -0.0598), (5.0, -0.0598)])
def test_coros_reads_a_shorter_contact_and_the_more_so_the_faster(speed_mps: float, apart: float) -> None:
    strap, coros = usual_gait(at(speed_mps), frame()), usual_gait(at(speed_mps), frame("coros"))

    assert one(coros.duty_factor - strap.duty_factor) == pytest.approx(apart)


@pytest.mark.parametrize(
    ("offsets", "part", "change"),
    [
        (Offsets(zSL=1.0), "ln T", 0.050),
        (Offsets(zSL=-2.0), "ln T", -0.100),
        (Offsets(zDF=1.0), "DF", 0.026),
        (Offsets(zk=1.0), "ln k", 0.075),
    ],
)
def test_an_offset_moves_its_own_part_by_one_spread(offsets: Offsets, part: str, change: float) -> None:
    moved, usual = planted(offsets, 3.0), planted(Offsets(), 3.0)

    parts = parts_of(moved, usual)

    assert parts.pop(part) == pytest.approx(change)
    assert list(parts.values()) == pytest.approx([0.0, 0.0], abs=1e-9)


def parts_of(moved: Gait, usual: Gait) -> dict[str, float]:
    """Change of ln T, DF and ln k from one gait to another."""
    k, k_usual = (one(gait.beta) / (1 / 8 - 0.1816901138 * one(gait.duty_factor)) for gait in (moved, usual))
    return {
        "ln T": math.log(one(moved.step_time_s) / one(usual.step_time_s)),
        "DF": one(moved.duty_factor - usual.duty_factor),
        "ln k": math.log(k / k_usual),
    }


@pytest.mark.parametrize(("part", "change"), [("ln T", -0.012), ("DF", 0.009), ("ln k", -0.015)])
def test_a_slope_of_three_per_cent_moves_each_part(part: str, change: float) -> None:
    assert parts_of(planted(Offsets(), 2.7, 0.03), planted(Offsets(), 2.7))[part] == pytest.approx(change)


def test_without_height_the_spread_of_step_time_is_wider() -> None:
    of = frame(height_m=None)

    parts = parts_of(planted(Offsets(zSL=1.0), 3.0, of=of), planted(Offsets(), 3.0, of=of))

    assert parts["ln T"] == pytest.approx(0.060)


def test_scores_are_the_rotated_parts() -> None:
    truth = true_scores(Pattern(name="", usual=Offsets(1.0, -0.6, 0.4)), 3.0, frame())

    assert truth["D"] == pytest.approx(1.6 / math.sqrt(2))
    assert truth["G"] == pytest.approx(0.4 / math.sqrt(2))
    assert truth["P"] == pytest.approx((truth["zB"] - 1.0) / math.sqrt(2))
    assert truth["K"] == pytest.approx(0.4)


def test_bounce_for_the_step_follows_contact_and_torso() -> None:
    """B = 0.125 - 0.18169*0.3698 = 0.057811 at 3 m/s; 0.0156 less duty factor adds 0.002834 to it."""
    truth = true_scores(Pattern(name="", usual=Offsets(0.0, -0.6, 1.0)), 3.0, frame())

    spread = math.hypot(0.026 * 0.18169 / 0.057811, 0.075)
    assert truth["zB"] == pytest.approx((math.log(0.060645 / 0.057811) + 0.075) / spread, rel=1e-3)


@pytest.mark.parametrize(
    ("speed_mps", "of", "factor"),
    [
        (1.9, frame(), 1.5),
        (2.1, frame(), 1.3),
        (3.0, frame(), 1.0),
        (4.6, frame(), 1.3),
        (3.0, frame(height_m=1.55), 1.3),
        (3.0, frame(age=65), 1.3),
    ],
    ids=["slowest", "slow", "usual", "fast", "short", "old"],
)
def test_scores_shrink_where_the_spread_is_widened(speed_mps: float, of: Frame, factor: float) -> None:
    assert true_scores(PATTERNS["shuffle"], speed_mps, of)["D"] == pytest.approx(-2.5 / math.sqrt(2) / factor)
    assert true_scores(PATTERNS["piston"], speed_mps, of)["K"] == pytest.approx(2.1 / factor)


@pytest.mark.parametrize(
    ("shift", "part", "change"),
    [
        (Offsets(1.0, 0.0, 0.0), "ln T", 0.050),
        (Offsets(0.0, 1.0, 0.0), "DF", 0.026),
        (Offsets(0.0, 0.0, 1.0), "ln k", 0.075),
    ],
)
def test_a_systematic_error_moves_one_reading(shift: Offsets, part: str, change: float) -> None:
    true = planted(Offsets(), 3.0)
    parts = parts_of(shifted_gait(true, shift, at(3.0), frame()), true)

    assert parts.pop(part) == pytest.approx(change, abs=1e-4)
    assert list(parts.values()) == pytest.approx([0.0, 0.0], abs=1e-9)


def margins(name: str, truth: dict[str, float]) -> list[float]:
    """How far each bound of a label is passed, and the score beyond 1.25: all have to be 0.25 or more."""
    D, P, G, zSL, zDF, zB = (truth[key] for key in ("D", "P", "G", "zSL", "zDF", "zB"))
    piston, short = [P - 1.25, zB - 0.5, 0.25 - zSL], [-D - 1.25, zDF - 0.5, -0.25 - zSL]
    return {
        "piston": piston,
        "drive": [D - 1.25, zSL - 0.25, -0.25 - zDF],
        "shuffle": short,
        "short-grounded": short,
        "long-grounded": [G - 1.25, zSL - 0.25, zDF - 0.25],
        "short-airy": [-G - 1.25, -0.25 - zSL, -0.25 - zDF],
        "short-bounce": [*piston, *short],
        "bouncy": [zB - 1.0, zSL - 0.25],
    }[name]


@pytest.mark.parametrize("speed_mps", [2.45, 2.6, 2.75])
@pytest.mark.parametrize(
    "name", ["piston", "drive", "shuffle", "long-grounded", "short-airy", "short-bounce", "bouncy"]
)
def test_named_patterns_pass_every_bound_with_a_quarter_to_spare(name: str, speed_mps: float) -> None:
    assert min(margins(name, dict(true_scores(PATTERNS[name], speed_mps, frame())))) >= 0.25


def test_a_pattern_may_change_with_speed() -> None:
    slow, between, fast = (true_scores(PATTERNS["shuffle-when-slow"], v, frame())["D"] for v in (2.4, 2.6, 2.8))

    assert slow < -2.0
    assert slow < between < fast
    assert abs(fast) < 0.3


def test_moving_a_pattern_moves_it_at_every_speed() -> None:
    moved = PATTERNS["shuffle-when-slow"].moved(Offsets(0.5, -0.5, 0.0))

    for speed_mps in (2.4, 3.0):
        before = true_scores(PATTERNS["shuffle-when-slow"], speed_mps, frame())["D"]
        assert true_scores(moved, speed_mps, frame())["D"] - before == pytest.approx(1 / math.sqrt(2))
