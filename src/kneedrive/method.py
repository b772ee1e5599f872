"""Every threshold and every literature value, once: of reading files, of one run, of many runs.

Each knob carries its unit and its source; docs/method.md prints them as tables. "design" means a choice of ours, not a
value found in the literature. `Method.version` goes up whenever any number here or any formula in analysis/ changes;
results are stored with it.
"""

from __future__ import annotations

from typing import Annotated

from kneedrive.record import Record

DESIGN = "design"
MEASURED = "measured on public files"
SIMULATED = "design, from simulated histories: docs/validation.md"

# Reading and merging files: no biomechanics, but a result depends on it as well.


class TrackRules(Record, frozen=True, kw_only=True):
    """GPX and TCX files, which say less than they could: what a reader takes for granted."""

    pause_gap_s: Annotated[float, "s between two points, beyond which the recorder did not run", DESIGN] = 15.0
    pause_gap_steps: Annotated[float, "median steps, likewise", DESIGN] = 3.0
    pause_speed_mps: Annotated[float, "m/s across such a gap: slower is a pause", DESIGN] = 0.5
    part_gap_steps: Annotated[float, "median steps between two parts of a file that are a pause", DESIGN] = 2.0
    split_gap_s: Annotated[float, "s between two points, beyond which they are not one activity", DESIGN] = 43_200.0
    join_gap_s: Annotated[float, "s between two tracks of one sport that are one activity", DESIGN] = 1_800.0
    position_window_s: Annotated[float, "s, mean of positions before distance is taken", DESIGN] = 5.0
    speed_window_s: Annotated[float, "s, over which speed is taken", DESIGN] = 5.0
    agreement: Annotated[float, "factor between recorded and computed speed or distance", DESIGN] = 1.25
    credible_mps: Annotated[float, "m/s on average; faster positions are wrong ones", DESIGN] = 30.0
    restart_m: Annotated[float, "m by which a distance falls that is worth a note", DESIGN] = 1.0
    max_timer_s: Annotated[float, "s, longest activity from totals alone", DESIGN] = 604_800.0
    min_coverage: Annotated[float, "share of points for a recorded channel to be used", DESIGN] = 0.5
    one_leg_max_rpm: Annotated[float, "90th percentile; above, the file counts both feet", DESIGN] = 112.0
    walk_spm: Annotated[float, "median; from here the file counts both feet where the speed is a walk", DESIGN] = 90.0
    walk_mps: Annotated[float, "m/s, median speed of walking", DESIGN] = 1.9
    run_min_mps: Annotated[float, "m/s, median moving speed that may be running", DESIGN] = 1.8
    run_max_mps: Annotated[float, "m/s, as above, where cadence agrees", DESIGN] = 6.0
    run_max_blind_mps: Annotated[float, "m/s, as above, without cadence (cycling begins here)", DESIGN] = 4.5
    run_min_spm: Annotated[float, "steps/min, median cadence that may be running", DESIGN] = 140.0
    run_never_mps: Annotated[float, "m/s, median moving speed; faster is no run, whatever the file says", DESIGN] = 6.5
    moving_mps: Annotated[float, "m/s, slower is standing", DESIGN] = 0.5


class FitRules(Record, frozen=True, kw_only=True):
    """FIT files whose clock or summary cannot be taken as they stand, and how much one may hold."""

    clock_jump_s: Annotated[float, "s between two records that the session's elapsed time may deny", DESIGN] = 3_600.0
    clock_agree_s: Annotated[float, "s by which gap and denial may differ", DESIGN] = 60.0
    stray_gap_s: Annotated[float, "s between two records, beyond which they are not one activity", DESIGN] = 43_200.0
    offset_max_s: Annotated[int, "s, local time minus UTC, either way", "time zones of the Earth"] = 50_400
    offset_step_s: Annotated[int, "s, to which that difference is rounded", "time zones of the Earth"] = 900
    height_m: Annotated[tuple[float, float], "m, heights that a watch's profile is believed in", DESIGN] = (1.2, 2.2)
    mass_kg: Annotated[tuple[float, float], "kg, likewise", DESIGN] = (30.0, 200.0)
    max_parts: Annotated[int, "files chained into one that are read", DESIGN] = 100
    max_layouts: Annotated[int, "kinds of messages that differ; real files have up to 53", DESIGN] = 1_000
    max_messages: Annotated[int, "messages that are walked over", DESIGN] = 4_000_000
    max_records: Annotated[int, "records that are read: a week at one a second", DESIGN] = 604_800
    max_told: Annotated[int, "messages of any other kind that are read", DESIGN] = 50_000
    max_sessions: Annotated[int, "sessions in one file", DESIGN] = 200
    max_devices: Annotated[int, "sensors that differ, of which the first are kept", DESIGN] = 100


