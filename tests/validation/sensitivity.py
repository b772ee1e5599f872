"""Part (f): each threshold of Method moved by a fifth: how many labels change?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from msgspec.structs import asdict

from kneedrive.analysis import analyze
from kneedrive.histories.trend import trend_fit
from kneedrive.method import Method, SeriesRules
from kneedrive.readers import read
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Runner
from kneedrive.simulate.gait import Pattern
from kneedrive.simulate.scene import PLANS, Scene, simulate
from tests.analysis import many_histories
from tests.analysis.many_histories import Weeks
from tests.validation.page import Section, listing, paragraph, percent, several, table
from tests.validation.people import draw
from tests.validation.runs import real
from tests.validation.sizes import Crew, Size

FACTORS = (0.8, 1.2)
SCENES = tuple(Scene(plan=PLANS[name]) for name in ("varied", "easy", "hilly", "progressive"))
NEARLY_SURE = 0.99
OF_TRENDS = ("alpha", "week_rho", "rho_weight", "week_rho_max", "min_change", "detectable", "telling")
HALFWAY = Weeks(change=1.0, missing=0.0)  # the planted change that is found about as often as missed
SEED = 3000


class Knob(NamedTuple):
    """A threshold and what it is multiplied by. runs: how many simulated and real ones are judged."""

    group: str
    name: str
    factor: float
    runs: int
    real: int


class Verdict(NamedTuple):
    """What was said of one run. besides: the verdicts about the onset of shuffling and about fade."""

    label: str
    certainty: str
    besides: tuple[str, ...]


def part(size: Size, crew: Crew) -> Section:
    """The section."""
    return Section("f", "Sensitivity: every threshold moved by 20 %", (*labels(size, crew), *trends(size, crew)))


def knobs(size: Size) -> Iterator[Knob]:
    """Every number of the groups, down and up."""
    # Real runs are judged only in the full size, so that the small page is the same where there are none.
    files = size.moved_runs if size.real_every == 1 and real(1) else 0
    for group in size.knobs:
        rules = getattr(Method(), group)
        for name, value in asdict(rules).items():
            if isinstance(value, int | float) and value != 0:
                for factor in FACTORS:
                    yield Knob(group, name, factor, size.moved_runs, files)


def labels(size: Size, crew: Crew) -> tuple[str, ...]:
    """Verdicts that change, knob by knob."""
    asked = list(knobs(size))
    found = crew.over(moved, asked)
    changed: dict[str, list[tuple[float, float]]] = {}
    for knob, shares in zip(asked, found, strict=True):
        changed.setdefault(f"{knob.group}.{knob.name}", []).append(shares)
    order = sorted(changed, key=lambda name: (-max(share for share, _ in changed[name]), name))
    loud = [name for name in order if any(sum(shares) > 0 for shares in changed[name])]
    rows = [
        (f"`{name}`", *(percent(share) for share, _ in changed[name]), *(percent(sure) for _, sure in changed[name]))
        for name in loud
    ]
    runs = asked[0].runs + asked[0].real
    heavy = [name for name in order if max(share for share, _ in changed[name]) > 0.20]
    text = paragraph(
        f"**Labels.** {several(asked[0].runs, 'simulated run')} of the population and "
        f"{several(asked[0].real, 'real run')}, each analysed again with one number 20 % smaller and 20 % larger; "
        "whole numbers are rounded. Share of runs whose label changes (to or from unjudged included), and of those "
        "whose label stays but whose certainty (spoken, leaning, open) or verdict about the onset of shuffling or "
        "about fade changes.",
        f"More than a fifth of {several(runs, 'label')} changes with: {listing(heavy)}.",
        "Of the constants of the population a fifth is many times their uncertainty (a fifth of a cadence is 33 steps "
        "a minute); a row among them says only that labels rest on the reference."
        if any(name.startswith("population.") for name in heavy)
        else "",
        f"Without any effect on these runs: {listing([name for name in order if name not in loud])}.",
    )
    head = ("threshold", "label, -20 %", "label, +20 %", "else, -20 %", "else, +20 %")
    return text, table(head, rows)


def turned(knob: Knob) -> Method:
    """The method with one number moved; a whole number stays whole and at least 1, a probability below 1."""
    method = Method()
    rules: Record = getattr(method, knob.group)
    value = getattr(rules, knob.name)
    new = max(1, round(value * knob.factor)) if isinstance(value, int) else value * knob.factor
    if value < 1.0 <= new:
        new = NEARLY_SURE
    return method.replace(**{knob.group: rules.replace(**{knob.name: new})})


def moved(knob: Knob) -> tuple[float, float]:
    """Share of runs whose label changes, and of those whose certainty, onset or fade alone does."""
    method, before = turned(knob), usual(knob.runs, knob.real)
    after = [verdict(activity, runner, method) for activity, runner in material(knob.runs, knob.real)]
    label = sum(old.label != new.label for old, new in zip(before, after, strict=True))
    sure = sum(old.label == new.label and old != new for old, new in zip(before, after, strict=True))
    return label / len(before), sure / len(before)


@cache
def usual(runs: int, files: int) -> tuple[Verdict, ...]:
    """What is said as the method stands."""
    return tuple(verdict(activity, runner, Method()) for activity, runner in material(runs, files))


@cache
def material(runs: int, files: int) -> tuple[tuple[Activity, Runner], ...]:
    """Simulated runners of the population, and real runs from all over the recordings."""
    people = [
        simulate(Pattern(name="drawn", usual=true), seed, scene=SCENES[seed % len(SCENES)].replace(shift=error))
        for seed, (true, error) in enumerate(draw(runs, SCENES[0], errors=True))
    ]
    found = [(activity, SCENES[0].runner) for activity in people]
    if files:
        paths = real(1)
        found += [(_first(paths[place * len(paths) // files].read_bytes()), Runner()) for place in range(files)]
    return tuple(found)


def _first(data: bytes) -> Activity:
    return read(data, "a file")[0]


def verdict(activity: Activity, runner: Runner, method: Method) -> Verdict:
    """What is said of a run; label and certainty are empty where it is not judged."""
    analysis = analyze(activity, runner=runner, method=method)
    besides = (analysis.shuffle_onset.verdict, analysis.fade.verdict)
    if not analysis.findings:
        return Verdict("", "", besides)
    return Verdict(analysis.findings[0].pattern, analysis.findings[0].certainty, besides)


def trends(size: Size, crew: Crew) -> tuple[str, ...]:
    """Verdicts about weeks that change."""
    asked = [Knob("series", name, factor, size.moved_histories, 0) for name in OF_TRENDS for factor in FACTORS]
    found = crew.over(moved_trends, asked)
    rows = [
        (f"`series.{name}`", percent(found[2 * place]), percent(found[2 * place + 1]))
        for place, name in enumerate(OF_TRENDS)
    ]
    text = paragraph(
        f"**Trends.** {several(size.moved_histories, 'history')} with a planted change of "
        f"{HALFWAY.change}, which is found about as often as missed, so that verdicts hang in the balance: share "
        "whose verdict about D or P changes.",
    )
    return text, table(("threshold", "-20 %", "+20 %"), rows)


def moved_trends(knob: Knob) -> float:
    """Share of histories with another verdict about D or P."""
    drawn = many_histories.draw(HALFWAY, knob.runs, SEED)

    def said(rules: SeriesRules) -> Array:
        fit = trend_fit(drawn.at, drawn.values, drawn.se, rules)
        return np.where(fit.called, np.sign(fit.change), 2.0 * fit.steady)

    before, after = said(Method().series), said(turned(knob).series)
    return float((before != after).any(axis=-1).mean())
