"""Every threshold and every literature value, once. docs/method.md prints this file as a table.

Each knob carries its unit and its source. "design" means a choice of ours, not a value found in the literature.
`Method.version` goes up whenever any number here or any formula in analysis/ changes; results are stored with it.
"""

from __future__ import annotations

from typing import Annotated

from kneedrive.method_files import DESIGN, MEASURED, FitRules, MergeRules, TrackRules
from kneedrive.method_history import BaselineRules, CompareRules, TrendRules
from kneedrive.references import (
    FIRST_WRIST_PRODUCT,
    MODEL_DERIVED_K,
    MODEL_DERIVED_RECORDS,
    MODEL_DERIVED_SD,
    REFERENCES,
    UNKNOWN_STRAP_SD_ZB,
    Reference,
)
from kneedrive.value import Value

__all__ = [
    "DESIGN",
    "FIRST_WRIST_PRODUCT",
    "MEASURED",
    "MODEL_DERIVED_K",
    "MODEL_DERIVED_RECORDS",
    "MODEL_DERIVED_SD",
    "REFERENCES",
    "UNKNOWN_STRAP_SD_ZB",
    "BaselineRules",
    "CompareRules",
    "EpochRules",
    "FadeRules",
    "FitRules",
    "GaitRules",
    "GradeRules",
    "LabelRules",
    "MergeRules",
    "Method",
    "Plausible",
    "Population",
    "ProfileRules",
    "Reference",
    "Resampling",
    "SteadyRules",
    "TrackRules",
    "TrendRules",
]


class Resampling(Value):
    """The 1 Hz time axis."""

    gap_min_s: Annotated[float, "s", DESIGN] = 5.0
    gap_median_steps: Annotated[float, "median recording steps", DESIGN] = 3.0
    gap_max_s: Annotated[float, "s", DESIGN] = 15.0


class EpochRules(Value):
    """What an epoch is and when it is valid."""

    length_s: Annotated[int, "s", DESIGN] = 30
    min_covered_s: Annotated[int, "s", DESIGN] = 20
    min_records: Annotated[int, "records", DESIGN] = 3
    min_epochs: Annotated[int, "epochs, to assess a run", DESIGN] = 10
    autocorrelation_max: Annotated[float, "1, lag-1 of epochs for the effective number", DESIGN] = 0.9
    autocorrelation_pairs: Annotated[int, "neighbouring epochs; with fewer it is taken as 0", DESIGN] = 4


class GaitRules(Value):
    """Running, walking or a mixture."""

    running_spm: Annotated[float, "steps/min", DESIGN] = 140.0
    walking_spm: Annotated[float, "steps/min", "walk-run transition study 2023, 134-141 separates 91-93 %"] = 135.0
    mixed_share: Annotated[float, "share of samples", DESIGN] = 0.20
    grounded_duty_factor: Annotated[float, "1", "no flight by definition"] = 0.50


class SteadyRules(Value):
    """Steady running and accelerations."""

    smoothing_s: Annotated[int, "s", DESIGN] = 11
    max_acceleration_mps2: Annotated[float, "m/s2", DESIGN] = 0.06
    min_share: Annotated[float, "share of seconds", DESIGN] = 0.80
    start_s: Annotated[float, "s", DESIGN] = 60.0
    pause_margin_s: Annotated[float, "s", DESIGN] = 10.0
    burst_smoothing_s: Annotated[int, "s", DESIGN] = 5
    burst_gain_mps: Annotated[float, "m/s", DESIGN] = 0.5
    burst_within_s: Annotated[int, "s", DESIGN] = 5
    sprint_mps: Annotated[float, "m/s", DESIGN] = 6.0
    sprint_s: Annotated[int, "s", DESIGN] = 3
    fastest_mps: Annotated[float, "m/s, beyond it the position jumped and nobody ran", DESIGN] = 12.0


class GradeRules(Value):
    """Hills: weights and the terms of the reference, per +1 % of grade."""

    smoothing_m: Annotated[float, "m", DESIGN] = 60.0
    flat: Annotated[float, "1", DESIGN] = 0.02
    hilly: Annotated[float, "1", DESIGN] = 0.06
    hilly_weight: Annotated[float, "weight", DESIGN] = 0.5
    ln_T_per_pct: Annotated[float, "ln s per %", "direction: Vernillo 2017, Padulo 2013; size: design"] = -0.004
    DF_per_pct: Annotated[float, "1 per %", "direction: Vernillo 2017; size: design"] = 0.003
    ln_k_per_pct: Annotated[float, "1 per %", "direction: Dewolf 2016; size: design"] = -0.005