class MergeRules(Record, frozen=True, kw_only=True):
    """When two recordings are of one run, and what one may lend the other."""

    start_s: Annotated[float, "s between the starts", DESIGN] = 120.0
    duration_s: Annotated[float, "s, timer or elapsed time, whichever agree best", DESIGN] = 120.0
    duration_share: Annotated[float, "relative, for runs long enough", DESIGN] = 0.05
    distance_m: Annotated[float, "m", DESIGN] = 100.0
    distance_share: Annotated[float, "relative, for runs long enough", DESIGN] = 0.05
    most_share: Annotated[float, "relative, of duration or distance, however short the run", DESIGN] = 0.20
    heart_rate_bpm: Annotated[float, "1/min between the medians", DESIGN] = 6.0
    twin_s: Annotated[float, "s; start and duration of one recording written twice", DESIGN] = 2.0
    twin_share: Annotated[float, "relative; distance of one recording written twice", DESIGN] = 0.002
    overlap_s: Annotated[float, "s in common, from which two runs need an explanation", DESIGN] = 60.0
    min_coverage: Annotated[float, "share of records; below, a channel is looked for elsewhere", DESIGN] = 0.5
    gap_s: Annotated[float, "s between records that a lent channel may bridge", DESIGN] = 15.0


# Many runs: the runner against himself.


class SeriesRules(Record, frozen=True, kw_only=True):
    """The statistics of many values of one runner: trends, comparisons, own baseline, fade, what comes back in runs."""

    alpha: Annotated[float, "probability, Holm over the tested series", "convention"] = 0.05
    power: Annotated[float, "probability of seeing a change that is said to be visible", "convention"] = 0.80
    rho_weight: Annotated[float, "values that the usual correlation counts as", SIMULATED] = 10.0
    slope_ln_T: Annotated[float, "1, SD of d ln T / d ln v about the usual", "five runners: -0.01 to -0.22"] = 0.07
    tilt_ln_k: Annotated[float, "1 per m/s, SD of how a sensor class reads ln k", DESIGN] = 0.05
    least_freedom: Annotated[float, "degrees of freedom of any serial test, at least", SIMULATED] = 2.0

    week_rho: Annotated[float, "1, usual lag-1 correlation of weeks", SIMULATED] = 0.4
    week_rho_max: Annotated[float, "1", SIMULATED] = 0.8
    trend_weeks: Annotated[int, "weeks with a value, to test a trend", DESIGN] = 8
    season_weeks: Annotated[float, "weeks of span from which the season is fitted along", DESIGN] = 60.0
    year_weeks: Annotated[float, "weeks in a year", "365.25/7"] = 52.178
    min_change: Annotated[float, "SD over the span", "smallest worthwhile change, 0.2 SD between runners"] = 0.2
    detectable: Annotated[float, "1.96*sqrt 2", "minimal detectable change"] = 2.77
    telling: Annotated[float, "SD over the span that weeks called steady would have shown", DESIGN] = 1.0

    heart_change: Annotated[float, "1/min over the span, smallest worth a word", DESIGN] = 2.0
    heart_telling: Annotated[float, "1/min over the span that weeks called steady would have shown", DESIGN] = 5.0

    side_weeks: Annotated[int, "weeks with a value on each side of a comparison", DESIGN] = 3
    resolution: Annotated[float, "of a metric's threshold, half of an interval that can say no change", DESIGN] = 1.5

    shrink_epochs: Annotated[float, "epochs, weight n/(n+60) of the own slopes", DESIGN] = 60.0
    baseline_runs: Annotated[int, "runs", DESIGN] = 8
    noting: Annotated[float, "probability outside the family interval of 'as always'", DESIGN] = 0.20
    different: Annotated[float, "probability outside the family interval of 'worth noting'", DESIGN] = 0.05
    different_epochs: Annotated[int, "epochs that 'clearly different' needs", DESIGN] = 20

    fade_warm_up_s: Annotated[float, "s of moving time", DESIGN] = 480.0
    fade_block_s: Annotated[float, "s of moving time", SIMULATED] = 180.0
    fade_block_epochs: Annotated[int, "scored epochs that a block needs, half of a full one", DESIGN] = 3
    fade_blocks: Annotated[int, "blocks", SIMULATED] = 10
    fade_rho: Annotated[float, "1, usual lag-1 correlation of blocks", SIMULATED] = 0.7
    fade_rho_max: Annotated[float, "1", SIMULATED] = 0.9

    pace_runs: Annotated[int, "runs", "within-runner SD 0.037 over 8 weeks, 1,788 runs"] = 8
    pace_sd_ln_v: Annotated[float, "1, SD of ln speed in a run that tells", DESIGN] = 0.04
    pace_faster: Annotated[float, "share by which the runner goes faster when it is put in words", DESIGN] = 0.10
    pace_usual: Annotated[float, "1, d ln cadence / d ln v of the reference", "6.5 spm per m/s at 3 m/s"] = 0.11
    pace_low: Annotated[float, "1, least of five runners", "1,788 runs, eight weeks each"] = 0.01
    pace_high: Annotated[float, "1, most of five runners", "1,788 runs, eight weeks each"] = 0.22

    contrast_runs: Annotated[int, "runs", DESIGN] = 3
    contrast_max: Annotated[float, "SD of D", DESIGN] = -0.7
    contrast_sure: Annotated[float, "probability", DESIGN] = 0.80

    balance_run: Annotated[float, "share beyond one half, one run", DESIGN] = 0.02
    balance_habit: Annotated[float, "share beyond one half, many runs", DESIGN] = 0.015
    balance_sure: Annotated[float, "probability", DESIGN] = 0.95
    balance_runs: Annotated[int, "runs", DESIGN] = 3


