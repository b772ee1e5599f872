"""The runner against himself: what is usual on one sensor class and surface, and how far one run is from it.

Epochs of a run share a day, so the run is the unit: the curve is fitted to epochs, and every error is carried as if
each run had one of its own. A run is held against a prediction interval that knows how few runs the curve stands on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import numpy as np
import numpy.typing as npt

from kneedrive import stats
from kneedrive.analysis import features
from kneedrive.analysis.reference import expected, usual_quantities
from kneedrive.histories import segments
from kneedrive.histories.result import Baseline, Computed, Level, OwnView, PastRun, PersonalZ, Setting, Unjudged
from kneedrive.histories.segments import Stretch, Table
from kneedrive.method import BaselineRules, SeriesRules
from kneedrive.quantities import FOLLOWS
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES

STEPS = ("cadence_spm", "step_length_m")  # all that a sensor which computes the rest may be held to
TIMING = (*STEPS, "stance_time_s", "duty_factor")
METRICS = (*TIMING, "vertical_oscillation_m", "vertical_ratio", "ln_k")
FREE = ("ln_T", "DF", "ln_k")  # the quantities that are free at one speed, and the metric that says each
OF_FREE = ("cadence_spm", "duty_factor", "ln_k")
POPULATION = {
    "cadence_spm": ("zSL", -1.0),
    "step_length_m": ("zSL", 1.0),
    "duty_factor": ("zDF", 1.0),
    "ln_k": ("zk", 1.0),
}


class PersonalFit(msgspec.Struct, frozen=True, eq=False):
    """A runner's curve of one quantity, value = level + slope*(x - centre), with what is needed to predict a run."""

    centre: Array  # (..., columns)
    level: Array
    slope: Array  # (..., columns), shrunk
    influence: Array  # (..., 1 + columns, runs): by how much level and slopes rise if one run does
    run_sd: Array  # (...): SD of runs about the curve, not below its floor
    freedom: Array  # (...): runs - 1 - spent
    spent: Array  # slopes that the shrunk fit effectively uses
    runs: Array


def personal_fit(X: Array, y: Array, weight: Array, floor: Array | float, rules: SeriesRules) -> PersonalFit:
    """The curve of departures y (..., runs, epochs) from the population on X (..., runs, epochs, columns).

    weight (..., runs, epochs); NaN in y pads runs with fewer epochs. X has no intercept; a column
    of zeros is left out. floor: smallest SD of runs, in the unit of y.
    """
    there = np.isfinite(y) & (weight > 0)
    weight = np.where(there, weight, 0.0)
    X = np.where(there[..., None], X, 0.0)
    shape, columns = y.shape[:-2], X.shape[-1]
    total = np.maximum(weight.sum(axis=(-1, -2)), stats.TINY)
    # About the middle of the epochs: drawing a slope to 0 then leaves the level where it is.
    centre = (X * weight[..., None]).sum(axis=(-2, -3)) / total[..., None]
    off = np.where(there[..., None], X - centre[..., None, None, :], 0.0)
    full = np.concatenate([there[..., None].astype(np.float64), off], axis=-1)
    fit = stats.huber_regression(
        full.reshape(*shape, -1, columns + 1), y.reshape(*shape, -1), weight.reshape(*shape, -1)
    )
    epochs = there.sum(axis=(-1, -2)).astype(np.float64)
    trust = np.where(np.any(X != 0, axis=(-2, -3)), (epochs / (epochs + rules.shrink_epochs))[..., None], 0.0)
    shrink = np.concatenate([np.ones((*shape, 1)), trust], axis=-1)
    pulled = fit.weight.reshape(y.shape)
    by_run = np.einsum("...rec,...re->...rc", full, pulled)
    influence = shrink[..., None] * (fit.inverse @ np.swapaxes(by_run, -1, -2))
    coefficient = shrink * fit.coefficient
    variance, spent, runs = _scatter(full, y, weight, (coefficient, influence))
    return PersonalFit(
        centre=centre,
        level=coefficient[..., 0],
        slope=coefficient[..., 1:],
        influence=influence,
        run_sd=np.maximum(np.sqrt(variance), floor),
        freedom=np.maximum(runs - 1.0 - spent, 1.0),
        spent=spent,
        runs=runs,
    )


