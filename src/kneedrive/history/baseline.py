"""The runner against himself: what is usual on one sensor class and surface, and how far one run is from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np

from kneedrive.analysis.fade import BOUNCE_IS_TIMING
from kneedrive.analysis.reference import expected
from kneedrive.analysis.scores import weighted_median
from kneedrive.history.curve import Table, column, curves, departures, measured, own_usual, table
from kneedrive.history.result import Baseline, Computed, OwnView, PastRun, PersonalZ, Setting
from kneedrive.history.segments import Stretch, computed, split_at_jumps
from kneedrive.method import BaselineRules
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES
from kneedrive.stats import median, robust_sd

STEPS = ("cadence_spm", "step_length_m")  # all that a sensor which computes the rest may be held to
TIMING = (*STEPS, "stance_time_s", "duty_factor")
METRICS = (*TIMING, "vertical_oscillation_m", "vertical_ratio", "ln_k")
POPULATION = {
    "cadence_spm": ("zSL", -1.0),
    "step_length_m": ("zSL", 1.0),
    "duty_factor": ("zDF", 1.0),
    "ln_k": ("zk", 1.0),
}


def baseline(runs: Sequence[PastRun], sensor: str, surface: str, setting: Setting) -> Baseline:
    """What these runs say is usual on a sensor class and surface; runs on others are passed over."""
    own = sorted(
        (run for run in runs if (run.sensor, run.surface) == (sensor, surface)), key=lambda run: run.started_at
    )
    own = [run for run in own if run.epochs.scored.any()]
    rows = table(own)
    days = (own[-1].started_at - own[0].started_at).days if own else 0
    short = missing(len(own), days, rows.epochs, setting.method.baseline)
    test = computed(own, sensor, setting.method)
    fitted = curves(rows, departures(rows, sensor, setting), setting) if rows.epochs else {}
    known = rows.speed_mps[np.isfinite(rows.speed_mps)]
    low, middle, high = (float(np.percentile(known, share)) if len(known) else None for share in (2.5, 50.0, 97.5))
    return Baseline(
        sensor=sensor,
        surface=surface,
        ready=not short,
        missing=short,
        runs=len(own),
        epochs=rows.epochs,
        days=days,
        first=own[0].started_at if own else None,
        last=own[-1].started_at if own else None,
        speed_mps=middle,
        speed_low_mps=low,
        speed_high_mps=high,
        curves=fitted,
        spread=spreads(rows, own_usual(fitted, rows, sensor, setting), len(own), setting.method.baseline),
        computed=test,
    )


def missing(runs: int, days: int, epochs: int, rules: BaselineRules) -> dict[str, int]:
    """How many runs, days and epochs more a baseline needs; empty where there are enough."""
    wanted = {"runs": rules.min_runs - runs, "days": rules.min_days - days, "epochs": rules.min_epochs - epochs}
    return {name: count for name, count in wanted.items() if count > 0}


def spreads(rows: Table, usual: Mapping[str, Array], runs: int, rules: BaselineRules) -> dict[str, float]:
    """Robust SD from run to run of each metric about the runner's own curve, never below its floor."""
    lowest = floors(rules)
    spread: dict[str, float] = {}
    for name, values in measured(rows).items():
        off = values - usual[name]
        there = np.isfinite(off)
        medians = [
            weighted_median(off[chosen], rows.weight[chosen])
            for run in range(runs)
            if (chosen := there & (rows.run == run)).any()
        ]
        if medians:
            spread[name] = max(robust_sd(np.array(medians)), lowest[name])
    return spread


def floors(rules: BaselineRules) -> dict[str, float]:
    """The smallest spread by metric that a run is held against: what a sensor and a day differ by anyway."""
    return {
        "cadence_spm": rules.floor_cadence_spm,
        "step_length_m": rules.floor_step_length_m,
        "stance_time_s": rules.floor_stance_s,
        "vertical_oscillation_m": rules.floor_oscillation_m,
        "vertical_ratio": rules.floor_vertical_ratio,
        "duty_factor": rules.floor_DF,
        "ln_k": rules.floor_ln_k,
    }


def own_view(run: PastRun, history: Sequence[PastRun], setting: Setting) -> OwnView:
    """One run against the runner's own weeks before it on the same sensor and surface; `history` may hold more."""
    usual = baseline(before(run, history, setting), run.sensor, run.surface, setting)
    rows = table([run])
    known = rows.speed_mps[np.isfinite(rows.speed_mps)]
    speed = median(known) if len(known) else None
    reason = unjudged(usual, speed, rows.epochs)
    judged = () if reason else personal(run, usual, setting)
    return OwnView(baseline=usual, speed_mps=speed, epochs=rows.epochs, rows=judged, reason=reason)