class BaselineRules(Record, frozen=True, kw_only=True):
    """The runner against himself."""

    min_days: Annotated[int, "days", DESIGN] = 21
    min_epochs: Annotated[int, "epochs", DESIGN] = 150
    weeks: Annotated[int, "weeks before a run that are its baseline", DESIGN] = 8
    curve_iqr_mps: Annotated[float, "m/s, interquartile range that allows a v^2 term", DESIGN] = 0.5
    floor_cadence_spm: Annotated[float, "steps/min", MEASURED] = 1.5
    floor_step_length_m: Annotated[float, "m", "the same share as cadence"] = 0.009
    floor_stance_s: Annotated[float, "s", MEASURED] = 0.004
    floor_oscillation_m: Annotated[float, "m", MEASURED] = 0.0025
    floor_vertical_ratio: Annotated[float, "1", MEASURED] = 0.002
    floor_DF: Annotated[float, "1", MEASURED] = 0.005
    floor_ln_k: Annotated[float, "1", MEASURED] = 0.02
    computed_runs: Annotated[int, "runs", DESIGN] = 8
    computed_epochs: Annotated[int, "epochs", DESIGN] = 150
    computed_residual_DF: Annotated[float, "1", MEASURED] = 0.003


class TrendRules(Record, frozen=True, kw_only=True):
    """Over weeks."""

    advised_weeks: Annotated[int, "weeks", DESIGN] = 12
    oscillation_jump_m: Annotated[float, "m, with T and DF unchanged: the sensor, not form", DESIGN] = 0.010
    jump_runs: Annotated[int, "runs on either side of such a jump", DESIGN] = 5
    jump_cadence_spm: Annotated[float, "steps/min, less is unchanged", DESIGN] = 2.0
    jump_DF: Annotated[float, "1, less is unchanged", DESIGN] = 0.008
    spell_runs: Annotated[int, "runs in a row that make a new sensor more than a stray one", DESIGN] = 3
    run_epochs: Annotated[int, "flat epochs near the reference speed that a run value needs", DESIGN] = 4
    speed_window: Annotated[float, "relative distance to the reference speed", DESIGN] = 0.15
    few_runs: Annotated[int, "runs; fewer do not know their own scatter", DESIGN] = 8
    run_sd: Annotated[
        float, "SD from run to run, at least, of so few runs", "middle of 0.3 to 0.6, as in public files"
    ] = 0.45


