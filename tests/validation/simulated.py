"""Part (a): simulated runners. Which patterns come out, how true the stated odds are, what scores are off by."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from kneedrive.patterns import Pattern
from kneedrive.recording import Runner
from kneedrive.simulate.gait import Offsets
from kneedrive.simulate.scene import PLANS, Scene, Segment
from tests.validation.page import (
    Section,
    paragraph,
    percent,
    several,
    signed,
    table,
    two,
    wilson_words,
)
from tests.validation.people import LETTERS, STEADY, Said, Task, draw, run
from tests.validation.sizes import Crew, Size

EVERYTHING, FAST = Scene(plan=PLANS["varied"]), Scene(plan=(Segment(900, 3.5),))
SCENES = ((EVERYTHING, 2.65), (FAST, 3.5))
INSIDE = {
    Pattern.SHUFFLE: Offsets(-0.85, 0.85, 0.0),
    Pattern.DRIVE: Offsets(0.85, -0.85, 0.0),
    Pattern.PISTON: Offsets(-0.6, 0.0, 1.8),
    Pattern.LONG_GROUNDED: Offsets(0.85, 0.85, 0.0),
    Pattern.SHORT_AIRY: Offsets(-0.85, -0.85, -1.5),
}
"""Half a spread inside every bound of a region."""
BINS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
HONEST = 0.05  # how far the share of true patterns may be from what was stated
UNTRUE_MAX = 0.15  # of the spoken
NEAR = 0.3


class Condition(NamedTuple):
    """What is different from the base: a strap, 2.7 m/s, 1.78 m, flat, the noise of real sensors."""

    name: str
    scene: Scene
    speed_mps: float = 2.7
    noise: float = 1.0


def at_speed(speed_mps: float) -> Condition:
    """The base at another speed."""
    return Condition(f"{speed_mps} m/s", STEADY.replace(plan=(Segment(900, speed_mps),)), speed_mps)


def of_height(height_m: float | None) -> Condition:
    """The base with another runner, or one whose height is not known."""
    name = "height not known" if height_m is None else f"{height_m:.2f} m tall"
    return Condition(name, STEADY.replace(runner=Runner(height_m=height_m, mass_kg=70.0)))


HILLY = (*(Segment(180, 2.7, 0.04), Segment(180, 2.7, -0.04)) * 3, Segment(120, 2.7))
CLIMB = (Segment(120, 2.7), Segment(900, 2.7, 0.04), Segment(120, 2.7))
CONDITIONS = (
    Condition("base", STEADY),
    *map(at_speed, (2.3, 3.2, 3.8, 4.5)),
    *map(of_height, (1.65, 1.92, None)),
    Condition("half the noise", STEADY, noise=0.5),
    Condition("twice the noise", STEADY, noise=2.0),
    Condition("up and down 4 %", STEADY.replace(plan=HILLY)),
    Condition("uphill 4 % only", STEADY.replace(plan=CLIMB)),
    Condition("smart recording", STEADY.replace(smart=True)),
    Condition("a fifth dropped out", STEADY.replace(dropout=0.2)),
    Condition("sensor: garmin_pod", STEADY.replace(sensor="garmin_pod")),
    Condition("sensor: coros", STEADY.replace(sensor="coros")),
)


def part(size: Size, crew: Crew) -> Section:
    """The section."""
    people = crew.over(run, people_tasks(size.people))
    return Section(
        "a",
        "Simulated runners: patterns, odds, scores",
        (
            "The gait of a simulated runner follows the same reference as the analysis. So this part proves "
            "arithmetic, gates, statistics and honesty under noise; it cannot prove that the reference is right (part "
            "d asks that).",
            *planted(size, crew),
            *reliability(people),
            *conditions(size, crew),
        ),
    )


def people_tasks(count: int) -> list[Task]:
    """Runners of the joint distribution, each seen through a strap with an error of its own."""
    return [Task(true, error, seed) for seed, (true, error) in enumerate(draw(count, STEADY, errors=True))]


def named_at(pattern: Pattern, speed_mps: float) -> Pattern:
    """What a region is called at a speed."""
    return Pattern.SHORT_GROUNDED if (pattern, speed_mps) == (Pattern.SHUFFLE, 3.5) else pattern


def planted(size: Size, crew: Crew) -> tuple[str, ...]:
    """Recovery of patterns that lie half a spread inside every bound of their region."""
    kinds = [(pattern, scene, speed_mps) for scene, speed_mps in SCENES for pattern in INSIDE]
    tasks = [
        Task(INSIDE[pattern], Offsets(), seed, scene, speed_mps)
        for pattern, scene, speed_mps in kinds
        for seed in range(size.planted)
    ]
    found = crew.over(run, tasks)
    rows, shares = [], []
    for place, (pattern, _, speed_mps) in enumerate(kinds):
        mine = found[place * size.planted : (place + 1) * size.planted]
        errors = np.array([one.errors[:3] for one in mine])
        within = float(np.mean(np.all(np.abs(errors) <= NEAR, axis=1)))
        first = float(np.mean([one.pattern == named_at(pattern, speed_mps) for one in mine]))
        bias = np.nanmedian(errors, axis=0)
        stated = float(np.mean([one.probability for one in mine]))
        rows.append(
            (pattern, f"{speed_mps} m/s", percent(within), *map(signed, bias.tolist()), percent(first), two(stated))
        )
        shares.append((within, first))
    held = np.array(shares).min() >= 0.95
    text = paragraph(
        f"**Planted patterns.** {several(size.planted, 'run')} each, at 2.65 m/s with hills, a pause, a walk, "
        "accelerations and dropouts, and no systematic error of the sensor; half a spread inside every bound.",
        "Both promises hold: D, P and G as measured within 0.3 and the right pattern first in at least 95 % of the "
        "runs. How sure it may be said is another matter: the odds allow for errors that these runs do not have."
        if held
        else "Not every promise holds (D, P, G within 0.3 and the right pattern first in 95 % of runs): see the rows.",
    )
    head = ("planted", "at", "D, P, G within 0.3", "bias D", "bias P", "bias G", "first", "odds stated")
    return text, table(head, rows)


def reliability(people: list[Said]) -> tuple[str, ...]:
    """Of the leading patterns stated at some odds, how many are true."""
    judged = [one for one in people if one.pattern]
    rows, gaps = [], []
    for low, high in pairwise(BINS):
        mine = [one for one in judged if low <= one.probability < high or one.probability == high == 1.0]
        rows.append((f"{low:.2f} to {high:.2f}", *_honesty(mine)))
        if len(mine) >= 100:
            gaps.append(abs(float(np.mean([one.right - one.probability for one in mine]))))
    by_pattern = [(label, *_honesty([one for one in judged if one.pattern == label])) for label in Pattern]
    spoken = [one for one in judged if one.certainty == "spoken"]
    untrue = float(np.mean([not one.right for one in spoken])) if spoken else float("nan")
    biggest = max(gaps, default=float("nan"))
    text = paragraph(
        f"**Are stated odds true?** Runners drawn from the joint distribution, one systematic error per run from the "
        f"stated SDs of a chest strap, {several(len(people), 'run')} of 15 minutes through the whole analysis; of each "
        "the pattern that leads. (Part g asks the same of the posterior alone, for every class and from steps.)",
        f"Over the bins with 100 runs and more the largest gap is {two(biggest)} "
        f"({'within' if biggest <= HONEST else 'beyond'} {HONEST})."
        if gaps
        else "",
        f"Spoken: {percent(len(spoken) / len(judged))}; of these untrue: {percent(untrue)} "
        f"({'within' if untrue <= UNTRUE_MAX else 'beyond'} {percent(UNTRUE_MAX)}).",
    )
    head = ("stated", "runs", "mean stated", "true", "95 % interval")
    return text, table(head, rows), table(("pattern", *head[1:]), [row for row in by_pattern if row[1] != "0"])


def _honesty(mine: list[Said]) -> tuple[str, ...]:
    right = sum(one.right for one in mine)
    stated = float(np.mean([one.probability for one in mine])) if mine else None
    return str(len(mine)), two(stated), two(right / len(mine) if mine else None), wilson_words(right, len(mine))


def conditions(size: Size, crew: Crew) -> tuple[str, ...]:
    """Recovery and honesty, one thing changed at a time."""
    tasks = [
        Task(true, error, seed, each.scene, each.speed_mps, each.noise)
        for each in CONDITIONS
        for errors in (False, True)
        for seed, (true, error) in enumerate(draw(size.condition, each.scene, errors=errors))
    ]
    found = crew.over(run, tasks)
    rows, worst = [], []
    for place, each in enumerate(CONDITIONS):
        clean, seen = (found[(2 * place + half) * size.condition :][: size.condition] for half in (0, 1))
        errors = np.array([one.errors for one in clean])
        judged = errors[np.isfinite(errors).any(axis=1)]
        bias, spread = np.nanmedian(judged, axis=0), np.nanstd(judged, axis=0)
        gap = float(np.mean([one.right - one.probability for one in seen if one.pattern]))
        cells = [f"{signed(b)} ± {two(s)}" for b, s in zip(bias.tolist(), spread.tolist(), strict=True)]
        scored = float(np.mean([one.scored for one in clean]))
        rows.append((each.name, percent(scored), *cells, signed(gap)))
        worst.append((each.name, float(np.max(np.abs(bias))), gap))
    off = [name for name, bias, _ in worst if bias > 0.1]
    boastful = [name for name, _, gap in worst if gap < -2.0 / np.sqrt(size.condition) * 0.5]
    head = ("changed", "epochs scored", *(f"{letter}: bias ± SD" for letter in LETTERS), "true minus stated")
    text = paragraph(
        f"**One thing changed at a time.** {several(size.condition, 'runner')} without sensor error (the four scores) "
        "and as many with it (the last column).",
        f"Bias beyond 0.1: {', '.join(off) or 'nowhere'}.",
        "Leading patterns true less often than stated, by more than chance explains: "
        f"{', '.join(boastful) or 'nowhere'}.",
    )
    return text, table(head, rows)
