"""Part (i): real runners with contact and bounce hidden: what the steps alone say beside what the recording says.

A test of consistency and no proof: both share the step time. Nobody's height is known.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kneedrive.analysis.posterior import Measurement, Part, Posterior, leading, posterior, ruled_out
from kneedrive.analysis.reference import expected
from kneedrive.analysis.scores import z_parts
from kneedrive.patterns import Pattern
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES
from tests.conftest import DATA
from tests.seen_by import against, errors_in_z, scale_at
from tests.validation.page import Section, counted, paragraph, percent, table, two
from tests.validation.sizes import Crew, Size

TABLE = DATA / "run-values.csv"
NEEDED = ("speed_mps", "epochs", "cadence_spm", "stance_time_s", "grade_pct")
SHOWN = (Pattern.SHUFFLE, Pattern.DRIVE, Pattern.PISTON, Pattern.LONG_GROUNDED, Pattern.SHORT_AIRY, Pattern.NEUTRAL)


class Both(NamedTuple):
    """One run: what is believed with everything, and with the steps alone."""

    runner: str
    sensor: str
    whole: Posterior
    steps: Posterior


def runs(path: Path = TABLE) -> list[Both]:
    """Every run on a class that measures contact, of its bands on the flat; two of the strap's are a Stryd's."""
    found: dict[tuple[str, str, str], list[dict[str, float]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            known = row["class"] in REFERENCES and REFERENCES[row["class"]].measures_contact
            if known and all(row[name] for name in NEEDED) and abs(float(row["grade_pct"])) <= 2.0:
                values = {name: float(row[name] or "nan") for name in (*NEEDED, "vertical_oscillation_m")}
                found[row["runner"], row["class"], row["run"]].append(values)
    return [both(runner, sensor, bands) for (runner, sensor, _), bands in found.items()]


def both(runner: str, sensor: str, bands: list[dict[str, float]]) -> Both:
    """The mean of the bands' parts, weighted by their epochs, without any noise of epochs, judged twice."""
    column = {name: np.array([band[name] for band in bands]) for name in bands[0]}
    speed_mps = float(np.average(column["speed_mps"], weights=column["epochs"]))
    z = {name: float(np.average(values, weights=column["epochs"])) for name, values in parts(column, sensor).items()}
    scale = scale_at(speed_mps, sensor, None)
    off = errors_in_z(sensor, scale, height_known=False)
    whole = {name: Part(z=z[name], systematic=sd) for name, sd in off.items() if np.isfinite(z[name])}
    return Both(
        runner,
        sensor,
        posterior(Measurement(**whole), scale),
        posterior(Measurement(zSL=whole["zSL"]), scale_at(speed_mps, "none", None)),
    )


def parts(column: dict[str, Array], sensor: str) -> dict[str, Array]:
    """zSL, zDF and zk of each band."""
    T = 60.0 / column["cadence_spm"]
    DF = column["stance_time_s"] / (2.0 * T)
    shape = 0.125 - (0.5 - 1.0 / np.pi) * DF
    beta = column["vertical_oscillation_m"] / (9.81 * T**2)
    there = expected(column["speed_mps"], against(sensor, None))
    z = z_parts({"step_time_s": T, "duty_factor": DF, "beta": beta, "ln_k": np.log(beta / shape)}, there)
    return {name: z[name] for name in ("zSL", "zDF", "zk")}


def middle(found: list[Both]) -> tuple[dict[Pattern, float], dict[Pattern, float]]:
    """Mean odds over runs, with everything and from the steps: at every speed short, grounded steps are one row."""

    def odds(told: list[Posterior]) -> dict[Pattern, float]:
        every = [{Pattern.SHUFFLE: each.odds.get(Pattern.SHORT_GROUNDED, 0.0)} | dict(each.odds) for each in told]
        return {pattern: float(np.mean([each[pattern] for each in every])) for pattern in SHOWN}

    return odds([each.whole for each in found]), odds([each.steps for each in found])


def part(size: Size, crew: Crew) -> Section:
    """The section."""
    del size, crew  # the table is read in a moment, whatever the size
    found = runs()
    by_runner: dict[tuple[str, str], list[Both]] = defaultdict(list)
    for each in found:
        by_runner[each.sensor, each.runner].append(each)
    text = (
        f"{len(found):,} real runs of {len(by_runner)} runners and test files on sensors that measure contact, judged "
        "with everything and once more with contact and bounce hidden. Both share the step time, so this is a test of "
        "consistency and no proof. Nobody's height is known here. One runner counts as one, with however many runs."
    )
    return Section("i", "Real runners with contact and bounce hidden", (text, *_words(by_runner), *_odds(by_runner)))


def _words(by_runner: dict[tuple[str, str], list[Both]]) -> tuple[str, ...]:
    """What is named first by either, runner by runner, and whether what steps rule out is ruled out rightly."""
    people = [middle(mine) for mine in by_runner.values()]
    firsts = [tuple(max(odds, key=lambda pattern: odds[pattern]) for odds in each) for each in people]
    same = sum(whole == steps for whole, steps in firsts)
    out = [(each, pattern) for mine in by_runner.values() for each in mine for pattern in ruled_out(each.steps)]
    leads = sum(pattern in leading(each.whole) and each.whole.odds[pattern] >= 0.5 for each, pattern in out)
    far = [abs(whole[pattern] - steps[pattern]) for whole, steps in people for pattern in SHOWN]
    pairs = Counter(firsts)
    text = paragraph(
        f"**The same first pattern** for {counted(same, len(people))} runners; the odds of a pattern differ by "
        f"{two(float(np.median(far)))} in the middle and by {two(float(np.quantile(far, 0.9)))} in one of ten cases. "
        f"What steps rule out, the whole recording leans towards in {counted(leads, len(out))} cases.",
    )
    rows = [(steps, whole, str(count)) for (whole, steps), count in pairs.most_common()]
    return text, table(("first from steps", "first with everything", "runners"), rows)


def _odds(by_runner: dict[tuple[str, str], list[Both]]) -> tuple[str, ...]:
    """Mean odds over runners of a class, steps beside everything."""
    rows = []
    for sensor in REFERENCES:
        people = [middle(mine) for (word, _), mine in by_runner.items() if word == sensor]
        if people:
            cells = [
                f"{percent(float(np.mean([steps[p] for _, steps in people])))} | "
                f"{percent(float(np.mean([whole[p] for whole, _ in people])))}".replace("|", "/")
                for p in SHOWN
            ]
            rows.append((f"`{sensor}`", str(len(people)), *cells))
    return "Mean odds over runners, from steps / with everything:", table(("class", "runners", *SHOWN), rows)