class CompareRules(Record, frozen=True, kw_only=True):
    """Before and after. Metrics carry the smallest change worth a word."""

    weeks: Annotated[int, "weeks on either side of a tag", DESIGN] = 12
    group_weeks: Annotated[int, "weeks back that groups of runs are taken from", DESIGN] = 52
    run_epochs: Annotated[int, "matched epochs that a run must have", DESIGN] = 4
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


# One run.


class Resampling(Record, frozen=True, kw_only=True):
    """The 1 Hz time axis."""

    gap_min_s: Annotated[float, "s", DESIGN] = 5.0
    gap_median_steps: Annotated[float, "median recording steps", DESIGN] = 3.0
    gap_max_s: Annotated[float, "s", DESIGN] = 15.0


class EpochRules(Record, frozen=True, kw_only=True):
    """What an epoch is and when it is valid."""

    length_s: Annotated[int, "s", DESIGN] = 30
    min_covered_s: Annotated[int, "s", DESIGN] = 20
    min_records: Annotated[int, "records", DESIGN] = 3
    min_epochs: Annotated[int, "epochs, to assess a run", DESIGN] = 10
    autocorrelation_max: Annotated[float, "1, lag-1 of epochs for the effective number", DESIGN] = 0.9
    autocorrelation_pairs: Annotated[int, "neighbouring epochs; with fewer it is taken as 0", DESIGN] = 4


class GaitRules(Record, frozen=True, kw_only=True):
    """Running, walking or a mixture."""

    running_spm: Annotated[float, "steps/min", DESIGN] = 140.0
    walking_spm: Annotated[float, "steps/min", "walk-run transition study 2023, 134-141 separates 91-93 %"] = 135.0
    mixed_share: Annotated[float, "share of samples", DESIGN] = 0.20
    grounded_duty_factor: Annotated[float, "1", "no flight by definition"] = 0.50


class SteadyRules(Record, frozen=True, kw_only=True):
    """Steady running and accelerations."""

    smoothing_s: Annotated[int, "s", DESIGN] = 11
    max_acceleration_mps2: Annotated[float, "m/s2", DESIGN] = 0.06
    min_share: Annotated[float, "share of seconds", DESIGN] = 0.80
    start_s: Annotated[float, "s", DESIGN] = 60.0
    pause_margin_s: Annotated[float, "s", DESIGN] = 10.0
    burst_smoothing_s: Annotated[int, "s", DESIGN] = 5
    burst_gain_mps: Annotated[float, "m/s", DESIGN] = 0.5
    burst_within_s: Annotated[int, "s", DESIGN] = 5
    burst_cadence_spm: Annotated[float, "steps/min that a burst gains, else the position jumped", MEASURED] = 5.0
    burst_before_s: Annotated[int, "s before a burst that its cadence is held against", DESIGN] = 10
    sprint_mps: Annotated[float, "m/s", DESIGN] = 6.0
    sprint_s: Annotated[int, "s", DESIGN] = 3
    fastest_mps: Annotated[float, "m/s, beyond it the position jumped and nobody ran", DESIGN] = 12.0


class GradeRules(Record, frozen=True, kw_only=True):
    """Hills: weights and the terms of the reference, per +1 % of grade."""

    smoothing_m: Annotated[float, "m", DESIGN] = 60.0
    flat: Annotated[float, "1", DESIGN] = 0.02
    hilly: Annotated[float, "1", DESIGN] = 0.06
    hilly_weight: Annotated[float, "weight", DESIGN] = 0.5
    ln_T_per_pct: Annotated[float, "ln s per %", "direction: Vernillo 2017, Padulo 2013; size: design"] = -0.004
    DF_per_pct: Annotated[float, "1 per %", "direction: Vernillo 2017; size: design"] = 0.003
    ln_k_per_pct: Annotated[float, "1 per %", "direction: Dewolf 2016; size: design"] = -0.005


class Plausible(Record, frozen=True, kw_only=True):
    """Values outside are not measurements of running."""

    speed_min_mps: Annotated[float, "m/s", "beginners run at 8:30 to 9:30 /km; the reference is extrapolated"] = 1.7
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


