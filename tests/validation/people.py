"""Simulated runners with known truth, analysed: what was true, what was said, and how far they are apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from unittest import mock

import numpy as np
from scipy.stats import norm, qmc

from kneedrive.analysis import analyze, scores
from kneedrive.analysis.result import Analysis
from kneedrive.method import Method
from kneedrive.simulate import sensors
from kneedrive.simulate.course import Segment
from kneedrive.simulate.gait import Offsets, Pattern, true_scores
from kneedrive.simulate.scene import Scene, simulate

METHOD = Method()
RULES = METHOD.labels
LETTERS = ("D", "P", "G", "K")
# The score that carries a label, and its direction. A short bounce claims two things.
TOWARDS: Mapping[str, tuple[tuple[str, float], ...]] = {
    "piston-like": (("P", 1.0),),
    "drive-like": (("D", 1.0),),
    "shuffle-like": (("D", -1.0),),
    "short-grounded": (("D", -1.0),),
    "long-grounded": (("G", 1.0),),
    "short-airy": (("G", -1.0),),
    "short-bounce": (("P", 1.0), ("D", -1.0)),
}
LABELS = (*TOWARDS, "neutral")
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
    """What came of it. truth: of the label found, its least true score towards it (NaN: neutral or unjudged).

    errors: measured minus true D, P, G, K. right: the label's true scores pass `LabelRules.truth`; of neutral, that
    no true score reaches where labels begin.
    """

    label: str
    certainty: str
    probability: float
    true_label: str
    true_D: float
    truth: float
    right: bool
    errors: tuple[float, ...]
    scored: float


def draw(count: int, scene: Scene, *, errors: bool) -> list[tuple[Offsets, Offsets]]:
    """True offsets from N(0, 1) and systematic errors from the stated SD of the scene's sensor class.

    The six numbers of a runner are a Sobol sequence through the normal quantiles: even, so a few runners do for many.
    """
    reference = scene.frame(METHOD).reference
    steps = RULES.systematic_zSL if scene.runner.height_m is not None else RULES.systematic_zSL_no_height
    spread = np.array([1.0, 1.0, 1.0, steps, reference.sd_zDF or 0.0, reference.sd_zB or 0.0])
    if not errors:
        spread[3:] = 0.0
    rows = spread * norm.ppf(qmc.Sobol(6, scramble=False).random(count) + 0.5 / count)
    return [(Offsets(*row[:3]), Offsets(*row[3:])) for row in rows.tolist()]


@contextmanager
def noisier(factor: float) -> Iterator[None]:
    """Sensors whose every second scatters by so much more than the real ones do."""
    changed = {name: factor * getattr(sensors, name) for name in NOISES}
    with mock.patch.multiple(sensors, **changed):
        yield


def run(task: Task) -> Said:
    """Simulate and analyse one run."""
    pattern = Pattern(name="drawn", usual=task.offsets)
    scene = task.scene.replace(shift=task.shift)
    with noisier(task.noise):
        activity = simulate(pattern, task.seed, scene=scene)
    analysis = analyze(activity, runner=scene.runner)
    return said(analysis, true_scores(pattern, task.speed_mps, scene.frame(METHOD)), task.speed_mps)


def said(analysis: Analysis, truth: Mapping[str, float], speed_mps: float) -> Said:
    """What an analysis says beside what is true."""
    scores = dict(analysis.scores.items())
    values = [scores[letter].value for letter in LETTERS]
    errors = tuple(
        math.nan if value is None else value - truth[letter] for letter, value in zip(LETTERS, values, strict=True)
    )
    scored = analysis.quality.epochs_scored / max(analysis.quality.epochs_total, 1)
    found = next((finding for finding in analysis.findings if finding.scope == "run"), None)
    named = true_label(truth, speed_mps)
    if found is None:
        return Said("", "", math.nan, named, truth["D"], math.nan, right=False, errors=errors, scored=scored)
    towards = [sign * truth[letter] for letter, sign in TOWARDS.get(found.label, ())]
    least = min(towards, default=math.nan)
    right = least >= RULES.truth if towards else max(abs(truth[letter]) for letter in "DPG") < RULES.score
    probability = math.nan if found.probability is None else found.probability
    return Said(found.label, found.certainty, probability, named, truth["D"], least, right, errors, scored)


def true_label(truth: Mapping[str, float], speed_mps: float) -> str:
    """The label that the rules give to the true scores."""
    at = scores.Standing(values=truth, se=dict.fromkeys(truth, 1.0), speed_mps=speed_mps)
    return scores.named(at, RULES).label
