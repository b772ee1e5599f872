"""Part (e): test and retest on the two real histories: scores from run to run, baselines, personal verdicts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kneedrive.analysis.posterior import letters
from kneedrive.histories.baseline import METRICS, allowed_metrics, floors, personal, usual
from kneedrive.histories.result import PastRun, Setting, weeks_since_epoch
from kneedrive.histories.segments import Table, computed, curves, departures, own_usual, speeds
from kneedrive.histories.segments import table as rows_table
from kneedrive.histories.trend import RunValues
from kneedrive.histories.weeks import run_values, standardised
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES
from kneedrive.stats import robust_sd
from tests.validation import shuffled
from tests.validation.page import Section, one, paragraph, percent, table, two
from tests.validation.runs import HISTORIES, looks
from tests.validation.sizes import Crew, Size

SETTING = Setting()
MIN_RUNS = 16
SIZES = (4, 8, 12, 16, 24, 32)
STABLE = 0.90
JUDGED = 20  # runs of a history that are judged against baselines of several sizes
UNITS = {
    "cadence_spm": ("cadence, spm", 1.0),
    "step_length_m": ("step length, cm", 100.0),
    "stance_time_s": ("contact time, ms", 1000.0),
    "vertical_oscillation_m": ("oscillation, mm", 1000.0),
    "vertical_ratio": ("vertical ratio, pp", 100.0),
    "duty_factor": ("duty factor, pp", 100.0),
    "ln_k": ("ln k, 0.01", 100.0),
}


class Part(NamedTuple):
    """The runs of one runner on one class of sensor, outdoors, in order of time."""

    name: str
    sensor: str
    runs: tuple[PastRun, ...]


def part(size: Size, crew: Crew) -> Section:
    """The section."""
    parts = histories(size, crew)
    if not parts:
        return Section("e", "Test and retest", ("Too few runs of one runner here.",))
    return Section(
        "e",
        "Test and retest",
        (*scores(parts), *halves(parts, size), *stability(parts, size, crew), *random_order(size)),
    )


def histories(size: Size, crew: Crew) -> list[Part]:
    """The stretches of the real histories that are long enough."""
    seen = [each for each in looks(size.real_every, crew) if each.runner in HISTORIES and each.past.epochs.scored.any()]
    found = []
    for runner in HISTORIES:
        for sensor in REFERENCES:
            mine = [
                each.past
                for each in seen
                if each.runner == runner and (each.past.sensor, each.past.surface) == (sensor, "outdoor")
            ]
            mine.sort(key=lambda past: past.started_at)
            if len(mine) >= MIN_RUNS:
                found.append(Part(f"`{sensor}`, {len(mine)} runs", sensor, tuple(mine)))
    return found


def scores(parts: list[Part]) -> tuple[str, ...]:
    """How far a score of one run is from that of the next, at one speed."""
    rows, worst = [], 0.0
    for each in parts:
        for name, values in at_reference(each).items():
            if len(values.value) < MIN_RUNS:
                continue
            sd, near = robust_sd(values.value), neighbours(values.value)
            worst = max(worst, sd)
            rows.append(
                (
                    each.name,
                    name,
                    str(len(values.value)),
                    two(sd),
                    two(near),
                    two(float(np.median(values.se))),
                    two(2.77 * near),
                    two(1 / (1 + sd**2)),
                )
            )
    text = paragraph(
        "**From run to run.** Each run's score, moved to the runner's reference speed by the own curve, flat epochs "
        "near that speed only. SD: robust, over all runs (real change over months included). Neighbours: from "
        "differences of runs next to each other, so mostly without it. SE: what the epochs of one run alone suggest. "
        "Single run: the change between two runs that is beyond chance (2.77 times neighbours). ICC: 1/(1 + SD²), as "
        "if runners are spread as N(0, 1).",
        f"The largest SD is {two(worst)}; the simulated histories of part (b) take 0.3 to 0.6.",
        "The epochs of one run understate how far the next run will be: a day has a form of its own. So trends and "
        "comparisons use the scatter of runs, never the error within one.",
    )
    return text, table(("history", "score", "runs", "SD", "neighbours", "SE", "single run", "ICC"), rows)


def at_reference(each: Part) -> dict[str, RunValues]:
    """Run values at the reference speed, by score."""
    rows, speed = rows_table(each.runs), float(np.median(speeds(each.runs)))
    at = weeks_since_epoch(each.runs, SETTING)
    off = departures(rows, each.sensor, SETTING)
    z = standardised(rows, off, curves(rows, off, SETTING, at[rows.run]), speed, SETTING.against(each.sensor))
    allowed = REFERENCES[each.sensor].scores
    wanted = ("zSL", *allowed)
    values = letters(z) | z
    return {name: run_values(each.runs, rows, values[name], speed, SETTING) for name in wanted}


def neighbours(values: Array) -> float:
    """SD of one value from the differences of neighbours (robust)."""
    return float(1.4826 * np.median(np.abs(np.diff(values))) / np.sqrt(2.0))


def halves(parts: list[Part], size: Size) -> tuple[str, ...]:
    """Two baselines from two halves of the same runs: how far do they say different things?"""
    rows, ratios = [], []
    for each in parts:
        allowed = allowed_metrics(computed(each.runs, each.sensor, SETTING.method))
        for runs in (16, 32):
            if len(each.runs) < runs:
                continue
            off = differences(each, runs, size.splits)
            for name in METRICS:
                if name not in allowed:
                    continue
                slow, middle, fast = (UNITS[name][1] * value for value in off[name])
                floor = floors(SETTING.method.baseline)[name] * UNITS[name][1]
                ratios.append((runs, middle / floor))
                rows.append(
                    (
                        each.name,
                        f"{runs // 2} and {runs // 2}",
                        UNITS[name][0],
                        one(slow),
                        one(middle),
                        one(fast),
                        one(floor),
                    )
                )
    small = [ratio for runs, ratio in ratios if runs == 16]
    text = paragraph(
        f"**Split halves.** Runs are drawn from a history and parted at random, {size.splits} times; a baseline is "
        "made of each half and read at a slow, middle and fast speed (10th, 50th, 90th percentile). Root mean square "
        "of the difference over sqrt 2: the error of one baseline. Floor: the smallest run-to-run spread that a run "
        "is held against.",
        f"With eight runs, the fewest allowed, the error in the middle is at most {one(max(small))} floors."
        if small
        else "",
    )
    return text, table(("history", "runs in each half", "metric", "slow", "middle", "fast", "floor"), rows)


def differences(each: Part, runs: int, splits: int) -> dict[str, Array]:
    """RMS difference over sqrt 2 of the curves of two halves, at three speeds, by metric."""
    speeds = np.percentile(rows_table(each.runs).speed_mps[np.isfinite(rows_table(each.runs).speed_mps)], (10, 50, 90))
    random, found = np.random.default_rng(len(each.runs) + runs), []
    for _ in range(splits):
        chosen = random.permutation(len(each.runs))[:runs]
        first, second = (
            curve_at([each.runs[place] for place in half], each.sensor, speeds) for half in (chosen[::2], chosen[1::2])
        )
        found.append({name: second[name] - first[name] for name in first})
    return {name: np.sqrt(np.mean(np.array([one[name] for one in found]) ** 2, axis=0) / 2.0) for name in found[0]}


def curve_at(runs: list[PastRun], sensor: str, speeds: Array) -> dict[str, Array]:
    """What a baseline of these runs says is usual at these speeds on the flat."""
    rows = rows_table(sorted(runs, key=lambda past: past.started_at))
    fitted = curves(rows, departures(rows, sensor, SETTING), SETTING)
    nothing = np.full(len(speeds), np.nan)
    asked = Table(
        run=np.arange(len(speeds)),
        start_s=nothing,
        speed_mps=speeds,
        grade=np.zeros(len(speeds)),
        weight=np.ones(len(speeds)),
        T_s=nothing,
        DF=nothing,
        oscillation_m=nothing,
    )
    return own_usual(fitted, asked, sensor, SETTING)


def random_order(size: Size) -> tuple[str, ...]:
    """Real runs of many runners, shuffled: what is called clearly different then is a false alarm."""
    every = shuffled.runners()
    found = [shuffled.shuffled(runs, size.splits, runs, every) for runs in (8, 24)]
    rows = [
        (str(each.runs), str(len(each.shares)), percent(float(each.shares.mean())), percent(float(each.shares.max())))
        for each in found
    ]
    text = paragraph(
        "**Real runs in random order.** Runs of one runner on one sensor are drawn in random order, a baseline is made "
        'of n of them and the next is held against it: nothing changed, so "clearly different" in any of step time, '
        f"duty factor and k is a false alarm. {size.splits} draws a runner; promised: at most 6 % over runners."
    )
    return text, table(("runs in the baseline", "runners", "clearly different, mean", "most of one runner"), rows)


class Trial(NamedTuple):
    """One run to judge, the others of its history, and how many baselines of each size to draw."""

    run: PastRun
    others: tuple[PastRun, ...]
    draws: int
    seed: int


def stability(parts: list[Part], size: Size, crew: Crew) -> tuple[str, ...]:
    """With how many runs does a baseline give the verdict that all of them give?"""
    rows, needed = [], []
    for each in parts:
        places = range(0, len(each.runs), max(1, len(each.runs) // JUDGED))
        trials = [
            Trial(each.runs[place], each.runs[:place] + each.runs[place + 1 :], max(1, size.splits // JUDGED), place)
            for place in places
        ]
        found = np.array(crew.over(agreement, trials))
        there = np.isfinite(found)
        shares = np.where(there, found, 0.0).sum(axis=0) / np.where(there.any(axis=0), there.sum(axis=0), np.nan)
        enough = [runs for runs, share in zip(SIZES, shares[:, 0].tolist(), strict=True) if share >= STABLE]
        needed.append(f"{each.name}: {min(enough) if enough else f'more than {SIZES[-1]}'}")
        for kind, name in enumerate(("same word", "opposite or two words apart")):
            rows.append((each.name, name, *(percent(share) for share in shares[:, kind].tolist())))
    text = paragraph(
        '**How many runs until a personal verdict is stable?** A run is judged ("as always", "worth noting", "clearly '
        'different", each way) by a baseline of n runs drawn from its history, and by one of all the others. Share of '
        "verdicts, over all metrics that the sensor allows, that are the same word.",
        f"Runs for {percent(STABLE)} agreement: {'; '.join(needed)}.",
        "The draws ignore time: a history of months is wider than the eight weeks before a run, so this is the harder "
        "case.",
    )
    return text, table(("history", "verdicts", *(f"{runs} runs" for runs in SIZES)), rows)


def agreement(trial: Trial) -> list[tuple[float, float]]:
    """For each size: share of metrics with the same word, and share that is two words or more apart."""
    whole = _words(trial.run, trial.others)
    random, found = np.random.default_rng([trial.seed, 7]), []
    for runs in SIZES:
        if len(trial.others) < runs + 4:
            found.append((float("nan"), float("nan")))
            continue
        apart = []
        for _ in range(trial.draws):
            chosen = random.permutation(len(trial.others))[:runs]
            some = _words(trial.run, tuple(trial.others[place] for place in chosen))
            apart += [abs(some[name] - whole[name]) for name in whole if name in some]
        found.append(
            (float(np.mean(np.array(apart) == 0)), float(np.mean(np.array(apart) >= 2)))
            if apart
            else (float("nan"),) * 2
        )
    return found


LEVELS = {"as always": 0, "worth noting": 1, "clearly different": 2}


def _words(run: PastRun, others: tuple[PastRun, ...]) -> dict[str, int]:
    own = usual(others, run.sensor, run.surface, SETTING)
    return {row.metric: int(np.sign(row.z)) * LEVELS[row.level] for row in personal(run, rows_table([run]), own)}