def _scatter(full: Array, y: Array, weight: Array, fitted: tuple[Array, Array]) -> tuple[Array, Array, Array]:
    """Variance of runs about the curve, slopes spent, and runs, from the means of each run's residuals.

    With H the hat matrix of run means, their residuals hold trace((I - H)(I - H)') of the variance of runs. That is
    runs - 1 - spent where H projects, and less where slopes are shrunk or drawn from within runs too.
    """
    coefficient, influence = fitted
    middle = stats.weighted_mean(np.moveaxis(full, -1, 0), weight)
    middle = np.nan_to_num(np.moveaxis(middle, 0, -1))
    off = run_means(y - np.einsum("...rec,...c->...re", full, coefficient), weight)
    there = np.isfinite(off)
    left = np.eye(off.shape[-1]) * there[..., None] - middle @ influence
    spent = np.einsum("...rc,...cr->...", middle[..., 1:], influence[..., 1:, :])
    held = (left**2).sum(axis=(-1, -2))
    variance = np.nansum(off**2, axis=-1) / np.where(held > 1e-9, held, np.inf)  # one run alone tells none
    return variance, spent, there.sum(axis=-1)


def run_means(values: Array, weight: Array) -> Array:
    """Huber mean (..., runs) of the epochs (..., runs, epochs) of each run, by their scatter about its median."""
    scale = stats.robust_sds(np.where(weight > 0, values, np.nan))[..., None]
    return stats.huber_mean(values, weight, np.maximum(np.nan_to_num(scale), stats.TINY))


def predicted(fit: PersonalFit, x: Array) -> tuple[Array, Array]:
    """Expected value (...) of a new run at x (..., columns), and the SD of such a run about it."""
    off = x - fit.centre
    expected = fit.level + (fit.slope * off).sum(axis=-1)
    row = np.concatenate([np.ones((*off.shape[:-1], 1)), off], axis=-1)
    # Variance of runs times 1 + 1/n + leverage; the sum of the squared influences of the runs is the last two.
    pulls = np.einsum("...c,...cr->...r", row, fit.influence)
    return expected, fit.run_sd * np.sqrt(1.0 + (pulls**2).sum(axis=-1))


def held(
    off: Array, sd: Array, freedom: Array, epochs: npt.ArrayLike, keys: Sequence[str], rules: SeriesRules
) -> tuple[npt.NDArray[np.str_], Array]:
    """The level (..., keys) of each departure, and half of its interval; sd: of its prediction.

    A run lies outside the interval exactly where it is outside the family interval of `rules.different`; few epochs
    are never "clearly different".
    """
    p, level = stats.family(stats.t_test(off, sd, freedom), keys, FOLLOWS, rules.different)
    different = (p <= rules.different) & (np.asarray(epochs) >= rules.different_epochs)
    word = np.where(different, Level.DIFFERENT, np.where(p <= rules.noting, Level.NOTING, Level.AS_ALWAYS))
    return word, stats.student_quantile(1.0 - 0.5 * level, freedom) * sd


# The baseline of a history, and a run held against it.


class Usual(msgspec.Struct, frozen=True, eq=False):
    """A baseline with the fits of ln T, DF and ln k."""

    told: Baseline
    fit: PersonalFit | None
    middle_mps: float  # that their columns are counted from
    setting: Setting


def usual(runs: Sequence[PastRun], sensor: str, surface: str, setting: Setting) -> Usual:
    """What these runs say is usual on a sensor class and surface; runs on others are passed over."""
    own = [run for run in segments.scored_on(runs, surface) if run.sensor == sensor]
    own.sort(key=lambda run: run.started_at)
    here, rows = setting.of(own), segments.table(own)
    days = (own[-1].started_at - own[0].started_at).days if own else 0
    rules = setting.method.baseline
    lacking = {
        "runs": setting.method.series.baseline_runs - len(own),
        "days": rules.min_days - days,
        "epochs": rules.min_epochs - rows.epochs,
    }
    short = {name: count for name, count in lacking.items() if count > 0}
    shares = (2.5, 50.0, 97.5)
    low, at, high = (float(np.percentile(rows.speeds, share)) if len(rows.speeds) else None for share in shares)
    told = Baseline(
        sensor=sensor,
        surface=surface,
        ready=not short,
        missing=short,
        runs=len(own),
        epochs=rows.epochs,
        days=days,
        first=own[0].started_at if own else None,
        last=own[-1].started_at if own else None,
        speed_mps=at,
        speed_low_mps=low,
        speed_high_mps=high,
        computed=segments.computed(own, sensor, setting.method),
    )
    fit = fitted(rows, len(own), sensor, here) if rows.epochs else None
    return Usual(told=told, fit=fit, middle_mps=segments.centre(rows, here), setting=here)


