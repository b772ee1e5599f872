"""The thresholds of what is said over blocks, weeks and runs. "design" means a choice of ours, with its evidence."""

from __future__ import annotations

from typing import Annotated

import msgspec

SIMULATED = "design, from simulated histories: docs/validation.md"


class SeriesRules(msgspec.Struct, frozen=True):
    """Every number behind trends, comparisons, the runner's own baseline, fade, and what comes back in many runs."""

    alpha: Annotated[float, "probability, Holm over the tested series", "convention"] = 0.05
    power: Annotated[float, "probability of seeing a change that is said to be visible", "convention"] = 0.80
    rho_weight: Annotated[float, "values that the usual correlation counts as", SIMULATED] = 10.0
    least_freedom: Annotated[float, "degrees of freedom of any serial test, at least", SIMULATED] = 2.0

    week_rho: Annotated[float, "1, usual lag-1 correlation of weeks", SIMULATED] = 0.4
    week_rho_max: Annotated[float, "1", SIMULATED] = 0.8
    trend_weeks: Annotated[int, "weeks with a value, to test a trend", "design"] = 8
    season_weeks: Annotated[float, "weeks of span from which the season is fitted along", "design"] = 60.0
    year_weeks: Annotated[float, "weeks in a year", "365.25/7"] = 52.178
    min_change: Annotated[float, "SD over the span", "smallest worthwhile change, 0.2 SD between runners"] = 0.2
    detectable: Annotated[float, "1.96*sqrt 2", "minimal detectable change"] = 2.77
    telling: Annotated[float, "SD over the span that weeks called steady would have shown", "design"] = 1.0

    side_weeks: Annotated[int, "weeks with a value on each side of a comparison", "design"] = 3
    resolution: Annotated[float, "of a metric's threshold, half of an interval that can say no change", "design"] = 1.5

    shrink_epochs: Annotated[float, "epochs, weight n/(n+60) of the own slopes", "design"] = 60.0
    baseline_runs: Annotated[int, "runs", "design"] = 8
    noting: Annotated[float, "probability outside the family interval of 'as always'", "design"] = 0.20
    different: Annotated[float, "probability outside the family interval of 'worth noting'", "design"] = 0.05
    different_epochs: Annotated[int, "epochs that 'clearly different' needs", "design"] = 20

    fade_warm_up_s: Annotated[float, "s of moving time", "design"] = 480.0
    fade_block_s: Annotated[float, "s of moving time", SIMULATED] = 180.0
    fade_block_epochs: Annotated[int, "scored epochs that a block needs, half of a full one", "design"] = 3
    fade_blocks: Annotated[int, "blocks", SIMULATED] = 10
    fade_rho: Annotated[float, "1, usual lag-1 correlation of blocks", SIMULATED] = 0.7
    fade_rho_max: Annotated[float, "1", SIMULATED] = 0.9

    pace_runs: Annotated[int, "runs", "within-runner SD 0.037 over 8 weeks, 1,788 runs"] = 8
    pace_sd_ln_v: Annotated[float, "1, SD of ln speed in a run that tells", "design"] = 0.04

    contrast_runs: Annotated[int, "runs", "design"] = 3
    contrast_max: Annotated[float, "SD of D", "design"] = -0.7
    contrast_sure: Annotated[float, "probability", "design"] = 0.80

    balance_run: Annotated[float, "share beyond one half, one run", "design"] = 0.02
    balance_habit: Annotated[float, "share beyond one half, many runs", "design"] = 0.015
    balance_sure: Annotated[float, "probability", "design"] = 0.95
    balance_runs: Annotated[int, "runs", "design"] = 3
    balance_rho_max: Annotated[float, "1, of epochs", "design"] = 0.9
