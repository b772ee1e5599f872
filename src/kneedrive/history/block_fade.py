"""Whether form changed within a run: 3-minute blocks late against early, with the wander of sensors allowed for.

What is fed in are residuals about the runner's curve, so that speed and slope are matched already.
"""

from __future__ import annotations

import msgspec
import numpy as np

from kneedrive.history.series_rules import SeriesRules
from kneedrive.history.series_stats import (
    Fit,
    Mask,
    corrected_lag,
    holm,
    lag_1,
    least_squares,
    serial_count,
    shrunk_lag,
    student_quantile,
    t_test,
)
from kneedrive.recording import Array


class BlockFade(msgspec.Struct, frozen=True, eq=False):
    """Last third of the blocks minus the first; arrays (..., quantities) in the unit of the residuals.

    real: p passes Holm over the quantities. notable: real, as large as its threshold, and in the direction that counts.
    low, high: the interval at `level` that leaves 0 out exactly where `real`. NaN and False where blocks are too few.
    """

    change: Array
    low: Array
    high: Array
    p: Array
    p_holm: Array
    level: Array
    rho: Array
    freedom: Array
    blocks: Array
    real: Mask
    notable: Mask


def block_means(residual: Array, moving_s: Array, weight: Array, rules: SeriesRules) -> Array:
    """Means (quantities, blocks) of the scored epochs (quantities, epochs) of each block after the warm-up.

    moving_s, weight (epochs): moving time at the middle of each epoch, and 0 where it is not scored. NaN for a block
    with too few of them.
    """
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


def ar1_matrix(count: int, rho: Array) -> Array:
    """Correlations (..., count, count) of an AR(1) process."""
    apart = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    return np.asarray(rho, dtype=np.float64)[..., None, None] ** apart


def contrast_variance(contrast: Array, X: Array, line: Fit, rho: Array) -> Array:
    """Variance (...) of a contrast of AR(1) blocks, their own variance taken from the residuals about a line.

    A line follows slow wander and leaves less of it: residuals hold trace(M R) of the variance, M what the line leaves.
    """
    R = ar1_matrix(contrast.shape[-1], rho)
    there = line.weight > 0
    within = np.where(there[..., None], X, 0.0)
    taken = np.einsum("...ic,...cd,...jd,...ij->...", within, line.inverse, within, R)
    left = np.maximum(there.sum(axis=-1) - taken, 1e-300)
    own = np.nansum(line.residual**2, axis=-1) / left
    variance: Array = own * np.einsum("...i,...ij,...j->...", contrast, R, contrast)
    return variance


def block_fade(blocks: Array, threshold: Array, direction: Array, rules: SeriesRules) -> BlockFade:
    """The change of blocks (..., quantities, blocks), NaN where a block says nothing; quantities are tested together.

    threshold (quantities): smallest change worth a word, in the unit of the blocks. direction (quantities): 1 or -1
    where only a rise or a fall is fade, 0 where both are.
    """
    there = np.isfinite(blocks)
    n = there.sum(axis=-1).astype(np.float64)
    contrast = thirds(blocks)
    at = np.broadcast_to(np.arange(blocks.shape[-1], dtype=np.float64), blocks.shape)
    X = np.stack([np.ones_like(at), at], axis=-1)
    line = least_squares(X, blocks, there.astype(np.float64))
    r = corrected_lag(lag_1(line.residual), n, 2)
    rho = shrunk_lag(r, n, prior=rules.fade_rho, weight=rules.rho_weight, high=rules.fade_rho_max)
    tested = n >= rules.fade_blocks
    change = np.where(tested, (contrast * np.nan_to_num(blocks)).sum(axis=-1), np.nan)
    se = np.sqrt(contrast_variance(contrast, X, line, rho))
    freedom = np.maximum(serial_count(n, rho) - 2.0, rules.least_freedom)
    p = t_test(change, se, freedom)
    p_holm, level = holm(p, rules.alpha)
    half = student_quantile(1.0 - 0.5 * level, freedom) * se
    real = tested & (p_holm <= rules.alpha)
    return BlockFade(
        change=change,
        low=change - half,
        high=change + half,
        p=p,
        p_holm=p_holm,
        level=level,
        rho=rho,
        freedom=freedom,
        blocks=n,
        real=real,
        notable=real & (np.abs(change) >= threshold) & (direction * change >= 0),
    )
