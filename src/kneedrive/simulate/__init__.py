"""The simulated runner: activities whose truth is known, for the demo, the fixtures and the proof of the method.

    activity = simulate(PATTERNS["shuffle"], seed=1)
    true_scores(PATTERNS["shuffle"], 2.6, Scene().frame)

A `Pattern` says how the runner runs, a `Scene` where, with what sensor and what goes wrong. The same pattern, seed and
scene give the same activity. The runner's gait follows the reference of the analysis, so a simulation can prove
arithmetic, gates, statistics and honesty under noise; it cannot prove that the reference is right.
"""

from kneedrive.simulate.gait import PATTERNS, Offsets, Pattern, true_scores
from kneedrive.simulate.scene import (
    DEMO_RUNNER,
    DEMO_SEED,
    PLANS,
    Fault,
    History,
    Scene,
    Segment,
    simulate,
    simulate_demo,
    simulate_history,
)

__all__ = [
    "DEMO_RUNNER", "DEMO_SEED", "PATTERNS", "PLANS", "Fault", "History", "Offsets", "Pattern", "Scene", "Segment",
    "simulate", "simulate_demo", "simulate_history", "true_scores",
]  # fmt: skip