class Plausible(Value):
    """Values outside are not measurements of running."""

    speed_min_mps: Annotated[float, "m/s", "validity of the reference"] = 2.0
    speed_max_mps: Annotated[float, "m/s", "validity of the reference"] = 6.0
    stance_min_s: Annotated[float, "s", DESIGN] = 0.140
    stance_max_s: Annotated[float, "s", DESIGN] = 0.450
    duty_min: Annotated[float, "1", DESIGN] = 0.20
    duty_max: Annotated[float, "1", DESIGN] = 0.55
    oscillation_min_m: Annotated[float, "m", DESIGN] = 0.030
    oscillation_max_m: Annotated[float, "m", DESIGN] = 0.180
    cadence_min_spm: Annotated[float, "steps/min", DESIGN] = 130.0
    cadence_max_spm: Annotated[float, "steps/min", DESIGN] = 230.0
    duty_mismatch: Annotated[float, "relative", MEASURED] = 0.02
    flat_line_s: Annotated[int, "s", DESIGN] = 60
    unit_factor: Annotated[float, "factor", "Wahoo oscillation, " + MEASURED] = 10.0
    unit_share: Annotated[float, "share of records that break VO >= g*tf^2/8", DESIGN] = 0.5
    cadence_lock: Annotated[float, "relative distance to half or double of the run's cadence", DESIGN] = 0.15
    k_jump: Annotated[float, "ln k, shift of level within a run", DESIGN] = 0.15
    k_jump_epochs: Annotated[int, "epochs on either side of a shift", DESIGN] = 8
    k_jump_calm: Annotated[float, "robust SD of ln k within either side, so that drift is no shift", DESIGN] = 0.08
    step_mismatch: Annotated[float, "relative, noted only", DESIGN] = 0.08


class Population(Value):
    """What is usual at a speed, and how much runners differ from one another."""

    cadence_at_3_spm: Annotated[float, "steps/min", "Fukuchi 2017, van Oeveren 2019; fit: design"] = 167.5
    cadence_speed_mps: Annotated[float, "m/s", "where the line is anchored"] = 3.0
    cadence_per_mps: Annotated[float, "steps/min per m/s", "as above"] = 6.5
    cadence_per_m: Annotated[float, "steps/min per m of height", "T ~ sqrt(height)"] = -50.0
    height_m: Annotated[float, "m", DESIGN] = 1.78
    duty_base: Annotated[float, "1", "Fukuchi 2017 (re-analysis), Malisoux 2023; fit: design"] = 0.237
    duty_per_slowness: Annotated[float, "m/s", "as above"] = 0.390
    sd_ln_T: Annotated[float, "1", "Malisoux 2023, Garmin percentiles"] = 0.045
    sd_ln_T_no_height: Annotated[float, "1", "as above, with the spread of heights"] = 0.055
    sd_DF: Annotated[float, "1", "Malisoux 2023, Fukuchi 2017"] = 0.030
    sd_ln_k: Annotated[float, "1", MEASURED] = 0.075
    widening: Annotated[float, "factor outside the anchors", DESIGN] = 1.3
    short_m: Annotated[float, "m", DESIGN] = 1.60
    slow_mps: Annotated[float, "m/s", DESIGN] = 2.2
    old_years: Annotated[int, "years", DESIGN] = 60
    class_speed_low_mps: Annotated[float, "m/s", DESIGN] = 1.9
    class_speed_high_mps: Annotated[float, "m/s", DESIGN] = 3.5
    class_speed_mid_mps: Annotated[float, "m/s", DESIGN] = 2.7
    leg_per_height: Annotated[float, "1", "Winter 1979, in Morin 2005"] = 0.53