class Population(Record, frozen=True, kw_only=True):
    """What is usual at a speed, and how much runners differ from one another."""

    cadence_at_3_spm: Annotated[
        float, "steps/min", "35 watch runners at ln T -0.031, 26 filmed ones at -0.002 of 167.5; shrunk"
    ] = 169.5
    cadence_speed_mps: Annotated[float, "m/s", "where the line is anchored"] = 3.0
    cadence_per_mps: Annotated[float, "steps/min per m/s", "Fukuchi 2017, van Oeveren 2019; fit: design"] = 6.5
    cadence_per_m: Annotated[float, "steps/min per m of height", "T ~ sqrt(height)"] = -50.0
    height_m: Annotated[float, "m", DESIGN] = 1.78
    duty_base: Annotated[float, "1", "Fukuchi 2017 (re-analysis), Malisoux 2023; fit: design"] = 0.237
    duty_per_slowness: Annotated[float, "m/s", "as above"] = 0.390
    sd_ln_T: Annotated[float, "1", "Malisoux 2023, Garmin percentiles, RBDS"] = 0.050
    sd_ln_T_no_height: Annotated[float, "1", "as above, with the spread of heights"] = 0.060
    sd_duty_base: Annotated[float, "1", "RBDS, Malisoux 2023; fit: design"] = 0.010
    sd_duty_per_slowness: Annotated[float, "m/s", "as above"] = 0.048
    sd_ln_k: Annotated[float, "1", MEASURED] = 0.075
    widening: Annotated[float, "factor outside the anchors", DESIGN] = 1.3
    widening_slowest: Annotated[float, "factor where the reference is extrapolated", DESIGN] = 1.5
    short_m: Annotated[float, "m", DESIGN] = 1.60
    slow_mps: Annotated[float, "m/s", DESIGN] = 2.2
    slowest_mps: Annotated[float, "m/s, slower the reference is extrapolated", DESIGN] = 2.0
    fast_mps: Annotated[float, "m/s", DESIGN] = 4.5
    old_years: Annotated[int, "years", DESIGN] = 60
    class_speed_low_mps: Annotated[float, "m/s, where the lines of a sensor class end", MEASURED] = 1.7
    class_speed_high_mps: Annotated[float, "m/s, likewise", MEASURED] = 4.2
    class_speed_mid_mps: Annotated[float, "m/s, where the shift of a sensor class holds", MEASURED] = 2.8
    leg_per_height: Annotated[float, "1", "Winter 1979, in Morin 2005"] = 0.53


class SensorRules(Record, frozen=True, kw_only=True):
    """How a sensor class is told, and when a sensor wanders within a run."""

    first_wrist_product: Annotated[int, "Garmin watches numbered lower do not measure at the wrist", MEASURED] = 3905
    derived_k: Annotated[tuple[float, float], "median k of an oscillation that is timing said again", MEASURED] = (
        0.93,
        1.04,
    )
    derived_sd_ln_k: Annotated[float, "robust SD of ln k up to which that is so", MEASURED] = 0.03
    derived_records: Annotated[int, "records; of fewer nobody can say how much they spread", DESIGN] = 30
    min_coverage: Annotated[float, "share of records with contact time of a source to be judged unasked", DESIGN] = 0.5
    drift_DF: Annotated[float, "1, at the same speed and cadence: the sensor drifts", DESIGN] = 0.02
    drift_ln_k: Annotated[float, "ln k, likewise", DESIGN] = 0.15
    drift_epochs: Annotated[int, "epochs, at least, whose median is followed through the run", DESIGN] = 12
    drift_share: Annotated[float, "share of a run whose median is followed, so that noise is no drift", DESIGN] = 0.25
    drift_doubt: Annotated[float, "factor on the systematic SDs of a run with such a drift", DESIGN] = 1.5