def before(run: PastRun, history: Sequence[PastRun], setting: Setting) -> tuple[PastRun, ...]:
    """The runs of the weeks before this one that the same sensor and firmware class measured, since its last jump."""
    since = run.started_at - timedelta(weeks=setting.method.baseline.weeks)
    alike = [
        past
        for past in history
        if since <= past.started_at < run.started_at
        and (past.sensor, past.surface) == (run.sensor, run.surface)
        and past.firmware in ("", run.firmware)
    ]
    alike.sort(key=lambda past: past.started_at)
    return split_at_jumps(Stretch(sensor=run.sensor, firmware=run.firmware, runs=tuple(alike)), setting)[0][-1].runs


def unjudged(usual: Baseline, speed_mps: float | None, epochs: int) -> str:
    """Why a run is not held against a baseline, as a key; "" where it is."""
    if not usual.ready:
        return "baseline not ready"
    if epochs == 0:
        return "no scored epochs"
    if speed_mps is None or usual.speed_low_mps is None or usual.speed_high_mps is None:
        return ""
    if speed_mps < usual.speed_low_mps:
        return "slower than the baseline"
    return "faster than the baseline" if speed_mps > usual.speed_high_mps else ""


def personal(run: PastRun, usual: Baseline, setting: Setting) -> tuple[PersonalZ, ...]:
    """Each metric of the run against what is usual for the runner at that speed and grade."""
    rows = table([run])
    own = own_usual(usual.curves, rows, run.sensor, setting)
    allowed = allowed_metrics(run.sensor, usual.computed)
    judged = []
    for name, values in measured(rows).items():
        there = np.isfinite(values - own[name])
        if name in allowed and name in usual.spread and there.any():
            value = weighted_median(values[there], rows.weight[there])
            off = weighted_median((values - own[name])[there], rows.weight[there])
            z = off / usual.spread[name]
            judged.append(
                PersonalZ(
                    metric=name,
                    value=value,
                    usual=value - off,
                    difference=off,
                    spread=usual.spread[name],
                    z=z,
                    level=level(z, int(there.sum()), setting.method.baseline),
                    epochs=int(there.sum()),
                    others=others(run, name, setting),
                )
            )
    return tuple(judged)


def allowed_metrics(sensor: str, test: Computed) -> tuple[str, ...]:
    """What a sensor class may be held to against itself: nothing that it computes from something else."""
    if test.believed:
        return STEPS
    return TIMING if sensor in BOUNCE_IS_TIMING else METRICS


def level(z: float, epochs: int, rules: BaselineRules) -> str:
    """The words' key: bounds are inclusive; few epochs are never "clearly different"."""
    if abs(z) < rules.noting:
        return "as always"
    different = abs(z) >= rules.different and epochs >= rules.different_epochs
    return "clearly different" if different else "worth noting"


def others(run: PastRun, metric: str, setting: Setting) -> float | None:
    """The same metric against other runners: weighted median of its population z, None without one."""
    z, weight = population_z(run, metric, setting), run.epochs.weight[run.epochs.scored]
    there = np.isfinite(z)
    return weighted_median(z[there], weight[there]) if there.any() else None


def population_z(run: PastRun, metric: str, setting: Setting) -> Array:
    """The population z of a metric in each scored epoch, NaN where its parts are not judged.

    Contact, oscillation and ratio are made of parts that vary between runners independently: their departures add up
    on the scale of logarithms, and so do the squares of the spreads.
    """
    if metric in POPULATION:
        name, sign = POPULATION[metric]
        return sign * column(run, name)
    there = expected(column(run, "speed_mps"), REFERENCES[run.sensor], setting.runner, setting.method)
    steps, bounce = there.sd_ln_T * column(run, "zSL"), there.sd_ln_beta * column(run, "zB")
    ground = np.log1p(there.sd_DF / there.DF * column(run, "zDF"))
    if metric == "stance_time_s":
        return (steps + ground) / np.hypot(there.sd_ln_T, there.sd_DF / there.DF)
    power = {"vertical_oscillation_m": 2.0, "vertical_ratio": 1.0}[metric]  # of step time in it
    return (power * steps + bounce) / np.hypot(power * there.sd_ln_T, there.sd_ln_beta)
