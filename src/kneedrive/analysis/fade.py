"""Whether form changed within a run: 3-minute blocks late against early, at matched speed and slope.

Speed and hills change form more than tiredness does, so blocks are of departures from what is usual at the speed and
slope of each epoch. The wander of sensors is allowed for: blocks are an AR(1) process. "No change" is a result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from kneedrive import stats
from kneedrive.analysis import features
from kneedrive.analysis.reference import Case, usual_quantities
from kneedrive.analysis.result import Change, Epochs, Fade, FadeVerdict
from kneedrive.method import SeriesRules
from kneedrive.quantities import FOLLOWS
from kneedrive.recording import Array
from kneedrive.stats import Mask

# Tiredness lengthens contact and lowers cadence; the other way round is a runner who warmed up, and no fade.
DIRECTIONS = {
    "cadence_spm": -1,
    "stance_time_s": 1,
    "duty_factor": 1,
    "vertical_oscillation_m": 0,
    "vertical_ratio": 0,
    "ln_k": 0,
}
OF_TIMING = ("cadence_spm", "stance_time_s", "duty_factor")
# Which metrics a drift of the sensor within the run makes doubtful, by the column that drifted.
OF_CONTACT = ("stance_time_s", "duty_factor", "vertical_oscillation_m", "vertical_ratio", "ln_k")
DOUBTFUL: Mapping[str, tuple[str, ...]] = {"duty_factor": OF_CONTACT, "ln_k": OF_CONTACT[2:]}
DRIFTED = "the sensor drifted within the run, so a change cannot be told from it"


class BlockFade(msgspec.Struct, frozen=True, eq=False):
    """Last third of the blocks minus the first: (..., keys) in their unit. NaN and False where blocks are too few."""

    change: Array
    low: Array  # to `high` the interval that leaves 0 out exactly where `real`
    high: Array
    p: Array
    freedom: Array
    real: Mask  # p passes Holm over the keys
    notable: Mask  # real, as large as its threshold, and in the direction that counts


def block_means(residual: Array, moving_s: Array, weight: Array, rules: SeriesRules) -> Array:
    """Means (quantities, blocks) of epochs (quantities, epochs) after the warm-up; NaN for a block with too few."""
    # moving_s (epochs) is moving time at the middle of each; weight (epochs) is 0 where it is not scored.
    after = moving_s - rules.fade_warm_up_s
    place = np.floor(after / rules.fade_block_s).astype(np.int64)
    usable = (after >= 0) & (weight > 0)
    count = int(place[usable].max()) + 1 if usable.any() else 0
    means = np.full((*residual.shape[:-1], count), np.nan)
    for quantity, values in enumerate(residual):
        there = usable & np.isfinite(values)
        total = np.bincount(place[there], weight[there], count)
        summed = np.bincount(place[there], weight[there] * values[there], count)
        held = np.bincount(place[there], minlength=count) >= rules.fade_block_epochs
        means[quantity, held] = summed[held] / total[held]
    return means


def thirds(blocks: Array) -> Array:
    """Contrast (..., blocks): the mean of the last third of the blocks that are there minus that of the first."""
    there = np.isfinite(blocks)
    rank, n = np.cumsum(there, axis=-1), there.sum(axis=-1)[..., None]
    third = np.maximum(n // 3, 1)
    late, early = there & (rank > n - third), there & (rank <= third)
    contrast: Array = (late.astype(np.float64) - early) / third
    return contrast


def block_fade(
    blocks: Array,
    threshold: Array,
    direction: Array,
    rules: SeriesRules,
    *,
    keys: Sequence[str] = (),
    systematic: Array | float = 0.0,
) -> BlockFade:
    """The change of blocks (..., quantities, blocks), NaN where a block says nothing; quantities are tested together.

    threshold (quantities): smallest change worth a word, in the unit of the blocks. direction (quantities): 1 or -1
    where only a rise or a fall is fade, 0 where both are. keys: names of the quantities where some follow from others.
    systematic (..., quantities): SD of what the change may owe to a change of pace.
    """
    there, contrast = np.isfinite(blocks), thirds(blocks)
    n = there.sum(axis=-1).astype(np.float64)
    change = np.where(n >= rules.fade_blocks, (contrast * np.nan_to_num(blocks)).sum(axis=-1), np.nan)
    at = np.broadcast_to(np.arange(blocks.shape[-1], dtype=np.float64), blocks.shape)
    X = np.stack([np.ones_like(at), at], axis=-1)
    line = stats.least_squares(X, blocks, there.astype(np.float64))
    r = stats.corrected_lag(stats.lag_1(line.residual), n, 2)
    rho = stats.shrunk_lag(r, n, prior=rules.fade_rho, weight=rules.rho_weight, high=rules.fade_rho_max)
    freedom = np.maximum(stats.serial_count(n, rho) - 2.0, rules.least_freedom)
    # What a line and the contrast make of the variance of an AR(1) process (3, 3); without its matrix, which an ultra
    # of thousands of blocks would fill the memory with.
    sums = np.concatenate([np.where(there[..., None], X, 0.0), contrast[..., None]], axis=-1)
    of_noise = np.swapaxes(sums, -1, -2) @ stats.ar1_times(sums, rho)
    # A line follows slow wander and leaves less of it: residuals hold trace(M R) of the variance, M what it leaves.
    taken = (line.inverse * of_noise[..., :2, :2]).sum(axis=(-1, -2))
    own = np.nansum(line.residual**2, axis=-1) / np.maximum(n - taken, stats.TINY)
    se = np.hypot(np.sqrt(own * of_noise[..., 2, 2]), systematic)
    p = stats.t_test(change, se, freedom)
    p_holm, level = stats.family(p, keys or [str(place) for place in range(p.shape[-1])], FOLLOWS, rules.alpha)
    half = stats.student_quantile(1.0 - 0.5 * level, freedom) * se
    real = p_holm <= rules.alpha
    notable = real & (np.abs(change) >= threshold) & (direction * change >= 0)
    return BlockFade(change, change - half, change + half, p, freedom, real, notable)


def fade(epochs: Epochs, covered_s: Array, case: Case) -> Fade:
    """Late against early at matched speed and grade, metric by metric; covered_s: recorded seconds of each epoch."""
    if not case.speed_trusted:
        return Fade(reason="speed was not measured, so no paces can be matched")
    rules = case.method.series
    suppressed = {key: DRIFTED for name in case.drifts for key in DOUBTFUL[name]}
    # Only what the sensor measures: a change in it is one of the runner's.
    measured = ("cadence_spm",) if case.by_steps else OF_TIMING if case.reference.timing_again else tuple(DIRECTIONS)
    keys = [key for key in measured if key not in suppressed]
    # Of an epoch that was left out the slope may be anything; where it is not known it counts as flat.
    counts = epochs.weight > 0
    speed = np.where(counts, epochs["speed_mps"], np.nan)
    usual = usual_quantities(speed, np.where(counts, np.nan_to_num(epochs["grade"]), 0.0), case)
    expected = features.metrics(speed, usual["ln_T"], usual["DF"], usual["ln_beta"])
    rows = np.vstack([*(epochs[key] - expected[key] for key in keys), epochs["speed_mps"]])
    # A coffee after the first half is no tiring.
    moving = np.where(epochs.reason == "pause", 0.0, covered_s)
    *blocks, speeds = block_means(rows, np.cumsum(moving) - 0.5 * moving, epochs.weight, rules)
    there = int(np.isfinite(speeds).sum())
    if there < rules.fade_blocks:
        reason = f"{there or 'no'} block{'' if there == 1 else 's'} of 3 scored minutes; {rules.fade_blocks} are needed"
        return Fade(blocks=there, reason=reason, suppressed=suppressed)
    changes = _changes(keys, np.array(blocks).reshape(len(keys), -1), speeds, case)
    notable = any(one.notable for one in changes.values())
    quiet = FadeVerdict.NO_CHANGE if changes else FadeVerdict.NOT_ENOUGH
    return Fade(
        verdict=FadeVerdict.CHANGED if notable else quiet,
        blocks=there,
        speed_mps=stats.middle(speeds),
        changes=changes,
        level=1.0 - rules.alpha,
        suppressed=suppressed,
        reason="" if changes else "no metric was measured in enough blocks",
    )


def _changes(keys: Sequence[str], blocks: Array, speeds: Array, case: Case) -> dict[str, Change]:
    """The change of each metric (keys, blocks) that enough blocks hold."""
    threshold = np.array([getattr(case.method.fade, key) for key in keys], dtype=np.float64)
    direction = np.array([DIRECTIONS[key] for key in keys], dtype=np.float64)
    # What a change may owe to a change of pace, as an SD: the runner's own slopes are not the reference's.
    rules, contrast = case.method.series, thirds(speeds)
    speed, change = float(np.nanmean(speeds)), float((contrast * np.nan_to_num(speeds)).sum())
    at = np.array([speed])
    usual = usual_quantities(at, np.zeros(1), case)
    # The first column is as usual; in each of the others one quantity is off.
    slopes = np.diag([rules.slope_ln_T * change / speed, case.reference.sd_tilt_DF * change, rules.tilt_ln_k * change])
    off_ln_T, off_DF, off_ln_k = np.column_stack([np.zeros(3), slopes])
    DF = usual["DF"] + off_DF
    ln_beta = usual["ln_k"] + off_ln_k + features.log(features.bounce_shape(DF))
    shown = features.metrics(at, usual["ln_T"] + off_ln_T, DF, ln_beta)
    off = np.array([shown[key][1:] - shown[key][0] for key in keys])
    doubt = np.sqrt((off**2).sum(axis=1))
    found = block_fade(blocks, threshold, direction, rules, keys=keys, systematic=doubt)
    return {
        key: Change(
            difference=float(found.change[place]),
            low=float(found.low[place]),
            high=float(found.high[place]),
            threshold=float(threshold[place]),
            notable=bool(found.notable[place]),
        )
        for place, key in enumerate(keys)
        if np.isfinite(found.change[place])
    }
