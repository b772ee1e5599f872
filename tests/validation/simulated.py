"""Part (a): simulated runners. Which labels come out, how true the stated probabilities are, what scores are off by."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from kneedrive.recording import Runner
from kneedrive.simulate.course import PLANS, Segment
from kneedrive.simulate.gait import PATTERNS, Offsets
from kneedrive.simulate.scene import Scene
from tests.validation.page import (
    Section,
    counted,
    paragraph,
    percent,
    several,
    signed,
    table,
    two,
    wilson,
    wilson_words,
)
from tests.validation.people import LABELS, LETTERS, RULES, STEADY, TOWARDS, Said, Task, draw, run
from tests.validation.sizes import Crew, Size

EVERYTHING = Scene(plan=PLANS["varied"])
PLANTED = {
    "piston": "piston-like",
    "drive": "drive-like",
    "shuffle": "shuffle-like",
    "long-grounded": "long-grounded",
    "short-airy": "short-airy",
    "short-bounce": "short-bounce",
}
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)
HONEST = 0.05  # how far the share of right labels may be from what was stated
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
        "Simulated runners: labels, probabilities, scores",
        (
            "The gait of a simulated runner follows the same reference as the analysis. So this part proves "
            "arithmetic, gates, statistics and honesty under noise; it cannot prove that the reference is right (part "
            "d asks that).",
            *planted(size, crew),
            *confusion(people),
            *reliability(people),
            *conditions(size, crew),
        ),
    )


def people_tasks(count: int) -> list[Task]:
    """Runners of the population, each seen through a strap with an error of its own."""
    return [Task(true, error, seed) for seed, (true, error) in enumerate(draw(count, STEADY, errors=True))]


def planted(size: Size, crew: Crew) -> tuple[str, ...]:
    """Recovery of patterns that every cut of their label holds with room to spare."""
    tasks = [
        Task(PATTERNS[name].usual, Offsets(), seed, EVERYTHING, 2.65)
        for name in PLANTED
        for seed in range(size.planted)
    ]
    found = crew.over(run, tasks)
    rows, shares = [], []
    for place, (name, label) in enumerate(PLANTED.items()):
        mine = found[place * size.planted : (place + 1) * size.planted]
        errors = np.array([one.errors[:3] for one in mine])
        within = float(np.mean(np.all(np.abs(errors) <= NEAR, axis=1)))
        right = float(np.mean([one.label == label for one in mine]))
        lacking = float(np.mean([not one.right for one in mine]))
        bias = np.nanmedian(errors, axis=0)
        rows.append((name, percent(within), *map(signed, bias.tolist()), percent(right), percent(lacking)))
        shares.append((within, right, lacking))
    worst = np.array(shares)
    held = worst[:, 0].min() >= 0.95 and worst[:, 1].min() >= 0.95 and worst[:, 2].max() <= 0.02
    verdict = (
        "All three promises hold: D, P and G within 0.3 and the right label in at least 95 % of the runs, the score "
        "of the label lacking in at most 2 %."
        if held
        else "Not every promise holds (D, P and G within 0.3 and the right label in 95 % of runs, the label's score "
        "lacking in at most 2 %): see the rows."
    )
    head = ("planted", "D, P, G within 0.3", "bias D", "bias P", "bias G", "right label", "score below 0.5")
    text = paragraph(
        f"**Planted patterns.** {several(size.planted, 'run')} each, with hills, a pause, a walk, accelerations and "
        "dropouts, and no systematic error of the sensor.",
        verdict,
    )
    return text, table(head, rows)


def confusion(people: list[Said]) -> tuple[str, ...]:
    """True label by found label."""
    shown = [name for name in LABELS if any(name in (one.label, one.true_label) for one in people)]
    rows = []
    for true in shown:
        mine = [one for one in people if one.true_label == true]
        counts = [sum(one.label == label for one in mine) for label in (*shown, "")]
        rows.append((f"**{true}**", *(str(count or "·") for count in counts), str(len(mine))))
    same = sum(one.label == one.true_label for one in people)
    spoken = [one for one in people if one.certainty == "spoken" and one.label != "neutral"]
    wrong = sum(one.truth < RULES.truth for one in spoken)
    text = paragraph(
        f"**Runners of the population.** True parts from N(0, 1), one systematic error per run from the stated SD of "
        f"a chest strap, {several(len(people), 'run')} of 15 minutes. Rows: the label that the rules give to the true "
        "scores. Columns: the label that was found, whatever its certainty.",
        f"They agree in {counted(same, len(people))}. A sharp cut between labels makes neighbours of near misses, so "
        "agreement cannot be high; what is promised is that the certainty says so.",
        f"A label was *spoken* in {counted(len(spoken), len(people))}; its true score was below {RULES.truth} in "
        f"{counted(wrong, len(people))} of all runs, {'within' if wrong <= 0.03 * len(people) else 'beyond'} the "
        "promised 3 %.",
    )
    far = table(
        ("true D at least", "runs", "that label found", "spoken"), [_far(people, cut) for cut in (1.0, 1.5, 2.0, 2.5)]
    )
    return text, table(("true \\ found", *shown, "unjudged", "runs"), rows), _far_words(), far


def _far_words() -> str:
    return "How often a drive or a shuffle is called one, by how large D truly is (either direction):"


def _far(people: list[Said], cut: float) -> tuple[str, ...]:
    mine = [one for one in people if one.true_label in ("drive-like", "shuffle-like") and abs(one.true_D) >= cut]
    same = [
        one
        for one in mine
        if one.label == one.true_label or (one.label, one.true_label) == ("short-bounce", "shuffle-like")
    ]
    spoken = sum(one.certainty == "spoken" for one in same)
    return (
        two(cut),
        str(len(mine)),
        percent(len(same) / len(mine) if mine else None),
        percent(spoken / len(mine) if mine else None),
    )


def reliability(people: list[Said]) -> tuple[str, ...]:
    """Of the labels stated at a probability, how many are right."""
    named = [one for one in people if one.label in TOWARDS]
    rows, gaps = [], []
    for low, high in pairwise(BINS):
        mine = [one for one in named if low <= one.probability < high or one.probability == high == 1.0]
        rows.append((f"{low:.2f} to {high:.2f}", *_honesty(mine)))
        if len(mine) >= 100:
            gaps.append(abs(float(np.mean([one.right - one.probability for one in mine]))))
    by_label = [(label, *_honesty([one for one in people if one.label == label])) for label in LABELS]
    off = [label for label in LABELS if _dishonest([one for one in people if one.label == label])]
    biggest = max(gaps, default=float("nan"))
    text = paragraph(
        f"**Are stated probabilities honest?** A label is right when its true score passes {RULES.truth}; neutral is "
        f"right when no true score of D, P and G reaches {RULES.score:.0f}.",
        f"Over the bins with 100 labels and more the largest gap is {two(biggest)} "
        f"({'within' if biggest <= HONEST else 'beyond'} {HONEST})."
        if gaps
        else "",
    )
    head = ("stated", "labels", "mean stated", "right", "95 % interval")
    verdict = (
        "By label, the share of right ones fits what was stated wherever the numbers can tell."
        if not off
        else f"By label, these are off by more than {HONEST} and more than chance explains: {', '.join(off)}."
    )
    return text, table(head, rows), verdict, table(("label", *head[1:]), by_label)


def _honesty(mine: list[Said]) -> tuple[str, ...]:
    right = sum(one.right for one in mine)
    stated = float(np.mean([one.probability for one in mine])) if mine else None
    return str(len(mine)), two(stated), two(right / len(mine) if mine else None), wilson_words(right, len(mine))


def _dishonest(mine: list[Said]) -> bool:
    if not mine:
        return False
    right, stated = sum(one.right for one in mine), float(np.mean([one.probability for one in mine]))
    low, high = wilson(right, len(mine))
    return abs(right / len(mine) - stated) > HONEST and not low <= stated <= high


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
        named = [one for one in seen if one.label in TOWARDS]
        gap = float(np.mean([one.right - one.probability for one in named]))
        false = sum(one.certainty == "spoken" and one.truth < RULES.truth for one in seen) / len(seen)
        cells = [f"{signed(b)} ± {two(s)}" for b, s in zip(bias.tolist(), spread.tolist(), strict=True)]
        scored = float(np.mean([one.scored for one in clean]))
        rows.append((each.name, percent(scored), *cells, signed(gap), percent(false)))
        worst.append((each.name, float(np.max(np.abs(bias))), gap, false))
    off = [name for name, bias, _, _ in worst if bias > 0.1]
    boastful = [name for name, _, gap, _ in worst if gap < -HONEST]
    often = [name for name, _, _, false in worst if false > 0.03]
    head = (
        "changed",
        "epochs scored",
        *(f"{letter}: bias ± SD" for letter in LETTERS),
        "right minus stated",
        "spoken, untrue",
    )
    text = paragraph(
        f"**One thing changed at a time.** {several(size.condition, 'runner')} without sensor error (the four scores) "
        "and as many with it (the last two columns).",
        f"Bias beyond 0.1: {', '.join(off) or 'nowhere'}.",
        f"Labels right less often than stated by more than {HONEST}: {', '.join(boastful) or 'nowhere'}.",
        f"Spoken and untrue in more than 3 % of runs: {', '.join(often) or 'nowhere'}.",
    )
    return text, table(head, rows)