class PosteriorRules(Record, frozen=True, kw_only=True):
    """How the parts go together between runners, where patterns begin, and how sure a word must be."""

    r_zSL_zDF: Annotated[
        float, "1", "Fisher-pooled: RBDS -0.51, Wu 2026 -0.27, Stryd users -0.68, straps -0.16, COROS -0.11"
    ] = -0.30
    r_range: Annotated[tuple[float, float], "1, range that odds from steps alone are shown for", DESIGN] = (0.0, -0.5)
    systematic_zSL: Annotated[float, "SD of the error of zSL with the runner's height known", MEASURED] = 0.36
    systematic_zSL_no_height: Annotated[float, "likewise without the height", MEASURED] = 0.46
    knee_per_zSL: Annotated[float, "SD per SD", "RBDS, 26 filmed runners"] = 0.36
    knee_per_zDF: Annotated[float, "SD per SD", "RBDS, 26 filmed runners"] = -0.40
    knee_sd_deg: Annotated[float, "degrees between runners at one speed", "RBDS, 26 filmed runners"] = 9.5
    knee_slow_mps: Annotated[float, "m/s", "RBDS 2.5 to 4.5 m/s, RISC1 from 1.6 m/s; margin: design"] = 2.0
    knee_fast_mps: Annotated[float, "m/s", "RBDS 2.5 to 4.5 m/s; margin: design"] = 4.8
    points: Annotated[int, "points that masses are counted over", DESIGN] = 4096
    points_base: Annotated[float, "1, root of p^5 = p + 1", "Roberts 2018, additive recurrence R4"] = 1.1673039782614187
    score: Annotated[float, "SD of D, P, G; a region begins here", DESIGN] = 0.7
    part: Annotated[float, "SD of zSL, zDF, zB; a region begins here", DESIGN] = 0.25
    shuffle_under_mps: Annotated[float, "m/s", DESIGN] = 3.0
    least_B: Annotated[float, "share of the usual B that is taken at least", DESIGN] = 0.05
    spoken: Annotated[float, "probability", DESIGN] = 0.80
    leaning: Annotated[float, "probability", DESIGN] = 0.50
    perhaps: Annotated[float, "probability, below leaning", DESIGN] = 0.30
    ruled_out: Annotated[float, "probability", DESIGN] = 0.05
    marked: Annotated[float, "SD, posterior mean of the score", DESIGN] = 1.6
    leaning_under_mps: Annotated[float, "m/s, slower is at most leaning", "the reference is extrapolated there"] = 2.0


class ProfileRules(Record, frozen=True, kw_only=True):
    """Pace bands, slow running, balance."""

    band_mps: Annotated[float, "m/s", DESIGN] = 0.25
    band_epochs: Annotated[int, "epochs", DESIGN] = 4
    slow_percentile: Annotated[float, "percentile of scored speeds", DESIGN] = 25.0
    slow_weeks: Annotated[int, "weeks", DESIGN] = 8
    contrast_epochs: Annotated[int, "epochs each", DESIGN] = 4
    contrast_gap_mps: Annotated[float, "m/s", DESIGN] = 0.25
    contrast_near: Annotated[float, "relative to the median speed", DESIGN] = 0.05
    fall_sure: Annotated[float, "probability that D falls towards slow paces, for an onset of shuffling", DESIGN] = 0.95
    short_flight_s: Annotated[float, "s", DESIGN] = 0.040
    maker_gap_s: Annotated[float, "s, contact time between makers", MEASURED] = 0.010


class FadeRules(Record, frozen=True, kw_only=True):
    """Within a run, at matched speed."""

    stance_time_s: Annotated[float, "s", DESIGN] = 0.006
    cadence_spm: Annotated[float, "steps/min", DESIGN] = 2.0
    duty_factor: Annotated[float, "1", DESIGN] = 0.008
    vertical_oscillation_m: Annotated[float, "m", DESIGN] = 0.004
    vertical_ratio: Annotated[float, "1", DESIGN] = 0.003
    ln_k: Annotated[float, "1", DESIGN] = 0.03
    habit_runs: Annotated[int, "runs", DESIGN] = 3


class Method(Record, frozen=True, kw_only=True):
    """Every knob of the analysis, in one frozen value. Derived results are stored with its version."""

    version: Annotated[int, "", DESIGN] = 3
    resampling: Resampling = Resampling()
    epochs: EpochRules = EpochRules()
    gait: GaitRules = GaitRules()
    steady: SteadyRules = SteadyRules()
    grade: GradeRules = GradeRules()
    plausible: Plausible = Plausible()
    population: Population = Population()
    sensors: SensorRules = SensorRules()
    posterior: PosteriorRules = PosteriorRules()
    profile: ProfileRules = ProfileRules()
    fade: FadeRules = FadeRules()
    series: SeriesRules = SeriesRules()
    baseline: BaselineRules = BaselineRules()
    trend: TrendRules = TrendRules()
    compare: CompareRules = CompareRules()
    fit: FitRules = FitRules()
    tracks: TrackRules = TrackRules()
    merge: MergeRules = MergeRules()
