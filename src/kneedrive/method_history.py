"""The thresholds of many runs, the runner against himself: part of Method."""

from __future__ import annotations

from typing import Annotated

from kneedrive.method_files import DESIGN, MEASURED
from kneedrive.value import Value


class BaselineRules(Value):
    """The runner against himself."""

    min_runs: Annotated[int, "runs", DESIGN] = 8
    min_days: Annotated[int, "days", DESIGN] = 21
    min_epochs: Annotated[int, "epochs", DESIGN] = 150
    weeks: Annotated[int, "weeks before a run that are its baseline", DESIGN] = 8
    shrink_epochs: Annotated[int, "epochs, weight n/(n+60) of the own slopes", DESIGN] = 60
    curve_iqr_mps: Annotated[float, "m/s, interquartile range that allows a v^2 term", DESIGN] = 0.5
    floor_cadence_spm: Annotated[float, "steps/min", MEASURED] = 1.5
    floor_step_length_m: Annotated[float, "m", "the same share as cadence"] = 0.009
    floor_stance_s: Annotated[float, "s", MEASURED] = 0.004
    floor_oscillation_m: Annotated[float, "m", MEASURED] = 0.0025
    floor_vertical_ratio: Annotated[float, "1", MEASURED] = 0.002
    floor_DF: Annotated[float, "1", MEASURED] = 0.005
    floor_ln_k: Annotated[float, "1", MEASURED] = 0.02
    noting: Annotated[float, "SD", DESIGN] = 1.0
    different: Annotated[float, "SD", DESIGN] = 2.0
    different_epochs: Annotated[int, "epochs", DESIGN] = 20
    computed_runs: Annotated[int, "runs", DESIGN] = 8
    computed_epochs: Annotated[int, "epochs", DESIGN] = 150
    computed_residual_DF: Annotated[float, "1", MEASURED] = 0.003


class TrendRules(Value):
    """Over weeks."""

    min_weeks: Annotated[int, "weeks", DESIGN] = 8
    advised_weeks: Annotated[int, "weeks", DESIGN] = 12
    alpha: Annotated[float, "probability, Holm over the tested series", DESIGN] = 0.05
    rho_max: Annotated[float, "1", "after Hamed and Rao 1998"] = 0.9
    min_change: Annotated[float, "SD over the span", "smallest worthwhile change, 0.2 SD between runners"] = 0.2
    detectable: Annotated[float, "1.96*sqrt 2", "minimal detectable change"] = 2.77
    oscillation_jump_m: Annotated[float, "m, with T and DF unchanged: the sensor, not form", DESIGN] = 0.010
    jump_runs: Annotated[int, "runs on either side of such a jump", DESIGN] = 5
    jump_cadence_spm: Annotated[float, "steps/min, less is unchanged", DESIGN] = 2.0
    jump_DF: Annotated[float, "1, less is unchanged", DESIGN] = 0.008
    spell_runs: Annotated[int, "runs in a row that make a new sensor more than a stray one", DESIGN] = 3
    run_epochs: Annotated[int, "flat epochs near the reference speed that a run value needs", DESIGN] = 4
    speed_window: Annotated[float, "relative distance to the reference speed", DESIGN] = 0.15
    power: Annotated[float, "probability of seeing the change that is named as visible", DESIGN] = 0.80
    telling: Annotated[float, "SD over the span; weeks that would show only more cannot tell steady", DESIGN] = 2.0
    few_runs: Annotated[int, "runs; fewer do not know their own scatter", DESIGN] = 8
    run_sd: Annotated[
        float, "SD from run to run, at least, of so few runs", "middle of 0.3 to 0.6, as in public files"
    ] = 0.45


class CompareRules(Value):
    """Before and after. Metrics carry the smallest change worth a word."""

    weeks: Annotated[int, "weeks on either side of a tag", DESIGN] = 12
    min_runs: Annotated[int, "runs on each side", DESIGN] = 4
    run_epochs: Annotated[int, "matched epochs that a run must have", DESIGN] = 4
    alpha: Annotated[float, "probability, for the whole table", DESIGN] = 0.05
    quantities: Annotated[int, "independent ones at one speed: step time, duty factor, oscillation", DESIGN] = 3
    speed_match: Annotated[float, "relative", "widest cell of matched epochs"] = 0.03
    grade_match: Annotated[float, "1", "widest cell of matched epochs"] = 0.01
    cadence_spm: Annotated[float, "steps/min", "0.2 SD between runners, rounded"] = 2.0
    stance_time_s: Annotated[float, "s", "0.2 SD between runners, rounded"] = 0.006
    step_length_m: Annotated[float, "m", "the same share as cadence"] = 0.012
    vertical_oscillation_m: Annotated[float, "m", "0.2 SD between runners, rounded"] = 0.004
    vertical_ratio: Annotated[float, "1", "0.2 SD between runners, rounded"] = 0.003
    duty_factor: Annotated[float, "1", "0.2 SD between runners, rounded"] = 0.008
    ln_k: Annotated[float, "1", "as within a run"] = 0.03
    D: Annotated[float, "SD", DESIGN] = 0.3
    P: Annotated[float, "SD", DESIGN] = 0.3
    zSL: Annotated[float, "SD", DESIGN] = 0.3
    resolution: Annotated[float, "of that change, half of an interval that can say no change", DESIGN] = 1.5