def fitted(rows: Table, runs: int, sensor: str, setting: Setting) -> PersonalFit:
    """The curves of ln T, DF and ln k, in this order, over the epochs of these runs."""
    off, floor = segments.departures(rows, sensor, setting), floors(setting.method.baseline)
    columns = segments.design(rows, segments.centre(rows, setting), setting).T
    X = np.stack([stats.ragged(rows.run, part, runs) for part in columns], axis=-1)
    y = np.stack([stats.ragged(rows.run, off[name], runs) for name in FREE])
    weight = np.broadcast_to(np.nan_to_num(stats.ragged(rows.run, rows.weight, runs)), y.shape)
    # The floor of cadence as one of ln T, at the middle step time.
    least = [float(np.nanmedian(rows.T_s)) * floor["cadence_spm"] / 60.0, floor["duty_factor"], floor["ln_k"]]
    X = np.broadcast_to(np.nan_to_num(X), (*y.shape, X.shape[-1]))
    return personal_fit(X, y, weight, np.array(least), setting.method.series)


def shown(quantities: Array, speed_mps: float) -> Array:
    """The metrics, in the order of METRICS, of ln T, DF and ln k at a speed; NaN for what needs an unknown one."""
    ln_T, DF, ln_k = quantities[:, None]
    ln_beta = ln_k + features.log(features.bounce_shape(DF))
    there = features.metrics(np.array([speed_mps]), ln_T, DF, ln_beta)
    return np.array([float(there[name][0]) for name in METRICS])


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
    since = run.started_at - timedelta(weeks=setting.method.baseline.weeks)
    alike = [
        past
        for past in history
        if since <= past.started_at < run.started_at
        and (past.sensor, past.surface) == (run.sensor, run.surface)
        and past.firmware in ("", run.firmware)
        and segments.watch_of(past) in ("", segments.watch_of(run))
    ]
    alike.sort(key=lambda past: past.started_at)
    # What was measured before the last jump says nothing of what is usual now.
    parts, _ = segments.split_at_jumps(Stretch(sensor=run.sensor, firmware=run.firmware, runs=tuple(alike)), setting)
    own = usual(parts[-1].runs, run.sensor, run.surface, setting)
    rows = segments.table([run])
    speed = stats.median(rows.speeds) if len(rows.speeds) else None
    low, high = own.told.speed_low_mps, own.told.speed_high_mps
    reason = Unjudged.NOT
    if not own.told.ready:
        reason = Unjudged.NOT_READY
    elif not rows.epochs:
        reason = Unjudged.NOTHING_SCORED
    elif speed is not None and low is not None and high is not None and not low <= speed <= high:
        reason = Unjudged.SLOWER if speed < low else Unjudged.FASTER
    judged = () if reason else personal(run, rows, own)
    return OwnView(baseline=own.told, speed_mps=speed, epochs=rows.epochs, rows=judged, reason=reason)