class LabelRules(Value):
    """Where a label begins. All bounds are inclusive unless the name says over or under."""

    score: Annotated[float, "SD", DESIGN] = 1.0
    marked: Annotated[float, "SD", DESIGN] = 2.0
    piston_zB_min: Annotated[float, "SD", DESIGN] = 0.5
    piston_zSL_max: Annotated[float, "SD", DESIGN] = 0.25
    drive_zSL_min: Annotated[float, "SD", DESIGN] = 0.25
    drive_zDF_max: Annotated[float, "SD", DESIGN] = -0.25
    shuffle_zDF_min: Annotated[float, "SD", DESIGN] = 0.5
    shuffle_zSL_max: Annotated[float, "SD", DESIGN] = -0.25
    shuffle_under_mps: Annotated[float, "m/s", DESIGN] = 3.0
    corner_over: Annotated[float, "SD", DESIGN] = 0.25
    torso_extra: Annotated[float, "SD of ln k", DESIGN] = 1.0
    torso_quiet: Annotated[float, "SD of ln k", DESIGN] = -0.5
    grounded_DF: Annotated[float, "1", DESIGN] = 0.47
    bouncy_zB: Annotated[float, "SD", DESIGN] = 1.0
    truth: Annotated[float, "SD; a label is right when the true score passes it", DESIGN] = 0.5
    spoken: Annotated[float, "probability", DESIGN] = 0.85
    leaning: Annotated[float, "probability", DESIGN] = 0.50
    high_epochs: Annotated[int, "epochs", DESIGN] = 20
    systematic_zSL: Annotated[float, "SD", DESIGN] = 0.40
    systematic_zSL_no_height: Annotated[float, "SD", DESIGN] = 0.50


class ProfileRules(Value):
    """Pace bands, slow running, balance."""

    band_mps: Annotated[float, "m/s", DESIGN] = 0.25
    band_epochs: Annotated[int, "epochs", DESIGN] = 4
    slow_percentile: Annotated[float, "percentile of scored speeds", DESIGN] = 25.0
    slow_weeks: Annotated[int, "weeks", DESIGN] = 8
    contrast_epochs: Annotated[int, "epochs each", DESIGN] = 4
    contrast_gap_mps: Annotated[float, "m/s", DESIGN] = 0.25
    contrast_near: Annotated[float, "relative to the median speed", DESIGN] = 0.05
    contrast_runs: Annotated[int, "runs", DESIGN] = 3
    contrast_max: Annotated[float, "SD", DESIGN] = -0.7
    short_flight_s: Annotated[float, "s", DESIGN] = 0.040
    maker_gap_s: Annotated[float, "s, contact time between makers", MEASURED] = 0.010
    balance_pp: Annotated[float, "1", DESIGN] = 0.015
    balance_share: Annotated[float, "share of epochs", DESIGN] = 0.80
    balance_runs: Annotated[int, "runs", DESIGN] = 3


class FadeRules(Value):
    """Within a run, at matched speed."""

    warm_up_s: Annotated[float, "s of moving time", DESIGN] = 480.0
    third: Annotated[float, "share of the moving time after the warm-up", DESIGN] = 1 / 3
    speed_match: Annotated[float, "relative", DESIGN] = 0.03
    grade_match: Annotated[float, "1", DESIGN] = 0.01
    min_pairs: Annotated[int, "epochs each", DESIGN] = 6
    interval: Annotated[float, "probability that all intervals of a run cover", DESIGN] = 0.95
    stance_time_s: Annotated[float, "s", DESIGN] = 0.006
    cadence_spm: Annotated[float, "steps/min", DESIGN] = 2.0
    duty_factor: Annotated[float, "1", DESIGN] = 0.008
    vertical_oscillation_m: Annotated[float, "m", DESIGN] = 0.004
    vertical_ratio: Annotated[float, "1", DESIGN] = 0.003
    ln_k: Annotated[float, "1", DESIGN] = 0.03
    habit_runs: Annotated[int, "runs", DESIGN] = 3


class Method(Value):
    """Every knob of the analysis, in one frozen value. Derived results are stored with its version."""

    version: Annotated[int, "", DESIGN] = 3
    resampling: Resampling = Resampling()
    epochs: EpochRules = EpochRules()
    gait: GaitRules = GaitRules()
    steady: SteadyRules = SteadyRules()
    grade: GradeRules = GradeRules()
    plausible: Plausible = Plausible()
    population: Population = Population()
    labels: LabelRules = LabelRules()
    profile: ProfileRules = ProfileRules()
    fade: FadeRules = FadeRules()
    baseline: BaselineRules = BaselineRules()
    trend: TrendRules = TrendRules()
    compare: CompareRules = CompareRules()
    fit: FitRules = FitRules()
    tracks: TrackRules = TrackRules()
    merge: MergeRules = MergeRules()
