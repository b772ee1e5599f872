"""The gait of a simulated runner: patterns of known truth, what they make of each step, and their true scores."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from kneedrive.method import Method
from kneedrive.quantities import GRAVITY_MPS2, SECONDS_PER_MINUTE
from kneedrive.record import Record
from kneedrive.recording import Array, Runner
from kneedrive.sensors import REFERENCES, SensorClass


class Offsets(Record, frozen=True):
    """Deviation from the usual step time (zSL), duty factor (zDF) and bounce beyond timing (zk), in spreads."""

    zSL: float = 0.0
    zDF: float = 0.0
    zk: float = 0.0

    def __iter__(self) -> Iterator[float]:
        yield from (self.zSL, self.zDF, self.zk)


class Pattern(Record, frozen=True, kw_only=True):
    """A way of running: `usual` offsets, and others when slow; in between the two are mixed in proportion."""

    name: str
    usual: Offsets = Offsets()
    slow: Offsets | None = None
    slow_at_mps: float = 2.45  # at and below which slow holds
    usual_from_mps: float = 2.75  # from which on usual holds

    def at(self, speed_mps: Array) -> Array:
        """Offsets at these speeds, shape (3, n): rows zSL, zDF, zk."""
        usual: Array = np.array([*self.usual])[:, None]
        slow: Array = np.array([*(self.slow or self.usual)])[:, None]
        share: Array = np.clip((self.usual_from_mps - speed_mps) / (self.usual_from_mps - self.slow_at_mps), 0.0, 1.0)
        return usual + share * (slow - usual)

    def moved(self, by: Offsets) -> Pattern:
        """The same pattern, shifted at every speed."""
        usual, slow = (each and Offsets(*map(sum, zip(each, by, strict=True))) for each in (self.usual, self.slow))
        return self.replace(usual=usual, slow=slow)


# Signs: zSL above 0 is longer steps, zDF above 0 longer contact, zk above 0 more torso bounce than timing explains.
# Each of the first seven has a score of at least 1.5 and every bound of its label with at least 0.25 to spare.
PATTERNS = {
    pattern.name: pattern
    for pattern in (
        Pattern(name="piston", usual=Offsets(-1.0, -0.1, 2.1)),
        Pattern(name="drive", usual=Offsets(1.2, -1.3, -0.2)),
        Pattern(name="shuffle", usual=Offsets(-1.2, 1.3, 0.0)),
        Pattern(name="long-grounded", usual=Offsets(1.2, 1.2, 0.0)),
        Pattern(name="short-airy", usual=Offsets(-1.2, -1.2, -1.8)),
        Pattern(name="short-bounce", usual=Offsets(-1.4, 0.9, 2.8)),
        Pattern(name="short-grounded", usual=Offsets(-1.2, 1.3, 0.0)),
        Pattern(name="neutral", usual=Offsets(0.1, -0.1, 0.1)),
        Pattern(name="bouncy", usual=Offsets(0.7, 0.2, 2.4)),
        Pattern(name="shuffle-when-slow", usual=Offsets(0.1, -0.2, 0.1), slow=Offsets(-1.6, 1.7, 0.0)),
    )
}


# The gait of a simulated runner: what the form model expects at a speed, moved by a pattern, and its true scores.
# Written from the model's definition, apart from the analysis, so that each can be checked against the other: only the
# constants of `Method` and `Reference` are shared.

SINE = 0.5 - 1.0 / math.pi  # what a duty factor takes away from the bounce of a step (Morin 2005)
_METHOD = Method()


class Frame(Record, frozen=True, kw_only=True):
    """What a runner's scores are measured against: body and sensor class."""

    runner: Runner
    sensor: str

    @property
    def k_ref(self) -> float:
        """Usual VO/VO_model; a class that is not judged on it bounces like the chest strap's."""
        return REFERENCES[self.sensor].k_ref or REFERENCES[SensorClass.GARMIN_STRAP].k_ref or 1.0

    @property
    def sd_ln_t(self) -> float:
        """Spread of ln T between runners, with or without knowledge of their height."""
        people = _METHOD.population
        return people.sd_ln_T_no_height if self.runner.height_m is None else people.sd_ln_T


class Gait(Record, frozen=True, kw_only=True):
    """Timing and bounce at each moment: step time in s, duty factor, beta = VO/(g T^2); each shape (n,)."""

    step_time_s: Array
    duty_factor: Array
    beta: Array


