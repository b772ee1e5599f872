"""Before and after, or one group against another: the week is the unit, and correlated weeks are allowed for."""

from __future__ import annotations

import msgspec
import numpy as np

from kneedrive.history.series_rules import SeriesRules
from kneedrive.history.series_stats import Mask, holm, student_quantile, t_test
from kneedrive.history.weekly_fit import week_means, weekly_fit
from kneedrive.recording import Array


class WeekDifference(msgspec.Struct, frozen=True, eq=False):
    """After minus before; all arrays (..., quantities), in the unit of the values.

    changed: p passes Holm over the quantities and the difference reaches its threshold. bound: the largest change that
    the interval allows. told: fine enough to say "no change larger than bound". more_weeks: of the later side until
    it is; 0 where it is already, inf where the earlier side alone is too short.
    """

    difference: Array
    low: Array
    high: Array
    p: Array
    p_holm: Array
    level: Array
    rho: Array
    freedom: Array
    weeks_before: Array
    weeks_after: Array
    changed: Mask
    told: Mask
    bound: Array
    more_weeks: Array


def week_difference(values: Array, se: Array, after: Array, threshold: Array, rules: SeriesRules) -> WeekDifference:
    """Difference of run values about the runner's curve (..., quantities, weeks, runs) between two sides of weeks.

    se: of the run values. after (..., weeks): 1 for rows of the later side, 0 for the others. threshold (quantities):
    smallest change worth a word. Where both groups ran in one week, it has a row for each.
    """
    means = week_means(values, se)
    after = np.broadcast_to(np.asarray(after, dtype=np.float64), means.value.shape)
    fit = weekly_fit(np.stack([np.ones_like(after), after], axis=-1), means, rules)
    there = np.isfinite(means.value)
    sides = [np.sum(there & (after == side), axis=-1) for side in (0.0, 1.0)]
    tested = np.minimum(*sides) >= rules.side_weeks
    off = np.where(tested, fit.coefficient[..., 1], np.nan)
    spread = np.where(tested, fit.se[..., 1], np.nan)
    p = t_test(off, spread, fit.freedom)
    p_holm, level = holm(p, rules.alpha)
    half = student_quantile(1.0 - 0.5 * level, fit.freedom) * spread
    changed = tested & (p_holm <= rules.alpha) & (np.abs(off) >= threshold)
    finest = rules.resolution * threshold
    return WeekDifference(
        difference=off,
        low=off - half,
        high=off + half,
        p=p,
        p_holm=p_holm,
        level=level,
        rho=fit.rho,
        freedom=fit.freedom,
        weeks_before=sides[0],
        weeks_after=sides[1],
        changed=changed,
        told=tested & ~changed & (half <= finest),
        bound=np.abs(off) + half,
        more_weeks=np.where(changed | (half <= finest), 0.0, later_weeks(half, finest, sides)),
    )


def later_weeks(half: Array, finest: Array, sides: list[Array]) -> Array:
    """Weeks more of the later side until half of the interval is `finest`, its square going with 1/before + 1/after."""
    before, after = (np.maximum(side, 1).astype(np.float64) for side in sides)
    wanted = (finest / half) ** 2 * (1.0 / before + 1.0 / after) - 1.0 / before
    return np.where(wanted > 0, np.ceil(1.0 / np.where(wanted > 0, wanted, 1.0) - after), np.inf)
