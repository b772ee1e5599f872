"""What the analysis finds in simulated runs whose truth is known: recovery, right patterns, honest probabilities."""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import norm, qmc

from kneedrive.analysis import analyze
from kneedrive.analysis.posterior import axes, prior_cov, regions
from kneedrive.analysis.result import Analysis
from kneedrive.method import Method
from kneedrive.patterns import Pattern as Label
from kneedrive.simulate import DEMO_RUNNER
from kneedrive.simulate.gait import Offsets, Pattern, true_scores
from kneedrive.simulate.scene import PLANS, Scene, Segment, simulate
from tests.seen_by import errors_in_z, scale_at

METHOD = Method()
# Hills, a pause, a walk and accelerations, at speeds where the shuffle's bound of 3 m/s has room to spare.
EVERYTHING = Scene(plan=PLANS["varied"])
FAST = Scene(plan=(Segment(900, 3.5),))
INSIDE = {
    "shuffle-like": Offsets(-0.85, 0.85, 0.0),
    "drive-like": Offsets(0.85, -0.85, 0.0),
    "piston-like": Offsets(-0.6, 0.0, 1.8),
    "long-grounded": Offsets(0.85, 0.85, 0.0),
    "short-airy": Offsets(-0.85, -0.85, -1.5),
}
"""Half a spread inside every bound of a region."""


def leading(analysis: Analysis) -> str:
    """The pattern that is named first for the run as a whole."""
    return analysis.findings[0].pattern


def score(analysis: Analysis, letter: str) -> float:
    """The value of a score; NaN where it is not judged."""
    value = dict(analysis.scores.items())[letter].value
    return math.nan if value is None else value


@pytest.mark.parametrize(("scene", "speed_mps"), [(EVERYTHING, 2.65), (FAST, 3.5)], ids=["everything", "fast"])
@pytest.mark.parametrize("label", INSIDE)
def test_planted_scores_and_patterns_are_recovered(label: str, scene: Scene, speed_mps: float) -> None:
    """Without sensor error, D, P and G come back within 0.3 and the right pattern first. More seeds: the validation."""
    planted = Pattern(name="planted", usual=INSIDE[label])
    found = [analyze(simulate(planted, seed, scene=scene), runner=DEMO_RUNNER) for seed in range(12)]
    truth = true_scores(planted, speed_mps, scene.frame)
    errors = np.array([[score(one, name) - truth[name] for name in "DPG"] for one in found])

    right = "short-grounded" if (label, speed_mps) == ("shuffle-like", 3.5) else label
    assert np.mean(np.all(np.abs(errors) <= 0.3, axis=1)) >= 0.9
    assert np.max(np.abs(np.median(errors, axis=0))) <= 0.1
    assert sum(leading(one) == right for one in found) >= 11


class Drawn(NamedTuple):
    """What was stated of the leading pattern of one run, and whether it is true of the runner."""

    certainty: str
    probability: float
    right: bool


STEADY, SPEED_MPS = Scene(plan=(Segment(900, 2.7),)), 2.7
RUNS = 1024


@cache
def drawn_runs() -> tuple[Drawn, ...]:
    """Runs of `RUNS` runners of the joint distribution, each seen through a strap with an error of its own.

    The six numbers of a runner are a Sobol sequence through the normal quantiles: even, so a few runners do for many.
    """
    scale = scale_at(SPEED_MPS, "garmin_strap")
    normal = norm.ppf(qmc.Sobol(6, scramble=False).random(RUNS) + 0.5 / RUNS)
    true = normal[:, :3] @ np.linalg.cholesky(prior_cov()[:3, :3]).T
    errors = normal[:, 3:] * list(errors_in_z("garmin_strap", scale).values())
    held = regions(axes(true, scale), SPEED_MPS)
    found = []
    for seed in range(RUNS):
        pattern = Pattern(name="drawn", usual=Offsets(*true[seed].tolist()))
        scene = STEADY.replace(shift=Offsets(*errors[seed].tolist()))
        said = analyze(simulate(pattern, seed, scene=scene), runner=DEMO_RUNNER).findings
        if said:  # else somebody with steps so long that they cannot be told from walking
            right = bool(held[Label(said[0].pattern)][seed])
            found.append(Drawn(said[0].certainty, said[0].probability, right))
    return tuple(found)


@pytest.mark.slow
def test_stated_probabilities_are_honest() -> None:
    """As many leading patterns are true as was stated; of the spoken at most 15 % are untrue."""
    runs = drawn_runs()
    stated, right = (np.array([getattr(one, name) for one in runs], dtype=float) for name in ("probability", "right"))
    low = stated < np.median(stated)

    assert len(runs) > 0.97 * RUNS
    assert [float(np.mean((right - stated)[half])) for half in (low, ~low)] == [pytest.approx(0.0, abs=0.05)] * 2
    assert np.mean([one.right for one in runs if one.certainty == "spoken"]) >= 0.85
