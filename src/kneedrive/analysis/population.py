"""Many runners: drawn from the model at a speed, and recorded ones against it, with intervals. Pure numpy.

Values are in SDs between runners against the reference: where it holds and sensors do not err, means are 0 and SDs 1.
The spread of runner means holds three things: runners, what sensors do to them, and the noise of few runs; the last is
taken off where its variance is given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kneedrive.analysis.features import bounce_shape, of_step
from kneedrive.analysis.posterior import Measurement, any_runner, axes, posterior
from kneedrive.analysis.reference import OF_BOUNCE, Against, expected
from kneedrive.analysis.scores import scale_at, systematic
from kneedrive.method import Method
from kneedrive.patterns import Pattern
from kneedrive.record import Record
from kneedrive.recording import Array, Runner
from kneedrive.sensors import REFERENCES, SensorClass
from kneedrive.stats import Mask, median, student_quantile

METHOD = Method()
TYPICAL_MPS = 2.8  # where sensor classes are compared
LEAST_RUNNERS = 8  # for a spread or a correlation
_NORMAL = 1.96  # SDs of a normal to each side of 95 %
PARTS = ("zSL", "zDF", "zk")
PAIRS = (("zSL", "zDF"), ("zSL", "zk"), ("zDF", "zk"))


def runners_at(speed_mps: float, against: Against) -> dict[str, Array]:
    """Quantities by metric key, and D, P and G, of many runners of one height, as this class of sensor reads them."""
    there = expected(np.array([speed_mps]), against)
    x = any_runner()
    T_s = there.T_s * np.exp(there.sd_ln_T * x[:, 0])
    DF = np.clip(there.DF + there.sd_DF * x[:, 1], 0.05, 0.6)  # far out the straight line leaves what is possible
    beta = np.exp(there.ln_k + there.sd_ln_k * x[:, 2]) * bounce_shape(DF)
    drawn = of_step(np.array([speed_mps]), T_s, DF, beta) | axes(x, scale_at(speed_mps, against))
    # Left out where the class has no usual one.
    bounce = () if against.reference.measures_bounce else OF_BOUNCE
    return {key: values for key, values in drawn.items() if key not in bounce}


def share_beyond(amount: float, among: Array) -> float:
    """Share of the runners that lie further from the middle than this value, on its side of it."""
    above = amount >= median(among)
    return float(np.mean(among > amount if above else among < amount))


class Interval(Record, frozen=True):
    """An estimate, and the ends of its 95 % interval; None where one value says nothing about its error."""

    value: float
    low: float | None = None
    high: float | None = None


class Level(Record, frozen=True, kw_only=True):
    """Runner means of one part: how many runners, their mean (None without any) and SD (None below LEAST_RUNNERS)."""

    runners: int
    mean: Interval | None = None
    sd: Interval | None = None


def level(values: Array, noise: Array | None = None) -> Level:
    """Mean and SD of runner means. noise: variance of each of them, taken off the SD; NaN counts as none."""
    there = np.isfinite(values)
    known, count = values[there], int(there.sum())
    if count < 2:
        return Level(runners=count, mean=Interval(float(known[0])) if count else None)
    mean, variance = float(known.mean()), float(known.var(ddof=1))
    half = float(student_quantile(0.975, count - 1.0)) * math.sqrt(variance / count)
    found = Level(runners=count, mean=Interval(mean, mean - half, mean + half))
    left = variance - _usual(noise, there)
    if count < LEAST_RUNNERS or left <= 0.0:  # noise is all there is
        return found
    # The interval of a normal sample on the scale of logarithms; what was taken off makes the rest less sure.
    sd, factor = math.sqrt(left), math.exp(_NORMAL * variance / left / math.sqrt(2.0 * (count - 1.0)))
    return found.replace(sd=Interval(sd, sd / factor, sd * factor))


def _usual(noise: Array | None, there: Mask) -> float:
    """The mean of a variance or covariance over the runners that have one: those with one run have none."""
    known = noise[there & np.isfinite(noise)] if noise is not None else np.array([])
    return float(known.mean()) if len(known) else 0.0


def correlation(first: Array, second: Array, noise: tuple[Array, Array, Array] | None = None) -> Interval | None:
    """Correlation of two parts between runners, by Fisher's z; None below LEAST_RUNNERS, or where one has no spread."""
    there = np.isfinite(first) & np.isfinite(second)
    count = int(there.sum())
    if count < LEAST_RUNNERS:
        return None
    cov = np.cov(first[there], second[there])
    # Of noise the variances of the means of each part, and the covariance of the two.
    taken = [_usual(part, there) for part in noise] if noise else [0.0, 0.0, 0.0]
    one, other, both = cov[0, 0] - taken[0], cov[1, 1] - taken[1], cov[0, 1] - taken[2]
    if one <= 0.0 or other <= 0.0:
        return None
    r = min(max(float(both / math.sqrt(one * other)), -0.999), 0.999)  # less noise than was taken off can pass 1
    unsure = math.sqrt(cov[0, 0] * cov[1, 1] / (one * other))  # what was taken off makes the rest less sure
    z, half = math.atanh(r), _NORMAL * unsure / math.sqrt(count - 3.0)
    return Interval(r, math.tanh(z - half), math.tanh(z + half))


