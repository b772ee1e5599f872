"""Every threshold and every literature value, once. docs/method.md prints this file as a table.

Each knob carries its unit and its source. "design" means a choice of ours, not a value found in the literature.
`Method.version` goes up whenever any number here or any formula in analysis/ changes; results are stored with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DESIGN = "design"
MEASURED = "measured on public files"


def knob(value: Any, unit: str, source: str = DESIGN) -> Any:
    """A dataclass field with its default, unit and source."""
    return field(default=value, metadata={"unit": unit, "source": source})


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """The 1 Hz time axis."""

    gap_min_s: float = knob(5.0, "s")
    gap_median_steps: float = knob(3.0, "median recording steps")
    gap_max_s: float = knob(15.0, "s")


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRules:
    """What an epoch is and when it is valid."""

    length_s: int = knob(30, "s")
    min_covered_s: int = knob(20, "s")
    min_records: int = knob(3, "records")
    min_epochs: int = knob(10, "epochs, to assess a run")


@dataclass(frozen=True, slots=True, kw_only=True)
class GaitRules:
    """Running, walking or a mixture."""

    running_spm: float = knob(140.0, "steps/min")
    walking_spm: float = knob(135.0, "steps/min", "walk-run transition study 2023, 134-141 separates 91-93 %")
    mixed_share: float = knob(0.20, "share of samples")
    grounded_duty_factor: float = knob(0.50, "1", "no flight by definition")


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyRules:
    """Steady running and accelerations."""

    smoothing_s: int = knob(11, "s")
    max_acceleration_mps2: float = knob(0.06, "m/s2")
    min_share: float = knob(0.80, "share of seconds")
    start_s: float = knob(60.0, "s")
    pause_margin_s: float = knob(10.0, "s")
    burst_smoothing_s: int = knob(5, "s")
    burst_gain_mps: float = knob(0.5, "m/s")
    burst_within_s: int = knob(5, "s")
    sprint_mps: float = knob(6.0, "m/s")
    sprint_s: int = knob(3, "s")


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeRules:
    """Hills: weights and the terms of the reference, per +1 % of grade."""

    smoothing_m: float = knob(60.0, "m")
    flat: float = knob(0.02, "1")
    hilly: float = knob(0.06, "1")
    hilly_weight: float = knob(0.5, "weight")
    ln_T_per_pct: float = knob(-0.004, "ln s per %", "direction: Vernillo 2017, Padulo 2013; size: design")
    DF_per_pct: float = knob(0.003, "1 per %", "direction: Vernillo 2017; size: design")
    ln_k_per_pct: float = knob(-0.005, "1 per %", "direction: Dewolf 2016; size: design")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plausible:
    """Values outside are not measurements of running."""

    speed_min_mps: float = knob(2.0, "m/s", "validity of the reference")
    speed_max_mps: float = knob(6.0, "m/s", "validity of the reference")
    stance_min_s: float = knob(0.140, "s")
    stance_max_s: float = knob(0.450, "s")
    duty_min: float = knob(0.20, "1")
    duty_max: float = knob(0.55, "1")
    oscillation_min_m: float = knob(0.030, "m")
    oscillation_max_m: float = knob(0.180, "m")
    cadence_min_spm: float = knob(130.0, "steps/min")
    cadence_max_spm: float = knob(230.0, "steps/min")
    duty_mismatch: float = knob(0.02, "relative", MEASURED)
    flat_line_s: int = knob(60, "s")
    unit_factor: float = knob(10.0, "factor", "Wahoo oscillation, " + MEASURED)
    unit_share: float = knob(0.5, "share of records that break VO >= g*tf^2/8")
    cadence_lock: float = knob(0.15, "relative distance to half or double of the run's cadence")
    k_jump: float = knob(0.15, "ln k, shift of level within a run")
    step_mismatch: float = knob(0.08, "relative, noted only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What is usual at a speed, and how much runners differ from one another."""

    cadence_at_3_spm: float = knob(167.5, "steps/min", "Fukuchi 2017, van Oeveren 2019, Malisoux 2023; fit: design")
    cadence_per_mps: float = knob(6.5, "steps/min per m/s", "as above")
    cadence_per_m: float = knob(-50.0, "steps/min per m of height", "T ~ sqrt(height)")
    height_m: float = knob(1.78, "m")
    duty_base: float = knob(0.237, "1", "Fukuchi 2017 (re-analysis), Malisoux 2023; fit: design")
    duty_per_slowness: float = knob(0.390, "m/s", "as above")
    sd_ln_T: float = knob(0.045, "1", "Malisoux 2023, Garmin percentiles")
    sd_ln_T_no_height: float = knob(0.055, "1", "as above, with the spread of heights")
    sd_DF: float = knob(0.030, "1", "Malisoux 2023, Fukuchi 2017")
    sd_ln_k: float = knob(0.075, "1", MEASURED)
    widening: float = knob(1.3, "factor outside the anchors")
    short_m: float = knob(1.60, "m")
    slow_mps: float = knob(2.2, "m/s")
    old_years: int = knob(60, "years")
    class_speed_low_mps: float = knob(1.9, "m/s")
    class_speed_high_mps: float = knob(3.5, "m/s")
    class_speed_mid_mps: float = knob(2.7, "m/s")
    leg_per_height: float = knob(0.53, "1", "Winter 1979, in Morin 2005")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRules:
    """Where a label begins. All bounds are inclusive unless the name says over or under."""

    score: float = knob(1.0, "SD")
    marked: float = knob(2.0, "SD")
    piston_zB_min: float = knob(0.5, "SD")
    piston_zSL_max: float = knob(0.25, "SD")
    drive_zSL_min: float = knob(0.25, "SD")
    drive_zDF_max: float = knob(-0.25, "SD")
    shuffle_zDF_min: float = knob(0.5, "SD")
    shuffle_zSL_max: float = knob(-0.25, "SD")
    shuffle_under_mps: float = knob(3.0, "m/s")
    corner_over: float = knob(0.25, "SD")
    torso_extra: float = knob(1.0, "SD of ln k")
    torso_quiet: float = knob(-0.5, "SD of ln k")
    grounded_DF: float = knob(0.47, "1")
    bouncy_zB: float = knob(1.0, "SD")
    truth: float = knob(0.5, "SD; a label is right when the true score passes it")
    spoken: float = knob(0.85, "probability")
    leaning: float = knob(0.50, "probability")
    high_epochs: int = knob(20, "epochs")
    systematic_zSL: float = knob(0.40, "SD")
    systematic_zSL_no_height: float = knob(0.50, "SD")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRules:
    """Pace bands, slow running, balance."""

    band_mps: float = knob(0.25, "m/s")
    band_epochs: int = knob(4, "epochs")
    slow_percentile: float = knob(25.0, "percentile of scored speeds")
    slow_weeks: int = knob(8, "weeks")
    contrast_epochs: int = knob(4, "epochs each")
    contrast_gap_mps: float = knob(0.25, "m/s")
    contrast_near: float = knob(0.05, "relative to the median speed")
    contrast_runs: int = knob(3, "runs")
    contrast_max: float = knob(-0.7, "SD")
    short_flight_s: float = knob(0.040, "s")
    maker_gap_s: float = knob(0.010, "s, contact time between makers", MEASURED)
    balance_pp: float = knob(0.015, "1")
    balance_share: float = knob(0.80, "share of epochs")
    balance_runs: int = knob(3, "runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class FadeRules:
    """Within a run, at matched speed."""

    warm_up_s: float = knob(480.0, "s of moving time")
    third: float = knob(1 / 3, "share of the moving time after the warm-up")
    speed_match: float = knob(0.03, "relative")
    grade_match: float = knob(0.01, "1")
    min_pairs: int = knob(6, "epochs each")
    stance_time_s: float = knob(0.006, "s")
    cadence_spm: float = knob(2.0, "steps/min")
    duty_factor: float = knob(0.008, "1")
    vertical_oscillation_m: float = knob(0.004, "m")
    vertical_ratio: float = knob(0.003, "1")
    ln_k: float = knob(0.03, "1")
    habit_runs: int = knob(3, "runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRules:
    """The runner against himself."""

    min_runs: int = knob(8, "runs")
    min_days: int = knob(21, "days")
    min_epochs: int = knob(150, "epochs")
    shrink_epochs: int = knob(60, "epochs, weight n/(n+60) of the own slopes")
    curve_iqr_mps: float = knob(0.5, "m/s, interquartile range that allows a v^2 term")
    floor_cadence_spm: float = knob(1.5, "steps/min", MEASURED)
    floor_stance_s: float = knob(0.004, "s", MEASURED)
    floor_oscillation_m: float = knob(0.0025, "m", MEASURED)
    floor_vertical_ratio: float = knob(0.002, "1", MEASURED)
    floor_DF: float = knob(0.005, "1", MEASURED)
    floor_ln_k: float = knob(0.02, "1", MEASURED)
    noting: float = knob(1.0, "SD")
    different: float = knob(2.0, "SD")
    different_epochs: int = knob(20, "epochs")
    computed_runs: int = knob(8, "runs")
    computed_epochs: int = knob(150, "epochs")
    computed_residual_DF: float = knob(0.003, "1", MEASURED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendRules:
    """Over weeks."""

    min_weeks: int = knob(8, "weeks")
    advised_weeks: int = knob(12, "weeks")
    alpha: float = knob(0.05, "probability, Holm over the tested series")
    rho_max: float = knob(0.9, "1", "after Hamed and Rao 1998")
    min_change: float = knob(0.2, "SD over the span", "smallest worthwhile change, 0.2 SD between runners")
    detectable: float = knob(2.77, "1.96*sqrt 2", "minimal detectable change")
    oscillation_jump_m: float = knob(0.010, "m, with T and DF unchanged: the sensor, not form")


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """Every knob of the analysis, in one frozen value. Derived results are stored with its version."""

    version: int = knob(1, "")
    resampling: Resampling = field(default_factory=Resampling)
    epochs: EpochRules = field(default_factory=EpochRules)
    gait: GaitRules = field(default_factory=GaitRules)
    steady: SteadyRules = field(default_factory=SteadyRules)
    grade: GradeRules = field(default_factory=GradeRules)
    plausible: Plausible = field(default_factory=Plausible)
    population: Population = field(default_factory=Population)
    labels: LabelRules = field(default_factory=LabelRules)
    profile: ProfileRules = field(default_factory=ProfileRules)
    fade: FadeRules = field(default_factory=FadeRules)
    baseline: BaselineRules = field(default_factory=BaselineRules)
    trend: TrendRules = field(default_factory=TrendRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What one sensor class may say, and how far its readings stand from the population's.

    scores: the letters it may speak of. k_ref: usual VO/VO_model on this class. o: shift of its duty factor in SD.
    s_k: change of ln k_ref per m/s. sd_zDF, sd_zB, sd_K: systematic SD of a population comparison (None: not scored).
    """

    name: str
    words: str
    scores: str
    k_ref: float | None
    o: float = 0.0
    s_k: float = 0.0
    sd_zDF: float | None
    sd_zB: float | None = None
    sd_K: float | None = None
    basis: str


def _row(
    name: str, words: str, scores: str, k_ref: float | None, sd: tuple[float | None, ...], basis: str
) -> Reference:
    return Reference(
        name=name, words=words, scores=scores, k_ref=k_ref, sd_zDF=sd[0], sd_zB=sd[1], sd_K=sd[2], basis=basis
    )


_TIMING_ONLY = (1.0, None, None)
_FEW = "one or two files or runners"
_TIMING_SAID_AGAIN = "its oscillation is computed from its own timing"

REFERENCES: Mapping[str, Reference] = {
    row.name: row
    for row in (
        _row("garmin_strap", "Garmin chest strap", "DPGK", 1.28, (0.70, 0.5, 0.9), "23 files"),
        Reference(
            name="coros",
            words="COROS",
            scores="DPGK",
            k_ref=1.16,
            o=-0.5,
            s_k=-0.10,
            sd_zDF=0.90,
            sd_zB=1.0,
            sd_K=1.2,
            basis="3 runners, 466 runs: sensor and runner cannot be told apart",
        ),
        _row("garmin_pod", "Garmin running dynamics pod", "DPGK", 1.42, (0.90, 1.0, 1.2), "the maker's tables"),
        _row("garmin_strap_ble", "Garmin HRM 200 or HRM 600", "DG", None, _TIMING_ONLY, _FEW),
        _row("apple", "Apple Watch", "DG", None, _TIMING_ONLY, _FEW),
        _row("other", "a sensor kneedrive does not know", "DG", None, _TIMING_ONLY, _FEW),
        _row("stryd", "Stryd", "DG", None, _TIMING_ONLY, _TIMING_SAID_AGAIN),
        _row("model_derived", "a sensor that models oscillation", "DG", None, _TIMING_ONLY, _TIMING_SAID_AGAIN),
        _row(
            "garmin_wrist",
            "Garmin watch at the wrist",
            "",
            None,
            (None, None, None),
            "357 runs of three runners: its contact time and oscillation are computed from speed and cadence",
        ),
        _row("none", "no running dynamics", "", None, (None, None, None), "nothing recorded"),
    )
}

UNKNOWN_STRAP_SD_ZB = 1.0  # ANT+ type 30 without a product we know: strap or pod, so the oscillation is less sure
MODEL_DERIVED_K = (0.93, 1.04)  # median k of devices whose oscillation is their own timing again
MODEL_DERIVED_SD = 0.03  # and the SD of ln k below which that is so
