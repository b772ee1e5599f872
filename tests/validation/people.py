"""Simulated runners with known truth, analysed: what was true, what was said, and how far they are apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from unittest import mock

import numpy as np
from scipy.stats import norm, qmc

from kneedrive.analysis import analyze
from kneedrive.analysis.posterior import axes, prior_cov, regions
from kneedrive.analysis.result import Analysis
from kneedrive.method import Method
from kneedrive.patterns import Pattern as Label
from kneedrive.simulate import scene as recorded
from kneedrive.simulate.gait import Offsets, Pattern, true_scores
from kneedrive.simulate.scene import Scene, Segment, simulate
from tests.seen_by import errors_in_z, scale_at

METHOD = Method()
LETTERS = ("D", "P", "G", "K")
STEADY = Scene(plan=(Segment(900, 2.7),))
NOISES = ("_CADENCE_SD_SPM", "_STANCE_SD_S", "_OSCILLATION_SD_M", "_SPEED_SD_MPS")


class Task(NamedTuple):
    """One run to simulate: true offsets, errors of the sensor, and how noisy a second is (1: as measured)."""

    offsets: Offsets
    shift: Offsets
    seed: int
    scene: Scene = STEADY
    speed_mps: float = 2.7
    noise: float = 1.0


class Said(NamedTuple):
    """What came of it: the pattern that leads, how it is said, and whether it is true ("" and NaN: unjudged).

    errors: measured minus true D, P, G, K. scored: share of the epochs.
    """

    pattern: str
    certainty: str
    probability: float
    right: bool
    errors: tuple[float, ...]
    scored: float


def draw(count: int, scene: Scene, *, errors: bool) -> list[tuple[Offsets, Offsets]]:
    """True offsets from the joint distribution and systematic errors of the scene's sensor class.

    The six numbers of a runner are a Sobol sequence through the normal quantiles: even, so a few runners do for many.
    """
    normal = norm.ppf(qmc.Sobol(6, scramble=False).random(count) + 0.5 / count)
    true = normal[:, :3] @ np.linalg.cholesky(prior_cov()[:3, :3]).T
    # At a speed inside the anchors, where offsets are planted; of what a class does not measure the error is no matter.
    known = errors_in_z(scene.sensor, scale_at(2.7, scene.sensor), height_known=scene.runner.height_m is not None)
    sd = np.array([known.get(name, 0.0) for name in ("zSL", "zDF", "zk")]) * errors
    return [
        (Offsets(*mine), Offsets(*off)) for mine, off in zip(true.tolist(), (sd * normal[:, 3:]).tolist(), strict=True)
    ]


@contextmanager
def noisier(factor: float) -> Iterator[None]:
    """Sensors whose every second scatters by so much more than the real ones do."""
    changed = {name: factor * getattr(recorded, name) for name in NOISES}
    with mock.patch.multiple(recorded, **changed):
        yield


def run(task: Task) -> Said:
    """Simulate and analyse one run."""
    pattern = Pattern(name="drawn", usual=task.offsets)
    scene = task.scene.replace(shift=task.shift)
    with noisier(task.noise):
        activity = simulate(pattern, task.seed, scene=scene)
    analysis = analyze(activity, runner=scene.runner)
    return said(analysis, true_scores(pattern, task.speed_mps, scene.frame), scene)


def said(analysis: Analysis, truth: Mapping[str, float], scene: Scene) -> Said:
    """What an analysis says beside what is true; regions are those at the speed of its posterior."""
    scores = dict(analysis.scores.items())
    values = [scores[letter].value for letter in LETTERS]
    errors = tuple(
        math.nan if value is None else value - truth[letter] for letter, value in zip(LETTERS, values, strict=True)
    )
    scored = analysis.quality.epochs_scored / max(analysis.quality.epochs_total, 1)
    if analysis.posterior is None:
        return Said("", "", math.nan, right=False, errors=errors, scored=scored)
    first = analysis.findings[0]
    held = true_patterns(truth, analysis.posterior.speed_mps, scene)
    return Said(first.pattern, first.certainty, first.probability, first.pattern in held, errors, scored)


def true_patterns(truth: Mapping[str, float], speed_mps: float, scene: Scene) -> set[Label]:
    """The patterns whose region holds the true parts."""
    scale = scale_at(speed_mps, scene.sensor, scene.runner.height_m)
    x = np.array([truth[name] for name in ("zSL", "zDF", "zk")])
    return {label for label, held in regions(axes(x, scale), speed_mps).items() if held}