def personal(run: PastRun, rows: Table, own: Usual) -> tuple[PersonalZ, ...]:
    """Each metric of the run against what is usual for the runner at that speed and grade."""
    if own.fit is None:
        return ()
    setting = own.setting
    measured = segments.departures(rows, run.sensor, setting)
    y = np.array([measured[name] for name in FREE])
    epochs = np.isfinite(y).sum(axis=-1)
    known = (epochs > 0) & (own.fit.runs > 0)
    x = segments.design(rows, own.middle_mps, setting)
    x[:, 1] = x[:, 0] ** 2  # of no weight where the baseline has no such column
    expected, sd = predicted(own.fit, np.broadcast_to(stats.weighted_mean(x.T, rows.weight), (len(FREE), x.shape[1])))
    speed = float(np.average(segments.filled(rows, setting), weights=rows.weight))
    grade = float(np.average(rows.grade, weights=rows.weight))
    population = usual_quantities(np.array([speed]), np.array([grade]), setting.against(run.sensor))
    there = np.array([float(population[name][0]) for name in FREE])
    value = there + np.where(known, run_means(y, np.broadcast_to(rows.weight, y.shape)), np.nan)
    expected = there + np.where(known, expected, np.nan)
    middle = shown(expected, speed)
    # Ln T, DF and ln k are independent, so what their SDs move each metric by adds up in squares.
    moved = [shown(expected + np.where(np.arange(len(FREE)) == place, sd, 0.0), speed) for place in range(len(FREE))]
    off = np.where(np.isfinite(moved), moved, middle) - middle
    at = np.array([shown(value, speed), middle, np.sqrt((off**2).sum(axis=0))])
    return _judged(run, own, own.fit.freedom, at, epochs)


def _judged(run: PastRun, own: Usual, freedom: Array, at: Array, epochs: Array) -> tuple[PersonalZ, ...]:
    """The rows of the metrics that may be judged. at (3, METRICS): measured, usual, SD of the prediction."""
    rules, allowed = own.setting.method.series, allowed_metrics(own.told.computed)
    lowest = floors(own.setting.method.baseline)
    place = [n for n, name in enumerate(METRICS) if name in allowed and np.isfinite(at[0, n] - at[1, n])]
    names = [METRICS[n] for n in place]
    value, usual_value, sd = at[:, place]
    sd = np.maximum(sd, [lowest[name] for name in names])
    # A metric that follows from several quantities is known no better than the least known of them.
    lead = [[OF_FREE.index(part) for part in FOLLOWS.get(name, (name,))] for name in names]
    freedom = np.array([freedom[parts].min() for parts in lead])
    count = np.array([epochs[parts].min() for parts in lead], dtype=np.int64)
    word, half = held(value - usual_value, sd, freedom, count, names, rules)
    return tuple(
        PersonalZ(
            metric=name,
            value=float(value[row]),
            usual=float(usual_value[row]),
            difference=float(value[row] - usual_value[row]),
            spread=float(sd[row]),
            z=float((value[row] - usual_value[row]) / sd[row]),
            level=Level(str(word[row])),
            epochs=int(count[row]),
            others=others(run, name, own.setting),
            low=float(usual_value[row] - half[row]),
            high=float(usual_value[row] + half[row]),
        )
        for row, name in enumerate(names)
    )


def allowed_metrics(test: Computed) -> tuple[str, ...]:
    """What a sensor class may be held to against itself: nothing that it computes from something else."""
    if test.believed:
        return STEPS
    return TIMING if REFERENCES[test.sensor].timing_again else METRICS


def others(run: PastRun, metric: str, setting: Setting) -> float | None:
    """The same metric against other runners: weighted mean of its population z, None where its parts are not judged.

    Contact, oscillation and ratio are made of parts that vary between runners independently: their departures add up
    on the scale of logarithms, and so do the squares of the spreads.
    """
    if metric in POPULATION:
        name, sign = POPULATION[metric]
        z = sign * segments.column(run, name)
    else:
        there = expected(segments.column(run, "speed_mps"), setting.against(run.sensor))
        steps, bounce = there.sd_ln_T * segments.column(run, "zSL"), there.sd_ln_beta * segments.column(run, "zB")
        # Contact is step time times duty factor; oscillation goes with the square of step time, the ratio with itself.
        if metric == "stance_time_s":
            ground = np.log1p(there.sd_DF / there.DF * segments.column(run, "zDF"))
            z = (steps + ground) / np.hypot(there.sd_ln_T, there.sd_DF / there.DF)
        else:
            power = {"vertical_oscillation_m": 2.0, "vertical_ratio": 1.0}[metric]
            z = (power * steps + bounce) / np.hypot(power * there.sd_ln_T, there.sd_ln_beta)
    mean = float(stats.weighted_mean(z, run.epochs.weight[run.epochs.scored]))
    return mean if np.isfinite(mean) else None