def usual_gait(speed_mps: Array, frame: Frame) -> Gait:
    """What the sensor class reads of the usual runner of this height at these speeds, on the level."""
    usual, reference = _METHOD.population, REFERENCES[frame.sensor]
    height_m = frame.runner.height_m or usual.height_m
    cadence_spm = (
        usual.cadence_at_3_spm
        + usual.cadence_per_mps * (speed_mps - 3.0)
        + usual.cadence_per_m * (height_m - usual.height_m)
    )
    # Sensor classes differ in how contact and oscillation go with speed; outside this range nobody has looked.
    near = np.clip(speed_mps, usual.class_speed_low_mps, usual.class_speed_high_mps) - usual.class_speed_mid_mps
    read = reference.shift_DF + reference.tilt_DF * near
    duty_factor = usual.duty_base + usual.duty_per_slowness / speed_mps + read
    beta = frame.k_ref * np.exp(reference.s_k * near) * (1 / 8 - SINE * duty_factor)
    return Gait(step_time_s=SECONDS_PER_MINUTE / cadence_spm, duty_factor=duty_factor, beta=beta)


def planted_gait(offsets: Array, speed_mps: Array, grade: Array, frame: Frame) -> Gait:
    """The gait of a runner with these offsets (shape (3, n)) at these speeds and grades.

    Offsets are in spreads between runners inside the anchors, so that a gait does not jump where the spreads widen.
    """
    usual, hills, people = usual_gait(speed_mps, frame), _METHOD.grade, _METHOD.population
    per_cent = 100.0 * grade
    # k is planted and beta follows from it, so that a change of timing alone leaves the torso's own bounce alone.
    step_time_s = usual.step_time_s * np.exp(offsets[0] * frame.sd_ln_t + hills.ln_T_per_pct * per_cent)
    duty_factor = usual.duty_factor + offsets[1] * _sd_duty_factor(speed_mps) + hills.DF_per_pct * per_cent
    k = usual.beta / _timing(usual) * np.exp(offsets[2] * people.sd_ln_k + hills.ln_k_per_pct * per_cent)
    return Gait(step_time_s=step_time_s, duty_factor=duty_factor, beta=k * (1 / 8 - SINE * duty_factor))


def shifted_gait(gait: Gait, shift: Offsets, speed_mps: Array, frame: Frame) -> Gait:
    """What is read of a gait by a sensor with systematic errors of step length, duty factor and torso bounce."""
    duty_factor = gait.duty_factor + shift.zDF * _sd_duty_factor(speed_mps)
    k = gait.beta / _timing(gait) * math.exp(shift.zk * _METHOD.population.sd_ln_k)
    return Gait(
        step_time_s=gait.step_time_s * math.exp(shift.zSL * frame.sd_ln_t),
        duty_factor=duty_factor,
        beta=k * (1 / 8 - SINE * duty_factor),
    )


def true_scores(pattern: Pattern, speed_mps: float, frame: Frame) -> Mapping[str, float]:
    """zSL, zDF, zB, zk and D, P, G, K of a pattern at a speed, as a perfect sensor of the class would find them."""
    speed, people, runner = np.array([speed_mps]), _METHOD.population, frame.runner
    usual = usual_gait(speed, frame)
    gait = planted_gait(pattern.at(speed), speed, np.zeros(1), frame)
    # Outside of what was measured the spreads between runners are taken to be wider. Offsets are planted in the plain
    # spread; where it is wider, the same offset is a smaller score.
    short = runner.height_m is not None and runner.height_m < people.short_m
    old = runner.age is not None and runner.age > people.old_years
    outside = short or old or speed_mps < people.slow_mps or speed_mps > people.fast_mps
    wide = people.widening if outside else 1.0
    if speed_mps < people.slowest_mps:
        wide = people.widening_slowest
    zSL, zDF, zk = (float(z) / wide for z in pattern.at(speed)[:, 0])
    sd_ln_beta = np.hypot(_sd_duty_factor(speed) * SINE / _timing(usual), people.sd_ln_k)
    zB = float(np.log(gait.beta / usual.beta)[0] / sd_ln_beta[0]) / wide
    root = math.sqrt(2)
    scores = {"D": (zSL - zDF) / root, "P": (zB - zSL) / root, "G": (zSL + zDF) / root, "K": zk}
    return {"zSL": zSL, "zDF": zDF, "zB": zB, "zk": zk, **scores}


def oscillation_m(gait: Gait) -> Array:
    """Vertical oscillation, VO = beta g T^2, in m."""
    return gait.beta * GRAVITY_MPS2 * gait.step_time_s**2


def _sd_duty_factor(speed_mps: Array) -> Array:
    return _METHOD.population.sd_duty_base + _METHOD.population.sd_duty_per_slowness / speed_mps


def _timing(gait: Gait) -> Array:
    return 1 / 8 - SINE * gait.duty_factor
