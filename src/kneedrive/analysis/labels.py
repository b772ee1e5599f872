"""From scores to words: which label a set of numbers earns, how strong it is and how probable."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from kneedrive.analysis import scores
from kneedrive.findings import Finding
from kneedrive.method import LabelRules

DRIVE, SHUFFLE, PISTON = "drive-like", "shuffle-like", "piston-like"
SHORT_GROUNDED, LONG_GROUNDED, SHORT_AIRY = "short-grounded", "long-grounded", "short-airy"
SHORT_BOUNCE, NEUTRAL = "short-bounce", "neutral"
SHORT_STEPS, USUAL_STEPS, LONG_STEPS = "short-steps", "usual-steps", "long-steps"


class Standing(NamedTuple):
    """Where a run, or a band of it, stands: scores and parts with their errors by name, speed and duty factor.

    values and se hold only what is judged; duty_factor is NaN where contact time was not recorded. timing_share: how
    much of the spread of zB between runners is that of their duty factor, as a correlation.
    """

    values: Mapping[str, float]
    se: Mapping[str, float]
    speed_mps: float
    duty_factor: float = math.nan
    timing_share: float = 0.0

    def of(self, name: str) -> float:
        """A score or part; NaN, which satisfies no rule, where it is not judged."""
        return self.values.get(name, math.nan)


class Earned(NamedTuple):
    """A label whose rule holds, and the score that carries it."""

    label: str
    letter: str


class Named(NamedTuple):
    """The label of a standing with its probability, and the others that qualified."""

    label: str
    strength: str
    probability: float | None
    also: tuple[str, ...] = ()


def earned(at: Standing, rules: LabelRules) -> tuple[Earned, ...]:
    """Every label whose rule holds, the one with the largest score first. A part that is not judged earns nothing."""
    drive, piston, push = at.of("D"), at.of("P"), at.of("G")
    steps, ground, bounce = at.of("zSL"), at.of("zDF"), at.of("zB")
    cut, over, slow = rules.score, rules.corner_over, at.speed_mps < rules.shuffle_under_mps
    shuffle = drive <= -cut and ground >= rules.shuffle_zDF_min and steps <= rules.shuffle_zSL_max
    found = {
        Earned(PISTON, "P"): piston >= cut and bounce >= rules.piston_zB_min and steps <= rules.piston_zSL_max,
        Earned(DRIVE, "D"): drive >= cut and steps >= rules.drive_zSL_min and ground <= rules.drive_zDF_max,
        Earned(SHUFFLE, "D"): shuffle and slow,
        Earned(SHORT_GROUNDED, "D"): shuffle and not slow,
        Earned(LONG_GROUNDED, "G"): push >= cut and min(steps, ground) > over,
        Earned(SHORT_AIRY, "G"): push <= -cut and max(steps, ground) < -over,
    }
    kept = [one for one, holds in found.items() if holds]
    return tuple(sorted(kept, key=lambda one: -abs(at.of(one.letter))))


def named(at: Standing, rules: LabelRules) -> Named:
    """The label of a run or band. Piston with shuffle has a name of its own, and claims that both are true at once."""
    found = earned(at, rules)
    if not found:
        return Named(NEUTRAL, "mild", neutral_probability(at, rules))
    # Probability is of the score alone: the cuts on its parts say which pattern, not how sure.
    chances = {one.label: scores.probability(at.of(one.letter), at.se[one.letter], rules.truth) for one in found}
    strength = "marked" if abs(at.of(found[0].letter)) >= rules.marked else "mild"
    labels = tuple(chances)
    if PISTON in chances and SHUFFLE in chances:
        both = scores.together(at.values, at.se, at.timing_share, rules.truth)
        return Named(SHORT_BOUNCE, strength, both, labels)
    return Named(labels[0], strength, chances[labels[0]], labels[1:])


def neutral_probability(at: Standing, rules: LabelRules) -> float | None:
    """Probability that no true score reaches where labels begin; None where no score is judged.

    D stands apart from the two others. G and P are nearly one axis (more of the step on the ground leaves less bounce),
    so of them the one that is less sure counts.
    """
    chances = {
        letter: scores.probability_within(at.of(letter), at.se[letter], rules.score)
        for letter in ("D", "P", "G")
        if letter in at.values
    }
    if not chances:
        return None
    return chances.pop("D", 1.0) * min(chances.values(), default=1.0)


def named_steps(at: Standing, rules: LabelRules) -> Named:
    """Short, usual or long steps for the speed: all that speed and cadence can tell."""
    z = at.of("zSL")
    # The same mark as for the scores, so that "short steps" is as far from usual as any label.
    if abs(z) < rules.score:
        return Named(USUAL_STEPS, "mild", scores.probability_within(z, at.se["zSL"], rules.score))
    label = SHORT_STEPS if z < 0 else LONG_STEPS
    strength = "marked" if abs(z) >= rules.marked else "mild"
    return Named(label, strength, scores.probability(z, at.se["zSL"], rules.truth))


def certainty(probability: float | None, rules: LabelRules) -> str:
    """How the label may be said: spoken, leaning or unclear."""
    if probability is None or probability < rules.leaning:
        return "unclear"
    return "spoken" if probability >= rules.spoken else "leaning"


def qualifiers(at: Standing, label: str, rules: LabelRules) -> tuple[str, ...]:
    """What is added to a label without being one."""
    drive, grounded = label == DRIVE, label in (SHUFFLE, SHORT_BOUNCE, SHORT_GROUNDED)
    # A label needs two parts to agree. Where one alone is far from usual, a score can be large and no pattern follow;
    # then the runner should hear of that part.
    alone, cut = label == NEUTRAL and "D" in at.values, rules.score
    found = {
        "short steps": alone and at.of("zSL") <= -cut,
        "long steps": alone and at.of("zSL") >= cut,
        "low duty factor": alone and at.of("zDF") <= -cut,
        "high duty factor": alone and at.of("zDF") >= cut,
        "extra torso bounce": drive and at.of("K") >= rules.torso_extra,
        "quiet torso": drive and at.of("K") <= rules.torso_quiet,
        "grounded": grounded and at.duty_factor >= rules.grounded_DF,
        "bouncy": at.of("zB") >= rules.bouncy_zB and at.of("zSL") > rules.corner_over,
    }
    return tuple(name for name, holds in found.items() if holds)


def finding(at: Standing, rules: LabelRules, *, scope: str, confidence: str, evidence: Mapping[str, float]) -> Finding:
    """The judgement about a standing, with the numbers behind it."""
    name = named(at, rules) if "D" in at.values or "P" in at.values else named_steps(at, rules)
    return Finding(
        scope=scope,
        label=name.label,
        strength=name.strength,
        certainty=certainty(name.probability, rules),
        probability=name.probability,
        confidence=confidence,
        qualifiers=qualifiers(at, name.label, rules),
        also=name.also,
        evidence=evidence,
    )