class Joint(Record, frozen=True, kw_only=True):
    """The joint distribution between runners, about the mean of each runner's sensor class."""

    levels: Mapping[str, Level]  # by part
    correlations: Mapping[str, Interval | None]  # by pair ("zSL zDF"); None where too few runners have both


def joint(means: Mapping[str, Array]) -> Joint:
    """From the columns that store.parquet.runner_means gives."""
    sensors = np.asarray(means["sensor"])
    # What a whole class reads off (its shift) is no difference between runners, so each is centred on its own mean. One
    # runner says nothing about a spread, and stays NaN.
    centred = {name: np.full(len(sensors), np.nan) for name in PARTS}
    for name, left in centred.items():
        for sensor in np.unique(sensors):
            there = (sensors == sensor) & np.isfinite(means[name])
            if (count := int(there.sum())) > 1:
                # Its own mean takes a part of the spread with it.
                values = means[name][there]
                left[there] = (values - values.mean()) * math.sqrt(count / (count - 1.0))
    return Joint(
        levels={name: level(values, means[f"{name}_{name}"]) for name, values in centred.items()},
        correlations={
            f"{a} {b}": correlation(centred[a], centred[b], (means[f"{a}_{a}"], means[f"{b}_{b}"], means[f"{a}_{b}"]))
            for a, b in PAIRS
        },
    )


def base_rates() -> Mapping[Pattern, float]:
    """How likely each pattern is for any runner, before anything was measured."""
    strap = Against(reference=REFERENCES[SensorClass.GARMIN_STRAP], runner=Runner(), method=METHOD)
    return posterior(Measurement(), scale_at(TYPICAL_MPS, strap)).base_rates


class Used(Record, frozen=True, kw_only=True):
    """What the joint distribution in use expects of the same runners on the same sensors: SDs and correlations."""

    sd: Mapping[str, float]
    correlations: Mapping[str, float]


def in_use(means: Mapping[str, Array]) -> Used:
    """The method's SDs of 1 and its correlation, widened by the systematic errors of these sensors."""
    sensors, speed, height = np.asarray(means["sensor"]), means["speed_mps"], means["height_m"]
    errors = {name: np.full(len(sensors), np.nan) for name in PARTS}
    for sensor in np.unique(sensors):
        for tall in (False, True):
            there = (sensors == sensor) & (np.isfinite(height) == tall)
            if np.isfinite(speed[there]).any():
                runner = Runner(height_m=float(height[there].mean())) if tall else Runner()
                against = Against(reference=REFERENCES[SensorClass(sensor)], runner=runner, method=METHOD)
                off = systematic(scale_at(float(np.nanmean(speed[there])), against), 0.0, against)
                for name, error in errors.items():
                    error[there] = off[name]
    variance = {name: 1.0 + error[np.isfinite(means[name])] ** 2 for name, error in errors.items()}
    sd = {name: math.sqrt(float(np.mean(of))) if len(of) else 1.0 for name, of in variance.items()}
    true = dict.fromkeys((f"{a} {b}" for a, b in PAIRS), 0.0) | {"zSL zDF": METHOD.posterior.r_zSL_zDF}
    return Used(sd=sd, correlations={f"{a} {b}": true[f"{a} {b}"] / (sd[a] * sd[b]) for a, b in PAIRS})
