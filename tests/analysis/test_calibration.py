"""Stated probabilities of what claims several things at once, against many runners drawn from the population.

The runs themselves are left out: true parts from N(0, 1), one systematic error each, then the rules. So thousands cost
no more than a few whole runs.
"""

import math
from typing import NamedTuple

import numpy as np
import pytest

from kneedrive.analysis import features, reference, scores
from kneedrive.analysis.resampling import Mask
from kneedrive.analysis.scores import Standing
from kneedrive.method import Method
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES

METHOD = Method()
RULES = METHOD.labels
SPEED_MPS = 2.7
PARTS = ("zSL", "zDF", "zB")


class People(NamedTuple):
    """True and measured parts and scores by name, one entry per runner, and the errors that they were measured with."""

    true: dict[str, Array]
    measured: dict[str, Array]
    se: dict[str, float]
    timing_share: float


def with_letters(parts: dict[str, Array]) -> dict[str, Array]:
    """The parts with D, P and G."""
    steps, ground, bounce = (parts[name] for name in PARTS)
    root = math.sqrt(2.0)
    return parts | {"D": (steps - ground) / root, "P": (bounce - steps) / root, "G": (steps + ground) / root}


def people(word: str, count: int) -> People:
    """Runners of the population seen through one class of sensor; bounce follows from duty factor and k."""
    rng, row, population = np.random.default_rng(11), REFERENCES[word], METHOD.population
    assert row.sd_zDF is not None
    assert row.sd_zB is not None
    steps, ground, torso = rng.standard_normal((3, count))
    usual = population.duty_base + population.duty_per_slowness / SPEED_MPS + population.sd_DF * row.o
    shape = features.bounce_shape(usual + population.sd_DF * ground) / features.bounce_shape(usual)
    timing_sd = population.sd_DF * features.SINE_SHAPE / features.bounce_shape(usual)
    bounce = (np.log(shape) + population.sd_ln_k * torso) / math.hypot(timing_sd, population.sd_ln_k)
    true = dict(zip(PARTS, (steps, ground, bounce), strict=True))
    errors = (RULES.systematic_zSL, row.sd_zDF, row.sd_zB)
    measured = {name: true[name] + sd * rng.standard_normal(count) for name, sd in zip(PARTS, errors, strict=True)}
    timing, bouncing = math.hypot(*errors[:2]) / math.sqrt(2.0), math.hypot(errors[0], errors[2]) / math.sqrt(2.0)
    se = dict(zip(PARTS, errors, strict=True)) | {"D": timing, "G": timing, "P": bouncing}
    share = reference.timing_share(SPEED_MPS, row, METHOD)
    return People(with_letters(true), with_letters(measured), se, share)


def stated_and_right(crowd: People, label: str, candidates: Mask, right: Mask) -> tuple[Array, Array]:
    """The stated probability of each candidate that has the label, and whether it is true."""
    stated, held = [], []
    for at in np.flatnonzero(candidates).tolist():
        values = {name: float(column[at]) for name, column in crowd.measured.items()}
        found = scores.named(
            Standing(values=values, se=crowd.se, speed_mps=SPEED_MPS, timing_share=crowd.timing_share), RULES
        )
        if found.label == label:
            assert found.probability is not None
            stated.append(found.probability)
            held.append(bool(right[at]))
    return np.array(stated), np.array(held, dtype=np.float64)


def gaps(stated: Array, right: Array) -> list[float]:
    """Share that is right less what was stated, in each third of the stated probabilities."""
    edges = np.quantile(stated, [1 / 3, 2 / 3])
    third = np.searchsorted(edges, stated)
    return [float(np.mean((right - stated)[third == number])) for number in range(3)]


@pytest.mark.parametrize("word", ["garmin_strap", "coros", "garmin_pod"])
def test_short_steps_with_bounce_are_true_as_often_as_stated(word: str) -> None:
    crowd = people(word, 120_000)
    true, measured = crowd.true, crowd.measured
    both = (true["P"] >= RULES.truth) & (true["D"] <= -RULES.truth)
    candidates = (measured["P"] >= RULES.score) & (measured["D"] <= -RULES.score)
    stated, right = stated_and_right(crowd, scores.SHORT_BOUNCE, candidates, both)
    assert len(stated) > 800
    assert gaps(stated, right) == [pytest.approx(0.0, abs=0.05)] * 3


@pytest.mark.parametrize("word", ["garmin_strap", "coros"])
def test_neutral_is_true_as_often_as_stated(word: str) -> None:
    crowd = people(word, 10_000)
    quiet = np.max([np.abs(crowd.true[letter]) for letter in "DPG"], axis=0) < RULES.score
    stated, right = stated_and_right(crowd, scores.NEUTRAL, np.ones(10_000, dtype=np.bool_), quiet)
    assert len(stated) > 3_000
    assert gaps(stated, right) == [pytest.approx(0.0, abs=0.05)] * 3
